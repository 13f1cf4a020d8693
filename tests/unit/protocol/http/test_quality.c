/* SPDX-License-Identifier: MIT */
/* Weights: which coding and which media type a client gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http/quality.h"

static void test_weights(void **state)
{
	static const struct {
		const char *text;
		int q; /* -1: passed over */
	} rows[] = {
		{ "a", 1000 },	   { "a;q=1", 1000 },	  { "a;q=1.", 1000 },	{ "a;q=1.000", 1000 },	 { "a;q=0", 0 },
		{ "a;q=0.", 0 },   { "a;q=0.5", 500 },	  { "a;Q=0.25", 250 },	{ "a ; q=0.125", 125 },	 { "a;q=0.001", 1 },
		{ "a;x=y;q=0.7;ext=1", 700 },		  { "a;x=\"q=0.1\"", 1000 },
		{ "a;q=1.1", -1 }, { "a;q=1.001", -1 },	  { "a;q=2", -1 },	{ "a;q=0.1234", -1 },	 { "a;q=.5", -1 },
		{ "a;q=-1", -1 },  { "a;q=", -1 },	  { "a;q", -1 },	{ "a;q=0:5", -1 },	 { "a;q=1e0", -1 },
		{ "a;q=00", -1 },  { "a;q=\"1\"", -1 },	  { ";q=1", -1 },	{ "a;q=0.5x", -1 },	 { "a;b;q=1", -1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str rest = twc_str_of(rows[i].text);
		struct twc__http_quality each = { .q = 7777 };
		bool ok = twc__http_quality_next(&rest, &each);

		if (rows[i].q < 0 ? ok && twc_str_is(each.value, "a") : !ok || (int)each.q != rows[i].q)
			fail_msg("%s: %d %u", rows[i].text, ok, each.q);
	}
}

static void test_coding(void **state)
{
	enum { ID = TWC__HTTP_CODING_IDENTITY, NONE = TWC__HTTP_CODING_NONE, BR = 0, GZIP = 1 };
	static const char *const offered[] = { "br", "gzip", NULL }, *const nothing[] = { NULL };
	static const struct {
		const char *field;
		int want;
	} rows[] = {
		{ NULL, ID },
		{ "", ID }, /* RFC 9110, 12.5.3 */
		{ "compress, gzip", GZIP },
		{ "*", BR },
		{ "compress;q=0.5, gzip;q=1.0", GZIP },
		{ "gzip;q=1.0, identity; q=0.5, *;q=0", GZIP },
		{ "gzip, deflate, br", BR },
		{ "gzip, deflate, br;q=0.9", GZIP },
		{ "gzip;q=0.5,br;q=0.5", BR },
		{ "GZIP", GZIP },
		{ "x-gzip", GZIP },
		{ "deflate", ID },
		{ "identity", ID },
		{ "gzip;q=0", ID },
		{ "gzip;q=0, *", BR },
		{ "br;q=0, *", GZIP },
		{ "identity, gzip", GZIP },
		{ "identity, gzip;q=0.9", ID },
		{ "gzip;q=0.001", GZIP },
		{ "identity;q=0, deflate", NONE },
		{ "identity;q=0, gzip", GZIP },
		{ "*;q=0", NONE },
		{ "*;q=0, identity", ID },
		{ "*;q=0, gzip;q=0.1", GZIP },
		{ "gzip;q=nonsense", ID },
		{ "gzip;q=0.5, *;q=0.8", BR },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		int got = twc__http_choose_coding(twc_str_of(rows[i].field), offered);

		if (got != rows[i].want)
			fail_msg("%s: %d", rows[i].field ? rows[i].field : "(none)", got);
	}
	assert_int_equal(twc__http_choose_coding(TWC_STR("*"), nothing), ID);
}

/* The example of RFC 9110, 12.5.1, and more. */
static void test_weight_of_type(void **state)
{
	static const char field[] = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, "
				    "text/plain;format=fixed;q=0.4, */*;q=0.5";
	static const struct {
		const char *field, *type;
		unsigned q, precision;
	} rows[] = {
		{ field, "text/plain;format=flowed", 1000, 4 },
		{ field, "text/plain", 700, 3 },
		{ field, "text/html", 300, 2 },
		{ field, "image/jpeg", 500, 1 },
		{ field, "text/plain;format=fixed", 400, 4 },
		{ field, "text/html;level=3", 300, 2 },
		{ NULL, "text/html", 1000, 0 },
		{ "", "text/html", 0, 0 },
		{ "TEXT/HTML", "text/html; charset=utf-8", 1000, 3 },
		{ "text/html;charset=\"UTF-8\"", "text/html; charset=utf-8", 1000, 4 },
		{ "text/html;charset=latin1", "text/html; charset=utf-8", 0, 0 },
		{ "*/html", "text/html", 0, 0 },
		{ "text", "text/html", 0, 0 },
		{ "*", "text/html", 0, 0 },
		{ "text/*, */*;q=0", "application/json", 0, 1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		unsigned precision = 99;
		unsigned q = twc__http_accept_weight(twc_str_of(rows[i].field), twc_str_of(rows[i].type), &precision);

		if (q != rows[i].q || precision != rows[i].precision)
			fail_msg("%s for %s: %u %u", rows[i].type, rows[i].field ? rows[i].field : "(none)", q, precision);
	}
}

static void test_type(void **state)
{
	static const char *const offered[] = { "text/html", "application/json", NULL };
	static const struct {
		const char *field;
		int want;
	} rows[] = {
		{ NULL, 0 },
		{ "*/*", 0 },
		{ "application/json", 1 },
		{ "application/json, text/html;q=0.9", 1 },
		{ "application/json, text/html", 0 },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 0 },
		{ "image/png", -1 },
		{ "text/html;q=0, */*;q=0.1", 1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		int got = twc__http_choose_type(twc_str_of(rows[i].field), offered);

		if (got != rows[i].want)
			fail_msg("%s: %d", rows[i].field ? rows[i].field : "(none)", got);
	}
}

/* Beyond the limit nothing counts. */
static void test_bound(void **state)
{
	static const char *const offered[] = { "gzip", NULL };
	char field[2 * TWC__HTTP_QUALITY_MAX + 8];
	size_t n = 0;

	for (int i = 0; i < TWC__HTTP_QUALITY_MAX; i++) {
		field[n++] = 'x';
		field[n++] = ',';
	}
	memcpy(field + n, "gzip", 4);
	assert_int_equal(twc__http_choose_coding((struct twc_str){ field, n + 4 }, offered), TWC__HTTP_CODING_IDENTITY);
	assert_int_equal(twc__http_choose_coding((struct twc_str){ field + 2, n + 2 }, offered), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights), cmocka_unit_test(test_coding), cmocka_unit_test(test_weight_of_type),
		cmocka_unit_test(test_type),	cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
