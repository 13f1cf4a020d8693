#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# -4 and -6 of serve and connect: one family alone, whatever a name has.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	[ -e /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 || skip "no ::1 here"
}
teardown() { twc_teardown; }

@test "serve -4, -6: one address, and the other refuses" {
	serve_start tcp:0 --text v4 -4
	[ "${READY[0]}" = "twc: listening tcp:127.0.0.1:$PORT" ]
	[ "$(timeout $LIMIT nc -d 127.0.0.1 "$PORT")" = v4 ]
	run timeout $LIMIT nc -d ::1 "$PORT"
	is_status 1
	serve_stop
	[ "$(grep -c listening serve.err)" -eq 1 ]
	serve_start tcp:0 udp:0 --text v6 --ipv6
	[ "${READY[0]}" = "twc: listening tcp:[::1]:$PORT" ]
	[ "$(timeout $LIMIT nc -d ::1 "$PORT")" = v6 ]
	serve_ready_next
	[ "${READY[1]}" = "twc: listening udp:[::1]:$PORT" ]
	serve_stop
}

@test "serve -4 --public: no address of the other family" {
	serve_start tcp:0 --text v4 -4 --public
	[ "${READY[0]}" = "twc: listening tcp:0.0.0.0:$PORT" ]
	run timeout $LIMIT nc -d ::1 "$PORT"
	is_status 1
}

@test "connect -4, -6: a name with both" {
	serve_start tcp:0 --sh 'echo $TWC_PEER_IP'
	[ "$(connect tcp:localhost:"$PORT" -4 </dev/null)" = 127.0.0.1 ]
	[ "$(connect -6 tcp:localhost:"$PORT" </dev/null)" = ::1 ]
	[ "$(connect -4 tcp:two.test:"$PORT" --resolve two.test:::1 --resolve two.test:127.0.0.1 </dev/null)" = 127.0.0.1 ]
	[ "$(connect -6 tcp:"$PORT" --reconnect=1 </dev/null)" = ::1 ]
	connect -6 tcp:"$PORT" --check
	serve_stop
	serve_start tcp4:0 --text x
	run connect -6 tcp:localhost:"$PORT" --check
	is_status 69
	run connect -6 tcp:localhost:"$PORT" --wait 0.2s
	is_status 75
}

@test "what has no IP address does not care; what is of the other family is wrong" {
	serve_start unix:s --text hi -4
	[ "$(connect unix:s -6 </dev/null)" = hi ]
	run connect -4 'tcp:[::1]:7'
	is_status 64
	says "'::1' is no IPv4 address"
	run connect -6 tcp4:localhost:7
	is_status 64
	says "tcp4 endpoints are not for IPv6"
	run "$TWC" serve tcp:0:interface=127.0.0.1 --echo -6
	is_status 64
	run connect -4 -6 tcp:7
	is_status 64
}
