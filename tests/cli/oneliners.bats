#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The jobs people know from other tools, as one line each.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls

setup_file() { certs_make "$BATS_FILE_TMPDIR/c"; }
setup() {
	twc_setup
	C=$BATS_FILE_TMPDIR/c
	export SSL_CERT_FILE=$C/ca.pem # what the system trusts
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

@test "a directory over TLS, with no authority" {
	mkdir -p d/e there
	head -c 3000000 /dev/urandom >d/a
	echo 2 >d/e/b
	(
		set -o pipefail
		cd there
		# tar is done before the padding behind the archive is read; cat takes what a pipe may have split off
		twc serve tls:0:cert=auto --once --recv 2>../serve.err | { tar x && cat >/dev/null; }
	) 3>&- &
	pid=$!
	PIDS+=("$pid")
	until_true grep -q 'listening tls:127' serve.err
	port=$(sed -n 's/.*listening tls:127.0.0.1://p' serve.err)
	pin=$(sed -n 's/.* clients can know it by pin=//p' serve.err)
	[[ $pin == sha256//* ]]
	run twc connect tls:localhost:"$port":pin="$(pin_of "$C/two.crt")" --send <d/a
	is_status 77 # and the server waits on
	tar c d | twc connect tls:localhost:"$port":pin="$pin" --send
	[ "${PIPESTATUS[*]}" = "0 0" ]
	wait "$pid"
	diff -r d there/d
}

@test "a look at TLS: what was agreed on, and how long the certificate lasts" {
	pipe_open hold # s_server leaves at the end of its standard input
	openssl s_server -accept 127.0.0.1:0 -cert "$C/good.crt" -key "$C/good.key" -alpn h2 <&"$hold" >s_server.out 2>&1 3>&- &
	PIDS+=($!)
	until_true grep -q '^ACCEPT ' s_server.out
	PEER=$(sed -n 's/^ACCEPT .*://p' s_server.out)
	run timeout $LIMIT twc connect tls:127.0.0.1:"$PEER":alpn=h2 --check -v
	is_status 0
	says TLSv1.3
	says "ALPN h2"
	says "CN=one.test"
	says "$(pin_of "$C/good.crt")"
	until_true grep -q 'ALPN protocols selected: h2' s_server.out
	run timeout $LIMIT twc connect tls:127.0.0.1:"$PEER" --check=tls:min-days=14
	is_status 0
	[ -z "$output" ]
	run timeout $LIMIT twc connect tls:127.0.0.1:"$PEER" --check=tls:min-days=40
	is_status 1
	says "days left, 40 wanted"
	SSL_CERT_FILE=$C/nobody.pem run timeout $LIMIT twc connect tls:127.0.0.1:"$PEER" --check=tls:min-days=14
	is_status 77
}

@test "STARTTLS by hand: a letter to python3's mail server" {
	"$PYTHON" -c 'import aiosmtpd' 2>/dev/null || skip "no aiosmtpd here"
	cat >mail.py <<-EOT
		import asyncio, ssl
		from aiosmtpd.smtp import SMTP
		class Handler:
		    async def handle_DATA(self, server, session, envelope):
		        assert session.ssl
		        open("letter", "wb").write(envelope.original_content)
		        return "250 kept"
		async def main():
		    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		    c.load_cert_chain("$C/good.pem")
		    s = await asyncio.get_running_loop().create_server(
		        lambda: SMTP(Handler(), tls_context=c, require_starttls=True), "127.0.0.1", 0)
		    print(s.sockets[0].getsockname()[1], flush=True)
		    await s.serve_forever()
		asyncio.run(main())
	EOT
	background "$PYTHON" mail.py >mail.port
	until_true grep -q . mail.port
	pipe_open typed
	twc connect tcp:127.0.0.1:"$(cat mail.port)":starttls=smtp --crlf <typed.fifo >answers 2>err 3>&- {typed}>&- &
	pid=$!
	PIDS+=("$pid")
	# One line typed after each answer; the last one of EHLO's has no hyphen.
	for line in '250 EHLO me' '250 MAIL FROM:<a@one.test>' '250 RCPT TO:<b@one.test>' '354 DATA' '250 hello\n.' '221 QUIT'; do
		: >answers
		printf "${line#* }\n" >&"$typed"
		until_true grep -q "^${line%% *} " answers
	done
	exec {typed}>&-
	wait "$pid"
	[ ! -s err ]
	[ "$(od -An -c letter | tr -d ' ')" = 'hello\r\n' ]
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

@test "ssh through a proxy, and with the connection handed over" {
	command -v ssh >/dev/null || skip "ssh is needed"
	for how in "" "--fdpass"; do
		rm -f said proxy.asked proxy.port
		serve_start tcp:0:interface=127.0.0.1 --once --sh 'echo SSH-2.0-there; head -n 1 >said'
		"$PYTHON" "$ROOT/tests/support/proxy.py" socks5 >proxy.port 2>proxy.log 3>&- &
		PIDS+=($!)
		until_true grep -q . proxy.port
		printf '%s\n' "Host 127.0.0.1" "Port $PORT" "BatchMode yes" "UserKnownHostsFile /dev/null" \
			"ProxyCommand twc connect tcp:%h:%p:via=[socks5:127.0.0.1:$(cat proxy.port)] $how" \
			"ProxyUseFdpass $([ -z "$how" ] && echo no || echo yes)" >config
		run timeout $LIMIT ssh -v -F config nobody@127.0.0.1 true </dev/null
		is_status 255 # the server leaves after its greeting
		says "remote software version there"
		serve_wait
		[ "$STATUS" -eq 0 ]
		grep -q '^SSH-2.0-OpenSSH' said
		[ "$(cat proxy.asked)" = "127.0.0.1 $PORT" ]
	done
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
