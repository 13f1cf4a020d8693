#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Peers within the program, as endpoints to connect to: echo, discard, chargen, stall, text.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "echo, discard and text with standard streams" {
	[ "$(connect echo <<<hello)" = hello ]
	[ "$(connect echo: <<<hello)" = hello ]
	[ -z "$(connect discard <<<hello)" ]
	[ "$(connect 'text:a\tb:c' </dev/null)" = $'a\tb:c' ]
	head -c 3000000 /dev/urandom >big
	connect echo <big | cmp - big
}

@test "an echo at the other end of a foreign client's connection" {
	command -v socat >/dev/null || skip "socat is needed"
	"$PYTHON" - "$TWC" <<-'PY'
		import socket, subprocess, sys
		s = socket.create_server(("127.0.0.1", 0))
		s.settimeout(30)
		p = subprocess.Popen([sys.argv[1], "connect", "tcp:127.0.0.1:%d" % s.getsockname()[1], "--to", "echo"])
		c, _ = s.accept()
		c.sendall(b"through")
		c.shutdown(socket.SHUT_WR)
		got = b""
		while part := c.recv(100):
		    got += part
		assert got == b"through", got
		assert p.wait(30) == 0
	PY
}

@test "chargen as long as it is read, stall until a limit" {
	[ "$(connect chargen </dev/null | head -c 74 | tail -c 2 | od -An -tx1 | tr -d ' ')" = 0d0a ]
	run timeout $LIMIT "$TWC" connect stall --idle 50ms </dev/null
	is_status 75
	says "connect stall: idle for 50ms"
}

@test "checks, expectations, and one against the other" {
	run "$TWC" connect --check echo text:x
	is_status 0
	run timeout $LIMIT "$TWC" connect 'text:220 ready\n' --expect '^220' --check
	is_status 0
	run timeout $LIMIT "$TWC" connect 'text:421 no\n' --expect '^220' --check
	is_status 1
	run timeout $LIMIT "$TWC" connect text:x --to echo
	is_status 0
	[ -z "$output" ]
	run "$TWC" serve echo --discard
	is_status 64
	says "echo endpoints can only be connected to"
}

@test "a URL that is no endpoint: which one is meant" {
	run "$TWC" connect udp://127.0.0.1:5/
	is_status 64
	says "did you mean udp:127.0.0.1:5?"
	run "$TWC" connect tcp://127.0.0.1:5/
	says "did you mean tcp:127.0.0.1:5?"
}
