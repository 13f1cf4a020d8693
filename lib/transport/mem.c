/* SPDX-License-Identifier: MIT */
/*
 * Two transports joined in memory: what one writes the other reads in a later call of the same reactor. The wire
 * between them holds a fixed number of bytes each way, so that full queues, pauses and drains behave as on a
 * socket. For tests, and for joining parts of one program.
 */
#include "transport/transport_priv.h"

#include <errno.h>

#include "base/banned.h"

#define WIRE_DEFAULT (64 * 1024)

/* One direction: a ring. Filled by one end, emptied by the other; freed with the last of them. */
struct wire {
	char *data; /* owned */
	size_t cap, start, fill;
	bool eof;   /* the writer has ended */
	bool reset; /* the writer aborted */
	bool deaf;  /* the reader has gone */
	unsigned refs;
};

struct mem {
	struct twc_transport t;
	struct wire *in, *out; /* shared with the other end */
	struct mem *other;     /* NULL once closed */
	uint8_t events;	       /* asked for */
	char *name;	       /* of what is at the other end; owned; NULL: it has none */
	struct twc__kick kick;
};

static struct mem *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct mem, t);
}

static struct wire *wire_new(size_t cap)
{
	struct wire *w = twc_calloc(1, sizeof(*w));

	w->cap = cap;
	w->data = twc_malloc(cap);
	w->refs = 2;
	return w;
}

static void wire_unref(struct wire *w)
{
	if (--w->refs)
		return;
	twc_free(w->data);
	twc_free(w);
}

static unsigned mem_ready(const struct mem *m)
{
	unsigned ready = 0;

	if (m->in->fill || m->in->eof || m->in->reset)
		ready |= TWC_READ;
	if (m->out->fill < m->out->cap || m->out->deaf)
		ready |= TWC_WRITE;
	return ready & m->events;
}

static void mem_kick(struct mem *m);

static void mem_run(struct twc_transport *t)
{
	struct mem *m = self_of(t);

	if (mem_ready(m))
		twc__transport_on_ready(t, mem_ready(m));
	mem_kick(m);
}

static void mem_kick(struct mem *m)
{
	if (m && !(m->t.flags & TWC__F_DEAD) && mem_ready(m))
		twc__kick(&m->kick, &m->t, mem_run);
}

static ssize_t mem_read(struct twc_transport *t, void *buf, size_t n)
{
	struct mem *m = self_of(t);
	struct wire *w = m->in;
	size_t k = w->fill < n ? w->fill : n;
	size_t first = w->cap - w->start < k ? w->cap - w->start : k;

	if (w->reset)
		return -ECONNRESET;
	if (!w->fill)
		return w->eof ? 0 : -EAGAIN;
	memcpy(buf, w->data + w->start, first);
	memcpy((char *)buf + first, w->data, k - first);
	w->start = (w->start + k) % w->cap;
	w->fill -= k;
	mem_kick(m->other);
	return (ssize_t)k;
}

static void wire_put(struct wire *w, const char *p, size_t n)
{
	size_t at = (w->start + w->fill) % w->cap;
	size_t first = w->cap - at < n ? w->cap - at : n;

	memcpy(w->data + at, p, first);
	memcpy(w->data, p + first, n - first);
	w->fill += n;
}

static ssize_t mem_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct mem *m = self_of(t);
	struct wire *w = m->out;
	size_t total = 0;

	if (w->deaf)
		return -EPIPE;
	for (int i = 0; i < n; i++) {
		size_t room = w->cap - w->fill;
		size_t k = iov[i].iov_len < room ? iov[i].iov_len : room;

		if (k)
			wire_put(w, iov[i].iov_base, k);
		total += k;
		if (k < iov[i].iov_len)
			break;
	}
	if (!total)
		return -EAGAIN;
	mem_kick(m->other);
	return (ssize_t)total;
}

static int mem_set_events(struct twc_transport *t, unsigned events)
{
	struct mem *m = self_of(t);

	m->events = (uint8_t)events;
	mem_kick(m);
	return 0;
}

static int mem_shutdown(struct twc_transport *t)
{
	struct mem *m = self_of(t);

	m->out->eof = true;
	mem_kick(m->other);
	return 0;
}

static void mem_close(struct twc_transport *t, bool reset)
{
	struct mem *m = self_of(t);
	struct mem *other = m->other;

	if (reset)
		m->out->reset = true;
	else
		m->out->eof = true;
	m->in->deaf = true;
	m->other = NULL;
	if (other) {
		other->other = NULL;
		mem_kick(other);
	}
}

static void mem_destroy(struct twc_transport *t)
{
	struct mem *m = self_of(t);

	wire_unref(m->in);
	wire_unref(m->out);
	twc_free(m->name);
	twc_free(m);
}

static const char *mem_text(const struct twc_transport *t)
{
	const struct mem *m = self_of(t);

	return m->name ? m->name : t->ops->name;
}

static const struct twc__transport_ops mem_ops = {
	.name = "memory",
	.lingers = true,
	.read = mem_read,
	.writev = mem_writev,
	.set_events = mem_set_events,
	.shutdown = mem_shutdown,
	.close = mem_close,
	.destroy = mem_destroy,
	.text = mem_text,
};

static void pair_init(struct twc_reactor *r, size_t capacity, struct mem *m, struct mem *n)
{
	m->in = n->out = wire_new(capacity);
	m->out = n->in = wire_new(capacity);
	m->other = n;
	n->other = m;
	twc__transport_init(&m->t, &mem_ops, r);
	twc__transport_init(&n->t, &mem_ops, r);
}

void twc_transport_pair(struct twc_reactor *r, size_t capacity, struct twc_protocol *a, struct twc_protocol *b)
{
	struct mem *m = twc_calloc(1, sizeof(*m)), *n = twc_calloc(1, sizeof(*n));

	pair_init(r, capacity ? capacity : WIRE_DEFAULT, m, n);
	twc__transport_begin(&m->t, a, 0);
	twc__transport_begin(&n->t, b, 0);
}

struct twc_transport *twc__transport_to_peer(struct twc_reactor *r, struct twc_protocol *p, struct twc_protocol *peer,
					     const char *name, void (*gone)(void *arg), void *arg)
{
	struct mem *m = twc_calloc(1, sizeof(*m)), *n = twc_calloc(1, sizeof(*n));

	pair_init(r, WIRE_DEFAULT, m, n);
	m->name = twc_strdup(name);
	twc__transport_on_gone(&n->t, gone, arg);
	twc__transport_begin(&m->t, p, 0);
	twc__transport_begin(&n->t, peer, 0);
	return &m->t;
}
