#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --line-delay, in connect and serve, and what nc and ncat call it: each line on its own, in time.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# A listener on a free port, PEER, that serves one client of TCP, or over UDP until a datagram "last". What came at once
# is a line of `came`: seconds since the piece before, and the piece.
watch_start() { # tcp|udp
	mkfifo "$T/watch.fifo"
	"$PYTHON" - "$1" >"$T/watch.fifo" 2>watch.log 3>&- <<-'PY' &
		import socket, sys, time
		udp = sys.argv[1] == "udp"
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
		s.bind(("127.0.0.1", 0))
		if not udp:
		    s.listen()
		print(s.getsockname()[1], flush=True)
		c = s if udp else s.accept()[0]
		piece, before = b"x", None
		with open("came", "w") as f:
		    while piece and not (udp and piece == b"last"):
		        piece, now = c.recv(65536), time.monotonic()
		        f.write("%.3f %r\n" % (now - (before or now), piece))
		        before = now
	PY
	WATCH=$!
	PIDS+=("$WATCH")
	IFS= read -r -t $LIMIT PEER <"$T/watch.fifo"
}

# What came: these pieces, all but the first and the end of a stream at least SECONDS after the one before.
came() { # SECONDS PIECE...
	wait "$WATCH"
	awk -v min="$1" 'NR > 1 && $2 != "b\047\047" && $1 < min { bad = 1 } END { exit bad }' came
	shift
	cut -d' ' -f2- came | diff - <(printf '%s\n' "$@") >&2
}

@test "connect: each line on its own, the last without its end, then the end" {
	watch_start tcp
	connect tcp:127.0.0.1:"$PEER" --line-delay 200ms < <(printf 'one\n\nthree\nlast')
	came 0.15 "b'one\\n'" "b'\\n'" "b'three\\n'" "b'last'" "b''"
}

@test "what comes is not delayed, and reaches standard output first" {
	serve_start tcp:0 --text 'answer'
	run timeout 3 "$TWC" connect tcp:"$PORT" --line-delay 1h --eof close < <(printf 'a\nb\n')
	[ "$output" = answer ]
	is_status 0
}

@test "a line that waits is no silence: --idle" {
	watch_start tcp
	run connect tcp:127.0.0.1:"$PEER" --line-delay 700ms --idle 300ms < <(printf 'one\ntwo\n')
	is_status 0
	came 0.6 "b'one\\n'" "b'two\\n'" "b''"
}

@test "UDP with --frames line: a line, a datagram" {
	watch_start udp
	run connect udp:127.0.0.1:"$PEER" --line-delay 200ms --frames line --send < <(printf 'one\ntwo\nlast')
	is_status 0
	came 0.15 "b'one'" "b'two'" "b'last'"
}

@test "a peer that has ended its half gets the last line, too" {
	printf 'one\ntwo\nlast' >in
	SERVE_OUT=$T/got serve_start tcp:0 --once </dev/null
	connect tcp:"$PORT" --line-delay 200ms <in
	serve_wait
	cmp in got
}

@test "--to: the lines of the second endpoint" {
	watch_start tcp
	run connect tcp:127.0.0.1:"$PEER" --to 'sh:printf "a\nb\n"' --line-delay 200ms
	is_status 0
	came 0.15 "b'a\\n'" "b'b\\n'" "b''"
}

@test "serve, to several clients and with --once: nc.openbsd gets it all, no sooner" {
	printf 'one\ntwo\nthree\n' >in
	for how in '' --once; do
		# shellcheck disable=SC2086
		SERVE_IN=in serve_start tcp:0 $how --line-delay 300ms
		start=$(date +%s%N)
		timeout $LIMIT /bin/nc.openbsd -N 127.0.0.1 "$PORT" </dev/null >got
		[ $(($(date +%s%N) - start)) -ge 550000000 ]
		cmp in got
		[ -n "$how" ] || serve_stop
	done
	serve_wait
	[ "$STATUS" -eq 0 ]
}

@test "a long line, and many: byte for byte" {
	{ head -c 300000 /dev/zero | tr '\0' x; seq 1 100; } >in
	SERVE_OUT=$T/got serve_start tcp:0 --once --recv
	connect tcp:"$PORT" --line-delay 1ms <in
	serve_wait
	cmp in got
}

@test "bad input is 64" {
	for args in 'connect tcp:1 --line-delay 0' 'connect tcp:1 --line-delay soon' 'connect tcp:1 --line-delay' \
		'connect tcp:1 --recv --line-delay 1' 'connect tcp:1 --reconnect --line-delay 1' \
		'connect tcp:1 --to udp:2 --line-delay 1' 'connect tcp:1 --to stdio:raw=yes --line-delay 1' \
		'connect tcp:1 --check --line-delay 1' 'connect tcp:1 --fdpass --line-delay 1' \
		'serve tcp:0 --echo --line-delay 1' 'serve tcp:0 --recv --line-delay 1'; do
		# shellcheck disable=SC2086
		run timeout 10 "$TWC" $args </dev/null
		is_status 64
	done
	run "$TWC" serve tcp:0 --echo --line-delay 1
	says "--line-delay is about standard input and output: it does not go with --echo"
	run connect tcp:1 --to udp:2 --line-delay 1
	says "--line-delay is about lines of text: from datagrams there are none"
}
