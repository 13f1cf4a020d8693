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

/* The key from byte `at` on, twice. */
static uint64_t turn(const uint8_t key[TWC__WS_KEY_LEN], unsigned at)
{
	unsigned by = 8 * (at % TWC__WS_KEY_LEN);
	uint32_t k;

	memcpy(&k, key, sizeof(k));
	if (by)
		k = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? k >> by | k << (32 - by) : k << by | k >> (32 - by);
	return (uint64_t)k << 32 | k;
}

static void xor_word(uint8_t *to, const uint8_t *from, word k)
{
	word w;

	memcpy(&w, from, sizeof(w));
	w ^= k;
	memcpy(to, &w, sizeof(w));
}

void twc__ws_mask(uint8_t *to, const uint8_t *from, size_t n, const uint8_t key[TWC__WS_KEY_LEN], uint64_t at)
{
	uint64_t k = turn(key, (unsigned)at), w;
	uint8_t turned[sizeof(k)];
	word kk = { k, k };

	for (; n >= STEP; n -= STEP, to += STEP, from += STEP) {
		xor_word(to, from, kk);
		xor_word(to + 16, from + 16, kk);
		xor_word(to + 32, from + 32, kk);
		xor_word(to + 48, from + 48, kk);
	}
	for (; n >= sizeof(k); n -= sizeof(k), to += sizeof(k), from += sizeof(k)) {
		memcpy(&w, from, sizeof(w));
		w ^= k;
		memcpy(to, &w, sizeof(w));
	}
	memcpy(turned, &k, sizeof(k));
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] ^ turned[i];
}
