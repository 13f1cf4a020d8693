#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http bench: what is counted, against what the server saw; failures of each kind, thresholds, reports; with twc http serve,
# nginx, python's http.server and servers that misbehave.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls
load ../support/bench

setup() {
	twc_setup
	SERVE_AS="http serve"
	mkdir www
	echo hello >www/a.txt
}
teardown() { twc_teardown; }

site() { # ARG...: serves www, and notes requests; sets URL
	serve_start tcp:0 www --log combined --log-file access.log "$@"
	URL=http://127.0.0.1:$PORT
}
seen() { grep -c "$1" access.log; }

@test "so many requests, on so many connections, as the server saw them" {
	site
	report -n 1000 -c 7 "$URL/a.txt"
	holds '.schema == 1' '.requests == 1000' '.errors == 0' '.status == {"200": 1000}' '.connections == 7' '.error_classes == {}' \
		'.rps > 0' '.latency_us.p50 <= .latency_us.p99' '.latency_us.p99 <= .latency_us.max' '.uncorrected_us == .latency_us' \
		'.first_byte_us.p50 <= .latency_us.p50' '.tls_us.p50 == null' '.connect_us.p50 > 0'
	serve_stop
	serve_wait
	[ "$(seen 'GET /a.txt HTTP/1.1" 200')" -eq 1000 ]
}

@test "by time, what is under way in the end included" {
	site
	report -z 300ms -c 3 "$URL/a.txt"
	serve_stop
	serve_wait
	[ "$(seen 'GET /a.txt')" -eq "$(jq .requests report.json)" ]
	holds '.seconds >= 0.3 and .seconds < 5'
}

@test "what is told: counts, times, bars" {
	site
	LC_ALL=C.UTF-8 bench -n 200 -c 2 "$URL/a.txt" >out 2>err
	[ ! -s err ]
	grep -qE '^200 requests in [0-9.]+s, [0-9.]+ a second; ' out
	grep -qx 'status 200: 200; 2 connections' out
	grep -qE '^ +mean +sd +50% +75% +90% +95% +99% +99.9% +99.99% +max$' out
	grep -qE '^latency +[0-9.]+(ns|us|ms|s)' out
	grep -q █ out
	LC_ALL=C bench -n 200 "$URL/a.txt" >out
	! grep -q █ out || false
	grep -q '###' out
	bench -n 20 --quiet "$URL/a.txt" >out 2>&1
	[ ! -s out ]
}

@test "a status of 400 or above is a failure, and status 1" {
	site
	run bench -n 20 "$URL/none"
	is_status 1
	says '20 failed (100.00%)'
	says 'status 404 Not Found'
	says 'twc: http bench: '"$URL"'/none: 20 of 20 requests failed'
	run bench -n 20 --expect 404=100% "$URL/none"
	is_status 0
	report -n 20 "$URL/none" || [ $? -eq 1 ]
	holds '.errors == 20' '.error_classes == {"status": 20}' '.status == {"404": 20}'
}

@test "thresholds: expected and got, or the column of what is none" {
	site
	run bench -n 50 --expect errors=0 --expect 'p99<60s' --expect '2xx>99.9%' --expect 'rps>1' --expect requests=50 "$URL/a.txt"
	is_status 0
	run bench -n 50 --quiet --expect 'p50<1us' --expect requests=51 --expect errors=0 "$URL/a.txt"
	is_status 1
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == "twc: http bench: $URL/a.txt: expected p50<1us, got "* ]]
	[ "${lines[1]}" = "twc: http bench: $URL/a.txt: expected requests=51, got 50" ]
	run bench --expect 'p99<3x' "$URL"
	is_status 64
	says '(column 5)'
	run bench --expect 'erors=0' "$URL"
	is_status 64
	says 'did you mean errors?'
}

@test "nobody listens: refused, at once, and status 1" {
	run bench -n 10 http://127.0.0.1:1/
	is_status 1
	says 'refused         10  connection refused (ECONNREFUSED, 127.0.0.1:1)'
	report -z 60s -c 4 http://127.0.0.1:1/ || [ $? -eq 1 ]
	holds '.requests == 4' '.error_classes == {"refused": 4}' '.connections == 0' '.latency_us.p50 == null'
}

@test "a server that says nothing: timeouts" {
	python_server <<'END'
def talk(c):
    while c.recv(4096): pass
END
	report -n 6 -c 3 --timeout 200ms "$URL/" || [ $? -eq 1 ]
	holds '.requests == 6' '.error_classes == {"timeout": 6}'
}

@test "a server that resets, closes, or talks nonsense" {
	python_server <<'END'
import struct
def talk(c):
    what = c.recv(4096).split(b" ")[1]
    if what == b"/reset":
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif what == b"/cut":
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    elif what == b"/nonsense":
        c.sendall(b"SSH-2.0-x\r\n\r\n")
        c.recv(1)
    c.close()
END
	report -n 4 -c 2 "$URL/reset" || [ $? -eq 1 ]
	holds '.errors == 4' '.error_classes.reset == 4'
	report -n 4 -c 2 "$URL/cut" || [ $? -eq 1 ]
	holds '.errors == 4' '.error_classes == {"closed": 4}'
	report -n 4 -c 2 "$URL/nonsense" || [ $? -eq 1 ]
	holds '.errors == 4' '.error_classes == {"protocol": 4}'
}

@test "a server that dies in the middle: counted, and the run ends in time" {
	python_server <<'END'
import os
n = 0
def talk(c):
    global n
    while c.recv(4096):
        n += 1
        if n == 100: os._exit(1)
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
END
	report -z 1s -c 4 "$URL/" || [ $? -eq 1 ]
	holds '.status["200"] <= 100' '.status["200"] > 50' '.errors > 0' '.errors < 200' '.error_classes.refused > 0' '.seconds < 5'
}

@test "HTTP/1.0 and servers that close: a new connection each; chunks; a body until the end" {
	python_server <<'END'
def talk(c):
    head = b""
    while b"\r\n\r\n" not in head: # what is not read would make a reset of the end
        head += c.recv(4096)
    what = head.split(b" ")[1]
    if what == b"/old": c.sendall(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")
    elif what == b"/close": c.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    else:
        while True:
            for piece in (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-En", b"coding: chunked\r\n\r\n3\r\nab", b"c\r\n0\r\nA: b\r\n", b"\r\n"):
                c.sendall(piece)
            head = b""
            while b"\r\n\r\n" not in head:
                data = c.recv(4096)
                if not data: return
                head += data
    c.close()
END
	for what in old close; do
		report -n 10 -c 2 "$URL/$what"
		holds '.requests == 10' '.errors == 0' '.connections >= 10'
	done
	report -n 10 -c 2 "$URL/chunks"
	holds '.requests == 10' '.errors == 0' '.connections == 2' '.bytes == 940'
}

@test "a connection for each request" {
	site
	report -n 30 -c 3 --no-keepalive "$URL/a.txt"
	holds '.requests == 30' '.errors == 0' '.connections == 30'
}

@test "the open model: as many as were to be, and who waits is counted from when it was due" {
	[ -z "${TWC_DBG_RMAX:-}" ] || skip "the server takes what came for a request, and it comes in pieces"
	python_server <<'END'
import time
def talk(c):
    n = 0
    while c.recv(4096):
        n += 1
        if n == 1: time.sleep(0.3)
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
END
	report -n 40 -q 100 -c 1 "$URL/"
	holds '.requests == 40' '.errors == 0' '.seconds > 0.3' '.latency_us.p50 > 2 * .uncorrected_us.p50' '.latency_us.p50 > 10000' \
		'.latency_us.max >= 300000' '.uncorrected_us.p90 < 100000'
	report -z 300ms -q 20 -c 1 "$URL/"
	holds '.requests + .unsent == 6'
}

@test "workers share requests and connections; a line for each request" {
	site
	report -n 999 -c 10 --workers 3 --csv out.csv "$URL/a.txt"
	holds '.requests == 999' '.errors == 0' '.connections == 10' '.status["200"] == 999'
	[ "$(wc -l <out.csv)" -eq 1000 ]
	[ "$(head -1 out.csv)" = start_us,latency_us,uncorrected_us,first_byte_us,status,bytes,connection,error ]
	[ "$(grep -cE '^[0-9]+,[0-9]+,[0-9]+,[0-9]+,200,[0-9]+,[0-9]+,$' out.csv)" -eq 999 ]
	serve_stop
	serve_wait
	[ "$(seen 'GET /a.txt')" -eq 999 ]
}

@test "a name that --resolve gives, in this process and in workers" {
	site
	for workers in 1 2; do
		report -n 20 -c 2 --workers $workers --resolve a.test:127.0.0.1 "http://a.test:$PORT/a.txt"
		holds '.requests == 20' '.errors == 0' '.connections == 2'
	done
}

@test "URLs and bodies in turn; methods, fields, logins" {
	serve_start tcp:0 --route '/<path:p>=echo' --log combined --log-file access.log
	URL=http://127.0.0.1:$PORT
	printf '%s\n' "$URL/b" '# none' '' "$URL/c" >urls
	report -n 9 -c 1 --urls urls "$URL/a"
	holds '.requests == 9' '.errors == 0'
	for p in a b c; do [ "$(seen "GET /$p ")" -eq 3 ]; done
	printf 'one\ntwo two\n' >lines
	report -n 4 -c 1 --body-lines lines "$URL/post"
	[ "$(seen 'POST /post ')" -eq 4 ]
	report -n 2 -c 1 -X PUT --json '{"a":1}' -u me:secret "$URL/json"
	[ "$(seen 'PUT /json ')" -eq 2 ]
	run bench --urls urls http://127.0.0.1:1/
	is_status 64
	says 'the URLs of a load have one scheme, host and port'
}

@test "HTTP/2: several requests at once, over TLS and in the clear; bodies; a server that hangs" {
	site
	report --http2-prior-knowledge -n 500 -c 2 -m 10 "$URL/a.txt"
	holds '.requests == 500' '.errors == 0' '.connections == 2' '.status == {"200": 500}'
	serve_stop
	serve_wait
	[ "$(seen 'GET /a.txt HTTP/2')" -eq 500 ]
	certs_make certs
	serve_start tls:0:cert=certs/good.pem:key=certs/good.key --route '/<path:p>=echo' --route '/slow {delay=5s}=text:x'
	report --http2 -n 40 -c 2 -m 4 -d a=b --cacert certs/ca.pem "https://127.0.0.1:$PORT/post"
	holds '.requests == 40' '.errors == 0' '.connections == 2' '.tls_us.p50 > 0' '.bytes_sent > 40 * 3'
	report --http2 -n 8 -c 2 -m 4 --timeout 200ms --cacert certs/ca.pem "https://127.0.0.1:$PORT/slow" || [ $? -eq 1 ]
	holds '.requests == 8' '.error_classes == {"timeout": 8}'
	run bench -m 4 http://127.0.0.1:1/
	is_status 64
	says '--http2 or --http2-prior-knowledge have more'
	run bench --http2 http://127.0.0.1:1/
	is_status 64
	says 'in the clear it is --http2-prior-knowledge'
	report --http2-prior-knowledge -n 4 http://127.0.0.1:1/ || [ $? -eq 1 ]
	holds '.error_classes == {"refused": 4}'
}

@test "HTTP/2: nghttpd" {
	command -v nghttpd >/dev/null || skip "nghttpd is not installed"
	python_server <<'END'
def talk(c): pass
END
	kill "$PY" # its port is free
	nghttpd --no-tls -a 127.0.0.1 -d www "$PORT" >nghttpd.log 2>&1 &
	PIDS+=("$!")
	until_true eval '"$TWC" connect --check "tcp:127.0.0.1:$PORT" 2>/dev/null'
	report --http2-prior-knowledge -n 300 -c 3 -m 5 "http://127.0.0.1:$PORT/a.txt"
	holds '.requests == 300' '.errors == 0' '.connections == 3'
}

@test "HTTP/2: node, which takes five streams, a small window and a small table; streams it resets" {
	command -v node >/dev/null || skip "node is not installed"
	cat >h2.js <<'END'
const s = require('http2').createServer({ settings: { maxConcurrentStreams: 5, headerTableSize: 256, initialWindowSize: 1000 } });
s.on('stream', (st, h) => {
	const session = st.session;
	session.n = (session.n || 0) + 1;
	if (session.n > 5) process.exit(9);
	st.on('close', () => session.n--);
	if (h[':path'] === '/reset') return st.close(h[':method'] === 'GET' ? 8 : 7);
	let n = 0;
	st.on('data', d => n += d.length);
	st.on('end', () => {
		st.additionalHeaders({ ':status': 103, 'x': 'y' });
		st.respond({ ':status': h['content-length'] == n || !n ? 200 : 500 });
		st.end('n=' + n);
	});
});
s.listen(0, '127.0.0.1', () => console.log(s.address().port));
END
	mkfifo h2.fifo
	exec {h2}<>h2.fifo
	node h2.js >h2.fifo 2>h2.err </dev/null 3>&- {h2}>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$h2" PORT
	URL=http://127.0.0.1:$PORT
	report --http2-prior-knowledge -n 300 -c 2 -m 50 "$URL/a"
	holds '.requests == 300' '.errors == 0' '.connections == 2' '.status == {"200": 300}'
	head -c 100000 /dev/urandom >big
	report --http2-prior-knowledge -n 30 -c 2 -m 50 --data-binary @big "$URL/a"
	holds '.requests == 30' '.errors == 0' '.bytes_sent > 3000000'
	printf '%s\n' "$URL/b" "$URL/c" >urls
	report --http2-prior-knowledge -n 30 -c 2 -m 3 --urls urls "$URL/a"
	holds '.requests == 30' '.errors == 0'
	run bench --http2-prior-knowledge -n 6 -c 2 -m 3 "$URL/reset"
	is_status 1
	says 'reset            6  stream reset by the server: CANCEL'
}

@test "HTTP/2: nginx, which sends GOAWAY after 100 requests: none is lost" {
	command -v nginx >/dev/null || skip "nginx is not installed"
	mkdir -p ngx
	cat >ngx/conf <<END
daemon off; master_process off; pid $T/ngx/pid; error_log $T/ngx/err;
events {}
http { access_log off; client_body_temp_path $T/ngx; proxy_temp_path $T/ngx; fastcgi_temp_path $T/ngx; uwsgi_temp_path $T/ngx;
	scgi_temp_path $T/ngx; keepalive_requests 100; server { listen unix:$T/ngx/s http2; root $T/www; } }
END
	nginx -e "$T/ngx/err" -c "$T/ngx/conf" 2>ngx.err &
	PIDS+=("$!")
	until_true test -S ngx/s
	report --http2-prior-knowledge -n 1000 -c 2 -m 20 --unix-socket "$T/ngx/s" http://localhost/a.txt
	holds '.requests == 1000' '.errors == 0' '.connections >= 10' '.status == {"200": 1000}'
}

@test "HTTP/2: servers that break the rules, answer with HTTP/1, only say GOAWAY, or nothing" {
	python_server <<'END'
def frame(t, f, i, p=b""): return len(p).to_bytes(3, "big") + bytes([t, f]) + i.to_bytes(4, "big") + p
def talk(c):
    c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" if MODE == "h1" else b"" if MODE == "hang" else frame(4, 0, 0))
    seen = b""
    while len(seen) < 80 and MODE not in ("h1", "hang"): seen += c.recv(65536)
    if MODE == "window": c.sendall(frame(8, 0, 0, bytes(4)))
    if MODE == "goaway": c.sendall(frame(7, 0, 0, bytes(8)))
    if MODE == "half": c.sendall(frame(1, 4, 1, b"\x88") + frame(0, 0, 1, b"ab"))
    while MODE not in ("half", "goaway") and c.recv(65536): pass
    c.close()
END
	kill "$PY"
	talk=$(cat server.py)
	for what in h1:protocol hang:timeout window:protocol goaway:reset half:closed; do
		{ echo "MODE = '${what%:*}'"; echo "${talk%%import socket, threading*}"; } >mode.py
		python_server <mode.py
		report --http2-prior-knowledge -n 4 -c 1 -m 2 --timeout 300ms "$URL/" || [ $? -eq 1 ]
		holds '.errors > 0' ".error_classes == {\"${what#*:}\": .errors}"
	done
}

@test "another machine is asked only by who owns it" {
	run bench -n 1 --timeout 2 --via "tcp:127.0.0.1:1:via=[socks5:127.0.0.1:1]" http://example.com/
	is_status 1
	site
	run bench -n 1 --via "sh:exec nc 127.0.0.1 $PORT" http://example.com/a.txt
	is_status 0
	addr=$(ip -4 -o addr show scope global 2>/dev/null | awk '{ sub("/.*", "", $4); print $4; exit }')
	[ -n "$addr" ] || skip "no address but loopback"
	run bench -n 1 --timeout 2 "http://$addr:1/"
	is_status 1
}

@test "TLS: verified, its handshake timed; a certificate nobody trusts" {
	certs_make certs
	serve_start tls:0:cert=certs/good.pem:key=certs/good.key www
	run bench -n 2 "https://127.0.0.1:$PORT/a.txt"
	is_status 1
	says 'tls              2'
	report -n 20 -c 2 --cacert certs/ca.pem "https://127.0.0.1:$PORT/a.txt"
	holds '.requests == 20' '.errors == 0' '.tls_us.p50 > 0'
}

@test "^C: what there is, and death by the signal" {
	site
	env --default-signal=INT "$TWC" http bench -z 60s -c 2 "$URL/a.txt" >out 2>err &
	pid=$!
	until_true eval '[ "$(wc -l <access.log)" -gt 50 ]'
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 130 ]
	grep -qE '^[0-9]+ requests in' out
}

@test "faults in what is asked" {
	run bench ftp://127.0.0.1/
	is_status 64
	run bench --csv - --report json http://127.0.0.1:1/
	is_status 64
	says '--csv and --report both ask for standard output'
	run bench -d x --body-lines lines http://127.0.0.1:1/
	is_status 64
	run bench --report xml http://127.0.0.1:1/
	is_status 64
	run bench --urls none http://127.0.0.1:1/
	is_status 66
	run bench --csv /nowhere/x http://127.0.0.1:1/
	is_status 73
	run bench -F a=b http://127.0.0.1:1/
	is_status 64
	says 'a form with files is made anew for each request'
}

@test "python's http.server, which closes each connection" {
	mkfifo http.fifo
	exec {out}<>http.fifo
	"$PYTHON" -u -m http.server 0 --bind 127.0.0.1 -d www >http.fifo 2>python.log </dev/null 3>&- {out}>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$out" line
	[[ $line =~ port\ ([0-9]+) ]]
	report -n 60 -c 4 "http://127.0.0.1:${BASH_REMATCH[1]}/a.txt"
	holds '.requests == 60' '.errors == 0' '.connections >= 60'
	[ "$(grep -c 'GET /a.txt' python.log)" -eq 60 ]
}

@test "^C with workers: all of them stop, and what they have is told" {
	site
	env --default-signal=INT "$TWC" http bench -z 60s -c 4 --workers 2 --report json "$URL/a.txt" >report.json 2>err &
	pid=$!
	until_true eval '[ "$(wc -l <access.log)" -gt 50 ]'
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 130 ]
	holds '.requests > 50' '.errors == 0' '.connections == 4'
}

@test "nginx, which closes a connection after 100 requests" {
	command -v nginx >/dev/null || skip "nginx is not installed"
	mkdir -p ngx
	cat >ngx/conf <<END
daemon off; master_process off; pid $T/ngx/pid; error_log $T/ngx/err;
events {}
http { access_log $T/ngx/log; client_body_temp_path $T/ngx; proxy_temp_path $T/ngx; fastcgi_temp_path $T/ngx; uwsgi_temp_path $T/ngx;
	scgi_temp_path $T/ngx; keepalive_requests 100; server { listen unix:$T/ngx/s; root $T/www; } }
END
	nginx -e "$T/ngx/err" -c "$T/ngx/conf" 2>ngx.err &
	PIDS+=("$!")
	until_true test -S ngx/s
	report -n 1000 -c 2 --unix-socket "$T/ngx/s" http://localhost/a.txt
	holds '.requests == 1000' '.errors == 0' '.connections >= 10'
	until_true eval '[ "$(wc -l <ngx/log)" -eq 1000 ]'
}
