/* SPDX-License-Identifier: MIT */
/*
 * Event streams: the same events however the stream is cut; events written and read again are the same ones.
 *
 * Input: seed of the cuts (1 byte), then the stream.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/http/sse.h"
#include "support/chunk.h"

struct run {
	struct twc__http_sse s;
	struct twc_buf written; /* the events, as our writer writes them */
	int code;
};

static int on_event(void *arg, const struct twc__http_sse_event *e, struct twc_err *err)
{
	struct run *r = arg;

	TWC_ASSERT(e->retry_ms <= TWC__HTTP_SSE_RETRY_MAX);
	TWC_ASSERT(twc__http_sse_write(&r->written, e, NULL) == 0);
	return 0;
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct run *r = arg;

	r->code = twc__http_sse_feed(&r->s, p, n, NULL);
	twc_buf_check(&r->s.line);
	twc_buf_check(&r->s.data);
	return r->code == 0;
}

static void run(struct run *r, enum chunk_mode mode, uint32_t seed, const void *p, size_t n)
{
	*r = (struct run){ 0 };
	twc_buf_init(&r->written, 16 * 1048576);
	twc__http_sse_init(&r->s, on_event, r);
	chunk_feed(mode, seed, p, n, feed, r);
}

static void run_fini(struct run *r)
{
	twc__http_sse_fini(&r->s);
	twc_buf_fini(&r->written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct run whole, other;

	if (n < 1)
		return 0;
	run(&whole, CHUNK_WHOLE, 0, data + 1, n - 1);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run(&other, (enum chunk_mode)mode, data[0], data + 1, n - 1);
		TWC_ASSERT(whole.code == other.code && twc_str_eq(twc_buf_str(&whole.written), twc_buf_str(&other.written)));
		TWC_ASSERT(twc_str_eq(twc__http_sse_last_id(&whole.s), twc__http_sse_last_id(&other.s)));
		TWC_ASSERT(twc__http_sse_retry(&whole.s) == twc__http_sse_retry(&other.s));
		run_fini(&other);
	}
	run(&other, CHUNK_RANDOM, data[0], twc_buf_head(&whole.written), twc_buf_len(&whole.written));
	TWC_ASSERT(twc_str_eq(twc_buf_str(&whole.written), twc_buf_str(&other.written)));
	run_fini(&other);
	run_fini(&whole);
	return 0;
}
