#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The jobs people know from other tools, as one line each.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	mkdir bin
	ln -s "$TWC" bin/twc
	PATH=$T/bin:$PATH
}
teardown() { twc_teardown; }

@test "the two commands of the README" {
	serve_start tcp:0 --echo
	[ "$(printf hi | twc connect tcp:"$PORT")" = hi ]
}

@test "port check in CI" {
	serve_start tcp:0 --echo
	twc connect tcp:127.0.0.1:"$PORT":timeout=2 --check
}

@test "send a file; 0 on both sides is delivered" {
	echo content >f
	SERVE_OUT=$T/g serve_start tcp:0 --once --recv
	twc connect tcp:127.0.0.1:"$PORT" --send <f
	serve_wait
	[ "$STATUS" -eq 0 ]
	cmp f g
}

@test "a directory" {
	mkdir -p d/e
	echo 1 >d/a
	echo 2 >d/e/b
	SERVE_OUT=$T/tar serve_start tcp:0 --once --recv
	tar c d | twc connect tcp:127.0.0.1:"$PORT" --send
	serve_wait
	[ "$(tar tf tar | wc -l)" -eq 4 ]
}

@test "throw-away server for a test" {
	run timeout $LIMIT twc serve tcp:0 --echo -q -- sh -c 'echo ok | twc connect tcp:$TWC_PORT'
	is_status 0
	[ "$output" = ok ]
}

@test "a datagram to statsd" {
	serve_start udp:0 --recv
	printf 'm:1|c' | twc connect udp:127.0.0.1:"$PORT" --send
	until_true grep -q 'm:1|c' serve.out
}

@test "a control socket" {
	peer_start unix="$T/admin.sock" answer-late 0
	[ "$(echo 'show info' | twc connect unix:"$T/admin.sock")" = "answer to 10 bytes" ]
}

@test "ssh's ProxyCommand ends when the server closes" {
	peer_start say-and-close SSH-2.0-x
	pipe_open hold
	# ssh closes its end when it sees ours end
	coproc PROXY { exec twc connect tcp:127.0.0.1:"$PEER" 3>&-; }
	pid=$PROXY_PID
	PIDS+=("$pid")
	exec {from}<&"${PROXY[0]}" {to}>&"${PROXY[1]}"
	[ "$(timeout $LIMIT cat <&"$from")" = SSH-2.0-x ]
	exec {to}>&- {PROXY[1]}>&-
	wait "$pid"
}

@test "a relay between two, active on both" {
	serve_start tcp:0 --text hello
	text=$PORT
	SERVE_OUT=$T/got serve_start tcp:0 --once --recv
	twc connect tcp:127.0.0.1:"$text" --to tcp:127.0.0.1:"$PORT"
	serve_wait
	[ "$(cat got)" = hello ]
}

@test "a service from inetd" {
	[ "$(twc serve - --echo -q <<<hi)" = hi ]
}
