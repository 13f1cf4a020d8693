/* SPDX-License-Identifier: MIT */
/* Methods, tokens, lists. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/http_message.h>

static void methods(void **state)
{
	static const struct {
		const char *name;
		enum twc_http_method method;
		bool is_safe, is_idempotent;
	} rows[] = {
		{ "GET", TWC_HTTP_GET, true, true },	     { "HEAD", TWC_HTTP_HEAD, true, true },
		{ "POST", TWC_HTTP_POST, false, false },     { "PUT", TWC_HTTP_PUT, false, true },
		{ "DELETE", TWC_HTTP_DELETE, false, true },  { "CONNECT", TWC_HTTP_CONNECT, false, false },
		{ "OPTIONS", TWC_HTTP_OPTIONS, true, true }, { "TRACE", TWC_HTTP_TRACE, true, true },
		{ "PATCH", TWC_HTTP_PATCH, false, false },   { "BREW", TWC_HTTP_OTHER, false, false },
		{ "get", TWC_HTTP_OTHER, false, false },     { "GETS", TWC_HTTP_OTHER, false, false },
		{ "", TWC_HTTP_OTHER, false, false },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_int_equal(twc_http_method_of(twc_str_of(rows[i].name)), rows[i].method);
		assert_int_equal(twc_http_method_is_safe(rows[i].method), rows[i].is_safe);
		assert_int_equal(twc_http_method_is_idempotent(rows[i].method), rows[i].is_idempotent);
	}
	assert_true(twc_http_is_token(TWC_STR("a!#$%&'*+-.^_`|~9")));
	assert_false(twc_http_is_token(TWC_STR("")));
	assert_false(twc_http_is_token(TWC_STR("a b")));
	assert_false(twc_http_is_token(TWC_STR("a\0")));
}

static void lists(void **state)
{
	static const struct {
		const char *in, *want; /* members joined by | */
	} rows[] = {
		{ "", "" },
		{ " , ,, \t", "" },
		{ "a", "a|" },
		{ " a ,\tb b,,c,", "a|b b|c|" },
		{ "\"a,b\", c", "\"a,b\"|c|" },
		{ "\"a\\\",b\",c", "\"a\\\",b\"|c|" },
		{ "x=\"a,b\";y, c", "x=\"a,b\";y|c|" },
		{ "1.1 a (x, (y, z), \\), w), 1.1 b", "1.1 a (x, (y, z), \\), w)|1.1 b|" },
		{ "\"never, closed", "\"never, closed|" },
		{ "(never, (closed), x", "(never, (closed), x|" },
		{ "\"\\", "\"\\|" },
		{ "W/\"(\", \"b\"", "W/\"(\"|\"b\"|" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str rest = twc_str_of(rows[i].in), member;
		char text[128];
		size_t n = 0;

		while (twc_http_list_next(&rest, &member)) {
			memcpy(text + n, member.p, member.n);
			n += member.n;
			text[n++] = '|';
		}
		text[n] = '\0';
		assert_string_equal(text, rows[i].want);
		assert_int_equal(rest.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
