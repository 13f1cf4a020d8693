/* SPDX-License-Identifier: MIT */
/* Telnet with no option but the window's size: vectors, whole, byte by byte and at random cuts, and what bounds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <twc/protocol.h>
#include "support/chunk.h"

struct run {
	struct twc_telnet codec;
	uint8_t out[1024], reply[1024];
	size_t n, replied;
	int code;
};

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	size_t out, reply;
	struct twc_err err = { 0 };

	r->code = twc_telnet_decode(&r->codec, data, n, r->out + r->n, &out, r->reply + r->replied, &reply, &err);
	assert_true(out <= n && reply <= n + 2);
	assert_int_equal(r->code, err.code);
	r->n += out;
	r->replied += reply;
	return r->code == 0;
}

#define ROW(in, out, reply) { in, sizeof(in) - 1, out, sizeof(out) - 1, reply, sizeof(reply) - 1 }

static void test_received(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
		size_t out_n;
		const char *reply;
		size_t reply_n;
	} row[] = {
		ROW("plain", "plain", ""),
		ROW("\xff\xfb\x12" "A\xff\xff" "B", "A\xff" "B", "\xff\xfe\x12"), /* WILL 18: DONT 18 */
		ROW("\xff\xfd\x18x", "x", "\xff\xfc\x18"),			    /* DO 24: WONT 24 */
		ROW("\xff\xfe\x01\xff\xfc\x03y", "y", ""),			    /* refusals are not answered */
		ROW("\xff\xfb\xff!", "!", "\xff\xfe\xff"),			    /* the option 255 is no IAC */
		ROW("a\r\0b\r\nc\r", "a\rb\r\nc\r", ""),
		ROW("\r\r\0\0", "\r\r\0", ""),
		ROW("\r\xff\xf1x", "\rx", ""), /* CR, then a command */
		ROW("\xff\xf1\xff\xf9.", ".", ""),
		ROW("\xff\xfa\x18\x01whatever\xff\xff\xff\xf0" "end", "end", ""),
		ROW("\xff\xfa\xff\xf0z", "z", ""),
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct run r = { 0 };

			chunk_feed((enum chunk_mode)mode, 3, row[i].in, row[i].n, feed, &r);
			assert_int_equal(r.code, 0);
			assert_int_equal(r.n, row[i].out_n);
			assert_memory_equal(r.out, row[i].out, row[i].out_n);
			assert_int_equal(r.replied, row[i].reply_n);
			assert_memory_equal(r.reply, row[i].reply, row[i].reply_n);
		}
	}
}

/* RFC 1073: told when it is asked for, and only where there is a window; what is so already is not said again. */
static void test_window(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		bool has_window, wants_window;
		const char *reply;
		size_t reply_n;
	} row[] = {
#define WINDOW(in, has, wants, reply) { in, sizeof(in) - 1, has, wants, reply, sizeof(reply) - 1 }
		WINDOW("\xff\xfd\x1f", true, true, "\xff\xfb\x1f"),
		WINDOW("\xff\xfd\x1f", false, false, "\xff\xfc\x1f"),
		WINDOW("\xff\xfd\x1f\xff\xfd\x1f", true, true, "\xff\xfb\x1f"),
		WINDOW("\xff\xfd\x1f\xff\xfe\x1f", true, false, "\xff\xfb\x1f\xff\xfc\x1f"),
		WINDOW("\xff\xfe\x1f", true, false, ""),
		WINDOW("\xff\xfb\x1f", true, false, "\xff\xfe\x1f"), /* the peer's own window is of no use */
		WINDOW("\xff\xfd\x1f\xff\xfc\x1f", true, true, "\xff\xfb\x1f"),
		WINDOW("\xff\xfd\x18\xff\xfd\x1f", true, true, "\xff\xfc\x18\xff\xfb\x1f"),
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			struct run r = { .codec.has_window = row[i].has_window };

			chunk_feed((enum chunk_mode)mode, 3, row[i].in, row[i].n, feed, &r);
			assert_int_equal(r.code, 0);
			assert_int_equal(r.codec.wants_window, row[i].wants_window);
			assert_int_equal(r.n, 0);
			assert_int_equal(r.replied, row[i].reply_n);
			assert_memory_equal(r.reply, row[i].reply, row[i].reply_n);
		}
	}
}

static void test_window_size(void **state)
{
	static const struct {
		uint16_t columns, rows;
		const char *want;
		size_t n;
	} row[] = {
#define SIZE(columns, rows, want) { columns, rows, want, sizeof(want) - 1 }
		SIZE(80, 24, "\xff\xfa\x1f\0\x50\0\x18\xff\xf0"),
		SIZE(0, 0, "\xff\xfa\x1f\0\0\0\0\xff\xf0"),
		SIZE(255, 511, "\xff\xfa\x1f\0\xff\xff\1\xff\xff\xff\xf0"),
		SIZE(65535, 65535, "\xff\xfa\x1f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0"),
	};
	uint8_t out[TWC_TELNET_WINDOW_MAX];

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		assert_int_equal(twc_telnet_window(row[i].columns, row[i].rows, out), row[i].n);
		assert_memory_equal(out, row[i].want, row[i].n);
	}
}

static bool give(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	size_t len = twc_telnet_encode(&r->codec, data, n, r->out + r->n);

	assert_true(len <= 2 * n + 1);
	r->n += len;
	return true;
}

static void test_sent(void **state)
{
	static const char in[] = "a\xff" "b\rc\r\nd\n\r\xff\r";
	static const char want[] = "a\xff\xff" "b\r\0c\r\nd\n\r\0\xff\xff\r";

	for (int mode = 0; mode < CHUNK_MODES; mode++) {
		struct run r = { 0 }, back = { 0 };

		chunk_feed((enum chunk_mode)mode, 3, in, sizeof(in) - 1, give, &r);
		assert_int_equal(r.n, sizeof(want) - 1);
		assert_memory_equal(r.out, want, sizeof(want) - 1);
		chunk_feed((enum chunk_mode)mode, 5, r.out, r.n, feed, &back);
		assert_int_equal(back.n, sizeof(in) - 1);
		assert_memory_equal(back.out, in, sizeof(in) - 1);
	}
}

/* A subnegotiation that never ends is an error, not a silence. */
static void test_endless_subnegotiation(void **state)
{
	uint8_t start[] = { 'x', 255, 250, 24 }, junk[512] = { 0 };
	struct run r = { 0 };
	size_t fed = 0;

	assert_true(feed(&r, start, sizeof(start)));
	while (feed(&r, junk, sizeof(junk)))
		assert_in_range(fed += sizeof(junk), 0, 17000);
	assert_int_equal(r.code, TWC_EPROTO);
	assert_int_equal(r.n, 1);
}

/* Nor may a peer make us answer for ever. */
static void test_endless_requests(void **state)
{
	static const uint8_t ask[] = { 255, 253, 1 };
	struct run r = { 0 };
	unsigned asked = 0;

	for (; feed(&r, ask, sizeof(ask)); r.replied = 0) {
		assert_int_equal(r.replied, 3);
		assert_in_range(++asked, 1, 10000);
	}
	assert_int_equal(r.code, TWC_EPROTO);
	assert_int_equal(asked, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_received),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_window_size),
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_endless_subnegotiation),
		cmocka_unit_test(test_endless_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
