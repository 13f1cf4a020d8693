#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# TLS against strangers, in both roles: who is trusted, who is not and why, and every byte both ways.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls

setup_file() {
	certs_make "$BATS_FILE_TMPDIR/c"
	# with reads and writes cut short (TWC_DBG_RMAX) a few bytes cost a system call: less of it will do
	local size=$((64 << 20))
	[ -z "${TWC_DBG_RMAX:-}" ] || size=$((4 << 20))
	head -c $size /dev/urandom >"$BATS_FILE_TMPDIR/big"
	head -c 64K "$BATS_FILE_TMPDIR/big" >"$BATS_FILE_TMPDIR/middle"
	printf x >"$BATS_FILE_TMPDIR/small"
}
setup() {
	twc_setup
	C=$BATS_FILE_TMPDIR/c
	CA=:ca=$C/ca.pem
	D=$BATS_FILE_TMPDIR
}
teardown() { twc_teardown; }

# twc connect to the peer with these further arguments, under `run`; one line of error at most.
dials() {
	run connect tls:127.0.0.1:"$PEER$1" <<<hi
	[ "$(grep -c '^twc: ' <<<"$output")" -le 1 ]
}

# ---- netcat.md's eight servers, and more ----

@test "a good server, by address, by name, by way of an intermediate authority" {
	for cert in good chain; do
		tls_peer_start count "$C/$cert.pem"
		dials "$CA"
		is_status 0
		[ "$output" = "got 3" ]
		[ "$(cat peer.in)" = hi ]
	done
	tls_peer_start count "$C/good.pem"
	[ "$(connect tls:one.test:"$PEER$CA" --resolve one.test:127.0.0.1 <<<hi)" = "got 3" ]
}

@test "an unknown authority, another name, self-signed, expired: 77, each with its sentence" {
	tls_peer_start count "$C/good.pem"
	dials ""
	is_status 77
	says "certificate not trusted: unknown authority (CN=one.test, issued by CN=Test CA); use ca="
	tls_peer_start count "$C/other.pem"
	dials "$CA"
	is_status 77
	says "certificate is for other.test, not for 127.0.0.1"
	tls_peer_start count "$C/self.pem"
	dials "$CA"
	is_status 77
	says "certificate not trusted: self-signed (CN=one.test); use ca= or pin="
	tls_peer_start count "$C/expired.pem"
	dials "$CA"
	is_status 77
	says "certificate expired at 2021-01-01 00:00:00 UTC (CN=one.test)"
	[ ! -e peer.in ] # nothing was said to any of them
}

@test "no close_notify: the bytes, then 76; allowed: 0" {
	for version in 1.2 1.3; do
		tls_peer_start truncate "$C/good.pem" abc $version
		dials "$CA"
		is_status 76
		[[ $output == "abctwc: "*"the stream was cut off: it ended without close_notify"* ]]
		tls_peer_start truncate "$C/good.pem" abc $version
		dials "$CA:truncation=allow"
		is_status 0
		[ "$output" = abc ]
	done
}

@test "a server that demands a certificate: 77, under TLS 1.3 and 1.2" {
	for version in 1.2 1.3; do
		for i in 1 2 3; do # under 1.3 it depends on who is faster
			tls_peer_start count "$C/good.pem" $version demand="$C/ca.pem"
			dials "$CA"
			is_status 77
			says "the peer demands a certificate of ours: use cert= and key="
		done
		tls_peer_start count "$C/good.pem" $version demand="$C/ca.pem"
		dials "$CA:cert=$C/stranger.pem"
		is_status 77
		says "the peer does not accept our certificate"
	done
}

@test "plain text, silence, an end in the handshake" {
	tls_peer_start plain 'SSH-2.0-OpenSSH_9.2'
	dials "$CA"
	is_status 76
	says "what came is not TLS"
	tls_peer_start silent
	dials "$CA:timeout=300ms"
	is_status 75
	says "timed out: the TLS handshake was not done after 300ms"
	tls_peer_start hang-up
	dials "$CA"
	is_status 76
	says "closed the connection during the handshake"
}

@test "TLS 1.1 is refused, both ways" {
	tls_peer_start count "$C/good.pem" 1.1
	dials "$CA"
	is_status 76
	says "protocol version"
	serve_start tls:0:cert="$C/good.pem" --echo -v
	run -1 tls_peer client "$PORT" "$C/ca.pem" hi 1.1
	says ALERT_PROTOCOL_VERSION
	until_true grep -q 'no version of TLS in common' serve.err
	[ "$(tls_peer client "$PORT" "$C/ca.pem" hi 1.2)" = hi ]
}

@test "signature algorithms: refused where nothing is in common" {
	serve_start tls:0:cert="$C/good.pem":sigalgs=ECDSA+SHA256 --echo # which has a key of P-256
	openssl s_client -connect 127.0.0.1:"$PORT" </dev/null >seen 2>&1
	grep -q 'Peer signing digest: SHA256' seen
	[ "$(echo hi | connect tls:127.0.0.1:"$PORT$CA":sigalgs=[RSA-PSS+SHA256:ECDSA+SHA256])" = hi ]
	run connect tls:127.0.0.1:"$PORT$CA":sigalgs=[RSA-PSS+SHA256:RSA+SHA256] </dev/null
	is_status 76
	run -1 timeout $LIMIT openssl s_client -connect 127.0.0.1:"$PORT" -sigalgs RSA-PSS+SHA256 </dev/null
	run connect tls:127.0.0.1:"$PORT$CA":sigalgs=nonsense </dev/null
	is_status 64
	says "sigalgs: 'nonsense' is no list of known algorithms, as ECDSA+SHA256:rsa_pss_rsae_sha256 is"
	run connect tls:127.0.0.1:"$PORT$CA":sigalgs= </dev/null
	is_status 64
	says 'sigalgs is empty'
	run "$TWC" serve tls:0:cert=auto:sigalgs=nonsense --echo
	is_status 64
	run "$TWC" serve tcp:0:sigalgs=ECDSA+SHA256 --echo
	is_status 64
}

@test "min, max, ciphers, groups: refused where nothing is in common" {
	serve_start tls:0:cert="$C/good.pem":max=1.2:ciphers=[ECDHE-ECDSA-AES256-GCM-SHA384]:groups=P-384 --echo
	[ "$(tls_peer client "$PORT" "$C/ca.pem" hi)" = hi ]
	openssl s_client -connect 127.0.0.1:"$PORT" </dev/null >seen 2>&1
	grep -q 'Cipher is ECDHE-ECDSA-AES256-GCM-SHA384' seen
	grep -q 'ECDH, secp384r1, 384 bits' seen
	run connect tls:127.0.0.1:"$PORT$CA":min=1.3 </dev/null
	is_status 76
	run connect tls:127.0.0.1:"$PORT$CA":groups=X25519 </dev/null
	is_status 76
	tls_peer_start count "$C/good.pem" 1.3
	dials "$CA:max=1.2"
	is_status 76
}

# ---- whom we trust ----

@test "pins: the right one, one of two, a wrong one, one that is none" {
	pin=$(pin_of "$C/self.crt") other=$(pin_of "$C/two.crt")
	for pins in "$pin" "$other;$pin"; do
		tls_peer_start count "$C/self.pem"
		dials ":pin=$pins"
		is_status 0
	done
	tls_peer_start count "$C/self.pem"
	dials ":pin=$other"
	is_status 77
	says "the peer's key is not the pinned one, it is $pin"
	# beside an authority it must be both
	tls_peer_start count "$C/good.pem"
	dials "$CA:pin=$pin"
	is_status 77
	tls_peer_start count "$C/good.pem"
	dials "$CA:pin=$(pin_of "$C/good.crt")"
	is_status 0
	PEER=1
	dials ":pin=sha256//abc"
	is_status 64
}

@test "ca= as a file, a hashed directory and the system's" {
	mkdir hashed
	cp "$C/ca.pem" hashed
	openssl rehash hashed
	tls_peer_start count "$C/good.pem"
	dials ":ca=hashed"
	is_status 0
	for ca in "" :ca=system; do
		tls_peer_start count "$C/good.pem"
		SSL_CERT_FILE=$C/ca.pem dials "$ca"
		is_status 0
	done
	tls_peer_start count "$C/good.pem"
	dials ":ca=system"
	is_status 77
}

@test "verify=no trusts anybody, and says so" {
	tls_peer_start count "$C/expired.pem"
	run --separate-stderr connect tls:127.0.0.1:"$PEER":verify=no <<<hi
	is_status 0
	[ "$output" = "got 3" ]
	[[ $stderr == "twc: warning: "*"verify=no"* ]]
}

@test "verify=no: an end that is none is not put down to the certificate" {
	tls_peer_start reset "$C/self.pem" abc
	run --separate-stderr connect tls:127.0.0.1:"$PEER":verify=no <<<hi
	is_status 76 # a reset may overtake what was sent before it
	[[ $stderr == *"connection reset by peer (ECONNRESET"* ]]
	[[ $stderr != *certificate* ]]
}

@test "servername= and verify-name=" {
	tls_peer_start count "$C/good.pem"
	dials "$CA:servername=a.wild.test"
	is_status 0
	tls_peer_start count "$C/good.pem"
	dials "$CA:verify-name=a.b.wild.test"
	is_status 77
	says "not for a.b.wild.test"
	tls_peer_start count "$C/good.pem"
	dials "$CA:servername=other.test:verify-name=one.test"
	is_status 0
	mkdir certs
	cp "$C/two.pem" certs/two.test.pem
	cp "$C/good.pem" certs/DEFAULT.pem
	serve_start tls:0:certs=certs --text hi
	[ "$(connect tls:127.0.0.1:"$PORT$CA":servername=two.test </dev/null)" = hi ]
	[ "$(connect tls:127.0.0.1:"$PORT$CA":servername=none </dev/null)" = hi ]
	run connect tls:127.0.0.1:"$PORT$CA":servername=two.test:verify-name=one.test </dev/null
	is_status 77
}

# ---- certificates of clients ----

@test "our certificate: PEM, PKCS#12, an encrypted key by file and by environment" {
	for how in cert="$C/client.pem" cert="$C/client.crt":key="$C/client.key" \
		cert="$C/client.p12":key-pass-file="$C/pass" \
		cert="$C/client.crt":key="$C/locked.key":key-pass-file="$C/pass" \
		cert="$C/client.crt":key="$C/locked.key":key-pass-env=SECRET; do
		tls_peer_start count "$C/good.pem" demand="$C/ca.pem"
		SECRET='the secret' dials "$CA:$how"
		is_status 0
		[[ $(cat peer.saw) == *" app" ]]
	done
	PEER=1
	dials "$CA:cert=$C/client.crt:key=$C/locked.key"
	is_status 65
	says "is encrypted; use key-pass-file="
	SECRET=wrong dials "$CA:cert=$C/client.p12:key-pass-env=SECRET"
	is_status 65
	dials "$CA:cert=$C/client.crt:key=$C/good.key"
	is_status 65
	says "does not belong to the certificate"
	dials "$CA:cert=$T/none.pem"
	is_status 66
}

# What s_client gets back with these options.
asks() {
	timeout $LIMIT openssl s_client -connect 127.0.0.1:"$PORT" -CAfile "$C/ca.pem" -verify_return_error -quiet \
		"$@" </dev/null 2>err || true
}

@test "client-auth= and allow-cn=, allow-san=, pin= against s_client and curl" {
	serve_start tls:0:cert="$C/good.pem":client-auth=require"$CA":allow-cn=nobody,app --text in -v
	[ "$(asks -cert "$C/client.pem")" = in ]
	[ "$(asks)" = "" ]
	grep -q 'alert number 116' err
	[ "$(asks -cert "$C/stranger.pem")" = "" ]
	until_true grep -q 'the client showed no certificate' serve.err
	until_true grep -q 'no TLS from .*: certificate not trusted: unknown authority (CN=app' serve.err
	[ "$(curl -s --http0.9 -m $LIMIT --cacert "$C/ca.pem" --cert "$C/client.pem" https://127.0.0.1:"$PORT"/)" = in ]
	serve_stop
	serve_start tls:0:cert="$C/good.pem":client-auth=require"$CA":allow-cn=else --text in -v
	[ "$(asks -cert "$C/client.pem")" = "" ]
	until_true grep -q 'its name is not allowed' serve.err
	serve_start tls:0:cert="$C/good.pem":client-auth=require"$CA":allow-san=x,app@a.test --text in
	[ "$(asks -cert "$C/client.pem")" = in ]
	serve_start tls:0:cert="$C/good.pem":client-auth=require:pin=["$(pin_of "$C/stranger.crt")"] --text in
	[ "$(asks -cert "$C/stranger.pem")" = in ]
	[ "$(asks -cert "$C/client.pem")" = "" ]
	serve_start tls:0:cert="$C/good.pem":client-auth=optional"$CA" --text in
	[ "$(asks)" = in ]
	[ "$(asks -cert "$C/client.pem")" = in ]
	[ "$(asks -cert "$C/stranger.pem")" = "" ]
}

# ---- certificates of servers ----

@test "certs=DIR: by name, wildcard, default; as certbot keeps them; strict" {
	mkdir -p certs/two.test
	cp "$C/good.pem" 'certs/*.wild.test.pem'
	cp "$C/two.crt" certs/two.test/fullchain.pem
	cp "$C/two.key" certs/two.test/privkey.pem
	cp "$C/other.pem" certs/DEFAULT.pem
	serve_start tls:0:certs=certs --stall
	[ "$(tls_peer sni "$PORT" "$C/ca.pem" two.test a.wild.test a.b.wild.test none.test - one.test)" = \
		$'two.test\none.test\nother.test\nother.test\nother.test\none.test' ]
	serve_start tls:0:certs=certs:strict=yes --stall
	[ "$(tls_peer sni "$PORT" "$C/ca.pem" two.test none.test -)" = $'two.test\nTLSV1_UNRECOGNIZED_NAME\nother.test' ]
	rm certs/DEFAULT.pem
	serve_start tls:0:certs=certs --stall
	[ "$(tls_peer sni "$PORT" "$C/ca.pem" none.test two.test)" = $'TLSV1_UNRECOGNIZED_NAME\ntwo.test' ]
	serve_start tls:0:certs=certs:cert="$C/other.pem" --stall
	[ "$(tls_peer sni "$PORT" "$C/ca.pem" none.test two.test)" = $'other.test\ntwo.test' ]
}

shows() { [ "$(tls_peer sni "$PORT" "$C/ca.pem" -)" = "$1" ]; }

@test "a certificate that changes is read anew, a broken one is not" {
	cp "$C/good.pem" cert.pem
	serve_start tls:0:cert=cert.pem --stall
	shows one.test
	cp "$C/two.pem" new
	mv new cert.pem
	until_true shows two.test
	echo rubbish >cert.pem
	until_true eval 'shows two.test; grep -q "certificates not read anew: cert: cert.pem holds no PEM certificate" serve.err'
	shows two.test
	cp "$C/other.pem" new
	mv new cert.pem
	until_true shows other.test
}

@test "cert=auto: a pin, a file, names" {
	serve_start tls:0:cert=auto:cert-out=auto.pem:name=a.test,10.9.8.7 --echo
	pin=$(grep -o 'pin=sha256//.*' serve.err)
	[ "$(connect tls:127.0.0.1:"$PORT:$pin" <<<hi)" = hi ]
	[ "$(connect tls:localhost:"$PORT":ca=auto.pem <<<hi)" = hi ]
	[ "$(connect tls:127.0.0.1:"$PORT":ca=auto.pem:verify-name=10.9.8.7 <<<hi)" = hi ]
	openssl verify -CAfile auto.pem -verify_hostname a.test auto.pem
	[ "${pin#pin=}" = "$(pin_of auto.pem)" ]
	run connect tls:127.0.0.1:"$PORT" </dev/null
	is_status 77
	run timeout $LIMIT "$TWC" serve tls:0:cert=auto:cert-out="$T/none/x.pem" --echo
	is_status 73
}

@test "what is wrong with a file is said before anything listens" {
	port=$(free_ports 1)
	echo rubbish >rubbish.pem
	while read -r code what text; do
		run timeout $LIMIT "$TWC" serve tls:"$port:$what" --echo
		is_status "$code"
		says "$text"
		[[ $output != *listening* ]]
		! answers "$port" || false
	done <<-EOF
		66 cert=none.pem cert: cannot read none.pem
		65 cert=rubbish.pem cert: rubbish.pem holds no PEM certificate
		65 cert=$C/good.crt key: $C/good.crt holds no PEM private key
		65 cert=$C/good.crt:key=$C/two.key does not belong to the certificate
		65 cert=$C/client.p12 password
		66 certs=none certs: cannot read none
		66 cert=$C/good.pem:client-auth=require:ca=none.pem ca: cannot read none.pem
		65 cert=$C/good.pem:client-auth=require:ca=rubbish.pem ca: rubbish.pem holds no PEM certificate
		66 cert=$C/good.pem:key-pass-file=none key-pass-file: cannot read none
		64 ca=$C/ca.pem needs
	EOF
}

# ---- bytes ----

@test "1 byte, 64 KiB and 64 MiB to strangers, and back: s_server, ncat, socat, python" {
	for file in small middle big; do
		tls_peer_start count "$C/good.pem"
		[ "$(connect tls:127.0.0.1:"$PEER$CA" <"$D/$file")" = "got $(stat -c %s "$D/$file")" ]
		cmp peer.in "$D/$file"
		read -r p q < <(free_ports 2)
		background socat -u OPENSSL-LISTEN:"$q",bind=127.0.0.1,cert="$C/good.pem",verify=0 CREATE:socat.in
		connect tls:127.0.0.1:"$q$CA" --send --retry 200 --retry-delay 20ms <"$D/$file"
		wait "$BG_PID"
		cmp socat.in "$D/$file"
		[ "$file" != big ] || continue # a record in two pieces ends a listening ncat
		background ncat --recv-only --ssl --ssl-cert "$C/good.crt" --ssl-key "$C/good.key" -l 127.0.0.1 "$p" >ncat.in
		connect tls:127.0.0.1:"$p$CA":truncation=allow --send --retry 200 --retry-delay 20ms <"$D/$file"
		wait "$BG_PID"
		cmp ncat.in "$D/$file"
	done
	cd "$D"
	s_server_start -WWW -http_server_binmode -cert "$C/good.crt" -key "$C/good.key"
	cd "$T"
	printf 'GET /big HTTP/1.0\r\n\r\n' | connect tls:127.0.0.1:"$PEER$CA" | tail -c "$(stat -c %s "$D/big")" | cmp - "$D/big"
}

@test "1 byte, 64 KiB and 64 MiB echoed to strangers: s_client, ncat, socat, curl" {
	for file in small middle big; do
		serve_start tls:0:cert="$C/good.pem" --file "$D/$file"
		for client in "openssl s_client -quiet -verify_quiet -CAfile $C/ca.pem -connect 127.0.0.1:$PORT" \
			"ncat --recv-only --ssl 127.0.0.1 $PORT" "socat -u OPENSSL:127.0.0.1:$PORT,cafile=$C/ca.pem -" \
			"curl -s --http0.9 --cacert $C/ca.pem https://127.0.0.1:$PORT/"; do
			timeout $LIMIT $client </dev/null 2>err | cmp - "$D/$file" || { echo "$client" >&2; false; }
		done
		serve_stop
		serve_start tls:0:cert="$C/good.pem" --once --recv --max-time 20s
		timeout $LIMIT socat -u OPEN:"$D/$file" OPENSSL:127.0.0.1:"$PORT",cafile="$C/ca.pem"
		serve_wait
		[ "$STATUS" -eq 0 ]
		cmp serve.out "$D/$file"
	done
}

@test "half-close, both ways round, under TLS 1.3 and 1.2" {
	for version in 1.2 1.3; do
		tls_peer_start give "$C/good.pem" 100000 $version
		[ "$({ sleep 0.2; echo late; } | connect tls:127.0.0.1:"$PEER$CA" | wc -c)" -eq 100000 ]
		peer_wait
		[ "$(cat peer.in)" = late ]
		# ours ends first; the answer comes after
		serve_start tls:0:cert="$C/good.pem":max=$version --sh 'cat >got; sleep 0.2; wc -c <got'
		[ "$(head -c 70000 "$D/big" | connect tls:127.0.0.1:"$PORT$CA")" = 70000 ]
	done
}

@test "byte by byte in between" {
	serve_start tls:0:cert="$C/good.pem" --echo
	tls_peer_start relay "$PORT" 1
	connect tls:127.0.0.1:"$PEER$CA" <"$D/middle" | cmp - "$D/middle"
	serve_start tls:0:cert="$C/good.pem":max=1.2 --echo
	tls_peer_start relay "$PORT" 7
	connect tls:127.0.0.1:"$PEER$CA" <"$D/middle" | cmp - "$D/middle"
}

@test "ALPN: one in common, and none" {
	tls_peer_start count "$C/good.pem" alpn=h2,http/1.1
	dials "$CA:alpn=[x,http/1.1]"
	is_status 0
	[[ $(cat peer.saw) == *" http/1.1 "* ]]
	serve_start tls:0:cert="$C/good.pem":alpn=h2 --stall
	openssl s_client -connect 127.0.0.1:"$PORT" -alpn x,h2 </dev/null 2>&1 | grep -q 'ALPN protocol: h2'
	openssl s_client -connect 127.0.0.1:"$PORT" -alpn x </dev/null 2>&1 | grep -q 'no application protocol'
	run connect tls:127.0.0.1:"$PORT$CA":alpn=x </dev/null
	is_status 76
}

@test "nginx and python3-twisted" {
	read -r p q < <(free_ports 2)
	cat >nginx.conf <<-EOF
		user root; daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err; worker_processes 1;
		events {}
		http {
			access_log off; client_body_temp_path $T/b; proxy_temp_path $T/p; fastcgi_temp_path $T/f;
			uwsgi_temp_path $T/u; scgi_temp_path $T/s;
			server {
				listen 127.0.0.1:$p ssl; root $D;
				ssl_certificate $C/chain.pem; ssl_certificate_key $C/chain.pem;
			}
		}
	EOF
	chmod 755 "$T" "$D" || true
	start_on "$p" nginx -p "$T" -e nginx.err -c "$T/nginx.conf"
	for version in 1.2 1.3 1.2 1.3; do # it closes at once, and answers our close_notify with a reset
		printf 'GET /middle HTTP/1.0\r\n\r\n' | connect tls:127.0.0.1:"$p$CA":max=$version --eof keep >answer
		grep -q '^HTTP/1.1 200 ' answer
		tail -c 64K answer | cmp - "$D/middle"
	done
	background "$PYTHON" -c "
import sys
from twisted.internet import reactor, ssl, protocol
class Echo(protocol.Protocol):
    def dataReceived(self, data): self.transport.write(data)
f = protocol.Factory.forProtocol(Echo)
reactor.listenSSL($q, f, ssl.DefaultOpenSSLContextFactory('$C/good.key', '$C/good.crt'), interface='127.0.0.1')
reactor.run()"
	until_true answers "$q"
	[ "$(printf hello | connect tls:127.0.0.1:"$q$CA" --until-idle 500ms)" = hello ]
}

# ---- guests who are none ----

@test "a probe, half a handshake, one that fails: --once waits for a client" {
	serve_start tls:0:cert="$C/good.pem":handshake-timeout=300ms --once --recv -v
	tls_peer probe "$PORT" 'GET / HTTP/1.0\r\n\r\n'
	tls_peer probe "$PORT" ''
	tls_peer half-hello "$PORT"
	run -1 tls_peer client "$PORT" "$C/nobody.pem" hi
	tls_peer hold "$PORT" '\x16\x03\x01'
	until_true grep -q 'handshake was not done after 300ms' serve.err
	[ "$(grep -c 'no TLS from tcp:127.0.0.1:' serve.err)" -eq 5 ]
	! grep -q opened serve.err || false
	connect tls:127.0.0.1:"$PORT$CA" <<<hello
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = hello ]
}

@test "a client that cuts its stream off: --once ends with 76" {
	serve_start tls:0:cert="$C/good.pem" --once --recv
	tls_peer cut "$PORT" "$C/ca.pem" abc
	serve_wait
	[ "$STATUS" -eq 76 ]
	[ "$(cat serve.out)" = abc ]
	grep -q 'cut off' serve.err
}

@test "SIGTERM lets connections end; who is in the handshake is not waited for" {
	serve_start tls:0:cert="$C/good.pem" --echo
	mkfifo in
	connect tls:127.0.0.1:"$PORT$CA" <in >out 3>&- &
	client=$!
	PIDS+=("$client")
	exec {in}>in
	echo one >&"$in"
	until_true test -s out
	background tls_peer hold "$PORT" '\x16\x03\x01'
	kill -TERM "$PID"
	until_true eval '! answers $PORT'
	echo two >&"$in"
	exec {in}>&-
	wait "$client"
	[ "$(cat out)" = $'one\ntwo' ]
	serve_wait
	[ "$STATUS" -eq 0 ]
}

# ---- sessions and secrets ----

@test "sessions are resumed: s_client with ours, ours with ours, and across workers" {
	for more in "" :max=1.2; do
		serve_start tls:0:cert="$C/good.pem$more" --text hi
		asks -sess_out session >/dev/null
		[ "$(asks -sess_in session)" = hi ]
		timeout $LIMIT openssl s_client -connect 127.0.0.1:"$PORT" -sess_in session </dev/null >seen 2>&1 || true
		grep -q '^Reused, TLS' seen
	done
	# our own, against ours; and workers know each other's tickets
	connect tls:127.0.0.1:"$PORT$CA" --recv --reconnect=1 --retry-delay 10ms -v >out 2>err
	[ "$(cat out)" = hihi ]
	grep -q 'not resumed' err
	grep -q ', resumed' err
	for more in "" :max=1.2; do
		serve_start tls:0:cert="$C/good.pem$more" --text hi --workers 2
		asks -sess_out session >/dev/null
		for i in 1 2 3 4; do
			timeout $LIMIT openssl s_client -connect 127.0.0.1:"$PORT" -sess_in session </dev/null >seen 2>&1 || true
			grep -q '^Reused, TLS' seen
		done
	done
}

@test "SSLKEYLOGFILE" {
	tls_peer_start count "$C/good.pem"
	SSLKEYLOGFILE=$T/keys dials "$CA"
	is_status 0
	grep -q '^CLIENT_TRAFFIC_SECRET_0 ' keys
	[ "$(stat -c %a keys)" = 600 ]
	PEER=1
	SSLKEYLOGFILE=$T/none/keys dials "$CA"
	is_status 73
}

# ---- everything else on top ----

@test "services on tls: --exec, --file, --save, --chat, -- COMMAND" {
	serve_start tls:0:cert="$C/good.pem" --exec "sh -c 'echo \$TWC_PEER; cat'"
	output=$(connect tls:127.0.0.1:"$PORT$CA" <<<hi)
	[[ $output == *127.0.0.1:*$'\n'hi ]]
	serve_start tls:0:cert="$C/good.pem" --save 'got.%c'
	connect tls:127.0.0.1:"$PORT$CA" <"$D/middle"
	until_true cmp -s got.1 "$D/middle"
	serve_start tls:0:cert="$C/good.pem" --chat
	connect tls:127.0.0.1:"$PORT$CA" --recv --max-bytes 1 >first 3>&- &
	PIDS+=($!)
	run timeout $LIMIT "$TWC" serve tls:0:cert=auto --echo -- \
		sh -c 'echo "$TWC_URL"; printf hi | "$TWC" connect "$TWC_ADDR"'
	is_status 0
	[[ $output == *tls://127.0.0.1:*hi ]]
}

@test "a relay between tls and tcp, and --check of tls" {
	serve_start tcp:0 --recv --once
	tls_peer_start give "$C/good.pem" 100000
	connect tls:127.0.0.1:"$PEER$CA" --to tcp:127.0.0.1:"$PORT"
	serve_wait
	[ "$(stat -c %s serve.out)" -eq 100000 ]
	serve_start tls:0:cert="$C/good.pem" --stall
	connect --check tls:127.0.0.1:"$PORT$CA"
	run connect --check tls:127.0.0.1:"$PORT"
	is_status 77
	run connect --check tls:127.0.0.1:"$PORT$CA" tls:127.0.0.1:"$PORT$CA":verify-name=x.test
	is_status 79
	says "not for x.test"
}

@test "--workers: certificates, tickets and drain as with one" {
	serve_start tls:0:cert="$C/good.pem" --echo --workers 2
	for i in 1 2 3 4; do
		[ "$(connect tls:127.0.0.1:"$PORT$CA" <<<$i)" = $i ]
	done
	serve_stop
	[ "$STATUS" -eq 0 ]
}
