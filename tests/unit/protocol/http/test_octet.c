/* SPDX-License-Identifier: MIT */
/* The table of octets against the RFCs' own lists, and numbers at their limits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/octet.h"

static void the_table(void **state)
{
	static const char digits[] = "0123456789", letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (int c = 0; c < 256; c++) {
		bool is_digit = c && strchr(digits, c), is_letter = c && strchr(letters, c);
		bool is_text = c == '\t' || (c >= 0x20 && c != 0x7f);
		unsigned want = 0;

		want |= is_digit || is_letter || (c && strchr("!#$%&'*+-.^_`|~", c)) ? TWC__HTTP_TCHAR : 0;
		want |= is_text ? TWC__HTTP_VALUE : 0;
		want |= c > 0x20 && c != 0x7f && c != '#' ? TWC__HTTP_TARGET : 0;
		want |= is_digit ? TWC__HTTP_DIGIT : 0;
		want |= is_digit || (c && strchr("abcdefABCDEF", c)) ? TWC__HTTP_HEX : 0;
		want |= is_letter ? TWC__HTTP_ALPHA : 0;
		want |= is_digit || is_letter || (c && strchr("-._~!$&'()*+;=", c)) ? TWC__HTTP_HOST : 0;
		want |= is_text && c != '"' && c != '\\' ? TWC__HTTP_QDTEXT : 0;
		if (twc__http_octet[c] != want)
			fail_msg("octet %02x: %02x, not %02x", (unsigned)c, twc__http_octet[c], want);
	}
	assert_true(twc__http_all(TWC_STR(""), TWC__HTTP_DIGIT));
	assert_true(twc__http_all(TWC_STR("1a"), TWC__HTTP_HEX));
	assert_false(twc__http_all(TWC_STR("1a g"), TWC__HTTP_HEX));
}

static void numbers(void **state)
{
	static const struct {
		const char *in;
		uint64_t decimal, hex; /* UINT64_MAX: none */
	} rows[] = {
		{ "0", 0, 0 },
		{ "10", 10, 16 },
		{ "007", 7, 7 },
		{ "Ff", UINT64_MAX, 255 },
		{ "9223372036854775807", INT64_MAX, UINT64_MAX },
		{ "9223372036854775808", UINT64_MAX, UINT64_MAX },
		{ "9999999999999999999", UINT64_MAX, UINT64_MAX },
		{ "0000000000000000001", 1, UINT64_MAX },
		{ "00000000000000000001", UINT64_MAX, UINT64_MAX },
		{ "7fffffffffffffff", UINT64_MAX, INT64_MAX },
		{ "8000000000000000", 8000000000000000, UINT64_MAX },
		{ "0000000000000001", 1, 1 },
		{ "", UINT64_MAX, UINT64_MAX },
		{ "-1", UINT64_MAX, UINT64_MAX },
		{ "+1", UINT64_MAX, UINT64_MAX },
		{ " 1", UINT64_MAX, UINT64_MAX },
		{ "1 ", UINT64_MAX, UINT64_MAX },
		{ "0x1", UINT64_MAX, UINT64_MAX },
		{ "1_0", UINT64_MAX, UINT64_MAX },
		{ "1,1", UINT64_MAX, UINT64_MAX },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		uint64_t n = UINT64_MAX;

		if (twc__http_decimal(twc_str_of(rows[i].in), &n) != (rows[i].decimal != UINT64_MAX) || n != rows[i].decimal)
			fail_msg("'%s' in decimal: %llu", rows[i].in, (unsigned long long)n);
		n = UINT64_MAX;
		if (twc__http_hex(twc_str_of(rows[i].in), &n) != (rows[i].hex != UINT64_MAX) || n != rows[i].hex)
			fail_msg("'%s' in hex: %llu", rows[i].in, (unsigned long long)n);
	}
}

static void written(void **state)
{
	static const uint64_t rows[] = { 0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 65536, INT64_MAX, UINT64_MAX };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char out[20], want[32];
		size_t n = twc__http_put_decimal(out, rows[i]);

		assert_int_equal(snprintf(want, sizeof(want), "%llu", (unsigned long long)rows[i]), n);
		assert_memory_equal(out, want, n);
		n = twc__http_put_hex(out, rows[i]);
		assert_int_equal(snprintf(want, sizeof(want), "%llx", (unsigned long long)rows[i]), n);
		assert_memory_equal(out, want, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(numbers),
		cmocka_unit_test(written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
