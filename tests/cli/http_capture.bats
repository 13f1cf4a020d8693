#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Captured and required requests of twc http serve.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	SERVE_AS="http serve"
}
teardown() { twc_teardown; }

start() {
	serve_start tcp:0 "$@"
	URL=http://127.0.0.1:$PORT
}
get() { curl -sS -m $LIMIT "$@"; }
# An expression about the lines of a file, each as r[i].
lines() { "$PYTHON" -c 'import json, sys; r = [json.loads(l) for l in open(sys.argv[1])]; print(eval(sys.argv[2]))' "$1" "$2"; }

@test "a webhook, as curl sends it, is there as a line before curl has its answer" {
	start --route 'POST /hook {status=202}=capture:lines'
	[ "$(get "$URL/hook?a=1&a=2" -H 'X-Sig: s' -d '{"k":1}' -H 'Content-Type: application/json' -w '%{http_code}')" = 202 ]
	[ "$(lines lines '(r[0]["method"], r[0]["path"], r[0]["query"], r[0]["body"], r[0]["bytes"], r[0]["error"])')" = \
		"('POST', '/hook', [['a', '1'], ['a', '2']], '{\"k\":1}', 7, None)" ]
	[ "$(lines lines '["X-Sig", "s"] in r[0]["headers"]')" = True ]
	[ "$(lines lines 'r[0]["sha256"]')" = "$(printf '{"k":1}' | sha256sum | cut -d' ' -f1)" ]
	[ "$(lines lines 'r[0]["peer"].startswith("tcp:127.0.0.1:") and r[0]["time_us"] > 1.7e15')" = True ]
	[ "$(stat -c %a lines)" = 600 ]
}

@test "forms, files, chunks, and bytes that are no text" {
	start --route '/=capture:lines'
	head -c 100000 /dev/urandom >blob
	get "$URL/" -d a=1+2 -d b=%26
	get "$URL/" -F t=text -F 'f=@blob;type=a/b;filename=n "q"'
	get -T - "$URL/" <blob
	[ "$(lines lines 'r[0]["form"]')" = "[['a', '1 2'], ['b', '&']]" ]
	[ "$(lines lines '[(p["name"], p["filename"], p["type"], p["bytes"]) for p in r[1]["multipart"]]')" = \
		"[('t', None, None, 4), ('f', 'n \"q\"', 'a/b', 100000)]" ]
	[ "$(lines lines 'r[1]["multipart"][1]["sha256"]')" = "$(sha256sum blob | cut -d' ' -f1)" ]
	[ "$(lines lines '__import__("hashlib").sha256(__import__("base64").b64decode(r[2]["body_base64"])).hexdigest()')" = \
		"$(sha256sum blob | cut -d' ' -f1)" ]
}

@test "to standard output, cut short, and raw beside it" {
	mkdir raw
	start --route '/ {max=4 raw=raw}=capture:-'
	get "$URL/" -d 0123456789
	until_true grep -q sha256 serve.out
	[ "$(lines serve.out '(r[0]["body"], r[0]["truncated"], r[0]["bytes"])')" = "('0123', True, 10)" ]
	[ "$(cat "$(lines serve.out 'r[0]["raw"]')")" = 0123456789 ]
}

@test "a client that goes in the middle has its line, and a faulty answer too" {
	start --route '/=capture:lines' --route '/lost {fault=reset}=capture:lost'
	"$PYTHON" - "$PORT" <<-'PY'
		import socket, sys
		s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 30)
		s.sendall(b'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234')
		s.shutdown(socket.SHUT_WR)
		while s.recv(4096): pass
	PY
	until_true grep -q sha256 lines
	[ "$(lines lines '(r[0]["body"], r[0]["error"] is not None)')" = "('01234', True)" ]
	run -56 curl -sS -m $LIMIT "$URL/lost" -d once
	[ "$(lines lost 'r[0]["body"]')" = once ]
}

@test "over TLS, and through a UNIX socket" {
	serve_start tls:0:cert=auto unix:s.sock --route '/=capture:lines' --route '/reset {fault=reset}=text:x'
	get -k "https://127.0.0.1:$PORT/"
	[ "$(lines lines 'r[0]["tls"]["version"].startswith("TLSv1.")')" = True ]
	run ! get -k "https://127.0.0.1:$PORT/reset"
	get --unix-socket s.sock http://h/b
	[ "$(lines lines '(r[1]["tls"], r[1]["path"])')" = "(None, '/b')" ]
}

@test "several workers, one file" {
	local i
	start --workers 2 --route '/=capture:lines' --route '/x=exec:echo x'
	for i in 1 2 3 4 5 6 7 8; do
		get "$URL/" -d "$i"
		[ "$(get "$URL/x")" = x ]
	done
	[ "$(lines lines 'sorted(x["body"] for x in r)')" = "['1', '2', '3', '4', '5', '6', '7', '8']" ]
}

@test "SIGHUP: the file is opened anew" {
	start --route '/=capture:lines'
	get "$URL/1"
	mv lines lines.1
	kill -HUP "$PID"
	until_true test -e lines
	get "$URL/2"
	[ "$(lines lines.1 '[x["path"] for x in r]')" = "['/1']" ]
	[ "$(lines lines '[x["path"] for x in r]')" = "['/2']" ]
}

@test "required requests decide the status" {
	start --route '/=capture:lines' --exit-after 3 --require 'POST /hook=2' --require /a
	get "$URL/hook" -d 1
	get "$URL/hook" -d 2
	get "$URL/a"
	serve_wait
	[ "$STATUS" -eq 0 ]
	start --route '/=capture:lines' --require 'POST /hook=2'
	get "$URL/hook" -d 1
	serve_stop
	[ "$STATUS" -eq 1 ]
	grep -q 'POST /hook came once, not 2 times' serve.err
	run -64 "$TWC" http serve tcp:0 --route '/=echo' --require 'hook'
}

@test "a file that cannot be made, or written" {
	run -73 "$TWC" http serve tcp:0 --route '/=capture:no/such/dir'
	says ENOENT
	start --route '/=capture:/dev/full'
	[ "$(get "$URL/" -o /dev/null -w '%{http_code}')" = 500 ]
}
