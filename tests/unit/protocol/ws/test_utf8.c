/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 in pieces against arithmetic: a sequence is right if some code point is written so, and no is said at the first byte
 * after which none can be. All of three bytes, and four with the values at the edges.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/ws/utf8.h"
#include "support/chunk.h"

#include <twc/ws.h>

/* What characters begin with: two bytes, and three of the longer ones (the first by its lower five bits). */
static uint8_t two[0x10000 / 8], three[0x200000 / 8];

static size_t encode(uint32_t c, uint8_t *to)
{
	if (c < 0x80)
		return to[0] = (uint8_t)c, 1;
	if (c < 0x800)
		return to[0] = (uint8_t)(0xc0 | c >> 6), to[1] = (uint8_t)(0x80 | (c & 0x3f)), 2;
	if (c < 0x10000) {
		to[0] = (uint8_t)(0xe0 | c >> 12);
		to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		to[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | c >> 18);
	to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	to[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

static void mark(uint8_t *set, uint32_t i)
{
	set[i / 8] |= (uint8_t)(1u << i % 8);
}

static bool has(const uint8_t *set, uint32_t i)
{
	return set[i / 8] >> i % 8 & 1;
}

static uint32_t three_of(const uint8_t *p)
{
	return (uint32_t)(p[0] & 0x1f) << 16 | (uint32_t)p[1] << 8 | p[2];
}

static int learn(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		uint8_t p[4];
		size_t n;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		n = encode(c, p);
		if (n > 1)
			mark(two, (uint32_t)p[0] << 8 | p[1]);
		if (n > 2)
			mark(three, three_of(p));
	}
	return 0;
}

static bool begins(uint8_t c)
{
	return c < 0x80 || (c >= 0xc2 && c <= 0xf4);
}

static size_t length(uint8_t c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Bytes up to and with the first that makes it impossible; n + 1: none does. */
static size_t fault_of(const uint8_t *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t len = length(p[at]), have = n - at;

		if (!begins(p[at]))
			return at + 1;
		if (len > 1 && have > 1 && !has(two, (uint32_t)p[at] << 8 | p[at + 1]))
			return at + 2;
		if (len > 2 && have > 2 && !has(three, three_of(p + at)))
			return at + 3;
		if (len > 3 && have > 3 && (p[at + 3] & 0xc0) != 0x80)
			return at + 4;
		at += len;
	}
	return n + 1;
}

static void check(const uint8_t *p, size_t n)
{
	struct twc__ws_utf8 u = { 0 }, by_one = { 0 };
	size_t fault = fault_of(p, n), at = 0;
	bool fits = fault > n;

	while (at < n && twc__ws_utf8_feed(&by_one, p + at, 1))
		at++;
	if (twc__ws_utf8_feed(&u, p, n) != fits || at + 1 != fault)
		fail_msg("%02x %02x %02x %02x: %zu, expected %zu", p[0], p[1], p[2], p[3], at + 1, fault);
	if (fits && twc__ws_utf8_is_whole(&u) != twc__ws_utf8_is_whole(&by_one))
		fail_msg("%02x %02x %02x %02x: whole in one way only", p[0], p[1], p[2], p[3]);
}

static void test_three_bytes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 0x1000000; i++) {
		uint8_t p[4] = { (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

		if (p[0] < 0x7e && i & 0xffff)
			continue;
		check(p, 3);
	}
}

static void test_four_bytes(void **state)
{
	static const uint8_t edges[] = { 0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0, 0xbe, 0xbf, 0xc0, 0xc2, 0xe0, 0xf0, 0xff };

	(void)state;
	for (unsigned a = 0xe0; a < 0x100; a++)
		for (unsigned b = 0; b < 0x100; b++)
			for (size_t c = 0; c < sizeof(edges); c++)
				for (size_t d = 0; d < sizeof(edges); d++)
					check((const uint8_t[]){ (uint8_t)a, (uint8_t)b, edges[c], edges[d] }, 4);
}

/* Every code point there is in one text, and one byte of it changed. */
struct text {
	struct twc__ws_utf8 u;
	bool ok;
};

static bool text_feed(void *arg, const uint8_t *data, size_t n)
{
	struct text *t = arg;

	t->ok = t->ok && twc__ws_utf8_feed(&t->u, data, n);
	return t->ok;
}

static bool text_is_good(enum chunk_mode mode, const uint8_t *p, size_t n)
{
	struct text t = { .ok = true };

	chunk_feed(mode, 7, p, n, text_feed, &t);
	return t.ok && twc__ws_utf8_is_whole(&t.u);
}

static void test_all_at_once(void **state)
{
	uint8_t *p = malloc(5u * 0x110000);
	size_t n = 0;

	(void)state;
	assert_non_null(p);
	for (uint32_t c = 0; c < 0x110000; c++)
		if (c < 0xd800 || c >= 0xe000)
			n += encode(c, p + n);
	for (int mode = 0; mode < CHUNK_MODES; mode++)
		assert_true(text_is_good((enum chunk_mode)mode, p, n));
	assert_true(twc_ws_is_utf8(p, n));
	assert_false(twc_ws_is_utf8(p, n - 1));
	assert_false(twc_ws_is_utf8(p + n - 1, 1));
	p[n / 2] ^= 0xc0;
	for (int mode = 0; mode < CHUNK_MODES; mode++)
		assert_false(text_is_good((enum chunk_mode)mode, p, n));
	assert_true(twc_ws_is_utf8(NULL, 0));
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_bytes), cmocka_unit_test(test_four_bytes), cmocka_unit_test(test_all_at_once),
	};

	return cmocka_run_group_tests(tests, learn, NULL);
}
