/* SPDX-License-Identifier: MIT */
/*
 * A load's connection of HTTP/2: many requests at a time, each in a place of protocol/http/h2_load.h, which reads frames and makes
 * them. What a read brings is answered with one write: new requests are begun when all of it was looked at.
 *
 *	DIALLING (our SETTINGS are out) -> asked (those of the server have come) -> going (GOAWAY: no more) -> gone
 *
 * What GOAWAY says was not looked at is no failure, if anything was answered: it is asked again on the next connection.
 */
#include "app/http/bench_int.h"
#include "protocol/http/h2_load.h"

#include "base/banned.h"

struct many {
	struct twc_protocol base;
	struct twc__bench_slot *slot; /* NULL: nobody wants to know any more */
	struct twc__h2_load h;
	bool is_inside; /* of something that writes in the end */
	bool is_told;	/* the slot knows that it can ask */
	bool has_answered; /* anything */
	uint64_t now;	/* of the latest read */
	struct twc__bench_job job[]; /* by place */
};

static struct many *of_load(struct twc__h2_load *h)
{
	return TWC_CONTAINER_OF(h, struct many, h);
}

static struct many *self(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct many, base);
}

static void flush(struct many *m)
{
	struct twc_buf *out = &m->h.out;

	if (twc_buf_len(out) > 0 && !twc_transport_is_closing(m->base.transport))
		twc_transport_write(m->base.transport, twc_buf_head(out), twc_buf_len(out));
	twc_buf_clear(out);
}

/* ---- the end ---- */

/* The slot hears of it from whoever calls this. */
static struct twc__bench_slot *many_give_up(struct many *m, bool reset)
{
	struct twc__bench_slot *s = m->slot;

	m->slot = NULL;
	m->h.is_dead = true;
	if (reset) {
		twc_transport_abort(m->base.transport);
	} else {
		flush(m);
		twc_transport_no_linger(m->base.transport);
		twc_transport_lose(m->base.transport);
	}
	return s;
}

static void many_fail(struct many *m, const struct twc_err *err, bool reset)
{
	struct twc__bench_slot *s = many_give_up(m, reset);

	if (!s)
		return;
	s->conn = NULL; /* what may end with a request leaves the connection alone */
	if (!m->is_told) {
		twc__bench_slot_refused(s, err, 0);
		return;
	}
	for (unsigned i = 0; i <= m->h.mask; i++)
		if (twc__h2_load_at(&m->h, i)->id)
			twc__bench_failed(s, &m->job[i], err);
	twc__bench_slot_over(s);
}

/* After something has happened: what is to be said leaves, what has room is asked, what is over ends. */
static void many_look(struct many *m)
{
	struct twc__bench_slot *s = m->slot;
	struct twc_err err = m->h.err;

	if (!s)
		return;
	if (err.code) {
		many_fail(m, &err, false);
		return;
	}
	s->places = m->h.is_going ? 0 : m->h.max_streams < s->b->o.streams ? m->h.max_streams : s->b->o.streams;
	m->is_inside = true;
	if (!m->is_told && m->h.has_settings && !m->h.is_going) {
		m->is_told = true;
		twc__bench_slot_ready(s);
	} else if (m->is_told) {
		twc__bench_slot_feed(s);
	}
	m->is_inside = false;
	if (!m->slot)
		return;
	flush(m);
	if (!m->h.is_going || s->busy > 0)
		return;
	if (!m->is_told) {
		twc_err_set(&err, TWC_ETRUNC, "the server went away before it was asked");
		many_fail(m, &err, false);
		return;
	}
	(void)many_give_up(m, false);
	twc__bench_slot_over(s);
}

/* ---- requests ---- */

static void on_head(struct twc__h2_load *h, unsigned place)
{
	of_load(h)->job[place].first_byte_ns = of_load(h)->now;
}

static void on_end(struct twc__h2_load *h, unsigned place, const struct twc_err *err)
{
	const struct twc__h2_load_stream *x = twc__h2_load_at(h, place);
	struct many *m = of_load(h);
	struct twc__bench_job *job = &m->job[place];

	job->bytes_in = x->in;
	job->bytes_out = x->out;
	if (err->code == TWC_ECANCELLED && m->has_answered) {
		twc__bench_given_back(m->slot, job);
	} else if (err->code) {
		twc__bench_failed(m->slot, job, err);
	} else {
		m->has_answered = true;
		twc__bench_answered(m->slot, job, x->status, m->now);
	}
}

static void h2_ask(struct twc__bench_slot *s, const struct twc__bench_job *job)
{
	const struct twc__bench_requests *q = &s->b->requests;
	struct many *m = s->conn;
	struct twc_str body = { 0 };
	unsigned place;

	if (q->n_tails > 0)
		body = q->body[q->n_tails > 1 ? job->number % q->n_tails : 0];
	place = twc__h2_load_ask(&m->h, q->n_heads > 1 ? job->number % q->n_heads : 0, body);
	m->job[place] = *job;
	if (!m->is_inside)
		flush(m);
}

static void h2_expire(struct twc__bench_slot *s, uint64_t before_ns)
{
	struct many *m = s->conn;
	struct twc_err err = { 0 };

	if (!m->is_told) {
		twc_err_set(&err, TWC_ETIMEDOUT, "no SETTINGS of HTTP/2 in time");
		if (s->dial_ns < before_ns)
			many_fail(m, &err, true);
		return;
	}
	twc_err_set(&err, TWC_ETIMEDOUT, "no whole answer in time");
	for (unsigned i = 0; i <= m->h.mask && m->slot; i++) {
		if (!twc__h2_load_at(&m->h, i)->id || m->job[i].sent_ns >= before_ns)
			continue;
		twc__h2_load_cancel(&m->h, i);
		twc__bench_failed(s, &m->job[i], &err);
	}
	many_look(m);
}

/* ---- the connection ---- */

static void h2_open(struct twc__bench_slot *s)
{
	flush(s->conn);
}

static void h2_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct many *m = self(p);

	if (!m->slot)
		return;
	m->now = twc_reactor_clock(m->slot->b->r);
	(void)twc__h2_load_feed(&m->h, data, n);
	many_look(m);
}

static void many_closed(struct many *m, const struct twc_err *reason)
{
	struct twc_err err = *reason;

	if (!err.code)
		twc_err_set(&err, TWC_ETRUNC, "closed by the server before it answered");
	many_fail(m, &err, true);
}

static void h2_eof(struct twc_protocol *p)
{
	static const struct twc_err none;

	many_closed(self(p), &none);
	if (!twc_transport_is_closing(p->transport))
		twc_transport_lose(p->transport);
}

static void h2_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct many *m = self(p);

	many_closed(m, reason);
	twc__h2_load_fini(&m->h);
	twc_free(m);
}

static struct twc_protocol *h2_build(struct twc__bench_slot *s)
{
	static const struct twc_protocol_ops ops = { .name = "http-bench-h2", .data = h2_data, .eof = h2_eof, .lost = h2_lost };
	static const struct twc__h2_load_ops load_ops = { .head = on_head, .end = on_end };
	unsigned n = s->b->o.streams;
	struct many *m = twc_calloc(1, sizeof(*m) + twc__h2_load_places(n) * sizeof(m->job[0]));

	m->base.ops = &ops;
	m->slot = s;
	twc__h2_load_init(&m->h, &load_ops, s->b->requests.h2, n);
	m->h.is_head = s->b->requests.method == TWC_HTTP_HEAD;
	s->conn = m;
	return &m->base;
}

static void h2_drop(struct twc__bench_slot *s)
{
	(void)many_give_up(s->conn, true);
}

const struct twc__bench_kind twc__bench_h2 = {
	.is_multiplexed = true,
	.build = h2_build,
	.open = h2_open,
	.ask = h2_ask,
	.expire = h2_expire,
	.drop = h2_drop,
};

/* ---- requests, as HTTP/2 has them ---- */

int twc__bench_h2_prepare(struct twc__bench_requests *q, bool is_tls, struct twc_err *err)
{
	q->h2 = twc_calloc(1, sizeof(*q->h2));
	q->body = twc_calloc(q->n_tails ? q->n_tails : 1, sizeof(*q->body));
	for (size_t i = 0; i < q->n_tails; i++) {
		const char *end = memmem(q->tail[i].p, q->tail[i].n, "\r\n\r\n", 4);
		size_t n = (size_t)(end - q->tail[i].p) + 4;

		q->body[i] = (struct twc_str){ q->tail[i].p + n, q->tail[i].n - n };
	}
	return twc__h2_load_blocks_make(q->h2, q->head, q->n_heads, is_tls ? TWC_STR("https") : TWC_STR("http"), err);
}

void twc__bench_h2_forget(struct twc__bench_requests *q)
{
	if (!q->h2)
		return;
	twc__h2_load_blocks_fini(q->h2);
	twc_free(q->h2);
	twc_free(q->body);
}
