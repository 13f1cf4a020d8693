#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http bench on ws:// and wss://: echoes of our own servers, of python3-websockets and autobahn; failures of each kind, and
# servers that misbehave.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls
load ../support/bench

setup() { twc_setup; }
teardown() { twc_teardown; }

echo_start() { # ARG...: sets U
	serve_start ws:0 --echo "$@"
	U=ws://127.0.0.1:$PORT
}
peer() { # ARG...: the one with habits; sets U
	mkfifo ws.fifo
	exec {ws_out}<>ws.fifo
	"$PYTHON" "$ROOT/tests/support/ws_peer.py" "$@" >ws.fifo 2>ws.log </dev/null 3>&- {ws_out}>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$ws_out" PORT || { cat ws.log >&2; return 1; }
	U=ws://127.0.0.1:$PORT
}
has_websockets() { "$PYTHON" -c 'import websockets' 2>/dev/null || skip "python3-websockets is not installed"; }

@test "ws: so many round trips on so many connections" {
	echo_start
	report -n 1000 -c 7 "$U/"
	holds '.schema == 1' '.requests == 1000' '.errors == 0' '.status == {"101": 1000}' '.connections == 7' '.error_classes == {}' \
		'.bytes == 66000' '.bytes_sent == 70000' '.latency_us.p50 <= .latency_us.p99' '.uncorrected_us == .latency_us' \
		'.connect_us.p50 > 0' '.tls_us.p50 == null'
	report -n 1000 -c 3 -m 8 --binary -d hello "$U/"
	holds '.requests == 1000' '.errors == 0' '.connections == 3' '.bytes == 7000' '.bytes_sent == 11000'
	run bench -n 100 -c 2 "$U/"
	is_status 0
	says 'status 101: 100; 2 connections'
}

@test "ws: by time, at a rate, by workers, a connection each" {
	echo_start
	report -z 300ms -c 3 -m 2 "$U/"
	holds '.seconds >= 0.3 and .seconds < 5' '.errors == 0' '.requests > 50'
	report -n 60 -q 300 -c 2 "$U/"
	holds '.requests == 60' '.errors == 0' '.seconds > 0.15'
	report -n 999 -c 10 --workers 3 --csv out.csv "$U/"
	holds '.requests == 999' '.errors == 0' '.connections == 10'
	[ "$(grep -cE '^[0-9]+,[0-9]+,[0-9]+,[0-9]+,101,66,[0-9]+,$' out.csv)" -eq 999 ]
	report -n 20 -c 2 --no-keepalive "$U/"
	holds '.requests == 20' '.errors == 0' '.connections == 20'
	run bench -n 20 --expect 'p99<10s' --expect errors=0 --expect 101=20 --expect echo=0 --quiet "$U/"
	is_status 0
	run bench -n 20 --expect 'p50<1us' --quiet "$U/"
	is_status 1
}

@test "ws: messages in turn, from files, long ones; what is no text" {
	echo_start
	printf 'a\nbb\nccc\n' >lines
	report -n 30 -c 1 -m 2 --body-lines lines "$U/"
	holds '.errors == 0' '.bytes == 120' '.bytes_sent == 240'
	head -c 300000 /dev/urandom >big
	report -n 20 -c 2 -m 2 --binary --data-binary @big "$U/"
	holds '.errors == 0' '.bytes == 20 * 300010'
	run bench -n 1 --data-binary @big "$U/"
	is_status 65
	says 'message 1 is no UTF-8'
}

@test "ws: the handler of twc http serve; subprotocols, fields, logins" {
	SERVE_AS="http serve" serve_start tcp:0 --route '/echo {subprotocol=b auth=me:secret}=ws-echo' --route '/x=text:x'
	U=ws://127.0.0.1:$PORT
	report -n 40 -c 4 --subprotocol a,b -u me:secret -H 'Origin: http://a.test' "$U/echo"
	holds '.requests == 40' '.errors == 0' '.connections == 4'
	report -n 4 -c 2 "$U/echo" || [ $? -eq 1 ]
	holds '.error_classes == {"status": .errors}' '.status == {"401": .errors}'
	run bench -n 40 -c 4 "$U/none"
	is_status 1
	says 'answered 404 Not Found in place of switching to WebSocket'
	report -z 60s -c 4 "$U/x" || [ $? -eq 1 ] # when nobody shakes hands it ends at once
	holds '.requests == 4' '.seconds < 5'
}

@test "wss: verified, its handshake timed; a certificate nobody trusts" {
	certs_make certs
	serve_start wss:0:cert=certs/good.pem:key=certs/good.key --echo
	report -n 60 -c 3 -m 2 --cacert certs/ca.pem "wss://127.0.0.1:$PORT/"
	holds '.requests == 60' '.errors == 0' '.tls_us.p50 > 0'
	report -n 2 "wss://127.0.0.1:$PORT/" || [ $? -eq 1 ]
	holds '.error_classes == {"tls": 2}'
}

@test "ws: python3-websockets: echoes, a login, late ones, a Close with 1008, none at all" {
	has_websockets
	peer
	report -n 300 -c 5 -m 3 "$U/echo"
	holds '.requests == 300' '.errors == 0' '.connections == 5'
	report -n 10 -c 2 -u user:pass "$U/login"
	holds '.requests == 10' '.errors == 0'
	report -n 6 -c 1 -q 100 "$U/later/50"
	holds '.errors == 0' '.uncorrected_us.min >= 50000' '.latency_us.max > .uncorrected_us.max'
	run bench -n 4 -c 2 "$U/close/1008/no"
	is_status 1
	says ' closed with 1008 (no)' # of so many as were open before the first was closed
	report -n 4 -c 2 "$U/ask" || [ $? -eq 1 ]
	holds '.error_classes == {"echo": 4}' '.status == {}'
	report -n 4 -c 2 --timeout 300ms "$U/dead" || [ $? -eq 1 ]
	holds '.error_classes == {"timeout": 4}'
	report -n 4 -c 2 "$U/gone" || [ $? -eq 1 ]
	holds '.errors == 4' '(.error_classes.closed // 0) + (.error_classes.reset // 0) == 4'
	run bench -n 2 "$U/refuse/503"
	is_status 1
	says 'answered 503'
}

@test "ws: autobahn, which sends in fragments" {
	"$PYTHON" -c 'import autobahn.twisted.websocket' 2>/dev/null || skip "python3-autobahn is not installed"
	peer autobahn
	report -n 100 -c 2 -m 4 "$U/"
	holds '.requests == 100' '.errors == 0'
	report -n 50 -c 2 --binary -d hello "$U/"
	holds '.requests == 50' '.errors == 0' '.bytes == 50 * 9'
}

@test "ws: servers that shake no hands, or only half; nobody" {
	python_server <<'END'
import base64, hashlib
def talk(c):
    head = b""
    while b"\r\n\r\n" not in head: head += c.recv(4096)
    what = head.split(b" ")[1]
    key = [l.split(b": ")[1] for l in head.split(b"\r\n") if l.lower().startswith(b"sec-websocket-key")][0]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    good = b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    if what == b"/hang": c.recv(1)
    elif what == b"/accept": c.sendall(good.replace(accept, b"x" * 28))
    elif what == b"/ssh": c.sendall(b"SSH-2.0-x\r\n\r\n")
    elif what == b"/masked": c.sendall(good + b"\x81\x82abcd12"); c.recv(999)
    elif what == b"/greets":
        c.sendall(good + b"\x81\x02hi")
        while True:
            d = c.recv(4096)
            if len(d) < 70: break
            c.sendall(b"\x81\x40" + bytes(b ^ d[2 + i % 4] for i, b in enumerate(d[6:70])))
    c.close()
END
	U=${URL/http/ws}
	report -n 2 -c 2 --timeout 300ms "$U/hang" || [ $? -eq 1 ]
	holds '.errors >= 1' '.error_classes == {"timeout": .errors}'
	for what in accept ssh masked; do
		report -n 4 -c 2 "$U/$what" || [ $? -eq 1 ]
		holds '.errors > 0' '.error_classes == {"protocol": .errors}'
	done
	report -n 4 -c 2 "$U/end" || [ $? -eq 1 ]
	holds '.errors > 0' '.error_classes == {"closed": .errors}'
	if [ -z "${TWC_DBG_RMAX:-}" ]; then # in pieces it comes after the question, and is no echo
		report -n 10 -c 2 "$U/greets"
		holds '.requests == 10' '.errors == 0'
	fi
	report -n 4 ws://127.0.0.1:1/ || [ $? -eq 1 ]
	holds '.error_classes == {"refused": 4}'
}

@test "ws: a server that dies in the middle: counted, and the run ends in time" {
	has_websockets
	peer
	bench --report json -z 1s -c 4 "$U/echo" >report.json 2>err &
	pid=$!
	until_true eval '[ "$(ss -tnH state established "( dport = :$PORT )" | wc -l)" -ge 4 ]'
	kill -KILL "${PIDS[0]}"
	status=0
	wait $pid || status=$?
	[ "$status" -eq 1 ]
	holds '.errors > 0' '.error_classes.refused > 0' '.seconds < 5'
}

@test "ws: ^C: what there is, and death by the signal" {
	echo_start
	mkfifo csv
	exec {csv}<>csv
	env --default-signal=INT "$TWC" http bench -z 60s -c 2 -q 200 --csv csv "$U/" >out 2>err &
	pid=$!
	PIDS+=("$pid")
	for _ in {1..40}; do IFS= read -r -t $LIMIT -u "$csv" line; done
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 130 ]
	grep -qE '^[0-9]+ requests in' out
}

@test "ws: faults in what is asked" {
	run bench --http2 wss://127.0.0.1:1/
	is_status 64
	says 'WebSocket is asked for with HTTP/1.1'
	run bench -X PUT ws://127.0.0.1:1/
	is_status 64
	run bench --binary http://127.0.0.1:1/
	is_status 64
	says '--binary is for URLs of ws and wss'
	run bench --subprotocol a http://127.0.0.1:1/
	is_status 64
	run bench --subprotocol 'a b' ws://127.0.0.1:1/
	is_status 64
	run bench ws://127.0.0.1:1/ http://127.0.0.1:1/
	is_status 64
	says 'the URLs of a load have one scheme'
}
