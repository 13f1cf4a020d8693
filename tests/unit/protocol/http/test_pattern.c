/* SPDX-License-Identifier: MIT */
/* Route patterns: what they match with which values, which goes first, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/pattern.h"

#define UUID "123e4567-e89b-12d3-A456-426614174000"

static struct twc__http_pattern *make(const char *text)
{
	struct twc__http_pattern *p = NULL;
	struct twc_err err = { 0 };

	if (twc__http_pattern_new(&p, twc_str_of(text), &err))
		fail_msg("%s: %s", text, err.text);
	return p;
}

/* "n=5 x=y ~rest" or "no" or "slash". */
static const char *try(char *out, size_t cap, const char *pattern, const char *path)
{
	struct twc__http_pattern *p = make(pattern);
	struct twc__http_pattern_match m;
	enum twc__http_pattern_answer answer = twc__http_pattern_match(p, twc_str_of(path), &m);
	int n = 0;

	out[0] = '\0';
	for (size_t i = 0; answer == TWC__HTTP_PATTERN_YES && i < twc__http_pattern_count(p); i++) {
		struct twc_str name = twc__http_pattern_name(p, i);

		n += snprintf(out + n, cap - (size_t)n, "%.*s=%.*s ", (int)name.n, name.p, (int)m.value[i].n,
			      m.value[i].p);
	}
	if (answer != TWC__HTTP_PATTERN_YES)
		snprintf(out, cap, "%s", answer == TWC__HTTP_PATTERN_NO ? "no" : "slash");
	else if (m.rest.p)
		snprintf(out + n, cap - (size_t)n, "~%.*s", (int)m.rest.n, m.rest.p);
	twc__http_pattern_free(p);
	return out;
}

static void test_match(void **state)
{
	static const struct {
		const char *pattern, *path, *want;
	} rows[] = {
		{ "/a", "/a", "" },
		{ "/a", "/a/", "no" },
		{ "/a", "/ab", "no" },
		{ "/a", "/A", "no" },
		{ "/a", "/", "no" },
		{ "/a", "a", "no" },
		{ "/a", "", "no" },
		{ "/a", "*", "no" },
		{ "/a/b", "/a", "no" },
		{ "/a/b", "/a/b", "" },
		{ "/", "/", "~" },
		{ "/", "/a/b", "~a/b" },
		{ "/", "", "no" },
		{ "/s/", "/s/", "~" },
		{ "/s/", "/s/a/b", "~a/b" },
		{ "/s/", "/s", "slash" },
		{ "/s/", "/sx", "no" },
		{ "/s/", "/", "no" },
		{ "/u/<id>/", "/u/7", "slash" },
		{ "/u/<id>/", "/u/7/x", "id=7 ~x" },
		{ "/u/<id>/", "/u//x", "no" },
		{ "/run/<int:n>", "/run/5", "n=5 " },
		{ "/run/<int:n>", "/run/-5", "n=-5 " },
		{ "/run/<int:n>", "/run/007", "n=007 " },
		{ "/run/<int:n>", "/run/999999999999999999", "n=999999999999999999 " },
		{ "/run/<int:n>", "/run/1000000000000000000", "no" },
		{ "/run/<int:n>", "/run/", "no" },
		{ "/run/<int:n>", "/run/-", "no" },
		{ "/run/<int:n>", "/run/+5", "no" },
		{ "/run/<int:n>", "/run/5x", "no" },
		{ "/run/<int:n>", "/run/5.0", "no" },
		{ "/run/<int:n>", "/run/5/", "no" },
		{ "/f/<float:x>", "/f/1.5", "x=1.5 " },
		{ "/f/<float:x>", "/f/-0.25", "x=-0.25 " },
		{ "/f/<float:x>", "/f/3", "x=3 " },
		{ "/f/<float:x>", "/f/.5", "no" },
		{ "/f/<float:x>", "/f/5.", "no" },
		{ "/f/<float:x>", "/f/1e5", "no" },
		{ "/f/<float:x>", "/f/1.2.3", "no" },
		{ "/f/<float:x>", "/f/nan", "no" },
		{ "/o/<uuid:u>", "/o/" UUID, "u=" UUID " " },
		{ "/o/<uuid:u>", "/o/" UUID "0", "no" },
		{ "/o/<uuid:u>", "/o/123e4567-e89b-12d3-A456-42661417400g", "no" },
		{ "/o/<uuid:u>", "/o/123e4567ee89b-12d3-A456-426614174000", "no" },
		{ "/n/<name>", "/n/x y", "name=x y " },
		{ "/n/<name>", "/n/", "no" },
		{ "/n/<name>", "/n/a/b", "no" },
		{ "/<a>/x/<b>", "/1/x/2", "a=1 b=2 " },
		{ "/<a>/x/<b>", "/1/y/2", "no" },
		{ "/v<int:n>.json", "/v12.json", "n=12 " },
		{ "/v<int:n>.json", "/v.json", "no" },
		{ "/v<int:n>.json", "/v12.jso", "no" },
		{ "/aa<x>aa", "/aaa", "no" }, /* what is around may not overlap */
		{ "/aa<x>aa", "/aaaa", "no" },
		{ "/aa<x>aa", "/aaaaa", "x=a " },
		{ "/p/<path:p>", "/p/a", "p=a " },
		{ "/p/<path:p>", "/p/a/b/c", "p=a/b/c " },
		{ "/p/<path:p>", "/p/a/", "p=a/ " },
		{ "/p/<path:p>", "/p/", "no" },
		{ "/p/<path:p>", "/p", "no" },
		{ "/p/<path:p>", "/p//a", "no" },
		{ "/<path:p>/raw", "/a/raw", "p=a " },
		{ "/<path:p>/raw", "/raw/raw/raw", "p=raw/raw " },
		{ "/<path:p>/raw", "/raw", "no" },
		{ "/<path:p>/raw", "//raw", "no" },
		{ "/<path:p>/raw", "/a/raw/", "no" },
		{ "/<path:p>/<int:n>/x", "/a/b/3/x", "p=a/b n=3 " },
		{ "/<path:p>/<int:n>/x", "/a/b/c/x", "no" },
		{ "/<path:p>/<int:n>/x", "/3/x", "no" },
		{ "/<x>/<path:p>", "/a/b/c", "x=a p=b/c " },
		{ "/a%20b/%3Cc%3e", "/a b/<c>", "" },
		{ "/100%25", "/100%", "" },
		{ "/caf\xc3\xa9", "/caf\xc3\xa9", "" },
		{ "/caf%C3%A9/<x>", "/caf\xc3\xa9/1", "x=1 " },
	};
	char shown[256];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (strcmp(try(shown, sizeof(shown), rows[i].pattern, rows[i].path), rows[i].want) != 0)
			fail_msg("%s on %s: %s", rows[i].pattern, rows[i].path, shown);
}

static void test_faults(void **state)
{
	static const struct {
		const char *pattern;
		int column;
		const char *text; /* a part of it */
	} rows[] = {
		{ "", 1, "begins with /" },
		{ "a", 1, "begins with /" },
		{ "<a>", 1, "begins with /" },
		{ "//", 2, "nothing stands" },
		{ "/a//b", 4, "nothing stands" },
		{ "/a/./b", 4, "\".\"" },
		{ "/a/..", 4, "\"..\"" },
		{ "/%2e%2e/b", 2, "\"..\"" },
		{ "/a?b", 3, "no \"?\" (write %3F)" },
		{ "/a#b", 3, "no \"#\" (write %23)" },
		{ "/a>", 3, "no \">\" (write %3E)" },
		{ "/a\tb", 3, "control" },
		{ "/a%", 3, "%25" },
		{ "/a%2", 3, "%25" },
		{ "/a%zz", 3, "%25" },
		{ "/a%2Fb", 3, "%2F" },
		{ "/a%00", 3, "%00" },
		{ "/<a", 2, "not closed" },
		{ "/<a/b>", 2, "not closed" },
		{ "/<>", 3, "is no name" },
		{ "/<int:>", 7, "is no name" },
		{ "/<1a>", 3, "is no name" },
		{ "/<a-b>", 3, "is no name" },
		{ "/<a:b:c>", 3, "type of a variable" },
		{ "/<int:b:c>", 7, "is no name" },
		{ "/<imt:n>", 3, "did you mean int?" },
		{ "/<:n>", 3, "type of a variable" },
		{ "/<a><b>", 5, "only one variable" },
		{ "/<a>-<b>", 6, "only one variable" },
		{ "/<a>/<int:a>", 11, "two variables \"a\"" },
		{ "/x<path:p>", 2, "stand alone" },
		{ "/<path:p>x", 2, "stand alone" },
		{ "/<path:p>/<path:q>", 11, "only one <path:>" },
		{ "/<path:p>/", 10, "leave out the /" },
	};
	struct twc__http_pattern *p = NULL;
	char big[TWC__HTTP_PATTERN_MAX + 1], many[8 * (TWC__HTTP_PATTERN_VARS_MAX + 1)];
	struct twc_err err;
	int n = 0;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		err = (struct twc_err){ 0 };
		if (twc__http_pattern_new(&p, twc_str_of(rows[i].pattern), &err) != TWC_EUSAGE ||
		    err.column != rows[i].column || !strstr(err.text, rows[i].text))
			fail_msg("%s: %d %s", rows[i].pattern, err.column, err.text);
	}
	memset(big, 'a', sizeof(big));
	big[0] = '/';
	assert_int_equal(twc__http_pattern_new(&p, (struct twc_str){ big, sizeof(big) }, &err), TWC_EUSAGE);
	assert_int_equal(twc__http_pattern_new(&p, (struct twc_str){ big, sizeof(big) - 1 }, &err), 0);
	twc__http_pattern_free(p);
	for (int i = 0; i <= TWC__HTTP_PATTERN_VARS_MAX; i++)
		n += snprintf(many + n, sizeof(many) - (size_t)n, "/<v%d>", i);
	assert_int_equal(twc__http_pattern_new(&p, twc_str_of(many), &err), TWC_EUSAGE);
	assert_non_null(strstr(err.text, "more than 32 variables"));
	*strrchr(many, '/') = '\0';
	assert_int_equal(twc__http_pattern_new(&p, twc_str_of(many), &err), 0);
	assert_int_equal(twc__http_pattern_count(p), TWC__HTTP_PATTERN_VARS_MAX);
	twc__http_pattern_free(p);
	twc__http_pattern_free(NULL);
}

/* Each goes before all below it. */
static void test_order(void **state)
{
	static const char *const sorted[] = {
		"/a/b/c", "/a/b",   "/a/b/",	    "/a/v<int:n>.json", "/a/v<n>",   "/a/<int:n>", "/a/<x>/c",
		"/a/<x>", "/a/<x>/", "/a/<path:p>", "/a",		"/a/",	     "/<x>/c",	   "/<path:p>/c",
		"/<path:p>", "/",
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(sorted); i++) {
		for (size_t j = 0; j < TWC_ARRAY_LEN(sorted); j++) {
			struct twc__http_pattern *a = make(sorted[i]), *b = make(sorted[j]);
			int order = twc__http_pattern_compare(a, b);

			if (i < j ? order >= 0 : i > j ? order <= 0 : order != 0)
				fail_msg("%s %s: %d", sorted[i], sorted[j], order);
			twc__http_pattern_free(a);
			twc__http_pattern_free(b);
		}
	}
}

static void test_equal_order(void **state)
{
	struct twc__http_pattern *a = make("/a/<int:n>"), *b = make("/b/<uuid:m>");

	assert_int_equal(twc__http_pattern_compare(a, b), 0);
	twc__http_pattern_free(a);
	twc__http_pattern_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_equal_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
