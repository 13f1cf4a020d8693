/* SPDX-License-Identifier: MIT */
/* The way out: a message as one frame, masked when a client sends it (RFC 6455, 5.2 and 5.3). */
#include "protocol/ws/codec.h"

#include "base/digest.h"

#include "base/banned.h"

#define PIECE (64 * 1024) /* masked at a time */
#define IOV_MAX_SINK 16

void twc__ws_codec_init(struct twc__ws_codec *c, bool is_client, const struct twc_ws_deflate *deflate, size_t max_message)
{
	*c = (struct twc__ws_codec){ .is_client = is_client, .zlib.agreed = *deflate };
	c->max = max_message ? max_message : TWC_WS_MESSAGE_MAX;
	twc_buf_init(&c->msg, c->max);
}

void twc__ws_codec_fini(struct twc__ws_codec *c)
{
	twc_buf_fini(&c->msg);
	twc__ws_zlib_fini(&c->zlib);
	twc_free(c->keys);
}

/* Not to be foreseen by who chooses the payload (10.3). */
static const uint8_t *next_key(struct twc__ws_codec *c)
{
	if (!c->keys)
		c->keys = twc_malloc((size_t)TWC__WS_KEYS * TWC__WS_KEY_LEN);
	if (c->keys_left == 0) {
		twc__random(c->keys, (size_t)TWC__WS_KEYS * TWC__WS_KEY_LEN);
		c->keys_left = TWC__WS_KEYS;
	}
	return c->keys + (size_t)TWC__WS_KEY_LEN * --c->keys_left;
}

/* Head and payload in pieces of one buffer: what is short leaves in one. */
static void send_masked(const struct twc__ws_frame *f, const uint8_t *key, const struct iovec *iov, int n, twc__ws_sink_fn sink,
			void *arg)
{
	uint8_t piece[PIECE];
	struct iovec out = { .iov_base = piece, .iov_len = twc__ws_frame_write(piece, f, key) };
	uint64_t at = 0;

	for (int i = 0; i < n; i++) {
		const uint8_t *p = iov[i].iov_base;

		for (size_t left = iov[i].iov_len, k; left > 0; left -= k, p += k, at += k) {
			if (out.iov_len == PIECE) {
				sink(arg, &out, 1);
				out.iov_len = 0;
			}
			k = left < PIECE - out.iov_len ? left : PIECE - out.iov_len;
			twc__ws_mask(piece + out.iov_len, p, k, key, at);
			out.iov_len += k;
		}
	}
	sink(arg, &out, 1);
}

static void send_plain(const struct twc__ws_frame *f, const struct iovec *iov, int n, twc__ws_sink_fn sink, void *arg)
{
	uint8_t head[TWC__WS_HEAD_MAX];
	struct iovec all[IOV_MAX_SINK];

	all[0] = (struct iovec){ .iov_base = head, .iov_len = twc__ws_frame_write(head, f, NULL) };
	if (n >= IOV_MAX_SINK) {
		sink(arg, all, 1);
		sink(arg, iov, n);
		return;
	}
	for (int i = 0; i < n; i++)
		all[1 + i] = iov[i];
	sink(arg, all, 1 + n);
}

static void send_frame(struct twc__ws_codec *c, const struct twc__ws_frame *f, const struct iovec *iov, int n,
		       twc__ws_sink_fn sink, void *arg)
{
	if (c->is_client)
		send_masked(f, next_key(c), iov, n, sink, arg);
	else
		send_plain(f, iov, n, sink, arg);
}

int twc__ws_encode(struct twc__ws_codec *c, enum twc_ws_type type, const struct iovec *iov, int n, twc__ws_sink_fn sink,
		   void *arg, struct twc_err *err)
{
	struct twc__ws_frame f = { .opcode = (uint8_t)type, .is_last = true };
	struct twc_buf packed;
	struct iovec one;
	int rc;

	for (int i = 0; i < n; i++)
		f.length += iov[i].iov_len;
	if (!twc__ws_may_deflate(&c->zlib, (size_t)f.length)) {
		send_frame(c, &f, iov, n, sink, arg);
		return 0;
	}
	twc_buf_init(&packed, SIZE_MAX);
	rc = twc__ws_deflate(&c->zlib, iov, n, &packed, err);
	if (rc == 0) {
		one = (struct iovec){ .iov_base = (void *)(uintptr_t)twc_buf_head(&packed), .iov_len = twc_buf_len(&packed) };
		f.is_deflated = true;
		f.length = one.iov_len;
		send_frame(c, &f, &one, 1, sink, arg);
	}
	twc_buf_fini(&packed);
	return rc;
}

void twc__ws_encode_control(struct twc__ws_codec *c, enum twc__ws_opcode opcode, const void *data, size_t n,
			    twc__ws_sink_fn sink, void *arg)
{
	struct twc__ws_frame f = { .opcode = (uint8_t)opcode, .is_last = true, .length = n };
	struct iovec one = { .iov_base = (void *)(uintptr_t)data, .iov_len = n };

	TWC_ASSERT(n <= TWC_WS_CONTROL_MAX);
	send_frame(c, &f, &one, n > 0, sink, arg);
}
