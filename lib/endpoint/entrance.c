/* SPDX-License-Identifier: MIT */
/*
 * See entrance.h. Each connection on the way is a visitor: first with a socket alone, while a header is read; then with a
 * transport, during the handshakes.
 *
 * Invariant: a visitor is in the list of its entrance, and counts in its refs, until it is in or has been turned back.
 */
#include "endpoint/entrance.h"
#include "endpoint/exchange.h"
#include "endpoint/ws.h"
#include "protocol/haproxy_int.h"
#include "transport/transport_int.h"
#include <errno.h>
#include <unistd.h>
#include "base/banned.h"

struct twc__entrance {
	unsigned refs;
	struct twc_reactor *r;
	struct twc__entrance_opts o;
	struct visitor *first;
	bool is_shut;
};

struct visitor {
	struct twc__entrance *e;
	struct visitor *next, **link;
	int fd;			 /* while there is no transport; else -1 */
	struct twc_transport *t; /* during the handshakes; else NULL */
	struct twc_factory opener; /* builds what says the WebSocket handshake */
	uint64_t since_ns;	 /* when the handshakes began */
	struct twc_addr at;	 /* the socket's peer: who holds the place in the gate */
	struct twc_addr client;	 /* for whom it speaks */
	struct twc__exchange exchange;
	struct twc_buf in, out;
	struct twc_timer timer;
	bool is_in; /* the handshake is done: it is the factory's */
};

/* ---- the gate ---- */

struct pass {
	struct twc_gate *gate;
	struct twc_addr peer;
};

static void pass_return(void *arg)
{
	struct pass *pass = arg;

	twc_gate_leave(pass->gate, &pass->peer);
	twc_free(pass);
}

void twc__leave_gate_with(struct twc_transport *t, struct twc_gate *gate, const struct twc_addr *peer)
{
	struct pass *pass;

	if (!gate)
		return;
	pass = twc_malloc(sizeof(*pass));
	*pass = (struct pass){ .gate = gate, .peer = *peer };
	twc__transport_on_gone(t, pass_return, pass);
}

/* ---- visitors ---- */

static void entrance_unref(struct twc__entrance *e)
{
	if (--e->refs == 0)
		twc_free(e);
}

static void visitor_free(struct visitor *v)
{
	twc__exchange_stop(&v->exchange);
	twc_timer_stop(v->e->r, &v->timer);
	twc_buf_fini(&v->in);
	*v->link = v->next;
	if (v->next)
		v->next->link = v->link;
	entrance_unref(v->e);
	twc_free(v);
}

static void say_why(const struct visitor *v, const char *what, const struct twc_err *err)
{
	char from[TWC_ADDR_TEXT_MAX];

	if (!v->e->is_shut)
		twc_log(twc_reactor_log(v->e->r), endpoint, INFO, "no %s from %s: %s", what,
			twc_addr_format(&v->at, from, sizeof(from)), err->text);
}

/* While it has a socket alone: a reset tells the proxy that nobody was here. */
static void turn_back(struct visitor *v, const struct twc_err *err)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	say_why(v, "PROXY header", err);
	twc__exchange_stop(&v->exchange);
	(void)setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(v->fd);
	if (v->e->o.gate)
		twc_gate_leave(v->e->o.gate, &v->at);
	visitor_free(v);
}

/* ---- the handshake, and in ---- */

/* From here on it is a client, and stays one when its protocol shuts the entrance. */
static bool on_wanted(void *arg)
{
	struct visitor *v = arg;

	v->is_in = !v->e->is_shut;
	return v->is_in;
}

static void on_ended(void *arg, const struct twc_addr *peer, struct twc_transport *t, const struct twc_err *err)
{
	struct visitor *v = arg;

	(void)peer;
	if (!t)
		say_why(v, "TLS", err);
	visitor_free(v);
}

static void on_opened(void *arg, struct twc_transport *t, const struct twc_err *err)
{
	struct visitor *v = arg;

	if (!t)
		say_why(v, "WebSocket", err);
	visitor_free(v);
}

static struct twc_protocol *build_opening(struct twc_factory *f, const struct twc_addr *peer)
{
	struct visitor *v = TWC_CONTAINER_OF(f, struct visitor, opener);
	struct twc__entrance *e = v->e;
	uint64_t gone = twc_reactor_now(e->r) - v->since_ns;
	struct twc__ws_open how = {
		.args = e->o.ws,
		.limit_ns = e->o.handshake_ns > gone ? e->o.handshake_ns - gone : 1,
		.shown_ns = e->o.handshake_ns,
		.factory = e->o.factory,
		.wanted = on_wanted,
		.ended = on_opened,
		.arg = v,
	};

	return twc__ws_opening(&how, peer, NULL); /* a server has nothing to say first that could fail */
}

static const struct twc_factory_ops opener_ops = { .name = "websocket handshake", .build = build_opening };

/* With TLS done, the other handshake's end is the visitor's. */
static void on_secured(void *arg, const struct twc_addr *peer, struct twc_transport *t, const struct twc_err *err)
{
	if (!t)
		on_ended(arg, peer, t, err);
}

/* Either of these may be the visitor's last word. */
static struct twc_transport *come_in_secure(struct visitor *v, int fd)
{
	struct twc__entrance *e = v->e;
	struct twc__securing how = {
		.ctx = e->o.tls,
		.limit_ns = e->o.handshake_ns,
		.factory = e->o.ws ? &v->opener : e->o.factory,
		.wanted = e->o.ws ? NULL : on_wanted,
		.ended = e->o.ws ? on_secured : on_ended,
		.arg = v,
	};

	v->t = twc__secure_socket(e->r, fd, &v->client, &how);
	return v->t;
}

static struct twc_transport *come_in_plain(struct visitor *v, int fd)
{
	struct twc_reactor *r = v->e->r;
	struct twc_factory *factory = v->e->o.factory;
	struct twc_addr client = v->client;

	if (v->e->o.ws) {
		v->t = twc__open_socket(r, fd, &client, true, 0, &v->opener);
		return v->t;
	}
	visitor_free(v); /* the protocol may shut the entrance */
	return twc__open_socket(r, fd, &client, true, TWC__READ_NOW, factory);
}

static void come_in(struct visitor *v)
{
	struct twc__entrance *e = v->e;
	struct twc_addr at = v->at;
	struct twc_gate *gate = e->o.gate;
	struct twc_transport *t;
	int fd = v->fd;

	twc_timer_stop(e->r, &v->timer);
	v->fd = -1;
	v->opener.ops = &opener_ops;
	v->since_ns = twc_reactor_now(e->r);
	t = e->o.tls ? come_in_secure(v, fd) : come_in_plain(v, fd);
	if (t)
		twc__leave_gate_with(t, gate, &at);
	else if (gate)
		twc_gate_leave(gate, &at);
}

/* ---- the header ---- */

static int on_feed(void *arg, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	struct visitor *v = arg;
	size_t had = twc_buf_len(&v->in), room = TWC__HAPROXY_V2_MAX - had;
	struct twc__haproxy h;
	int rc;

	n = n < room ? n : room;
	if (twc_buf_add(&v->in, data, n) < 0)
		return twc_err_set(err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	rc = twc__haproxy_parse(&h, (const uint8_t *)twc_buf_head(&v->in), twc_buf_len(&v->in), err);
	*used = n;
	if (rc <= 0)
		return rc;
	*used = (size_t)rc - had;
	if (h.is_known)
		v->client = h.client;
	return TWC__EXCHANGE_DONE;
}

static int on_end(void *arg, struct twc_err *err)
{
	const struct visitor *v = arg;

	return twc_err_set(err, TWC_EPROTO, twc_buf_len(&v->in) ? "it ended in the middle of it" : "it ended at once");
}

static void on_broke(void *arg, int sys, struct twc_err *err)
{
	(void)arg;
	twc_err_from_errno(err, sys, NULL);
}

static void on_over(void *arg, bool has_more, const struct twc_err *err)
{
	(void)has_more; /* the client's */
	if (err->code)
		turn_back(arg, err);
	else
		come_in(arg);
}

static void on_late(struct twc_timer *timer, void *arg)
{
	struct visitor *v = arg;
	struct twc_err err = { 0 };
	char time[32];

	(void)timer;
	twc_format_duration(time, sizeof(time), v->e->o.header_ns);
	twc_err_set(&err, TWC_ETIMEDOUT, "none came within %s", time);
	turn_back(v, &err);
}

static bool is_trusted(const struct twc__entrance *e, const struct twc_addr *at)
{
	if (!e->o.n_trusted || twc_addr_is_unix(at))
		return true; /* a socket file has its permissions */
	for (size_t i = 0; i < e->o.n_trusted; i++)
		if (twc_cidr_has(&e->o.trusted[i], at))
			return true;
	return false;
}

static void expect_header(struct visitor *v)
{
	struct twc_err err = { 0 };

	if (!is_trusted(v->e, &v->at)) {
		twc_err_set(&err, TWC_EACCESS, "it is no trusted proxy");
		turn_back(v, &err);
		return;
	}
	v->exchange = (struct twc__exchange){ .out = &v->out, .feed = on_feed, .end = on_end, .broke = on_broke,
					      .over = on_over, .arg = v };
	if (twc__exchange_start_fd(&v->exchange, v->e->r, v->fd, &err)) {
		turn_back(v, &err);
		return;
	}
	twc_timer_start(v->e->r, &v->timer, v->e->o.header_ns, on_late, v);
}

/* ---- the entrance ---- */

struct twc__entrance *twc__entrance_new(struct twc_reactor *r, const struct twc__entrance_opts *o)
{
	struct twc__entrance *e = twc_calloc(1, sizeof(*e));

	e->refs = 1;
	e->r = r;
	e->o = *o;
	return e;
}

void twc__entrance_take(struct twc__entrance *e, int fd, const struct twc_addr *peer)
{
	struct visitor *v = twc_calloc(1, sizeof(*v));

	v->e = e;
	e->refs++;
	v->fd = fd;
	v->at = v->client = *peer;
	twc_buf_init(&v->in, TWC__HAPROXY_V2_MAX);
	twc_buf_init(&v->out, 0);
	v->next = e->first;
	if (v->next)
		v->next->link = &v->next;
	v->link = &e->first;
	e->first = v;
	if (e->o.wants_header)
		expect_header(v);
	else
		come_in(v);
}

void twc__entrance_shut(struct twc__entrance *e)
{
	struct visitor *next;

	if (!e)
		return;
	e->is_shut = true;
	for (struct visitor *v = e->first; v; v = next) {
		struct twc_err none = { 0 };

		next = v->next;
		if (v->is_in)
			continue;
		if (v->t)
			twc_transport_abort(v->t); /* its `ended` comes later */
		else
			turn_back(v, &none);
	}
	entrance_unref(e);
}

struct twc_tls_ctx *twc__entrance_tls(const struct twc__entrance *e)
{
	return e->o.tls;
}
