#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Datagrams: none cut, none merged, a session per peer, an end without a FIN.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "a question, its answer, and a clean end a second after the end of input" {
	serve_start udp:0 --echo
	run connect udp:"$PORT" <<<question
	is_status 0
	[ "$output" = question ]
}

@test "udp:PORT reaches a server that has IPv4 alone" {
	serve_start udp4:0 --echo
	run connect udp:"$PORT" <<<hi
	is_status 0
	[ "$output" = hi ]
}

@test "--send does not wait for an answer" {
	serve_start udp:0 --recv
	printf 'm:1|c' | connect udp:"$PORT" --send
	until_true test -s serve.out
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = 'm:1|c' ]
}

@test "20,000 bytes are one datagram, both ways" {
	[ -z "${TWC_DBG_RMAX:-}" ] || skip "one read is one datagram, and reads are cut short"
	cat >peer.py <<-'PY'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 0))
		print(s.getsockname()[1], flush=True)
		data, who = s.recvfrom(70000)
		s.sendto(b"%d" % len(data), who)
		s.sendto(b"x" * 65507, who)
	PY
	mkfifo told
	exec {told}<>told
	$PYTHON peer.py >told 3>&- &
	PIDS+=($!)
	read -r -t $LIMIT -u "$told" port
	head -c 20000 /dev/zero >in
	connect udp:127.0.0.1:"$port" <in >out
	[ "$(head -c 5 out)" = 20000 ]
	[ "$(stat -c %s out)" -eq 65512 ]
}

@test "a read longer than a datagram becomes several, and nothing is lost" {
	[ -z "${TWC_DBG_RMAX:-}" ] || skip "one read is one datagram, and so many small ones overrun a socket"
	serve_start udp:0 --recv
	head -c 100000 /dev/urandom >in
	connect udp:"$PORT" --send <in
	until_true is_size serve.out 100000
	cmp in serve.out
}

is_size() { [ "$(stat -c %s "$1")" -eq "$2" ]; }

@test "two peers have a session each" {
	serve_start udp:0 --echo -v
	$PYTHON - "$PORT" <<-'PY'
		import socket, sys
		a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
		for s in a, b:
		    s.settimeout(20)
		    s.connect(("127.0.0.1", int(sys.argv[1])))
		for i in range(50):
		    a.send(b"a%d" % i)
		    b.send(b"b%d" % i)
		    assert a.recv(100) == b"a%d" % i
		    assert b.recv(100) == b"b%d" % i
	PY
	[ "$(grep -c opened serve.err)" -eq 2 ]
}

@test "a session ends by --idle, cleanly" {
	SERVE_OUT=$T/got serve_start udp:0 --once --recv --idle 300ms
	printf data | connect udp:"$PORT" --send
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(cat got)" = data ]
}

@test "nobody there: refused is 69" {
	serve_start udp:0 --echo
	port=$PORT
	serve_stop
	run connect udp:127.0.0.1:"$port" <<<x
	is_status 69
	says ECONNREFUSED
}

@test "--check: refused 69, silent 75, answered 0" {
	serve_start udp:0 --echo
	port=$PORT
	run connect udp:127.0.0.1:"$port" --check
	is_status 0
	serve_stop
	run connect udp:127.0.0.1:"$port" --check
	is_status 69
	serve_start udp:0 --discard
	run connect udp:127.0.0.1:"$PORT" --check
	is_status 75
	says "no reply; not proof"
}

@test "socat and nc speak with it" {
	serve_start udp:0 --echo
	[ "$(echo a | timeout $LIMIT socat -t1 - UDP:127.0.0.1:"$PORT")" = a ]
	[ "$(echo b | timeout $LIMIT nc.openbsd -u -w1 127.0.0.1 "$PORT")" = b ]
}
