/* SPDX-License-Identifier: MIT */
/* The token bucket: how much has come through after so much time. The wire holds little, so reads are small. */
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
#define WIRE 100

static void test_rate(void **state)
{
	static const struct {
		uint64_t rate, burst;
		size_t at_once, after_1s, after_10s; /* bytes heard, give or take one read */
	} rows[] = {
		{ 1000, 0, 1000, 2000, 11000 },
		{ 1000, 200, 200, 1200, 10200 },
		{ 1000, 3000, 3000, 4000, 13000 },
		{ 100000000, 0, 50000, 50000, 50000 }, /* not in the way */
		{ UINT64_MAX, UINT64_MAX, 50000, 50000, 50000 },
		{ 1, 1, 0, 0, 0 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct stand s;
		struct twc_factory *f;

		stand_open(&s);
		f = twc_policy_throttle_new(s.r, &s.factory, rows[i].rate, rows[i].burst);
		assert_true(stand_connect(&s, f, 0, NULL, WIRE));
		stand_send(&s, 0, 50000);
		assert_in_range(s.inner[0].bytes, rows[i].at_once, rows[i].at_once + WIRE);
		stand_pass(&s, SECOND);
		assert_in_range(s.inner[0].bytes, rows[i].after_1s, rows[i].after_1s + WIRE);
		stand_pass(&s, 9 * SECOND);
		assert_in_range(s.inner[0].bytes, rows[i].after_10s, rows[i].after_10s + WIRE);
		stand_close(&s, f);
	}
}

/* The bucket fills while nothing comes, and no further than the burst. */
static void test_refills(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_throttle_new(s.r, &s.factory, 1000, 500);
	assert_true(stand_connect(&s, f, 0, NULL, WIRE));
	stand_send(&s, 0, 500);
	assert_int_equal(s.inner[0].bytes, 500);
	stand_pass(&s, 100 * SECOND);
	stand_send(&s, 0, 5000);
	assert_in_range(s.inner[0].bytes, 1000, 1000 + WIRE);
	stand_close(&s, f);
}

/* One read larger than all that is made up for by the pause after it. */
static void test_large_read(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_throttle_new(s.r, &s.factory, 1000, 1000);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	stand_send(&s, 0, 5000);
	stand_send(&s, 0, 1);
	assert_int_equal(s.inner[0].bytes, 5000);
	stand_pass(&s, 4 * SECOND - 1);
	assert_int_equal(s.inner[0].bytes, 5000);
	stand_pass(&s, 1);
	assert_int_equal(s.inner[0].bytes, 5001);
	stand_close(&s, f);
}

/* The protocol's own pause counts beside ours; eof waits with the rest; lost while we hold a pause. */
static void test_beside_other_pauses(void **state)
{
	struct stand s;
	struct twc_factory *f;

	stand_open(&s);
	f = twc_policy_throttle_new(s.r, &s.factory, 1000, 100);
	assert_true(stand_connect(&s, f, 0, NULL, 0));
	stand_send(&s, 0, 1100);
	twc_transport_pause(s.inner[0].base.transport);
	stand_send(&s, 0, 10);
	twc_transport_write_eof(s.peer[0].base.transport);
	stand_pass(&s, 5 * SECOND);
	assert_int_equal(s.inner[0].bytes, 1100);
	twc_transport_resume(s.inner[0].base.transport);
	stand_pass(&s, 0);
	assert_int_equal(s.inner[0].bytes, 1110);
	assert_int_equal(s.inner[0].eofs, 1);

	assert_true(stand_connect(&s, f, 1, NULL, 0));
	stand_send(&s, 1, 50000);
	twc_transport_abort(s.inner[1].base.transport);
	stand_pass(&s, 100 * SECOND);
	assert_int_equal(s.inner[1].lost, 1);
	stand_close(&s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_refills),
		cmocka_unit_test(test_large_read),
		cmocka_unit_test(test_beside_other_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
