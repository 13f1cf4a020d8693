/* SPDX-License-Identifier: MIT */
/*
 * What the session tells of what has come: heads (field by field), bodies, ends of streams, and what concerns the connection. That
 * messages are well-formed (RFC 9113, 8.1.1) nghttp2 sees to: it resets a stream that is not, and here only its end is heard.
 */
#include "protocol/http/h2_client.h"

#include <stdio.h>

#include "base/banned.h"

#define USELESS_MAX 1000 /* frames that bring nothing, within USELESS_NS */
#define USELESS_BYTES (512 * 1024) /* of frames that nobody knows, too; more than any frame, and any read, has */
#define USELESS_NS (10 * TWC_NS_PER_S)

static struct twc__http_stream *stream_of(nghttp2_session *session, int32_t id)
{
	struct twc__http_stream *s = id > 0 ? nghttp2_session_get_stream_user_data(session, id) : NULL;

	return s && s->turn ? s : NULL;
}

/* ---- floods ---- */

static bool is_useless(const nghttp2_frame_hd *hd)
{
	switch (hd->type) {
	case NGHTTP2_HEADERS:
	case NGHTTP2_CONTINUATION: /* nghttp2 bounds them */
	case NGHTTP2_GOAWAY:
		return false;
	case NGHTTP2_DATA:
		return hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM);
	default:
		return true;
	}
}

/* A server can keep us busy for ever with what costs it nothing (RFC 9113, 10.5). */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
	struct twc__http_client_conn *c = arg;
	struct twc__http_h2_client *h = c->h2;
	struct twc__http_stream *s = stream_of(session, hd->stream_id);

	if (s && (hd->type == NGHTTP2_DATA || hd->type == NGHTTP2_HEADERS) && hd->flags & NGHTTP2_FLAG_END_STREAM)
		s->has_end = true;
	if (s && hd->type == NGHTTP2_DATA) {
		s->is_hidden = hd->flags & NGHTTP2_FLAG_PADDED;
		s->came += s->is_hidden ? 0 : hd->length;
	}
	if (!is_useless(hd)) {
		h->useless = h->useless_bytes = 0;
		return 0;
	}
	h->useless++;
	return twc__h2_client_is_calm(c, 0) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

bool twc__h2_client_is_calm(struct twc__http_client_conn *c, size_t bytes)
{
	struct twc__http_h2_client *h = c->h2;
	uint64_t now = twc_reactor_now(c->r);

	if (now - h->useless_since > USELESS_NS) {
		h->useless_since = now;
		h->useless = h->useless_bytes = 0;
		bytes = 0;
	}
	if (h->useless <= USELESS_MAX && bytes <= USELESS_BYTES)
		return true;
	twc_err_set(&h->err, TWC_EPROTO, "HTTP/2 connection: the server sends nothing but frames that mean nothing");
	return false;
}

/* ---- heads ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct twc__http_stream *s = stream_of(session, frame->hd.stream_id);

	(void)arg;
	if (!s)
		return 0;
	if (s->turn->times.first_byte == 0)
		s->turn->times.first_byte = twc_reactor_now(s->c->r);
	twc_http_fields_clear(&s->fields);
	s->head_size = sizeof("HTTP/2 200 \r\n\r\n") - 1;
	return 0;
}

static void too_long(struct twc__http_stream *s)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_ETOOLONG, "the heads of the response are longer than %zu bytes", s->turn->max_head);
	twc__h2_stream_fail(s, &err);
}

static void take_field(struct twc__http_stream *s, struct twc_str name, struct twc_str value)
{
	struct twc_err err = { 0 };

	s->head_size += name.n + value.n + 4;
	if ((s->has_head ? 0 : s->turn->head_bytes) + s->head_size > s->turn->max_head) {
		too_long(s);
		return;
	}
	if (s->has_head && !twc__http_may_trail(name))
		return;
	if (twc_http_fields_add(&s->fields, name, value, &err) == 0)
		return;
	if (err.code == TWC_EDATA)
		err.code = TWC_EPROTO;
	twc__h2_stream_fail(s, &err);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_n, const uint8_t *value,
		     size_t value_n, uint8_t flags, void *arg)
{
	struct twc__http_stream *s = stream_of(session, frame->hd.stream_id);

	(void)flags;
	(void)arg;
	if (!s)
		return 0;
	if (name_n == 7 && memcmp(name, ":status", 7) == 0 && value_n == 3)
		s->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
	else if (name_n > 0 && name[0] != ':')
		take_field(s, (struct twc_str){ (const char *)name, name_n }, (struct twc_str){ (const char *)value, value_n });
	return 0;
}

static void show(struct twc__http_stream *s)
{
	struct twc_buf text;

	if (!s->turn->is_shown)
		return;
	twc_buf_init(&text, s->turn->max_head + 1024);
	if (twc__h2_response_text(s->status, &s->fields, &text) == 0)
		s->turn->ops->seen(s->turn, twc_buf_str(&text));
	twc_buf_fini(&text);
}

static void on_interim(struct twc__http_stream *s)
{
	struct twc_err err = { 0 };

	if (++s->interims > TWC__H2_CLIENT_INTERIM_MAX) {
		twc_err_set(&err, TWC_EPROTO, "HTTP/2 stream: more than %d interim responses", TWC__H2_CLIENT_INTERIM_MAX);
		twc__h2_stream_fail(s, &err);
		return;
	}
	s->turn->ops->informed(s->turn, s->status, &s->fields);
	if (s->turn && s->status == 100 && twc__http_upload_was_waiting(&s->turn->upload)) {
		twc_timer_stop(s->c->r, &s->timer);
		twc__http_upload_start(&s->turn->upload);
	}
}

static void on_final(struct twc__http_stream *s, bool is_end)
{
	struct twc__http_start start = { .status = s->status, .reason = TWC_STR(""), .minor = 1 };
	struct twc__http_turn *turn = s->turn;
	struct twc_err err = { 0 };

	if (twc__http_frame_response(&start, &s->fields, turn->method, turn->lenient, &s->framing, &err) < 0) {
		twc__h2_stream_fail(s, &err);
		return;
	}
	if (is_end && s->framing.body != TWC__HTTP_NONE)
		s->framing = (struct twc__http_framing){ .body = TWC__HTTP_NONE };
	s->has_head = true;
	s->is_wanted = is_end || s->framing.body == TWC__HTTP_NONE; /* there is nothing to wait for */
	twc_timer_stop(s->c->r, &s->timer);
	twc__http_upload_answered(&turn->upload, s->status);
	turn->version = 20;
	turn->times.head = twc_reactor_now(s->c->r);
	turn->ops->head(turn, &start, &s->fields, &s->framing);
}

static void on_headers(struct twc__http_stream *s, bool is_end)
{
	struct twc_err err = { 0 };

	if (s->has_head) {
		s->has_trailers = true;
		return;
	}
	s->turn->head_bytes += s->head_size;
	show(s);
	if (!s->turn)
		return;
	if (s->status < 100) {
		twc_err_set(&err, TWC_EPROTO, "HTTP/2 stream: a status of %03d", s->status);
		twc__h2_stream_fail(s, &err);
	} else if (s->status < 200) {
		on_interim(s);
	} else {
		on_final(s, is_end);
	}
}

/* ---- bodies ---- */

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct twc__http_stream *s = stream_of(session, id);

	(void)arg;
	if (!s) { /* given up, and not yet reset */
		(void)nghttp2_session_consume(session, id, n);
		return 0;
	}
	if (flags & NGHTTP2_FLAG_PADDED)
		s->came += n;
	s->is_hidden = false;
	twc__h2_stream_use(s);
	twc__h2_stream_data(s, p, n);
	twc__h2_stream_unuse(s);
	return 0;
}

/* ---- frames ---- */

static void on_settings(struct twc__http_client_conn *c)
{
	c->h2->has_settings = true;
	if (c->ops && twc__h2_client_has_room(c))
		c->ops->free(c->arg, c);
}

static void on_message(nghttp2_session *session, const nghttp2_frame *frame)
{
	struct twc__http_stream *s = stream_of(session, frame->hd.stream_id);
	bool is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

	if (!s)
		return;
	twc__h2_stream_use(s);
	if (frame->hd.type == NGHTTP2_HEADERS)
		on_headers(s, is_end);
	if (is_end && s->turn) {
		s->is_whole = true;
		twc__h2_stream_settle(s);
	}
	twc__h2_stream_unuse(s);
}

static void on_goaway(struct twc__http_client_conn *c, const nghttp2_goaway *g)
{
	struct twc_str text = { (const char *)g->opaque_data, g->opaque_data_len };
	char shown[100];

	if (g->error_code != NGHTTP2_NO_ERROR || text.n > 0) {
		twc_escape(shown, sizeof(shown), text);
		(void)!snprintf(c->h2->goodbye, sizeof(c->h2->goodbye), text.n > 0 ? "%s (%s)" : "%s",
				twc__h2_code_name(g->error_code), shown);
	}
	twc__h2_client_go(c); /* streams above its last are refused next, by nghttp2 */
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct twc__http_client_conn *c = arg;
	struct twc__http_stream *s;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		on_message(session, frame);
		break;
	case NGHTTP2_RST_STREAM:
		s = stream_of(session, frame->hd.stream_id);
		if (s)
			s->is_reset = true;
		break;
	case NGHTTP2_SETTINGS:
		if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
			on_settings(c);
		break;
	case NGHTTP2_GOAWAY:
		on_goaway(c, &frame->goaway);
		break;
	default:
		break;
	}
	return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct twc__http_client_conn *c = arg;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR && !c->h2->err.code)
		twc_err_set(&c->h2->err, TWC_EPROTO, "HTTP/2 connection: the server does not keep to the protocol (%s)",
			    twc__h2_code_name(frame->goaway.error_code));
	return 0;
}

static int on_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int rc, void *arg)
{
	struct twc__http_stream *s = stream_of(session, frame->hd.stream_id);

	(void)arg;
	if (!s || frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	s->is_unsent = rc == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED || rc == NGHTTP2_ERR_SESSION_CLOSING;
	s->turn->was_refused = s->is_unsent;
	if (s->is_unsent)
		twc_err_set(&s->failure, TWC_ERESET, "HTTP/2 stream: the server takes no more requests");
	else
		twc_err_set(&s->failure, TWC_EDATA, "the request does not fit HTTP/2: %s", nghttp2_strerror(rc));
	twc__h2_stream_kick(s);
	return 0;
}

/* ---- the end of a stream ---- */

static void explain(const struct twc__http_stream *s, uint32_t code, struct twc_err *err)
{
	const struct twc__http_framing *f = &s->framing;
	uint64_t got = s->turn->body_bytes + twc_buf_len(&s->held);

	if (s->failure.code)
		*err = s->failure;
	else if (code == NGHTTP2_REFUSED_STREAM && !s->has_head)
		twc_err_set(err, TWC_ERESET, "HTTP/2 stream: the server refuses it (%s)", twc__h2_code_name(NGHTTP2_REFUSED_STREAM));
	else if (s->is_reset)
		twc_err_set(err, TWC_ERESET, "HTTP/2 stream: the server broke it off (%s)", twc__h2_code_name(code));
	else if (s->has_head && f->body == TWC__HTTP_LENGTH && s->is_hidden) /* nghttp2 has seen what was too much of it */
		twc_err_set(err, TWC_EPROTO, "the body has not the %llu bytes that were announced", (unsigned long long)f->length);
	else if (s->has_head && s->has_end && f->body == TWC__HTTP_LENGTH && s->came < f->length)
		twc_err_set(err, TWC_ETRUNC, "the body stopped after %llu of %llu bytes", (unsigned long long)got,
			    (unsigned long long)f->length);
	else if (s->has_head && f->body == TWC__HTTP_LENGTH && s->came > f->length)
		twc_err_set(err, TWC_EPROTO, "the body is longer than the %llu bytes that were announced",
			    (unsigned long long)f->length);
	else
		twc_err_set(err, TWC_EPROTO, "HTTP/2 stream: the response is malformed (%s)", twc__h2_code_name(code));
	if (code == NGHTTP2_REFUSED_STREAM && !s->is_reset)
		twc__h2_client_say_goodbye(s->c->h2, err);
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct twc__http_stream *s = stream_of(session, id);
	struct twc_err err = { 0 };

	(void)arg;
	if (!s)
		return 0;
	s->is_closed = true;
	twc__h2_stream_use(s);
	if (s->is_whole) {
		twc__h2_stream_settle(s);
	} else {
		explain(s, code, &err);
		s->turn->was_refused = s->is_unsent || (code == NGHTTP2_REFUSED_STREAM && s->turn->times.first_byte == 0);
		twc__h2_stream_fail(s, &err);
	}
	twc__h2_stream_unuse(s);
	return 0;
}

void twc__h2_client_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_begin_frame_callback(cb, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data_chunk);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_sent);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(cb, on_not_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
}
