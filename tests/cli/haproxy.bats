#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The PROXY protocol: haproxy in front of ours, ours in front of haproxy and nginx, and headers by hand.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls

setup_file() { certs_make "$BATS_FILE_TMPDIR/c"; }
setup() {
	twc_setup
	C=$BATS_FILE_TMPDIR/c
	CA=:ca=$C/ca.pem
}
teardown() { twc_teardown; }

hex() { printf "$1" | od -An -v -tx1 | tr -d ' \n'; }
V1=$(hex 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n')
UNKNOWN=$(hex 'PROXY UNKNOWN\r\n')
V2=0d0a0d0a000d0a515549540a2111000fc0000207c633640112670050040000 # a TLV behind the addresses: NOOP
LOCAL=0d0a0d0a000d0a515549540a20000000

# haproxy that listens on PORT and passes on to 127.0.0.1:TO with these words; MORE for its own side.
haproxy_start() { # PORT TO WORDS [MORE]
	cat >haproxy.cfg <<-EOT
		global
			log /dev/null local0
		defaults
			mode tcp
			timeout connect 10s
			timeout client 20s
			timeout server 20s
		frontend in
			bind 127.0.0.1:$1 ${4-}
			default_backend out
		backend out
			server s 127.0.0.1:$2 $3
	EOT
	start_on "$1" haproxy -db -f haproxy.cfg
}

@test "haproxy in front: the client is the client, v1 and v2, also with TLS inside" {
	for version in send-proxy send-proxy-v2 'send-proxy-v2 proxy-v2-options crc32c,unique-id'; do
		serve_start haproxy:tcp:0:interface=127.0.0.1 --exec "sh -c 'echo \$TWC_PEER; cat'"
		haproxy_start "$(free_ports 1)" "$PORT" "$version"
		port=$(sed -n 's/.*bind 127.0.0.1:\([0-9]*\).*/\1/p' haproxy.cfg)
		output=$(connect tcp:127.0.0.1:"$port":bind=127.0.0.9 <<<hi)
		[[ $output == "tcp:127.0.0.9:"*$'\nhi' ]]
		kill "$BG_PID"
		serve_stop
		[ "$STATUS" -eq 0 ]
	done
	serve_start haproxy:tls:0:interface=127.0.0.1:cert="$C/good.pem" --exec "sh -c 'echo \$TWC_PEER; cat'"
	port=$(free_ports 1)
	haproxy_start "$port" "$PORT" send-proxy-v2
	output=$(connect tls:127.0.0.1:"$port$CA":bind=127.0.0.9 <<<hi)
	[[ $output == "tcp:127.0.0.9:"*$'\nhi' ]]
}

@test "ours in front of haproxy: proxy-protocol=v1 and v2, with TLS too" {
	for how in "" "ssl crt $C/good.pem"; do
		serve_start tcp:0:interface=127.0.0.1 --echo
		port=$(free_ports 1)
		haproxy_start "$port" "$PORT" '' "accept-proxy $how"
		for version in v1 v2; do
			where=tcp:127.0.0.1:$port
			[ -z "$how" ] || where=tls:127.0.0.1:$port$CA
			[ "$(connect "$where:proxy-protocol=$version" <<<hello)" = hello ]
		done
		# without the header it does not go
		[ "$(connect "${where%:proxy*}" --max-time 5s <<<hello 2>err || true)" != hello ]
		kill "$BG_PID"
		wait "$BG_PID" || true
	done
}

@test "ours in front of nginx, which sees whom we name" {
	port=$(free_ports 1)
	cat >nginx.conf <<-EOT
		user root; daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err; worker_processes 1;
		events {}
		http {
			access_log off; client_body_temp_path $T/b; proxy_temp_path $T/p; fastcgi_temp_path $T/f;
			uwsgi_temp_path $T/u; scgi_temp_path $T/s;
			server {
				listen 127.0.0.1:$port proxy_protocol;
				location / { return 200 "\$proxy_protocol_addr \$proxy_protocol_server_port"; }
			}
		}
	EOT
	start_on "$port" nginx -p "$T" -e nginx.err -c "$T/nginx.conf"
	for version in v1 v2; do
		printf 'GET / HTTP/1.0\r\n\r\n' |
			connect tcp:127.0.0.1:"$port":bind=127.0.0.9:proxy-protocol=$version >answer
		[ "$(tail -n 1 answer)" = "127.0.0.9 $port" ]
	done
}

@test "headers whole and in pieces; UNKNOWN and LOCAL are the proxy itself" {
	serve_start haproxy:tcp:0 --exec "sh -c 'echo \$TWC_PEER; cat'"
	for header in "$V1" "$V2"; do
		for pieces in 1 3 1000; do
			[ "$(tls_peer header "$PORT" $pieces "$header" hi)" = $'tcp:192.0.2.7:4711\nhi' ]
		done
	done
	for header in "$UNKNOWN" "$LOCAL"; do
		[[ $(tls_peer header "$PORT" 1 "$header" hi) == tcp:127.0.0.1:*$'\n'hi ]]
	done
}

@test "no header, half of one, none in time, another's: reset, and --once waits for a client" {
	serve_start haproxy:timeout=300ms:tcp:0 --once --recv -v
	[ "$(tls_peer probe "$PORT" 'GET / HTTP/1.0\r\n\r\n')" = reset ]
	[ "$(tls_peer probe "$PORT" '')" = reset ]
	[ "$(tls_peer probe "$PORT" 'PROXY TCP4 192.0')" = reset ]
	[ "$(tls_peer hold "$PORT" 'PROXY TCP4 192.0')" = reset ]
	[ "$(grep -c 'no PROXY header from tcp:127.0.0.1:' serve.err)" -eq 4 ]
	grep -q 'none came within 300ms' serve.err
	! grep -q opened serve.err || false
	tls_peer header "$PORT" 1 "$V1" hello
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = hello ]
	grep -q '#[0-9]* opened tcp:192.0.2.7:4711' serve.err
}

@test "the limit is 3 s" {
	serve_start haproxy:tcp:0 --echo -v
	start=$EPOCHREALTIME
	[ "$(tls_peer hold "$PORT" '')" = reset ]
	took=$("$PYTHON" -c "print($EPOCHREALTIME - $start)")
	[[ $took == 3.* ]]
}

@test "trusted=: from elsewhere nobody comes in" {
	serve_start haproxy:trusted=[192.0.2.0/24,127.0.0.9]:tcp:0 --text in -v
	[ "$(connect tcp:127.0.0.1:"$PORT":bind=127.0.0.9:proxy-protocol=v1 </dev/null)" = in ]
	run connect tcp:127.0.0.1:"$PORT":bind=127.0.0.8:proxy-protocol=v1 </dev/null
	[[ $output != *in ]]
	until_true grep -q 'no PROXY header from tcp:127.0.0.8:.*: it is no trusted proxy' serve.err
}

@test "on a UNIX socket, and what makes no sense" {
	serve_start haproxy:unix:"$T/s" --exec "sh -c 'echo \$TWC_PEER'"
	[ "$(printf 'PROXY TCP6 2001:db8::1 ::1 4711 80\r\n' | connect unix:"$T/s")" = 'tcp:[2001:db8::1]:4711' ]
	for what in haproxy:udp:0 haproxy:stdio haproxy:haproxy:tcp:0 haproxy:trusted=[x]:tcp:0 haproxy:timeout=0:tcp:0 haproxy:; do
		run timeout $LIMIT "$TWC" serve "$what" --echo
		is_status 64
	done
	run connect tcp:127.0.0.1:1:proxy-protocol=v3 </dev/null
	is_status 64
}

@test "64 KiB behind a header, and both from one packet with TLS" {
	serve_start haproxy:tls:0:interface=127.0.0.1:cert="$C/good.pem" --echo
	head -c 65536 /dev/urandom >data
	connect tls:127.0.0.1:"$PORT$CA":proxy-protocol=v2 <data | cmp - data
	tls_peer_start relay "$PORT" 1
	connect tls:127.0.0.1:"$PEER$CA":proxy-protocol=v1 <data | cmp - data
}
