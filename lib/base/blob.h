/* SPDX-License-Identifier: MIT */
/* Bytes that do not change any more, counted: for as many as send of them at a time. */
#ifndef TWC_BASE_BLOB_H
#define TWC_BASE_BLOB_H

#include <twc/base.h>

struct twc__blob {
	unsigned refs;
	size_t n;
	char p[];
};

/* n bytes to be filled in; one reference, the caller's. NULL when memory is out. */
static inline struct twc__blob *twc__blob_try_new(size_t n)
{
	struct twc__blob *b = n < SIZE_MAX - sizeof(*b) ? twc_try_malloc(sizeof(*b) + n) : NULL;

	if (b)
		*b = (struct twc__blob){ .refs = 1, .n = n };
	return b;
}

static inline struct twc__blob *twc__blob_ref(struct twc__blob *b)
{
	b->refs++;
	return b;
}

/* NULL is fine. */
static inline void twc__blob_unref(struct twc__blob *b)
{
	if (b && --b->refs == 0)
		twc_free(b);
}

/* Do these bytes lie in it? `b` may be NULL. */
static inline bool twc__blob_has(const struct twc__blob *b, const void *p, size_t n)
{
	uintptr_t at = (uintptr_t)p, from = b ? (uintptr_t)b->p : 0;

	return b && at >= from && at - from <= b->n && n <= b->n - (at - from);
}

#endif
