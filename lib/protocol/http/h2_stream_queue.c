/* SPDX-License-Identifier: MIT */
/* The queue of one stream of HTTP/2, from the response that fills it to the DATA frames it is emptied by. */
#include "protocol/http/h2_stream_queue.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

#define KEEP (32 * 1024) /* bytes of the store that stay for the next stream */

void twc__h2_queue_init(struct twc__h2_queue *q)
{
	*q = (struct twc__h2_queue){ 0 };
	twc_buf_init(&q->store, SIZE_MAX / 2);
}

void twc__h2_queue_clear(struct twc__h2_queue *q)
{
	for (unsigned i = q->first; i < q->last; i++)
		twc_file_unref(q->seg[i].file);
	q->first = q->last = 0;
	q->len = 0;
	q->lent = NULL;
	q->lent_n = 0;
	if (q->store.cap > KEEP)
		twc_buf_fini(&q->store);
	else
		twc_buf_clear(&q->store);
}

void twc__h2_queue_fini(struct twc__h2_queue *q)
{
	twc__h2_queue_clear(q);
	twc_buf_fini(&q->store);
	twc_free(q->seg);
	q->seg = NULL;
	q->cap = 0;
}

static struct twc__h2_segment *append(struct twc__h2_queue *q)
{
	if (q->last == q->cap && q->first > 0) {
		memmove(q->seg, q->seg + q->first, (q->last - q->first) * sizeof(*q->seg));
		q->last -= q->first;
		q->first = 0;
	}
	if (q->last == q->cap) {
		q->cap = q->cap ? q->cap * 2 : 2;
		q->seg = twc_realloc(q->seg, q->cap * sizeof(*q->seg));
	}
	return &q->seg[q->last++];
}

void twc__h2_queue_add(struct twc__h2_queue *q, const void *p, size_t n)
{
	struct twc__h2_segment *s = q->last > q->first ? &q->seg[q->last - 1] : NULL;

	TWC_ASSERT(!q->lent);
	if (twc_buf_add(&q->store, p, n) < 0)
		TWC_BUG("out of memory for a response");
	q->len += n;
	if (!s || s->file) {
		s = append(q);
		*s = (struct twc__h2_segment){ 0 };
	}
	s->n += n;
}

void twc__h2_queue_add_file(struct twc__h2_queue *q, struct twc_file *f, uint64_t at, uint64_t n)
{
	TWC_ASSERT(!q->lent);
	if (!n)
		return;
	*append(q) = (struct twc__h2_segment){ .file = twc_file_ref(f), .at = at, .n = n };
	q->len += n;
}

void twc__h2_queue_lend(struct twc__h2_queue *q, const void *p, size_t n)
{
	TWC_ASSERT(!q->lent);
	q->lent = p;
	q->lent_n = n;
	q->len += n;
}

void twc__h2_queue_settle(struct twc__h2_queue *q)
{
	const uint8_t *p = q->lent;
	size_t n = q->lent_n;

	q->lent = NULL;
	q->lent_n = 0;
	if (!n)
		return;
	q->len -= n;
	twc__h2_queue_add(q, p, n);
}

size_t twc__h2_queue_run(const struct twc__h2_queue *q, size_t n)
{
	uint64_t run = q->first < q->last ? q->seg[q->first].n : q->lent_n;

	return n < run ? n : (size_t)run;
}

static int read_file(const struct twc__h2_segment *s, char *to, size_t n)
{
	uint64_t at = s->at;

	while (n) {
		ssize_t k = pread(twc_file_fd(s->file), to, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return TWC_EIO;
		to += k;
		at += (uint64_t)k;
		n -= (size_t)k;
	}
	return 0;
}

int twc__h2_queue_take(struct twc__h2_queue *q, void *to, size_t n)
{
	struct twc__h2_segment *s;
	int rc = 0;

	if (!n)
		return 0;
	q->len -= n;
	if (q->first == q->last) {
		memcpy(to, q->lent, n);
		q->lent += n;
		q->lent_n -= n;
		return 0;
	}
	s = &q->seg[q->first];
	if (s->file) {
		rc = read_file(s, to, n);
	} else {
		memcpy(to, twc_buf_head(&q->store), n);
		twc_buf_consume(&q->store, n);
	}
	s->at += n;
	s->n -= n;
	if (s->n)
		return rc;
	twc_file_unref(s->file);
	s->file = NULL;
	if (++q->first == q->last)
		q->first = q->last = 0;
	return rc;
}
