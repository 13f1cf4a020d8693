#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What twc asks of the kernel, seen by strace: the price of a message and of a file over HTTP, a relay that does not touch
# the bytes, and a start that loads nothing it does not need.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	# Short reads forced on debug builds would be counted; the leak checker cannot run while traced.
	unset TWC_DBG_RMAX TWC_DBG_WMAX TWC_DBG_SEED
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
	command -v strace >/dev/null || skip "strace is not installed"
	strace -D -o "$T/probe" true 2>/dev/null && until_true grep -qs '+++ exited' "$T/probe" ||
		skip "tracing is not permitted here"
	TWC_REAL=$TWC
}

teardown() {
	TWC=${TWC_REAL:-$TWC}
	twc_teardown
}

# From here on $TWC is traced into $T/trace; -D keeps its process id and its signals its own.
trace_twc() {
	cat >"$T/traced" <<-EOF
		#!/bin/sh
		exec strace -D -f -s 16 -o "$T/trace" ${1:+-e "trace=$1"} "$TWC_REAL" "\$@"
	EOF
	chmod +x "$T/traced"
	TWC=$T/traced
}

traced_to_the_end() {
	until_true grep -q '+++ \(exited\|killed\)' "$T/trace"
}

# The names of the calls on standard input, one a line, variants of one call under one name.
calls() {
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' | sed '
		s/^epoll_p\{0,1\}wait2\{0,1\}$/wait/
		s/^\(recvfrom\|recvmsg\|read\)$/recv/
		s/^\(sendto\|sendmsg\|write\|writev\)$/send/'
}

# $1 messages of 64 bytes, one at a time, on one connection.
ping_pong() {
	"$PYTHON" - "$PORT" "$1" <<-'EOF'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.settimeout(20)
		for i in range(int(sys.argv[2])):
		    s.sendall(b"m" * 64)
		    n = 0
		    while n < 64:
		        got = s.recv(64 - n)
		        assert got
		        n += len(got)
	EOF
}

@test "an echoed message costs one wait, one recv and one send" {
	trace_twc
	serve_start tcp:0:interface=127.0.0.1 --echo
	ping_pong 20
	serve_stop
	[ "$STATUS" -eq 0 ]
	traced_to_the_end
	# Once the first answer is out (by then the connection is in the poll set): 19 times the same three.
	sed -n '/send[a-z]*([0-9]*, .*"mmmm/,$p' "$T/trace" | tail -n +2 | calls | head -n 57 | paste -d' ' - - - | uniq -c >shape
	[ "$(awk '{ print $1, $2, $3, $4 }' shape)" = "19 wait recv send" ] || {
		cat shape "$T/trace" >&2
		return 1
	}
}

# $1 requests for a small file, a connection each when $2 is "close".
ask_http() {
	"$PYTHON" - "$PORT" "$1" "$2" <<-'EOF'
		import socket, sys
		port, n, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
		s = None
		for i in range(n):
		    s = s or socket.create_connection(("127.0.0.1", port))
		    s.settimeout(20)
		    s.sendall(b"GET /f.txt HTTP/1.1\r\nHost: x\r\nConnection: %s\r\n\r\n" % how.encode())
		    got = b""
		    while not got.endswith(b"whole\n"):
		        more = s.recv(4096)
		        assert more
		        got += more
		    if how == "close":
		        assert s.recv(1) == b""
		        s = None
	EOF
}

@test "a small file costs one wait, one recv, one look at the file and one send" {
	mkdir www
	echo whole >www/f.txt
	trace_twc
	SERVE_AS="http serve" serve_start tcp:0:interface=127.0.0.1 www
	sleep 0.1 # what was just written is read again until its time has settled
	ask_http 20 keep-alive
	serve_stop
	traced_to_the_end
	# But for the first, and one look at the folder a second.
	[ "$(calls <"$T/trace" | tr '\n' ' ' | grep -o 'wait recv newfstatat send' | wc -l)" -ge 17 ] || {
		cat "$T/trace" >&2
		return 1
	}
}

@test "a connection for one small file is not in the poll set, and is closed at once" {
	mkdir www
	echo whole >www/f.txt
	trace_twc
	SERVE_AS="http serve" serve_start tcp:0:interface=127.0.0.1 www
	sleep 0.1
	ask_http 20 close
	serve_stop
	traced_to_the_end
	# One accept in nine is in vain; and a server that is faster than its client finds nothing to read at first.
	shape=$(grep -v EAGAIN "$T/trace" | calls | tr '\n' ' ' | grep -o 'wait accept4 recv newfstatat send close' | wc -l)
	[ "$shape" -ge 10 ] && ! grep -q 'shutdown(' "$T/trace" || {
		cat "$T/trace" >&2
		return 1
	}
}

@test "an idle echo server sleeps" {
	trace_twc
	serve_start tcp:0:interface=127.0.0.1 --echo
	ping_pong 1
	until_true grep -q 'recv.*"", [0-9]*.*= 0$' "$T/trace"
	sleep 0.5 # watched, not waited for: what does it do when there is nothing to do?
	serve_stop
	traced_to_the_end
	# One wait from the client's end to the signal, one more to end: no timer ticks, nothing polls.
	waits=$(sed -n '/recv.*"", [0-9]*.*= 0$/,$p' "$T/trace" | calls | grep -c '^wait$')
	[ "$waits" -le 3 ] || {
		cat "$T/trace" >&2
		return 1
	}
}

@test "a bulk relay moves the bytes by splice and leaves the poll set alone" {
	head -c 67108864 /dev/zero >big
	serve_start tcp:0:interface=127.0.0.1 --file big
	from=$PORT
	serve_start tcp:0:interface=127.0.0.1 --discard
	to=$PORT
	trace_twc splice,recvfrom,sendto,read,write,epoll_ctl
	connect "tcp:127.0.0.1:$from" --to "tcp:127.0.0.1:$to"
	traced_to_the_end
	# Into the pipe and out of it: twice the bytes, of which reading at first may take a few megabytes.
	spliced=$(sed -n 's/.*splice(.*= \([0-9]*\)$/\1/p' "$T/trace" | awk '{ n += $1 } END { printf "%d", n }')
	[ "$spliced" -ge $((2 * 48 * 1024 * 1024)) ] || {
		echo "spliced $spliced bytes" >&2
		return 1
	}
	# Dialling, signals and ends take some; more than one a 16 MiB on top would be one a stall.
	[ "$(grep -c 'epoll_ctl(' "$T/trace")" -le 24 ]
}

# Of what TLS needs nothing is looked for, but the libraries that twc is linked with: no configuration, no provider, no
# certificate.
opens_nothing_of_tls() {
	traced_to_the_end
	[ -s "$T/trace" ]
	run grep -E 'openssl|ossl-modules|/ssl/|/etc/pki|ca-certificates|cert\.pem|\.crt' "$T/trace"
	[ "$status" -eq 1 ]
}

@test "--version opens nothing of TLS" {
	trace_twc %file
	run -0 "$TWC" --version
	opens_nothing_of_tls
}

@test "a port check opens nothing of TLS" {
	serve_start tcp:0:interface=127.0.0.1 --discard
	trace_twc %file
	run -0 "$TWC" connect --check "tcp:127.0.0.1:$PORT"
	opens_nothing_of_tls
}

@test "a literal address needs no resolver: no hosts file, no resolv.conf" {
	serve_start tcp:0:interface=127.0.0.1 --discard
	trace_twc %file
	run -0 "$TWC" connect --check "tcp:127.0.0.1:$PORT"
	traced_to_the_end
	run grep -E 'resolv\.conf|/etc/hosts|nsswitch' "$T/trace"
	[ "$status" -eq 1 ]
}

@test "echo runs in one thread" {
	trace_twc clone,clone3,fork,vfork
	serve_start tcp:0:interface=127.0.0.1 --echo
	ping_pong 3
	serve_stop
	traced_to_the_end
	run grep -E 'clone|fork' "$T/trace"
	[ "$status" -eq 1 ]
}

@test "400 peers of one UDP socket cost a few system calls, not 800" {
	trace_twc recvmmsg,sendmmsg,sendmsg,recvmsg,recvfrom,sendto
	serve_start udp:0:interface=127.0.0.1 --echo
	cat >peers.py <<-'PY'
		import os, signal, socket, sys
		pid, port = int(sys.argv[1]), int(sys.argv[2])
		s = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(400)]
		def ask(i):
		    s[i].settimeout(20)
		    s[i].connect(("127.0.0.1", port))
		    s[i].send(b"%d" % i)
		ask(0)
		assert s[0].recv(9) == b"0"
		os.kill(pid, signal.SIGSTOP) # they are to wait together
		for i in range(1, 400):
		    ask(i)
		os.kill(pid, signal.SIGCONT)
		for i in range(1, 400):
		    assert s[i].recv(9) == b"%d" % i
	PY
	"$PYTHON" peers.py "$PID" "$PORT"
	serve_stop
	traced_to_the_end
	[ "$(grep -c 'mmsg(' trace)" -ge 14 ]
	[ "$(calls <trace | wc -l)" -le 60 ]
}
