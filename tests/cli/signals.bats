#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Signals: serve drains, connect dies, COMMAND gets them too.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "serve: TERM and INT stop it with 0 when nobody is connected" {
	for sig in TERM INT; do
		serve_start tcp:0 unix:"$T/s" --echo
		serve_stop $sig
		[ "$STATUS" -eq 0 ]
		[ ! -e s ]
	done
}

@test "serve: HUP ends it at once, by the signal, and its socket file goes" {
	serve_start unix:"$T/s" --echo
	serve_stop HUP
	[ "$STATUS" -eq 129 ]
	[ ! -e s ]
}

@test "serve: the first TERM stops accepting and lets connections finish" {
	serve_start tcp:0 --echo
	exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
	echo before >&"$c"
	read -r -t $LIMIT -u "$c" line && [ "$line" = before ]
	kill -TERM "$PID"
	until_true refused "$PORT"
	echo after >&"$c"
	read -r -t $LIMIT -u "$c" line && [ "$line" = after ]
	exec {c}>&-
	serve_wait
	[ "$STATUS" -eq 0 ]
}

refused() {
	connect tcp:127.0.0.1:"$1" --check 2>/dev/null
	[ $? -eq 69 ]
}

@test "serve: a second TERM ends it by the signal" {
	serve_start tcp:0 --echo
	exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
	echo x >&"$c"
	read -r -t $LIMIT -u "$c" line
	kill -TERM "$PID"
	until_true refused "$PORT"
	serve_stop TERM
	[ "$STATUS" -eq 143 ]
}

@test "serve: a drain that takes too long ends by the signal" {
	serve_start tcp:0 --echo --drain 100ms
	exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
	echo x >&"$c"
	read -r -t $LIMIT -u "$c" line
	serve_stop INT
	[ "$STATUS" -eq 130 ]
}

@test "serve: 50 connections drain, all finish, status 0" {
	serve_start tcp:0 --echo
	$PYTHON - "$PORT" "$PID" <<-'PY'
		import os, signal, socket, sys
		port, pid = int(sys.argv[1]), int(sys.argv[2])
		socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
		for s in socks:
		    s.sendall(b"a")
		for s in socks:
		    assert s.recv(1) == b"a"
		os.kill(pid, signal.SIGTERM)
		for s in socks:
		    s.sendall(b"b")
		    s.shutdown(socket.SHUT_WR)
		for s in socks:
		    assert s.recv(10) == b"b"
		    assert s.recv(10) == b""
	PY
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "serve: a datagram session does not hold the end up" {
	serve_start udp:0 --echo
	[ "$(connect udp:"$PORT" <<<x)" = x ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "serve without a service: TERM writes out what came" {
	serve_start tcp:0 --recv
	head -c 3000000 /dev/zero | connect tcp:"$PORT" --send
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ "$(stat -c %s serve.out)" -eq 3000000 ]
}

@test "serve: HUP with a COMMAND is its own, and serving goes on until it has ended" {
	run timeout $LIMIT "$TWC" serve tcp:0 --echo -q -- sh -c \
		'trap "echo hup" HUP; kill -HUP $PPID; wait; i=0
		while [ $i -lt 3 ]; do echo x | "$TWC" connect "$TWC_ADDR" || exit 1; i=$((i + 1)); done; exit 5'
	is_status 5
	says hup
}

@test "connect: a program hears the signal too, and is not left behind" {
	for sig in TERM:143 INT:130 HUP:129; do
		rm -f pid
		env --default-signal=INT "$TWC" connect 'sh:echo $$ >pid; exec sleep 1000' </dev/null 3>&- &
		PID=$!
		PIDS+=("$PID")
		until_true test -s pid
		serve_stop "${sig%:*}"
		[ "$STATUS" -eq "${sig#*:}" ]
		until_true gone "$(cat pid)"
	done
}

gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"; }

@test "serve: without a service, too, a drain that is cut short ends by the signal" {
	for mode in --recv --send ""; do
		serve_start tcp:0 $mode --drain 100ms -v
		exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
		until_true grep -q opened serve.err
		serve_stop
		[ "$STATUS" -eq 143 ]
		exec {c}>&-
	done
}

@test "serve: nohup's ignored HUP stays ignored" {
	trap '' HUP
	serve_start tcp:0 --echo
	trap - HUP
	kill -HUP "$PID"
	[ "$(connect tcp:"$PORT" <<<x)" = x ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "COMMAND gets the signal, and its status is ours" {
	mkfifo told told2
	exec {told}<>told
	env --default-signal=INT "$TWC" serve tcp:0 --echo -q -- \
		bash -c 'trap "exit 5" TERM; echo ready; while :; do read -r -t 1 <>"$0" || :; done' "$T/told2" \
		>told 2>err 3>&- &
	pid=$!
	PIDS+=($pid)
	read -r -t $LIMIT -u "$told" line
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	is_status 5
}

@test "COMMAND that dies by the signal: 128 and its number" {
	mkfifo told
	exec {told}<>told
	"$TWC" serve tcp:0 --echo -q -- sh -c 'echo ready; exec sleep 1000' >told 2>err 3>&- &
	pid=$!
	PIDS+=($pid)
	read -r -t $LIMIT -u "$told" line
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	is_status 143
}

@test "connect dies by TERM, INT and HUP" {
	serve_start tcp:0 --text ready
	for sig in TERM:143 INT:130 HUP:129; do
		pipe_open hold
		: >out
		env --default-signal=INT "$TWC" connect tcp:"$PORT" <&"$hold" >out 3>&- &
		pid=$!
		until_true test -s out
		kill -"${sig%:*}" $pid
		status=0
		wait $pid || status=$?
		is_status "${sig#*:}"
		rm hold.fifo
	done
}
