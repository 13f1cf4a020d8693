/* SPDX-License-Identifier: MIT */
/*
 * A transport's queue: what the kernel has not taken, as a list of chunks. write.c fills and empties it, dgram_send.c does
 * so with whole datagrams. Small appends share a chunk; a range of a file is a chunk without bytes.
 */
#include "transport/transport_priv.h"

#include "base/banned.h"

#define CHUNK_MIN 16384 /* small appends share a chunk */

static void chunk_free(struct twc__chunk *c)
{
	twc_file_unref(c->file);
	twc_free(c);
}

void twc__outq_clear(struct twc__outq *q)
{
	while (q->head) {
		struct twc__chunk *next = q->head->next;

		chunk_free(q->head);
		q->head = next;
	}
	*q = (struct twc__outq){ 0 };
}

static void append(struct twc__outq *q, struct twc__chunk *c)
{
	if (q->tail)
		q->tail->next = c;
	else
		q->head = c;
	q->tail = c;
}

void twc__outq_add(struct twc__outq *q, const char *p, size_t n, bool own_chunk)
{
	struct twc__chunk *c = q->tail;

	q->len += n;
	if (c && !own_chunk) {
		size_t room = c->cap - c->end;
		size_t k = n < room ? n : room;

		memcpy(c->data + c->end, p, k);
		c->end += k;
		p += k;
		n -= k;
		if (!n)
			return;
	}
	size_t cap = own_chunk || n > CHUNK_MIN ? n : CHUNK_MIN;

	c = twc_malloc(sizeof(*c) + cap);
	*c = (struct twc__chunk){ .end = n, .cap = cap };
	if (n)
		memcpy(c->data, p, n);
	append(q, c);
}

void twc__outq_add_record(struct twc__outq *q, const struct iovec *iov, int n, size_t total)
{
	struct twc__chunk *c = twc_malloc(sizeof(*c) + total);

	*c = (struct twc__chunk){ .cap = total };
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len)
			memcpy(c->data + c->end, iov[i].iov_base, iov[i].iov_len);
		c->end += iov[i].iov_len;
	}
	q->len += total;
	append(q, c);
}

void twc__outq_add_file(struct twc__outq *q, struct twc_file *f, uint64_t offset, size_t n)
{
	struct twc__chunk *c = twc_malloc(sizeof(*c));

	*c = (struct twc__chunk){ .end = n, .cap = n, .file = twc_file_ref(f), .at = offset }; /* full: none is added to it */
	q->len += n;
	q->hidden += n;
	append(q, c);
}

void twc__outq_load(struct twc__outq *q, const char *p, size_t n)
{
	struct twc__chunk *range = q->head, *c = twc_malloc(sizeof(*c) + n);

	*c = (struct twc__chunk){ .next = range, .end = n, .cap = n };
	memcpy(c->data, p, n);
	q->head = c;
	range->start += n;
	if (range->start < range->end)
		return;
	c->next = range->next;
	if (q->tail == range)
		q->tail = c;
	chunk_free(range);
}

void twc__outq_consume(struct twc__outq *q, size_t n)
{
	q->len -= n;
	if (q->hidden > q->len)
		q->hidden = q->len;
	while (q->head) {
		struct twc__chunk *c = q->head;
		size_t have = c->end - c->start;

		if (n < have) {
			c->start += n;
			return;
		}
		n -= have;
		q->head = c->next;
		chunk_free(c);
		if (!n)
			break;
	}
	if (!q->head)
		q->tail = NULL;
}
