#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc http serve over HTTP/2: curl, nghttp, h2load, node and python's h2 as clients, in the clear and on TLS.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
	mkdir www
	echo hello >www/a.txt
	head -c 3000000 /dev/urandom >www/big
}
teardown() { twc_teardown; }

site() { # ARG...: serves www; sets URL
	serve_start tcp:0 www "$@"
	URL=http://127.0.0.1:$PORT
}
h2() { curl -sS -m $LIMIT --http2-prior-knowledge "$@"; }
status_of() { h2 -o /dev/null -w '%{http_code} %{http_version}' "$@"; }

@test "in the clear by its preface, and HTTP/1.1 on the same port" {
	site
	[ "$(h2 -w '%{http_version}' "$URL/a.txt")" = $'hello\n2' ]
	[ "$(curl -sS -m $LIMIT -w '%{http_version}' "$URL/a.txt")" = $'hello\n1.1' ]
	# There is no upgrade to it (RFC 9113, 3.1).
	[ "$(curl -sS -m $LIMIT --http2 -w '%{http_version}' "$URL/a.txt")" = $'hello\n1.1' ]
}

@test "on TLS by ALPN; the user's list wins" {
	serve_start tls:0:cert=auto www --route '/old=redirect:302,/a.txt'
	[ "$(curl -sSk -m $LIMIT --http2 -w '%{http_version}' "https://127.0.0.1:$PORT/a.txt")" = $'hello\n2' ]
	[ "$(curl -sSk -m $LIMIT --http1.1 -w '%{http_version}' "https://127.0.0.1:$PORT/a.txt")" = $'hello\n1.1' ]
	curl -sSk -m $LIMIT --http2 "https://127.0.0.1:$PORT/big" | cmp - www/big
	[ "$(curl -sSk -m $LIMIT --http2 -L -w '%{http_version} %{num_connects}' "https://127.0.0.1:$PORT/old")" = $'hello\n2 1' ]
	serve_stop TERM
	serve_start tls:0:cert=auto:alpn=http/1.1 www
	[ "$(curl -sSk -m $LIMIT --http2 -w '%{http_version}' "https://127.0.0.1:$PORT/a.txt")" = $'hello\n1.1' ]
}

@test "files: whole, ranges, HEAD, conditions, what is not there" {
	site
	h2 "$URL/big" | cmp - www/big
	h2 -r 1000-2999999 "$URL/big" | cmp - <(tail -c +1001 www/big)
	[ "$(status_of -r 0-9 "$URL/big")" = '206 2' ]
	[ "$(status_of -I "$URL/big")" = '200 2' ]
	h2 -I "$URL/big" | grep -q '^content-length: 3000000'
	tag=$(h2 -I "$URL/a.txt" | sed -n 's/^etag: //p' | tr -d '\r')
	[ "$(status_of -H "If-None-Match: $tag" "$URL/a.txt")" = '304 2' ]
	[ "$(status_of "$URL/nothing")" = '404 2' ]
	[ "$(status_of --path-as-is "$URL/../a.txt")" = '400 2' ]
}

@test "bodies: an upload of megabytes comes back, and one that is too long does not" {
	site --route '/echo=echo' --max-body 5M
	h2 -T www/big "$URL/echo" | cmp - www/big
	h2 --data-binary @www/big -H 'Expect: 100-continue' "$URL/echo" | cmp - www/big
	cat www/big www/big >www/huge
	[[ $(status_of -T www/huge "$URL/echo" 2>/dev/null) == 413* ]]
}

@test "handlers do not know: redirects, login, programs, events" {
	site --route '/old=redirect:302,/a.txt' --route '/cgi=sh:echo "$TWC_METHOD $TWC_HEADER_HOST"; cat' \
		--route '/status=status:418'
	[ "$(status_of "$URL/old")" = '302 2' ]
	[ "$(status_of "$URL/status")" = '418 2' ]
	run h2 -d 'a=b' "$URL/cgi"
	says "POST 127.0.0.1:$PORT"
	says "127.0.0.1:$PORT"
	says 'a=b'
}

@test "a fault is the stream's, and the connection goes on" {
	site --route '/reset {fault=reset}=text:x' --route '/cut {fault=truncate}=text:0123456789' --route '/hang {fault=hang}=text:x' \
		--route '/bad {fault=garbage}=text:x'
	for path in reset cut bad; do
		run h2 "$URL/$path"
		is_status 92
	done
	cat >odd.js <<-'JS'
		const c = require('http2').connect(process.argv[2]);
		const hang = c.request({ ':path': '/hang' });
		const bad = c.request({ ':path': '/reset' });
		hang.on('error', () => {});
		bad.on('error', (e) => {
			const q = c.request({ ':path': '/a.txt' });
			q.on('response', (h) => { console.log(e.code, h[':status']); hang.close(8); q.resume(); q.on('end', () => c.close()); });
		});
	JS
	command -v node >/dev/null || skip "no node"
	run timeout $LIMIT node odd.js "$URL"
	says 'ERR_HTTP2_STREAM_ERROR 200'
}

@test "the log tells the version" {
	site --log common --log-file access.log
	h2 "$URL/a.txt" >/dev/null
	serve_stop TERM
	grep -q '"GET /a.txt HTTP/2' access.log
}

@test "a hundred at once, and trailers, with nghttp and h2load" {
	local streams=50

	command -v h2load nghttp >/dev/null || skip "no nghttp2-client"
	site
	run timeout $LIMIT h2load -n 1000 -c 4 -m 100 "$URL/a.txt"
	says '1000 succeeded, 0 failed, 0 errored'
	run timeout $LIMIT nghttp -nv --trailer 'x: 1' -d www/a.txt "$URL/a.txt"
	says 'recv SETTINGS frame'
	says ':status: 405'
	[ -z "${TWC_DBG_RMAX:-}" ] || streams=5
	run timeout $LIMIT nghttp -s -n -m "$streams" "$URL/big"
	is_status 0
}

@test "node's client: parallel streams, and one that is taken back" {
	command -v node >/dev/null || skip "no node"
	site --route '/slow=exec:sleep 30'
	cat >client.js <<-'JS'
		const http2 = require('http2');
		const c = http2.connect(process.argv[2]);
		let left = 50;
		const slow = c.request({ ':path': '/slow' });
		slow.on('error', () => {});
		for (let i = 0; i < 50; i++) {
			const q = c.request({ ':path': '/a.txt' });
			let text = '';
			q.setEncoding('utf8');
			q.on('data', (d) => { text += d; });
			q.on('end', () => {
				if (text !== 'hello\n') process.exit(1);
				if (--left === 0) {
					slow.close(http2.constants.NGHTTP2_CANCEL);
					slow.on('close', () => { console.log('all'); c.close(); });
				}
			});
		}
	JS
	run timeout $LIMIT node client.js "$URL"
	is_status 0
	says all
}

@test "odd frames from python's h2: two Hosts, a field of the connection, a stream of its own making" {
	/usr/bin/python3 -c 'import h2' 2>/dev/null || skip "no python3-h2"
	site
	cat >odd.py <<-'PY'
		import socket, sys
		from h2.connection import H2Connection
		from h2.config import H2Configuration
		import h2.events
		def ask(extra):
		    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
		    s.settimeout(10)
		    c = H2Connection(H2Configuration(client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False))
		    c.initiate_connection()
		    c.send_headers(1, [(':method', 'GET'), (':path', '/a.txt'), (':scheme', 'http'), (':authority', 'h')] + extra, end_stream=True)
		    s.sendall(c.data_to_send())
		    while True:
		        data = s.recv(65536)
		        if not data:
		            return 'closed'
		        for e in c.receive_data(data):
		            if isinstance(e, h2.events.StreamReset):
		                return 'reset %d' % e.error_code
		            if isinstance(e, h2.events.ResponseReceived):
		                return dict(e.headers).get(b':status', dict(e.headers).get(':status'))
		        s.sendall(c.data_to_send())
		print(ask([]), ask([('host', 'other')]), ask([('connection', 'close')]), ask([('Upper', '1')]))
	PY
	run timeout $LIMIT /usr/bin/python3 odd.py "$PORT"
	is_status 0
	[[ $output == *200*'reset 1 reset 1 reset 1' ]]
}

@test "the end waits for what is under way" {
	site --route '/slow=sh:echo begun; sleep 1; echo done'
	h2 -N "$URL/slow" >out &
	CURL=$!
	until_true grep -q begun out
	serve_stop TERM
	wait $CURL
	grep -q done out
}
