/* SPDX-License-Identifier: MIT */
/* Servers behind a proxy, on sockets of a folder of their own and the fake clock: the test says what they answer, byte by byte. */
#ifndef TESTS_APP_HTTP_PROXYING_H
#define TESTS_APP_HTTP_PROXYING_H

#include "mock.h"

#include <stdlib.h>
#include <twc/endpoint.h>
#include <unistd.h>

#define BACK_CONNS 64
#define HOST "Host: front.test\r\n"
#define WELL "HTTP/1.1 200 OK\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"

struct back_conn {
	struct probe probe;
	size_t told; /* of what came, by back_heard */
};

struct back {
	char path[64];
	struct twc_factory factory;
	struct twc_endpoint *e;
	struct twc_port *port; /* NULL: it is closed */
	struct back_conn *conn[BACK_CONNS]; /* owned */
	unsigned n;
	const char *answer; /* said to each connection as soon as something came on it; NULL: nothing */
};

static char back_dir[] = "/tmp/twc-proxy-XXXXXX";

static inline int back_make_dir(void **state)
{
	return mkdtemp(back_dir) ? 0 : -1;
}
static inline int back_remove_dir(void **state)
{
	return rmdir(back_dir);
}

static inline void back_data(struct probe *p, const uint8_t *data, size_t n)
{
	const struct back *b = p->arg;

	if (b->answer)
		twc_transport_write(p->base.transport, b->answer, strlen(b->answer));
}

static inline void back_eof(struct probe *p)
{
	twc_transport_lose(p->base.transport);
}

static inline struct twc_protocol *back_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct back *b = TWC_CONTAINER_OF(f, struct back, factory);
	struct back_conn *c = calloc(1, sizeof(*c));

	assert_in_range(b->n, 0, BACK_CONNS - 1);
	b->conn[b->n++] = c;
	probe_init(&c->probe);
	c->probe.on_data = back_data;
	c->probe.on_eof = back_eof;
	c->probe.arg = b;
	return &c->probe.base;
}

static const struct twc_factory_ops back_ops = { .name = "back", .build = back_build };

static inline void back_listen(struct back *b, struct mock *m)
{
	struct twc_err err = { 0 };
	struct twc_endpoint_listen_opts o = { 0 };

	b->port = twc_endpoint_listen(b->e, m->r, &b->factory, &o, &err);
	if (!b->port)
		fail_msg("%s", err.text);
}

static inline void back_open(struct back *b, struct mock *m, const char *name)
{
	char text[96];

	*b = (struct back){ .factory.ops = &back_ops };
	snprintf(b->path, sizeof(b->path), "%s/%s", back_dir, name);
	snprintf(text, sizeof(text), "unix:%s", b->path);
	b->e = twc_endpoint_parse(text, TWC_LISTEN, NULL);
	assert_non_null(b->e);
	back_listen(b, m);
}

static inline void back_shut(struct back *b)
{
	if (b->port)
		twc_port_free(b->port);
	b->port = NULL;
}

/* After the reactor. */
static inline void back_close(struct back *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		probe_fini(&b->conn[i]->probe);
		free(b->conn[i]);
	}
	twc_endpoint_free(b->e);
	unlink(b->path);
}

/* Sockets need a turn for each step of a conversation. */
static inline void pass(struct mock *m)
{
	for (unsigned i = 0; i < 12; i++)
		mock_pass(m, 0);
}

/* What has come on the i-th connection since the last call. */
static inline const char *back_heard(struct back *b, unsigned i)
{
	struct back_conn *c = b->conn[i];
	const char *text;

	assert_in_range(i, 0, b->n - 1);
	text = c->probe.got ? c->probe.got + c->told : "";
	c->told = c->probe.n;
	return text;
}

static inline void back_say(struct back *b, unsigned i, const char *text, struct mock *m)
{
	assert_in_range(i, 0, b->n - 1);
	twc_transport_write(b->conn[i]->probe.base.transport, text, strlen(text));
	pass(m);
}

static inline void back_end(struct back *b, unsigned i, bool reset, struct mock *m)
{
	struct twc_transport *t = b->conn[i]->probe.base.transport;

	reset ? twc_transport_abort(t) : twc_transport_lose(t);
	pass(m);
}

static inline void front_say(struct mock *m, const char *text)
{
	mock_say(m, text);
	pass(m);
}

/* A site with one route to one server: "{…}" and what stands before and behind the server's name. */
static inline void proxying_open(struct mock *m, struct back *b, const char *pattern, const char *options)
{
	char route[512];

	mock_open(m);
	back_open(b, m, "a");
	snprintf(route, sizeof(route), "%s %s=proxy:unix:%s", pattern, options, b->path);
	mock_route(m, route);
}

static inline void proxying_close(struct mock *m, struct back *b)
{
	back_shut(b);
	mock_close(m);
	back_close(b);
}

#endif
