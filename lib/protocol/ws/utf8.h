/* SPDX-License-Identifier: MIT */
/*
 * Is a text that comes in pieces UTF-8 (RFC 3629)? Said no at the first byte that cannot be: no overlong form, no
 * surrogate, nothing above U+10FFFF. Pure.
 */
#ifndef TWC_PROTOCOL_WS_UTF8_H
#define TWC_PROTOCOL_WS_UTF8_H

#include <twc/base.h>

/* Zeroed: between two characters. */
struct twc__ws_utf8 {
	uint8_t need;	   /* bytes that the character begun still needs */
	uint8_t low, high; /* the next of them is in this range */
};

/* False: it is none, whatever follows. */
bool twc__ws_utf8_feed(struct twc__ws_utf8 *u, const uint8_t *p, size_t n);
/* May the text end here? */
static inline bool twc__ws_utf8_is_whole(const struct twc__ws_utf8 *u)
{
	return u->need == 0;
}

#endif
