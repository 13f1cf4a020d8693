/* SPDX-License-Identifier: MIT */
/*
 * Framing, differential: the same bytes fed whole, byte by byte and at random splits must give the same frames,
 * the same error and the same rest.
 *
 * Input: kind and flags (1 byte), seed of the splits (1 byte), then the stream.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <twc/protocol.h>
#include "support/chunk.h"

#define SMALL_MAX 64 /* so that limits are met by short inputs */

struct run {
	struct twc_framer framer;
	uint64_t digest; /* of all frames, their lengths included */
	size_t frames;
	int code;
};

static void digest(struct run *r, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		r->digest = (r->digest ^ b[i]) * UINT64_C(0x100000001b3);
}

static bool on_frame(void *arg, const uint8_t *frame, size_t n)
{
	struct run *r = arg;

	if (n > r->framer.max)
		abort();
	digest(r, &n, sizeof(n));
	digest(r, frame, n);
	r->frames++;
	return true;
}

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	struct twc_err err = { 0 };
	size_t used = 0;

	r->code = twc_framer_feed(&r->framer, data, n, &used, on_frame, r, &err);
	twc_buf_check(&r->framer.held);
	if (used != n || r->code != err.code || twc_framer_held(&r->framer).n > r->framer.max + 16)
		abort();
	return r->code == 0;
}

static void run(struct run *r, uint8_t flags, enum chunk_mode mode, uint32_t seed, const uint8_t *data, size_t n)
{
	static const char delims[][8] = { "\r\n", "\n", "aba", "\r\n\r\n" };
	const char *delim = delims[flags >> 3 & 3];

	*r = (struct run){ .digest = UINT64_C(0xcbf29ce484222325) };
	twc_framer_init(&r->framer, (enum twc_framing)(flags % 5));
	twc_framer_set_delim(&r->framer, delim, strlen(delim));
	r->framer.optional_cr = flags & 0x20;
	if (flags & 0x40)
		r->framer.max = SMALL_MAX;
	chunk_feed(mode, seed, data, n, feed, r);
	if (r->code == 0)
		digest(r, twc_framer_held(&r->framer).p, twc_framer_held(&r->framer).n);
	twc_framer_fini(&r->framer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct run whole, split;

	if (n < 2)
		return 0;
	run(&whole, data[0], CHUNK_WHOLE, 0, data + 2, n - 2);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run(&split, data[0], (enum chunk_mode)mode, data[1], data + 2, n - 2);
		if (split.digest != whole.digest || split.frames != whole.frames || split.code != whole.code)
			abort();
	}
	return 0;
}
