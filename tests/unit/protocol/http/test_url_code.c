/* SPDX-License-Identifier: MIT */
/* Percent-encoding and forms, both ways. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <twc/url.h>

typedef int (*coder)(struct twc_str s, struct twc_buf *out);

static void becomes(coder fn, struct twc_str in, const char *want, size_t n)
{
	struct twc_buf b;

	twc_buf_init(&b, 4096);
	assert_int_equal(fn(in, &b), 0);
	if (!twc_str_eq(twc_buf_str(&b), (struct twc_str){ want, n }))
		fail_msg("\"%.*s\" became \"%s\", not \"%s\"", (int)in.n, in.p, twc_buf_cstr(&b), want);
	twc_buf_fini(&b);
}

#define BECOMES(fn, in, out) becomes(fn, TWC_STR(in), out, sizeof(out) - 1)

static void only_the_unreserved_stay(void **state)
{
	BECOMES(twc_url_encode, "AZaz09-._~", "AZaz09-._~");
	BECOMES(twc_url_encode, "a b+c/d?e&f=g%h", "a%20b%2Bc%2Fd%3Fe%26f%3Dg%25h");
	BECOMES(twc_url_encode, "\0\xff\n*", "%00%FF%0A%2A");
	BECOMES(twc_url_encode, "", "");
}

static void decoding_leaves_what_is_no_escape(void **state)
{
	BECOMES(twc_url_decode, "%41%6a%6A+", "Ajj+");
	BECOMES(twc_url_decode, "%00%ff", "\0\xff");
	BECOMES(twc_url_decode, "%", "%");
	BECOMES(twc_url_decode, "%4", "%4");
	BECOMES(twc_url_decode, "%zz%4g%%41", "%zz%4g%A");
	BECOMES(twc_url_decode, "%2541", "%41"); /* once */
	BECOMES(twc_form_decode, "a+b%2Bc", "a b+c");
	BECOMES(twc_form_decode, "%+", "% ");
}

static void every_byte_comes_back(void **state)
{
	char all[256];
	struct twc_buf coded, plain;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	twc_buf_init(&coded, 1024);
	twc_buf_init(&plain, 1024);
	assert_int_equal(twc_url_encode((struct twc_str){ all, 256 }, &coded), 0);
	assert_int_equal(twc_url_decode(twc_buf_str(&coded), &plain), 0);
	assert_true(twc_str_eq(twc_buf_str(&plain), (struct twc_str){ all, 256 }));
	twc_buf_clear(&coded);
	twc_buf_clear(&plain);
	assert_int_equal(twc_form_add(&coded, (struct twc_str){ all, 256 }, TWC_STR("")), 0);
	assert_int_equal(twc_form_find(twc_buf_str(&coded), (struct twc_str){ all, 256 }, &plain), 1);
	twc_buf_fini(&coded);
	twc_buf_fini(&plain);
}

static void pairs_are_cut(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "", "" },
		{ "a=b", "[a|b]" },
		{ "a=b&c=d", "[a|b][c|d]" },
		{ "a", "[a]" },
		{ "a=", "[a|]" },
		{ "=b", "[|b]" },
		{ "=", "[|]" },
		{ "a=b=c", "[a|b=c]" },
		{ "&&a&&", "[a]" },
		{ "a%26=%3D&b+=+", "[a%26|%3D][b+|+]" },
		{ "a;b=c", "[a;b|c]" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str rest = twc_str_of(rows[i].in), name, value;
		struct twc_buf b;

		twc_buf_init(&b, 256);
		while (twc_form_next(&rest, &name, &value))
			assert_int_equal(twc_buf_addf(&b, "[%.*s%s%.*s]", (int)name.n, name.p, value.p ? "|" : "",
						      (int)value.n, value.p ? value.p : ""), 0);
		assert_string_equal(twc_buf_cstr(&b), rows[i].out);
		twc_buf_fini(&b);
	}

	struct twc_str none = { NULL, 0 }, name, value;

	assert_false(twc_form_next(&none, &name, &value));
}

static void one_is_found(void **state)
{
	static const struct { const char *form, *name, *value; } rows[] = {
		{ "a=1&b=2&a=3", "a", "1" },
		{ "a=1&b=2&a=3", "b", "2" },
		{ "a=1&b=2", "c", NULL },
		{ "aa=1", "a", NULL },
		{ "a=1", "aa", NULL },
		{ "na%6De=x+y%21", "name", "x y!" },
		{ "a+b=1", "a b", "1" },
		{ "flag&x=1", "flag", "" },
		{ "", "a", NULL },
		{ "=1", "", "1" },
		{ "A=1", "a", NULL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_buf b;

		twc_buf_init(&b, 256);
		assert_int_equal(twc_form_find(twc_str_of(rows[i].form), twc_str_of(rows[i].name), &b), rows[i].value != NULL);
		assert_string_equal(twc_buf_cstr(&b), rows[i].value ? rows[i].value : "");
		twc_buf_fini(&b);
	}
}

static void pairs_are_added(void **state)
{
	struct twc_buf b;

	twc_buf_init(&b, 64);
	assert_int_equal(twc_form_add(&b, TWC_STR("a b"), TWC_STR("1&2=3")), 0);
	assert_int_equal(twc_form_add(&b, TWC_STR("~*-._"), TWC_STR("")), 0);
	assert_int_equal(twc_form_add(&b, TWC_STR("x"), (struct twc_str){ NULL, 0 }), 0);
	assert_string_equal(twc_buf_cstr(&b), "a+b=1%262%3D3&%7E*-._=&x");
	twc_buf_fini(&b);
}

static void a_full_buffer_stays_as_it_was(void **state)
{
	struct twc_buf b;

	twc_buf_init(&b, 5);
	assert_int_equal(twc_buf_add(&b, "abc", 3), 0);
	assert_int_equal(twc_url_encode(TWC_STR("/"), &b), TWC_ETOOLONG);
	assert_int_equal(twc_url_decode(TWC_STR("%41%41%41"), &b), TWC_ETOOLONG);
	assert_int_equal(twc_form_add(&b, TWC_STR("x"), TWC_STR("")), TWC_ETOOLONG);
	assert_int_equal(twc_form_find(TWC_STR("x=123"), TWC_STR("x"), &b), TWC_ETOOLONG);
	assert_string_equal(twc_buf_cstr(&b), "abc");
	assert_int_equal(twc_url_decode(TWC_STR("%41%41"), &b), 0);
	assert_string_equal(twc_buf_cstr(&b), "abcAA");
	twc_buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_unreserved_stay),
		cmocka_unit_test(decoding_leaves_what_is_no_escape),
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(pairs_are_cut),
		cmocka_unit_test(one_is_found),
		cmocka_unit_test(pairs_are_added),
		cmocka_unit_test(a_full_buffer_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
