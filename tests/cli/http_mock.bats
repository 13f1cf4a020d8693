#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mock routes of twc http serve: texts, statuses, delays and faults, as curl and Python see them.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
}
teardown() { twc_teardown; }

start() {
	local route args=()
	for route in "$@"; do
		args+=(--route "$route")
	done
	serve_start tcp:0 "${args[@]}"
	URL=http://127.0.0.1:$PORT
}
get() { curl -sS -m $LIMIT "$@"; }
status_of() { get -o /dev/null -w '%{http_code}' "$@"; }

# The exit status of curl for a URL is $1.
curl_exits() {
	local want=$1 rc=0
	shift
	get -o out "$@" 2>curl.err || rc=$?
	[ "$rc" -eq "$want" ] || {
		printf 'curl: %s, not %s\n' "$rc" "$want" >&2
		cat curl.err >&2
		return 1
	}
}

@test "texts and JSON, with gaps" {
	start '/hello/<name>=text:hello {path.name} {query.x}\n' '/j/<int:n>=json:{"n":{path.n},"q":"{query.q}","r":{query.r}}' \
		"POST /made {status=201 type=text/css header='X-A: 1'}=text:made"
	[ "$(get "$URL/hello/w%20w?x=a+b")" = 'hello w w a b' ]
	[ "$(get "$URL/j/7?q=%22%5C&r=1,2" | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin))')" = \
		"{'n': 7, 'q': '\"\\\\', 'r': '1,2'}" ]
	get -d x -D head "$URL/made" -w '%{http_code} %{content_type}' | grep -qx 'made201 text/css'
	tr -d '\r' <head | grep -qx 'X-A: 1'
	[ "$(status_of "$URL/made")" = 405 ]
	[ "$(status_of "$URL/j/x")" = 404 ]
}

@test "statuses one after the other: a client that tries again gets through" {
	start "/a {header='Retry-After: 0'}=status:503,503,200" '/b=redirect:302,/c' '/c=text:there'
	[ "$(get --retry 3 --retry-delay 0 -w '%{http_code}' -o out "$URL/a" 2>curl.err)" = 200 ]
	[ "$(status_of "$URL/a")" = 200 ]
	[ "$(get -L "$URL/b")" = there ]
}

@test "echo, also with Expect and in chunks" {
	start '/=echo'
	head -c 3000000 /dev/urandom >big
	get -T big "$URL/x" -o back
	cmp big back
	get -T - "$URL/x" -o back <big
	cmp big back
	get -H 'Expect: 100-continue' -H 'Content-Type: a/b' -d hello "$URL/" -w ' %{content_type}' | grep -qx 'hello a/b'
}

@test "each fault is what curl calls it" {
	start '/reset {fault=reset}=text:0123456789' '/early {fault=close-early}=text:0123456789' \
		'/trunc {fault=truncate}=text:0123456789' '/garbage {fault=garbage seed=1}=text:0123456789' \
		'/chunk {fault=bad-chunk}=text:0123456789' '/length {fault=wrong-length}=text:0123456789' \
		'/hang {fault=hang}=text:0123456789' '/fine=text:fine'
	curl_exits 56 "$URL/reset"
	curl_exits 52 "$URL/early"
	curl_exits 18 "$URL/trunc"
	[ "$(cat out)" = 01234 ]
	curl_exits 56 "$URL/chunk"
	curl_exits 28 -m 0.3 "$URL/hang"
	curl_exits 0 "$URL/length"
	[ "$(cat out)" = 01234 ]
	run ! get "$URL/garbage" -o out
	[ "$(get "$URL/fine")" = fine ] # nobody else suffers
	serve_stop
	[ "$STATUS" -eq 0 ] # what hangs does not hold the server up
}

@test "a fault after a good answer on the same connection, and pipelined" {
	start '/a=text:a' '/f {fault=reset}=text:f'
	"$PYTHON" - "$PORT" <<-'PY'
		import http.client, socket, sys
		port = int(sys.argv[1])
		c = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
		c.request('GET', '/a'); assert c.getresponse().read() == b'a'
		c.request('GET', '/f')
		try:
		    c.getresponse()
		    raise SystemExit('an answer came')
		except (ConnectionResetError, http.client.RemoteDisconnected):
		    pass
		s = socket.create_connection(('127.0.0.1', port), 30)
		s.sendall(b'GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /f HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n')
		got = b''
		try:
		    while True:
		        part = s.recv(65536)
		        if not part: raise SystemExit('an orderly end')
		        got += part
		except ConnectionResetError:
		    pass
		assert got.count(b'HTTP/1.1') <= 1, got
	PY
}

@test "chance is the same with the same seed" {
	local run i
	for run in 1 2 3; do
		serve_start tcp:0 --seed $((run == 3 ? 9 : 7)) --route '/a {fault=close-early p=0.5}=text:a'
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
			get "http://127.0.0.1:$PORT/a" -o /dev/null 2>/dev/null && echo well || echo ill
		done >"run.$run"
		serve_stop
	done
	cmp run.1 run.2
	run ! cmp -s run.1 run.3
	[ "$(sort -u run.1 | wc -l)" -eq 2 ]
}

@test "delays, dripping and rates take their time" {
	start '/delay {delay=300ms}=text:x' '/drip {drip=500ms}=text:0123456789' "/rate {rate=20k}=text:$(head -c 12000 /dev/zero | tr '\0' x)"
	"$PYTHON" - "$URL" <<-'PY'
		import sys, time, urllib.request
		def took(path):
		    t = time.monotonic(); n = len(urllib.request.urlopen(sys.argv[1] + path, timeout=30).read()); return time.monotonic() - t, n
		s, n = took('/delay'); assert n == 1 and 0.29 < s < 10, s
		s, n = took('/drip'); assert n == 10 and 0.49 < s < 10, s
		s, n = took('/rate'); assert n == 12000 and 0.3 < s < 10, s
	PY
}

@test "a client that gave up on a delay does not hold the end of the server up" {
	start '/slow {delay=5m}=text:x'
	run -28 curl -sS -m 0.3 "$URL/slow"
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "what is wrong with a route is said before anything is served" {
	run -64 "$TWC" http serve tcp:0 --route '/a {fault=explode}=text:x'
	says "'fault': "
	run -64 "$TWC" http serve tcp:0 --route '/a {delay=1d}=text:x'
	says "'delay': "
	run -64 "$TWC" http serve tcp:0 --route '/a=text:{path.x}'
	says 'no variable of this name'
	run -64 "$TWC" http serve tcp:0 --route '/a=json:{"a":}'
	run -64 "$TWC" http serve tcp:0 --route '/a=status:99'
	run -64 "$TWC" http serve tcp:0 --route '/a=teapot:'
	says teapot
	printf '# routes\n/a=text:a\n\n/b {p=2}=text:b\n' >routes
	run -64 "$TWC" http serve tcp:0 --routes routes
	says 'routes:4:'
}
