/* SPDX-License-Identifier: MIT */
/*
 * The way out. Small writes are gathered in the reactor's one buffer and leave when the phase is over, one system call
 * for each connection that wrote: several writes of a callback become one segment, and reading all of a batch before
 * answering any of it keeps the kernel's code for each warm. A large write leaves at once, with whatever was gathered
 * before it. Only what the kernel refuses is copied to the transport's own queue, and only then is writability
 * watched.
 *
 * Datagrams have a buffer of their own (dgram_send.c).
 *
 * Order: queue, then gather buffer, then the write at hand; while the queue holds something everything is
 * appended to it. Invariant: a transport with a part in the gather buffer has an empty queue and an empty kernel pipe.
 */
#include "transport/transport_priv.h"

#include <twc/parse.h>

#include <errno.h>

#include "base/banned.h"

#define CHUNK_MIN 16384 /* small appends share a chunk */
#define IOV_MAX_FLUSH 16

/* ---- the queue ---- */

void twc__outq_clear(struct twc__outq *q)
{
	while (q->head) {
		struct twc__chunk *next = q->head->next;

		twc_free(q->head);
		q->head = next;
	}
	*q = (struct twc__outq){ 0 };
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
	if (q->tail)
		q->tail->next = c;
	else
		q->head = c;
	q->tail = c;
}

void twc__outq_consume(struct twc__outq *q, size_t n)
{
	q->len -= n;
	while (q->head) {
		struct twc__chunk *c = q->head;
		size_t have = c->end - c->start;

		if (n < have) {
			c->start += n;
			return;
		}
		n -= have;
		q->head = c->next;
		twc_free(c);
		if (!n)
			break;
	}
	if (!q->head)
		q->tail = NULL;
}

static size_t iov_total(const struct iovec *iov, int n)
{
	size_t total = 0;

	for (int i = 0; i < n; i++)
		total += iov[i].iov_len;
	return total;
}

/* Queues what of `iov` lies beyond the first `skip` bytes. */
static void queue_rest(struct twc_transport *t, const struct iovec *iov, int n, size_t skip)
{
	struct twc__extra *x = twc__transport_extra(t);

	for (int i = 0; i < n; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		twc__outq_add(&x->q, (const char *)iov[i].iov_base + skip, iov[i].iov_len - skip, false);
		skip = 0;
	}
	if (x->q.len + x->kp.fill + x->held > x->high)
		t->flags |= TWC__F_FULL;
	twc__transport_update(t);
}

/* ---- to the kernel ---- */

/* No more than the rate allows. */
static ssize_t slow_write(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct iovec part[IOV_MAX_FLUSH];
	size_t room = twc__rate_room(t, TWC_WRITE, iov_total(iov, n));
	ssize_t sent;
	int k = 0;

	if (!room)
		return -EAGAIN;
	for (size_t left = room; k < n && k < IOV_MAX_FLUSH && left; k++) {
		part[k] = iov[k];
		if (part[k].iov_len > left)
			part[k].iov_len = left;
		left -= part[k].iov_len;
	}
	sent = t->ops->writev(t, part, k);
	if (sent > 0)
		twc__rate_spend(t, TWC_WRITE, (size_t)sent);
	return sent;
}

static ssize_t kernel_write(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	struct iovec one;

	if (t->x && t->x->rate)
		return slow_write(t, iov, n);
	if (l->dbg_write_max && !t->ops->is_datagram && n > 0 && iov[0].iov_len) {
		l->dbg_seed = l->dbg_seed * 1103515245u + 12345u;
		if (l->dbg_seed >> 16 & 1)
			return -EAGAIN;
		one = iov[0];
		if (one.iov_len > l->dbg_write_max)
			one.iov_len = 1 + (l->dbg_seed >> 17) % l->dbg_write_max;
		return t->ops->writev(t, &one, 1);
	}
	return t->ops->writev(t, iov, n);
}

void twc__transport_write_failed(struct twc_transport *t, int sys)
{
	struct twc__extra *x = twc__transport_extra(t);
	struct twc_err err = { 0 };

	twc__transport_explain(t, sys, true, &err);
	twc__transport_blame(t, &err);
	twc__outq_clear(&x->q);
	x->held = 0;
	twc__kpipe_release(t);
	t->flags |= TWC__F_WRITE_BROKEN;
	t->flags &= ~(uint32_t)(TWC__F_FULL | TWC__F_KWAIT);
	if (x->from) { /* nothing more is taken for an end that refuses */
		x->from->flags |= TWC__F_BLOCKED;
		twc__transport_update(x->from);
	}
	/* What the peer sent before it broke off may still be unread: reading ends the transport then. A child must
	 * be reaped as well. */
	if (t->ops->is_finished && !t->ops->is_finished(t)) {
		t->flags |= TWC__F_WANT_EOF;
		twc__transport_settle(t);
		twc__transport_update(t);
	} else if (t->ops->write_is_fatal || t->pauses ||
		   t->flags & (TWC__F_READ_EOF | TWC__F_LOSING | TWC__F_BLOCKED)) {
		twc__transport_die(t, NULL, false);
	} else {
		twc__transport_update(t);
	}
}

/* As much as the kernel takes of `iov`; the rest is queued. */
static void send_or_queue(struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	ssize_t sent = kernel_write(t, iov, n);

	if (sent < 0 && sent != -EAGAIN && sent != -EINTR) {
		twc__transport_write_failed(t, (int)-sent);
		return;
	}
	if (sent < 0)
		sent = 0;
	t->bytes_out += (size_t)sent;
	if ((size_t)sent < total)
		queue_rest(t, iov, n, (size_t)sent);
	else if (t->x && t->x->held)
		twc__transport_update(t);
}

static bool flush_stream(struct twc_transport *t)
{
	struct twc__outq *q = &t->x->q;

	while (q->len) {
		struct iovec iov[IOV_MAX_FLUSH];
		size_t want = 0;
		int n = 0;
		ssize_t sent;

		for (struct twc__chunk *c = q->head; c && n < IOV_MAX_FLUSH; c = c->next, n++) {
			iov[n] = (struct iovec){ .iov_base = c->data + c->start, .iov_len = c->end - c->start };
			want += iov[n].iov_len;
		}
		sent = kernel_write(t, iov, n);
		if (sent == -EAGAIN || sent == -EINTR)
			return true;
		if (sent < 0) {
			twc__transport_write_failed(t, (int)-sent);
			return false;
		}
		t->bytes_out += (size_t)sent;
		twc__outq_consume(q, (size_t)sent);
		if ((size_t)sent < want)
			return true; /* the kernel is full; asking again would cost a system call */
	}
	return true;
}

/* True when a filter holds nothing any more. */
static bool flush_held(struct twc_transport *t)
{
	int rc = t->ops->flush(t);

	if (rc < 0 && rc != -EAGAIN && rc != -EINTR)
		twc__transport_write_failed(t, -rc);
	return rc == 0;
}

void twc__transport_flush(struct twc_transport *t)
{
	if (!t->x || t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN))
		return;
	if (t->x->held && !flush_held(t))
		return;
	if (t->ops->is_datagram) {
		twc__dgrams_flush_queue(t);
		return;
	}
	if (flush_stream(t) && !t->x->q.len && t->x->kp.fill)
		(void)twc__pipe_flush(t);
}

bool twc__transport_is_refused(const struct twc_transport *t)
{
	return t->x && (t->x->q.head || t->x->kp.fill || t->x->held) && !(t->flags & TWC__F_WRITE_BROKEN);
}

bool twc__transport_has_unsent(const struct twc_transport *t)
{
	if (t->flags & TWC__F_WRITE_BROKEN)
		return false;
	return t->flags & TWC__F_GATHERED || twc__transport_is_refused(t);
}

size_t twc_transport_queued(const struct twc_transport *t)
{
	const struct twc__tlayer *l = twc__tlayer(t->r);
	size_t n = t->x ? t->x->q.len + t->x->kp.fill + t->x->held : 0;

	if (t->flags & TWC__F_GATHERED && t->ops->is_datagram)
		return n + twc__dgrams_gathered(t);
	for (unsigned i = 0; t->flags & TWC__F_GATHERED && i < l->parts; i++)
		n += l->part[i].t == t ? l->part[i].len : 0;
	return n;
}

bool twc_transport_is_full(const struct twc_transport *t)
{
	return t->flags & TWC__F_FULL;
}

bool twc__transport_is_awaited(const struct twc_transport *t)
{
	return twc_transport_is_full(t) || (t->x && t->x->from && t->x->from->flags & TWC__F_BLOCKED);
}

/* ---- the gather buffer ---- */

void twc__gather_forget(struct twc_transport *t)
{
	struct twc__tlayer *l = twc__tlayer(t->r);

	if (!(t->flags & TWC__F_GATHERED))
		return;
	if (t->ops->is_datagram) {
		twc__dgrams_forget(t);
		return;
	}
	t->flags &= ~(uint32_t)TWC__F_GATHERED;
	for (unsigned i = 0; i < l->parts; i++)
		if (l->part[i].t == t)
			l->part[i].t = NULL;
}

/* Sending calls nobody back, so the parts stay as they are meanwhile; but a failed write forgets some. */
void twc__gather_flush(struct twc__tlayer *l)
{
	unsigned parts = l->parts;

	for (unsigned i = 0; i < parts; i++) {
		struct twc_transport *t = l->part[i].t;
		struct iovec iov = { .iov_base = l->gather + l->part[i].start, .iov_len = l->part[i].len };

		if (!t || t->flags & TWC__F_WRITE_BROKEN)
			continue;
		if (twc__transport_is_refused(t)) /* an earlier part of its own was */
			queue_rest(t, &iov, 1, 0);
		else
			send_or_queue(t, &iov, 1, iov.iov_len);
	}
	l->parts = 0;
	l->gathered = 0;
	for (unsigned i = 0; i < parts; i++) {
		struct twc_transport *t = l->part[i].t;

		if (!t || !(t->flags & TWC__F_GATHERED))
			continue;
		t->flags &= ~(uint32_t)TWC__F_GATHERED;
		if (t->flags & (TWC__F_WANT_EOF | TWC__F_LOSING))
			twc__transport_settle(t);
	}
}

static void flush_gathered(void *arg)
{
	twc__gather_flush(arg);
	twc__dgrams_flush(arg);
}

void twc__gather_at_end(struct twc__tlayer *l)
{
	twc__reactor_after_callback(l->r, flush_gathered, l);
}

/* The part to append `total` bytes of `t` to; the buffer has room for them. */
static struct twc__gathered *gather_part(struct twc__tlayer *l, struct twc_transport *t)
{
	struct twc__gathered *last = l->parts ? &l->part[l->parts - 1] : NULL;

	if (last && last->t == t)
		return last;
	if (!l->parts)
		twc__gather_at_end(l);
	t->flags |= TWC__F_GATHERED;
	last = &l->part[l->parts++];
	*last = (struct twc__gathered){ .t = t, .start = l->gathered };
	return last;
}

static void gather(struct twc__tlayer *l, struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	struct twc__gathered *part;

	if (l->gathered + total > TWC__GATHER || l->parts == TWC__GATHER_PARTS) {
		twc__gather_flush(l);
		if (t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN))
			return;
		if (twc__transport_is_refused(t)) {
			queue_rest(t, iov, n, 0);
			return;
		}
	}
	if (!l->gather)
		l->gather = twc_malloc(TWC__GATHER);
	part = gather_part(l, t);
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len)
			memcpy(l->gather + l->gathered, iov[i].iov_base, iov[i].iov_len);
		l->gathered += iov[i].iov_len;
	}
	part->len += total;
}

/* The last part, taken back, when it is all that was gathered for `t`. */
static bool gather_take_back(struct twc__tlayer *l, struct twc_transport *t, struct iovec *iov)
{
	struct twc__gathered *last = l->parts ? &l->part[l->parts - 1] : NULL;

	if (!last || last->t != t)
		return false;
	for (unsigned i = 0; i + 1 < l->parts; i++)
		if (l->part[i].t == t)
			return false;
	*iov = (struct iovec){ .iov_base = l->gather + last->start, .iov_len = last->len };
	l->parts--;
	l->gathered -= last->len;
	t->flags &= ~(uint32_t)TWC__F_GATHERED;
	return true;
}

/* What was gathered for `t` and `iov`, in one system call where that can be. */
static void send_with_gathered(struct twc__tlayer *l, struct twc_transport *t, const struct iovec *iov, int n,
			       size_t total)
{
	struct iovec both[IOV_MAX_FLUSH];

	if (!(t->flags & TWC__F_GATHERED)) {
		send_or_queue(t, iov, n, total);
		return;
	}
	if (n < IOV_MAX_FLUSH && gather_take_back(l, t, &both[0])) {
		memcpy(both + 1, iov, (size_t)n * sizeof(*iov));
		send_or_queue(t, both, n + 1, total + both[0].iov_len);
		return;
	}
	twc__gather_flush(l);
	if (t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN))
		return;
	if (twc__transport_is_refused(t))
		queue_rest(t, iov, n, 0);
	else
		send_or_queue(t, iov, n, total);
}

static void show_written(struct twc_transport *t, const struct iovec *iov, int n)
{
	if (t->x && t->x->tap)
		t->x->tap(t->x->tap_arg, '>', iov, n);
	if (twc__transport_is_traced(t))
		twc__transport_trace_bytes(t, "out", iov, n);
}

void twc__transport_send(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	size_t total = iov_total(iov, n);

	if (t->flags & (TWC__F_DEAD | TWC__F_LOSING | TWC__F_WANT_EOF | TWC__F_WRITE_BROKEN))
		return;
	show_written(t, iov, n);
	if (t->ops->is_datagram)
		twc__dgram_write(t, iov, n, total);
	else if (total && twc__transport_is_refused(t))
		queue_rest(t, iov, n, 0);
	else if (total)
		send_with_gathered(l, t, iov, n, total);
}

void twc_transport_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	size_t total = iov_total(iov, n);

	if (total > TWC__GATHER_SMALL || t->ops->is_datagram || twc__transport_is_refused(t)) {
		twc__transport_send(t, iov, n);
		return;
	}
	if (!total || t->flags & (TWC__F_DEAD | TWC__F_LOSING | TWC__F_WANT_EOF | TWC__F_WRITE_BROKEN))
		return;
	show_written(t, iov, n);
	gather(l, t, iov, n, total);
}

void twc_transport_write(struct twc_transport *t, const void *p, size_t n)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };

	twc_transport_writev(t, &iov, 1);
}
