#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# twc itself: help, version, usage errors, and what happens with standard streams that are closed or broken.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() { twc_setup; }
teardown() { twc_teardown; }

usage_error() { # TEXT ARG...
	local text=$1
	shift
	run --separate-stderr timeout $LIMIT "$TWC" "$@" </dev/null
	[ "$status" -eq 64 ] && [ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ] && [ "$stderr" = "$text" ] || {
		printf 'status %s\nexpected %s\ngot      %s\n' "$status" "$text" "$stderr" >&2
		return 1
	}
}

@test "twc alone, -h and help are one text on standard output" {
	run --separate-stderr "$TWC"
	is_status 0
	[ -z "$stderr" ]
	says "Usage: twc COMMAND"
	says "twc serve tcp:7000 --echo"
	local alone=$output
	run "$TWC" --help
	is_status 0
	[ "$output" = "$alone" ]
	run "$TWC" help
	[ "$output" = "$alone" ]
}

@test "CMD --help and help CMD are one text on standard output" {
	for cmd in serve connect http "http serve" help; do
		# shellcheck disable=SC2206
		local words=($cmd)
		run --separate-stderr "$TWC" "${words[@]}" --help
		is_status 0
		[ -z "$stderr" ]
		says "Usage: twc $cmd"
		says "Examples:"
		says "More: man twc-${cmd/ /-},"
		local asked=$output
		run "$TWC" help "${words[@]}"
		[ "$output" = "$asked" ]
		run "$TWC" -h "${words[@]}"
		[ "$output" = "$asked" ]
	done
}

@test "a command without operands explains itself on standard error, status 64" {
	for cmd in serve connect; do
		run --separate-stderr "$TWC" "$cmd"
		is_status 64
		[ -z "$output" ]
		[ "${stderr_lines[0]}" = "twc: $cmd: missing ENDPOINT" ]
		[[ $stderr == *"twc $cmd "*Examples:* ]]
	done
	usage_error "twc: serve: missing ENDPOINT" serve --echo
}

@test "a verb is a command of its own, right behind the name of its command" {
	run "$TWC" http --help
	says "Verbs, "
	says "  serve      "
	run --separate-stderr "$TWC" http serve
	is_status 64
	[ "${stderr_lines[0]}" = "twc: http serve: missing ENDPOINT" ]
	[[ $stderr == *"All options: twc http serve --help"* ]]
	run --separate-stderr "$TWC" http
	is_status 64
	[ "${stderr_lines[0]}" = "twc: http: missing URL" ]
	[[ $stderr == *"Verbs, "*"All options: twc http --help"* ]]
	usage_error "twc: http serve: unknown option --nonesuch" http serve tcp:0 --nonesuch
	usage_error "twc: http: unknown option --nonesuch" http --nonesuch serve tcp:0
	usage_error "twc: http: serve is a verb, and its options follow it: \`twc http serve ...\`" http -v serve tcp:0
	usage_error "twc: help: http has no verb sevre; \`twc help http\` names those it has" help http sevre
	usage_error "twc: help: too many operands: serve" help connect serve
	usage_error "twc: unknown command http serve; \`twc help\` lists what there is" "http serve" tcp:0
	run --separate-stderr "$TWC" http serve --check-args tcp:0 tcp:1 folder
	is_status 0
	run --separate-stderr "$TWC" http serve --check-args folder
	is_status 64
	run --separate-stderr "$TWC" --check-args http GET serve
	is_status 0
}

@test "--version names the libraries, before and after the command" {
	run "$TWC" --version
	is_status 0
	[[ ${lines[0]} =~ ^twc\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ ${lines[1]} == *c-ares\ [0-9]* ]]
	[[ ${lines[1]} =~ OpenSSL\ [0-9.]+,\ nghttp2\ [0-9.]+,\ zlib\ [0-9.]+,\ brotli\ [0-9.]+,\ zstd\ [0-9.]+,\ libidn2\ [0-9.]+,\ jansson\ [0-9.]+ ]]
	local version=$output
	run "$TWC" connect -V
	[ "$output" = "$version" ]
}

@test "help topics" {
	run "$TWC" help endpoints
	is_status 0
	says "tcp:HOST:PORT"
	says "timeout=DURATION"
	run "$TWC" help exit-status
	is_status 0
	says "76 the peer broke"
	run "$TWC" help eof
	is_status 0
	says "--eof keep"
	usage_error "twc: help: no help on eoff; did you mean eof?" help eoff
	usage_error "twc: help: no help on zzzzzzzzz; there is: COMMAND, endpoints, exit-status, eof" help zzzzzzzzz
	usage_error "twc: help: too many operands: b" help a b
}

@test "unknown commands and options name what was meant" {
	usage_error "twc: unknown command serv; did you mean serve?" serv
	usage_error "twc: unknown command tcp:80; did you mean \`twc connect tcp:80\`?" tcp:80
	usage_error "twc: unknown command zzzzzzzzz; \`twc help\` lists what there is" zzzzzzzzz
	usage_error "twc: missing COMMAND; \`twc help\` lists what there is" -v
	usage_error "twc: unknown option --hlep; did you mean --help?" --hlep
	usage_error "twc: serve: unknown option --ehco; did you mean --echo?" serve tcp:0 --ehco
	usage_error "twc: serve: unknown option --disc; did you mean --discard?" serve tcp:0 --disc
	usage_error "twc: connect: unknown option -l; \`twc serve\` listens" connect -l 80
	usage_error "twc: connect: option --to needs a value: --to ENDPOINT" connect tcp:80 --to
	usage_error "twc: serve: option --echo takes no value" serve tcp:0 --echo=1
	usage_error "twc: serve: --echo and --discard exclude each other" serve tcp:0 --echo --discard
	usage_error "twc: serve: -- must be followed by a COMMAND" serve tcp:0 --echo --
}

@test "bad values say why" {
	for bad in "--idle 5x" "--idle=-1" "--drain=" "--max-clients 0" "--ready-fd x" "--trace nett" "--resolve x"; do
		# shellcheck disable=SC2086
		run --separate-stderr timeout $LIMIT "$TWC" serve tcp:0 --echo $bad </dev/null
		is_status 64
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == "twc: serve: ${bad%%[ =]*}: "* ]]
	done
	usage_error "twc: serve: --numeric and --resolver exclude each other" serve tcp:0 --numeric --resolver system
}

@test "an endpoint that does not parse: the string and a caret" {
	run --separate-stderr "$TWC" connect tcp:host:http
	is_status 64
	[ "${#stderr_lines[@]}" -eq 3 ]
	[[ ${stderr_lines[0]} == "twc: connect tcp:host:http: "* ]]
	[ "${stderr_lines[1]}" = "    tcp:host:http" ]
	[ "${stderr_lines[2]}" = "             ^" ]
}

@test "control bytes in arguments do not reach the terminal" {
	run --separate-stderr "$TWC" connect $'tcp:\033[31m:x'
	is_status 64
	[[ $stderr != *$'\033'* ]]
	run --separate-stderr "$TWC" $'\033[31m'
	is_status 64
	[[ $stderr != *$'\033'* ]]
}

@test "--log-time: before every line, and none but it" {
	run --separate-stderr "$TWC" connect --log-time -v tcp:127.0.0.1:1
	is_status 69
	date='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z twc: '
	[ -n "$stderr" ]
	! grep -Evq "$date" <<<"$stderr" || false
	[[ $stderr =~ ${date}"connect tcp:127.0.0.1:1: connection refused" ]]
	seen=$(date -u -d "${stderr%% *}" +%s)
	[ $(($(date +%s) - seen)) -le 30 ]
	run --separate-stderr "$TWC" connect --log-time --log-json tcp:127.0.0.1:1
	jq -e .text <<<"$stderr"
}

@test "--log-json: a failure is one object with the stable keys" {
	run --separate-stderr "$TWC" connect --log-json tcp:host:http
	is_status 64
	[ "${#stderr_lines[@]}" -eq 1 ]
	jq -e '.ev == "error" and .level == "error" and .cat == "cmd" and (.text | startswith("connect tcp:host:http: "))
		and .time_us > 1700000000000000' <<<"$stderr"
}

@test "standard output full: 74; its reader gone: SIGPIPE" {
	run --separate-stderr bash -c '"$TWC" --help >/dev/full'
	is_status 74
	[[ $stderr == "twc: cannot write standard output: "*ENOSPC* ]]
	run --separate-stderr bash -c '"$TWC" serve --help >/dev/full'
	is_status 74
	mkfifo pipe
	"$PYTHON" - <<'PY'
import os, subprocess, signal
r, w = os.pipe()
os.close(r)
p = subprocess.run([os.environ["TWC"], "--help"], stdout=w, stderr=subprocess.PIPE)
assert p.returncode == -signal.SIGPIPE, p.returncode
assert p.stderr == b"", p.stderr
PY
}

@test "descriptors closed at start: no crash, no reuse" {
	run "$TWC" --version <&-
	is_status 0
	run --separate-stderr "$TWC" nonesuch <&- >&-
	is_status 64
	run bash -c '"$TWC" nonesuch 2>&-'
	is_status 64
	run bash -c '"$TWC" --help <&- >&- 2>&-'
	is_status 0
	run bash -c '"$TWC" connect tcp:host:http <&- >&- 2>&-'
	is_status 64
}

@test "standard error broken or full: the status stands" {
	run bash -c '"$TWC" nonesuch 2>/dev/full'
	is_status 64
	"$PYTHON" - <<'PY'
import os, subprocess
r, w = os.pipe()
os.close(r)
assert subprocess.run([os.environ["TWC"], "nonesuch"], stderr=w).returncode == 64
r, w = os.pipe()                    # full, and non-blocking: given up after a second
os.set_blocking(w, False)
try:
    while True: os.write(w, b"x" * 4096)
except BlockingIOError: pass
assert subprocess.run([os.environ["TWC"], "nonesuch"], stderr=w, timeout=20).returncode == 64
PY
}

@test "a usage error starts nothing" {
	run "$TWC" serve unix:./s.sock tcp:0 --ehco
	is_status 64
	run "$TWC" serve unix:./s.sock tcp:host:http --port-file ports
	is_status 64
	[ -z "$(ls -A)" ]
}
