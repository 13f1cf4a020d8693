/* SPDX-License-Identifier: MIT */
/*
 * Several ports with one factory, and how serving ends:
 *
 *	serving --stop, time over--> draining --last connection gone--> stopped, code 0
 *	   |                             `------second stop, limit----> stopped, TWC_ECANCELLED
 *	   `--(once) first connection--> the ports are closed --gone--> stopped with its reason
 *
 * The factory a port sees is the server's own: it refuses what comes too late, and passes the rest through the census
 * and the limits to the service. What comes to a port beside them goes to a factory of its own and is not the server's.
 */
#include <twc/app.h>
#include <twc/parse.h>
#include <twc/protocol.h>

#include "base/banned.h"

struct twc_server {
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc_server_opts o;
	struct twc_factory *limits; /* owned; NULL when there are none */
	struct twc_census *census;  /* owned */
	struct twc_factory *outer;  /* borrowed: one of these two */
	struct twc_port **port;	    /* owned; NULL members once closed */
	size_t n_ports, n_beside;   /* all of them, and how many at the end are beside */
	struct twc_timer accept_timer, for_timer, drain_timer, finish_timer;
	struct twc_err err;
	bool is_stopping; /* no more clients; waits for those there are */
	bool is_closed;	  /* the ports are */
	bool is_finite;	  /* every port is a connection already: as many come, and no more */
	bool is_done;	  /* stopped was called, or is about to be */
};

static void server_close_ports(struct twc_server *s)
{
	if (s->is_closed)
		return;
	s->is_closed = true;
	for (size_t i = 0; i < s->n_ports; i++) {
		twc_port_free(s->port[i]);
		s->port[i] = NULL;
	}
}

/* Nobody else comes, and nothing but the end is waited for. */
static void server_shut(struct twc_server *s)
{
	s->is_done = true;
	server_close_ports(s);
	twc_timer_stop(s->r, &s->accept_timer);
	twc_timer_stop(s->r, &s->for_timer);
	twc_timer_stop(s->r, &s->drain_timer);
}

static void on_finish(struct twc_timer *t, void *arg)
{
	struct twc_server *s = arg;

	(void)t;
	s->o.stopped(s->o.arg, &s->err);
}

/* Reported from the loop, when the last connection's own callbacks are through. */
static void server_finish(struct twc_server *s)
{
	if (s->is_done)
		return;
	server_shut(s);
	twc_timer_start(s->r, &s->finish_timer, 0, on_finish, s);
}

static void server_cut_short(struct twc_server *s)
{
	twc_err_set(&s->err, TWC_ECANCELLED, "%zu connections were still open", twc_census_open(s->census));
	server_finish(s);
}

static void on_drain(struct twc_timer *t, void *arg)
{
	(void)t;
	server_cut_short(arg);
}

static void on_for(struct twc_timer *t, void *arg)
{
	struct twc_server *s = arg;

	(void)t;
	if (!s->is_stopping)
		twc_server_stop(s);
}

static void on_accept_timeout(struct twc_timer *t, void *arg)
{
	struct twc_server *s = arg;
	char text[32];

	(void)t;
	twc_err_set(&s->err, TWC_ETIMEDOUT, "no client within %s",
		    twc_format_duration(text, sizeof(text), s->o.accept_timeout_ns));
	if (!s->is_stopping)
		twc_server_stop(s);
}

/* ---- connections ---- */

static void on_opened(void *arg, struct twc_transport *t)
{
	struct twc_server *s = arg;

	twc_timer_stop(s->r, &s->accept_timer);
	if (s->o.once)
		server_close_ports(s);
	if (s->o.opened)
		s->o.opened(s->o.arg, t);
}

static size_t n_own(const struct twc_server *s)
{
	return s->n_ports - s->n_beside;
}

static bool server_is_through(const struct twc_server *s)
{
	return s->is_stopping || s->o.once || (s->is_finite && twc_census_total(s->census) >= n_own(s));
}

static void on_closed(void *arg, struct twc_transport *t, const struct twc_err *reason)
{
	struct twc_server *s = arg;

	if (s->o.closed && !s->is_done)
		s->o.closed(s->o.arg, t, reason);
	if ((s->o.once || (s->is_finite && n_own(s) == 1)) && !s->err.code)
		s->err = *reason;
	if (twc_census_open(s->census) == 0 && server_is_through(s))
		server_finish(s);
}

static struct twc_protocol *server_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_server *s = TWC_CONTAINER_OF(f, struct twc_server, factory);

	if (s->is_stopping || (s->o.once && twc_census_total(s->census) > 0))
		return NULL;
	return twc_factory_build(s->outer, peer);
}

static void server_started(struct twc_factory *f)
{
	twc_factory_start(TWC_CONTAINER_OF(f, struct twc_server, factory)->outer);
}

static void server_stopped(struct twc_factory *f)
{
	twc_factory_stop(TWC_CONTAINER_OF(f, struct twc_server, factory)->outer);
}

static const struct twc_factory_ops server_factory_ops = {
	.name = "server",
	.build = server_build,
	.started = server_started,
	.stopped = server_stopped,
};

/* ---- life cycle ---- */

struct twc_server *twc_server_new(struct twc_reactor *r, const struct twc_server_opts *o)
{
	static const struct twc_census_ops census_ops = { .opened = on_opened, .closed = on_closed };
	struct twc_server *s = twc_calloc(1, sizeof(*s));

	s->factory.ops = &server_factory_ops;
	s->r = r;
	s->o = *o;
	s->census = twc_census_new(r, o->factory, &census_ops, s);
	s->outer = twc_census_factory(s->census);
	if (o->idle_ns || o->max_ns) /* around the census, which hears the reason from it */
		s->outer = s->limits = twc_policy_timeout_new(r, s->outer, o->idle_ns, o->max_ns);
	return s;
}

void twc_server_close(struct twc_server *s)
{
	if (!s)
		return;
	server_shut(s);
	twc_timer_stop(s->r, &s->finish_timer);
}

void twc_server_free(struct twc_server *s)
{
	if (!s)
		return;
	twc_free(s->port);
	twc_census_free(s->census);
	if (s->limits)
		twc_policy_free(s->limits);
	twc_free(s);
}

static int add_port(struct twc_server *s, const struct twc_endpoint *e, struct twc_factory *factory,
		    const struct twc_endpoint_listen_opts *lo, struct twc_err *err)
{
	struct twc_err why = { 0 };
	struct twc_port *port;

	s->port = twc_realloc(s->port, (s->n_ports + 1) * sizeof(*s->port));
	port = twc_endpoint_listen(e, s->r, factory, lo, &why);
	if (!port) {
		if (err)
			*err = why;
		return why.code;
	}
	if (s->is_closed) { /* an endpoint that is a connection already, and one was enough */
		twc_port_free(port);
		port = NULL;
	}
	s->port[s->n_ports++] = port;
	return 0;
}

int twc_server_listen(struct twc_server *s, const struct twc_endpoint *e, struct twc_err *err)
{
	const struct twc_endpoint_listen_opts lo = {
		.public = s->o.public,
		.client_first = s->o.client_first,
		.gate = s->o.gate,
		.shares = s->o.shares,
		.keeps_peers = s->o.closed != NULL || s->o.once,
		.session_idle_ns = s->o.session_idle_ns,
	};

	TWC_ASSERT(!s->n_beside);
	return add_port(s, e, &s->factory, &lo, err);
}

int twc_server_listen_beside(struct twc_server *s, const struct twc_endpoint *e, struct twc_factory *factory, struct twc_err *err)
{
	const struct twc_endpoint_listen_opts lo = { .shares = s->o.shares };
	int rc = add_port(s, e, factory, &lo, err);

	if (!rc)
		s->n_beside++;
	return rc;
}

int twc_server_share(struct twc_server *s, unsigned index, struct twc_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < s->n_ports && !rc; i++)
		rc = twc_port_share(s->port[i], index, err);
	return rc;
}

/* Standard streams and inherited connections have no address that others could come to. */
static bool port_accepts(const struct twc_port *port)
{
	struct twc_addr a;

	for (size_t i = 0; port && i < twc_port_count(port); i++) {
		twc_port_addr(port, i, &a);
		if (a.kind != TWC_ADDR_NONE)
			return true;
	}
	return false;
}

void twc_server_start(struct twc_server *s)
{
	s->is_finite = n_own(s) > 0;
	for (size_t i = 0; i < n_own(s); i++) {
		if (port_accepts(s->port[i]))
			s->is_finite = false;
	}
	if (s->o.accept_timeout_ns && twc_census_total(s->census) == 0)
		twc_timer_start(s->r, &s->accept_timer, s->o.accept_timeout_ns, on_accept_timeout, s);
	if (s->o.for_ns)
		twc_timer_start(s->r, &s->for_timer, s->o.for_ns, on_for, s);
}

size_t twc_server_count(const struct twc_server *s)
{
	return s->n_ports;
}

struct twc_port *twc_server_port(const struct twc_server *s, size_t i)
{
	return s->port[i];
}

void twc_server_bytes(const struct twc_server *s, uint64_t *in, uint64_t *out)
{
	twc_census_bytes(s->census, in, out);
}

uint64_t twc_server_total(const struct twc_server *s)
{
	return twc_census_total(s->census);
}

void twc_server_stop(struct twc_server *s)
{
	if (s->is_done)
		return;
	if (s->is_stopping) {
		server_cut_short(s);
		return;
	}
	s->is_stopping = true;
	server_close_ports(s);
	if (!s->o.ends_by_itself && !s->o.once)
		twc_census_leave(s->census);
	if (s->o.stopping)
		s->o.stopping(s->o.arg);
	twc_census_end_sessions(s->census);
	if (twc_census_open(s->census) == 0)
		server_finish(s);
	else if (s->o.drain_ns)
		twc_timer_start(s->r, &s->drain_timer, s->o.drain_ns, on_drain, s);
	else
		server_cut_short(s);
}
