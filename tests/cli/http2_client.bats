#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http and HTTP/2: against node, nginx, h2o and nghttpd, which speak it by nghttp2 or by themselves, and twc http serve.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/http
load ../support/tls

setup_file() {
	export CERTS=$BATS_FILE_TMPDIR/certs
	certs_make "$CERTS"
}
setup() {
	twc_setup
}
teardown() { twc_teardown; }

# Sets PORT and H; with `tls` it is https, for one.test.
node_start() {
	command -v node >/dev/null || skip 'no node here'
	local args=()
	[ "${1:-}" != tls ] || args=("$CERTS/good.pem" "$CERTS/good.key")
	rm -f node.fifo
	mkfifo node.fifo
	exec {node_out}<>node.fifo
	node "$ROOT/tests/support/h2_peer.js" "${args[@]}" >node.fifo 2>node.err </dev/null 3>&- {node_out}>&- &
	PIDS+=($!)
	IFS= read -r -t $LIMIT -u "$node_out" PORT || { cat node.err >&2; return 1; }
	H=http://127.0.0.1:$PORT
}
plain() { http --http2-prior-knowledge "$@"; }
tls() { http --cacert "$CERTS/ca.pem" "$@"; }

# www behind nginx, with TLS, on the socket S.
nginx_start() {
	command -v nginx >/dev/null || skip 'no nginx here'
	S=$T/nginx.sock
	mkdir -p www/up tmp
	cat >nginx.conf <<-END
		daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err; events {}
		$([ "$(id -u)" != 0 ] || echo 'user root;')
		http {
			access_log off; client_max_body_size 100m; $1
			client_body_temp_path $T/tmp/b; proxy_temp_path $T/tmp/p; fastcgi_temp_path $T/tmp/f;
			uwsgi_temp_path $T/tmp/u; scgi_temp_path $T/tmp/s;
			server {
				listen unix:$S ssl http2; ssl_certificate $CERTS/good.pem; ssl_certificate_key $CERTS/good.key;
				root $T/www; location /up/ { dav_methods PUT; }
			}
		}
	END
	nginx -e nginx.err -c "$T/nginx.conf" -p "$T" 3>&- &
	PIDS+=($!)
	until_true test -S "$S"
}
by_socket() { tls --unix-socket "$S" "$@"; }

@test "TLS agrees on a version, and options say which" {
	node_start tls
	url=https://127.0.0.1:$PORT/x
	for o in '' --http2 --http2-prior-knowledge; do
		run tls $o -w '|%{http_version}' "$url"
		is_status 0
		[ "$output" = "hello /x|2" ]
	done
	for o in --http1.1 --no-alpn; do
		run tls $o -w '|%{http_version}' "$url"
		is_status 0
		[ "$output" = "one|1.1" ]
	done
	run tls -0 -w '|%{http_version}' "$url"
	is_status 0
	run tls --out-null --expect http=2 "$url"
	is_status 0
	run tls --out-null --expect http=1.1 "$url"
	[ "$status" -ne 0 ]
	tls --out-null --report json:rep "$url"
	[ "$(jq -r '.http + " " + .tls.alpn' rep)" = '2 h2' ]
	tls --out-null --har har "$url"
	[ "$(jq -r '.log.entries[0].response.httpVersion' har)" = HTTP/2 ]
	run tls -v --out-null -H 'X-Some: Thing' -H 'Connection: close' "$url"
	says '> GET /x HTTP/2'
	says "> Host: 127.0.0.1:$PORT"
	says '> x-some: Thing'
	says '< HTTP/2 200'
	[[ $output != *onnection:* ]]
	run tls -i "$url"
	[[ ${lines[0]} == 'HTTP/2 200'* ]]
	run http --no-alpn --http2 "$url"
	is_status 64
	says '--no-alpn'
}

@test "in the clear: by prior knowledge alone" {
	node_start
	run plain -w '|%{http_version}' "$H/x"
	is_status 0
	[ "$output" = "hello /x|2" ]
	http_start # one that has HTTP/1 alone
	run http --http2 -w '|%{http_version}' "http://127.0.0.1:$PORT/x"
	is_status 0
	[ "${lines[0]} ${lines[-1]}" = 'hello |1.1' ]
	! asked | grep -qi upgrade || false
	run plain "http://127.0.0.1:$PORT/x"
	is_status 76
	"$PYTHON" -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
while c.recv(1000): pass' >port 3>&- &
	PIDS+=($!)
	until_true test -s port
	run plain --exit=curl "http://127.0.0.1:$(<port)/x"
	is_status 16
	says 'HTTP/2 connection: the server speaks HTTP/1; ask without --http2-prior-knowledge'
}

@test "what a message is made of" {
	node_start
	run plain -X PATCH -d 'some data' -w '|%header{x-method}' "$H/echo"
	[ "$output" = 'some data|PATCH' ]
	run plain -H 'TE: trailers' -H 'Keep-Alive: 3' -H 'Transfer-Encoding: chunked' -d x -D - --out-null "$H/echo"
	says ' te'
	[[ $output != *keep-alive* && $output != *transfer-encoding* ]]
	run plain -I "$H/x"
	is_status 0
	says 'content-length: 8'
	run plain -v "$H/hints"
	is_status 0
	says '< HTTP/2 103'
	says '< link: </a>'
	[[ $output == *after* ]]
	run plain "$H/trailers"
	[ "$output" = body ]
	run plain --out-null -w '%{size_header}' "$H/fields"
	is_status 0
	[ "$output" -gt 60000 ]
	run plain "$H/huge"
	is_status 76
}

@test "bodies both ways, past small windows and padding" {
	node_start
	head -c 3000000 /dev/urandom >data
	run plain -T data "$H/sum"
	is_status 0
	[ "$output" = "$(sha256sum <data | cut -d' ' -f1)" ]
	plain -X POST -T - "$H/echo" <data >back # of unknown length
	cmp data back
	run plain --data-binary @data -w '%{http_code} %{size_upload}' -o back "$H/echo"
	[ "$output" = '200 3000000' ]
	cmp data back
	run plain -T data -w ' %{http_code}' "$H/early" # the rest is not wanted
	is_status 0
	[ "$output" = 'too much 413' ]
}

@test "what goes wrong on one stream" {
	node_start
	run plain "$H/rst"
	is_status 76
	says 'INTERNAL_ERROR'
	run plain --exit=curl "$H/rst"
	is_status 92
	run plain "$H/short"
	is_status 76
	says 'the body stopped after 3 of 10 bytes'
	run plain --exit=curl "$H/short"
	is_status 18
	run plain "$H/long"
	is_status 76
	says 'the body has not the 2 bytes that were announced'
	run plain "$H/die"
	is_status 76
	run plain --first-byte-timeout 100ms "$H/wait"
	is_status 75
	run plain -m 0.2 "$H/wait"
	is_status 75
	run plain -X POST "$H/refused" # it was not done, so it may be asked again
	is_status 0
	[ "$output" = again ]
	run plain "$H/refused-always"
	is_status 76
	says 'REFUSED_STREAM'
}

@test "a server that goes: what runs goes on, the rest finds another connection" {
	node_start
	run plain -Z --parallel-max 3 -w '%{num_connects}\n' -o a -o b -o c "$H/goaway" "$H/x" "$H/x"
	is_status 0
	[ "$(<a)" = 'before after' ]
	[ "$(<b)" = 'hello /x' ]
	run plain -w '|%{num_connects}\n' "$H/goaway" "$H/x"
	is_status 0
	[ "${lines[0]}" = 'before after|1' ]
	[ "${lines[1]}" = 'hello /x|1' ]
	run plain "$H/goodbye"
	is_status 76
	says 'without an answer; it said INTERNAL_ERROR (out of \x1b[1mluck)'
}

@test "many at a time over one connection, as many as the server allows" {
	node_start tls
	run tls -Z --glob -o 'f#1' -w '%{num_connects} %{http_code}\n' "https://127.0.0.1:$PORT/[1-100]"
	is_status 0
	[ "$(grep -c '^0 200' <<<"$output")" -ge 95 ] # 20 at once each; more wait, or have another
	[ "$(<f77)" = 'hello /77' ]
	run tls "https://127.0.0.1:$PORT/sessions"
	[ "$output" -le 5 ]
}

@test "nginx: files of all sizes, parts, uploads, and a connection that takes only so many" {
	mkdir -p www
	for i in {1..100}; do echo "file $i" >www/f$i; done
	head -c 20000000 /dev/urandom >www/big
	nginx_start
	run by_socket -Z --glob -o 'o#1' -w '%{num_connects} %{http_version}\n' 'https://one.test/f[1-100]'
	is_status 0
	[ "$(grep -c '^1 2$' <<<"$output")" = 1 ]
	[ "$(grep -c '^0 2$' <<<"$output")" = 99 ]
	for i in {1..100}; do cmp o$i www/f$i; done
	by_socket -o big https://one.test/big
	cmp big www/big
	run by_socket -T big -w '%{http_code}' https://one.test/up/big
	is_status 0
	[ "$output" = 201 ]
	cmp big www/up/big
	head -c 12345678 big >part
	run by_socket -C - -o part -w '%{http_code} %{size_download}' https://one.test/big
	[ "$output" = '206 7654322' ]
	cmp part big
	run by_socket --limit-rate 1M -m 0.5 -o slow https://one.test/big
	is_status 75
	[ "$(stat -c %s slow.part)" -lt 2000000 ]
	by_socket -r 5-9 https://one.test/big | cmp - <(head -c 10 big | tail -c 5)
	run by_socket -f https://one.test/none
	is_status 1
}

@test "nginx: who is refused asks again" {
	mkdir -p www
	for i in {1..60}; do echo "file $i" >www/f$i; done
	nginx_start 'keepalive_requests 10;'
	run by_socket -Z --glob -o 'o#1' -w '%{http_code}\n' 'https://one.test/f[1-60]'
	is_status 0
	[ "$(grep -c 200 <<<"$output")" = 60 ]
	for i in {1..60}; do cmp o$i www/f$i; done
}

@test "h2o: another implementation" {
	command -v h2o >/dev/null || skip 'no h2o here'
	mkdir www
	head -c 5000000 /dev/urandom >www/data
	for i in {1..40}; do echo "file $i" >www/f$i; done
	cat >h2o.conf <<-END
		listen:
		  type: unix
		  port: $T/h2o.sock
		  ssl:
		    certificate-file: $CERTS/good.pem
		    key-file: $CERTS/good.key
		hosts:
		  default:
		    paths:
		      /:
		        file.dir: $T/www
		$([ "$(id -u)" != 0 ] || echo 'user: root')
	END
	h2o -c h2o.conf >h2o.err 2>&1 3>&- &
	PIDS+=($!)
	S=$T/h2o.sock
	until_true test -S "$S"
	run by_socket -o data -w '%{http_version}' https://one.test/data
	is_status 0
	[ "$output" = 2 ]
	cmp data www/data
	run by_socket -Z --glob -o 'o#1' -w '%{num_connects}\n' 'https://one.test/f[1-40]'
	is_status 0
	[ "$(grep -c 1 <<<"$output")" = 1 ]
	cmp o40 www/f40
	by_socket --compressed -r 0-99 https://one.test/data | cmp - <(head -c 100 data)
}

@test "nghttpd: trailers, pushes that are refused, and echoed bodies" {
	command -v nghttpd >/dev/null || skip 'no nghttpd here'
	mkdir www
	echo hello >www/x
	echo pushed >www/y
	head -c 2000000 /dev/urandom >data
	port=$(free_ports 1)
	start_on "$port" nghttpd --no-tls -a 127.0.0.1 -d www --trailer 'x-end: yes' -p/x=/y --echo-upload --error-gzip "$port"
	run plain "http://127.0.0.1:$port/x"
	is_status 0
	[ "$output" = hello ]
	plain --data-binary @data "http://127.0.0.1:$port/e" | cmp - data
	head -c 100 data >few
	plain -X POST -T - "http://127.0.0.1:$port/e" <few | cmp - few
}
