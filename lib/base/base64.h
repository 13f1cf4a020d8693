/* SPDX-License-Identifier: MIT */
/*
 * Base64 of RFC 4648. Decoding is strict: no blanks, no line ends, padding as it must be, and no bits set that
 * decode to nothing, so that there is one spelling of any bytes.
 */
#ifndef TWC_BASE_BASE64_H
#define TWC_BASE_BASE64_H

#include <twc/base.h>
#include <twc/buf.h>

#define TWC__BASE64_LEN(n) (((n) + 2) / 3 * 4) /* characters that n bytes become, padding counted */
#define TWC__BASE64_ROOM(n) ((n) / 4 * 3 + 2)  /* bytes that n characters become, at most */

/* Writes TWC__BASE64_LEN(n) characters and no NUL; returns how many. */
size_t twc__base64_encode(char *out, const void *p, size_t n);
/* The alphabet that is safe in URLs and file names (- and _), without padding; at most TWC__BASE64_LEN(n)
 * characters. */
size_t twc__base64url_encode(char *out, const void *p, size_t n);
/* As twc__base64_encode, appended. 0, TWC_ETOOLONG or TWC_ENOMEM. */
int twc__base64_add(struct twc_buf *b, const void *p, size_t n) TWC_MUST_CHECK;

/* `out` has TWC__BASE64_ROOM(s.n) bytes and may be s.p itself. False when `s` is not the encoding of anything. */
bool twc__base64_decode(struct twc_str s, void *out, size_t *n);
bool twc__base64url_decode(struct twc_str s, void *out, size_t *n); /* with padding or without */

#endif
