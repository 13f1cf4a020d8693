#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The processes of twc serve: --workers, --user, --pid-file, --bg.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() {
	local pid
	for pid in "${OTHERS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	twc_teardown
}

OTHERS=()

# ---- workers ----

# The children of $PID, one a line.
workers() { cat "/proc/$PID/task/$PID/children" | tr ' ' '\n' | sed '/^$/d'; }
count_workers() { [ "$(workers | wc -l)" -eq "$1" ]; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }
all_gone() {
	local pid
	for pid in "$@"; do
		is_gone "$pid" || return 1
	done
}

# One connection by a foreign client; prints what comes.
ask() { $PYTHON "$ROOT/tests/support/ask.py" "$@"; }

@test "workers: so many processes, one ready line for each address, an even spread" {
	serve_start tcp:0 --sh 'echo $PPID' --workers 4
	count_workers 4
	serve_ready_next
	! IFS= read -r -t 0.1 -u "$ready" _ # the descriptor is at its end, or nothing more comes
	[ "$(grep -c listening serve.err)" -eq 2 ]
	ask tcp "$PORT" 40 >pids
	[ "$(wc -l <pids)" -eq 40 ]
	[ "$(sort -u pids | wc -l)" -eq 4 ]
	[ "$(sort pids | uniq -c | sort -n | awk 'NR == 1 { print $1 }')" -ge 5 ]
	diff <(sort -u pids) <(workers | sort)
}

@test "workers: foreign clients over tcp, a UNIX socket and udp" {
	serve_start tcp:0 unix:"$T/s" udp:0 --echo --workers 2
	tcp=$PORT
	serve_ready_next && serve_ready_next && serve_ready_next
	[ "$(echo a | socat -t5 - tcp:127.0.0.1:"$tcp")" = a ]
	[ "$(echo b | timeout $LIMIT nc -N ::1 "$tcp")" = b ]
	[ "$(echo c | socat -t5 - unix-connect:"$T/s")" = c ]
	[ "$(echo d | timeout $LIMIT curl -s --max-time 2 telnet://127.0.0.1:"$tcp" | head -n 1)" = d ]
	ask udp "$PORT" 20 | sort | uniq -c >got
	[ "$(awk '{ print $1 }' got | sort -u)" = 1 ] # each peer has its own answers, three of three
	[ "$(wc -l <got)" -eq 20 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ ! -e s ]
}

@test "workers: a peer of a UDP port stays with one process" {
	serve_start udp:0 --sh 'echo $PPID; cat >/dev/null' --workers 3
	ask udp "$PORT" 12 >got
	[ "$(awk '{ print $2 }' got | sort -u | wc -l)" -ge 2 ]
}

@test "workers: one that is killed is replaced, and nothing else happens" {
	serve_start tcp:0 --sh 'echo $PPID' --workers 2
	victim=$(workers | head -n 1)
	kill -KILL "$victim"
	until_true is_gone "$victim"
	until_true count_workers 2
	grep -q "twc: warning: worker . ($victim) was ended by signal 9 (SIGKILL); another one begins in 50ms" serve.err
	ask tcp "$PORT" 12 >pids
	[ "$(sort -u pids | wc -l)" -eq 2 ]
	! grep -q "^$victim\$" pids
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "workers: they drain on SIGTERM, nobody new comes, and the status is 0" {
	serve_start tcp:0 --echo --workers 2
	mapfile -t pids < <(workers)
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT" {b}<>/dev/tcp/127.0.0.1/"$PORT"
	echo one >&"$a"
	read -r -t $LIMIT -u "$a" line && [ "$line" = one ]
	echo two >&"$b"
	read -r -t $LIMIT -u "$b" line && [ "$line" = two ]
	kill -TERM "$PID"
	until_true refused "$PORT"
	echo again >&"$a"
	read -r -t $LIMIT -u "$a" line && [ "$line" = again ]
	exec {a}>&- {b}>&-
	serve_wait
	[ "$STATUS" -eq 0 ]
	all_gone "${pids[@]}"
}

refused() { ! (exec 3<>/dev/tcp/127.0.0.1/"$1") 2>/dev/null; }

@test "workers: a second signal ends them at once" {
	serve_start tcp:0 --echo --workers 2
	mapfile -t pids < <(workers)
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	echo one >&"$a"
	read -r -t $LIMIT -u "$a" line
	kill -TERM "$PID"
	until_true refused "$PORT"
	kill -0 "$PID"
	serve_stop INT
	[ "$STATUS" -eq 130 ]
	all_gone "${pids[@]}"
}

@test "workers: a signal to all of them is one signal" {
	serve_start tcp:0 --echo --workers 2
	mapfile -t pids < <(workers)
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	echo one >&"$a"
	read -r -t $LIMIT -u "$a" line
	kill -TERM "${pids[@]}" "$PID"
	until_true refused "$PORT"
	echo two >&"$a"
	read -r -t $LIMIT -u "$a" line && [ "$line" = two ]
	exec {a}>&-
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "workers: the end of the drain ends them, status 75" {
	serve_start tcp:0 --echo --workers 2 --for 500ms --drain 100ms
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	echo x >&"$a"
	serve_wait
	[ "$STATUS" -eq 75 ]
	grep -q 'connections were still open' serve.err
}

@test "workers: without their parent they go at once, and so does what they run" {
	serve_start tcp:0 --sh 'echo $$; exec sleep 1000' --workers 2
	mapfile -t pids < <(workers)
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	read -r -t $LIMIT -u "$a" program
	OTHERS=("${pids[@]}" "$program")
	kill -KILL "$PID"
	until_true all_gone "${pids[@]}" "$program"
}

@test "workers: places are counted together, and those of a dead one are given back" {
	serve_start tcp:0 --sh 'echo $PPID; cat' --workers 3 --max-clients 2
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	read -r -t $LIMIT -u "$a" of_a
	exec {b}<>/dev/tcp/127.0.0.1/"$PORT"
	read -r -t $LIMIT -u "$b" of_b
	exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
	! read -r -t 0.3 -u "$c" of_c
	kill -KILL "$of_a"
	read -r -t $LIMIT -u "$c" of_c
	exec {d}<>/dev/tcp/127.0.0.1/"$PORT"
	[ "$of_a" = "$of_b" ] || ! read -r -t 0.3 -u "$d" of_d
	exec {b}>&- {c}>&-
	read -r -t $LIMIT -u "$d" of_d
}

@test "workers: connections of one address are counted together" {
	serve_start tcp:0 --echo --workers 3 --max-per-ip 2
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT" {b}<>/dev/tcp/127.0.0.1/"$PORT"
	echo x >&"$a"
	echo x >&"$b"
	read -r -t $LIMIT -u "$a" line
	read -r -t $LIMIT -u "$b" line
	for _ in 1 2 3; do
		exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
		! IFS= read -r -t $LIMIT -u "$c" line
		exec {c}>&-
	done
	exec {a}>&-
	until_true gets_in "$PORT"
}

gets_in() {
	local line
	exec {in}<>/dev/tcp/127.0.0.1/"$1"
	echo x >&"$in"
	IFS= read -r -t 5 -u "$in" line
	local rc=$?
	exec {in}>&-
	return $rc
}

@test "workers: numbers of connections are of all, and go on after a death" {
	serve_start tcp:0 --save "$T/up-%c" --workers 3
	for i in 1 2 3 4 5; do
		echo "$i" | socat -u - tcp:127.0.0.1:"$PORT"
	done
	kill -KILL "$(workers | head -n 1)"
	until_true count_workers 3
	for i in 6 7 8; do
		echo "$i" | socat -u - tcp:127.0.0.1:"$PORT"
	done
	serve_stop
	[ "$(cat up-1 up-2 up-3 up-4 up-5 up-6 up-7 up-8 | sort)" = "$(seq 8)" ]
}

@test "workers: COMMAND runs once and its status counts; --stats is of all" {
	run --separate-stderr "$TWC" serve tcp:0 --echo --workers 3 --stats -- \
		sh -c 'for i in 1 2 3 4 5; do echo hello | socat -t5 - "tcp:127.0.0.1:$TWC_PORT"; done; exit 7'
	is_status 7
	[ "$(grep -c hello <<<"$output")" -eq 5 ]
	[[ $stderr == *"5 connections, 30 bytes received, 30 sent"* ]]
}

@test "workers: --accept-timeout is about the first client of any" {
	run "$TWC" serve tcp:0 --echo --workers 2 --accept-timeout 100ms
	is_status 75
	says 'no client within 100ms'
	serve_start tcp:0 --echo --workers 2 --accept-timeout 1s
	echo x | socat -t5 - tcp:127.0.0.1:"$PORT"
	sleep 1.2
	kill -0 "$PID"
}

@test "workers: SIGUSR1 has each say its connections" {
	serve_start tcp:0 --echo --workers 2
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	echo x >&"$a"
	read -r -t $LIMIT -u "$a" line
	exec {b}<>/dev/tcp/127.0.0.1/"$PORT"
	echo x >&"$b"
	read -r -t $LIMIT -u "$b" line
	kill -USR1 "$PID"
	until_true grep -q '#1 tcp:.*2 bytes received, 2 sent' serve.err
	until_true grep -q '#2 tcp:.*2 bytes received, 2 sent' serve.err
}

@test "workers: a port in use is one line and status 73; so is one of udp" {
	serve_start tcp:0:interface=127.0.0.1 --echo
	run "$TWC" serve tcp:"$PORT":interface=127.0.0.1 --echo --workers 2
	is_status 73
	[ "${#lines[@]}" -eq 1 ]
	serve_start udp:0:interface=127.0.0.1 --echo --workers 2
	run "$TWC" serve udp:"$PORT":interface=127.0.0.1 --echo --workers 2
	is_status 73
}

@test "workers: a file that cannot be read is said once" {
	run "$TWC" serve tcp:0 --file ./none --workers 2
	is_status 66
	[ "${#lines[@]}" -eq 1 ]
}

@test "workers: what does not go with them is refused" {
	local what
	for what in '' '--recv' '--echo --once' '--chat' '--broadcast' '--echo --max-bytes 1'; do
		# shellcheck disable=SC2086
		run "$TWC" serve tcp:0 $what --workers 2
		is_status 64
	done
	run "$TWC" serve tcp:0 --workers 2
	says '--workers needs a service'
	run "$TWC" serve unix:./d:kind=dgram --echo --workers 2
	is_status 64
	says 'cannot share these datagrams'
	[ ! -e d ]
	run "$TWC" serve - --echo --workers 2
	is_status 64
	run "$TWC" serve udp:0:group=239.1.2.3 --echo --workers 2
	is_status 64
	run "$TWC" serve tcp:0 --echo --workers 257
	is_status 64
}

@test "workers: inherited and passed sockets are shared, too" {
	cat >pass.py <<-'PY'
		import os, socket, sys
		s = socket.create_server(("127.0.0.1", 0))
		os.dup2(s.fileno(), 3)
		os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
		os.execv(sys.argv[1], sys.argv[1:])
	PY
	for endpoint in fd:3 systemd:index=0; do
		run timeout $LIMIT $PYTHON pass.py "$TWC" serve $endpoint --sh 'echo $PPID' --workers 2 -- \
			sh -c 'for i in 1 2 3 4; do socat -u "tcp:127.0.0.1:$TWC_PORT" -; done'
		is_status 0
		[ "$(grep -v twc <<<"$output" | sort -u | wc -l)" -eq 2 ]
	done
}
