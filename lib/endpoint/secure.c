/* SPDX-License-Identifier: MIT */
/*
 * A connection that becomes TLS before anybody hears of it: the handshake is the business of a protocol of our own, and the
 * factory is asked only when it went well. So a probe that fails the handshake is no client, and a peer that is not trusted
 * no connection.
 *
 *	socket -> securing (timer) -> handshake done -> the factory's protocol, in its place
 */
#include "endpoint/conn.h"
#include "transport/transport_int.h"
#include <twc/log.h>
#include "base/banned.h"

struct securing {
	struct twc_protocol base;
	struct twc__securing how; /* its names and ctx are not looked at any more */
	struct twc_addr peer;
	struct twc_timer timer;
	uint64_t started_ns;
	bool is_unwanted;
};

static void securing_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct securing *s = TWC_CONTAINER_OF(p, struct securing, base);
	struct twc_err err = *reason;
	struct twc_reactor *r = twc_transport_reactor(p->transport);

	twc_timer_stop(r, &s->timer);
	if (s->is_unwanted)
		twc_err_set(&err, TWC_EREJECTED, "the connection is not wanted");
	else if (!err.code)
		twc_err_set(&err, TWC_EPROTO, "the peer closed the connection during the handshake");
	s->how.ended(s->how.arg, &s->peer, NULL, &err);
	twc_free(s);
}

static void on_limit(struct twc_timer *timer, void *arg)
{
	struct securing *s = arg;
	struct twc_err err = { 0 };
	char time[32];

	(void)timer;
	twc_format_duration(time, sizeof(time), s->how.shown_ns ? s->how.shown_ns : s->how.limit_ns);
	twc_err_set(&err, TWC_ETIMEDOUT, "timed out: the TLS handshake was not done after %s", time);
	twc_transport_fail(s->base.transport, &err);
}

static void on_secure(void *arg, struct twc_transport *t)
{
	struct securing *s = arg;
	uint64_t us = (twc_reactor_now(twc_transport_reactor(t)) - s->started_ns) / TWC_NS_PER_US;
	bool is_wanted = !s->how.wanted || s->how.wanted(s->how.arg);
	struct twc_protocol *p = is_wanted ? twc_factory_build(s->how.factory, &s->peer) : NULL;
	struct twc_err none = { 0 };

	twc_log(twc_reactor_log(twc_transport_reactor(t)), endpoint, DEBUG, "#%llu TLS handshake done after %llu.%03llums",
		(unsigned long long)twc_transport_id(t), (unsigned long long)(us / 1000), (unsigned long long)(us % 1000));
	if (!p) {
		s->is_unwanted = true;
		twc_transport_lose(t);
		return;
	}
	twc_timer_stop(twc_transport_reactor(t), &s->timer);
	twc_transport_set_protocol(t, p);
	if (p->ops->made)
		p->ops->made(p);
	s->how.ended(s->how.arg, &s->peer, t, &none);
	twc_free(s);
}

static const struct twc_protocol_ops securing_ops = { .name = "tls handshake", .lost = securing_lost };

struct twc_transport *twc__secure(struct twc__conn *c, struct twc_reactor *r, const struct twc__securing *how)
{
	struct securing *s = twc_calloc(1, sizeof(*s));
	struct twc_tls_start start = {
		.ctx = how->ctx,
		.servername = how->servername,
		.verify_name = how->verify_name,
		.done = on_secure,
		.arg = s,
	};
	struct twc_transport *t;
	char from[TWC_ADDR_TEXT_MAX];

	s->base.ops = &securing_ops;
	s->how = *how;
	s->peer = c->peer;
	s->started_ns = twc_reactor_now(r);
	t = twc__conn_take(c, r, 0, &s->base);
	if (how->limit_ns)
		twc_timer_start(r, &s->timer, how->limit_ns, on_limit, s);
	twc_log(twc_reactor_log(r), endpoint, DEBUG, "#%llu TLS handshake with %s%s%s", (unsigned long long)twc_transport_id(t),
		twc_addr_format(&s->peer, from, sizeof(from)), how->servername ? ", asking for " : "",
		how->servername ? how->servername : "");
	twc_transport_start_tls(t, &start);
	return t;
}

struct twc_transport *twc__secure_socket(struct twc_reactor *r, int fd, const struct twc_addr *peer,
					 const struct twc__securing *how)
{
	struct twc__conn *c = twc_calloc(1, sizeof(*c));

	*c = (struct twc__conn){ .fd = fd, .peer = *peer };
	return twc__secure(c, r, how);
}
