/* SPDX-License-Identifier: MIT */
/*
 * What nghttp2 tells of a connection, as it reads or writes frames. Nobody above is called from here, but for a body whose receiver
 * waits: see h2_server.h. Every frame passes begin_frame, which is where the useless ones are counted.
 */
#include "protocol/http/h2_server.h"

#include "base/banned.h"

/* Mostly the same as the last time, and nghttp2 would have to look it up. */
static struct twc__h2_stream *stream_of(struct twc__h2_conn *c, int32_t id)
{
	if (c->last && c->last->id == id)
		return c->last;
	c->last = id ? nghttp2_session_get_stream_user_data(c->session, id) : NULL;
	return c->last;
}

/* ---- frames, as they begin ---- */

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
	struct twc__h2_conn *c = arg;

	(void)session;
	switch (hd->type) {
	case NGHTTP2_DATA:
		return hd->length || hd->flags & NGHTTP2_FLAG_END_STREAM ? 0 : twc__h2_charge(c, TWC__H2_CONTROL, 1);
	case NGHTTP2_HEADERS:
	case NGHTTP2_CONTINUATION:
		return 0;
	case NGHTTP2_WINDOW_UPDATE:
		return twc__h2_charge(c, TWC__H2_CREDITS, 1);
	default: /* PING, SETTINGS, PRIORITY, RST_STREAM, and what nobody knows */
		return twc__h2_charge(c, TWC__H2_CONTROL, 1);
	}
}

/* ---- header blocks ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st;

	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
		c->has_gaps |= frame->hd.stream_id != c->last_id + 2;
		c->last_id = frame->hd.stream_id;
		st = twc__h2_stream_new(c, frame->hd.stream_id);
		nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, st);
		c->last = st;
	} else {
		st = stream_of(c, frame->hd.stream_id);
	}
	c->heading = st;
	c->heading_since = twc__h2_now(c);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_n, const uint8_t *value,
		     size_t value_n, uint8_t flags, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st = c->heading;
	struct twc_str n = { (const char *)name, name_n }, v = { (const char *)value, value_n };

	(void)session;
	(void)flags;
	if (!st)
		return 0;
	return frame->headers.cat == NGHTTP2_HCAT_REQUEST ? twc__h2_stream_field(st, n, v) : twc__h2_stream_trailer(st, n, v);
}

/* A name in upper case, a control in a value: nghttp2 would leave such a field out, and RFC 9113, 8.2.1 has the request be none. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_n,
			     const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st = stream_of(c, frame->hd.stream_id);
	struct twc_err err = { 0 };
	char text[64];
	int rc;

	(void)value;
	(void)value_n;
	(void)flags;
	twc_escape(text, sizeof(text), (struct twc_str){ (const char *)name, name_n });
	twc_err_set(&err, TWC_EPROTO, "the field '%s' is none", text);
	((struct twc__h2_conn *)arg)->has_reset = true;
	if (st) {
		twc__h2_stream_reset(st, NGHTTP2_PROTOCOL_ERROR, &err);
	} else {
		rc = nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
		TWC__H2_CHECK(rc);
	}
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* nghttp2 refuses a stream, or breaks it off. */
static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int rc, void *arg)
{
	struct twc__h2_conn *c = arg;

	(void)session;
	(void)frame;
	(void)rc;
	c->has_reset = true;
	return 0;
}

/* ---- frames, when they are whole ---- */

static void head_whole(struct twc__h2_conn *c, const nghttp2_frame *frame)
{
	struct twc__h2_stream *st = c->heading;

	c->heading = NULL;
	if (!st || st->is_closed)
		return;
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		st->has_end = true;
	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
		twc__h2_stream_note(st);
		return;
	}
	twc__list_remove(&st->turn);
	twc__list_add_tail(&c->fresh, &st->turn);
}

static void heard_ack(struct twc__h2_conn *c, const nghttp2_frame *frame)
{
	if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
		return;
	if (frame->hd.type == NGHTTP2_SETTINGS)
		c->is_acked = true;
	else if (c->ending == TWC__H2_NOTICED)
		twc__h2_conn_say_last(c);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		head_whole(c, frame);
		return 0;
	case NGHTTP2_DATA:
		if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) /* all of it may be padding */
			return frame->hd.length && frame->hd.length <= frame->data.padlen ? twc__h2_charge(c, TWC__H2_CONTROL, 1) : 0;
		st = stream_of(c, frame->hd.stream_id);
		if (st) {
			st->has_end = true;
			twc__h2_stream_note(st);
		}
		return 0;
	case NGHTTP2_SETTINGS:
	case NGHTTP2_PING:
		heard_ack(c, frame);
		return 0;
	case NGHTTP2_RST_STREAM:
		st = stream_of(c, frame->hd.stream_id);
		return st && !st->is_sent ? twc__h2_charge(c, TWC__H2_RESETS, 1) : 0;
	case NGHTTP2_GOAWAY:
		if (c->ending == TWC__H2_GOES_ON)
			twc__h2_conn_say_last(c);
		return 0;
	default:
		return 0;
	}
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st = stream_of(c, id);
	int rc;

	(void)flags;
	if (st) {
		twc__h2_stream_came(st, p, n);
		return 0;
	}
	rc = nghttp2_session_consume_connection(session, n);
	TWC__H2_CHECK(rc);
	return 0;
}

/* ---- what leaves, and ends ---- */

/* nghttp2 has found the connection broken, and says so by itself. */
static void said_goaway(struct twc__h2_conn *c, const nghttp2_frame *frame)
{
	struct twc_log *log = twc_reactor_log(c->link.s->r);
	char text[160];
	size_t n = frame->goaway.opaque_data_len;

	if (frame->goaway.error_code == NGHTTP2_NO_ERROR)
		return;
	twc_escape(text, sizeof(text), (struct twc_str){ (const char *)frame->goaway.opaque_data, n });
	if (!c->err.code)
		twc__h2_explain(&c->err, n ? text : "HTTP/2", frame->goaway.error_code);
	c->link.s->stats.refused++;
	twc_log(log, http, INFO, "HTTP/2 connection ended: %s", c->err.text);
	if (c->link.s->o.ops.refused)
		c->link.s->o.ops.refused(c->link.s->o.arg, c->link.base.transport, 0, &c->err);
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_DATA:
	case NGHTTP2_HEADERS:
		if (frame->hd.type == NGHTTP2_DATA)
			twc__h2_grant(c, TWC__H2_CREDITS, 2);
		if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
			return 0;
		st = stream_of(c, frame->hd.stream_id);
		if (st) {
			st->is_sent = true;
			st->over_since = twc__h2_now(c);
			twc__h2_stream_note(st);
		}
		return 0;
	case NGHTTP2_RST_STREAM:
		c->has_reset = true;
		st = stream_of(c, frame->hd.stream_id);
		if (frame->rst_stream.error_code == NGHTTP2_NO_ERROR || (st && st->is_reset && !st->err))
			return 0; /* our own wish */
		return twc__h2_charge(c, TWC__H2_CAUSED, 1);
	case NGHTTP2_GOAWAY:
		said_goaway(c, frame);
		return 0;
	default:
		return 0;
	}
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st = stream_of(c, id);

	(void)session;
	if (!st)
		return 0;
	if (c->heading == st)
		c->heading = NULL;
	st->is_closed = true;
	st->code = code;
	twc__list_remove(&st->turn);
	twc__list_add_tail(&c->ready, &st->turn);
	return 0;
}

void twc__h2_set_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_begin_frame_callback(cb, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(cb, on_invalid_header);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(cb, on_invalid_frame);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_send);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
	nghttp2_session_callbacks_set_send_data_callback(cb, twc__h2_send_data);
}
