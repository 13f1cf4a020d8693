/* SPDX-License-Identifier: MIT */
/* permessage-deflate: the examples of RFC 7692, 7.2.3, Autobahn's families 12 and 13 in small, and what must not grow. */
#include "wire.h"

static const struct twc_ws_deflate plain = { .is_on = true };

static void expect(const struct wire *w, const struct twc_ws_deflate *d, size_t max, const char *text, unsigned fault)
{
	wire_check(w, !w->masked, d, max, text, strlen(text), fault);
}

static void test_examples(void **state)
{
	struct wire w = { .masked = true };

	wire_frame(&w, 0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7); /* 7.2.3.1 */
	wire_frame(&w, 0x41, "\xf2\x48\xcd", 3);		  /* in fragments */
	wire_frame(&w, 0x89, "", 0);
	wire_frame(&w, 0x80, "\xc9\xc9\x07\x00", 4);
	wire_frame(&w, 0xc1, "\xf2\x00\x11\x00\x00", 5);		  /* 7.2.3.2: the window is kept */
	wire_frame(&w, 0xc1, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11); /* 7.2.3.3: stored */
	wire_frame(&w, 0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);	  /* 7.2.3.4: BFINAL */
	wire_frame(&w, 0xc1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13); /* 7.2.3.5: two blocks */
	wire_frame(&w, 0xc1, "\x00", 1);				  /* 7.2.3.6: empty */
	wire_frame(&w, 0x81, "as it is", 8);
	wire_frame(&w, 0xc2, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
	expect(&w, &plain, 0, "T(Hello)P()T(Hello)T(Hello)T(Hello)T(Hello)T(Hello)T()T(as it is)B(Hello)", 0);
	wire_fini(&w);
}

static void test_bits(void **state)
{
	static const struct {
		const char *name, *heard;
		unsigned first[2];
	} rows[] = {
		{ "a continuation", "", { 0x41, 0xc0 } },
		{ "a ping", "", { 0xc9, 0 } },
		{ "a Close", "", { 0xc8, 0 } },
		{ "RSV2", "", { 0xe1, 0 } },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct wire w = { 0 };

		for (int k = 0; k < 2 && rows[i].first[k]; k++)
			wire_frame(&w, rows[i].first[k], "\x00", 1);
		expect(&w, &plain, 0, rows[i].heard, 1002);
		wire_fini(&w);
	}
}

static void test_damaged(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "\x07", 1 },				/* a block of no kind */
		{ "\x00\x05\x00\x05\x00Hello", 10 },	/* stored, its length is not its complement */
		{ "\xf2\x80\x11\x00", 4 },		/* a distance beyond the beginning */
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct wire w = { .masked = true };

		wire_frame(&w, 0xc2, rows[i].bytes, rows[i].n);
		expect(&w, &plain, 0, "", 1007);
		wire_fini(&w);
	}
}

static void to_wire(void *arg, const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++)
		wire_bytes(arg, iov[i].iov_base, iov[i].iov_len);
}

/* Text is judged when it is inflated, and no later. */
static void test_text(void **state)
{
	char data[200];
	struct twc__ws_codec c;
	struct iovec iov = { data, sizeof(data) };
	struct wire w = { 0 };

	memset(data, 'a', sizeof(data));
	data[150] = (char)0xff;
	twc__ws_codec_init(&c, false, &plain, 0);
	assert_int_equal(twc__ws_encode(&c, TWC_WS_TEXT, &iov, 1, to_wire, &w, NULL), 0);
	twc__ws_codec_fini(&c);
	assert_int_equal(w.p[0], 0xc1);
	expect(&w, &plain, 0, "", 1007);
	wire_fini(&w);
}

/* A message that would inflate to more than its maximum grows no further than that. */
static void test_bomb(void **state)
{
	static char zeros[4 << 20];
	struct twc__ws_codec c, in;
	struct iovec iov = { zeros, sizeof(zeros) };
	struct wire w = { 0 };
	struct twc_err err = { 0 };

	twc__ws_codec_init(&c, false, &plain, 0);
	assert_int_equal(twc__ws_encode(&c, TWC_WS_BINARY, &iov, 1, to_wire, &w, NULL), 0);
	twc__ws_codec_fini(&c);
	assert_true(w.n < sizeof(zeros) / 200);
	for (int exact = 0; exact < 2; exact++) {
		struct twc__ws_input input = { .p = w.p, .n = w.n };
		struct twc__ws_item item;

		twc__ws_codec_init(&in, true, &plain, sizeof(zeros) - 1 + (size_t)exact);
		if (exact) {
			assert_int_equal(twc__ws_decode(&in, &input, &item, &err), TWC__WS_MESSAGE);
			assert_int_equal(item.n, sizeof(zeros));
		} else {
			assert_int_equal(twc__ws_decode(&in, &input, &item, &err), TWC_ETOOLONG);
			assert_int_equal(in.fault, 1009);
			assert_true(in.msg.cap <= sizeof(zeros));
		}
		twc__ws_codec_fini(&in);
	}
	wire_fini(&w);
}

/* Many messages through one connection: windows of all sizes, with and without takeover. */
static void test_stream(void **state)
{
	static char data[40000];
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(data); i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)('a' + (seed >> 16) % (i / 5000 % 2 ? 26 : 3));
	}
	for (unsigned bits = 8; bits <= 15; bits++) {
		for (int no_takeover = 0; no_takeover < 2; no_takeover++) {
			struct twc_ws_deflate there = { .is_on = true, .bits_out = (uint8_t)bits, .no_takeover_out = no_takeover };
			struct twc_ws_deflate here = { .is_on = true, .bits_in = (uint8_t)bits, .no_takeover_in = no_takeover };
			struct twc__ws_codec out, in;

			twc__ws_codec_init(&out, true, &there, 0);
			twc__ws_codec_init(&in, false, &here, 0);
			for (size_t n = 1; n < sizeof(data); n = n * 3 + 1) {
				struct wire w = { 0 };
				struct iovec iov = { data + n / 2 % 97, n };
				struct twc__ws_item item;
				struct twc__ws_input input;

				assert_int_equal(twc__ws_encode(&out, TWC_WS_TEXT, &iov, 1, to_wire, &w, NULL), 0);
				assert_int_equal(w.p[0], bits > 8 && n >= TWC__WS_DEFLATE_MIN ? 0xc1 : 0x81);
				input = (struct twc__ws_input){ .p = w.p, .n = w.n };
				assert_int_equal(twc__ws_decode(&in, &input, &item, NULL), TWC__WS_MESSAGE);
				assert_int_equal(item.n, n);
				assert_memory_equal(item.data, iov.iov_base, n);
				assert_true(!no_takeover || (!out.zlib.out && !in.zlib.in));
				wire_fini(&w);
			}
			twc__ws_codec_fini(&out);
			twc__ws_codec_fini(&in);
		}
	}
}

/* ---- out of memory: no crash, and a code that says so ---- */

static size_t allocations, fail_at;

static void *failing(void *p, size_t n)
{
	if (n == 0) {
		free(p);
		return NULL;
	}
	return n > 1000 && ++allocations >= fail_at ? NULL : realloc(p, n);
}

static void test_no_memory(void **state)
{
	char data[3000];
	struct iovec iov = { data, sizeof(data) };
	struct wire w = { 0 };
	struct twc__ws_codec c;

	memset(data, 'a', sizeof(data));
	twc__ws_codec_init(&c, false, &plain, 0);
	assert_int_equal(twc__ws_encode(&c, TWC_WS_BINARY, &iov, 1, to_wire, &w, NULL), 0);
	twc__ws_codec_fini(&c);
	for (size_t at = 1; at < 6; at++) {
		struct twc__ws_input input = { .p = w.p, .n = w.n };
		struct twc__ws_item item;
		struct twc_err err = { 0 };
		int rc;

		allocations = 0;
		fail_at = at;
		twc__ws_codec_init(&c, true, &plain, 0);
		twc_mem_set_hook(failing);
		rc = twc__ws_decode(&c, &input, &item, &err);
		if (rc < 0) {
			assert_int_equal(rc, TWC_ENOMEM);
			assert_int_equal(c.fault, 1011);
		}
		allocations = 0;
		rc = twc__ws_encode(&c, TWC_WS_BINARY, &iov, 1, to_wire, &w, &err);
		assert_true(rc == 0 || rc == TWC_ENOMEM);
		if (rc < 0) /* from now on as they are */
			assert_false(twc__ws_may_deflate(&c.zlib, 1000));
		twc__ws_codec_fini(&c);
		twc_mem_set_hook(NULL);
		if (at == 1)
			assert_int_equal(err.code, TWC_ENOMEM);
	}
	wire_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples), cmocka_unit_test(test_bits), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_text), cmocka_unit_test(test_bomb), cmocka_unit_test(test_stream),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
