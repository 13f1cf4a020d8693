/* SPDX-License-Identifier: MIT */
/* Heads written are heads read; masks at every offset and length; Close; UTF-8 against a simple decoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/ws/close.h"
#include "protocol/ws/frame.h"
#include "protocol/ws/utf8.h"

static void test_heads(void **state)
{
	static const uint64_t lengths[] = { 0, 1, 125, 126, 127, 255, 256, 65535, 65536, UINT32_MAX, INT64_MAX };
	static const uint8_t key[4] = { 1, 2, 3, 4 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(lengths) * 8; i++) {
		struct twc__ws_frame in, out = { .length = lengths[i / 8], .opcode = TWC__WS_BINARY, .is_last = i & 1, .is_deflated = i & 2 };
		unsigned expected = (i & 4 ? TWC__WS_FROM_CLIENT : 0u) | TWC__WS_MAY_DEFLATE;
		uint8_t head[TWC__WS_HEAD_MAX];
		size_t n = twc__ws_frame_write(head, &out, i & 4 ? key : NULL);

		for (size_t k = 0; k < n; k++)
			assert_int_equal(twc__ws_frame_parse(head, k, expected, &in, NULL), 0);
		assert_int_equal(twc__ws_frame_parse(head, n, expected, &in, NULL), 1);
		assert_int_equal(in.size, n);
		assert_true(in.length == out.length);
		assert_int_equal(in.opcode, out.opcode);
		assert_int_equal(in.is_last, out.is_last);
		assert_int_equal(in.is_deflated, out.is_deflated);
		if (i & 4)
			assert_memory_equal(in.key, key, 4);
	}
}

static void test_mask(void **state)
{
	static const uint8_t key[4] = { 0x12, 0x34, 0xab, 0xff };
	uint8_t from[400], to[400], right[400];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 31);
	for (size_t at = 0; at < 9; at++) {
		for (size_t off = 0; off < 17; off++) {
			for (size_t n = 0; n < 300; n += n < 140 ? 1 : 13) {
				for (size_t i = 0; i < n; i++)
					right[i] = from[off + i] ^ key[(at + i) % 4];
				memset(to, 0x55, sizeof(to));
				twc__ws_mask(to + off / 2, from + off, n, key, at);
				assert_memory_equal(to + off / 2, right, n);
				assert_int_equal(to[off / 2 + n], 0x55);
				memcpy(to, from + off, n);
				twc__ws_mask(to, to, n, key, at);
				assert_memory_equal(to, right, n);
			}
		}
	}
	twc__ws_mask(to, from, 8, key, UINT64_MAX - 3); /* far behind */
	assert_int_equal(to[0], from[0] ^ key[0]);
}

/* ---- Close ---- */

static void test_codes(void **state)
{
	static const unsigned good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 };
	static const unsigned bad[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(good); i++)
		assert_true(twc_ws_code_is_valid(good[i]));
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		assert_false(twc_ws_code_is_valid(bad[i]));
}

static void test_close(void **state)
{
	uint8_t out[TWC_WS_CONTROL_MAX];
	struct twc_str reason;
	unsigned code;
	char text[200];
	struct twc_err err;

	assert_int_equal(twc__ws_close_write(out, TWC_WS_NO_STATUS, TWC_STR("x")), 0);
	assert_int_equal(twc__ws_close_write(out, 4000, TWC_STR("why")), 5);
	assert_int_equal(twc__ws_close_parse(out, 5, &code, &reason, NULL), 0);
	assert_int_equal(code, 4000);
	assert_true(twc_str_is(reason, "why"));
	memset(text, 'a', sizeof(text));
	memcpy(text + 122, "\xc3\xa4", 2); /* is not cut in two */
	assert_int_equal(twc__ws_close_write(out, 1000, (struct twc_str){ text, 200 }), 2 + 122);
	assert_int_equal(twc__ws_close_write(out, 1000, (struct twc_str){ text + 1, 123 }), 2 + 123);
	assert_int_equal(twc__ws_close_write(out, 1000, TWC_STR("\xff")), 2); /* better none than one that is a fault */
	assert_int_equal(twc__ws_close_parse(out, 0, &code, &reason, NULL), 0);
	assert_int_equal(code, TWC_WS_NO_STATUS);
	twc__ws_close_explain(1008, TWC_STR("no\n"), &err);
	assert_string_equal(err.text, "closed with 1008 (no\\n)");
	twc__ws_close_explain(1011, TWC_STR(""), &err);
	assert_string_equal(err.text, "closed with 1011");
}

/* ---- UTF-8 ---- */

/* The index of the first byte after which it can be none, or SIZE_MAX; *whole: it is one. By the book, code point by code point. */
static size_t judge(const uint8_t *p, size_t n, bool *whole)
{
	size_t i = 0;

	*whole = true;
	while (i < n) {
		uint32_t c = p[i], low, len;

		if (c < 0x80) {
			i++;
			continue;
		}
		len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
		low = len == 4 ? 0x10000 : len == 3 ? 0x800 : 0x80;
		if (c < 0xc0 || c >= 0xf8)
			return i;
		c &= 0xffu >> (len + 1);
		for (uint32_t k = 0; k < len; k++) { /* could any ending make it good? */
			uint32_t rest = 6 * (len - 1 - k), least, most;

			if (k && i + k == n) {
				*whole = false;
				return SIZE_MAX;
			}
			if (k && (p[i + k] & 0xc0) != 0x80)
				return i + k;
			c = k ? c << 6 | (p[i + k] & 0x3f) : c;
			least = c << rest;
			most = least | ((1u << rest) - 1);
			if (most < low || least > 0x10ffff || (least >= 0xd800 && most <= 0xdfff))
				return i + k;
		}
		i += len;
	}
	return SIZE_MAX;
}

static void check_utf8(const uint8_t *p, size_t n)
{
	struct twc__ws_utf8 u = { 0 };
	bool whole;
	size_t bad = judge(p, n, &whole), i;

	for (i = 0; i < n && twc__ws_utf8_feed(&u, p + i, 1); i++)
		;
	assert_int_equal(i < n ? i : SIZE_MAX, bad);
	assert_int_equal(twc_ws_is_utf8(p, n), bad == SIZE_MAX && whole);
}

static void test_utf8_all_short(void **state)
{
	uint8_t p[4] = { 0 };

	for (uint32_t i = 0; i < 1u << 16; i++) {
		p[0] = (uint8_t)(i >> 8);
		p[1] = (uint8_t)i;
		check_utf8(p, 2);
	}
	for (uint32_t c = 0; c < 0x120000; c += c < 0x3000 || (c >= 0xd700 && c < 0xe100) || c > 0x10f000 ? 1 : 37) {
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

		p[0] = (uint8_t)(n == 1 ? c : (0xf00u >> n) | c >> 6 * (n - 1));
		for (size_t k = 1; k < n; k++)
			p[k] = (uint8_t)(0x80 | (c >> 6 * (n - 1 - k) & 0x3f));
		check_utf8(p, n);
		assert_int_equal(twc_ws_is_utf8(p, n), c <= 0x10ffff && (c < 0xd800 || c > 0xdfff));
	}
}

static void test_utf8_long(void **state)
{
	uint32_t seed = 7;

	for (int round = 0; round < 3000; round++) {
		uint8_t p[100];
		size_t n = 0, at = 0;
		struct twc__ws_utf8 u = { 0 };
		bool ok = true;

		while (n < 90) {
			static const char *const piece[] = { "a", "0123456789abcdef0123456789abcdef!", "\xc3\xa4", "\xe2\x82\xac",
				"\xf0\x9f\x98\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf" };
			size_t k, which = (seed = seed * 1103515245u + 12345u) >> 16;

			which = which % 50 == 0 ? 5 + which / 50 % 3 : which % 5;
			k = strlen(piece[which]);
			k = k < sizeof(p) - n ? k : sizeof(p) - n;
			memcpy(p + n, piece[which], k);
			n += k;
		}
		while (at < n && ok) {
			size_t k = 1 + ((seed = seed * 1103515245u + 12345u) >> 16) % 40;

			k = k < n - at ? k : n - at;
			ok = twc__ws_utf8_feed(&u, p + at, k);
			at += k;
		}
		assert_int_equal(ok && twc__ws_utf8_is_whole(&u), twc_ws_is_utf8(p, n));
		check_utf8(p, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads), cmocka_unit_test(test_mask), cmocka_unit_test(test_codes), cmocka_unit_test(test_close),
		cmocka_unit_test(test_utf8_all_short), cmocka_unit_test(test_utf8_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
