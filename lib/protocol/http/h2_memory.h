/* SPDX-License-Identifier: MIT */
/*
 * Memory for sessions of nghttp2, which takes the same few sizes for each request and gives them back with its end: blocks wait in
 * lists, one for each size, for the next request. Shared by the sessions of an owner, who outlives them; of one thread.
 */
#ifndef TWC_PROTOCOL_HTTP_H2_MEMORY_H
#define TWC_PROTOCOL_HTTP_H2_MEMORY_H

#include <nghttp2/nghttp2.h>

#include <twc/base.h>

#define TWC__H2_MEMORY_STEP 64 /* sizes are multiples of it */
#define TWC__H2_MEMORY_SIZES 12 /* larger blocks are not kept */
#define TWC__H2_MEMORY_KEPT (512 * 1024) /* bytes that wait, at most */

struct twc__h2_block;

struct twc__h2_memory {
	nghttp2_mem mem; /* for nghttp2_session_*_new3 */
	struct twc__h2_block *spare[TWC__H2_MEMORY_SIZES + 1]; /* by size in steps; owned */
	size_t kept;
};
/* Stays where it is from then on. */
void twc__h2_memory_init(struct twc__h2_memory *m);
/* All sessions are deleted. */
void twc__h2_memory_fini(struct twc__h2_memory *m);

#endif
