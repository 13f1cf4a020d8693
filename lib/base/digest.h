/* SPDX-License-Identifier: MIT */
/*
 * Digests and what goes with them: hexadecimal, checksums as users write them, bytes from the kernel's entropy,
 * and comparing of secrets. digest.c is the one place in base that includes OpenSSL. MD5 and SHA-1 are here for
 * old protocols and published checksums, not for safety.
 */
#ifndef TWC_BASE_DIGEST_H
#define TWC_BASE_DIGEST_H

#include <twc/base.h>
#include <twc/err.h>

enum twc__digest_kind {
	TWC__DIGEST_MD5,
	TWC__DIGEST_SHA1,
	TWC__DIGEST_SHA256,
	TWC__DIGEST_SHA512,
	TWC__DIGEST_SHA512_256,
	TWC__DIGEST_KINDS,
};

#define TWC__DIGEST_MAX 64		       /* bytes of the longest */
#define TWC__DIGEST_HEX_MAX (2 * TWC__DIGEST_MAX) /* without a NUL */

const char *twc__digest_name(enum twc__digest_kind kind); /* "md5" "sha1" "sha256" "sha512" "sha512-256" */
size_t twc__digest_size(enum twc__digest_kind kind);      /* bytes */

/* ---- a digest that is fed in pieces, any number of times ---- */

struct twc__digest;
/* Ready for the first piece. NULL with *err: TWC_ECONFIG when the system's OpenSSL does not allow this kind
 * (FIPS and MD5), TWC_ENOMEM. Free with twc__digest_free. */
struct twc__digest *twc__digest_new(enum twc__digest_kind kind, struct twc_err *err);
void twc__digest_free(struct twc__digest *d); /* NULL is fine */
void twc__digest_add(struct twc__digest *d, const void *p, size_t n);
/* Writes twc__digest_size() bytes, returns how many, and is ready for the next digest of the same kind. */
size_t twc__digest_end(struct twc__digest *d, uint8_t out[TWC__DIGEST_MAX]);
/* Forgets what was fed. */
void twc__digest_restart(struct twc__digest *d);
/* HMAC (RFC 2104) of one message; `d` must have been fed nothing, and is ready again afterwards. */
size_t twc__digest_hmac(struct twc__digest *d, struct twc_str key, struct twc_str message, uint8_t out[TWC__DIGEST_MAX]);
/* All at once. 0, or as twc__digest_new. */
int twc__digest_of(enum twc__digest_kind kind, struct twc_str s, uint8_t out[TWC__DIGEST_MAX], struct twc_err *err);

/* ---- checksums: "sha256:HEX" ---- */

struct twc__checksum {
	enum twc__digest_kind kind;
	uint8_t bytes[TWC__DIGEST_MAX]; /* twc__digest_size(kind) of them */
};
/* md5, sha1, sha256 or sha512, a colon, and as many hexadecimal digits as that kind has. 0 or TWC_EUSAGE. */
int twc__checksum_parse(struct twc_str s, struct twc__checksum *out, struct twc_err *err);

/* ---- hexadecimal, entropy, secrets ---- */

void twc__hex_encode(char *out, const void *p, size_t n); /* 2 * n lower-case digits, no NUL */
/* Either case; false unless `s` is exactly 2 * n digits. */
bool twc__hex_decode(struct twc_str s, uint8_t *out, size_t n);
/* From the kernel; waits for its entropy early in a machine's start. */
void twc__random(void *p, size_t n);
/* Takes as long for any two strings of one length. That the lengths differ may show. */
bool twc__same_secret(struct twc_str a, struct twc_str b);

#endif
