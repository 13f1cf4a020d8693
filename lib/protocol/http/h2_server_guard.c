/* SPDX-License-Identifier: MIT */
/*
 * What a client of HTTP/2 may not do to us for long. Floods: each kind of nuisance has a level, which rises with every frame and falls
 * with time; above its limit the connection ends with ENHANCE_YOUR_CALM. Slowness: as on HTTP/1, by looks from time to time, for the
 * connection and for each of its streams.
 */
#include "protocol/http/h2_server.h"

#include <twc/parse.h>

#include "transport/transport_int.h"
#include "base/banned.h"

#define TRICKLE (16 * 1024) /* a stream's window below which it is the client who holds the response */

static const struct {
	const char *text;
	uint32_t limit;
	uint32_t per_s; /* so many are forgotten a second */
} nuisances[TWC__H2_NUISANCES] = {
	[TWC__H2_RESETS] = { "too many requests were taken back", 200, 50 },
	[TWC__H2_CAUSED] = { "too many streams had to be reset", 100, 10 },
	[TWC__H2_CONTROL] = { "too many frames that ask for nothing", 500, 100 },
	[TWC__H2_CREDITS] = { "too many updates of windows", 2000, 200 },
};

/* ---- floods ---- */

int twc__h2_calm(struct twc__h2_conn *c, const char *what)
{
	if (!c->err.code)
		twc_err_set(&c->err, TWC_ELIMIT, "%s", what);
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* Once in a while; so that a charge costs no division. */
static void forget(struct twc__h2_guard *g, uint64_t now)
{
	uint64_t ns = now - g->at;

	if (ns < TWC_NS_PER_S / 4)
		return;
	if (ns > 60 * TWC_NS_PER_S)
		ns = 60 * TWC_NS_PER_S;
	g->at = now;
	for (size_t i = 0; i < TWC__H2_NUISANCES; i++) {
		uint32_t less = (uint32_t)(ns * nuisances[i].per_s / TWC_NS_PER_S);

		g->level[i] = g->level[i] > less ? g->level[i] - less : 0;
	}
}

int twc__h2_charge(struct twc__h2_conn *c, enum twc__h2_nuisance what, uint32_t cost)
{
	struct twc__h2_guard *g = &c->guard;

	g->level[what] += cost;
	if (g->level[what] <= nuisances[what].limit / 2)
		return 0;
	forget(g, twc__h2_now(c));
	return g->level[what] <= nuisances[what].limit ? 0 : twc__h2_calm(c, nuisances[what].text);
}

void twc__h2_grant(struct twc__h2_conn *c, enum twc__h2_nuisance what, uint32_t n)
{
	uint32_t *level = &c->guard.level[what];

	*level = *level > n ? *level - n : 0;
}

/* ---- rates ---- */

/* Looks at what has moved. 0: well; 1: nothing for too long; 2: less than the rate over a window. */
static int look_at(const struct twc__h2_conn *c, struct twc__h2_pace *p, bool is_awaited, uint64_t total, uint64_t stall_ns)
{
	uint64_t now = twc__h2_now(c), moved;

	if (!is_awaited) {
		p->from = 0;
		return 0;
	}
	if (!p->from) {
		*p = (struct twc__h2_pace){ .from = now, .base = total, .seen = total, .moved = now };
		return 0;
	}
	if (total != p->seen) {
		p->seen = total;
		p->moved = now;
	} else if (stall_ns && now - p->moved >= stall_ns) {
		return 1;
	}
	if (now - p->from < TWC__HTTP_WINDOW_NS)
		return 0;
	moved = total - p->base;
	p->base = total;
	p->from = now;
	return moved < c->link.s->o.min_rate * (TWC__HTTP_WINDOW_NS / TWC_NS_PER_S) ? 2 : 0;
}

static const char slow_text[] = "the client was too slow at taking the response";
static const char stalled_text[] = "the client has taken nothing of the response";

/* False: the connection has ended. */
static bool look_writing(struct twc__h2_conn *c)
{
	struct twc_transport *t = c->link.base.transport;
	bool is_waiting = c->is_stalled;
	struct twc_err err = { 0 };
	int rc;

	TWC__LIST_FOR(n, &c->streams) {
		const struct twc__h2_stream *st = TWC__LIST_ENTRY(n, struct twc__h2_stream, node);

		is_waiting |= st->out.len && !st->is_closed;
	}
	rc = look_at(c, &c->pace, is_waiting, c->data_sent + (c->is_stalled ? twc__transport_delivered(t) : 0),
		     c->link.s->o.write_timeout_ns);
	if (!rc)
		return true;
	twc_err_set(&err, TWC_ETIMEDOUT, "%s", rc == 1 ? stalled_text : slow_text);
	if (!c->is_stalled) {
		twc__h2_conn_break(c, NGHTTP2_ENHANCE_YOUR_CALM, &err);
		return false;
	}
	c->err = err;
	twc_transport_fail(t, &err);
	return false;
}

/* A window that is kept small holds the response, and what it is made of, as nothing else on the connection does. */
static void look_at_response(struct twc__h2_stream *st)
{
	struct twc__h2_conn *c = st->c;
	bool is_held = st->out.len && nghttp2_session_get_stream_remote_window_size(c->session, st->id) < TRICKLE && !c->is_stalled;
	struct twc_err err = { 0 };
	int rc = look_at(c, &st->out_pace, is_held, st->sent, c->link.s->o.write_timeout_ns);

	if (!rc)
		return;
	twc_err_set(&err, TWC_ETIMEDOUT, "%s", rc == 1 ? stalled_text : slow_text);
	twc__h2_stream_reset(st, NGHTTP2_ENHANCE_YOUR_CALM, &err);
}

static void look_at_body(struct twc__h2_stream *st)
{
	struct twc__h2_conn *c = st->c;
	struct twc_err err = { 0 };

	if (st->is_sent && !st->has_end) { /* answered: the rest of it is not waited for, for ever */
		if (twc__h2_now(c) - st->over_since >= (st->discarded > TWC__HTTP_DISCARD_MAX ? TWC__H2_LAST_NS : c->link.s->o.header_timeout_ns))
			twc__h2_stream_reset(st, NGHTTP2_NO_ERROR, NULL);
		return;
	}
	if (!st->x || st->is_fresh || !look_at(c, &st->in_pace, twc__h2_stream_awaits_body(st), st->x->body_seen, 0))
		return;
	twc_err_set(&err, TWC_ETIMEDOUT, "the body of the request came too slowly");
	st->has_end = true;
	twc__http_exchange_body_end(st->x, 408, &err);
	twc__h2_stream_note(st);
}

static bool look_at_head(struct twc__h2_conn *c)
{
	const struct twc_http_server_opts *o = &c->link.s->o;
	uint64_t now = twc__h2_now(c);
	struct twc_err err = { 0 };
	char text[32];

	twc_format_duration(text, sizeof(text), o->header_timeout_ns);
	if (c->heading && now - c->heading_since >= o->header_timeout_ns) {
		twc_err_set(&err, TWC_ETIMEDOUT, "the head of the request took longer than %s", text);
		twc__h2_conn_break(c, NGHTTP2_PROTOCOL_ERROR, &err);
		return false;
	}
	if (!c->is_acked && now - c->since >= o->header_timeout_ns) {
		twc_err_set(&err, TWC_ETIMEDOUT, "no preface, or no acknowledgement of SETTINGS, for %s", text);
		twc__h2_conn_break(c, NGHTTP2_SETTINGS_TIMEOUT, &err);
		return false;
	}
	return true;
}

/* ---- looks ---- */

void twc__h2_conn_look(struct twc__http_link *l, uint64_t now)
{
	struct twc__h2_conn *c = (struct twc__h2_conn *)l;

	if (c->ending == TWC__H2_OVER || c->is_lost || !look_at_head(c) || !look_writing(c))
		return;
	if (c->ending == TWC__H2_NOTICED && now - c->since >= TWC__H2_LAST_NS)
		twc__h2_conn_say_last(c);
	TWC__LIST_FOR_SAFE(n, &c->streams) {
		struct twc__h2_stream *st = TWC__LIST_ENTRY(n, struct twc__h2_stream, node);

		if (st->is_closed || st->tunnel)
			continue;
		look_at_response(st);
		look_at_body(st);
	}
	twc__h2_conn_wake(c);
}

void twc__h2_conn_look_idle(struct twc__http_link *l, uint64_t now)
{
	struct twc__h2_conn *c = (struct twc__h2_conn *)l;

	if (c->ending == TWC__H2_GOES_ON && now - l->since >= l->s->o.idle_ns)
		twc__h2_conn_say_last(c);
}
