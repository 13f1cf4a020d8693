/* SPDX-License-Identifier: MIT */
/* For tests of datagrams: a server whose sessions note what they hear and do what it says. Needs dgram_wire.h. */
#ifndef TESTS_DGRAM_SERVER_H
#define TESTS_DGRAM_SERVER_H

#include <twc/net.h>
#include <twc/transport.h>

#include "dgram_wire.h"
#include "net/net_int.h"
#include "support/loop.h"
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

#endif
