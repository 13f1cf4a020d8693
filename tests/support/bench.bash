# SPDX-License-Identifier: MIT
# What the tests of twc http bench share: runs, what their reports say, and servers that misbehave.
#
#	bench ARG...		twc http bench, bounded in time
#	report ARG...		the same, its report in report.json
#	holds FILTER...		each is true of report.json
#	python_server		a server whose function `talk` is on standard input; sets URL, PORT, PY (its pid)

bench() { timeout -s KILL $LIMIT "$TWC" http bench "$@"; }
report() { bench --report json "$@" >report.json; }
holds() { # FILTER...: each is true of report.json
	local f
	for f in "$@"; do
		jq -e "$f" report.json >/dev/null || { echo "$f" >&2; cat report.json >&2; return 1; }
	done
}
# A server in Python that handles each connection with the function `talk(sock)`; sets URL.
python_server() {
	cat >server.py
	cat >>server.py <<'END'
import socket, threading
s = socket.create_server(("127.0.0.1", 0), backlog=128)
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    threading.Thread(target=talk, args=(c,), daemon=True).start()
END
	rm -f py.fifo
	mkfifo py.fifo
	exec {py}<>py.fifo
	"$PYTHON" server.py >py.fifo 2>py.err </dev/null 3>&- {py}>&- &
	PY=$!
	PIDS+=("$PY")
	IFS= read -r -t $LIMIT -u "$py" PORT
	URL=http://127.0.0.1:$PORT
}
