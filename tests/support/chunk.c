/* SPDX-License-Identifier: MIT */
/* The cutting, by a generator that gives the same cuts for the same seed. See chunk.h. */
#include "support/chunk.h"

#include <stdlib.h>
#include <string.h>

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static size_t piece(enum chunk_mode mode, uint32_t *seed, size_t left)
{
	size_t n = left;

	if (mode == CHUNK_BYTES)
		n = 1;
	if (mode == CHUNK_RANDOM)
		n = 1 + next(seed) % (next(seed) % 8 ? 16 : 4096);
	return n < left ? n : left;
}

void chunk_feed(enum chunk_mode mode, uint32_t seed, const void *data, size_t n, chunk_fn fn, void *arg)
{
	const uint8_t *p = data;
	bool go_on = true;

	while (go_on && n > 0) {
		size_t k = piece(mode, &seed, n);
		uint8_t *copy = malloc(k);

		if (!copy)
			abort();
		memcpy(copy, p, k);
		go_on = fn(arg, copy, k);
		free(copy);
		p += k;
		n -= k;
	}
}

const char *chunk_name(enum chunk_mode mode)
{
	static const char *const names[] = { "whole", "bytes", "random" };

	return names[mode];
}
