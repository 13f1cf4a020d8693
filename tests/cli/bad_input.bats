#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Bad input: one line, the status of the table, nothing started, nothing left behind.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# bad STATUS WORDS ARG...: twc ARG... says one failure line with WORDS (two more for a caret) and makes no file.
bad() {
	local want=$1 words=$2 before
	shift 2
	before=$(ls -A)
	run timeout $LIMIT "$TWC" "$@" </dev/null
	is_status "$want"
	says "$words"
	[ "$(grep -c '^twc: ' <<<"$output")" -eq 1 ]
	[[ ${lines[0]} == "twc: "* ]]
	[ "$(ls -A)" = "$before" ]
}

@test "endpoint strings: 64, with the string and a caret" {
	bad 64 "did you mean tcp:example.com:80?" connect example.com:80
	[ "${lines[1]}" = "    example.com:80" ]
	[[ ${lines[2]} =~ ^\ *\^$ ]]
	bad 64 99999 connect tcp:host:99999
	[[ ${lines[2]} == "             ^" ]]
	bad 64 "0x50" connect tcp:host:0x50
	bad 64 "" connect tcp:host:-1
	bad 64 "" connect "tcp:host: 80"
	bad 64 "" connect "tcp:[::1:80"
	bad 64 "nodely" connect tcp:host:80:nodely=no
	bad 64 "" connect tcp:host:80:nodelay=maybe
	bad 64 "" connect tcp:host:80:timeout=soon
	bad 64 "" connect tcp:
	bad 64 "" connect ""
	bad 64 "" serve unix:
	bad 64 "" serve "unix:$(printf 'x%.0s' {1..200})"
	bad 64 "" connect tcp:host:80:keepalive=1,2
	bad 64 "" serve tcp:80:mode=600
	bad 64 "" serve exec:cat
	bad 64 "" connect systemd:name=web
	bad 64 "tls" connect ssl:host:443
}

@test "a name that would break the line of its address: 64" {
	for e in "unix:$T/a"$'\n'b "unix:@a"$'\e'b "fifo:$T/a"$'\n'b "pty:link=$T/a"$'\r'b "unix:$T/a"$'\xc2\x9b'; do
		run timeout $LIMIT "$TWC" serve "$e" --echo -- true
		is_status 64
		says "a control character would break the address that is shown"
		[ -z "$(ls -A "$T")" ]
	done
}

@test "a bad second endpoint starts nothing" {
	bad 64 "" serve unix:"$T/s" tcp:99999 --echo
	[ ! -e s ]
	bad 64 "" connect tcp:1 --to tcp:host:http
}

@test "options: 64, with the nearest word" {
	bad 64 "--echo" serve tcp:0 --ecko
	bad 64 "" serve tcp:0 --idle
	bad 64 "" serve tcp:0 --idle soon
	bad 64 "" serve tcp:0 --idle -5
	bad 64 "" serve tcp:0 --drain 1y
	bad 64 "" serve tcp:0 --max-clients 0
	bad 64 "" serve tcp:0 --max-clients many
	bad 64 "" serve tcp:0 --allow 10.0.0.0/33
	bad 64 "" serve tcp:0 --allow 10.0.0.1/8
	bad 64 "" serve tcp:0 --send --recv
	bad 64 "" connect tcp:1 --eof half-way
	bad 64 "" connect tcp:1 --send --recv
	bad 64 "" connect tcp:1 tcp:2
	bad 64 "" connect tcp:1 --check --to tcp:2
	bad 64 "" connect tcp:1 --to tcp:2 --send
	bad 64 "serve" srve tcp:0
}

@test "a missing operand explains itself: 64" {
	run "$TWC" serve
	is_status 64
	says "twc serve tcp:7000 --echo"
	run "$TWC" connect
	is_status 64
}

@test "files: missing 66, unreadable, a folder" {
	bad 66 ENOENT serve tcp:0 --file "$T/none"
	mkdir dir
	bad 66 "" serve tcp:0 --file dir
	bad 64 "" serve tcp:0 --text 'bad \q escape'
}

@test "a port in use: 73, with the address" {
	serve_start tcp4:0 --echo
	bad 73 "EADDRINUSE" serve tcp4:"$PORT" --echo
	says "127.0.0.1:$PORT"
	bad 73 "EADDRINUSE" serve unix:"$T/s" tcp4:"$PORT" --echo
	[ ! -e s ]
}

@test "an address that is not ours: 73; a folder that is not there: 73" {
	bad 73 EADDRNOTAVAIL serve tcp:0:interface=192.0.2.1 --echo
	bad 73 ENOENT serve unix:"$T/none/s" --echo
}

@test "--port-file in a folder that is not there: 73, and the socket file is gone again" {
	run timeout $LIMIT "$TWC" serve unix:"$T/s" --echo --port-file "$T/none/ports" -q
	is_status 73
	[ ! -e s ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "an empty --port-file, a limit of nothing, nc's way to say host and port: 64" {
	bad 64 "the name is empty" serve tcp:0 --echo --port-file ""
	bad 64 "--idle: must be more than 0" serve tcp:0 --echo --idle 0
	bad 64 "did you mean tcp:localhost:80?" connect localhost 80
}

@test "--ready-fd that is not open: 64" {
	bad 64 "--ready-fd" serve tcp:0 --echo --ready-fd 77
}

@test "NOTIFY_SOCKET that is no address: 78" {
	NOTIFY_SOCKET=nonsense run timeout $LIMIT "$TWC" serve unix:"$T/s" --echo -q
	is_status 78
	[ ! -e s ]
}

@test "out of descriptors at start: 71" {
	run bash -c 'for fd in 3 4 5 6 7 8 9 10 11 12; do eval "exec $fd>&-"; done
		ulimit -n 5; exec timeout 20 "$TWC" serve tcp:0 --echo' </dev/null
	is_status 71
}

@test "fd: not open, not a socket" {
	run timeout $LIMIT "$TWC" connect fd:77 </dev/null
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
}
