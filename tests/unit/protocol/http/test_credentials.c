/* SPDX-License-Identifier: MIT */
/* Basic and Bearer, as a client says them and as a server reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/http/credentials.h"

static void basic_both_ways(void **state)
{
	static const struct {
		const char *user, *password, *value;
	} rows[] = {
		{ "Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" }, /* RFC 7617, 2 */
		{ "test", "123\xc2\xa3", "Basic dGVzdDoxMjPCow==" },		     /* 2.1 */
		{ "a", "b:c", "Basic YTpiOmM=" },
		{ "", "", "Basic Og==" },
		{ "a", "", "Basic YTo=" },
		{ "", "b", "Basic OmI=" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_basic got;
		struct twc_buf b;

		twc_buf_init(&b, 200);
		assert_int_equal(twc__http_basic_add(&b, twc_str_of(rows[i].user), twc_str_of(rows[i].password), NULL), 0);
		assert_string_equal(twc_buf_cstr(&b), rows[i].value);
		assert_true(twc__http_basic_parse(twc_buf_str(&b), &got));
		assert_true(twc_str_is(got.user, rows[i].user));
		assert_true(twc_str_is(got.password, rows[i].password));
		twc_buf_fini(&b);
	}
}

static void basic_refused(void **state)
{
	static const char *const bad[] = {
		"", "Basic", "Basic ", "BasicYTpi", "Basic YTpi YTpi", "Basic YTo", "Basic YT==", "Basic YWI=" /* no colon */,
		"Basic YToK" /* a line feed */, "Basic YQA6Yg==" /* a NUL */, "Digest YTpi", "Basic\tYTpi", "Basic YTpi,", " Basic YTpi",
		"Basic YTp_", "Basic YTp/" /* DEL would be 7f: this is 3a 7f */,
	};
	struct twc__http_basic got;
	struct twc_err err;
	struct twc_buf b;

	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		if (twc__http_basic_parse(twc_str_of(bad[i]), &got))
			fail_msg("\"%s\"", bad[i]);
	assert_true(twc__http_basic_parse(TWC_STR("bAsIc   YTpi"), &got));
	assert_true(twc_str_is(got.user, "a"));

	twc_buf_init(&b, 20);
	assert_int_equal(twc__http_basic_add(&b, TWC_STR("a:b"), TWC_STR("c"), &err), TWC_EUSAGE);
	assert_string_equal(err.text, "a user name for HTTP cannot hold a ':'");
	assert_int_equal(twc__http_basic_add(&b, TWC_STR("a"), TWC_STR("c\n"), &err), TWC_EUSAGE);
	assert_int_equal(twc__http_basic_add(&b, TWC_STR("a\x7f"), TWC_STR("c"), &err), TWC_EUSAGE);
	assert_int_equal(twc__http_basic_add(&b, TWC_STR("a"), TWC_STR("twelve bytes"), &err), TWC_ETOOLONG);
	assert_int_equal(twc_buf_len(&b), 0);
	twc_buf_fini(&b);
}

static void basic_size(void **state)
{
	static char text[TWC__HTTP_BASIC_MAX + 1];
	struct twc__http_basic got;
	struct twc_buf b;

	memset(text, 'x', sizeof(text));
	twc_buf_init(&b, 4096);
	assert_int_equal(twc__http_basic_add(&b, TWC_STR("a"), (struct twc_str){ text, TWC__HTTP_BASIC_MAX - 2 }, NULL), 0);
	assert_true(twc__http_basic_parse(twc_buf_str(&b), &got));
	assert_int_equal(got.password.n, TWC__HTTP_BASIC_MAX - 2);
	for (size_t more = 1; more < 4; more++) {
		twc_buf_clear(&b);
		assert_int_equal(twc__http_basic_add(&b, (struct twc_str){ text, more + 1 },
						     (struct twc_str){ text, TWC__HTTP_BASIC_MAX - 2 }, NULL), 0);
		assert_false(twc__http_basic_parse(twc_buf_str(&b), &got));
	}
	twc_buf_fini(&b);
}

static void bearer(void **state)
{
	static const char *const bad[] = { "", "Bearer", "Bearer ", "Bearer a b", "Bearer a\n", "Beare a", "Bearer\xc3\xa4" };
	struct twc_str token;
	struct twc_err err;
	struct twc_buf b;

	twc_buf_init(&b, 30);
	assert_int_equal(twc__http_bearer_add(&b, TWC_STR("mF_9.B5f-4.1JqM"), NULL), 0);
	assert_string_equal(twc_buf_cstr(&b), "Bearer mF_9.B5f-4.1JqM");
	assert_true(twc__http_bearer_parse(twc_buf_str(&b), &token));
	assert_true(twc_str_is(token, "mF_9.B5f-4.1JqM"));
	assert_true(twc__http_bearer_parse(TWC_STR("bearer  12|x"), &token));
	assert_true(twc_str_is(token, "12|x"));
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		assert_false(twc__http_bearer_parse(twc_str_of(bad[i]), &token));
	assert_int_equal(twc__http_bearer_add(&b, TWC_STR(""), &err), TWC_EUSAGE);
	assert_int_equal(twc__http_bearer_add(&b, TWC_STR("a b"), &err), TWC_EUSAGE);
	assert_int_equal(twc__http_bearer_add(&b, TWC_STR("a\r\nX: y"), &err), TWC_EUSAGE);
	assert_int_equal(twc__http_bearer_add(&b, TWC_STR("too-long-for-it"), &err), TWC_ETOOLONG);
	twc_buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic_both_ways),
		cmocka_unit_test(basic_refused),
		cmocka_unit_test(basic_size),
		cmocka_unit_test(bearer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
