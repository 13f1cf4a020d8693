/* SPDX-License-Identifier: MIT */
/* Content codings: both ways, cut anywhere, chained, damaged, and meant to fill the memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/http/coding.h"
#include "support/chunk.h"
#include <twc/buf.h>

#define TEXT "twc says hello, hello, hello to whoever listens.\n"

/* TEXT by `brotli -q 11` and by `zstd -19`. */
static const uint8_t text_br[] = {
	0xa1, 0x80, 0x01, 0xc0, 0x6f, 0xa4, 0x16, 0x6b, 0x9d, 0x9d, 0x21, 0xdd, 0xe1, 0xf5, 0xce, 0x9f, 0xde, 0x27,
	0xb1, 0x18, 0x3b, 0x8a, 0x42, 0x01, 0x36, 0xe0, 0x04, 0x3c, 0x0c, 0x12, 0x98, 0xed, 0x4e, 0xa0, 0x9b, 0x77,
	0x54, 0xe2, 0x7d, 0x95, 0xb9, 0x6c, 0xc9, 0xc1, 0xe2, 0x8c, 0xa7, 0x85, 0xd2, 0xec, 0x4b, 0x25, 0x01,
};
static const uint8_t text_zstd[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x31, 0x5d, 0x01, 0x00, 0x44, 0x02, 0x74, 0x77, 0x63, 0x20, 0x73, 0x61, 0x79, 0x73, 0x20,
	0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x2c, 0x20, 0x74, 0x6f, 0x20, 0x77, 0x68, 0x6f, 0x65, 0x76, 0x65, 0x72, 0x20, 0x6c, 0x69,
	0x73, 0x74, 0x65, 0x6e, 0x73, 0x2e, 0x0a, 0x01, 0x00, 0x3a, 0x4a, 0x1d, 0x69, 0x1e, 0x6b, 0x2d,
};

/* ---- the two ends ---- */

static int collect(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	assert_true(n > 0);
	return twc_buf_add(arg, p, n);
}

static void encode(struct twc_buf *b, enum twc__http_encoding kind, const void *p, size_t n)
{
	struct twc__http_encoder *e = twc__http_encoder_new(kind, 6, collect, b, NULL);

	assert_non_null(e);
	assert_int_equal(twc__http_encoder_write(e, p, n, false, NULL), 0);
	assert_int_equal(twc__http_encoder_end(e, NULL), 0);
	twc__http_encoder_free(e);
}

struct decoding {
	struct twc__http_decoder *d;
	struct twc_buf out;
	struct twc_err err;
	int code;
};

static bool decode_piece(void *arg, const uint8_t *p, size_t n)
{
	struct decoding *x = arg;
	struct twc_str in = { (const char *)p, n };

	x->code = twc__http_decoder_feed(x->d, &in, &x->err);
	assert_true(x->code < 0 || in.n == 0);
	return x->code == 0;
}

static void decode(struct decoding *x, enum chunk_mode mode, const char *codings, uint64_t max, const void *p, size_t n)
{
	struct twc__http_decoder_opts o = { .max = max, .out = collect, .arg = &x->out };

	*x = (struct decoding){ 0 };
	twc_buf_init(&x->out, 16 * 1048576);
	x->d = twc__http_decoder_new(twc_str_of(codings), &o, &x->err);
	assert_non_null(x->d);
	chunk_feed(mode, 5, p, n, decode_piece, x);
	if (x->code == 0)
		x->code = twc__http_decoder_finish(x->d, &x->err);
	assert_int_equal(x->err.code, x->code);
}

static void decoded(struct decoding *x)
{
	twc__http_decoder_free(x->d);
	twc_buf_fini(&x->out);
}

static void assert_decodes(const char *codings, const void *p, size_t n, const void *want, size_t want_n)
{
	struct decoding x;

	for (int mode = 0; mode < CHUNK_MODES; mode++) {
		decode(&x, (enum chunk_mode)mode, codings, 0, p, n);
		if (x.code)
			fail_msg("%s, %s: %s", codings, chunk_name((enum chunk_mode)mode), x.err.text);
		assert_int_equal(twc_buf_len(&x.out), want_n);
		assert_memory_equal(twc_buf_head(&x.out), want, want_n);
		decoded(&x);
	}
}

static void assert_fails(const char *codings, const void *p, size_t n, int code, const char *text)
{
	struct decoding x;

	for (int mode = 0; mode < CHUNK_MODES; mode++) {
		decode(&x, (enum chunk_mode)mode, codings, 0, p, n);
		assert_int_equal(x.code, code);
		if (text)
			assert_non_null(strstr(x.err.text, text));
		assert_int_equal(twc__http_decoder_finish(x.d, NULL), code);
		decoded(&x);
	}
}

/* ---- what is well ---- */

static void each_coding(void **state)
{
	static const struct {
		const char *name;
		enum twc__http_encoding kind;
	} rows[] = {
		{ "gzip", TWC__HTTP_ENCODE_GZIP },	 { "X-GZIP", TWC__HTTP_ENCODE_GZIP },
		{ "deflate", TWC__HTTP_ENCODE_DEFLATE }, { "deflate", TWC__HTTP_ENCODE_RAW },
		{ " ,gzip, identity", TWC__HTTP_ENCODE_GZIP },
	};
	struct twc_buf b;

	twc_buf_init(&b, 65536);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		twc_buf_clear(&b);
		encode(&b, rows[i].kind, TEXT, sizeof(TEXT) - 1);
		assert_decodes(rows[i].name, twc_buf_head(&b), twc_buf_len(&b), TEXT, sizeof(TEXT) - 1);
		twc_buf_clear(&b);
		encode(&b, rows[i].kind, "", 0);
		assert_decodes(rows[i].name, twc_buf_head(&b), twc_buf_len(&b), "", 0);
	}
	twc_buf_fini(&b);
	assert_decodes("br", text_br, sizeof(text_br), TEXT, sizeof(TEXT) - 1);
	assert_decodes("zstd", text_zstd, sizeof(text_zstd), TEXT, sizeof(TEXT) - 1);
	assert_decodes("identity", TEXT, sizeof(TEXT) - 1, TEXT, sizeof(TEXT) - 1);
	assert_decodes("", TEXT, sizeof(TEXT) - 1, TEXT, sizeof(TEXT) - 1);
}

static void no_bytes_are_an_empty_body(void **state)
{
	static const char *const names[] = { "gzip", "deflate", "br", "zstd", "gzip, br", "" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(names); i++)
		assert_decodes(names[i], "", 0, "", 0);
}

static void codings_upon_each_other(void **state)
{
	struct twc_buf a, b;

	twc_buf_init(&a, 65536);
	twc_buf_init(&b, 65536);
	encode(&a, TWC__HTTP_ENCODE_GZIP, text_br, sizeof(text_br));
	assert_decodes("br, gzip", twc_buf_head(&a), twc_buf_len(&a), TEXT, sizeof(TEXT) - 1);
	for (int i = 0; i < 4; i++) {
		struct twc_buf was = a;

		twc_buf_clear(&b);
		encode(&b, TWC__HTTP_ENCODE_DEFLATE, twc_buf_head(&a), twc_buf_len(&a));
		a = b;
		b = was;
		if (i == 2)
			assert_decodes("br,gzip,deflate,deflate,deflate", twc_buf_head(&a), twc_buf_len(&a), TEXT,
				       sizeof(TEXT) - 1);
	}
	twc_buf_fini(&a);
	twc_buf_fini(&b);
}

static void gzip_of_several_members(void **state)
{
	struct twc_buf b;

	twc_buf_init(&b, 65536);
	encode(&b, TWC__HTTP_ENCODE_GZIP, "one ", 4);
	encode(&b, TWC__HTTP_ENCODE_GZIP, "two", 3);
	assert_decodes("gzip", twc_buf_head(&b), twc_buf_len(&b), "one two", 7);
	assert_int_equal(twc_buf_add(&b, "\0\0\0\0\0", 5), 0);
	assert_decodes("gzip", twc_buf_head(&b), twc_buf_len(&b), "one two", 7);
	assert_int_equal(twc_buf_add(&b, "\x1f", 1), 0);
	assert_fails("gzip", twc_buf_head(&b), twc_buf_len(&b), TWC_EPROTO, "more behind its end");
	twc_buf_fini(&b);
}

static void zstd_of_several_frames(void **state)
{
	static const char skippable[] = "\x50\x2a\x4d\x18\x03\0\0\0abc";
	struct twc_buf b;

	twc_buf_init(&b, 65536);
	assert_int_equal(twc_buf_add(&b, text_zstd, sizeof(text_zstd)), 0);
	assert_int_equal(twc_buf_add(&b, skippable, sizeof(skippable) - 1), 0);
	assert_int_equal(twc_buf_add(&b, text_zstd, sizeof(text_zstd)), 0);
	assert_decodes("zstd", twc_buf_head(&b), twc_buf_len(&b), TEXT TEXT, 2 * (sizeof(TEXT) - 1));
	twc_buf_fini(&b);
}

/* ---- what is not ---- */

static void unknown_codings(void **state)
{
	struct twc__http_decoder_opts o = { .out = collect };
	struct twc_err err = { 0 };

	assert_null(twc__http_decoder_new(twc_str_of("gzip, comp\x1bress"), &o, &err));
	assert_int_equal(err.code, TWC_EPROTO);
	assert_non_null(strstr(err.text, "\"comp\\x1bress\""));
	assert_null(twc__http_decoder_new(twc_str_of("gzip,gzip,gzip,gzip,gzip,gzip"), &o, &err));
	assert_int_equal(err.code, TWC_ETOOLONG);
	assert_false(twc__http_decoder_is_needed(twc_str_of("identity, ,IDENTITY, None")));
	assert_true(twc__http_decoder_is_needed(twc_str_of("identity, x")));
	assert_string_equal(twc__http_accept_encoding(), "gzip, deflate, br, zstd");
}

static void cut_short_at_every_byte(void **state)
{
	static const struct {
		const char *name;
		enum twc__http_encoding kind;
	} made[] = {
		{ "gzip", TWC__HTTP_ENCODE_GZIP }, { "deflate", TWC__HTTP_ENCODE_DEFLATE }, { "deflate", TWC__HTTP_ENCODE_RAW },
	};
	struct twc_buf b;

	twc_buf_init(&b, 65536);
	for (size_t i = 0; i < TWC_ARRAY_LEN(made); i++) {
		twc_buf_clear(&b);
		encode(&b, made[i].kind, TEXT, sizeof(TEXT) - 1);
		for (size_t n = 1; n < twc_buf_len(&b); n++)
			assert_fails(made[i].name, twc_buf_head(&b), n, TWC_ETRUNC, "ends in the middle");
	}
	twc_buf_fini(&b);
	for (size_t n = 1; n < sizeof(text_br); n++)
		assert_fails("br", text_br, n, TWC_ETRUNC, "middle of its br");
	for (size_t n = 1; n < sizeof(text_zstd); n++)
		assert_fails("zstd", text_zstd, n, TWC_ETRUNC, "middle of its zstd");
}

static void damaged(void **state)
{
	struct twc_buf b;
	char *p;

	twc_buf_init(&b, 65536);
	encode(&b, TWC__HTTP_ENCODE_GZIP, TEXT, sizeof(TEXT) - 1);
	assert_int_equal(twc_buf_reserve(&b, 0, &p), 0);
	p[-5] ^= 1; /* of the check sum */
	assert_fails("gzip", twc_buf_head(&b), twc_buf_len(&b), TWC_EPROTO, "no valid gzip");
	p[-5] ^= 1;
	p[-1] ^= 1; /* of the length */
	assert_fails("gzip", twc_buf_head(&b), twc_buf_len(&b), TWC_EPROTO, "no valid gzip");
	twc_buf_clear(&b);
	encode(&b, TWC__HTTP_ENCODE_DEFLATE, TEXT, sizeof(TEXT) - 1);
	assert_int_equal(twc_buf_add(&b, "\0", 1), 0);
	assert_fails("deflate", twc_buf_head(&b), twc_buf_len(&b), TWC_EPROTO, "more behind its end");
	twc_buf_clear(&b);
	assert_int_equal(twc_buf_add(&b, text_br, sizeof(text_br)), 0);
	assert_int_equal(twc_buf_add(&b, "\0", 1), 0);
	assert_fails("br", twc_buf_head(&b), twc_buf_len(&b), TWC_EPROTO, "more behind its end");
	twc_buf_clear(&b);
	assert_int_equal(twc_buf_add(&b, text_zstd, sizeof(text_zstd)), 0);
	assert_int_equal(twc_buf_add(&b, "junk", 4), 0);
	assert_fails("zstd", twc_buf_head(&b), twc_buf_len(&b), TWC_EPROTO, "no valid zstd");
	assert_int_equal(twc_buf_reserve(&b, 0, &p), 0);
	p[-5] ^= 1; /* of the check sum */
	assert_fails("zstd", twc_buf_head(&b), sizeof(text_zstd), TWC_EPROTO, "no valid zstd");
	twc_buf_fini(&b);
	assert_fails("gzip", TEXT, sizeof(TEXT) - 1, TWC_EPROTO, "no valid gzip");
	assert_fails("br", TEXT, sizeof(TEXT) - 1, TWC_EPROTO, "no valid br");
	assert_fails("zstd", TEXT, sizeof(TEXT) - 1, TWC_EPROTO, "no valid zstd");
	assert_fails("deflate", "\xff\xff\xff\xff", 4, TWC_EPROTO, "no valid deflate");
	assert_fails("deflate", "\x78\xbb\0\0\0\0", 6, TWC_EPROTO, "dictionary");
}

static void formats_that_are_not_meant(void **state)
{
	assert_fails("zstd", "\x28\xb5\x2f\xfd\x00\x70\x4c\x00\x00", 9, TWC_EPROTO, "above 8 MiB");
	assert_fails("zstd", "\x27\xb5\x2f\xfd\x04\x56\0\0\0", 9, TWC_EPROTO, "no frame begins"); /* of version 0.7 */
	assert_fails("br", "\x11\x59\xfe\xff\x7f\x00\x90\x00", 8, TWC_EPROTO, "no valid br");
}

/* ---- bombs ---- */

#define MIB ((size_t)1048576)

/* n blocks of 128 KiB of the same byte, four bytes each. */
static void zstd_bomb(struct twc_buf *b, unsigned n)
{
	assert_int_equal(twc_buf_add(b, "\x28\xb5\x2f\xfd\x00\x68", 6), 0);
	for (unsigned i = 0; i < n; i++) {
		uint32_t head = (i == n - 1) | 1 << 1 | 131072 << 3;

		assert_int_equal(twc_buf_add(b, (const uint8_t[]){ head & 255, head >> 8 & 255, head >> 16, 'x' }, 4), 0);
	}
}

/* 2 MiB of zeros by `brotli -q 11 -w 22`. */
static const uint8_t bomb_br[] = {
	0x9b, 0xff, 0xff, 0x1f, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x03,
};

static void gzip_bomb(struct twc_buf *b, size_t n)
{
	char *zeros = calloc(1, n);

	assert_non_null(zeros);
	encode(b, TWC__HTTP_ENCODE_GZIP, zeros, n);
	free(zeros);
}

static void the_limit_is_exact(void **state)
{
	struct twc_buf b[3];
	const char *const names[] = { "gzip", "zstd", "br" };
	struct decoding x;

	for (int i = 0; i < 3; i++)
		twc_buf_init(&b[i], MIB);
	gzip_bomb(&b[0], 2 * MIB);
	zstd_bomb(&b[1], 16);
	assert_int_equal(twc_buf_add(&b[2], bomb_br, sizeof(bomb_br)), 0);
	for (int i = 0; i < 3 * CHUNK_MODES; i++) {
		const char *p = twc_buf_head(&b[i / 3]);
		size_t n = twc_buf_len(&b[i / 3]);
		enum chunk_mode mode = (enum chunk_mode)(i % 3);

		decode(&x, mode, names[i / 3], 2 * MIB, p, n);
		assert_int_equal(x.code, 0);
		assert_int_equal(twc_buf_len(&x.out), 2 * MIB);
		decoded(&x);
		decode(&x, mode, names[i / 3], 2 * MIB - 1, p, n);
		assert_int_equal(x.code, TWC_ETOOLONG);
		assert_string_equal(x.err.text, "the decoded body is larger than 2097151 bytes");
		assert_int_equal(twc_buf_len(&x.out), 2 * MIB - 1);
		decoded(&x);
	}
	decode(&x, CHUNK_WHOLE, "", 3, "four", 4);
	assert_int_equal(x.code, TWC_ETOOLONG);
	assert_memory_equal(twc_buf_head(&x.out), "fou", 3);
	decoded(&x);
	for (int i = 0; i < 3; i++)
		twc_buf_fini(&b[i]);
}

static int count(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	*(uint64_t *)arg += n;
	return 0;
}

static void the_ratio_has_a_limit(void **state)
{
	uint64_t n_out = 0;
	struct twc__http_decoder_opts o = { .max_ratio = 1100, .out = count, .arg = &n_out };
	struct twc__http_decoder *d = twc__http_decoder_new(twc_str_of("zstd"), &o, NULL);
	struct twc_err err = { 0 };
	struct twc_buf b;
	struct twc_str in;

	twc_buf_init(&b, MIB);
	zstd_bomb(&b, 8000); /* a GiB */
	in = twc_buf_str(&b);
	assert_int_equal(twc__http_decoder_feed(d, &in, &err), TWC_ETOOLONG);
	assert_string_equal(err.text, "the body decodes to more than 1100 times its size");
	assert_true(n_out >= MIB && n_out < 512 * MIB);
	twc__http_decoder_free(d);
	twc_buf_clear(&b);
	gzip_bomb(&b, 4 * MIB); /* deflate has 1030 to 1 at most: an honest body of zeros passes */
	d = twc__http_decoder_new(twc_str_of("gzip"), &o, NULL);
	in = twc_buf_str(&b);
	assert_int_equal(twc__http_decoder_feed(d, &in, &err), 0);
	assert_int_equal(twc__http_decoder_finish(d, &err), 0);
	twc__http_decoder_free(d);
	twc_buf_fini(&b);
}

/* ---- stopping ---- */

static int pause_each(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	int rc = collect(arg, p, n, err);

	return rc ? rc : TWC__HTTP_CODING_PAUSE;
}

static void a_pause_holds_the_rest(void **state)
{
	struct twc_buf bomb, twice, out;
	struct twc__http_decoder_opts o = { .out = pause_each, .arg = &out };
	struct twc__http_decoder *d = twc__http_decoder_new(twc_str_of("gzip, gzip"), &o, NULL);
	struct twc_str in;
	int rounds = 0;

	twc_buf_init(&bomb, MIB);
	twc_buf_init(&twice, MIB);
	twc_buf_init(&out, 4 * MIB);
	gzip_bomb(&bomb, 2 * MIB);
	encode(&twice, TWC__HTTP_ENCODE_GZIP, twc_buf_head(&bomb), twc_buf_len(&bomb));
	in = twc_buf_str(&twice);
	for (size_t n = 0; twc__http_decoder_feed(d, &in, NULL) == 1; rounds++) {
		assert_true(twc_buf_len(&out) > n && twc_buf_len(&out) <= n + 16384);
		n = twc_buf_len(&out);
	}
	assert_true(rounds >= 128);
	assert_int_equal(in.n, 0);
	assert_int_equal(twc_buf_len(&out), 2 * MIB);
	assert_int_equal(twc__http_decoder_finish(d, NULL), 0);
	twc__http_decoder_free(d);
	twc_buf_fini(&bomb);
	twc_buf_fini(&twice);
	twc_buf_fini(&out);
}

static int refuse(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	return twc_err_set(err, TWC_EIO, "disk full");
}

static void who_takes_it_may_refuse(void **state)
{
	struct twc__http_decoder_opts o = { .out = refuse };
	struct twc__http_decoder *d = twc__http_decoder_new(twc_str_of("br"), &o, NULL);
	struct twc__http_encoder *e = twc__http_encoder_new(TWC__HTTP_ENCODE_GZIP, 6, refuse, NULL, NULL);
	struct twc_str in = { (const char *)text_br, sizeof(text_br) };
	struct twc_err err = { 0 };

	assert_int_equal(twc__http_decoder_feed(d, &in, &err), TWC_EIO);
	assert_string_equal(err.text, "disk full");
	assert_int_equal(twc__http_decoder_feed(d, &in, &err), TWC_EIO);
	assert_int_equal(twc__http_encoder_write(e, "x", 1, true, &err), TWC_EIO);
	twc__http_encoder_free(e);
	twc__http_decoder_free(d);
	twc__http_decoder_free(NULL);
	twc__http_encoder_free(NULL);
}

/* ---- encoding ---- */

static void flushed_bytes_can_be_read(void **state)
{
	struct twc_buf b, out;
	struct twc__http_encoder *e;
	struct twc__http_decoder_opts o = { .out = collect, .arg = &out };
	struct twc__http_decoder *d = twc__http_decoder_new(twc_str_of("gzip"), &o, NULL);

	twc_buf_init(&b, MIB);
	twc_buf_init(&out, MIB);
	e = twc__http_encoder_new(TWC__HTTP_ENCODE_GZIP, 6, collect, &b, NULL);
	for (int i = 0; i < 3; i++) {
		struct twc_str in;

		assert_int_equal(twc__http_encoder_write(e, "tick\n", 5, true, NULL), 0);
		in = twc_buf_str(&b);
		assert_int_equal(twc__http_decoder_feed(d, &in, NULL), 0);
		assert_int_equal(twc_buf_len(&out), 5 * (i + 1));
		twc_buf_clear(&b);
	}
	twc__http_encoder_free(e);
	twc__http_decoder_free(d);
	twc_buf_fini(&b);
	twc_buf_fini(&out);
}

static void equal_input_gives_equal_output(void **state)
{
	struct twc_buf b;

	twc_buf_init(&b, 65536);
	encode(&b, TWC__HTTP_ENCODE_GZIP, "hi", 2);
	/* No flags, no time, level as usual, system unknown. */
	assert_memory_equal(twc_buf_head(&b), "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	twc_buf_clear(&b);
	encode(&b, TWC__HTTP_ENCODE_RAW, "", 0);
	assert_int_equal(twc_buf_len(&b), 2);
	assert_memory_equal(twc_buf_head(&b), "\x03\0", 2);
	twc_buf_fini(&b);
}

static void much_that_does_not_compress(void **state)
{
	size_t n = MIB;
	uint8_t *noise = malloc(n);
	uint32_t seed = 1;
	struct twc_buf b;

	assert_non_null(noise);
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		noise[i] = (uint8_t)(seed >> 24);
	}
	twc_buf_init(&b, 2 * MIB);
	encode(&b, TWC__HTTP_ENCODE_GZIP, noise, n);
	assert_decodes("gzip", twc_buf_head(&b), twc_buf_len(&b), noise, n);
	twc_buf_fini(&b);
	free(noise);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_coding),
		cmocka_unit_test(no_bytes_are_an_empty_body),
		cmocka_unit_test(codings_upon_each_other),
		cmocka_unit_test(gzip_of_several_members),
		cmocka_unit_test(zstd_of_several_frames),
		cmocka_unit_test(unknown_codings),
		cmocka_unit_test(cut_short_at_every_byte),
		cmocka_unit_test(damaged),
		cmocka_unit_test(formats_that_are_not_meant),
		cmocka_unit_test(the_limit_is_exact),
		cmocka_unit_test(the_ratio_has_a_limit),
		cmocka_unit_test(a_pause_holds_the_rest),
		cmocka_unit_test(who_takes_it_may_refuse),
		cmocka_unit_test(flushed_bytes_can_be_read),
		cmocka_unit_test(equal_input_gives_equal_output),
		cmocka_unit_test(much_that_does_not_compress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
