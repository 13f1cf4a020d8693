/* SPDX-License-Identifier: MIT */
/*
 * A load's connection of HTTP/1: one request at a time, its response read where it lies. A request is two slices that were made
 * once; nothing is allocated and no timer started for it. A head is taken apart by the strict parser as everywhere, unless it is
 * byte for byte one that was read before: servers say the same all the time, but for a date once a second.
 *
 *	IDLE -> HEAD (1xx come and go) -> BODY -> TRAILERS -> IDLE
 */
#include "app/http/bench_int.h"

#include "base/banned.h"

#define HEAD_MAX (300 * 1024) /* of a response, as of any client */
#define INTERIM_MAX 100

enum state {
	IDLE,
	HEAD,
	BODY,
	TRAILERS,
	DEAD,
};

struct conn {
	struct twc_protocol base;
	struct twc__bench_slot *slot; /* NULL: nobody wants to know any more */
	enum state state;
	int status;
	unsigned interims;
	struct twc__bench_job job;
	struct twc__http_framing framing;
	uint64_t left; /* of a body with a length */
	struct twc__http_chunked chunked;
	struct twc__http_head head;
	struct twc_http_fields fields;
	struct twc_buf held; /* of a head or trailers that are not whole */
};

static struct conn *self(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct conn, base);
}

/* ---- the end of a request, or of the connection ---- */

/* It is of no use any more. The slot hears of it from whoever calls this. */
static struct twc__bench_slot *conn_give_up(struct conn *c, bool reset)
{
	struct twc__bench_slot *s = c->slot;

	c->slot = NULL;
	c->state = DEAD;
	if (reset) {
		twc_transport_abort(c->base.transport);
	} else {
		twc_transport_no_linger(c->base.transport);
		twc_transport_lose(c->base.transport);
	}
	return s;
}

static void conn_fail(struct conn *c, const struct twc_err *err)
{
	bool was_idle = c->state == IDLE;
	struct twc__bench_slot *s = conn_give_up(c, true);

	if (!s)
		return;
	s->conn = NULL; /* what may end with this request leaves the connection alone */
	if (!was_idle)
		twc__bench_failed(s, &c->job, err);
	twc__bench_slot_over(s);
}

static void on_answered(struct conn *c, uint64_t now, bool is_clean)
{
	struct twc__bench_slot *s = c->slot;
	bool goes_on = c->framing.keeps_alive && is_clean && !s->b->o.no_keepalive &&
		       !twc_transport_is_closing(c->base.transport);

	c->state = IDLE;
	if (!goes_on) {
		(void)conn_give_up(c, false);
		s->conn = NULL;
	}
	twc__bench_answered(s, &c->job, c->status, now);
	if (goes_on && c->slot)
		twc__bench_slot_feed(s);
	else if (!goes_on)
		twc__bench_slot_over(s);
}

/* ---- a head ---- */

static struct twc__bench_known *known_of(const struct conn *c)
{
	return &c->slot->b->known[c->job.number % TWC__BENCH_KNOWN];
}

static void begin_body(struct conn *c)
{
	c->state = BODY;
	c->left = c->framing.body == TWC__HTTP_LENGTH ? c->framing.length : 0;
	if (c->framing.body == TWC__HTTP_CHUNKED)
		c->chunked = (struct twc__http_chunked){ .lenient = true };
}

static size_t take_known(struct conn *c, const char *p, size_t n)
{
	const struct twc__bench_known *k = known_of(c);

	if (k->len == 0 || n < k->len || memcmp(p, k->bytes, k->len) != 0)
		return 0;
	c->status = k->status;
	c->framing = k->framing;
	begin_body(c);
	return k->len;
}

static void remember(const struct conn *c, const char *p, size_t n)
{
	struct twc__bench_known *k = known_of(c);

	if (n > TWC__BENCH_KNOWN_MAX)
		return;
	k->len = (uint16_t)n;
	k->status = c->status;
	k->framing = c->framing;
	memcpy(k->bytes, p, n);
}

static size_t on_interim(struct conn *c, size_t size)
{
	struct twc_err err = { 0 };

	if (++c->interims <= INTERIM_MAX && c->head.start.status != 101) {
		twc__http_head_reset(&c->head);
		return size;
	}
	twc_err_set(&err, TWC_EPROTO, c->interims > INTERIM_MAX ? "more than %d interim responses" : "a switch to another protocol",
		    INTERIM_MAX);
	conn_fail(c, &err);
	return 0;
}

/* Each of these takes some of p[0..n) and returns how much; 0: it needs more, or is over. */
static size_t feed_head(struct conn *c, const char *p, size_t n)
{
	size_t size = c->interims == 0 ? take_known(c, p, n) : 0;
	struct twc_err err = { 0 };
	int rc;

	if (size > 0)
		return size;
	rc = twc__http_head_feed(&c->head, p, n, &err);
	if (rc == 0 && n > HEAD_MAX)
		rc = twc_err_set(&err, TWC_ETOOLONG, "the head of the response is longer than %d bytes", HEAD_MAX);
	if (rc == 0)
		return 0;
	size = c->head.size;
	if (rc > 0 && c->head.start.status < 200)
		return on_interim(c, size);
	if (rc > 0)
		rc = twc__http_frame_response(&c->head.start, &c->fields, c->slot->b->requests.method, false, &c->framing, &err);
	if (rc < 0) {
		conn_fail(c, &err);
		return 0;
	}
	c->status = c->head.start.status;
	begin_body(c);
	if (c->interims == 0)
		remember(c, p, size);
	return size;
}

/* ---- a body ---- */

static size_t feed_chunks(struct conn *c, const char *p, size_t n)
{
	struct twc_str data;
	struct twc_err err = { 0 };
	size_t used = 0;
	int rc = twc__http_chunked_feed(&c->chunked, (const uint8_t *)p, n, &used, &data, &err);

	if (rc < 0) {
		conn_fail(c, &err);
		return 0;
	}
	if (rc == TWC__HTTP_CHUNK_LAST) {
		c->state = TRAILERS;
		twc__http_head_reset(&c->head);
	}
	return used;
}

static size_t feed_body(struct conn *c, const char *p, size_t n)
{
	size_t k;

	if (c->framing.body == TWC__HTTP_CHUNKED)
		return feed_chunks(c, p, n);
	if (c->framing.body == TWC__HTTP_UNTIL_CLOSE)
		return n;
	k = n < c->left ? n : (size_t)c->left;
	c->left -= k;
	return k;
}

static bool is_whole(const struct conn *c)
{
	return c->state == BODY && c->left == 0 &&
	       (c->framing.body == TWC__HTTP_NONE || c->framing.body == TWC__HTTP_LENGTH);
}

static size_t feed_trailers(struct conn *c, const char *p, size_t n)
{
	struct twc_err err = { 0 };
	int rc = twc__http_trailers_feed(&c->head, p, n, &err);

	if (rc == 0 && n > HEAD_MAX)
		rc = twc_err_set(&err, TWC_ETOOLONG, "the trailers of the response are longer than %d bytes", HEAD_MAX);
	if (rc == 0)
		return 0;
	if (rc < 0) {
		conn_fail(c, &err);
		return 0;
	}
	c->framing.body = TWC__HTTP_NONE;
	c->left = 0;
	c->state = BODY;
	return c->head.size;
}

/* ---- all of it ---- */

static size_t feed(struct conn *c, const char *p, size_t n)
{
	switch (c->state) {
	case HEAD:
		return feed_head(c, p, n);
	case BODY:
		return feed_body(c, p, n);
	case TRAILERS:
		return feed_trailers(c, p, n);
	case IDLE:
	case DEAD:
		break;
	}
	return 0;
}

/* Returns how much of p[0..n) was used up. What comes behind a response belongs to no request, and nothing can follow it. */
static size_t pump(struct conn *c, const char *p, size_t n, uint64_t now)
{
	size_t at = 0;

	while (c->slot && c->state != IDLE) {
		size_t used = at < n ? feed(c, p + at, n - at) : 0;

		at += used;
		if (c->slot && is_whole(c)) {
			c->job.bytes_in += at;
			on_answered(c, now, at == n);
			return n;
		}
		if (used == 0)
			break;
	}
	c->job.bytes_in += at;
	return c->slot ? at : n;
}

static void hold(struct conn *c, const char *p, size_t n)
{
	struct twc_err err = { 0 };

	if (n == 0 || !c->slot || twc_buf_add(&c->held, p, n) == 0)
		return;
	twc_err_set(&err, TWC_ETOOLONG, "the head of the response is longer than %d bytes", HEAD_MAX);
	conn_fail(c, &err);
}

static void h1_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct conn *c = self(p);
	struct twc_err err = { 0 };
	uint64_t now;
	size_t used;

	if (!c->slot)
		return;
	if (c->state == IDLE) { /* out of step, or a farewell such as 408 */
		conn_fail(c, &err);
		return;
	}
	now = twc_reactor_clock(c->slot->b->r);
	if (c->job.first_byte_ns == 0)
		c->job.first_byte_ns = now;
	if (twc_buf_len(&c->held) == 0) {
		used = pump(c, (const char *)data, n, now);
		hold(c, (const char *)data + used, n - used);
		return;
	}
	hold(c, (const char *)data, n);
	used = pump(c, twc_buf_head(&c->held), twc_buf_len(&c->held), now);
	if (used >= twc_buf_len(&c->held))
		twc_buf_clear(&c->held);
	else
		twc_buf_consume(&c->held, used);
}

static void conn_closed(struct conn *c, const struct twc_err *reason)
{
	struct twc_err err = *reason;

	if (!c->slot)
		return;
	if (c->state == BODY && c->framing.body == TWC__HTTP_UNTIL_CLOSE && !err.code) {
		on_answered(c, twc_reactor_clock(c->slot->b->r), false);
		return;
	}
	if (!err.code)
		twc_err_set(&err, TWC_ETRUNC, c->job.first_byte_ns ? "closed by the server in the middle of a response"
								   : "closed by the server before it answered");
	conn_fail(c, &err);
}

static void h1_eof(struct twc_protocol *p)
{
	static const struct twc_err none;

	conn_closed(self(p), &none);
	if (!twc_transport_is_closing(p->transport))
		twc_transport_lose(p->transport);
}

static void h1_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct conn *c = self(p);

	conn_closed(c, reason);
	twc_buf_fini(&c->held);
	twc_http_fields_fini(&c->fields);
	twc_free(c);
}

static struct twc_protocol *h1_build(struct twc__bench_slot *s)
{
	static const struct twc_protocol_ops ops = { .name = "http-bench", .data = h1_data, .eof = h1_eof, .lost = h1_lost };
	static const struct twc__http_limits limits = { .head = HEAD_MAX };
	struct conn *c = twc_calloc(1, sizeof(*c));

	c->base.ops = &ops;
	c->slot = s;
	s->conn = c;
	twc__http_head_init(&c->head, TWC__HTTP_RESPONSE, &limits, &c->fields);
	c->head.lenient = true;
	twc_buf_init(&c->held, HEAD_MAX + 1);
	return &c->base;
}

static void h1_ask(struct twc__bench_slot *s, const struct twc__bench_job *job)
{
	const struct twc__bench_requests *q = &s->b->requests;
	struct conn *c = s->conn;
	struct twc_str head = q->head[q->n_heads > 1 ? job->number % q->n_heads : 0], tail = { 0 };
	struct iovec iov[2];

	c->job = *job;
	c->state = HEAD;
	c->interims = 0;
	twc__http_head_reset(&c->head);
	if (q->n_tails > 0)
		tail = q->tail[job->number % q->n_tails];
	iov[0] = (struct iovec){ .iov_base = (void *)(uintptr_t)head.p, .iov_len = head.n };
	iov[1] = (struct iovec){ .iov_base = (void *)(uintptr_t)tail.p, .iov_len = tail.n };
	c->job.bytes_out = head.n + tail.n;
	twc_transport_writev(c->base.transport, iov, tail.n > 0 ? 2 : 1);
}

static void h1_expire(struct twc__bench_slot *s, uint64_t before_ns)
{
	struct conn *c = s->conn;
	struct twc_err err = { 0 };

	if (c->state == IDLE || c->job.sent_ns >= before_ns)
		return;
	twc_err_set(&err, TWC_ETIMEDOUT, c->job.first_byte_ns ? "the response was not whole in time" : "no answer in time");
	conn_fail(c, &err);
}

static void h1_drop(struct twc__bench_slot *s)
{
	(void)conn_give_up(s->conn, true);
}

const struct twc__bench_kind twc__bench_h1 = {
	.build = h1_build,
	.ask = h1_ask,
	.expire = h1_expire,
	.drop = h1_drop,
};
