/* SPDX-License-Identifier: MIT */
/* Idle and age limits on the fake clock; what is promised is the earliest and the latest moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <twc/parse.h>
#include <twc/protocol.h>
#include "support/stand.h"

#define SECOND TWC_NS_PER_S

static void check_lost(const struct stand *s, int code)
{
	assert_int_equal(s->inner[0].lost, 1);
	assert_int_equal(s->inner[0].reason.code, code);
}

static void test_silent(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_timeout_new(s.r, &s.factory, 8 * SECOND, 0);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	assert_int_equal(s.inner[0].made, 1);
	stand_pass(&s, 8 * SECOND - 1);
	assert_int_equal(s.inner[0].lost, 0);
	stand_pass(&s, 1);
	check_lost(&s, TWC_EIDLE);
	assert_string_equal(s.inner[0].reason.text, "idle for 8s");
	assert_int_equal(s.peer[0].lost, 1);
	assert_int_equal(s.peer[0].reason.code, 0); /* an orderly end */
	stand_close(&s, f);
}

/* What moves, in either direction, keeps it alive; after that between one and 1 1/8 periods. */
static void test_not_idle(void **state)
{
	for (int out = 0; out < 2; out++) {
		struct stand s;
		struct twc_factory *f;

		stand_open(&s);
		f = twc_policy_timeout_new(s.r, &s.factory, 8 * SECOND, 0);
		assert_true(stand_connect(&s, f, 0, NULL, 0));
		for (int i = 0; i < 10; i++) {
			stand_pass(&s, 7 * SECOND);
			if (out) {
				twc_transport_write(s.inner[0].base.transport, "x", 1);
				stand_pass(&s, 0);
			} else {
				stand_send(&s, 0, 1);
			}
		}
		assert_int_equal(out ? s.peer[0].bytes : s.inner[0].bytes, 10);
		stand_pass(&s, 8 * SECOND - 1);
		assert_int_equal(s.inner[0].lost, 0);
		stand_pass(&s, SECOND + 8);
		check_lost(&s, TWC_EIDLE);
		stand_close(&s, f);
	}
}

static void test_total(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_timeout_new(s.r, &s.factory, 4 * SECOND, 10 * SECOND);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	for (int i = 0; i < 9; i++) {
		stand_pass(&s, SECOND);
		stand_send(&s, 0, 1);
	}
	stand_pass(&s, SECOND - 1);
	assert_int_equal(s.inner[0].lost, 0);
	stand_pass(&s, 1);
	check_lost(&s, TWC_ETIMEDOUT);
	assert_string_equal(s.inner[0].reason.text, "connection older than 10s");
	stand_close(&s, f);
}

/* A connection idle after 8 s whose peer does not take what is queued. */
static struct twc_factory *stuck(struct stand *s)
{
	char big[4096] = { 0 };
	struct twc_factory *f;

	stand_open(s);
	f = twc_policy_timeout_new(s->r, &s->factory, 8 * SECOND, 0);
	assert_true(stand_connect(s, f, 0, NULL, 1024));
	twc_transport_pause(s->peer[0].base.transport);
	twc_transport_write(s->inner[0].base.transport, big, sizeof(big));
	return f;
}

/* The peer does not take what is queued: five seconds, then it is thrown away. */
static void test_grace(void **state)
{
	struct stand s;
	struct twc_factory *f = stuck(&s);

	stand_pass(&s, 9 * SECOND + 8);
	assert_true(twc_transport_is_closing(s.inner[0].base.transport));
	assert_int_equal(s.inner[0].lost, 0);
	stand_pass(&s, 5 * SECOND);
	check_lost(&s, TWC_EIDLE);
	stand_close(&s, f);
}

/* So much is queued that the protocol waits for room: what it has yet to say is not to look as if it were not. */
static void test_in_the_middle(void **state)
{
	struct stand s;
	struct twc_factory *f;
	char big[4096] = { 0 };

	stand_open(&s);
	f = twc_policy_timeout_new(s.r, &s.factory, 0, 8 * SECOND);
	assert_true(stand_connect(&s, f, 0, NULL, 1024));
	twc_transport_set_marks(s.inner[0].base.transport, 1024, 512);
	twc_transport_pause(s.peer[0].base.transport);
	twc_transport_write(s.inner[0].base.transport, big, sizeof(big));
	stand_pass(&s, 8 * SECOND);
	check_lost(&s, TWC_ETIMEDOUT);
	twc_transport_resume(s.peer[0].base.transport);
	stand_pass(&s, 0);
	assert_int_equal(s.peer[0].reason.code, TWC_ERESET);
	stand_close(&s, f);
}

/* The same when the protocol itself had lost it, and nothing moves. */
static void test_stuck_losing(void **state)
{
	struct stand s;
	struct twc_factory *f = stuck(&s);

	twc_transport_lose(s.inner[0].base.transport);
	stand_pass(&s, 14 * SECOND + 8);
	check_lost(&s, TWC_EIDLE);
	stand_close(&s, f);
}

static void test_ends_before(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_timeout_new(s.r, &s.factory, 8 * SECOND, 60 * SECOND);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	twc_transport_lose(s.peer[0].base.transport);
	stand_pass(&s, 0);
	assert_int_equal(s.inner[0].eofs, 1);
	check_lost(&s, 0);
	stand_pass(&s, 100 * SECOND); /* no timer is left that could touch it */
	assert_int_equal(s.inner[0].lost, 1);
	stand_close(&s, f);
}

static void test_no_limits(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_timeout_new(s.r, &s.factory, 0, 0);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	stand_pass(&s, 100000 * SECOND);
	assert_int_equal(s.inner[0].lost, 0);
	stand_close(&s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_not_idle),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_in_the_middle),
		cmocka_unit_test(test_stuck_losing),
		cmocka_unit_test(test_ends_before),
		cmocka_unit_test(test_no_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
