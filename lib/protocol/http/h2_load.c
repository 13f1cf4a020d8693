/* SPDX-License-Identifier: MIT */
/*
 * What a load's connection of HTTP/2 hears: whole frames, where they lie unless a read has cut them. All that RFC 9113 has a server not
 * do ends the connection, with the code for it; a response that is badly made ends its stream.
 *
 * Credit is hardly ever given: the windows are as large as they can be, and what they let in is counted, not kept.
 */
#include "protocol/http/h2_load.h"

#include "protocol/http/h2.h"

#include "base/banned.h"

#define CREDIT (1u << 30) /* is given when so much has been used of a window */
#define WINDOW_MAX INT64_C(0x7fffffff)
#define INTERIM_MAX 100
#define USELESS_MAX 10000 /* frames that bring nothing, one after the other */
#define TABLE 4096

struct frame {
	uint8_t type, flags;
	int32_t id;
	const uint8_t *p;
	size_t n, whole; /* whole: with its head and padding */
};

static uint32_t read32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- faults ---- */

/* Of the connection: nothing of it can be believed any more. */
static bool fail(struct twc__h2_load *h, uint32_t code, const char *what)
{
	uint8_t payload[8] = { 0 };

	payload[7] = (uint8_t)code;
	twc__h2_load_put(h, NGHTTP2_GOAWAY, 0, 0, payload, sizeof(payload));
	twc_err_set(&h->err, TWC_EPROTO, "HTTP/2 connection: %s (%s)", what, twc__h2_code_name(code));
	return false;
}

static void stream_end(struct twc__h2_load *h, struct twc__h2_load_stream *s, const struct twc_err *err)
{
	s->id = 0;
	h->n--;
	h->useless = 0;
	h->ops->end(h, (unsigned)(s - h->ring), err);
}

/* Of a stream alone. */
static bool fail_stream(struct twc__h2_load *h, struct twc__h2_load_stream *s, const char *what)
{
	struct twc_err err = { 0 };

	twc__h2_load_put32(h, NGHTTP2_RST_STREAM, s->id, NGHTTP2_PROTOCOL_ERROR);
	twc_err_set(&err, TWC_EPROTO, "HTTP/2: %s", what);
	stream_end(h, s, &err);
	return true;
}

/* ---- streams ---- */

/* NULL: it has ended, or was never there. */
static struct twc__h2_load_stream *find(const struct twc__h2_load *h, int32_t id)
{
	struct twc__h2_load_stream *s = &h->ring[(uint32_t)id >> 1 & h->mask];

	return s->id == id ? s : NULL;
}

/* A stream that nobody has opened yet, or that only a server opens, which it may not. */
static bool is_idle(const struct twc__h2_load *h, int32_t id)
{
	return !(id & 1) || (uint32_t)id >= h->next_id;
}

/* RFC 9113, 8.1.1: where a body has a length, that is it. */
static bool is_as_long(const struct twc__h2_load *h, const struct twc__h2_load_stream *s)
{
	return s->length == UINT64_MAX || s->body == s->length || (s->body == 0 && (h->is_head || s->status == 304));
}

/* The response is whole; a request that is not is ended with it (8.1). */
static bool answered(struct twc__h2_load *h, struct twc__h2_load_stream *s)
{
	static const struct twc_err none;

	if (!is_as_long(h, s))
		return fail_stream(h, s, "the body is not as long as content-length says");
	if (s->rest.n > 0)
		twc__h2_load_put32(h, NGHTTP2_RST_STREAM, s->id, NGHTTP2_NO_ERROR);
	stream_end(h, s, &none);
	return true;
}

/* ---- heads ---- */

/* All of a block, for the sake of the table even when nobody wants it. */
static bool inflate(struct twc__h2_load *h, const uint8_t *p, size_t n, struct twc__h2_load_head *x)
{
	int flags = 0;

	while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		nghttp2_nv nv;
		ssize_t used = nghttp2_hd_inflate_hd2(h->inflater, &nv, &flags, p, n, 1);

		TWC__H2_CHECK(used);
		if (used < 0)
			return fail(h, NGHTTP2_COMPRESSION_ERROR, "a head cannot be unpacked");
		p += used;
		n -= (size_t)used;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			twc__h2_load_take_field(x, &nv);
		if (x->size > TWC__H2_LOAD_HEAD_MAX)
			return fail(h, NGHTTP2_ENHANCE_YOUR_CALM, "a head is too long");
	}
	(void)nghttp2_hd_inflate_end_headers(h->inflater);
	return true;
}

static void remember(struct twc__h2_load *h, const uint8_t *p, size_t n, const struct twc__h2_load_head *x)
{
	if (!twc__h2_load_leaves_table(p, n)) {
		h->known_len = 0;
	} else if (n <= TWC__H2_LOAD_KNOWN_MAX && x->status >= 200 && !x->is_bad) {
		h->known_len = (uint16_t)n;
		h->known_status = x->status;
		h->known_length = x->length;
		memcpy(h->known, p, n);
	}
}

/* An interim head, or trailers. False: the connection has failed. */
static bool on_other_head(struct twc__h2_load *h, struct twc__h2_load_stream *s, const struct twc__h2_load_head *x, bool is_end)
{
	if (s->status != 0)
		return is_end && x->status == 0 ? answered(h, s) : fail_stream(h, s, "trailers that are none");
	if (is_end || x->status == 101 || ++s->interims > INTERIM_MAX)
		return fail_stream(h, s, "an interim response that is none, or too many");
	return true;
}

static bool on_head(struct twc__h2_load *h, struct twc__h2_load_stream *s, const struct twc__h2_load_head *x, bool is_end)
{
	if (x->is_bad || (s->status == 0 && x->status == 0))
		return fail_stream(h, s, "the head of a response has no good :status, or a bad content-length");
	if (s->status != 0 || x->status < 200)
		return on_other_head(h, s, x, is_end);
	s->status = x->status;
	s->length = x->length;
	h->ops->head(h, (unsigned)(s - h->ring));
	return h->is_dead || !is_end || answered(h, s);
}

static bool on_block(struct twc__h2_load *h, int32_t id, uint8_t flags, const uint8_t *p, size_t n)
{
	struct twc__h2_load_head x = { .length = UINT64_MAX };
	struct twc__h2_load_stream *s;

	if (h->known_len > 0 && h->known_len == n && memcmp(p, h->known, n) == 0) {
		x.status = h->known_status;
		x.length = h->known_length;
	} else if (inflate(h, p, n, &x)) {
		remember(h, p, n, &x);
	} else {
		return false;
	}
	s = find(h, id);
	return !s || on_head(h, s, &x, flags & NGHTTP2_FLAG_END_STREAM);
}

/* ---- frames ---- */

static bool unpad(struct frame *f)
{
	size_t pad;

	if (!(f->flags & NGHTTP2_FLAG_PADDED))
		return true;
	if (f->n == 0 || f->p[0] >= f->n)
		return false;
	pad = f->p[0];
	f->p++;
	f->n -= 1 + pad;
	return true;
}

static bool on_headers(struct twc__h2_load *h, struct frame *f)
{
	struct twc__h2_load_stream *s;

	if (f->id == 0 || is_idle(h, f->id) || !unpad(f))
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "a HEADERS that may not be");
	if (f->flags & NGHTTP2_FLAG_PRIORITY) {
		if (f->n < 5)
			return fail(h, NGHTTP2_FRAME_SIZE_ERROR, "a HEADERS that is too short");
		f->p += 5;
		f->n -= 5;
	}
	s = find(h, f->id);
	if (s)
		s->in += f->whole;
	if (f->flags & NGHTTP2_FLAG_END_HEADERS)
		return on_block(h, f->id, f->flags, f->p, f->n);
	h->block_id = f->id;
	h->block_flags = f->flags;
	twc_buf_clear(&h->block);
	if (twc_buf_add(&h->block, f->p, f->n) < 0)
		return fail(h, NGHTTP2_ENHANCE_YOUR_CALM, "a head is too long");
	return true;
}

static bool on_continuation(struct twc__h2_load *h, const struct frame *f)
{
	struct twc__h2_load_stream *s = find(h, f->id);

	if (h->block_id == 0)
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "a CONTINUATION of nothing");
	if (s)
		s->in += f->whole;
	if (twc_buf_add(&h->block, f->p, f->n) < 0)
		return fail(h, NGHTTP2_ENHANCE_YOUR_CALM, "a head is too long");
	if (!(f->flags & NGHTTP2_FLAG_END_HEADERS))
		return true;
	h->block_id = 0;
	return on_block(h, f->id, h->block_flags, (const uint8_t *)twc_buf_head(&h->block), twc_buf_len(&h->block));
}

static void take_credit(struct twc__h2_load *h, int32_t id, uint64_t *unacked, size_t n)
{
	*unacked += n;
	if (*unacked < CREDIT)
		return;
	twc__h2_load_put32(h, NGHTTP2_WINDOW_UPDATE, id, (uint32_t)*unacked);
	*unacked = 0;
}

static bool on_data(struct twc__h2_load *h, struct frame *f)
{
	struct twc__h2_load_stream *s = find(h, f->id);
	size_t n = f->n;

	if (f->id == 0 || is_idle(h, f->id) || !unpad(f))
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "a DATA that may not be");
	take_credit(h, 0, &h->unacked, n);
	if (!s)
		return true;
	s->in += f->whole;
	s->body += f->n;
	if (s->status == 0)
		return fail_stream(h, s, "a body before the head");
	if (f->flags & NGHTTP2_FLAG_END_STREAM)
		return answered(h, s);
	if (s->body > s->length)
		return fail_stream(h, s, "the body is not as long as content-length says");
	take_credit(h, s->id, &s->unacked, n);
	return true;
}

static bool on_reset(struct twc__h2_load *h, const struct frame *f)
{
	struct twc__h2_load_stream *s = find(h, f->id);
	struct twc_err err = { 0 };

	if (f->id == 0 || is_idle(h, f->id) || f->n != 4)
		return fail(h, f->n != 4 ? NGHTTP2_FRAME_SIZE_ERROR : NGHTTP2_PROTOCOL_ERROR, "a RST_STREAM that may not be");
	if (!s)
		return true;
	twc_err_set(&err, TWC_ERESET, "stream reset by the server: %s", twc__h2_code_name(read32(f->p)));
	stream_end(h, s, &err);
	return true;
}

static bool on_window_update(struct twc__h2_load *h, const struct frame *f)
{
	struct twc__h2_load_stream *s = f->id ? find(h, f->id) : NULL;
	int64_t *window = s ? &s->window : &h->window;
	uint32_t n;

	if (f->n != 4)
		return fail(h, NGHTTP2_FRAME_SIZE_ERROR, "a WINDOW_UPDATE that may not be");
	n = read32(f->p) & 0x7fffffff;
	if (n == 0 || (f->id && is_idle(h, f->id)))
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "a WINDOW_UPDATE that may not be");
	if (f->id && !s)
		return true;
	*window += n;
	if (*window > WINDOW_MAX)
		return fail(h, NGHTTP2_FLOW_CONTROL_ERROR, "a window is too large");
	if (s)
		twc__h2_load_send_body(h, s);
	else
		twc__h2_load_send_bodies(h);
	return true;
}

/* ---- frames of the connection ---- */

static bool resize_windows(struct twc__h2_load *h, uint32_t size)
{
	int64_t by = (int64_t)size - h->stream_window;

	if (size > WINDOW_MAX)
		return fail(h, NGHTTP2_FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE is too large");
	h->stream_window = size;
	for (unsigned i = 0; i <= h->mask; i++) {
		if (!h->ring[i].id)
			continue;
		h->ring[i].window += by;
		if (h->ring[i].window > WINDOW_MAX)
			return fail(h, NGHTTP2_FLOW_CONTROL_ERROR, "a window is too large");
	}
	return true;
}

static bool on_setting(struct twc__h2_load *h, unsigned id, uint32_t value)
{
	switch (id) {
	case NGHTTP2_SETTINGS_HEADER_TABLE_SIZE:
		if (value < TABLE && !h->is_plain)
			h->is_plain = h->owes_size = true;
		return true;
	case NGHTTP2_SETTINGS_ENABLE_PUSH:
		return value == 0 || fail(h, NGHTTP2_PROTOCOL_ERROR, "SETTINGS_ENABLE_PUSH of a server");
	case NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS:
		h->max_streams = value;
		return true;
	case NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE:
		return resize_windows(h, value);
	case NGHTTP2_SETTINGS_MAX_FRAME_SIZE:
		return (value >= 16384 && value <= 0xffffff) || fail(h, NGHTTP2_PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE is none");
	default:
		return true;
	}
}

static bool on_settings(struct twc__h2_load *h, const struct frame *f)
{
	bool is_ack = f->flags & NGHTTP2_FLAG_ACK;

	if (f->id != 0)
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "a SETTINGS of a stream");
	if (is_ack ? f->n > 0 : f->n % 6 != 0)
		return fail(h, NGHTTP2_FRAME_SIZE_ERROR, "a SETTINGS of a wrong length");
	if (is_ack)
		return true;
	for (size_t i = 0; i < f->n; i += 6)
		if (!on_setting(h, (unsigned)f->p[i] << 8 | f->p[i + 1], read32(f->p + i + 2)))
			return false;
	h->has_settings = true;
	twc__h2_load_put(h, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
	twc__h2_load_send_bodies(h);
	return true;
}

static bool on_ping(struct twc__h2_load *h, const struct frame *f)
{
	if (f->id != 0 || f->n != 8)
		return fail(h, f->n != 8 ? NGHTTP2_FRAME_SIZE_ERROR : NGHTTP2_PROTOCOL_ERROR, "a PING that may not be");
	if (!(f->flags & NGHTTP2_FLAG_ACK))
		twc__h2_load_put(h, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, f->p, 8);
	return true;
}

/* What it has not looked at may be asked elsewhere (RFC 9113, 6.8), unless it has a complaint. */
static bool on_goaway(struct twc__h2_load *h, const struct frame *f)
{
	struct twc_err err = { 0 };
	uint32_t last, code;

	if (f->id != 0 || f->n < 8)
		return fail(h, f->n < 8 ? NGHTTP2_FRAME_SIZE_ERROR : NGHTTP2_PROTOCOL_ERROR, "a GOAWAY that may not be");
	last = read32(f->p) & 0x7fffffff;
	code = read32(f->p + 4);
	h->is_going = true;
	twc_err_set(&err, code == NGHTTP2_NO_ERROR ? TWC_ECANCELLED : TWC_ERESET, "GOAWAY by the server: %s", twc__h2_code_name(code));
	for (unsigned i = 0; i <= h->mask && !h->is_dead; i++)
		if (h->ring[i].id > 0 && (uint32_t)h->ring[i].id > last)
			stream_end(h, &h->ring[i], &err);
	return true;
}

/* ---- all of them ---- */

static bool on_frame(struct twc__h2_load *h, struct frame *f)
{
	bool goes_on = f->type == NGHTTP2_CONTINUATION && f->id == h->block_id;

	if (h->block_id ? !goes_on : f->type == NGHTTP2_CONTINUATION)
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "a head that does not go on");
	if (!h->has_settings && f->type != NGHTTP2_SETTINGS)
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "the server does not begin with SETTINGS");
	switch (f->type) {
	case NGHTTP2_DATA:
		return on_data(h, f);
	case NGHTTP2_HEADERS:
		return on_headers(h, f);
	case NGHTTP2_RST_STREAM:
		return on_reset(h, f);
	case NGHTTP2_WINDOW_UPDATE:
		return on_window_update(h, f);
	case NGHTTP2_PUSH_PROMISE:
		return fail(h, NGHTTP2_PROTOCOL_ERROR, "a PUSH_PROMISE, which was declined");
	default:
		break;
	}
	if (++h->useless > USELESS_MAX)
		return fail(h, NGHTTP2_ENHANCE_YOUR_CALM, "frames that bring nothing");
	switch (f->type) {
	case NGHTTP2_CONTINUATION:
		return on_continuation(h, f);
	case NGHTTP2_SETTINGS:
		return on_settings(h, f);
	case NGHTTP2_PING:
		return on_ping(h, f);
	case NGHTTP2_GOAWAY:
		return on_goaway(h, f);
	default: /* PRIORITY, and what we do not know, means nothing here (5.5) */
		return true;
	}
}

static size_t payload_of(const uint8_t *p)
{
	return (size_t)(read32(p) >> 8);
}

static bool take(struct twc__h2_load *h, const uint8_t *p)
{
	struct frame f = { .type = p[3], .flags = p[4], .id = (int32_t)(read32(p + 5) & 0x7fffffff), .n = payload_of(p) };

	f.p = p + TWC__H2_FRAME_HEAD;
	f.whole = f.n + TWC__H2_FRAME_HEAD;
	return on_frame(h, &f);
}

/* How long a frame is; 0: too long. */
static size_t length_of(struct twc__h2_load *h, const uint8_t *p)
{
	size_t n = payload_of(p);

	if (n <= TWC__H2_LOAD_FRAME_MAX)
		return n + TWC__H2_FRAME_HEAD;
	(void)fail(h, NGHTTP2_FRAME_SIZE_ERROR,
		   !h->has_settings && memcmp(p, "HTTP/", 5) == 0 ? "the server answers with HTTP/1" : "a frame is too long");
	return 0;
}

/* To what is held, until it is a whole frame. Returns how much was taken; 0: it is over. */
static size_t complete(struct twc__h2_load *h, const uint8_t *p, size_t n)
{
	size_t taken = 0, want = TWC__H2_FRAME_HEAD, k;

	for (unsigned round = 0; round < 2; round++) {
		size_t len = twc_buf_len(&h->held);

		k = want > len ? want - len : 0;
		k = k < n - taken ? k : n - taken;
		if (twc_buf_add(&h->held, p + taken, k) < 0)
			return 0;
		taken += k;
		if (twc_buf_len(&h->held) < want)
			return taken;
		want = length_of(h, (const uint8_t *)twc_buf_head(&h->held));
		if (want == 0)
			return 0;
	}
	if (!take(h, (const uint8_t *)twc_buf_head(&h->held)))
		return 0;
	twc_buf_clear(&h->held);
	return taken;
}

bool twc__h2_load_feed(struct twc__h2_load *h, const uint8_t *p, size_t n)
{
	size_t used;

	while (n > 0 && !h->is_dead && !h->err.code) {
		if (twc_buf_len(&h->held) == 0 && n >= TWC__H2_FRAME_HEAD) {
			used = length_of(h, p);
			if (used > 0 && used <= n && !take(h, p))
				break;
		} else {
			used = 0;
		}
		if (h->err.code)
			break;
		if (used == 0 || used > n) {
			used = complete(h, p, n);
			if (used == 0)
				break;
		}
		p += used;
		n -= used;
	}
	return h->err.code == 0;
}
