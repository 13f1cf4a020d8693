/* SPDX-License-Identifier: MIT */
/* SipHash-2-4: see hash.h. Names as in the paper, "SipHash: a fast short-input PRF", section 2. */
#include "base/hash.h"

#include <endian.h>
#include <sys/random.h>

#include "base/banned.h"

void twc__hash_key_init(struct twc__hash_key *key)
{
	*key = (struct twc__hash_key){ { (uintptr_t)key, (uintptr_t)&key } };
	/* Early in the machine's start there may be none yet: then the addresses' randomness has to do. */
	(void)!getrandom(key->k, sizeof(key->k), GRND_NONBLOCK);
}

static uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1], v[1] = rotl(v[1], 13) ^ v[0], v[0] = rotl(v[0], 32);
		v[2] += v[3], v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3], v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1], v[1] = rotl(v[1], 17) ^ v[2], v[2] = rotl(v[2], 32);
	}
}

/* The next `n` <= 8 bytes, little-endian on every machine. */
static uint64_t word_at(const uint8_t *p, size_t n)
{
	uint64_t m = 0;

	if (n == sizeof(m)) {
		memcpy(&m, p, sizeof(m));
		return le64toh(m);
	}
	for (size_t i = 0; i < n; i++)
		m |= (uint64_t)p[i] << (8 * i);
	return m;
}

static void absorb(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	rounds(v, 2);
	v[0] ^= m;
}

uint64_t twc__hash(const struct twc__hash_key *key, const void *p, size_t n)
{
	const uint8_t *at = p;
	uint64_t v[4] = {
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t left = n;

	for (; left >= 8; left -= 8, at += 8)
		absorb(v, word_at(at, 8));
	absorb(v, word_at(at, left) | (uint64_t)(n & 0xff) << 56);
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
