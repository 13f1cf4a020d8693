#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every endpoint type, end to end: listened on, connected to, and pasted back from what twc prints.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# What the ready line says can be connected to as it is.
echoes() {
	[ "$(connect "${READY[0]#twc: listening }" <<<hello)" = hello ]
}

@test "tcp, tcp4, tcp6" {
	serve_start tcp:0 --echo && echoes
	serve_ready_next
	[ "$(connect "${READY[1]#twc: listening }" <<<v6)" = v6 ]
	serve_start tcp4:0 --echo && echoes
	[[ ${READY[0]} == *127.0.0.1* ]]
	serve_start tcp6:0 --echo
	[[ ${READY[0]} == *"[::1]"* ]]
	[ "$(connect tcp6:[::1]:"$PORT" <<<hi)" = hi ]
	[ "$(connect tcp:localhost:"$PORT" <<<hi)" = hi ]
}

@test "keys and names: tcp:port=0, host=, bind=" {
	serve_start tcp:port=0:interface=127.0.0.1 --echo && echoes
	[ "$(connect tcp:host=127.0.0.1:port="$PORT" <<<a)" = a ]
	[ "$(connect tcp:port="$PORT" <<<b)" = b ]
	serve_start tcp:0 -v --text hi
	[ "$(connect tcp:127.0.0.1:"$PORT":bind=127.0.0.9 </dev/null)" = hi ]
	until_true grep -q 'opened tcp:127.0.0.9:' serve.err
}

@test "unix: a path, mode, and a name that needs quoting" {
	serve_start unix:"$T/s" --echo && echoes
	serve_start unix:"$T/m":mode=660 --echo && echoes
	[ "$(stat -c %a m)" = 660 ]
	serve_start unix:"$T"/'a\:b' --echo && echoes
	[ -S a:b ]
	serve_start "unix:[$T/c:d]" --echo && echoes
	[ -S c:d ]
}

@test "unix: abstract" {
	serve_start unix:@twc-test-$$-$BATS_TEST_NUMBER --echo && echoes
}

@test "unix: a live socket is never taken, a stale one is replaced, ours is removed" {
	serve_start unix:"$T/s" --echo
	run timeout $LIMIT "$TWC" serve unix:"$T/s" --text stolen
	is_status 73
	says EADDRINUSE
	[ "$(connect unix:"$T/s" <<<x)" = x ]
	serve_stop KILL
	[ -S s ]
	serve_start unix:"$T/s" --echo && echoes
	serve_stop
	[ ! -e s ]
	echo precious >file
	run timeout $LIMIT "$TWC" serve unix:"$T/file" --echo
	is_status 73
	[ "$(cat file)" = precious ]
}

@test "udp, udp4, udp6" {
	serve_start udp:0 --echo && echoes
	serve_start udp4:0 --echo && echoes
	serve_start udp6:0 --echo && echoes
}

@test "stdio: one connection on what we were given" {
	run timeout $LIMIT "$TWC" serve stdio --echo -q <<<hello
	is_status 0
	[ "$output" = hello ]
	run timeout $LIMIT "$TWC" serve - --text hi -q </dev/null
	is_status 0
	[ "$output" = hi ]
}

@test "fd: a connected socket, either role" {
	cat >give.py <<-'PY'
		import os, socket, subprocess, sys
		a, b = socket.socketpair()
		os.dup2(b.fileno(), 9)
		os.set_inheritable(9, True)
		p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, close_fds=False)
		b.close()
		os.close(9)
		a.sendall(b"hello")
		a.shutdown(socket.SHUT_WR)
		data = b""
		while True:
		    piece = a.recv(100)
		    if not piece:
		        break
		    data += piece
		a.close()
		out = p.communicate()[0]
		print(p.returncode, data.decode(), out.decode())
	PY
	run timeout $LIMIT $PYTHON give.py "$TWC" serve fd:9 --echo -q
	[ "$output" = "0 hello " ]
	run timeout $LIMIT $PYTHON give.py "$TWC" connect fd:9
	[ "$output" = "0  hello" ]
}

@test "fd: one that can only be read, one that can only be written" {
	echo data >in
	run connect fd:5 --to fd:6 5<in 6>out
	is_status 0
	[ "$(cat out)" = data ]
	echo more | connect fd:0 --to fd:1 >out
	[ "$(cat out)" = more ]
}

@test "fd and systemd: a listening socket" {
	cat >give.py <<-'PY'
		import os, socket, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(16)
		os.dup2(s.fileno(), 3)
		os.set_inheritable(3, True)
		os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="web")
		os.execv(sys.argv[1], sys.argv[1:])
	PY
	for e in fd:3 systemd:name=web systemd:index=0; do
		run timeout $LIMIT $PYTHON give.py "$TWC" serve $e --echo -q -- \
			sh -c 'echo $TWC_ADDR; echo hi | timeout 20 "$TWC" connect $TWC_ADDR' 3>&-
		is_status 0
		[[ ${lines[0]} == tcp:127.0.0.1:* ]]
		[ "${lines[1]}" = hi ]
	done
}

@test "systemd: without its variables 78" {
	run timeout $LIMIT "$TWC" serve systemd:name=web --echo
	is_status 78
	LISTEN_FDS=nonsense LISTEN_PID=1 run timeout $LIMIT "$TWC" serve systemd:index=0 --echo
	is_status 78
}

@test "exec and sh" {
	[ "$(connect exec:'tr a-z A-Z' <<<abc)" = ABC ]
	[ "$(connect 'sh:tr a-z A-Z | rev' <<<abc)" = CBA ]
}

@test "timeout=, nodelay=, keepalive=, backlog=, reuseport=, cc=" {
	serve_start tcp:0:backlog=5:reuseport=yes:nodelay=no:keepalive=30,5,3 --echo
	[ "$(connect tcp:"$PORT":timeout=5:nodelay=no:keepalive=no:cc=reno <<<x)" = x ]
}

@test "file: read, written, appended, followed" {
	printf 'one\ntwo\n' >in
	[ "$(connect file:in </dev/null)" = "$(cat in)" ]
	[ "$(connect file:in:offset=4 </dev/null)" = two ]
	run connect file:in --to file:out:mode=w:perm=640
	is_status 0
	cmp in out
	[ "$(stat -c %a out)" = 640 ]
	run connect file:in --to file:out:mode=a
	is_status 0
	[ "$(wc -l <out)" = 4 ]
	run connect file:in:follow=yes --until-idle 300ms </dev/null
	is_status 0
	[ "$output" = "$(cat in)" ]
	run connect file:none </dev/null
	is_status 66
	says ENOENT
	run connect file:in --to file:no/dir:mode=w
	is_status 73
	run connect file:in <in
	is_status 74
	says "reading only"
	cmp in <(printf 'one\ntwo\n')
}

@test "file: to and from socat" {
	head -c 300000 /dev/urandom >in
	serve_start tcp:0 --once --recv
	socat -u OPEN:in TCP:127.0.0.1:"$PORT"
	serve_wait
	[ "$STATUS" -eq 0 ]
	cmp in serve.out
	socat -u UNIX-LISTEN:s CREATE:got &
	PIDS+=($!)
	until_true test -S s
	run connect unix:s --to file:in
	is_status 0
	wait "${PIDS[-1]}"
	cmp in got
}

@test "fifo: both directions, made and removed" {
	connect fifo:p --recv >got &
	PIDS+=($!)
	until_true test -p p
	[ "$(stat -c %a p)" = 600 ]
	printf hello | socat -u - PIPE:p,wronly
	wait "${PIDS[-1]}"
	[ "$(cat got)" = hello ]
	[ ! -e p ]
	mkfifo q
	socat -u PIPE:q,rdonly CREATE:got &
	PIDS+=($!)
	printf world | connect fifo:q:dir=w
	wait "${PIDS[-1]}"
	[ "$(cat got)" = world ]
	[ -p q ]
	run connect fifo:q:dir=w:timeout=50ms <<<x
	is_status 75
	says "nobody opened it"
	echo x >file
	run connect fifo:file </dev/null
	is_status 73
	[ "$(cat file)" = x ]
}

@test "fifo: served, and removed when the server is stopped" {
	serve_start fifo:p --recv
	[ "${READY[0]}" = "twc: listening fifo:p" ]
	serve_stop
	[ ! -e p ]
}

@test "unix kind=dgram: with socat on either side" {
	serve_start unix:"$T/d":kind=dgram --echo && echoes
	[ "${READY[0]}" = "twc: listening unix:$T/d:kind=dgram" ]
	[ "$(printf hi | connect unix:d:kind=dgram:bind=mine)" = hi ]
	[ ! -e mine ]
	[ "$(printf abc | timeout 20 socat -t 2 - UNIX-SENDTO:"$T/d",bind=own)" = abc ]
	serve_stop
	[ ! -e d ]
	socat UNIX-RECVFROM:r,fork EXEC:'tr a-z A-Z' &
	PIDS+=($!)
	until_true test -S r
	[ "$(printf abc | connect unix:r:kind=dgram:bind=mine)" = ABC ]
	run connect unix:none:kind=dgram <<<x
	is_status 69
	run connect unix:r <<<x
	is_status 69
	says "another kind"
}

@test "unix kind=dgram: a peer without a name is heard" {
	serve_start unix:d:kind=dgram --recv
	printf anonymous | socat -u - UNIX-SENDTO:d
	until_true grep -q anonymous serve.out
}

@test "unix kind=seqpacket: with socat on either side, records stay whole" {
	serve_start unix:"$T/q":kind=seqpacket --echo && echoes
	[ "$(printf abc | timeout 20 socat -t 5 - UNIX-CONNECT:q,socktype=5)" = abc ]
	serve_stop
	cat >records.py <<-'PY'
		import socket
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.bind("r")
		s.listen()
		c = s.accept()[0]
		for n in (1, 60000, 70000):
		    c.send(b"x" * n)
		c.recv(10)
	PY
	$PYTHON records.py &
	PIDS+=($!)
	until_true test -S r
	connect unix:r:kind=seqpacket </dev/null >got
	[ "$(stat -c %s got)" = 130001 ]
	serve_start unix:q:kind=seqpacket --recv
	head -c 70000 /dev/zero >big
	run connect file:big --to unix:q:kind=seqpacket
	is_status 0
	until_true test "$(stat -c %s serve.out)" = 70000
}

# In a network of our own, with nothing but a loopback.
in_netns() {
	unshare -rn true 2>/dev/null || skip "no network namespaces here"
	timeout $LIMIT unshare -rn sh -c 'ip link set lo up && "$@"' sh "$@"
}

@test "udp: a multicast group, with socat on either side" {
	serve_start udp:0:group=239.1.2.3 --echo
	[ "${READY[0]}" = "twc: listening udp:239.1.2.3:$PORT" ]
	[ "$(printf abc | connect udp:239.1.2.3:"$PORT":device=lo:bind=127.0.0.1 --until-idle 300ms)" = abc ]
	[ "$(printf abc | timeout 20 socat -t 1 - UDP4-DATAGRAM:239.1.2.3:"$PORT",ip-multicast-if=127.0.0.1)" = abc ]
	socat -u UDP4-RECVFROM:"$PORT",reuseaddr,ip-add-membership=239.1.2.3:127.0.0.1 - >got &
	PIDS+=($!)
	both_hear() {
		printf 'to both' | connect udp:239.1.2.3:"$PORT":bind=127.0.0.1:ttl=1 --until-idle 100ms
		grep -q 'to both' got
	}
	until_true both_hear
}

# Linux does not loop IPv6 groups on lo, so this has an interface of its own.
@test "udp: an IPv6 group" {
	cat >v6.sh <<-'SH'
		ip link add v0 type veth peer name v1 2>/dev/null && ip link set v1 up || ip link add v0 type dummy || exit 75
		ip link set v0 up
		ip addr add fd00::1/64 dev v0 nodad
		"$TWC" serve 'udp:0:group=[ff02::1234]:device=v0' --echo -q -- sh -c \
			'printf abc | "$TWC" connect $TWC_ADDR:bind=[fd00::1] --until-idle 300ms'
		"$TWC" serve 'udp:0:group=[ff02::1234%v0]' --echo -q -- sh -c \
			'printf def | "$TWC" connect $TWC_ADDR:device=v0 --until-idle 300ms
			 printf ghi | "$TWC" connect $TWC_ADDR:device=v0:loop=no --until-idle 300ms'
	SH
	run in_netns sh v6.sh
	[ "$status" -ne 75 ] || skip "no interface can be made here"
	is_status 0
	[ "$output" = abcdef ]
}

@test "udp: broadcast" {
	serve_start 'udp:0:interface=*' --echo
	[ "$(printf abc | connect udp:127.255.255.255:"$PORT":broadcast=yes --until-idle 300ms)" = abc ]
	run connect udp:127.255.255.255:"$PORT" <<<x
	is_status 77
	says broadcast=yes
}

@test "netns=: a socket somewhere else" {
	cat >ns.sh <<-'SH'
		unshare -n sh -c 'ip link set lo up; echo $$ >pid; exec "$TWC" serve tcp:0 --echo -q --port-file port' &
		until [ -s port ]; do sleep 0.02; done
		ns=/proc/$(cat pid)/ns/net port=$(cat port)
		echo there | "$TWC" connect tcp:127.0.0.1:$port:netns=$ns
		"$TWC" serve tcp:127.0.0.1:$port 2>/dev/null || "$TWC" connect tcp:$port </dev/null 2>/dev/null || echo "not here"
		"$TWC" serve tcp:$port:netns=$ns --echo 2>&1 || echo "status $?"
		"$TWC" serve udp:0:netns=$ns --text hi -q -- sh -c 'printf x | "$TWC" connect $TWC_ADDR:netns='$ns' --until-idle 200ms'
		kill $!
	SH
	run in_netns sh ns.sh
	is_status 0
	says there
	says "not here"
	says EADDRINUSE
	says "status 73"
	says hi
	run connect tcp:1:netns=there-is-none </dev/null
	is_status 64
	says "no such network namespace"
}

@test "mss=, sockopt=, ttl=, tos=, sndbuf=, rcvbuf=" {
	serve_start tcp:0:mss=1000:tos=16 --echo
	[ "$(connect tcp:"$PORT":mss=900:sockopt=6,6,03000000/0,2,05000000:ttl=9:sndbuf=64k:rcvbuf=64k <<<x)" = x ]
	run connect tcp:"$PORT":sockopt=6,9999,00000000 </dev/null
	is_status 71
	says ENOPROTOOPT
	run connect tcp:"$PORT":sockopt=6,x,00 </dev/null
	is_status 64
	run connect tcp:"$PORT":mss=5 </dev/null
	is_status 64
}

@test "pty and serial: a line made by one, used by the other, and by socat" {
	serve_start pty:link="$T/line":raw=yes:wait=yes --echo
	[ "${READY[0]}" = "twc: listening serial:$T/line" ]
	[ -c line ]
	[ "$(printf 'a\004b' | connect serial:line:baud=57600 --until-idle 500ms | od -c -An)" = "$(printf 'a\004b' | od -c -An)" ]
	serve_wait
	[ "$STATUS" -eq 0 ]
	[ ! -L line ]
	serve_start pty:link=line:raw=yes --echo
	[ "$(printf hello | timeout 20 socat -t 1 - OPEN:line,raw,echo=0)" = hello ]
	socat PTY,link=other,raw,echo=0,wait-slave,pty-interval=0.05 EXEC:cat &
	PIDS+=($!)
	until_true test -c other
	[ "$(printf hello | connect serial:other --until-idle 500ms)" = hello ]
	run connect serial:/dev/null </dev/null
	is_status 66
	says "not a terminal"
	echo x >file
	run connect pty:link=file </dev/null
	is_status 73
	[ "$(cat file)" = x ]
}

@test "serial, pty, fifo, unix bind=: put back when a signal ends connect" {
	socat PTY,link=line PTY,link=far,raw,echo=0 &
	PIDS+=($!)
	until_true test -c line
	before=$(stty -g -F line)
	socat -u UNIX-RECV:sock CREATE:got &
	PIDS+=($!)
	until_true test -S sock
	pipe_open in
	for what in serial:line pty:link=mine fifo:p unix:sock:kind=dgram:bind=own; do
		for signal in INT TERM HUP; do
			env --default-signal "$TWC" connect "$what" <&"$in" >out 2>err {in}>&- &
			PID=$!
			PIDS+=("$PID")
			case $what in
			serial*) until_true sh -c '[ "$(stty -g -F line)" != "$1" ]' sh "$before" ;;
			pty*) until_true test -L mine ;;
			fifo*) until_true test -p p ;;
			unix*) until_true test -S own ;;
			esac
			serve_stop $signal
			[ "$STATUS" -eq $((128 + $(kill -l $signal))) ] || { echo "$what $signal: $STATUS" >&2; false; }
			[ "$(stty -g -F line)" = "$before" ]
			[ ! -L mine ] && [ ! -e p ] && [ ! -e own ]
		done
	done
}

@test "exec:pty=yes: a terminal of its own" {
	[ "$(connect 'sh:pty=yes:[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && : </dev/tty && echo yes' </dev/null)" = $'yes\r' ]
	run connect 'exec:pty=yes:sh -c "exit 7"' </dev/null
	is_status 7
	[ "$(printf 'exit 3\n' | connect 'sh:pty=yes:stty -echo; read x; echo "[$x]"' | tail -n 1)" = $'[exit 3]\r' ]
}

@test "inetd: a connected and a listening socket on descriptor 0" {
	cat >inetd.py <<-'PY'
		import os, socket, subprocess, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen()
		c = socket.create_connection(s.getsockname())
		if sys.argv[1] == "nowait":
		    a = s.accept()[0]
		    p = subprocess.Popen(sys.argv[2:], stdin=a, stdout=a, stderr=a)
		    a.close()
		else:
		    p = subprocess.Popen(sys.argv[2:], stdin=s, stdout=s, stderr=s)
		s.close()
		c.sendall(b"hello")
		c.shutdown(socket.SHUT_WR)
		got = b""
		while piece := c.recv(100):
		    got += piece
		if sys.argv[1] == "wait":
		    p.terminate()
		print(p.wait(), got.decode())
	PY
	run timeout $LIMIT $PYTHON inetd.py nowait "$TWC" serve inetd --echo
	[ "$output" = "0 hello" ]
	run timeout $LIMIT $PYTHON inetd.py nowait "$TWC" serve inetd: -v --text hi
	[ "$output" = "0 hi" ]
	run timeout $LIMIT $PYTHON inetd.py nowait "$TWC" connect inetd --to exec:cat
	[ "$output" = "0 hello" ]
	run timeout $LIMIT $PYTHON inetd.py wait "$TWC" serve inetd --echo
	[ "$output" = "0 hello" ]
	run timeout $LIMIT "$TWC" serve inetd --echo </dev/null
	is_status 78
	says "no socket"
}

@test "vsock" {
	run connect vsock:host </dev/null
	is_status 64
	run timeout $LIMIT "$TWC" serve vsock:0 --text hi -q -- sh -c '"$TWC" connect $TWC_ADDR </dev/null'
	[ "$status" -ne 73 ] || skip "no vsock loopback on this machine"
	is_status 0
	[ "$output" = hi ]
	serve_start vsock:0 --echo
	[ "$(printf abc | timeout 20 socat -t 5 - VSOCK-CONNECT:1:"$PORT")" = abc ]
}

@test "reuseaddr: a server can start again at once, unless told otherwise" {
	serve_start tcp4:0 --text hi --once
	port=$PORT
	[ "$(connect tcp:127.0.0.1:"$port" --recv)" = hi ] # the server closes first: its end waits in TIME_WAIT
	serve_wait
	run timeout $LIMIT "$TWC" serve tcp4:"$port":reuseaddr=no --text hi --for 1ms
	is_status 73
	says "address already in use"
	serve_start tcp4:"$port" --text hi
	[ "$(connect tcp:127.0.0.1:"$port" </dev/null)" = hi ]
}
