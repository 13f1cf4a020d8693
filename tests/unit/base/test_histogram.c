/* SPDX-License-Identifier: MIT */
/* The histogram against what sorting all values gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/histogram.h"

#define N 20000

static uint64_t seed = 12345;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static long double apart(long double a, long double b)
{
	return a > b ? a - b : b - a;
}

static void check(const char *name, uint64_t *v, size_t n, const struct twc__histogram *h)
{
	static const uint32_t parts[] = { 1, 100000, 500000, 750000, 900000, 950000, 990000, 999000, 999900, 1000000 };
	long double sum = 0, square = 0, deviation;

	qsort(v, n, sizeof(*v), compare);
	assert_int_equal(h->n, n);
	assert_int_equal(h->min, v[0]);
	assert_int_equal(h->max, v[n - 1]);
	for (size_t i = 0; i < TWC_ARRAY_LEN(parts); i++) {
		size_t rank = (parts[i] * n + 999999) / 1000000;
		uint64_t exact = v[(rank ? rank : 1) - 1], got = twc__histogram_percentile(h, parts[i]);
		long double off = apart((long double)got, (long double)exact);

		if (off > (long double)exact * 0.01L)
			fail_msg("%s, %u ppm: %llu in place of %llu", name, parts[i], (unsigned long long)got,
				 (unsigned long long)exact);
		if (parts[i] == TWC__HISTOGRAM_ALL)
			assert_true(got == exact);
	}
	for (size_t i = 0; i < n; i++)
		sum += (long double)v[i];
	for (size_t i = 0; i < n; i++)
		square += ((long double)v[i] - sum / (long double)n) * ((long double)v[i] - sum / (long double)n);
	assert_true(apart((long double)twc__histogram_mean(h), sum / (long double)n) <= 1e-9L * (sum / (long double)n) + 1e-9L);
	square /= (long double)n;
	deviation = (long double)twc__histogram_deviation(h);
	if (apart(deviation * deviation, square) > 1e-6L * square + 1e-6L)
		fail_msg("%s: deviation %Lf in place of the root of %Lf", name, deviation, square);
}

static uint64_t value_of(int kind)
{
	switch (kind) {
	case 0: return next() % 100;		     /* those that have a slot each */
	case 1: return 50000 + next() % 1000;	     /* all alike */
	case 2: return UINT64_C(1) << next() % 40;   /* powers of two */
	case 3: return next() >> (next() % 60);	     /* all sizes */
	default: return next() % 1000 ? 200000 + next() % 100000 : 900000000 + next() % 100000000; /* with outliers */
	}
}

static void test_against_sorted_values(void **state)
{
	static const char *const names[] = { "small", "narrow", "powers", "all sizes", "outliers" };
	uint64_t *v = calloc(N, sizeof(*v));

	for (int kind = 0; kind < 5; kind++) {
		for (size_t n = 1; n <= N; n *= 27) {
			struct twc__histogram *h = calloc(1, sizeof(*h));

			for (size_t i = 0; i < n; i++)
				twc__histogram_add(h, v[i] = value_of(kind));
			check(names[kind], v, n, h);
			free(h);
		}
	}
	free(v);
}

/* Merged, several are what one of all would have been. */
static void test_merged(void **state)
{
	struct twc__histogram *h = calloc(4, sizeof(*h));
	uint64_t *v = calloc(N, sizeof(*v));

	for (size_t i = 0; i < N; i++)
		twc__histogram_add(&h[i < N / 2 ? 0 : 1 + i % 2], v[i] = value_of(4));
	for (int i = 0; i < 3; i++)
		twc__histogram_merge(&h[3], &h[i]);
	check("merged", v, N, &h[3]);
	h[0] = (struct twc__histogram){ 0 };
	twc__histogram_merge(&h[3], &h[0]);
	assert_int_equal(h[3].n, N);
	free(v);
	free(h);
}

static void test_ends(void **state)
{
	struct twc__histogram *h = calloc(1, sizeof(*h));

	assert_int_equal(twc__histogram_percentile(h, 500000), 0);
	assert_int_equal(twc__histogram_up_to(h, 5), 0);
	assert_true(twc__histogram_mean(h) == 0 && twc__histogram_deviation(h) == 0);
	twc__histogram_add(h, UINT64_MAX);
	twc__histogram_add(h, 0);
	assert_true(h->min == 0 && h->max == UINT64_MAX);
	assert_true(twc__histogram_percentile(h, 500000) == 0);
	assert_true(twc__histogram_percentile(h, 1000000) == UINT64_MAX);
	assert_int_equal(twc__histogram_up_to(h, 0), 1);
	assert_int_equal(twc__histogram_up_to(h, UINT64_MAX), 2);
	free(h);
}

static void test_up_to(void **state)
{
	struct twc__histogram *h = calloc(1, sizeof(*h));

	for (uint64_t i = 1; i <= 1000; i++)
		twc__histogram_add(h, i * 1000);
	assert_int_equal(twc__histogram_up_to(h, 999), 0);
	assert_int_equal(twc__histogram_up_to(h, 1000000), 1000);
	assert_in_range(twc__histogram_up_to(h, 500000), 495, 505);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_sorted_values),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_up_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
