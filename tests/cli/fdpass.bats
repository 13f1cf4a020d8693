#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc connect --fdpass: the connection itself goes over standard output, as `nc -F` hands it over, and ssh takes it.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# Runs ARG... with one end of a socket pair of KIND (stream, dgram, seqpacket) as standard output, and says: the bytes
# that came, how many descriptors, whether the first blocks, what it reads from it, the exit status.
receive() { # KIND ARG...
	timeout $LIMIT "$PYTHON" - "$@" <<-'PY'
		import fcntl, os, socket, subprocess, sys
		kind = getattr(socket, "SOCK_" + sys.argv[1].upper())
		ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
		child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=theirs)
		theirs.close()
		data, fds, flags, addr = socket.recv_fds(ours, 16, 4)
		status = child.wait()
		if not fds:
		    print(data, "none", status)
		    sys.exit()
		blocks = not fcntl.fcntl(fds[0], fcntl.F_GETFL) & os.O_NONBLOCK
		got = b""
		with socket.socket(fileno=fds[0]) as s:
		    s.settimeout(None) if blocks else s.settimeout(20)
		    s.sendall(b"ping")
		    s.shutdown(socket.SHUT_WR)
		    while part := s.recv(100):
		        got += part
		print(data, len(fds), "blocking" if blocks else "non-blocking", got, status)
	PY
}

@test "a connected socket, with one byte, blocking, nothing lost; as nc -F does it" {
	serve_start tcp:0:interface=127.0.0.1 --sh 'printf banner; cat'
	[ "$(receive stream "$TWC" connect tcp:127.0.0.1:"$PORT" --fdpass)" = "b'\\x00' 1 blocking b'bannerping' 0" ]
	nc=$(command -v nc.openbsd) || skip "nc.openbsd is needed"
	# some leave it non-blocking
	[[ $(receive stream "$nc" -F 127.0.0.1 "$PORT") == "b'\\x00' 1 "*"blocking b'bannerping' 0" ]]
}

@test "UNIX sockets, and every kind of receiver" {
	serve_start unix:"$T/s" --echo
	for kind in stream dgram seqpacket; do
		[ "$(receive $kind "$TWC" connect unix:s --fdpass)" = "b'\\x00' 1 blocking b'ping' 0" ]
	done
	serve_start unix:"$T/q":kind=seqpacket --echo
	[ "$(receive stream "$TWC" connect unix:q:kind=seqpacket --fdpass)" = "b'\\x00' 1 blocking b'ping' 0" ]
}

@test "a dial that fails hands nothing over" {
	[ "$(receive stream "$TWC" connect unix:missing --fdpass 2>err)" = "b'' none 69" ]
	grep -q 'twc: connect unix:missing: ' err
}

@test "--wait and --retry: dialled again until it can be handed over" {
	receive stream "$TWC" connect unix:"$T/late" --fdpass --wait 20s >got &
	waiting=$!
	PIDS+=($waiting)
	until_true pgrep -P $waiting >/dev/null
	serve_start unix:"$T/late" --echo
	wait $waiting
	[ "$(cat got)" = "b'\\x00' 1 blocking b'ping' 0" ]
	[ "$(receive stream "$TWC" connect unix:missing --fdpass --retry 1 --retry-delay 1ms 2>err)" = "b'' none 69" ]
	grep -q 'gave up after 2 attempts' err
	run "$TWC" connect tcp:1 --fdpass --wait 1s --retry 1
	is_status 64
	says "give one of --wait and --retry"
}

@test "through a proxy: the tunnel is what is handed over" {
	serve_start tcp:0:interface=127.0.0.1 --sh 'printf banner; cat'
	target=$PORT
	"$PYTHON" - >proxy.port <<-'PY' 3>&- &
		import os, socket, sys
		s = socket.create_server(("127.0.0.1", 0))
		print(s.getsockname()[1], flush=True)
		c = s.accept()[0]
		request = b""
		while not request.endswith(b"\r\n\r\n"):
		    request += c.recv(1)
		host, port = request.split()[1].decode().rsplit(":", 1)
		up = socket.create_connection((host, int(port)), 30)
		# the answer and the banner in one segment
		c.sendall(b"HTTP/1.1 200 ok\r\n\r\n" + up.recv(6))
		while part := c.recv(100):
		    up.sendall(part)
		up.shutdown(socket.SHUT_WR)
		while part := up.recv(100):
		    c.sendall(part)
	PY
	PIDS+=($!)
	until_true test -s proxy.port
	[ "$(receive stream "$TWC" connect "tcp:127.0.0.1:$target:via=[http:127.0.0.1:$(cat proxy.port)]" --fdpass)" = \
		"b'\\x00' 1 blocking b'bannerping' 0" ]
}

@test "standard output must be a UNIX socket" {
	serve_start tcp:0:interface=127.0.0.1 --echo
	run "$TWC" connect tcp:127.0.0.1:"$PORT" --fdpass
	is_status 64
	says "--fdpass: standard output is not a connected UNIX socket, over which a connection could be handed; with ssh"
	run "$TWC" connect tcp:127.0.0.1:"$PORT" --fdpass >&-
	is_status 64
	run bash -c '"$TWC" connect tcp:127.0.0.1:$1 --fdpass >/dev/tcp/127.0.0.1/$1' - "$PORT"
	is_status 64
}

@test "what is not one connected socket" {
	for e in udp:127.0.0.1:9 unix:d:kind=dgram exec:cat sh:cat stdio fifo:x; do
		run "$TWC" connect "$e" --fdpass
		is_status 64
		says "--fdpass: $e is not one connected socket"
	done
}

@test "what does not go with it" {
	for o in "--to tcp:1" --send --recv "--eof close" --stats "--idle 1s" --crlf "--expect x" --check \
		"--stable 1s" --reconnect "--preamble x" "--send-line x" --hexdump --progress "--max-bytes 5"; do
		run "$TWC" connect tcp:1 --fdpass $o
		is_status 64
		says "--fdpass hands the connection over as it is: it does not go with ${o%% *}"
	done
	run "$TWC" connect tcp:1 tcp:2 --fdpass
	is_status 64
	run "$TWC" connect tcp:1 --fdpass -- true
	is_status 64
}

@test "a receiver that has gone: ended by SIGPIPE, quietly" {
	serve_start tcp:0:interface=127.0.0.1 --echo
	$PYTHON - "$PORT" <<-'PY'
		import os, signal, socket, subprocess, sys
		for kind in socket.SOCK_STREAM, socket.SOCK_SEQPACKET:
		    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
		    ours.close()
		    done = subprocess.run([os.environ["TWC"], "connect", "tcp:127.0.0.1:" + sys.argv[1], "--fdpass"],
		        stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, timeout=30)
		    assert done.returncode == -signal.SIGPIPE and not done.stderr, done
	PY
}

@test "a receiver that is slow is waited for, standard output stays as it was" {
	serve_start tcp:0:interface=127.0.0.1 --echo
	$PYTHON - "$PORT" <<-'PY'
		import os, socket, subprocess, sys
		ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
		theirs.setblocking(False)
		n = 0
		try:
		    while True:
		        theirs.send(b"x")
		        n += 1
		except BlockingIOError:
		    pass
		theirs.setblocking(True)
		child = subprocess.Popen([os.environ["TWC"], "connect", "tcp:127.0.0.1:" + sys.argv[1], "--fdpass"],
		    stdin=subprocess.DEVNULL, stdout=theirs)
		for i in range(n):
		    assert ours.recv(10) == b"x"
		data, fds, flags, addr = socket.recv_fds(ours, 16, 4)
		assert data == b"\0" and len(fds) == 1
		assert child.wait(30) == 0
		assert theirs.getblocking() and os.get_blocking(theirs.fileno())
	PY
}

@test "ssh takes it with ProxyUseFdpass" {
	command -v ssh >/dev/null || skip "ssh is needed"
	serve_start tcp:0:interface=127.0.0.1 --once --recv
	timeout $LIMIT ssh -F /dev/null -o BatchMode=yes -o ProxyUseFdpass=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o "ProxyCommand=$TWC connect tcp:%h:%p --fdpass" -p "$PORT" \
		nobody@127.0.0.1 3>&- </dev/null 2>ssh.err &
	PIDS+=($!)
	until_true grep -q '^SSH-2.0-' serve.out
}
