#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc serve: services, the shared standard streams, one connection, readiness, COMMAND, limits.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# ---- services ----

@test "echo, text, file, daytime, time, qotd, discard, chargen" {
	printf 'content\n' >f
	serve_start tcp:0 --echo
	[ "$(connect tcp:"$PORT" <<<hi)" = hi ]
	serve_start tcp:0 --text 'a\tb\n'
	[ "$(connect tcp:"$PORT" </dev/null)" = $'a\tb' ]
	serve_start tcp:0 --file f
	[ "$(connect tcp:"$PORT" </dev/null)" = content ]
	serve_start tcp:0 --daytime
	connect tcp:"$PORT" </dev/null | grep -q ':'
	serve_start tcp:0 --time
	[ "$(connect tcp:"$PORT" </dev/null | wc -c)" -eq 4 ]
	serve_start tcp:0 --qotd
	[ -n "$(connect tcp:"$PORT" </dev/null)" ]
	serve_start tcp:0 --discard
	[ -z "$(connect tcp:"$PORT" <<<hi)" ]
	serve_start tcp:0 --chargen
	[ "$(connect tcp:"$PORT" </dev/null 2>/dev/null | head -c 5)" = ' !"#$' ]
}

@test "every service of --help is one of the library's" {
	run "$TWC" serve --help
	for name in echo discard chargen daytime time qotd text file; do
		says "--$name"
	done
}

@test "a service excludes another" {
	run "$TWC" serve tcp:0 --echo --discard
	is_status 64
	run "$TWC" serve tcp:0 --echo --recv
	is_status 64
}

@test "tcp, unix and udp at once, each answers" {
	serve_start tcp:0 unix:"$T/s" udp:0 --echo
	tcp=$PORT
	serve_ready_next # tcp:[::1]
	serve_ready_next
	[ "${READY[2]}" = "twc: listening unix:$T/s" ]
	serve_ready_next
	[ "$(connect tcp:"$tcp" <<<a)" = a ]
	[ "$(connect tcp:[::1]:"$tcp" <<<b)" = b ]
	[ "$(connect unix:"$T/s" <<<c)" = c ]
	[ "$(connect udp:"$PORT" <<<d)" = d ]
	[ "$(stat -c %a s)" = 600 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ ! -e s ]
}

@test "the loopback unless told otherwise" {
	serve_start tcp:0 --echo
	[[ ${READY[0]} == "twc: listening tcp:127.0.0.1:"* ]]
	serve_start tcp:0:interface=127.0.0.3 --echo
	[[ ${READY[0]} == "twc: listening tcp:127.0.0.3:"* ]]
	serve_start tcp:0 --public --echo
	[[ ${READY[0]} == "twc: listening tcp:0.0.0.0:"* ]]
	serve_ready_next
	[[ ${READY[1]} == "twc: listening tcp:[::]:"* ]]
}

# ---- standard input and output ----

@test "--once --recv receives a 64 MiB upload with standard input closed off" {
	local size=67108864
	[ -z "${TWC_DBG_RMAX:-}" ] || size=4194304 # a few bytes a system call: less will do
	head -c $size /dev/urandom >big
	SERVE_OUT=$T/got serve_start tcp:0 --once --recv
	connect tcp:"$PORT" --send <big
	serve_wait
	[ "$STATUS" -eq 0 ]
	cmp big got
}

@test "--once --send hands standard input out" {
	printf 'payload' >in
	SERVE_IN=$T/in serve_start tcp:0 --once --send
	[ "$(connect tcp:"$PORT" </dev/null)" = payload ]
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ ! -s serve.out ]
}

@test "--once joins both ways, and refuses a second client" {
	pipe_open hold
	SERVE_IN=$T/hold.fifo serve_start tcp:0 --once
	exec {first}<>/dev/tcp/127.0.0.1/"$PORT"
	echo question >&"$first"
	until_true test -s serve.out
	run connect tcp:"$PORT" </dev/null
	is_status 69
	echo answer >&"$hold"
	read -r -t $LIMIT -u "$first" line
	[ "$line" = answer ]
	[ "$(cat serve.out)" = question ]
}

@test "--once: the status is the connection's" {
	serve_start tcp:0 --once
	$PYTHON - "$PORT" <<-'PY'
		import socket, struct, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		s.close()
	PY
	serve_wait
	[ "$STATUS" -eq 76 ]
	grep -q 'twc: serve tcp:0: connection reset by peer (ECONNRESET, tcp:127.0.0.1:[0-9]*)' serve.err
}

@test "input goes to all clients, output is merged, late clients join, the end half-closes all" {
	mkfifo shared
	exec {both}<>shared
	SERVE_IN=$T/shared serve_start tcp:0
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT" {b}<>/dev/tcp/127.0.0.1/"$PORT"
	echo from-a >&"$a"
	until_true grep -q from-a serve.out
	echo from-b >&"$b"
	until_true grep -q from-b serve.out
	echo to-all >&"$both"
	read -r -t $LIMIT -u "$a" line && [ "$line" = to-all ]
	read -r -t $LIMIT -u "$b" line && [ "$line" = to-all ]
	exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
	echo from-c >&"$c"
	until_true grep -q from-c serve.out
	echo again >&"$both"
	read -r -t $LIMIT -u "$c" line && [ "$line" = again ]
}

@test "input is kept for the first client, and its end is passed to later ones" {
	printf 'kept\n' >in
	SERVE_IN=$T/in serve_start tcp:0
	[ "$(connect tcp:"$PORT" </dev/null)" = kept ]
	[ -z "$(connect tcp:"$PORT" </dev/null)" ]
	echo late | connect tcp:"$PORT"
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = late ]
}

@test "many uploads at once are merged whole" {
	SERVE_OUT=$T/got serve_start tcp:0 --recv
	for i in 1 2 3 4 5 6 7 8; do
		head -c 1000000 /dev/zero | tr '\0' "$i" | connect tcp:"$PORT" --send &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait "${pids[i]}"
	done
	serve_stop
	[ "$STATUS" -eq 0 ]
	for i in 1 2 3 4 5 6 7 8; do
		[ "$(tr -cd "$i" <got | wc -c)" -eq 1000000 ]
	done
}

@test "standard output full: 74; its reader gone: SIGPIPE" {
	SERVE_OUT=/dev/full serve_start tcp:0 --recv
	echo data | connect tcp:"$PORT" --send || true
	serve_wait
	[ "$STATUS" -eq 74 ]
	grep -q ENOSPC serve.err
	mkfifo out
	cat out >/dev/null 3>&- &
	reader=$!
	PIDS+=($reader)
	SERVE_OUT=$T/out serve_start tcp:0 --recv
	kill -KILL $reader
	wait $reader || true
	echo data | connect tcp:"$PORT" --send || true
	serve_wait
	[ "$STATUS" -eq 141 ]
}

# ---- readiness ----

@test "--port-file holds the port of each endpoint, one a line" {
	serve_start tcp:0 tcp:0 --echo --port-file ports
	[ "$(wc -l <ports)" -eq 2 ]
	[ "$(head -1 ports)" = "$PORT" ]
	[ "$(ls ports* | wc -l)" -eq 1 ]
	[ "$(connect tcp:"$(tail -1 ports)" <<<x)" = x ]
}

@test "the ready line goes to standard error, and not with -q" {
	serve_start tcp:0 --echo
	[ "$(head -1 serve.err)" = "twc: listening tcp:127.0.0.1:$PORT" ]
	serve_start tcp:0 --echo -q
	[ ! -s serve.err ]
}

@test "systemd is told READY=1 and STOPPING=1" {
	mkfifo told
	exec {told}<>told
	$PYTHON - >told 3>&- <<-'PY' &
		import socket
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind("notify")
		print("bound", flush=True)
		print(s.recv(100).decode(), flush=True)
		print(s.recv(100).decode(), flush=True)
	PY
	PIDS+=($!)
	read -r -t $LIMIT -u "$told" line
	NOTIFY_SOCKET=$T/notify serve_start tcp:0 --echo
	read -r -t $LIMIT -u "$told" line && [ "$line" = READY=1 ]
	serve_stop
	read -r -t $LIMIT -u "$told" line && [ "$line" = STOPPING=1 ]
}

@test "systemd's watchdog is told that we live, until we do not" {
	"$PYTHON" - "$TWC" <<-'PY'
		import os, socket, subprocess, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind("notify")
		s.settimeout(30)
		def run(*more, **env):
		    env = dict(os.environ, NOTIFY_SOCKET=os.path.abspath("notify"), **env)
		    return subprocess.Popen([sys.argv[1], "serve", "tcp:0", "-q", "--echo", *more], env=env)
		def hear():
		    return s.recv(100).decode()
		for more in [], ["--workers", "2"]:
		    p = run(*more, WATCHDOG_USEC="20000")
		    assert hear() == "READY=1"
		    assert [hear() for i in range(4)] == ["WATCHDOG=1"] * 4
		    p.terminate()
		    while (told := hear()) == "WATCHDOG=1":
		        pass
		    assert told == "STOPPING=1", told
		    assert p.wait(30) == 0
		    s.setblocking(False)
		    try:
		        while True:
		            s.recv(100)
		    except BlockingIOError:
		        s.settimeout(30)
		p = run("--for", "100ms", WATCHDOG_USEC="2000", WATCHDOG_PID="1")
		assert [hear(), hear()] == ["READY=1", "STOPPING=1"]
		assert p.wait(30) == 0
		for wrong in {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "1", "WATCHDOG_PID": "me"}:
		    p = run(**wrong)
		    assert p.wait(30) == 78
	PY
}

# ---- COMMAND ----

@test "COMMAND sees where it is served, and its status is ours" {
	run timeout $LIMIT "$TWC" serve tcp:0 unix:"$T/s" --echo -- \
		sh -c 'echo "$TWC_PORT $TWC_HOST $TWC_ADDR $TWC_URL $TWC_ADDR_2"; exit 7' 2>/dev/null
	is_status 7
	[[ $output =~ ([0-9]+)\ 127.0.0.1\ tcp:127.0.0.1:([0-9]+)\ tcp://127.0.0.1:([0-9]+)/\ unix:$T/s ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
	[ ! -e s ]
}

@test "COMMAND: not found 127, not executable 126, killed 128+n" {
	run -127 timeout $LIMIT "$TWC" serve tcp:0 --echo -q -- "$T/none"
	is_status 127
	: >plain
	run timeout $LIMIT "$TWC" serve tcp:0 --echo -q -- "$T/plain"
	is_status 126
	run timeout $LIMIT "$TWC" serve tcp:0 --echo -q -- sh -c 'kill -9 $$'
	is_status 137
}

@test "COMMAND: a client that is done before it was accepted is served" {
	run timeout $LIMIT "$TWC" serve tcp:0 --recv -q -- bash -c 'printf data >/dev/tcp/127.0.0.1/$TWC_PORT'
	is_status 0
	[ "$output" = data ]
}

@test "COMMAND outlives --once" {
	run timeout $LIMIT "$TWC" serve tcp:0 --text hi --once -q -- \
		bash -c 'timeout 20 "$TWC" connect tcp:$TWC_PORT </dev/null; echo; echo after'
	is_status 0
	[ "$output" = $'hi\nafter' ]
}

@test "COMMAND: 40 runs at once, no clash" {
	for i in {1..40}; do
		timeout $LIMIT "$TWC" serve tcp:0 --echo -q -- sh -c 'echo '"$i"' | "$TWC" connect tcp:$TWC_PORT' >"out.$i" 3>&- &
		pids[i]=$!
	done
	for i in {1..40}; do
		wait "${pids[i]}"
		[ "$(cat out."$i")" = "$i" ]
	done
}

# ---- limits ----

@test "--trace transport: bytes, escaped, and ends; what passes is the same" {
	serve_start tcp:0 --echo --trace transport
	printf 'a\033b\n' | connect tcp:"$PORT" --trace transport >out 2>err
	[ "$(od -An -tx1 out)" = " 61 1b 62 0a" ]
	grep -q '#1 in 4: a\\x1bb\\n$' serve.err
	grep -q '#1 out 4: a\\x1bb\\n$' serve.err
	grep -q '#1 in: end$' serve.err
	grep -q '#1 out: end$' serve.err
	until_true grep -q '#1 closed$' serve.err
	grep -q '#[12] in 4: a\\x1bb\\n$' err
	! grep -q $'\033' err serve.err || false
	head -c 3000000 /dev/urandom >in
	connect tcp:"$PORT" --trace transport <in >out 2>err
	cmp in out
}

@test "a client that says nothing is a client: for -v, --idle and --accept-timeout" {
	serve_start tcp:0 --echo --idle 200ms --accept-timeout 500ms
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	start=$(date +%s%N)
	! read -r -t $LIMIT -u "$a" line || false
	[ $((($(date +%s%N) - start) / 1000000)) -lt 900 ]
	serve_start tcp:0 --echo -v
	start=$(date +%s%N)
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT"
	until_true grep -q opened serve.err
	[ $((($(date +%s%N) - start) / 1000000)) -lt 900 ]
}

@test "--accept-timeout: 75" {
	run timeout $LIMIT "$TWC" serve tcp:0 --once --accept-timeout 100ms -q </dev/null
	is_status 75
	says "no client within 100ms"
}

@test "--for: 0" {
	run timeout $LIMIT "$TWC" serve tcp:0 --echo --for 100ms -q
	is_status 0
	[ -z "$output" ]
}

@test "--idle and --max-time end a connection, not the server" {
	serve_start tcp:0 --echo --idle 200ms
	exec {c}<>/dev/tcp/127.0.0.1/"$PORT"
	read -r -t $LIMIT -u "$c" line || [ $? -eq 1 ]
	[ "$(connect tcp:"$PORT" <<<x)" = x ]
	serve_start tcp:0 --chargen --max-time 200ms
	connect tcp:"$PORT" </dev/null >/dev/null || true
	kill -0 "$PID"
}

@test "--max-clients: one more waits" {
	serve_start tcp:0 --echo --max-clients 1
	exec {a}<>/dev/tcp/127.0.0.1/"$PORT" {b}<>/dev/tcp/127.0.0.1/"$PORT"
	echo a >&"$a"
	read -r -t $LIMIT -u "$a" line && [ "$line" = a ]
	echo b >&"$b"
	! read -r -t 0.2 -u "$b" line || false
	exec {a}>&-
	read -r -t $LIMIT -u "$b" line && [ "$line" = b ]
}

@test "--deny closes at once, --allow lets in" {
	serve_start tcp:0 --text hi --deny 127.0.0.0/8
	run connect tcp:127.0.0.1:"$PORT" </dev/null
	[[ $output != hi ]]
	serve_start tcp:0 --text hi --allow 127.0.0.0/8
	run connect tcp:127.0.0.1:"$PORT" </dev/null
	[ "$output" = hi ]
}

@test "-v says who came and went; the status does not change" {
	serve_start tcp:0 --echo -v
	[ "$(connect tcp:127.0.0.1:"$PORT" <<<hello)" = hello ]
	until_true grep -q closed serve.err
	grep -Eq '#1 opened tcp:127\.0\.0\.1:[0-9]+$' serve.err
	grep -Eq '#1 closed tcp:127\.0\.0\.1:[0-9]+: 6 bytes in, 6 out, [0-9.]+s$' serve.err
	serve_stop
	[ "$STATUS" -eq 0 ]
}
