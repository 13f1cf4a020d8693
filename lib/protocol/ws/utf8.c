/* SPDX-License-Identifier: MIT */
/* UTF-8 in pieces: runs of ASCII by 32 and 8 bytes, all else by the ranges of RFC 3629, 4. */
#include "protocol/ws/utf8.h"

#include <twc/ws.h>

#include "base/banned.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end)
{
	uint64_t w[4];

	while ((size_t)(end - p) >= sizeof(w)) {
		memcpy(w, p, sizeof(w));
		if ((w[0] | w[1] | w[2] | w[3]) & HIGH_BITS)
			break;
		p += sizeof(w);
	}
	while ((size_t)(end - p) >= sizeof(w[0])) {
		memcpy(w, p, sizeof(w[0]));
		if (w[0] & HIGH_BITS)
			break;
		p += sizeof(w[0]);
	}
	while (p < end && *p < 0x80)
		p++;
	return p;
}

/* `c` is not ASCII. */
static bool begin(struct twc__ws_utf8 *u, uint8_t c)
{
	if (c < 0xc2 || c > 0xf4)
		return false;
	u->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

bool twc__ws_utf8_feed(struct twc__ws_utf8 *u, const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	struct twc__ws_utf8 at = *u;

	while (p < end) {
		if (at.need) {
			if (*p < at.low || *p > at.high)
				return false;
			p++;
			at.need--;
			at.low = 0x80;
			at.high = 0xbf;
			continue;
		}
		if (*p < 0x80) {
			p = skip_ascii(p, end);
			continue;
		}
		if (!begin(&at, *p++))
			return false;
	}
	*u = at;
	return true;
}

bool twc_ws_is_utf8(const void *data, size_t n)
{
	struct twc__ws_utf8 u = { 0 };

	return twc__ws_utf8_feed(&u, data, n) && twc__ws_utf8_is_whole(&u);
}
