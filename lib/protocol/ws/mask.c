/* SPDX-License-Identifier: MIT */
/*
 * The mask (RFC 6455, 5.3): a key of four bytes, over and over, XORed with the payload. Words of 16 bytes wherever they lie;
 * the key is turned once so that it begins where the piece does.
 */
#include "protocol/ws/frame.h"

#include "base/banned.h"

#define STEP 64

/* The compiler's own vectors: two registers' worth on any machine. */
typedef uint64_t word __attribute__((vector_size(16)));

void twc__ws_mask(uint8_t *to, const uint8_t *from, size_t n, const uint8_t key[TWC__WS_KEY_LEN], uint64_t at)
{
	uint8_t turned[8];
	uint64_t k;
	word kk;

	for (size_t i = 0; i < sizeof(turned); i++)
		turned[i] = key[(at + i) % TWC__WS_KEY_LEN];
	memcpy(&k, turned, sizeof(k));
	kk = (word){ k, k };
	for (; n >= STEP; n -= STEP, to += STEP, from += STEP) {
		word w[STEP / sizeof(word)];

		memcpy(w, from, STEP);
		for (size_t i = 0; i < TWC_ARRAY_LEN(w); i++)
			w[i] ^= kk;
		memcpy(to, w, STEP);
	}
	for (; n >= sizeof(k); n -= sizeof(k), to += sizeof(k), from += sizeof(k)) {
		uint64_t w;

		memcpy(&w, from, sizeof(w));
		w ^= k;
		memcpy(to, &w, sizeof(w));
	}
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] ^ turned[i];
}
