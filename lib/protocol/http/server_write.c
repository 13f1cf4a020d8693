/* SPDX-License-Identifier: MIT */
/*
 * Responses of HTTP/1 (RFC 9112, 6 and 7; 9.6): the carrier below an exchange. A response that is there as a whole goes to
 * the transport in one gathering write, head and body; what the callbacks of one phase have written leaves in one system call.
 *
 * Here it is decided how the end of the body is told - length, chunks, or the end of the connection - and whether the
 * connection lasts beyond it.
 */
#include "protocol/http/server_int.h"

#include "base/banned.h"

static struct twc__http_conn *conn_of(const struct twc_http_exchange *x)
{
	return x->conn;
}

static struct iovec piece(const void *p, size_t n)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)p, .iov_len = n };
}

/* What was read before the stop is answered; the last of it says that nothing more will be. */
static bool is_stopping(const struct twc__http_conn *c)
{
	return c->link.s->is_stopping && !twc__http_conn_has_input(c);
}

static bool stays(const struct twc__http_conn *c, const struct twc_http_exchange *x)
{
	const struct twc_http_server_opts *o = &c->link.s->o;

	return x->framing.keeps_alive && !x->wants_close && !c->is_last && !is_stopping(c) &&
	       (!o->max_requests || c->number < o->max_requests) && twc__http_conn_can_skip(c);
}

static enum twc__http_body_told body_told(struct twc_http_exchange *x, struct twc__http_conn *c, bool is_whole)
{
	int status = x->status;

	if (status == 204 || (x->request.method_id == TWC_HTTP_CONNECT && status < 300))
		return TWC__HTTP_TELL_NOTHING;
	if (status == 304 && (x->length == 0 || x->length == TWC_HTTP_UNKNOWN))
		return TWC__HTTP_TELL_NOTHING; /* a 200 would have had another length */
	if (x->length != TWC_HTTP_UNKNOWN || is_whole)
		return TWC__HTTP_TELL_LENGTH;
	if (x->request.version > 10) {
		x->is_chunked = true;
		return TWC__HTTP_TELL_CHUNKED;
	}
	c->is_last = true;
	return TWC__HTTP_TELL_NOTHING;
}

static void conn_head(struct twc_http_exchange *x, const void *body, size_t n, bool is_whole)
{
	struct twc__http_conn *c = conn_of(x);
	struct twc__http_head_room room;
	struct twc__http_head_facts facts = {
		.status = x->status,
		.has_server = x->has_server,
		.fields = twc_buf_str(&x->fields),
		.body = body_told(x, c, is_whole),
		.length = x->length,
	};
	int k;

	if (!stays(c, x)) {
		c->is_last = true;
		facts.last = TWC__HTTP_CLOSES;
	} else if (x->request.version == 10) {
		facts.last = TWC__HTTP_KEEPS;
	}
	k = twc__http_head_put(&room, twc__http_server_stamp(c->link.s), &facts);
	if (n)
		room.iov[k++] = piece(body, n);
	twc_transport_writev(c->link.base.transport, room.iov, k);
}

static void conn_inform(struct twc_http_exchange *x, int status)
{
	struct twc__http_head_room room;
	struct twc_str none = { NULL, 0 };
	int k = twc__http_interim_put(&room, status, status == 100 ? none : twc_buf_str(&x->fields));

	if (status == 100)
		x->said_continue = true;
	twc_transport_writev(conn_of(x)->link.base.transport, room.iov, k);
}

static void conn_write(struct twc_http_exchange *x, const void *p, size_t n)
{
	struct twc_transport *t = conn_of(x)->link.base.transport;
	char head[TWC__HTTP_CHUNK_HEAD_MAX];
	struct iovec iov[3];

	if (!x->is_chunked) {
		twc_transport_write(t, p, n);
		return;
	}
	iov[0] = piece(head, twc__http_chunk_head(head, n));
	iov[1] = piece(p, n);
	iov[2] = piece("\r\n", 2);
	twc_transport_writev(t, iov, 3);
}

static void conn_write_file(struct twc_http_exchange *x, struct twc_file *f, uint64_t offset, uint64_t n)
{
	struct twc_transport *t = conn_of(x)->link.base.transport;
	char head[TWC__HTTP_CHUNK_HEAD_MAX];

	if (x->is_chunked)
		twc_transport_write(t, head, twc__http_chunk_head(head, n));
	twc_transport_write_file(t, f, offset, n);
	if (x->is_chunked)
		twc_transport_write(t, "\r\n", 2);
}

static void conn_end(struct twc_http_exchange *x)
{
	struct iovec iov[3] = { piece("0\r\n", 3) };
	struct twc_str trailers = twc_buf_str(&x->trailers);
	int k = 1;

	if (!x->is_chunked || twc__http_is_bodiless(x))
		return;
	if (trailers.n)
		iov[k++] = piece(trailers.p, trailers.n);
	iov[k++] = piece("\r\n", 2);
	twc_transport_writev(conn_of(x)->link.base.transport, iov, k);
}

/* The client must not take the part for the whole: a reset, which nothing else looks like. */
static void conn_fail(struct twc_http_exchange *x, const struct twc_err *err)
{
	twc_transport_fail(conn_of(x)->link.base.transport, err);
}

static void conn_wake(struct twc_http_exchange *x)
{
	struct twc__http_conn *c = conn_of(x);

	if (!c->is_running)
		twc__http_link_await(&c->link);
}

static struct twc_transport *conn_seize(struct twc_http_exchange *x)
{
	struct twc__http_conn *c = conn_of(x);

	c->is_seized = true;
	c->is_last = true;
	c->reading = TWC__HTTP_READ_NOTHING;
	return c->link.base.transport;
}

static void conn_break_off(struct twc_http_exchange *x, enum twc__http_break how, const void *p, size_t n, const struct twc_err *err)
{
	struct twc_transport *t = conn_seize(x);

	if (n)
		twc_transport_write(t, p, n);
	if (how == TWC__HTTP_BREAK_RESET)
		twc_transport_fail(t, err);
	else if (how == TWC__HTTP_BREAK_CLOSE)
		twc_transport_lose(t);
}

static bool conn_is_full(const struct twc_http_exchange *x)
{
	return twc_transport_is_full(x->transport);
}

const struct twc__http_carrier twc__http_conn_carrier = {
	.head = conn_head,
	.inform = conn_inform,
	.write = conn_write,
	.write_file = conn_write_file,
	.end = conn_end,
	.fail = conn_fail,
	.wake = conn_wake,
	.break_off = conn_break_off,
	.seize = conn_seize,
	.is_full = conn_is_full,
	.upgrade = twc__http_conn_upgrade,
};
