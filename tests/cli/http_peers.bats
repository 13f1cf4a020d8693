#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http and the servers that others run: lighttpd and python3-twisted; and twc http serve behind nginx.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/http

setup() { twc_setup; }
teardown() { twc_teardown; }

# Serves www on the socket S.
lighttpd_start() {
	command -v lighttpd >/dev/null || skip 'no lighttpd here'
	mkdir -p www/cgi cache
	S=$T/front
	printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\nfor i in 1 2 3; do echo "$i $REQUEST_METHOD"; done\ncat\n' >www/cgi/count.sh
	chmod +x www/cgi/count.sh
	cat >lighttpd.conf <<-END
		server.modules = ( "mod_cgi", "mod_deflate", "mod_accesslog" )
		server.document-root = "$T/www"
		server.bind = "$S"
		server.stream-response-body = 1
		server.upload-dirs = ( "$T/cache" )
		accesslog.filename = "$T/access"
		mimetype.assign = ( ".txt" => "text/plain" )
		cgi.assign = ( ".sh" => "/bin/sh" )
		deflate.mimetypes = ( "text/" )
		deflate.allowed-encodings = ( "gzip" )
	END
	lighttpd -D -f lighttpd.conf 2>lighttpd.err 3>&- &
	PIDS+=($!)
	until_true test -S "$S"
}
ask() { http --unix-socket "$S" "$@"; }

@test "lighttpd: one connection, parts, a download that goes on, conditions" {
	mkdir www
	head -c 300000 /dev/urandom >www/data.txt
	lighttpd_start
	ask -Z --parallel-max 1 -o a -o b -o c -w '%{num_connects}\n' http://x/data.txt http://x/data.txt http://x/data.txt >connects
	[ "$(tr -d '\n' <connects)" = 100 ]
	cmp a www/data.txt
	cmp c www/data.txt
	ask -r 1000-1999 http://x/data.txt | cmp - <(tail -c +1001 www/data.txt | head -c 1000)
	ask -r -500 http://x/data.txt | cmp - <(tail -c 500 www/data.txt)
	head -c 123456 www/data.txt >part
	run ask -C - -o part -w '%{http_code} %{size_download}' http://x/data.txt
	is_status 0
	says '206 176544'
	cmp part www/data.txt
	run ask -I --etag-save tag http://x/data.txt
	is_status 0
	says 'Content-Length: 300000'
	[ -s tag ]
	run ask --etag-compare tag -w '%{http_code}' -o d http://x/data.txt
	[ "$output" = 304 ]
	run ask -f http://x/none
	is_status 1
}

@test "lighttpd: programs, whose output has no length, bodies for them, gzip" {
	mkdir www
	yes 'all work and no play' | head -n 5000 >www/long.txt
	lighttpd_start
	mkfifo go
	printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\nfirst\\n"\nread line <%s/go\necho "$line"\n' "$T" >www/cgi/wait.sh
	ask -i http://x/cgi/wait.sh >waiting &
	pid=$!
	until_true grep -q first waiting # what has come is there before the rest is
	grep -q 'Transfer-Encoding: chunked' waiting
	timeout $LIMIT sh -c 'echo second >go'
	wait $pid
	[ "$(tail -n 1 waiting)" = second ]
	run ask -0 http://x/cgi/count.sh # and none of it with HTTP/1.0
	is_status 0
	[ "$output" = $'1 GET\n2 GET\n3 GET' ]
	head -c 200000 /dev/urandom >body
	ask --data-binary @body http://x/cgi/count.sh | tail -c 200000 | cmp - body
	ask -X POST -T - http://x/cgi/count.sh <body | tail -c 200000 | cmp - body # in chunks
	ask --compressed -D head -w '%{size_download}' -o plain http://x/long.txt >size
	cmp plain www/long.txt
	grep -qi '^Content-Encoding: gzip' head
	[ "$(<size)" -lt 5000 ]
	ask --compressed -Z -o one -o two http://x/long.txt http://x/cgi/count.sh
	cmp one www/long.txt
	grep -qx '2 GET' two
}

@test "python3-twisted serves: chunks, one connection, forms, HEAD, a reset in the middle" {
	$PYTHON -c 'import twisted.web.server' 2>/dev/null || skip 'no python3-twisted'
	cat >server.py <<-'END'
		import sys
		from twisted.internet import reactor
		from twisted.web import resource, server

		class Site(resource.Resource):
		    isLeaf = True
		    def render_GET(self, request):
		        if request.path == b"/port":
		            return b"%d" % request.transport.getPeer().port
		        if request.path == b"/cut":
		            request.setHeader(b"content-length", b"1000")
		            request.write(b"half")
		            reactor.callLater(0.05, request.transport.abortConnection)
		            return server.NOT_DONE_YET
		        for i in range(3):
		            request.write(b"piece %d\n" % i)
		        request.finish()
		        return server.NOT_DONE_YET
		    def render_POST(self, request):
		        return b"|".join(b"%s=%s" % (k, v[0]) for k, v in sorted(request.args.items()))

		port = reactor.listenTCP(0, server.Site(Site()), interface="127.0.0.1")
		print(port.getHost().port, flush=True)
		reactor.run()
	END
	mkfifo port
	exec {port_out}<>port
	"$PYTHON" server.py >port 2>server.err 3>&- {port_out}>&- &
	PIDS+=($!)
	IFS= read -r -t $LIMIT -u "$port_out" PORT
	H=127.0.0.1:$PORT
	[ "$(http "$H/x")" = $'piece 0\npiece 1\npiece 2' ]
	run http -i "$H/x"
	says 'Transfer-Encoding: chunked'
	run http "$H/port" "$H/port" -w '\n'
	is_status 0
	[ -n "${lines[0]}" ]
	[ "${lines[0]}" = "${lines[1]}" ]
	[ "$(http -d a=1 -d b=2 "$H/form")" = 'a=1|b=2' ]
	[ "$(http -F a=1 -F b='two words' "$H/form")" = 'a=1|b=two words' ]
	run http -I "$H/x"
	is_status 0
	[[ $output == 'HTTP/1.1 200 OK'* ]]
	run http -o half "$H/cut"
	is_status 76
}

@test "behind nginx: HEAD, 304, parts" {
	command -v nginx >/dev/null || skip 'no nginx here'
	SERVE_AS="http serve"
	mkdir www
	head -c 100000 /dev/urandom >www/data
	serve_start tcp:0 www --log '$request_method $status $http_x_real $connection'
	cat >nginx.conf <<-END
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
					proxy_set_header X-Real front;
				}
			}
		}
	END
	nginx -p "$T" -e nginx.err -c "$T/nginx.conf" 3>&- &
	PIDS+=($!)
	until_true test -S front
	front() { curl -sS -m $LIMIT --unix-socket front "$@" http://x/data; }
	front -I -D head -o head2
	tag=$(tr -d '\r' <head | sed -n 's/^ETag: //p')
	[ -n "$tag" ]
	grep -q '^Content-Length: 100000' head
	front -o data
	cmp data www/data
	[ "$(front -H "If-None-Match: $tag" -o none -w '%{http_code} %{size_download}')" = '304 0' ]
	[ ! -s none ]
	front -r 10-19 | cmp - <(tail -c +11 www/data | head -c 10)
	[ "$(front -r 200000- -o /dev/null -w '%{http_code}')" = 416 ]
	front -o data
	cmp data www/data
	sed -n 's/ front .*//p' serve.err >told
	[ "$(tr '\n' , <told)" = 'HEAD 200,GET 200,GET 304,GET 206,GET 416,GET 200,' ]
	[ "$(sed -n 's/.* front //p' serve.err | sort -u | wc -l)" -eq 1 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}
