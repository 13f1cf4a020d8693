#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# via=: connections through foreign proxies, and through ones with a fault.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	unset TWC_PROXY_AUTH ALL_PROXY all_proxy NO_PROXY no_proxy
}
teardown() { twc_teardown; }

# tests/support/proxy.py HABIT ARG...; sets PROXY to its port.
proxy_start() {
	rm -f "$T/proxy.fifo"
	mkfifo "$T/proxy.fifo"
	exec {proxy_out}<>"$T/proxy.fifo"
	"$PYTHON" "$ROOT/tests/support/proxy.py" "$@" <"$T/proxy.fifo" >"$T/proxy.fifo" 2>"$T/proxy.log" 3>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$proxy_out" PROXY
}

# A free port of 127.0.0.1, which a program that cannot choose one itself is told.
free_port() {
	"$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# CMD with @PORT@ for a port, in the background; sets PROXY. Somebody else may be faster: then another port.
foreign_start() {
	local try
	for try in 1 2 3 4 5; do
		PROXY=$(free_port)
		sed "s/@PORT@/$PROXY/" "$T/conf.in" >"$T/conf" 2>/dev/null || true
		"${@//@PORT@/$PROXY}" >"$T/foreign.log" 2>&1 3>&- &
		PIDS+=("$!")
		until_listening "$!" && return 0
	done
	return 1
}

# Of the process $1 and nobody else.
until_listening() {
	local i
	for ((i = 0; i < 500; i++)); do
		kill -0 "$1" 2>/dev/null || return 1
		[[ $(ss -Hltnp "sport = :$PROXY") != *"pid=$1,"* ]] || return 0
		sleep 0.02
	done
	return 1
}

microsocks_start() {
	command -v microsocks >/dev/null || skip "no microsocks here"
	foreign_start microsocks -i 127.0.0.1 -p @PORT@ "$@"
}

tinyproxy_start() {
	command -v tinyproxy >/dev/null || skip "no tinyproxy here"
	printf '%s\n' 'Port @PORT@' 'Listen 127.0.0.1' 'Timeout 30' 'Allow 127.0.0.1' "$@" >"$T/conf.in"
	foreign_start tinyproxy -d -c "$T/conf"
}

# An echo behind the proxy answers. Most proxies close both directions when one ends, so nothing ends here before.
echoes() {
	connect "$@" --send-line hi --expect '^hi' </dev/null
}

large() {
	head -c 3000000 /dev/urandom >in
	serve_start tcp:0 --file in
	connect "tcp:localhost:$PORT:$1" --recv >out
	cmp in out
	SERVE_OUT=$T/up serve_start tcp:0 --once --recv
	connect "tcp:127.0.0.1:$PORT:$1" --send <in
	serve_wait
	cmp in up
}

# ---- through ----

@test "microsocks: by name, by address, large in both directions" {
	microsocks_start
	large "via=[socks5:127.0.0.1:$PROXY]"
	serve_start tcp:0 --echo
	echoes "tcp:127.0.0.1:$PORT:via=[socks5h:127.0.0.1:$PROXY]"
	echoes "tcp:localhost:$PORT:via=[socks5:127.0.0.1:$PROXY:dns=local]"
}

@test "microsocks: IPv6" {
	connect --check=passive tcp:[::1]:1 2>/dev/null || [ $? -eq 69 ] || skip "no IPv6 here"
	microsocks_start
	serve_start tcp6:0 --echo
	echoes "tcp:[::1]:$PORT:via=[socks5:127.0.0.1:$PROXY]"
}

@test "microsocks: a login, the right one, a wrong one, none; from a file, a variable, TWC_PROXY_AUTH" {
	microsocks_start -u joe -P geheim
	serve_start tcp:0 --echo
	printf 'geheim\n' >pass
	echoes "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY:user=joe:pass-file=pass]"
	P=geheim echoes "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY:user=joe:pass-env=P]"
	TWC_PROXY_AUTH=joe:geheim echoes "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY]"
	echoes "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY:user=joe:pass=geheim]"
	run -77 connect "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY:user=joe:pass=falsch]"
	[[ $output = *"the proxy socks5:127.0.0.1:$PROXY refuses the login"* ]]
	[[ $output = *":user=joe:pass=***]: "* && $output != *falsch* ]]
	run -77 connect "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY]"
	[[ $output = *"wants a login (SOCKS method 255); use user="* ]]
}

@test "microsocks: the target refuses" {
	microsocks_start
	run -69 connect "tcp:127.0.0.1:$(free_port):via=[socks5:127.0.0.1:$PROXY]"
	[[ $output = *"the proxy socks5:127.0.0.1:$PROXY says: connection refused by the target (SOCKS 5)" ]]
}

@test "tinyproxy: CONNECT, large in both directions" {
	tinyproxy_start
	large "via=[http:127.0.0.1:$PROXY]"
}

@test "tinyproxy: a login, the right one and a wrong one" {
	tinyproxy_start 'BasicAuth joe geheim'
	serve_start tcp:0 --text 'welcome'
	run -0 connect "tcp:127.0.0.1:$PORT:via=[http:127.0.0.1:$PROXY:user=joe:pass=geheim]" </dev/null
	[[ $output = *welcome* ]]
	run -77 connect "tcp:127.0.0.1:$PORT:via=[http:127.0.0.1:$PROXY:user=joe:pass=falsch]"
	[[ $output = *"refuses the login (HTTP 40"* ]]
	run -77 connect "tcp:127.0.0.1:$PORT:via=[http:127.0.0.1:$PROXY]"
	[[ $output = *"wants a login (HTTP 407"* ]]
}

@test "tinyproxy: a port it does not connect to, and a target that is not there" {
	tinyproxy_start 'ConnectPort 9'
	run -77 connect "tcp:127.0.0.1:1:via=[http:127.0.0.1:$PROXY]"
	[[ $output = *"says: not allowed (HTTP 403 "* ]]
	run -69 connect "tcp:127.0.0.1:9:via=[http:127.0.0.1:$PROXY]"
	[[ $output = *"(HTTP 5"* ]]
}

@test "ncat as an HTTP proxy" {
	foreign_start ncat -l 127.0.0.1 @PORT@ --proxy-type http --keep-open --proxy-auth joe:geheim
	serve_start tcp:0 --echo
	echoes "tcp:127.0.0.1:$PORT:via=[http:127.0.0.1:$PROXY:user=joe:pass=geheim]"
	run -77 connect "tcp:127.0.0.1:$PORT:via=[http:127.0.0.1:$PROXY]"
	[[ $output = *"wants a login (HTTP 407 "* ]]
}

@test "a chain of two kinds" {
	microsocks_start
	local inner=$PROXY
	proxy_start http
	serve_start tcp:0 --echo
	echoes "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$inner:via=[http:127.0.0.1:$PROXY]]"
	[ "$(cat proxy.asked)" = "127.0.0.1 $inner" ]
}

@test "an answer byte by byte; the name is the proxy's affair, also with --numeric" {
	proxy_start socks5 joe geheim
	serve_start tcp:0 --echo
	echoes --numeric "tcp:localhost:$PORT:via=[socks5:127.0.0.1:$PROXY:user=joe:pass=geheim]"
	[ "$(cat proxy.asked)" = "localhost $PORT" ]
}

@test "via=env: ALL_PROXY and NO_PROXY" {
	serve_start tcp:0 --echo
	proxy_start socks5 joe geheim
	ALL_PROXY=socks5h://joe:ge%68eim@127.0.0.1:$PROXY echoes "tcp:127.0.0.1:$PORT:via=env"
	[ "$(cat proxy.asked)" = "127.0.0.1 $PORT" ]
	ALL_PROXY=socks5h://127.0.0.1:1 NO_PROXY=127.0.0.0/8 echoes "tcp:127.0.0.1:$PORT:via=env"
	echoes "tcp:127.0.0.1:$PORT:via=env"
	ALL_PROXY=gopher://x run -78 connect "tcp:127.0.0.1:$PORT:via=env"
	[[ $output = *"the proxy in ALL_PROXY is of a kind not known here"* ]]
}

@test "the first bytes of the target are in the segment of the answer" {
	proxy_start with-answer 'early words'
	[ "$(connect "tcp:h:1:via=[socks5:127.0.0.1:$PROXY]" </dev/null)" = 'early words' ]
	proxy_start with-answer 'early words'
	connect "tcp:h:1:via=[socks5:127.0.0.1:$PROXY]" --expect 'early w' --recv
}

@test "--check, --wait, --retry and bind= go through it" {
	serve_start tcp:0 --echo
	proxy_start socks5
	connect --check "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY]"
	proxy_start socks5
	connect --check --wait 10s "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY]"
	proxy_start http
	echoes --retry 3 "tcp:127.0.0.1:$PORT:bind=127.0.0.7:via=[http:127.0.0.1:$PROXY]"
	run -64 connect --check=passive "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY]"
	[[ $output = *"not behind a proxy (via=)"* ]]
}

@test "ssh's ProxyCommand: what the line of the manual does" {
	proxy_start socks5
	serve_start tcp:0 --text 'SSH-2.0-test'
	[[ $(connect "tcp:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY]" </dev/null) = SSH-2.0-test* ]]
}

# ---- a proxy that drops on FIN ----

@test "standard input at its end is kept back from a proxy that drops on FIN" {
	proxy_start drop-on-fin 'banner'
	[ "$(connect "tcp:h:1:via=[socks5:127.0.0.1:$PROXY]" </dev/null)" = banner ]
	proxy_start drop-on-fin 'banner'
	[ "$(: | connect "tcp:h:1:via=[socks5:127.0.0.1:$PROXY]")" = banner ]
	# and that is what it is for
	proxy_start drop-on-fin 'banner'
	[ "$(connect --eof half "tcp:h:1:via=[socks5:127.0.0.1:$PROXY]" </dev/null)" = '' ]
}

# ---- not through ----

fails_with() { # STATUS TEXT HABIT ARG...; KIND of the proxy
	local want=$1 text=$2
	shift 2
	proxy_start "$@"
	run connect "tcp:h:80:timeout=300ms:via=[$KIND:127.0.0.1:$PROXY]"
	is_status "$want"
	[[ $output = "twc: connect tcp:h:80:timeout=300ms:via=[$KIND:127.0.0.1:$PROXY]: the proxy $KIND:127.0.0.1:$PROXY $text" ]] || {
		printf '%s\n' "$output" >&2
		return 1
	}
}

@test "faults of SOCKS proxies" {
	KIND=socks5
	fails_with 75 'timed out: no answer to the greeting after 300ms' silent
	fails_with 76 'broke the connection off before it answered the greeting (ECONNRESET)' reset
	fails_with 76 'closed the connection without an answer to the greeting' say ''
	fails_with 76 'closed the connection in the middle of its answer to the greeting' say 05
	fails_with 76 "does not speak SOCKS5, but perhaps HTTP (its answer begins with 'H')" say 485454502f312e31
	fails_with 76 "does not speak SOCKS5 (its answer to the greeting begins with '\\x1b')" say 1b5b
	KIND=socks4a
	fails_with 69 'says: the target is refused or cannot be reached (SOCKS4 91)' say 005b000000000000
	fails_with 77 'says: not allowed, it cannot ask the identd of this machine (SOCKS4 92)' say 005c000000000000
	fails_with 76 'closed the connection in the middle of its answer to the request' say 005a0000
}

@test "faults of HTTP proxies, escaped" {
	KIND=http
	fails_with 75 'timed out: no answer to CONNECT after 300ms' silent
	fails_with 76 'does not speak HTTP, but perhaps SOCKS' say 0500
	fails_with 76 'sent a control character in its HTTP head (\x1b)' say "$(printf 'HTTP/1.1 500 a\033[31m\r\n' | od -An -v -tx1 | tr -d ' \n')"
	fails_with 69 'says: the target did not answer it in time (HTTP 504 Late)' say "$(printf 'HTTP/1.1 504 Late\r\n\r\n' | od -An -v -tx1 | tr -d ' \n')"
	fails_with 76 'closed the connection in the middle of its answer to CONNECT' say "$(printf 'HTTP/1.1 200 OK\r\nA: b' | od -An -v -tx1 | tr -d ' \n')"
}

@test "the proxy itself is not there" {
	local port
	port=$(free_port)
	run -69 connect "tcp:h:80:via=[socks5:127.0.0.1:$port]"
	[[ $output = *": the proxy socks5:127.0.0.1:$port: connection refused (ECONNREFUSED, 127.0.0.1:$port)" ]]
	run -68 connect --numeric "tcp:h:80:via=[socks5:proxy.test]"
	[[ $output = *": the proxy socks5:proxy.test:1080: "* ]]
}

@test "a secret is shown nowhere" {
	local s="tcp:127.0.0.1:1:via=[socks5:127.0.0.1:1:user=joe:pass=geheim]"
	local -a ways=("" "--check" "--check --json" "-vv" "--wait 100ms" "--retry 1 --retry-delay 10ms -v" "--log-json -vv" "--stats" "--trace all")
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086
		run timeout $LIMIT "$TWC" connect $way "$s" </dev/null
		[ "$status" -ne 0 ]
		[[ $output != *geheim* ]] || { printf '%s: %s\n' "$way" "$output" >&2; false; }
	done
}

@test "udp, unix and others know no via=" {
	for e in udp:h:1 unix:/x vsock:2:1 stdio; do
		run -64 connect "$e:via=[socks5:gw]"
		[[ $output = *"unknown argument 'via'"* ]]
	done
	run -64 connect "tcp:h:80:via=[socks6:gw]"
	[ "${lines[2]}" = '                  ^' ]
}
