/* SPDX-License-Identifier: MIT */
/*
 * A stream that is another protocol's (RFC 8441). The protocol has a transport in memory, and at its other end is this: what comes on
 * the stream is written there, what is read there goes out on the stream, each with the other's back-pressure. Ends of halves are
 * END_STREAM, and a reset is RST_STREAM.
 *
 * The exchange lasts until the protocol has heard lost(), which may be a little after the stream has gone, and the connection's memory
 * as long as that.
 */
#include "protocol/http/h2_server.h"

#include "transport/transport_int.h"
#include "base/banned.h"

struct twc__h2_tunnel {
	struct twc_protocol end;     /* ours, of the two in memory */
	struct twc__h2_stream *st;   /* NULL: closed */
	struct twc__h2_conn *c;
	struct twc_http_exchange *x; /* a reference */
	struct twc_transport *t;     /* of the connection; counted */
	struct twc_err err;	     /* why the stream was closed */
	bool is_paused, has_eof, is_end_lost, is_lost;
};

static void tunnel_maybe_free(struct twc__h2_tunnel *u)
{
	struct twc__h2_conn *c = u->c;

	if (u->st || !u->is_end_lost || !u->is_lost)
		return;
	twc_transport_unref(u->t);
	twc_free(u);
	twc__h2_conn_tunnel_gone(c);
}

/* ---- from the protocol to the stream ---- */

static void end_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__h2_tunnel *u = (struct twc__h2_tunnel *)p;

	if (!u->st)
		return;
	twc__h2_stream_add(u->st, data, n);
	if (!u->st->is_full || u->is_paused)
		return;
	u->is_paused = true;
	twc_transport_pause(p->transport);
}

static void end_eof(struct twc_protocol *p)
{
	struct twc__h2_tunnel *u = (struct twc__h2_tunnel *)p;

	if (u->st)
		twc__h2_stream_end(u->st);
}

static void end_drained(struct twc_protocol *p)
{
	struct twc__h2_tunnel *u = (struct twc__h2_tunnel *)p;

	if (u->st)
		twc__h2_stream_note(u->st);
}

static void end_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__h2_tunnel *u = (struct twc__h2_tunnel *)p;

	u->is_end_lost = true;
	if (u->st && reason->code)
		twc__h2_stream_reset(u->st, NGHTTP2_CANCEL, reason);
	else if (u->st && !u->st->is_ended)
		twc__h2_stream_end(u->st);
	if (u->st && u->st->is_sent)
		twc__h2_stream_note(u->st);
	tunnel_maybe_free(u);
}

static const struct twc_protocol_ops end_ops = {
	.name = "http2-stream", .data = end_data, .eof = end_eof, .drained = end_drained, .lost = end_lost,
};

/* The protocol has heard of its end. */
static void on_lost(void *arg)
{
	struct twc__h2_tunnel *u = arg;

	u->is_lost = true;
	if (u->st)
		u->st->x = NULL;
	twc__http_exchange_over(u->x, u->err.code ? &u->err : NULL);
	twc__http_exchange_unref(u->x);
	if (!u->is_end_lost)
		twc_transport_lose(u->end.transport); /* nobody reads there any more */
	tunnel_maybe_free(u);
}

/* ---- from the stream to the protocol ---- */

bool twc__h2_tunnel_wants(const struct twc__h2_stream *st)
{
	const struct twc__h2_tunnel *u = st->tunnel;

	return !u->is_end_lost && !u->has_eof && !twc_transport_is_full(u->end.transport);
}

void twc__h2_tunnel_data(struct twc__h2_stream *st, const uint8_t *p, size_t n)
{
	twc_transport_write(st->tunnel->end.transport, p, n);
}

void twc__h2_tunnel_eof(struct twc__h2_stream *st)
{
	st->tunnel->has_eof = true;
	twc_transport_write_eof(st->tunnel->end.transport);
}

void twc__h2_tunnel_drained(struct twc__h2_stream *st)
{
	struct twc__h2_tunnel *u = st->tunnel;

	if (!u->is_paused || u->is_end_lost)
		return;
	u->is_paused = false;
	twc_transport_resume(u->end.transport);
}

void twc__h2_tunnel_sent(struct twc__h2_stream *st)
{
	if (st->tunnel->is_end_lost && !st->has_end)
		twc__h2_stream_reset(st, NGHTTP2_NO_ERROR, NULL);
}

void twc__h2_tunnel_closed(struct twc__h2_stream *st, const struct twc_err *err)
{
	struct twc__h2_tunnel *u = st->tunnel;

	st->tunnel = NULL;
	st->x = NULL;
	u->st = NULL;
	if (err && err->code)
		u->err = *err;
	if (!u->is_end_lost && u->err.code)
		twc_transport_abort(u->end.transport);
	else if (!u->is_end_lost)
		twc_transport_lose(u->end.transport);
	tunnel_maybe_free(u);
}

bool twc__h2_stream_upgrade(struct twc_http_exchange *x, struct twc_str name, struct twc_protocol *p)
{
	struct twc__h2_stream *st = x->conn;
	struct twc__h2_tunnel *u;
	char peer[TWC_ADDR_TEXT_MAX];

	(void)name;
	if (st->is_closed || st->is_reset || st->c->ending == TWC__H2_OVER)
		return false;
	x->status = 200;
	x->phase = TWC__HTTP_ENDED;
	st->tunnel = u = twc_calloc(1, sizeof(*u));
	twc__h2_stream_put_head(st, true);
	*u = (struct twc__h2_tunnel){ .end.ops = &end_ops, .st = st, .c = st->c, .x = x, .t = x->transport };
	twc_transport_ref(u->t);
	u->c->n_tunnels++;
	twc_transport_peer_text(u->t, peer, sizeof(peer));
	twc__transport_on_gone(twc__transport_to_peer(u->c->link.s->r, p, &u->end, peer, NULL, NULL), on_lost, u);
	twc__h2_stream_note(st);
	return true;
}
