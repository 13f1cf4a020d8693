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
