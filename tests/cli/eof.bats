#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where streams end, when, and with what status: against peers that are not twc.

load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# ---- the end of standard input ----

@test "an answer a second after the end of input arrives whole" {
	peer_start answer-late 1
	run connect tcp:"$PEER" <<<hello
	is_status 0
	[ "$output" = "answer to 6 bytes" ]
}

@test "8 MiB with a gap of 0.7 s are 8 MiB" {
	peer_start gap 8388608 0.7
	connect tcp:"$PEER" </dev/null >out
	[ "$(stat -c %s out)" = 8388608 ]
}

@test "--eof keep does not end our half; the peer's end ends it" {
	peer_start say-and-close banner
	run connect tcp:"$PEER" --eof keep </dev/null
	is_status 0
	[ "$output" = banner ]
}

@test "--eof keep: the peer sees no end of ours while it is silent" {
	peer_start answer-late 0
	run timeout 1 "$TWC" connect tcp:"$PEER" --eof keep </dev/null
	is_status 124
}

@test "--eof peer: the peer's end ends all, though standard input goes on" {
	peer_start say-and-close banner
	pipe_open idle
	run connect tcp:"$PEER" --eof peer <"$T/idle.fifo"
	is_status 0
	[ "$output" = banner ]
}

@test "serve --eof peer: a client's end ends its connection, not the others'" {
	pipe_open idle
	SERVE_IN=$T/idle.fifo serve_start tcp:0 --eof peer
	timeout $LIMIT nc.openbsd -N 127.0.0.1 "$PORT" <<<one
	timeout $LIMIT nc.openbsd -N 127.0.0.1 "$PORT" <<<two
	serve_stop
	[ "$STATUS" -eq 0 ]
	[ "$(<serve.out)" = $'one\ntwo' ]
}

@test "--linger: so long after the end of input, with what was read delivered" {
	seq 1 100000 >file
	serve_start tcp:0 --recv
	SECONDS=0
	run connect tcp:"$PORT" --linger 100ms --eof keep <file
	is_status 0
	[ "$SECONDS" -lt 10 ]
	until_true cmp -s file serve.out
	serve_stop
}

@test "--linger, --eof and --until-idle of serve: what they go with" {
	run connect tcp:1 --linger 1s --recv </dev/null
	is_status 64
	run "$TWC" serve tcp:0 --linger 1s </dev/null
	is_status 64
	says --once
	run "$TWC" serve tcp:0 --eof keep </dev/null
	is_status 64
	run "$TWC" serve tcp:0 --eof peer --echo </dev/null
	is_status 64
	says "does not go with --echo"
	run "$TWC" serve tcp:0 --once --linger 1s --recv </dev/null
	is_status 64
}

@test "serve --once --until-idle: silence is a wanted end" {
	serve_start tcp:0 --once --recv --until-idle 200ms
	pipe_open idle
	nc.openbsd 127.0.0.1 "$PORT" <"$T/idle.fifo" 3>&- & # by no timeout, which when killed leaves it behind
	PIDS+=("$!")
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "--eof close: the end of input ends all" {
	peer_start record
	printf data | connect tcp:"$PEER" --eof close
	peer_wait
	[ "$(cat peer.in)" = data ]
}

@test "--eof close: the peer's end ends all, with input still open" {
	peer_start say-and-close bye
	pipe_open hold
	run connect tcp:"$PEER" --eof close <&"$hold"
	is_status 0
	[ "$output" = bye ]
}

# ---- the end of the peer ----

@test "the peer ends first, what input still gives is delivered" {
	peer_start fin-first hello
	{ printf one; cat "$ROOT/tests/support/peer.py"; } | connect tcp:"$PEER" >out
	peer_wait
	[ "$(cat out)" = hello ]
	[ ! -e peer.err ]
	cmp peer.in <(printf one; cat "$ROOT/tests/support/peer.py")
}

@test "the end of the peer closes standard output, with input still open" {
	peer_start fin-first hello
	pipe_open hold
	# cat ends because twc closes its output, not because twc ends: it is there to be killed
	bash -c 'echo $$ >pid; exec "$TWC" connect tcp:'"$PEER" <&"$hold" 3>&- |
		{ timeout $LIMIT cat >out; kill "$(cat pid)" && echo killed >>out; } || true
	[ "$(cat out)" = "hellokilled" ]
}

@test "with a terminal as input the end of the peer is the end" {
	peer_start fin-first hello
	run timeout $LIMIT script -qec "$TWC connect tcp:$PEER" /dev/null </dev/null
	is_status 0
	says hello
}

@test "a UNIX peer that is gone altogether ends it, with input still open" {
	peer_start unix="$T/s" say-and-close bye
	pipe_open hold
	run connect unix:"$T/s" <&"$hold"
	is_status 0
	[ "$output" = bye ]
}


# ---- resets ----

@test "a reset while idle is 76, with the data that came before" {
	peer_start say-and-reset partial
	pipe_open hold
	connect tcp:"$PEER" <&"$hold" >out 2>err &
	pid=$!
	until_true test -s out
	peer_go
	status=0
	wait $pid || status=$?
	output=$(cat err)
	is_status 76
	[ "$(cat out)" = partial ]
	says "connection reset by peer (ECONNRESET"
	says "7 bytes received, 0 sent"
}

@test "a reset while sending is 76" {
	peer_start read-and-reset 1000
	run connect tcp:"$PEER" </dev/zero
	is_status 76
	says "twc: connect tcp:$PEER: "
	says ECONNRESET
	[ "${#lines[@]}" -eq 1 ]
}

@test "a reset after everything was handed to the kernel, before it was taken, is 76" {
	peer_start read-and-reset 10
	run connect tcp:"$PEER" --send < <(head -c 300000 /dev/zero)
	is_status 76
}

@test "a relay passes a reset on as a reset, after the data" {
	mkdir near far
	cd near && peer_start record
	near=$PEER near_pid=$PEER_PID
	cd ../far && peer_start say-and-reset partial
	connect tcp:"$near" --to tcp:"$PEER" 2>../err 3>&- &
	relay=$!
	until_true relay_has_moved "$relay"
	peer_go
	status=0
	wait $relay || status=$?
	output=$(cat ../err)
	is_status 76
	says "twc: connect tcp:$PEER: connection reset by peer (ECONNRESET"
	wait "$near_pid"
	[ "$(cat ../near/peer.in)" = partial ]
	[ "$(cat ../near/peer.err)" = ECONNRESET ]
}

# The 7 bytes have left the kernel's queue of the far connection: read by the relay.
relay_has_moved() {
	ss -Htn state established "( dport = :$PEER )" | grep -q '^0 ' &&
		ss -Htin state established "( dport = :$PEER )" | grep -q 'bytes_received:7'
}

@test "a relay passes ends on, one direction at a time" {
	mkdir near far
	cd near && peer_start fin-first hello
	near=$PEER near_pid=$PEER_PID
	cd ../far && peer_start answer-late 0.3
	run connect tcp:"$near" --to tcp:"$PEER"
	is_status 0
	wait "$near_pid"
	[ "$(cat ../near/peer.in)" = "answer to 5 bytes" ]
}

# ---- local streams ----

@test "the reader of standard output has gone: SIGPIPE, quietly" {
	serve_start tcp:0 --chargen
	set +e
	bash -c '"$TWC" connect tcp:'"$PORT"' </dev/null 2>err | head -c1 >/dev/null; exit ${PIPESTATUS[0]}'
	status=$?
	set -e
	is_status 141
	[ ! -s err ]
}

@test "standard output full: 74" {
	serve_start tcp:0 --chargen
	run bash -c '"$TWC" connect tcp:'"$PORT"' </dev/null 2>&1 >/dev/full'
	is_status 74
	says ENOSPC
}

@test "standard input closed: nothing is lost" {
	peer_start say-and-close data
	run bash -c 'timeout 20 "$TWC" connect tcp:'"$PEER"' <&-'
	is_status 0
	[ "$output" = data ]
}

@test "standard output closed: input is delivered" {
	peer_start record
	printf data | bash -c 'timeout 20 "$TWC" connect tcp:'"$PEER"' >&-'
	peer_wait
	[ "$(cat peer.in)" = data ]
}

@test "both closed" {
	peer_start record
	run bash -c 'timeout 20 "$TWC" connect tcp:'"$PEER"' <&- >&-'
	is_status 0
	peer_wait
	[ ! -s peer.in ]
}

@test "the loop's input is not eaten by --recv and --check" {
	serve_start tcp:0 --text x
	run bash -c 'printf "a\nb\n" | while read -r l; do echo "$l"; "$TWC" connect tcp:'"$PORT"' --recv; "$TWC" connect tcp:'"$PORT"' --check; done'
	is_status 0
	[ "$output" = $'a\nxb\nx' ]
}

@test "descriptors shared with others stay blocking" {
	serve_start tcp:0 --echo
	pipe_open in
	echo hi >&"$in"
	connect tcp:"$PORT" --until-idle 200ms <&"$in" >/dev/null
	run bash -c "grep flags /proc/self/fdinfo/$in"
	(( (8#${output##*[[:space:]]} & 04000) == 0 ))
}

# ---- against other tools ----


@test "socat echoes and we end cleanly" {
	mkfifo fd
	exec {log}<>fd
	socat -d -d TCP-LISTEN:0,bind=127.0.0.1 EXEC:cat 2>fd 3>&- &
	PIDS+=($!)
	while IFS= read -r -t $LIMIT -u "$log" line; do
		[[ $line == *listening* ]] && break
	done
	run connect tcp:"${line##*:}" <<<hello
	is_status 0
	[ "$output" = hello ]
}

@test "nc.openbsd, ncat, nc.traditional, socat and curl get an echo" {
	serve_start tcp:0 --echo
	[ "$(echo a | timeout $LIMIT nc.openbsd -N 127.0.0.1 "$PORT")" = a ]
	[ "$(echo b | timeout $LIMIT ncat 127.0.0.1 "$PORT")" = b ]
	[ "$(echo c | timeout $LIMIT nc.traditional -q 1 127.0.0.1 "$PORT")" = c ]
	[ "$(echo d | timeout $LIMIT socat - TCP:127.0.0.1:"$PORT")" = d ]
	[ "$(echo e | timeout $LIMIT curl -s --max-time 1 telnet://127.0.0.1:"$PORT")" = e ]
}

@test "a Twisted client, line by line" {
	$PYTHON -c 'import twisted' 2>/dev/null || skip "no python3-twisted"
	serve_start tcp:0 --echo
	cat >client.py <<-'PY'
		import sys
		from twisted.internet import reactor, protocol, endpoints
		from twisted.protocols.basic import LineReceiver
		class C(LineReceiver):
		    n = 0
		    def connectionMade(self):
		        for i in range(1000):
		            self.sendLine(b"line %d" % i)
		    def lineReceived(self, line):
		        assert line == b"line %d" % self.n
		        self.n += 1
		        if self.n == 1000:
		            self.transport.loseConnection()
		    def connectionLost(self, reason):
		        print(self.n)
		        reactor.stop()
		e = endpoints.clientFromString(reactor, sys.argv[1])
		endpoints.connectProtocol(e, C())
		reactor.run()
	PY
	run timeout $LIMIT $PYTHON client.py tcp:127.0.0.1:"$PORT"
	is_status 0
	[ "$output" = 1000 ]
}

# $1 milliseconds have not passed since $start
within() { [ $((($(date +%s%N) - start) / 1000000)) -lt "$1" ]; }

@test "limits end in time, whatever the peer does" {
	for option in --idle --until-idle --max-time; do
		peer_start answer-late 60
		start=$(date +%s%N)
		run connect tcp:"$PEER" $option 200ms <<<x
		within 1500
		[ $option = --until-idle ] && is_status 0 || is_status 75
		[ -z "${TWC_DBG_RMAX:-}" ] || continue # it would take too long to fill the peer up
		peer_start silent
		start=$(date +%s%N)
		run connect tcp:"$PEER" $option 200ms </dev/zero
		within 1500
		is_status 75 # what was read from standard input was not delivered
	done
	serve_start tcp:0 --once --echo --idle 200ms
	pipe_open hold
	start=$(date +%s%N)
	echo x >&"$hold"
	"$TWC" connect tcp:"$PORT" <&"$hold" >/dev/null 2>&1 3>&- &
	PIDS+=($!)
	serve_wait
	within 1500
}

@test "--max-time covers the dial" {
	start=$(date +%s%N)
	run connect tcp:192.0.2.77:9 --max-time 200ms </dev/null
	[ "$status" -eq 69 ] || is_status 75 # 69: this machine has no route at all
	within 1500
}

@test "limits: --idle is 75, --until-idle 0, --max-time 75" {
	serve_start tcp:0 --discard
	pipe_open hold
	run connect tcp:"$PORT" --idle 100ms <&"$hold"
	is_status 75
	says "idle for 100ms"
	run connect tcp:"$PORT" --until-idle 100ms <&"$hold"
	is_status 0
	[ -z "$output" ]
	run connect tcp:"$PORT" --max-time 100ms <&"$hold"
	is_status 75
	says "100ms"
}
