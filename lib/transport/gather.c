/* SPDX-License-Identifier: MIT */
/*
 * The gather buffer: one for a reactor, where small writes of streams wait until the phase is over. Then one system call for
 * each connection that wrote: several writes of a callback become one segment, and reading all of a batch before answering
 * any of it keeps the kernel's code for each warm. Datagrams have a buffer of their own (dgram_send.c).
 *
 * Invariant: a transport with a part in it has an empty queue and an empty kernel pipe.
 */
#include "transport/transport_priv.h"

#include "base/banned.h"

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
			twc__transport_queue(t, &iov, 1, 0);
		else
			twc__transport_send_or_queue(t, &iov, 1, iov.iov_len, false);
	}
	l->parts = 0;
	l->gathered = 0;
	for (unsigned i = 0; i < parts; i++) {
		struct twc_transport *t = l->part[i].t;

		if (!t || !(t->flags & TWC__F_GATHERED))
			continue;
		t->flags &= ~(uint32_t)TWC__F_GATHERED;
		if (t->flags & (TWC__F_WANT_EOF | TWC__F_LOSING)) {
			twc__transport_settle(t);
			twc__transport_update(t); /* see is_about_to_close */
		}
	}
}

static void flush_gathered(void *arg)
{
	twc__gather_flush(arg);
	twc__dgrams_flush(arg);
	twc__records_flush(arg);
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

void twc__gather_add(struct twc__tlayer *l, struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	struct twc__gathered *part;

	if (l->gathered + total > TWC__GATHER || l->parts == TWC__GATHER_PARTS) {
		twc__gather_flush(l);
		if (t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN))
			return;
		if (twc__transport_is_refused(t)) {
			twc__transport_queue(t, iov, n, 0);
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

bool twc__gather_take_back(struct twc__tlayer *l, struct twc_transport *t, struct iovec *iov)
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
