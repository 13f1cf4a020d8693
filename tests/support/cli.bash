# SPDX-License-Identifier: MIT
# What the bats files share: a directory per test, servers and foreign peers that are known to be ready, and an end
# that leaves nothing behind. Nothing here sleeps to wait: readiness comes through a descriptor, ends through wait.
#
#	twc_setup, twc_teardown		in setup() and teardown()
#	serve_start ARG...		twc serve ARG... (or what SERVE_AS says: "http serve") in the background; sets PID,
#					READY (lines), PORT
#	serve_stop [SIGNAL]		ends it; sets STATUS. $T/serve.out and .err hold what it wrote
#	peer_start HABIT ARG...		tests/support/peer.py; sets PEER_PID, PEER (port or path)
#	peer_go				lets a waiting peer go on
#	connect ARG...			twc connect, bounded in time

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TWC=${TWC:-$ROOT/build/release/twc}
case $TWC in
/*) ;;
*) TWC=$ROOT/$TWC ;;
esac
export TWC
PYTHON=/usr/bin/python3
LIMIT=30 # seconds; a test that needs it has failed

twc_setup() {
	T=$(mktemp -d "${BATS_TEST_TMPDIR:-/tmp}/twc.XXXXXX")
	cd "$T" || return 1
	PIDS=()
	unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES
}

twc_teardown() {
	local pid
	for pid in "${PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	cd / && rm -rf "$T"
}

# A fifo that never blocks its opener, on descriptor $1 (a variable's name).
pipe_open() {
	mkfifo "$T/$1.fifo"
	eval "exec {$1}<>\"$T/$1.fifo\""
}

serve_start() {
	local line
	rm -f "$T/ready.fifo"
	mkfifo "$T/ready.fifo"
	exec {ready}<>"$T/ready.fifo"
	: >"$T/serve.err"
	# --default-signal: a background job of a script ignores SIGINT otherwise.
	# shellcheck disable=SC2086 # two words, perhaps
	env --default-signal=INT "$TWC" ${SERVE_AS:-serve} "$@" --ready-fd 9 \
		9>"$T/ready.fifo" 3>&- {ready}>&- >"${SERVE_OUT:-$T/serve.out}" 2>"$T/serve.err" \
		<"${SERVE_IN:-/dev/null}" &
	PID=$!
	PIDS+=("$PID")
	if ! IFS= read -r -t $LIMIT -u "$ready" line; then
		cat "$T/serve.err" >&2
		return 1
	fi
	READY=("$line")
	PORT=${line##*:}
}

# The further ready lines, one per call: sets READY[n] and returns its port in PORT.
serve_ready_next() {
	local line
	IFS= read -r -t $LIMIT -u "$ready" line
	READY+=("$line")
	PORT=${line##*:}
}

serve_wait() {
	STATUS=0
	wait "$PID" || STATUS=$?
}

serve_stop() {
	kill "-${1:-TERM}" "$PID"
	serve_wait
}

peer_start() {
	rm -f "$T/peer.fifo" "$T/peer.go" peer.in peer.err
	mkfifo "$T/peer.fifo" "$T/peer.go"
	exec {peer_out}<>"$T/peer.fifo" {peer_in}<>"$T/peer.go"
	"$PYTHON" "$ROOT/tests/support/peer.py" "$@" \
		<"$T/peer.go" >"$T/peer.fifo" 2>"$T/peer.log" 3>&- {peer_out}>&- {peer_in}>&- &
	PEER_PID=$!
	PIDS+=("$PEER_PID")
	IFS= read -r -t $LIMIT -u "$peer_out" PEER
}

peer_go() {
	echo go >&"$peer_in"
}

peer_wait() {
	wait "$PEER_PID"
}

connect() {
	timeout $LIMIT "$TWC" connect "$@"
}

# Waits until a condition holds, where no event tells; bounded.
until_true() {
	local i
	for ((i = 0; i < 1500; i++)); do
		"$@" && return 0
		sleep 0.02
	done
	return 1
}

is_status() {
	[ "$status" -eq "$1" ] || {
		printf 'status %s, expected %s\n%s\n' "$status" "$1" "$output" >&2
		return 1
	}
}

# $1 occurs in $output.
says() {
	[[ $output == *"$1"* ]] || {
		printf 'no "%s" in:\n%s\n' "$1" "$output" >&2
		return 1
	}
}
