#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http serve as a server: where it listens, who may ask, what is told of it, how it ends; with curl, wget, nc, nginx, ab, wrk,
# python3-twisted and Chromium.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
	mkdir www
	echo hello >www/a.txt
}
teardown() { twc_teardown; }

site() { # ARG...: serves www; sets URL
	serve_start tcp:0 www "$@"
	URL=http://127.0.0.1:$PORT
}
get() { curl -sS -m $LIMIT "$@"; }
status_of() { get -o /dev/null -w '%{http_code}' "$@"; }
http_serve() { timeout $LIMIT "$TWC" http serve "$@"; }
# So many connections have come (-v).
came() { [ "$(grep -c opened serve.err)" -ge "$1" ]; }
# What comes back for these bytes, until the server ends the connection.
say() { printf "$1" | timeout $LIMIT nc 127.0.0.1 "$PORT" | tr -d '\r'; }

# ---- operands ----

@test "endpoints, then a folder; what is neither, and what is both" {
	run http_serve tcp:0 nowhere
	is_status 66
	says 'twc: http serve nowhere: neither an endpoint nor a folder (ENOENT)'
	run http_serve tcp:0 www/a.txt
	is_status 66
	says 'ENOTDIR'
	run http_serve www
	is_status 64
	says 'missing ENDPOINT before the folder: `twc http serve tcp:8000 www`'
	run http_serve tcp:0
	is_status 64
	says 'nothing to serve: name a folder behind the endpoints, or give --route'
	run http_serve 8000
	is_status 64
	says 'did you mean tcp:8000?'
	mkdir unix:x
	run http_serve tcp:0 unix:x
	is_status 64
	says 'unix:x is an endpoint, and a folder too; write ./unix:x for that'
	serve_start tcp:0 ./unix:x
	run http_serve udp:0 www
	is_status 64
	says 'udp:0 has no connections'
	run http_serve tcp:0 www --route '/a {colour=red}=text:x'
	is_status 64
	says '"colour" is unknown'
	[[ ${lines[2]} == *'        ^' ]]
}

@test "/ and home directories are not served by accident" {
	run http_serve tcp:0 /
	is_status 64
	says '/ would serve all files of the machine; give --yes'
	mkdir home
	HOME=$T/home run http_serve tcp:0 "$T/www/../home"
	is_status 64
	says 'all files of a home directory'
	ln -s home link
	HOME=$T/home run http_serve tcp:0 link
	is_status 64
	HOME=$T/home serve_start tcp:0 home --yes
}

@test "many endpoints: TCP, a UNIX socket, TLS, what systemd has passed, the PROXY protocol" {
	serve_start tcp:0 unix:"$T/sock" tls:0:cert=auto haproxy:tcp:0:interface=127.0.0.1 www -4 --port-file ports
	[ "$(get "http://127.0.0.1:$PORT/a.txt")" = hello ]
	{ read -r p; read -r none; read -r q; read -r h; } <ports
	[ "$none" = 0 ]
	[ "$(get --unix-socket sock http://x/a.txt)" = hello ]
	[ "$(get -k "https://127.0.0.1:$q/a.txt")" = hello ]
	[ "$(get --haproxy-protocol "http://127.0.0.1:$h/a.txt")" = hello ]
	[ "$(status_of --haproxy-protocol "http://127.0.0.1:$p/a.txt")" = 400 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ ! -e sock ]
	systemd-socket-activate --version >/dev/null 2>&1 || skip 'no systemd-socket-activate'
	systemd-socket-activate -l "$T/act" "$TWC" http serve systemd:index=0 www --exit-after 1 3>&- 2>act.err &
	PIDS+=($!)
	until_true test -S act
	[ "$(get --unix-socket act http://x/a.txt)" = hello ]
}

@test "loopback alone, unless --public; the URL with -v" {
	site -v
	grep -qx "twc: listening tcp:127.0.0.1:$PORT" serve.err
	until_true grep -qx "twc: http://127.0.0.1:$PORT/" serve.err
	serve_stop
	serve_start tls:0:cert=auto www -v
	until_true grep -qx "twc: https://127.0.0.1:$PORT/" serve.err
	serve_stop
	serve_start tcp:0 www --public
	grep -q 'listening tcp:0.0.0.0:' serve.err
	! grep -q http:// serve.err || false
}

# ---- COMMAND ----

@test "a server for the length of a command, whose status it has" {
	run -7 --separate-stderr http_serve tcp:0 www -q -- sh -c 'curl -sS "${TWC_URL}a.txt"; echo "$TWC_URL $TWC_ADDR"; exit 7'
	[ "${lines[0]}" = hello ]
	[[ ${lines[1]} =~ ^http://127\.0\.0\.1:([0-9]+)/\ tcp:127\.0\.0\.1:([0-9]+)$ ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
	[ -z "$stderr" ]
	run -0 --separate-stderr http_serve tls:0:cert=auto -q --route '/=text:x' -- sh -c 'curl -sSk "$TWC_URL"; echo " $TWC_URL"'
	[[ $output == x\ https://127.0.0.1:* ]]
	run -127 http_serve tcp:0 www -q -- /nonexistent/program
}

# ---- who may ask ----

@test "logins from a file, with hashes, read again on SIGHUP" {
	printf '# who\njo:pw\nann:%s\n' "$(openssl passwd -6 geheim)" >logins
	site --auth @logins --realm 'The "site"' --health /up -v
	[ "$(status_of "$URL/a.txt")" = 401 ]
	get -D - -o /dev/null "$URL/a.txt" | grep -F 'WWW-Authenticate: Basic realm="The \"site\"", charset="UTF-8"'
	[ "$(get -u jo:pw "$URL/a.txt")" = hello ]
	[ "$(get -u ann:geheim "$URL/a.txt")" = hello ]
	[ "$(get -u ann:geheim "$URL/a.txt")" = hello ]
	[ "$(status_of -u ann:falsch "$URL/a.txt")" = 401 ]
	[ "$(status_of -u jo:geheim "$URL/none")" = 401 ]
	[ "$(get "$URL/up")" = ok ]
	wget -q --user jo --password pw "$URL/a.txt"
	cmp a.txt www/a.txt
	echo 'eve:pw' >logins
	kill -HUP "$PID"
	until_true grep -q 'the logins were read again' serve.err
	[ "$(status_of -u jo:pw "$URL/a.txt")" = 401 ]
	[ "$(get -u eve:pw "$URL/a.txt")" = hello ]
	echo 'nonsense' >logins
	kill -HUP "$PID"
	until_true grep -q 'logins:1: .*the logins stay as they were' serve.err
	[ "$(get -u eve:pw "$URL/a.txt")" = hello ]
}

@test "logins that cannot be used" {
	run http_serve tcp:0 www --auth jo
	is_status 64
	says 'auth: a login is written as USER:PASSWORD'
	run http_serve tcp:0 www --auth @none
	is_status 66
	says 'cannot open the logins none (ENOENT)'
	echo 'jo:$apr1$x$y' >htpasswd
	run http_serve tcp:0 www --auth @htpasswd
	is_status 65
	says 'htpasswd:1: hashes of this kind cannot be checked'
	# what is secret does not stay in argv
	site --auth jo:hush-hush
	! tr '\0' ' ' <"/proc/$PID/cmdline" | grep -q hush || false
	[ "$(get -u jo:hush-hush "$URL/a.txt")" = hello ]
}

@test "pages of other sites: --cors, as a browser asks" {
	site --cors=https://a.test --auth jo:pw
	get -D - -o /dev/null -X OPTIONS -H 'Origin: https://a.test' -H 'Access-Control-Request-Method: PUT' "$URL/a.txt" | tr -d '\r' >head
	grep -q '^HTTP/1.1 204' head
	grep -qx 'Access-Control-Allow-Origin: https://a.test' head
	grep -qx 'Access-Control-Allow-Credentials: true' head
	! get -D - -o /dev/null -H 'Origin: https://b.test' "$URL/a.txt" | grep -q Access-Control || false
	serve_stop
	run http_serve tcp:0 www --cors=a.test
	is_status 64
	says 'a.test is no origin'
}

@test "a browser reads across sites with --cors, and not without" {
	command -v chromium >/dev/null || skip 'no chromium here'
	site --cors
	other=$PORT
	cat >page.html <<-EOF
		<script>fetch("http://127.0.0.1:$other/a.txt", { headers: { "X-Own": "1" } }).then(r => r.text())
			.then(t => document.title = "got " + t.trim(), e => document.title = "refused");</script>
	EOF
	mkdir page && mv page.html page/index.html
	serve_start tcp:0 page
	timeout $LIMIT chromium --headless --no-sandbox --disable-gpu --user-data-dir="$T/profile" --virtual-time-budget=5000 --dump-dom \
		"http://127.0.0.1:$PORT/" >dom 2>browser.log
	grep -q '<title>got hello</title>' dom
}

@test "fields for all, networks that may not, at most so many" {
	site --header 'X-One: 1' --header 'X-Two: 2' --deny 127.0.0.9
	get -D - -o /dev/null "$URL/none" | tr -d '\r' | grep -cE '^X-(One: 1|Two: 2)$' | grep -qx 2
	run get --interface 127.0.0.9 "$URL/a.txt"
	[ "$status" -eq 52 ] || is_status 56 # closed, by an end or a reset
	serve_stop
	run http_serve tcp:0 www --header 'no field'
	is_status 64
}

# ---- reports ----

@test "access logs: common, combined, a pattern, JSON" {
	site --log combined
	get -A 'a "b"' -e http://r/ -o /dev/null "$URL/a.txt?x=1"
	until_true grep -qE '^127\.0\.0\.1 - - \[[^]]+ \+0000\] "GET /a.txt\?x=1 HTTP/1.1" 200 6 "http://r/" "a \\x22b\\x22"$' serve.err
	say 'GET /\t HTTP/1.1\r\n\r\n' >/dev/null
	until_true grep -q '"-" 400 0 "-" "-"$' serve.err
	serve_stop
	site --log '$remote_addr $request_method $uri $status ${body_bytes_sent}b'
	get -o /dev/null "$URL/none"
	until_true grep -qx '127.0.0.1 GET /none 404 14b' serve.err
	serve_stop
	site --log json -q
	get -o /dev/null -u jo:pw "$URL/a.txt"
	until_true test -s serve.err
	[ "$(jq -r '[.user, .method, .target, .status, .bytes, .protocol, .tls] | @csv' serve.err)" = '"jo","GET","/a.txt",200,6,"HTTP/1.1",' ]
	jq -e '.us >= 0 and (.time | test("^20.*Z$")) and (.remote | startswith("tcp:127.0.0.1:"))' serve.err
	serve_stop
	run http_serve tcp:0 www --log '$stauts'
	is_status 64
	says 'did you mean $status?'
}

@test "a log that is rotated, by SIGUSR1 and by SIGHUP; one that cannot be written" {
	site --log-file log --workers 2
	get -o /dev/null "$URL/a.txt?1"
	until_true grep -q 'a.txt?1' log
	for signal in USR1 HUP; do
		rm -f log.1
		mv log log.1
		kill -$signal "$PID"
		until_true test -e log
		get -o /dev/null "$URL/a.txt?$signal" "$URL/a.txt?2$signal" -Z
		until_true grep -q "a.txt?2$signal" log log.1
	done
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ "$(cat log log.1 | grep -c HUP)" -eq 2 ]
	site --log-file /dev/full
	get -o /dev/null "$URL/a.txt" "$URL/a.txt"
	until_true grep -q 'cannot write the access log /dev/full; lines are lost (ENOSPC)' serve.err
	serve_stop
	[ "$(grep -c lost serve.err)" -eq 1 ]
	run http_serve tcp:0 www --log-file /nonexistent/log
	is_status 73
}

@test "metrics that a machine can read, of all processes" {
	site --metrics /metrics --workers 2 -4
	for i in 1 2 3 4 5 6 7 8 9 10; do
		get -o /dev/null "$URL/a.txt" "$URL/none"
	done
	all_there() {
		get "$URL/metrics" >metrics
		grep -qx 'twc_http_responses_total{class="4xx"} 10' metrics && [ "$(sed -n 's/^twc_http_response_body_bytes_total //p' metrics)" -ge 200 ]
	}
	until_true all_there
	# each line is a comment or NAME{LABELS} NUMBER, and each name has its type
	! grep -vE '^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{[a-z]+="[^"]+"\})? [0-9.]+$' metrics || false
	$PYTHON - metrics <<-'EOF'
		import re, sys
		kinds, seen = {}, {}
		for line in open(sys.argv[1]):
		    if line.startswith('# TYPE'):
		        kinds[line.split()[2]] = line.split()[3]
		    elif not line.startswith('#'):
		        name = re.match('[a-z_]+', line)[0]
		        assert re.sub('_(bucket|sum|count)$', '', name) in kinds or name in kinds, name
		        seen[line.rsplit(' ', 1)[0]] = float(line.rsplit(' ', 1)[1])
		buckets = [v for k, v in seen.items() if 'bucket' in k]
		assert buckets == sorted(buckets) and buckets[-1] == seen['twc_http_request_duration_seconds_count'] >= 20
		assert kinds['twc_http_request_duration_seconds'] == 'histogram'
	EOF
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "metrics at an endpoint of their own" {
	site --metrics tcp:0 -v --auth jo:pw --max-clients 1:over=close --port-file ports
	until_true eval '[ "$(grep -c "^twc: listening" serve.err)" -eq 4 ]' # of both, IPv4 and IPv6
	[ "$(sed -n 1p ports)" = "$PORT" ]
	METRICS=http://127.0.0.1:$(sed -n 2p ports)
	until_true grep -qx "twc: $METRICS/metrics" serve.err
	[ "$(status_of "$URL/a.txt")" = 401 ]
	[ "$(status_of -u jo:pw "$URL/metrics")" = 404 ]
	[ "$(status_of "$METRICS/metrics")" = 200 ] # without a login
	[ "$(status_of -d x "$METRICS")" = 405 ]
	exec {held}<>"/dev/tcp/127.0.0.1/$PORT" # no more are let in, but for them
	held() { get "$METRICS" | grep -qx 'twc_http_connections_open 1'; }
	until_true held
	get "$METRICS" | grep -qx 'twc_http_responses_total{class="4xx"} 2'
	run wget -q -O - -T $LIMIT "$METRICS/metrics"
	[[ $output == *'twc_http_connections_total 3'* ]]
	exec {busy}<>"/dev/tcp/127.0.0.1/${METRICS##*:}" # nobody waits for it
	exec {held}>&-
	serve_stop
	exec {busy}>&-
	[ "$STATUS" -eq 0 ]
	run -7 curl -sS -m $LIMIT "$METRICS"

	# of several processes; on a socket file, with TLS; and what is wrong
	run -0 --separate-stderr http_serve tcp:0 www -4 -q --metrics unix:m --workers 2 -- \
		sh -c 'curl -sS --unix-socket m http://m/ && env'
	[[ $output == *'twc_http_connections_open '*TWC_URL_2=unix://* ]]
	run -0 --separate-stderr http_serve tcp:0 www -4 -q --metrics tls:0:cert=auto -- sh -c 'curl -ksS "$TWC_URL_2"'
	[[ $output == *'twc_http_connections_open '* ]]
	run http_serve tcp:0 www --metrics metrics
	is_status 64
	says "--metrics: 'metrics' is neither a path, such as /metrics, nor an endpoint, such as tcp:9100"
	run http_serve tcp:0 www --metrics foo:1
	is_status 64
	says "unknown endpoint type: 'foo'"
	run http_serve tcp:0 www --metrics udp:0
	is_status 64
	says 'udp:0 has no connections'
	site -4
	run http_serve tcp:0 www --metrics "tcp:$PORT"
	is_status 73
	says "tcp:$PORT: address already in use"
}

@test "for tests: --exit-after, --require" {
	run -0 --separate-stderr http_serve tcp:0 -q --route '/=text:x' --require 'POST /hook=2' -- \
		sh -c 'curl -sS -d a "${TWC_URL}hook" -o /dev/null; curl -sS -d b "${TWC_URL}hook" -o /dev/null'
	run -1 http_serve tcp:0 -q --route '/=text:x' --require 'GET /' --require 'POST /hook=2' -- \
		sh -c 'curl -sS -d a "${TWC_URL}hook" "$TWC_URL" -o /dev/null'
	says 'twc: http serve: GET / never came'
	run -3 http_serve tcp:0 -q --route '/=text:x' --require 'GET /' -- sh -c 'exit 3' # what the command says comes first
	site --exit-after 3
	get -o /dev/null "$URL/a.txt" "$URL/none" "$URL/a.txt"
	serve_wait
	[ "$STATUS" -eq 0 ]
	run http_serve tcp:0 www --require 'GET hook'
	is_status 64
	run http_serve tcp:0 www --exit-after 1 --workers 2
	is_status 64
	says '--workers and --exit-after exclude each other'
}

# ---- limits ----

@test "heads and bodies that are too long, hosts that are missing" {
	site --max-head 1k --max-body 10
	[ "$(status_of -H "X: $(printf '%2000s' | tr ' ' x)" "$URL/a.txt")" = 431 ]
	[ "$(say 'GET / HTTP/1.1\r\n\r\n' | head -n 1)" = 'HTTP/1.1 400 Bad Request' ]
	[ "$(say 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n' | head -n 1)" = 'HTTP/1.1 400 Bad Request' ]
	serve_stop
	site --route '/up=echo' --max-body 10
	[ "$(status_of -d 0123456789 "$URL/up")" = 200 ]
	[ "$(status_of -d 0123456789x "$URL/up")" = 413 ]
	[ "$(status_of -d 0123456789x -H 'Transfer-Encoding: chunked' "$URL/up")" = 413 ]
}

@test "pipelined requests are answered in order; half a request is not" {
	site --route '/n/<n>=text:{path.n}|'
	[ "$(say 'GET /n/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /n/2 HTTP/1.1\r\nHost: a\r\n\r\nGET /n/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
		grep -ao '[0-9]|' | tr -d '\n')" = '1|2|3|' ]
	printf 'GET /a.txt HTTP/1.1\r\nHo' | timeout $LIMIT nc -N 127.0.0.1 "$PORT" >half
	[ ! -s half ] || grep -q '^HTTP/1.1 400' half
	[ "$(get "$URL/a.txt")" = hello ]
}

@test "a client that drips its head, and one that says nothing" {
	site --header-timeout 500ms --idle 700ms
	$PYTHON - "$PORT" <<-'EOF'
		import socket, sys, time
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		quiet = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		began = time.monotonic()
		s.settimeout(0.05)
		answer, at = b"", 0
		while time.monotonic() - began < 20:
		    try:
		        s.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: "[at:at + 1] or b"x")
		        at += 1
		    except OSError:
		        pass
		    try:
		        data = s.recv(1000)
		        if not data:
		            break
		        answer += data
		    except socket.timeout:
		        pass
		    except ConnectionResetError:
		        break
		assert answer.startswith(b"HTTP/1.1 408 "), answer
		assert 0.4 < time.monotonic() - began < 10
		quiet.settimeout(20)
		assert quiet.recv(1) == b""
	EOF
	[ "$(get "$URL/a.txt")" = hello ]
}

@test "more clients than there is room for wait, and are served" {
	site --max-clients 2
	exec {one}<>"/dev/tcp/127.0.0.1/$PORT" {two}<>"/dev/tcp/127.0.0.1/$PORT"
	for fd in "$one" "$two"; do
		printf 'GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n' >&"$fd"
	done
	IFS= read -r -t $LIMIT -u "$one" line
	IFS= read -r -t $LIMIT -u "$two" line
	get "$URL/a.txt" >third {one}>&- {two}>&- &
	third=$!
	exec {one}>&-
	wait "$third"
	[ "$(cat third)" = hello ]
}

# ---- the end ----

@test "SIGTERM during a download: it is finished, and the connection ends with it" {
	head -c 20M /dev/urandom >www/big
	site --drain 60s
	get --limit-rate 30M -D head -o big "$URL/big" &
	client=$!
	until_true test -s big
	kill -TERM "$PID"
	until_true sh -c "! nc -z 127.0.0.1 $PORT" # nobody else is let in
	wait "$client"
	cmp big www/big
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "SIGTERM: idle connections end at once, the answer under way says that it is the last" {
	site -v --route '/slow {delay=600ms}=text:slow'
	exec {idle}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n' >&"$idle"
	until_true timeout 1 head -c 1 <&"$idle" >/dev/null
	get -D head -o body "$URL/slow" &
	client=$!
	until_true came 2
	kill -TERM "$PID"
	timeout $LIMIT cat <&"$idle" >/dev/null # it ends
	wait "$client"
	[ "$(cat body)" = slow ]
	tr -d '\r' <head | grep -qix 'Connection: close'
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "a drain that is too short, and a second signal" {
	site -v --drain 300ms --route '/hang=exec:sleep 60'
	get -o /dev/null "$URL/hang" 2>curl.err &
	client=$!
	until_true came 1
	kill -TERM "$PID"
	serve_wait
	[ "$STATUS" -eq 143 ]
	wait "$client" || [ $? -ne 0 ]
	site -v --route '/hang=exec:sleep 60'
	get -o /dev/null "$URL/hang" 2>curl.err &
	client=$!
	until_true came 1
	kill -TERM "$PID"
	kill -INT "$PID"
	serve_wait
	[ "$STATUS" -eq 130 ] || [ "$STATUS" -eq 143 ]
	wait "$client" || true
}

@test "in the background, with a pid file, as somebody else" {
	run -0 --separate-stderr http_serve tcp:0 www --bg --pid-file pid -4
	pid=${output%% *}
	PIDS+=("$pid")
	[ "$(cat pid)" = "$pid" ]
	PORT=${output##*:}
	[ "$(get "http://127.0.0.1:$PORT/a.txt")" = hello ]
	kill "$pid"
	until_true test ! -e pid
	[ "$(id -u)" -eq 0 ] || return 0
	chmod 755 . www
	echo secret >www/secret
	chmod 600 www/secret
	site --user nobody
	[ "$(get "$URL/a.txt")" = hello ]
	[ "$(status_of "$URL/secret")" = 403 ]
}

# ---- neighbours ----

@test "workers share the ports, the work and the end" {
	site --workers 2 -4
	get -o /dev/null -w '%{http_code}\n' "$URL/a.txt?[1-40]" | sort | uniq -c | grep -q '40 200'
	[ "$(ps -o pid= --ppid "$PID" | wc -l)" -eq 2 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "ab and wrk, many connections and few" {
	site --log-file /dev/null
	command -v ab >/dev/null || skip 'no ab here'
	ab -q -n 2000 -c 50 -k "$URL/a.txt" >ab.out 2>&1
	grep -q 'Failed requests: *0$' ab.out
	grep -q 'Keep-Alive requests: *2000$' ab.out
	ab -q -n 500 -c 20 "$URL/a.txt" >ab.out 2>&1
	grep -q 'Complete requests: *500$' ab.out
	grep -q 'Failed requests: *0$' ab.out
	command -v wrk >/dev/null || skip 'no wrk here'
	wrk -t1 -c20 -d1s "$URL/a.txt" >wrk.out
	grep -q 'requests in' wrk.out
	! grep -qE 'Non-2xx|Socket errors' wrk.out || false
}

@test "behind nginx, which keeps connections to it" {
	command -v nginx >/dev/null || skip 'no nginx here'
	site --log '$http_x_real $connection' --route 'POST /up=echo'
	cat >nginx.conf <<-EOF
		$([ "$(id -u)" -ne 0 ] || echo 'user root;') daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err;
		worker_processes 1;
		events {}
		http {
			access_log off; client_body_temp_path $T/b; proxy_temp_path $T/p; fastcgi_temp_path $T/f;
			uwsgi_temp_path $T/u; scgi_temp_path $T/s;
			upstream twc { server 127.0.0.1:$PORT; keepalive 4; }
			server {
				listen unix:$T/front;
				location / {
					proxy_pass http://twc; proxy_http_version 1.1; proxy_set_header Connection "";
					proxy_set_header X-Real front; proxy_request_buffering off;
				}
			}
		}
	EOF
	nginx -p "$T" -e nginx.err -c "$T/nginx.conf" 3>&- &
	PIDS+=($!)
	until_true test -S front
	for i in 1 2 3 4 5; do
		[ "$(get --unix-socket front http://x/a.txt)" = hello ]
	done
	head -c 300K /dev/urandom >data
	get --unix-socket front --data-binary @data http://x/up | cmp - data
	get --unix-socket front -T - http://x/up -X POST <data | cmp - data
	[ "$(grep -c '^front ' serve.err)" -eq 7 ]
	[ "$(grep '^front ' serve.err | sort -u | wc -l)" -le 3 ]
}

@test "python3-twisted asks, on one connection" {
	$PYTHON -c 'import twisted.web.client' 2>/dev/null || skip 'no python3-twisted'
	site --log '$connection'
	cat >client.py <<-'EOF'
		import sys
		from twisted.internet import reactor, defer, task
		from twisted.web.client import Agent, HTTPConnectionPool, readBody

		async def main(url):
		    agent = Agent(reactor, pool=HTTPConnectionPool(reactor, persistent=True))
		    for i in range(5):
		        response = await agent.request(b"GET", url)
		        assert response.code == 200, response.code
		        print((await readBody(response)).decode(), end="")

		task.react(lambda r: defer.ensureDeferred(main(sys.argv[1].encode())))
	EOF
	[ "$(timeout $LIMIT "$PYTHON" client.py "$URL/a.txt" | grep -c hello)" -eq 5 ]
	[ "$(grep -cE '^[0-9]+$' serve.err)" -eq 5 ]
	[ "$(grep -E '^[0-9]+$' serve.err | sort -u | wc -l)" -eq 1 ]
}
