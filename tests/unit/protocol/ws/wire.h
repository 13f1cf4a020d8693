/* SPDX-License-Identifier: MIT */
/*
 * Frames written by hand for the tests, past the code that is tested, and what a codec hears, as a text: T(…) B(…) messages, P(…)
 * Q(…) ping and pong, C(code,reason), and at the end !code.
 */
#ifndef TEST_WS_WIRE_H
#define TEST_WS_WIRE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/ws/codec.h"
#include "support/chunk.h"

#define WIRE_MAX (256 * 1024)

struct wire {
	uint8_t *p; /* owned, WIRE_MAX */
	size_t n;
	bool masked;
};

static void wire_bytes(struct wire *w, const void *p, size_t n)
{
	if (!w->p)
		w->p = malloc(WIRE_MAX);
	assert_true(w->p && w->n + n <= WIRE_MAX);
	if (n)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

/* `first`: FIN, RSV and opcode as they are. */
static void wire_frame(struct wire *w, unsigned first, const void *payload, size_t n)
{
	static const uint8_t key[4] = { 0x37, 0xfa, 0x21, 0x3d };
	uint8_t head[14] = { (uint8_t)first, (uint8_t)((w->masked ? 0x80 : 0) | (n < 126 ? n : n < 65536 ? 126 : 127)) };
	size_t len = 2, more = n < 126 ? 0 : n < 65536 ? 2 : 8;
	const uint8_t *p = payload;

	for (size_t i = 0; i < more; i++)
		head[len++] = (uint8_t)((uint64_t)n >> 8 * (more - 1 - i));
	for (size_t i = 0; w->masked && i < 4; i++)
		head[len++] = key[i];
	wire_bytes(w, head, len);
	for (size_t i = 0; i < n; i++) {
		uint8_t c = w->masked ? p[i] ^ key[i % 4] : p[i];

		wire_bytes(w, &c, 1);
	}
}

static void wire_fini(struct wire *w)
{
	free(w->p);
	*w = (struct wire){ 0 };
}

struct heard {
	char *text; /* owned */
	size_t n;
	int code;
	unsigned fault;
	struct twc_err err;
	struct twc__ws_codec codec;
	bool in_place; /* what is fed may be changed */
	size_t room;
};

static void heard_init(struct heard *h, bool is_client, const struct twc_ws_deflate *deflate, size_t max)
{
	static const struct twc_ws_deflate none;

	*h = (struct heard){ .text = calloc(1, 1), .room = 64 * 1024 };
	twc__ws_codec_init(&h->codec, is_client, deflate ? deflate : &none, max);
}

static void heard_fini(struct heard *h)
{
	twc__ws_codec_fini(&h->codec);
	free(h->text);
}

static void heard_put(struct heard *h, const void *p, size_t n)
{
	h->text = realloc(h->text, h->n + n + 1);
	assert_non_null(h->text);
	if (n)
		memcpy(h->text + h->n, p, n);
	h->n += n;
	h->text[h->n] = 0;
}

static void heard_item(struct heard *h, int event, const struct twc__ws_item *item)
{
	static const char mark[] = "?TPQC";
	char head[16] = { event == TWC__WS_MESSAGE && item->type == TWC_WS_BINARY ? 'B' : mark[event], '(' };

	heard_put(h, head, 2);
	if (event == TWC__WS_HEARD_CLOSE)
		heard_put(h, head, (size_t)snprintf(head, sizeof(head), "%u,", item->code));
	heard_put(h, item->data, item->n);
	heard_put(h, ")", 1);
}

static bool heard_feed(void *arg, const uint8_t *data, size_t n)
{
	struct heard *h = arg;
	uint8_t *work = malloc(h->room + 1);
	struct twc__ws_input in = { .p = data, .n = n, .work = h->in_place ? NULL : work, .room = h->room };

	assert_non_null(work);
	while (in.n > 0) {
		struct twc__ws_item item = { 0 };
		int rc = twc__ws_decode(&h->codec, &in, &item, &h->err);

		if (rc < 0) {
			h->code = rc;
			h->fault = h->codec.fault;
			break;
		}
		if (rc == TWC__WS_MORE) {
			assert_int_equal(in.n, 0);
			break;
		}
		heard_item(h, rc, &item);
	}
	free(work);
	return h->code == 0;
}

/* The same for every way to cut it. */
static inline void wire_check(const struct wire *w, bool is_client, const struct twc_ws_deflate *deflate, size_t max,
			      const char *text, size_t n, unsigned fault)
{
	for (int mode = 0; mode < CHUNK_MODES + 2; mode++) {
		struct heard h;

		heard_init(&h, is_client, deflate, max);
		h.in_place = mode == CHUNK_MODES;
		h.room = mode == CHUNK_MODES + 1 ? 3 : h.room;
		chunk_feed(mode < CHUNK_MODES ? (enum chunk_mode)mode : CHUNK_WHOLE, (uint32_t)w->n * 7 + 1, w->p, w->n, heard_feed, &h);
		if (h.n != n || memcmp(h.text, text, n) != 0 || h.fault != fault)
			print_error("mode %d: %.300s, %u (%s)\n", mode, h.text, h.fault, h.err.text);
		assert_int_equal(h.fault, fault);
		assert_int_equal(h.n, n);
		assert_memory_equal(h.text, text, n);
		assert_int_equal(h.code, h.err.code);
		assert_int_equal(h.err.text[0] != 0, fault != 0);
		heard_fini(&h);
	}
}

static inline void wire_expect(const struct wire *w, const char *text, unsigned fault)
{
	wire_check(w, !w->masked, NULL, 1000, text, strlen(text), fault);
}

#endif
