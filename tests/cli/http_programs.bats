#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs behind routes of twc http serve - exec:, sh:, cgi: - and event streams.

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
status_of() { get -o /dev/null -w '%{http_code}' "$@"; }
# A script of its own: script NAME <<EOF.
script() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
	chmod +x "$1"
}
gone() { ! kill -0 "$1" 2>/dev/null; }

@test "exec: body in, output out, large and both at once" {
	start --route '/=exec:cat' --route '/rev=exec:tr a-z A-Z' --route '/words=exec:printf "%s|" "a b" $HOME'
	head -c 5000000 /dev/urandom >big
	get -T big "$URL/" -o back
	cmp big back
	get -T - "$URL/" -o back <big
	cmp big back
	[ "$(get "$URL/rev" -d hello)" = HELLO ]
	[ "$(get "$URL/words")" = 'a b|$HOME|' ]
	[ "$(get -0 "$URL/rev" -d old)" = OLD ]
}

@test "exec: what a program is told, and its errors in the log" {
	script show <<-'EOS'
		#!/bin/sh
		echo "$TWC_METHOD $TWC_PATH $TWC_QUERY $TWC_PARAM_NAME $TWC_HEADER_X_SIG ${TWC_PEER%:*}"
		echo complaint >&2
	EOS
	start --route '/<name>/x=exec:./show'
	[ "$(get "$URL/a%20b/x?q=1" -H 'X-Sig: s')" = 'GET /a b/x q=1 a b s tcp:127.0.0.1' ]
	until_true grep -q complaint serve.err
}

@test "exec: ends, statuses, time" {
	start --route '/bad=exec:false' --route '/map {exit=3:404,4:409}=sh:exit 4' --route '/slow {timeout=200ms}=exec:sleep 30' \
		--route '/late=sh:echo x; exit 1' --route '/fine=exec:true'
	[ "$(status_of "$URL/bad")" = 500 ]
	[ "$(status_of "$URL/map")" = 409 ]
	[ "$(status_of "$URL/slow")" = 504 ]
	[ "$(status_of "$URL/fine")" = 200 ]
	run ! get "$URL/late"
	grep -q 'the program ended with status 1' serve.err
	run -66 "$TWC" http serve tcp:0 --route '/=exec:no-such-program'
	says 'cannot run no-such-program: not found'
	run -64 "$TWC" http serve tcp:0 --route "/=exec:echo 'x"
}

@test "exec: a client that goes takes its program with it" {
	start --route '/=sh:echo $$; while sleep 0.1; do echo more; done'
	mkfifo out
	curl -sSN -m $LIMIT "$URL/" >out 2>/dev/null &
	CURL=$!
	read -r -t $LIMIT pid <out
	kill "$CURL"
	wait "$CURL" || true
	until_true gone "$pid"
}

@test "exec: so many at a time, the others wait" {
	mkfifo gate
	start --max-exec 1 --route '/wait=sh:touch runs; read x <gate; echo $x' --route '/next=exec:echo next' --route '/text=text:x'
	get "$URL/wait" >first &
	FIRST=$!
	until_true test -e runs
	get "$URL/next" >second &
	SECOND=$!
	[ "$(get "$URL/text" "$URL/text" "$URL/text")" = xxx ] # nobody else does
	[ ! -s second ]
	echo done >gate
	wait "$FIRST" "$SECOND"
	[ "$(cat first second)" = "$(printf 'done\nnext')" ]
}

@test "cgi: a directory of Python and shell programs" {
	script cgi/env.py <<-'EOS'
		#!/usr/bin/python3
		import json, os, sys
		body = sys.stdin.read(int(os.environ.get("CONTENT_LENGTH") or 0))
		print("Content-Type: application/json\n")
		print(json.dumps({"env": dict(os.environ), "body": body, "argv": sys.argv[1:]}))
	EOS
	script cgi/gone <<-'EOS'
		#!/bin/sh
		printf 'Status: 410 Gone\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nbye'
	EOS
	script cgi/away <<-'EOS'
		#!/bin/sh
		printf 'Location: /there?x\n\n'
	EOS
	script cgi/broken <<-'EOS'
		#!/bin/sh
		echo this is no field
	EOS
	printf '#!/bin/sh\n' >cgi/closed
	printf 'SECRET=1\n' >.env
	start --route '/cgi-bin/=cgi:cgi' --route '/there=text:there {query.x}\n'
	get "$URL/cgi-bin/env.py/a/b%20c?q=1" -d hello -H 'Proxy: evil' -H 'X_Y: z' -H 'X-Y: y' >json
	v() { "$PYTHON" -c 'import json, sys; r = json.load(open("json")); e = r["env"]; print(eval(sys.argv[1]))' "$1"; }
	[ "$(v '[e[k] for k in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "REMOTE_ADDR")]')" = \
		"['POST', '/cgi-bin/env.py', '/a/b c', 'q=1', 'HTTP/1.1', '127.0.0.1']" ]
	[ "$(v '(r["body"], r["argv"], e["CONTENT_LENGTH"], e["SERVER_PORT"], e["SERVER_NAME"])')" = "('hello', [], '5', '$PORT', '127.0.0.1')" ]
	[ "$(v '("HTTP_PROXY" in e, e["HTTP_X_Y"], "T" in e)')" = "(False, 'y', False)" ]
	[ "$(get "$URL/cgi-bin/gone" -w ' %{http_code}')" = 'bye 410' ]
	[ "$(get "$URL/cgi-bin/away" -w '%{num_redirects}')" = "$(printf 'there \n0')" ]
	[ "$(status_of "$URL/cgi-bin/broken")" = 502 ]
	[ "$(status_of "$URL/cgi-bin/closed")" = 403 ]
	[ "$(status_of "$URL/cgi-bin/none")" = 404 ]
	[ "$(status_of --path-as-is "$URL/cgi-bin/..%2f.env")" = 400 ]
	[ "$(get -T - "$URL/cgi-bin/env.py" -o /dev/null -w '%{http_code}' <json)" = 411 ]
}

@test "cgi: git's http-backend" {
	command -v git >/dev/null || skip "git is missing"
	[ -x "$(git --exec-path)/git-http-backend" ] || skip "git-http-backend is missing"
	export GIT_CONFIG_GLOBAL=$T/gitconfig GIT_CONFIG_NOSYSTEM=1
	git config --global user.name n
	git config --global user.email n@example.test
	git config --global init.defaultBranch main
	git config --global --add safe.directory '*'
	git init -q --bare repos/one.git
	git -C repos/one.git config http.receivepack true
	script backend <<-EOS
		#!/bin/sh
		export GIT_PROJECT_ROOT=$T/repos GIT_HTTP_EXPORT_ALL=1 GIT_CONFIG_GLOBAL=$T/gitconfig
		exec git http-backend
	EOS
	start --route '/git/=cgi:backend'
	git clone -q "$URL/git/one.git" a 2>/dev/null
	head -c 300000 /dev/urandom >a/file
	git -C a add file
	git -C a commit -q -m file
	git -C a -c http.postBuffer=10000000 push -q origin main
	git clone -q "$URL/git/one.git" b
	cmp a/file b/file
}

@test "sse: a file, from where a client left off; one that grows" {
	printf 'one\ntwo\n' >events
	start --route '/e=sse:events' --route '/f {follow=yes}=sse:events'
	[ "$(get "$URL/e" -D head)" = "$(printf 'id: 1\ndata: one\n\nid: 2\ndata: two\n')" ]
	tr -d '\r' <head | grep -qix 'content-type: text/event-stream'
	[ "$(get "$URL/e" -H 'Last-Event-ID: 1')" = "$(printf 'id: 2\ndata: two\n')" ]
	curl -sSN -m $LIMIT "$URL/f" >out 2>/dev/null &
	PIDS+=($!)
	until_true grep -q two out
	echo three >>events
	until_true grep -q 'data: three' out
	serve_stop # a stream without an end does not hold the server up
	[ "$STATUS" -eq 0 ]
}

@test "sse: standard input, to all who listen" {
	pipe_open stdin
	SERVE_IN=$T/stdin.fifo start --route '/e {format=records}=sse:-'
	curl -sSN -m $LIMIT "$URL/e" >a 2>/dev/null &
	PIDS+=($!)
	printf 'event: e\ndata: first\n\n' >&"$stdin"
	until_true grep -q first a
	curl -sSN -m $LIMIT "$URL/e" -D b.head >b 2>/dev/null &
	PIDS+=($!)
	until_true grep -qi event-stream b.head
	printf 'data: second\n\n' >&"$stdin"
	until_true grep -q second a
	until_true grep -q second b
	run ! grep -q first b
}
