/* SPDX-License-Identifier: MIT */
/* Datagrams that come and leave many at a time: merged, cut, refused in the middle. Real sockets on the fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <twc/net.h>
#include <twc/transport.h>
#include <unistd.h>

#include "net/net_int.h"
#include "support/loop.h"
#include "support/probe.h"
#include "transport/transport_int.h"

#define HEARD_MAX 256

/* A datagram's first octet says what to do: 'e' echo, 'x' end this session, 'o' end all others, 'p' pause, 'f' free
 * the port, 'l' answer twice and then too long; everything else is only noted. */
struct session {
	struct twc_protocol base;
	struct server *server;
	int number;
	struct session *next;
};
struct server {
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc__dgram_port *port;
	struct twc_addr addr;
	struct session *all;
	int sessions, lost, n;
	struct {
		int session;
		size_t len;
		char first, last;
	} heard[HEARD_MAX];
	struct twc_err reason;
};

/* ---- in the C library's stead ---- */

static struct {
	int calls;	 /* of sendmsg and sendmmsg */
	int messages;	 /* that the kernel took */
	int segmented;	 /* of those, with UDP_SEGMENT */
	int refuse_cut;	 /* errno for those; 0: none */
	int take;	 /* messages of a sendmmsg that are taken; 0: all */
	int refuse_next; /* so many calls answer EAGAIN */
	uint16_t forbid; /* what goes to this port: EPERM */
} wire;

static bool is_segmented(const struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c))
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
			return true;
	return false;
}

static int refused(const struct msghdr *m)
{
	const struct sockaddr_in *in = m->msg_name;

	if (wire.refuse_cut && is_segmented(m))
		return wire.refuse_cut;
	return wire.forbid && in && ntohs(in->sin_port) == wire.forbid ? EPERM : 0;
}

static ssize_t send_one(int fd, const struct msghdr *m, int flags)
{
	ssize_t n;

	errno = refused(m);
	n = errno ? -1 : (ssize_t)syscall(SYS_sendmsg, fd, m, flags);
	if (n >= 0) {
		wire.messages++;
		wire.segmented += is_segmented(m);
	}
	return n;
}

static bool is_full(void)
{
	wire.calls++;
	if (wire.refuse_next <= 0)
		return false;
	wire.refuse_next--;
	errno = EAGAIN;
	return true;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	return is_full() ? -1 : send_one(fd, m, flags);
}

int sendmmsg(int fd, struct mmsghdr *v, unsigned n, int flags)
{
	unsigned i, max = wire.take && (unsigned)wire.take < n ? (unsigned)wire.take : n;

	if (is_full())
		return -1;
	for (i = 0; i < max && send_one(fd, &v[i].msg_hdr, flags) >= 0; i++)
		;
	return i ? (int)i : -1;
}

/* ---- the server ---- */

static void end_others(struct session *s)
{
	for (struct session *o = s->server->all; o; o = o->next)
		if (o != s)
			twc_transport_lose(o->base.transport);
}

static void session_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct session *s = (struct session *)p;
	struct server *v = s->server;
	static char much[65508];

	assert_in_range(v->n, 0, HEARD_MAX - 1);
	v->heard[v->n].session = s->number;
	v->heard[v->n].len = n;
	v->heard[v->n].first = n ? (char)data[0] : 0;
	v->heard[v->n++].last = n ? (char)data[n - 1] : 0;
	switch (n ? data[0] : 0) {
	case 'e': twc_transport_write(p->transport, data, n); break;
	case 'x': twc_transport_lose(p->transport); break;
	case 'o': end_others(s); break;
	case 'p': twc_transport_pause(p->transport); break;
	case 'f':
		twc__dgram_port_free(v->port);
		v->port = NULL;
		end_others(s);
		twc_transport_lose(p->transport);
		break;
	case 'l':
		twc_transport_write(p->transport, "one", 3);
		twc_transport_write(p->transport, "two", 3);
		twc_transport_write(p->transport, much, sizeof(much));
		break;
	default: break;
	}
}

static void session_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct session *s = (struct session *)p, **at = &s->server->all;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->server->lost++;
	s->server->reason = *reason;
	free(s);
}

static const struct twc_protocol_ops session_ops = { .name = "session", .data = session_data, .lost = session_lost };

static struct twc_protocol *server_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct server *v = (struct server *)f;
	struct session *s = calloc(1, sizeof(*s));

	(void)peer;
	s->base.ops = &session_ops;
	s->server = v;
	s->number = v->sessions++;
	s->next = v->all;
	v->all = s;
	return &s->base;
}

static const struct twc_factory_ops server_ops = { .name = "server", .build = server_build };

static void server_listen(struct server *v, const struct sockaddr *a, socklen_t len)
{
	struct twc_sockopts o;
	int fd = socket(a->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memset(&wire, 0, sizeof(wire));
	*v = (struct server){ .factory.ops = &server_ops };
	v->r = loop_fake();
	twc_sockopts_init(&o);
	assert_int_equal(twc__sockopts_apply(fd, TWC_ADDR_UDP, &o, NULL, NULL), 0);
	twc__udp_merge(fd);
	assert_int_equal(bind(fd, a, len), 0);
	v->port = twc__dgram_listen(v->r, fd, &v->factory, NULL, 0, NULL);
	assert_non_null(v->port);
	twc__dgram_port_addr(v->port, &v->addr);
}

static void server_init(struct server *v, uint32_t ip)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip) };

	server_listen(v, (struct sockaddr *)&a, sizeof(a));
}

static void server_fini(struct server *v)
{
	twc__dgram_port_free(v->port);
	memset(&wire, 0, sizeof(wire));
	twc_reactor_advance(v->r, 3600 * LOOP_S);
	assert_int_equal(v->lost, v->sessions);
	twc_reactor_free(v->r);
}

static void turns(struct server *v)
{
	for (int i = 0; i < 6; i++)
		twc_reactor_advance(v->r, 0);
}

static int client(const struct server *v)
{
	int fd = socket(v->addr.u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_int_equal(connect(fd, &v->addr.u.sa, v->addr.len), 0);
	return fd;
}

static void put(int fd, char first, size_t n, char last)
{
	char buf[65507] = { 0 };

	if (n) {
		buf[0] = first;
		if (n > 1)
			buf[n - 1] = last;
	}
	assert_int_equal(send(fd, buf, n, 0), (ssize_t)n);
}

/* One message that the kernel cuts into datagrams of `size`; each is marked at both ends. False: it cannot. */
static bool put_cut(int fd, char first, size_t size, size_t total)
{
	char *buf = calloc(1, total);
	int value = (int)size;
	bool ok = setsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, sizeof(value)) == 0;

	for (size_t i = 0; i * size < total; i++) {
		buf[i * size] = first;
		if (size == 1)
			continue;
		buf[(i + 1) * size < total ? (i + 1) * size - 1 : total - 1] = (char)('A' + i);
	}
	if (ok)
		assert_int_equal(send(fd, buf, total, 0), (ssize_t)total);
	value = 0;
	(void)setsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, sizeof(value));
	free(buf);
	return ok;
}

static void got(int fd, size_t n, char last)
{
	char buf[65507] = { 0 };

	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), (ssize_t)n);
	if (n)
		assert_int_equal(buf[n - 1], last);
}

static void got_nothing(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* ---- in ---- */

static void merged_ones_come_apart(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	if (!put_cut(a, '-', 1000, 4300))
		skip();
	assert_true(put_cut(a, '-', 1, 64));
	assert_true(put_cut(a, '-', 1000, 2000));
	turns(&v);
	assert_int_equal(v.n, 5 + 64 + 2);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(v.heard[i].len, i < 4 ? 1000 : 300);
		assert_int_equal(v.heard[i].first, '-');
		assert_int_equal(v.heard[i].last, 'A' + i);
	}
	for (int i = 0; i < 64; i++)
		assert_int_equal(v.heard[5 + i].len, 1);
	assert_int_equal(v.heard[69].len, 1000);
	assert_int_equal(v.heard[70].last, 'B');
	assert_int_equal(v.sessions, 1);
	close(a);
	server_fini(&v);
}

static void a_mix_of_sizes(void **state)
{
	static const size_t len[] = { 1, 0, 65507, 65507, 0, 0, 700, 700, 9000, 3, 65507, 1 };
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	for (size_t round = 0; round < 8; round++) { /* long and short ones in turn: the batch is made to fit */
		for (size_t i = 0; i < 12; i++)
			put(a, '-', len[i], (char)('a' + i));
		turns(&v);
		assert_int_equal(v.n, 12);
		for (int i = 0; i < 12; i++) {
			assert_int_equal(v.heard[i].len, len[i]);
			assert_int_equal(v.heard[i].last, len[i] == 0 ? 0 : len[i] == 1 ? '-' : 'a' + i);
		}
		v.n = 0;
	}
	close(a);
	server_fini(&v);
}

static void a_session_ends_in_the_middle(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	put(a, '-', 10, '1');
	put(a, 'x', 10, '2');
	put(a, '-', 10, '3');
	put(a, 'x', 1, 0);
	put(a, 'e', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 5);
	assert_int_equal(v.heard[1].session, 0);
	assert_int_equal(v.heard[2].session, 1);
	assert_int_equal(v.heard[4].session, 2);
	assert_int_equal(v.lost, 2);
	got(a, 10, '4');
	if (put_cut(a, 'x', 100, 300)) { /* the same inside one message */
		turns(&v);
		assert_int_equal(v.n, 8);
		assert_int_equal(v.sessions, 5);
	}
	close(a);
	server_fini(&v);
}

static void another_ends_in_the_middle(void **state)
{
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	put(a, 'e', 10, '1');
	put(b, 'o', 10, '2'); /* ends a, whose answer has not left yet: it leaves */
	put(a, 'e', 10, '3');
	put(b, 'e', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 3);
	assert_int_equal(v.lost, 1);
	got(a, 10, '1');
	got_nothing(a); /* what came for one that was ending is lost with it */
	got(b, 10, '4');
	put(a, 'e', 10, '5');
	turns(&v);
	got(a, 10, '5');
	assert_int_equal(v.sessions, 3);
	close(a);
	close(b);
	server_fini(&v);
}

static void the_port_goes_in_the_middle(void **state)
{
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	put(a, '-', 10, '1');
	put(b, 'f', 10, '2');
	put(a, '-', 10, '3');
	put(b, '-', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 2);
	assert_int_equal(v.lost, 2);
	close(a);
	close(b);
	server_fini(&v);
}

static void a_pause_in_the_middle(void **state)
{
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	put(a, 'e', 10, '1');
	put(a, 'p', 10, '2');
	put(b, 'e', 10, '3');
	put(a, 'e', 0, 0);
	put(a, 'e', 10, '4');
	turns(&v);
	assert_int_equal(v.n, 3);
	got(a, 10, '1');
	got(b, 10, '3');
	for (struct session *s = v.all; s; s = s->next)
		if (s->number == 0)
			twc_transport_resume(s->base.transport);
	turns(&v);
	assert_int_equal(v.n, 5);
	assert_int_equal(v.heard[3].len, 0);
	got(a, 10, '4');
	close(a);
	close(b);
	server_fini(&v);
}

/* ---- out ---- */

static void equal_ones_leave_as_one(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	for (int i = 0; i < 9; i++)
		put(a, 'e', 500, (char)('0' + i));
	put(a, 'e', 200, 's'); /* the last may be shorter, and is the last then */
	put(a, 'e', 200, 't');
	put(a, 'e', 600, 'u');
	put(a, 'e', 600, 'v');
	turns(&v);
	for (int i = 0; i < 9; i++)
		got(a, 500, (char)('0' + i));
	got(a, 200, 's');
	got(a, 200, 't');
	got(a, 600, 'u');
	got(a, 600, 'v');
	got_nothing(a);
	assert_int_equal(wire.calls, 1);
	assert_in_range(wire.messages, 3, 13);
	if (wire.segmented)
		assert_int_equal(wire.messages, 3);
	close(a);
	server_fini(&v);
}

/* More than one message may hold: 64 datagrams, or 65,487 octets. */
static void more_than_a_message(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	for (int i = 0; i < 150; i++)
		put(a, 'e', 2, (char)i);
	for (int i = 0; i < 40; i++)
		put(a, 'e', 16000, (char)i);
	for (int i = 0; i < 3; i++)
		put(a, 'e', 65507, (char)i);
	turns(&v);
	turns(&v);
	for (int i = 0; i < 150; i++)
		got(a, 2, (char)i);
	for (int i = 0; i < 40; i++)
		got(a, 16000, (char)i);
	for (int i = 0; i < 3; i++)
		got(a, 65507, (char)i);
	got_nothing(a);
	assert_int_equal(v.lost, 0);
	close(a);
	server_fini(&v);
}

/* The kernel, the card or the path refuses: the same datagrams leave one by one, in their order. */
static void no_cutting(void **state)
{
	static const int why[] = { EINVAL, EMSGSIZE, EIO, EOPNOTSUPP };
	struct server v;
	int a, b;

	for (size_t k = 0; k < 4; k++) {
		server_init(&v, INADDR_LOOPBACK);
		wire.refuse_cut = why[k];
		a = client(&v);
		b = client(&v);
		for (int round = 0; round < 2; round++) {
			wire.calls = 0;
			put(b, 'e', 300, 'b');
			for (int i = 0; i < 5; i++)
				put(a, 'e', 300, (char)('0' + i));
			put(a, 'e', 100, 's');
			put(a, 'e', 200, 't');
			put(b, 'e', 300, 'c');
			turns(&v);
			for (int i = 0; i < 5; i++)
				got(a, 300, (char)('0' + i));
			got(a, 100, 's');
			got(a, 200, 't');
			got_nothing(a);
			got(b, 300, 'b');
			got(b, 300, 'c');
			if (round == 1) /* it has been learnt */
				assert_int_equal(wire.calls, 1);
		}
		assert_int_equal(wire.segmented, 0);
		assert_int_equal(v.lost, 0);
		close(a);
		close(b);
		server_fini(&v);
	}
}

/* The kernel takes a part, then nothing, then all: nothing is lost, each peer's are in order. */
static void full_in_the_middle(void **state)
{
	struct server v;
	int fd[4];

	for (int take = 1; take < 8; take++) {
		server_init(&v, INADDR_LOOPBACK);
		for (int i = 0; i < 4; i++)
			fd[i] = client(&v);
		for (int i = 0; i < 20; i++)
			put(fd[i % 4], 'e', (size_t)(10 + i / 8), (char)i);
		wire.take = take;
		wire.refuse_next = take % 3;
		turns(&v);
		wire.refuse_next = 2;
		for (int i = 0; i < 20; i++)
			put(fd[i / 5], 'e', 30, (char)(20 + i));
		for (int i = 0; i < 8; i++)
			turns(&v);
		for (int i = 0; i < 20; i++)
			got(fd[i % 4], (size_t)(10 + i / 8), (char)i);
		for (int i = 0; i < 20; i++)
			got(fd[i / 5], 30, (char)(20 + i));
		for (int i = 0; i < 4; i++) {
			got_nothing(fd[i]);
			close(fd[i]);
		}
		assert_int_equal(v.lost, 0);
		server_fini(&v);
	}
}

/* A refusal is its own peer's: the others hear nothing of it. */
static void forbidden_to_one(void **state)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	struct server v;
	int a, b;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	b = client(&v);
	assert_int_equal(getsockname(a, (struct sockaddr *)&own, &len), 0);
	wire.forbid = ntohs(own.sin_port);
	put(b, 'e', 10, '1');
	put(a, 'e', 10, '2');
	put(a, 'e', 20, '3');
	put(b, 'e', 10, '4');
	put(a, 'e', 10, '5');
	put(b, 'e', 10, '6');
	turns(&v);
	got(b, 10, '1');
	got(b, 10, '4');
	got(b, 10, '6');
	got_nothing(a);
	assert_int_equal(v.lost, 1);
	assert_int_equal(v.reason.sys, EPERM);
	close(a);
	close(b);
	server_fini(&v);
}

static void what_was_written_before_too_long(void **state)
{
	struct server v;
	int a;

	server_init(&v, INADDR_LOOPBACK);
	a = client(&v);
	put(a, 'l', 10, '1');
	turns(&v);
	got(a, 3, 'e');
	got(a, 3, 'o');
	got_nothing(a);
	assert_int_equal(v.lost, 1);
	assert_int_equal(v.reason.code, TWC_ETOOLONG);
	close(a);
	server_fini(&v);
}

static void more_peers_than_a_batch(void **state)
{
	enum { PEERS = 100 };
	struct server v;
	int fd[PEERS];

	server_init(&v, INADDR_LOOPBACK);
	for (int i = 0; i < PEERS; i++)
		fd[i] = client(&v);
	for (int i = 0; i < 2 * PEERS; i++)
		put(fd[i % PEERS], 'e', 10, (char)i);
	turns(&v);
	for (int i = 0; i < 2 * PEERS; i++)
		got(fd[i % PEERS], 10, (char)i);
	assert_int_equal(v.sessions, PEERS);
	assert_in_range(wire.calls, 1, 2 * PEERS / 64 + 2);
	for (int i = 0; i < PEERS; i++)
		close(fd[i]);
	server_fini(&v);
}

/* ---- addresses ---- */

/* One peer asks at two of our addresses: each answer leaves from the one that was asked. */
static void each_from_the_address_asked(void **state)
{
	struct server v;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	server_init(&v, INADDR_ANY);
	for (uint32_t i = 0; i < 20; i++) {
		struct sockaddr_in to = v.addr.u.in;
		char what[2] = { 'e', (char)i };

		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i / 3 % 2);
		assert_int_equal(sendto(fd, what, 2, 0, (struct sockaddr *)&to, sizeof(to)), 2);
	}
	turns(&v);
	for (uint32_t i = 0; i < 20; i++) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		char what[3];

		assert_int_equal(recvfrom(fd, what, 3, MSG_DONTWAIT, (struct sockaddr *)&from, &len), 2);
		assert_int_equal(what[1], i);
		assert_int_equal(ntohl(from.sin_addr.s_addr), INADDR_LOOPBACK + 1 + i / 3 % 2);
	}
	assert_int_equal(v.sessions, 1);
	close(fd);
	server_fini(&v);
}

static void over_ipv6(void **state)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 one = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct server v;
	int a = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has_ipv6 = a >= 0 && bind(a, (struct sockaddr *)&one, sizeof(one)) == 0;

	if (a >= 0)
		close(a);
	if (!has_ipv6)
		skip();
	server_listen(&v, (struct sockaddr *)&any, sizeof(any));
	v.addr.u.in6.sin6_addr = in6addr_loopback;
	a = client(&v);
	for (int i = 0; i < 10; i++)
		put(a, 'e', 1000, (char)i);
	put(a, 'e', 65507, 'z');
	(void)put_cut(a, 'e', 100, 250);
	turns(&v);
	for (int i = 0; i < 10; i++)
		got(a, 1000, (char)i);
	got(a, 65507, 'z');
	if (v.n > 11) {
		got(a, 100, 'A');
		got(a, 100, 'B');
		got(a, 50, 'C');
	}
	got_nothing(a);
	close(a);
	server_fini(&v);
}

/* ---- a socket of its own ---- */

struct pair {
	struct twc_reactor *r;
	struct probe p;
	int peer;
};

static void pair_init(struct pair *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, b = a;
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(&wire, 0, sizeof(wire));
	c->r = loop_fake();
	c->peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(c->peer, (struct sockaddr *)&a, len) | bind(fd, (struct sockaddr *)&b, len), 0);
	assert_int_equal(getsockname(c->peer, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&b, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, len) | connect(c->peer, (struct sockaddr *)&b, len), 0);
	twc__udp_merge(fd);
	probe_init(&c->p);
	assert_non_null(twc_transport_from_socket(c->r, fd, probe_protocol(&c->p), NULL));
	assert_true(twc_transport_is_datagram(c->p.base.transport));
}

static void pair_fini(struct pair *c)
{
	if (!c->p.is_lost)
		twc_transport_lose(c->p.base.transport);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(c->r, 0);
	assert_true(c->p.is_lost);
	probe_fini(&c->p);
	twc_reactor_free(c->r);
	if (c->peer >= 0)
		close(c->peer);
}

static void pause_at_five(struct probe *p, const uint8_t *data, size_t n)
{
	(void)data;
	(void)n;
	if (p->datas == 5)
		twc_transport_pause(p->base.transport);
}

static void a_client_pauses_in_the_middle(void **state)
{
	struct pair c;

	pair_init(&c);
	c.p.on_data = pause_at_five;
	for (int i = 0; i < 20; i++)
		put(c.peer, (char)('a' + i), 1, 0);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(c.r, 0);
	assert_int_equal(c.p.datas, 5);
	for (int i = 20; i < 26; i++)
		put(c.peer, (char)('a' + i), 1, 0);
	twc_transport_resume(c.p.base.transport);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(c.r, 0);
	assert_string_equal(c.p.got, "abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(c.p.datas, 26);
	pair_fini(&c);
}

static void a_client_hears_merged_ones(void **state)
{
	struct pair c;

	pair_init(&c);
	if (put_cut(c.peer, '-', 1000, 60500)) {
		put(c.peer, 'z', 1, 0);
		for (int i = 0; i < 3; i++)
			twc_reactor_advance(c.r, 0);
		assert_int_equal(c.p.datas, 62);
		assert_int_equal(c.p.n, 60501);
		assert_int_equal(c.p.got[60500], 'z');
	}
	pair_fini(&c);
}

/* Its rate lets it take a few; what was received with them waits. */
static void a_client_with_a_rate(void **state)
{
	struct pair c;

	pair_init(&c);
	twc_transport_limit_rate(c.p.base.transport, 1000, 1000);
	for (int i = 0; i < 10; i++)
		put(c.peer, '-', 500, (char)('0' + i));
	twc_reactor_advance(c.r, 0);
	assert_in_range(c.p.datas, 1, 4);
	twc_reactor_advance(c.r, 1 * LOOP_S);
	assert_in_range(c.p.datas, 2, 7);
	for (int i = 0; i < 100; i++)
		twc_reactor_advance(c.r, LOOP_S / 4);
	assert_int_equal(c.p.datas, 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(c.p.got[500 * i + 499], '0' + i);
	pair_fini(&c);
}

static void abort_at_three(struct probe *p, const uint8_t *data, size_t n)
{
	(void)data;
	(void)n;
	if (p->datas == 3)
		twc_transport_abort(p->base.transport);
}

static void a_client_ends_in_the_middle(void **state)
{
	struct pair c;

	pair_init(&c);
	c.p.on_data = abort_at_three;
	for (int i = 0; i < 10; i++)
		put(c.peer, '-', 5, '1');
	twc_reactor_advance(c.r, 0);
	assert_int_equal(c.p.datas, 3);
	assert_true(c.p.is_lost);
	pair_fini(&c);
}

static void a_client_writes_and_ends(void **state)
{
	struct pair c;

	pair_init(&c);
	for (int i = 0; i < 30; i++)
		twc_transport_write(c.p.base.transport, "eight...", 8);
	assert_int_equal(twc_transport_queued(c.p.base.transport), 240);
	twc_transport_lose(c.p.base.transport);
	assert_false(c.p.is_lost);
	twc_reactor_advance(c.r, 0);
	assert_true(c.p.is_lost);
	assert_int_equal(c.p.reason.code, 0);
	for (int i = 0; i < 30; i++)
		got(c.peer, 8, '.');
	got_nothing(c.peer);
	assert_int_equal(wire.calls, 1);
	pair_fini(&c);
}

static void a_client_is_refused(void **state)
{
	struct pair c;

	pair_init(&c);
	close(c.peer);
	c.peer = -1;
	for (int i = 0; i < 5; i++)
		twc_transport_write(c.p.base.transport, "eight...", (size_t)(4 + i)); /* several messages */
	for (int i = 0; i < 3; i++)
		twc_reactor_advance(c.r, 0);
	assert_true(c.p.is_lost);
	assert_int_equal(c.p.reason.code, TWC_EREFUSED);
	pair_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged_ones_come_apart),
		cmocka_unit_test(a_mix_of_sizes),
		cmocka_unit_test(a_session_ends_in_the_middle),
		cmocka_unit_test(another_ends_in_the_middle),
		cmocka_unit_test(the_port_goes_in_the_middle),
		cmocka_unit_test(a_pause_in_the_middle),
		cmocka_unit_test(equal_ones_leave_as_one),
		cmocka_unit_test(more_than_a_message),
		cmocka_unit_test(no_cutting),
		cmocka_unit_test(full_in_the_middle),
		cmocka_unit_test(forbidden_to_one),
		cmocka_unit_test(what_was_written_before_too_long),
		cmocka_unit_test(more_peers_than_a_batch),
		cmocka_unit_test(each_from_the_address_asked),
		cmocka_unit_test(over_ipv6),
		cmocka_unit_test(a_client_pauses_in_the_middle),
		cmocka_unit_test(a_client_hears_merged_ones),
		cmocka_unit_test(a_client_with_a_rate),
		cmocka_unit_test(a_client_ends_in_the_middle),
		cmocka_unit_test(a_client_writes_and_ends),
		cmocka_unit_test(a_client_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
