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
	run connect udp:127.0.0.1:"$port" --send <<<x # which ends before anything could be read
	is_status 69
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

@test "a relay of datagrams: each arrives as it was sent, merged on the way or not" {
	cat >relay.py <<-'PY'
		import os, socket, subprocess, sys, time
		def bound():
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind(("127.0.0.1", 0))
		    s.settimeout(20)
		    return s
		a, b, free = bound(), bound(), bound()
		via = free.getsockname()[1]
		free.close()
		p = subprocess.Popen([os.environ["TWC"], "connect", "-q",
		    "udp:127.0.0.1:%d:bind=127.0.0.1:bind-port=%d" % (a.getsockname()[1], via), "--to",
		    "udp:127.0.0.1:%d" % b.getsockname()[1]])
		try:
		    a.connect(("127.0.0.1", via))
		    b.settimeout(0.05)
		    end = time.monotonic() + 20
		    while True: # until it is there
		        try:
		            a.send(b"hello")
		            far = b.recvfrom(100)[1]
		            break
		        except OSError:
		            assert time.monotonic() < end
		    b.settimeout(20)
		    sent = [bytes([i]) * n for i, n in enumerate((1, 0, 1200, 1200, 700, 65507, 3, 0, 9000))]
		    for d in sent:
		        a.send(d)
		    try:
		        a.setsockopt(17, 103, 500) # UDP_SEGMENT
		        a.send(bytes(500) + b"x" * 500 + b"y" * 20)
		        sent += [bytes(500), b"x" * 500, b"y" * 20]
		    except OSError:
		        pass
		    for d in sent:
		        got = b"hello"
		        while got == b"hello":
		            got = b.recv(70000)
		        assert got == d, (len(got), len(d))
		    b.sendto(b"back", far)
		    a.settimeout(20)
		    assert a.recv(100) == b"back"
		finally:
		    p.terminate()
		    p.wait()
	PY
	$PYTHON relay.py
}

@test "socat and nc speak with it" {
	serve_start udp:0 --echo
	[ "$(echo a | timeout $LIMIT socat -t1 - UDP:127.0.0.1:"$PORT")" = a ]
	[ "$(echo b | timeout $LIMIT nc.openbsd -u -w1 127.0.0.1 "$PORT")" = b ]
}
