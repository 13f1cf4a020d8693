#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whose a UNIX socket's file is, and how long it stays: user=, group=, unlink=.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() {
	twc_teardown
	[ -z "${OPEN:-}" ] || rm -rf "$OPEN"
}

# A directory that other users come to, too: $OPEN.
open_dir() {
	OPEN=$(mktemp -d /tmp/twc-open.XXXXXX)
	chmod 777 "$OPEN"
}

echoes() {
	[ "$(connect "${READY[0]#twc: listening }" <<<hello)" = hello ]
}

@test "user= and group=: whose the file is, by name and by number" {
	[ "$(id -u)" -eq 0 ] || skip "root is needed"
	serve_start unix:"$T/s":mode=660:user=nobody:group=1 --echo && echoes
	[ "$(stat -c '%U %g %a' s)" = "nobody 1 660" ]
	serve_start unix:"$T/d":kind=dgram:group=7 --echo
	[ "$(stat -c '%u %g %a' d)" = "0 7 600" ]
}

@test "group= of one's own needs no root, another's does" {
	serve_start unix:"$T/own":mode=660:group="$(id -gn)" --echo && echoes
	[ "$(stat -c '%g %a' own)" = "$(id -g) 660" ]
	command -v setpriv >/dev/null && [ "$(id -u)" -eq 0 ] || skip "another user is needed"
	open_dir
	run setpriv --reuid=nobody --regid=nogroup --clear-groups "$TWC" serve unix:"$OPEN/other":group=0 --echo
	is_status 73
	says "cannot give the socket file to that user or group (EPERM"
	[ ! -e "$OPEN/other" ]
}

@test "group= lets its members in, and nobody else" {
	command -v setpriv >/dev/null && command -v socat >/dev/null && [ "$(id -u)" -eq 0 ] || skip "another user is needed"
	open_dir
	serve_start unix:"$OPEN/s":mode=660:group=4711 --text hi
	[ "$(setpriv --reuid=nobody --regid=4711 --clear-groups socat -u UNIX-CONNECT:"$OPEN/s" -)" = hi ]
	run setpriv --reuid=nobody --regid=4712 --clear-groups socat -u UNIX-CONNECT:"$OPEN/s" -
	[ "$status" -ne 0 ]
}

@test "--user leaves alone what user= and group= named" {
	[ "$(id -u)" -eq 0 ] || skip "root is needed"
	open_dir
	serve_start unix:"$OPEN/s":group=4711 unix:"$OPEN/p" --echo --user nobody:nogroup
	[ "$(stat -c '%U %g' "$OPEN/s")" = "nobody 4711" ]
	[ "$(stat -c '%U %G' "$OPEN/p")" = "nobody nogroup" ]
}

@test "unlink=no: the file stays, and the next server replaces it" {
	serve_start unix:"$T/s":unlink=no --echo && echoes
	serve_stop
	[ -S s ]
	serve_start unix:"$T/s" --echo && echoes
	serve_stop
	[ ! -e s ]
}

@test "users and groups there are not, and names without a file" {
	run "$TWC" serve unix:s:user=no-such-user --echo
	is_status 64
	says 'there is no user "no-such-user" on this system'
	run "$TWC" serve unix:s:group=no-such-group --echo
	is_status 64
	says 'there is no group "no-such-group" on this system'
	run "$TWC" serve unix:@s:group=0 --echo
	is_status 64
	says "an abstract name has no file"
	[ ! -e s ]
}
