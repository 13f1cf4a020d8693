/* SPDX-License-Identifier: MIT */
/*
 * A UDP socket of its own as a transport: connected to one peer, or sending to one address (a group, a broadcast
 * address) and hearing anybody. A wake-up receives many datagrams at once; those that the protocol does not want
 * any more, because it paused in the middle, wait in the inbox, and the socket is left alone until they are gone.
 */
#include "transport/dgram_int.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

struct dsock {
	struct twc_transport t;
	struct twc_watch w; /* w.fd is the descriptor; owned */
	struct twc__outq inbox;
	struct twc__kick kick;
	struct twc__gso gso;
	unsigned slots;
	bool in_turn;	/* on_socket is at work: the reactor's slots are ours, */
	bool has_asked; /* and hold what this turn is to bring */
};

static struct dsock *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct dsock, t);
}

/* ---- reading ---- */

static ssize_t dsock_take(struct twc_transport *t, const char **p)
{
	struct dsock *s = self_of(t);
	struct twc__dgram_in *in;
	struct twc__dgram d;
	int n;

	if (s->inbox.head)
		return twc__inbox_take(&s->inbox, t->r, p);
	if (!s->in_turn)
		return -EAGAIN;
	in = twc__dgram_in(twc__tlayer(t->r));
	if (!s->has_asked) {
		s->has_asked = true;
		n = twc__dgrams_receive(in, s->w.fd, &s->slots, false);
		if (n < 0)
			return n;
	}
	if (!twc__dgrams_next(in, &d))
		return -EAGAIN;
	*p = d.p;
	return (ssize_t)d.n;
}

static bool wants_more(const struct dsock *s)
{
	return !(s->t.flags & (TWC__F_DEAD | TWC__F_READ_EOF | TWC__F_BLOCKED)) && twc__transport_may_read(&s->t);
}

/* The source of a pipe whose other end takes datagrams as they come, and nobody looks at them? */
static bool may_relay(const struct dsock *s)
{
	const struct twc__extra *x = s->t.x;
	const struct twc_transport *to = x ? x->to : NULL;

	return to && to->ops->outlet && !x->tap && !to->x->tap && !x->rate && !to->x->rate && !s->inbox.head &&
	       wants_more(s) && !(s->t.flags & TWC__F_LOSING) && !twc__transport_is_traced(to) &&
	       !twc__transport_is_refused(to) &&
	       !(to->flags & (TWC__F_DEAD | TWC__F_LOSING | TWC__F_WANT_EOF | TWC__F_WRITE_BROKEN));
}

/* Messages leave as they came, from where they came to: neither cut nor copied on the way. */
static void relay(struct dsock *s)
{
	struct twc__tlayer *l = twc__tlayer(s->t.r);
	struct twc__dgram_in *in = twc__dgram_in(l);
	struct twc_transport *to = s->t.x->to;
	struct twc__dgram d;
	size_t segment;
	int n = twc__dgrams_receive(in, s->w.fd, &s->slots, false);

	if (n < 0 && n != -EAGAIN && n != -EINTR)
		twc__transport_read_failed(&s->t, -n);
	while (n > 0 && twc__dgrams_message(in, &d, &segment)) {
		s->t.bytes_in += d.n;
		if (!(to->flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN)))
			twc__dgram_pass(to, d.p, d.n, segment);
	}
	twc__dgrams_flush(l);
}

static void on_socket(struct twc_watch *w, unsigned ready)
{
	struct dsock *s = TWC_CONTAINER_OF(w, struct dsock, w);
	struct twc__dgram_in *in = twc__dgram_in(twc__tlayer(s->t.r));
	struct twc__dgram d;

	if ((ready & TWC_READ) && may_relay(s)) {
		relay(s);
		ready &= ~(unsigned)TWC_READ;
	}
	s->in_turn = true;
	s->has_asked = false;
	twc__transport_on_ready(&s->t, ready);
	while (s->has_asked && twc__dgrams_left(in) && wants_more(s))
		twc__transport_on_ready(&s->t, TWC_READ);
	while (s->has_asked && twc__dgrams_next(in, &d))
		if (!(s->t.flags & TWC__F_DEAD))
			(void)twc__inbox_add(&s->inbox, d.p, d.n);
	s->in_turn = false;
	if (s->inbox.head)
		twc__transport_update(&s->t);
}

static void run_inbox(struct twc_transport *t)
{
	if (self_of(t)->inbox.head && wants_more(self_of(t)))
		twc__transport_on_ready(t, TWC_READ);
}

static int dsock_set_events(struct twc_transport *t, unsigned events)
{
	struct dsock *s = self_of(t);
	struct twc_err err = { 0 };

	if (s->inbox.head) {
		if (events & TWC_READ)
			twc__kick(&s->kick, t, run_inbox);
		events &= ~(unsigned)TWC_READ;
	}
	if (s->w.fn) {
		twc_watch_set(t->r, &s->w, events);
		return 0;
	}
	if (twc_watch_start(t->r, &s->w, s->w.fd, events, on_socket, &err) < 0)
		return err.sys ? -err.sys : -EINVAL;
	return 0;
}

/* ---- the rest ---- */

static void connected_outlet(struct twc_transport *t, struct twc__outlet *o)
{
	struct dsock *s = self_of(t);

	*o = (struct twc__outlet){ .fd = s->w.fd, .gso = &s->gso };
}

static void to_peer_outlet(struct twc_transport *t, struct twc__outlet *o)
{
	struct dsock *s = self_of(t);
	const struct twc_addr *peer = t->x->peer;

	*o = (struct twc__outlet){ .fd = s->w.fd, .gso = &s->gso, .to = &peer->u.sa, .to_len = peer->len };
}

static int dsock_shutdown(struct twc_transport *t)
{
	int so_err = 0;
	socklen_t len = sizeof(so_err);

	/* Datagrams have no end of stream. But a refusal may be known already, and nobody reads it any more. */
	if ((t->flags & TWC__F_CONFIRM) &&
	    getsockopt(self_of(t)->w.fd, SOL_SOCKET, SO_ERROR, &so_err, &len) == 0)
		return -so_err;
	return 0;
}

static void dsock_close(struct twc_transport *t, bool reset)
{
	struct dsock *s = self_of(t);

	(void)reset;
	if (s->w.fn)
		twc_watch_stop(t->r, &s->w);
	close(s->w.fd);
	s->w.fd = -1;
	twc__inbox_clear(&s->inbox);
}

static void dsock_destroy(struct twc_transport *t)
{
	twc_free(self_of(t));
}

static void dsock_peer(const struct twc_transport *t, struct twc_addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getpeername(self_of(t)->w.fd, (struct sockaddr *)&ss, &len) == 0)
		twc_addr_set(a, TWC_ADDR_UDP, (struct sockaddr *)&ss, len);
}

static void dsock_host(const struct twc_transport *t, struct twc_addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(self_of(t)->w.fd, (struct sockaddr *)&ss, &len) == 0)
		twc_addr_set(a, TWC_ADDR_UDP, (struct sockaddr *)&ss, len);
}

static const char *dsock_text(const struct twc_transport *t)
{
	(void)t;
	return "udp";
}

static const struct twc__transport_ops connected_ops = {
	.name = "datagram socket",
	.is_datagram = true,
	.write_is_fatal = true,
	.take = dsock_take,
	.outlet = connected_outlet,
	.set_events = dsock_set_events,
	.shutdown = dsock_shutdown,
	.close = dsock_close,
	.destroy = dsock_destroy,
	.peer = dsock_peer,
	.host = dsock_host,
	.text = dsock_text,
};

static const struct twc__transport_ops to_peer_ops = {
	.name = "datagram socket",
	.is_datagram = true,
	.write_is_fatal = true,
	.take = dsock_take,
	.outlet = to_peer_outlet,
	.set_events = dsock_set_events,
	.shutdown = dsock_shutdown,
	.close = dsock_close,
	.destroy = dsock_destroy,
	.host = dsock_host,
	.text = dsock_text,
};

struct twc_transport *twc__dsock_new(struct twc_reactor *r, int fd, bool to_peer)
{
	struct dsock *s = twc_calloc(1, sizeof(*s));

	s->w.fd = fd;
	twc__transport_init(&s->t, to_peer ? &to_peer_ops : &connected_ops, r);
	return &s->t;
}
