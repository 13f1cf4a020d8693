/* SPDX-License-Identifier: MIT */
/*
 * Passwords against their hashes as mkpasswd, openssl passwd and /etc/shadow write them: SHA-256-crypt ($5$) and
 * SHA-512-crypt ($6$), no other. A check costs milliseconds by design: whoever checks each request keeps what was
 * right.
 */
#ifndef TWC_BASE_CRYPT_H
#define TWC_BASE_CRYPT_H

#include <twc/base.h>

/* Whole and of a kind that can be checked: $5$ or $6$, maybe rounds=N$, a salt of 1 to 16, and 43 or 86
 * characters. */
bool twc__crypt_is_hash(struct twc_str s);
/* False also for what is no hash, for a NUL in the password, and for passwords of 512 bytes and more. */
bool twc__crypt_check(struct twc_str password, struct twc_str hash);

#endif
