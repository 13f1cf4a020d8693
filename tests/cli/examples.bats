#!/usr/bin/env bats
# The examples of lib/examples, as built by `make examples`: each tries itself out when TWC_EXAMPLE_TEST is set.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	[ -x "$B/examples/echo" ] || skip "the examples are not built"
}

teardown() {
	[ -z "${hello:-}" ] || kill "$hello" 2>/dev/null || true
	[ -z "${relay:-}" ] || kill "$relay" 2>/dev/null || true
}

self_test() {
	run env TWC_EXAMPLE_TEST=1 timeout 20 "$B/examples/$1"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "echo sends back what it is sent" { self_test echo; }
@test "broadcast lets the others hear a line" { self_test broadcast; }
@test "chain asks, waits and gives up in time" { self_test chain; }
@test "http_hello greets" { self_test http_hello; }
@test "embed_poll: a reactor inside a bare poll loop" { self_test embed_poll; }
@test "embed_libevent: a reactor inside a libevent program" { self_test embed_libevent; }
@test "embed_glib: a reactor inside GLib's main loop" { self_test embed_glib; }

@test "echo serves foreign clients, too" {
	timeout 20 "$B/examples/echo" unix:sock 3>&- &
	relay=$!
	for _ in $(seq 100); do [ -S sock ] && break; sleep 0.05; done
	run socat -t5 - UNIX-CONNECT:sock <<< 'hello there'
	[ "$output" = 'hello there' ]
}

# Waits until $1 says where it listens; prints that as a URL.
url_of() {
	for _ in $(seq 100); do
		sed -n 's/^listening on tcp:/http:\/\//p' "$1" 2> /dev/null | grep . && return
		sleep 0.05
	done
	return 1
}

@test "http_fetch answers with what another server has" {
	timeout 20 "$B/examples/http_hello" tcp:0 2> hello 3>&- &
	hello=$!
	back=$(url_of hello)
	timeout 20 "$B/examples/http_fetch" "$back" tcp:0 2> fetch 3>&- &
	relay=$!
	front=$(url_of fetch)
	run curl -sS -m10 --noproxy '*' "$front/192.0.2.1" "$front/a%3fb"
	echo "$output"
	[ "$output" = $'hello, world\nhello, world' ]
	run curl -sS -m10 --noproxy '*' -o /dev/null -w '%{http_code}' "$front/a/b"
	[ "$output" = 404 ]
	kill "$hello"
	wait "$hello" || true
	run curl -sS -m10 --noproxy '*' -o /dev/null -w '%{http_code}' "$front/192.0.2.1"
	[ "$output" = 502 ]
}

@test "relay passes bytes and ends both ways" {
	head -c 3000000 /dev/urandom > file
	run timeout 60 "$TWC" serve unix:target --echo -q -- bash -c '
		timeout 50 "$B/examples/relay" unix:front unix:target 3>&- &
		for _ in $(seq 100); do [ -S front ] && break; sleep 0.05; done
		socat -t20 - UNIX-CONNECT:front < file > copy
		status=$?
		kill %1
		exit $status'
	echo "$output"
	[ "$status" -eq 0 ]
	cmp file copy
}

@test "every example is tested here" {
	for source in "$BATS_TEST_DIRNAME"/../../lib/examples/*.c; do
		name=$(basename "$source" .c)
		grep -qE "self_test $name;|examples/$name\"" "$BATS_TEST_FILENAME"
	done
}
