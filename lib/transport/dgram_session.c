/* SPDX-License-Identifier: MIT */
/*
 * A peer of a datagram port as a transport. Sessions are found by a keyed hash of the peer's address and kept in order
 * of their last traffic, so that the idle ones are at the front.
 *
 * UNIX peers that have bound no name cannot be told apart nor answered: they are one session, and what is written to it
 * goes nowhere. A UNIX socket is full when the peer's queue is: each session waits for its own peer.
 *
 * Invariants: a live session is in one bucket and in the list; count is their number; the timer runs while there is
 * a session.
 */
#include "transport/dgram_int.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/banned.h"

#define SESSIONS_MAX 65536
#define INBOX_MAX (256 * 1024)		 /* what waits for a paused session; more is dropped, as a full socket would */
#define INBOXES_MAX (16 * 1024 * 1024)	 /* for all of them: peers, and so sessions, are easily made up */
#define TICK_MIN_NS UINT64_C(10000000)
#define RETRY_NS UINT64_C(5000000) /* a UNIX peer whose queue is full; no event tells when it has room */

static struct twc__dgram_session *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct twc__dgram_session, t);
}

/* ---- finding sessions ---- */

static size_t bucket_of(const struct twc__dgram_port *p, const struct twc_addr *a)
{
	uint16_t port = twc_addr_port(a);
	uint8_t what[16 + sizeof(port)] = { 0 };

	if (p->kind == TWC_ADDR_UNIX_DGRAM)
		return twc__hash(&p->key, &a->u, a->len) & (p->n_buckets - 1);
	(void)twc__addr_ip16(a, what);
	memcpy(what + 16, &port, sizeof(port));
	return twc__hash(&p->key, what, sizeof(what)) & (p->n_buckets - 1);
}

struct twc__dgram_session *twc__session_find(const struct twc__dgram_port *p, const struct twc_addr *a)
{
	struct twc__dgram_session *s = p->buckets[bucket_of(p, a)];

	while (s && !twc_addr_eq(&s->peer, a))
		s = s->hash_next;
	return s;
}

static void buckets_grow(struct twc__dgram_port *p)
{
	size_t n = p->n_buckets * 2;

	twc_free(p->buckets);
	p->buckets = twc_calloc(n, sizeof(struct twc__dgram_session *));
	p->n_buckets = n;
	for (struct twc__dgram_session *s = p->head; s; s = s->next) {
		size_t b = bucket_of(p, &s->peer);

		s->hash_next = p->buckets[b];
		p->buckets[b] = s;
	}
}

static void list_remove(struct twc__dgram_session *s)
{
	struct twc__dgram_port *p = s->port;

	*(s->prev ? &s->prev->next : &p->head) = s->next;
	*(s->next ? &s->next->prev : &p->tail) = s->prev;
}

static void list_append(struct twc__dgram_session *s)
{
	struct twc__dgram_port *p = s->port;

	s->next = NULL;
	s->prev = p->tail;
	*(p->tail ? &p->tail->next : &p->head) = s;
	p->tail = s;
}

static void session_touch(struct twc__dgram_session *s)
{
	s->last = twc_reactor_now(s->t.r);
	if (!s->next)
		return;
	list_remove(s);
	list_append(s);
}

/* ---- idle sessions ---- */

static void on_tick(struct twc_timer *timer, void *arg)
{
	struct twc__dgram_port *p = arg;
	uint64_t now = twc_reactor_now(p->r);

	(void)timer;
	twc__dgram_port_ref(p);
	while (p->head && now - p->head->last >= p->idle_ns) {
		struct twc__dgram_session *s = p->head;

		twc_transport_lose(&s->t);
		if (!(s->t.flags & TWC__F_DEAD)) /* something is still unsent: looked at again next time */
			session_touch(s);
	}
	if (p->head) {
		uint64_t left = p->head->last + p->idle_ns - now;

		twc_timer_start(p->r, &p->timer, left > TICK_MIN_NS ? left : TICK_MIN_NS, on_tick, p);
	}
	twc__dgram_port_unref(p);
}

/* ---- a session as a transport ---- */

static void inbox_add(struct twc__dgram_session *s, const char *data, size_t n)
{
	size_t cost = twc__inbox_cost(n);

	if (s->inbox.len + cost <= INBOX_MAX && s->port->inboxes + cost <= INBOXES_MAX &&
	    twc__inbox_add(&s->inbox, data, n))
		s->port->inboxes += cost;
}

static ssize_t session_take(struct twc_transport *t, const char **p)
{
	struct twc__dgram_session *s = self_of(t);
	size_t was = s->inbox.len;
	ssize_t n = twc__inbox_take(&s->inbox, t->r, p);

	s->port->inboxes -= was - s->inbox.len;
	return n;
}

static void session_outlet(struct twc_transport *t, struct twc__outlet *o)
{
	struct twc__dgram_session *s = self_of(t);

	*o = (struct twc__outlet){ .fd = s->port->w.fd, .to = &s->peer.u.sa, .to_len = s->peer.len,
				   .gso = &s->port->gso, .local = s->local, .ifindex = s->ifindex };
	session_touch(s);
}

static bool is_unnamed(const struct twc_addr *a)
{
	return a->len <= offsetof(struct sockaddr_un, sun_path);
}

/* To a UNIX peer. */
static ssize_t session_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__dgram_session *s = self_of(t);
	struct msghdr msg = { .msg_name = &s->peer.u.sa, .msg_namelen = s->peer.len,
			      .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)n };
	ssize_t sent = 0;

	if (is_unnamed(&s->peer)) {
		for (int i = 0; i < n; i++)
			sent += (ssize_t)iov[i].iov_len;
		return sent;
	}
	sent = sendmsg(s->port->w.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0)
		session_touch(s);
	return sent < 0 ? -errno : sent;
}

static void session_run(struct twc_transport *t)
{
	struct twc__dgram_session *s = self_of(t);

	if ((s->events & TWC_READ) && s->inbox.head)
		twc__transport_on_ready(t, TWC_READ);
}

static void on_retry(struct twc_timer *timer, void *arg)
{
	struct twc__dgram_session *s = arg;

	(void)timer;
	twc__transport_on_ready(&s->t, TWC_WRITE);
}

static int session_set_events(struct twc_transport *t, unsigned events)
{
	struct twc__dgram_session *s = self_of(t);

	s->events = (uint8_t)events;
	if ((events & TWC_WRITE) && s->port->kind == TWC_ADDR_UNIX_DGRAM) {
		if (!twc_timer_is_active(&s->retry))
			twc_timer_start(t->r, &s->retry, RETRY_NS, on_retry, s);
	} else if ((events & TWC_WRITE) && !s->port->wants_write) {
		s->port->wants_write = true;
		twc__dgram_port_update(s->port);
	}
	if ((events & TWC_READ) && s->inbox.head)
		twc__kick(&s->kick, t, session_run);
	return 0;
}

static int session_shutdown(struct twc_transport *t)
{
	(void)t;
	return 0; /* datagrams have no end of stream */
}

static void session_close(struct twc_transport *t, bool reset)
{
	struct twc__dgram_session *s = self_of(t);
	struct twc__dgram_port *p = s->port;
	struct twc__dgram_session **at = &p->buckets[bucket_of(p, &s->peer)];

	(void)reset;
	twc_timer_stop(t->r, &s->retry);
	while (*at != s)
		at = &(*at)->hash_next;
	*at = s->hash_next;
	list_remove(s);
	p->count--;
	if (p->gate)
		twc_gate_leave(p->gate, &s->peer);
	p->inboxes -= s->inbox.len;
	twc__inbox_clear(&s->inbox);
	if (!p->count)
		twc__dgram_port_update(p);
	twc__dgram_port_unref(p);
}

static void session_destroy(struct twc_transport *t)
{
	twc_free(self_of(t));
}

static void session_peer(const struct twc_transport *t, struct twc_addr *a)
{
	*a = self_of(t)->peer;
}

static void session_host(const struct twc_transport *t, struct twc_addr *a)
{
	twc__dgram_port_addr(self_of(t)->port, a);
}

static const struct twc__transport_ops udp_ops = {
	.name = "datagram session",
	.is_datagram = true,
	.write_is_fatal = true,
	.take = session_take,
	.outlet = session_outlet,
	.set_events = session_set_events,
	.shutdown = session_shutdown,
	.close = session_close,
	.destroy = session_destroy,
	.peer = session_peer,
	.host = session_host,
};

static const struct twc__transport_ops unix_ops = {
	.name = "datagram session",
	.is_datagram = true,
	.write_is_fatal = true,
	.take = session_take,
	.writev = session_writev,
	.set_events = session_set_events,
	.shutdown = session_shutdown,
	.close = session_close,
	.destroy = session_destroy,
	.peer = session_peer,
	.host = session_host,
};

/* ---- for the port ---- */

struct twc__dgram_session *twc__session_new(struct twc__dgram_port *p, const struct twc_addr *peer)
{
	struct twc_protocol *proto = NULL;
	struct twc__dgram_session *s;

	if (!p->factory || p->pauses)
		return NULL;
	if (p->count >= SESSIONS_MAX || twc__gate_is_full(p->gate) || twc__gate_enter(p->gate, -1, peer) != TWC__GATE_IN) {
		p->dropped++;
		twc_log(twc_reactor_log(p->r), transport, DEBUG, "datagram dropped: no session for its peer (%llu so far)",
			(unsigned long long)p->dropped);
		return NULL;
	}
	proto = twc_factory_build(p->factory, peer);
	if (!proto) {
		if (p->gate)
			twc_gate_leave(p->gate, peer);
		return NULL;
	}
	if (p->count >= p->n_buckets)
		buckets_grow(p);
	s = twc_calloc(1, sizeof(*s));
	twc__transport_init(&s->t, p->kind == TWC_ADDR_UDP ? &udp_ops : &unix_ops, p->r);
	s->port = p;
	p->refs++;
	p->count++;
	s->peer = *peer;
	size_t b = bucket_of(p, peer);
	s->hash_next = p->buckets[b];
	p->buckets[b] = s;
	s->last = twc_reactor_now(p->r);
	list_append(s);
	if (!twc_timer_is_active(&p->timer))
		twc_timer_start(p->r, &p->timer, p->idle_ns, on_tick, p);
	twc__transport_begin(&s->t, proto, 0);
	return s;
}

void twc__session_feed(struct twc__dgram_session *s, const char *data, size_t n)
{
	if (s->t.flags & (TWC__F_DEAD | TWC__F_LOSING))
		return;
	session_touch(s);
	if ((s->events & TWC_READ) && !s->inbox.head) {
		twc__transport_deliver(&s->t, data, n);
		twc__transport_update(&s->t);
		return;
	}
	inbox_add(s, data, n);
}

static struct twc__dgram_session *first_waiting(const struct twc__dgram_port *p)
{
	struct twc__dgram_session *s = p->head;

	while (s && !(s->events & TWC_WRITE))
		s = s->next;
	return s;
}

/* Looked for anew each time: a protocol that hears `drained` may end any session. */
void twc__sessions_flush(struct twc__dgram_port *p)
{
	struct twc__dgram_session *s;

	p->wants_write = false;
	while (!p->wants_write && (s = first_waiting(p))) {
		twc__transport_on_ready(&s->t, TWC_WRITE);
		if (!(s->t.flags & TWC__F_DEAD) && (s->events & TWC_WRITE))
			p->wants_write = true; /* the kernel is full again */
	}
	twc__dgram_port_update(p);
}
