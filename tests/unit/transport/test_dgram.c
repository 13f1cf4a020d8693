/* SPDX-License-Identifier: MIT */
/* Datagram sessions: one socket, many peers. Real sockets on the fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <twc/net.h>
#include <twc/transport.h>

#include "dgram_wire.h"
#include "support/loop.h"
#include "support/probe.h"
#include "transport/transport_int.h"

/* Echoes each datagram in capitals' stead: with the session's number in front. */
struct session {
	struct twc_protocol base;
	struct server *server;
	int number;
	struct twc_addr peer;
};
struct server {
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc__dgram_port *port;
	struct twc_gate *gate;
	struct twc_addr addr;
	struct session *last;
	int sessions, lost, refuse, started, datagrams;
	struct twc_err reason;
};

static void session_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct session *s = (struct session *)p;
	char head = (char)('0' + s->number);
	struct iovec iov[2] = { { &head, 1 }, { (void *)(uintptr_t)data, n } };

	s->server->datagrams++;
	if (n == 3 && !memcmp(data, "end", 3)) {
		twc_transport_lose(p->transport);
		return;
	}
	if (n == 5 && !memcmp(data, "pause", 5)) {
		twc_transport_pause(p->transport);
		return;
	}
	twc_transport_writev(p->transport, iov, 2);
}

static void session_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct session *s = (struct session *)p;

	s->server->lost++;
	s->server->reason = *reason;
	if (s->server->last == s)
		s->server->last = NULL;
	free(s);
}

static const struct twc_protocol_ops session_ops = { .name = "session", .data = session_data, .lost = session_lost };

static struct twc_protocol *server_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct server *v = (struct server *)f;
	struct session *s;

	if (v->refuse)
		return NULL;
	s = calloc(1, sizeof(*s));
	s->base.ops = &session_ops;
	s->server = v;
	s->number = v->sessions++;
	s->peer = *peer;
	v->last = s;
	return &s->base;
}

static void server_started(struct twc_factory *f)
{
	((struct server *)f)->started++;
}

static void server_stopped(struct twc_factory *f)
{
	((struct server *)f)->started--;
}

static const struct twc_factory_ops server_ops = { .name = "server",
						   .build = server_build,
						   .started = server_started,
						   .stopped = server_stopped };

static void server_listen(struct server *v, const struct sockaddr *a, socklen_t len, unsigned max_clients,
			  uint64_t idle_ns)
{
	int fd = socket(a->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*v = (struct server){ .factory.ops = &server_ops };
	v->r = loop_fake();
	v->gate = twc_gate_new(v->r, max_clients, 0);
	assert_int_equal(bind(fd, a, len), 0);
	v->port = twc__dgram_listen(v->r, fd, &v->factory, v->gate, idle_ns, NULL);
	assert_non_null(v->port);
	assert_int_equal(v->started, 1);
	twc__dgram_port_addr(v->port, &v->addr);
}

static void server_init(struct server *v, uint32_t ip, unsigned max_clients, uint64_t idle_ns)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip) };

	server_listen(v, (struct sockaddr *)&a, sizeof(a), max_clients, idle_ns);
	if (twc_addr_is_any(&v->addr)) /* 127.0.0.2: not what the kernel would pick */
		v->addr.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
}

static void server_fini(struct server *v)
{
	twc__dgram_port_free(v->port);
	twc_reactor_advance(v->r, 3600 * LOOP_S); /* the sessions end by themselves */
	assert_int_equal(v->lost, v->sessions);
	assert_int_equal(twc_gate_count(v->gate), 0);
	assert_int_equal(v->started, 0);
	twc_gate_free(v->gate);
	twc_reactor_free(v->r);
}

static int client(const struct server *v)
{
	int fd = socket(v->addr.u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, &v->addr.u.sa, v->addr.len), 0); /* takes answers from that address only */
	return fd;
}

/* The answer's length, or -1 for none. */
static ssize_t ask(struct server *v, int fd, const void *p, size_t n, char *answer, size_t cap)
{
	if (n != SIZE_MAX)
		assert_int_equal(send(fd, p, n, 0), (ssize_t)n);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(v->r, 0);
	memset(answer, 0, cap < 64 ? cap : 64);
	return recv(fd, answer, cap, MSG_DONTWAIT);
}

static void a_session_per_peer(void **state)
{
	struct server v;
	char buf[64];
	int a, b;

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	a = client(&v);
	b = client(&v);
	assert_int_equal(ask(&v, a, "x", 1, buf, sizeof(buf)), 2);
	assert_string_equal(buf, "0x");
	assert_int_equal(ask(&v, b, "y", 1, buf, sizeof(buf)), 2);
	assert_string_equal(buf, "1y");
	assert_int_equal(ask(&v, a, "", 0, buf, sizeof(buf)), 1); /* an empty datagram is one */
	assert_string_equal(buf, "0");
	assert_int_equal(v.sessions, 2);
	close(a);
	close(b);
	server_fini(&v);
}

static void idle_sessions_end(void **state)
{
	struct server v;
	char buf[64];
	int a, b;

	server_init(&v, INADDR_LOOPBACK, 0, 10 * LOOP_S);
	a = client(&v);
	b = client(&v);
	ask(&v, a, "x", 1, buf, sizeof(buf));
	ask(&v, b, "x", 1, buf, sizeof(buf));
	twc_reactor_advance(v.r, 6 * LOOP_S);
	ask(&v, a, "x", 1, buf, sizeof(buf));
	twc_reactor_advance(v.r, 5 * LOOP_S);
	assert_int_equal(v.lost, 1);
	assert_int_equal(v.reason.code, 0);
	twc_reactor_advance(v.r, 6 * LOOP_S);
	assert_int_equal(v.lost, 2);
	ask(&v, a, "again", 5, buf, sizeof(buf));
	assert_string_equal(buf, "2again"); /* a new session */
	close(a);
	close(b);
	server_fini(&v);
}

static void the_longest_datagram(void **state)
{
	struct server v;
	char *big = calloc(1, 70000), *buf = calloc(1, 70000);
	int a;

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	a = client(&v);
	assert_int_equal(ask(&v, a, big, 65506, buf, 70000), 65507);
	/* One more octet does not fit into an answer: the session ends, the server does not. */
	assert_int_equal(ask(&v, a, big, 65507, buf, 70000), -1);
	assert_int_equal(v.lost, 1);
	assert_int_equal(v.reason.code, TWC_ETOOLONG);
	assert_int_equal(ask(&v, a, "x", 1, buf, 70000), 2);
	free(big);
	free(buf);
	close(a);
	server_fini(&v);
}

static void limits_and_refusals(void **state)
{
	struct server v;
	char buf[64];
	int a, b;

	server_init(&v, INADDR_LOOPBACK, 1, 0);
	a = client(&v);
	b = client(&v);
	assert_int_equal(ask(&v, a, "x", 1, buf, sizeof(buf)), 2);
	assert_int_equal(ask(&v, b, "x", 1, buf, sizeof(buf)), -1); /* no place */
	assert_int_equal(ask(&v, a, "end", 3, buf, sizeof(buf)), -1);
	assert_int_equal(v.lost, 1);
	assert_int_equal(ask(&v, b, "x", 1, buf, sizeof(buf)), 2);
	v.refuse = 1;
	assert_int_equal(ask(&v, b, "end", 3, buf, sizeof(buf)), -1);
	assert_int_equal(ask(&v, a, "x", 1, buf, sizeof(buf)), -1);
	assert_int_equal(twc_gate_count(v.gate), 0);
	close(a);
	close(b);
	server_fini(&v);
}

static void a_paused_session_gets_it_later(void **state)
{
	struct server v;
	char buf[64];
	int a;

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	a = client(&v);
	ask(&v, a, "pause", 5, buf, sizeof(buf));
	assert_int_equal(ask(&v, a, "one", 3, buf, sizeof(buf)), -1);
	assert_int_equal(ask(&v, a, "two", 3, buf, sizeof(buf)), -1);
	twc_transport_resume(v.last->base.transport);
	assert_int_equal(ask(&v, a, NULL, SIZE_MAX, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "0one");
	assert_int_equal(ask(&v, a, NULL, SIZE_MAX, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "0two");
	close(a);
	server_fini(&v);
}

/* Peers cost what they send in memory, not in bytes: empty datagrams are bounded, too. */
static void a_paused_session_takes_so_many(void **state)
{
	enum { SENT = 32768, ROUND = 64 };
	struct server v;
	char buf[64];
	int a;

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	a = client(&v);
	ask(&v, a, "pause", 5, buf, sizeof(buf));
	for (int i = 0; i < SENT / ROUND; i++) {
		for (int k = 0; k < ROUND; k++)
			assert_int_equal(send(a, "", 0, 0), 0);
		twc_reactor_advance(v.r, 0);
	}
	twc_transport_resume(v.last->base.transport);
	for (int i = 0; i < SENT / ROUND; i++)
		twc_reactor_advance(v.r, 0);
	assert_in_range(v.datagrams, 1000, 16384);
	close(a);
	server_fini(&v);
}

/* One that the kernel does not take at once waits like any other, though it adds no byte to the queue. */
/* Memory is out for datagrams of 2,000 bytes and more. */
static void *no_large(void *p, size_t n)
{
	if (n >= 2000)
		return NULL;
	if (n == 0) {
		free(p);
		return NULL;
	}
	return realloc(p, n);
}

/* Dropped, as the network would; what comes later finds its place again. */
static void no_memory_for_a_datagram(void **state)
{
	struct server v;
	char buf[64], large[3000] = { 0 };
	int a;

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	a = client(&v);
	assert_int_equal(ask(&v, a, "pause", 5, buf, sizeof(buf)), -1);
	twc_mem_set_hook(no_large);
	assert_int_equal(ask(&v, a, large, sizeof(large), buf, sizeof(buf)), -1);
	assert_int_equal(ask(&v, a, "x", 1, buf, sizeof(buf)), -1);
	twc_mem_set_hook(NULL);
	twc_transport_resume(v.last->base.transport);
	twc_reactor_advance(v.r, 0);
	assert_int_equal(recv(a, buf, sizeof(buf), MSG_DONTWAIT), 2);
	assert_memory_equal(buf, "0x", 2);
	assert_int_equal(recv(a, buf, sizeof(buf), MSG_DONTWAIT), -1);
	assert_int_equal(v.lost, 0);
	close(a);
	server_fini(&v);
}

static void an_empty_datagram_waits(void **state)
{
	struct twc_reactor *r = loop_real();
	struct probe p;
	int fd[2], waiting = 0;
	char c;

	probe_init(&p);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd), 0);
	while (send(fd[0], "x", 1, MSG_DONTWAIT) == 1)
		waiting++;
	assert_non_null(twc_transport_from_socket(r, fd[0], &p.base, NULL));
	twc_transport_write(p.base.transport, "", 0);
	while (waiting--)
		assert_int_equal(recv(fd[1], &c, 1, MSG_DONTWAIT), 1);
	assert_int_equal(recv(fd[1], &c, 1, MSG_DONTWAIT), -1);
	twc_reactor_step(r);
	assert_int_equal(recv(fd[1], &c, 1, MSG_DONTWAIT), 0);
	twc_transport_lose(p.base.transport);
	twc_reactor_step(r);
	assert_true(p.is_lost);
	probe_fini(&p);
	twc_reactor_free(r);
	close(fd[1]);
}

static void answers_come_from_the_address_asked(void **state)
{
	struct server v;
	char buf[64];
	int a;

	server_init(&v, INADDR_ANY, 0, 0);
	a = client(&v);
	assert_int_equal(ask(&v, a, "x", 1, buf, sizeof(buf)), 2);
	close(a);
	server_fini(&v);
}

static void answers_over_ipv6(void **state)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct server v;
	struct twc_addr peer, host;
	char buf[64];
	int a = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 one = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool has_ipv6 = a >= 0 && bind(a, (struct sockaddr *)&one, sizeof(one)) == 0;

	if (a >= 0)
		close(a);
	if (!has_ipv6)
		skip();
	server_listen(&v, (struct sockaddr *)&any, sizeof(any), 0, 0);
	v.addr.u.in6.sin6_addr = in6addr_loopback;
	a = client(&v);
	assert_int_equal(ask(&v, a, "x", 1, buf, sizeof(buf)), 2);
	twc_transport_peer(v.last->base.transport, &peer);
	assert_true(twc_addr_eq(&peer, &v.last->peer));
	assert_true(twc_addr_is_loopback(&peer));
	twc_transport_host(v.last->base.transport, &host);
	assert_int_equal(twc_addr_port(&host), twc_addr_port(&v.addr));
	close(a);
	server_fini(&v);
}

static void many_sessions(void **state)
{
	struct server v;
	char buf[64];
	int fd[300];

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	for (int i = 0; i < 300; i++) {
		fd[i] = client(&v);
		assert_int_equal(ask(&v, fd[i], "x", 1, buf, sizeof(buf)), 2);
	}
	for (int i = 0; i < 300; i++)
		assert_int_equal(ask(&v, fd[i], "x", 1, buf, sizeof(buf)), 2);
	assert_int_equal(v.sessions, 300);
	for (int i = 0; i < 300; i++)
		close(fd[i]);
	server_fini(&v);
}

/* The sessions share the wait for room; each sends what it has when there is some, in order. */
static void a_full_kernel(void **state)
{
	struct server v;
	char buf[64];
	int a, b;

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	a = client(&v);
	b = client(&v);
	wire.refuse_next = 3;
	assert_int_equal(send(a, "1", 1, 0), 1);
	assert_int_equal(send(a, "2", 1, 0), 1);
	assert_int_equal(send(b, "3", 1, 0), 1);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(v.r, 0);
	assert_int_equal(wire.refuse_next, 0);
	assert_int_equal(recv(a, buf, sizeof(buf), MSG_DONTWAIT), 2);
	assert_memory_equal(buf, "01", 2);
	assert_int_equal(recv(a, buf, sizeof(buf), MSG_DONTWAIT), 2);
	assert_memory_equal(buf, "02", 2);
	assert_int_equal(recv(b, buf, sizeof(buf), MSG_DONTWAIT), 2);
	assert_memory_equal(buf, "13", 2);
	assert_int_equal(v.lost, 0);
	close(a);
	close(b);
	server_fini(&v);
}

static void sessions_outlive_their_port(void **state)
{
	struct server v;
	char buf[64];
	int a, b;

	server_init(&v, INADDR_LOOPBACK, 0, 0);
	a = client(&v);
	b = client(&v);
	ask(&v, a, "x", 1, buf, sizeof(buf));
	twc__dgram_port_pause(v.port);
	assert_int_equal(ask(&v, b, "x", 1, buf, sizeof(buf)), -1);
	assert_int_equal(ask(&v, a, "x", 1, buf, sizeof(buf)), 2);
	twc__dgram_port_resume(v.port);
	assert_int_equal(ask(&v, b, "x", 1, buf, sizeof(buf)), 2);
	close(a);
	close(b);
	server_fini(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_per_peer),
		cmocka_unit_test(idle_sessions_end),
		cmocka_unit_test(the_longest_datagram),
		cmocka_unit_test(limits_and_refusals),
		cmocka_unit_test(a_paused_session_gets_it_later),
		cmocka_unit_test(a_paused_session_takes_so_many),
		cmocka_unit_test(no_memory_for_a_datagram),
		cmocka_unit_test(an_empty_datagram_waits),
		cmocka_unit_test(answers_come_from_the_address_asked),
		cmocka_unit_test(answers_over_ipv6),
		cmocka_unit_test(many_sessions),
		cmocka_unit_test(a_full_kernel),
		cmocka_unit_test(sessions_outlive_their_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
