/* SPDX-License-Identifier: MIT */
/* Each connection has its rate from its first byte on, both ways, and an account of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/parse.h>
#include <twc/protocol.h>
#include "support/stand.h"

static void test_each_connection(void **state)
{
	static char bytes[100000];
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_rate_new(&s.factory, 10000, 2000);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(stand_connect(&s, f, i, NULL, 0));
		stand_send(&s, i, 50000);
		assert_int_equal(s.inner[i].bytes, 2000);
	}
	twc_transport_write(s.inner[0].base.transport, bytes, sizeof(bytes));
	stand_pass(&s, 0);
	assert_int_equal(s.peer[0].bytes, 2000);
	for (int i = 0; i < 200; i++)
		stand_pass(&s, 10 * TWC_NS_PER_MS);
	assert_in_range(s.inner[0].bytes, 21000, 22500);
	assert_in_range(s.inner[1].bytes, 21000, 22500);
	assert_in_range(s.peer[0].bytes, 21000, 22500);
	stand_close(&s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
