/* SPDX-License-Identifier: MIT */
/*
 * One datagram socket, UDP or UNIX, that serves many peers: its life, and what arrives. Each peer is a session, a
 * transport of its own (dgram_session.c); all share the descriptor. UDP is received many datagrams at a time.
 *
 * Invariant: `fd` is open while the port or a session lives.
 */
#include "transport/dgram_int.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define BATCH 64 /* UNIX datagrams a wake-up */
#define IDLE_DEFAULT_NS (30 * UINT64_C(1000000000))

void twc__dgram_port_ref(struct twc__dgram_port *p)
{
	p->refs++;
}

void twc__dgram_port_unref(struct twc__dgram_port *p)
{
	if (--p->refs)
		return;
	twc_timer_stop(p->r, &p->timer);
	twc_watch_stop(p->r, &p->w);
	close(p->w.fd);
	twc_free(p->buckets);
	twc_free(p);
}

void twc__dgram_port_update(struct twc__dgram_port *p)
{
	unsigned events = 0;

	if (!p->pauses || p->count) /* sessions go on while no new one may begin */
		events |= TWC_READ;
	if (p->wants_write)
		events |= TWC_WRITE;
	twc_watch_set(p->r, &p->w, events);
}

/* ---- what arrives ---- */

static struct twc__dgram_session *session_of(struct twc__dgram_port *p, const struct twc_addr *peer)
{
	struct twc__dgram_session *s = twc__session_find(p, peer);

	return s ? s : twc__session_new(p, peer);
}

/* A callback may end any session: of those in the batch, one that is dead is looked for anew. */
static void receive_batch(struct twc__dgram_port *p)
{
	struct twc__dgram_in *in = twc__dgram_in(twc__tlayer(p->r));
	struct twc__dgram_session *s = NULL;
	struct twc_addr peer = { 0 };
	struct twc__dgram d;

	if (twc__dgrams_receive(in, p->w.fd, &p->slots, true) <= 0)
		return;
	while (twc__dgrams_next(in, &d)) {
		if (d.is_first && (d.from_len != peer.len || memcmp(d.from, &peer.u, peer.len) != 0)) {
			twc_addr_set(&peer, p->kind, d.from, d.from_len);
			s = NULL;
		}
		if (!s || s->t.flags & TWC__F_DEAD)
			s = session_of(p, &peer);
		if (!s)
			continue;
		if (d.is_first && d.ifindex) {
			s->local = d.local;
			s->ifindex = d.ifindex;
		}
		twc__session_feed(s, d.p, d.n);
	}
}

/* From a UNIX socket, whose datagrams may be longer than a slot. False when it is empty. */
static bool receive_one(struct twc__dgram_port *p)
{
	char *buf = twc__reactor_read_buf(p->r);
	struct sockaddr_storage ss;
	struct iovec iov = { .iov_base = buf, .iov_len = TWC__READ_BUF };
	struct msghdr msg = { .msg_name = &ss, .msg_namelen = sizeof(ss), .msg_iov = &iov, .msg_iovlen = 1 };
	struct twc_addr peer = { 0 };
	struct twc_err err = { 0 };
	struct twc__dgram_session *s;
	ssize_t n = recvmsg(p->w.fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR;
	twc_addr_set(&peer, p->kind, (struct sockaddr *)&ss, msg.msg_namelen);
	if (!msg.msg_namelen)
		peer.u.sa.sa_family = AF_UNIX;
	s = session_of(p, &peer);
	if (!s)
		return true;
	if (msg.msg_flags & MSG_TRUNC) {
		twc_err_set(&err, TWC_ETOOLONG, "a datagram of more than %d bytes came", TWC__READ_BUF);
		twc_transport_fail(&s->t, &err);
		return true;
	}
	twc__session_feed(s, buf, (size_t)n);
	return true;
}

static void on_socket(struct twc_watch *w, unsigned ready)
{
	struct twc__dgram_port *p = TWC_CONTAINER_OF(w, struct twc__dgram_port, w);

	p->refs++;
	if (ready & TWC_WRITE)
		twc__sessions_flush(p);
	if ((ready & TWC_READ) && p->kind == TWC_ADDR_UDP)
		receive_batch(p);
	for (int i = 0; (ready & TWC_READ) && p->kind != TWC_ADDR_UDP && i < BATCH && receive_one(p); i++)
		;
	twc__dgram_port_unref(p);
}

/* ---- making ---- */

static void ask_for_local(struct twc__dgram_port *p)
{
	struct twc_addr a;
	int on = 1;

	twc__dgram_port_addr(p, &a);
	p->family = a.u.sa.sa_family;
	p->kind = a.kind;
	p->bound_any = twc_addr_is_any(&a);
	if (!p->bound_any)
		return;
	if (p->family == AF_INET6)
		(void)setsockopt(p->w.fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	else
		(void)setsockopt(p->w.fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
}

struct twc__dgram_port *twc__dgram_listen(struct twc_reactor *r, int fd, struct twc_factory *factory,
					  struct twc_gate *gate, uint64_t idle_ns, struct twc_err *err)
{
	struct twc__dgram_port *p = twc_calloc(1, sizeof(*p));

	p->r = r;
	p->factory = factory;
	p->gate = gate;
	p->idle_ns = idle_ns ? idle_ns : IDLE_DEFAULT_NS;
	p->refs = 1;
	twc__hash_key_init(&p->key);
	if (twc_watch_start(r, &p->w, fd, TWC_READ, on_socket, err) < 0) {
		close(fd);
		twc_free(p);
		return NULL;
	}
	p->n_buckets = TWC__SESSION_BUCKETS_MIN;
	p->buckets = twc_calloc(p->n_buckets, sizeof(struct twc__dgram_session *));
	ask_for_local(p);
	twc_factory_start(factory);
	return p;
}

void twc__dgram_port_addr(const struct twc__dgram_port *p, struct twc_addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	memset(a, 0, sizeof(*a));
	if (getsockname(p->w.fd, (struct sockaddr *)&ss, &len) == 0)
		twc_addr_set(a, ss.ss_family == AF_UNIX ? TWC_ADDR_UNIX_DGRAM : TWC_ADDR_UDP, (struct sockaddr *)&ss, len);
}

void twc__dgram_port_pause(struct twc__dgram_port *p)
{
	p->pauses++;
	twc__dgram_port_update(p);
}

void twc__dgram_port_resume(struct twc__dgram_port *p)
{
	TWC_ASSERT(p->pauses > 0);
	p->pauses--;
	twc__dgram_port_update(p);
}

void twc__dgram_port_free(struct twc__dgram_port *p)
{
	if (!p)
		return;
	twc_factory_stop(p->factory);
	p->factory = NULL;
	p->pauses++;
	twc__dgram_port_update(p);
	twc__dgram_port_unref(p);
}
