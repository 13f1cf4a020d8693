#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What twc http makes of answers: statuses of its own, redirects, retries, limits of time, what is expected, waiting, events.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/http

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "a body on standard output, whatever the status is" {
	http_start
	run http "$H/x"
	is_status 0
	[ "$output" = hello ]
	run http "$H/status/404"
	is_status 0
	[ "$output" = "status 404" ]
	run http "$H/chunked"
	[ "$output" = "hello world" ]
	run http "$H/close"
	[ "$output" = "to the end" ]
	http "$H/binary" | cmp - <("$PYTHON" -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 256)')
	run http "$H/status/204"
	is_status 0
	[ -z "$output" ]
	run http HEAD "$H/x"
	is_status 0
	[ -z "$output" ]
}

@test "interim responses and 204 that announce a body, which they cannot have" {
	serve_start tcp:0 --text $'HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n\r\nsmuggled'
	run --separate-stderr http "127.0.0.1:$PORT"
	is_status 76
	[ -z "$output" ]
	[[ $stderr == *'an interim response (103) that announces a body'* ]]
	serve_stop
	serve_start tcp:0 --text $'HTTP/1.1 100 Go\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
	run http "127.0.0.1:$PORT"
	is_status 76
	serve_stop
	serve_start tcp:0 --text $'HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\nno'
	run http "127.0.0.1:$PORT"
	is_status 0
	[ -z "$output" ]
}

@test "-f and --fail-with-body" {
	http_start
	run --separate-stderr http -f "$H/status/404"
	is_status 1
	[ -z "$output" ]
	[ "$stderr" = "twc: http $H/status/404: the server answered 404 Fine" ]
	run --separate-stderr http --fail-with-body "$H/status/500"
	is_status 1
	[ "$output" = "status 500" ]
	run http -f "$H/status/399"
	is_status 0
	run http -f --fail-with-body "$H/"
	is_status 64
}

@test "several transfers: all well, all failed, some failed" {
	http_start
	run http -f "$H/a" "$H/b"
	is_status 0
	run http -f "$H/status/404" "$H/status/500"
	is_status 1
	run http -f "$H/status/404" "$H/a"
	is_status 79
	run http -f 127.0.0.1:1 "$H/status/404" # refused got further than no
	is_status 69
	run http -f --fail-early "$H/status/404" "$H/a"
	is_status 1
	[[ $output != *hello* ]]
	[ "$(connections)" -eq 5 ] # kept within a run
}

@test "--exit=curl has curl's numbers" {
	http_start
	for args in "-f $H/status/404" 127.0.0.1:1 nowhere.invalid "$H/short" "$H/cut" "-m 0.2 $H/silent" "$H/junk" \
		"-L $H/loop --max-redirs 3" "--max-filesize 10 $H/binary" "https://$H/" "-o /nowhere/x $H/" "$H/"; do
		curl -q -s -o /dev/null $args >/dev/null 2>&1 && want=0 || want=$?
		http --exit=curl -s --out-null $args >/dev/null 2>&1 && got=0 || got=$?
		case $args in
		-o*) want=23 && http --exit=curl -s $args >/dev/null 2>&1 && got=0 || got=$? ;;
		"$H/junk") want=8 ;; # HTTP/0.9 is a matter of its own in curl
		esac
		[ "$got" -eq "$want" ] || { echo "$args: $got, curl $want" >&2; false; }
	done
	for args in "-C 5 $H/x" "--cacert none https://$H/" "-k --cert none https://$H/" \
		"-x nowhere.invalid:1 $H/" "--interface none0 $H/" "--compressed $H/badgzip" "--nothing $H/" "-m soon $H/"; do
		curl -q -s -o /dev/null $args >/dev/null 2>&1 && want=0 || want=$?
		http --exit=curl -s --out-null $args >/dev/null 2>&1 && got=0 || got=$?
		[ "$got" -eq "$want" ] || { echo "$args: $got, curl $want" >&2; false; }
	done
	run http --exit=curl -f "$H/status/404" "$H/a"
	is_status 22
	run http --exit=curl-last -f "$H/status/404" "$H/a"
	is_status 0
	run http --exit=curl "http://h/a b"
	is_status 3
	run http --exit=curl -d @none "$H/"
	is_status 26
}

@test "answers that break off or cannot be" {
	http_start
	run --separate-stderr http "$H/short"
	is_status 76
	[ "$output" = half ]
	[[ $stderr == "twc: http $H/short: "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	run http "$H/cut"
	is_status 76
	run http "$H/junk"
	is_status 76
	run http "$H/twice"
	is_status 76
	run http "$H/both"
	is_status 76
	run http --lenient "$H/both"
	is_status 0
	[ "$output" = ok ]
}

@test "names, refusals, sockets that are not there" {
	run http http://nowhere.invalid/
	is_status 68
	run http http://127.0.0.1:1/
	is_status 69
	says "refused"
	run http --unix-socket "$T/none" http://h/
	is_status 69
}

@test "limits of time name what was waited for" {
	http_start
	run http -m 0.2 "$H/silent"
	is_status 75
	says "$H/silent: "
	run http --first-byte-timeout 200ms "$H/silent"
	is_status 75
	run http -m 0.3 "$H/stall"
	is_status 75
	says some
	run http -y 1 -Y 100 "$H/stall"
	is_status 75
	run http --connect-timeout 5 "$H/"
	is_status 0
}

@test "redirects" {
	http_start
	run http "$H/to/302?url=/x"
	[ "$output" = moved ]
	run http -L "$H/to/302?url=/x"
	[ "$output" = hello ]
	run http -L -d a "$H/to/302?url=/method"
	[ "$output" = "GET " ]
	run http -L -d a "$H/to/307?url=/method"
	[ "$output" = "POST a" ]
	run http -L -X POST -d a "$H/to/303?url=/method"
	[ "$output" = "GET " ]
	run http -L -X POST -d a --keep-method "$H/to/303?url=/method"
	[[ $output == "POST "* ]]
	run http -L --post302 -d a "$H/to/302?url=/method"
	[ "$output" = "POST a" ]
	run http -L "$H/loop"
	is_status 76
	says "50"
	run http -L --max-redirs 0 "$H/to/302?url=/x"
	is_status 76
	says "--max-redirs is 0"
	run http -L --max-redirs x "$H/"
	is_status 64
	run http -L "$H/to/302?url=ftp://h/"
	[ "$status" -ne 0 ]
	run http -L -u ann:secret "$H/to/302?url=http://localhost:$PORT/echo"
	[[ $output != *Authorization* ]]
	run http -L --location-trusted -u ann:secret "$H/to/302?url=http://localhost:$PORT/echo"
	says "Authorization: Basic"
}

@test "retries" {
	http_start
	run http --retry 3 --retry-delay 10ms "$H/flaky?n=2"
	is_status 0
	says "at last 3"
	[[ $output != *"not yet"* ]]
	run http "$H/flaky?n=2&k=1"
	says "not yet"
	run http -f --retry 1 --retry-delay 10ms "$H/flaky?n=5"
	is_status 1
	run http --retry 3 --retry-delay 10ms "$H/flaky?n=2&s=0"
	[ "$status" -ne 0 ]
	run http --retry 3 --retry-delay 10ms --retry-all-errors "$H/flaky?n=2&s=0&k=2"
	is_status 0
	run http --retry 2 --retry-delay 10ms --retry-on 418 "$H/flaky?n=1&s=418"
	says "at last"
	run http --retry 2 --retry-delay 10ms --retry-connrefused 127.0.0.1:1
	is_status 69
	run http -d body --retry 2 --retry-delay 10ms "$H/flaky?n=1&k=3"
	says "at last"
	[ "$(grep -ac '^body' http.log)" -eq 2 ]
}

@test "what is expected" {
	http_start
	run --separate-stderr http "$H/json" --expect status=200 --expect json:.ok=true --expect 'json:.list.#>2' \
		--expect 'header:content-type~json' --expect 'body*=Ann' --expect 'time<20s' --expect http=1.1 --expect '!header:nope'
	is_status 0
	[ "$output" = '{"ok":true,"list":[1,2,3],"name":"Ann"}' ]
	run --separate-stderr http "$H/json" --expect status=201 --expect json:.ok=false --expect body.size=3
	is_status 1
	[ "$output" = '{"ok":true,"list":[1,2,3],"name":"Ann"}' ]
	[ "${stderr_lines[0]}" = "twc: http $H/json: expected status=201, got 200" ]
	[ "${stderr_lines[1]}" = "twc: http $H/json: expected json:.ok=false, got true" ]
	[ "${#stderr_lines[@]}" -eq 3 ]
	run http "$H/chunked" --expect trailer:Sum=12
	is_status 0
	run http -L "$H/to/302?url=/x" --expect redirects=1 --expect "url~/x\$"
	is_status 0
	run http "$H/" --expect stauts=200
	is_status 64
	says "did you mean status?"
	run http "$H/" --expect 'status=20'
	is_status 64
	says "column 8"
}

@test "--wait: until it connects, and all that is expected holds" {
	http_start
	run --separate-stderr http --wait 20s "$H/flaky?n=3" --expect status=200
	is_status 0
	[ "$output" = "at last 4" ]
	[ -z "$stderr" ]
	run --separate-stderr http --wait 20s "$H/flaky?n=3&k=1" --expect body~last
	[ "$output" = "at last 4" ]
	run --separate-stderr http --wait 20s -f "$H/flaky?n=2&s=500"
	[ "$output" = "at last 3" ]
	run --separate-stderr http --wait 300ms "$H/" --expect status=500
	is_status 75
	[ -z "$output" ]
	[[ $stderr == *"within 300ms"*"expected status=500, got 200" ]]
	run http --wait 300ms 127.0.0.1:1
	is_status 75
	says "refused"
	run http --wait 300ms "$H/silent"
	is_status 75
	from=$(date +%s%N) # it is asked until the end
	run http --wait 1s 127.0.0.1:1
	is_status 75
	[ $(($(date +%s%N) - from)) -ge 900000000 ]
	# it comes up later
	mkfifo go
	( read -r <go; exec "$TWC" serve "unix:$T/sock" --text $'HTTP/1.0 200 OK\r\n\r\nup' ) 2>/dev/null &
	PIDS+=($!)
	http --wait 20s --unix-socket "$T/sock" http://h/ >out &
	pid=$!
	echo >go
	wait $pid
	[ "$(cat out)" = up ]
}

@test "events, and the connection again" {
	http_start
	run http --sse "$H/events"
	is_status 0
	[ "$output" = "one 1
two
one 2
two
one 3
two
one 4
two" ]
	run http --sse-json --count 3 "$H/events"
	is_status 0
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -r '.event + " " + .id + " " + .data' <<<"${lines[2]}")" = $'tick 3 one 3\ntwo' ]
	grep -q '^Last-Event-ID: 2' http.log
	grep -q '^Accept: text/event-stream' http.log
	run http --sse -m 1 "$H/tick" # its limit is not that of each connection
	is_status 75
	[ "${lines[0]}" = one ]
	says "timed out after 1s (waiting to connect again)"
	run http --sse "$H/x"
	is_status 76
	says "no stream of events"
	run http --sse "$H/status/404"
	is_status 76
	run http --count 3 "$H/"
	is_status 64
}

@test "many at a time" {
	http_start
	http -Z --glob "$H/sleep/0.[1-3]?[1-20]" --parallel-max 60 --out-null
	[ "$(connections)" -eq 60 ]
	: >http.log
	http -Z --glob "$H/x[1-200]" --parallel-max 5 -o 'f#1'
	[ "$(cat f* | grep -c hello)" -eq 200 ]
	[ "$(connections)" -le 5 ]
	run http -Z -f --glob "$H/status/{200,404,201}"
	is_status 79
	run http -Z -f --fail-early "$H/silent" "$H/status/404"
	is_status 1
}

@test "--rate begins so many in a unit" {
	http_start
	local began=$EPOCHREALTIME ended
	http --rate 10/s --glob "$H/x[1-4]" --out-null
	ended=$EPOCHREALTIME
	[ "$(awk "BEGIN { print ($ended - $began >= 0.29) }")" = 1 ]
	run http --rate x "$H/"
	is_status 64
	run http --rate 1/q "$H/"
	is_status 64
}

@test "silence" {
	run --separate-stderr http -s 127.0.0.1:1
	is_status 69
	[ -z "$stderr" ]
	run --separate-stderr http -sS 127.0.0.1:1
	is_status 69
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "the reader of standard output goes away" {
	http_start
	http "$H/x" | true || [ "${PIPESTATUS[0]}" -eq 141 ]
	run bash -c '"$TWC" http --glob "http://$1/binary?[1-50]" | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"' _ "$H"
	is_status 141
	[ -z "$output" ]
	run bash -c '"$TWC" http "http://$1/x" >/dev/full' _ "$H"
	is_status 74
}
