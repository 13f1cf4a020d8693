#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# endpoint=: TLS over a connection that another endpoint makes.

bats_require_minimum_version 1.5.0
load ../support/cli
load ../support/tls

setup_file() {
	certs_make "$BATS_FILE_TMPDIR/c"
	head -c 4M /dev/urandom >"$BATS_FILE_TMPDIR/big"
}
setup() {
	twc_setup
	CA=:ca=$BATS_FILE_TMPDIR/c/ca.pem
}
teardown() { twc_teardown; }

@test "over a socket, a child's pipes and a unix socket: to s_server, with the name that was written" {
	tls_peer_start count "$BATS_FILE_TMPDIR/c/good.pem"
	[ "$(connect "tls:one.test:1$CA:endpoint=[tcp:127.0.0.1:$PEER]" <<<hi)" = "got 3" ]
	tls_peer_start count "$BATS_FILE_TMPDIR/c/good.pem"
	run connect "tls:two.test:1$CA:endpoint=[tcp:127.0.0.1:$PEER]" <<<hi
	is_status 77
	says "not for two.test"
	tls_peer_start count "$BATS_FILE_TMPDIR/c/good.pem"
	run connect "tls:one.test:1$CA:endpoint=[exec:socat - TCP\\:127.0.0.1\\:$PEER]" <<<hi
	is_status 0
	[ "$output" = "got 3" ]
	tls_peer_start count "$BATS_FILE_TMPDIR/c/good.pem"
	socat UNIX-LISTEN:s TCP:127.0.0.1:"$PEER" &
	for _ in {1..100}; do [ -S s ] && break; sleep 0.05; done
	[ "$(connect "tls:one.test:1$CA:endpoint=[unix:s]" <<<hi)" = "got 3" ]
}

@test "what is wrong below is said; the time is one for all" {
	run connect "tls:one.test:1$CA:endpoint=[unix:/nowhere/s]"
	is_status 69
	says "no such socket file"
	run connect "tls:one.test:1$CA:endpoint=[exec:true]" </dev/null
	is_status 76
	says "the peer closed the connection during the handshake"
	run connect "tls:one.test:1$CA:timeout=200ms:endpoint=[exec:sleep 20]" </dev/null
	is_status 75
	says "the TLS handshake was not done after 200ms"
}
