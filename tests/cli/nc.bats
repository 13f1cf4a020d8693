#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc as nc: against nc.openbsd and ncat in both roles, and by its name.

bats_require_minimum_version 1.5.0
load ../support/cli

NC=/bin/nc.openbsd
NCAT=/usr/bin/ncat

setup() {
	twc_setup
	seq 1 200000 >file
}
teardown() { twc_teardown; }

nc() { timeout $LIMIT "$TWC" nc "$@"; }

# Our listener on a free port, told by its ready line: nc_start NAME ARG... (NAME: nc, ncat); sets PID, PORT. Standard
# input is a file, IN.
nc_start() {
	local name=$1
	shift
	ln -sf "$TWC" "$T/$name"
	"$T/$name" -v "$@" <"${IN:-/dev/null}" >out 2>err 3>&- &
	PID=$!
	PIDS+=("$PID")
	until_true grep -q listening err || { cat err >&2; return 1; }
	PORT=$(sed -n 's/.*listening .*:\([0-9]*\)$/\1/p' err | head -1)
}

nc_wait() {
	STATUS=0
	timeout $LIMIT tail --pid="$PID" -f /dev/null
	wait "$PID" || STATUS=$?
}

# A foreign listener on a port that was free a moment ago: foreign PROGRAM ARG...; the port comes last. Sets PID, PORT.
foreign() {
	local i
	for i in 1 2 3 4 5; do
		PORT=$($PYTHON -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
		"$@" "$PORT" <"${IN:-/dev/null}" >out 2>err 3>&- &
		PID=$!
		PIDS+=("$PID")
		if until_true foreign_is_there && kill -0 "$PID" 2>/dev/null; then
			return 0
		fi
	done
	return 1
}

foreign_is_there() {
	! kill -0 "$PID" 2>/dev/null || ss -Hlnut "sport = :$PORT" | grep -q .
}

echo_start() {
	serve_start tcp:0 --echo
}

# ---- connecting ----

@test "a file to nc.openbsd, and one back" {
	foreign $NC -N -l 127.0.0.1
	nc -N 127.0.0.1 "$PORT" <file
	nc_wait
	cmp file out
	IN=file foreign $NC -N -l 127.0.0.1
	nc 127.0.0.1 "$PORT" </dev/null >got
	cmp file got
}

@test "a file to ncat, and one back" {
	foreign $NCAT -l 127.0.0.1
	nc 127.0.0.1 "$PORT" <file
	nc_wait
	cmp file out
	IN=file foreign $NCAT -l 127.0.0.1
	nc -d 127.0.0.1 "$PORT" >got
	cmp file got
}

@test "the end of input is passed on without -N, so nobody waits" {
	echo_start
	run nc 127.0.0.1 "$PORT" <<<hello
	is_status 0
	[ "$output" = hello ]
}

@test "an error speaks of the endpoint, and has twc's status" {
	run nc -w 5 127.0.0.1 1 </dev/null
	is_status 69
	says "twc: connect tcp:127.0.0.1:1:timeout=5: connection refused"
}

@test "-v says which call of twc is the same" {
	echo_start
	run nc -v -w 9 -C 127.0.0.1 "$PORT" <<<x
	is_status 0
	says "twc: the same as: twc connect -v tcp:127.0.0.1:$PORT:timeout=9 --until-idle 9 --crlf"
}

@test "-w: a peer that is silent is not waited for, and that is no failure" {
	peer_start silent
	run nc -w 1 127.0.0.1 "$PEER" </dev/null
	is_status 0
}

@test "-q: so long after the end of input, also from a peer that never ends" {
	foreign $NC -lk 127.0.0.1
	run nc -q 1 127.0.0.1 "$PORT" <file
	is_status 0
	run nc -q 0 127.0.0.1 "$PORT" <file
	is_status 0
	until_true test "$(stat -c %s out)" -ge "$(stat -c %s file)"
}

@test "-C ends lines with CR LF" {
	foreign $NC -N -l 127.0.0.1
	printf 'a\nb\r\n' | nc -C 127.0.0.1 "$PORT"
	nc_wait
	printf 'a\r\nb\r\n' | cmp - out
}

@test "-u: datagrams to nc.openbsd" {
	foreign $NC -u -l -W 1 127.0.0.1
	echo ping | nc -u -q 0 127.0.0.1 "$PORT"
	nc_wait
	[ "$(<out)" = ping ]
}

@test "-U: a UNIX socket of nc.openbsd" {
	$NC -N -lU ./sock </dev/null >out 3>&- &
	PID=$!
	PIDS+=("$PID")
	until_true test -S sock
	nc -N -U ./sock <file
	nc_wait
	cmp file out
}

@test "-n looks up no names" {
	run nc -n some.name 1 </dev/null
	is_status 68
	says "names are not looked up"
}

@test "-s and -p: where to connect from" {
	serve_start tcp:0 --sh 'echo "$TWC_PEER"'
	run nc -s 127.0.0.2 127.0.0.1 "$PORT" </dev/null
	is_status 0
	[[ $output == tcp:127.0.0.2:* ]]
}

@test "-i: line after line, to nc.openbsd and from it; ncat calls it -d" {
	printf 'one\ntwo\nlast' >lines
	foreign $NC -N -l 127.0.0.1
	start=$(date +%s%N)
	nc -i 300ms 127.0.0.1 "$PORT" <lines
	[ $(($(date +%s%N) - start)) -ge 550000000 ]
	nc_wait
	cmp lines out
	IN=lines nc_start nc -l -i 300ms 127.0.0.1 0
	start=$(date +%s%N)
	$NC -N 127.0.0.1 "$PORT" </dev/null >got
	nc_wait
	[ "$STATUS" -eq 0 ]
	echo_start
	[ "$("$TWC" ncat -d 100ms 127.0.0.1 "$PORT" <lines)" = "$(<lines)" ]
	run "$TWC" ncat -v -d 2 127.0.0.1 1 </dev/null
	says "twc connect -v tcp:127.0.0.1:1 --line-delay 2"
}

@test "several ports: one after the other, those that are closed passed over" {
	foreign $NC -N -l 127.0.0.1
	first=$PID first_port=$PORT
	mv out out.1
	IN=lines
	seq 1 3 >lines
	foreign $NC -N -l 127.0.0.1
	run --separate-stderr nc -N 127.0.0.1 "$first_port" 1 "$PORT" <file
	is_status 0
	[ "$output" = "$(<lines)" ]
	[[ $stderr == *"tcp:127.0.0.1:1: connection refused"* ]]
	timeout $LIMIT tail --pid="$first" -f /dev/null
	cmp file out.1
	[ ! -s out ]
	run nc 127.0.0.1 1-2 </dev/null
	is_status 69
	[ "${#lines[@]}" -eq 2 ]
}

@test "several ports: a fault is the end of all" {
	peer_start say-and-reset x
	peer_go
	echo_start
	run nc 127.0.0.1 "$PEER" "$PORT" </dev/null
	is_status 76
}

@test "-m: what comes from too far is dropped, from here it is not" {
	echo_start
	run nc -m 64 127.0.0.1 "$PORT" <<<near
	is_status 0
	[ "$output" = near ]
	run nc -w 300ms -m 255 127.0.0.1 "$PORT" <<<far
	is_status 75
}

@test "ncat --proxy-auth, to ncat as a proxy; the password is not shown" {
	serve_start tcp:0 --text hello
	target=$PORT
	foreign $NCAT -lk --proxy-type http --proxy-auth me:geheim 127.0.0.1
	run "$TWC" ncat -v --proxy 127.0.0.1:"$PORT" --proxy-auth me:geheim 127.0.0.1 "$target" </dev/null
	is_status 0
	says hello
	says 'user=me:pass=***'
	[[ $output != *geheim* ]]
	NCAT_PROXY_AUTH=me:geheim run "$TWC" ncat --proxy 127.0.0.1:"$PORT" --proxy-dns local 127.0.0.1 "$target" </dev/null
	[ "$output" = hello ]
	run "$TWC" ncat --proxy 127.0.0.1:"$PORT" --proxy-auth me:wrong 127.0.0.1 "$target" </dev/null
	[ "$status" -ne 0 ]
	says 407
}

# ---- scanning ----

@test "-zi: one port after the other" {
	echo_start
	start=$(date +%s%N)
	run nc -zv -i 200ms 127.0.0.1 "$PORT" 1 2
	is_status 0
	[ $(($(date +%s%N) - start)) -ge 400000000 ]
	[ "$(grep -c 127.0.0.1:[12]: <<<"$output")" -eq 2 ]
	says "Connection to 127.0.0.1 $PORT port"
}

@test "-z: open, closed, several" {
	echo_start
	run nc -z 127.0.0.1 "$PORT"
	is_status 0
	[ -z "$output" ]
	run nc -z 127.0.0.1 1
	is_status 69
	[ "${#lines[@]}" -eq 1 ]
	run nc -z 127.0.0.1 1 "$PORT" # one that is open is enough, as for nc.openbsd
	is_status 0
	$NC -z 127.0.0.1 1 "$PORT"
	run nc -z 127.0.0.1 1-3
	is_status 69
	[ "${#lines[@]}" -eq 1 ]
	says "none of 3 ports is open"
}

@test "-zv: what nc.openbsd says of an open port" {
	echo_start
	run --separate-stderr nc -zv 127.0.0.1 1 "$PORT"
	is_status 0
	[ -z "$output" ]
	$NC -zv 127.0.0.1 "$PORT" 2>theirs
	grep -Fxf theirs <<<"$stderr"
	[[ $stderr == *"tcp:127.0.0.1:1: connection refused"* ]]
}

@test "-z with more ports than are asked at once" {
	echo_start
	first=$((PORT > 700 ? PORT - 600 : 1))
	run nc -znv 127.0.0.1 "$first-$PORT"
	is_status 0
	[[ ${lines[-1]} == "Connection to 127.0.0.1 $PORT port [tcp/*] succeeded!" ]]
}

@test "-zu: a refusal is an answer, silence is not" {
	foreign $NC -u -l 127.0.0.1
	run nc -zuv 127.0.0.1 "$PORT"
	is_status 0
	says "succeeded! (no reply; not proof)"
	run nc -zu 127.0.0.1 1
	is_status 69
}

@test "-zU" {
	serve_start unix:./sock --echo
	run nc -zvU ./sock
	is_status 0
	says "Connection to ./sock succeeded!"
	run nc -zU ./none
	is_status 69
}

# ---- listening ----

@test "-l: one upload from nc.openbsd, and its answer" {
	echo answer >answer
	IN=answer nc_start nc -l 127.0.0.1 0
	$NC -N 127.0.0.1 "$PORT" <file >got
	nc_wait
	[ "$STATUS" -eq 0 ]
	cmp file out
	cmp answer got
}

@test "-l: the client's end is the end, though standard input is open" {
	pipe_open idle
	IN=$T/idle.fifo nc_start nc -l 127.0.0.1 0
	$NC -N 127.0.0.1 "$PORT" <file
	nc_wait
	[ "$STATUS" -eq 0 ]
	cmp file out
}

@test "-l </dev/null: a client that ends when we do is heard to its end" {
	nc_start nc -l 127.0.0.1 0
	$NCAT --no-shutdown 127.0.0.1 "$PORT" <file >/dev/null &
	PIDS+=("$!")
	until_true cmp -s file out
	kill "$!"
	nc_wait
	[ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 76 ]
}

@test "-lp listens on all addresses, as nc does" {
	nc_start nc -lp 0
	grep -q 'listening tcp:0.0.0.0:' err
	$NC -N 127.0.0.3 "$PORT" <<<x
	nc_wait
	[ "$(<out)" = x ]
}

@test "-lk goes on; one client after the other" {
	nc_start nc -lk 127.0.0.1 0
	$NC -N 127.0.0.1 "$PORT" <<<one
	$NC -N 127.0.0.1 "$PORT" <<<two
	$NCAT 127.0.0.1 "$PORT" <<<three
	until_true grep -q three out
	[ "$(<out)" = $'one\ntwo\nthree' ]
	kill "$PID"
	nc_wait
	[ "$STATUS" -eq 0 ]
}

@test "-lk with an open input: a client's end ends its connection" {
	pipe_open idle
	IN=$T/idle.fifo nc_start nc -lk 127.0.0.1 0
	timeout $LIMIT $NC -N 127.0.0.1 "$PORT" <<<one
	timeout $LIMIT $NC -N 127.0.0.1 "$PORT" <<<two
	until_true grep -q two out
}

@test "-lu: a datagram, and -w ends it without a fault" {
	nc_start nc -lu -w 1 127.0.0.1 0
	echo ping | $NC -u -q 0 -w 1 127.0.0.1 "$PORT"
	nc_wait
	[ "$STATUS" -eq 0 ]
	[ "$(<out)" = ping ]
}

@test "-l -q: ends so long after its input, though the client stays" {
	IN=file nc_start nc -l -q 1 127.0.0.1 0
	pipe_open idle
	$NC 127.0.0.1 "$PORT" <"$T/idle.fifo" >got 3>&- &
	PIDS+=("$!")
	nc_wait
	[ "$STATUS" -eq 0 ]
	until_true cmp -s file got
}

@test "-lU" {
	ln -s "$TWC" nc
	./nc -lU ./sock </dev/null >out 3>&- &
	PID=$!
	PIDS+=("$PID")
	until_true test -S sock
	$NC -N -U ./sock <file
	nc_wait
	[ "$STATUS" -eq 0 ]
	cmp file out
	[ ! -e sock ]
}

@test "-l says nothing of its own without -v" {
	ln -s "$TWC" nc
	./nc -lU ./sock </dev/null >out 2>err 3>&- &
	PID=$!
	PIDS+=("$PID")
	until_true test -S sock
	$NC -N -U ./sock </dev/null
	nc_wait
	[ ! -s err ]
}

@test "-lu -W: so many datagrams" {
	nc_start nc -lu -W 2 127.0.0.1 0
	"$PYTHON" - "$PORT" <<-'PY'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.connect(("127.0.0.1", int(sys.argv[1])))
		for word in b"one", b"two":
		    s.send(word)
	PY
	nc_wait
	[ "$STATUS" -eq 0 ]
	[[ $(<out) == one*two ]]
}

@test "-F: the connection goes over standard output, as ssh wants it" {
	echo_start
	run timeout $LIMIT "$PYTHON" - "$TWC" nc -F 127.0.0.1 "$PORT" <<-'PY'
		import socket, subprocess, sys
		ours, theirs = socket.socketpair()
		child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs)
		theirs.close()
		fds = socket.recv_fds(ours, 16, 1)[1]
		with socket.socket(fileno=fds[0]) as s:
		    s.sendall(b"ping")
		    s.shutdown(socket.SHUT_WR)
		    print(s.recv(100).decode(), child.wait())
	PY
	[ "$output" = "ping 0" ]
}

# ---- programs, and ncat ----

@test "-e, and ncat's --sh-exec and -k" {
	nc_start nc -l -e 'tr a-z A-Z' 127.0.0.1 0
	run $NC -N 127.0.0.1 "$PORT" <<<shout
	[ "$output" = SHOUT ]
	nc_start ncat -lk --sh-exec 'wc -l' 127.0.0.1 0
	[ "$($NCAT 127.0.0.1 "$PORT" <file)" -eq 200000 ]
	[ "$($NCAT 127.0.0.1 "$PORT" <<<x)" -eq 1 ]
}

@test "called ncat: its letters, and its default port" {
	ln -s "$TWC" ncat
	run ./ncat -v -w 1ms 127.0.0.1 </dev/null
	says "twc connect -v tcp:127.0.0.1:31337:timeout=1ms"
	echo_start
	run ./ncat -x dump 127.0.0.1 "$PORT" <<<hi
	is_status 0
	grep -q '68 69' dump
}

@test "ncat -lk: all at once; --broker, --allow and --deny" {
	pipe_open idle
	nc_start ncat -lk --broker 127.0.0.1 0
	$NC 127.0.0.1 "$PORT" <"$T/idle.fifo" >heard 3>&- &
	PIDS+=("$!")
	until_true grep -q 'opened' err
	until_true eval '$NC -q 0 127.0.0.1 "$PORT" <<<hello; grep -q hello heard'
	nc_start ncat -lk --deny 127.0.0.1,::1 127.0.0.1 0
	[ -z "$($NC -w 5 127.0.0.1 "$PORT" </dev/null 2>/dev/null)" ]
	until_true grep -q 127.0.0.1 err
	nc_start ncat -lk --allow 127.0.0.0/8 --sh-exec 'echo in' 127.0.0.1 0
	[ "$($NC 127.0.0.1 "$PORT" </dev/null)" = in ]
}

@test "called netcat, and as a command of twc" {
	echo_start
	ln -s "$TWC" netcat
	[ "$(./netcat 127.0.0.1 "$PORT" <<<hi)" = hi ]
	[ "$("$TWC" netcat 127.0.0.1 "$PORT" <<<hi)" = hi ]
	[ "$("$TWC" ncat 127.0.0.1 "$PORT" <<<hi)" = hi ]
}

@test "through a proxy: -X and -x" {
	echo_start
	target=$PORT
	mkfifo ready
	$PYTHON - "$target" >ready 3>&- <<-'PY' &
		# CONNECT, once: the least there is
		import socket, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen()
		print(s.getsockname()[1], flush=True)
		c = s.accept()[0]
		head = b""
		while b"\r\n\r\n" not in head:
		    head += c.recv(4096)
		assert head.startswith(b"CONNECT 127.0.0.1:" + sys.argv[1].encode()), head
		c.sendall(b"HTTP/1.1 200 ok\r\n\r\nfrom behind")
		c.close()
	PY
	PIDS+=("$!")
	read -r -t $LIMIT proxy <ready
	run nc -X connect -x 127.0.0.1:"$proxy" 127.0.0.1 "$target" </dev/null
	is_status 0
	[ "$output" = "from behind" ]
}

# ---- what cannot be ----

@test "what cannot be mapped names the spelling of twc; usage is 64" {
	run nc -Z 127.0.0.1 1
	is_status 64
	[ "$output" = "twc: nc: -Z cannot be mapped: twc speaks tcp: and udp:" ]
	run nc -m 3 localhost 1
	is_status 64
	says "-m: add -4 or -6"
	run "$TWC" ncat --sctp 127.0.0.1 1
	is_status 64
	says "twc speaks tcp: and udp:"
	run nc 127.0.0.1
	is_status 64
	says "missing PORT"
	run nc
	is_status 64
}

@test "help: nc's options, and -q is nc's" {
	run nc -h
	is_status 0
	says "-z, --zero"
	says "-q, --quit SECONDS"
	[[ $output != *"-q, --quiet"* ]]
	run "$TWC" help nc
	is_status 0
	says "-z, --zero"
	ln -s "$TWC" ncat
	run ./ncat --help
	is_status 0
	says "-x, --hex-dump"
}
