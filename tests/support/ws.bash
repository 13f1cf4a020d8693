# SPDX-License-Identifier: MIT
# What the bats files about ws: and wss: share; to be loaded behind cli.bash.
#
#	ws_peer HABIT ARG...	tests/support/ws_end.py serve; sets PEER (port) and W (its URL); said() reads a line of it to SAID
#	speak URL HABIT ARG...	a foreign client, bounded in time
#	ws_serve ARG...		serve_start; sets PORT and W (the URL)

ws_peer() {
	rm -f peerout.fifo
	pipe_open peerout
	"$PYTHON" "$ROOT/tests/support/ws_end.py" serve "$@" 3>&- >"$T/peerout.fifo" 2>"$T/peer.err" {peerout}>&- &
	PIDS+=($!)
	IFS= read -r -t $LIMIT -u "$peerout" PEER || return 1
	W=ws://127.0.0.1:$PEER
}
said() { IFS= read -r -t $LIMIT -u "$peerout" SAID; }
speak() { timeout $LIMIT "$PYTHON" "$ROOT/tests/support/ws_end.py" speak "$@"; }
ws_serve() {
	serve_start "$@"
	READY=${READY#twc: listening }
	PORT=${READY#*:*:}
	PORT=${PORT%%:*}
	W=${READY%%:*}://127.0.0.1:$PORT
}
