/* SPDX-License-Identifier: MIT */
/*
 * What is to be sent on one stream and has not left yet: bytes and ranges of files, in order. Bytes are copied in, or lent for
 * the time of one call.
 */
#ifndef TWC_PROTOCOL_HTTP_H2_STREAM_QUEUE_H
#define TWC_PROTOCOL_HTTP_H2_STREAM_QUEUE_H

#include <twc/buf.h>
#include <twc/transport.h>

struct twc__h2_segment {
	struct twc_file *file; /* counted; NULL: the bytes are in the store */
	uint64_t at, n;
};

struct twc__h2_queue {
	struct twc_buf store;
	struct twc__h2_segment *seg; /* owned */
	unsigned first, last, cap;   /* those in use: [first, last) */
	uint64_t len;		     /* of all */
	const uint8_t *lent;	     /* behind all others; NULL: none */
	size_t lent_n;
};

void twc__h2_queue_init(struct twc__h2_queue *q);
void twc__h2_queue_clear(struct twc__h2_queue *q); /* empty; a little memory is kept */
void twc__h2_queue_fini(struct twc__h2_queue *q);
void twc__h2_queue_add(struct twc__h2_queue *q, const void *p, size_t n);
void twc__h2_queue_add_file(struct twc__h2_queue *q, struct twc_file *f, uint64_t at, uint64_t n);
/* The bytes stay where they are until the queue is empty or cleared, or _settle, which copies what is left of them then. Nothing is
 * added in between. */
void twc__h2_queue_lend(struct twc__h2_queue *q, const void *p, size_t n);
void twc__h2_queue_settle(struct twc__h2_queue *q);
/* How much of it, at most n, can be taken at once. */
size_t twc__h2_queue_run(const struct twc__h2_queue *q, size_t n);
/* Takes n <= run bytes. 0, or TWC_EIO: a file could not be read, or has become shorter. */
int twc__h2_queue_take(struct twc__h2_queue *q, void *to, size_t n);

#endif
