/* SPDX-License-Identifier: MIT */
/*
 * Growable bytes, born with a maximum. Consumed from the front, filled at the back.
 *
 * Invariants: 0 <= start <= end <= cap <= max (cap counts what is allocated); data == NULL iff cap == 0.
 * Appending beyond `max` changes nothing and returns TWC_ETOOLONG; out of memory returns TWC_ENOMEM.
 */
#ifndef TWC_BUF_H
#define TWC_BUF_H

#include <twc/base.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

struct twc_buf {
	char *data;   /* owned */
	size_t start; /* first byte not yet consumed */
	size_t end;   /* one past the last byte */
	size_t cap;
	size_t max;   /* most bytes held at once (end - start) */
};

void twc_buf_init(struct twc_buf *b, size_t max); /* allocates nothing */
void twc_buf_fini(struct twc_buf *b);		  /* frees; the buffer may be initialised again */
void twc_buf_clear(struct twc_buf *b);		  /* empty, keeps the memory */
static inline size_t twc_buf_len(const struct twc_buf *b) { return b->end - b->start; }
static inline const char *twc_buf_head(const struct twc_buf *b)
{
	return b->data ? b->data + b->start : "";
}
static inline struct twc_str twc_buf_str(const struct twc_buf *b)
{
	return (struct twc_str){ twc_buf_head(b), twc_buf_len(b) };
}
int twc_buf_add(struct twc_buf *b, const void *p, size_t n) TWC_MUST_CHECK;
int twc_buf_addf(struct twc_buf *b, const char *fmt, ...) TWC_PRINTF(2, 3) TWC_MUST_CHECK;
/* Room for at least n more bytes at *p; follow with twc_buf_commit of what was written there. */
int twc_buf_reserve(struct twc_buf *b, size_t n, char **p) TWC_MUST_CHECK;
void twc_buf_commit(struct twc_buf *b, size_t n);
void twc_buf_consume(struct twc_buf *b, size_t n); /* n <= len */
const char *twc_buf_cstr(struct twc_buf *b);	   /* NUL put after the end (not counted); cannot fail */
void twc_buf_check(const struct twc_buf *b);	   /* asserts the invariants; tests call it after each step */

#pragma GCC visibility pop
#endif
