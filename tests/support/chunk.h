/* SPDX-License-Identifier: MIT */
/* One input in several sittings: a codec must not care where its bytes were cut. */
#ifndef TWC_TEST_CHUNK_H
#define TWC_TEST_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chunk_mode {
	CHUNK_WHOLE,
	CHUNK_BYTES,
	CHUNK_RANDOM, /* pieces of 1 to 16 bytes, now and then of 1 to 4096 */
	CHUNK_MODES,
};

/* False stops. Each piece is its own allocation, so that a sanitizer sees a read beyond it. */
typedef bool (*chunk_fn)(void *arg, const uint8_t *data, size_t n);
/* The cuts follow from `seed` alone. */
void chunk_feed(enum chunk_mode mode, uint32_t seed, const void *data, size_t n, chunk_fn fn, void *arg);
const char *chunk_name(enum chunk_mode mode);

#endif
