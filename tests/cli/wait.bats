#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc connect: checks, waiting, what takes our place then, retrying, and what is said and expected.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

free_port() { # one that nobody listens on, a moment ago
	$PYTHON -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A foreign server on unix:$1 that comes after $2 seconds: socat, answering with what it gets.
later() {
	(sleep "$2"; exec socat UNIX-LISTEN:"$1",fork EXEC:cat) 3>&- >/dev/null 2>&1 &
	PIDS+=("$!")
}

# ---- --wait ----

@test "--wait: COMMAND takes our place when all can be reached" {
	serve_start tcp:0 --echo
	later "$T/s" 0.4
	run connect tcp:"$PORT" unix:"$T/s" --wait 20s -- sh -c 'echo "ran $#: $*"; exit 7' x a b
	is_status 7
	[ "$output" = "ran 2: a b" ]
	run connect tcp:"$PORT" -- sh -c 'kill -TERM $$'
	is_status 143
}

@test "--wait is strict: over is 75, COMMAND does not run, the last cause is said for each" {
	serve_start tcp:0 --echo
	port=$(free_port)
	run connect tcp:"$PORT" tcp:127.0.0.1:"$port" unix:"$T/none" --wait 300ms -- touch ran
	is_status 75
	[ "${#lines[@]}" -eq 2 ]
	says "twc: connect tcp:127.0.0.1:$port: not ready after 300ms: connection refused (ECONNREFUSED"
	says "twc: connect unix:$T/none: not ready after 300ms: no such socket file (ENOENT"
	[ ! -e ran ]
}

@test "--wait: what cannot change by waiting fails at once" {
	run connect tcp:nonsense:port --wait 20s
	is_status 64
	run connect exec:/nonexistent/program unix:"$T/none" --wait 20s
	is_status 66
}

@test "--wait: for a file to come, and to go" {
	"$TWC" connect file:"$T"/f tcp:127.0.0.1:1 --any --wait 20s -- echo ran >out 3>&- &
	pid=$!
	PIDS+=("$pid")
	sleep 0.1 # nothing tells that it has looked
	[ ! -s out ]
	touch f
	wait "$pid"
	grep -qx ran out
	run connect file:"$T"/f --until-closed --wait 0.2s
	is_status 75
	rm f
	connect file:"$T"/f --until-closed --wait 20s
	run connect exec:"$T"/f --wait 20s -- true
	is_status 66
}

@test "--wait: a missing permission fails at once" {
	[ "$(id -u)" -ne 0 ] || skip "root may do everything"
	later "$T/s" 0
	until_true test -S s
	chmod 0 s
	run connect unix:"$T/s" --wait 20s
	is_status 77
}

@test "COMMAND that cannot be run: 127, 126; it finds our standard input untouched" {
	serve_start tcp:0 --echo
	run -127 connect tcp:"$PORT" -- no-such-program
	is_status 127
	run connect tcp:"$PORT" -- /etc/passwd
	is_status 126
	run connect tcp:"$PORT" --wait 5s -- cat <<<"all of it"
	is_status 0
	[ "$output" = "all of it" ]
}

@test "a check reads no input" {
	serve_start tcp:0 --echo
	{ connect tcp:"$PORT" --check; connect tcp:"$PORT" unix:"$T/none" --wait 100ms || true; cat; } <<<kept >out 2>err
	[ "$(cat out)" = kept ]
}

@test "--wait with one endpoint: that connection is the one that is joined" {
	later "$T/s" 0.3
	run --separate-stderr connect unix:"$T/s" --wait 20s <<<hello
	is_status 0
	[ "$output" = hello ]
	[ -z "$stderr" ]
	peer_start record
	connect tcp:"$PEER" --wait 5s <<<once # the peer takes one connection, and no second
	peer_wait
	[ "$(cat peer.in)" = once ]
	run connect unix:"$T/none" --wait 200ms <<<x
	is_status 75
	says "not connected after 200ms: no such socket file"
}

# ---- what else a check can ask ----

@test "--until-closed: 1 while open, 0 when closed, 75 when time is over" {
	serve_start tcp:0 --echo
	run connect --until-closed tcp:"$PORT"
	is_status 1
	says "still open"
	run connect --until-closed tcp:"$PORT" --wait 200ms
	is_status 75
	says "not closed after 200ms: still open"
	(sleep 0.3; kill "$PID") 3>&- &
	run connect --until-closed tcp:"$PORT" unix:"$T/none" --wait 20s
	is_status 0
	run connect --until-closed tcp:"$PORT"
	is_status 0
}

@test "--any: one is enough" {
	serve_start tcp:0 --echo
	run connect --any unix:"$T/none" tcp:"$PORT"
	is_status 0
	[ -z "$output" ]
	run connect --any unix:"$T/none" unix:"$T/neither"
	is_status 69
	[ "${#lines[@]}" -eq 2 ]
}

@test "--stable: a forwarder without its service does not count" {
	socat TCP-LISTEN:0,bind=127.0.0.1,fork EXEC:false 2>/dev/null 3>&- &
	PIDS+=("$!")
	forwarder=$!
	port() { ss -Hltnp 2>/dev/null | sed -n "s/.*127.0.0.1:\([0-9]*\) .*pid=$forwarder,.*/\1/p"; }
	until_true test -n "$(port)" || skip "ss tells no ports"
	p=$(port)
	run connect --check tcp:127.0.0.1:"$p"
	is_status 0
	run connect --stable 2s tcp:127.0.0.1:"$p"
	[ "$status" -eq 69 ] || [ "$status" -eq 76 ]
	serve_start tcp:0 --echo
	run connect --stable 100ms tcp:"$PORT"
	is_status 0
}

@test "a check of more endpoints than there are descriptors" {
	serve_start tcp:0 --echo
	many=()
	for _ in {1..300}; do many+=(tcp:"$PORT"); done
	ulimit -Sn 64
	run connect --stable 50ms "${many[@]}"
	is_status 0
	run connect --check "${many[@]}" tcp:"$(free_port)"
	is_status 79
	[ "${#lines[@]}" -eq 1 ]
	says ECONNREFUSED
}

@test "--check=passive uses up no accept" {
	peer_start record
	run connect --check=passive -v tcp:127.0.0.1:"$PEER"
	is_status 0
	says reachable
	connect tcp:127.0.0.1:"$PEER" <<<first
	peer_wait
	[ "$(cat peer.in)" = first ]
	run connect --check=passive tcp:127.0.0.1:"$(free_port)"
	is_status 69
	says "nothing listens"
	serve_start "unix:$T/a b" --echo
	run connect --check=passive "unix:$T/a b"
	is_status 0
	run connect --check=passive "unix:a b"
	is_status 0
	run connect --check=passive unix:"$T/none"
	is_status 69
	run connect --check=passive tcp:192.0.2.1:80
	is_status 64
	run connect --check=passive udp:127.0.0.1:9
	is_status 64
	run connect --check=passive unix:"$T/none" --wait 200ms
	is_status 75
}

@test "--expect, --send-line in a check: a greeting, an answer" {
	peer_start fin-first $'220 mail.test ESMTP\r\n'
	run connect --check tcp:"$PEER" --expect '^220 '
	is_status 0
	peer_start fin-first $'421 go away \e[31m\r\n'
	run connect --check tcp:"$PEER" --expect '^220 '
	is_status 1
	says '"421 go away \x1b[31m\r\n"'
	peer_start echo
	run connect --check tcp:"$PEER" --send-line 'PING\t\x41' --expect $'^PING\tA$'
	is_status 0
	peer_start echo
	run connect --check tcp:"$PEER" --crlf --send-line QUIT --expect $'^QUIT\r$'
	is_status 0
	peer_start silent
	run connect --check tcp:"$PEER" --expect x --max-time 200ms
	is_status 75
	says "nothing came within 200ms"
}

@test "--expect waits for the service, not only for its port" {
	cat >slow.py <<-'PY'
		import socket, sys
		l = socket.socket(socket.AF_UNIX)
		l.bind(sys.argv[1])
		l.listen(16)
		for word in (b"", b"starting\n", b"ready\n", b"ready\n"):
		    s, _ = l.accept()
		    s.sendall(word)
		    s.close()
	PY
	$PYTHON slow.py s 3>&- &
	PIDS+=($!)
	run connect unix:"$T/s" --wait 20s --expect '^ready' -- echo up
	is_status 0
	[ "$output" = up ]
}

@test "UDP: an answer that matches, or none" {
	serve_start udp:0 --echo
	run connect --check udp:127.0.0.1:"$PORT" --send-line ping --expect '^ping$'
	is_status 0
	run connect --check udp:127.0.0.1:"$PORT" --send-line ping --expect '^pong$' --max-time 200ms
	is_status 75
	says "no reply; not proof"
	run connect udp:127.0.0.1:"$PORT" --send-line ping --expect '^ping$' </dev/null
	is_status 0
	[ "$output" = ping ]
}

# ---- an ordinary connection ----

@test "--expect, --send-line with a connection: its status at the end" {
	peer_start echo
	run connect tcp:"$PEER" --send-line first --expect '^second' <<<second
	is_status 0
	[ "$output" = $'first\nsecond' ]
	peer_start echo
	run connect tcp:"$PEER" --expect '^third' <<<second
	is_status 1
	says '"^third"'
	says '"second\n"'
	peer_start silent
	run connect tcp:"$PEER" --expect x --max-time 200ms </dev/null
	is_status 75
}

@test "--expect looks at all of a large stream, and passes it on" {
	head -c 3000000 /dev/zero | tr '\0' x >big
	echo "the end" >>big
	peer_start echo
	run connect tcp:"$PEER" --expect 'the end' <big
	is_status 0
	[ "${#output}" -eq 3000007 ]
}

# ---- --retry ----

@test "--retry: stands at last; used up, the last cause; over, 75" {
	later "$T/s" 0.3
	run connect unix:"$T/s" --retry forever --retry-delay 50ms <<<hi
	is_status 0
	[ "$output" = hi ]
	run connect unix:"$T/none" --retry 2 --retry-delay 20ms:max=30ms:jitter=yes -v </dev/null
	is_status 69
	says "gave up after 3 attempts"
	[ "$(grep -c 'again in' <<<"$output")" -eq 2 ]
	run connect unix:"$T/none" --retry forever --retry-delay 50ms --retry-max-time 200ms </dev/null
	is_status 75
	run connect unix:"$T/none" --retry 5 --retry-delay 20s --retry-on dns,timeout </dev/null
	is_status 69
}

@test "--retry 0: one attempt" {
	run --separate-stderr connect unix:"$T/none" --retry 0 -v </dev/null
	is_status 69
	[[ $stderr != *"again in"* && $stderr != *"attempts"* ]]
	peer_start say-and-close yes
	run connect tcp:"$PEER" --retry 0 --recv
	is_status 0
	[ "$output" = yes ]
}

@test "a failed dial has read nothing" {
	{ connect unix:"$T/none" --retry 2 --retry-delay 20ms || true; cat; } <<<kept >out 2>/dev/null
	[ "$(cat out)" = kept ]
}

# ---- wrong usage ----

@test "options that do not fit: 64" {
	for line in '--check --to tcp:2' '--check --retry 2' '--wait 1 --retry 2' '--retry-delay 1' '--retry-on dns' \
		'--retry-max-time 1' '--retry x' '--retry -1' '--retry 2 --retry-delay 0' '--retry 2 --retry-delay x' \
		'--retry 2 --retry-delay 1:max' '--retry 2 --retry-delay 1:jitter=yes' '--retry 2 --retry-delay 2:max=1' \
		'--retry 2 --retry-delay 1:mox=2' '--retry 2 --retry-on refused,nothing' '--retry 2 --retry-on ,' \
		'--until-closed --expect x' '--check=passive --stable 1' '--check=passive --expect x' '--check=maybe' \
		'--check --max-time 1' '--expect a(b' '--check --expect a(b' '--send-line \q' '--wait 0' '--stable x'; do
		# shellcheck disable=SC2086
		run connect tcp:1 $line </dev/null
		[ "$status" -eq 64 ] || { echo "$line: $status $output"; return 1; }
	done
}

# ---- --reconnect ----

@test "--reconnect: one connection after another, the preamble first on each" {
	cat >two.py <<-'PY'
		import socket, sys
		l = socket.socket(socket.AF_UNIX)
		l.bind("s")
		l.listen(16)
		s, _ = l.accept()
		assert s.recv(6, socket.MSG_WAITALL) == b"HELLO\n"
		s.sendall(b"one\n")
		s.close()
		s, _ = l.accept()
		s.sendall(b"two\n")
		got = b""
		while True:
		    piece = s.recv(4096)
		    if not piece:
		        break
		    got += piece
		open("got", "wb").write(got)
	PY
	pipe_open input
	$PYTHON two.py 3>&- {input}>&- &
	server=$!
	PIDS+=("$server")
	connect unix:s --reconnect --retry-delay 20ms --preamble 'HELLO\n' <"$T/input.fifo" >out 2>err 3>&- {input}>&- &
	client=$!
	until_true grep -q two out
	echo data >&"$input"
	exec {input}>&-
	wait "$client"
	wait "$server"
	[ "$(cat got)" = $'HELLO\ndata' ]
	[ "$(cat out)" = $'one\ntwo' ]
	[ "$(cat err)" = "twc: connect unix:s: closed by the peer; 4 bytes received, 0 sent, 0 kept; connecting again" ]
}

@test "--reconnect: what a broken connection had taken is told, the rest goes to the next" {
	cat >break.py <<-'PY'
		import socket, struct, sys
		l = socket.socket()
		l.bind(("127.0.0.1", 0))
		l.listen(16)
		print(l.getsockname()[1], flush=True)
		s, _ = l.accept()
		s.recv(100000)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		s.close()
		s, _ = l.accept()
		n = 0
		while True:
		    piece = s.recv(1 << 16)
		    if not piece:
		        break
		    n += len(piece)
		print(n, flush=True)
	PY
	$PYTHON break.py >told 3>&- &
	server=$!
	PIDS+=("$server")
	until_true test -s told
	head -c 20000000 /dev/zero >big
	run connect tcp:127.0.0.1:"$(cat told)" --reconnect --retry-delay 20ms <big
	is_status 0
	says "(the last of them may not have arrived)"
	wait "$server"
	sent=$(sed -n 's/.* \([0-9]*\) sent .*/\1/p' <<<"$output")
	[ $((sent + $(tail -1 told))) -eq 20000000 ]
}

@test "--reconnect=N with --recv; a dial that fails for good; a file as preamble" {
	serve_start unix:"$T/s" --text 'x\n'
	run --separate-stderr connect unix:"$T/s" --recv --reconnect=2 --retry-delay 10ms
	is_status 0
	[ "$output" = $'x\nx\nx' ]
	[ "$(wc -l <<<"$stderr")" -eq 2 ]
	run connect unix:"$T/none" --reconnect --retry 1 --retry-delay 10ms </dev/null
	is_status 69
	run connect unix:"$T/none" --reconnect --retry-delay 10ms --retry-max-time 100ms </dev/null
	is_status 75
	printf '\\n\0' >file
	peer_start record
	connect tcp:"$PEER" --preamble @file --send-line end </dev/null
	peer_wait
	[ "$(od -An -tx1 peer.in)" = " 5c 6e 00 65 6e 64 0a" ]
	run connect tcp:1 --preamble @none </dev/null
	is_status 66
	says "cannot read the preamble (ENOENT, none)"
}

@test "--reconnect: nothing reads standard output any more; --max-time" {
	serve_start unix:"$T/s" --chargen
	run bash -c 'timeout 20 "$TWC" connect unix:s --recv --reconnect | head -c 5 >/dev/null; exit "${PIPESTATUS[0]}"'
	is_status 141
	peer_start silent
	run connect tcp:"$PEER" --recv --reconnect --max-time 200ms
	is_status 75
	says "not finished after 200ms"
	for line in '--to tcp:2' '--expect x' '--wait 1' '--check' '--eof close' '--idle 1'; do
		# shellcheck disable=SC2086
		run connect tcp:1 --reconnect $line </dev/null
		is_status 64
	done
	run connect tcp:1 --reconnect=x </dev/null
	is_status 64
	run connect udp:1 --reconnect </dev/null
	is_status 64
}

@test "--reconnect with --crlf, --stats, and the views" {
	peer_start record
	printf 'a\nb\n' >in
	run --separate-stderr connect tcp:"$PEER" --reconnect=1 --crlf --stats --tee-out sent <in
	is_status 0
	peer_wait
	[ "$(od -An -c peer.in | tr -d ' ')" = 'a\r\nb\r\n' ]
	cmp sent peer.in
	[[ $stderr =~ ^'twc: 0 bytes received, 6 sent, '[0-9.]+s$ ]]
	for line in '--telnet' '--max-bytes 1' '--crlf --telnet' '--frames line'; do
		# shellcheck disable=SC2086
		run connect tcp:1 --reconnect $line </dev/null
		is_status 64
		says "does not go with --reconnect"
	done
}
