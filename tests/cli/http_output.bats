#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where the bytes of twc http go, and what is told of a transfer.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/http

setup() {
	twc_setup
	http_start
	U=http://$H
	/usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 256)' >all # what /parts and /binary have
}
teardown() { twc_teardown; }

# No file is here but those that the test knows.
only() {
	local names
	names=$(ls | grep -vxE 'all|http\.(log|err|fifo)|ready.fifo|serve\.(out|err)' | tr '\n' ' ')
	[ "$names" = "${*:+$* }" ] || {
		echo "here are: $names" >&2
		return 1
	}
}

# The entity tag that is kept with a file.
tag_of() {
	"$PYTHON" -c 'import os, sys; print(os.getxattr(sys.argv[1], "user.twc.etag").decode())' "$1" 2>/dev/null || true
}

# ---- files ----

@test "a file gets its name when it is whole" {
	echo old >f
	http -o f "$U/x"
	[ "$(cat f)" = hello ]
	http -O "$U/a%20b?x=/y"
	[ "$(cat a%20b)" = hello ]
	only a%20b f
	run http -o f "$U/short"
	is_status 76
	[ "$(cat f)" = hello ]
	[ "$(cat f.part)" = half ]
	run http -o f --remove-on-error "$U/cut"
	is_status 76
	only a%20b f
	run http -o g --no-part "$U/short"
	is_status 76
	[ "$(cat g)" = half ]
}

@test "several URLs have a file each" {
	http -o one -O "$U/x" "$U/two"
	http --remote-name-all "$U/three" "$U/four"
	only four one three two
	http -Z --remote-name-all "$U/m1" "$U/m2" "$U/m3" "$U/m4"
	cmp m1 m4
}

@test "names: none in the URL, directories, numbers, existing ones" {
	run http -O "$U/"
	is_status 64
	says 'no file name at its end; -o FILE gives one'
	run http -o d/e/f "$U/x"
	is_status 73
	says '--create-dirs makes it'
	run http --output-dir d/e --create-dirs -O "$U/x"
	is_status 0
	[ "$(cat d/e/x)" = hello ]
	echo mine >x
	http --no-clobber -O "$U/x" -O "$U/x"
	[ "$(cat x)" = mine ]
	cmp x.1 x.2
	: >http.log
	http --skip-existing -O "$U/x"
	[ "$(cat x)" = mine ]
	[ ! -s http.log ]
}

@test "names: as the server calls it" {
	http -J -O "$U/named?d=attachment%3b+filename%3dnice.txt"
	[ "$(cat nice.txt)" = named ]
	http -OJ "$U/named?d=attachment%3b+filename*%3dUTF-8''%25e2%2582%25ac"
	[ "$(cat €)" = named ]
	http -OJ "$U/named?d=attachment%3b+filename%3d%22../../up%22"
	[ "$(cat up)" = named ]
	run http -OJ "$U/named?d=attachment%3b+filename%3dnice.txt"
	is_status 73
	says 'nice.txt, as the server calls it, exists'
	run http -OJ "$U/named?d=attachment%3b+filename%3d.bashrc"
	is_status 76
	only nice.txt up €
}

@test "-C - goes on: behind a part, behind a file, and when there is nothing more" {
	run http -o f "$U/parts?cut=1000"
	is_status 76
	[ "$(stat -c %s f.part)" = 1000 ]
	: >http.log
	http -C - -o f "$U/parts?cut=1000"
	cmp f all
	only f
	[[ $(asked) == *'Range: bytes=1000-'* ]]
	head -c 5000 all >f # left by curl
	http -C - -o f "$U/parts"
	cmp f all
	http -C - -o f "$U/parts"
	cmp f all
	mv f f.part
	http -C - -o f "$U/parts"
	cmp f all
	only f
	head -c 70000 /dev/zero >g
	run http -C - -o g "$U/parts"
	is_status 76
	[ "$(stat -c %s g)" = 70000 ]
}

@test "-C - says what it has: If-Range" {
	run http -o f "$U/parts?cut=1000"
	is_status 76
	[ "$(tag_of f.part)" = '"v1"' ] || skip "this file system keeps no attributes"
	: >http.log
	http -C - -o f "$U/parts?cut=1000"
	[[ $(asked) == *'If-Range: "v1"'* ]]
	[ -z "$(tag_of f)" ]
}

@test "-C - to a server without ranges begins again; an offset and a pipe cannot" {
	echo 'what was there' >f.part
	http -C - -o f "$U/x"
	[ "$(cat f)" = hello ]
	run http -C 3 "$U/x"
	is_status 76
	run --separate-stderr http -C 65000 "$U/parts"
	is_status 0
	[ "$(http -C 65530 "$U/parts" | od -An -tx1)" = ' fa fb fc fd fe ff' ]
}

@test "a retry goes on with -C -, and begins again without" {
	: >http.log
	http --retry 1 --retry-all-errors --retry-delay 1ms -C - -o f "$U/parts?cut=300"
	cmp f all
	[[ $(asked) == *'Range: bytes=300-'* ]]
	: >http.log
	http --retry 1 --retry-all-errors --retry-delay 1ms -o g "$U/parts?cut=301"
	cmp g all
	[[ $(asked) != *Range:* ]]
	run --separate-stderr http --retry 1 --retry-all-errors --retry-delay 1ms "$U/parts?cut=302"
	is_status 76 # the pipe has some of it
	only f g
}

@test "--checksum: a file that fails never gets its name" {
	good=sha256:$(sha256sum <all | cut -d ' ' -f 1)
	http --checksum "$good" -o f "$U/parts"
	cmp f all
	rm f
	head -c 40000 all >f.part
	http -C - --checksum "$good" -o f "$U/parts"
	cmp f all
	rm f
	run http --checksum "${good/%?/x}" -o f "$U/parts"
	is_status 64
	run http --checksum "$good" -o f "$U/x"
	is_status 77
	says 'its checksum is sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'
	echo >f.part # what is continued counts
	run http -C - --checksum "$good" -o f "$U/parts"
	is_status 77
	only
	http --checksum "md5:$(md5sum <all | cut -d ' ' -f 1)" -o f "$U/parts"
	http --checksum "sha512:$(sha512sum <all | cut -d ' ' -f 1)" -o f "$U/parts"
}

@test "times: -R, -z, and 304" {
	http -R -o f "$U/parts"
	[ "$(stat -c %Y f)" = 784903526 ]
	: >http.log
	http -z f "$U/x"
	http -z -1994-11-15 "$U/x"
	run --separate-stderr http -z nowhere "$U/x"
	[ "$status" = 0 ]
	[[ $stderr == *'-z: nowhere is neither a date nor a file'* ]]
	[[ $(asked) == *'If-Modified-Since: Tue, 15 Nov 1994 12:45:26 GMT'*'If-Unmodified-Since: Tue, 15 Nov 1994 00:00:00 GMT'* ]]
	http -o f "$U/status/304"
	cmp f all
}

@test "--etag-save and --etag-compare" {
	http --etag-compare tag --etag-save tag -o f "$U/parts"
	[[ $(asked) == *'If-None-Match: ""'* ]]
	[ "$(cat tag)" = '"v1"' ]
	: >http.log
	http --etag-compare tag --etag-save tag -o f "$U/parts"
	[[ $(asked) == *'If-None-Match: "v1"'* ]]
	http --etag-save tag -o f "$U/x" # has none
	[ "$(cat tag)" = '"v1"' ]
}

@test "what cannot be written: full disks, readers that have gone, devices" {
	run http -o /dev/full "$U/x"
	is_status 74
	says '/dev/full: no space is left (ENOSPC)'
	run bash -c "'$TWC' http $U/x >/dev/full"
	is_status 74
	run bash -c "ulimit -f 32; '$TWC' http -o f $U/parts"
	is_status 74
	[ "$(stat -c %s f.part)" = 32768 ]
	run bash -c "'$TWC' http $U/binary | head -c 1 >/dev/null; exit \${PIPESTATUS[0]}"
	[[ $status == 141 || $status == 0 ]] # it may all have fitted into the pipe
	run bash -c "'$TWC' http $U/x $U/x >&-"
	is_status 0
	http -o /dev/null "$U/x"
	[ -c /dev/null ]
	[ "$(http -o /dev/stdout "$U/x")" = hello ]
	[ -z "$(http --out-null "$U/x")" ]
	[ "$(id -u)" = 0 ] && return
	run http -o /nope "$U/x"
	is_status 73
}

# ---- what else is printed ----

@test "heads: -i, -I, -D" {
	http -i "$U/x" | tr -d '\r' >out
	printf 'HTTP/1.1 200 Fine\nContent-Type: text/plain\nContent-Length: 6\n\nhello\n' | cmp - out
	http -I "$U/x" | tr -d '\r' >out
	printf 'HTTP/1.1 200 Fine\nContent-Type: text/plain\nContent-Length: 6\n\n' | cmp - out
	[ "$(http -D heads "$U/x" "$U/y")" = "$(printf 'hello\nhello')" ]
	[ "$(grep -c '^HTTP/1.1 200' heads)" = 2 ]
	[ "$(http -D - "$U/x" | head -n 1 | tr -d '\r')" = 'HTTP/1.1 200 Fine' ]
	curl -sLi "$U/to/302?url=/x" >theirs
	http -Li "$U/to/302?url=/x" | cmp - theirs
	run http -f -i "$U/status/404"
	is_status 1
	says 'HTTP/1.1 404 Fine'
}

@test "--print: what is asked for, in its order" {
	[ "$(http --print=b "$U/x")" = hello ]
	[ -z "$(http --print= "$U/x")" ]
	http --print=HBhb "$U/echo" --data-raw 'a=b' | tr -d '\r' >out
	grep -qx 'POST /echo HTTP/1.1' out
	[ "$(grep -nx 'a=b' out | head -n 1 | cut -d : -f 1)" -lt "$(grep -n '^HTTP/1.1 200' out | cut -d : -f 1)" ]
	http --print=m "$U/x" | grep -q '^Elapsed time: 0\.[0-9]*s$'
	run http --print=x "$U/x"
	is_status 64
}

@test "-v: curl's lines on standard error, without secrets" {
	run --separate-stderr http -v -u ann:secret -b k=v "$U/set"
	[ "$status" = 0 ]
	[ "$output" = set ]
	[[ $stderr == *'* '*'> GET /set HTTP/1.1'*'> Authorization: Basic ***'*'> Cookie: ***'*'< HTTP/1.1 200 Fine'*'< Set-Cookie: ***'* ]]
	[[ $stderr != *YW5uOnNlY3JldA* && $stderr != *'a=1'* && $stderr != *'twc: '* ]]
	run --separate-stderr http -v --show-secrets -u ann:secret "$U/set"
	[[ $stderr == *'> Authorization: Basic YW5uOnNlY3JldA=='*'< Set-Cookie: a=1; Path=/'* ]]
	run --separate-stderr http -v --trace-time "$U/x"
	[[ ${stderr_lines[0]} =~ ^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\ \*\  ]]
}

@test "--trace-ascii is laid out as curl's" {
	curl -q -s --trace-ascii theirs -A x -d 'a=b' "$U/echo" >/dev/null
	http --trace-ascii ours -A x -d 'a=b' "$U/echo" >/dev/null
	sed '/^== Info/d; /^<= Recv data/,$d' theirs >a # bodies may come in pieces
	sed '/^== Info/d; /^<= Recv data/,$d' ours >b
	cmp a b
	grep -q '^<= Recv data, [0-9]* bytes (0x' ours
	http --trace-ascii - --trace-time "$U/x" | grep -qE '^[0-9:]{8}\.[0-9]{6} => Send header, [0-9]+ bytes'
	http --trace-ascii ours -u ann:secret "$U/x"
	grep -q 'Authorization: Basic \*\*\*' ours
	run http --trace-ascii no/where "$U/x"
	is_status 73
}

@test "--pretty and --color" {
	[ "$(http --pretty "$U/json" | head -n 2)" = "$(printf '{\n  "ok": true,')" ]
	[ "$(http --pretty "$U/x")" = hello ]
	[ "$(http --color=always --pretty "$U/json" | head -n 2 | tail -n 1)" != '  "ok": true,' ]
	http --color=always -i "$U/x" | grep -qF $'\033[1mContent-Type\033[0m: text/plain'
	[ "$(http -i "$U/x" | grep -c $'\033')" = 0 ]
}

@test "a terminal: text yes, binary no, unless it is asked for" {
	term() { script -qec "'$TWC' http --no-progress-meter $*" /dev/null </dev/null | tr -d '\r'; }
	command -v script >/dev/null || skip "no script(1)"
	[ "$(term "$U/x")" = hello ]
	run term "$U/binary"
	says 'standard output is a terminal; -o FILE keeps it, -o - shows it'
	[ "$(script -qec "stty -opost; '$TWC' http -o - $U/binary" /dev/null </dev/null | wc -c)" -ge 65536 ]
	term -i "$U/x" | grep -qF $'\033[1mContent-Type\033[0m: text/plain'
	! NO_COLOR=1 term -i "$U/x" | grep -qF $'\033[1m' || false
}

@test "progress is for terminals" {
	command -v script >/dev/null || skip "no script(1)"
	run --separate-stderr http -o f "$U/binary"
	[ -z "$stderr" ]
	script -qec "'$TWC' http -o f --limit-rate 60k $U/binary" /dev/null </dev/null >screen
	grep -q '%  .* of 64.0k, ' screen
	script -qec "'$TWC' http -s -o f --limit-rate 60k $U/binary" /dev/null </dev/null >screen
	[ ! -s screen ]
	script -qec "'$TWC' http -Z --remote-name-all $U/a1 $U/a2" /dev/null </dev/null >screen
	[ "$(grep -c ' 6 in 0\.' screen)" = 2 ]
	# --wait: dots, on a line that is gone when the answer comes
	wait_for() { script -qec "'$TWC' http --wait 20s $*" /dev/null </dev/null | tr -d '\r'; }
	wait_for "'$U/flaky?n=4' --expect status=200" >screen
	grep -q 'waiting \.\.\.' screen
	[[ $(tail -n 1 screen) == *$'\033[Kat last 5' ]]
	wait_for "-s '$U/flaky?n=4&k=1' --expect status=200" >screen
	[ "$(<screen)" = 'at last 5' ]
	wait_for "--no-progress-meter '$U/flaky?n=4&k=2' --expect status=200" >screen
	[ "$(<screen)" = 'at last 5' ]
	# a body on the terminal is not mixed with it
	[ "$(script -qec "stty -opost; '$TWC' http -o - --limit-rate 60k $U/binary" /dev/null </dev/null | wc -c)" -eq 65536 ]
}

# ---- what is told ----

@test "-w: names, escapes, places, files" {
	[ "$(http -o /dev/null -w '%{http_code} %{size_download} %{method}\n' "$U/x")" = '200 6 GET' ]
	[ "$(http -o f -w '%{filename_effective}|%header{content-type}|%{num_redirects} %{url_effective}' -L "$U/to/302?url=/x")" = \
		"f|text/plain|1 $U/x" ]
	run --separate-stderr http -o /dev/null -w 'a%{stderr}b%output{w}c%{stdout}d' "$U/x"
	[ "$output" = ad ]
	[ "$stderr" = b ]
	[ "$(cat w)" = c ]
	http -o /dev/null -w '%output{>>w}d' "$U/x"
	[ "$(cat w)" = cd ]
	printf '%%{response_code}' >format
	[ "$(http --out-null -w @format "$U/x" "$U/status/404")" = 200404 ]
	run --separate-stderr http -o /dev/null -w '%{nosuch}' "$U/x"
	[ "$status" = 0 ]
	[[ $stderr == *"there is no variable 'nosuch'"* ]]
	run http -w @nowhere "$U/x"
	is_status 66
	[ "$(http -s -w '%{http_code} %{exitcode} %{errormsg}' "http://127.0.0.1:1/" || true)" = \
		'000 69 connection refused (ECONNREFUSED, 127.0.0.1:1)' ]
	[ "$(http -o /dev/null -w 'x%{onerror}y' "$U/x")" = x ]
}

@test "-w says what curl says" {
	local names='%{content_type} %{exitcode} %{filename_effective} %{http_code} %{http_version} %{local_ip} %{method} %{num_connects} '
	names+='%{num_headers} %{num_redirects} %{redirect_url} %{referer} %{remote_ip} %{remote_port} %{scheme} %{size_download} %{size_header} '
	names+='%{size_request} %{size_upload} %{ssl_verify_result} %{url} %{url_effective} %{urlnum} %{time_appconnect} %{time_redirect}\n%{header_json}'
	for how in "$U/x" "-I $U/x" "-X PUT $U/x" "-e http://r.test/ $U/x" "$U/to/302?url=/y" "$U/status/404" "$U/gzip"; do
		# shellcheck disable=SC2086 # options and a URL
		curl -q -s -o o -w "$names" -A x $how >theirs
		# shellcheck disable=SC2086
		http -s -o o -w "$names" -A x $how >ours
		diff theirs ours >&2
	done
	http -o o -w '%{json}' "$U/x" | jq -e '.http_code == 200 and .time_total > 0 and .errormsg == null' >/dev/null
}

@test "--report: a line for each attempt" {
	[ "$(http --report json -o f "$U/x" | jq -c 'keys_unsorted')" = \
		'["url","method","status","http","remote","local","attempt","redirects","bytes","us","tls","error"]' ]
	[ "$(http --report json -o f "$U/x" | jq -c '[.bytes, .us | keys_unsorted]')" = \
		'[["up","down","head"],["dns","connect","tls","first_byte","total"]]' ]
	http --report json:log -L -o f "$U/to/302?url=/x" "$U/flaky?n=1" --retry 1 --retry-delay 1ms 2>/dev/null
	[ "$(jq -c '[.status, .attempt, (.redirects | length)]' log)" = "$(printf '[200,1,1]\n[503,1,0]\n[200,2,0]')" ]
	[ "$(jq -r '.redirects[]' log)" = "$U/x" ]
	[ "$(jq -c '[.remote, .error, .tls]' log | head -n 1)" = "[\"tcp:$H\",null,null]" ]
	run http -s --report json:log http://u:secret@127.0.0.1:1/
	is_status 69
	[ "$(jq -c '[.url, .status, .error.code]' log)" = '["http://u:***@127.0.0.1:1/",null,"EREFUSED"]' ]
	jq -e '.us.total > 0' log >/dev/null
	http --report json:fd:9 -o f "$U/x" 9>log
	[ "$(wc -l <log)" = 1 ]
	run http --report json:fd:77 "$U/x"
	is_status 64
	run http --report json:no/where "$U/x"
	is_status 73
	run http --report xml "$U/x"
	is_status 64
}

@test "--har: an archive that other programs read" {
	http --har h.har -L -u ann:secret -o f "$U/to/302?url=/x%3fq%3d1" "$U/echo" -d 'a=b'
	jq -e '.log.version == "1.2" and (.log.entries | length) == 3' h.har >/dev/null
	[ "$(jq -c '[.log.entries[] | .response.status]' h.har)" = '[302,200,200]' ]
	[ "$(jq -c '.log.entries[1].request.queryString' h.har)" = '[{"name":"q","value":"1"}]' ]
	[ "$(jq -r '.log.entries[1].response.content.text' h.har)" = hello ]
	[ "$(jq -r '.log.entries[2].request.postData.text' h.har)" = a=b ]
	jq -e '.log.entries[0].timings | .wait >= 0 and .send >= 0 and .receive >= 0 and .ssl == -1' h.har >/dev/null
	jq -c '.log.entries[].request' h.har >requests
	! grep -q YW5uOnNlY3JldA requests || false
	grep -q 'Basic \*\*\*' requests
	http --har h.har -s http://127.0.0.1:1/ || true
	[ "$(jq -r '.log.entries[0].response._error' h.har)" = 'connection refused (ECONNREFUSED, 127.0.0.1:1)' ]
	run http --har no/where "$U/x"
	is_status 73
}
