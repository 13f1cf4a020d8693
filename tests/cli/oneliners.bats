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
	peer_start say-and-close x
	twc connect tcp:127.0.0.1:"$PEER":timeout=2 --check
	peer_wait || true
	run twc connect tcp:127.0.0.1:"$PEER":timeout=2 --check
	is_status 69
	[[ $output == "twc: connect tcp:127.0.0.1:$PEER:timeout=2: connection refused (ECONNREFUSED"* ]]
}

# A port that is free now, and was not lately.
free_port() {
	"$PYTHON" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

@test "wait, then run" {
	port=$(free_port)
	printf '#!/bin/sh\necho "migrated by $$"; exit 7\n' >migrate
	chmod +x migrate
	twc connect tcp:127.0.0.1:"$port" --wait 20s -- ./migrate >out 2>err 3>&- &
	pid=$!
	PIDS+=("$pid")
	sleep 0.2 # nothing tells that it has met the closed port
	[ ! -s out ]
	socat TCP-LISTEN:"$port",bind=127.0.0.1,reuseaddr,fork OPEN:/dev/null 3>&- &
	PIDS+=($!)
	STATUS=0
	wait "$pid" || STATUS=$?
	[ "$STATUS" -eq 7 ]
	grep -q '^migrated by ' out
	run timeout $LIMIT twc connect tcp:127.0.0.1:"$(free_port)" --wait 0.3s -- ./migrate
	is_status 75
	[[ $output != *migrated* ]]
}

@test "wait for several kinds" {
	serve_start tcp:0 --echo
	twc connect tcp:127.0.0.1:"$PORT" unix:"$T"/x.sock --wait 20s -- touch app-ran 2>err 3>&- &
	pid=$!
	PIDS+=("$pid")
	sleep 0.2
	[ ! -e app-ran ]
	socat UNIX-LISTEN:"$T"/x.sock,fork OPEN:/dev/null 3>&- &
	PIDS+=($!)
	wait "$pid"
	[ -e app-ran ]
}

@test "send a file: to twc and from twc, with nc at the other end" {
	head -c 3000000 /dev/urandom >f
	SERVE_OUT=$T/g serve_start tcp:0 --once --recv
	timeout $LIMIT nc -N 127.0.0.1 "$PORT" <f
	serve_wait
	[ "$STATUS" -eq 0 ]
	cmp f g
	port=$(free_port)
	nc -l 127.0.0.1 "$port" >h </dev/null 3>&- &
	pid=$!
	PIDS+=("$pid")
	timeout $LIMIT twc connect tcp:127.0.0.1:"$port" --retry 100 --retry-delay 50ms --send <f
	wait "$pid"
	cmp f h
}

@test "a file that does not arrive is not 0 on either side" {
	head -c 30000000 /dev/zero >f
	serve_start tcp:0 --once --recv --max-bytes 1000
	run timeout $LIMIT twc connect tcp:127.0.0.1:"$PORT" --send <f
	is_status 76
	says "connection reset by peer"
	peer_start read-and-reset 5
	run timeout $LIMIT twc connect tcp:127.0.0.1:"$PEER" --send <f
	is_status 76
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

@test "chat broker" {
	serve_start tcp:0 --chat
	pipe_open one
	pipe_open two
	nc 127.0.0.1 "$PORT" <&"$one" >heard.one 3>&- &
	PIDS+=($!)
	until_true grep -q user1 heard.one
	socat - TCP:127.0.0.1:"$PORT" <&"$two" >heard.two 3>&- &
	PIDS+=($!)
	until_true grep -q user2 heard.one
	echo "hello from nc" >&"$one"
	until_true grep -qx '<user1> hello from nc.*' heard.two
	printf 'hello\033[31m from socat\n' >&"$two"
	until_true grep -qF '<user2> hello\x1b[31m from socat' heard.one
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "capture one HTTP request" {
	serve_start tcp:0 --once --tee-in req.bin --reply 'HTTP/1.1 204 No Content\r\n\r\n' --reply-after blank-line
	run curl -sSi -m $LIMIT http://127.0.0.1:"$PORT"/path -H 'X-Test: yes'
	is_status 0
	[[ $output == "HTTP/1.1 204 No Content"* ]]
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(head -n1 req.bin)" = $'GET /path HTTP/1.1\r' ]
	grep -qx $'X-Test: yes\r' req.bin
	[ "$(tail -c4 req.bin | od -An -tx1)" = ' 0d 0a 0d 0a' ]
}

@test "throw-away server for a test" {
	run timeout $LIMIT twc serve tcp:0 --echo -q -- sh -c 'echo ok | nc -N 127.0.0.1 "$TWC_PORT"; exit 3'
	is_status 3
	[ "$output" = ok ]
	run timeout $LIMIT twc serve tcp:0 --echo -q -- sh -c 'echo ok | twc connect tcp:$TWC_PORT'
	is_status 0
	[ "$output" = ok ]
}

@test "a datagram to statsd" {
	serve_start udp:0 --recv
	printf 'm:1|c' | twc connect udp:127.0.0.1:"$PORT" --send
	until_true grep -q 'm:1|c' serve.out
	"$PYTHON" - >statsd.out 3>&- <<-'PY' &
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 0))
		s.settimeout(30)
		open("statsd.port", "w").write("%d\n" % s.getsockname()[1])
		print(s.recv(100))
	PY
	pid=$!
	PIDS+=("$pid")
	until_true grep -q . statsd.port
	printf 'm:1|c' | twc connect udp:127.0.0.1:"$(cat statsd.port)" --send
	wait "$pid"
	[ "$(cat statsd.out)" = "b'm:1|c'" ]
}

@test "a question and an answer in datagrams" {
	"$PYTHON" - 3>&- <<-'PY' &
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 0))
		s.settimeout(30)
		open("query.port", "w").write("%d\n" % s.getsockname()[1])
		q, peer = s.recvfrom(100)
		s.sendto(b"answer to " + q, peer)
		s.sendto(b"more than asked for", peer)
		s.recv(100) # the second question
	PY
	PIDS+=($!)
	until_true grep -q . query.port
	port=$(cat query.port)
	[ "$(printf query | timeout $LIMIT twc connect udp:127.0.0.1:"$port" --max-messages 1 --max-time 20)" = "answer to query" ]
	run timeout $LIMIT twc connect udp:127.0.0.1:"$port" --max-messages 1 --max-time 0.3 <<<silence
	is_status 75
}

@test "a control socket" {
	peer_start unix="$T/admin.sock" answer-late 0
	[ "$(echo 'show info' | twc connect unix:"$T/admin.sock")" = "answer to 10 bytes" ]
	socat -t 20 UNIX-LISTEN:"$T"/two.sock SYSTEM:'read -r q; sleep 1; echo "you asked for $q"' 3>&- &
	PIDS+=($!)
	until_true test -S two.sock
	[ "$(echo 'show info' | twc connect unix:"$T"/two.sock)" = "you asked for show info" ]
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

@test "an echo server" {
	serve_start tcp:0 --echo
	[ "$(echo hi | timeout $LIMIT nc -N 127.0.0.1 "$PORT")" = hi ]
	[ "$(echo hi | timeout $LIMIT nc -N ::1 "$PORT")" = hi ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "a service from inetd" {
	[ "$(twc serve - --echo -q <<<hi)" = hi ]
}
