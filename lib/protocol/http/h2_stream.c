/* SPDX-License-Identifier: MIT */
/*
 * A stream of HTTP/2: one exchange, from the first field on until nghttp2 has forgotten the stream.
 *
 *	new -> (fields) -> fresh -> begun -> (data, answer) -> sent -> closed -> free
 *
 * Whatever happens to it is noted, and it has a turn (twc__h2_stream_turn), in which its handler is told. Of the body as much comes as
 * the stream's window lets; credit is given for what the handler has taken, and for nothing else. What nobody wants is thrown away,
 * and no more credit is given when that was much; a while after it is answered the stream is reset with NO_ERROR (RFC 9113, 8.1). Not at
 * once: there are clients that lose an answer which comes together with the reset.
 */
#include "protocol/http/h2_server.h"

#include "transport/transport_int.h"
#include "base/banned.h"

#define KEEP_IN (16 * 1024)

/* ---- life ---- */

static struct twc__h2_stream *stream_make(void)
{
	struct twc__h2_stream *st = twc_calloc(1, sizeof(*st));

	twc__list_init(&st->node);
	twc__list_init(&st->turn);
	twc__h2_queue_init(&st->out);
	twc_buf_init(&st->in, TWC__H2_STREAM_WINDOW + 1024);
	return st;
}

struct twc__h2_stream *twc__h2_stream_new(struct twc__h2_conn *c, int32_t id)
{
	struct twc__h2_store *store = c->store;
	struct twc__h2_stream *st = store->n_spare ? store->spare[--store->n_spare] : stream_make();

	st->c = c;
	st->id = id;
	st->x = twc__http_exchange_new(c->link.s, &twc__h2_stream_carrier, st, c->link.base.transport);
	st->x->request.started_ns = twc__h2_now(c);
	st->x->request.version = 20;
	st->is_fresh = true;
	twc__list_add_tail(&c->streams, &st->node);
	c->n_streams++;
	return st;
}

void twc__h2_stream_memory_free(struct twc__h2_stream *st)
{
	twc__h2_queue_fini(&st->out);
	twc_buf_fini(&st->in);
	twc_free(st);
}

void twc__h2_stream_free(struct twc__h2_stream *st)
{
	struct twc__h2_store *store = st->c->store;
	const size_t from = offsetof(struct twc__h2_stream, c);

	TWC_ASSERT(!st->x);
	if (st->c->last == st)
		st->c->last = NULL;
	twc__list_remove(&st->node);
	twc__list_remove(&st->turn);
	st->c->n_streams--;
	st->c->queued -= st->counted;
	twc_free(st->err);
	if (store->n_spare == TWC__H2_SPARE) {
		twc__h2_stream_memory_free(st);
		return;
	}
	twc__h2_queue_clear(&st->out);
	if (st->in.cap > KEEP_IN)
		twc_buf_fini(&st->in);
	else
		twc_buf_clear(&st->in);
	memset((char *)st + from, 0, sizeof(*st) - from);
	store->spare[store->n_spare++] = st;
}

void twc__h2_stream_note(struct twc__h2_stream *st)
{
	if (twc__list_is_linked(&st->turn))
		return;
	twc__list_add_tail(&st->c->ready, &st->turn);
	twc__h2_conn_wake(st->c);
}

void twc__h2_stream_over(struct twc__h2_stream *st, const struct twc_err *err)
{
	struct twc_http_exchange *x = st->x;

	if (st->tunnel) {
		twc__h2_tunnel_closed(st, err); /* it is over when the protocol has heard so */
		return;
	}
	if (!x)
		return;
	st->x = NULL;
	if (!x->is_counted)
		x->is_refusal = true; /* it never was one */
	twc__http_exchange_over(x, err);
	x->conn = NULL;
	twc__http_exchange_unref(x);
}

void twc__h2_stream_reset(struct twc__h2_stream *st, uint32_t code, const struct twc_err *err)
{
	int rc;

	if (st->is_closed || st->is_reset || st->c->ending == TWC__H2_OVER)
		return;
	st->is_reset = st->c->has_reset = true;
	if (err && !st->err) {
		st->err = twc_malloc(sizeof(*st->err));
		*st->err = *err;
	}
	rc = nghttp2_submit_rst_stream(st->c->session, NGHTTP2_FLAG_NONE, st->id, code);
	TWC__H2_CHECK(rc);
	twc__h2_conn_wake(st->c);
}

/* ---- its request ---- */

static void refuse(struct twc__h2_stream *st, int status, const struct twc_err *err)
{
	struct twc_http_server *s = st->c->link.s;

	s->stats.refused++;
	if (s->o.ops.refused)
		s->o.ops.refused(s->o.arg, st->c->link.base.transport, status, err);
	st->x->is_refusal = true;
	twc_http_send_error(st->x, status, err->text);
}

void twc__h2_stream_begin(struct twc__h2_stream *st)
{
	struct twc__h2_conn *c = st->c;
	struct twc_http_server *s = c->link.s;
	struct twc_err err = { 0 };
	int rc;

	st->is_fresh = false;
	rc = st->is_reset ? 0 : twc__h2_stream_read_request(st, &err);
	if (st->is_reset) /* it is none */
		return;
	if (rc) {
		refuse(st, rc, &err);
		return;
	}
	st->x->request.number = ++c->number;
	s->stats.requests++;
	if (s->o.max_requests && c->number >= s->o.max_requests)
		twc__h2_conn_wind_up(c);
	twc__http_exchange_start(st->x, s->handler);
	twc__h2_stream_note(st);
}

/* ---- its body ---- */

static void consume(struct twc__h2_stream *st, size_t n)
{
	struct twc__h2_conn *c = st->c;
	int rc;

	if (c->ending == TWC__H2_OVER || !n)
		return;
	rc = st->is_closed ? nghttp2_session_consume_connection(c->session, n) : nghttp2_session_consume(c->session, st->id, n);
	TWC__H2_CHECK(rc);
}

static bool is_wanted(const struct twc__h2_stream *st)
{
	if (!st->x || st->is_fresh)
		return false;
	return st->tunnel ? twc__h2_tunnel_wants(st) : st->x->phase < TWC__HTTP_ENDED && twc__http_wants_body(st->x);
}

bool twc__h2_stream_awaits_body(const struct twc__h2_stream *st)
{
	return !st->has_end && is_wanted(st) && !twc_buf_len(&st->in);
}

/* To whoever wants it; a piece with which it becomes too long to nobody. */
static void give(struct twc__h2_stream *st, const uint8_t *p, size_t n)
{
	struct twc_http_exchange *x = st->x;
	uint64_t max = st->c->link.s->o.max_body;
	struct twc_err err = { 0 };

	if (st->tunnel) {
		twc__h2_tunnel_data(st, p, n);
		return;
	}
	if (n <= max - x->body_seen) {
		x->body_seen += n;
		twc__http_exchange_body(x, p, n);
		return;
	}
	twc_err_set(&err, TWC_ETOOLONG, "the body is longer than %llu bytes", (unsigned long long)max);
	twc__http_exchange_body_end(x, 413, &err);
}

/* Nobody will ever want it: the answer is complete, or the exchange is over. */
static bool is_unwanted(const struct twc__h2_stream *st)
{
	return !st->x || st->x->phase >= TWC__HTTP_ENDED;
}

static void discard(struct twc__h2_stream *st, size_t n)
{
	int rc;

	st->discarded += n;
	if (st->discarded <= TWC__HTTP_DISCARD_MAX || st->is_closed) {
		consume(st, n);
	} else if (st->c->ending != TWC__H2_OVER) { /* other streams shall go on, this one not */
		rc = nghttp2_session_consume_connection(st->c->session, n);
		TWC__H2_CHECK(rc);
	}
}

void twc__h2_stream_came(struct twc__h2_stream *st, const uint8_t *p, size_t n)
{
	if (!st->tunnel && is_unwanted(st)) {
		discard(st, n);
	} else if (is_wanted(st) && !twc_buf_len(&st->in) && !twc__list_is_linked(&st->turn)) {
		give(st, p, n);
		consume(st, n);
	} else if (twc_buf_add(&st->in, p, n) < 0) {
		TWC_BUG("a client has sent more than the window of its stream");
	} else {
		twc__h2_stream_note(st);
	}
}

/* RFC 9110, 10.1.1. */
static void say_continue(struct twc__h2_stream *st)
{
	struct twc_http_exchange *x = st->x;

	if (x->said_continue || st->tunnel)
		return;
	x->said_continue = true;
	if (x->framing.expects_continue && x->phase == TWC__HTTP_OPEN && !twc_buf_len(&st->in) && !st->has_end)
		x->carrier->inform(x, 100);
}

static void hand_out(struct twc__h2_stream *st)
{
	while (is_wanted(st) && twc_buf_len(&st->in)) {
		struct twc_buf in = st->in;
		size_t n = twc_buf_len(&in);

		twc_buf_init(&st->in, in.max); /* the receiver may end the stream */
		give(st, (const uint8_t *)twc_buf_head(&in), n);
		consume(st, n);
		twc_buf_fini(&in);
	}
	if (!is_wanted(st))
		return;
	say_continue(st);
	if (!st->has_end)
		return;
	st->x->is_body_whole = true;
	if (st->tunnel)
		twc__h2_tunnel_eof(st);
	else
		twc__http_exchange_body_end(st->x, 0, NULL);
}

/* ---- turns ---- */

static void tell_closed(struct twc__h2_stream *st)
{
	struct twc_err err = { 0 };

	if (st->err)
		err = *st->err;
	else if (!st->is_sent && st->code == NGHTTP2_CANCEL)
		twc_err_set(&err, TWC_ERESET, "the client has taken the request back");
	else if (!st->is_sent)
		twc__h2_explain(&err, "the stream was reset", st->code);
	twc__h2_stream_over(st, err.code ? &err : NULL);
}

/* Answered: whoever took the body hears that there is no more need. */
static void tell_sent(struct twc__h2_stream *st)
{
	struct twc__h2_conn *c = st->c;
	size_t n = twc_buf_len(&st->in);

	if (st->tunnel) {
		twc__h2_tunnel_sent(st);
		hand_out(st);
		return;
	}
	if (st->x && st->x->wants_close && !st->x->body_fault)
		twc__h2_conn_wind_up(c);
	twc__h2_stream_over(st, NULL);
	twc_buf_consume(&st->in, n);
	if (n)
		discard(st, n);
}

void twc__h2_stream_turn(struct twc__h2_stream *st)
{
	if (st->is_closed) {
		tell_closed(st);
		consume(st, twc_buf_len(&st->in));
		twc__h2_stream_free(st);
		return;
	}
	if (st->is_sent)
		tell_sent(st);
	else if (!st->is_fresh)
		hand_out(st);
	if (st->x && !st->is_sent)
		twc__h2_stream_drain(st);
}
