#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Corners in which twc http does as curl does: found by curl's own tests, held here without them.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/http

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "forms: of another type, from files in quotes" {
	http_start
	printf 'content\n' >'f;g.txt'
	same_as_curl -F a=b -F c=d "$H/x"
	same_as_curl -H 'Content-Type: multipart/form-data; charset=utf-8' -F a=b "$H/x"
	same_as_curl -F 'a=@"f;g.txt"' "$H/x"
	same_as_curl -F 'a=@"f;g.txt";type=text/x;filename="o;p"' "$H/x"
	same_as_curl -F 'a=<"f;g.txt";type=text/x' "$H/x"
	same_as_curl -F 'a=b;filename=c.pdf' -F 'd=e;filename=f' "$H/x"
	same_as_curl -F 'a=@"f;g.txt";filename=c.pdf' -F 'a=@"f;g.txt";filename=c' "$H/x"
	run http -s -H 'Content-Type: multipart/form-data; boundary=mine' -F a=b "$H/x"
	[[ "$(asked)" != *boundary=mine* ]]
}

@test "a proxy of HTTP is asked for a kept connection" {
	http_start
	same_as_curl -x "$H" http://name.test/x
	same_as_curl -x "$H" -U ann:secret http://name.test/x
	same_as_curl -x "$H" -H Proxy-Connection: http://name.test/x
	same_as_curl -x "$H" --proxy-header 'X-P: 1' http://name.test/x
	http -s -x "$H" --proxy-header 'Proxy-Connection: close' http://name.test/y >/dev/null
	[ "$(grep -c '^Proxy-Connection' http.log)" = 2 ]
}

@test "dates as people write them" {
	http_start
	same_as_curl -z 'dec 12 12:00:00 1999 GMT' "$H/x"
	same_as_curl -z '-12 Dec 1999' "$H/x"
}

@test "cookies are those of the host that a Host field names" {
	http_start
	http -s -b '' -H 'Host: www.x.test:81' "$H/domain?d=x.test" "$H/echo" >out
	grep -q '^Cookie: wide=1' out
	http -s -b '' "$H/domain?d=x.test" "$H/echo" >out
	run grep '^Cookie:' out
	is_status 1
}

@test "a redirect to nowhere is none" {
	http_start
	run http -s -L -w '%{http_code} %{num_redirects}\n' -o body "$H/to/302?url="
	is_status 0
	[ "$output" = '302 0' ]
}

@test "Digest behind a proxy is about what the origin is asked" {
	http_start
	http -s -x "$H" --digest -u ann:secret http://name.test/digest >/dev/null
	asked | grep -q '^Authorization: Digest .*uri="/digest"'
}

@test "a redirect to a login of no name has none" {
	http_start
	same_as_curl "http://@$H/x"
	http -s -L "$H/to/302?url=http://@$H/x" >/dev/null
	asked | grep -q "^GET /to"
	run grep -c Authorization http.log
	[ "$output" = 1 ] # what was typed is taken at its word
}

@test "an upload goes on in the middle" {
	http_start
	seq 1 30 >f
	same_as_curl -H Expect: -C 50 -T f "$H/up"
	run http -C 81 -T f "$H/up"
	is_status 65
	says 'f has only 81 bytes, and -C says to go on behind 81'
	run http -C 5 -T . "$H/up" <f
	is_status 0
}

@test "a redirect that ends with its connection is not waited for" {
	# The peer says neither how long its answer is nor closes the connection.
	cat >peer.py <<-'END'
		import socket
		s = socket.create_server(("127.0.0.1", 0))
		print(s.getsockname()[1], flush=True)
		kept = []
		for body in b"HTTP/1.1 302 Go\r\nLocation: /there\r\n\r\nmoved", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nthere\n":
		    c = s.accept()[0]
		    kept.append(c)
		    c.recv(4096)
		    c.sendall(body)
		kept[-1].recv(4096)
	END
	mkfifo port
	"$PYTHON" peer.py >port 3>&- &
	PIDS+=($!)
	IFS= read -r -t $LIMIT PORT <port
	run http -L -s "http://127.0.0.1:$PORT/"
	is_status 0
	[ "$output" = there ]
}

@test "small things: ranges, files of one URL alone, names without a type" {
	http_start
	same_as_curl -r 4 "$H/x"
	same_as_curl -F 'a=  b' "$H/x"
	printf 'one\n' >f
	http -s -H Expect: -T f "$H/one" "$H/two" >/dev/null
	asked | grep -q '^PUT /one '
	asked | grep -q '^GET /two '
	: >http.log
	http -s -T f "$H/dir/?q=1" >/dev/null
	asked | grep -q '^PUT /dir/?q=1 '
	http -s -OJ "$H/named?d=filename=mine.txt"
	[ "$(cat mine.txt)" = named ]
}

@test "-J: where a redirect has led is a name, too" {
	http_start
	http -s -OJL "$H/to/302?url=/there/x.txt%3Fq"
	[ -s x.txt ]
	[ ! -e 302 ]
	printf 'mine\n' >y
	run http -OJL "$H/to/302?url=/y"
	is_status 73
	[ "$(cat y)" = mine ]
	http -s -OL "$H/to/302?url=/z"
	[ -s 302 ]
}

@test "a tunnel is asked for with the fields of curl, and those for the proxy" {
	http_start
	same_as_curl -p -x "$H" http://name.test/x
	same_as_curl -p -x "http://ann:secret@$H" --proxy-header 'X-P: 1' -H 'X-O: 2' http://name.test/x
	same_as_curl -x "$H" --proxy-header 'User-Agent: other' https://name.test/x
}

@test "trailers are shown with the head, and %{referer} is the latest" {
	http_start
	curl -q -s -i -D curl.heads "$H/chunked" >curl.out
	http -s -i -D heads "$H/chunked" >out
	grep -q '^Sum: 12' out
	diff -u curl.out out
	diff -u curl.heads heads
	run http -s -o body -L -e 'first;auto' -w '%{referer}' "$H/to/302?url=/x"
	[ "$output" = "http://$H/to/302?url=/x" ]
	run http -s -o body -e 'first;auto' -w '%{referer}' "$H/x"
	[ "$output" = first ]
}

@test "--proto and --proto-redir: lists as curl has them" {
	http_start
	for args in "--proto =http" "--proto -https" "--proto https" "--proto -all,http" "--proto =https" "--proto -all" "--proto -http,ftp" \
		"-L --proto-redir =https" "-L --proto-redir https" "-L --proto-redir -all,+http" "-L --proto-redir -http" \
		"-L --proto =https --proto-redir all"; do
		curl -q -s -o /dev/null $args "$H/to/302?url=/x" && want=0 || want=$?
		http --exit=curl -s --out-null $args "$H/to/302?url=/x" && got=0 || got=$?
		[ $((want == 0)) -eq $((got == 0)) ] || { echo "$args: $got, curl $want" >&2; false; }
	done
	run http --proto =https "$H/x"
	is_status 77
	[[ $output = *"http is not supported here: --proto leaves it out"* ]]
	run http --exit=curl --proto -all "$H/x"
	is_status 2
	[[ $output = *"--proto: -all leaves neither http nor https"* ]]
	run http --proto-redir 'http https' "$H/x"
	is_status 64
	[[ $output = *"--proto-redir: http https is no list of schemes"* ]]
}

@test "%header{NAME:all:…} has those of all responses" {
	http_start
	run --separate-stderr http -s -L -o body -w '%header{location}|%header{location:all:-{\}\t}|%header{none:all:x}|' "$H/to/302?url=/to/301%3Furl=/x"
	is_status 0
	[ "$output" = "|/to/301?url=/x-{}	/x||" ]
	run --separate-stderr http -s -o body -w '%header{location:all:, }\n' "$H/to/302?url=/x" -o body2 "$H/to/302?url=/y" # of each transfer
	[ "$output" = $'/x\n/y' ]
}

@test "--proto-default: what a URL without a scheme begins with" {
	http_start
	for url in name.test/x localhost:1/x http://name.test/x HTTP://name.test/x https://name.test/x; do
		for scheme in http https; do
			want=$(curl -q -s -x 127.0.0.1:1 --proto-default $scheme -w '%{url_effective}' $url || true)
			got=$(http --proto-default $scheme -s -x 127.0.0.1:1 --out-null -w '%{url_effective}' $url || true)
			case $got in # curl keeps what it was given
			"$want" | "$scheme://$want" | "http${want#HTTP}") ;;
			*) echo "$url: $got, curl $want" >&2; false ;;
			esac
			[[ $url = *://* || $got = $scheme://* ]]
		done
	done
	run http --proto-default https "$H/x" --print-curl
	[[ $output = *"--proto-default https"* ]]
	run http --proto-default ftp "$H/x"
	is_status 64
}

@test "--stderr: what is told goes to a file, or along with the body" {
	http_start
	printf 'old\n' >told
	run --separate-stderr http --stderr told -v "$H/x"
	is_status 0
	[ -z "$stderr" ]
	grep -q '^> GET /x HTTP/1.1' told
	! grep -q old told || false
	run --separate-stderr http --stderr told 127.0.0.1:1
	is_status 69
	[ -z "$stderr" ]
	grep -q 'refused' told
	run --separate-stderr http --stderr - -v "$H/x"
	[ -z "$stderr" ]
	[[ $output = *'> GET /x HTTP/1.1'* ]]
	run --separate-stderr http --stderr "$T/none/told" "$H/x"
	is_status 73
	[[ $stderr = *"--stderr: cannot write $T/none/told: No such file or directory"* ]]
	run -23 http --exit=curl --stderr "$T/none/told" "$H/x"
}
