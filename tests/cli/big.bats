#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Much data, through every way it can take.

bats_require_minimum_version 1.5.0
load ../support/cli

# With reads and writes cut short (TWC_DBG_RMAX) a few bytes cost a system call: less of it will do.
HUGE=200000000 BIG=50000000
[ -z "${TWC_DBG_RMAX:-}" ] || HUGE=8000000 BIG=4000000

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "200 MB from file to file: sent, received, equal" {
	head -c $HUGE /dev/urandom >big
	SERVE_OUT=$T/got serve_start tcp:0 --once --recv
	connect tcp:"$PORT" --send <big
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(sha256sum <big)" = "$(sha256sum <got)" ]
}

@test "200 MB through a pipe, a relay of two endpoints, and a pipe" {
	head -c $HUGE /dev/zero | tr '\0' 'x' >big
	SERVE_OUT=$T/got serve_start unix:"$T/s" --once --recv
	far=$PID
	mkfifo told
	exec {told}<>told
	"$TWC" serve tcp:0 --once --send --ready-fd 9 9>told 3>&- 2>/dev/null < <(cat big) &
	near=$!
	read -r -t $LIMIT -u "$told" line
	connect tcp:"${line##*:}" --to unix:"$T/s"
	wait $near
	wait "$far"
	[ "$(sha256sum <big)" = "$(sha256sum <got)" ]
}

@test "50 MB there and back through an echo" {
	head -c $BIG /dev/urandom >big
	serve_start tcp:0 --echo
	connect tcp:"$PORT" <big | cmp - big
}

@test "a program in the middle" {
	head -c 20000000 /dev/urandom >big
	connect exec:cat <big | cmp - big
}

@test "a peer that takes little at a time" {
	head -c 3000000 /dev/urandom >big
	peer_start slow-reader 20000 0.001
	connect tcp:"$PEER" <big
	peer_wait
	cmp big peer.in
}

@test "a peer that answers in small pieces" {
	head -c 200000 /dev/urandom >big
	peer_start chunked-echo 1000
	connect tcp:"$PEER" <big | cmp - big
}

@test "a reader that is slow does not make it grow" {
	serve_start tcp:0 --chargen
	local before most=10000
	before=$(grep VmRSS "/proc/$PID/status" | tr -cd 0-9)
	connect tcp:"$PORT" </dev/null 2>/dev/null |
		{ head -c 1000 >/dev/null; until_true stalled "$PID"; grep VmRSS "/proc/$PID/status" >rss; } || true
	[ -z "${TWC_DBG_RMAX:-}" ] || most=50000 # of what was freed in small pieces a sanitizer keeps some
	[ $(($(tr -cd 0-9 <rss) - before)) -lt $most ]
}

# Its processor time stands still between two looks.
stalled() {
	local a b
	a=$(cut -d' ' -f14,15 "/proc/$1/stat")
	sleep 0.2
	b=$(cut -d' ' -f14,15 "/proc/$1/stat")
	[ "$a" = "$b" ]
}
