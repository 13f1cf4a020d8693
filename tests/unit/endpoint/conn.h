/* SPDX-License-Identifier: MIT */
/* What the tests of the endpoint types share: a factory that counts, with protocols that echo or collect. */
#ifndef TESTS_ENDPOINT_CONN_H
#define TESTS_ENDPOINT_CONN_H

#include "endpoint/endpoint_int.h"
#include "support/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct conns {
	struct twc_factory base;
	bool echo;	  /* send back what arrives, end with the peer; else collect */
	bool refuse;	  /* build nothing */
	const char *greet; /* sent by made() */
	int started, stopped, built, made, lost;
	bool done;	   /* the last connection built is lost */
	struct twc_port *free_in_data; /* freed by the first data() */
	struct twc_transport *last;
	struct twc_err reason; /* of the last lost */
	struct twc_addr peer;  /* as build saw it */
	int child_status;
	char got[256]; /* collected, NUL-terminated */
	size_t got_n;
};

struct conn {
	struct twc_protocol base;
	struct conns *all;
};

static inline void conn_made(struct twc_protocol *p)
{
	struct conn *c = (struct conn *)p;

	c->all->made++;
	c->all->last = p->transport;
	if (c->all->greet)
		twc_transport_write(p->transport, c->all->greet, strlen(c->all->greet));
}

static inline void conn_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct conns *all = ((struct conn *)p)->all;

	if (all->free_in_data)
		twc_port_free(all->free_in_data);
	all->free_in_data = NULL;
	if (all->echo) {
		twc_transport_write(p->transport, data, n);
		return;
	}
	if (n > sizeof(all->got) - 1 - all->got_n)
		n = sizeof(all->got) - 1 - all->got_n;
	memcpy(all->got + all->got_n, data, n);
	all->got_n += n;
	all->got[all->got_n] = '\0';
}

static inline void conn_eof(struct twc_protocol *p)
{
	twc_transport_lose(p->transport);
}

static inline void conn_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct conn *c = (struct conn *)p;
	struct conns *all = c->all;

	all->reason = *reason;
	all->lost++;
	all->done = all->lost == all->built;
	if (all->last) /* of several only the last is asked */
		all->child_status = twc_transport_child_status(all->last);
	all->last = NULL;
	free(c);
}

static const struct twc_protocol_ops conn_ops = {
	.name = "conn", .made = conn_made, .data = conn_data, .eof = conn_eof, .lost = conn_lost
};

static inline struct twc_protocol *conns_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct conns *all = (struct conns *)f;
	struct conn *c;

	all->peer = *peer;
	if (all->refuse)
		return NULL;
	c = calloc(1, sizeof(*c));
	assert_non_null(c);
	c->base.ops = &conn_ops;
	c->all = all;
	all->built++;
	all->done = false;
	return &c->base;
}

static inline void conns_started(struct twc_factory *f)
{
	((struct conns *)f)->started++;
}

static inline void conns_stopped(struct twc_factory *f)
{
	((struct conns *)f)->stopped++;
}

static const struct twc_factory_ops conns_ops = {
	.name = "conns", .build = conns_build, .started = conns_started, .stopped = conns_stopped
};

static inline struct conns conns_make(void)
{
	return (struct conns){ .base = { .ops = &conns_ops }, .child_status = -1 };
}

/* ---- parsing and the two roles ---- */

static inline struct twc_endpoint *must_parse(const char *s, enum twc_role role)
{
	struct twc_err err = { 0 };
	struct twc_endpoint *e = twc_endpoint_parse(s, role, &err);

	if (!e)
		fail_msg("%s: %s", s, err.text);
	return e;
}

static inline struct twc_port *must_listen(struct twc_endpoint *e, struct twc_reactor *r, struct conns *f,
					   const struct twc_endpoint_listen_opts *o)
{
	struct twc_err err = { 0 };
	struct twc_port *p = twc_endpoint_listen(e, r, &f->base, o, &err);

	if (!p)
		fail_msg("%s: %s", twc_endpoint_text(e), err.text);
	return p;
}

/* The error of a listen that must fail. */
static inline struct twc_err listen_error(const char *s, struct twc_reactor *r)
{
	struct conns f = conns_make();
	struct twc_err err = { 0 };
	struct twc_endpoint *e = must_parse(s, TWC_LISTEN);

	assert_null(twc_endpoint_listen(e, r, &f.base, NULL, &err));
	assert_int_equal(f.base.users, 0);
	assert_int_equal(f.started, f.stopped);
	assert_int_not_equal(err.code, 0);
	twc_endpoint_free(e);
	return err;
}

struct outcome {
	bool done;
	struct twc_protocol *p;
	struct twc_err err;
};

static inline void outcome_step(struct twc_result *res, void *arg)
{
	struct outcome *o = arg;

	o->done = true;
	o->p = res->err.code ? NULL : res->value;
	o->err = res->err;
	if (res->err.code)
		twc_result_set(res, NULL, NULL);
}

/* Starts a connect; *o tells when it is over. */
static inline struct twc_deferred *start_connect(struct twc_endpoint *e, struct twc_reactor *r, struct conns *f,
						 struct outcome *o)
{
	struct twc_deferred *d;

	*o = (struct outcome){ 0 };
	d = twc_endpoint_connect(e, r, &f->base);
	twc_deferred_add_both(d, outcome_step, o);
	return d;
}

static inline struct outcome do_connect(const char *s, struct twc_reactor *r, struct conns *f)
{
	struct twc_endpoint *e = must_parse(s, TWC_CONNECT);
	struct outcome o;
	struct twc_deferred *d = start_connect(e, r, f, &o);

	assert_true(loop_until(r, &o.done));
	twc_deferred_release(d);
	assert_int_equal(f->base.users, 0);
	assert_int_equal(f->started, f->stopped);
	twc_endpoint_free(e);
	return o;
}

static inline struct twc_protocol *must_connect(const char *s, struct twc_reactor *r, struct conns *f)
{
	struct outcome o = do_connect(s, r, f);

	if (!o.p)
		fail_msg("%s: %s", s, o.err.text);
	return o.p;
}

/* Turns until *count is at least n. */
static inline void turn_until(struct twc_reactor *r, const int *count, int n)
{
	uint64_t end = twc_reactor_now(r) + 5 * TWC_NS_PER_S;

	while (*count < n && twc_reactor_now(r) < end)
		twc_reactor_step(r);
	assert_true(*count >= n);
}

/* Turns until `n` bytes were collected. */
static inline void collect(struct twc_reactor *r, struct conns *f, size_t n)
{
	uint64_t end = twc_reactor_now(r) + 5 * TWC_NS_PER_S;

	while (f->got_n < n && twc_reactor_now(r) < end)
		twc_reactor_step(r);
	assert_true(f->got_n >= n);
}

static inline void turns(struct twc_reactor *r, int n)
{
	while (n-- > 0)
		twc_reactor_step(r);
}

static inline bool has_ipv6_loopback(void)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

#endif
