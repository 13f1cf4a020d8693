#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The three completion scripts in their own shells: they load without a word, and complete these samples.

load ../support/cli

setup() {
	twc_setup
	: >notes.txt
	: >app.sock
	mkdir public
}
teardown() { twc_teardown; }

need() { command -v "$1" >/dev/null || skip "no $1"; }

# LINE WORD...: bash offers just these words (what stands behind the last break).
bash_offers() {
	local line=$1
	shift
	run bash --norc "$ROOT/tests/support/complete.bash" "$ROOT/completions/twc.bash" "$line"
	[ "$(sort <<<"$output")" = "$(printf '%s\n' "$@" | sort)" ] || {
		printf '%s\noffers %s\nwanted %s\n' "$line" "$output" "$*" >&2
		return 1
	}
}

# LINE LINE: zsh makes the second of the first.
zsh_makes() {
	run zsh -f "$ROOT/tests/support/complete.zsh" "$ROOT/completions" "$1"
	[ "$output" = "$2" ] || {
		printf '%s\nbecame %s\nwanted %s\n' "$1" "$output" "$2" >&2
		return 1
	}
}

# LINE WORD...: fish offers just these words.
fish_offers() {
	local line=$1
	shift
	# shellcheck disable=SC2016
	run fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$ROOT/completions/twc.fish" "$line"
	[ "$(cut -f 1 <<<"$output" | sort)" = "$(printf '%s\n' "$@" | sort)" ] || {
		printf '%s\noffers %s\nwanted %s\n' "$line" "$output" "$*" >&2
		return 1
	}
}

@test "bash: loads without a word, also with nounset" {
	run bash --norc -uc 'source "$1"; complete -p twc' bash "$ROOT/completions/twc.bash"
	is_status 0
	[ "$output" = "complete -F _twc twc" ]
}

@test "bash: commands, options, words" {
	bash_offers "twc " serve connect http nc help
	bash_offers "twc -v ser" serve
	bash_offers "twc --trace net se" serve
	bash_offers "twc serve --ech" --echo
	bash_offers "twc serve --max-c" --max-clients
	bash_offers "twc connect --eof " half close keep peer
	bash_offers "twc nc -X " 4 5 connect
	bash_offers "twc nc --zer" --zero
	bash_offers "twc nc -z" -z
	bash_offers "twc connect --eof=c" close
	bash_offers "twc --trace=net,tra" net,transport
	bash_offers "twc help e" endpoints exit-status eof
	bash_offers "twc serve --text --ech" ""
}

@test "bash: endpoints part by part" {
	bash_offers "twc serve tc" tcp: tcp4: tcp6:
	bash_offers "twc serve sys" systemd
	bash_offers "twc connect sys" ""
	bash_offers "twc serve tcp:70:interf" interface=
	bash_offers "twc connect tcp:host:70:interf" ""
	bash_offers "twc serve tcp:70:nodelay=" yes no
	bash_offers "twc serve tcp:70:nodelay=y" yes
	bash_offers "twc connect --to uni" unix:
	bash_offers "twc connect --to=uni" unix:
	bash_offers "twc connect unix:./app" ./app.sock
}

@test "bash: verbs" {
	bash_offers "twc http " bench serve ws
	bash_offers "twc http se" serve
	bash_offers "twc -v http se" serve
	bash_offers "twc http -v se" ""
	bash_offers "twc http serve fifo" fifo:
	bash_offers "twc http serve tcp:0 pub" public
	bash_offers "twc connect serv" ""
	bash_offers "twc http --log-j" --log-json
	bash_offers "twc http serve --log-j" --log-json
	bash_offers "twc help htt" http
}

@test "bash: files, and the command behind the dashes" {
	bash_offers "twc serve --port-file not" notes.txt
	bash_offers "twc serve --port-file=not" notes.txt
	bash_offers "twc serve tcp:0 --echo -- cat not" notes.txt
	bash_offers "twc serve tcp:0 --echo -- --ech" ""
}

@test "zsh: commands, options, words" {
	need zsh
	zsh_makes "twc ser" "twc serve "
	zsh_makes "twc serve --ech" "twc serve --echo "
	zsh_makes "twc -v serve --dra" "twc -v serve --drain="
	zsh_makes "twc connect --eof cl" "twc connect --eof close "
	zsh_makes "twc serve --trace=net,tra" "twc serve --trace=net,transport"
	zsh_makes "twc nc -X con" "twc nc -X connect "
	zsh_makes "twc nc --zer" "twc nc --zero "
	zsh_makes "twc help exi" "twc help exit-status "
}

@test "zsh: verbs" {
	need zsh
	zsh_makes "twc http ser" "twc http serve "
	zsh_makes "twc -v http ser" "twc -v http serve "
	zsh_makes "twc http --log-j" "twc http --log-json "
	zsh_makes "twc http serve --log-j" "twc http serve --log-json "
	zsh_makes "twc http serve sys" "twc http serve systemd "
	zsh_makes "twc http serve tcp:0 $T/pub" "twc http serve tcp:0 $T/public/"
}

@test "zsh: endpoints, files, the command behind the dashes" {
	need zsh
	zsh_makes "twc serve sys" "twc serve systemd "
	zsh_makes "twc serve tcp:70:interf" "twc serve tcp:70:interface="
	zsh_makes "twc serve tcp:70:nodelay=y" "twc serve tcp:70:nodelay=yes "
	zsh_makes "twc connect --to uni" "twc connect --to unix:"
	zsh_makes "twc connect unix:$T/app" "twc connect unix:$T/app.sock "
	zsh_makes "twc serve tcp:0 --port-file=$T/no" "twc serve tcp:0 --port-file=$T/notes.txt "
	zsh_makes "twc serve tcp:0 --echo -- unam" "twc serve tcp:0 --echo -- uname "
}

@test "fish: commands, options, words" {
	need fish
	fish_offers "twc " serve connect http nc help
	fish_offers "twc -v ser" serve
	fish_offers "twc serve --ech" --echo
	fish_offers "twc connect --eof cl" close
	fish_offers "twc connect --eof=cl" --eof=close
	fish_offers "twc --trace=net,tra" --trace=net,transport
	fish_offers "twc nc -X con" connect
	fish_offers "twc nc --zer" --zero
	fish_offers "twc help exi" exit-status
}

@test "fish: verbs" {
	need fish
	fish_offers "twc http " bench serve ws
	fish_offers "twc -v http ser" serve
	fish_offers "twc http -v ser" ""
	fish_offers "twc http serve sys" systemd
	fish_offers "twc http serve tcp:0 $T/pub" "$T/public/"
	fish_offers "twc http serve --log-j" --log-json
}

@test "fish: endpoints, files, the command behind the dashes" {
	need fish
	fish_offers "twc serve tcp4" tcp4:
	fish_offers "twc serve tcp:70:interf" tcp:70:interface=
	fish_offers "twc serve tcp:70:nodelay=y" tcp:70:nodelay=yes
	fish_offers "twc connect --to=uni" --to=unix:
	fish_offers "twc connect unix:$T/app" "unix:$T/app.sock"
	fish_offers "twc serve --port-file $T/no" "$T/notes.txt"
	fish_offers "twc serve tcp:0 -- unam" uname
}
