/* SPDX-License-Identifier: MIT */
/*
 * A connection of HTTP/2 on the server's side. What comes is fed to nghttp2, which notes what it means; then streams have their turns,
 * and what they have given to nghttp2 leaves in one write. See h2_server.h.
 *
 * Its end is in two steps (RFC 9113, 6.8): GOAWAY for the highest number, so that nothing on its way is lost, and when the client has
 * heard that, GOAWAY for the last request. Then it lasts as long as its streams.
 */
#include "protocol/http/h2_server.h"

#include "transport/transport_int.h"
#include "base/banned.h"

/* ---- the store ---- */

struct twc__h2_store *twc__h2_store_of(struct twc_http_server *s)
{
	int rc;

	if (s->h2)
		return s->h2;
	s->h2 = twc_calloc(1, sizeof(*s->h2));
	rc = nghttp2_session_callbacks_new(&s->h2->callbacks);
	TWC_ASSERT(rc == 0);
	twc__h2_set_callbacks(s->h2->callbacks);
	twc__h2_memory_init(&s->h2->memory);
	return s->h2;
}

void twc__h2_store_free(struct twc__h2_store *store)
{
	if (!store)
		return;
	while (store->n_spare)
		twc__h2_stream_memory_free(store->spare[--store->n_spare]);
	nghttp2_session_callbacks_del(store->callbacks);
	twc__h2_nvs_fini(&store->nvs);
	twc__h2_out_fini(&store->out);
	twc__h2_memory_fini(&store->memory);
	twc_free(store);
}

/* ---- the end ---- */

static void conn_lose(struct twc__h2_conn *c)
{
	c->ending = TWC__H2_OVER;
	twc_transport_lose(c->link.base.transport);
}

static void tell_refused(struct twc__h2_conn *c, uint32_t code, const struct twc_err *err)
{
	struct twc_http_server *s = c->link.s;
	struct twc_log *log = twc_reactor_log(s->r);
	char peer[TWC_ADDR_TEXT_MAX];

	s->stats.refused++;
	if (twc_log_is_on(log, TWC_LOG_http, code == NGHTTP2_ENHANCE_YOUR_CALM ? TWC_LOG_WARN : TWC_LOG_INFO))
		twc_log_write(log, code == NGHTTP2_ENHANCE_YOUR_CALM ? TWC_LOG_WARN : TWC_LOG_INFO, TWC_LOG_http,
			      "%s: HTTP/2 connection ended with %s: %s", twc_transport_peer_text(c->link.base.transport, peer, sizeof(peer)),
			      twc__h2_code_name(code), err->text);
	if (s->o.ops.refused)
		s->o.ops.refused(s->o.arg, c->link.base.transport, 0, err);
}

void twc__h2_conn_break(struct twc__h2_conn *c, uint32_t code, const struct twc_err *err)
{
	if (c->ending == TWC__H2_OVER)
		return;
	TWC_ASSERT(!c->is_calling);
	c->err = *err;
	tell_refused(c, code, err);
	twc__h2_say_goaway(c->link.base.transport, (uint32_t)nghttp2_session_get_last_proc_stream_id(c->session), code, err->text);
	conn_lose(c);
}

void twc__h2_conn_wind_up(struct twc__h2_conn *c)
{
	static const uint8_t ping[8] = "goaway";
	int rc;

	if (c->ending != TWC__H2_GOES_ON)
		return;
	c->ending = TWC__H2_NOTICED;
	c->since = twc__h2_now(c);
	rc = nghttp2_submit_shutdown_notice(c->session);
	TWC__H2_CHECK(rc);
	rc = nghttp2_submit_ping(c->session, NGHTTP2_FLAG_NONE, ping);
	TWC__H2_CHECK(rc);
	twc__h2_conn_wake(c);
}

void twc__h2_conn_say_last(struct twc__h2_conn *c)
{
	int rc;

	if (c->ending >= TWC__H2_LAST)
		return;
	c->ending = TWC__H2_LAST;
	rc = nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(c->session), NGHTTP2_NO_ERROR,
				   NULL, 0);
	TWC__H2_CHECK(rc);
	twc__h2_conn_wake(c);
}

/* ---- output ---- */

static uint32_t code_of(const struct twc__h2_conn *c, int rc)
{
	if (c->err.code == TWC_ELIMIT || rc == NGHTTP2_ERR_FLOODED || rc == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS)
		return NGHTTP2_ENHANCE_YOUR_CALM;
	return rc == NGHTTP2_ERR_CALLBACK_FAILURE ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_PROTOCOL_ERROR;
}

/* nghttp2 has failed, or a callback made it fail, with c->err. */
static void conn_failed(struct twc__h2_conn *c, int rc)
{
	struct twc_err err = c->err;
	uint32_t code = code_of(c, rc);

	if (!err.code)
		twc_err_set(&err, code == NGHTTP2_ENHANCE_YOUR_CALM ? TWC_ELIMIT : TWC_EPROTO, "%s", nghttp2_strerror(rc));
	twc__h2_conn_break(c, code, &err);
}

void twc__h2_conn_pump(struct twc__h2_conn *c)
{
	struct twc_transport *t = c->link.base.transport;
	struct twc_err err = { 0 };

	if (c->ending == TWC__H2_OVER || c->is_stalled)
		return;
	TWC_ASSERT(!c->is_calling);
	c->is_calling = true;
	if (twc__h2_pump(&c->store->out, c->session, t, TWC__H2_TURN, &err)) {
		if (twc__transport_is_refused(t))
			c->is_stalled = true; /* drained() comes */
		else
			twc__http_link_await(&c->link);
	}
	c->is_calling = false;
	if (err.code)
		conn_failed(c, NGHTTP2_ERR_CALLBACK_FAILURE);
}

/* ---- turns ---- */

static void begin_fresh(struct twc__h2_conn *c)
{
	struct twc__list *n;

	while (c->ending != TWC__H2_OVER && c->queued < TWC__H2_BUSY && (n = twc__list_pop(&c->fresh)))
		twc__h2_stream_begin(TWC__LIST_ENTRY(n, struct twc__h2_stream, turn));
}

static void run_ready(struct twc__h2_conn *c)
{
	struct twc__list now, *n;

	twc__list_init(&now);
	twc__list_splice(&now, &c->ready);
	while ((n = twc__list_pop(&now)))
		twc__h2_stream_turn(TWC__LIST_ENTRY(n, struct twc__h2_stream, turn));
}

/* Acknowledgements that the client does not take are not made any more either. */
static void throttle(struct twc__h2_conn *c)
{
	bool is_too_much = c->is_stalled && nghttp2_session_get_outbound_queue_size(c->session) > 2 * TWC__H2_STREAMS_MAX;

	if (is_too_much == c->is_paused)
		return;
	c->is_paused = is_too_much;
	if (is_too_much)
		twc_transport_pause(c->link.base.transport);
	else
		twc_transport_resume(c->link.base.transport);
}

static bool is_done(struct twc__h2_conn *c)
{
	if (c->is_stalled)
		return false;
	if (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session)) /* broken, and that was said */
		return true;
	return c->ending == TWC__H2_LAST && !c->n_streams && !c->n_tunnels;
}

static void settle(struct twc__h2_conn *c)
{
	bool is_busy = c->n_streams || c->heading || c->is_stalled || !c->is_acked || c->ending != TWC__H2_GOES_ON;

	if (c->ending != TWC__H2_OVER) {
		throttle(c);
		if (is_done(c) && twc__list_is_empty(&c->ready))
			conn_lose(c);
	}
	if (is_busy == c->link.is_busy)
		return;
	if (!is_busy)
		c->link.since = twc__h2_now(c);
	twc__http_link_move(&c->link, is_busy);
}

/* What has been noted, then what is to be said. What that brings about is for the next turn. */
static void turn(struct twc__h2_conn *c)
{
	c->is_running = true;
	run_ready(c);
	begin_fresh(c);
	run_ready(c);
	twc__h2_conn_pump(c);
	run_ready(c);
	c->is_running = false;
	if (!c->is_lost && c->ending != TWC__H2_OVER &&
	    (!twc__list_is_empty(&c->ready) || (!twc__list_is_empty(&c->fresh) && c->queued < TWC__H2_BUSY) ||
	     (!c->is_stalled && nghttp2_session_want_write(c->session) && nghttp2_session_get_outbound_queue_size(c->session))))
		twc__http_link_await(&c->link);
	settle(c);
}

void twc__h2_conn_wake(struct twc__h2_conn *c)
{
	if (!c->is_running && !c->is_lost)
		twc__http_link_await(&c->link);
}

static void conn_run(struct twc__http_link *l)
{
	turn((struct twc__h2_conn *)l);
}

static void conn_stop(struct twc__http_link *l)
{
	struct twc__h2_conn *c = (struct twc__h2_conn *)l;

	TWC__LIST_FOR_SAFE(n, &c->streams) {
		struct twc__h2_stream *st = TWC__LIST_ENTRY(n, struct twc__h2_stream, node);

		if (st->x && st->x->is_counted)
			twc__http_exchange_stopping(st->x);
	}
	twc__h2_conn_wind_up(c);
}

/* ---- what the transport tells ---- */

/* False: the connection is over. */
static bool feed(struct twc__h2_conn *c, const uint8_t *p, size_t n)
{
	ssize_t rc;

	if (!n)
		return true;
	c->is_calling = true;
	rc = nghttp2_session_mem_recv(c->session, p, n);
	c->is_calling = false;
	if (rc < 0)
		conn_failed(c, (int)rc);
	return rc >= 0;
}

static void conn_data(struct twc_protocol *base, const uint8_t *p, size_t n)
{
	struct twc__h2_conn *c = (struct twc__h2_conn *)base;
	const uint8_t *end = p + n, *fed = p, *begin;
	struct twc_err err = { 0 };
	uint32_t code;

	if (c->ending == TWC__H2_OVER)
		return;
	c->is_running = true;
	for (p = twc__h2_skim(&c->skim, p, end, &begin); begin; p = twc__h2_skim(&c->skim, p, end, &begin)) {
		if (!feed(c, fed, (size_t)(begin - fed)))
			break;
		fed = begin;
		code = twc__h2_skim_look(c, &err);
		if (code) {
			twc__h2_conn_break(c, code, &err);
			break;
		}
	}
	if (!begin)
		feed(c, fed, (size_t)(end - fed));
	turn(c);
}

/* A client that sends nothing more cannot take part any more. */
static void conn_eof(struct twc_protocol *base)
{
	struct twc__h2_conn *c = (struct twc__h2_conn *)base;

	if (c->n_streams && !c->err.code)
		twc_err_set(&c->err, TWC_ETRUNC, "the client ended the connection before the response");
	conn_lose(c);
}

static void conn_drained(struct twc_protocol *base)
{
	struct twc__h2_conn *c = (struct twc__h2_conn *)base;

	c->is_stalled = false;
	if (twc__transport_is_broken(base->transport))
		conn_lose(c);
	else
		turn(c);
}

static void conn_free(struct twc__h2_conn *c)
{
	struct twc_http_server *s = c->link.s;

	nghttp2_session_del(c->session);
	twc_free(c);
	s->stats.open--;
	twc__http_server_left(s);
}

/* A stream's protocol may hear of its end only later, and the connection waits for that. */
void twc__h2_conn_tunnel_gone(struct twc__h2_conn *c)
{
	c->n_tunnels--;
	if (c->is_lost && !c->n_tunnels)
		conn_free(c);
	else if (!c->is_lost)
		twc__h2_conn_wake(c);
}

static void conn_lost(struct twc_protocol *base, const struct twc_err *reason)
{
	struct twc__h2_conn *c = (struct twc__h2_conn *)base;
	struct twc_err err = c->err.code ? c->err : *reason;

	twc__http_link_lost(&c->link);
	c->link.s->stats.open++; /* until it is freed */
	c->n_tunnels++;	 /* which is not before the end of this */
	c->is_lost = true;
	c->ending = TWC__H2_OVER;
	if (!err.code)
		twc_err_set(&err, TWC_ETRUNC, "the connection ended before the response");
	TWC__LIST_FOR_SAFE(n, &c->streams) {
		struct twc__h2_stream *st = TWC__LIST_ENTRY(n, struct twc__h2_stream, node);

		st->is_closed = true;
		twc__h2_stream_over(st, st->is_sent ? NULL : &err);
		twc__h2_stream_free(st);
	}
	twc__h2_conn_tunnel_gone(c);
}

static const struct twc_protocol_ops conn_ops = {
	.name = "http2",
	.data = conn_data,
	.eof = conn_eof,
	.drained = conn_drained,
	.lost = conn_lost,
};

static const struct twc__http_link_ops link_ops = {
	.run = conn_run,
	.look = twc__h2_conn_look,
	.look_idle = twc__h2_conn_look_idle,
	.stop = conn_stop,
};

/* ---- the beginning ---- */

static void say_settings(struct twc__h2_conn *c)
{
	const struct twc_http_server_opts *o = &c->link.s->o;
	const nghttp2_settings_entry entry[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, TWC__H2_STREAMS_MAX },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, TWC__H2_STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)o->max_head },
		{ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};
	int rc = nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, entry, TWC_ARRAY_LEN(entry));

	TWC__H2_CHECK(rc);
	rc = nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, TWC__H2_CONN_WINDOW);
	TWC__H2_CHECK(rc);
}

void twc__h2_conn_take(struct twc_http_server *s, struct twc_transport *t, uint64_t since, const uint8_t *p, size_t n)
{
	struct twc__h2_conn *c = twc_calloc(1, sizeof(*c));

	twc__http_link_init(&c->link, s, &conn_ops, &link_ops);
	c->link.since = c->since = since;
	c->guard.at = twc__h2_now(c);
	c->last_id = -1;
	c->store = twc__h2_store_of(s);
	twc__list_init(&c->streams);
	twc__list_init(&c->fresh);
	twc__list_init(&c->ready);
	twc__h2_skim_init(&c->skim);
	c->session = twc__h2_session_new(true, s->h2->callbacks, c, &s->h2->memory.mem);
	twc__list_add_tail(&s->idle, &c->link.node);
	twc_transport_set_protocol(t, &c->link.base);
	say_settings(c);
	if (s->is_stopping)
		twc__h2_conn_wind_up(c);
	conn_data(&c->link.base, p, n);
}
