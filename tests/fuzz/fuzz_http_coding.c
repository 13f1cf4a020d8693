/* SPDX-License-Identifier: MIT */
/*
 * Content codings: what comes out is the same however the body is cut, and never more than the limit, with pauses and without;
 * what was encoded decodes to itself.
 *
 * Input: codings and flags (1 byte), seed of the cuts (1 byte), then the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/http/coding.h"
#include "support/chunk.h"
#include <twc/buf.h>

#define LIMIT 100000

struct run {
	struct twc__http_decoder *d;
	struct twc_buf out;
	bool pauses;
	int code;
};

static int put(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct run *r = arg;

	TWC_ASSERT(n > 0);
	TWC_ASSERT(twc_buf_add(&r->out, p, n) == 0);
	return r->pauses ? TWC__HTTP_CODING_PAUSE : 0;
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *r = arg;
	struct twc_str in = { (const char *)p, n };
	struct twc_err err = { 0 };

	do
		r->code = twc__http_decoder_feed(r->d, &in, &err);
	while (r->code == 1);
	TWC_ASSERT(r->code == err.code && (r->code < 0 || in.n == 0));
	return r->code == 0;
}

static void run(struct run *r, const char *codings, bool pauses, enum chunk_mode mode, uint32_t seed, const void *p, size_t n)
{
	struct twc__http_decoder_opts o = { .max = LIMIT, .out = put, .arg = r };

	*r = (struct run){ .pauses = pauses };
	twc_buf_init(&r->out, LIMIT);
	r->d = twc__http_decoder_new(twc_str_of(codings), &o, NULL);
	chunk_feed(mode, seed, p, n, feed, r);
	if (r->code == 0)
		r->code = twc__http_decoder_finish(r->d, NULL);
	twc__http_decoder_free(r->d);
}

static int encoded(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	return twc_buf_add(arg, p, n);
}

static void there_and_back(uint8_t flags, const uint8_t *data, size_t n)
{
	enum twc__http_encoding kind = (enum twc__http_encoding)(flags % 3);
	struct twc_buf made;
	struct twc__http_encoder *e;
	struct run r;

	twc_buf_init(&made, 4 * LIMIT);
	e = twc__http_encoder_new(kind, 1 + flags % 9, encoded, &made, NULL);
	TWC_ASSERT(twc__http_encoder_write(e, data, n / 2, flags & 1, NULL) == 0);
	TWC_ASSERT(twc__http_encoder_write(e, data + n / 2, n - n / 2, false, NULL) == 0);
	TWC_ASSERT(twc__http_encoder_end(e, NULL) == 0);
	twc__http_encoder_free(e);
	run(&r, kind == TWC__HTTP_ENCODE_GZIP ? "gzip" : "deflate", false, CHUNK_RANDOM, flags, twc_buf_head(&made),
	    twc_buf_len(&made));
	TWC_ASSERT(r.code == 0 && twc_buf_len(&r.out) == n && memcmp(twc_buf_head(&r.out), data, n) == 0);
	twc_buf_fini(&r.out);
	twc_buf_fini(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd", "br, gzip", "zstd, deflate", "gzip, gzip", "" };
	const char *name;
	struct run whole, cut;

	if (n < 2)
		return 0;
	name = codings[data[0] & 7];
	run(&whole, name, false, CHUNK_WHOLE, 0, data + 2, n - 2);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run(&cut, name, data[0] & 8, (enum chunk_mode)mode, data[1], data + 2, n - 2);
		TWC_ASSERT((whole.code == 0) == (cut.code == 0));
		if (whole.code == 0)
			TWC_ASSERT(twc_str_eq(twc_buf_str(&whole.out), twc_buf_str(&cut.out)));
		twc_buf_fini(&cut.out);
	}
	twc_buf_fini(&whole.out);
	there_and_back(data[0] >> 4, data + 2, n - 2);
	return 0;
}
