/* SPDX-License-Identifier: MIT */
/*
 * A keyed hash for tables whose keys a peer chooses: SipHash-2-4 (Aumasson and Bernstein, 2012). Who does not
 * know the key cannot make keys that collide, so chains stay short whatever comes.
 */
#ifndef TWC_BASE_HASH_H
#define TWC_BASE_HASH_H

#include <twc/base.h>

struct twc__hash_key {
	uint64_t k[2];
};

/* From the kernel's entropy; one key per table. */
void twc__hash_key_init(struct twc__hash_key *key);
uint64_t twc__hash(const struct twc__hash_key *key, const void *p, size_t n);

#endif
