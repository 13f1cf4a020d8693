#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http serve DIR: files, as curl, wget, Python and a browser see them.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
	mkdir www
	printf '<p>index\n' >www/index.html
	seq 1 200000 >www/big.txt
}
teardown() { twc_teardown; }

site() { # ARG...: serves www; sets URL
	serve_start tcp:0 www "$@"
	URL=http://127.0.0.1:$PORT
}
get() { curl -sS -m $LIMIT --path-as-is "$@"; }
status_of() { get -o /dev/null -w '%{http_code}' "$@"; }
head_of() { get -D - -o /dev/null "$@" | tr -d '\r'; }

@test "whole, HEAD, 404; 1 GET a connection or many" {
	site
	[ "$(get "$URL/")" = '<p>index' ]
	get "$URL/big.txt" | cmp - www/big.txt
	head_of -I "$URL/big.txt" | grep -x "Content-Length: $(stat -c %s www/big.txt)"
	[ "$(status_of "$URL/none")" = 404 ]
	get "$URL/[1-50]" "$URL/" -o last -w '%{num_connects} %{http_code}\n' | sort | uniq -c | tr -s ' ' >seen
	grep -qx ' 49 0 404' seen
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "a download goes on where it stopped: curl -C, wget -c" {
	site
	head -c 500000 www/big.txt >part
	[ "$(get -C - -o part -w '%{http_code} %{size_download}' "$URL/big.txt")" = "206 $(($(stat -c %s www/big.txt) - 500000))" ]
	cmp part www/big.txt
	head -c 700000 www/big.txt >big.txt
	wget -q -c "$URL/big.txt"
	cmp big.txt www/big.txt
	run wget -c "$URL/big.txt" # nothing is left: 416
	is_status 0
	cmp big.txt www/big.txt
}

@test "what the client has already is not sent again" {
	site
	get --etag-save tag -o x "$URL/big.txt"
	[ "$(status_of --etag-compare tag "$URL/big.txt")" = 304 ]
	[ "$(status_of -z www/big.txt "$URL/big.txt")" = 304 ]
	[ "$(status_of -H 'If-Match: "other"' "$URL/big.txt")" = 412 ]
	wget -q -N "$URL/big.txt"
	run wget -N "$URL/big.txt"
	says '304'
}

@test "parts, as Python reads them" {
	site
	"$PYTHON" - "$PORT" <<-'END'
		import email, http.client, sys
		c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=20)
		whole = open('www/big.txt', 'rb').read()
		c.request('GET', '/big.txt', headers={'Range': 'bytes=0-9,100000-100099,-7'})
		r = c.getresponse()
		body = r.read()
		assert r.status == 206 and len(body) == int(r.getheader('Content-Length'))
		m = email.message_from_bytes(b'Content-Type: ' + r.getheader('Content-Type').encode() + b'\r\n\r\n' + body)
		parts = [(p['Content-Range'], p.get_payload(decode=True)) for p in m.get_payload()]
		n = len(whole)
		want = [(0, 9), (100000, 100099), (n - 7, n - 1)]
		assert [p[0] for p in parts] == [f'bytes {a}-{b}/{n}' for a, b in want], parts
		# The parser takes the line's end before a boundary for its own.
		assert [p[1] for p in parts] == [whole[a:b + 1] for a, b in want], parts
		c.request('GET', '/big.txt', headers={'Range': f'bytes={n}-'})
		r = c.getresponse()
		assert r.status == 416 and r.getheader('Content-Range') == f'bytes */{n}'
		r.read()
		c.request('GET', '/', headers={'Range': 'bytes=1-3'})
		assert c.getresponse().read() == b'p>i'
	END
}

@test "offsets above 4 GiB" {
	truncate -s 5G www/sparse
	printf end >>www/sparse
	site
	[ "$(get -r -5 "$URL/sparse" | od -An -c | tr -d ' ')" = '\0\0end' ]
	[ "$(get -r 5368709120- "$URL/sparse")" = end ]
	head_of -I "$URL/sparse" | grep -x 'Content-Length: 5368709123'
}

@test "compressed on the way, or beside the file" {
	printf 'body { color: red }\n' >www/p.css
	brotli -k www/p.css
	zstd -q www/p.css
	gzip -k www/p.css
	site --gzip --precompressed br,gz,zst
	get --compressed "$URL/big.txt" | cmp - www/big.txt
	[ "$(get --compressed -o /dev/null -w '%{size_download}' "$URL/big.txt")" -lt 600000 ]
	for coding in br gzip zstd; do
		head_of -H "Accept-Encoding: $coding" "$URL/p.css" >head
		grep -qx "Content-Encoding: $coding" head
		grep -qx 'Vary: Accept-Encoding' head
		grep -qx 'Content-Type: text/css; charset=utf-8' head
	done
	get -H 'Accept-Encoding: br' "$URL/p.css" | brotli -d | cmp - www/p.css
	get -H 'Accept-Encoding: zstd' "$URL/p.css" | zstd -dq | cmp - www/p.css
	get "$URL/p.css" | cmp - www/p.css
}

@test "a file that was written or replaced is served as it is now" {
	site
	for i in 1 2 3 4 5 6 7 8; do
		printf 'in place %s\n' $i >www/f
		[ "$(get "$URL/f")" = "in place $i" ]
		printf 'replaced %s\n' $i >www/f.new
		mv www/f.new www/f
		[ "$(get "$URL/f")" = "replaced $i" ]
	done
	rm www/f
	[ "$(status_of "$URL/f")" = 404 ]
}

@test "a file that shrinks while it is sent: broken off, never taken for whole" {
	truncate -s 100M www/shrinks
	site
	exec {client}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'GET /shrinks HTTP/1.1\r\nHost: h\r\n\r\n' >&"$client"
	IFS= read -r line <&"$client"
	[[ $line == 'HTTP/1.1 200 OK'* ]]
	truncate -s 50M www/shrinks
	[ "$(timeout $LIMIT cat <&"$client" 2>/dev/null | wc -c)" -lt $((60 * 1024 * 1024)) ]
	exec {client}>&-
	[ "$(status_of "$URL/")" = 200 ]
}

@test "nothing out of the folder, nothing hidden, no FIFO" {
	ln -s /etc/passwd www/out
	ln -s /etc www/etc
	ln -s index.html www/in
	printf secret >www/.env
	mkdir -p www/.git www/.well-known
	printf ref >www/.git/HEAD
	printf acme >www/.well-known/challenge
	mkfifo www/fifo
	site --list
	for path in /out /etc/passwd /etc/ /.env /.git/HEAD /.git/ /fifo /%2eenv //.env; do
		[ "$(status_of "$URL$path")" = 404 ]
	done
	for path in /../www/.env /%2e%2e/%2e%2e/etc/passwd /x%2f..%2findex.html /index.html%00 '/..%5c'; do
		[ "$(status_of "$URL$path")" = 400 ]
	done
	[ "$(get "$URL/in")" = '<p>index' ]
	[ "$(get "$URL/.well-known/challenge")" = acme ]
	serve_stop
	site --follow-symlinks --hidden
	get "$URL/out" | cmp - /etc/passwd
	[ "$(get "$URL/.env")" = secret ]
	[ "$(status_of "$URL/fifo")" = 404 ]
}

@test "--spa, --404, --pretty-urls, --index, --cache, --mime, --header" {
	printf '<p>gone\n' >www/404.html
	printf '<p>about\n' >www/about.html
	printf 'x' >www/x.foo
	site --spa --cache 1h --mime foo=text/x-foo --header 'X-Test: yes'
	[ "$(get -H 'Accept: text/html' "$URL/users/7")" = '<p>index' ]
	[ "$(status_of "$URL/app.js")" = 404 ]
	head_of "$URL/x.foo" >head
	grep -qx 'Cache-Control: max-age=3600' head
	grep -qx 'Content-Type: text/x-foo' head
	grep -qx 'X-Test: yes' head
	serve_stop
	site --404 404.html --pretty-urls --index about.html --cache no-store
	[ "$(get -w '%{http_code}' "$URL/none")" = $'<p>gone\n404' ]
	[ "$(get "$URL/about")" = '<p>about' ]
	[ "$(get "$URL/")" = '<p>about' ]
	head_of "$URL/" | grep -qx 'Cache-Control: no-store'
}

@test "wrong options of files are refused before anything is bound" {
	run "$TWC" http serve tcp:0 www --cache 1x
	is_status 64
	run "$TWC" http serve tcp:0 www --mime html
	is_status 64
	says 'ext=type/subtype'
	run "$TWC" http serve tcp:0 www --precompressed xz
	is_status 64
	run "$TWC" http serve tcp:0 --route '/a=files:www'
	is_status 64
	says "ends in '/'"
	run "$TWC" http serve tcp:0 --route '/a/=files:none'
	is_status 66
	says ENOENT
	run "$TWC" http serve tcp:0 --route '/a=file:www'
	is_status 66
	says 'is a directory'
}

@test "a folder with a slash, its query kept, and no other host" {
	mkdir -p www/sub/evil.test
	site
	[ "$(get -o /dev/null -w '%{http_code} %{redirect_url}' "$URL/sub?a=b/c")" = "301 $URL/sub/?a=b/c" ]
	head_of "$URL//sub//evil.test" | grep -x 'Location: /sub//evil.test/'
	mkdir www/evil.test
	head_of "$URL//evil.test" | grep -x 'Location: /evil.test/'
}

@test "lists: as a page, as lines of JSON, and mirrored by wget" {
	mkdir -p 'www/list/a folder/deep' www/empty
	printf 1 >'www/list/b & <c> "d".txt'
	printf 22 >'www/list/e:f'
	printf 333 >www/list/ünï.txt
	printf deep >'www/list/a folder/deep/file'
	printf x >www/list/.hidden
	site --list
	get -H 'Accept: application/json' "$URL/list/?sort=size&order=desc" >json
	[ "$(jq -r .name json | head -1)" = ünï.txt ]
	[ "$(jq -s 'map(select(.type == "file") | .size) | add' json)" -eq 6 ]
	[ "$(jq -r 'select(.type == "directory") | .name' json)" = 'a folder' ]
	get "$URL/list/" >page
	grep -q '<html lang="en">' page
	run grep -E '<c>|\.hidden|(src|href)="https?:' page
	is_status 1
	wget -q -r -np -nH -R 'index.html*' --restrict-file-names=nocontrol -P mirror "$URL/list/"
	diff -r -x .hidden www/list mirror/list
	[ "$(status_of "$URL/empty/")" = 200 ]
	printf x >'www/empty/50%25 #1?'
	name=$(get "$URL/empty/" | sed -n 's/.*href="\.\/\([^"]*\)".*/\1/p')
	[ "$(get "$URL/empty/$name")" = x ]
}

@test "the list in a browser" {
	command -v chromium >/dev/null || skip 'no chromium here'
	mkdir www/list
	printf x >'www/list/a&b.txt'
	site --list
	timeout $LIMIT chromium --headless --no-sandbox --disable-gpu --user-data-dir="$T/profile" --dump-dom \
		"$URL/list/?sort=size" >dom 2>browser.log
	grep -q '<a href="./a%26b.txt">a&amp;b.txt</a>' dom
	grep -q 'aria-sort="ascending"><a href="?sort=size&amp;order=desc">' dom
}

# Of so many requests on one connection: what the server asked of the kernel meanwhile.
@test "a small file costs four system calls" {
	strace -D -o probe true 2>/dev/null && until_true grep -qs '+++ exited' probe || skip "tracing is not permitted here"
	unset TWC_DBG_RMAX TWC_DBG_WMAX TWC_DBG_SEED
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # the leak checker cannot run while traced
	printf '%01024d' 0 >www/small
	site
	"$PYTHON" - "$PORT" "$PID" <<-'END'
		import http.client, subprocess, sys
		c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=20)
		def ask():
		    c.request('GET', '/small')
		    assert len(c.getresponse().read()) == 1024
		ask()
		tracer = subprocess.Popen(['strace', '-o', 'calls', '-p', sys.argv[2]], stderr=subprocess.PIPE, text=True)
		assert 'attached' in tracer.stderr.readline()
		for i in range(10):
		    ask()
		tracer.terminate()
		tracer.wait()
	END
	sed -nE 's/^([a-z0-9_]+)\(.*/\1/p' calls | sed -E 's/^epoll_p?wait2?$/wait/' >names
	[ "$(grep -cx recvfrom names)" -eq 10 ]
	[ "$(grep -cx sendto names)" -eq 10 ]
	[ "$(grep -cx newfstatat names)" -le 12 ] # once a second the folder, too
	run grep -vxE 'recvfrom|sendto|newfstatat|wait' names
	is_status 1
}
