/* SPDX-License-Identifier: MIT */
/* Entity tags, and the order of RFC 9110, 13.2.2 as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http/precond.h"

#define NOW INT64_C(1795186800)	     /* Fri, 20 Nov 2026 15:00:00 GMT */
#define MTIME INT64_C(784111777)     /* Sun, 06 Nov 1994 08:49:37 GMT */
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Mon, 07 Nov 1994 08:49:37 GMT"
#define FUTURE "Sat, 21 Nov 2026 15:00:00 GMT"

static void test_etag(void **state)
{
	static const struct {
		const char *text, *tag;
		bool is_weak;
	} good[] = {
		{ "\"xyzzy\"", "xyzzy", false }, { "W/\"xyzzy\"", "xyzzy", true }, { "\"\"", "", false },
		{ "\"a,b\\\"", "a,b\\", false }, { "\"\xc3\xa9\"", "\xc3\xa9", false },
	};
	static const char *const bad[] = {
		"",	      "xyzzy", "\"",	   "\"a",      "a\"",	   "w/\"a\"", "W\"a\"",
		"W/ \"a\"", "W/",    "\"a b\"", "\"a\x7f\"", "\"a\" ", "*",	      "\"a\"\"b\"",
	};
	struct twc__http_etag e;

	for (size_t i = 0; i < TWC_ARRAY_LEN(good); i++)
		if (!twc__http_etag_parse(twc_str_of(good[i].text), &e) || !twc_str_is(e.tag, good[i].tag) ||
		    e.is_weak != good[i].is_weak)
			fail_msg("%s", good[i].text);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		if (twc__http_etag_parse(twc_str_of(bad[i]), &e))
			fail_msg("%s is accepted", bad[i]);
}

/* The table of RFC 9110, 8.8.3.2. */
static void test_compare(void **state)
{
	static const struct {
		const char *a, *b;
		bool strong, weak;
	} rows[] = {
		{ "W/\"1\"", "W/\"1\"", false, true },
		{ "W/\"1\"", "W/\"2\"", false, false },
		{ "W/\"1\"", "\"1\"", false, true },
		{ "\"1\"", "\"1\"", true, true },
	};
	struct twc__http_etag a, b;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_true(twc__http_etag_parse(twc_str_of(rows[i].a), &a));
		assert_true(twc__http_etag_parse(twc_str_of(rows[i].b), &b));
		assert_int_equal(twc__http_etag_eq_strong(&a, &b), rows[i].strong);
		assert_int_equal(twc__http_etag_eq_weak(&a, &b), rows[i].weak);
	}
}

static void test_list(void **state)
{
	static const struct {
		const char *list;
		int n;
	} rows[] = {
		{ "", 0 },	       { "\"a\"", 1 },		 { "\"a\", W/\"b\"", 2 }, { ", ,\"a\",,\"b\" ,\t\"c\"", 3 },
		{ "\"a\" \"b\"", 0 },  { "\"a\", b, \"c\"", 1 }, { "a, \"c\"", 0 },	  { "\"a,b\"", 1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str list = twc_str_of(rows[i].list);
		struct twc__http_etag e;
		int n = 0;

		while (twc__http_etag_next(&list, &e))
			n++;
		if (n != rows[i].n)
			fail_msg("%s: %d", rows[i].list, n);
	}
}

enum { OK = TWC__HTTP_PROCEED, NOT_MODIFIED = TWC__HTTP_NOT_MODIFIED, FAILED = TWC__HTTP_FAILED };

struct row {
	const char *method, *match, *unmodified, *none_match, *modified, *if_range;
	int answer;
	bool use_range; /* when it has Range */
};

static void check(const struct row *r, const struct twc__http_validators *v)
{
	struct twc__http_conditions c = {
		.method = twc_str_of(r->method),
		.if_match = twc_str_of(r->match),
		.if_unmodified_since = twc_str_of(r->unmodified),
		.if_none_match = twc_str_of(r->none_match),
		.if_modified_since = twc_str_of(r->modified),
		.if_range = twc_str_of(r->if_range),
		.has_range = true,
	};
	bool use_range = true;
	int answer = (int)twc__http_precond_check(&c, v, NOW, &use_range);

	if (answer != r->answer || use_range != r->use_range)
		fail_msg("%s match %s unmodified %s none-match %s modified %s if-range %s: %d %d", r->method, r->match,
			 r->unmodified, r->none_match, r->modified, r->if_range, answer, use_range);
	c.has_range = false;
	assert_int_equal(twc__http_precond_check(&c, v, NOW, &use_range), answer);
	assert_false(use_range);
	assert_int_equal(twc__http_precond_check(&c, v, NOW, NULL), answer);
}

static void test_order(void **state)
{
	static const struct twc__http_validators there = { true, true, MTIME, { "\"v1\"", 4 } };
	static const struct row rows[] = {
		{ "GET", NULL, NULL, NULL, NULL, NULL, OK, true },
		{ "HEAD", NULL, NULL, NULL, NULL, NULL, OK, false },
		{ "PUT", NULL, NULL, NULL, NULL, NULL, OK, false },
		{ "GET", "\"v1\"", NULL, NULL, NULL, NULL, OK, true },
		{ "GET", "\"v0\", \"v1\"", NULL, NULL, NULL, NULL, OK, true },
		{ "GET", "*", NULL, NULL, NULL, NULL, OK, true },
		{ "GET", "\"v2\"", NULL, NULL, NULL, NULL, FAILED, false },
		{ "PUT", "W/\"v1\"", NULL, NULL, NULL, NULL, FAILED, false },
		{ "PUT", "", NULL, NULL, NULL, NULL, FAILED, false },
		{ "PUT", "v1", NULL, NULL, NULL, NULL, FAILED, false },
		{ "PUT", "\"v1\"", BEFORE, NULL, NULL, NULL, OK, false }, /* the tag makes the date moot */
		{ "PUT", NULL, BEFORE, NULL, NULL, NULL, FAILED, false },
		{ "PUT", NULL, SAME, NULL, NULL, NULL, OK, false },
		{ "PUT", NULL, AFTER, NULL, NULL, NULL, OK, false },
		{ "PUT", NULL, "yesterday", NULL, NULL, NULL, OK, false },
		{ "GET", NULL, NULL, "\"v1\"", NULL, NULL, NOT_MODIFIED, false },
		{ "GET", NULL, NULL, "W/\"v1\"", NULL, NULL, NOT_MODIFIED, false },
		{ "HEAD", NULL, NULL, "\"v0\",\"v1\"", NULL, NULL, NOT_MODIFIED, false },
		{ "GET", NULL, NULL, "*", NULL, NULL, NOT_MODIFIED, false },
		{ "PUT", NULL, NULL, "*", NULL, NULL, FAILED, false },
		{ "POST", NULL, NULL, "\"v1\"", NULL, NULL, FAILED, false },
		{ "GET", NULL, NULL, "\"v2\"", SAME, NULL, OK, true }, /* the date is ignored beside a tag */
		{ "GET", NULL, NULL, "nonsense", SAME, NULL, OK, true },
		{ "GET", NULL, NULL, NULL, SAME, NULL, NOT_MODIFIED, false },
		{ "HEAD", NULL, NULL, NULL, AFTER, NULL, NOT_MODIFIED, false },
		{ "GET", NULL, NULL, NULL, BEFORE, NULL, OK, true },
		{ "GET", NULL, NULL, NULL, FUTURE, NULL, OK, true },
		{ "GET", NULL, NULL, NULL, "nonsense", NULL, OK, true },
		{ "POST", NULL, NULL, NULL, SAME, NULL, OK, false },
		{ "GET", "\"v2\"", NULL, "\"v1\"", NULL, NULL, FAILED, false }, /* 412 goes before 304 */
		{ "GET", NULL, BEFORE, "\"v1\"", NULL, NULL, FAILED, false },
		{ "GET", NULL, NULL, NULL, NULL, "\"v1\"", OK, true },
		{ "GET", NULL, NULL, NULL, NULL, "\"v2\"", OK, false },
		{ "GET", NULL, NULL, NULL, NULL, "W/\"v1\"", OK, false },
		{ "GET", NULL, NULL, NULL, NULL, "\"v1\", \"v2\"", OK, false },
		{ "GET", NULL, NULL, NULL, NULL, "*", OK, false },
		{ "GET", NULL, NULL, NULL, NULL, SAME, OK, true },
		{ "GET", NULL, NULL, NULL, NULL, AFTER, OK, false },
		{ "GET", NULL, NULL, NULL, NULL, BEFORE, OK, false },
		{ "HEAD", NULL, NULL, NULL, NULL, "\"v1\"", OK, false },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check(&rows[i], &there);
}

static void test_without(void **state)
{
	static const struct twc__http_validators absent = { 0 }, bare = { .exists = true };
	static const struct twc__http_validators weak = { true, true, MTIME, { "W/\"v1\"", 6 } };
	static const struct twc__http_validators fresh = { true, true, NOW, { NULL, 0 } };
	static const struct {
		const struct twc__http_validators *v;
		struct row row;
	} rows[] = {
		{ &absent, { "PUT", "*", NULL, NULL, NULL, NULL, FAILED, false } },
		{ &absent, { "PUT", NULL, NULL, "*", NULL, NULL, OK, false } },
		{ &absent, { "PUT", NULL, BEFORE, NULL, NULL, NULL, OK, false } },
		{ &absent, { "GET", NULL, NULL, NULL, AFTER, NULL, OK, false } },
		{ &bare, { "GET", "*", NULL, NULL, NULL, NULL, OK, true } },
		{ &bare, { "GET", "\"\"", NULL, NULL, NULL, NULL, FAILED, false } },
		{ &bare, { "GET", NULL, BEFORE, "\"\"", NULL, NULL, OK, true } },
		{ &bare, { "GET", NULL, NULL, NULL, AFTER, "\"\"", OK, false } },
		{ &weak, { "GET", "W/\"v1\"", NULL, NULL, NULL, NULL, FAILED, false } },
		{ &weak, { "GET", NULL, NULL, "\"v1\"", NULL, NULL, NOT_MODIFIED, false } },
		{ &weak, { "GET", NULL, NULL, NULL, NULL, "W/\"v1\"", OK, false } },
		/* Changed in this very second: its date says nothing yet. */
		{ &fresh, { "GET", NULL, NULL, NULL, NULL, "Fri, 20 Nov 2026 15:00:00 GMT", OK, false } },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		check(&rows[i].row, rows[i].v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_etag),  cmocka_unit_test(test_compare), cmocka_unit_test(test_list),
		cmocka_unit_test(test_order), cmocka_unit_test(test_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
