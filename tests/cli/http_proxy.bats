#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Routes of proxy: with the servers of others behind - node, nginx, python's websockets, twisted - and curl, wget, nghttp and h2load
# in front.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
}
teardown() { twc_teardown; }

start() {
	serve_start tcp:0 "$@"
	H=127.0.0.1:$PORT
	URL=http://$H
}
get() { curl -sS -m $LIMIT "$@"; }
status_of() { get -o /dev/null -w '%{http_code}' "$@"; }
# node_start NAME [h2]: the server NAME on the socket NAME.
node_start() {
	command -v node >/dev/null || skip 'no node here'
	rm -f "$1"
	: >>"$1.log"
	node "$ROOT/tests/support/proxy_peer.js" "$T/$1" "$@" 2>"$1.err" </dev/null 3>&- &
	NODE_PID=$!
	PIDS+=("$NODE_PID")
	until_true test -S "$1"
}
memory() { awk '/VmRSS/{print $2}' "/proc/$PID/status"; }

@test "a request arrives, and its answer, with every field in its place" {
	node_start n
	start --route "/=proxy:unix:$T/n" --route "/t/ {strip=yes host=target}=proxy:unix:$T/n"
	get "$URL/headers?a=%2f" -H 'X-Forwarded-For: 9.9.9.9' -H 'Connection: X-Gone' -H 'X-Gone: 1' -H 'Forwarded: for=x' >got
	"$PYTHON" - got "$H" <<-'END'
		import json, sys
		got = json.load(open(sys.argv[1]))
		want = {'url': '/headers?a=%2f', 'method': 'GET', 'host': sys.argv[2], 'x-forwarded-for': '127.0.0.1',
			'x-forwarded-proto': 'http', 'x-forwarded-host': sys.argv[2], 'via': '1.1 twc'}
		assert {k: got.get(k) for k in want} == want, got
		assert 'x-gone' not in got and 'forwarded' not in got, got
	END
	get "$URL/t/headers" | grep -q '"url":"/headers"'
	get "$URL/t/headers" | grep -q '"host":"localhost"'
	[ "$(get "$URL/headers" -i | grep -ci '^via: 1.1 twc')" = 1 ]
	[ "$(status_of "$URL/none")" = 404 ]
	[ "$(get -I "$URL/headers" | grep -c '^HTTP/1.1 200')" = 1 ]
	[ "$(status_of -X TRACE "$URL/headers")" = 405 ]
	[ "$(status_of --path-as-is "$URL/t/../headers")" = 400 ]
	command -v wget >/dev/null || return 0
	[ "$(wget -qO- "$URL/who")" = n ]
}

@test "trusted addresses are believed" {
	node_start n
	start --route "/ {trust=127.0.0.0/8 header-up='X-Up: 1' header-up=Cookie: header-down=Date:}=proxy:unix:$T/n"
	get "$URL/headers" -H 'X-Forwarded-For: 9.9.9.9' -H 'X-Forwarded-Proto: https' -H 'Cookie: a=b' -H 'Forwarded: for=x' >got
	grep -q '"x-forwarded-for":"9.9.9.9, 127.0.0.1"' got
	grep -q '"x-forwarded-proto":"https"' got
	grep -q '"forwarded":"for=x"' got
	grep -q '"x-up":"1"' got
	! grep -q cookie got || false
}

@test "large bodies in both directions, by both versions of HTTP" {
	local size=30000000

	[ -z "${TWC_DBG_RMAX:-}" ] || size=3000000
	node_start n
	head -c $size /dev/urandom >big
	start --max-body 100M --route "/=proxy:unix:$T/n"
	sum=$(sha1sum <big | cut -d' ' -f1)
	for v in --http1.1 --http2-prior-knowledge; do
		get $v "$URL/big" -o back
		cmp big back
		get $v "$URL/length" -o back
		cmp big back
		[ "$(get $v -T big "$URL/sum")" = "$size $sum " ]
		[ "$(get $v -T - "$URL/sum" <big)" = "$size $sum " ]
		get $v -T big "$URL/echo" -o back
		cmp big back
	done
	get -0 "$URL/big" -o back
	cmp big back
	[ "$(status_of -H 'Expect: 100-continue' -T big "$URL/no")" = 413 ]
}

@test "a reader that is slow costs no memory" {
	node_start n
	head -c 200000000 /dev/zero >big
	start --route "/=proxy:unix:$T/n"
	get "$URL/who"
	before=$(memory)
	for i in 1 2 3 4; do
		mkfifo slow$i
		curl -sS "$URL/big" >slow$i 2>/dev/null 3>&- &
		PIDS+=($!)
		exec {fd}<slow$i
		head -c 100000 <&"$fd" | wc -c
	done
	get "$URL/headers" -o /dev/null
	[ $(($(memory) - before)) -lt 30000 ]
}

@test "events come when they are said, and the end of a client is told" {
	node_start n
	start --route "/=proxy:unix:$T/n"
	curl -sN "$URL/events" >events 3>&- &
	events=$!
	PIDS+=("$events")
	until_true grep -q one events
	get "$URL/event"
	until_true grep -q two events
	kill "$events"
	until_true grep -q closed n.log
}

@test "interim responses and trailers are passed on" {
	node_start n
	start --route "/=proxy:unix:$T/n"
	get -i "$URL/hints" >got
	grep -q '^HTTP/1.1 103' got
	grep -qi '^link: </a.css>; rel=preload' got
	[ "$(tail -1 got)" = hinted ]
	get --raw -i "$URL/trailers" >got
	grep -q '^X-Sum: abc' got
	printf 'POST /sum HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-End: yes\r\n\r\n' |
		timeout $LIMIT "$TWC" connect "tcp:$H" >got
	grep -q '^2 c22b5f9178342609428d6f51b2c5af4c0bde6a42 yes' got
}

@test "a server that dies at each stage" {
	node_start n
	start --route "/ {first-byte=300ms}=proxy:unix:$T/n" --route '/away/=proxy:tcp:127.0.0.1:1'
	[ "$(status_of "$URL/die")" = 502 ]
	run -56 curl -sS "$URL/half" # a reset, which nobody takes for an end
	run -56 curl -sS "$URL/chunks"
	run curl -sS --http2-prior-knowledge "$URL/half"
	[ "$status" != 0 ]
	[ "$(status_of "$URL/hang")" = 504 ]
	[ "$(status_of "$URL/away/")" = 502 ]
	get "$URL/away/" | grep -q 'connection refused'
	kill -KILL "$NODE_PID"
	wait "$NODE_PID" || true
	[ "$(status_of "$URL/who")" = 502 ]
}

@test "several servers: turns, one that goes, checks" {
	node_start a
	node_start b
	start -v --route "/ {fails=1}=proxy:[unix:$T/a][unix:$T/b]" \
		--route "/c/ {strip=yes check=/who check-every=100ms check-fall=1 check-rise=1}=proxy:[unix:$T/a][unix:$T/b]" \
		--route "/first/ {strip=yes balance=first}=proxy:[unix:$T/a][unix:$T/b]"
	for i in 1 2 3 4; do get "$URL/who"; done >who
	[[ $(cat who) = abab || $(cat who) = baba ]]
	[ "$(get "$URL/first/who")" = a ]
	until_true grep -q 'is up' serve.err
	kill -KILL "$NODE_PID"
	wait "$NODE_PID" || true
	for i in 1 2 3 4 5 6; do get -f "$URL/who"; done >who
	[ "$(cat who)" = aaaaaa ]
	until_true grep -q "$T/b is down" serve.err
	for i in 1 2 3; do get -f "$URL/c/who"; done >who
	[ "$(cat who)" = aaa ]
	node_start b
	b_is_back() { [ "$(grep -c "$T/b is up" serve.err)" = 2 ]; }
	until_true b_is_back
	get -f "$URL/c/who" "$URL/c/who" >who
	[[ $(cat who) = ab || $(cat who) = ba ]]
}

@test "all servers are away: 503, and when to come again" {
	start --route '/ {fails=1}=proxy:[tcp:127.0.0.1:1][tcp:127.0.0.1:2]'
	[ "$(status_of "$URL/")" = 502 ]
	get -i "$URL/" >got
	grep -q '^HTTP/1.1 503' got
	grep -qi '^retry-after: 1' got
}

@test "WebSocket through it: python's on both ends" {
	"$PYTHON" -c 'import websockets' || skip 'no websockets here'
	cat >back.py <<-'END'
		import asyncio, sys, websockets
		async def echo(ws, path=None):
		    assert ws.path == '/chat?x=1', ws.path
		    async for m in ws:
		        await ws.send(m)
		        if m == 'bye':
		            await ws.close(4001, 'as you say')
		async def main():
		    async with websockets.unix_serve(echo, sys.argv[1], subprotocols=['p'], max_size=None):
		        await asyncio.Future()
		asyncio.run(main())
	END
	cat >front.py <<-'END'
		import asyncio, os, sys, websockets
		async def main():
		    async with websockets.connect(sys.argv[1], subprotocols=['p'], max_size=None) as ws:
		        assert ws.subprotocol == 'p'
		        for m in ['', 'text', 'x' * 100000, os.urandom(3000000), b'']:
		            await ws.send(m)
		            assert await ws.recv() == m
		        assert await (await ws.ping()) is not None
		        await ws.send('bye')
		        assert await ws.recv() == 'bye'
		        try:
		            await ws.recv()
		        except websockets.ConnectionClosed as e:
		            assert (e.code, e.reason) == (4001, 'as you say'), e
		asyncio.run(main())
	END
	"$PYTHON" back.py "$T/ws" 2>back.err </dev/null 3>&- &
	PIDS+=($!)
	until_true test -S ws
	start --route "/=proxy:unix:$T/ws"
	timeout $LIMIT "$PYTHON" front.py "ws://$H/chat?x=1"
	[ "$(status_of "$URL/chat?x=1")" = 426 ]
}

@test "WebSocket by HTTP/2 in front and HTTP/1 behind" {
	"$PYTHON" -c 'import websockets, h2' || skip 'no websockets or h2 here'
	cat >back.py <<-'END'
		import asyncio, sys, websockets
		async def echo(ws, path=None):
		    async for m in ws:
		        await ws.send(m)
		async def main():
		    async with websockets.unix_serve(echo, sys.argv[1], compression=None):
		        await asyncio.Future()
		asyncio.run(main())
	END
	cat >front.py <<-'END'
		import socket, sys, h2.config, h2.connection, h2.events
		s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)
		c = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=False, header_encoding='utf-8'))
		c.initiate_connection()
		sid = c.get_next_available_stream_id()
		c.send_headers(sid, [(':method', 'CONNECT'), (':protocol', 'websocket'), (':scheme', 'http'), (':path', '/chat'),
		                     (':authority', 'h'), ('sec-websocket-version', '13')])
		# 'hello' as a text frame, masked with zeros
		c.send_data(sid, b'\x81\x85\0\0\0\0hello')
		s.sendall(c.data_to_send())
		got = b''
		status = None
		while len(got) < 7:
		    for e in c.receive_data(s.recv(65536)):
		        if isinstance(e, h2.events.ResponseReceived):
		            status = dict(e.headers)
		        elif isinstance(e, h2.events.DataReceived):
		            got += e.data
		    s.sendall(c.data_to_send())
		assert status[':status'] == '200', status
		assert 'sec-websocket-accept' not in status, status
		assert got == b'\x81\x05hello', got
	END
	"$PYTHON" back.py "$T/ws" 2>back.err </dev/null 3>&- &
	PIDS+=($!)
	until_true test -S ws
	start --route "/=proxy:unix:$T/ws"
	timeout $LIMIT "$PYTHON" front.py "$PORT"
}

@test "nginx behind: its folders, redirects, parts" {
	command -v nginx >/dev/null || skip 'no nginx here'
	mkdir -p www/dir
	head -c 100000 /dev/urandom >www/data
	echo index >www/dir/index.html
	cat >nginx.conf <<-END
		daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err;
		events {}
		http { access_log off; client_body_temp_path $T/b; proxy_temp_path $T/p; fastcgi_temp_path $T/f; uwsgi_temp_path $T/u;
			scgi_temp_path $T/s;
			server { listen unix:$T/nginx; root $T/www; } }
	END
	nginx -c "$T/nginx.conf" 2>/dev/null </dev/null 3>&- &
	PIDS+=($!)
	until_true test -S nginx
	start --route "/x/ {strip=yes host=target}=proxy:unix:$T/nginx"
	get "$URL/x/data" | cmp - www/data
	get -r 100-199 "$URL/x/data" | cmp - <(tail -c +101 www/data | head -c 100)
	[ "$(get -o /dev/null -w '%{redirect_url}' "$URL/x/dir")" = "$URL/x/dir/" ]
	[ "$(get -L "$URL/x/dir")" = index ]
	[ "$(status_of -z "$(date -d tomorrow)" "$URL/x/data")" = 304 ]
}

@test "a URL with a path takes the place of what the route has matched" {
	start --route '/back/v1/<path:p>=echo' --route '/back/r=redirect:302,http://unused/' --route '/back/h=json:{"a": 1}'
	back=$PORT
	twc_front() { serve_start tcp:0 "$@"; URL=http://127.0.0.1:$PORT; }
	twc_front --route "/api/=proxy:http://127.0.0.1:$back/back/" --route "/all/=proxy:http://127.0.0.1:$back/" \
		--route "/one=proxy:http://127.0.0.1:$back/back/h" --route "/back/=proxy:http://127.0.0.1:$back"
	[ "$(get "$URL/api/v1/x" -d said)" = said ]
	[ "$(get "$URL/all/back/v1/x" -d said)" = said ]
	[ "$(get "$URL/back/v1/x" -d said)" = said ]
	[ "$(get "$URL/one")" = '{"a": 1}' ]
	[ "$(status_of "$URL/api/none")" = 404 ]
}

@test "HTTP/2 in front: nghttp and h2load" {
	command -v h2load >/dev/null || skip 'no h2load here'
	node_start n
	start --route "/=proxy:unix:$T/n"
	nghttp -v "$URL/headers" >got
	grep -q '"via":"2 twc"' got
	grep -q 'via: 1.1 twc' got
	h2load -n 2000 -c 4 -m 20 "$URL/who" >got
	grep -q '2000 2xx, 0 3xx' got
}

@test "HTTP/2 behind" {
	node_start n h2
	head -c 3000000 /dev/urandom >big
	start --route "/ {http=2}=proxy:unix:$T/n"
	[ "$(get "$URL/who")" = n ]
	get "$URL/headers" -H 'TE: trailers' -H 'Connection: TE' >got
	grep -q '":authority":"' got
	grep -q '"te":"trailers"' got
	get --raw "$URL/trailers" | grep -qi '^x-sum: abc'
	get "$URL/big" | cmp - big
	get -T big "$URL/echo" | cmp - big
	run curl -sS "$URL/chunks"
	[ "$status" != 0 ]
}

@test "TLS behind, verified; TLS in front" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost 2>/dev/null
	node_start n https
	SERVE_AS="http serve" serve_start tls:0:cert=cert.pem:key=key.pem \
		--route "/=proxy:tls:localhost:443:endpoint=[unix:$T/n]:ca=cert.pem" \
		--route "/bad/=proxy:tls:localhost:443:endpoint=[unix:$T/n]"
	URL=https://localhost:$PORT
	for v in --http1.1 --http2; do
		get $v --cacert cert.pem "$URL/headers" >got
		grep -q '"x-forwarded-proto":"https"' got
		grep -q "\"host\":\"localhost:$PORT\"" got
	done
	get --cacert cert.pem "$URL/bad/" -w ' %{http_code}' >got
	grep -q 'not trusted' got
	grep -q ' 502$' got
}

@test "nothing of what is smuggled arrives" {
	node_start n
	start --route "/=proxy:unix:$T/n"
	send() { printf "$1" | timeout $LIMIT "$TWC" connect "tcp:$H" | head -1; }
	send 'POST /sum HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n' | grep -q 400
	send 'POST /sum HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 30\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n' | grep -q 400
	send 'POST /sum HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n' | grep -q 400
	send 'GET /who HTTP/1.1\r\nHost: h\r\nX: a\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n' | grep -q 400
	# a body of a GET is a body
	send 'GET /who HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 32\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n\r\n' | grep -q 200
	! grep -q evil n.log || false
	"$PYTHON" -c 'import h2' || return 0
	"$PYTHON" - "$PORT" <<-'END'
		import socket, sys, h2.config, h2.connection, h2.events
		bad = [[('x', 'a\r\nGET /evil HTTP/1.1')], [('x\r\ny', 'a')], [('x y', 'a')], [('x:', 'a')], [('X', 'a')],
		       [('transfer-encoding', 'chunked')], [('connection', 'x')], [('content-length', '5')]]
		for extra in bad + ['/evil HTTP/1.1\r\nx: y']:
		    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)
		    c = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=False,
		                                                             normalize_outbound_headers=False))
		    c.initiate_connection()
		    path, more = ('/evil', extra) if isinstance(extra, list) else (extra, [])
		    c.send_headers(1, [(':method', 'POST'), (':scheme', 'http'), (':path', path), (':authority', 'h')] + more)
		    c.send_data(1, b'GET /evil HTTP/1.1\r\n\r\n', end_stream=True)
		    s.sendall(c.data_to_send())
		    end = False
		    while not end:
		        d = s.recv(65536)
		        end = not d
		        for e in c.receive_data(d) if d else []:
		            if isinstance(e, h2.events.ResponseReceived):
		                assert dict(e.headers)[b':status'].startswith(b'4'), (extra, e.headers)
		            end = end or isinstance(e, (h2.events.StreamReset, h2.events.StreamEnded, h2.events.ConnectionTerminated))
	END
	! grep -q evil n.log || false
}

@test "a stop waits for what is under way; several processes" {
	node_start n
	start --workers 2 --route "/ {check=/who}=proxy:unix:$T/n"
	[ "$(get "$URL/who")" = n ]
	curl -sS "$URL/slow" >slow 3>&- &
	slow=$!
	until_true grep -q slow n.log
	serve_stop
	[ "$STATUS" = 0 ]
	wait "$slow"
	[ "$(cat slow)" = slow ]
}

@test "twisted behind" {
	"$PYTHON" -c 'import twisted' || skip 'no twisted here'
	mkdir www
	head -c 500000 /dev/urandom >www/data
	"$PYTHON" -m twisted web --listen "unix:$T/tw" --path www >tw.log 2>&1 </dev/null 3>&- &
	PIDS+=($!)
	until_true test -S tw
	start --route "/=proxy:unix:$T/tw"
	get "$URL/data" | cmp - www/data
	get -r 7-9 "$URL/data" | cmp - <(tail -c +8 www/data | head -c 3)
	[ "$(status_of "$URL/none")" = 404 ]
}

@test "routes that are none" {
	run -64 "$TWC" http serve tcp:0 --route '/=proxy:udp:h:1'
	says 'no datagrams'
	run -64 "$TWC" http serve tcp:0 --route '/ {balance=best}=proxy:tcp:h:1'
	says 'balance'
	run -64 "$TWC" http serve tcp:0 --route '/ {nonsense=1}=proxy:tcp:h:1'
	says 'nonsense'
}
