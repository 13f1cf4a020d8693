/* SPDX-License-Identifier: MIT */
/*
 * The codec against frames written by hand: the vectors of RFC 6455, 5.7, and the cases of Autobahn's families 1 to 7 and 9, each
 * whole, byte by byte, at random splits, unmasked in place, and with hardly any room to unmask.
 */
#include "wire.h"

/* A script: words of two hex digits FIN/RSV/opcode, then ':' and the payload up to a blank; "\x" escapes are C's. */
struct part {
	unsigned first;
	const char *payload;
	size_t n;
};
#define PART(first, payload) { first, payload, sizeof(payload) - 1 }

struct row {
	const char *name, *heard;
	unsigned fault;
	struct part part[8];
};

#define SIZE_125 "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890" \
	"1234567890123456789012345"

static const struct row rows[] = {
	{ "1.1 empty text", "T()", 0, { PART(0x81, "") } },
	{ "1.2 empty binary", "B()", 0, { PART(0x82, "") } },
	{ "1.1 text", "T(" SIZE_125 ")", 0, { PART(0x81, SIZE_125) } },
	{ "1.2 two bytes of length", "B(" SIZE_125 "6)", 0, { PART(0x82, SIZE_125 "6") } },
	{ "many", "T(a)B(b)T()T(c)", 0, { PART(0x81, "a"), PART(0x82, "b"), PART(0x81, ""), PART(0x81, "c") } },

	{ "2.1 empty ping", "P()", 0, { PART(0x89, "") } },
	{ "2.4 125 bytes", "P(" SIZE_125 ")", 0, { PART(0x89, SIZE_125) } },
	{ "2.5 126 bytes", "", 1002, { PART(0x89, SIZE_125 "6") } },
	{ "2.7 pong", "Q(unsolicited)P(ping)", 0, { PART(0x8a, "unsolicited"), PART(0x89, "ping") } },
	{ "long pong", "T(a)", 1002, { PART(0x81, "a"), PART(0x8a, SIZE_125 "6") } },

	{ "3.1 RSV1", "", 1002, { PART(0xc1, "a") } },
	{ "3.2 RSV2", "T(a)", 1002, { PART(0x81, "a"), PART(0xa1, "b"), PART(0x89, "") } },
	{ "3.5 RSV1 and 3", "", 1002, { PART(0xd2, "b") } },
	{ "3.6 of a ping", "", 1002, { PART(0xe9, "b") } },
	{ "3.7 of a Close", "", 1002, { PART(0xf8, "") } },

	{ "4.1 opcode 3", "", 1002, { PART(0x83, "") } },
	{ "4.1 opcode 4", "", 1002, { PART(0x84, "a") } },
	{ "4.1 opcode 5", "T(a)", 1002, { PART(0x81, "a"), PART(0x85, ""), PART(0x89, "") } },
	{ "4.1 opcode 6", "", 1002, { PART(0x86, "") } },
	{ "4.1 opcode 7", "", 1002, { PART(0x87, "") } },
	{ "4.2 opcode 11", "", 1002, { PART(0x8b, "") } },
	{ "4.2 opcode 12", "", 1002, { PART(0x8c, "") } },
	{ "4.2 opcode 13", "", 1002, { PART(0x8d, "") } },
	{ "4.2 opcode 14", "", 1002, { PART(0x8e, "") } },
	{ "4.2 opcode 15", "", 1002, { PART(0x8f, "") } },

	{ "5.1 ping in fragments", "", 1002, { PART(0x09, "a"), PART(0x80, "b") } },
	{ "5.2 pong in fragments", "", 1002, { PART(0x0a, "a"), PART(0x80, "b") } },
	{ "a Close in fragments", "", 1002, { PART(0x08, "\x03\xe8") } },
	{ "5.3 two fragments", "T(ab)", 0, { PART(0x01, "a"), PART(0x80, "b") } },
	{ "5.6 ping between", "P(p)T(ab)", 0, { PART(0x01, "a"), PART(0x89, "p"), PART(0x80, "b") } },
	{ "5.9 continuation of nothing", "", 1002, { PART(0x80, "a"), PART(0x81, "b") } },
	{ "5.12 open continuation of nothing", "", 1002, { PART(0x00, "a"), PART(0x81, "b") } },
	{ "5.15 continuation after the end", "T(ab)", 1002, { PART(0x01, "a"), PART(0x80, "b"), PART(0x80, "c"), PART(0x81, "d") } },
	{ "5.18 text inside text", "", 1002, { PART(0x01, "a"), PART(0x81, "b") } },
	{ "5.19 pings between", "P(1)P(2)T(abcde)", 0, { PART(0x01, "a"), PART(0x00, "b"), PART(0x89, "1"), PART(0x00, "c"),
		PART(0x00, "d"), PART(0x89, "2"), PART(0x80, "e") } },
	{ "binary", "B(ab)T(c)", 0, { PART(0x02, "a"), PART(0x80, "b"), PART(0x81, "c") } },

	{ "6.1 three empty fragments", "T()", 0, { PART(0x01, ""), PART(0x00, ""), PART(0x80, "") } },
	{ "6.1 the middle one not", "T(m)", 0, { PART(0x01, ""), PART(0x00, "m"), PART(0x80, "") } },
	{ "6.2 UTF-8", "T(Hello-\xc2\xb5@\xc3\x9f\xc3\xb6)", 0, { PART(0x81, "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6") } },
	{ "6.2 cut inside a character", "T(\xce\xba\xe1\xbd\xb9)", 0, { PART(0x01, "\xce"), PART(0x00, "\xba\xe1"), PART(0x00, "\xbd"),
		PART(0x80, "\xb9") } },
	{ "6.3 surrogate", "", 1007, { PART(0x81, "\xce\xba\xe1\xbd\xb9\xed\xa0\x80" "edited") } },
	{ "6.4 told before the end", "", 1007, { PART(0x01, "\xce\xba\xf4"), PART(0x00, "\x90"), PART(0x80, "\x80\x80") } },
	{ "6.5 binary need not be", "B(\xff\xfe)", 0, { PART(0x82, "\xff\xfe") } },
	{ "6.6 ends inside a character", "", 1007, { PART(0x81, "\xce\xba\xe1\xbd") } },
	{ "6.6 in the last fragment", "", 1007, { PART(0x01, "\xce\xba\xe1"), PART(0x80, "\xbd") } },
	{ "a new text begins anew", "T(\xce\xba)", 1007, { PART(0x81, "\xce\xba"), PART(0x81, "\xba") } },

	{ "7.1 Close", "T(a)C(1000,)", 0, { PART(0x81, "a"), PART(0x88, "\x03\xe8"), PART(0x81, "b"), PART(0x89, "c") } },
	{ "7.1.5 Close inside a message", "C(1000,)", 0, { PART(0x01, "a"), PART(0x88, "\x03\xe8"), PART(0x80, "b") } },
	{ "7.3.1 empty", "C(1005,)", 0, { PART(0x88, "") } },
	{ "7.3.2 one byte", "", 1002, { PART(0x88, "a") } },
	{ "7.3.4 a reason", "C(1000,Hello World!)", 0, { PART(0x88, "\x03\xe8Hello World!") } },
	{ "7.3.5 the longest", "C(1000,45678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
		"901234567890123456789012)", 0, { PART(0x88, "\x03\xe8" "4567890123456789012345678901234567890123456789012345678901234567"
		"8901234567890123456789012345678901234567890123456789012") } },
	{ "7.3.6 too long", "", 1002, { PART(0x88, "\x03\xe8" SIZE_125) } },
	{ "7.5.1 the reason is not UTF-8", "", 1007, { PART(0x88, "\x03\xe8\xce\xba\xe1\xbd\xb9\xed\xa0\x80") } },
	{ "7.9 the code 999", "", 1002, { PART(0x88, "\x03\xe7") } },
	{ "7.9 the code 1005", "", 1002, { PART(0x88, "\x03\xed") } },
	{ "7.13 the code 5000", "", 1002, { PART(0x88, "\x13\x88") } },
	{ "7.7 the code 4999", "C(4999,)", 0, { PART(0x88, "\x13\x87") } },
};

static void test_cases(void **state)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		for (int masked = 0; masked < 2; masked++) {
			struct wire w = { .masked = masked };

			for (size_t k = 0; k < 8 && rows[i].part[k].payload; k++)
				wire_frame(&w, rows[i].part[k].first, rows[i].part[k].payload, rows[i].part[k].n);
			if (getenv("CASES"))
				print_message("%s\n", rows[i].name);
			wire_expect(&w, rows[i].heard, rows[i].fault);
			wire_fini(&w);
		}
	}
}

static void test_vectors(void **state) /* RFC 6455, 5.7 */
{
	struct wire w = { 0 };

	wire_bytes(&w, "\x81\x05\x48\x65\x6c\x6c\x6f\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f\x89\x05\x48\x65\x6c\x6c\x6f", 23);
	wire_expect(&w, "T(Hello)T(Hello)P(Hello)", 0);
	wire_fini(&w);
	w.masked = true;
	wire_bytes(&w, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 22);
	wire_expect(&w, "T(Hello)Q(Hello)", 0);
	wire_fini(&w);
}

/* Past what wire_frame writes. */
static void test_heads(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		bool masked;
		unsigned fault;
	} heads[] = {
		{ "\x82\x7e\x00\x7d", 4, false, 1002 },				/* 125 in two bytes */
		{ "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10, false, 1002 }, /* 65535 in eight */
		{ "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 10, false, 1002 }, /* the top bit */
		{ "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10, false, 1009 }, /* announced is enough */
		{ "\x82\x7e\x03\xe9", 4, false, 1009 },				/* 1001 bytes */
		{ "\x82\x81", 2, false, 1002 },					/* a server masks not */
		{ "\x82\x01", 2, true, 1002 },					/* a client does */
		{ "\x82\x80", 2, true, 0 },
		{ "\x82\x7e\x03", 3, false, 0 },
		{ "\x89\x7e", 2, false, 1002 },
		{ "\x83", 1, false, 1002 },					/* at its first byte */
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(heads); i++) {
		struct wire w = { .masked = heads[i].masked };

		wire_bytes(&w, heads[i].bytes, heads[i].n);
		wire_expect(&w, "", heads[i].fault);
		wire_fini(&w);
	}
}

static void test_limit(void **state)
{
	char *payload = calloc(1, 3000), *text = malloc(3004);
	struct wire w = { .masked = true };

	assert_true(payload && text);
	wire_frame(&w, 0x82, payload, 1000);
	memset(text, 0, 1003);
	memcpy(text, "B(", 2);
	text[1002] = ')';
	wire_check(&w, false, NULL, 1000, text, 1003, 0);
	wire_check(&w, false, NULL, 999, "", 0, 1009);
	wire_fini(&w);
	w.masked = true;
	wire_frame(&w, 0x02, payload, 600); /* no fragment is too long */
	wire_frame(&w, 0x89, "p", 1);
	wire_frame(&w, 0x00, payload, 399);
	wire_frame(&w, 0x80, payload, 2);
	wire_check(&w, false, NULL, 1000, "P(p)", 4, 1009);
	wire_fini(&w);
	free(payload);
	free(text);
}

static void test_sizes(void **state) /* 9, and the forms of length */
{
	static const size_t sizes[] = { 1, 7, 8, 63, 64, 65, 125, 126, 127, 128, 65535, 65536, 65537, 100000 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(sizes); i++) {
		size_t n = sizes[i];
		char *text = malloc(n + 4);

		assert_non_null(text);
		for (size_t k = 0; k < n; k++)
			text[2 + k] = (char)('a' + (k * 7 + k / 26) % 26);
		memcpy(text, "T(", 2);
		text[n + 2] = ')';
		for (int masked = 0; masked < 2; masked++) {
			struct wire w = { .masked = masked };

			wire_frame(&w, 0x81, text + 2, n);
			wire_check(&w, !masked, NULL, 100000, text, n + 3, 0);
			wire_fini(&w);
		}
		free(text);
	}
}

/* ---- and back ---- */

static void to_wire(void *arg, const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++)
		wire_bytes(arg, iov[i].iov_base, iov[i].iov_len);
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 5, 64, 125, 126, 1000, 16384, 65535, 65536, 70000 };
	static const struct twc_ws_deflate agreed[] = {
		{ 0 }, { .is_on = true }, { .is_on = true, .no_takeover_in = true, .no_takeover_out = true },
		{ .is_on = true, .bits_in = 9, .bits_out = 9 }, { .is_on = true, .bits_out = 8, .bits_in = 8 },
	};
	char *data = malloc(80000);

	assert_non_null(data);
	for (size_t i = 0; i < 80000; i++)
		data[i] = (char)('a' + i % 7 + i / 1000 % 13);
	for (size_t i = 0; i < TWC_ARRAY_LEN(sizes) * TWC_ARRAY_LEN(agreed) * 2; i++) {
		size_t n = sizes[i / 2 % TWC_ARRAY_LEN(sizes)];
		const struct twc_ws_deflate *d = &agreed[i / 2 / TWC_ARRAY_LEN(sizes)];
		struct iovec iov[2] = { { data, n / 3 }, { data + n / 3, n - n / 3 } };
		bool is_client = i % 2;
		struct twc__ws_codec c;
		struct wire w = { 0 };
		struct twc_err err = { 0 };
		char *text = malloc(n + 16);

		assert_non_null(text);
		twc__ws_codec_init(&c, is_client, d, 0);
		assert_int_equal(twc__ws_encode(&c, TWC_WS_TEXT, iov, 2, to_wire, &w, &err), 0);
		twc__ws_encode_control(&c, TWC__WS_PING, "ab", 2, to_wire, &w);
		twc__ws_codec_fini(&c);
		if (d->is_on && d->bits_out != 8 && n >= 1000)
			assert_true(w.n < n / 2);
		memcpy(text, "T(", 2);
		memcpy(text + 2, data, n);
		memcpy(text + 2 + n, ")P(ab)", 6);
		wire_check(&w, !is_client, d, 0, text, n + 8, 0);
		wire_fini(&w);
		free(text);
	}
	free(data);
}

static void test_keys_differ(void **state)
{
	struct twc_ws_deflate none = { 0 };
	struct twc__ws_codec c;
	struct wire w = { 0 };
	size_t equal = 0;

	twc__ws_codec_init(&c, true, &none, 0);
	for (int i = 0; i < 40; i++)
		twc__ws_encode_control(&c, TWC__WS_PING, NULL, 0, to_wire, &w);
	assert_int_equal(w.n, 40 * 6);
	for (size_t i = 0; i < 40; i++)
		for (size_t k = 0; k < i; k++)
			equal += memcmp(w.p + 6 * i + 2, w.p + 6 * k + 2, 4) == 0;
	assert_true(equal < 2);
	twc__ws_codec_fini(&c);
	wire_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_vectors), cmocka_unit_test(test_heads),
		cmocka_unit_test(test_limit), cmocka_unit_test(test_sizes), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
