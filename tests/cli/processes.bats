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
	! IFS= read -r -t 0.1 -u "$ready" _ || false # the descriptor is at its end, or nothing more comes
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
	! grep -q "^$victim\$" pids || false
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
	! read -r -t 0.3 -u "$c" of_c || false
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
		! IFS= read -r -t $LIMIT -u "$c" line || false
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

@test "workers: SIGHUP has each read the rules again" {
	echo 127.0.0.1 >rules
	serve_start tcp:0:interface=127.0.0.1 --text in --allow-file rules --workers 2
	run ask tcp "$PORT" 4
	[ "$output" = inininin ]
	echo 10.0.0.0/8 >rules
	kill -HUP "$PID"
	until_true none_gets_in "$PORT"
	kill -KILL "$(workers | head -n 1)" # the one that comes then knows the new ones
	until_true count_workers 2
	none_gets_in "$PORT"
	echo 127.0.0.1 >rules
	kill -HUP "$PID"
	until_true all_get_in "$PORT"
}

none_gets_in() { [ -z "$(ask tcp "$1" 4)" ]; }
all_get_in() { [ "$(ask tcp "$1" 4)" = inininin ]; }

@test "workers: the rate is of all together" {
	serve_start tcp:0 --text x --workers 3 --accept-rate 5/s:burst=1
	start=$EPOCHREALTIME
	ask tcp "$PORT" 6 >/dev/null
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$took" -ge 900 ]
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

# ---- pid file ----

@test "pid-file: the number of the process, gone at the end" {
	serve_start tcp:0 --echo --pid-file p
	[ "$(cat p)" = "$PID" ]
	[ "$(stat -c %a p)" = 644 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ ! -e p ]
}

@test "pid-file: of the parent, with workers; they do not keep it" {
	serve_start tcp:0 --echo --pid-file p --workers 2
	[ "$(cat p)" = "$PID" ]
	kill -KILL "$(workers | head -n 1)"
	until_true count_workers 2
	[ "$(cat p)" = "$PID" ]
	serve_stop
	[ ! -e p ]
}

@test "pid-file: who lives is not replaced, who died is" {
	serve_start tcp:0 --echo --pid-file p
	run "$TWC" serve tcp:0 --echo --pid-file p
	is_status 73
	[ "$output" = "twc: serve p: already running ($PID)" ]
	[ "$(cat p)" = "$PID" ]
	serve_stop KILL
	[ -e p ]
	serve_start tcp:0 --echo --pid-file p
	[ "$(cat p)" = "$PID" ]
	echo $$ >alive # of a process that lives, but does not hold it
	serve_start tcp:0 --echo --pid-file alive
	[ "$(cat alive)" = "$PID" ]
}

@test "pid-file: another's file is neither replaced nor removed" {
	echo 'root:x:0:0' >precious
	mkdir dir
	ln -s precious link
	mkfifo fifo
	for f in precious dir link fifo none/p; do
		run timeout $LIMIT "$TWC" serve tcp:0 --echo --pid-file $f
		is_status 73
	done
	[ "$(cat precious)" = 'root:x:0:0' ]
	run "$TWC" serve tcp:0 --echo --pid-file ''
	is_status 64
	serve_start tcp:0 --echo --pid-file p
	rm p
	echo 4711 >p
	serve_stop
	[ "$(cat p)" = 4711 ]
}

@test "pid-file: of two that begin at once one runs" {
	for i in 1 2 3 4; do
		"$TWC" serve tcp:0 --echo --pid-file p --for 2s 3>&- >"out.$i" 2>&1 &
		PIDS+=($!)
	done
	until_true three_failed
	kill -0 "$(cat p)"
}

three_failed() { [ "$(grep -l 'already running' out.? | wc -l)" -eq 3 ]; }

# ---- background ----

stop_bg() {
	kill "$1"
	until_true is_gone "$1"
}

@test "bg: returns when it listens, says where, and holds nothing of ours open" {
	run timeout $LIMIT "$TWC" serve tcp:0 unix:"$T/s" --echo --bg -q
	is_status 0
	[ "${#lines[@]}" -eq 3 ]
	read -r pid endpoint <<<"${lines[0]}"
	OTHERS=("$pid")
	[ "$(connect "$endpoint" <<<hi)" = hi ]
	[ "${lines[2]}" = "$pid unix:$T/s" ]
	[ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
	[ "$(readlink /proc/"$pid"/cwd)" = "$T" ]
	for fd in 0 1 2; do
		[ "$(readlink /proc/"$pid"/fd/$fd)" = /dev/null ]
	done
	stop_bg "$pid"
	[ ! -e s ]
}

@test "bg: standard error that is a file goes on" {
	"$TWC" serve tcp:0 --echo --bg -v >out 2>err
	read -r pid endpoint <out
	OTHERS=("$pid")
	[ "$(grep -c '^twc: listening' err)" -eq 2 ]
	connect "$endpoint" <<<hi
	until_true grep -q closed err
	stop_bg "$pid"
}

@test "bg: with workers, a pid file, a port file and a descriptor" {
	out=$("$TWC" serve tcp:0 --sh 'echo $PPID' --bg --workers 2 --pid-file p --port-file port --ready-fd 8 8>ready 2>&1)
	pid=$(cat p)
	OTHERS=("$pid")
	[ "$(cut -d' ' -f1 <<<"$(grep -v '^twc' <<<"$out")" | sort -u)" = "$pid" ]
	[ "$(wc -l <ready)" -eq 2 ]
	PID=$pid
	count_workers 2
	mapfile -t pids < <(workers)
	ask tcp "$(head -n 1 port)" 6 | sort -u >got
	[ "$(wc -l <got)" -eq 2 ]
	run "$TWC" serve tcp:0 --echo --bg --pid-file p
	is_status 73
	stop_bg "$pid"
	all_gone "${pids[@]}"
	[ ! -e p ]
}

@test "bg: a failure is told by line and status" {
	serve_start tcp:0:interface=127.0.0.1 --echo
	run --separate-stderr "$TWC" serve tcp:"$PORT":interface=127.0.0.1 --echo --bg
	is_status 73
	[ -z "$output" ]
	[[ $stderr == *"address already in use"* ]]
	run "$TWC" serve tcp:0 --file ./none --bg
	is_status 66
}

@test "bg: a number that cannot be said is no server that stays" {
	run timeout $LIMIT bash -c '"$TWC" serve tcp:0 --echo --bg --pid-file p --port-file port >/dev/full'
	is_status 74
	until_true test ! -e p
	run ! connect tcp:"$(cat port)" </dev/null
}

@test "bg: what does not go with it is refused" {
	run "$TWC" serve tcp:0 --bg
	is_status 64
	says '--bg needs a service'
	run "$TWC" serve tcp:0 --once --recv --bg
	is_status 64
	run "$TWC" serve tcp:0 --echo --bg -- true
	is_status 64
	run "$TWC" serve - --echo --bg
	is_status 64
	run "$TWC" serve tcp:0 --echo --bg --ready-fd 1
	is_status 64
}

@test "bg: systemd is told the number of the process, and its sockets are taken over" {
	cat >notify.py <<-'PY'
		import os, socket, subprocess, sys
		n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		n.bind("notify")
		n.settimeout(20)
		s = socket.create_server(("127.0.0.1", 0))
		def passed():
		    os.dup2(s.fileno(), 3)
		    os.environ["LISTEN_PID"] = str(os.getpid())
		env = "import os,sys; os.environ['LISTEN_PID'] = str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])"
		out = subprocess.run([sys.executable, "-c", env, sys.argv[1], "serve", "systemd:index=0", "--echo", "--bg", "-q"],
		    env=dict(os.environ, NOTIFY_SOCKET=os.path.abspath("notify"), LISTEN_FDS="1"), preexec_fn=passed,
		    close_fds=False, capture_output=True, text=True, timeout=20).stdout
		print(out.split()[0], n.recv(1000).decode().replace("\n", " "))
	PY
	run timeout $LIMIT $PYTHON notify.py "$TWC"
	is_status 0
	pid=${output%% *}
	OTHERS=("$pid")
	[ "$output" = "$pid MAINPID=$pid READY=1" ]
	stop_bg "$pid"
}

# ---- user ----

needs_root() { [ "$(id -u)" -eq 0 ] || skip "only root may become another user"; }
ids_of() { awk '/^(Uid|Gid|Groups|CapEff|CapPrm):/ { $1 = $1; print }' "/proc/$1/status"; }

@test "user: the ids, all of them, and the environment of what it runs" {
	needs_root
	chmod 755 "$T"
	serve_start tcp:0 --user nobody --sh 'id -u; id -g; echo "$HOME $USER $LOGNAME"' --workers 2
	uid=$(id -u nobody) gid=$(id -g nobody)
	for p in "$PID" $(workers); do
		ids_of "$p" >ids
		grep -qx "Uid: $uid $uid $uid $uid" ids
		grep -qx "Gid: $gid $gid $gid $gid" ids
		grep -qx 'CapEff: 0*' ids
		grep -qx 'CapPrm: 0*' ids
		! grep -E '^Groups:.* 0( |$)' ids || false
	done
	run ask tcp "$PORT" 1
	[ "${lines[0]} ${lines[1]}" = "$uid $gid" ]
	[ "${lines[2]}" = "$(getent passwd nobody | cut -d: -f6) nobody nobody" ]
}

@test "user: by number, and with a group" {
	needs_root
	serve_start tcp:0 --user 12345:23456 --sh 'id -u; id -g; id -G; echo "$HOME ${USER-none}"'
	run ask tcp "$PORT" 1
	[ "$output" = $'12345\n23456\n23456\n/ none' ]
}

@test "user: a folder where it cannot --save is an error at the start" {
	needs_root
	chmod 755 "$T"
	mkdir -m 755 roots
	run timeout $LIMIT "$TWC" serve tcp:0 --save roots/%c --user nobody -- true
	is_status 73
	says "--save: cannot create files in roots"
	mkdir -m 777 everybodys
	run timeout $LIMIT "$TWC" serve tcp:0 --save everybodys/%c --user nobody -- true
	is_status 0
}

@test "user: after the port is bound, and files are written" {
	needs_root
	mkdir -m 755 private
	chmod 755 "$T"
	port=$((RANDOM % 300 + 600)) # one that only root may bind
	serve_start tcp:$port unix:"$T/private/s" --echo --user nobody --pid-file private/p --port-file private/port ||
		skip "port $port is taken"
	[ "$(stat -c %U:%a private/s)" = nobody:600 ]
	[ "$(cat private/p)" = "$PID" ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ ! -s private/p ] # it may not remove it; it names nobody
	serve_start unix:"$T/private/s" --echo --pid-file private/p
	[ "$(cat private/p)" = "$PID" ]
}

@test "user: who it is already is fine, anybody else is not" {
	run timeout $LIMIT "$TWC" serve tcp:0 --echo --user "$(id -un)" -- true
	is_status 0
	run timeout $LIMIT "$TWC" serve tcp:0 --echo --user "$(id -u)" -- true
	is_status 0
	if [ "$(id -u)" -eq 0 ]; then
		chmod 755 "$T"
		cp "$TWC" ./twc-copy
		run setpriv --reuid=nobody --clear-groups ./twc-copy serve tcp:0 --echo --user daemon
	else
		run "$TWC" serve tcp:0 --echo --user root
	fi
	is_status 77
	says 'cannot become user'
	says 'only root may'
}

@test "user: unknown ones are found before anything is bound" {
	for u in no-such-user nobody:no-such-group '' :x 4294967295 no-such:1; do
		run "$TWC" serve unix:./s --echo --user "$u"
		is_status 64
		[ "${#lines[@]}" -eq 1 ]
		[ ! -e s ]
	done
	run "$TWC" serve tcp:0 --echo --user 3999999999
	is_status 64
	says 'give one, 3999999999:GROUP'
}
