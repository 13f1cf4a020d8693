#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http ws against python3-websockets, autobahn and our own server; WebSocket routes of twc http serve against
# python3-websockets, Chromium and nginx.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls

setup_file() {
	certs_make "$BATS_FILE_TMPDIR/certs"
}
setup() {
	twc_setup
	C=$BATS_FILE_TMPDIR/certs
	SERVE_AS="http serve"
}
teardown() { twc_teardown; }

ws() {
	env -u http_proxy -u https_proxy -u all_proxy -u no_proxy timeout $LIMIT "$TWC" http ws "$@"
}

# The peer with habits; sets U (ws://127.0.0.1:PORT).
peer() {
	rm -f ws.fifo
	mkfifo ws.fifo
	exec {ws_out}<>ws.fifo
	"$PYTHON" "$ROOT/tests/support/ws_peer.py" "$@" >ws.fifo 2>ws.log </dev/null 3>&- {ws_out}>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$ws_out" PORT || { cat ws.log >&2; return 1; }
	U=ws://127.0.0.1:$PORT
}

# An HTTP proxy for one connection; sets PROXY.
proxy() {
	rm -f proxy.fifo
	mkfifo proxy.fifo
	exec {proxy_out}<>proxy.fifo
	"$PYTHON" "$ROOT/tests/support/proxy.py" http >proxy.fifo 2>proxy.log </dev/null 3>&- {proxy_out}>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$proxy_out" PROXY
}

client() {
	timeout $LIMIT "$PYTHON" "$ROOT/tests/support/ws_client.py" "$@"
}

serve() {
	serve_start tcp:0 "$@"
	U=ws://127.0.0.1:$PORT
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# ---- the client: messages ----

@test "lines out, lines in; the last one needs no end; an empty one is a message" {
	peer
	printf 'hello\n\nworld\r\nlast' | ws "$U/echo" --linger 300ms >out
	printf 'hello\n\nworld\r\nlast\n' | cmp - out
	printf 'hello\n\nx' | ws "$U/ask" --linger 300ms >out
	printf 'text 5\ntext 0\ntext 1\n' | cmp - out
	printf 'hello\n' | ws -b "$U/ask" --linger 300ms >out
	[ "$(cat out)" = "binary 5" ]
}

@test "other ways to stand in a stream: NUL, lengths, the whole" {
	peer
	printf 'a\nb\0\0c' | ws --nul "$U/echo" --linger 300ms >out
	printf 'a\nb\0\0c\0' | cmp - out
	printf '\0\0\0\3a\nb\0\0\0\0' | ws --length "$U/echo" --linger 300ms >out
	printf '\0\0\0\3a\nb\0\0\0\0' | cmp - out
	printf 'a\nb\n' | ws --whole "$U/ask" -1 >out
	[ "$(cat out)" = "text 4" ]
	head -c 3000000 /dev/urandom >big
	ws --whole -b -1 "$U/echo" <big | cmp - big
	ws --whole --send x "$U/ask" --linger 300ms </dev/null >out # empty input is no message
	[ "$(cat out)" = "text 1" ]
	ws --length "$U/greet" </dev/null | cmp - <(printf '\0\0\0\2hi\0\0\0\2\0\377\0\0\0\0')
}

@test "--send, -1, --count; what comes after them is not written" {
	peer
	[ "$(ws -1 --send one --send two "$U/echo" </dev/null)" = one ]
	[ "$(ws --count 2 --send one --send two --send three "$U/echo" </dev/null)" = "$(printf 'one\ntwo')" ]
	[ "$(echo three | ws --count 3 --send one --send two "$U/echo")" = "$(printf 'one\ntwo\nthree')" ]
	[ "$(ws -1 --send late "$U/later/1500" </dev/null)" = late ] # no linger cuts it off
}

@test "the end of input: linger waits for silence, -n for ever, 0 not at all" {
	peer
	[ "$(printf 'a\nb\nc\n' | ws "$U/later/300" --linger 600ms)" = "$(printf 'a\nb\nc')" ]
	[ -z "$(echo a | ws "$U/later/5000" --linger 100ms)" ]
	[ -z "$(echo a | ws "$U/later/5000" --linger 0)" ]
	run -75 ws -n -m 700ms "$U/echo" </dev/null
	says "not finished after 700ms"
	[ "$(ws -n "$U/greet" </dev/null | tr '\0' 0 | head -1)" = hi ] # until the server closes
}

@test "a message that takes its time is waited for" {
	peer
	[ "$(ws --linger 250ms "$U/trickle" </dev/null | wc -c)" = 41 ]
}

@test "closed standard streams" {
	peer
	[ "$(ws --send x "$U/echo" --linger 200ms <&-)" = x ]
	ws --send x "$U/echo" --linger 200ms </dev/null >&-
	run -141 bash -c "yes | head -c 3000000 | timeout 20 '$TWC' http ws '$U/echo' | head -1"' >/dev/null; exit ${PIPESTATUS[2]}'
	run -74 bash -c "timeout 20 '$TWC' http ws --send x '$U/echo' </dev/null >/dev/full"
}

@test "text is UTF-8, and what is too long is an error, never two messages" {
	peer
	run -65 bash -c "printf 'fine\n\377\nmore\n' | timeout 20 '$TWC' http ws '$U/echo' 2>err"
	grep -q 'line 2 of standard input is not UTF-8' err
	printf 'caf\303\251\n' | ws "$U/echo" --linger 200ms | cmp - <(printf 'caf\303\251\n')
	printf '\377\n' | ws -b "$U/echo" --linger 200ms | cmp - <(printf '\377\n')
	run -65 bash -c "printf 'a\n123456789\n' | timeout 20 '$TWC' http ws --max-message 8 '$U/echo'"
	says 'line 2 of standard input is longer than 8'
	run -65 bash -c "printf '\0\0\0\5abc' | timeout 20 '$TWC' http ws --length '$U/echo'"
	says 'message 1 of standard input is cut short'
	run -64 ws --send $'\377' "$U/echo" </dev/null
	head -c 5000000 /dev/zero | tr '\0' a >line
	ws -1 "$U/echo" <line | cmp - <(cat line; echo)
	run -76 ws --max-message 1000 "$U/big/1001" </dev/null
	says 1000
	[ "$(ws --max-message 1001 "$U/big/1001" </dev/null | wc -c)" = 1002 ]
	[ "$(ws "$U/big/9000000" </dev/null | wc -c)" = 9000001 ]
}

@test "fragments, pings, compression, empty and binary messages" {
	peer
	ws "$U/frag" </dev/null | cmp - <(printf 'hello \303\251\nabcd\n')
	[ "$(ws "$U/ping" </dev/null)" = there ]
	head -c 200000 /dev/zero | tr '\0' z >z
	ws --deflate -1 -v "$U/echo" <z 2>err | cmp - <(cat z; echo)
	grep -qi '^< Sec-WebSocket-Extensions: permessage-deflate' err
	ws -1 -v "$U/echo" <z 2>err | cmp - <(cat z; echo)
	! grep -qi '^> Sec-WebSocket-Extensions' err || false
	seq 1 3000 >many
	ws --deflate "$U/echo" --linger 500ms <many | cmp - many
}

@test "autobahn: an echo in fragments of three bytes, compressed and not" {
	local size=2000000

	[ -z "${TWC_DBG_RMAX:-}" ] || size=200000
	peer autobahn
	seq 1 500 >many
	head -c $size "$TWC" >program
	ws "$U/" --linger 500ms <many | cmp - many
	ws --deflate "$U/" --linger 500ms <many | cmp - many
	ws --deflate -b -1 --whole "$U/" --max-message 100M <program >copy
	cmp copy program
}

@test "who is slow holds up the other side, and nothing is lost" {
	peer
	(head -c 20000000 /dev/zero | tr '\0' x | fold -w 10000; printf '\nend\n') >many
	[ "$(ws -1 "$U/slow" <many)" = "2000 20000000" ]
	serve --route '/echo=ws-echo'
	ws "$U/echo" --linger 1s <many | (sleep 1; cat) | cmp - many
}

# ---- the client: JSON, pings ----

@test "--json tells all of either side, exactly" {
	peer
	printf 'a\n' | ws --json "$U/echo" --linger 200ms --close 4001:bye >out
	[ "$(jq -r '[.dir, .opcode, .size, .text, .code, .reason] | map(tostring) | join(" ")' out)" = "out text 1 a null null
in text 1 a null null
out close 5 null 4001 bye
in close 5 null 4001 bye" ]
	jq -e '.time | test("^20..-..-..T..:..:...[0-9]{6}Z$")' out >/dev/null
	ws --json "$U/greet" </dev/null >out
	[ "$(jq -r 'select(.opcode == "binary").base64' out)" = AP8= ]
	[ "$(jq -r 'select(.opcode == "text").size' out | xargs)" = "2 0" ]
	ws --json "$U/ping" </dev/null >out
	[ "$(jq -r 'select(.opcode == "ping") | .dir + .text' out)" = "inare you" ]
	ws --json --ping 50ms --print-rtt -m 5s --send x -1 "$U/later/300" </dev/null >out 2>err
	jq -es 'map(select(.opcode == "pong" and .dir == "in" and .rtt_us > 0)) | length > 1' out >/dev/null
	grep -Eq '^twc: rtt [0-9]+\.[0-9]{3} ms$' err
}

@test "pings: a server that is dead is given up, one that answers is not" {
	peer
	run -75 ws --ping 100ms --pong-timeout 300ms "$U/dead" -n </dev/null
	run -75 ws --ping 100ms --pong-timeout 300ms --print-rtt "$U/dead" -n </dev/null
	says "nothing came for 300ms after a ping"
	run -75 ws --ping 100ms --pong-timeout 300ms --ping-text hey "$U/dead" -n </dev/null
	[ "$(ws --ping 100ms --pong-timeout 10s "$U/later/1000" --send x -1 </dev/null)" = x ]
	[ "$(ws --ping 100ms --ping-text 'are you?' "$U/echo" -1 </dev/null)" = 'are you?' ]
}

# ---- the client: ends ----

@test "how it ends is the status" {
	peer
	ws "$U/close/1000" </dev/null
	ws "$U/close/1001" </dev/null
	run -76 ws "$U/close/4000/because" </dev/null
	says "closed with 4000 (because)"
	run -76 ws "$U/close/4000/a%00b" </dev/null
	says 'closed with 4000 (a\x00b)'
	run -76 ws "$U/close/1011" </dev/null
	says 1011
	run -76 bash -c "timeout 20 '$TWC' http ws '$U/drop' </dev/null"
	says "so far"
	run -76 ws --send x "$U/gone" -n </dev/null
	run ws --exit=curl --send x "$U/gone" -n </dev/null
	[[ $status = 18 || $status = 56 ]]
	run -0 ws --send x "$U/once" --linger 5s </dev/null
	mkfifo in
	exec {keep}<>in
	ws "$U/close/1000" <in # though more might be said
	seq 3000000 >lines
	run -76 ws "$U/close/1000" <lines
	says "the server closed before all of standard input was sent"
}

@test "a handshake that is refused" {
	peer
	for s in 400 404 426 500 503; do
		run -69 ws "$U/refuse/$s" </dev/null
		says "handshake refused: the server answered $s"
	done
	for s in 401 403 407; do run -77 ws "$U/refuse/$s" </dev/null; done
	run -69 ws "$U/page" </dev/null
	says "no WebSocket there: the server answered 200 OK"
	run -69 ws "$U/to/echo" </dev/null
	says "/echo (302 Found); -L follows"
	run -22 ws --exit=curl "$U/refuse/404" </dev/null
	run -69 ws ws://127.0.0.1:1/ </dev/null
	run -7 ws --exit=curl ws://127.0.0.1:1/ </dev/null
	run -68 ws ws://nowhere.invalid/ --resolver 127.0.0.1 -m 10s </dev/null || [ "$status" = 75 ]
	run -64 ws ftp://127.0.0.1/ </dev/null
	run -64 ws 'ws://127.0.0.1:x/' </dev/null
	says '^'
	run -76 ws "http://127.0.0.1:$PORT/echo" --subprotocol x,y -H 'Upgrade: other' --send x -1 </dev/null || [ "$output" = x ]
}

@test "the way there: redirects, logins, cookies, fields, subprotocols, retries, --via, a proxy" {
	peer
	[ "$(ws -L --send x -1 "$U/to/echo" </dev/null)" = x ]
	[ "$(ws -L --send x -1 "$U/tows" </dev/null)" = x ]
	run -77 ws "$U/login" </dev/null
	[ "$(ws -u user:pass --send x -1 "$U/login" </dev/null)" = x ]
	[ "$(ws --anyauth -u user:pass --send x -1 "$U/login" </dev/null)" = x ]
	[ "$(ws --send x -1 "ws://user:pass@127.0.0.1:$PORT/login" </dev/null)" = x ]
	ws "$U/tell" --subprotocol 'soap,other' --origin https://me.test -H 'X-A: 1' -A me --cookie a=b --bearer T </dev/null >out
	[ "$(jq -r '[.sub, .origin, ."x-a", ."user-agent", .cookie, .authorization] | join(" ")' out)" = "soap https://me.test 1 me a=b Bearer T" ]
	[ "$(ws --retry 3 --retry-delay 10ms --send x -1 "$U/busy" </dev/null)" = x ]
	[ "$(ws --via "tcp:127.0.0.1:$PORT" --send x -1 ws://other.test/echo </dev/null)" = x ]
	[ "$(ws --connect-to "::127.0.0.1:$PORT" --send x -1 ws://other.test/echo </dev/null)" = x ]
	[ "$(ws --resolve "other.test:$PORT:127.0.0.1" --send x -1 "ws://other.test:$PORT/echo" </dev/null)" = x ]
	[ "$(ws --send x -1 "http://127.0.0.1:$PORT/echo" </dev/null)" = x ]
	[ "$(ws --send x -1 "127.0.0.1:$PORT/echo" </dev/null)" = x ]
	run -64 ws -H 'Sec-WebSocket-Protocol: x' "$U/echo" </dev/null
	says "see --subprotocol"
}

@test "wss, verified or not, and through a proxy" {
	peer --cert "$C/good.pem"
	U=wss://127.0.0.1:$PORT
	[ "$(ws --cacert "$C/ca.pem" --send x -1 "$U/echo" </dev/null)" = x ]
	run -77 ws --send x -1 "$U/echo" </dev/null
	[ "$(ws -k -q --send x -1 "$U/echo" </dev/null 2>/dev/null)" = x ]
	ws --cacert "$C/ca.pem" --tls-info --send x -1 "$U/echo" </dev/null 2>err
	jq -e .tls.version err >/dev/null
	proxy
	[ "$(ws -x "http://127.0.0.1:$PROXY" --cacert "$C/ca.pem" --send x -1 "$U/echo" </dev/null)" = x ]
	peer
	proxy
	[ "$(ws -x "http://127.0.0.1:$PROXY" --send x -1 "$U/echo" </dev/null)" = x ] # CONNECT by itself
}

@test "--reconnect, and what is said on each connection" {
	peer
	printf 'login\n' >pre
	run -0 bash -c "yes | head -3 | timeout 30 '$TWC' http ws --reconnect=2 --preamble pre -n '$U/once' 2>err"
	[ "$output" = "$(printf '1 login\n2 login\n3 login')" ]
	[ "$(grep -c 'again in' err)" = 2 ]
	run -66 ws --preamble none "$U/once" </dev/null
	run -69 ws --reconnect=1 ws://127.0.0.1:1/ </dev/null
	[ "$(grep -c 'again in' <<<"$output")" = 1 ]
	run -69 ws --reconnect "$U/refuse/404" </dev/null # that will not change
}

@test "options that do not fit" {
	for bad in '-t -b' '--lines --nul' '-1 --count 2' '--linger 1s -n' '--linger 1s -1' '--pong-timeout 1s' '--ping-text x' \
		'--print-rtt' '--ping 1s --ping-text x --print-rtt' '--close 1005' '--close 99' '--close x' '--reconnect=0' '--reconnect=x' \
		'--subprotocol a,a' '--max-message 0' '--max-message 2G' '--count 0' '-u a:b --bearer c' 'ws://b/'; do
		# shellcheck disable=SC2086 # several words
		run -64 ws ws://127.0.0.1:1/ $bad </dev/null
	done
	run -64 ws </dev/null
	run -64 ws ws://127.0.0.1:1/ --close "1000:$(printf '%0124d' 0)" </dev/null
}

# ---- the server ----

@test "ws-echo with python3-websockets: fragments, pings, compression, sizes, close codes, subprotocols" {
	serve --route '/echo {subprotocol=chat,soap}=ws-echo' --route '/plain {deflate=no max=2000}=ws-echo' --route '/bin/=bin' --log common
	client echo "$U/echo" soap chat >out
	[ "$(cat out)" = "$(printf "in parts chat ['permessage-deflate']\n4000 ")" ]
	[ "$(client plain "$U/plain")" = "1000 []" ]
	[ "$(client plain "$U/bin/websocket/echo")" = "1000 []" ]
	[ "$(head -c 2001 /dev/zero | tr '\0' x | client lines "$U/plain" | cut -d' ' -f1)" = 1009 ]
	[ "$(client refused "$U/echo/x")" = 404 ]
	until_true grep -q '"GET /echo HTTP/1.1" 101 0' serve.out serve.err
	curl -si -m $LIMIT "http://127.0.0.1:$PORT/echo" >out
	grep -q '^HTTP/1.1 426 ' out
	grep -qi '^Sec-WebSocket-Version: 13' out
	grep -qi '^Upgrade: websocket' out
}

@test "ws-echo over TLS, and to our own client, large" {
	serve_start "tls:0:cert=$C/good.pem" --route '/=ws-echo'
	U=wss://127.0.0.1:$PORT
	head -c 6000000 /dev/urandom >big
	ws --cacert "$C/ca.pem" -b --whole -1 --deflate "$U/" <big | cmp - big
	seq 1 20000 >many
	ws --cacert "$C/ca.pem" "$U/" --linger 500ms <many | cmp - many
}

@test "origins: pages of others run no program" {
	serve --route '/echo=ws-echo' --route '/cat=ws-exec:cat' --route '/any {origin=any}=ws-exec:cat' \
		--route '/list {origin=https://a.test,https://b.test}=ws-echo'
	[ "$(ws --send x -1 --origin http://evil.test "$U/echo" </dev/null)" = x ]
	run -77 ws --origin http://evil.test "$U/cat" </dev/null
	[ "$(ws --send x -1 --origin "http://127.0.0.1:$PORT" "$U/cat" </dev/null)" = x ]
	[ "$(ws --send x -1 "$U/cat" </dev/null)" = x ]
	[ "$(ws --send x -1 --origin http://evil.test "$U/any" </dev/null)" = x ]
	[ "$(ws --send x -1 --origin https://b.test "$U/list" </dev/null)" = x ]
	run -77 ws --origin https://c.test "$U/list" </dev/null
}

@test "ws-exec: lines both ways, bytes, ends, errors, places" {
	serve --max-exec 2 --route '/cat=ws-exec:cat' --route '/raw {binary=yes}=ws-exec:head -c 3000000' --route '/n=ws-sh:seq 1 3; printf end' \
		--route '/late=ws-sh:cat >/dev/null; echo late' --route '/bad=ws-sh:echo oops >&2; exit 3' --route '/env=ws-sh:echo $TWC_PATH $TWC_QUERY ${TWC_PEER%:*}'
	seq 1 30000 >many
	ws "$U/cat" --linger 1s <many | cmp - many
	"$TWC" connect "$U/cat" <many | cmp - many # its Close is the end of the program's input, and answered when all is said
	[ "$("$TWC" connect "$U/late" <<<"x")" = late ]
	head -c 3000000 /dev/urandom >big
	ws -b --whole -n "$U/raw" <big | cmp - big
	[ "$(ws "$U/n" </dev/null)" = "$(printf '1\n2\n3\nend')" ]
	run -76 ws "$U/bad" </dev/null
	says "closed with 1011 (the program ended with status 3)"
	until_true grep -q oops serve.err
	[ "$(ws "$U/env?a=b" </dev/null)" = "/env a=b tcp:127.0.0.1" ]
	"$TWC" http ws -n "$U/cat" --send x </dev/null >a 3>&- &
	PIDS+=($!)
	"$PYTHON" "$ROOT/tests/support/ws_client.py" lines "$U/cat" <<<"one" >b 3>&- &
	PIDS+=($!)
	until_true grep -q x a
	until_true grep -q one b
	run -69 ws "$U/cat" </dev/null
	says "503 Service Unavailable"
}

@test "ws-exec: a client that goes takes its program with it; a program that reads nothing holds up its client alone" {
	serve --route '/pid=ws-sh:echo $$; while read x; do :; done' --route '/stuck=ws-sh:echo $$; exec sleep 60' --route '/t=text:x'
	pid=$(ws -1 "$U/pid" </dev/null)
	until_true gone "$pid"
	yes | head -c 20000000 | ws -1 "$U/stuck" >out || true
	[ "$(curl -s -m $LIMIT "http://127.0.0.1:$PORT/t")" = x ]
	serve_stop
	until_true gone "$(cat out)"
}

@test "ws-broadcast: to all others, and who reads too slowly" {
	serve --route '/room=ws-broadcast'
	"$TWC" http ws -v -n --json "$U/room" </dev/null >a 2>a.err 3>&- &
	A=$!
	PIDS+=($A)
	until_true grep -q '^< HTTP/1.1 101' a.err
	printf 'one\ntwo\n' | ws "$U/room" --linger 200ms >b
	until_true grep -q '"two"' a
	[ ! -s b ]
	# one that reads nothing: the others go on
	[ -z "${TWC_DBG_RMAX:-}" ] || skip "with a few bytes a system call every reader is slow"
	mkfifo stuck
	exec {keep}<>stuck
	"$TWC" http ws -v -n "$U/room" </dev/null >stuck 2>stuck.err 3>&- &
	PIDS+=($!)
	until_true grep -q '^< HTTP/1.1 101' stuck.err
	(head -c 8000000 /dev/zero | tr '\0' x | fold -w 1000; printf '\nlast\n') >many
	ws "$U/room" --linger 300ms <many
	until_true grep -q '"last"' a
	[ "$(jq -s 'map(select(.opcode == "text")) | length' a)" = 8003 ]
	serve_stop
	[ "$STATUS" = 0 ]
	wait $A
	[ "$(jq -r 'select(.opcode == "close" and .dir == "in").code' a)" = 1001 ]
}

@test "the server's end closes with 1001" {
	serve --route '/echo=ws-echo'
	mkfifo in
	exec {keep}<>in
	"$TWC" http ws --json "$U/echo" --send x <in >out 3>&- &
	W=$!
	PIDS+=($W)
	until_true grep -q '"in"' out
	serve_stop
	wait $W
	[ "$(jq -r 'select(.opcode == "close" and .dir == "in").code' out)" = 1001 ]
	[ "$STATUS" = 0 ]
}

@test "over HTTP/2 (RFC 8441)" {
	"$PYTHON" -c 'import h2.connection' 2>/dev/null || skip "no python3-h2"
	serve --route '/echo=ws-echo'
	timeout $LIMIT "$PYTHON" - "$PORT" <<-'EOS'
		import socket, sys, h2.config, h2.connection, h2.events, h2.settings
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
		c = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8", validate_outbound_headers=False))
		c.initiate_connection()
		s.sendall(c.data_to_send())
		got, status, sent, may = b"", None, False, False
		while got != b"\x81\x05hello\x88\x02\x03\xe8":
		    data = s.recv(65536)
		    assert data, (got, status)
		    for e in c.receive_data(data):
		        if isinstance(e, h2.events.RemoteSettingsChanged) and 8 in e.changed_settings and not may:
		            may = True
		            c.send_headers(1, [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/echo"),
		                               (":authority", "x"), ("sec-websocket-version", "13")])
		        elif isinstance(e, h2.events.ResponseReceived):
		            status = dict(e.headers)[":status"]
		            c.send_data(1, b"\x81\x85\x01\x02\x03\x04" + bytes(a ^ b for a, b in zip(b"hello", b"\x01\x02\x03\x04\x01")))
		            c.send_data(1, b"\x88\x82\0\0\0\0\x03\xe8")
		        elif isinstance(e, h2.events.DataReceived):
		            got += e.data
		    s.sendall(c.data_to_send())
		assert status == "200", status
	EOS
}

@test "nginx in between" {
	command -v nginx >/dev/null || skip 'no nginx here'
	serve --route '/echo=ws-echo'
	cat >nginx.conf <<-EOS
		daemon off; $([ "$(id -u)" -ne 0 ] || echo 'user root;') worker_processes 1; pid $T/nginx.pid; error_log $T/nginx.err;
		events { worker_connections 64; }
		http { access_log off; client_body_temp_path $T/b; proxy_temp_path $T/p; fastcgi_temp_path $T/f; uwsgi_temp_path $T/u; scgi_temp_path $T/s;
		server { listen unix:$T/n.sock; location / { proxy_pass http://127.0.0.1:$PORT; proxy_http_version 1.1;
			proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade; } } }
	EOS
	nginx -p "$T" -c "$T/nginx.conf" 2>nginx.out 3>&- &
	PIDS+=($!)
	until_true test -S n.sock
	seq 1 2000 >many
	ws --unix-socket n.sock --deflate ws://any.test/echo --linger 500ms <many | cmp - many
}

@test "Chromium: a page that speaks ws: to us" {
	command -v chromium >/dev/null || skip 'no chromium here'
	cat >page.html <<-'EOS'
		<!DOCTYPE html><title>x</title><script>
		const ws = new WebSocket(`ws://${location.host}/cat`, ["soap", "chat"]);
		ws.binaryType = "arraybuffer";
		let got = [];
		ws.onopen = () => { got.push(ws.protocol, ws.extensions); ws.send("hällo"); };
		ws.onmessage = e => { got.push(e.data); if (got.length == 3) ws.send("x".repeat(100000)); else ws.close(4000, "done"); };
		ws.onclose = e => { fetch("/seen", { method: "POST", body: [got[0], got[1], got[2], got[3].length, e.code, e.wasClean].join("|") }); };
		ws.onerror = e => fetch("/seen", { method: "POST", body: "error" });
		</script>
	EOS
	serve --route '/cat {subprotocol=chat}=ws-exec:cat' --route '/page=file:page.html' --route 'POST /seen=capture:seen' 
	timeout $LIMIT chromium --headless --no-sandbox --disable-gpu --user-data-dir="$T/profile" --remote-debugging-port=0 \
		"http://127.0.0.1:$PORT/page" >/dev/null 2>chrome.err 3>&- &
	CHROME=$!
	until_true test -s seen
	kill "$CHROME"
	wait "$CHROME" || true
	grep -q 'chat|permessage-deflate|hällo|100000|4000|true' seen || { cat seen >&2; false; }
}
