#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Manual, help, completions and program say the same. The rows come from `twc --emit json`; DOCS names another copy
# of man/ and completions/, so that each check can be tried on a broken one.

bats_require_minimum_version 1.5.0
load ../support/cli

setup() {
	twc_setup
	DOCS=${DOCS:-$ROOT}
	"$TWC" --emit json >rows
}
teardown() { twc_teardown; }

# The names of all commands; those of verbs with a dash for the blank, as in their manuals: http-serve.
commands() { jq -r 'select(.row == "command" and .name != "help").name | sub(" "; "-")' rows; }

# Long names of the options of COMMAND ("*": those of every command) that are shown.
row_options() {
	jq -r --arg c "$1" 'select(.row == "option" and (.command | sub(" "; "-")) == $c and (.hidden | not))
		| "--" + .long + if .arg == null then "" elif .optional then "[=" + .arg + "]" else " " + .arg end,
		  (if .short then "-" + .short else empty end)' rows | sort
}

# The same from the .It Fl lines of a manual.
man_options() {
	sed -n 's/^\.It Fl \(.*\)/Fl \1/p' "$1" | sed 's/ , /\n/g' |
		sed -E 's/ Ns Op = Ns Ar (.*)/[=\1]/; s/ Op Ns = Ns Ar (.*)/[=\1]/; s/^Fl /-/; s/ Ar / /; s/\\&//' | sort
}

same() { # A B
	diff -u "$1" "$2" >&2
}

section() { # FILE NAME: the rendered section
	mandoc -Tascii -O width=200 "$1" | col -bx | awk -v name="$2" '/^[A-Z]/ { on = ($0 == name) ; next } on'
}

@test "every option stands in its manual, and the manual has no other" {
	row_options '*' >rows.opts
	man_options "$DOCS/man/twc.1" >man.opts
	same rows.opts man.opts
	for cmd in $(commands); do
		row_options "$cmd" >rows.opts
		man_options "$DOCS/man/twc-$cmd.1" >man.opts
		same rows.opts man.opts
	done
}

@test "options stand under the same headings, in the same order" {
	for cmd in $(commands); do
		jq -r --arg c "$cmd" 'select(.row == "option" and (.command | sub(" "; "-")) == $c and (.hidden | not))
			| .group + ": --" + .long' rows >rows.order
		awk '/^\.Ss / { sub(/^\.Ss /, ""); g = $0 } /^\.It Fl/ { for (i = 1; i <= NF; i++) if ($i ~ /^-[a-z0-9]/) n = $i
			print g ": -" n } /^\.Sh END/ { exit }' "$DOCS/man/twc-$cmd.1" >man.order
		same rows.order man.order
	done
}

@test "SYNOPSIS is the usage" {
	for cmd in $(commands); do
		jq -r --arg c "$cmd" 'select(.row == "synopsis" and (.command | sub(" "; "-")) == $c).text' rows >rows.usage
		section "$DOCS/man/twc-$cmd.1" SYNOPSIS | sed -E '/^$/d; s/^ +//; s/ +/ /g; s/ \.\.\./.../g' >man.usage
		same rows.usage man.usage
	done
}

@test "every default that help shows stands in the manual" {
	for cmd in $(commands); do
		jq -r --arg c "$cmd" 'select(.row == "option" and (.command | sub(" "; "-")) == $c and .default and (.hidden | not))
			| .long + " " + .default' rows | while read -r long default; do
			awk -v o="-$long" '/^\.It/ { on = index($0, "Fl " o " ") } on' "$DOCS/man/twc-$cmd.1" |
				grep -q "$default" || { echo "--$long: $default" >&2; exit 1; }
		done
	done
}

@test "words of options stand in the manual" {
	for cmd in $(commands); do
		jq -r --arg c "$cmd" 'select(.row == "option" and (.command | sub(" "; "-")) == $c and .words and (.hidden | not))
			| .long + " " + .words' rows | while read -r long words; do
			for word in $words; do
				awk -v o="-$long" '/^\.It/ { on = index($0, "Fl " o " ") } on' "$DOCS/man/twc-$cmd.1" |
					grep -q "^\.Cm $word" || { echo "--$long: $word" >&2; exit 1; }
			done
		done
	done
}

@test "every exit status stands in twc.1 and in twc help exit-status" {
	"$TWC" help exit-status >topic
	jq -r 'select(.row == "error").exit' rows | sort -nu >statuses
	[ "$(wc -l <statuses)" -gt 10 ]
	for status in 0 $(<statuses); do
		grep -q "^\.It $status\$" "$DOCS/man/twc.1" || { echo "twc.1 lacks $status" >&2; false; }
		grep -qE "^ *$status " topic || { echo "help lacks $status" >&2; false; }
	done
	# and the manual invents none
	sed -n '/^\.Sh EXIT/,/^\.Sh EX[^I]/s/^\.It \([0-9]*\)$/\1/p' "$DOCS/man/twc.1" | sort -n >man.statuses
	sed -nE 's/^ {2,4}([0-9]+) .*/\1/p' topic | sort -n >topic.statuses
	same man.statuses topic.statuses
}

@test "every endpoint type and argument stands in twc-endpoints.7" {
	mandoc -Tascii "$DOCS/man/twc-endpoints.7" | col -bx >page
	for type in $(jq -r 'select(.row == "endpoint").name' rows); do
		grep -qE "(^|[^a-z0-9])$type([^a-z0-9]|\$)" page || { echo "type $type" >&2; false; }
	done
	for name in $(jq -r 'select(.row == "argument").name' rows | sort -u); do
		grep -qE "(^|[^a-z0-9-])$name(=|[^a-z0-9-]|\$)" page || { echo "argument $name" >&2; false; }
	done
}

@test "completions are those the program writes" {
	"$TWC" --emit bash | diff - "$DOCS/completions/twc.bash"
	"$TWC" --emit zsh | diff - "$DOCS/completions/_twc"
	"$TWC" --emit fish | diff - "$DOCS/completions/twc.fish"
}

@test "the manuals are clean mdoc" {
	cd "$DOCS/man"
	for page in twc.1 twc-*.[17]; do
		run mandoc -Tlint -W style "$page"
		# Which other manuals this machine has, and whether its index of them is fresh, is not ours.
		output=$(grep -vE 'mandoc\.db|referenced manual not found' <<<"$output") || true
		[ -z "$output" ] || { echo "$output" >&2; false; }
	done
}

# A line as a user types it, with every twc in it told to check its arguments alone.
checks() {
	(
		twc() {
			cat >/dev/null # who writes to it must not find it gone
			command "$TWC" --check-args "$@"
		}
		set -o pipefail
		: >file
		eval "$1" >/dev/null
	) || { echo "does not parse: $1" >&2; return 1; }
}

@test "examples of --help parse" {
	jq -r 'select(.row == "example").text' rows >examples
	[ "$(wc -l <examples)" -ge 6 ]
	while IFS= read -r line; do
		checks "$line" </dev/null
	done <examples
}

@test "examples of the manuals parse" {
	for page in "$DOCS"/man/twc*.[17]; do
		section "$page" EXAMPLES | sed -n 's/^ *\$ //p' >examples
		[ -s examples ] || { echo "no example in $page" >&2; false; }
		while IFS= read -r line; do
			checks "$line" </dev/null
		done <examples
	done
}

@test "these checks notice what is missing" {
	[ "$DOCS" = "$ROOT" ] || skip "this is the broken copy"
	local broken=$T/broken
	mkdir "$broken"
	cp -r "$ROOT/man" "$ROOT/completions" "$broken"
	sed -i '/^\.It Fl -drain/d' "$broken/man/twc-serve.1"
	sed -i 's/^\.It 76$/.It 67/' "$broken/man/twc.1"
	sed -i 's/twc connect --check/twc connect --chekc/' "$broken/man/twc-connect.1"
	sed -i 's/^\.Op Ar SERVICE$/.Op Ar SERVICES/' "$broken/man/twc-serve.1"
	echo >>"$broken/completions/_twc"
	DOCS=$broken run bats "$BATS_TEST_FILENAME"
	[ "$status" -ne 0 ]
	for name in "every option stands" "SYNOPSIS is" "every default" "every exit status" "completions are" \
		"examples of the manuals"; do
		[[ $output == *"not ok "*" $name"* ]] || { echo "not noticed: $name" >&2; echo "$output" >&2; false; }
	done
}
