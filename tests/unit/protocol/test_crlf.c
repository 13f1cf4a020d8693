/* SPDX-License-Identifier: MIT */
/* Line ends: the same whole, byte by byte and at random cuts, and a second pass changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <twc/protocol.h>
#include "support/chunk.h"

struct run {
	struct twc_crlf codec;
	uint8_t out[256];
	size_t n;
};

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;

	r->n += twc_crlf_encode(&r->codec, data, n, r->out + r->n);
	return true;
}

static void check(const char *in, size_t n, const char *want, size_t want_n)
{
	for (int mode = 0; mode < CHUNK_MODES; mode++) {
		struct run r = { 0 };

		chunk_feed((enum chunk_mode)mode, 7, in, n, feed, &r);
		assert_int_equal(r.n, want_n);
		assert_memory_equal(r.out, want, want_n);
	}
}

static void test_line_ends(void **state)
{
#define ROW(in, out) { in, sizeof(in) - 1, out, sizeof(out) - 1 }
	static const struct {
		const char *in;
		size_t n;
		const char *out;
		size_t out_n;
	} row[] = {
		ROW("", ""),
		ROW("a", "a"),
		ROW("\n", "\r\n"),
		ROW("\r\n", "\r\n"),
		ROW("\r", "\r"),
		ROW("\n\n", "\r\n\r\n"),
		ROW("\r\r\n", "\r\r\n"),
		ROW("a\nb\r\nc\rd\n\0\n", "a\r\nb\r\nc\rd\r\n\0\r\n"),
		ROW("\r\n\n\r", "\r\n\r\n\r"),
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		check(row[i].in, row[i].n, row[i].out, row[i].out_n);
		check(row[i].out, row[i].out_n, row[i].out, row[i].out_n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
