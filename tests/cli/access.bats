#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who may come in to twc serve, how many and how fast: rules, files of rules, users, places, the rate.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# What a client from $1 gets; nothing when it is turned away.
from() { connect tcp:127.0.0.1:"$PORT":bind="$1" </dev/null 2>/dev/null || true; }
lets_in() { [ "$(from "$1")" = hi ]; }
keeps_out() { [ -z "$(from "$1")" ]; }

# ---- files of rules ----

@test "--allow-file: networks, addresses, ranges, comments; nobody else" {
	cat >rules <<-EOT
		# ours
		127.0.0.0/29   # the first eight
		deny 127.0.1.7

		127.0.1.5-127.0.1.9
	EOT
	serve_start tcp:0:interface=127.0.0.1 --text hi --allow-file rules
	lets_in 127.0.0.7
	keeps_out 127.0.0.8
	lets_in 127.0.1.5
	keeps_out 127.0.1.7
	lets_in 127.0.1.9
	keeps_out 127.0.1.10
}

@test "--deny-file: these are kept out, others are not" {
	echo 127.0.0.2 >rules
	serve_start tcp:0:interface=127.0.0.1 --text hi --deny-file rules
	keeps_out 127.0.0.2
	lets_in 127.0.0.3
}

@test "rules and files in the order given" {
	echo 127.0.0.0/30 >rules
	serve_start tcp:0:interface=127.0.0.1 --text hi --deny 127.0.0.1 --allow-file rules --deny 127.0.0.2
	keeps_out 127.0.0.1
	lets_in 127.0.0.2
	serve_start tcp:0:interface=127.0.0.1 --text hi --allow 127.0.0.4-127.0.0.6 --deny-file rules
	lets_in 127.0.0.5
	keeps_out 127.0.0.2
	keeps_out 127.0.0.9
}

@test "an empty --allow-file lets nobody in" {
	: >rules
	serve_start tcp:0:interface=127.0.0.1 --text hi --allow-file rules
	keeps_out 127.0.0.1
}

@test "SIGHUP reads the files again, a bad one changes nothing" {
	echo 127.0.0.2 >rules
	serve_start tcp:0:interface=127.0.0.1 --text hi --allow-file rules -v
	lets_in 127.0.0.2
	keeps_out 127.0.0.3
	echo 127.0.0.3 >rules
	lets_in 127.0.0.2 # not before it is told
	kill -HUP "$PID"
	until_true grep -q 'read again' serve.err
	keeps_out 127.0.0.2
	lets_in 127.0.0.3
	printf '127.0.0.2\nnonsense\n' >rules
	kill -HUP "$PID"
	until_true grep -q 'stay as they were' serve.err
	grep -qx 'twc: warning: rules:2: "nonsense" is a name; .*; the access rules stay as they were' serve.err
	keeps_out 127.0.0.2
	lets_in 127.0.0.3
	rm rules
	kill -HUP "$PID"
	until_true grep -q 'cannot open rules (ENOENT); the access rules stay' serve.err
	lets_in 127.0.0.3
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "SIGHUP ignored from outside reads the files all the same" {
	echo 127.0.0.2 >rules
	(trap '' HUP && exec "$TWC" serve tcp:0:interface=127.0.0.1 --text hi --allow-file rules -v \
		--port-file port 3>&- 2>serve.err </dev/null) &
	PIDS+=($!)
	until_true test -s port
	PORT=$(cat port)
	lets_in 127.0.0.2
	echo 127.0.0.3 >rules
	kill -HUP $!
	until_true grep -q 'read again' serve.err
	lets_in 127.0.0.3
}

@test "SIGHUP without a file ends as before" {
	serve_start tcp:0 --text hi --allow 127.0.0.1
	serve_stop HUP
	[ "$STATUS" -eq 129 ]
}

@test "files that are none: 65 and 66, with the line" {
	printf '127.0.0.1\n\n10.0.0.1/8\n' >rules
	run "$TWC" serve tcp:0 --echo --allow-file rules
	is_status 65
	says 'twc: serve: --allow-file: rules:3: "10.0.0.1/8" has bits set behind its prefix; did you mean 10.0.0.0/8?'
	run "$TWC" serve tcp:0 --echo --deny-file missing
	is_status 66
	says "--deny-file: cannot open missing (ENOENT)"
	run "$TWC" serve tcp:0 --echo --allow-file .
	is_status 66
	says "not a regular file"
	run "$TWC" serve tcp:0 --echo --allow-file ''
	is_status 66
}

@test "rules that are none: 64, and a name is told what is wanted" {
	run "$TWC" serve tcp:0 --echo --allow localhost
	is_status 64
	says '--allow: "localhost" is a name; an address or a network such as 10.0.0.0/8 or fd00::/8 is wanted'
	run "$TWC" serve tcp:0 --echo --deny 10.0.0.9-10.0.0.1
	is_status 64
	says 'ends before it begins'
}

@test "an IPv4 client of a socket for both families meets the rules for IPv4" {
	$PYTHON - <<-'PY'
		import os, socket, subprocess
		s = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
		port = s.getsockname()[1]
		r, w = os.pipe()
		twc = subprocess.Popen([os.environ["TWC"], "serve", "fd:%d" % s.fileno(), "--text", "hi", "-q", "--allow",
		        "127.0.0.2", "--ready-fd", str(w)], pass_fds=[s.fileno(), w], stdin=subprocess.DEVNULL)
		try:
		    os.close(w)
		    s.close()
		    assert os.read(r, 100)
		    def answer(source):
		        with socket.create_connection(("127.0.0.1", port), 30, (source, 0)) as c:
		            return c.recv(10)
		    assert answer("127.0.0.2") == b"hi"
		    assert answer("127.0.0.3") == b""
		finally:
		    twc.terminate()
		    twc.wait()
	PY
}

@test "who is turned away does not end --once" {
	serve_start tcp:0:interface=127.0.0.1 --once --recv --allow 127.0.0.2
	keeps_out 127.0.0.1
	echo in >in
	connect tcp:127.0.0.1:"$PORT":bind=127.0.0.2 --send <in
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = in ]
}

@test "--max-per-ip: one more is closed, another address is not" {
	serve_start tcp:0:interface=127.0.0.1 --echo --max-per-ip 1
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	echo a >&"$a"
	read -r -t $LIMIT -u "$a" line && [ "$line" = a ]
	[ -z "$(connect tcp:127.0.0.1:"$PORT" </dev/null)" ]
	[ "$(connect tcp:127.0.0.1:"$PORT":bind=127.0.0.2 <<<b)" = b ]
}

# ---- users ----

@test "--allow-uid: the user who connects, for streams and records" {
	local me
	me=$(id -u)
	serve_start unix:"$T/s" --text hi --allow-uid "$me" --allow-uid 4294967294
	[ "$(connect unix:s </dev/null)" = hi ]
	serve_start unix:"$T/q":kind=seqpacket --text hi --allow-uid "$(id -un)"
	[ "$(connect unix:q:kind=seqpacket </dev/null)" = hi ]
	serve_start unix:"$T/other" tcp:0 --text hi --allow-uid $((me + 1)) -v
	[ -z "$(connect unix:other </dev/null)" ]
	until_true grep -q "uid $me is not a user allowed: closed" serve.err
	serve_ready_next
	[ "$(connect tcp:"$PORT" </dev/null)" = hi ] # it speaks of UNIX sockets alone
	serve_start unix:"$T/q2":kind=seqpacket --text hi --allow-uid $((me + 1))
	[ -z "$(connect unix:q2:kind=seqpacket </dev/null)" ]
}

@test "--allow-uid: another user is kept out, by whatever mode the file has" {
	[ "$(id -u)" -eq 0 ] || skip "another user is needed"
	command -v setpriv >/dev/null || skip "setpriv is needed"
	chmod 755 "$T"
	serve_start unix:"@twc-$$-$RANDOM" --text hi --allow-uid nobody
	name=${READY[0]#twc: listening }
	[ -z "$(connect "$name" </dev/null)" ]
	run setpriv --reuid=nobody --clear-groups "$PYTHON" - "${name#unix:@}" <<-'PY'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(30)
		s.connect("\0" + sys.argv[1])
		print(s.recv(10).decode())
	PY
	[ "$output" = hi ]
}

@test "--allow-uid: what it cannot be for" {
	run "$TWC" serve tcp:0 --echo --allow-uid 0
	is_status 64
	says "no ENDPOINT is one"
	run "$TWC" serve unix:s unix:d:kind=dgram --echo --allow-uid 0
	is_status 64
	says "unix:d:kind=dgram has no connections"
	run "$TWC" serve unix:s --echo --allow-uid no-such-user
	is_status 64
	says '--allow-uid: there is no user "no-such-user" on this system'
	[ ! -e s ]
}

# ---- places ----

# What a client sees that says something and gets no place: "end", or the name of an error.
turned_away() {
	$PYTHON - "$1" <<-'PY'
		import errno, socket, sys
		where = sys.argv[1]
		try: # a reset may come as early as during connect
		    if where.isdigit():
		        s = socket.create_connection(("127.0.0.1", int(where)), 30)
		    else:
		        s = socket.socket(socket.AF_UNIX)
		        s.settimeout(30)
		        s.connect(where)
		    print("end" if s.recv(10) == b"" else "data")
		except OSError as e:
		    print(errno.errorcode.get(e.errno, e))
	PY
}

@test "--max-clients N:over=close and over=reset turn away who finds no place" {
	for over in close reset; do
		serve_start tcp:0:interface=127.0.0.1 --echo --max-clients 1:over=$over -v
		exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
		echo a >&"$a"
		read -r -t $LIMIT -u "$a" line && [ "$line" = a ]
		if [ $over = close ]; then
			[ "$(turned_away "$PORT")" = end ]
		else
			[ "$(turned_away "$PORT")" = ECONNRESET ]
		fi
		until_true grep -q 'finds all places taken: closed' serve.err
		echo b >&"$a"
		read -r -t $LIMIT -u "$a" line && [ "$line" = b ]
		exec {a}>&-
		until_true eval '[ "$(connect tcp:127.0.0.1:$PORT <<<c 2>/dev/null)" = c ]'
	done
	serve_start unix:"$T/s" --echo --max-clients 1:over=reset
	connect unix:s < <(echo a; read -r -t $LIMIT </dev/null || sleep $LIMIT) >first &
	PIDS+=($!)
	until_true test -s first
	[ "$(turned_away s)" = end ] # a UNIX socket has no reset
}

@test "--max-clients N:over=wait is what N alone does" {
	serve_start tcp:0:interface=127.0.0.1 --echo --max-clients 1:over=wait
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT" {b}<>/dev/tcp/127.0.0.1/"$PORT"
	echo a >&"$a"
	read -r -t $LIMIT -u "$a" line && [ "$line" = a ]
	echo b >&"$b"
	! read -r -t 0.2 -u "$b" line || false
	exec {a}>&-
	read -r -t $LIMIT -u "$b" line && [ "$line" = b ]
}

@test "--max-clients: a datagram that finds no place is dropped" {
	serve_start udp:0:interface=127.0.0.1 --echo --max-clients 1
	[ "$(connect udp:127.0.0.1:"$PORT" --until-idle 200ms <<<a)" = a ]
	[ -z "$(connect udp:127.0.0.1:"$PORT" --until-idle 200ms <<<b)" ]
}

@test "--max-clients and --accept-rate: bad values" {
	local bad
	for bad in 0 x 1:over=drop 1:under=wait 1: 1000001 :over=close 1:over=close:over=wait; do
		run "$TWC" serve tcp:0 --echo --max-clients "$bad"
		is_status 64
		says --max-clients:
	done
	for bad in 0 x 5/d 5/ /s 5/s: 5:burst=0 5:burst=x 5:bust=1 5/s:burst=1:burst=2 1000001/s; do
		run "$TWC" serve tcp:0 --echo --accept-rate "$bad"
		is_status 64
		says --accept-rate:
	done
}

# ---- the rate ----

@test "--accept-rate: beyond the burst they wait, none is lost" {
	serve_start tcp:0:interface=127.0.0.1 --text hi --accept-rate 10/s:burst=2
	$PYTHON - "$PORT" <<-'PY'
		import socket, sys, time
		begin = time.monotonic()
		clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) for i in range(6)]
		for c in clients:
		    assert c.recv(10) == b"hi"
		took = time.monotonic() - begin
		assert took >= 0.39, took
	PY
}

@test "--accept-rate: by the hour, with --max-clients, over all listeners" {
	serve_start tcp:0:interface=127.0.0.1 unix:"$T/s" --echo --accept-rate 1/h --max-clients 5
	[ "$(connect tcp:127.0.0.1:"$PORT" <<<a)" = a ]
	run timeout 0.3 "$TWC" connect unix:s <<<b
	is_status 124
	[ -z "$output" ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "--accept-rate: who is denied takes nothing of it" {
	serve_start tcp:0:interface=127.0.0.1 --text hi --accept-rate 1/h --deny 127.0.0.2
	for i in 1 2 3; do keeps_out 127.0.0.2; done
	lets_in 127.0.0.1
}

@test "--accept-rate: a datagram that is early is dropped" {
	serve_start udp:0:interface=127.0.0.1 --echo --accept-rate 1/h
	[ "$(connect udp:127.0.0.1:"$PORT" --until-idle 200ms <<<a)" = a ]
	[ -z "$(connect udp:127.0.0.1:"$PORT" --until-idle 200ms <<<b)" ]
}
