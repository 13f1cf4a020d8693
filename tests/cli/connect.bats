#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc connect: outcomes, --check of many, programs, --stats, and what is said where.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

free_port() { # one that nobody listens on, a moment ago
	$PYTHON -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ---- outcomes ----

@test "quiet on success" {
	serve_start tcp:0 --echo
	run --separate-stderr connect tcp:"$PORT" <<<hi
	is_status 0
	[ "$output" = hi ]
	[ -z "$stderr" ]
}

@test "refused: 69, one line, what was asked as typed" {
	port=$(free_port)
	run connect tcp:127.0.0.1:"$port" </dev/null
	is_status 69
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "twc: connect tcp:127.0.0.1:$port: connection refused (ECONNREFUSED, "*"127.0.0.1:$port)" ]]
}

@test "no such name: 68; no such socket file: 69; a stale one: 69" {
	run connect tcp:no-such-name.invalid:80:timeout=5 </dev/null
	[ "$status" -eq 68 ] || [ "$status" -eq 75 ] # 75: this machine has no name server that answers
	run connect unix:"$T/none" </dev/null
	is_status 69
	says ENOENT
	$PYTHON -c 'import socket; socket.socket(socket.AF_UNIX).bind("stale")'
	run connect unix:"$T/stale" </dev/null
	is_status 69
	says ECONNREFUSED
}

@test "a dial that takes too long: 75, in time" {
	# A backlog that is full answers no further SYN.
	$PYTHON - >told 3>&- <<-'PY' &
		import socket, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(0)
		fill = []
		for _ in range(8):
		    c = socket.socket()
		    c.setblocking(False)
		    c.connect_ex(s.getsockname())
		    fill.append(c)
		print(s.getsockname()[1], flush=True)
		sys.stdin.readline()
		import signal
		signal.pause()
	PY
	PIDS+=($!)
	until_true test -s told
	run connect tcp:127.0.0.1:"$(cat told)":timeout=300ms </dev/null
	is_status 75
	says 300ms
}

@test "the status does not depend on verbosity" {
	port=$(free_port)
	for flag in -q -v -vv; do
		run connect tcp:127.0.0.1:"$port" $flag </dev/null
		is_status 69
	done
}

# ---- --check ----

@test "--check: all reachable is 0 and silent, -v says a line each" {
	serve_start tcp:0 unix:"$T/s" --echo
	run connect --check tcp:"$PORT" unix:"$T/s"
	is_status 0
	[ -z "$output" ]
	run connect --check -v tcp:"$PORT" unix:"$T/s"
	is_status 0
	[ "$(grep -c reachable <<<"$output")" -eq 2 ]
}

@test "--check: some 79, none the status they share or the furthest" {
	serve_start tcp:0 --echo
	port=$(free_port)
	run connect --check tcp:"$PORT" tcp:127.0.0.1:"$port"
	is_status 79
	[ "${#lines[@]}" -eq 1 ]
	run connect --check tcp:127.0.0.1:"$port" unix:"$T/none"
	is_status 69
	[ "${#lines[@]}" -eq 2 ]
}

@test "--check reads no input and sends nothing" {
	peer_start record
	run connect --check tcp:"$PEER" <<<data
	is_status 0
	peer_wait
	[ ! -s peer.in ]
}

# ---- programs ----

@test "exec: and sh: give their status" {
	run connect exec:cat <<<hi
	is_status 0
	[ "$output" = hi ]
	run connect 'sh:cat >/dev/null; exit 3' <<<hi
	is_status 3
	run connect 'sh:kill -TERM $$' </dev/null
	is_status 143
	run connect sh:true <<<'nobody reads this'
	is_status 0
}

@test "--until-idle with a program that has to be killed is 0" {
	run connect exec:'sleep 1000' --until-idle 100ms </dev/null
	is_status 0
}

@test "exec: not found 127, not executable 126" {
	run -127 connect exec:"$T/none" </dev/null
	[ "${#lines[@]}" -eq 1 ]
	says ENOENT
	: >plain
	run connect exec:"$T/plain" </dev/null
	is_status 126
	says EACCES
}

@test "a program and a server, joined" {
	serve_start tcp:0 --echo
	run connect tcp:"$PORT" --to 'sh:echo question; read -r a; echo "got $a" >&2; exit 4'
	is_status 4
	says "got question"
}

# ---- two ends ----

@test "--to joins two servers, either way round" {
	serve_start tcp:0 --once --recv
	port=$PORT
	out_pid=$PID
	mv serve.out first.out
	peer_start say-and-close data
	run connect tcp:"$PEER" --to tcp:"$port"
	is_status 0
	wait "$out_pid"
	[ "$(cat first.out)" = data ]
}

@test "--to an end that cannot be had resets the other" {
	port=$(free_port)
	peer_start record
	run connect tcp:"$PEER" --to tcp:127.0.0.1:"$port"
	is_status 69
	says "twc: connect tcp:127.0.0.1:$port: connection refused"
	peer_wait
	[ "$(cat peer.err)" = ECONNRESET ]
}

@test "- is standard input and output, on either side" {
	serve_start tcp:0 --echo
	[ "$(connect - --to tcp:"$PORT" <<<a)" = a ]
	[ "$(connect tcp:"$PORT" --to - <<<b)" = b ]
	run connect - </dev/null
	is_status 64
}

# ---- what is said ----

@test "--stats is one line on standard error" {
	serve_start tcp:0 --echo
	run --separate-stderr connect tcp:"$PORT" --stats <<<hello
	is_status 0
	[ "$output" = hello ]
	[[ $stderr =~ ^twc:\ 6\ bytes\ received,\ 6\ sent,\ [0-9.]+s$ ]]
}

@test "--send throws the answer away, --recv sends nothing" {
	serve_start tcp:0 --echo
	run connect tcp:"$PORT" --send <<<hello
	is_status 0
	[ -z "$output" ]
	serve_start tcp:0 --text hi
	run connect tcp:"$PORT" --recv <<<hello
	is_status 0
	[ "$output" = hi ]
}

@test "bytes of a peer do not reach the terminal through an error" {
	run connect "tcp:$(printf 'a\033[31mb'):80" </dev/null
	[[ $output != *$'\033'* ]]
}
