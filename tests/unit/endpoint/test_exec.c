/* SPDX-License-Identifier: MIT */
/* exec and sh: words, standard streams of the child, its status, what cannot be run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"
#include <sys/wait.h>

static void test_words(void **state)
{
	static const struct {
		const char *s;
		const char *want[5];
	} v[] = {
		{ "cat", { "cat" } },
		{ "  cat \t -n  ", { "cat", "-n" } },
		{ "a 'b c' d", { "a", "b c", "d" } },
		{ "a \"b c\" d", { "a", "b c", "d" } },
		{ "a b\\ c", { "a", "b c" } },
		{ "a '' \"\"", { "a", "", "" } },
		{ "a 'b\\c' \"d\\e\\\"f\\\\\"", { "a", "b\\c", "d\\e\"f\\" } },
		{ "a x'y'\"z\"w", { "a", "xyzw" } },
		{ "a $HOME * ~ ;", { "a", "$HOME", "*", "~", ";" } },
		{ "a \"\\$x\\`\"", { "a", "$x`" } },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		char **word = twc__words_split(v[i].s, 1, NULL);
		size_t n;

		assert_non_null(word);
		for (n = 0; n < 5 && v[i].want[n]; n++) {
			assert_non_null(word[n]);
			assert_string_equal(word[n], v[i].want[n]);
		}
		assert_null(word[n]);
		twc_free(word);
	}
	assert_null(twc__words_split("", 1, NULL));
	assert_null(twc__words_split("''", 1, NULL));
}

static void check_run(const char *s, const char *input, const char *want, int want_status)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_protocol *c = must_connect(s, r, &f);
	struct twc_transport *t = c->transport;
	char text[64];

	assert_memory_equal(twc_transport_peer_text(t, text, sizeof(text)), s, strnlen(s, sizeof(text) - 1));
	assert_int_equal(f.peer.kind, TWC_ADDR_NONE);
	twc_transport_write(t, input, strlen(input));
	twc_transport_write_eof(t);
	assert_true(loop_until(r, &f.done));
	assert_string_equal(f.got, want);
	assert_int_equal(f.reason.code, 0);
	assert_int_equal(f.child_status, want_status);
	twc_reactor_free(r);
}

static void test_streams_and_status(void **state)
{
	(void)state;
	check_run("exec:cat", "hello", "hello", 0);
	check_run("exec:printf %s-%s 'a b' c:d", "", "a b-c:d", 0);
	check_run("sh:tr a-z A-Z; exit 7", "hello", "HELLO", 7 << 8);
	check_run("sh:x=[1:2]; echo $x", "", "[1:2]\n", 0);
	check_run("exec:stderr=merge:sh -c 'echo out; echo err >&2'", "", "out\nerr\n", 0);
	check_run("sh:stderr=drop:echo out; echo err >&2", "", "out\n", 0);
	check_run("exec:cmd=cat", "x", "x", 0);
	check_run("sh:kill -9 $$", "", "", 9);
}

static void test_on_a_terminal(void **state)
{
	(void)state;
	check_run("sh:pty=yes:[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && : </dev/tty && echo yes", "", "yes\r\n", 0);
	check_run("exec:pty=yes:stderr=drop:sh -c 'echo x >&2; exit 7'", "", "", 7 << 8);
	/* echoed as it comes; the end of the input is one, in the middle of a line, too */
	check_run("sh:pty=yes:cat; echo end", "abc", "abcabcend\r\n", 0);
	check_run("sh:pty=yes:stderr=merge:exec 2>&1; cat", "", "", 0);
}

static void test_what_cannot_be_run(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct outcome o = do_connect("exec:/nonexistent/program", r, &f);

	(void)state;
	assert_int_equal(o.err.code, TWC_ENOINPUT);
	assert_int_equal(o.err.sys, ENOENT);
	o = do_connect("exec:stderr=merge:twc-no-such-program", r, &f);
	assert_int_equal(o.err.code, TWC_ENOINPUT);
	assert_int_equal(o.err.sys, ENOENT);
	o = do_connect("exec:/dev/null", r, &f);
	assert_int_equal(o.err.code, TWC_ENOINPUT);
	assert_int_equal(o.err.sys, EACCES);
	assert_int_equal(f.built, 0); /* nothing to be told about it */
	twc_reactor_free(r);
}

static void test_factory_refuses(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct outcome o;

	(void)state;
	f.refuse = true;
	o = do_connect("exec:cat", r, &f);
	assert_int_equal(o.err.code, TWC_EREJECTED);
	assert_true(loop_run(r)); /* cat loses its input and ends */
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_streams_and_status),
		cmocka_unit_test(test_on_a_terminal),
		cmocka_unit_test(test_what_cannot_be_run),
		cmocka_unit_test(test_factory_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
