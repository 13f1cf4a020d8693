#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What looks at the bytes of a connection or changes them: dumps, copies, rates, in connect and serve alike.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

CLOCK='[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{6}'

# ---- --hexdump, --dump, --tee ----

@test "connect --hexdump: each direction, on standard error; standard output is clean" {
	serve_start tcp:0 --echo
	run --separate-stderr connect tcp:"$PORT" --hexdump < <(printf 'hello world, hello\n')
	is_status 0
	[ "$output" = "hello world, hello" ]
	[[ $stderr =~ ^$CLOCK' #1 > 00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 2c 20 68 65 6c  |hello world, hel|' ]]
	[[ $stderr =~ $CLOCK' #1 > 00000010  6c 6f 0a                                          |lo.|' ]]
	[[ $stderr =~ $CLOCK' #1 < 00000000  68 65 6c' ]]
}

@test "serve --hexdump=FILE: a service's bytes, seen from the server" {
	serve_start tcp:0 --text 'yo' --hexdump=dump
	[ "$(socat -t5 - tcp:127.0.0.1:"$PORT" </dev/null)" = yo ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	[[ $(cat dump) =~ ^$CLOCK' #1 > 00000000  79 6f  '.*'|yo|'$ ]]
	[ ! -s serve.out ]
}

@test "--dump text: escapes, a line for a line" {
	serve_start udp:0 --echo
	run --separate-stderr connect udp:"$PORT" --dump text=dump --until-idle 200ms < <(printf 'a\033b\nc')
	is_status 0
	[ "$(cut -d' ' -f2- dump)" = '#1 > a\x1bb\n
#1 > c
#1 < a\x1bb\n
#1 < c' ]
}

@test "a dump shows what relays and once-servers pipe" {
	head -c 3000000 /dev/urandom >in
	SERVE_OUT=$T/got serve_start tcp:0 --once --tee-in tee.in --tee-out tee.out --hexdump=dump
	timeout $LIMIT ncat --send-only 127.0.0.1 "$PORT" <in
	serve_wait
	[ "$STATUS" -eq 0 ]
	cmp in got
	cmp in tee.in
	[ ! -s tee.out ]
	[ "$(wc -l <dump)" -ge 187500 ]
}

@test "--tee-in and --tee-out: byte for byte, %c makes a file for each connection" {
	serve_start tcp:0 --echo --tee-in 'in.%c' --tee-out 'all'
	printf 'one\0' | connect tcp:"$PORT" >got
	printf 'two' | connect tcp:"$PORT" >>got
	serve_stop
	cmp got all
	[ "$(cat in.1 | tr '\0' 0)" = one0 ]
	[ "$(cat in.2)" = two ]
}

@test "--tee of both sides of a client, into a stream of its own" {
	serve_start tcp:0 --text 'answer'
	run connect tcp:"$PORT" --recv --tee-in in --tee-out out
	is_status 0
	[ "$(cat in)" = answer ]
	[ ! -s out ]
}

@test "a record that cannot be written ends with 74, one that cannot be made with 73" {
	serve_start tcp:0 --text 'answer'
	run --separate-stderr connect tcp:"$PORT" --recv --tee-in /dev/full
	is_status 74
	[[ $stderr == "twc: connect: cannot write: "*"(ENOSPC, /dev/full)" ]]
	run --separate-stderr connect tcp:"$PORT" --recv --hexdump=no/such/dir/f
	is_status 73
	mkfifo fifo
	run --separate-stderr connect tcp:"$PORT" --recv --tee-in fifo
	is_status 73
	[[ $stderr == *"nobody reads the fifo: start its reader first (ENXIO, fifo)" ]]
	cat fifo >heard 3>&- & # who may be a moment late
	PIDS+=("$!")
	connect tcp:"$PORT" --recv --tee-in fifo >/dev/null
	wait "$!"
	[ "$(cat heard)" = answer ]
	run --separate-stderr connect tcp:"$PORT" --recv --tee-out 'no/%c'
	is_status 73
	serve_start tcp:0 --echo --tee-in /dev/full
	echo x | connect tcp:"$PORT" >/dev/null 2>&1 || true
	serve_wait
	[ "$STATUS" -eq 74 ]
}

@test "faulty values of --dump, --tee-in, --tee-out, --hexdump: 64" {
	for args in --dump=hex --dump=text= '--tee-in=' '--tee-out=x%y' '--tee-in=a%' --hexdump=- --dump=text=- '--hexdump --log-json'; do
		# shellcheck disable=SC2086
		run connect tcp:1 $args </dev/null
		is_status 64
	done
}

# ---- --limit-rate ----

@test "--limit-rate: as slow as agreed, and everything arrives" {
	head -c 300k /dev/zero >in
	serve_start tcp:0 --discard
	start=$EPOCHREALTIME
	connect tcp:"$PORT" --limit-rate 400k:burst=20k <in
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$took" -ge 500 ] && [ "$took" -lt 5000 ]
	serve_start tcp:0 --file in --limit-rate 400k:burst=20k
	start=$EPOCHREALTIME
	timeout $LIMIT nc -d 127.0.0.1 "$PORT" >got
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$took" -ge 500 ] && [ "$took" -lt 5000 ]
	cmp in got
}

@test "--limit-rate: values that are none are refused" {
	for value in 0 fast 10k:burst=0 10k:brust=1 '' 10k:; do
		run connect tcp:1 --limit-rate "$value" </dev/null
		is_status 64
	done
}

@test "--limit-rate-total: for all together, in equal parts" {
	command -v curl >/dev/null || skip "curl is needed"
	head -c 150k /dev/zero >in
	serve_start tcp4:0 --file in --limit-rate-total 400k:burst=20k
	start=$EPOCHREALTIME
	for i in 1 2; do
		curl -s --max-time $LIMIT -o "got$i" -w '%{time_total}\n' telnet://127.0.0.1:"$PORT" </dev/null >"took$i" 3>&- &
		PIDS+=("$!")
		pid[i]=$!
	done
	wait "${pid[1]}"
	wait "${pid[2]}"
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$took" -ge 500 ] && [ "$took" -lt 5000 ]
	cmp in got1
	cmp in got2
	# neither had to wait for the other's end
	[ "$(awk '{ print ($1 > 0.45) }' took1)$(awk '{ print ($1 > 0.45) }' took2)" = 11 ]
}

@test "--limit-rate-total: values that are none, and what it does not go with" {
	for value in 0 fast 10k:burst=0 ''; do
		run "$TWC" serve tcp:0 --echo --limit-rate-total "$value"
		is_status 64
		says "--limit-rate-total"
	done
	run "$TWC" serve tcp:0 --echo --limit-rate-total 1k --workers 2
	is_status 64
	says "--workers and --limit-rate-total exclude each other"
}

# ---- --crlf, --telnet ----

@test "--crlf: what is sent, nothing twice, also when a line end comes in two reads" {
	serve_start tcp:0 --once --recv
	{ printf 'a\nb\r'; sleep 0.1; printf '\nc\n'; } | connect tcp:"$PORT" --crlf
	serve_wait
	[ "$(od -An -c serve.out | tr -d ' \n')" = 'a\r\nb\r\nc\r\n' ]
}

@test "--crlf: what is received stays as it is; serve sends it to its clients, too" {
	printf 'one\ntwo\r\n' >in
	SERVE_IN=$T/in serve_start tcp:0 --once --crlf
	printf 'x\ny' | timeout $LIMIT ncat 127.0.0.1 "$PORT" >got
	serve_wait
	[ "$(od -An -c got | tr -d ' \n')" = 'one\r\ntwo\r\n' ]
	[ "$(od -An -c serve.out | tr -d ' \n')" = 'x\ny' ]
}

@test "--telnet: offers are refused, commands are no data, 255 is doubled" {
	# What a telnetd would open with, then what it got.
	cat >peer.py <<-'PY'
		import socket, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen()
		print(s.getsockname()[1], flush=True)
		c = s.accept()[0]
		c.sendall(b"\xff\xfd\x18\xff\xfb\x12A\xff\xff")
		c.sendall(b"B\r\0C\xff\xfa\x18\x01\xff\xf0\r\n\xff\xfe\x01")
		c.shutdown(socket.SHUT_WR)
		got = b""
		while True:
		    part = c.recv(4096)
		    if not part:
		        break
		    got += part
		open("got", "wb").write(got)
	PY
	timeout $LIMIT "$PYTHON" peer.py >port 3>&- &
	peer=$!
	PIDS+=("$peer")
	until_true test -s port
	printf 'x\377\n' >in
	: >out # an end of input before the offers would leave no way to refuse them
	{ cat in; until_true test -s out; } | connect tcp:127.0.0.1:"$(cat port)" --telnet >out
	wait "$peer"
	[ "$(od -An -tx1 out | tr -d ' \n')" = 41ff420d430d0a ]
	# The refusals and the data may come in either order.
	hex=$(od -An -tx1 got | tr -d ' \n')
	[[ $hex == *fffc18fffe12* && $hex == *78ffff0a* && ${#hex} -eq 20 ]]
}

@test "serve --telnet: a telnet client sees text, its options are refused" {
	printf 'welcome\n' >in
	SERVE_IN=$T/in serve_start tcp:0 --telnet --crlf --recv
	printf '\377\375\003hello\r\n' | timeout $LIMIT nc -N 127.0.0.1 "$PORT" >got
	serve_stop
	[ "$(od -An -tx1 got | tr -d ' \n')" = fffc03 ]
	[ "$(od -An -c serve.out | tr -d ' \n')" = 'hello\r\n' ]
}

@test "--telnet: a subnegotiation without end is 76" {
	{ printf 'x\377\372\001'; head -c 20000 /dev/zero; } >in
	serve_start tcp:0 --file in
	run --separate-stderr connect tcp:"$PORT" --telnet </dev/null
	is_status 76
	[[ $stderr == *subnegotiation* ]]
}

# ---- --frames, --max-bytes, --max-messages ----

@test "--frames line: each line a datagram, each datagram a line" {
	serve_start udp:0 --frames line --recv
	printf 'a\n\nbb\nlast' | connect udp:"$PORT" --frames line --send
	printf 'from socat' | socat - udp:127.0.0.1:"$PORT"
	until_true grep -q socat serve.out
	serve_stop
	[ "$(cat serve.out)" = "$(printf 'a\n\nbb\nlast\nfrom socat')" ]
}

@test "--frames len4 and nul: byte for byte, there and back" {
	printf '\0\0\0\003a\nb\0\0\0\001\0' >in
	serve_start udp:0 --echo
	connect udp:"$PORT" --frames len4 --until-idle 300ms <in >out
	cmp in out
	printf 'a\nb\0c\0' >in
	connect udp:"$PORT" --frames nul --until-idle 300ms <in >out
	cmp in out
}

@test "--frames raw:SIZE: no datagram is longer" {
	[ -z "${TWC_DBG_RMAX:-}" ] || skip "one read is one datagram, and reads are cut short"
	serve_start udp:0 --discard -v
	head -c 3000 /dev/zero | connect udp:"$PORT" --frames raw:1200 --send --hexdump=dump
	[ "$(grep -c ' > 00000000 ' dump)" -eq 3 ]
}

@test "--frames: a frame that is too long, or cut short, is 65" {
	serve_start udp:0 --discard
	head -c 70000 /dev/zero >in
	run connect udp:"$PORT" --frames line <in
	is_status 65
	run connect udp:"$PORT" --frames len4 < <(printf '\0\0\0\005ab')
	is_status 65
	says 'middle of a frame'
}

@test "--max-bytes: exactly so many, status 0" {
	serve_start tcp:0 --chargen
	run connect tcp:"$PORT" --max-bytes 100 --recv
	is_status 0
	[ "${#output}" -eq 99 ] || [ "${#output}" -eq 100 ] || [ "${#output}" -eq 98 ]
	connect tcp:"$PORT" --max-bytes 1000000 --recv >got
	[ "$(stat -c %s got)" -eq 1000000 ]
	serve_start tcp:0 --recv --max-bytes 5
	printf 'abcdefgh' | timeout $LIMIT nc -N 127.0.0.1 "$PORT" || true
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = abcde ]
}

@test "--max-messages: after so many datagrams, status 0" {
	serve_start udp:0 --recv --max-messages 2 --frames line
	printf 'one' | socat - udp:127.0.0.1:"$PORT"
	printf 'two' | socat - udp:127.0.0.1:"$PORT"
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ "$(cat serve.out)" = "$(printf 'one\ntwo')" ]
	serve_start udp:0 --echo
	run connect udp:"$PORT" --max-messages 1 <<<ping
	is_status 0
	[ "$output" = ping ]
}

@test "what does not fit is refused: 64" {
	for args in 'connect tcp:1 --frames line' 'connect udp:1 --telnet' 'connect udp:1 --to udp:2 --frames nul' \
		'connect udp:1 --frames line:5' 'connect udp:1 --frames raw:0' 'connect udp:1 --frames raw:65508' \
		'connect udp:1 --frames words' 'connect tcp:1 --max-messages 1' 'connect tcp:1 --max-bytes 0' \
		'serve tcp:0 --echo --crlf' 'serve tcp:0 --echo --max-bytes 1' 'serve tcp:0 --frames line'; do
		# shellcheck disable=SC2086
		run timeout 10 "$TWC" $args </dev/null
		is_status 64
	done
}

# ---- --stats, SIGUSR1, --progress ----

@test "serve --stats: connections, bytes each way, time" {
	serve_start tcp:0 --echo --stats
	printf 'abc' | connect tcp:"$PORT" >/dev/null
	printf 'defg' | timeout $LIMIT nc -N 127.0.0.1 "$PORT" >/dev/null
	serve_stop
	[ "$STATUS" -eq 0 ]
	grep -Eq '^twc: 2 connections, 7 bytes received, 7 sent, [0-9]+\.[0-9]{6}s$' serve.err
}

@test "SIGUSR1: a line for each connection, and everything goes on" {
	serve_start tcp:0 --discard
	pipe_open hold
	"$TWC" connect tcp:127.0.0.1:"$PORT" <"$T/hold.fifo" >out 2>err 3>&- &
	client=$!
	PIDS+=("$client")
	printf 'hello' >&"$hold"
	status_says() {
		kill -USR1 "$2"
		sleep 0.05
		grep -Eq "$1" "$3"
	}
	until_true status_says '^twc: #[0-9]+ tcp:127\.0\.0\.1:[0-9]+: 5 bytes received, 0 sent, 0 queued$' "$PID" serve.err
	until_true status_says "^twc: #1 tcp:127\.0\.0\.1:$PORT: 0 bytes received, 5 sent, 0 queued\$" "$client" err
	! grep -q stdio err || false
	printf 'more' >&"$hold"
	until_true status_says ': 9 bytes received' "$PID" serve.err
	kill "$client"
	wait "$client" || [ $? -eq 143 ]
	serve_stop
	[ "$STATUS" -eq 0 ]
}

@test "--progress: on a terminal, with the time left, and cleared; none of it elsewhere" {
	head -c 600k /dev/zero >in
	serve_start tcp:0 --discard
	run --separate-stderr connect tcp:"$PORT" --progress --limit-rate 600k --send <in
	is_status 0
	[ -z "$stderr" ]
	"$PYTHON" - "$TWC" "$PORT" <<-'PY' >screen
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.dup2(os.open("in", os.O_RDONLY), 0)
		    os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT, 0o600), 1)
		    os.execv(sys.argv[1], ["twc", "connect", "tcp:" + sys.argv[2], "--progress", "--limit-rate", "400k"])
		while True:
		    try:
		        part = os.read(fd, 4096)
		    except OSError:
		        break
		    if not part:
		        break
		    sys.stdout.buffer.write(part)
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	PY
	grep -Eq 'k sent, 0 received, [0-9.]+k/s, 0:0[0-9] left' screen
	[ "$(tail -c 4 screen | od -An -tx1 | tr -d ' ')" = 0d1b5b4b ]
	[ "$(tr -cd '\r' <screen | wc -c)" -le 30 ]
}

# ---- a terminal in raw mode ----

raw() { # HOW... -- ARG...: twc connect tcp:PORT --to stdio:raw=yes on a terminal
	local how=()
	while [ "$1" != -- ]; do
		how+=("$1")
		shift
	done
	timeout $LIMIT "$PYTHON" "$ROOT/tests/support/raw_tty.py" "${how[@]}" -- \
		"$TWC" connect tcp:"$PORT" --to stdio:raw=yes "${@:2}"
}

@test "raw: keys of signals and line ends go through as they are, ^] ends, the terminal is as before" {
	serve_start tcp:0 --discard --tee-in got
	raw keys 'a\x03b\x04\x1a\r\n\x1d' --
	serve_stop
	[ "$(od -An -tx1 got | tr -d ' \n')" = 610362041a0d0a ]
}

@test "raw: another --escape, or none: the end of the peer ends" {
	serve_start tcp:0 --discard --tee-in got
	raw keys 'x\x1dy\x01z' -- --escape ^A
	[ "$(od -An -tx1 got | tr -d ' \n')" = 781d79 ]
	serve_start tcp:0 --sh 'dd bs=1 count=2 2>/dev/null | od -An -tx1'
	run raw keys '\x1d!' -- --escape none
	is_status 0
	says ' 1d 21'
}

@test "raw: the terminal comes back after every signal, a crash too" {
	serve_start tcp:0 --discard
	for name in SIGINT SIGTERM SIGHUP SIGQUIT SIGUSR2 SIGSEGV SIGABRT; do
		ASAN_OPTIONS=handle_segv=0:handle_abort=0 raw signal $name --
	done
}

@test "raw: while it is stopped the terminal is the shell's" {
	serve_start tcp:0 --discard
	raw stop --
}

@test "raw: the terminal comes back when the peer breaks the connection" {
	peer_start read-and-reset 1
	PORT=$PEER
	raw keys 'x' --status 76 --
}

@test "raw: without a terminal 66; --escape without raw, or with a key that is none, 64" {
	serve_start tcp:0 --discard
	run connect tcp:"$PORT" --to stdio:raw=yes </dev/null
	is_status 66
	says 'no terminal'
	run connect tcp:"$PORT" --escape ^A </dev/null
	is_status 64
	run connect tcp:"$PORT" --to stdio:raw=yes --escape '^ctrl' </dev/null
	is_status 64
	run "$TWC" serve stdio:raw=yes --echo </dev/null
	is_status 64
}
