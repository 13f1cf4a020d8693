#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where twc http connects to, and through what: TLS, sockets, names that lead elsewhere, proxies; and as whom: logins, cookies.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/http
load ../support/tls

setup_file() { certs_make "$BATS_FILE_TMPDIR/certs"; }
setup() {
	twc_setup
	C=$BATS_FILE_TMPDIR/certs
}
teardown() { twc_teardown; }

proxy_start() {
	rm -f "$T/proxy.fifo"
	mkfifo "$T/proxy.fifo"
	exec {proxy_out}<>"$T/proxy.fifo"
	"$PYTHON" "$ROOT/tests/support/proxy.py" "$@" <"$T/proxy.fifo" >"$T/proxy.fifo" 2>"$T/proxy.log" 3>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$proxy_out" PROXY
}

tls_start() {
	cat "$C/good.crt" "$C/good.key" >pair.pem
	http_start "$T/pair.pem"
}

# ---- TLS ----

@test "a server is verified, by authority and name" {
	tls_start
	run http "https://$H/"
	is_status 77
	says "not trusted: unknown authority (CN=one.test, issued by CN=Test CA); use --cacert"
	run http --via "tls:$H" "http://one.test/" # what was typed as keys is told as keys
	says "; use ca="
	run http --cacert "$C/ca.pem" "https://$H/"
	is_status 0
	[ "$output" = hello ]
	run http --cacert "$C/ca.pem" "https://localhost:$PORT/"
	is_status 77
	run http --cacert "$C/ca.pem" --resolve "one.test:$PORT:127.0.0.1" "https://one.test:$PORT/"
	is_status 0
	SSL_CERT_FILE=$C/ca.pem run http "https://$H/"
	is_status 0
	run http --cacert "$T/none.pem" "https://$H/"
	is_status 66
	says "--cacert: cannot read $T/none.pem (ENOENT)"
	run --separate-stderr http -k "https://$H/"
	is_status 0
	[[ $stderr == *warning*"not verified"* ]]
	run http --exit=curl -s "https://$H/"
	is_status 60
}

@test "pins, versions, ciphers, what TLS came to" {
	tls_start
	run --separate-stderr http --cacert "$C/ca.pem" --tls-info --tlsv1.3 "https://$H/"
	is_status 0
	[ "$(jq -r '.tls.version + " " + .tls.chain[0].subject' <<<"$stderr")" = "TLSv1.3 CN=one.test" ]
	pin=$(jq -r '.tls.chain[0].pin' <<<"$stderr")
	run http --cacert "$C/ca.pem" --pinnedpubkey "$pin" "https://$H/"
	is_status 0
	run http --pinnedpubkey "$pin" "https://$H/" # a pin does not replace trust
	is_status 77
	run --separate-stderr http -k --pinnedpubkey "$pin" "https://$H/" # with -k it is all that counts
	is_status 0
	[ -z "$stderr" ]
	run http -k --pinnedpubkey "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" "https://$H/"
	is_status 77
	says "not the pinned one"
	run http --cacert "$C/ca.pem" --pinnedpubkey "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" "https://$H/"
	is_status 77
	run http --cacert "$C/ca.pem" --tls-max 1.2 "https://$H/" --expect tls=1.2 --expect 'cert.days>14'
	is_status 0
	run http --cacert "$C/ca.pem" --tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-GCM-SHA384 --tls-info "https://$H/"
	says ECDHE-ECDSA-AES256-GCM-SHA384
	run http --cacert "$C/ca.pem" --tls13-ciphers TLS_AES_128_GCM_SHA256 --curves X25519 --tls-info "https://$H/"
	says TLS_AES_128_GCM_SHA256
	run http --cacert "$C/ca.pem" --sigalgs ECDSA+SHA256:RSA-PSS+SHA256 "https://$H/"
	is_status 0
	run http --cacert "$C/ca.pem" --sigalgs RSA-PSS+SHA256 "https://$H/"
	is_status 76
	run http --cacert "$C/ca.pem" --sigalgs nonsense "https://$H/"
	is_status 64
	says "sigalgs: 'nonsense' is no list of known algorithms"
	run http --cacert "$C/ca.pem" --tlsv1.3 --tls-max 1.2 "https://$H/"
	is_status 64
	run http --tls-max 1.7 "https://$H/"
	is_status 64
}

@test "a client's certificate" {
	serve_start "tls:0:cert=$C/good.crt:key=$C/good.key:client-auth=require:ca=$C/ca.pem" --text $'HTTP/1.0 200 OK\r\n\r\nin\n'
	U=https://127.0.0.1:$PORT/
	run http --cacert "$C/ca.pem" "$U"
	[ "$status" -ne 0 ]
	run http --cacert "$C/ca.pem" -E "$C/client.pem" "$U"
	is_status 0
	[ "$output" = in ]
	run http --cacert "$C/ca.pem" -E "$C/client.crt" --key "$C/client.key" "$U"
	is_status 0
	run http --cacert "$C/ca.pem" -E "$C/client.p12:$(<"$C/pass")" --cert-type P12 "$U"
	is_status 0
	run http --cacert "$C/ca.pem" -E "$C/client.crt" --key "$C/locked.key" --pass "@$C/pass" "$U"
	is_status 0
	run http --cacert "$C/ca.pem" -E "$C/client.crt" --key "$C/locked.key" --pass wrong "$U"
	[ "$status" -ne 0 ]
	run http --key "$C/client.key" "$U"
	is_status 64
}

# ---- places ----

@test "another place: --via, sockets, names that lead elsewhere" {
	http_start
	run http --via "tcp:127.0.0.1:$PORT" http://elsewhere.test/echo
	is_status 0
	says "Host: elsewhere.test"
	socat "UNIX-LISTEN:$T/sock,fork" "TCP:127.0.0.1:$PORT" &
	PIDS+=($!)
	until_true test -S sock
	run http --unix-socket sock http://h/echo
	says "Host: h"
	run http --via "unix:$T/sock" http://h/echo
	says "Host: h"
	socat "ABSTRACT-LISTEN:twc-http-$$,fork" "TCP:127.0.0.1:$PORT" &
	PIDS+=($!)
	until_true grep -q "@twc-http-$$" /proc/net/unix
	run http --abstract-unix-socket "twc-http-$$" http://h/echo
	says "Host: h"
	run http --resolve "a.test:$PORT:127.0.0.1" "http://a.test:$PORT/echo"
	says "Host: a.test:$PORT"
	run http --resolve a.test:127.0.0.1 "http://a.test:$PORT/echo"
	says "Host: a.test:$PORT"
	run http --connect-to "b.test:80:127.0.0.1:$PORT" http://b.test/echo
	says "Host: b.test"
	run http --connect-to "::127.0.0.1:$PORT" http://c.test/echo
	says "Host: c.test"
	run http --via nonsense "http://h/"
	is_status 64
	run http --via tcp:h:1 --unix-socket x http://h/
	is_status 64
}

@test "source address and family" {
	http_start
	run http --interface 127.0.0.1 "http://$H/"
	is_status 0
	run http --interface lo "http://$H/"
	[ "$status" -eq 0 ] || [ "$EUID" -ne 0 ]
	run http -4 "http://localhost:$PORT/"
	is_status 0
	run http -6 "http://localhost:$PORT/"
	is_status 69
	run http --interface 192.0.2.77 "http://$H/"
	[ "$status" -ne 0 ]
}

# ---- proxies ----

@test "a proxy of https: whom to trust there, who we are, for a tunnel and without" {
	# told the whole URL
	http_start "$C/good.pem"
	P=https://127.0.0.1:$PORT
	run http -x "$P" http://far.test/echo
	is_status 77
	says "the proxy: certificate not trusted: unknown authority (CN=one.test, issued by CN=Test CA); use --proxy-cacert"
	run http -x "$P" --cacert "$C/ca.pem" -k http://far.test/echo # that is of the others
	is_status 77
	run http -x "$P" --proxy-cacert "$C/ca.pem" http://far.test/echo
	is_status 0
	says "GET http://far.test/echo HTTP/1.1"
	run env "http_proxy=$P" "$TWC" http --proxy-cacert "$C/ca.pem" http://far.test/echo
	is_status 0
	run http -x "$P" --proxy-cacert "$T/none.pem" http://far.test/echo
	is_status 66
	says "the proxy: --proxy-cacert: cannot read $T/none.pem (ENOENT)"
	mkdir authorities
	cp "$C/ca.pem" authorities
	openssl rehash authorities
	run http -x "$P" --proxy-capath authorities http://far.test/echo
	is_status 0
	run --separate-stderr http -x "$P" --proxy-insecure http://far.test/echo
	is_status 0
	[[ $stderr == *warning*'--proxy-insecure: proxies are not verified'* ]]
	# asked for a tunnel, and for a certificate of ours
	http_start
	through() { # OPTION...
		proxy_start http
		serve_start "tls:0:cert=$C/good.pem:client-auth=require:ca=$C/ca.pem" --sh "exec nc 127.0.0.1 $PROXY"
		run http -p -x "https://127.0.0.1:$PORT" --proxy-cacert "$C/ca.pem" "$@" "http://$H/"
		is_status 0
		[ "$output" = hello ]
		serve_stop
	}
	through --proxy-cert "$C/client.pem"
	through --proxy-cert "$C/client.crt" --proxy-key "$C/client.key"
	through --proxy-cert "$C/client.p12:$(<"$C/pass")"
	proxy_start http
	serve_start "tls:0:cert=$C/good.pem:client-auth=require:ca=$C/ca.pem" --sh "exec nc 127.0.0.1 $PROXY"
	run http -p -x "https://127.0.0.1:$PORT" "http://$H/"
	is_status 77
	says "the proxy https:127.0.0.1:$PORT: certificate not trusted"
	says "use --proxy-cacert"
	run http -p -x "https://127.0.0.1:$PORT" --proxy-cacert "$C/ca.pem" "http://$H/"
	[ "$status" -ne 0 ]
	[ -n "${TWC_DBG_RMAX:-}" ] || says "--proxy-cert" # in many small writes the reset overtakes the alert that says why
	run http -p -x "https://127.0.0.1:$PORT" --proxy-cert "$T/none.pem" "http://$H/"
	is_status 66
	says "--proxy-cert: cannot read $T/none.pem (ENOENT)"
	# what does not fit together
	run http --proxy-cacert a --proxy-capath b "http://$H/"
	is_status 64
	run http --proxy-insecure --proxy-cacert a "http://$H/"
	is_status 64
	says "--proxy-insecure trusts anybody, and --proxy-cacert somebody"
	run http --proxy-key a "http://$H/"
	is_status 64
	says "--proxy-key is that of a certificate: it goes with --proxy-cert"
}

@test "proxies: of HTTP, with a tunnel, of SOCKS, from the environment" {
	http_start
	proxy_start http
	run http -p -x "http://127.0.0.1:$PROXY" "http://$H/"
	is_status 0
	[ "$output" = hello ]
	proxy_start socks5
	run http -x "socks5h://127.0.0.1:$PROXY" "http://localhost:$PORT/"
	is_status 0
	[ "$(tail -n1 proxy.asked)" = "localhost $PORT" ]
	proxy_start socks5 ann secret
	run http -x "socks5://ann:secret@127.0.0.1:$PROXY" "http://$H/"
	is_status 0
	proxy_start socks5
	run env "all_proxy=socks5h://127.0.0.1:$PROXY" "$TWC" http "http://localhost:$PORT/"
	is_status 0
	run env all_proxy=socks5h://127.0.0.1:1 "$TWC" http --noproxy 127.0.0.0/8 "http://$H/"
	is_status 0
	run env all_proxy=socks5h://127.0.0.1:1 "$TWC" http -x '' "http://$H/"
	is_status 0
	# the other server itself, told the whole URL
	run http -x "$H" -U ann:secret --proxy-header 'X-P: 1' http://far.test/echo
	says "GET http://far.test/echo HTTP/1.1"
	says "Proxy-Authorization: Basic"
	says "X-P: 1"
	run env "http_proxy=http://$H" "$TWC" http http://far.test/echo
	says "GET http://far.test/echo"
	run env "HTTP_PROXY=http://$H" "$TWC" http --numeric "http://far.test/echo" # not in capitals: CGI
	is_status 68
	run http -x ftp://h "http://$H/"
	is_status 64
}

# ---- logins ----

@test "Basic, Digest, the strongest, from the URL and netrc" {
	http_start
	run http "http://$H/basic"
	[ "$output" = out ]
	run http -u ann:secret "http://$H/basic"
	[ "$output" = in ]
	run http "http://ann:secret@$H/basic"
	[ "$output" = in ]
	run http --digest -u ann:secret "http://$H/digest?x=1"
	[ "$output" = in ]
	run http --digest -u ann:wrong -f "http://$H/digest"
	is_status 1
	run http --anyauth -u ann:secret "http://$H/digest"
	[ "$output" = in ]
	run http --anyauth -u ann:secret "http://$H/basic"
	[ "$output" = in ]
	run http --digest -u ann:secret -d body "http://$H/digest"
	[ "$output" = in ]
	printf 'machine 127.0.0.1 login ann password secret\n' >.netrc
	HOME=$T run http -n "http://$H/basic"
	[ "$output" = in ]
	HOME=$T run http "http://$H/basic"
	[ "$output" = out ]
	run http --netrc-file .netrc "http://$H/basic"
	[ "$output" = in ]
	HOME=$T/none run http --netrc-optional "http://$H/basic"
	[ "$output" = out ]
	echo 'machine 127.0.0.1 login' >broken
	run http --netrc-file broken "http://$H/"
	is_status 65
	says 'the netrc file: line 1: nothing follows "login"'
	run http --netrc-file none "http://$H/"
	is_status 66
	HOME=$T run env all_proxy= "$TWC" http -n "http://$H/basic" --exit=curl -f
	is_status 0
}

@test "a password that lacks is asked for on the terminal, and not shown" {
	http_start
	cat >dialogue <<-END
		set timeout 20
		spawn "$TWC" http -u ann "http://$H/basic"
		expect "Password for ann: "
		send "secret\r"
		expect "in\r"
		expect eof
	END
	run expect dialogue
	is_status 0
	[[ $output != *secret* ]]
	run setsid -w "$TWC" http -u ann "http://$H/basic" </dev/null
	[ "$output" = out ]
}

# ---- cookies ----

@test "cookies: given, kept, in a jar that curl reads" {
	http_start
	run http -b 'x=1' "http://$H/echo"
	says "Cookie: x=1"
	http -b '' -L "http://$H/set" "http://$H/echo" >out
	grep -q '^Cookie: .*a=1' out
	http -c jar "http://$H/set" >/dev/null
	grep -q $'\ta\t1$' jar
	grep -q '^#HttpOnly_.*b' jar
	run http -b jar "http://$H/echo"
	says "Cookie:"
	says "a=1"
	run http -b jar -j "http://$H/echo"
	[[ $output != *a=1* ]]
	says "b=2"
	run curl -q -s -b jar "http://$H/echo"
	says "a=1"
	curl -q -s -c curl.jar "http://$H/set" >/dev/null
	run http -b curl.jar "http://$H/echo"
	says "a=1"
	run http -b none "http://$H/echo"
	is_status 0
	run http -c /nowhere/jar "http://$H/set"
	is_status 73
	printf 'com\ntest\n' >list
	http -L -b '' -c jar --resolve "a.test:$PORT:127.0.0.1" --public-suffixes list "http://a.test:$PORT/domain?d=test" >/dev/null
	! grep -q wide jar || false
	http -L -b '' -c jar --resolve "a.test:$PORT:127.0.0.1" --public-suffixes list "http://a.test:$PORT/domain?d=a.test" >/dev/null
	grep -q wide jar
	run http -c - -o x "http://$H/set"
	says "Netscape"
}
