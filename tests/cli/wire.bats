#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What looks at the bytes of a connection or changes them: dumps, copies, rates, in connect and serve alike.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

CLOCK='[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{6}'

# ---- --hexdump, --dump, --tee ----

@test "connect --hexdump: each direction, on standard error; standard output is clean" {
	serve_start tcp:0 --echo
	run --separate-stderr connect tcp:"$PORT" --hexdump < <(printf 'hello world, hello\n')
	is_status 0
	[ "$output" = "hello world, hello" ]
	[[ $stderr =~ ^$CLOCK' #1 > 00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 2c 20 68 65 6c  |hello world, hel|' ]]
	[[ $stderr =~ $CLOCK' #1 > 00000010  6c 6f 0a                                          |lo.|' ]]
	[[ $stderr =~ $CLOCK' #1 < 00000000  68 65 6c' ]]
}

@test "serve --hexdump=FILE: a service's bytes, seen from the server" {
	serve_start tcp:0 --text 'yo' --hexdump=dump
	[ "$(socat -t5 - tcp:127.0.0.1:"$PORT" </dev/null)" = yo ]
	serve_stop
	[ "$STATUS" -eq 0 ]
	[[ $(cat dump) =~ ^$CLOCK' #1 > 00000000  79 6f  '.*'|yo|'$ ]]
	[ ! -s serve.out ]
}

@test "--dump text: escapes, a line for a line" {
	serve_start udp:0 --echo
	run --separate-stderr connect udp:"$PORT" --dump text=dump --until-idle 200ms < <(printf 'a\033b\nc')
	is_status 0
	[ "$(cut -d' ' -f2- dump)" = '#1 > a\x1bb\n
#1 > c
#1 < a\x1bb\n
#1 < c' ]
}

@test "a dump shows what relays and once-servers pipe" {
	head -c 3000000 /dev/urandom >in
	SERVE_OUT=$T/got serve_start tcp:0 --once --tee-in tee.in --tee-out tee.out --hexdump=dump
	timeout $LIMIT ncat --send-only 127.0.0.1 "$PORT" <in
	serve_wait
	[ "$STATUS" -eq 0 ]
	cmp in got
	cmp in tee.in
	[ ! -s tee.out ]
	[ "$(wc -l <dump)" -ge 187500 ]
}

@test "--tee-in and --tee-out: byte for byte, %c makes a file for each connection" {
	serve_start tcp:0 --echo --tee-in 'in.%c' --tee-out 'all'
	printf 'one\0' | connect tcp:"$PORT" >got
	printf 'two' | connect tcp:"$PORT" >>got
	serve_stop
	cmp got all
	[ "$(cat in.1 | tr '\0' 0)" = one0 ]
	[ "$(cat in.2)" = two ]
}

@test "--tee of both sides of a client, into a stream of its own" {
	serve_start tcp:0 --text 'answer'
	run connect tcp:"$PORT" --recv --tee-in in --tee-out out
	is_status 0
	[ "$(cat in)" = answer ]
	[ ! -s out ]
}

@test "a record that cannot be written ends with 74, one that cannot be made with 73" {
	serve_start tcp:0 --text 'answer'
	run --separate-stderr connect tcp:"$PORT" --recv --tee-in /dev/full
	is_status 74
	[[ $stderr == "twc: connect: cannot write: "*"(ENOSPC, /dev/full)" ]]
	run --separate-stderr connect tcp:"$PORT" --recv --hexdump=no/such/dir/f
	is_status 73
	run --separate-stderr connect tcp:"$PORT" --recv --tee-out 'no/%c'
	is_status 73
	serve_start tcp:0 --echo --tee-in /dev/full
	echo x | connect tcp:"$PORT" >/dev/null 2>&1 || true
	serve_wait
	[ "$STATUS" -eq 74 ]
}

@test "faulty values of --dump, --tee-in, --tee-out, --hexdump: 64" {
	for args in --dump=hex --dump=text= '--tee-in=' '--tee-out=x%y' '--tee-in=a%' --hexdump=- --dump=text=- '--hexdump --log-json'; do
		# shellcheck disable=SC2086
		run connect tcp:1 $args </dev/null
		is_status 64
	done
	run connect tcp:1 --check --hexdump </dev/null
	is_status 64
}

# ---- --limit-rate ----

@test "--limit-rate: as slow as agreed, and everything arrives" {
	head -c 300k /dev/zero >in
	serve_start tcp:0 --discard
	start=$EPOCHREALTIME
	connect tcp:"$PORT" --limit-rate 400k:burst=20k <in
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$took" -ge 500 ] && [ "$took" -lt 5000 ]
	serve_start tcp:0 --file in --limit-rate 400k:burst=20k
	start=$EPOCHREALTIME
	timeout $LIMIT nc -d 127.0.0.1 "$PORT" >got
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	[ "$took" -ge 500 ] && [ "$took" -lt 5000 ]
	cmp in got
}

@test "--limit-rate: values that are none are refused" {
	for value in 0 fast 10k:burst=0 10k:brust=1 '' 10k:; do
		run connect tcp:1 --limit-rate "$value" </dev/null
		is_status 64
	done
}
