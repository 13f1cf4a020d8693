#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Odd environments: what cron, daemons, containers and careless scripts hand to a program. Each row of the tables below
# is one environment; every use of serve and connect runs in it, and data and status must be what they always are. $TWC
# becomes a script that makes the environment and then is twc, so the helpers work as they do elsewhere.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	REAL=$TWC
}
teardown() { twc_teardown; }

# From now on $TWC runs in the environment that the lines on standard input make; they end in `exec … "$REAL" "$@"`.
environment() {
	{
		echo "#!/bin/bash"
		printf 'REAL=%q T=%q\n' "$REAL" "$T"
		cat
	} >"$T/twc"
	chmod 755 "$T/twc"
	TWC=$T/twc
}

# serve_start waits for a ready line that does not come from one that has ended: not for long.
LIMIT=10

# Runs all uses whose names follow, and says which one failed.
uses() {
	local use
	for use; do
		mkdir -p "$T/$use" && cd "$T/$use" || return 1
		"$use" || {
			echo "$use failed; standard error of serve:" >&2
			cat "$T/serve.err" >&2
			return 1
		}
		cd "$T" || return 1
	done
}

# ---- uses of serve ----

serve_echo() {
	serve_start tcp:0 --echo || return 1
	[ "$(echo hi | timeout $LIMIT socat - tcp:127.0.0.1:"$PORT")" = hi ] || return 1
	serve_stop
	[ "$STATUS" -eq 0 ]
}

serve_once_recv() {
	SERVE_OUT=out serve_start tcp:0 --once --recv || return 1
	head -c 300000 /dev/zero | timeout $LIMIT socat -u - tcp:127.0.0.1:"$PORT" || return 1
	serve_wait
	[ "$STATUS" -eq 0 ] && [ "$(stat -c %s out)" -eq 300000 ]
}

serve_plain() {
	echo from-server >in
	SERVE_IN=in SERVE_OUT=out serve_start tcp:0 --once || return 1
	[ "$(echo from-client | timeout $LIMIT socat -t $LIMIT - tcp:127.0.0.1:"$PORT")" = from-server ] || return 1
	serve_wait
	[ "$STATUS" -eq 0 ] && [ "$(cat out)" = from-client ]
}

serve_exec() {
	serve_start tcp:0 --exec '/bin/cat' || return 1
	[ "$(echo hi | timeout $LIMIT socat -t $LIMIT - tcp:127.0.0.1:"$PORT")" = hi ] || return 1
	serve_stop
	[ "$STATUS" -eq 0 ]
}

serve_save() {
	serve_start tcp:0 --save "$T/got.%c" || return 1
	echo saved | timeout $LIMIT socat -u - tcp:127.0.0.1:"$PORT" || return 1
	until_true grep -qs saved "$T/got.1" || return 1
	serve_stop
	rm -f "$T/got.1"
	[ "$STATUS" -eq 0 ]
}

serve_chat() {
	serve_start tcp:0 --chat || return 1
	$PYTHON - "$PORT" <<-'PY' || return 1
		import socket, sys
		a, b = (socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20) for _ in range(2))
		f = b.makefile()
		b.sendall(b"/who\n")
		f.readline()
		a.sendall(b"good day\n")
		while "good day" not in f.readline():
		    pass
	PY
	serve_stop
	[ "$STATUS" -eq 0 ]
}

serve_command() {
	timeout $LIMIT "$TWC" serve -q tcp:0 --echo -- \
		/bin/bash -c 'exec 5<>/dev/tcp/127.0.0.1/$TWC_PORT; echo x >&5; read -r l <&5; [ "$l" = x ] && exit 7'
	[ $? -eq 7 ]
}

serve_port_file() {
	serve_start tcp:0:interface=127.0.0.1 --echo --port-file ports || return 1
	serve_stop
	[ "$STATUS" -eq 0 ] && [ "$(cat ports)" = "$PORT" ]
}

SERVE_USES="serve_echo serve_once_recv serve_plain serve_exec serve_save serve_chat serve_command serve_port_file"

# ---- uses of connect; the peer is in no odd environment ----

# TWC for the peer: as it was.
peer_serve() {
	TWC=$REAL serve_start "$@"
}

connect_pipe() {
	peer_serve tcp:0 --echo || return 1
	[ "$(head -c 200000 /dev/zero | connect tcp:"$PORT" | wc -c)" -eq 200000 ]
}

connect_check() {
	peer_serve tcp:0 --echo || return 1
	connect --check tcp:"$PORT" || return 1
	serve_stop
	connect --check tcp:"$PORT" 2>/dev/null
	[ $? -eq 69 ]
}

connect_wait() {
	peer_serve tcp:0 --echo || return 1
	[ "$(connect tcp:"$PORT" --wait 20s -- /bin/echo done)" = "done" ]
}

connect_to() {
	peer_serve tcp:0 --text 'words' || return 1
	connect tcp:"$PORT" --to "exec:/bin/cp /dev/stdin $T/to.out" || return 1
	[ "$(cat "$T/to.out")" = words ]
}

connect_exec() {
	[ "$(echo hi | connect exec:/bin/cat)" = hi ] || return 1
	connect "sh:exit 5" </dev/null
	[ $? -eq 5 ]
}

connect_udp() {
	peer_serve udp:0 --echo || return 1
	[ "$(echo datagram | connect udp:127.0.0.1:"$PORT" --max-messages 1)" = datagram ]
}

connect_unix() {
	peer_serve unix:"$T/sock" --echo || return 1
	[ "$(echo hi | connect unix:"$T/sock")" = hi ] || return 1
	serve_stop
	[ "$STATUS" -eq 0 ] && [ ! -e "$T/sock" ]
}

connect_refused() {
	local said
	said=$(connect unix:"$T/none" 2>&1 </dev/null)
	[ $? -eq 69 ] && [[ $said == "twc: connect unix:$T/none: "*"(ENOENT"* ]]
}

CONNECT_USES="connect_pipe connect_check connect_wait connect_to connect_exec connect_udp connect_unix connect_refused"

everything() {
	uses $SERVE_USES $CONNECT_USES
}

# ---- environments in which nothing may differ ----

@test "an empty environment, as cron's" {
	environment <<<'exec env -i "$REAL" "$@"'
	everything
}

@test "no HOME, an empty PATH" {
	environment <<<'unset HOME; PATH= exec "$REAL" "$@"'
	everything
}

@test "odd locales and time zones" {
	environment <<<'export TZ=:/none/such LANG=xx_YY.none LC_ALL=C.UTF-8; exec "$REAL" "$@"'
	everything
	environment <<<'export TZ=%s%n LC_ALL=C LANGUAGE=de; exec "$REAL" "$@"'
	everything
}

@test "signals that the parent ignores, as nohup does" {
	environment <<<'trap "" HUP PIPE CHLD USR1 USR2 WINCH TSTP; exec "$REAL" "$@"'
	everything
}

@test "signals that the parent has blocked" {
	environment <<-'EOS'
		exec /usr/bin/python3 -c 'import os, signal, sys
		signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
		os.execv(sys.argv[1], sys.argv[1:])' "$REAL" "$@"
	EOS
	everything
}

@test "a mask that takes every permission" {
	environment <<<'umask 777; exec "$REAL" "$@"'
	if [ "$(id -u)" -eq 0 ]; then
		everything
	else
		uses serve_echo serve_once_recv serve_plain serve_exec serve_chat serve_command connect_pipe connect_unix
	fi
	serve_start unix:"$T/mode" --echo
	[ "$(stat -c %a "$T/mode")" = 600 ]
}

@test "32 descriptors, and 64" {
	for n in 32 64; do
		environment <<<"ulimit -n $n; exec \"\$REAL\" \"\$@\""
		everything
	done
}

@test "a hundred descriptors that the parent left open" {
	environment <<<'for ((i = 20; i < 120; i++)); do eval "exec $i</dev/null"; done; exec "$REAL" "$@"'
	everything
}

@test "a current directory that is gone" {
	environment <<<'mkdir -p "$T/gone.$$" && cd "$T/gone.$$" && rmdir "$T/gone.$$"; exec "$REAL" "$@"'
	uses serve_echo serve_once_recv serve_plain serve_exec serve_save serve_chat serve_command $CONNECT_USES
	run connect unix:relative --check
	is_status 69
	run timeout $LIMIT "$TWC" serve unix:relative --echo
	is_status 73
	says "twc: serve unix:relative: "
	says ENOENT
	run timeout $LIMIT "$TWC" serve tcp:0 --echo --port-file ports
	is_status 73
	says "ENOENT"
	peer_serve tcp:0 --echo
	run connect tcp:"$PORT" --tee-in relative </dev/null
	is_status 73
	says "ENOENT, relative)"
}

@test "standard error closed, full, or without a reader" {
	for where in '2>&-' '2>/dev/full' '2> >(:)'; do
		environment <<<"exec \"\$REAL\" \"\$@\" $where"
		uses $SERVE_USES connect_pipe connect_check connect_wait connect_to connect_exec connect_udp connect_unix
	done
}

@test "standard input closed, a directory, or write-only" {
	for where in '<&-' '<.' '</dev/null'; do
		environment <<<"exec \"\$REAL\" \"\$@\" $where"
		uses serve_echo serve_once_recv serve_exec serve_save serve_chat serve_command serve_port_file \
			connect_check connect_wait connect_to connect_refused
	done
	environment <<<'exec "$REAL" "$@" 0>/dev/null'
	uses serve_echo serve_once_recv serve_exec serve_save serve_chat serve_command serve_port_file \
		connect_check connect_wait connect_to
}

@test "standard output closed, full, or without a reader, where nothing is written to it" {
	for where in '>&-' '>/dev/full' '> >(:)'; do
		environment <<<"exec \"\$REAL\" \"\$@\" $where"
		uses serve_echo serve_exec serve_save serve_chat serve_command serve_port_file connect_check connect_to
	done
}

@test "all three closed" {
	environment <<<'exec "$REAL" "$@" <&- >&- 2>&-'
	uses serve_echo serve_exec serve_save serve_chat serve_command serve_port_file connect_check connect_to
}

# ---- environments that take something away: what is left works, and the rest says why ----

@test "16 descriptors: one client at a time at least, and a clear end where there are too few" {
	environment <<<'ulimit -n 16; exec "$REAL" "$@"'
	uses serve_echo serve_once_recv serve_plain serve_save serve_chat connect_pipe connect_check connect_udp \
		connect_unix connect_refused
	environment <<<'ulimit -n 6; exec "$REAL" "$@"'
	run timeout $LIMIT "$TWC" serve tcp:0 unix:"$T/few" --echo --for 10ms
	is_status 71
	says "(EMFILE"
	[ ! -e "$T/few" ]
}

@test "a limit of the file size: what cannot be written is an error, not a signal" {
	environment <<<'ulimit -f 8; exec "$REAL" "$@"'
	uses serve_echo serve_exec serve_chat serve_command connect_pipe connect_check connect_unix
	peer_serve tcp:0 --chargen
	run bash -c "timeout $LIMIT '$TWC' connect tcp:$PORT --recv 2>&1 >big"
	is_status 74
	says "EFBIG"
	run bash -c "timeout $LIMIT '$TWC' connect tcp:$PORT --recv --tee-in big 2>&1 >/dev/null"
	is_status 74
	says "EFBIG"
	serve_start tcp:0 --save "$T/saved.%c"
	head -c 100000 /dev/zero | timeout $LIMIT socat -u - tcp:127.0.0.1:"$PORT" 2>/dev/null || true
	until_true grep -q EFBIG serve.err
	echo small | timeout $LIMIT socat -u - tcp:127.0.0.1:"$PORT"
	until_true grep -qs small saved.2
}

# Descriptor 0 in the environment is what $1 (Python, an expression that is a descriptor) makes.
with_stdin() {
	environment <<-EOS
		exec $PYTHON -c 'import os, signal, socket, sys
		signal.signal(signal.SIGPIPE, signal.SIG_DFL)
		a, b = socket.socketpair()
		a.sendall(b"from a socket"), a.shutdown(socket.SHUT_WR)
		os.dup2($1, 0)
		os.set_inheritable(0, True)
		os.execv(sys.argv[1], sys.argv[1:])' "\$REAL" "\$@"
	EOS
}

@test "standard input of other kinds" {
	uses_without="serve_echo serve_once_recv serve_exec connect_check connect_wait"
	serve_start tcp:0 --echo
	echo_pid=$PID echo_port=$PORT
	with_stdin 'b.fileno()'
	[ "$(connect tcp:"$echo_port")" = "from a socket" ]
	uses $uses_without
	for what in 'os.open(".", os.O_RDONLY)' 'os.open("/dev/null", os.O_WRONLY)'; do
		with_stdin "$what"
		run connect tcp:"$echo_port"
		is_status 74
		says "twc: connect tcp:$echo_port: cannot read"
	done
	for what in 'os.eventfd(0)' 'os.memfd_create("x")' 'os.open(".", os.O_RDONLY)' 'os.open(".", os.O_PATH)'; do
		with_stdin "$what"
		uses $uses_without
	done
	kill -TERM "$echo_pid" && wait "$echo_pid"
}

@test "arguments of any length" {
	long=$(head -c 100000 /dev/zero | tr '\0' a)
	for args in "connect tcp:$long:1" "connect unix:$long" "connect udp:1:bind=$long" "serve tcp:$long --echo" \
		"connect $long" "$long" "connect --$long" "connect --check exec:$long" \
		"serve tcp:0 --echo --port-file $long" "connect tcp:1 --expect $long" "serve tcp:0 --allow $long"; do
		run timeout $LIMIT "$TWC" $args
		[[ $status =~ ^(64|66|68|69|73|126|127)$ ]] || is_status 64
		says "twc: "
		[ "${#output}" -lt 20000 ]
	done
}

@test "a reader that has seen enough" {
	peer_serve tcp:0 --chargen
	for use in "connect tcp:$PORT" "connect tcp:$PORT --recv" "--help" "help endpoints" "serve --help"; do
		run bash -c "set -o pipefail; timeout $LIMIT '$TWC' $use </dev/null | head -c1"
		[ "$status" -eq 141 ] || is_status 0
		[ "${#output}" -eq 1 ]
	done
}

# ---- killed half-way ----

is_empty() {
	[ -z "$(ls -A "$1")" ]
}

@test "a check that is killed leaves nothing behind" {
	mkdir here
	for signal in TERM:143 INT:130 HUP:129; do
		for endpoint in "fifo:$T/here/f:dir=w" "pty:link=$T/here/l:wait=yes"; do
			env --default-signal=INT "$TWC" connect --check --wait 20s "$endpoint" tcp:1 2>/dev/null 3>&- &
			pid=$!
			PIDS+=("$pid")
			until_true eval '! is_empty here'
			kill "-${signal%:*}" "$pid"
			status=0
			wait "$pid" || status=$?
			is_status "${signal#*:}"
			is_empty here
		done
	done
}

@test "a check of a program that is killed takes the program with it" {
	"$TWC" connect --check "sh:echo \$\$ >$T/pid; exec sleep 60" --expect x 2>/dev/null 3>&- &
	check=$!
	PIDS+=("$check")
	until_true test -s pid
	kill -TERM "$check"
	wait "$check" || [ $? -eq 143 ]
	until_true eval '! kill -0 "$(cat pid)" 2>/dev/null'
}

@test "a fifo has its mode whatever the mask" {
	environment <<<'umask 777; exec "$REAL" "$@"'
	SERVE_OUT=out serve_start fifo:"$T/f" --recv --once
	[ "$(stat -c %a f)" = 600 ]
	echo words >f
	serve_wait
	[ "$(cat out)" = words ]
}
