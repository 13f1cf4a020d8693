#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A user at a terminal: a shell with job control in a screen of tmux, keys that are typed, and what is then to be seen.
# The server of tmux is the test's own; every wait is for a text on the screen and has an end.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	command -v tmux >/dev/null || skip "no tmux"
	tmux -S "$T/tmux" -f /dev/null new-session -d -x 100 -y 30 \
		"cd $T; TWC=$TWC PS1='\n[\$?]=> ' HISTFILE= ASAN_OPTIONS=handle_segv=0:handle_abort=0 \
		 exec bash --norc --noprofile -i 2>&1" 3>&-
	sees '^.0.=> *$'
	types 'stty -g >before'
}

teardown() {
	[ ! -S "$T/tmux" ] || tmux -S "$T/tmux" kill-server 2>/dev/null || true
	twc_teardown
}

screen() {
	tmux -S "$T/tmux" capture-pane -p
}

screen_has() {
	screen | grep -Eq -- "$1"
}

# Waits until a line of the screen matches $1.
sees() {
	until_true screen_has "$1" || {
		echo "no line like $1 on:" >&2
		screen >&2
		return 1
	}
}

# A command line for the shell.
types() {
	tmux -S "$T/tmux" send-keys -l -- "$1"
	tmux -S "$T/tmux" send-keys Enter
}

# Text, then keys by tmux's names: press '' C-c
press() {
	[ -z "$1" ] || tmux -S "$T/tmux" send-keys -l -- "$1"
	shift
	[ $# -eq 0 ] || tmux -S "$T/tmux" send-keys "$@"
}

# The prompt is back, behind a command line that ended with status $1.
ends() {
	sees "^\[$1\]=> *\$"
}

# The shell is back, and the terminal is as it was.
is_cooked() {
	types 'stty -g | cmp - before && echo settings-"same"'
	sees '^settings-same'
}

terminal_is_raw() {
	stty -a -F "$(tmux -S "$T/tmux" display -p '#{pane_tty}')" | grep -q -- '-icanon'
}

raw_start() {
	serve_start tcp:0 --sh "stdbuf -o0 tr a-z A-Z" --tee-in "$T/got"
	types "\"\$TWC\" connect tcp:$PORT --to stdio:raw=yes $1"
	until_true terminal_is_raw
	press first
	sees 'FIRST'
}

# The process of the pane's job.
job() {
	pgrep -P "$(tmux -S "$T/tmux" display -p '#{pane_pid}')" -x "${1:-twc}"
}

# ---- raw mode ----

@test "raw: keys reach the peer one by one, ^C and ^Z too; ^] ends with 0" {
	raw_start
	press x C-c C-z C-d Enter
	press last
	sees 'LAST'
	[ "$(od -An -tx1 "$T/got" | tr -d ' \n')" = "6669727374""78031a040d""6c617374" ]
	press '' C-]
	ends 0
	is_cooked
}

@test "raw: another --escape" {
	raw_start '--escape ^A'
	press '' C-]
	press on
	sees 'ON'
	press '' C-a
	ends 0
	is_cooked
}

@test "raw: the end of the peer ends it" {
	serve_start tcp:0 --sh 'echo "<$(head -c 1)>"'
	types "\"\$TWC\" connect tcp:$PORT --to stdio:raw=yes"
	until_true terminal_is_raw
	press k
	sees '<k>'
	ends 0
	is_cooked
}

@test "raw: killed by a signal, or crashed, it leaves the terminal as it was" {
	for signal in TERM:143 INT:130 HUP:129 SEGV:139 ABRT:134; do
		raw_start
		kill "-${signal%:*}" "$(job)"
		ends "${signal#*:}"
		is_cooked
		types clear
	done
}

@test "raw: stopped, the shell has its terminal; continued, the keys go to the peer again" {
	raw_start
	for i in 1 2; do
		kill -TSTP "$(job)"
		sees 'Stopped'
		is_cooked
		types "clear; fg"
		until_true terminal_is_raw
		press "again$i"
		sees "AGAIN$i"
	done
	press '' C-]
	ends 0
	is_cooked
}

@test "raw: a change of the window's size harms nothing" {
	raw_start
	tmux -S "$T/tmux" resize-window -x 60 -y 20
	press after
	sees 'AFTER'
	press '' C-]
	ends 0
	is_cooked
}

# ---- telnet ----

telnetd() {
	cat >telnetd.py <<-'PY'
		import os, socket
		l = socket.create_server(("127.0.0.1", 0))
		print(l.getsockname()[1], flush=True)
		s = l.accept()[0]
		s.sendall(b"\xff\xfd\x18\xff\xfd\x1fready\r\n")
		got = b""
		while piece := s.recv(4096):
		    got += piece
		    open("got.new", "w").write(got.hex())
		    os.rename("got.new", "got")
	PY
	$PYTHON telnetd.py >port 3>&- &
	PIDS+=("$!")
	until_true test -s port
}

@test "telnet: a server that asks is told the size of the window, and each change of it" {
	telnetd
	types "\"\$TWC\" connect tcp:127.0.0.1:$(cat port) --telnet"
	sees '^ready'
	until_true grep -qs '^fffc18''fffb1f''fffa1f0064001efff0$' got # WONT 24, WILL 31, 100 by 30
	tmux -S "$T/tmux" resize-window -x 255 -y 20
	until_true grep -q '^fffc18''fffb1f''fffa1f0064001efff0''fffa1f00ffff0014fff0$' got
	press hi Enter
	until_true grep -q '68690d0a$\|68690a$' got
	press '' C-c
	ends 130
	is_cooked
}

@test "telnet: without a terminal there is no window" {
	telnetd
	pipe_open input
	connect tcp:127.0.0.1:"$(cat port)" --telnet <input.fifo >out 3>&- {input}>&- &
	client=$!
	PIDS+=("$client")
	until_true grep -qs '^fffc18''fffc1f$' got
	exec {input}>&-
	wait "$client"
}

# ---- lines ----

@test "lines: ^D is the end of input, and the answer still comes" {
	serve_start tcp:0 --sh 'sort; echo sorted'
	types "\"\$TWC\" connect tcp:$PORT"
	sees "connect tcp:$PORT"
	press b Enter
	press a Enter
	press '' C-d
	sees '^sorted'
	ends 0
	[ "$(screen | grep -Ec '^[ab]$')" -eq 4 ] # typed, and answered
	is_cooked
}

@test "lines: ^C ends connect by the signal, ^Z stops it, and fg goes on" {
	serve_start tcp:0 --sh "stdbuf -o0 tr a-z A-Z"
	types "\"\$TWC\" connect tcp:$PORT"
	press one Enter
	sees '^ONE'
	press '' C-z
	sees 'Stopped'
	is_cooked
	types "fg"
	press two Enter
	sees '^TWO'
	press '' C-c
	ends 130
	is_cooked
}

@test "lines: connect ends when the peer does, though the terminal has not" {
	serve_start tcp:0 --text 'words\n'
	types "\"\$TWC\" connect tcp:$PORT"
	sees '^words'
	ends 0
	is_cooked
}

@test "serve on a terminal: lines go to the clients and come from them; ^C stops it" {
	types '"$TWC" serve tcp:0 --port-file port'
	sees 'listening tcp:127'
	until_true test -s port
	exec {c}<>/dev/tcp/127.0.0.1/"$(head -1 port)"
	echo from-client >&"$c"
	sees '^from-client'
	press from-server Enter
	read -r -t $LIMIT -u "$c" line && [ "$line" = from-server ]
	press '' C-z
	sees 'Stopped'
	types "fg"
	echo once-more >&"$c"
	sees '^once-more'
	exec {c}>&-
	press '' C-c
	ends 0
	is_cooked
}

# ---- progress ----

@test "progress: other lines stand above it, whole, and it is gone at the end" {
	serve_start tcp:0 --discard
	head -c 3M /dev/zero >in
	types clear
	types "\"\$TWC\" connect tcp:$PORT --send --progress --limit-rate 1M -v <in"
	sees '^[0-9.]+[kM]? sent, 0 received, [0-9.]+[kM]/s, 0:0[0-9] left *$'
	kill -USR1 "$(job)"
	sees '^twc: #1 tcp:[][0-9.:]+: 0 bytes received, [0-9]+ sent, [0-9]+ queued$'
	sees '^[0-9.]+[kM]? sent, 0 received, [0-9.]+[kM]/s, 0:0[0-9] left *$'
	ends 0
	! screen_has '[kM/]+s, [0-9]:' || false
	! screen_has ' left' || false
	sees '^twc: .*#1 closed tcp:[][0-9.:]+: 0 bytes in, 3145728 out'
	[ "$(screen | grep -c '^twc: ')" -eq "$(screen | grep -c 'twc: ')" ]
}

@test "progress: cut to a narrow window, quiet while it is stopped or in the background" {
	serve_start tcp:0 --discard
	tmux -S "$T/tmux" resize-window -x 30 -y 20
	types clear
	types "\"\$TWC\" connect tcp:$PORT --send --progress --limit-rate 100k </dev/zero"
	sees '^[0-9.]+k sent, 0 received, [0-9.]*'
	[ "$(screen | grep -c ' sent, ')" -eq 1 ]
	press '' C-z
	sees 'Stopped'
	types 'clear; bg'
	sees '&$'
	types 'clear; sleep 0.6; echo qui""et'
	sees '^quiet'
	! screen_has 'sent,' || false
	types 'clear; fg'
	sees '^[0-9.]+k sent, 0 received, [0-9.]*'
	press '' C-c
	ends 130
	is_cooked
}

@test "progress: not where what is received is shown" {
	serve_start tcp:0 --text 'words\n'
	types clear
	types "\"\$TWC\" connect tcp:$PORT --progress </dev/null"
	sees '^words'
	ends 0
	! screen_has 'received' || false
}

@test "progress: of all connections together" {
	serve_start tcp:0 --discard
	types clear
	types "\"\$TWC\" connect tcp:$PORT --send --reconnect --progress --limit-rate 100k </dev/zero"
	sees '^[0-9.]+k sent, 0 received, [0-9.]+k/s *$'
	press '' C-c
	ends 130
	is_cooked
}
