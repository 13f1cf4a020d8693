/* SPDX-License-Identifier: MIT */
/*
 * The way out. Small writes are gathered (gather.c) and leave when the phase is over. A large write leaves at once, with
 * whatever was gathered before it. Only what the kernel refuses is copied to the transport's own queue (outq.c), and only
 * then is writability watched. A range of a file is queued as such: the kernel reads it itself, or we do, a piece at a time,
 * as the queue empties (file.c).
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

#define IOV_MAX_FLUSH 16
#define AHEAD_MAX 4096 /* what may lie before a piece of a file that is read already */

static size_t iov_total(const struct iovec *iov, int n)
{
	size_t total = 0;

	for (int i = 0; i < n; i++)
		total += iov[i].iov_len;
	return total;
}

static void queue_grown(struct twc_transport *t)
{
	struct twc__extra *x = t->x;

	if (x->q.len + x->kp.fill + x->held > x->high)
		t->flags |= TWC__F_FULL;
	twc__transport_update(t);
}

void twc__transport_queue(struct twc_transport *t, const struct iovec *iov, int n, size_t skip)
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
	queue_grown(t);
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

/* Debug builds: how much of n > 0 bytes a write takes; 0: it is refused. */
static size_t write_limit(struct twc__tlayer *l, size_t n)
{
	if (!l->dbg_write_max)
		return n;
	l->dbg_seed = l->dbg_seed * 1103515245u + 12345u;
	if (l->dbg_seed >> 16 & 1)
		return 0;
	return n > l->dbg_write_max ? 1 + (l->dbg_seed >> 17) % l->dbg_write_max : n;
}

/* `more`: a range of a file follows at once, inside the kernel. */
static ssize_t kernel_write(struct twc_transport *t, const struct iovec *iov, int n, bool more)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	struct iovec one;

	if (t->x && t->x->rate)
		return slow_write(t, iov, n);
	if (l->dbg_write_max && !t->ops->is_datagram && n > 0 && iov[0].iov_len) {
		one = iov[0];
		one.iov_len = write_limit(l, one.iov_len);
		return one.iov_len ? t->ops->writev(t, &one, 1) : -EAGAIN;
	}
	return more ? twc__file_announce(t, iov, n) : t->ops->writev(t, iov, n);
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
	t->flags &= ~(uint32_t)TWC__F_KWAIT;
	if (t->flags & TWC__F_FULL) /* who waits for room would wait for ever, and may read no more until there is some */
		twc__transport_kick(t, TWC_WRITE);
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

void twc__transport_send_or_queue(struct twc_transport *t, const struct iovec *iov, int n, size_t total, bool more)
{
	ssize_t sent = kernel_write(t, iov, n, more);

	if (sent < 0 && sent != -EAGAIN && sent != -EINTR) {
		twc__transport_write_failed(t, (int)-sent);
		return;
	}
	if (sent < 0)
		sent = 0;
	t->bytes_out += (size_t)sent;
	if ((size_t)sent < total)
		twc__transport_queue(t, iov, n, (size_t)sent);
	else if (t->x && t->x->held)
		twc__transport_update(t);
}

static void show(struct twc_transport *t, const struct iovec *iov, int n)
{
	if (t->x && t->x->tap)
		t->x->tap(t->x->tap_arg, '>', iov, n);
	if (twc__transport_is_traced(t))
		twc__transport_trace_bytes(t, "out", iov, n);
}

/* What is shown when it leaves, because it was not in memory when it was written, or follows such. */
static void show_hidden(struct twc_transport *t, const struct iovec *iov, int n, size_t sent)
{
	size_t skip = t->x->q.len - t->x->q.hidden;

	for (int i = 0; i < n && sent; i++) {
		size_t k = iov[i].iov_len < sent ? iov[i].iov_len : sent;
		size_t known = k < skip ? k : skip;
		struct iovec part = { .iov_base = (char *)iov[i].iov_base + known, .iov_len = k - known };

		if (part.iov_len)
			show(t, &part, 1);
		skip -= known;
		sent -= k;
	}
}

/* Both: bytes, of *want (0 before) that were tried, or -errno; 0: look whether the connection is dead. */

/* Of the range at the head of the queue, inside the kernel. */
static ssize_t flush_inside(struct twc_transport *t, size_t *want)
{
	const struct twc__chunk *c = t->x->q.head;
	size_t n = c->end - c->start;
	ssize_t sent;

	n = twc__rate_room(t, TWC_WRITE, n < TWC__TURN_MAX ? n : TWC__TURN_MAX);
	if (n)
		n = write_limit(twc__tlayer(t->r), n);
	if (!n)
		return -EAGAIN;
	sent = twc__file_send(t, c, n);
	if (sent <= 0)
		return sent;
	twc__rate_spend(t, TWC_WRITE, (size_t)sent);
	twc__outq_consume(&t->x->q, (size_t)sent);
	*want = n;
	return sent;
}

/* What is in memory, and a piece of the range behind it. What has been read and is refused stays in memory. */
static ssize_t flush_memory(struct twc_transport *t, size_t *want)
{
	struct twc__outq *q = &t->x->q;
	struct twc__chunk *c = q->head;
	struct iovec iov[IOV_MAX_FLUSH];
	size_t ahead, taken;
	char *piece = NULL;
	bool more = false;
	ssize_t sent;
	int n = 0;

	for (; c && !c->file && n < IOV_MAX_FLUSH; c = c->next, n++) {
		iov[n] = (struct iovec){ .iov_base = c->data + c->start, .iov_len = c->end - c->start };
		*want += iov[n].iov_len;
	}
	ahead = *want;
	if (c && c->file && twc__file_is_inside(t, c->file)) {
		more = true;
	} else if (c && c->file && n < IOV_MAX_FLUSH && ahead <= AHEAD_MAX) {
		size_t k = c->end - c->start < TWC__PIECE ? c->end - c->start : TWC__PIECE;

		piece = twc__file_piece(t, c->file, c->at + c->start, k);
		if (!piece)
			return 0;
		iov[n++] = (struct iovec){ .iov_base = piece, .iov_len = k };
		*want += k;
	}
	TWC_ASSERT(n > 0);
	sent = kernel_write(t, iov, n, more);
	taken = sent > 0 ? (size_t)sent : 0;
	if (q->hidden)
		show_hidden(t, iov, n, taken);
	twc__outq_consume(q, taken);
	if (piece && taken >= ahead && taken < *want)
		twc__outq_load(q, piece + (taken - ahead), *want - taken);
	return sent;
}

static bool flush_stream(struct twc_transport *t)
{
	struct twc__outq *q = &t->x->q;
	size_t total = 0;

	while (q->len && !t->x->held && total < TWC__TURN_MAX) {
		bool is_inside = q->head->file && twc__file_is_inside(t, q->head->file);
		size_t want = 0;
		ssize_t sent = is_inside ? flush_inside(t, &want) : flush_memory(t, &want);

		if (t->flags & TWC__F_DEAD)
			return false;
		if (sent == -EAGAIN || sent == -EINTR)
			return true;
		if (sent < 0) {
			twc__transport_write_failed(t, (int)-sent);
			return false;
		}
		t->bytes_out += (size_t)sent;
		total += (size_t)sent;
		if ((size_t)sent < want)
			return true; /* the kernel is full; asking again would cost a system call */
	}
	if (q->len)
		twc__transport_try_again(t, TWC_WRITE);
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

bool twc__transport_is_broken(const struct twc_transport *t)
{
	return t->flags & TWC__F_WRITE_BROKEN;
}

bool twc__transport_await_sent(struct twc_transport *t)
{
	if (!twc__transport_is_refused(t))
		return false;
	t->flags |= TWC__F_FULL | TWC__F_ALL_SENT;
	return true;
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
		return n + (t->x && t->x->records ? twc__records_gathered(t) : twc__dgrams_gathered(t));
	for (unsigned i = 0; t->flags & TWC__F_GATHERED && i < l->parts; i++)
		n += l->part[i].t == t ? l->part[i].len : 0;
	return n;
}

bool twc_transport_is_full(const struct twc_transport *t)
{
	return (t->flags & (TWC__F_FULL | TWC__F_WRITE_BROKEN)) == TWC__F_FULL; /* broken: what is written is dropped */
}

bool twc__transport_is_awaited(const struct twc_transport *t)
{
	return twc_transport_is_full(t) || (t->x && t->x->from && t->x->from->flags & TWC__F_BLOCKED);
}

/* ---- what is written ---- */

/* What was gathered for `t` and `iov`, in one system call where that can be. */
static void send_with_gathered(struct twc__tlayer *l, struct twc_transport *t, const struct iovec *iov, int n,
			       size_t total)
{
	struct iovec both[IOV_MAX_FLUSH];

	if (!(t->flags & TWC__F_GATHERED)) {
		twc__transport_send_or_queue(t, iov, n, total, false);
		return;
	}
	if (n < IOV_MAX_FLUSH && twc__gather_take_back(l, t, &both[0])) {
		memcpy(both + 1, iov, (size_t)n * sizeof(*iov));
		twc__transport_send_or_queue(t, both, n + 1, total + both[0].iov_len, false);
		return;
	}
	twc__gather_flush(l);
	if (t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN))
		return;
	if (twc__transport_is_refused(t))
		twc__transport_queue(t, iov, n, 0);
	else
		twc__transport_send_or_queue(t, iov, n, total, false);
}

static void show_written(struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	if (t->x && t->x->q.hidden)
		t->x->q.hidden += total; /* in its turn */
	else
		show(t, iov, n);
}

void twc__transport_send(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	size_t total = iov_total(iov, n);

	if (t->flags & (TWC__F_DEAD | TWC__F_LOSING | TWC__F_WANT_EOF | TWC__F_WRITE_BROKEN))
		return;
	show_written(t, iov, n, total);
	if (t->ops->is_datagram)
		twc__dgram_write(t, iov, n, total);
	else if (total && twc__transport_is_refused(t))
		twc__transport_queue(t, iov, n, 0);
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
	show_written(t, iov, n, total);
	twc__gather_add(l, t, iov, n, total);
}

void twc_transport_write(struct twc_transport *t, const void *p, size_t n)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };

	twc_transport_writev(t, &iov, 1);
}

/* What was gathered for `t`, in front of a range. False: nothing more can be written. */
static bool announce(struct twc_transport *t)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	struct iovec head;

	if (t->flags & TWC__F_GATHERED && twc__gather_take_back(l, t, &head))
		twc__transport_send_or_queue(t, &head, 1, head.iov_len, true);
	else if (t->flags & TWC__F_GATHERED)
		twc__gather_flush(l);
	return !(t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN));
}

/* As bytes: a small range, or the first piece of one that has to go through memory. */
static size_t write_piece(struct twc_transport *t, struct twc_file *f, uint64_t offset, size_t n)
{
	const char *p;

	n = n < TWC__PIECE ? n : TWC__PIECE;
	p = twc__file_piece(t, f, offset, n);
	if (p)
		twc_transport_write(t, p, n);
	return n;
}

void twc_transport_write_file(struct twc_transport *t, struct twc_file *f, uint64_t offset, uint64_t n)
{
	bool is_first;

	TWC_ASSERT(!t->ops->is_datagram && n <= SIZE_MAX);
	if (!n || t->flags & (TWC__F_DEAD | TWC__F_LOSING | TWC__F_WANT_EOF | TWC__F_WRITE_BROKEN))
		return;
	if (n <= TWC__GATHER_SMALL || (!twc__file_is_inside(t, f) && !twc__transport_is_refused(t))) {
		size_t k = write_piece(t, f, offset, (size_t)n);

		offset += k;
		n -= k;
	}
	if (!n || t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN) || !announce(t))
		return;
	is_first = !twc__transport_is_refused(t);
	twc__outq_add_file(&twc__transport_extra(t)->q, f, offset, (size_t)n);
	if (is_first && !flush_stream(t))
		return;
	if (t->x->q.len)
		queue_grown(t);
}
