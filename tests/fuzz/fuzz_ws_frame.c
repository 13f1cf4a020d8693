/* SPDX-License-Identifier: MIT */
/*
 * Frames of either role: cuts, and where a message is unmasked, change nothing of what is heard; no message is over the maximum, a
 * text is UTF-8 by another decoder, and what was heard is encoded and heard again.
 *
 * Input: role, deflate, seed of the cuts (1 byte), then the stream.
 */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/ws/close.h"
#include "protocol/ws/codec.h"
#include "support/chunk.h"

#define MAX 5000

struct run {
	struct twc__ws_codec codec;
	struct twc_buf heard;
	size_t room;
	bool in_place;
	int code;
	unsigned fault;
};

static void note(struct run *r, int event, const struct twc__ws_item *item)
{
	uint8_t head[8] = { (uint8_t)event, (uint8_t)item->type, (uint8_t)(item->code >> 8), (uint8_t)item->code,
			    (uint8_t)(item->n >> 16), (uint8_t)(item->n >> 8), (uint8_t)item->n };

	TWC_ASSERT(item->n <= (event == TWC__WS_MESSAGE ? MAX : TWC_WS_CONTROL_MAX));
	TWC_ASSERT(event == TWC__WS_MESSAGE || item->type == 0);
	if (item->type == TWC_WS_TEXT || event == TWC__WS_HEARD_CLOSE)
		TWC_ASSERT(twc_is_utf8((struct twc_str){ (const char *)item->data, item->n }));
	TWC_ASSERT(twc_buf_add(&r->heard, head, sizeof(head)) == 0 && twc_buf_add(&r->heard, item->data, item->n) == 0);
}

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	uint8_t *work = malloc(r->room + 1);
	struct twc__ws_input in = { .p = data, .n = n, .work = r->in_place ? NULL : work, .room = r->room };

	while (in.n > 0 && !r->code) {
		struct twc__ws_item item = { 0 };
		struct twc_err err = { 0 };
		size_t before = in.n;
		int rc = twc__ws_decode(&r->codec, &in, &item, &err);

		TWC_ASSERT(rc == err.code || rc >= 0);
		TWC_ASSERT(in.n <= before && (rc != TWC__WS_MORE || in.n == 0));
		if (rc < 0) {
			r->code = rc;
			r->fault = r->codec.fault;
			TWC_ASSERT(err.text[0] && twc_ws_code_is_valid(r->fault));
		} else if (rc != TWC__WS_MORE) {
			TWC_ASSERT(in.n < before);
			note(r, rc, &item);
		}
	}
	free(work);
	return r->code == 0;
}

static void run(struct run *r, uint8_t flags, enum chunk_mode mode, bool in_place, const uint8_t *p, size_t n)
{
	struct twc_ws_deflate d = { .is_on = flags & 2 };

	*r = (struct run){ .in_place = in_place, .room = flags & 4 ? 100 : MAX };
	twc_buf_init(&r->heard, SIZE_MAX);
	twc__ws_codec_init(&r->codec, flags & 1, &d, MAX);
	chunk_feed(mode, flags, p, n, feed, r);
}

static void fini(struct run *r)
{
	TWC_ASSERT(twc_buf_len(&r->codec.msg) <= MAX);
	twc__ws_codec_fini(&r->codec);
	twc_buf_fini(&r->heard);
}

static void to_buf(void *arg, const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++)
		TWC_ASSERT(twc_buf_add(arg, iov[i].iov_base, iov[i].iov_len) == 0);
}

/* What was heard, said by the other role. */
static void say_again(const struct run *r, uint8_t flags, struct twc_buf *wire)
{
	struct twc_ws_deflate d = { .is_on = flags & 2 };
	const uint8_t *p = (const uint8_t *)twc_buf_head(&r->heard), *end = p + twc_buf_len(&r->heard);
	struct twc__ws_codec c;

	twc__ws_codec_init(&c, !(flags & 1), &d, MAX);
	while (p < end) {
		size_t n = (size_t)p[4] << 16 | (size_t)p[5] << 8 | p[6];
		struct iovec iov[2] = { { (void *)(uintptr_t)(p + 8), n / 2 }, { (void *)(uintptr_t)(p + 8 + n / 2), n - n / 2 } };
		uint8_t close[TWC_WS_CONTROL_MAX];

		if (p[0] == TWC__WS_MESSAGE)
			TWC_ASSERT(twc__ws_encode(&c, p[1], iov, 2, to_buf, wire, NULL) == 0);
		else if (p[0] == TWC__WS_HEARD_CLOSE)
			twc__ws_encode_control(&c, TWC__WS_CLOSE, close, twc__ws_close_write(close, (unsigned)(p[2] << 8 | p[3]),
					       (struct twc_str){ (const char *)p + 8, n }), to_buf, wire);
		else
			twc__ws_encode_control(&c, p[0] == TWC__WS_HEARD_PING ? TWC__WS_PING : TWC__WS_PONG, p + 8, n, to_buf, wire);
		p += 8 + n;
	}
	twc__ws_codec_fini(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct run whole, other;
	struct twc_buf wire;

	if (n < 1)
		return 0;
	run(&whole, data[0], CHUNK_WHOLE, false, data + 1, n - 1);
	for (int mode = 0; mode < CHUNK_MODES + 1; mode++) {
		run(&other, data[0], mode < CHUNK_MODES ? (enum chunk_mode)mode : CHUNK_WHOLE, true, data + 1, n - 1);
		TWC_ASSERT(other.code == whole.code && other.fault == whole.fault);
		TWC_ASSERT(twc_str_eq(twc_buf_str(&other.heard), twc_buf_str(&whole.heard)));
		fini(&other);
	}
	twc_buf_init(&wire, SIZE_MAX);
	say_again(&whole, data[0], &wire);
	run(&other, data[0], CHUNK_RANDOM, false, (const uint8_t *)twc_buf_head(&wire), twc_buf_len(&wire));
	TWC_ASSERT(other.code == 0 && twc_str_eq(twc_buf_str(&other.heard), twc_buf_str(&whole.heard)));
	fini(&other);
	fini(&whole);
	twc_buf_fini(&wire);
	return 0;
}
