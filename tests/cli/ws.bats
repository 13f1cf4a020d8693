#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ws: and wss: with everything of connect and serve, against python3-websockets, autobahn, curl, nginx, Chromium and peers that
# write frames by hand.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls
load ../support/ws

setup() {
	twc_setup
	"$PYTHON" -c 'import websockets' 2>/dev/null || skip 'no python3-websockets here'
}
teardown() { twc_teardown; }

raw() { printf "$1" | timeout $LIMIT nc 127.0.0.1 "$PORT" | tr -d '\r'; }
ask="GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
key="Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

# ---- connect ----

@test "connect: a line is a message, a message is a line, both ends close" {
	ws_peer echo
	run connect "$W" < <(printf 'one\ntwo words\n\nlast')
	is_status 0
	[ "$output" = $'one\ntwo words\n\nlast' ]
	# nothing at all
	run connect "$W" </dev/null
	is_status 0
	[ -z "$output" ]
	# the ordinary form, and -vv
	run connect "ws:127.0.0.1:$PEER:path=/x" -vv <<<hello
	is_status 0
	says 'WebSocket handshake with tcp:127.0.0.1:'
	says 'asking for /x'
	says 'switched to WebSocket'
}

@test "connect: path, query, fields, origin, subprotocols, a login; deflate only when asked for" {
	ws_peer tell
	connect "ws://me:s3cret@127.0.0.1:$PEER/a/b?c=d:e" </dev/null
	said
	jq -e '.path == "/a/b?c=d:e" and .headers.authorization == "Basic bWU6czNjcmV0" and .headers["sec-websocket-extensions"] == null' <<<"$SAID"
	jq -e --arg h "127.0.0.1:$PEER" '.headers.host == $h and .headers.origin == null' <<<"$SAID"
	connect "ws:127.0.0.1:$PEER:origin=[https://a.test]:header=[X-One: 1 2]:header=[Host: other]:subprotocol=a,b:deflate=yes" </dev/null
	said
	jq -e '.path == "/" and .headers.origin == "https://a.test" and .headers["x-one"] == "1 2" and .headers.host == "other"' <<<"$SAID"
	jq -e '.subprotocol == "b" and .extensions == ["permessage-deflate"]' <<<"$SAID"
	echo s3cret >pass
	connect "ws:127.0.0.1:$PEER:user=me:pass-file=pass" </dev/null
	said
	jq -e '.headers.authorization == "Basic bWU6czNjcmV0"' <<<"$SAID"
	# the password is shown to nobody
	run connect "ws://me:s3cret@127.0.0.1:1/x" </dev/null
	is_status 69
	says 'connect ws://me:***@127.0.0.1:1/x: '
	[[ $output != *s3cret* ]]
	run connect "ws:127.0.0.1:$PEER:user=me:pass-file=none" </dev/null
	is_status 66
}

@test "connect: what a server answers instead" {
	local answer
	ws_peer answer '404 Not Found'
	run connect "$W/x" </dev/null
	is_status 69
	says "twc: connect $W/x: the server answered 404 Not Found instead of switching to WebSocket"
	ws_peer answer '301 Moved' 'Location: ws://other.test/'
	run connect "$W" </dev/null
	is_status 69
	says 'it sends elsewhere: ws://other.test/'
	for answer in '401 No' '403 Forbidden' '407 Proxy'; do
		ws_peer answer "$answer"
		run connect "$W" </dev/null
		is_status 77
		says "the server answered $answer instead"
	done
	ws_peer answer '200 OK'
	run connect "$W" </dev/null
	is_status 69
	ws_peer bytes 'SSH-2.0-x\r\n'
	run connect "$W" </dev/null
	is_status 76
	says 'does not speak HTTP'
	ws_peer bytes ''
	run connect "$W" </dev/null
	is_status 76
	says 'the server ended the connection during the WebSocket handshake'
	ws_peer accept AAAA
	run connect "$W" </dev/null
	is_status 76
	says 'Sec-WebSocket-Accept'
	ws_peer with 'Sec-WebSocket-Protocol: mqtt'
	run connect "$W" </dev/null
	is_status 76
	says 'subprotocol that was not offered (mqtt)'
	ws_peer with 'Sec-WebSocket-Extensions: permessage-deflate'
	run connect "$W" </dev/null
	is_status 76
	ws_peer silent
	run connect "ws:127.0.0.1:$PEER:timeout=200ms" </dev/null
	is_status 75
	says 'the WebSocket handshake was not done after 200ms'
}

@test "connect: frames behind the 101, fragments, pings, all bytes, empty messages" {
	# "hi", a ping, "a" + "b" in fragments, an empty text, Close 1000
	ws_peer behind 81026869 89017a 010161 800162 8100 880203e8
	run --separate-stderr connect "$W" </dev/null
	is_status 0
	[ "$output" = $'hi\nab' ]
	[ "${#lines[@]}" -eq 2 ]
	"$PYTHON" -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 300)' >all
	ws_peer echo
	connect "ws:127.0.0.1:$PEER:lines=no" <all >back
	cmp all back
}

@test "connect: how the end came" {
	ws_peer say 81026869 880203e9
	run connect "$W" </dev/null
	is_status 0
	ws_peer say 81026869 880603f362616464
	run connect "$W" </dev/null
	is_status 76
	says 'hi'
	says '1011'
	says 'badd'
	ws_peer die
	run connect "$W" </dev/null
	is_status 76
	ws_peer say 83026869
	run connect "$W" </dev/null
	is_status 76
	ws_peer say 81028080
	run connect "$W" </dev/null
	is_status 76
	says 'UTF-8'
}

@test "connect: a Close leaves nothing of the input behind without an error" {
	seq 3000000 >lines
	ws_peer say 81026869 880203e8
	run connect "$W" <lines
	is_status 76
	says 'the peer closed before all was sent to it'
	run connect "$W" --recv <lines
	is_status 0
	run connect "$W" --eof close <lines
	is_status 0
	run connect "$W" < <(sleep 2) # nothing was there to be sent
	is_status 0
}

@test "connect: 16 MB both ways, and one byte more" {
	"$PYTHON" -c 'print("x" * (16 * 1024 * 1024), end="")' >most
	ws_peer echo
	connect "$W" <most >back
	cmp most <(head -c -1 back)
	printf y >>most
	run --separate-stderr connect "$W" <most
	[ "$status" -eq 65 ]
	[[ $stderr == *max-message* ]]
	run --separate-stderr connect "ws:127.0.0.1:$PEER:max-message=1k" < <(head -c 2000 most)
	[ "$status" -eq 65 ]
	connect "ws:127.0.0.1:$PEER:max-message=17M" <most >back
	cmp most <(head -c -1 back)
}

@test "connect: --frames, --to, --check, --wait, --expect" {
	ws_peer echo
	printf 'a\0b\nc\0' | connect "$W" --frames nul >back
	printf 'a\0b\nc\0' | cmp - back
	printf '\0\0\0\1a\0\0\0\2b\n' | connect "$W" --frames len4 >back
	printf '\0\0\0\1a\0\0\0\2b\n' | cmp - back
	printf 'a\nb\n' | connect "$W" --frames raw >back
	printf 'a\nb\n' | cmp - back
	connect "$W" --check
	connect "$W" --wait 5s
	run connect "$W" --send-line ping --expect '^ping$' </dev/null
	is_status 0
	run connect "$W" --send-line ping --expect '^pong$' --linger 1s </dev/null
	is_status 1
	head -c 300000 /dev/urandom >data
	connect "$W" --to "sh:cat data; exec >&-; cat >got" </dev/null
	cmp data got
}

@test "connect --to: what comes from a stream is binary; between two WebSockets text stays text" {
	local binary='{"binary": "746578740a"}'
	hears() {
		connect "$@"
		said
		[ "$SAID" = "$want" ] || { echo "$*: $SAID"; false; }
	}
	ws_peer heard
	want=$binary
	hears 'exec:echo text' --to "$W"
	hears "$W" --to 'exec:echo text' --eof close
	hears "ws:127.0.0.1:$PEER:lines=no" <<<text
	hears "$W" --frames raw <<<text
	want='"text\n"'
	hears 'exec:echo text' --to "ws:127.0.0.1:$PEER:type=text"
	want='"text"'
	hears 'exec:echo text' --to "ws:127.0.0.1:$PEER:lines=yes"
	hears "$W" <<<text
	hears "$W" --frames nul < <(printf 'text\0')
	ws_serve ws:0 --text text
	hears "$W" --to "ws://127.0.0.1:$PEER"
	serve_stop
	ws_serve ws:0:lines=no --exec 'echo text'
	run speak "$W/" hear
	[ "${lines[1]}" = "$binary" ]
	serve_stop
}

@test "connect: the reader of standard output goes, the writer waits" {
	ws_peer echo
	yes line | head -n 100000 >lines
	run bash -c '"$1" connect "$2" <lines | head -n 3; exit ${PIPESTATUS[0]}' - "$TWC" "$W"
	[ "$status" -eq 141 ]
	connect "$W" <lines >back
	cmp lines back
}

@test "connect: --reconnect says its preamble again" {
	ws_peer lib-close 1000 bye
	pipe_open in
	"$TWC" connect "$W" --reconnect --preamble 'hello\n' --retry-delay 10ms -v <in.fifo >out 2>err 3>&- &
	PIDS+=($!)
	until_true eval '[ "$(grep -c opened err)" -ge 3 ]'
}

# ---- serve ----

@test "serve: the ready line, TWC_URL, what it can be pasted into" {
	ws_serve ws:0:path=/chat --echo
	[[ $READY =~ ^ws:127\.0\.0\.1:[0-9]+:path=/chat$ ]]
	run connect "ws:127.0.0.1:$PORT:path=/chat" <<<hi
	is_status 0
	[ "$output" = hi ]
	run connect "ws://127.0.0.1:$PORT/" </dev/null
	is_status 69
	says 'answered 404 Not Found'
	serve_stop
	[ "$STATUS" -eq 0 ]
	run timeout $LIMIT "$TWC" serve ws:0:path=/chat --echo -q -- sh -c 'echo "$TWC_URL $TWC_ADDR"; echo x | "$0" connect "$TWC_URL"; echo y | "$0" connect "$TWC_ADDR"' "$TWC"
	is_status 0
	[[ ${lines[0]} =~ ^ws://127\.0\.0\.1:[0-9]+/chat\ ws:127\.0\.0\.1:[0-9]+:path=/chat$ ]]
	[ "${lines[1]} ${lines[2]}" = 'x y' ]
}

@test "serve: who is refused, and why" {
	ws_serve ws:0:path=/:origin=[https://a.test] --echo -v
	curl -sS -m $LIMIT -D head -o body "http://127.0.0.1:$PORT/"
	grep -q '^HTTP/1.1 426 Upgrade Required' head
	grep -qi '^Upgrade: websocket' head
	grep -q 'WebSocket' body
	[ "$(curl -sS -m $LIMIT -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/other")" = 404 ]
	[ "$(raw "${ask}\r\n" | head -n 1)" = 'HTTP/1.1 400 Bad Request' ]
	[ "$(raw "${ask}Sec-WebSocket-Key: AAAA\r\n\r\n" | head -n 1)" = 'HTTP/1.1 400 Bad Request' ]
	[ "$(raw "${ask}${key}Origin: https://b.test\r\n\r\n" | head -n 1)" = 'HTTP/1.1 403 Forbidden' ]
	[ "$(raw "${ask/13/8}${key}\r\n" | grep -E '^(HTTP|Sec)' | tr '\n' '|')" = 'HTTP/1.1 426 Upgrade Required|Sec-WebSocket-Version: 13|' ]
	[ "$(raw 'hello\r\n\r\n' | head -n 1)" = 'HTTP/1.1 400 Bad Request' ]
	[ "$(raw "${ask/GET/POST}${key}\r\n" | head -n 1)" = 'HTTP/1.1 405 Method Not Allowed' ]
	# the sample of RFC 6455, with a Close in the same segment
	raw "${ask}${key}Origin: https://a.test\r\n\r\n\x88\x80\0\0\0\0" >got
	[ "$(sed -n 's/^Sec-WebSocket-Accept: //p' got)" = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' ]
	grep -q 'no WebSocket from tcp:127.0.0.1:.*answered 403' serve.err
	grep -q 'no WebSocket from tcp:127.0.0.1:.*answered 404' serve.err
	[ "$(grep -c opened serve.err)" -eq 1 ] # none of the others was a client
	serve_stop
}

@test "serve: who says nothing, or slowly, has its time; --once waits for another" {
	ws_serve ws:0:handshake-timeout=300ms --echo --once -v
	raw 'GET / HT' >/dev/null
	exec {slow}<>"/dev/tcp/127.0.0.1/$PORT"
	cat <&"$slow" >/dev/null 2>&1 || true # until it is broken off
	until_true grep -q 'the WebSocket handshake was not done after 300ms' serve.err
	[ "$(connect "$W" <<<hi)" = hi ]
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "serve --echo: foreign clients, types, fragments, big and empty messages, deflate" {
	ws_serve ws:0:subprotocol=z,c --echo
	run speak "$W/" ask one 'zwölf'
	[ "$output" = $'one\nzwölf\nextensions permessage-deflate\nclosed 1000 ' ]
	run speak "$W/" options '{"subprotocols": ["b", "c", "z"], "compression": null}' x
	says 'subprotocol z'
	[[ $output != *extensions* ]]
	head -c 16000000 /dev/urandom >data
	[ "$(speak "$W/" binary data | head -n 1)" = same ]
	[ "$(speak "$W/" fragments 1000 | head -c 8)" = partpart ]
	serve_stop
}

@test "serve --echo: autobahn" {
	"$PYTHON" -c 'import autobahn.asyncio' 2>/dev/null || skip 'no autobahn here'
	ws_serve ws:0 --echo
	cat >client.py <<-'END'
		import asyncio, sys
		from autobahn.asyncio.websocket import WebSocketClientProtocol, WebSocketClientFactory
		class Client(WebSocketClientProtocol):
		    def onOpen(self):
		        self.sendMessage("text".encode()); self.sendMessage(bytes(range(256)), isBinary=True)
		    def onMessage(self, payload, isBinary):
		        print("binary" if isBinary else "text", len(payload), flush=True)
		        if isBinary: self.sendClose(1000, "enough")
		    def onClose(self, wasClean, code, reason):
		        print(wasClean, code, flush=True); asyncio.get_event_loop().stop()
		loop = asyncio.new_event_loop(); asyncio.set_event_loop(loop)
		factory = WebSocketClientFactory(sys.argv[1], loop=loop); factory.protocol = Client
		loop.run_until_complete(loop.create_connection(factory, "127.0.0.1", int(sys.argv[2]))); loop.run_forever()
	END
	timeout $LIMIT "$PYTHON" client.py "$W" "$PORT" >got
	[ "$(head -n 3 got | tr '\n' ,)" = 'text 4,binary 256,True 1000,' ]
	serve_stop
}

@test "serve --exec, --sh, --chat: lines; --broadcast: messages; --text; stop says 1001" {
	ws_serve ws:0 --exec "sed -u 's/^/you said /'"
	run speak "$W/" ask one two
	[ "${lines[0]}|${lines[1]}" = 'you said one|you said two' ]
	serve_stop
	ws_serve ws:0 --sh 'echo ready; for i in 1 2 3; do echo $i; done'
	run speak "$W/" hear
	[ "$(tr '\n' ' ' <<<"$output")" = 'open "ready" "1" "2" "3" closed 1000  ' ]
	serve_stop
	ws_serve ws:0 --text 'hello there'
	run speak "$W/" hear
	[ "${lines[1]}|${lines[2]}" = '"hello there"|closed 1000 ' ]
	serve_stop
	ws_serve ws:0 --chat
	speak "$W/" hear >ear 3>&- &
	PIDS+=($!)
	until_true grep -q 'you are user1' ear
	connect "$W" <<<'good day' >/dev/null
	until_true grep -q '"<user2> good day"' ear
	serve_stop
	until_true grep -q closed ear
	rm ear # "open" is in it
	serve_start ws:0 --broadcast
	PORT=${READY##*:} W=ws://127.0.0.1:$PORT
	speak "$W/" hear >ear 3>&- &
	PIDS+=($!)
	until_true grep -q open ear
	printf 'a\nb\n' | connect "$W"
	until_true grep -qx '"b"' ear
	grep -qx '"a"' ear
	serve_stop
	until_true grep -q 'closed 1001' ear
}

@test "what a program says behind the client's Close is not lost; with --once an input that gives nothing does not close" {
	ws_serve ws:0 --sh 'cat >got; sleep 0.3; echo answer; cat got'
	[ "$(printf 'a\nb\n' | connect "$W" | tr '\n' ' ')" = 'answer a b ' ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	ws_serve ws:0 --once
	seq 1000 | connect "$W" --send
	serve_wait
	cmp <(seq 1000) serve.out
	seq 20000 >lines
	SERVE_IN=lines ws_serve ws:0 --once
	connect "$W" </dev/null | cmp - lines
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "serve joins clients with stdin and stdout, by lines; --tag, --hexdump, --tee-in" {
	pipe_open in
	SERVE_IN=in.fifo ws_serve ws:0 --tag --tee-in tee
	speak "$W/" ask >none 3>&- # comes and goes
	timeout $LIMIT "$TWC" connect "$W" --until-idle 1s >got <<<'from a client' 3>&- &
	PIDS+=($!)
	until_true grep -q 'from a client' serve.out
	echo 'from the server' >&"$in"
	until_true grep -qx 'from the server' got
	serve_stop
}

@test "serve --once is a join: one client, its end is the end" {
	serve_start ws:0 --once
	PORT=${READY##*:} W=ws://127.0.0.1:$PORT
	printf 'a\nb' | connect "$W" --send
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = $'a\nb' ]
}

@test "the end of an input is a Close to all, if it gave nothing, too; with --recv it has none" {
	ws_serve ws:0
	run speak "$W/" hear
	[ "${lines[1]}" = 'closed 1000 ' ]
	run speak "$W/" hear # later ones, too
	[ "${lines[1]}" = 'closed 1000 ' ]
	serve_stop
	ws_serve ws:0 --recv
	speak "$W/" tell 'from a client'
	until_true grep -qx 'from a client' serve.out
	serve_stop
	ws_serve ws:0 --once --recv
	speak "$W/" tell 'from a client'
	serve_wait
	[ "$(cat serve.out)" = 'from a client' ]
}

@test "wss: both ends, verified; Chromium against a certificate of its own" {
	certs_make certs
	ws_serve wss:0:cert=certs/good.pem:key=certs/good.key --echo
	run connect "wss:127.0.0.1:$PORT:ca=certs/ca.pem" <<<hi
	is_status 0
	[ "$output" = hi ]
	run connect "$W" </dev/null
	is_status 77
	[ "$(speak "$W/" ask x | grep -c "^x$")" -eq 1 ]
	run connect "ws://127.0.0.1:$PORT" </dev/null
	is_status 76
	serve_stop
	command -v chromium >/dev/null || skip 'no chromium here'
	ws_serve wss:0:cert=auto --echo --tee-in tee -v
	cat >page.html <<-END
		<script>const w = new WebSocket("$W/x"); w.binaryType = "arraybuffer";
		w.onopen = () => w.send("text");
		w.onmessage = e => {
			if (typeof e.data != "string") w.send("got " + e.data.byteLength + " " + w.extensions);
			else if (e.data == "text") w.send(new Uint8Array(70000).fill(7));
			else w.close(1000, "enough");
		};</script>
	END
	chromium --headless --no-sandbox --disable-gpu --ignore-certificate-errors --user-data-dir="$T/profile" \
		--remote-debugging-port=0 "file://$T/page.html" >browser.log 2>&1 3>&- 4>&- </dev/null &
	browser=$!
	PIDS+=("$browser")
	until_true grep -q 'closed tcp' serve.err
	grep -aq 'got 70000 permessage-deflate' tee
	kill "$browser" # in good order: it has children
	wait "$browser" || true
	grep -q 'closed tcp:127.0.0.1:[0-9]*: [0-9]* bytes in, [0-9]* out, [0-9.]*s$' serve.err
	serve_stop
}

@test "behind nginx" {
	command -v nginx >/dev/null || skip 'no nginx here'
	ws_serve ws:0:path=/live --echo
	cat >nginx.conf <<-END
		$([ "$(id -u)" -ne 0 ] || echo 'user root;') daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err;
		worker_processes 1;
		events {}
		http {
			access_log off; client_body_temp_path $T/b; proxy_temp_path $T/p; fastcgi_temp_path $T/f;
			uwsgi_temp_path $T/u; scgi_temp_path $T/s;
			server {
				listen unix:$T/front;
				location / {
					proxy_pass http://127.0.0.1:$PORT; proxy_http_version 1.1;
					proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade;
				}
			}
		}
	END
	nginx -p "$T" -e nginx.err -c "$T/nginx.conf" 3>&- &
	PIDS+=($!)
	until_true test -S front
	run connect "ws:here:80:path=/live:endpoint=[unix:$T/front]" <<<hi
	is_status 0
	[ "$output" = hi ]
	run connect "ws:here:80:path=/:endpoint=[unix:$T/front]" </dev/null
	is_status 69
	serve_stop
}

@test "haproxy:, --workers, --max-clients" {
	serve_start haproxy:ws:0 --echo
	PORT=${READY##*:}
	run connect "ws:127.0.0.1:$PORT:proxy-protocol=v2" <<<hi
	is_status 0
	[ "$output" = hi ]
	serve_stop
	serve_start ws:0 --echo --workers 2 --max-clients 1
	PORT=${READY##*:}
	for _ in 1 2 3 4; do
		[ "$(connect "ws://127.0.0.1:$PORT" <<<hi)" = hi ]
	done
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "a dead peer is found by pings" {
	ws_serve ws:0:ping=100ms --discard -v
	# says the handshake, then nothing
	exec {mute}<>"/dev/tcp/127.0.0.1/$PORT"
	printf "${ask}${key}\r\n" >&"$mute"
	until_true grep -q 'closed' serve.err
	serve_stop
}
