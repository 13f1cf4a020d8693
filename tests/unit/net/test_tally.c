/* SPDX-License-Identifier: MIT */
/* Connections by host: up to a maximum each, many hosts, and none left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/net_int.h"

static void host(uint8_t ip[16], unsigned n)
{
	memset(ip, 0, 16);
	ip[0] = 0xfd;
	memcpy(ip + 8, &n, sizeof(n));
}

static void test_up_to_the_maximum(void **state)
{
	struct twc__tally t;
	uint8_t a[16], b[16];

	host(a, 1);
	host(b, 2);
	twc__tally_init(&t);
	assert_true(twc__tally_add(&t, a, 2));
	assert_true(twc__tally_add(&t, a, 2));
	assert_false(twc__tally_add(&t, a, 2));
	assert_true(twc__tally_add(&t, b, 2));
	assert_int_equal(t.n_hosts, 2);
	twc__tally_drop(&t, a);
	assert_true(twc__tally_add(&t, a, 2));
	assert_false(twc__tally_add(&t, a, 2));
	twc__tally_drop(&t, b);
	assert_int_equal(t.n_hosts, 1);
	twc__tally_fini(&t);
}

static void test_many_hosts(void **state)
{
	struct twc__tally t;
	uint8_t ip[16];

	twc__tally_init(&t);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 1000; i++) {
			host(ip, i);
			assert_true(twc__tally_add(&t, ip, 1));
			assert_false(twc__tally_add(&t, ip, 1));
		}
		assert_int_equal(t.n_hosts, 1000);
		assert_true(t.n_buckets >= t.n_hosts / 2); /* chains stay short */
		for (unsigned i = 0; i < 1000; i++) {
			host(ip, i);
			twc__tally_drop(&t, ip);
		}
		assert_int_equal(t.n_hosts, 0);
	}
	twc__tally_fini(&t);
	assert_null(t.buckets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up_to_the_maximum),
		cmocka_unit_test(test_many_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
