#!/usr/bin/env bats
# The tools that check the project, each tried on a copy that is broken on purpose: a check that cannot fail checks nothing.

TOOLS=$BATS_TEST_DIRNAME/../tools
CC=${CC:-cc}

setup() {
	copy=$BATS_TEST_TMPDIR/copy
}

# A small tree of the project's shape.
toy_tree() {
	mkdir -p "$copy"/lib/{base,reactor,net,transport,include/twc,examples} "$copy/cmd"
	printf '#ifndef B\n#define B\nint twc_b(void);\n#endif\n' > "$copy/lib/include/twc/base.h"
	printf '#ifndef R\n#define R\n#include <twc/base.h>\n#endif\n' > "$copy/lib/include/twc/reactor.h"
	printf '#include <twc/reactor.h>\n#include "base/banned.h"\n' > "$copy/lib/reactor/reactor.c"
	printf '#ifndef I\n#define I\n#include <twc/reactor.h>\n#endif\n' > "$copy/lib/reactor/reactor_int.h"
	printf '#ifndef P\n#define P\n#endif\n' > "$copy/lib/reactor/reactor_priv.h"
	printf '#define N 1\n' > "$copy/lib/base/banned.h"
	printf '#include "reactor/reactor_int.h"\n#include <ares.h>\n#include "base/banned.h"\n' > "$copy/lib/net/resolve.c"
	printf '#include <twc/reactor.h>\n#include "out.h"\n' > "$copy/cmd/main.c"
	printf '#include <stdio.h>\n' > "$copy/cmd/out.h"
	printf '#include <twc/reactor.h>\n' > "$copy/lib/examples/echo.c"
}

# broken FILE LINE TEXT: with LINE put at the top of FILE, check-layers says TEXT about it.
broken() {
	local file=$copy/$1
	[ -f "$file" ] || printf '#include "base/banned.h"\n' > "$file"
	cp "$file" "$BATS_TEST_TMPDIR/kept"
	{ echo "$2"; cat "$BATS_TEST_TMPDIR/kept"; } > "$file"
	run "$TOOLS/check-layers" "$copy"
	cp "$BATS_TEST_TMPDIR/kept" "$file"
	echo "$1: $2 -> $status $output"
	[ "$status" -eq 1 ]
	[[ "$output" == "$1:1: "*"$3"* ]]
}

@test "check-layers is content with the toy and with the project" {
	toy_tree
	run "$TOOLS/check-layers" "$copy"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run "$TOOLS/check-layers"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "check-layers finds an include that points upwards" {
	toy_tree
	broken lib/base/err.c '#include <twc/reactor.h>' 'layer base may not include layer reactor'
	broken lib/reactor/timer.c '#include <twc/transport.h>' 'layer reactor may not include layer transport'
	broken lib/include/twc/base.h '#include <twc/endpoint.h>' 'layer base may not include layer endpoint'
	broken lib/reactor/timer.c '#include "net/net_int.h"' 'may not include this internal header'
}

@test "check-layers finds an internal header used from outside its layer" {
	toy_tree
	broken lib/net/dial.c '#include "reactor/reactor_priv.h"' 'may not include this internal header'
	broken lib/include/twc/reactor.h '#include "reactor/reactor_int.h"' 'only public headers here'
	broken lib/examples/echo.c '#include "base/list.h"' 'only public headers here'
	broken cmd/main.c '#include "reactor/reactor_int.h"' 'own headers only'
	broken lib/net/dial.c '#include "net_int.h"' 'by path from lib/'
}

@test "check-layers finds a third-party header away from home" {
	toy_tree
	broken lib/net/dial.c '#include <ares.h>' 'outside its home'
	broken lib/reactor/reactor.c '#include <event2/event.h>' 'outside its home'
	broken cmd/main.c '#include <ares.h>' 'outside its home'
	broken lib/include/twc/reactor.h '#include <event2/event.h>' 'outside its home'
	broken lib/net/dial.c '#include <openssl/ssl.h>' 'outside its home'
}

@test "check-layers finds unknown layers, unknown public headers and a missing banned.h" {
	toy_tree
	broken lib/net/dial.c '#include <twc/nobody.h>' 'no layer owns'
	broken lib/net/dial.c '#include "twc/base.h"' 'included as <twc/...>'
	mkdir "$copy/lib/extra"
	broken lib/extra/x.c '#include <stdio.h>' 'no known layer'
	printf '#include "base/banned.h"\n#include <stdio.h>\n' > "$copy/lib/net/late.c"
	run "$TOOLS/check-layers" "$copy"
	[ "$status" -eq 1 ]
	[[ "$output" == *"lib/net/late.c:1: the last include is not base/banned.h"* ]]
}

@test "check-headers finds a header that does not compile alone" {
	toy_tree
	CC=$CC run "$TOOLS/check-headers" "$copy"
	echo "$output"
	[ "$status" -eq 0 ]
	printf 'static inline size_t twc_needs_stddef(void) { return 0; }\n' > "$copy/lib/include/twc/err.h"
	CC=$CC run "$TOOLS/check-headers" "$copy"
	[ "$status" -eq 1 ]
	[[ "$output" == *"twc/err.h does not compile alone"* ]]
	rm "$copy/lib/include/twc/err.h"
	printf 'struct twice { int x; };\n' > "$copy/lib/net/net_int.h"
	CC=$CC run "$TOOLS/check-headers" "$copy"
	[ "$status" -eq 1 ]
	[[ "$output" == *"net/net_int.h does not compile alone"* ]]
}

# libraries SOURCE: a toy libtwc.so.0 and libtwc.a made from it.
libraries() {
	mkdir -p "$copy"
	printf '%s\n' "$1" > "$copy/toy.c"
	$CC -fPIC -c -o "$copy/toy.o" "$copy/toy.c"
	$CC -shared -o "$copy/libtwc.so.0" "$copy/toy.o"
	rm -f "$copy/libtwc.a"
	ar rcs "$copy/libtwc.a" "$copy/toy.o"
	run "$TOOLS/check-symbols" "$copy"
	echo "$output"
}

@test "check-symbols is content with public names, constants and the allocation hook" {
	libraries 'int twc_f(void) { return 1; } static void *realloc_hook; void *twc_g(void) { return realloc_hook; }
		static const char *const names[] = { "a", "b" }; const char *twc_h(int i) { return names[i]; }'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "check-symbols finds foreign and internal names" {
	libraries 'int twc_f(void) { return 1; } int helper(void) { return 2; }'
	[ "$status" -eq 1 ]
	[[ "$output" == *"exported by libtwc.so.0 without being public: helper"* ]]
	[[ "$output" == *"outside twc_: helper"* ]]
	libraries 'int twc_f(void) { return 1; } int twc__inner(void) { return 2; }'
	[ "$status" -eq 1 ]
	[ "$output" = "exported by libtwc.so.0 without being public: twc__inner" ]
}

@test "check-symbols finds writable data" {
	local source
	for source in 'static int count; int twc_f(void) { return ++count; }' \
		'static int count = 7; int twc_f(void) { return ++count; }' \
		'static _Thread_local int count; int twc_f(void) { return ++count; }' \
		'int twc_f(void) { static int count; return ++count; }'; do
		libraries "$source"
		[ "$status" -eq 1 ]
		[[ "$output" == "writable data in libtwc.a: count"* ]]
	done
}

@test "check-symbols wants libraries that export something" {
	mkdir -p "$copy"
	run "$TOOLS/check-symbols" "$copy"
	[ "$status" -eq 1 ]
	libraries 'static int f(void) { return 1; } typedef int (*fn)(void); __attribute__((visibility("hidden"))) fn twc__x(void) { return f; }'
	[ "$status" -eq 1 ]
	[[ "$output" == *"exports nothing"* ]]
}

@test "fnlen measures functions" {
	mkdir -p "$copy"
	printf 'int one(void)\n{\n\treturn 1;\n}\n\nstatic int *two(int a,\n\tint b)\n{\n\ta = b;\n\treturn 0;\n}\n' > "$copy/x.c"
	run "$TOOLS/fnlen" "$copy/x.c"
	[ "${lines[0]}" = "4	$copy/x.c:two" ]
	[ "${lines[1]}" = "3	$copy/x.c:one" ]
	[ "${lines[2]}" = "2 functions, median 4, 90% at most 4" ]
}

@test "run-units counts what fails, crashes and leaks away" {
	mkdir -p "$copy"
	printf '#!/bin/sh\necho 1..2; echo "ok 1 - a"; echo "ok 2 - b"\n' > "$copy/good"
	printf '#!/bin/sh\necho 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1\n' > "$copy/bad"
	printf '#!/bin/sh\necho 1..3; echo "ok 1 - a"; kill -9 $$\n' > "$copy/crash"
	printf '#!/bin/sh\necho 1..1; echo "ok 1 - a"; exit 23\n' > "$copy/leak"
	printf '#!/bin/sh\nexit 0\n' > "$copy/silent"
	chmod +x "$copy"/*
	run "$TOOLS/run-units" "$copy/good"
	[ "$status" -eq 0 ]
	[ "$output" = "2 passed, 0 failed" ]
	run "$TOOLS/run-units" "$copy"/{good,bad,crash,leak,silent}
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = "5 passed, 5 failed" ]
	run "$TOOLS/run-units"
	[ "$status" -eq 1 ]
}

@test "deps asks for nothing when nothing is missing" {
	command -v dpkg-query > /dev/null || skip "not a Debian system"
	run "$TOOLS/deps" coreutils bash
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

# `! command` fails a test only where it stands last: elsewhere the shell goes on.
@test "no test denies something without effect" {
	run grep -nE '^[[:space:]]+! ' "$TOOLS"/../cli/*.bats
	[ "$status" -eq 0 ]
	without=$(grep -v ' || ' <<< "$output" || true)
	[ -z "$without" ] || { echo "$without"; false; }
}
