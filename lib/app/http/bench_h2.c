/* SPDX-License-Identifier: MIT */
/*
 * A load's connection of HTTP/2: requests are turns on a client's connection (protocol/http/client.h), many at a time, each in a
 * place that is used again.
 *
 * Invariant: a place is busy from its turn's beginning to its end; the connection may be gone before the last of them has ended.
 */
#include "app/http/bench_int.h"
#include "protocol/http/client.h"

#include "base/banned.h"

#define HEAD_MAX (300 * 1024)

struct place {
	struct twc__http_turn turn;
	struct twc__bench_job job;
	struct many *many;
	int status;
	bool is_busy;
	char *text; /* owned: the head, when a body's framing stands behind it */
	struct twc_str body;
};

/* What is kept for a connection. */
struct many {
	struct twc__bench_slot *slot; /* NULL: nobody wants to know any more */
	struct twc__http_client_conn *c; /* NULL: it has gone */
	unsigned n, uses; /* uses: calls on the stack that come back to it */
	struct place place[];
};

static void many_leave(struct many *m)
{
	if (--m->uses > 0 || m->slot)
		return;
	for (unsigned i = 0; i < m->n; i++)
		twc_free(m->place[i].text);
	twc_free(m);
}

/* After something that makes room, or takes all of it. */
static void many_look(struct many *m)
{
	struct twc__bench_slot *s = m->slot;

	if (!s)
		return;
	if (m->c) {
		twc__bench_slot_feed(s);
	} else if (s->busy == 0) {
		m->slot = NULL;
		twc__bench_slot_over(s);
	}
}

/* ---- a request ---- */

static struct place *place_of(struct twc__http_turn *turn)
{
	return TWC_CONTAINER_OF(turn, struct place, turn);
}

static void on_informed(struct twc__http_turn *turn, int status, const struct twc_http_fields *fields)
{
	(void)turn, (void)status, (void)fields;
}

static void on_seen(struct twc__http_turn *turn, struct twc_str head)
{
	(void)turn, (void)head;
}

static void on_head(struct twc__http_turn *turn, const struct twc__http_start *start, struct twc_http_fields *fields,
		    const struct twc__http_framing *framing)
{
	struct place *p = place_of(turn);

	(void)fields, (void)framing;
	p->status = start->status;
	p->job.first_byte_ns = twc_reactor_clock(p->many->slot->b->r);
	twc__http_turn_read(turn);
}

static void on_data(struct twc__http_turn *turn, const uint8_t *p, size_t n)
{
	(void)turn, (void)p, (void)n;
}

static void on_end(struct twc__http_turn *turn, struct twc_http_fields *trailers, const struct twc_err *err)
{
	struct place *p = place_of(turn);
	struct many *m = p->many;

	(void)trailers;
	p->is_busy = false;
	p->job.bytes_in = turn->head_bytes + turn->body_bytes;
	m->uses++;
	if (err->code)
		twc__bench_failed(m->slot, &p->job, err);
	else
		twc__bench_answered(m->slot, &p->job, p->status, twc_reactor_clock(m->slot->b->r));
	many_look(m);
	many_leave(m);
}

static void on_produce(void *arg, struct twc_http_upload *u)
{
	const struct place *p = arg;

	twc_http_upload_write(u, p->body.p, p->body.n);
	twc_http_upload_end(u);
}

/* Head and framing as one text; what is behind the empty line is the body. */
static void put_body(struct place *p, struct twc_str head, struct twc_str tail)
{
	const char *end = memmem(tail.p, tail.n, "\r\n\r\n", 4);
	size_t n = (size_t)(end - tail.p) + 4;

	p->text = twc_realloc(p->text, head.n + n);
	memcpy(p->text, head.p, head.n);
	memcpy(p->text + head.n, tail.p, n);
	p->turn.head = (struct twc_str){ p->text, head.n + n };
	p->body = (struct twc_str){ tail.p + n, tail.n - n };
	p->turn.has_source = true;
	p->turn.source = (struct twc_http_source){ .length = p->body.n, .produce = on_produce, .arg = p };
}

static struct place *place_free(struct many *m)
{
	for (unsigned i = 0; i < m->n; i++)
		if (!m->place[i].is_busy)
			return &m->place[i];
	TWC_BUG("no place for a request");
}

static void h2_ask(struct twc__bench_slot *s, const struct twc__bench_job *job)
{
	static const struct twc__http_turn_ops ops = {
		.informed = on_informed, .seen = on_seen, .head = on_head, .data = on_data, .end = on_end,
	};
	const struct twc__bench_requests *q = &s->b->requests;
	struct many *m = s->conn;
	struct place *p = place_free(m);

	p->is_busy = true;
	p->job = *job;
	p->turn = (struct twc__http_turn){ .ops = &ops, .method = q->method, .max_head = HEAD_MAX };
	p->turn.head = q->head[job->number % q->n_heads];
	if (q->n_tails > 0)
		put_body(p, p->turn.head, q->tail[job->number % q->n_tails]);
	p->job.bytes_out = p->turn.head.n + p->body.n;
	twc__http_turn_begin(&p->turn, m->c);
}

static void h2_expire(struct twc__bench_slot *s, uint64_t before_ns)
{
	struct many *m = s->conn;
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_ETIMEDOUT, "no whole answer in time");
	m->uses++;
	for (unsigned i = 0; i < m->n && m->slot; i++) {
		struct place *p = &m->place[i];

		if (!p->is_busy || p->job.sent_ns >= before_ns)
			continue;
		p->is_busy = false;
		twc__http_turn_cancel(&p->turn);
		twc__bench_failed(s, &p->job, &err);
	}
	many_look(m);
	many_leave(m);
}

/* ---- the connection ---- */

/* The server says how many it takes at once. */
static void on_free(void *arg, struct twc__http_client_conn *c)
{
	struct many *m = arg;
	unsigned most = twc__http_client_conn_running(c) + twc__http_client_conn_room(c);

	m->slot->places = most < m->n ? most : m->n;
	if (m->slot->state == TWC__BENCH_READY && m->slot->busy < m->slot->places)
		many_look(m);
}

static void on_gone(void *arg, struct twc__http_client_conn *c)
{
	struct many *m = arg;

	(void)c;
	m->uses++;
	m->c = NULL;
	m->slot->places = 0;
	many_look(m);
	many_leave(m);
}

static struct twc_protocol *h2_build(struct twc__bench_slot *s)
{
	static const struct twc__http_client_conn_ops ops = { .free = on_free, .gone = on_gone };
	unsigned n = s->b->o.streams;
	struct many *m = twc_calloc(1, sizeof(*m) + n * sizeof(m->place[0]));

	m->slot = s;
	m->n = s->places = n;
	for (unsigned i = 0; i < n; i++)
		m->place[i].many = m;
	s->conn = m;
	m->c = twc__http_client_conn_new(s->b->r, 20, &ops, m);
	return twc__http_client_conn_protocol(m->c);
}

static void h2_drop(struct twc__bench_slot *s)
{
	struct many *m = s->conn;
	struct twc__http_client_conn *c = m->c;

	m->uses++;
	m->slot = NULL;
	m->c = NULL;
	if (c)
		twc__http_client_conn_disown(c);
	for (unsigned i = 0; i < m->n; i++)
		if (m->place[i].is_busy)
			twc__http_turn_cancel(&m->place[i].turn);
	if (c && twc__http_client_conn_protocol(c)->transport)
		twc_transport_abort(twc__http_client_conn_protocol(c)->transport);
	many_leave(m);
}

const struct twc__bench_kind twc__bench_h2 = {
	.is_multiplexed = true,
	.build = h2_build,
	.ask = h2_ask,
	.expire = h2_expire,
	.drop = h2_drop,
};
