/* SPDX-License-Identifier: MIT */
/*
 * Records on their way out. They are encoded when they are written, so that their order, and what the codec knows of the moment, are
 * kept; what small ones become waits in `out` until the phase is over, and leaves in one system call. What the stream refuses stays
 * there and counts as held: then the transport is full, as with any other queue.
 */
#include "transport/records_filter.h"

#include <errno.h>

#include "base/banned.h"

#define OUT_MAX (64 * 1024) /* what a phase may gather */
#define LARGE (16 * 1024)   /* leaves at once, and is copied only as far as it is refused */

static void no_memory(struct twc__records *r)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	twc__transport_die(r->t, &err, true);
}

static ssize_t lower_writev(struct twc__records *r, const struct iovec *iov, int n)
{
	ssize_t sent;

	twc__records_go_below(r);
	sent = r->lower->writev(r->t, iov, n);
	twc__records_come_up(r);
	return sent;
}

/* Counts what is left. */
static void stuck(struct twc__records *r)
{
	struct twc__extra *x = r->t->x;

	r->is_stuck = twc_buf_len(&r->out) > 0;
	x->held = r->lower_held + (r->is_stuck ? twc_buf_len(&r->out) : 0);
	if (x->q.len + x->held > x->high)
		r->t->flags |= TWC__F_FULL;
	if (r->is_stuck)
		return;
	twc_buf_fini(&r->out); /* idle connections stay small */
	twc_buf_init(&r->out, SIZE_MAX);
}

int twc__records_out_flush(struct twc__records *r)
{
	int rc = 0;

	if (r->lower->flush && r->lower_held) {
		twc__records_go_below(r);
		rc = r->lower->flush(r->t);
		twc__records_come_up(r);
	}
	while (rc == 0 && twc_buf_len(&r->out)) {
		struct iovec iov = { .iov_base = (void *)(uintptr_t)twc_buf_head(&r->out), .iov_len = twc_buf_len(&r->out) };
		ssize_t sent = lower_writev(r, &iov, 1);

		if (sent < 0)
			rc = (int)sent;
		else
			twc_buf_consume(&r->out, (size_t)sent);
		if (rc == 0 && twc_buf_len(&r->out))
			rc = -EAGAIN; /* asking again would cost a system call */
	}
	stuck(r);
	return rc == -EINTR ? -EAGAIN : rc;
}

/* ---- the list of those who wait for the end of the phase ---- */

void twc__records_forget(struct twc__records *r)
{
	struct twc__records **at = &twc__tlayer(r->t->r)->records;

	if (!r->is_put)
		return;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	r->is_put = false;
}

static void flush_put(struct twc__records *r)
{
	struct twc_transport *t = r->t;
	int rc = twc__records_out_flush(r);

	if (rc < 0 && rc != -EAGAIN) {
		twc__transport_write_failed(t, -rc);
		return;
	}
	if (t->flags & (TWC__F_WANT_EOF | TWC__F_LOSING))
		twc__transport_settle(t);
	twc__transport_update(t);
}

void twc__records_flush(struct twc__tlayer *l)
{
	struct twc__records *r;

	while ((r = l->records)) {
		l->records = r->next;
		r->is_put = false;
		r->t->flags &= ~(uint32_t)TWC__F_GATHERED;
		if (!(r->t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN)))
			flush_put(r);
	}
}

size_t twc__records_gathered(const struct twc_transport *t)
{
	const struct twc__records *r = t->x ? t->x->records : NULL;

	return r && !r->is_stuck ? twc_buf_len(&r->out) : 0;
}

static void enlist(struct twc__records *r)
{
	struct twc__tlayer *l = twc__tlayer(r->t->r);

	if (r->is_put)
		return;
	r->is_put = true;
	r->t->flags |= TWC__F_GATHERED;
	r->next = l->records;
	l->records = r;
	twc__gather_at_end(l);
}

/* ---- what the codec puts ---- */

static bool keep(struct twc__records *r, const struct iovec *iov, int n, size_t skip)
{
	for (int i = 0; i < n; i++) {
		size_t k = skip < iov[i].iov_len ? skip : iov[i].iov_len;

		skip -= k;
		if (twc_buf_add(&r->out, (const char *)iov[i].iov_base + k, iov[i].iov_len - k) < 0) {
			no_memory(r);
			return false;
		}
	}
	return true;
}

/* Nothing is before it: the stream may have it as it is. */
static void put_now(struct twc__records *r, const struct iovec *iov, int n)
{
	ssize_t sent = lower_writev(r, iov, n);

	if (sent < 0 && sent != -EAGAIN && sent != -EINTR)
		twc__transport_write_failed(r->t, (int)-sent);
	else if (keep(r, iov, n, sent > 0 ? (size_t)sent : 0))
		stuck(r);
}

void twc__records_put(struct twc__records *r, const struct iovec *iov, int n)
{
	struct twc_transport *t = r->t;
	size_t total = 0;

	for (int i = 0; i < n; i++)
		total += iov[i].iov_len;
	if (t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN) || total == 0)
		return;
	if (!r->is_stuck && !r->lower_held && total >= LARGE && twc_buf_len(&r->out) &&
	    twc_buf_len(&r->out) + total > OUT_MAX) {
		int rc = twc__records_out_flush(r);

		if (rc < 0 && rc != -EAGAIN) {
			twc__transport_write_failed(t, -rc);
			return;
		}
	}
	if (total >= LARGE && !twc_buf_len(&r->out) && !r->lower_held) {
		put_now(r, iov, n);
		return;
	}
	if (!keep(r, iov, n, 0))
		return;
	if (r->is_stuck)
		stuck(r);
	else
		enlist(r);
}

bool twc__records_is_stuck(const struct twc__records *r)
{
	return r->is_stuck || r->lower_held;
}

ssize_t twc__records_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__records *r = t->x->records;
	struct twc_err err = { 0 };
	ssize_t total = 0;

	for (int i = 0; i < n; i++)
		total += (ssize_t)iov[i].iov_len;
	if (r->codec->encode(r->arg, iov, n, &err) < 0)
		twc__transport_die(t, &err, true);
	else if (!(t->flags & TWC__F_DEAD))
		twc__transport_update(t);
	return total;
}
