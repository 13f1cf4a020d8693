#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Options of serve, and proxies, with ws: empty messages everywhere, files, limits of time and rate, and how a stop is told.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/ws

setup() {
	twc_setup
	"$PYTHON" -c 'import websockets' 2>/dev/null || skip 'no python3-websockets here'
}
teardown() { twc_teardown; }

# tests/support/proxy.py HABIT ARG...; sets PROXY to its port.
proxy_start() {
	rm -f "$T/proxy.fifo" proxy.asked
	mkfifo "$T/proxy.fifo"
	exec {proxy_out}<>"$T/proxy.fifo"
	"$PYTHON" "$ROOT/tests/support/proxy.py" "$@" <"$T/proxy.fifo" >"$T/proxy.fifo" 2>"$T/proxy.log" 3>&- &
	PIDS+=("$!")
	IFS= read -r -t $LIMIT -u "$proxy_out" PROXY
}

@test "an empty message: --echo, --broadcast, standard input and output, --exec" {
	local ear
	ws_serve ws:0 --echo
	run speak "$W/" ask a '' b
	[ "${output%$'\n'extensions*}" = $'a\n\nb' ]
	[ "$(printf 'a\n\n\nb\n' | connect "$W" && echo .)" = $'a\n\n\nb\n.' ]
	serve_stop
	ws_serve ws:0 --broadcast
	speak "$W/" hear >ear 3>&- &
	PIDS+=($!)
	until_true grep -q open ear
	speak "$W/" tell '' last
	until_true grep -q last ear
	[ "$(sed -n 2,3p ear)" = $'""\n"last"' ]
	serve_stop
	ws_serve ws:0 --once
	speak "$W/" tell '' a ''
	serve_wait
	[ "$(cat serve.out && echo .)" = $'\na\n\n.' ]
	printf '\n\na\n\n' >lines
	SERVE_IN=lines ws_serve ws:0 --once
	run speak "$W/" hear
	[ "$output" = $'open\n""\n""\n"a"\n""\nclosed 1000 ' ]
	serve_wait
	[ "$STATUS" -eq 0 ]
	ws_serve ws:0 --exec 'cat'
	run speak "$W/" ask '' a ''
	[ "${output%$'\n'extensions*}" = $'\na\n' ]
	serve_stop
}

@test "via= a SOCKS5 and a CONNECT proxy, which is asked for the server alone" {
	local kind
	ws_serve ws:0 --echo
	for kind in socks5 http; do
		proxy_start $kind
		run connect "ws:127.0.0.1:$PORT:path=/x:via=[$kind:127.0.0.1:$PROXY]" <<<hi
		is_status 0
		[ "$output" = hi ]
		[ "$(cat proxy.asked)" = "127.0.0.1 $PORT" ]
	done
	proxy_start say 0500050200010000000000000000
	run connect "ws:127.0.0.1:$PORT:via=[socks5:127.0.0.1:$PROXY]" </dev/null
	[ "$status" -ne 0 ]
	says 'not allowed'
	serve_stop
}

@test "--file is a message; --save writes what messages hold, with lines=yes as lines" {
	seq 5 >five
	ws_serve ws:0 --file five
	run speak "$W/" hear
	[ "$output" = $'open\n"1\\n2\\n3\\n4\\n5\\n"\nclosed 1000 ' ]
	head -c 3000000 /dev/urandom >data
	serve_stop
	ws_serve ws:0 --file data
	connect "ws:127.0.0.1:$PORT:lines=no" </dev/null | cmp data
	serve_stop
	ws_serve ws:0 --save 'up-%c'
	speak "$W/" tell one '' two
	[ "$(cat up-1)" = onetwo ]
	connect "ws:127.0.0.1:$PORT:lines=no" --send <data
	cmp data up-2
	serve_stop
	ws_serve ws:0:lines=yes --save 'lines-%c'
	seq 1000 | connect "$W"
	seq 1000 | cmp - lines-1
	serve_stop
}

@test "--idle closes; --limit-rate holds back" {
	ws_serve ws:0 --echo --idle 200ms
	run speak "$W/" hear
	[ "${lines[0]}" = open ]
	[[ ${lines[1]} == closed* ]]
	serve_stop
	ws_serve ws:0 --chargen --limit-rate 20k
	SECONDS=0
	[ "$(connect "$W" --max-bytes 30000 </dev/null | wc -c)" -eq 30000 ]
	[ "$SECONDS" -ge 1 ]
	serve_stop
}

@test "a stop says 1001 to the clients of --echo, --discard and standard input" {
	local service
	pipe_open in
	for service in --echo --discard ''; do
		rm -f ear
		SERVE_IN=in.fifo ws_serve ws:0 $service
		speak "$W/" hear >ear 3>&- &
		PIDS+=($!)
		until_true grep -q open ear
		serve_stop TERM
		[ "$STATUS" -eq 0 ]
		until_true grep -q 'closed 1001' ear
	done
}
