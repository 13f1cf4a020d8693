#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What twc http sends: to the byte what curl sends for the same options, and what items, groups and globs make.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/http

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "requests are those of curl, to the byte" {
	http_start
	printf 'line one\nline two\r\n' >f
	same_as_curl "$H/"
	same_as_curl "$H"
	same_as_curl -I "$H/x"
	same_as_curl -d a=b -d c=d "$H/x"
	same_as_curl -d @f "$H/x"
	same_as_curl --data-raw @f "$H/x"
	same_as_curl --data-binary @f "$H/x"
	same_as_curl --data-binary @f -d x "$H/x"
	same_as_curl --data-urlencode 'a=b c&d' --data-urlencode @f --data-urlencode 'n@f' --data-urlencode '=x y' "$H/x"
	same_as_curl --json '{"a":1}' "$H/x"
	same_as_curl --json '{"a":' --json '1}' "$H/x"
	same_as_curl --json @f "$H/x"
	same_as_curl -G -d a=b -d c "$H/x?q=1"
	same_as_curl -G -d a=b -I "$H/x"
	same_as_curl --url-query 'a=b' --url-query '+c=d' "$H/x?q=1"
	same_as_curl -H Expect: -T f "$H/up/"
	same_as_curl -H Expect: -T f "$H/up"
	same_as_curl -X DELETE "$H/x"
	same_as_curl -X PUT -d x "$H/x"
	same_as_curl -H 'A: b' -H 'Accept:' -H 'Empty;' -H 'User-Agent: mine' "$H/x"
	same_as_curl -H 'Host: other' "$H/x"
	same_as_curl -H 'Host;' "$H/x"
	same_as_curl -H 'Host:' "$H/x"
	same_as_curl -0 -H Host: -H 'A: b' "$H/x"
	same_as_curl -H 'Content-Type: text/x' -d x "$H/x"
	same_as_curl -H 'Content-Type:' -d x "$H/x"
	same_as_curl -A '' "$H/x"
	same_as_curl -e http://from/ "$H/x"
	same_as_curl -u ann:secret "$H/x"
	same_as_curl --oauth2-bearer token "$H/x"
	same_as_curl -r 0-9 "$H/x"
	same_as_curl -b 'a=b; c=d' "$H/x"
	same_as_curl -0 "$H/x"
	same_as_curl --path-as-is "$H/a/../b"
	same_as_curl "$H/a/../b/./c"
	same_as_curl --request-target '*' -X OPTIONS "$H/"
	same_as_curl -z 'Tue, 15 Nov 1994 12:45:26 GMT' "$H/x"
	same_as_curl "$H/x#fragment"
	same_as_curl "http://ann:secret@$H/x"
	same_as_curl -H 'Transfer-Encoding: chunked' -d abc "$H/x"
}

@test "forms are those of curl" {
	http_start
	printf 'content\n' >f.txt
	printf 'X-A: 1\nX-B: 2\n' >heads
	same_as_curl -F a=b "$H/x"
	same_as_curl -F a=@f.txt "$H/x"
	same_as_curl -F 'a=@f.txt;type=text/x;filename=other.bin' "$H/x"
	same_as_curl -F 'a=<f.txt' "$H/x"
	same_as_curl -F 'a=b;type=text/plain;charset=utf-8' "$H/x"
	same_as_curl -F 'a="b;c"' "$H/x"
	same_as_curl --form-string 'a=@b;type=c' "$H/x"
	same_as_curl -F 'n"q=1' "$H/x"
	same_as_curl --form-escape -F 'n"q=1' "$H/x"
	same_as_curl -F 'a=b;headers="X-Y: z"' -F 'c=d;headers=@heads' "$H/x"
}

@test "standard input as a body: in memory, in chunks, as a part" {
	http_start
	printf 'a\nb\n' | http -d @- "$H/method"
	run asked
	says "Content-Length: 2"
	says ab
	printf 'a\nb\n' | http -T - "$H/echo" >out
	grep -q 'Transfer-Encoding: chunked' out
	printf '~' | http -F 'a=@-;filename=x' "$H/echo" >out # a byte: more could come in two chunks
	grep -qa '~' out
	grep -qa 'filename="x"' out
}

@test "a large body waits for leave, and none when it is refused early" {
	http_start
	head -c 3000000 /dev/zero >big
	http -T big "$H/echo" -o out
	grep -qa 'Expect: 100-continue' out
	[ "$(wc -c <out)" -gt 3000000 ]
	run http -T big -f "$H/early"
	is_status 1
	says "413"
	run http -T big -H Expect: "$H/echo" -o out
	is_status 0
	! grep -qa 'Expect:' out || false
}

@test "items make JSON, header fields and the query" {
	run http --offline PUT http://h/p 'a=text' 'n:=1' 'deep[x][]=1' 'deep[x][]=2' 'X-H:v' 'Accept:' 'E;' 'q==1 2' 'b\=c=d'
	is_status 0
	says "PUT /p?q=1%202 HTTP/1.1"
	says "X-H: v"
	says "E:"
	says "Content-Type: application/json"
	says '{"a":"text","n":1,"deep":{"x":["1","2"]},"b=c":"d"}'
	[[ $output != *Accept* ]]
	printf '[1,2]' >j
	run http --offline http://h/ l:=@j t=@j
	says '{"l":[1,2],"t":"[1,2]"}'
	says "POST / HTTP/1.1"
	run http --offline --items form http://h/ a='b c' d=ü
	says "application/x-www-form-urlencoded"
	says 'a=b+c&d=%C3%BC'
	run http --offline http://h/ a=b f@j
	says "multipart/form-data"
	says 'filename="j"'
	run http --offline --items multipart http://h/ a=b
	says 'name="a"'
}

@test "operands that are none" {
	run http http://h/ n:=x1
	is_status 64
	says "n:=x1"
	run http http://h/ 'a b:c'
	is_status 64
	says "name of a header field"
	run http http://h/ a=b -d x
	is_status 64
	says "one body"
	run http POST http://h/ -X PUT
	is_status 64
	run http http://h/ a=@nowhere
	is_status 66
	says nowhere
	run http http://h/ -H nonsense
	is_status 64
	says "no header field"
	run http http://h/ -H $'A: b\rc'
	is_status 64
	run http http://h/ -X 'A B'
	is_status 64
	run http http://h/ -d @nowhere
	is_status 66
	run http http://h/ -T nowhere
	is_status 66
	run http http://h/ -T .
	[ "$status" -ne 64 ]
	run http http://h/ -T /
	is_status 66
	run http http://h/ -F x
	is_status 64
	says "NAME=CONTENT"
	run http http://h/ -F 'a=@nowhere'
	is_status 66
}

@test "URLs that are none have a caret" {
	run http 'http://h/a b'
	is_status 64
	[ "${lines[1]}" = "    http://h/a b" ]
	[ "${lines[2]}" = "              ^" ]
	run http 'http://ann:secret@h/a b'
	is_status 64
	[ "${lines[1]}" = "    http://ann:***@h/a b" ]
	[ "${lines[2]}" = "                      ^" ]
	run http ftp://h/
	is_status 64
	run http http://h:99999/
	is_status 64
	run http http://h/ok 'http://h/not ok'
	is_status 64 # before anything is sent
	run http --glob 'http://h/[9-1]'
	is_status 64
	says "^"
}

@test "globs, and files that are named by them" {
	http_start
	http --glob "$H/echo/[1-3]/{a,b}" -o 'got_#1_#2'
	[ "$(ls got_* | wc -l)" -eq 6 ]
	grep -q 'GET /echo/2/b ' got_2_b
	run http --offline "http://h/[1-3]"
	[[ $output == "GET /[1-3] "* ]]
	run http --offline -g --glob 'http://h/{a}'
	[[ $output == "GET /{a} "* ]]
}

@test "groups have options of their own" {
	http_start
	http -d a "$H/method" --next -X DELETE "$H/method" -: "$H/method" >out
	[ "$(cat out)" = "POST a
DELETE 
GET " ]
	[ "$(connections)" -eq 1 ]
}

@test "files of options, and nothing is read by itself" {
	http_start
	cat >conf <<-END
		# a comment
		url = "$H/method"
		data: "x y"
		-X PATCH
	END
	run http -K conf
	is_status 0
	[ "$output" = "PATCH x y" ]
	printf 'user-agent = mine\n' >.curlrc
	HOME=$T run http "$H/echo"
	[[ $output != *mine* ]]
	printf 'nonsense = 1\n' >conf
	run http -K conf
	is_status 64
	says "conf:1"
}

@test "secrets come from files and variables, and leave the list of processes" {
	http_start
	printf 'ann:secret\n' >login
	run http -u @login "$H/basic"
	[ "$output" = in ]
	LOGIN=ann:secret run http -u env:LOGIN "$H/basic"
	[ "$output" = in ]
	run http -u env:NOT_THERE "$H/basic"
	is_status 66
	says NOT_THERE
	printf 'tok\n' | http --bearer @- "$H/echo" >out
	grep -q '^Authorization: Bearer tok' out
	"$TWC" http -u ann:hidden99 -H 'X-Key: hidden99' "http://ann:hidden99@$H/silent" X-Key:hidden99 &
	pid=$!
	PIDS+=("$pid")
	until_true grep -q silent http.log
	! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q hidden99 || false
	tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q silent
	kill "$pid"
}

@test "--offline writes what would be sent" {
	http_start
	http -A x POST "$H/method" a=1 >/dev/null
	grep -av '^== ' http.log | head -c -1 >sent
	http -A x --offline POST "$H/method" a=1 | cmp - sent
	printf 'abc' | http --offline -T - http://h/ >out
	printf '3\r\nabc\r\n0\r\n\r\n' >end
	tail -c 13 out | cmp - end
	run http --offline --wait 9s --expect status=200 http://h/
	is_status 0
	run http --offline https://user:pw@h:8443/x
	says "Host: h:8443"
	says "Authorization: Basic"
}

@test "--print-curl is a command that asks for the same" {
	http_start
	printf 'f\n' >f
	plain() {
		grep -av '^== ' http.log | sed 's/-\{20,\}[0-9a-zA-Z]*/BOUNDARY/g
			s/^Content-Length: [0-9]*/Content-Length: N/; s/^User-Agent: .*/User-Agent: x/' | sort
		: >http.log
	}
	while read -r line; do
		eval "set -- $line"
		http "$@" >/dev/null
		plain >ours.log
		http --show-secrets --print-curl "$@" >cmd
		sh cmd >/dev/null 2>&1
		plain >curl.log
		diff -u ours.log curl.log >&2 || { cat cmd >&2; false; }
	done <<-END
		"$H/x"
		PUT "$H/x" a="it's" n:=1 X-Y:z q==1
		-u ann:secret -d a=b "$H/x"
		"$H/x" a=b f@f
		-G -d a=b "$H/x[1]"
		-L "$H/to/302?url=/y" -X DELETE
		-d 1 "$H/x" --next -d 2 "$H/y"
	END
	run http --print-curl -u ann:secret --bearer tok http://h/
	is_status 64
	run http --print-curl -u ann:secret http://h/
	[[ $output != *secret* ]]
}
