/* SPDX-License-Identifier: MIT */
/* The gate: rules, counts, and those who wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <twc/parse.h>

#include "net/net_int.h"

static struct twc_addr ip(const char *s)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), 9, NULL), 0);
	return a;
}

static enum twc__verdict enter(struct twc_gate *g, const char *s)
{
	struct twc_addr a = ip(s);

	return twc__gate_enter(g, -1, &a);
}

static void leave(struct twc_gate *g, const char *s)
{
	struct twc_addr a = ip(s);

	twc_gate_leave(g, &a);
}

static void test_no_gate_no_limit(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 0, 0);
	int i;

	assert_int_equal(enter(NULL, "10.0.0.1"), TWC__GATE_IN);
	assert_false(twc__gate_is_full(NULL));
	for (i = 0; i < 1000; i++)
		assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(twc_gate_count(g), 1000);
	assert_false(twc__gate_is_full(g));
	twc_gate_free(g);
}

static void test_first_rule_decides(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 0, 0);

	assert_int_equal(twc_gate_rule(g, false, TWC_STR("10.6.6.0/24"), NULL), 0);
	assert_int_equal(twc_gate_rule(g, true, TWC_STR("10.0.0.0/8"), NULL), 0);
	assert_int_equal(twc_gate_rule(g, false, TWC_STR("10.7.7.7"), NULL), 0);
	assert_int_equal(enter(g, "10.6.6.6"), TWC__GATE_DENIED);
	assert_int_equal(enter(g, "::ffff:10.6.6.6"), TWC__GATE_DENIED);
	assert_int_equal(enter(g, "10.7.7.7"), TWC__GATE_IN);
	assert_int_equal(enter(g, "192.0.2.1"), TWC__GATE_DENIED); /* there is an allow rule */
	assert_int_equal(enter(g, "::1"), TWC__GATE_DENIED);
	assert_int_equal(twc_gate_count(g), 1);
	twc_gate_free(g);
}

static void test_deny_alone_lets_others_in(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 0, 0);
	struct twc_err err = { 0 };

	assert_int_equal(twc_gate_rule(g, false, TWC_STR("127.0.0.2"), NULL), 0);
	assert_int_equal(enter(g, "127.0.0.2"), TWC__GATE_DENIED);
	assert_int_equal(enter(g, "127.0.0.1"), TWC__GATE_IN);
	assert_int_equal(twc_gate_rule(g, false, TWC_STR("127.0.0.2/8"), &err), TWC_EUSAGE);
	assert_int_equal(err.code, TWC_EUSAGE);
	twc_gate_free(g);
}

static void test_unix_clients_pass_rules(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 1, 1);
	struct twc_addr a = { .kind = TWC_ADDR_UNIX, .len = sizeof(sa_family_t), .u.sa.sa_family = AF_UNIX };

	assert_int_equal(twc_gate_rule(g, true, TWC_STR("10.0.0.0/8"), NULL), 0);
	assert_int_equal(twc__gate_enter(g, -1, &a), TWC__GATE_IN);
	assert_int_equal(twc__gate_enter(g, -1, &a), TWC__GATE_FULL);
	twc_gate_leave(g, &a);
	assert_int_equal(twc__gate_enter(g, -1, &a), TWC__GATE_IN);
	twc_gate_free(g);
}

static void test_per_host(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 0, 2);
	char s[32];
	int i, round;

	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(g, "::ffff:10.0.0.1"), TWC__GATE_IN); /* the same host */
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_CROWDED);
	assert_int_equal(twc_gate_count(g), 2);
	leave(g, "10.0.0.1");
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 1000; i++) {
			snprintf(s, sizeof(s), "fd00::%x", i);
			assert_int_equal(enter(g, s), TWC__GATE_IN);
		}
		for (i = 0; i < 1000; i++) {
			snprintf(s, sizeof(s), "fd00::%x", i);
			leave(g, s);
		}
	}
	assert_int_equal(twc_gate_count(g), 2);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_CROWDED);
	twc_gate_free(g);
}

static int woken;

static void on_place(struct twc__gate_wait *w)
{
	woken++;
	assert_null(w->link);
}

static void test_waiting(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 1, 0);
	struct twc__gate_wait a = { 0 }, b = { 0 }, c = { 0 };

	woken = 0;
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	assert_true(twc__gate_is_full(g));
	twc__gate_wait(g, &a, on_place);
	twc__gate_wait(g, &a, on_place);
	twc__gate_wait(g, &b, on_place);
	twc__gate_wait(g, &c, on_place);
	twc__gate_unwait(&b);
	twc__gate_unwait(&b);
	leave(g, "10.0.0.1");
	assert_int_equal(woken, 2);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	leave(g, "10.0.0.1");
	assert_int_equal(woken, 2); /* once each */
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	twc__gate_wait(g, &b, on_place);
	twc_gate_free(g);
	assert_null(b.link);
}

static void test_full_and_over(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 1, 0);

	assert_int_equal(twc__gate_over(g), TWC_OVER_WAIT);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	assert_true(twc__gate_must_wait(g));
	twc_gate_set_over(g, TWC_OVER_CLOSE);
	assert_false(twc__gate_must_wait(g)); /* the next is accepted, to be turned away */
	assert_int_equal(enter(g, "10.0.0.2"), TWC__GATE_FULL);
	assert_int_equal(twc_gate_count(g), 1);
	leave(g, "10.0.0.1");
	assert_int_equal(enter(g, "10.0.0.2"), TWC__GATE_IN);
	twc_gate_free(g);
}

static void test_users(void **state)
{
	struct twc_gate *g = twc_gate_new(NULL, 0, 0);
	struct twc_addr a = { .kind = TWC_ADDR_UNIX_DGRAM, .len = sizeof(sa_family_t), .u.sa.sa_family = AF_UNIX };

	assert_int_equal(twc__gate_enter(g, -1, &a), TWC__GATE_IN);
	assert_int_equal(twc_gate_user(g, TWC_STR("0"), NULL), 0);
	assert_int_equal(twc__gate_enter(g, -1, &a), TWC__GATE_STRANGER); /* nobody can be asked */
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);		  /* only UNIX peers are users */
	twc_gate_free(g);
}

/* ---- the rate ---- */

static void test_rate(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct twc_gate *g = twc_gate_new(r, 0, 1);

	twc_gate_set_rate(g, 10, TWC_NS_PER_S, 3);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_CROWDED); /* takes none of it */
	assert_int_equal(enter(g, "10.0.0.2"), TWC__GATE_IN);
	assert_int_equal(enter(g, "10.0.0.3"), TWC__GATE_IN);
	assert_true(twc__gate_must_wait(g));
	assert_int_equal(enter(g, "10.0.0.4"), TWC__GATE_HASTY);
	assert_int_equal(twc_gate_count(g), 3);
	twc_reactor_advance(r, 99 * TWC_NS_PER_MS);
	assert_int_equal(enter(g, "10.0.0.4"), TWC__GATE_HASTY);
	twc_reactor_advance(r, TWC_NS_PER_MS);
	assert_int_equal(enter(g, "10.0.0.4"), TWC__GATE_IN);
	assert_int_equal(enter(g, "10.0.0.5"), TWC__GATE_HASTY);
	twc_reactor_advance(r, 3600 * TWC_NS_PER_S); /* the bucket holds no more than the burst */
	assert_int_equal(enter(g, "10.0.0.5"), TWC__GATE_IN);
	assert_int_equal(enter(g, "10.0.0.6"), TWC__GATE_IN);
	assert_int_equal(enter(g, "10.0.0.7"), TWC__GATE_IN);
	assert_int_equal(enter(g, "10.0.0.8"), TWC__GATE_HASTY);
	twc_gate_free(g);
	twc_reactor_free(r);
}

/* Tokens that are years apart: their number times their distance is more than 64 bits hold. */
static void test_rate_of_years(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct twc_gate *g = twc_gate_new(r, 0, 0);

	(void)state;
	twc_gate_set_rate(g, 1, UINT64_C(1) << 58, 64);
	for (int i = 0; i < 8; i++)
		assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	twc_gate_free(g);
	twc_reactor_free(r);
}

static void test_rate_wakes(void **state)
{
	struct twc_reactor *r = twc_reactor_new_fake(NULL);
	struct twc_gate *g = twc_gate_new(r, 2, 0);
	struct twc__gate_wait a = { 0 }, b = { 0 };

	woken = 0;
	twc_gate_set_rate(g, 1, TWC_NS_PER_S, 1);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	twc__gate_wait(g, &a, on_place);
	twc__gate_wait(g, &b, on_place);
	twc_reactor_advance(r, TWC_NS_PER_S - 1);
	assert_int_equal(woken, 0);
	leave(g, "10.0.0.1"); /* a place, but no token */
	assert_int_equal(woken, 0);
	twc_reactor_advance(r, 1);
	assert_int_equal(woken, 2);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	twc_reactor_advance(r, TWC_NS_PER_S);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	twc__gate_wait(g, &a, on_place); /* neither a place nor a token */
	twc_reactor_advance(r, 10 * TWC_NS_PER_S);
	assert_int_equal(woken, 2); /* a token, but no place */
	leave(g, "10.0.0.1");
	assert_int_equal(woken, 3);
	assert_int_equal(enter(g, "10.0.0.1"), TWC__GATE_IN);
	leave(g, "10.0.0.1");
	twc__gate_wait(g, &a, on_place);
	twc__gate_unwait(&a); /* nobody waits: the timer is not left behind */
	twc_reactor_free(r);
	twc_gate_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_gate_no_limit),     cmocka_unit_test(test_first_rule_decides),
		cmocka_unit_test(test_deny_alone_lets_others_in), cmocka_unit_test(test_unix_clients_pass_rules),
		cmocka_unit_test(test_per_host),	     cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_full_and_over),	     cmocka_unit_test(test_users),
		cmocka_unit_test(test_rate),		     cmocka_unit_test(test_rate_wakes),
		cmocka_unit_test(test_rate_of_years),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
