/* SPDX-License-Identifier: MIT */
/*
 * Datagrams on their way out. What is written to UDP during a phase is gathered in the reactor's one buffer and leaves
 * when the phase is over, by one sendmmsg for each run of one descriptor; consecutive datagrams of one transport
 * that are equally long (the last may be shorter) leave as one message (dgram_message.c). A long datagram leaves at
 * once. What the kernel refuses waits in the transport's own queue.
 *
 * Order: queue, then gathered parts, then the write at hand. Invariant: a transport with a part has an empty
 * queue. A UNIX datagram is never gathered: a full queue is its own peer's matter.
 */
#include "transport/dgram_int.h"

#include <errno.h>

#include "base/banned.h"

#define PARTS 64		/* messages of one sendmmsg */
#define ARENA (256 * 1024)	/* what one phase may gather */
#define GATHER_MAX (16 * 1024)	/* a copy of more costs as much as a call */
#define SEGMENTS_MAX 64		/* the kernel's, for one message (128 in newer ones) */
#define SEGMENTED_MAX 65487	/* bytes of it: 65,535 less the headers of IPv6 and UDP */
#define QUEUE_IOV 256

/* Datagrams that leave as one message. */
struct part {
	struct twc_transport *t; /* NULL: forgotten */
	struct twc__outlet out;
	const char *p;	   /* mostly in the arena */
	size_t len, size;  /* of all; of each but the last */
	size_t count;
};

struct twc__dgram_out {
	struct part part[PARTS];
	unsigned parts;
	size_t used; /* of the arena */
	/* While sending. */
	struct mmsghdr msg[PARTS];
	struct twc__dgram_control control[PARTS];
	struct iovec iov[QUEUE_IOV];
	size_t count[PARTS]; /* datagrams in each message of a queue */
	char arena[ARENA];
};

static struct twc__dgram_out *out_of(struct twc__tlayer *l)
{
	if (!l->dgram_out) {
		l->dgram_out = twc_malloc(sizeof(*l->dgram_out));
		l->dgram_out->parts = 0;
		l->dgram_out->used = 0;
	}
	return l->dgram_out;
}

static bool is_again(int sys)
{
	return sys == EAGAIN || sys == ENOBUFS || sys == EINTR;
}

/* ---- one by one, and from the queue ---- */

static ssize_t write_one(struct twc_transport *t, struct iovec *iov, int n, size_t total)
{
	ssize_t sent;

	if (total && !twc__rate_room(t, TWC_WRITE, total))
		return -EAGAIN;
	if (t->ops->outlet) {
		struct twc__outlet o = { .fd = -1 };
		struct twc__dgram_control control = { .c = { 0 } };
		struct mmsghdr msg;

		t->ops->outlet(t, &o);
		twc__dgram_message_set(&msg.msg_hdr, &control, &o, iov, (size_t)n, 0);
		sent = twc__dgram_messages_send(o.fd, &msg, 1);
	} else {
		sent = t->ops->writev(t, iov, n);
	}
	if (sent >= 0)
		twc__rate_spend(t, TWC_WRITE, total);
	return sent;
}

static void queue_one(struct twc_transport *t, const char *p, size_t n)
{
	struct twc__extra *x = twc__transport_extra(t);

	twc__outq_add(&x->q, p, n, true);
	if (x->q.len > x->high)
		t->flags |= TWC__F_FULL;
}

/* False: the kernel is full, or the transport has ended. */
static bool queue_send_one(struct twc_transport *t)
{
	struct twc__outq *q = &t->x->q;
	struct iovec iov = { .iov_base = q->head->data, .iov_len = q->head->end };
	ssize_t sent = write_one(t, &iov, 1, iov.iov_len);

	if (sent < 0) {
		if (!is_again((int)-sent))
			twc__transport_write_failed(t, (int)-sent);
		return false;
	}
	t->bytes_out += iov.iov_len;
	twc__outq_consume(q, iov.iov_len);
	return true;
}

/* How many datagrams from `c` on may leave as one message; at most `room`. */
static size_t chunks_alike(const struct twc__chunk *c, const struct twc__outlet *o, size_t room)
{
	size_t size = c->end, total = size, n = 1;

	if (!size || !c->next || c->next->end > size || size > twc__gso_max(o->gso, o->fd))
		return 1;
	for (c = c->next; c && n < room && n < SEGMENTS_MAX && c->end && c->end <= size && total + c->end <= SEGMENTED_MAX;
	     c = c->next) {
		total += c->end;
		n++;
		if (c->end < size)
			break;
	}
	return n;
}

static unsigned queue_messages(struct twc__dgram_out *d, const struct twc__outq *q, const struct twc__outlet *o)
{
	struct twc__chunk *c = q->head;
	size_t used = 0;
	unsigned n;

	for (n = 0; c && n < PARTS && used < QUEUE_IOV; n++) {
		size_t size = c->end, first = used;

		d->count[n] = chunks_alike(c, o, QUEUE_IOV - used);
		for (size_t i = 0; i < d->count[n]; i++, c = c->next)
			d->iov[used++] = (struct iovec){ .iov_base = c->data, .iov_len = c->end };
		twc__dgram_message_set(&d->msg[n].msg_hdr, &d->control[n], o, d->iov + first, d->count[n],
				       d->count[n] > 1 ? size : 0);
	}
	return n;
}

/* The same by one call for many. */
static bool queue_send_many(struct twc_transport *t)
{
	struct twc__dgram_out *d = out_of(twc__tlayer(t->r));
	struct twc__outq *q = &t->x->q;
	struct twc__outlet o = { .fd = -1 };
	unsigned n;
	int sent;

	t->ops->outlet(t, &o);
	n = queue_messages(d, q, &o);
	sent = twc__dgram_messages_send(o.fd, d->msg, n);
	if (sent < 0) {
		if (is_again(-sent))
			return false;
		if (twc__gso_learn(o.gso, q->head->end, d->count[0], -sent))
			return true;
		twc__transport_write_failed(t, -sent);
		return false;
	}
	for (int i = 0; i < sent; i++) {
		for (size_t k = 0; k < d->count[i]; k++) {
			t->bytes_out += q->head->end;
			twc__outq_consume(q, q->head->end);
		}
	}
	return true;
}

void twc__dgrams_flush_queue(struct twc_transport *t)
{
	bool one_by_one = !t->ops->outlet || t->x->rate;

	while (t->x->q.head && (one_by_one || !t->x->q.head->next ? queue_send_one(t) : queue_send_many(t)))
		;
}

/* ---- the parts ---- */

void twc__dgrams_forget(struct twc_transport *t)
{
	struct twc__dgram_out *d = twc__tlayer(t->r)->dgram_out;

	t->flags &= ~(uint32_t)TWC__F_GATHERED;
	for (unsigned i = 0; d && i < d->parts; i++)
		if (d->part[i].t == t)
			d->part[i].t = NULL;
}

size_t twc__dgrams_gathered(const struct twc_transport *t)
{
	const struct twc__dgram_out *d = twc__tlayer(t->r)->dgram_out;
	size_t n = 0;

	for (unsigned i = 0; d && i < d->parts; i++)
		n += d->part[i].t == t ? d->part[i].len : 0;
	return n;
}

static void part_queue(const struct part *p)
{
	for (size_t i = 0; i < p->count; i++) {
		size_t at = i * p->size;

		queue_one(p->t, p->p + at, p->len - at < p->size ? p->len - at : p->size);
	}
	twc__transport_update(p->t);
}

/* As many parts from `at` on as one call can take. */
static unsigned run_messages(struct twc__dgram_out *d, unsigned at)
{
	unsigned n = 0;

	for (; at + n < d->parts; n++) {
		const struct part *p = &d->part[at + n];

		if (!p->t || p->t->flags & TWC__F_WRITE_BROKEN || twc__transport_is_refused(p->t) ||
		    p->out.fd != d->part[at].out.fd)
			break;
		d->iov[n] = (struct iovec){ .iov_base = (void *)(uintptr_t)p->p, .iov_len = p->len };
		twc__dgram_message_set(&d->msg[n].msg_hdr, &d->control[n], &p->out, &d->iov[n], 1,
				       p->count > 1 ? p->size : 0);
	}
	return n;
}

/* Sends from part `at` on; returns how many of them are done with. *full is the descriptor that takes no more. */
static unsigned run_send(struct twc__dgram_out *d, unsigned at, int *full)
{
	struct part *p = &d->part[at];
	int sent = twc__dgram_messages_send(p->out.fd, d->msg, run_messages(d, at));

	for (int i = 0; i < sent; i++)
		p[i].t->bytes_out += p[i].len;
	if (sent > 0)
		return (unsigned)sent;
	if (is_again(-sent)) {
		*full = p->out.fd;
		part_queue(p);
	} else if (twc__gso_learn(p->out.gso, p->size, p->count, -sent)) {
		part_queue(p);
		twc__transport_flush(p->t);
		if (p->t) /* else it has ended */
			twc__transport_update(p->t);
	} else {
		twc__transport_write_failed(p->t, -sent);
	}
	return 1;
}

/* Sending calls nobody back, so the parts stay as they are meanwhile; but a failed write forgets some. */
void twc__dgrams_flush(struct twc__tlayer *l)
{
	struct twc__dgram_out *d = l->dgram_out;
	unsigned parts = d ? d->parts : 0;
	int full = -1;

	for (unsigned i = 0; i < parts;) {
		struct part *p = &d->part[i];

		if (!p->t || p->t->flags & TWC__F_WRITE_BROKEN) {
			i++;
		} else if (p->out.fd == full || twc__transport_is_refused(p->t)) {
			part_queue(p);
			i++;
		} else {
			i += run_send(d, i, &full);
		}
	}
	if (d)
		d->parts = 0;
	for (unsigned i = 0; i < parts; i++) {
		struct twc_transport *t = d->part[i].t;

		if (!t || !(t->flags & TWC__F_GATHERED))
			continue;
		t->flags &= ~(uint32_t)TWC__F_GATHERED;
		if (t->flags & (TWC__F_WANT_EOF | TWC__F_LOSING))
			twc__transport_settle(t);
	}
	if (d)
		d->used = 0;
}

static bool is_same_source(const struct twc__outlet *a, const struct twc__outlet *b)
{
	return a->ifindex == b->ifindex && memcmp(&a->local, &b->local, sizeof(a->local)) == 0;
}

static bool part_takes(const struct part *p, const struct twc_transport *t, const struct twc__outlet *o, const char *next,
		       size_t n)
{
	return p->t == t && n && n <= p->size && p->len == p->count * p->size && p->count < SEGMENTS_MAX &&
	       p->p + p->len == next && p->len + n <= SEGMENTED_MAX && is_same_source(&p->out, o) &&
	       p->size <= twc__gso_max(o->gso, o->fd);
}

static struct part *part_add(struct twc__tlayer *l, struct twc_transport *t, const struct twc__outlet *o, const char *p,
			     size_t size)
{
	struct twc__dgram_out *d = l->dgram_out;

	if (!d->parts)
		twc__gather_at_end(l);
	t->flags |= TWC__F_GATHERED;
	d->part[d->parts] = (struct part){ .t = t, .out = *o, .p = p, .size = size };
	return &d->part[d->parts++];
}

static void gather(struct twc__tlayer *l, struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	struct twc__dgram_out *d = out_of(l);
	struct part *p = d->parts ? &d->part[d->parts - 1] : NULL;
	struct twc__outlet o = { .fd = -1 };

	t->ops->outlet(t, &o);
	if (!p || !part_takes(p, t, &o, d->arena + d->used, total))
		p = part_add(l, t, &o, d->arena + d->used, total);
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len)
			memcpy(d->arena + d->used, iov[i].iov_base, iov[i].iov_len);
		d->used += iov[i].iov_len;
	}
	p->len += total;
	p->count++;
}

/* ---- what the owner writes ---- */

static void write_now(struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	ssize_t sent = twc__transport_is_refused(t) ? -EAGAIN : write_one(t, (struct iovec *)(uintptr_t)iov, n, total);
	char flat[TWC__DGRAM_MAX];
	size_t at = 0;

	if (sent >= 0) {
		t->bytes_out += total;
		return;
	}
	if (!is_again((int)-sent)) {
		twc__transport_write_failed(t, (int)-sent);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len)
			memcpy(flat + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	queue_one(t, flat, total);
	twc__transport_update(t);
}

/* Its kind holds what cannot leave (records_out.c): only what is not due yet waits here. */
static void write_record(struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	struct twc__extra *x = t->x;
	ssize_t sent = x->q.head ? -EAGAIN : write_one(t, (struct iovec *)(uintptr_t)iov, n, total);

	if (sent >= 0) {
		t->bytes_out += total;
		return;
	}
	twc__outq_add_record(&x->q, iov, n, total);
	if (x->q.len + x->held > x->high)
		t->flags |= TWC__F_FULL;
	twc__transport_update(t);
}

void twc__dgram_write(struct twc_transport *t, const struct iovec *iov, int n, size_t total)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	const struct twc__dgram_out *d = l->dgram_out;
	bool is_gathered = t->ops->outlet && total <= GATHER_MAX && !(t->x && t->x->rate);

	if (t->ops->takes_all) {
		write_record(t, iov, n, total);
		return;
	}
	if (total > TWC__DGRAM_MAX || (is_gathered ? d && (d->parts == PARTS || d->used + total > ARENA) :
						     t->flags & TWC__F_GATHERED))
		twc__dgrams_flush(l);
	if (t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN))
		return;
	if (total > TWC__DGRAM_MAX) {
		struct twc_err err = { 0 };

		twc_err_set(&err, TWC_ETOOLONG, "datagram of %zu bytes is too long (at most %d)", total, TWC__DGRAM_MAX);
		twc__transport_die(t, &err, true);
	} else if (is_gathered && !twc__transport_is_refused(t)) {
		gather(l, t, iov, n, total);
	} else {
		write_now(t, iov, n, total);
	}
}

void twc__dgram_pass(struct twc_transport *t, const char *p, size_t n, size_t segment)
{
	struct twc__tlayer *l = twc__tlayer(t->r);
	struct twc__dgram_out *d = out_of(l);
	struct iovec all = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct twc__outlet o = { .fd = -1 };
	size_t most = n;

	if (n == segment && n > TWC__DGRAM_MAX) {
		twc__dgram_write(t, &all, 1, n);
		return;
	}
	t->ops->outlet(t, &o);
	if (n > segment) {
		most = SEGMENTED_MAX / segment < SEGMENTS_MAX ? SEGMENTED_MAX / segment : SEGMENTS_MAX;
		most = segment * (segment <= twc__gso_max(o.gso, o.fd) ? most : 1);
	}
	do {
		struct part *part;

		if (d->parts == PARTS)
			twc__dgrams_flush(l);
		if (t->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN))
			return;
		part = part_add(l, t, &o, p, segment);
		part->len = n < most ? n : most;
		part->count = segment ? (part->len + segment - 1) / segment : 1;
		p += part->len;
		n -= part->len;
	} while (n);
}
