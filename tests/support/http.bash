# SPDX-License-Identifier: MIT
# A server with habits (http_peer.py) and our client, for the tests of twc http. After support/cli.
#
#	http_start [CERT]	the peer; sets PORT, H (127.0.0.1:PORT), HTTP_PID; requests are in $T/http.log
#	http ARG...		twc http, bounded in time
#	asked			the requests that came, without the lines that tell connections apart
#	same_as_curl ARG...	does curl ask for the same?

http_start() {
	rm -f "$T/http.fifo"
	mkfifo "$T/http.fifo"
	exec {http_out}<>"$T/http.fifo"
	: >http.log
	"$PYTHON" "$ROOT/tests/support/http_peer.py" "$@" >"$T/http.fifo" 2>"$T/http.err" </dev/null 3>&- {http_out}>&- &
	HTTP_PID=$!
	PIDS+=("$HTTP_PID")
	IFS= read -r -t $LIMIT -u "$http_out" PORT || { cat "$T/http.err" >&2; return 1; }
	H=127.0.0.1:$PORT
}

http() {
	env -u http_proxy -u https_proxy -u all_proxy -u no_proxy timeout $LIMIT "$TWC" http "$@"
}

asked() {
	tr -d '\r' <http.log | grep -v '^== '
}

# How many connections the requests came by.
connections() {
	grep -a '^== ' http.log | sort -u | wc -l
}

# Both ask the same of the same server; names of programs and boundaries apart, the requests are the same.
same_as_curl() {
	local boundary='s/-\{20,\}[0-9a-zA-Z]*/BOUNDARY/g'
	: >http.log
	curl -s -q -A x "$@" >/dev/null </dev/null || true
	grep -av '^== ' http.log | sed "$boundary" >curl.log
	: >http.log
	http -s -A x "$@" >/dev/null </dev/null || true
	grep -av '^== ' http.log | sed "$boundary" >ours.log
	[ -s curl.log ]
	! grep -q BOUNDARY curl.log || sed -i "s/^Content-Length: [0-9]*/Content-Length: N/" curl.log ours.log # boundaries have grown
	diff -u curl.log ours.log >&2 || { echo "$*" >&2; return 1; }
}
