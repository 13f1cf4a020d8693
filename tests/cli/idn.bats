#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# International names: looked up in their xn-- form, whatever the locale says.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

@test "connect: a name in UTF-8 is that of its xn-- form" {
	serve_start tcp:0 --text hello
	[ "$(connect tcp:bücher.example:"$PORT" --resolve xn--bcher-kva.example:127.0.0.1 </dev/null)" = hello ]
	[ "$(LC_ALL=C connect tcp:BÜCHER.example:"$PORT" --resolve bücher.example:127.0.0.1 </dev/null)" = hello ]
	run connect tcp:bücher.example:"$PORT" --numeric
	is_status 68
	says '"xn--bcher-kva.example" is not an address'
}

@test "connect: what is no name says why, and which" {
	run connect $'tcp:\xff.example:80'
	is_status 64
	says '"\xff.example" is not UTF-8'
	run connect 'tcp:a／b:80' # a full width slash
	is_status 64
	says '"a/b" is not a valid host name'
}
