/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 in pieces against the decoder of base/: the same judgement of the whole, at any cuts; and a piece is refused exactly when
 * nothing could follow that would make the text good.
 *
 * Input: seed of the cuts (1 byte), then the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <twc/ws.h>

#include "protocol/ws/utf8.h"
#include "support/chunk.h"

#define TAIL 8

struct run {
	struct twc__ws_utf8 u;
	const uint8_t *text;
	size_t n; /* fed and good */
	bool bad;
};

/* Some ending that makes it good. */
static bool has_ending(const uint8_t *p, size_t n)
{
	static const char *const ending[] = { "", "\x80", "\xbf", "\x80\x80", "\xa0\x80", "\x80\x80\x80", "\x90\x80\x80" };
	char text[TAIL + 4];
	size_t k = n < TAIL ? n : TAIL;

	while (k < n && k > TAIL - 4 && (p[n - k] & 0xc0) == 0x80) /* begins between characters */
		k--;
	memcpy(text, p + n - k, k);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		memcpy(text + k, ending[i], strlen(ending[i]));
		if (twc_is_utf8((struct twc_str){ text, k + strlen(ending[i]) }))
			return true;
	}
	return false;
}

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;

	r->bad = !twc__ws_utf8_feed(&r->u, data, n);
	r->n += r->bad ? 0 : n;
	return !r->bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	bool good;

	if (n < 1)
		return 0;
	good = twc_is_utf8((struct twc_str){ (const char *)data + 1, n - 1 });
	TWC_ASSERT(twc_ws_is_utf8(data + 1, n - 1) == good);
	for (int mode = 0; mode < CHUNK_MODES; mode++) {
		struct run r = { .text = data + 1 };

		chunk_feed((enum chunk_mode)mode, data[0], data + 1, n - 1, feed, &r);
		TWC_ASSERT((!r.bad && twc__ws_utf8_is_whole(&r.u)) == good);
		if (mode != CHUNK_BYTES)
			continue;
		TWC_ASSERT(r.n == 0 || has_ending(data + 1, r.n));
		TWC_ASSERT(!r.bad || !has_ending(data + 1, r.n + 1));
	}
	return 0;
}
