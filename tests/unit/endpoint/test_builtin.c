/* SPDX-License-Identifier: MIT */
/* Peers within the program: what they say, how they end, and that nothing of them is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conn.h"

static void check(const char *s, const char *input, const char *want)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_transport *t = must_connect(s, r, &f)->transport;
	char text[64];

	assert_string_equal(twc_transport_peer_text(t, text, sizeof(text)), s);
	assert_int_equal(f.peer.kind, TWC_ADDR_NONE);
	twc_transport_write(t, input, strlen(input));
	twc_transport_write_eof(t);
	assert_true(loop_until(r, &f.done));
	assert_string_equal(f.got, want);
	assert_int_equal(f.reason.code, 0);
	twc_reactor_free(r);
}

static void test_answers(void **state)
{
	(void)state;
	check("echo", "hello", "hello");
	check("discard", "hello", "");
	check("text:hello", "", "hello");
	check("text:a:b[c]=\\x41\\n", "ignored", "a:b[c]=A\n");
	check("text:text=text=x", "", "text=x");
}

/* Whoever leaves first, or never: the reactor's end is theirs. */
static void test_without_end(void **state)
{
	static const char *const endless[] = { "chargen", "stall", "echo" };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(endless); i++) {
		struct twc_reactor *r = loop_real();
		struct conns f = conns_make(), g = conns_make();
		struct twc_protocol *c = must_connect(endless[i], r, &f);

		(void)must_connect(endless[i], r, &g);
		twc_transport_abort(c->transport);
		turn_until(r, &f.lost, 1);
		assert_int_equal(g.lost, 0);
		twc_reactor_free(r);
	}
}

static void test_chargen_waits_for_its_reader(void **state)
{
	struct twc_reactor *r = loop_real();
	struct conns f = conns_make();
	struct twc_transport *t = must_connect("chargen", r, &f)->transport;

	(void)state;
	collect(r, &f, 1);
	twc_transport_pause(t);
	for (int i = 0; i < 20; i++)
		assert_int_equal(twc_reactor_step(r), 0);
	twc_transport_abort(t);
	turn_until(r, &f.lost, 1);
	twc_reactor_free(r);
}

static void test_faults(void **state)
{
	static const char *const text[] = { "text", "text:", "text:\\q", "echo:x", "stall:x=1" };
	struct twc_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(text); i++) {
		assert_null(twc_endpoint_parse(text[i], TWC_CONNECT, &err));
		assert_int_equal(err.code, TWC_EUSAGE);
		assert_int_not_equal(err.column, 0);
	}
	assert_null(twc_endpoint_parse("echo", TWC_LISTEN, &err));
	assert_non_null(strstr(err.text, "echo endpoints can only be connected to"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_without_end),
		cmocka_unit_test(test_chargen_waits_for_its_reader),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
