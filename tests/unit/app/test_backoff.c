/* SPDX-License-Identifier: MIT */
/* lib/app/backoff.c: the exact sequences. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/app.h>
#include <twc/parse.h>

#define MS TWC_NS_PER_MS

static void waiting_doubles_up_to_a_second(void **state)
{
	static const uint64_t ms[] = { 50, 100, 200, 400, 800, 1000, 1000, 1000 };

	for (unsigned i = 0; i < TWC_ARRAY_LEN(ms); i++)
		assert_int_equal(twc_backoff_delay(&twc_backoff_wait, i + 1, UINT32_MAX), ms[i] * MS);
}

/* min(1.5^n, 60) s, n = 1, 2, 3… */
static void again_is_twisteds(void **state)
{
	static const uint64_t us[] = { 1500000, 2250000, 3375000, 5062500, 7593750, 11390625, 17085937, 25628906,
				       38443359, 57665039, 60000000, 60000000, 60000000 };

	for (unsigned i = 0; i < TWC_ARRAY_LEN(us); i++)
		assert_int_equal(twc_backoff_delay(&twc_backoff_again, i + 1, 0) / TWC_NS_PER_US, us[i]);
	assert_int_equal(twc_backoff_delay(&twc_backoff_again, 10000, 0), 60 * TWC_NS_PER_S);
	assert_int_equal(twc_backoff_delay(&twc_backoff_again, UINT32_MAX, 0), 60 * TWC_NS_PER_S);
}

static void jitter_is_added(void **state)
{
	uint64_t half = twc_backoff_delay(&twc_backoff_again, 1, UINT32_C(1) << 31);
	uint64_t most = twc_backoff_delay(&twc_backoff_again, 99, UINT32_MAX);

	assert_int_equal(half, 2000 * MS);
	assert_true(most < 61 * TWC_NS_PER_S && most > 61 * TWC_NS_PER_S - 10);
}

static void jitter_is_spread(void **state)
{
	struct twc_backoff b = { .first_ns = 200 * MS, .max_ns = TWC_NS_PER_S, .spread = true };

	assert_int_equal(twc_backoff_delay(&b, 1, 0), 100 * MS);
	assert_int_equal(twc_backoff_delay(&b, 1, UINT32_C(1) << 31), 150 * MS);
	assert_true(twc_backoff_delay(&b, 1, UINT32_MAX) < 200 * MS);
	assert_int_equal(twc_backoff_delay(&b, 9, 0), 500 * MS);
}

static void without_a_maximum_it_stays(void **state)
{
	struct twc_backoff b = { .first_ns = 300 * MS };

	for (unsigned n = 1; n < 20; n++)
		assert_int_equal(twc_backoff_delay(&b, n, 12345), 300 * MS);
}

static void the_longest_durations_do_not_overflow(void **state)
{
	uint64_t year = TWC_DURATION_MAX_S * TWC_NS_PER_S;
	struct twc_backoff b = { .first_ns = year - 1, .max_ns = year, .add_ns = year };

	assert_int_equal(twc_backoff_delay(&b, 1000, 0), year);
	assert_true(twc_backoff_delay(&b, 1000, UINT32_MAX) <= 2 * year);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting_doubles_up_to_a_second),
		cmocka_unit_test(again_is_twisteds),
		cmocka_unit_test(jitter_is_added),
		cmocka_unit_test(jitter_is_spread),
		cmocka_unit_test(without_a_maximum_it_stays),
		cmocka_unit_test(the_longest_durations_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
