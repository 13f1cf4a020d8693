/* SPDX-License-Identifier: MIT */
/*
 * The request of a client: its body from a source that is asked for more whenever there is room, and what HTTP/1 makes of it. A
 * body that was asked for with Expect: 100-continue waits for leave, for a while.
 */
#include "protocol/http/client_priv.h"
#include "base/banned.h"

static struct twc_transport *transport(const struct twc_http_upload *u)
{
	return u->turn->conn->base.transport;
}

static bool is_chunked(const struct twc_http_upload *u)
{
	return u->turn->source.length == TWC_HTTP_UNKNOWN;
}

static void produce(struct twc_http_upload *u)
{
	if (!twc_http_upload_is_full(u))
		u->turn->source.produce(u->turn->source.arg, u);
}

bool twc__http_upload_was_waiting(const struct twc_http_upload *u)
{
	return u->is_waiting;
}

void twc__http_upload_start(struct twc_http_upload *u)
{
	u->left = u->turn->source.length;
	u->is_waiting = false;
	u->is_open = true;
	produce(u);
}

void twc__http_upload_go_on(struct twc_http_upload *u)
{
	produce(u);
}

void twc__http_upload_stop(struct twc_http_upload *u)
{
	bool was_open = u->is_open;

	u->is_open = u->is_waiting = false;
	if (was_open && u->turn->source.stop)
		u->turn->source.stop(u->turn->source.arg);
}

void twc__http_upload_answered(struct twc_http_upload *u, int status)
{
	if (u->turn->has_source && !u->is_whole && (status >= 300 || u->is_waiting))
		twc__http_upload_stop(u);
}

/* ---- what sources call ---- */

static const struct twc__http_client_kind *kind(const struct twc_http_upload *u)
{
	return u->turn->conn->kind;
}

bool twc_http_upload_is_full(const struct twc_http_upload *u)
{
	return !u->is_open || kind(u)->is_full(u);
}

static bool reserve(struct twc_http_upload *u, uint64_t n)
{
	struct twc_err err = { 0 };

	if (!u->is_open || n == 0)
		return false;
	if (!is_chunked(u) && n > u->left) {
		twc_err_set(&err, TWC_EDATA, "the body is longer than the %llu bytes that were announced",
			    (unsigned long long)u->turn->source.length);
		twc_http_upload_fail(u, &err);
		return false;
	}
	if (!is_chunked(u))
		u->left -= n;
	u->bytes += n;
	return true;
}

void twc_http_upload_write(struct twc_http_upload *u, const void *p, size_t n)
{
	if (reserve(u, n))
		kind(u)->write(u, p, n);
}

void twc_http_upload_file(struct twc_http_upload *u, struct twc_file *f, uint64_t offset, uint64_t n)
{
	if (reserve(u, n))
		kind(u)->file(u, f, offset, n);
}

void twc_http_upload_trailer(struct twc_http_upload *u, struct twc_str name, struct twc_str value)
{
	struct twc_err err = { 0 };

	if (u->is_open && twc_http_fields_add(&u->trailers, name, value, &err) < 0)
		twc_http_upload_fail(u, &err);
}

void twc_http_upload_end(struct twc_http_upload *u)
{
	struct twc_err err = { 0 };

	if (!u->is_open)
		return;
	if (!is_chunked(u) && u->left > 0) {
		twc_err_set(&err, TWC_EDATA, "the body ended %llu bytes before the length that was announced",
			    (unsigned long long)u->left);
		twc_http_upload_fail(u, &err);
		return;
	}
	u->is_whole = true;
	u->turn->times.uploaded = twc_reactor_now(u->turn->conn->r);
	kind(u)->end(u);
	twc__http_upload_stop(u);
}

/* The source that says so is not surprised by the end of everything before it returns. */
void twc_http_upload_fail(struct twc_http_upload *u, const struct twc_err *err)
{
	if (!u->is_open)
		return;
	kind(u)->fail(u, err);
	twc__http_upload_stop(u);
}

/* ---- as HTTP/1 has it ---- */

void twc__http_upload_begin(struct twc_http_upload *u)
{
	struct twc__http_turn *turn = u->turn;
	struct twc__http_client_conn *c = turn->conn;

	twc_transport_write(c->base.transport, turn->head.p, turn->head.n);
	turn->times.sent = twc_reactor_now(c->r);
	if (!turn->has_source) {
		u->is_whole = true;
		twc__http_client_conn_await(c);
	} else if (turn->expect_ns > 0) {
		u->is_waiting = true;
		twc__http_client_conn_await_leave(c);
	} else {
		twc__http_upload_start(u);
	}
}

bool twc__http_h1_is_full(const struct twc_http_upload *u)
{
	return twc_transport_is_full(transport(u));
}

void twc__http_h1_write(struct twc_http_upload *u, const void *p, size_t n)
{
	char head[TWC__HTTP_CHUNK_HEAD_MAX];
	struct iovec iov[3] = { { .iov_base = head }, { .iov_base = (void *)(uintptr_t)p, .iov_len = n },
				{ .iov_base = (void *)(uintptr_t)"\r\n", .iov_len = 2 } };

	if (!is_chunked(u)) {
		twc_transport_write(transport(u), p, n);
		return;
	}
	iov[0].iov_len = twc__http_chunk_head(head, n);
	twc_transport_writev(transport(u), iov, 3);
}

void twc__http_h1_file(struct twc_http_upload *u, struct twc_file *f, uint64_t offset, uint64_t n)
{
	char head[TWC__HTTP_CHUNK_HEAD_MAX];

	if (is_chunked(u))
		twc_transport_write(transport(u), head, twc__http_chunk_head(head, n));
	twc_transport_write_file(transport(u), f, offset, n);
	if (is_chunked(u))
		twc_transport_write(transport(u), "\r\n", 2);
}

static void write_last_chunk(struct twc_http_upload *u)
{
	struct twc_transport *t = transport(u);

	twc_transport_write(t, "0\r\n", 3);
	for (size_t i = 0; i < twc_http_fields_count(&u->trailers); i++) {
		struct twc_http_field f = twc_http_fields_at(&u->trailers, i);

		twc_transport_write(t, f.name.p, f.name.n);
		twc_transport_write(t, ": ", 2);
		twc_transport_write(t, f.value.p, f.value.n);
		twc_transport_write(t, "\r\n", 2);
	}
	twc_transport_write(t, "\r\n", 2);
}

void twc__http_h1_end(struct twc_http_upload *u)
{
	struct twc__http_client_conn *c = u->turn->conn;

	if (is_chunked(u))
		write_last_chunk(u);
	twc__http_client_conn_await(c);
	if (c->state == TWC__HTTP_SENDING)
		twc__http_client_conn_kick(c);
}

void twc__http_h1_fail(struct twc_http_upload *u, const struct twc_err *err)
{
	u->turn->conn->failure = *err;
	twc__http_client_conn_kick(u->turn->conn);
}
