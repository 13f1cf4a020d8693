/* SPDX-License-Identifier: MIT */
/* Dates of HTTP, cookies, logs and JSON: what is one, what is none, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "protocol/http/date.h"

#define NOW INT64_C(1795186800) /* 2026-11-20T15:00:00Z */
#define EXAMPLE INT64_C(784111777)

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t t;
	} rows[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE }, /* RFC 9110, 5.6.7 */
		{ "Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE },
		{ "Sun Nov  6 08:49:37 1994", EXAMPLE },
		{ "Sun Nov 06 08:49:37 1994", EXAMPLE },
		{ "Mon, 06 Nov 1994 08:49:37 GMT", EXAMPLE },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800 },
		{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
		{ "Tue, 19 Jan 2038 03:14:08 GMT", INT64_C(2147483648) },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799) },
		{ "Mon, 01 Jan 0001 00:00:00 GMT", INT64_C(-62135596800) },
		{ "Friday, 20-Nov-26 15:00:00 GMT", NOW },
		{ "Friday, 20-Nov-76 15:00:00 GMT", NOW + INT64_C(18263) * 86400 }, /* 50 years ahead */
		{ "Friday, 20-Nov-76 15:00:01 GMT", 217350001 }, /* more than that: 1976 */
		{ "Friday, 20-Nov-77 15:00:00 GMT", 248886000 },
		{ "Friday, 20-Nov-25 15:00:00 GMT", 1763650800 },
		{ "Tuesday, 29-Feb-00 00:00:00 GMT", 951782400 },
	};
	int64_t t;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		if (!twc__http_date_parse(twc_str_of(rows[i].text), NOW, &t))
			fail_msg("%s is refused", rows[i].text);
		if (t != rows[i].t)
			fail_msg("%s: %lld", rows[i].text, (long long)t);
	}
	/* Late in a century a small year is one of the next. */
	assert_true(twc__http_date_parse(TWC_STR("Sunday, 01-Jan-10 00:00:00 GMT"), INT64_C(3944678400), &t));
	assert_int_equal(t, INT64_C(4417977600));
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"Sun",
		"Sun,",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 gmt",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"sun, 06 Nov 1994 08:49:37 GMT",
		"Sux, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun,  06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 8:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 2023 08:49:37 GMT",
		"Sun, 29 Feb 1900 08:49:37 GMT",
		"Sun, 06 Nov 0000 08:49:37 GMT",
		"Sun, 06 Nov 1994 -8:49:37 GMT",
		"Sun, +6 Nov 1994 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov  6 08:49:37 1994 GMT",
		"Sunday Nov  6 08:49:37 1994",
		"Wednesday, 29-Feb-23 00:00:00 GMT",
		"0",
		"784111777",
		"1994-11-06T08:49:37Z",
	};
	int64_t t = 7;

	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		if (twc__http_date_parse(twc_str_of(bad[i]), NOW, &t))
			fail_msg("%s is accepted", bad[i]);
	assert_false(twc__http_date_parse((struct twc_str){ NULL, 0 }, NOW, &t));
	assert_int_equal(t, 7);
}

/* Against the C library, over all years and both ends. */
static void test_format(void **state)
{
	char out[TWC__HTTP_DATE_LEN], clf[TWC__HTTP_CLF_LEN], iso[TWC__HTTP_ISO_MAX], want[64];
	const int64_t first = INT64_C(-62135596800), last = INT64_C(253402300799);
	struct twc_str text = { out, sizeof(out) };
	int64_t back;

	for (int64_t t = first; t <= last; t += 7654321 + t % 86399) {
		time_t c_time = (time_t)t;
		struct tm tm;

		gmtime_r(&c_time, &tm);
		strftime(want, sizeof(want), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		twc__http_date_format(out, t);
		if (tm.tm_year >= -900) /* strftime pads no year */
			assert_memory_equal(out, want, sizeof(out));
		assert_true(twc__http_date_parse(text, NOW, &back));
		assert_int_equal(back, t);
	}
	twc__http_date_format(out, INT64_MIN);
	assert_memory_equal(out, "Mon, 01 Jan 0001 00:00:00 GMT", sizeof(out));
	twc__http_date_format(out, INT64_MAX);
	assert_memory_equal(out, "Fri, 31 Dec 9999 23:59:59 GMT", sizeof(out));
	twc__http_date_format(out, EXAMPLE);
	assert_memory_equal(out, "Sun, 06 Nov 1994 08:49:37 GMT", sizeof(out));
	twc__http_clf_format(clf, EXAMPLE);
	assert_memory_equal(clf, "06/Nov/1994:08:49:37 +0000", sizeof(clf));
	assert_int_equal(twc__http_iso_format(iso, EXAMPLE, 1234, 0), 20);
	assert_memory_equal(iso, "1994-11-06T08:49:37Z", 20);
	assert_int_equal(twc__http_iso_format(iso, EXAMPLE, 12345, 3), 24);
	assert_memory_equal(iso, "1994-11-06T08:49:37.012Z", 24);
	assert_int_equal(twc__http_iso_format(iso, EXAMPLE, 999999, 6), 27);
	assert_memory_equal(iso, "1994-11-06T08:49:37.999999Z", 27);
}

static void test_cookie_date(void **state)
{
	static const struct {
		const char *text;
		int64_t t; /* -1: none */
	} rows[] = {
		{ "Wed, 09 Jun 2021 10:18:14 GMT", 1623233894 }, /* RFC 6265, 3.1 */
		{ "Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE },
		{ "Sun Nov  6 08:49:37 1994", EXAMPLE },
		{ "1994 nov 6 8:49:37", EXAMPLE },
		{ "08:49:37/06/NOVEMBER/94", EXAMPLE },
		{ "06th Nov 1994x 08:49:37.999Z", EXAMPLE },
		{ "6;Nov;94;8:49:37", EXAMPLE },
		{ "Nov 94 8:49:37 6", -1 }, /* 94 is the day */
		{ "Thu, 01-Jan-1970 00:00:00 GMT", 0 },
		{ "01 Jan 69 00:00:00", INT64_C(3124224000) },
		{ "01 Jan 70 00:00:00", 0 },
		{ "01 Jan 1601 00:00:00", INT64_C(-11644473600) },
		{ "01 Jan 1600 00:00:00", -1 },
		{ "01 Jan 170 00:00:00", -1 },
		{ "01 Jan 19700 00:00:00", -1 },
		{ "001 Jan 1970 00:00:00", -1 },
		{ "01 Jan 1970 00:00", -1 },
		{ "01 Jan 1970 000:00:00", -1 },
		{ "01 Jan 1970 24:00:00", -1 },
		{ "01 Jan 1970 00:60:00", -1 },
		{ "01 Jan 1970 00:00:60", -1 },
		{ "31 Feb 1970 00:00:00", -1 },
		{ "32 Jan 1970 00:00:00", -1 },
		{ "00 Jan 1970 00:00:00", -1 },
		{ "01 Ja 1970 00:00:00", -1 },
		{ "", -1 },
		{ " ,;/", -1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		int64_t t = -1;

		if (twc__http_cookie_date(twc_str_of(rows[i].text), &t) != (rows[i].t != -1) || t != rows[i].t)
			fail_msg("%s: %lld", rows[i].text, (long long)t);
	}
}

static void test_iso(void **state)
{
	static const struct {
		const char *text;
		int64_t t; /* -1: none */
	} rows[] = {
		{ "1994-11-06", 784080000 },
		{ "1994-11-06T08:49:37Z", EXAMPLE },
		{ "1994-11-06t08:49:37z", EXAMPLE },
		{ "1994-11-06 08:49:37", EXAMPLE },
		{ "1994-11-06T08:49:37.123456789Z", EXAMPLE },
		{ "1994-11-06T08:49", EXAMPLE - 37 },
		{ "1994-11-06T09:49:37+01:00", EXAMPLE },
		{ "1994-11-05T19:19:37-13:30", EXAMPLE },
		{ "1985-04-12T23:20:50.52Z", 482196050 }, /* RFC 3339, 5.8 */
		{ "1996-12-19T16:39:57-08:00", 851042397 },
		{ "1990-12-31T23:59:60Z", 662688000 },
		{ "1994-11-06T", -1 },
		{ "1994-11-06Z", -1 },
		{ "1994-11-06T08", -1 },
		{ "1994-11-06T08:49:37.", -1 },
		{ "1994-11-06T08:49:37+0100", -1 },
		{ "1994-11-06T08:49:37+24:00", -1 },
		{ "1994-11-06T08:49:37Zx", -1 },
		{ "1994-13-06", -1 },
		{ "1994-02-29", -1 },
		{ "94-11-06", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		int64_t t = -1;

		if (twc__http_iso_parse(twc_str_of(rows[i].text), &t) != (rows[i].t != -1) || t != rows[i].t)
			fail_msg("%s: %lld", rows[i].text, (long long)t);
	}
}

static void test_typed(void **state)
{
	struct twc_err err = { 0 };
	int64_t t = 0;

	assert_int_equal(twc__http_time_parse(TWC_STR("1994-11-06"), NOW, &t, &err), 0);
	assert_int_equal(t, 784080000);
	assert_int_equal(twc__http_time_parse(TWC_STR("Sunday, 06-Nov-94 08:49:37 GMT"), NOW, &t, &err), 0);
	assert_int_equal(t, EXAMPLE);
	assert_int_equal(twc__http_time_parse(TWC_STR("tomorrow\n"), NOW, &t, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "\"tomorrow\\n\" is not a date (such as 2026-11-20, 2026-11-20T08:30:00Z or "
				      "\"Fri, 20 Nov 2026 08:30:00 GMT\")");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	    cmocka_unit_test(test_refused), cmocka_unit_test(test_format),
		cmocka_unit_test(test_cookie_date), cmocka_unit_test(test_iso),	    cmocka_unit_test(test_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
