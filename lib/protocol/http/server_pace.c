/* SPDX-License-Identifier: MIT */
/*
 * How fast a connection of HTTP/1 goes: the time a head takes, the rate of a body, what the client takes of a response. A rate
 * is measured over windows of the time in which it was awaited; a good start is no credit for later.
 */
#include "protocol/http/server_int.h"

#include <twc/parse.h>

#include "transport/transport_int.h"
#include "base/banned.h"

/* ---- what is awaited ---- */

static bool is_awaiting_body(const struct twc__http_conn *c)
{
	if (c->reading != TWC__HTTP_READ_BODY && c->reading != TWC__HTTP_READ_TRAILERS)
		return false;
	return c->x->phase == TWC__HTTP_OVER || twc__http_wants_body(c->x);
}

static void measure_reading(struct twc__http_conn *c)
{
	if (!is_awaiting_body(c)) {
		c->read_from = 0;
	} else if (!c->read_from) {
		c->read_from = twc_reactor_now(c->link.s->r);
		c->read_base = twc_transport_bytes_in(c->link.base.transport);
	}
}

static void measure_writing(struct twc__http_conn *c, bool is_refused)
{
	if (!is_refused) {
		c->write_from = 0;
	} else if (!c->write_from) {
		c->write_from = c->write_moved = twc_reactor_now(c->link.s->r);
		c->write_base = c->write_seen = twc__transport_delivered(c->link.base.transport);
	}
}

void twc__http_conn_measure(struct twc__http_conn *c, bool is_refused)
{
	measure_reading(c);
	measure_writing(c, is_refused);
}

/* ---- looks from time to time ---- */

static void took_too_long(struct twc__http_conn *c, uint64_t ns, const char *what)
{
	struct twc_err err = { 0 };
	char text[32];

	twc_format_duration(text, sizeof(text), ns);
	twc_err_set(&err, TWC_ETIMEDOUT, "%s for %s", what, text);
	twc_transport_fail(c->link.base.transport, &err);
}

/* Less than the rate over a whole window? Then a new window begins. */
static bool is_slow(const struct twc__http_conn *c, uint64_t now, uint64_t total, uint64_t *from, uint64_t *base)
{
	uint64_t moved = total - *base;

	if (!*from || now - *from < TWC__HTTP_WINDOW_NS)
		return false;
	*base = total;
	*from = now;
	return moved < c->link.s->o.min_rate * (TWC__HTTP_WINDOW_NS / TWC_NS_PER_S);
}

static bool look_writing(struct twc__http_conn *c, uint64_t now)
{
	struct twc_transport *t = c->link.base.transport;
	uint64_t out;

	if (!twc__transport_is_refused(t))
		return true;
	out = twc__transport_delivered(t);
	if (out != c->write_seen) {
		c->write_seen = out;
		c->write_moved = now;
	} else if (now - c->write_moved >= c->link.s->o.write_timeout_ns) {
		took_too_long(c, c->link.s->o.write_timeout_ns, "the client has taken nothing of the response");
		return false;
	}
	if (!is_slow(c, now, out, &c->write_from, &c->write_base))
		return true;
	took_too_long(c, TWC__HTTP_WINDOW_NS, "the client was too slow at taking the response");
	return false;
}

static void look_reading(struct twc__http_conn *c, uint64_t now)
{
	const struct twc_http_server_opts *o = &c->link.s->o;
	struct twc_err err = { 0 };
	char text[32];

	if (c->reading == TWC__HTTP_READ_HEAD && c->x && now - c->x->request.started_ns >= o->header_timeout_ns) {
		twc_format_duration(text, sizeof(text), o->header_timeout_ns);
		twc_err_set(&err, TWC_ETIMEDOUT, "the head of the request took longer than %s", text);
		twc__http_conn_refuse(c, 408, &err);
	} else if (is_slow(c, now, twc_transport_bytes_in(c->link.base.transport), &c->read_from, &c->read_base)) {
		twc_err_set(&err, TWC_ETIMEDOUT, "the body of the request came too slowly");
		twc__http_conn_break_body(c, 408, &err);
	}
}

void twc__http_conn_look(struct twc__http_link *l, uint64_t now)
{
	struct twc__http_conn *c = (struct twc__http_conn *)l;

	if (c->up || c->is_seized || twc_transport_is_closing(c->link.base.transport))
		return;
	twc__http_conn_measure(c, twc__transport_is_refused(c->link.base.transport)); /* the handler may have paused since */
	if (!look_writing(c, now))
		return;
	look_reading(c, now);
	twc__http_conn_settle(c);
}
