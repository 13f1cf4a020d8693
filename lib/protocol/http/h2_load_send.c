/* SPDX-License-Identifier: MIT */
/*
 * What a load's connection of HTTP/2 sends: its preface with windows that need no care, requests, bodies as far as the server's
 * windows let them. All of it stands in h->out until its owner sends it.
 */
#include "protocol/http/h2.h"
#include "protocol/http/h2_load.h"

#include <stdio.h>

#include "base/banned.h"

#define WINDOW_MAX 0x7fffffff
#define WINDOW_USUAL 65535
#define ID_LAST 0x7ffffff0u
#define SIZE_NONE 0x20 /* of the table of header fields (RFC 7541, 6.3) */

static void write32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* Room for a frame, its head written. Memory for what is a maximum of frames each dies as all of ours. */
static uint8_t *room(struct twc__h2_load *h, uint8_t type, uint8_t flags, int32_t id, size_t n)
{
	char *p = NULL;
	uint8_t *at;

	if (twc_buf_reserve(&h->out, TWC__H2_FRAME_HEAD + n, &p) < 0)
		TWC_BUG("no memory for a frame");
	at = (uint8_t *)p;
	write32(at, (uint32_t)n << 8 | type);
	at[4] = flags;
	write32(at + 5, (uint32_t)id);
	twc_buf_commit(&h->out, TWC__H2_FRAME_HEAD + n);
	return at + TWC__H2_FRAME_HEAD;
}

void twc__h2_load_put(struct twc__h2_load *h, uint8_t type, uint8_t flags, int32_t id, const void *payload, size_t n)
{
	uint8_t *p = room(h, type, flags, id, n);

	if (n > 0)
		memcpy(p, payload, n);
}

void twc__h2_load_put32(struct twc__h2_load *h, uint8_t type, int32_t id, uint32_t value)
{
	write32(room(h, type, 0, id, 4), value);
}

/* ---- its beginning ---- */

unsigned twc__h2_load_places(unsigned streams)
{
	unsigned n = 2;

	while (n < 2 * streams)
		n *= 2;
	return n;
}

static void put_settings(struct twc__h2_load *h)
{
	static const uint8_t settings[] = {
		0, NGHTTP2_SETTINGS_ENABLE_PUSH, 0, 0, 0, 0,
		0, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7f, 0xff, 0xff, 0xff,
	};

	twc__h2_load_put(h, NGHTTP2_SETTINGS, 0, 0, settings, sizeof(settings));
	twc__h2_load_put32(h, NGHTTP2_WINDOW_UPDATE, 0, WINDOW_MAX - WINDOW_USUAL);
}

void twc__h2_load_init(struct twc__h2_load *h, const struct twc__h2_load_ops *ops, const struct twc__h2_load_blocks *blocks,
		       unsigned streams)
{
	int rc;

	*h = (struct twc__h2_load){
		.ops = ops,
		.blocks = blocks,
		.max_streams = UINT32_MAX,
		.mask = twc__h2_load_places(streams) - 1,
		.next_id = 1,
		.window = WINDOW_USUAL,
		.stream_window = WINDOW_USUAL,
	};
	h->ring = twc_calloc(h->mask + 1, sizeof(*h->ring));
	twc_buf_init(&h->out, SIZE_MAX);
	twc_buf_init(&h->held, TWC__H2_FRAME_HEAD + TWC__H2_LOAD_FRAME_MAX);
	twc_buf_init(&h->block, TWC__H2_LOAD_HEAD_MAX);
	rc = nghttp2_hd_inflate_new(&h->inflater);
	TWC_ASSERT(rc == 0);
	if (twc_buf_add(&h->out, TWC__H2_PREFACE, TWC__H2_PREFACE_LEN) < 0)
		TWC_BUG("no memory for a preface");
	put_settings(h);
}

void twc__h2_load_fini(struct twc__h2_load *h)
{
	nghttp2_hd_inflate_del(h->inflater);
	twc_buf_fini(&h->out);
	twc_buf_fini(&h->held);
	twc_buf_fini(&h->block);
	twc_free(h->ring);
}

/* ---- bodies ---- */

void twc__h2_load_send_body(struct twc__h2_load *h, struct twc__h2_load_stream *s)
{
	while (s->rest.n > 0) {
		int64_t most = s->window < h->window ? s->window : h->window;
		size_t n = s->rest.n < TWC__H2_LOAD_FRAME_MAX ? s->rest.n : TWC__H2_LOAD_FRAME_MAX;

		if (most <= 0)
			return;
		if ((int64_t)n > most)
			n = (size_t)most;
		twc__h2_load_put(h, NGHTTP2_DATA, n == s->rest.n ? NGHTTP2_FLAG_END_STREAM : 0, s->id, s->rest.p, n);
		s->out += TWC__H2_FRAME_HEAD + n;
		s->window -= (int64_t)n;
		h->window -= (int64_t)n;
		s->rest = (struct twc_str){ s->rest.p + n, s->rest.n - n };
	}
}

void twc__h2_load_send_bodies(struct twc__h2_load *h)
{
	for (unsigned i = 0; i <= h->mask && h->window > 0; i++)
		if (h->ring[i].id && h->ring[i].rest.n > 0)
			twc__h2_load_send_body(h, &h->ring[i]);
}

/* ---- requests ---- */

/* The next number with a free place. There is one: the ring has more than may be under way. */
static struct twc__h2_load_stream *stream_new(struct twc__h2_load *h)
{
	struct twc__h2_load_stream *s;

	TWC_ASSERT(h->n <= h->mask);
	while ((s = &h->ring[h->next_id >> 1 & h->mask])->id)
		h->next_id += 2;
	*s = (struct twc__h2_load_stream){ .id = (int32_t)h->next_id, .length = UINT64_MAX, .window = h->stream_window };
	h->next_id += 2;
	h->n++;
	if (h->next_id >= ID_LAST)
		h->is_going = true;
	return s;
}

/* What stands before or behind a block that was made once. */
struct extra {
	uint8_t before[1], after[3 + 20];
	size_t n_before, n_after;
};

/* content-length: a literal that goes into no table, with the name's number in the static one, 28 (RFC 7541, 6.2.2, A) */
static void add_length(struct extra *x, size_t length)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%zu", length);

	x->after[0] = 0x0f;
	x->after[1] = 28 - 15;
	x->after[2] = (uint8_t)n;
	memcpy(x->after + 3, digits, (size_t)n);
	x->n_after = 3 + (size_t)n;
}

static struct twc_str next_block(struct twc__h2_load *h, size_t which, struct extra *x)
{
	const struct twc__h2_load_block *b = &h->blocks->at[which];
	bool is_first = !h->has_asked;

	h->has_asked = true;
	if (h->owes_size)
		x->before[x->n_before++] = SIZE_NONE;
	h->owes_size = false;
	return h->is_plain ? b->plain : is_first ? b->first : b->again;
}

/* A block longer than a frame goes on in others (RFC 9113, 6.10). */
static void put_long(struct twc__h2_load *h, uint8_t flags, int32_t id, struct twc_str whole)
{
	uint8_t type = NGHTTP2_HEADERS;

	while (whole.n > 0) {
		size_t n = whole.n < TWC__H2_LOAD_FRAME_MAX ? whole.n : TWC__H2_LOAD_FRAME_MAX;

		if (n == whole.n)
			flags |= NGHTTP2_FLAG_END_HEADERS;
		twc__h2_load_put(h, type, flags, id, whole.p, n);
		whole = (struct twc_str){ whole.p + n, whole.n - n };
		type = NGHTTP2_CONTINUATION;
		flags = 0;
	}
}

static void join(uint8_t *p, const struct extra *x, struct twc_str block)
{
	memcpy(p, x->before, x->n_before);
	memcpy(p + x->n_before, block.p, block.n);
	memcpy(p + x->n_before + block.n, x->after, x->n_after);
}

static void put_head(struct twc__h2_load *h, struct twc__h2_load_stream *s, size_t which, struct twc_str body)
{
	uint8_t flags = body.n > 0 ? 0 : NGHTTP2_FLAG_END_STREAM;
	struct extra x = { .n_before = 0 };
	struct twc_str block = next_block(h, which, &x);
	size_t n;
	uint8_t *whole;

	if (body.p)
		add_length(&x, body.n);
	n = x.n_before + block.n + x.n_after;
	s->out += TWC__H2_FRAME_HEAD + n;
	if (n <= TWC__H2_LOAD_FRAME_MAX) {
		join(room(h, NGHTTP2_HEADERS, flags | NGHTTP2_FLAG_END_HEADERS, s->id, n), &x, block);
		return;
	}
	whole = twc_malloc(n);
	join(whole, &x, block);
	put_long(h, flags, s->id, (struct twc_str){ (const char *)whole, n });
	twc_free(whole);
}

unsigned twc__h2_load_ask(struct twc__h2_load *h, size_t which, struct twc_str body)
{
	struct twc__h2_load_stream *s = stream_new(h);

	put_head(h, s, which, body);
	s->rest = body;
	twc__h2_load_send_body(h, s);
	return (unsigned)(s - h->ring);
}

void twc__h2_load_cancel(struct twc__h2_load *h, unsigned place)
{
	struct twc__h2_load_stream *s = &h->ring[place];

	twc__h2_load_put32(h, NGHTTP2_RST_STREAM, s->id, NGHTTP2_CANCEL);
	s->id = 0;
	h->n--;
}
