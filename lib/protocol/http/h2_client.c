/* SPDX-License-Identifier: MIT */
/*
 * A client's connection of HTTP/2: bytes from the transport to the session of nghttp2, and back; and its end, which the server
 * announces (GOAWAY), brings about, or deserves. Turns are h2_client_turn.c's.
 *
 * The session is never called from inside one of its own callbacks to take or to make bytes: what a callback wants said is said by
 * whoever called the session, in twc__h2_client_flush. It is freed with the connection.
 */
#include "protocol/http/h2_client.h"

#include <twc/parse.h>

#include "base/banned.h"

static struct twc__http_client_conn *self(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc__http_client_conn, base);
}

void twc__http_h2_client_free(struct twc__http_h2_client *h)
{
	if (!h)
		return;
	nghttp2_session_del(h->session);
	twc__h2_out_fini(&h->out);
	twc_free(h);
}

static unsigned room(const struct twc__http_client_conn *c)
{
	const struct twc__http_h2_client *h = c->h2;
	uint32_t max = TWC__H2_CLIENT_STREAMS;

	if (h->is_dead || h->is_going)
		return 0;
	if (h->has_settings)
		max = nghttp2_session_get_remote_settings(h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	if (max > TWC__H2_CLIENT_STREAMS_MAX)
		max = TWC__H2_CLIENT_STREAMS_MAX;
	return max > h->n_streams ? max - h->n_streams : 0;
}

bool twc__h2_client_has_room(const struct twc__http_client_conn *c)
{
	return room(c) > 0;
}

static unsigned running(const struct twc__http_client_conn *c)
{
	return c->h2->n_streams;
}

/* ---- its end ---- */

static void close_transport(struct twc__http_client_conn *c)
{
	if (c->h2->is_dead)
		return;
	c->h2->is_dead = true;
	twc_transport_no_linger(c->base.transport);
	twc_transport_lose(c->base.transport);
	twc__http_client_conn_say_gone(c);
}

static struct twc__http_stream *first_unanswered(struct twc__http_h2_client *h)
{
	TWC__LIST_FOR(n, &h->streams) {
		struct twc__http_stream *s = TWC_CONTAINER_OF(n, struct twc__http_stream, link);

		if (!s->is_whole)
			return s;
	}
	return NULL;
}

void twc__h2_client_say_goodbye(const struct twc__http_h2_client *h, struct twc_err *err)
{
	const struct twc_err was = *err;

	if (!h->goodbye[0])
		return;
	twc_err_set(err, was.code, "%s; it said %s", was.text, h->goodbye);
	err->sys = was.sys;
}

/* What its end is for one of them. */
static void explain_end(const struct twc__http_stream *s, struct twc_err *err)
{
	if (err->code != TWC_ETRUNC)
		return;
	if (s->turn->times.first_byte == 0)
		twc_err_set(err, TWC_ETRUNC, "the server closed the connection without an answer");
	else if (!s->has_head)
		twc_err_set(err, TWC_ETRUNC, "the server closed the connection in the middle of a head");
	else if (s->framing.body == TWC__HTTP_LENGTH)
		twc_err_set(err, TWC_ETRUNC, "the body stopped after %llu of %llu bytes",
			    (unsigned long long)(s->turn->body_bytes + twc_buf_len(&s->held)),
			    (unsigned long long)s->framing.length);
	else
		twc_err_set(err, TWC_ETRUNC, "the body stopped after %llu bytes",
			    (unsigned long long)(s->turn->body_bytes + twc_buf_len(&s->held)));
}

/* Nothing will come of those that are left; what has come whole is still to be given out. */
static void fail_all(struct twc__http_client_conn *c, const struct twc_err *reason)
{
	struct twc__http_stream *s;

	while ((s = first_unanswered(c->h2))) {
		struct twc_err err = *reason;

		s->turn->was_silent = s->turn->times.first_byte == 0;
		explain_end(s, &err);
		if (err.code == TWC_ETRUNC || err.code == TWC_ERESET)
			twc__h2_client_say_goodbye(c->h2, &err);
		twc__h2_stream_fail(s, &err);
	}
	TWC__LIST_FOR(n, &c->h2->streams) {
		s = TWC_CONTAINER_OF(n, struct twc__http_stream, link);
		s->is_closed = true;
		twc__h2_stream_kick(s);
	}
}

static void break_off(struct twc__http_client_conn *c)
{
	struct twc__http_h2_client *h = c->h2;
	struct twc_err err = h->err;

	h->is_going = true;
	twc__http_client_conn_say_gone(c);
	fail_all(c, &err);
	close_transport(c);
}

void twc__h2_client_go(struct twc__http_client_conn *c)
{
	c->h2->is_going = true;
	twc__http_client_conn_say_gone(c);
}

static void leave(struct twc__http_client_conn *c)
{
	struct twc__http_h2_client *h = c->h2;

	if (h->is_dead)
		return;
	h->is_going = true;
	if (h->n_streams > 0) {
		h->is_dead = true;
		twc_transport_abort(c->base.transport);
		return;
	}
	(void)nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
	twc__h2_client_flush(c);
}

/* ---- what goes ---- */

static void look_for_the_end(struct twc__http_client_conn *c)
{
	struct twc__http_h2_client *h = c->h2;
	bool is_over = !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);

	if (is_over && h->n_streams > 0 && !h->err.code)
		twc_err_set(&h->err, TWC_EPROTO, "HTTP/2 connection: it was over before the response was");
	if (h->err.code)
		break_off(c);
	else if (is_over || (h->is_going && h->n_streams == 0))
		close_transport(c);
	else if (h->n_streams == 0)
		twc__h2_out_fini(&h->out); /* it may be kept for long */
}

void twc__h2_client_flush(struct twc__http_client_conn *c)
{
	struct twc__http_h2_client *h = c->h2;
	struct twc_err err = { 0 };
	bool is_stuck;

	if (h->depth > 0 || h->is_dead)
		return;
	twc__http_client_conn_ref(c);
	if (h->err.code) { /* the session is not to be asked any more */
		twc__h2_say_goaway(c->base.transport, 0, NGHTTP2_PROTOCOL_ERROR, "");
		break_off(c);
		twc__http_client_conn_unref(c);
		return;
	}
	h->depth++;
	do
		is_stuck = twc__h2_pump(&h->out, h->session, c->base.transport, SIZE_MAX, &err);
	while (!err.code && !is_stuck && twc__h2_client_produce(c));
	h->depth--;
	if (err.code && !h->err.code)
		h->err = err;
	if (!h->is_dead)
		look_for_the_end(c);
	twc__http_client_conn_unref(c);
}

/* ---- what comes ---- */

/* A server of HTTP/1 answers the preface in its own way. */
static bool is_http1(const uint8_t *data, size_t n)
{
	return n >= 7 && memcmp(data, "HTTP/1.", 7) == 0;
}

static void on_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__http_client_conn *c = self(p);
	struct twc__http_h2_client *h = c->h2;
	ssize_t rc;

	if (h->is_dead)
		return;
	twc__http_client_conn_ref(c);
	h->depth++;
	if (!h->has_read && is_http1(data, n)) {
		twc_err_set(&h->err, TWC_EPROTO, "HTTP/2 connection: the server speaks HTTP/1");
	} else {
		h->useless_bytes += n; /* unless a frame in them says otherwise */
		rc = nghttp2_session_mem_recv(h->session, data, n);
		if (rc >= 0)
			(void)twc__h2_client_is_calm(c, h->useless_bytes);
		if (rc < 0 && !h->err.code)
			twc_err_set(&h->err, rc == NGHTTP2_ERR_NOMEM ? TWC_ENOMEM : TWC_EPROTO, "HTTP/2 connection: %s",
				    nghttp2_strerror((int)rc));
	}
	h->has_read = true;
	h->depth--;
	if (!h->is_dead)
		twc__h2_client_flush(c);
	twc__http_client_conn_unref(c);
}

static void on_eof(struct twc_protocol *p)
{
	struct twc__http_client_conn *c = self(p);

	twc__http_client_conn_ref(c);
	if (!c->h2->err.code)
		twc_err_set(&c->h2->err, TWC_ETRUNC, "the server closed the connection");
	break_off(c);
	twc__http_client_conn_unref(c);
}

static void on_drained(struct twc_protocol *p)
{
	twc__h2_client_flush(self(p));
}

static void on_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__http_client_conn *c = self(p);

	if (c->h2->err.code == 0)
		c->h2->err = *reason;
	if (c->h2->err.code == 0)
		twc_err_set(&c->h2->err, TWC_ETRUNC, "the server closed the connection");
	c->h2->is_dead = true;
	p->transport = NULL; /* a response that is held outlives it */
	break_off(c);
	twc__http_client_conn_unref(c);
}

/* ---- its beginning ---- */

static void on_made(struct twc_protocol *p)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, TWC__H2_CLIENT_WINDOW },
	};
	struct twc__http_client_conn *c = self(p);
	struct twc__http_h2_client *h = twc_calloc(1, sizeof(*h));
	nghttp2_session_callbacks *callbacks = NULL;
	int rc = nghttp2_session_callbacks_new(&callbacks);

	TWC_ASSERT(rc == 0);
	c->h2 = h;
	twc__list_init(&h->streams);
	twc__h2_client_callbacks(callbacks);
	twc__h2_client_send_callbacks(callbacks);
	h->session = twc__h2_session_new(false, callbacks, c, NULL);
	nghttp2_session_callbacks_del(callbacks);
	rc = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, TWC_ARRAY_LEN(settings));
	if (rc == 0)
		rc = nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, TWC__H2_CLIENT_CONN_WINDOW);
	TWC_ASSERT(rc == 0);
	twc__h2_client_flush(c);
}

static int show(const struct twc__http_client_conn *c, const struct twc__http_turn *turn, struct twc_buf *out)
{
	char *copy = twc_str_dup(turn->head);
	struct twc__h2_nvs nvs = { 0 };
	int rc;

	(void)c;
	twc__h2_request_fields(copy, turn->head.n, turn->scheme, turn->may_not_expect, &nvs);
	rc = twc__h2_request_text(&nvs, out);
	twc__h2_nvs_fini(&nvs);
	twc_free(copy);
	return rc;
}

static const struct twc_protocol_ops protocol_ops = {
	.name = "http2",
	.made = on_made,
	.data = on_data,
	.eof = on_eof,
	.drained = on_drained,
	.lost = on_lost,
};

const struct twc__http_client_kind twc__http_client_h2 = {
	.version = 20,
	.protocol = &protocol_ops,
	.begin = twc__h2_turn_begin,
	.cancel = twc__h2_turn_cancel,
	.read = twc__h2_turn_read,
	.pause = twc__h2_turn_pause,
	.resume = twc__h2_turn_resume,
	.room = room,
	.running = running,
	.leave = leave,
	.show = show,
	.is_full = twc__h2_upload_is_full,
	.write = twc__h2_upload_write,
	.file = twc__h2_upload_file,
	.end = twc__h2_upload_end,
	.fail = twc__h2_upload_fail,
};
