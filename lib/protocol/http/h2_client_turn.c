/* SPDX-License-Identifier: MIT */
/*
 * A stream of a client's: it is opened with the turn, and ends with it, or later for the session alone. What has come and
 * cannot be given yet is held; the server gets credit for what was given, so what is held of a stream is never more than its window.
 *
 * Calls out of a stream may end its turn, which may free what holds that; the stream itself stays as long as it is in use.
 */
#include "protocol/http/h2_client.h"

#include <twc/parse.h>
#include <twc/tls.h>

#include "base/banned.h"

#define HELD_MAX (TWC__H2_CLIENT_WINDOW + 1024)

/* ---- its memory ---- */

static void consumed(struct twc__http_stream *s, size_t n)
{
	nghttp2_session *session = s->c->h2->session;

	if (n == 0)
		return;
	(void)nghttp2_session_consume_connection(session, n);
	if (!s->is_closed && !s->has_end)
		(void)nghttp2_session_consume_stream(session, s->id, n);
}

static void stream_put(struct twc__http_stream *s)
{
	if (s->turn || s->uses > 0)
		return;
	twc_buf_fini(&s->held);
	twc_http_fields_fini(&s->fields);
	twc__h2_stream_drop_pieces(s);
	twc__http_client_conn_unref(s->c);
	twc_free(s);
}

void twc__h2_stream_use(struct twc__http_stream *s)
{
	s->uses++;
}

void twc__h2_stream_unuse(struct twc__http_stream *s)
{
	s->uses--;
	stream_put(s);
}

/* The session knows it no more; the caller still does. */
static void detach(struct twc__http_stream *s)
{
	struct twc__http_client_conn *c = s->c;

	twc_timer_stop(c->r, &s->timer);
	twc_timer_stop(c->r, &s->kick);
	twc__list_remove(&s->link);
	c->h2->n_streams--;
	c->h2->n_full -= s->is_full;
	s->is_full = false;
	consumed(s, twc_buf_len(&s->held));
	if (s->id > 0 && !s->is_closed)
		(void)nghttp2_session_set_stream_user_data(c->h2->session, s->id, NULL);
	s->turn->stream = NULL;
	twc__http_turn_leave(s->turn);
	s->turn = NULL;
}

/* Also with no room when nobody uses it any more: then it is kept for a while only. */
static void say_free(struct twc__http_client_conn *c)
{
	if (c->ops && (twc__h2_client_has_room(c) || c->h2->n_streams == 0))
		c->ops->free(c->arg, c);
}

static void reset(struct twc__http_stream *s, uint32_t code)
{
	if (s->id > 0 && !s->is_closed && !s->c->h2->is_dead)
		(void)nghttp2_submit_rst_stream(s->c->h2->session, NGHTTP2_FLAG_NONE, s->id, code);
}

/* ---- its end ---- */

static void stream_end(struct twc__http_stream *s, struct twc_http_fields *trailers, const struct twc_err *err)
{
	struct twc__http_client_conn *c = s->c;
	struct twc__http_turn *turn = s->turn;
	struct twc_err copy = *err;

	twc__h2_stream_use(s);
	detach(s);
	say_free(c);
	turn->ops->end(turn, trailers, &copy);
	twc__h2_stream_unuse(s);
}

void twc__h2_stream_fail(struct twc__http_stream *s, const struct twc_err *err)
{
	reset(s, NGHTTP2_CANCEL);
	stream_end(s, NULL, err);
}

/* A request that nobody reads to its end is ended, now that its response is there (RFC 9113, 8.1). */
static void finish(struct twc__http_stream *s)
{
	static const struct twc_err none;

	if (s->turn->has_source && !s->is_sent)
		reset(s, NGHTTP2_NO_ERROR);
	stream_end(s, s->has_trailers ? &s->fields : NULL, &none);
}

void twc__h2_turn_cancel(struct twc__http_turn *turn)
{
	struct twc__http_stream *s = turn->stream;
	struct twc__http_client_conn *c = s->c;

	twc__http_client_conn_ref(c);
	reset(s, NGHTTP2_CANCEL);
	detach(s);
	stream_put(s);
	say_free(c);
	twc__h2_client_flush(c);
	twc__http_client_conn_unref(c);
}

/* ---- what becomes of the body ---- */

static bool may_give(const struct twc__http_stream *s)
{
	return s->turn && s->is_wanted && s->pauses == 0;
}

static void give(struct twc__http_stream *s, const uint8_t *p, size_t n)
{
	s->turn->body_bytes += n;
	s->turn->ops->data(s->turn, p, n);
	consumed(s, n);
}

void twc__h2_stream_data(struct twc__http_stream *s, const uint8_t *p, size_t n)
{
	struct twc_err err = { 0 };

	if (may_give(s) && twc_buf_len(&s->held) == 0) {
		give(s, p, n);
		return;
	}
	if (twc_buf_add(&s->held, p, n) == 0)
		return;
	consumed(s, n);
	twc_err_set(&err, TWC_ETOOLONG, "more than %d bytes wait to be read", HELD_MAX);
	twc__h2_stream_fail(s, &err);
}

static bool is_request_over(const struct twc__http_stream *s)
{
	const struct twc_http_upload *u = &s->turn->upload;

	return !s->turn->has_source || s->is_sent || s->is_closed || !(u->is_open || u->is_waiting || u->is_whole);
}

void twc__h2_stream_settle(struct twc__http_stream *s)
{
	struct twc_buf held;

	twc__h2_stream_use(s);
	if (may_give(s) && twc_buf_len(&s->held) > 0) {
		held = s->held;
		twc_buf_init(&s->held, HELD_MAX);
		give(s, (const uint8_t *)twc_buf_head(&held), twc_buf_len(&held));
		twc_buf_fini(&held);
	}
	if (may_give(s) && s->is_whole && is_request_over(s))
		finish(s);
	twc__h2_stream_unuse(s);
}

static void on_kick(struct twc_timer *t, void *arg)
{
	struct twc__http_stream *s = arg;
	struct twc__http_client_conn *c = s->c;
	struct twc_err err = s->failure;

	(void)t;
	twc__http_client_conn_ref(c);
	if (err.code)
		twc__h2_stream_fail(s, &err);
	else
		twc__h2_stream_settle(s);
	twc__h2_client_flush(c);
	twc__http_client_conn_unref(c);
}

void twc__h2_stream_kick(struct twc__http_stream *s)
{
	twc_timer_start(s->c->r, &s->kick, 0, on_kick, s);
}

static void unblock(struct twc__http_stream *s)
{
	if (s->uses == 0) /* else who uses it goes on */
		twc__h2_stream_kick(s);
}

void twc__h2_turn_read(struct twc__http_turn *turn)
{
	turn->stream->is_wanted = true;
	unblock(turn->stream);
}

void twc__h2_turn_pause(struct twc__http_turn *turn)
{
	turn->stream->pauses++;
}

void twc__h2_turn_resume(struct twc__http_turn *turn)
{
	struct twc__http_stream *s = turn->stream;

	if (s->pauses > 0 && --s->pauses == 0)
		unblock(s);
}

/* ---- its clocks ---- */

static void on_too_late(struct twc_timer *t, void *arg)
{
	struct twc__http_stream *s = arg;
	struct twc__http_client_conn *c = s->c;
	struct twc_err err = { 0 };
	char limit[32];

	(void)t;
	twc__http_client_conn_ref(c);
	if (twc__http_upload_was_waiting(&s->turn->upload)) {
		twc__http_upload_start(&s->turn->upload); /* no leave came, and none is needed (RFC 9110, 10.1.1) */
	} else {
		twc_format_duration(limit, sizeof(limit), s->turn->first_byte_ns);
		twc_err_set(&err, TWC_ETIMEDOUT, "no answer to the request within %s", limit);
		twc__h2_stream_fail(s, &err);
	}
	twc__h2_client_flush(c);
	twc__http_client_conn_unref(c);
}

void twc__h2_stream_await(struct twc__http_stream *s)
{
	if (s->turn->first_byte_ns > 0 && !s->has_head)
		twc_timer_start(s->c->r, &s->timer, s->turn->first_byte_ns, on_too_late, s);
}

/* ---- its beginning ---- */

static struct twc_str scheme_of(const struct twc__http_turn *turn)
{
	struct twc_tls_info info;

	if (turn->scheme.n > 0)
		return turn->scheme;
	return twc_tls_info(turn->conn->base.transport, &info) ? TWC_STR("https") : TWC_STR("http");
}

static void submit(struct twc__http_stream *s)
{
	struct twc__http_turn *turn = s->turn;
	char *head = twc_str_dup(turn->head);
	nghttp2_data_provider body = twc__h2_client_provider(s);
	struct twc__h2_nvs nvs = { 0 };

	twc__h2_request_fields(head, turn->head.n, scheme_of(turn), turn->may_not_expect, &nvs);
	turn->request_bytes = twc__h2_request_size(&nvs);
	s->id = nghttp2_submit_request(s->c->h2->session, NULL, nvs.v, nvs.n, turn->has_source ? &body : NULL, s);
	twc__h2_nvs_fini(&nvs);
	twc_free(head);
}

/* All numbers of streams are used up: this is no place for requests any more. */
static void not_opened(struct twc__http_stream *s)
{
	s->turn->was_refused = true;
	twc_err_set(&s->failure, TWC_EPROTO, "HTTP/2 connection: it takes no more requests (%s)", nghttp2_strerror(s->id));
	twc__h2_stream_kick(s);
	twc__h2_client_go(s->c);
}

static void start_body(struct twc__http_stream *s)
{
	struct twc__http_turn *turn = s->turn;

	if (!turn->has_source) {
		turn->upload.is_whole = true;
		s->is_sent = true;
		twc__h2_stream_await(s);
	} else if (turn->expect_ns > 0 && !turn->may_not_expect) {
		turn->upload.is_waiting = true;
		twc_timer_start(s->c->r, &s->timer, turn->expect_ns, on_too_late, s);
	} else {
		twc__http_upload_start(&turn->upload);
	}
}

void twc__h2_turn_begin(struct twc__http_turn *turn)
{
	struct twc__http_client_conn *c = turn->conn;
	struct twc__http_stream *s = twc_calloc(1, sizeof(*s));

	s->c = c;
	twc__http_client_conn_ref(c);
	s->turn = turn;
	s->pieces_end = &s->pieces;
	turn->stream = s;
	twc_buf_init(&s->held, HELD_MAX);
	twc__list_init(&s->link);
	twc__list_add_tail(&c->h2->streams, &s->link);
	c->h2->n_streams++;
	turn->times.sent = twc_reactor_now(c->r);
	c->h2->depth++; /* all of it leaves at once */
	submit(s);
	if (s->id < 0)
		not_opened(s);
	else
		start_body(s);
	c->h2->depth--;
	twc__h2_client_flush(c);
}
