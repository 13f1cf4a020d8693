/* SPDX-License-Identifier: MIT */
/* Lists and parameters: where they are cut, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/param.h"

static void test_list(void **state)
{
	static const struct {
		const char *list, *shown;
	} rows[] = {
		{ "", "" },
		{ "foo,bar", "[foo][bar]" },
		{ " foo ,bar, ", "[foo][bar]" },
		{ ", ,\t,", "" },
		{ "a;b=\"x, \\\", y\", c", "[a;b=\"x, \\\", y\"][c]" },
		{ "a\"b,c", "[a\"b,c]" },
		{ "a\\,b", "[a\\][b]" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str list = twc_str_of(rows[i].list), member;
		char shown[128] = "";
		size_t n = 0;

		while (twc__http_list_next(&list, &member))
			n += (size_t)snprintf(shown + n, sizeof(shown) - n, "[%.*s]", (int)member.n, member.p);
		assert_string_equal(shown, rows[i].shown);
	}
}

static void test_params(void **state)
{
	static const struct {
		const char *text, *shown;
		int end; /* what the last call returned */
	} rows[] = {
		{ "text/html", "text/html|", 0 },
		{ "", "|", 0 },
		{ "text/html;charset=utf-8", "text/html|charset=utf-8|", 0 },
		{ " text/html ; Charset=\"utf-8\" ", "text/html|Charset=utf-8|", 0 },
		{ "a;b=c;;; d = e ;", "a|b=c|d=e|", 0 },
		{ "a;b=\"\"", "a|b=|", 0 },
		{ "a;b=\"x;y=\\\"z\\\\\";c=d", "a|b=x;y=\"z\\|c=d|", 0 },
		{ "a;b=\"caf\xc3\xa9\"", "a|b=caf\xc3\xa9|", 0 },
		{ "a;b", "a|", -1 },
		{ "a;b=", "a|", -1 },
		{ "a;=b", "a|", -1 },
		{ "a;b=c d", "a|b=c|", -1 },
		{ "a;b=\"c", "a|", -1 },
		{ "a;b=\"c\\", "a|", -1 },
		{ "a;b=\"c\\\"", "a|", -1 },
		{ "a;b=\"c\"d", "a|b=c|", -1 },
		{ "a;b=\"c\x01\"", "a|", -1 },
		{ "a;b=\"c\\\x01\"", "a|", -1 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str rest = twc_str_of(rows[i].text), head = twc__http_param_head(&rest);
		struct twc__http_param p;
		char shown[128], value[32];
		int n = snprintf(shown, sizeof(shown), "%.*s|", (int)head.n, head.p), rc;

		while ((rc = twc__http_param_next(&rest, &p)) > 0)
			n += snprintf(shown + n, sizeof(shown) - (size_t)n, "%.*s=%.*s|", (int)p.name.n, p.name.p,
				      (int)twc__http_param_value(&p, value, sizeof(value)), value);
		if (strcmp(shown, rows[i].shown) != 0 || rc != rows[i].end)
			fail_msg("%s: %s %d", rows[i].text, shown, rc);
	}
}

static void test_value(void **state)
{
	struct twc__http_param quoted = { TWC_STR("a"), TWC_STR("\\x\\yz"), true };
	struct twc__http_param token = { TWC_STR("a"), TWC_STR("XYZ"), false };
	char out[3];

	assert_int_equal(twc__http_param_value(&quoted, out, 3), 3);
	assert_memory_equal(out, "xyz", 3);
	assert_int_equal(twc__http_param_value(&quoted, out, 2), 3);
	assert_int_equal(twc__http_param_value(&quoted, NULL, 0), 1);
	assert_true(twc__http_param_eq(&quoted, &token));
	token.value.n = 2;
	assert_false(twc__http_param_eq(&quoted, &token));
	token.value = TWC_STR("XYA");
	assert_false(twc__http_param_eq(&token, &quoted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
