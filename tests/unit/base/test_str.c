/* SPDX-License-Identifier: MIT */
/* String views: comparing and cutting, what a terminal may see of a peer's bytes, and the word that was meant. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <twc/base.h>

static void comparing(void **state)
{
	struct twc_str none = { NULL, 0 }, empty = TWC_STR(""), abc = TWC_STR("abc");

	assert_true(twc_str_eq(none, empty));
	assert_true(twc_str_eq(abc, twc_str_of("abc")));
	assert_false(twc_str_eq(abc, TWC_STR("abd")));
	assert_false(twc_str_eq(abc, TWC_STR("ab")));
	assert_true(twc_str_eq(TWC_STR("a\0b"), (struct twc_str){ "a\0bc", 3 }));
	assert_true(twc_str_eq_nocase(TWC_STR("HeLLo-1"), TWC_STR("hEllO-1")));
	assert_false(twc_str_eq_nocase(TWC_STR("["), TWC_STR("{"))); /* one bit apart, as letters are */
	assert_false(twc_str_eq_nocase(TWC_STR("\xc3\x84"), TWC_STR("\xc3\xa4")));
	assert_true(twc_str_is(abc, "abc"));
	assert_false(twc_str_is(abc, "abcd"));
	assert_true(twc_str_is(none, ""));
	assert_true(twc_str_is(none, NULL));
	assert_true(twc_str_starts(abc, "ab"));
	assert_true(twc_str_starts(none, ""));
	assert_false(twc_str_starts(abc, "abcd"));
	assert_int_equal(twc_str_of(NULL).n, 0);
}

static void trimming(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "", "" }, { " ", "" }, { " \t ", "" }, { "a", "a" }, { " a b\t", "a b" }, { "\na ", "\na" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		assert_true(twc_str_is(twc_str_trim(twc_str_of(rows[i].in)), rows[i].out));
	assert_int_equal(twc_str_trim((struct twc_str){ NULL, 0 }).n, 0);
}

static void cutting(void **state)
{
	static const struct { const char *in, *joined; } rows[] = {
		{ NULL, "" }, { "", "()" }, { "a", "(a)" }, { "a,b", "(a)(b)" }, { "a,", "(a)()" },
		{ ",", "()()" }, { "a,,b", "(a)()(b)" }, { ",,", "()()()" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str rest = twc_str_of(rows[i].in), part;
		char joined[64] = "";
		size_t n = 0;

		while (twc_str_cut(&rest, ',', &part))
			n += (size_t)snprintf(joined + n, sizeof(joined) - n, "(%.*s)", (int)part.n, part.p);
		assert_string_equal(joined, rows[i].joined);
		assert_null(rest.p);
		assert_false(twc_str_cut(&rest, ',', &part));
	}
}

static void copying(void **state)
{
	char *s = twc_str_dup(TWC_STR("abc"));

	assert_string_equal(s, "abc");
	twc_free(s);
	s = twc_str_dup((struct twc_str){ NULL, 0 });
	assert_string_equal(s, "");
	twc_free(s);
}

#define BYTES(literal) { literal, sizeof(literal) - 1 }

static void escaping(void **state)
{
	static const struct { struct twc_str in; const char *out; } rows[] = {
		{ BYTES(""), "" },
		{ BYTES("plain ~ text"), "plain ~ text" },
		{ BYTES("a\nb\r\tc\\d"), "a\\nb\\r\\tc\\\\d" },
		{ BYTES("\0\x01\x1f\x7f"), "\\x00\\x01\\x1f\\x7f" },
		{ BYTES("\033[31m"), "\\x1b[31m" },
		{ BYTES("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa6"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa6" },
		{ BYTES("\xc2\xa0"), "\xc2\xa0" },		       /* U+00A0: the first that stays */
		{ BYTES("\xc2\x9f\xc2\x80"), "\\xc2\\x9f\\xc2\\x80" }, /* C1 controls */
		{ BYTES("\x80\xff\xc0\xc1\xf5"), "\\x80\\xff\\xc0\\xc1\\xf5" },
		{ BYTES("\xc0\xaf"), "\\xc0\\xaf" },		       /* overlong */
		{ BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf" },
		{ BYTES("\xe0\xa0\x80"), "\xe0\xa0\x80" },
		{ BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80" },	       /* surrogate */
		{ BYTES("\xed\x9f\xbf"), "\xed\x9f\xbf" },
		{ BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf" },
		{ BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },     /* U+10FFFF */
		{ BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },
		{ BYTES("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"), /* around what deceives */
		  "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa" },
		{ BYTES("\xe2\x80\xa8\xe2\x80\xae"), "\\xe2\\x80\\xa8\\xe2\\x80\\xae" },
		{ BYTES("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
		{ BYTES("\xe2\x82"), "\\xe2\\x82" },		       /* ends inside */
		{ BYTES("\xe2\x82x"), "\\xe2\\x82x" },
		{ BYTES("\xe2\xc3\xa4"), "\\xe2\xc3\xa4" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char out[64];
		size_t n = twc_escape(out, sizeof(out), rows[i].in);

		assert_string_equal(out, rows[i].out);
		assert_int_equal(n, strlen(out));
	}
}

static void escaping_into_little_room(void **state)
{
	static const struct { size_t cap; const char *out; } rows[] = {
		{ 1, "" }, { 2, "." }, { 3, ".." }, { 4, "..." }, { 5, "a..." }, { 6, "a..." }, { 7, "a\\n..." },
		{ 8, "a\\n..." }, { 9, "a\\n\xc3\xa4""bcd" }, { 10, "a\\n\xc3\xa4""bcd" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char out[16];

		memset(out, '#', sizeof(out));
		assert_int_equal(twc_escape(out, rows[i].cap, TWC_STR("a\n\xc3\xa4""bcd")), strlen(rows[i].out));
		assert_string_equal(out, rows[i].out);
		assert_int_equal(out[rows[i].cap], '#');
	}

	char untouched = '#';

	assert_int_equal(twc_escape(&untouched, 0, TWC_STR("abc")), 0);
	assert_int_equal(untouched, '#');
}

static void the_nearest_word(void **state)
{
	static const char *const words[] = { "tcp", "tcp4", "tls", "udp", "unix", "stdio", "interface", "keepalive", "-", NULL };
	static const struct { const char *in, *out; } rows[] = {
		{ "tpc", "tcp" },	     /* swapped */
		{ "tc", "tcp" },	     { "tcpp", "tcp" }, { "TCP", "tcp" },
		{ "unis", "unix" },	     { "intreface", "interface" }, { "interfaces", "interface" },
		{ "inter", NULL },	     { "keepaliv", "keepalive" },  { "kepalve", "keepalive" },
		{ "http", NULL },	     { "", NULL }, { "x", NULL }, { "zzzzzzzzz", NULL },
		{ "tcp4", "tcp4" },	     { "stdoi", "stdio" },
	};
	char long_word[100];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		const char *got = twc_nearest(twc_str_of(rows[i].in), words);

		if (rows[i].out)
			assert_string_equal(got ? got : "(none)", rows[i].out);
		else
			assert_null(got);
	}
	memset(long_word, 'a', sizeof(long_word));
	assert_null(twc_nearest((struct twc_str){ long_word, sizeof(long_word) }, words));
	assert_null(twc_nearest(TWC_STR("tcp"), words + TWC_ARRAY_LEN(words) - 1));
}

static void utf8_sequences(void **state)
{
	static const struct {
		const char *in;
		size_t len;
	} rows[] = {
		{ "a", 1 },	       { "\x7f", 1 },		  { "\xc2\x80", 2 },	    { "\xc1\xbf", 0 },
		{ "\xe0\xa0\x80", 3 }, { "\xe0\x9f\xbf", 0 },	  { "\xed\x9f\xbf", 3 },   { "\xed\xa0\x80", 0 },
		{ "\xe2\x82", 0 },	       { "\xf0\x90\x80\x80", 4 }, { "\xf4\x90\x80\x80", 0 }, { "\x80", 0 },
		{ "\xff", 0 },	       { "", 0 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		assert_int_equal(twc_utf8_len(twc_str_of(rows[i].in)), rows[i].len);
}

static void utf8_texts(void **state)
{
	assert_true(twc_is_utf8(TWC_STR("")));
	assert_true(twc_is_utf8(TWC_STR("a\xc3\xa4\xe2\x82\xac\xf0\x90\x80\x80z")));
	assert_true(twc_is_utf8((struct twc_str){ "a\0b", 3 }));
	assert_false(twc_is_utf8(TWC_STR("a\xc3\xa4\xff")));
	assert_false(twc_is_utf8(TWC_STR("a\xe2\x82"))); /* cut */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing),
		cmocka_unit_test(trimming),
		cmocka_unit_test(cutting),
		cmocka_unit_test(copying),
		cmocka_unit_test(escaping),
		cmocka_unit_test(escaping_into_little_room),
		cmocka_unit_test(the_nearest_word), cmocka_unit_test(utf8_sequences),
		cmocka_unit_test(utf8_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
