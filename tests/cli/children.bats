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
