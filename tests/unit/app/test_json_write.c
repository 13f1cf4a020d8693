/* SPDX-License-Identifier: MIT */
/* Records: what is escaped, what nests, what happens when the buffer is full. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <twc/json.h>

static void strings(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "a\"b\\c\n\t\x7f", "a\\\"b\\\\c\\n\\t\\u007f" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xff", "\\ufffd" },
		{ "\xc0\xaf", "\\ufffd\\ufffd" },		/* overlong */
		{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },	/* surrogate */
		{ "\xe2\x82", "\\ufffd\\ufffd" },		/* cut */
		{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" }, /* above U+10FFFF */
		{ "", "" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_buf b;
		struct twc_json j;
		char expected[128];

		twc_buf_init(&b, 1024);
		twc_json_begin(&j, &b);
		twc_json_str(&j, "k", twc_str_of(row[i].in));
		twc_json_end(&j);
		snprintf(expected, sizeof(expected), "{\"k\":\"%s\"}", row[i].out);
		assert_string_equal(twc_buf_cstr(&b), expected);
		twc_buf_fini(&b);
	}
}

static void values_and_maximum(void **state)
{
	struct twc_buf b;
	struct twc_json j;

	twc_buf_init(&b, 128);
	twc_json_begin(&j, &b);
	twc_json_uint(&j, "u", UINT64_MAX);
	twc_json_int(&j, "i", INT64_MIN);
	twc_json_bool(&j, "b", true);
	twc_json_str(&j, "n", (struct twc_str){ NULL, 0 });
	twc_json_end(&j);
	assert_false(j.failed);
	assert_string_equal(twc_buf_cstr(&b),
			    "{\"u\":18446744073709551615,\"i\":-9223372036854775808,\"b\":true,\"n\":null}");
	for (int i = 0; i < 20; i++)
		twc_json_str(&j, "key", twc_str_of("value"));
	assert_true(j.failed);
	twc_buf_fini(&b);
}

static void json_inside_json(void **state)
{
	struct twc_buf b;
	struct twc_json j;

	twc_buf_init(&b, 256);
	twc_json_begin(&j, &b);
	twc_json_open(&j, "list", '[');
	twc_json_str(&j, NULL, twc_str_of("a"));
	twc_json_open(&j, NULL, '{');
	twc_json_close(&j, '}');
	twc_json_open(&j, NULL, '{');
	twc_json_bool(&j, "b", false);
	twc_json_close(&j, '}');
	twc_json_close(&j, ']');
	twc_json_open(&j, "none", '[');
	twc_json_close(&j, ']');
	twc_json_ratio(&j, "s", 12003456789, 1000000000);
	twc_json_end(&j);
	assert_false(j.failed);
	assert_string_equal(twc_buf_cstr(&b), "{\"list\":[\"a\",{},{\"b\":false}],\"none\":[],\"s\":12.003456}");
	twc_buf_fini(&b);
}

static void bytes_of_any_kind(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} row[] = {
		{ "text", 4, "{\"body\":\"text\"}" },
		{ NULL, 0, "{\"body\":\"\"}" },
		{ "a\0b", 3, "{\"body\":\"a\\u0000b\"}" },
		{ "\xff", 1, "{\"body_base64\":\"/w==\"}" },
		{ "\xff\xfe", 2, "{\"body_base64\":\"//4=\"}" },
		{ "\xff\xfe\xfd", 3, "{\"body_base64\":\"//79\"}" },
		{ "ok\xe2\x82", 4, "{\"body_base64\":\"b2vigg==\"}" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_buf b;
		struct twc_json j;

		twc_buf_init(&b, 256);
		twc_json_begin(&j, &b);
		twc_json_bytes(&j, "body", "body_base64", (struct twc_str){ row[i].in, row[i].n });
		twc_json_end(&j);
		assert_false(j.failed);
		assert_string_equal(twc_buf_cstr(&b), row[i].out);
		twc_buf_fini(&b);
	}
}

static void what_others_have_made(void **state)
{
	struct twc_buf b;
	struct twc_json j;

	twc_buf_init(&b, 256);
	twc_json_begin(&j, &b);
	twc_json_raw(&j, "raw", TWC_STR("[1, 2]"));
	twc_json_null(&j, "none");
	twc_json_text(&j, "text", "x");
	twc_json_text(&j, "no_text", NULL);
	twc_json_end(&j);
	assert_string_equal(twc_buf_cstr(&b), "{\"raw\":[1, 2],\"none\":null,\"text\":\"x\",\"no_text\":null}");
	twc_buf_clear(&b);
	assert_int_equal(twc_json_escape(&b, TWC_STR("a\"\r\b\f\x01")), 0);
	assert_string_equal(twc_buf_cstr(&b), "a\\\"\\r\\b\\f\\u0001");
	twc_buf_fini(&b);
	twc_buf_init(&b, 4);
	assert_int_equal(twc_json_escape(&b, TWC_STR("\x01")), TWC_ETOOLONG);
	twc_buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),	     cmocka_unit_test(values_and_maximum),
		cmocka_unit_test(json_inside_json),  cmocka_unit_test(bytes_of_any_kind),
		cmocka_unit_test(what_others_have_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
