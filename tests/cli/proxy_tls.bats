#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# via=[https:…]: a proxy that is reached by TLS, ncat's and Twisted's neighbours' way, below plain and TLS connections.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	unset TWC_PROXY_AUTH ALL_PROXY all_proxy NO_PROXY no_proxy SSL_CERT_FILE
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
}
teardown() { twc_teardown; }

# An HTTP proxy behind TLS: ncat's. Sets PROXY.
proxy_start() {
	local try i
	command -v ncat >/dev/null || skip "no ncat here"
	for try in 1 2 3 4 5; do
		PROXY=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
		ncat -lk 127.0.0.1 "$PROXY" --proxy-type http --ssl --ssl-cert cert.pem --ssl-key key.pem "$@" \
			>ncat.log 2>&1 3>&- &
		PIDS+=("$!")
		for ((i = 0; i < 500; i++)); do
			kill -0 "$!" 2>/dev/null || break
			"$TWC" connect --check=passive tcp:127.0.0.1:"$PROXY" 2>/dev/null && return 0
			sleep 0.02
		done
	done
	return 1
}

@test "through a proxy that is reached by TLS" {
	proxy_start
	serve_start tcp:0 --echo
	run -0 connect "tcp:localhost:$PORT:via=[https:localhost:$PROXY:ca=cert.pem]" --send-line hi --expect '^hi' </dev/null
	run -0 connect "tcp:127.0.0.1:$PORT:via=[https:127.0.0.1:$PROXY:ca=cert.pem]" --check
}

@test "the proxy is verified" {
	proxy_start
	serve_start tcp:0 --echo
	run -77 connect "tcp:127.0.0.1:$PORT:via=[https:localhost:$PROXY]" --check
	[[ $output == *"the proxy https:localhost:$PROXY: certificate not trusted: self-signed"* ]]
	run -77 connect "tcp:127.0.0.1:$PORT:via=[https:localhost:$PROXY:ca=cert.pem:verify-name=other.test]" --check
	[[ $output == *"certificate is for localhost, 127.0.0.1, not for other.test"* ]]
}

@test "TLS through TLS, megabytes both ways" {
	proxy_start
	head -c 3000000 /dev/urandom >in
	serve_start tls:0:cert=cert.pem:key=key.pem --file in
	connect "tls:localhost:$PORT:ca=cert.pem:via=[https:localhost:$PROXY:ca=cert.pem]" --recv >out
	cmp in out
	SERVE_OUT=$T/up serve_start tls:0:cert=cert.pem:key=key.pem --once --recv
	connect "tls:localhost:$PORT:ca=cert.pem:via=[https:localhost:$PROXY:ca=cert.pem]" --send <in
	serve_wait
	cmp in up
}

@test "a login, right and wrong" {
	proxy_start --proxy-auth me:secret
	serve_start tcp:0 --echo
	echo secret >pass
	run -0 connect "tcp:127.0.0.1:$PORT:via=[https:localhost:$PROXY:ca=cert.pem:user=me:pass-file=pass]" --check
	echo wrong >pass
	run -77 connect "tcp:127.0.0.1:$PORT:via=[https:localhost:$PROXY:ca=cert.pem:user=me:pass-file=pass]" --check
	[[ $output == *"407"* ]]
}

@test "from the environment" {
	proxy_start
	serve_start tcp:0 --echo
	ALL_PROXY=https://localhost:$PROXY SSL_CERT_FILE=cert.pem run -0 connect "tcp:127.0.0.1:$PORT:via=env" --check
	ALL_PROXY=https://localhost:$PROXY run -77 connect "tcp:127.0.0.1:$PORT:via=env" --check
}

@test "a proxy that speaks no TLS, or nothing" {
	serve_start tcp:0 --text 'HTTP/1.1 400 no\r\n\r\n'
	run -76 connect "tcp:127.0.0.1:1:via=[https:localhost:$PORT]" --check
	[[ $output == *"what came is not TLS"* ]]
	serve_start tcp:0 --stall
	run -75 connect "tcp:127.0.0.1:1:timeout=300ms:via=[https:localhost:$PORT]" --check
	[[ $output == *"timed out"* ]]
}

@test "a descriptor cannot be passed on" {
	run -64 connect "tcp:127.0.0.1:1:via=[https:localhost:1]" --fdpass
}
