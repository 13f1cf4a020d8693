#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --fail-on client-error: a client's failure is the server's status.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

# Connects to each PORT, sends, and resets.
make_reset() {
	cat >reset.py <<-'PY'
		import socket, struct, sys
		for port in sys.argv[1:]:
		    s = socket.create_connection(("127.0.0.1", int(port)), 30)
		    s.sendall(b"x")
		    s.recv(1)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		    s.close()
	PY
}

@test "--fail-on client-error: a reset is 76, and the line says whose" {
	make_reset
	run "$TWC" serve tcp:0 --echo --fail-on client-error -- sh -c "\"$PYTHON\" reset.py \$TWC_PORT \$TWC_PORT; \"$TWC\" connect \$TWC_ADDR </dev/null"
	is_status 76
	says "serve tcp:0: #1 tcp:127.0.0.1:"
	says "connection reset by peer"
	says "; 2 clients failed"
	run "$TWC" serve tcp:0 --echo -- "$PYTHON" reset.py # without it
	is_status 0
	run "$TWC" serve tcp:0 --echo -- sh -c "\"$PYTHON\" reset.py \$TWC_PORT"
	is_status 0
}

@test "--fail-on client-error: no failure, no status; COMMAND's own comes first" {
	make_reset
	run "$TWC" serve tcp:0 --echo --fail-on client-error -- sh -c 'echo hi | "$0" connect "$TWC_ADDR"' "$TWC"
	is_status 0
	run "$TWC" serve tcp:0 --echo --fail-on client-error -- sh -c "\"$PYTHON\" reset.py \$TWC_PORT; exit 9"
	is_status 9
}

@test "--fail-on client-error: a limit of time, and standard streams" {
	run "$TWC" serve tcp:0 --stall --max-time 100ms --fail-on client-error -- \
		sh -c "sleep 10 | \"$TWC\" connect \$TWC_ADDR --eof close >/dev/null"
	is_status 75
	run "$TWC" serve tcp:0 --recv --fail-on client-error -- sh -c "echo hi | \"$TWC\" connect \$TWC_ADDR --send"
	is_status 0
	[[ $output == *hi* ]]
}

@test "--fail-on: what it does not go with" {
	run "$TWC" serve tcp:0 --echo --fail-on client-error --workers 2
	is_status 64
	says "--workers and --fail-on exclude each other"
	run "$TWC" serve tcp:0 --echo --fail-on everything
	is_status 64
}
