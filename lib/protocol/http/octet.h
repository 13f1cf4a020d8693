/* SPDX-License-Identifier: MIT */
/*
 * Octets of HTTP by class, from one table, and its numbers, by one routine each (RFC 9110, 5.6; RFC 9112). Every codec of
 * this folder takes them from here, so that there is one opinion about what a token or a length is.
 */
#ifndef TWC_PROTOCOL_HTTP_OCTET_H
#define TWC_PROTOCOL_HTTP_OCTET_H

#include <twc/base.h>

enum {
	TWC__HTTP_TCHAR = 1,   /* of a token: 5.6.2 */
	TWC__HTTP_VALUE = 2,   /* of a field value: VCHAR, obs-text, SP, HTAB */
	TWC__HTTP_TARGET = 4,  /* of a request-target: all but controls, space and #. More than RFC 3986 has, since browsers and
				* users send " < > \ ^ ` { | } as they are; a backslash in the path is refused later */
	TWC__HTTP_DIGIT = 8,
	TWC__HTTP_HEX = 16,
	TWC__HTTP_ALPHA = 32,
	TWC__HTTP_HOST = 64,   /* of a host name or IPv4 address in Host: RFC 3986's reg-name without comma and % */
	TWC__HTTP_QDTEXT = 128, /* of a quoted-string, without quote and backslash */
};
extern const uint8_t twc__http_octet[256];

static inline bool twc__http_is(unsigned char c, unsigned classes)
{
	return (twc__http_octet[c] & classes) != 0;
}
/* Of a hex digit. */
static inline unsigned twc__http_hex_digit(unsigned char c)
{
	return twc__http_is(c, TWC__HTTP_DIGIT) ? c - 48u : (c | 0x20u) - 'a' + 10;
}
/* Every octet of `s` is of one of the classes; true for the empty string. */
bool twc__http_all(struct twc_str s, unsigned classes);
/* 1 to 19 decimal digits up to 2^63 - 1, and nothing else; leading zeros are allowed (they are decimal). */
bool twc__http_decimal(struct twc_str s, uint64_t *n);
/* 1 to 16 hex digits up to 2^63 - 1, and nothing else. */
bool twc__http_hex(struct twc_str s, uint64_t *n);
/* Writes `n` in decimal (at most 20 bytes, no NUL); returns how many. Likewise in lower-case hex (16). */
size_t twc__http_put_decimal(char *out, uint64_t n);
size_t twc__http_put_hex(char *out, uint64_t n);

#endif
