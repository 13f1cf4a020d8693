/* SPDX-License-Identifier: MIT */
/* Lists of schemes, in the form of curl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <twc/http_fetch.h>

#define H TWC_HTTP_SCHEME_HTTP
#define S TWC_HTTP_SCHEME_HTTPS

static void test_lists(void **state)
{
	static const struct {
		const char *list;
		unsigned set;
	} rows[] = {
		{ "all", H | S },     { "=https", S },	      { "https", H | S },	{ "+https", H | S }, { "-http", S },
		{ "-all,https", S },  { "=http,https", H | S }, { "=http,=https", S },	{ "=ftp", 0 },	     { "-all", 0 },
		{ "=all,-HTTPS", H }, { " =http , -ftp ", H },	{ "-http,-https", 0 },
	};
	unsigned set;

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_int_equal(twc_http_schemes_parse(twc_str_of(rows[i].list), &set, NULL), 0);
		assert_int_equal(set, rows[i].set);
		assert_int_equal(twc_http_schemes_have(rows[i].list, TWC_STR("https")), (set & S) > 0);
	}
	assert_true(twc_http_schemes_have(NULL, TWC_STR("http")));
	assert_false(twc_http_schemes_have("http", TWC_STR("ftp")));
}

static void test_no_lists(void **state)
{
	static const char *const bad[] = { "", "=", ",", "http,", "http https", "-all,+", "https:", NULL };
	unsigned set = 7;
	struct twc_err err;

	(void)state;
	for (size_t i = 0; bad[i]; i++) {
		err = (struct twc_err){ 0 };
		assert_int_equal(twc_http_schemes_parse(twc_str_of(bad[i]), &set, &err), TWC_EUSAGE);
		assert_non_null(strstr(err.text, "is no list of schemes"));
		assert_false(twc_http_schemes_have(bad[i], TWC_STR("http")));
	}
	assert_int_equal(set, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_no_lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
