/* SPDX-License-Identifier: MIT */
/* Ending step by step: what is flushed first, and for whom lose() waits. On memory pairs and the fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "pair.h"

static void lose_flushes_first(void **state)
{
	struct pair p;
	size_t n = 300000;
	char *big = calloc(1, n);

	pair_init(&p);
	pair_join(&p, 1024);
	twc_transport_write(p.a.base.transport, big, n);
	twc_transport_lose(p.a.base.transport);
	write_str(&p.a, "ignored");
	assert_true(twc_transport_is_closing(p.a.base.transport));
	assert_false(p.a.is_lost);
	run(&p);
	assert_int_equal(p.b.n, n);
	assert_true(p.b.has_eof);
	assert_false(p.a.is_lost); /* the other side has not ended: linger */
	twc_transport_lose(p.b.base.transport);
	run(&p);
	assert_true(p.a.is_lost && p.b.is_lost);
	assert_int_equal(p.a.reason.code, 0);
	assert_int_equal(p.b.reason.code, 0);
	free(big);
	pair_fini(&p);
}

static void lose_does_not_wait_for_ever(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	write_str(&p.a, "answer");
	twc_transport_lose(p.a.base.transport);
	twc_reactor_advance(p.r, LOOP_S);
	assert_false(p.a.is_lost);
	write_str(&p.b, "thrown away");
	twc_reactor_advance(p.r, 2 * LOOP_S);
	assert_true(p.a.is_lost);
	assert_int_equal(p.a.reason.code, 0);
	assert_int_equal(p.a.n, 0);
	pair_fini(&p);
}

static void lose_without_an_answer_does_not_wait(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	write_str(&p.b, "unread");
	twc_transport_lose(p.a.base.transport);
	run(&p);
	assert_true(p.a.is_lost);
	assert_int_equal(p.a.reason.code, 0);
	pair_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lose_flushes_first),
		cmocka_unit_test(lose_does_not_wait_for_ever),
		cmocka_unit_test(lose_without_an_answer_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
