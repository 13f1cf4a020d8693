#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http serve with a route to bin, as curl, Python's requests and httpie see it.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
	serve_start tcp:0 --route '/=bin' --route '/below/it/=bin' --seed 7
	URL=http://127.0.0.1:$PORT
}
teardown() { twc_teardown; }

get() { curl -sS -m $LIMIT "$@"; }
status_of() { get -o /dev/null -w '%{http_code}' "$@"; }
json() { "$PYTHON" -c 'import json, sys; r = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

@test "curl: what was sent comes back" {
	printf 'in a file' >f
	[ "$(get "$URL/get?a=1&a=2" -H 'X-Mine: 3' | json '(r["args"], r["headers"]["X-Mine"], r["url"])')" = \
		"({'a': ['1', '2']}, ['3'], '$URL/get?a=1&a=2')" ]
	[ "$(get "$URL/post" -d k=v -d w=x+y | json 'r["form"]')" = "{'k': ['v'], 'w': ['x y']}" ]
	[ "$(get "$URL/post" -F t=text -F u=@f | json '(r["form"], r["files"])')" = "({'t': ['text']}, {'u': ['in a file']})" ]
	[ "$(get "$URL/put" -X PUT -H 'Content-Type: application/json' -d '[1, {"a": null}]' | json 'r["json"]')" = "[1, {'a': None}]" ]
	[ "$(get "$URL/upload" -T f | json 'r["bytes_received"]')" = 9 ]
	[ "$(printf chunks | get "$URL/anything" -T - | json '(r["method"], r["data"])')" = \
		"('PUT', 'data:application/octet-stream;base64,Y2h1bmtz')" ]
	get "$URL/dump/request" -d hello -A me | tr -d '\r' >dump
	grep -qx 'POST /dump/request HTTP/1.1' dump
	grep -qx 'User-Agent: me' dump
	[ "$(tail -n 1 dump)" = hello ]
}

@test "curl: compressed, in parts, in trailers" {
	[ "$(get --compressed "$URL/gzip" | json 'r["gzipped"]')" = True ]
	[ "$(get --compressed "$URL/deflate" | json 'r["deflated"]')" = True ]
	get "$URL/range/1000" -o whole
	get "$URL/range/1000" -r 0-499 -o a
	get "$URL/range/1000" -r 500- -o b
	cat a b | cmp - whole
	get "$URL/trailers?X-Sum=42" -D head -o /dev/null
	tr -d '\r' <head | grep -qx 'Trailer: X-Sum'
	tr -d '\r' <head | grep -qx 'X-Sum: 42'
}

@test "curl: redirections, cookies and logins" {
	for kind in redirect relative-redirect absolute-redirect; do
		[ "$(get -L "$URL/below/it/$kind/5" -o /dev/null -w '%{num_redirects} %{url_effective}')" = "5 $URL/below/it/get" ]
	done
	[ "$(get -L -d x "$URL/redirect-to?url=$URL/post&status_code=307" | json 'r["form"]')" = "{'x': ['']}" ]
	[ "$(get -L -c jar "$URL/cookies/set?a=1&b=2" | json 'sorted(r["cookies"].items())')" = "[('a', '1'), ('b', '2')]" ]
	[ "$(get -L -b jar -c jar "$URL/cookies/delete?a" | json 'r["cookies"]')" = "{'b': '2'}" ]
	[ "$(status_of "$URL/basic-auth/me/secret")" = 401 ]
	[ "$(status_of -u me:secret "$URL/basic-auth/me/secret")" = 200 ]
	[ "$(status_of -u me:secret "$URL/hidden-basic-auth/me/other")" = 404 ]
	[ "$(status_of --oauth2-bearer token "$URL/bearer")" = 200 ]
	for algorithm in '' /MD5 /SHA-256; do
		[ "$(status_of --digest -u me:secret "$URL/digest-auth/auth/me/secret$algorithm")" = 200 ]
		[ "$(status_of --digest -u me:wrong "$URL/digest-auth/auth/me/secret$algorithm")" = 401 ]
	done
}

@test "curl: slowly, and by chance as the seed says" {
	[ "$(get "$URL/drip?numbytes=5&duration=0.2&delay=0.1")" = '*****' ]
	[ "$(get "$URL/sse?count=3&duration=100ms" | grep -c '^event: ping$')" -eq 3 ]
	[ "$(get "$URL/stream/3" | wc -l)" -eq 3 ]
	get -w '%{time_total}\n' -o /dev/null "$URL/delay/300ms" >took
	"$PYTHON" -c 'import sys; sys.exit(float(open("took").read()) < 0.3)'
	get "$URL/bytes/50000?seed=1" -o a
	get "$URL/stream-bytes/50000?seed=1&chunk_size=7" -o b
	cmp a b
	get "$URL/status/200:1,503:1?n=[1-10]" -o /dev/null -w '%{http_code} ' >first
	serve_stop
	serve_start tcp:0 --route '/=bin' --seed 7
	get "http://127.0.0.1:$PORT/bytes/1" "http://127.0.0.1:$PORT/bytes/1" -o /dev/null # two takes of chance, as above
	get "http://127.0.0.1:$PORT/status/200:1,503:1?n=[1-10]" -o /dev/null -w '%{http_code} ' >second
	cmp first second
}

@test "files are what their type says" {
	for kind in png jpeg webp svg; do
		get "$URL/image/$kind" -o "i.$kind"
	done
	[ "$(file -b --mime-type i.png i.jpeg i.webp i.svg | tr '\n' ' ')" = 'image/png image/jpeg image/webp image/svg+xml ' ]
	get "$URL/encoding/utf8" | iconv -f UTF-8 -t UTF-8 >/dev/null
	"$PYTHON" -c 'import sys, xml.dom.minidom as m; m.parse(sys.stdin)' < <(get "$URL/xml")
	[ "$(get "$URL/json" | json 'r["slideshow"]["title"]')" = 'Sample Slide Show' ]
}

@test "requests" {
	"$PYTHON" -c 'import requests' || skip 'no python3-requests'
	timeout $LIMIT "$PYTHON" - "$URL" <<-'EOF'
		import sys, requests
		from requests.auth import HTTPDigestAuth
		url = sys.argv[1]
		s = requests.Session()
		assert s.get(url + '/get', params={'q': ['a b', 'ü']}).json()['args'] == {'q': ['a b', 'ü']}
		assert s.post(url + '/post', json={'a': [1, None]}).json()['json'] == {'a': [1, None]}
		assert s.post(url + '/post', files={'f': ('n.txt', 'content')}).json()['files'] == {'f': ['content']}
		assert s.get(url + '/cookies/set?k=v').json() == {'cookies': {'k': 'v'}}
		assert s.get(url + '/gzip').json()['gzipped'] and s.get(url + '/deflate').json()['deflated']
		assert len(s.get(url + '/redirect/3').history) == 3
		assert s.get(url + '/basic-auth/a/b', auth=('a', 'b')).json()['authenticated']
		assert s.get(url + '/digest-auth/auth/a/b', auth=HTTPDigestAuth('a', 'b')).json()['user'] == 'a'
		assert s.get(url + '/digest-auth/auth/a/b/SHA-256', auth=HTTPDigestAuth('a', 'b')).ok
		assert s.get(url + '/encoding/utf8').text.count('∀x∈ℝ') == 1
		assert [l for l in s.get(url + '/stream/4', stream=True).iter_lines()][3].startswith(b'{"id":3,')
		assert s.get(url + '/status/404').status_code == 404
		try:
		    s.get(url + '/delay/5', timeout=0.2)
		    raise AssertionError('no timeout')
		except requests.exceptions.ReadTimeout:
		    pass
	EOF
}

@test "httpie" {
	command -v http >/dev/null || skip 'no httpie'
	export HOME=$T
	http() { timeout $LIMIT http --ignore-stdin --body "$@"; }
	[ "$(http POST "$URL/post" a=b c:=1 | json 'r["json"]')" = "{'a': 'b', 'c': 1}" ]
	[ "$(http -f POST "$URL/post" a=b | json 'r["form"]')" = "{'a': ['b']}" ]
	[ "$(http "$URL/get" q==1 X-A:2 | json '(r["args"], r["headers"]["X-A"])')" = "({'q': ['1']}, ['2'])" ]
	[ "$(http -A digest -a me:pw "$URL/digest-auth/auth/me/pw" | json 'r["authenticated"]')" = True ]
}

@test "what is wrong is said as JSON" {
	[ "$(get "$URL/status/x" | json '(r["status_code"], r["error"])')" = "(400, 'Bad Request')" ]
	[ "$(get "$URL/delay/1h" | json 'r["detail"]')" = 'duration: 1h is longer than 10s' ]
	head -c 1048577 /dev/zero >big
	[ "$(status_of --data-binary @big "$URL/post")" = 413 ]
	[ "$(status_of "$URL/post")" = 405 ]
	run -64 --separate-stderr "$TWC" http serve tcp:0 --route '/x=bin'
	[[ $stderr == *"the path of bin ends in '/', for all that is below it: /x/"* ]]
}

@test "a drip ends before the server does" {
	get "$URL/drip?numbytes=4&duration=1&delay=0" -o drip &
	local client=$!
	until_true [ -s drip ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	wait $client
	[ "$(cat drip)" = '****' ]
}
