/* SPDX-License-Identifier: MIT */
/* The greeting comes first, once to each connection, NUL bytes and all; the rest passes as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/protocol.h>
#include "support/stand.h"

static void test_each_connection(void **state)
{
	char words[] = "hi\0there";
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_greet_new(&s.factory, (struct twc_str){ words, 8 });
	memset(words, 'x', sizeof(words)); /* it was copied */
	for (unsigned i = 0; i < 2; i++) {
		s.inner[i].replies = true;
		assert_true(stand_connect(&s, f, i, NULL, 0));
		stand_pass(&s, 0);
		assert_int_equal(s.inner[i].made, 1);
		assert_int_equal(s.peer[i].bytes, 8);
		stand_send(&s, i, 5);
		assert_int_equal(s.inner[i].bytes, 5);
		assert_int_equal(s.peer[i].bytes, 13);
	}
	stand_close(&s, f);
}

static void test_nobody_built(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_greet_new(&s.factory, TWC_STR("hi"));
	s.built = STAND_MAX;
	assert_false(stand_connect(&s, f, 0, NULL, 0));
	stand_close(&s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_connection),
		cmocka_unit_test(test_nobody_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
