#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs that serve: where they say their errors.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "--stderr log: a line for each, with the connection's number, escaped" {
	serve_start tcp:0 --sh 'printf "one\n\033[1mtwo" >&2; echo out' --stderr log
	[ "$(connect tcp:"$PORT" </dev/null)" = out ]
	[ "$(connect tcp:"$PORT" </dev/null)" = out ]
	serve_stop
	grep '^twc: #' serve.err >lines
	[ "$(head -n 2 lines)" = $'twc: #1: one\ntwc: #1: \\x1b[1mtwo' ]
	[ "$(wc -l <lines)" -eq 4 ]
	[[ $(tail -n 1 lines) == "twc: #"*": \\x1b[1mtwo" ]]
}

@test "--stderr log to a foreign client, which sees nothing of it" {
	command -v socat >/dev/null || skip "socat is needed"
	serve_start tcp:0 --exec "sh -c 'echo oops >&2; cat'" --stderr log --log-json
	[ "$(socat -t 30 - TCP:127.0.0.1:"$PORT" <<<hello)" = hello ]
	until_true grep -q '"text":"#1: oops"' serve.err
}

@test "exec:stderr=log, and a program on a terminal" {
	run --separate-stderr timeout $LIMIT "$TWC" connect 'sh:stderr=log:echo oops >&2; echo out; exit 7' </dev/null
	is_status 7
	[ "$output" = out ]
	[ "$stderr" = "twc: #1: oops" ]
	run --separate-stderr timeout $LIMIT "$TWC" connect 'sh:pty=yes:stderr=log:echo oops >&2; echo out' </dev/null
	is_status 0
	[ "$stderr" = "twc: #1: oops" ]
}

@test "--detach-children: the program goes on with its client when the server has stopped" {
	command -v socat >/dev/null || skip "socat is needed"
	serve_start tcp:0 --sh 'echo $$; while read -r line; do echo "got $line"; done; echo "at the end" >done' --detach-children
	mkfifo to from
	socat - TCP:127.0.0.1:"$PORT" <to >from &
	client=$!
	PIDS+=("$client")
	exec {to}>to {from}<from
	read -r -t $LIMIT -u "$from" child
	serve_stop
	[ "$STATUS" -eq 0 ]
	kill -0 "$child"
	[ "$(ps -o sid= -p "$child" | tr -d ' ')" = "$child" ]
	echo hello >&"$to"
	read -r -t $LIMIT -u "$from" line
	[ "$line" = "got hello" ]
	exec {to}>&-
	wait "$client"
	until_true test -s done
}

@test "--detach-children: the program's end is the connection's, its standard input blocks, and it knows its peer" {
	serve_start tcp:0 --detach-children --max-clients 1 --sh 'sleep 0.1; cat; echo "$TWC_PEER_IP"'
	for i in 1 2 3; do
		[ "$(connect tcp:127.0.0.1:"$PORT" <<<"round $i")" = "round $i"$'\n127.0.0.1' ]
	done
	run "$TWC" serve tcp:0 --once --detach-children --sh 'cat; exit 7' -- sh -c '"$0" connect "$TWC_ADDR" <<-X
		x
		X' "$TWC"
	is_status 0
	serve_start unix:"$T/s" --once --detach-children --sh 'cat >got; exit 7'
	connect unix:"$T/s" --send <<<hi
	serve_wait
	[ "$STATUS" -eq 7 ]
	[ "$(cat got)" = hi ]
}

@test "--detach-children: what does not go with it" {
	for option in "--hexdump" "--limit-rate 1k" "--idle 1" "--max-time 1" "--banner x" "--stderr log"; do
		# shellcheck disable=SC2086
		run "$TWC" serve tcp:0 --exec cat --detach-children $option
		is_status 64
		says "--detach-children"
	done
	run "$TWC" serve udp:0 --exec cat --detach-children
	is_status 64
	says "datagrams have none to hand over"
	run "$TWC" serve tcp:0 --echo --detach-children
	is_status 64
	says "needs --exec or --sh"
}
