#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc serve --reply, --stall and --banner, against curl, nc, socat and a client in Python.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

NO_CONTENT='HTTP/1.1 204 No Content\r\n\r\n'

@test "reply: a request of curl, captured, and a clean end for both" {
	serve_start tcp:0 --once --tee-in req.bin --reply "$NO_CONTENT" --reply-after blank-line
	run curl -sS -m $LIMIT -o /dev/null -w '%{http_code}' http://127.0.0.1:"$PORT"/x -d hello=world
	is_status 0
	[ "$output" = 204 ]
	serve_wait
	[ "$STATUS" -eq 0 ]
	head -n1 req.bin | grep -qx $'POST /x HTTP/1.1\r'
	[ "$(tail -c 11 req.bin)" = hello=world ]
}

# Sends the strings after its mode one by one, with a pause that the other sees, and prints what comes. `rest`: then it
# goes on sending, and asks for the answer only afterwards.
slow_client() {
	timeout $LIMIT "$PYTHON" - "$PORT" "$@" <<-'PY'
		import socket, sys, time
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		for part in sys.argv[3:]:
		    s.sendall(part.encode().decode("unicode_escape").encode())
		    time.sleep(0.03)
		if sys.argv[2] == "rest":
		    for i in range(20):
		        s.sendall(b"x" * 65536)
		        time.sleep(0.01)
		answer = b""
		while True:
		    got = s.recv(65536)
		    if not got:
		        break
		    answer += got
		sys.stdout.write(answer.decode())
	PY
}

@test "reply: blank-line across reads, with LF and CR LF" {
	serve_start tcp:0 --reply 'ok' --reply-after blank-line
	[ "$(slow_client - 'GET / HTTP/1.1\r' '\nHost: a\r\n' '\r' '\n')" = ok ]
	[ "$(slow_client - 'GET /' '\n' '\n')" = ok ]
}

@test "reply: what is sent after the request does not destroy the answer" {
	serve_start tcp:0 --once --reply 'the answer' --reply-after 4
	[ "$(slow_client rest 'POST')" = 'the answer' ]
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "reply: a line, its default, with nc and socat; a line without its end" {
	serve_start tcp:0 --reply 'pong\n'
	[ "$(echo ping | timeout $LIMIT nc 127.0.0.1 "$PORT")" = pong ]
	[ "$(echo ping | timeout $LIMIT socat -t 20 - TCP:127.0.0.1:"$PORT")" = pong ]
	[ "$(printf ping | timeout $LIMIT nc -N 127.0.0.1 "$PORT")" = pong ]
}

@test "reply: a regular expression, a file, a megabyte" {
	head -c 1000000 /dev/urandom >big
	serve_start tcp:0 --reply @big --reply-after '^send (it|all)$'
	printf 'please\nsend it\n' | timeout $LIMIT nc 127.0.0.1 "$PORT" >got
	cmp big got
}

@test "reply: datagrams, each a request" {
	serve_start udp:0 --reply 'pong' --reply-after '^ping'
	run timeout $LIMIT "$PYTHON" - "$PORT" <<-'PY'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.connect(("127.0.0.1", int(sys.argv[1])))
		s.settimeout(20)
		for word in b"ping", b"nope", b"ping again":
		    s.send(word)
		print(s.recv(100), s.recv(100))
		s.settimeout(0.2)
		try:
		    print(s.recv(100))
		except TimeoutError:
		    print("no more")
	PY
	[ "$output" = "b'pong' b'pong'
no more" ]
}

@test "reply: a request that is not whole is status 76, and nobody's but that client's" {
	serve_start tcp:0 --once --reply x --reply-after blank-line
	printf 'GET /\r\n' | timeout $LIMIT nc -N 127.0.0.1 "$PORT" >got || true
	[ ! -s got ]
	serve_wait
	[ "$STATUS" -eq 76 ]
	grep -q 'the client ended before its request was whole (7 bytes)' serve.err
	serve_start tcp:0 --reply x --reply-after 3
	printf 'ab' | timeout $LIMIT nc -N 127.0.0.1 "$PORT" || true
	[ "$(printf 'abc' | connect tcp:"$PORT")" = x ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "reply: limits end a client that does not finish" {
	serve_start tcp:0 --once --reply x --idle 0.2s
	pipe_open hold
	printf 'no end' >&"$hold"
	run "$TWC" connect tcp:"$PORT" <&"$hold"
	serve_wait
	[ "$STATUS" -eq 75 ]
}

@test "stall: accepts, takes nothing and says nothing; a stop does not wait for it" {
	serve_start tcp:0 --stall
	run curl -sS -m 0.5 http://127.0.0.1:"$PORT"/
	is_status 28
	pipe_open hold
	"$TWC" connect -v tcp:"$PORT" <&"$hold" >got 2>client.err 3>&- &
	client=$!
	PIDS+=("$client")
	head -c 100 /dev/zero >&"$hold"
	until_true grep -q opened client.err
	start=$EPOCHREALTIME
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ $((${EPOCHREALTIME/./} - ${start/./})) -lt 5000000 ]
}

@test "stall: a limit ends it" {
	serve_start tcp:0 --once --stall --max-time 0.3s
	run connect tcp:"$PORT" --recv
	[ -z "$output" ]
	serve_wait
	[ "$STATUS" -eq 75 ]
}

@test "banner: before any service, and before standard input" {
	serve_start tcp:0 --echo --banner 'hello\n'
	[ "$(echo x | timeout $LIMIT nc -N 127.0.0.1 "$PORT")" = $'hello\nx' ]
	serve_start tcp:0 --sh 'tr a-z A-Z' --banner 'hello\n'
	[ "$(echo x | timeout $LIMIT nc -N 127.0.0.1 "$PORT")" = $'hello\nX' ]
	serve_start tcp:0 --reply 'bye\n' --banner '220 here\r\n'
	[ "$(echo x | timeout $LIMIT nc 127.0.0.1 "$PORT")" = $'220 here\r\nbye' ]
	serve_start tcp:0 --broadcast --banner 'hello\n'
	[ "$(echo x | timeout $LIMIT nc -N 127.0.0.1 "$PORT")" = hello ]
	echo in >in
	SERVE_IN=in serve_start tcp:0 --once --banner 'hello\n'
	[ "$(echo x | timeout $LIMIT nc -N 127.0.0.1 "$PORT")" = $'hello\nin' ]
}

@test "banner: a client that says nothing is greeted at once, also by services that wait for it" {
	serve_start tcp:0 --discard --banner '220 here\n'
	{ read -r -t 10 line <&7; } 7<>/dev/tcp/127.0.0.1/"$PORT"
	[ "$line" = "220 here" ]
}

@test "wrong use of them" {
	run "$TWC" serve tcp:0 --reply x --reply-after 0
	is_status 64
	says "--reply-after: 0 bytes are no request"
	run "$TWC" serve tcp:0 --reply x --reply-after 'a('
	is_status 64
	says "not a regular expression"
	run "$TWC" serve tcp:0 --reply '\q'
	is_status 64
	run "$TWC" serve tcp:0 --reply @nothing
	is_status 66
	says "cannot read nothing (ENOENT"
	run "$TWC" serve tcp:0 --reply-after 3
	is_status 64
	says "--reply-after needs --reply"
	run "$TWC" serve tcp:0 --reply x --stall
	is_status 64
	run "$TWC" serve tcp:0 --stall --banner '\q'
	is_status 64
}
