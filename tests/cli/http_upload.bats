#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http serve --upload, with curl, wget and Python.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
	mkdir -p www/d
	seq 1 200000 >big
	printf 'small\n' >small
}
teardown() { twc_teardown; }

site() { # ARG...: serves www; sets URL
	serve_start tcp:0 www "$@"
	URL=http://127.0.0.1:$PORT
}
put() { curl -sS -m $LIMIT "$@"; }
status_of() { put -o /dev/null -w '%{http_code}' "$@"; }
files() { find www -type f | sort | tr '\n' ' '; }

@test "curl -T: a file, standard input, where it is then" {
	site --upload
	[ "$(status_of -T big "$URL/d/")" = 201 ]
	cmp big www/d/big
	put -T big "$URL/a%20b" -D - | tr -d '\r' | grep -qx 'Location: /a%20b'
	cmp big 'www/a b'
	[ "$(put -T - "$URL/piped" -w '%{http_code}' <big)" = 201 ]
	cmp big www/piped
	put "$URL/d/big" | cmp - big
	[ "$(status_of -T small "$URL/none/x")" = 409 ]
	[ "$(files)" = 'www/a b www/d/big www/piped ' ]
}

@test "curl -F: one file, several, and a page for browsers" {
	site --upload --list
	[ "$(put -F file=@big -F note=x "$URL/d/")" = /d/big ]
	cmp big www/d/big
	[ "$(put -F file=@small -F file=@big "$URL/")" = $'/small\n/big' ]
	put "$URL/" -H 'Accept: text/html' | grep -q '<form method="post" enctype="multipart/form-data">'
	[ "$(status_of -F 'file=@small;filename=third' -H 'Accept: text/html' "$URL/")" = 303 ]
	cmp small www/third
	[ "$(status_of -F note=x "$URL/")" = 400 ]
	[ "$(status_of -d x "$URL/")" = 415 ]
}

@test "wget" {
	site --upload --on-duplicate overwrite
	wget -q -O /dev/null --method=PUT --body-file=small "$URL/x"
	wget -q -O /dev/null --method=PUT --body-file=big "$URL/x"
	cmp big www/x
}

@test "requests" {
	"$PYTHON" -c 'import requests' || skip 'no python3-requests'
	site --upload --allow-delete
	timeout $LIMIT "$PYTHON" - "$URL" <<-'EOF'
		import sys, requests
		url, s = sys.argv[1], requests.Session()
		def chunks():
		    for i in range(1000):
		        yield b'%d\n' % i
		assert s.put(url + '/chunks', data=chunks()).status_code == 201
		assert s.get(url + '/chunks').text.endswith('\n999\n')
		r = s.post(url + '/', files=[('f', ('ü.txt', b'1')), ('f', ('two', b'2' * 100000))])
		assert r.status_code == 201 and r.text == '/%C3%BC.txt\n/two\n', r.text
		assert s.get(url + '/ü.txt').text == '1'
		assert s.delete(url + '/two').status_code == 204
		assert s.get(url + '/two').status_code == 404
		assert s.post(url + '/', files={'f': ('x', b'1')}, headers={'Origin': 'http://evil.test'}).status_code == 403
	EOF
	[ "$(files)" = 'www/chunks www/ü.txt ' ]
}

@test "a taken name: error, overwrite, rename" {
	cp small www/a.txt
	site --upload
	[ "$(status_of -T big "$URL/a.txt")" = 409 ]
	[ "$(status_of -F 'f=@big;filename=a.txt' "$URL/")" = 409 ]
	cmp small www/a.txt
	serve_stop
	site --upload --on-duplicate rename
	put -T big "$URL/a.txt" -D - | tr -d '\r' | grep -qx 'Location: /a-1.txt'
	cmp big www/a-1.txt
	cmp small www/a.txt
	serve_stop
	site --upload --on-duplicate overwrite
	[ "$(status_of -T big "$URL/a.txt")" = 204 ]
	cmp big www/a.txt
	[ "$(status_of -T big "$URL/d")" = 409 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "what is refused is refused before the body: Expect" {
	cp small www/taken
	site --upload --max-body 2M
	for path in taken none/x .hidden; do
		[ "$(put -T big -H 'Expect: 100-continue' --expect100-timeout 20 -o /dev/null -w '%{size_upload}' "$URL/$path")" = 0 ]
	done
	[ "$(put -T big -H 'Expect: 100-continue' --expect100-timeout 20 -o /dev/null -w '%{size_upload}' "$URL/free")" = "$(stat -c %s big)" ]
	head -c 2097153 /dev/zero >huge
	[ "$(status_of -T huge "$URL/huge")" = 413 ]
	[ "$(status_of -T - "$URL/huge" <huge)" = 413 ]
	[ "$(files)" = 'www/free www/taken ' ]
}

@test "broken off: nothing is left" {
	site --upload --on-duplicate overwrite
	cp small www/kept
	mkfifo slow
	exec {hold}<>slow
	head -c 50000 big >&"$hold"
	curl -sS -m $LIMIT -T - "$URL/kept" <slow &
	local client=$!
	received() { [ -n "$(find "/proc/$PID/fd" -lname "$T/www/*" 2>/dev/null)" ]; }
	until_true received
	kill "$client"
	wait "$client" || true
	gone() { ! received; }
	until_true gone
	exec {hold}>&-
	cmp small www/kept
	[ "$(find www -mindepth 1 | sort | tr '\n' ' ')" = 'www/d www/kept ' ]
}

@test "many at once under one name: one of them, whole" {
	site --upload --on-duplicate rename
	for i in 1 2 3 4 5 6; do
		seq "$i" "$i" 100000 >"f$i"
	done
	put -Z $(for i in 1 2 3 4 5 6; do echo -T "f$i" "$URL/same"; done) -o /dev/null
	[ "$(files)" = 'www/same www/same-1 www/same-2 www/same-3 www/same-4 www/same-5 ' ]
	[ "$(cat f? | sort | sha256sum)" = "$(cat www/same* | sort | sha256sum)" ]
}

@test "logins for reading and for writing" {
	cp small www/a
	site --upload --auth 'reader:r' --upload-auth 'writer:w'
	[ "$(status_of "$URL/a")" = 401 ]
	[ "$(status_of -u reader:r "$URL/a")" = 200 ]
	[ "$(status_of -u reader:r -T big "$URL/b")" = 401 ]
	[ "$(status_of -T big "$URL/b")" = 401 ]
	[ "$(status_of -u writer:w -T big "$URL/b")" = 201 ]
	cmp big www/b
}

@test "into another folder" {
	mkdir in
	site --upload=in
	[ "$(status_of -T big "$URL/x")" = 201 ]
	cmp big in/x
	[ "$(status_of "$URL/x")" = 404 ]
	serve_stop
	serve_start tcp:0 --route '/files/=files:www' --route 'POST /hook=text:ok' --upload
	URL=http://127.0.0.1:$PORT
	put -T small "$URL/files/y" -D - | tr -d '\r' | grep -qx 'Location: /files/y'
	cmp small www/y
	[ "$(put -d x "$URL/hook")" = ok ]
	[ "$(status_of -T small "$URL/y")" = 404 ]
}

@test "a browser: forms of its own page, not of another site's" {
	command -v chromium >/dev/null || skip 'no chromium here'
	mkdir other
	site --upload
	local own=$URL own_pid=$PID
	cat >www/page.html <<-'EOF'
		<!DOCTYPE html><title></title><script>
		const form = new FormData()
		form.append('f', new File(['by a browser'], location.hash.substr(1) || 'own.txt'))
		fetch(new URLSearchParams(location.search).get('to') || './', { method: 'POST', body: form, mode: 'no-cors' })
			.then(r => document.title = 'done ' + r.status, e => document.title = 'failed')
		</script>
	EOF
	cp www/page.html other/
	serve_start tcp:0 other
	browse() { timeout $LIMIT chromium --headless --no-sandbox --disable-gpu --user-data-dir="$T/profile" \
		--virtual-time-budget=5000 --dump-dom "$1" 2>browser.log; }
	browse "$own/page.html" | grep -q '<title>done 201</title>'
	[ "$(cat www/own.txt)" = 'by a browser' ]
	browse "http://127.0.0.1:$PORT/page.html?to=$own/#foreign.txt" | grep -q '<title>done 0</title>'
	[ ! -e www/foreign.txt ]
	kill "$own_pid"
}

@test "a folder that cannot be written to" {
	[ "$(id -u)" -ne 0 ] || skip 'root may write everywhere'
	chmod a-w www/d
	site --upload
	[ "$(status_of -T small "$URL/d/x")" = 403 ]
	[ "$(status_of -F f=@small "$URL/d/")" = 403 ]
	run -73 --separate-stderr "$TWC" http serve tcp:0 www/d --upload
	[[ $stderr == *'uploads cannot be written to '*'EACCES'* ]]
	chmod u+w www/d
}

@test "without it nothing is written; what does not fit together" {
	site
	[ "$(status_of -T small "$URL/x")" = 405 ]
	[ "$(files)" = '' ]
	run -64 --separate-stderr "$TWC" http serve tcp:0 www --allow-delete
	[[ $stderr == *'--allow-delete is for uploads: it needs --upload'* ]]
	run -64 --separate-stderr "$TWC" http serve tcp:0 www --on-duplicate rename
	[[ $stderr == *'--on-duplicate is for uploads: it needs --upload'* ]]
	run -64 --separate-stderr "$TWC" http serve tcp:0 www --upload --on-duplicate replace
	[[ $stderr == *'error, overwrite, rename'* ]]
	run -64 --separate-stderr "$TWC" http serve tcp:0 --route '/=text:x' --upload
	[[ $stderr == *'--upload needs files to be served'* ]]
	run -66 --separate-stderr "$TWC" http serve tcp:0 www --upload=none
	[[ $stderr == *'cannot open the directory none'*'ENOENT'* ]]
}
