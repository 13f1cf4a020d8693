/* SPDX-License-Identifier: MIT */
/*
 * Responses of HTTP/2: the carrier below an exchange. The head goes to nghttp2 as fields that point into the exchange; the body waits
 * in the stream's queue until nghttp2 wants a frame of it, and is put behind the frame's head then. A large piece that is written from
 * the loop is sent from where it is, and only what windows or the kernel hold back is copied.
 *
 * Back-pressure is the stream's: its queue has marks, and so has what all queues of a connection hold together.
 */
#include "protocol/http/h2_server.h"

#include "protocol/http/date.h"
#include "protocol/http/octet.h"
#include "base/banned.h"

static struct twc__h2_stream *stream_of(const struct twc_http_exchange *x)
{
	return x->conn;
}

/* May nghttp2 still be told something of it? */
static bool is_open(const struct twc__h2_stream *st)
{
	return !st->is_closed && !st->is_reset && st->c->ending != TWC__H2_OVER;
}

/* ---- the queue ---- */

/* What it holds in memory, as its part of the connection's. */
void twc__h2_stream_count(struct twc__h2_stream *st)
{
	uint64_t held = twc_buf_len(&st->out.store);

	st->c->queued += held - st->counted;
	st->counted = held;
}

void twc__h2_stream_drain(struct twc__h2_stream *st)
{
	struct twc_http_exchange *x = st->x;

	if (!st->is_full || st->out.len > TWC__H2_LOW)
		return;
	st->is_full = false;
	if (st->tunnel)
		twc__h2_tunnel_drained(st);
	else if (x->phase == TWC__HTTP_BEGUN && x->ops && x->ops->drained)
		x->ops->drained(x->ops_arg, x);
}

static void grown(struct twc__h2_stream *st)
{
	int rc;

	if (st->out.len > TWC__H2_HIGH)
		st->is_full = true;
	twc__h2_stream_count(st);
	if (!st->is_deferred || !is_open(st))
		return;
	st->is_deferred = false;
	rc = nghttp2_session_resume_data(st->c->session, st->id);
	TWC__H2_CHECK(rc);
	twc__h2_conn_wake(st->c);
}

void twc__h2_stream_add(struct twc__h2_stream *st, const void *p, size_t n)
{
	struct twc__h2_conn *c = st->c;

	if (!is_open(st) || !n)
		return;
	if (n < TWC__H2_LEND || c->is_calling || c->is_stalled) {
		twc__h2_queue_add(&st->out, p, n);
		grown(st);
		return;
	}
	twc__h2_queue_lend(&st->out, p, n);
	grown(st);
	twc__h2_conn_pump(c);
	twc__h2_queue_settle(&st->out);
	if (st->out.len <= TWC__H2_HIGH)
		st->is_full = false; /* it was only for that moment */
	twc__h2_stream_count(st);
}

void twc__h2_stream_end(struct twc__h2_stream *st)
{
	st->is_ended = true;
	grown(st);
}

/* ---- frames of it ---- */

static void submit_trailers(struct twc__h2_stream *st)
{
	struct twc_http_exchange *x = st->x;
	struct twc__h2_nvs *nvs = &st->c->store->nvs;
	int rc;

	nvs->n = 0;
	twc__h2_nvs_add_lines(nvs, x->trailers.data + x->trailers.start, twc_buf_len(&x->trailers), NULL);
	rc = nghttp2_submit_trailer(st->c->session, st->id, nvs->v, nvs->n);
	TWC__H2_CHECK(rc);
}

static ssize_t read_out(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n, uint32_t *flags, nghttp2_data_source *source,
			void *arg)
{
	struct twc__h2_stream *st = source->ptr;

	(void)session;
	(void)id;
	(void)buf;
	(void)arg;
	st->c->last = st; /* whose frame it will be */
	n = twc__h2_queue_run(&st->out, n);
	if (!n && st->is_cut)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (!n && !st->is_ended) {
		st->is_deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (n < st->out.len || !st->is_ended)
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (st->x && twc_buf_len(&st->x->trailers)) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		submit_trailers(st);
	}
	return (ssize_t)n;
}

int twc__h2_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t n, nghttp2_data_source *source, void *arg)
{
	struct twc__h2_conn *c = arg;
	struct twc__h2_stream *st = source->ptr;
	char *p = twc__h2_out_room(&c->store->out, TWC__H2_FRAME_HEAD + n);
	struct twc_err err = { 0 };

	(void)session;
	(void)frame;
	if (twc__h2_queue_take(&st->out, p + TWC__H2_FRAME_HEAD, n) < 0) {
		twc_err_set(&err, TWC_EIO, "a file could not be read, or has become shorter");
		twc__h2_stream_reset(st, NGHTTP2_INTERNAL_ERROR, &err);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	memcpy(p, head, TWC__H2_FRAME_HEAD);
	c->store->out.n += TWC__H2_FRAME_HEAD + n;
	c->data_sent += n;
	st->sent += n;
	twc__h2_stream_count(st);
	if (st->is_full && st->out.len <= TWC__H2_LOW)
		twc__h2_stream_note(st);
	return 0;
}

/* ---- heads ---- */

static void put_status(struct twc__h2_stream *st, struct twc__h2_nvs *nvs, int status)
{
	st->status[0] = (char)('0' + status / 100);
	st->status[1] = (char)('0' + status / 10 % 10);
	st->status[2] = (char)('0' + status % 10);
	nvs->n = 0;
	twc__h2_nvs_add(nvs, TWC_STR(":status"), (struct twc_str){ st->status, 3 });
}

static bool tells_length(const struct twc_http_exchange *x)
{
	if (x->status == 204 || (x->request.method_id == TWC_HTTP_CONNECT && x->status < 300) || x->length == TWC_HTTP_UNKNOWN)
		return false;
	return x->status != 304 || x->length > 0; /* a 200 would have had another length */
}

static void copy_all(struct twc__h2_nvs *nvs)
{
	for (size_t i = 0; i < nvs->n; i++)
		nvs->v[i].flags = NGHTTP2_NV_FLAG_NONE;
}

static void put_stamp(struct twc__h2_nvs *nvs, const struct twc__http_stamp *s, bool has_server)
{
	const char *date = s->text + s->date_at + sizeof("Date: ") - 1, *server = s->text + s->server_at + sizeof("Server: ") - 1;

	twc__h2_nvs_add(nvs, TWC_STR("date"), (struct twc_str){ date, TWC__HTTP_DATE_LEN });
	if (!has_server && s->len > s->server_at)
		twc__h2_nvs_add(nvs, TWC_STR("server"), (struct twc_str){ server, (size_t)(s->text + s->len - 2 - server) });
}

void twc__h2_stream_put_head(struct twc__h2_stream *st, bool has_data)
{
	struct twc_http_exchange *x = st->x;
	struct twc__h2_nvs *nvs = &st->c->store->nvs;
	nghttp2_data_provider body = { .source.ptr = st, .read_callback = read_out };
	int rc;

	if (!is_open(st))
		return;
	put_status(st, nvs, x->status);
	put_stamp(nvs, twc__http_server_stamp(st->c->link.s), x->has_server);
	if (!x->protocol.n && tells_length(x))
		twc__h2_nvs_add(nvs, TWC_STR("content-length"),
				(struct twc_str){ st->length, twc__http_put_decimal(st->length, x->length) });
	if (twc_buf_len(&x->fields))
		twc__h2_known_add_lines(&st->c->store->known, nvs, x->fields.data + x->fields.start, twc_buf_len(&x->fields));
	if (st->tunnel)
		copy_all(nvs); /* its exchange may be over before they leave */
	st->is_head_out = true;
	st->has_data = has_data;
	rc = nghttp2_submit_response(st->c->session, st->id, nvs->v, nvs->n, has_data ? &body : NULL);
	TWC__H2_CHECK(rc);
	twc__h2_conn_wake(st->c);
}

/* ---- the carrier ---- */

static void stream_head(struct twc_http_exchange *x, const void *body, size_t n, bool is_whole)
{
	struct twc__h2_stream *st = stream_of(x);

	st->is_ended = is_whole;
	twc__h2_stream_put_head(st, !is_whole || n || twc_buf_len(&x->trailers));
	if (is_whole && n && is_open(st) && twc__blob_has(x->blob, body, n))
		twc__h2_queue_lend(&st->out, body, n); /* it stays until the exchange is over, and so is the queue */
	else
		twc__h2_stream_add(st, body, n);
}

static void stream_inform(struct twc_http_exchange *x, int status)
{
	struct twc__h2_stream *st = stream_of(x);
	struct twc__h2_nvs *nvs = &st->c->store->nvs;
	struct twc_buf lines;
	int rc;

	if (!is_open(st))
		return;
	if (status == 100)
		x->said_continue = true;
	put_status(st, nvs, status);
	twc_buf_init(&lines, TWC_HTTP_FIELDS_BYTES);
	if (status != 100 && twc_buf_len(&x->fields) && twc_buf_add(&lines, twc_buf_head(&x->fields), twc_buf_len(&x->fields)) == 0)
		twc__h2_nvs_add_lines(nvs, lines.data, twc_buf_len(&lines), NULL);
	copy_all(nvs); /* they may change before it leaves */
	rc = nghttp2_submit_headers(st->c->session, NGHTTP2_FLAG_NONE, st->id, NULL, nvs->v, nvs->n, NULL);
	TWC__H2_CHECK(rc);
	twc_buf_fini(&lines);
	twc__h2_conn_wake(st->c);
}

static void stream_write(struct twc_http_exchange *x, const void *p, size_t n)
{
	twc__h2_stream_add(stream_of(x), p, n);
}

static void stream_write_file(struct twc_http_exchange *x, struct twc_file *f, uint64_t offset, uint64_t n)
{
	struct twc__h2_stream *st = stream_of(x);

	if (!is_open(st))
		return;
	twc__h2_queue_add_file(&st->out, f, offset, n);
	grown(st);
}

static void stream_end(struct twc_http_exchange *x)
{
	twc__h2_stream_end(stream_of(x));
}

static void stream_fail(struct twc_http_exchange *x, const struct twc_err *err)
{
	twc__h2_stream_reset(stream_of(x), NGHTTP2_INTERNAL_ERROR, err);
}

static void stream_wake(struct twc_http_exchange *x)
{
	twc__h2_stream_note(stream_of(x));
}

/* There is no framing to break: what is written past it is not sent, and the stream is what ends. */
static void stream_break_off(struct twc_http_exchange *x, enum twc__http_break how, const void *p, size_t n, const struct twc_err *err)
{
	struct twc__h2_stream *st = stream_of(x);

	(void)p;
	(void)n;
	if (how == TWC__HTTP_BREAK_SILENT)
		return;
	if (how == TWC__HTTP_BREAK_CLOSE && st->is_head_out && st->out.len && st->has_data) {
		st->is_cut = true; /* behind what was written */
		return;
	}
	twc__h2_stream_reset(st, NGHTTP2_INTERNAL_ERROR, err);
}

/* A connection is nobody's alone. */
static struct twc_transport *stream_seize(struct twc_http_exchange *x)
{
	twc__h2_stream_reset(stream_of(x), NGHTTP2_INTERNAL_ERROR, NULL);
	return NULL;
}

static bool stream_is_full(const struct twc_http_exchange *x)
{
	return stream_of(x)->is_full;
}

const struct twc__http_carrier twc__h2_stream_carrier = {
	.head = stream_head,
	.inform = stream_inform,
	.write = stream_write,
	.write_file = stream_write_file,
	.end = stream_end,
	.fail = stream_fail,
	.wake = stream_wake,
	.break_off = stream_break_off,
	.seize = stream_seize,
	.is_full = stream_is_full,
	.upgrade = twc__h2_stream_upgrade,
};
