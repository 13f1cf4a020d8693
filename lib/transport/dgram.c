/* SPDX-License-Identifier: MIT */
/*
 * One datagram socket, UDP or UNIX, that serves many peers. Each peer is a session, a transport of its own; all share
 * the descriptor. Sessions are found by a keyed hash of the peer's address and kept in order of their last traffic, so
 * that the idle ones are at the front.
 *
 * UNIX peers that have bound no name cannot be told apart nor answered: they are one session, and what is written to it
 * goes nowhere. A UNIX socket is full when the peer's queue is: each session waits for its own peer.
 *
 * Invariants: a live session is in one bucket and in the list; count is their number; the timer runs while there is
 * a session; `fd` is open while the port or a session lives.
 */
#include "net/net_int.h"
#include "transport/transport_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define SESSIONS_MAX 65536
#define BUCKETS_MIN 64
#define BATCH 64			 /* datagrams a wake-up */
#define INBOX_MAX (256 * 1024)		 /* what waits for a paused session; more is dropped, as a full socket would */
#define INBOXES_MAX (16 * 1024 * 1024)	 /* for all of them: peers, and so sessions, are easily made up */
#define IDLE_DEFAULT_NS (30 * UINT64_C(1000000000))
#define TICK_MIN_NS UINT64_C(10000000)
#define RETRY_NS UINT64_C(5000000) /* a UNIX peer whose queue is full; no event tells when it has room */

struct session {
	struct twc_transport t;
	struct twc__dgram_port *port; /* held: counts in port->refs until closed */
	struct session *hash_next;
	struct session *prev, *next; /* by last traffic */
	uint64_t last;		     /* ns */
	struct twc__outq inbox;	     /* while paused; its len is the memory taken, <= INBOX_MAX */
	uint8_t events;
	struct twc__kick kick;
	struct twc_timer retry; /* UNIX: while the peer's queue is full */
	struct twc_addr peer;
	struct in6_addr local; /* where the peer's datagram came to, when bound to any address (IPv4 as mapped) */
	unsigned ifindex;      /* 0: unknown */
};

struct twc__dgram_port {
	struct twc_reactor *r;
	struct twc_watch w;
	struct twc_factory *factory; /* borrowed; NULL once freed by the owner */
	struct twc_gate *gate;	     /* borrowed, may be NULL */
	uint64_t idle_ns;
	struct twc_timer timer;
	struct session **buckets; /* n_buckets is a power of two */
	size_t n_buckets, count;
	struct session *head, *tail;
	struct twc__hash_key key;
	size_t inboxes;	  /* <= INBOXES_MAX: what the sessions' inboxes take */
	uint64_t dropped; /* datagrams of peers for whom there was no session */
	unsigned pauses, refs;
	bool bound_any, wants_write;
	enum twc_addr_kind kind;
	int family;
};

static struct session *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct session, t);
}

/* ---- the port's memory ---- */

static void port_unref(struct twc__dgram_port *p)
{
	if (--p->refs)
		return;
	twc_timer_stop(p->r, &p->timer);
	twc_watch_stop(p->r, &p->w);
	close(p->w.fd);
	twc_free(p->buckets);
	twc_free(p);
}

static void port_update(struct twc__dgram_port *p)
{
	unsigned events = 0;

	if (!p->pauses || p->count) /* sessions go on while no new one may begin */
		events |= TWC_READ;
	if (p->wants_write)
		events |= TWC_WRITE;
	twc_watch_set(p->r, &p->w, events);
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

static struct session *session_find(const struct twc__dgram_port *p, const struct twc_addr *a)
{
	struct session *s = p->buckets[bucket_of(p, a)];

	while (s && !twc_addr_eq(&s->peer, a))
		s = s->hash_next;
	return s;
}

static void buckets_grow(struct twc__dgram_port *p)
{
	size_t n = p->n_buckets * 2;

	twc_free(p->buckets);
	p->buckets = twc_calloc(n, sizeof(struct session *));
	p->n_buckets = n;
	for (struct session *s = p->head; s; s = s->next) {
		size_t b = bucket_of(p, &s->peer);

		s->hash_next = p->buckets[b];
		p->buckets[b] = s;
	}
}

static void list_remove(struct session *s)
{
	struct twc__dgram_port *p = s->port;

	*(s->prev ? &s->prev->next : &p->head) = s->next;
	*(s->next ? &s->next->prev : &p->tail) = s->prev;
}

static void list_append(struct session *s)
{
	struct twc__dgram_port *p = s->port;

	s->next = NULL;
	s->prev = p->tail;
	*(p->tail ? &p->tail->next : &p->head) = s;
	p->tail = s;
}

static void session_touch(struct session *s)
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
	p->refs++;
	while (p->head && now - p->head->last >= p->idle_ns) {
		struct session *s = p->head;

		twc_transport_lose(&s->t);
		if (!(s->t.flags & TWC__F_DEAD)) /* something is still unsent: looked at again next time */
			session_touch(s);
	}
	if (p->head) {
		uint64_t left = p->head->last + p->idle_ns - now;

		twc_timer_start(p->r, &p->timer, left > TICK_MIN_NS ? left : TICK_MIN_NS, on_tick, p);
	}
	port_unref(p);
}

/* ---- what waits for a paused session ---- */

/* Memory counts, not bytes: an empty datagram takes some as well. */
static size_t chunk_size(size_t n)
{
	return sizeof(struct twc__chunk) + n;
}

static void inbox_add(struct session *s, const char *data, size_t n)
{
	size_t size = chunk_size(n);
	struct twc__chunk *c;

	if (s->inbox.len + size > INBOX_MAX || s->port->inboxes + size > INBOXES_MAX)
		return;
	c = twc_try_malloc(size);
	if (!c)
		return;
	*c = (struct twc__chunk){ .end = n, .cap = n };
	if (n)
		memcpy(c->data, data, n);
	*(s->inbox.tail ? &s->inbox.tail->next : &s->inbox.head) = c;
	s->inbox.tail = c;
	s->inbox.len += size;
	s->port->inboxes += size;
}

static void inbox_pop(struct session *s)
{
	struct twc__chunk *c = s->inbox.head;
	size_t size = chunk_size(c->end);

	s->inbox.head = c->next;
	if (!c->next)
		s->inbox.tail = NULL;
	s->inbox.len -= size;
	s->port->inboxes -= size;
	twc_free(c);
}

/* ---- a session as a transport ---- */

static ssize_t session_read(struct twc_transport *t, void *buf, size_t n)
{
	struct session *s = self_of(t);
	struct twc__chunk *c = s->inbox.head;
	ssize_t got;

	(void)n; /* the shared buffer holds the longest datagram */
	if (!c)
		return -EAGAIN;
	got = (ssize_t)c->end;
	if (got)
		memcpy(buf, c->data, c->end);
	inbox_pop(s);
	return got;
}

/* The control message that makes the answer leave from the address that was asked. */
static void set_source(const struct session *s, struct msghdr *msg, void *control)
{
	struct cmsghdr *c = control;

	msg->msg_control = control;
	if (s->peer.u.sa.sa_family == AF_INET) {
		struct in_pktinfo info = { .ipi_ifindex = 0 };

		memcpy(&info.ipi_spec_dst, s->local.s6_addr + 12, 4);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		msg->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_addr = s->local, .ipi6_ifindex = s->ifindex };

		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		msg->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

static bool is_unnamed(const struct twc_addr *a)
{
	return a->len <= offsetof(struct sockaddr_un, sun_path);
}

static ssize_t session_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct session *s = self_of(t);
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
	struct msghdr msg = { .msg_name = &s->peer.u.sa, .msg_namelen = s->peer.len,
			      .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)n };
	ssize_t sent = 0;

	if (s->peer.kind == TWC_ADDR_UNIX_DGRAM && is_unnamed(&s->peer)) {
		for (int i = 0; i < n; i++)
			sent += (ssize_t)iov[i].iov_len;
		return sent;
	}
	if (s->ifindex)
		set_source(s, &msg, control);
	sent = sendmsg(s->port->w.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0)
		session_touch(s);
	return sent < 0 ? -errno : sent;
}

static void session_run(struct twc_transport *t)
{
	struct session *s = self_of(t);

	if ((s->events & TWC_READ) && s->inbox.head)
		twc__transport_on_ready(t, TWC_READ);
}

static void on_retry(struct twc_timer *timer, void *arg)
{
	struct session *s = arg;

	(void)timer;
	twc__transport_on_ready(&s->t, TWC_WRITE);
}

static int session_set_events(struct twc_transport *t, unsigned events)
{
	struct session *s = self_of(t);

	s->events = (uint8_t)events;
	if ((events & TWC_WRITE) && s->port->kind == TWC_ADDR_UNIX_DGRAM) {
		if (!twc_timer_is_active(&s->retry))
			twc_timer_start(t->r, &s->retry, RETRY_NS, on_retry, s);
	} else if ((events & TWC_WRITE) && !s->port->wants_write) {
		s->port->wants_write = true;
		port_update(s->port);
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
	struct session *s = self_of(t);
	struct twc__dgram_port *p = s->port;
	struct session **at = &p->buckets[bucket_of(p, &s->peer)];

	(void)reset;
	twc_timer_stop(t->r, &s->retry);
	while (*at != s)
		at = &(*at)->hash_next;
	*at = s->hash_next;
	list_remove(s);
	p->count--;
	if (p->gate)
		twc_gate_leave(p->gate, &s->peer);
	while (s->inbox.head)
		inbox_pop(s);
	if (!p->count)
		port_update(p);
	port_unref(p);
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

static const struct twc__transport_ops session_ops = {
	.name = "datagram session",
	.is_datagram = true,
	.write_is_fatal = true,
	.read = session_read,
	.writev = session_writev,
	.set_events = session_set_events,
	.shutdown = session_shutdown,
	.close = session_close,
	.destroy = session_destroy,
	.peer = session_peer,
	.host = session_host,
};

/* ---- what arrives ---- */

static struct session *session_new(struct twc__dgram_port *p, const struct twc_addr *peer)
{
	struct twc_protocol *proto = NULL;
	struct session *s;

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
	twc__transport_init(&s->t, &session_ops, p->r);
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

static void session_feed(struct session *s, const char *data, size_t n)
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

static void note_local(struct session *s, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			/* of ours, even when it came to a broadcast address */
			memcpy(s->local.s6_addr + 12, &info.ipi_spec_dst, 4);
			s->ifindex = (unsigned)info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			s->local = IN6_IS_ADDR_MULTICAST(&info.ipi6_addr) ? in6addr_any : info.ipi6_addr;
			s->ifindex = info.ipi6_ifindex;
		}
	}
}

/* False when the socket is empty. */
static bool receive_one(struct twc__dgram_port *p)
{
	char *buf = twc__reactor_read_buf(p->r);
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_storage ss;
	struct iovec iov = { .iov_base = buf, .iov_len = TWC__READ_BUF };
	struct msghdr msg = { .msg_name = &ss, .msg_namelen = sizeof(ss), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = p->bound_any ? control : NULL,
			      .msg_controllen = p->bound_any ? sizeof(control) : 0 };
	struct twc_addr peer = { 0 };
	struct twc_err err = { 0 };
	struct session *s;
	ssize_t n = recvmsg(p->w.fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR || errno == ECONNREFUSED;
	twc_addr_set(&peer, p->kind, (struct sockaddr *)&ss, msg.msg_namelen);
	if (!msg.msg_namelen)
		peer.u.sa.sa_family = AF_UNIX;
	s = session_find(p, &peer);
	if (!s)
		s = session_new(p, &peer);
	if (!s)
		return true;
	if (p->bound_any)
		note_local(s, &msg);
	if (msg.msg_flags & MSG_TRUNC) { /* only a UNIX socket can have been sent so much */
		twc_err_set(&err, TWC_ETOOLONG, "a datagram of more than %d bytes came", TWC__READ_BUF);
		twc_transport_fail(&s->t, &err);
		return true;
	}
	session_feed(s, buf, (size_t)n);
	return true;
}

static struct session *first_waiting(const struct twc__dgram_port *p)
{
	struct session *s = p->head;

	while (s && !(s->events & TWC_WRITE))
		s = s->next;
	return s;
}

/* Looked for anew each time: a protocol that hears `drained` may end any session. */
static void flush_sessions(struct twc__dgram_port *p)
{
	struct session *s;

	p->wants_write = false;
	while (!p->wants_write && (s = first_waiting(p))) {
		twc__transport_on_ready(&s->t, TWC_WRITE);
		if (!(s->t.flags & TWC__F_DEAD) && (s->events & TWC_WRITE))
			p->wants_write = true; /* the kernel is full again */
	}
	port_update(p);
}

static void on_socket(struct twc_watch *w, unsigned ready)
{
	struct twc__dgram_port *p = TWC_CONTAINER_OF(w, struct twc__dgram_port, w);

	p->refs++;
	if (ready & TWC_WRITE)
		flush_sessions(p);
	for (int i = 0; (ready & TWC_READ) && i < BATCH && receive_one(p); i++)
		;
	port_unref(p);
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
	p->n_buckets = BUCKETS_MIN;
	p->buckets = twc_calloc(p->n_buckets, sizeof(struct session *));
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
	port_update(p);
}

void twc__dgram_port_resume(struct twc__dgram_port *p)
{
	TWC_ASSERT(p->pauses > 0);
	p->pauses--;
	port_update(p);
}

void twc__dgram_port_free(struct twc__dgram_port *p)
{
	if (!p)
		return;
	twc_factory_stop(p->factory);
	p->factory = NULL;
	p->pauses++;
	port_update(p);
	port_unref(p);
}
