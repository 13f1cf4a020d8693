#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc serve: the services that run programs, write files, and join clients to each other.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# A TCP connection to the server that is reset.
reset_it() {
	$PYTHON - "$PORT" "${1:-}" <<-'PY'
		import socket, struct, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.sendall(sys.argv[2].encode())
		if sys.argv[2]:
		    s.recv(1)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		s.close()
	PY
}

gone() {
	! kill -0 "$1" 2>/dev/null || false
}

# ---- exec, sh ----

@test "exec: words as a shell splits them, no shell" {
	serve_start tcp:0 --exec "printf '%s|' 'a b' \"c\" d\\ e \$HOME *"
	[ "$(connect tcp:"$PORT" </dev/null)" = 'a b|c|d e|$HOME|*|' ]
	run "$TWC" serve tcp:0 --exec "echo 'open"
	is_status 64
	says "this quote is never closed"
	run "$TWC" serve tcp:0 --exec ' '
	is_status 64
	run "$TWC" serve tcp:0 --sh ' '
	is_status 64
	run -127 "$TWC" serve tcp:0 --exec no-such-program
	says "not found"
	touch plain
	run "$TWC" serve tcp:0 --exec ./plain
	is_status 126
}

@test "exec: half-close both ways, with nc and socat as clients" {
	serve_start tcp:0 --sh 'n=$(wc -c); echo "got $n"'
	[ "$(printf 12345 | timeout $LIMIT nc -N 127.0.0.1 "$PORT")" = "got 5" ]
	[ "$(printf 123 | timeout $LIMIT socat -t 20 - TCP:127.0.0.1:"$PORT")" = "got 3" ]
	serve_start tcp:0 --sh 'echo first; exec >&-; cat >late'
	{ read -r line <&7; echo "$line" >answer; cat <&7 >>answer; echo after >&7; } 7<>/dev/tcp/127.0.0.1/"$PORT"
	[ "$(cat answer)" = first ]
	until_true grep -q after late
}

@test "exec: a megabyte each way; a program that does not read its input" {
	head -c 1048576 /dev/urandom >big
	serve_start tcp:0 --exec cat
	connect tcp:"$PORT" <big >back
	cmp big back
	serve_start tcp:0 --exec 'head -c 1'
	[ "$(tr '\0' x </dev/zero | head -c 3000000 | connect tcp:"$PORT")" = x ]
	serve_start tcp:0 --exec true
	pipe_open idle
	connect tcp:"$PORT" <"$T/idle.fifo" & # its end does not wait for more input
	PIDS+=($!)
	until_true gone $!
}

@test "exec: the environment names the peer; --ucspi adds tcpserver's names" {
	TWC_PEER_PORT=stale serve_start tcp:0 unix:"$T/s" --ucspi --sh \
		'echo "$TWC_PEER $TWC_PEER_IP $TWC_PEER_PORT $TWC_LOCAL $TWC_CONN $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT $UNIXLOCALPATH"'
	run nc -N -p 0 127.0.0.1 "$PORT" </dev/null
	[[ $output =~ ^tcp:127.0.0.1:([0-9]+)\ 127.0.0.1\ ([0-9]+)\ tcp:127.0.0.1:$PORT\ 1\ TCP\ 127.0.0.1\ ([0-9]+)\ 127.0.0.1\ $PORT\ $ ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[3]}" ]
	run connect unix:"$T/s" </dev/null
	says "unix:$T/s"
	says " UNIX "
	[[ $output != *stale* ]]
	run "$TWC" serve tcp:0 --echo --ucspi
	is_status 64
}

@test "exec: standard error is ours, nobody's or the client's" {
	serve_start tcp:0 --sh 'echo oops >&2; echo out'
	[ "$(connect tcp:"$PORT" </dev/null)" = out ]
	grep -q oops serve.err
	serve_start tcp:0 --sh 'echo oops >&2; echo out' --stderr drop
	[ "$(connect tcp:"$PORT" </dev/null)" = out ]
	! grep -q oops serve.err || false
	serve_start tcp:0 --sh 'echo oops >&2; echo out' --stderr merge
	[ "$(connect tcp:"$PORT" </dev/null)" = $'oops\nout' ]
	run "$TWC" serve tcp:0 --sh true --stderr nowhere
	is_status 64
	run "$TWC" serve tcp:0 --stderr drop
	is_status 64
}

@test "exec --once: the status is the program's; a reset is 76" {
	serve_start tcp:0 --once --sh 'cat; exit 7'
	[ "$(connect tcp:"$PORT" <<<hi)" = hi ]
	serve_wait
	[ "$STATUS" -eq 7 ]
	serve_start tcp:0 --once --sh 'kill -KILL $$'
	connect tcp:"$PORT" </dev/null
	serve_wait
	[ "$STATUS" -eq 137 ]
	serve_start tcp:0 --once --exec cat
	reset_it x
	serve_wait
	[ "$STATUS" -eq 76 ]
}

@test "exec: a client that resets ends the whole process group" {
	serve_start tcp:0 --sh 'sleep 1000 & echo $! >inner; echo $$ >outer; echo up; wait'
	reset_it x
	until_true test -s outer
	until_true gone "$(cat outer)"
	until_true gone "$(cat inner)"
}

@test "exec: no orphan after SIGTERM, and none that ignores it" {
	serve_start tcp:0 --drain 200ms --sh 'trap "" TERM; sleep 1000 & echo $! >inner; echo $$ >outer; wait'
	pipe_open idle
	connect tcp:"$PORT" <"$T/idle.fifo" 2>/dev/null &
	PIDS+=($!)
	until_true test -s outer
	serve_stop
	[ "$STATUS" -eq 143 ]
	until_true gone "$(cat outer)"
	until_true gone "$(cat inner)"
}

@test "exec: a program that outlives its client gets SIGTERM at the stop, and is waited for" {
	serve_start tcp:0 --sh 'exec >&-; echo $$ >pid; trap "echo bye >said; exit" TERM; while :; do sleep 0.05; done'
	connect tcp:"$PORT" </dev/null
	until_true test -s pid
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ "$(cat said)" = bye ]
	gone "$(cat pid)"
}

@test "exec: a program for each UDP session" {
	serve_start udp:0 --sh 'while read -r line; do echo "$$ $line"; done'
	$PYTHON - "$PORT" <<-'PY'
		import socket, sys
		to = ("127.0.0.1", int(sys.argv[1]))
		a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab")
		def ask(s, text):
		    s.settimeout(20)
		    s.sendto(text, to)
		    return s.recv(100).split()
		one, two, again = ask(a, b"x\n"), ask(b, b"y\n"), ask(a, b"z\n")
		assert (one[1], two[1], again[1]) == (b"x", b"y", b"z")
		assert one[0] == again[0] != two[0]
	PY
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "file: one of /proc, whose length is not known, is refused" {
	run timeout $LIMIT "$TWC" serve tcp:0 --file /proc/self/status --for 10ms
	is_status 66
	says "does not say how long it is"
}

@test "file, sh: what a limit cuts off is reset, and is not taken for the whole" {
	[ -z "${TWC_DBG_RMAX:-}" ] || skip "a few bytes a system call leave nobody waiting for room"
	head -c 30000000 /dev/zero >big
	for service in '--file big' '--sh "cat big"'; do
		eval serve_start tcp:0 "$service" --max-time 300ms
		$PYTHON - "$PORT" <<-'PY'
			import socket, sys, time
			s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
			n, got = 0, b"x"
			time.sleep(.6)
			try:
			    while got: got = s.recv(65536); n += len(got)
			    sys.exit("an end after %d bytes" % n)
			except ConnectionResetError: pass
		PY
		serve_stop
	done
}

@test "exec: --max-clients bounds the programs, the rest wait" {
	serve_start tcp:0 --max-clients 1 --exec cat
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	echo one >&"$a"
	read -r -t $LIMIT -u "$a" line
	exec {b}<>/dev/tcp/127.0.0.1/"$PORT"
	echo two >&"$b"
	run ! read -r -t 0.3 -u "$b" line
	exec {a}>&-
	read -r -t $LIMIT -u "$b" line
	[ "$line" = two ]
}

@test "exec: clients wait for descriptors, nobody is turned away" {
	(
		ulimit -Sn 64
		serve_start tcp:0 --exec cat
		ulimit -Sn 256
		$PYTHON - "$PORT" <<-'PY'
			import socket, sys
			s = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) for i in range(40)]
			for k in s: k.sendall(b"x"); k.shutdown(socket.SHUT_WR)
			assert all(k.recv(9) == b"x" for k in s)
		PY
		serve_stop
	)
	[ "$(grep -c 'cannot run' serve.err)" -eq 0 ]
}

# ---- save ----

@test "save: a file for each client, complete or .part" {
	serve_start tcp:0 --save "$T/up-%c-%p-100%%"
	head -c 300000 /dev/urandom >big
	connect tcp:127.0.0.1:"$PORT" --send <big
	cmp big up-1-tcp_127.0.0.1_*-100%
	timeout $LIMIT nc -N 127.0.0.1 "$PORT" </dev/null
	[ -f up-2-tcp_127.0.0.1_*-100% ]
	[ "$(ls | grep -c part || true)" = 0 ]
	$PYTHON - "$PORT" <<-'PY'
		import os, socket, struct, sys, time
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.sendall(b"half")
		while not any(f.endswith(".part") and os.path.getsize(f) for f in os.listdir(".")): time.sleep(.01)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		s.close()
	PY
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ "$(cat up-3-*.part)" = half ]
	[ "$(ls up-* | wc -l)" -eq 3 ]
}

@test "save: never through a symbolic link, old parts stay" {
	echo precious >target
	ln -s target name
	ln -s target name.part
	serve_start tcp:0 --save name
	connect tcp:"$PORT" --send <<<new
	[ "$(cat name)" = new ]
	[ ! -L name ]
	[ -L name.part ]
	[ "$(cat target)" = precious ]
}

@test "save: what is wrong with the pattern, the directory, the disk" {
	run "$TWC" serve tcp:0 --save 'x%d'
	is_status 64
	says "%d means nothing"
	run "$TWC" serve tcp:0 --save 'x%'
	is_status 64
	run "$TWC" serve tcp:0 --save 'dir/'
	is_status 64
	run "$TWC" serve tcp:0 --save missing/x
	is_status 73
	says "missing"
	mkfifo fifo-1
	run "$TWC" serve tcp:0 --save fifo-1
	is_status 73
	says "fifo-1 exists and is no regular file"
	run "$TWC" serve tcp:0 --save x --recv
	is_status 64
	serve_start tcp:0 --once --save "fifo-%c"
	run connect tcp:"$PORT" --send <<<data
	serve_wait
	[ "$STATUS" -eq 73 ]
	[ -p fifo-1 ]
	serve_start tcp:0 --once --save "%c/x"
	run connect tcp:"$PORT" --send <<<data
	serve_wait
	[ "$STATUS" -eq 73 ]
	(
		trap '' XFSZ
		ulimit -f 8
		serve_start tcp:0 --once --save full
		run connect tcp:"$PORT" --send < <(head -c 100000 /dev/zero)
		[ "$status" -ne 0 ]
		serve_wait
		[ "$STATUS" -eq 74 ]
		[ "$(grep -c 'cannot write full.part (EFBIG)' serve.err)" -eq 1 ]
	)
	[ -s full.part ]
	[ ! -e full ]
}

@test "save: a UDP session is a file" {
	serve_start udp:0 --save udp --idle 300ms
	printf 'one,' >/dev/udp/127.0.0.1/"$PORT"
	until_true test -s udp
	[ "$(cat udp)" = one, ]
}

# ---- chat, broadcast ----

# A member that stays: its lines through fd $1 (a variable's name), what it sees in file $1.
member() {
	exec {fd}<>/dev/tcp/127.0.0.1/"$PORT"
	eval "$1=$fd"
	cat <&"$fd" >"$1" &
	PIDS+=($!)
}

@test "chat: names, lines, joining and leaving, with nc among the members" {
	serve_start tcp:0 unix:"$T/s" --chat --banner 'Be kind.'
	member alice
	until_true grep -q '^\*\*\* you are user1, one of 1' alice
	[ "$(head -n1 alice)" = "Be kind." ]
	echo /nick alice >&"$alice"
	until_true grep -q 'now alice' alice
	printf '/me waves\nbye \033[0m\n' | timeout $LIMIT nc -N 127.0.0.1 "$PORT" >nc.out
	until_true grep -q '^\*\*\* user2 has left$' alice
	grep -q '^\* user2 waves$' alice
	grep -q '^<user2> bye \\x1b\[0m$' alice
	grep -q '^\*\*\* user2 has joined$' alice
	printf '/who\n/quit\n' | connect unix:"$T/s" | grep -q '^\*\*\* 2 here: alice user3$'
	until_true grep -q 'user3 has left' alice
	head -c 20000 /dev/zero | tr '\0' x >&"$alice"
	until_true grep -q goodbye alice
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "broadcast: to all others, as it is; ncat sends, socat listens" {
	serve_start tcp:0 --broadcast
	timeout $LIMIT socat -u TCP:127.0.0.1:"$PORT" CREATE:heard &
	PIDS+=($!)
	member other
	head -c 100000 /dev/urandom >bytes
	# The listeners are there when one of them hears.
	for i in $(seq 100); do
		[ ! -s heard ] || break
		printf . | connect tcp:"$PORT" >/dev/null
	done
	sort -u <heard >/dev/null
	dots=$(stat -c %s heard)
	timeout $LIMIT ncat 127.0.0.1 "$PORT" <bytes >ncat.out
	until_true eval '[ "$(stat -c %s heard)" -ge $((dots + 100000)) ]'
	tail -c 100000 heard | cmp - bytes
	until_true eval 'tail -c 100000 other | cmp -s - bytes'
	[ ! -s ncat.out ]
}

@test "broadcast: one reader that has stopped holds nobody up" {
	[ -z "${TWC_DBG_WMAX:-}" ] || skip "with a few bytes a system call every reader is slow"
	serve_start tcp:0 --broadcast --slow drop
	$PYTHON - "$PORT" <<-'PY'
		import select, socket, sys, threading
		def conn():
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		    s.settimeout(25)
		    return s
		stopped, reader, sender = conn(), conn(), conn()
		for s in (stopped, sender):  # all are members when the reader has heard the others
		    s.sendall(b"!")
		    while not select.select([reader], [], [], 0.1)[0]:
		        s.sendall(b"!")
		    reader.recv(65536)
		total = 64 * 1024 * 1024
		threading.Thread(target=lambda: sender.sendall(bytes(total)), daemon=True).start()
		n = 0
		while n < total:
		    got = reader.recv(1 << 20)
		    assert got
		    n += len(got)
	PY
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "chat, broadcast: wrong options" {
	run "$TWC" serve tcp:0 --chat --slow never
	is_status 64
	run "$TWC" serve tcp:0 --echo --slow drop
	is_status 64
	says "--slow needs"
	run "$TWC" serve tcp:0 --chat --banner '\q'
	is_status 64
	run "$TWC" serve tcp:0 --chat --broadcast
	is_status 64
}

# ---- tag ----

@test "tag: a sender's name is as harmless as its lines" {
	serve_start unix:"$T/s":kind=dgram --tag
	$PYTHON - "$T/s" <<-'PY'
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(b"\0one\x1b[31m\ntwo")
		s.sendto(b"text", sys.argv[1])
	PY
	until_true grep -q '^\[#[0-9]* unix:@one?.*?two:kind=dgram\] text$' serve.out
	[ "$(wc -l <serve.out)" -eq 1 ]
}

@test "tag: lines with their sender, escaped, whole, from TCP and UDP" {
	serve_start tcp:0 udp:0 --tag
	tcp=$PORT
	serve_ready_next
	serve_ready_next
	exec {a}<>/dev/tcp/127.0.0.1/"$tcp" {b}<>/dev/tcp/127.0.0.1/"$tcp"
	printf 'a-begins ' >&"$a"
	printf 'b\033[0m\n' >&"$b"
	until_true grep -q '^\[#[0-9]* tcp:127\.0\.0\.1:[0-9]*\] b\\x1b\[0m$' serve.out
	printf 'a-ends\r\n' >&"$a"
	until_true grep -q '^\[#[0-9]* tcp:127\.0\.0\.1:[0-9]*\] a-begins a-ends$' serve.out
	printf 'no newline' >/dev/udp/127.0.0.1/"$PORT"
	until_true grep -q '^\[#[0-9]* udp:127\.0\.0\.1:[0-9]*\] no newline$' serve.out
	[ "$(wc -l <serve.out)" -eq 3 ]
	for other in --once --send --echo; do
		run "$TWC" serve tcp:0 --tag $other
		is_status 64
	done
}
