/* SPDX-License-Identifier: MIT */
/*
 * A load's connection of HTTP/2 and whatever frames a server may send: what comes of the requests does not depend on how the bytes were
 * cut, and each ends once. First byte: raw bytes, or records of type, flags, stream and length that become frames behind SETTINGS.
 */
#include <twc/base.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/http/h2_load.h"
#include "support/chunk.h"

#define STREAMS 5
#define INPUT_MAX 20000

struct run {
	struct twc__h2_load h;
	unsigned ends, heads;
	uint64_t sum; /* of what is told, in its order */
};

static struct twc__h2_load_blocks blocks;

static void note(struct run *x, uint64_t v)
{
	x->sum = (x->sum ^ v) * UINT64_C(0x100000001b3);
}

static void on_head(struct twc__h2_load *h, unsigned place)
{
	struct run *x = TWC_CONTAINER_OF(h, struct run, h);

	TWC_ASSERT(twc__h2_load_at(h, place)->id > 0 && twc__h2_load_at(h, place)->status >= 200);
	x->heads++;
	note(x, place);
}

static void on_end(struct twc__h2_load *h, unsigned place, const struct twc_err *err)
{
	struct run *x = TWC_CONTAINER_OF(h, struct run, h);
	const struct twc__h2_load_stream *s = twc__h2_load_at(h, place);

	TWC_ASSERT(++x->ends <= STREAMS && s->id == 0);
	TWC_ASSERT(err->code || s->status >= 200);
	note(x, place << 16 | (unsigned)s->status);
	note(x, s->body + s->in);
	note(x, (uint64_t)(unsigned)-err->code);
}

static bool on_piece(void *arg, const uint8_t *p, size_t n)
{
	return twc__h2_load_feed(arg, p, n);
}

static size_t make_frames(uint8_t *out, const uint8_t *p, size_t n)
{
	static const uint8_t settings[9] = { 0, 0, 0, 4 };
	size_t at = sizeof(settings);

	memcpy(out, settings, sizeof(settings));
	while (n >= 4) {
		size_t len = p[3] < n - 4 ? p[3] : n - 4;
		const uint8_t head[9] = { 0, 0, (uint8_t)len, p[0] % 12, p[1], 0, 0, 0, p[2] % 16 };

		memcpy(out + at, head, sizeof(head));
		memcpy(out + at + sizeof(head), p + 4, len);
		at += sizeof(head) + len;
		p += 4 + len;
		n -= 4 + len;
	}
	return at;
}

static void run(struct run *x, enum chunk_mode mode, const uint8_t *p, size_t n)
{
	static const struct twc__h2_load_ops ops = { .head = on_head, .end = on_end };
	static const char body[70000];

	memset(x, 0, sizeof(*x));
	twc__h2_load_init(&x->h, &ops, &blocks, STREAMS);
	for (unsigned i = 0; i < STREAMS; i++)
		(void)twc__h2_load_ask(&x->h, 0, (struct twc_str){ i % 2 ? body : NULL, i % 2 ? sizeof(body) : 0 });
	chunk_feed(mode, 1, p, n, on_piece, &x->h);
	TWC_ASSERT(x->h.n == STREAMS - x->ends);
	note(x, twc_buf_len(&x->h.out));
	twc__h2_load_fini(&x->h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct twc_str head = { "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27 };
	static uint8_t frames[INPUT_MAX * 4];
	struct run whole, cut;
	struct twc_err err;
	bool is_raw;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (!blocks.at && twc__h2_load_blocks_make(&blocks, &head, 1, TWC_STR("http"), &err) < 0)
		abort();
	is_raw = data[0] & 1;
	data++;
	size--;
	if (!is_raw) {
		size = make_frames(frames, data, size);
		data = frames;
	}
	run(&whole, CHUNK_WHOLE, data, size);
	for (enum chunk_mode mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run(&cut, mode, data, size);
		TWC_ASSERT(cut.sum == whole.sum && cut.h.err.code == whole.h.err.code);
	}
	return 0;
}
