/* SPDX-License-Identifier: MIT */
/*
 * Growable bytes with a maximum. One byte more than `cap` is allocated, for the NUL of twc_buf_cstr and of
 * vsnprintf. Grows by doubling; moves its content to the front only when that is at most as much work as what
 * was consumed, or when the maximum leaves no other way.
 */
#include <twc/buf.h>

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

#define FIRST_CAP 63 /* with the extra byte, a power of two */

void twc_buf_init(struct twc_buf *b, size_t max)
{
	*b = (struct twc_buf){ .max = max < SIZE_MAX ? max : SIZE_MAX - 1 };
}

void twc_buf_fini(struct twc_buf *b)
{
	twc_free(b->data);
	*b = (struct twc_buf){ .max = b->max };
}

void twc_buf_clear(struct twc_buf *b)
{
	b->start = b->end = 0;
}

static void move_to_front(struct twc_buf *b)
{
	memmove(b->data, b->data + b->start, b->end - b->start);
	b->end -= b->start;
	b->start = 0;
}

/* Makes cap at least `need` (cap < need <= max); the content ends up at the front. */
static int grow(struct twc_buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;

	while (cap < need && cap <= b->max / 2)
		cap = 2 * cap + 1;
	if (cap < need || cap > b->max)
		cap = b->max;
	if (b->start == 0) {
		char *data = twc_try_realloc(b->data, cap + 1);

		if (!data)
			return TWC_ENOMEM;
		b->data = data;
		b->cap = cap;
		return 0;
	}

	/* Not realloc: it would copy what was consumed, too. */
	char *data = twc_try_malloc(cap + 1);

	if (!data)
		return TWC_ENOMEM;
	memcpy(data, b->data + b->start, b->end - b->start);
	twc_free(b->data);
	b->data = data;
	b->cap = cap;
	b->end -= b->start;
	b->start = 0;
	return 0;
}

static int make_room(struct twc_buf *b, size_t n)
{
	size_t len = twc_buf_len(b);

	if (b->cap - b->end >= n)
		return 0;
	if (n > b->max - len)
		return TWC_ETOOLONG;
	if (b->cap - len >= n && (b->start >= len || b->cap == b->max)) {
		move_to_front(b);
		return 0;
	}
	if (b->cap - len < n)
		return grow(b, len + n);
	if (grow(b, b->cap + 1))
		move_to_front(b); /* slower, but there is room */
	return 0;
}

int twc_buf_reserve(struct twc_buf *b, size_t n, char **p)
{
	int rc = make_room(b, n);

	if (rc == 0)
		*p = b->data ? b->data + b->end : NULL; /* NULL only when n == 0 */
	return rc;
}

void twc_buf_commit(struct twc_buf *b, size_t n)
{
	TWC_ASSERT(n <= b->cap - b->end);
	b->end += n;
}

int twc_buf_add(struct twc_buf *b, const void *p, size_t n)
{
	if (n == 0)
		return 0;

	int rc = make_room(b, n);

	if (rc)
		return rc;
	memcpy(b->data + b->end, p, n);
	b->end += n;
	return 0;
}

int twc_buf_addf(struct twc_buf *b, const char *fmt, ...)
{
	size_t room = b->data ? b->cap - b->end + 1 : 0; /* with the NUL */
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(b->data ? b->data + b->end : NULL, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		return TWC_ETOOLONG; /* over INT_MAX */
	if ((size_t)n >= room) {
		int rc = make_room(b, (size_t)n);

		if (rc || n == 0)
			return rc;
		va_start(ap, fmt);
		vsnprintf(b->data + b->end, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->end += (size_t)n;
	return 0;
}

void twc_buf_consume(struct twc_buf *b, size_t n)
{
	TWC_ASSERT(n <= twc_buf_len(b));
	b->start += n;
	if (b->start == b->end)
		twc_buf_clear(b);
}

const char *twc_buf_cstr(struct twc_buf *b)
{
	if (!b->data)
		return "";
	b->data[b->end] = '\0';
	return b->data + b->start;
}

void twc_buf_check(const struct twc_buf *b)
{
	TWC_ASSERT(b->start <= b->end);
	TWC_ASSERT(b->end <= b->cap);
	TWC_ASSERT(b->cap <= b->max);
	TWC_ASSERT((b->data == NULL) == (b->cap == 0));
}
