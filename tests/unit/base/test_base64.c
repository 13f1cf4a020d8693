/* SPDX-License-Identifier: MIT */
/* Base64: the vectors of RFC 4648, both alphabets, and all that strictness refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/base64.h"

static const struct {
	const char *plain, *coded, *url;
} vectors[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/", "-_-_" },
	{ "Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ" },
};

static void both_ways(void **state)
{
	char text[64];
	uint8_t bytes[64];
	size_t n;

	for (size_t i = 0; i < TWC_ARRAY_LEN(vectors); i++) {
		struct twc_str plain = twc_str_of(vectors[i].plain), coded = twc_str_of(vectors[i].coded);
		struct twc_str url = twc_str_of(vectors[i].url);

		assert_int_equal(twc__base64_encode(text, plain.p, plain.n), TWC__BASE64_LEN(plain.n));
		assert_int_equal(coded.n, TWC__BASE64_LEN(plain.n));
		assert_memory_equal(text, coded.p, coded.n);
		assert_int_equal(twc__base64url_encode(text, plain.p, plain.n), url.n);
		assert_memory_equal(text, url.p, url.n);

		assert_true(twc__base64_decode(coded, bytes, &n));
		assert_int_equal(n, plain.n);
		assert_memory_equal(bytes, plain.p, n);
		assert_true(n <= TWC__BASE64_ROOM(coded.n));
		assert_true(twc__base64url_decode(url, bytes, &n));
		assert_int_equal(n, plain.n);
		assert_memory_equal(bytes, plain.p, n);
	}
	assert_true(twc__base64url_decode(TWC_STR("Zg=="), bytes, &n));
	assert_int_equal(n, 1);
}

static void in_place(void **state)
{
	char text[] = "Zm9vYmFy";
	size_t n;

	assert_true(twc__base64_decode((struct twc_str){ text, 8 }, text, &n));
	assert_int_equal(n, 6);
	assert_memory_equal(text, "foobar", 6);
}

static void strict(void **state)
{
	static const char *const rows[] = {
		"Z", "Zg", "Zg=", "Zm8", "Zm9vY", "Zg==Zg==", "Z===", "====", "=", "==", "Zm9v=", "Zm9v====", "Zg =", "Zg==\n",
		" Zm9v", "Zm9v Zm9v", "Zm9-", "Zm9_", "Zm!v", "Zh==" /* bits that mean nothing */, "Zm9=", "Zm\xc3\xa4=",
	};
	static const char *const url_rows[] = { "Z", "Zg=", "Zh", "Zm9+", "Zm9/", "Zg===", "Zm9v=", "Zg = " };
	uint8_t bytes[64];
	size_t n;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (twc__base64_decode(twc_str_of(rows[i]), bytes, &n))
			fail_msg("\"%s\" was decoded", rows[i]);
	for (size_t i = 0; i < TWC_ARRAY_LEN(url_rows); i++)
		if (twc__base64url_decode(twc_str_of(url_rows[i]), bytes, &n))
			fail_msg("\"%s\" was decoded", url_rows[i]);
	assert_false(twc__base64_decode((struct twc_str){ "Zg=\0", 4 }, bytes, &n));
}

static void into_a_buffer(void **state)
{
	struct twc_buf b;

	twc_buf_init(&b, 10);
	assert_int_equal(twc__base64_add(&b, "foobar", 6), 0);
	assert_int_equal(twc__base64_add(&b, "f", 1), TWC_ETOOLONG);
	assert_string_equal(twc_buf_cstr(&b), "Zm9vYmFy");
	assert_int_equal(twc__base64_add(&b, "", 0), 0);
	twc_buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(in_place),
		cmocka_unit_test(strict),
		cmocka_unit_test(into_a_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
