/* SPDX-License-Identifier: MIT */
/*
 * A connection of HTTP/1 on the server's side (RFC 9112). One loop takes what has come, step by step, as far as it can be used
 * now: one request has the word at a time, its answer is written before the next head is looked at, so answers are in order
 * whatever a client pipelines. What cannot be used yet waits in c->in, and above a bound is not read at all.
 *
 *	            head whole            handler asks, body comes          answered and sent
 *	READ_HEAD ------------> READ_BODY ------> READ_TRAILERS ------> READ_WHOLE --.
 *	    ^  '--no request--> READ_NOTHING <--broken, too slow---'                 |
 *	    '------------------------------------------------------------------------'
 *
 * Handlers are called from the loop and never call back into it: what they do is looked at when they have returned, or,
 * when they answer later, in the server's next turn (twc__http_server_await).
 */
#include "protocol/http/server_int.h"

#include "protocol/http/target.h"
#include "transport/transport_int.h"
#include "base/banned.h"

#define READ_MAX (256 * 1024) /* the most that comes in one read */

/* ---- the end ---- */

static void conn_lose(struct twc__http_conn *c)
{
	c->reading = TWC__HTTP_READ_NOTHING;
	c->is_last = true;
	twc_transport_lose(c->link.base.transport);
}

void twc__http_conn_refuse(struct twc__http_conn *c, int status, const struct twc_err *err)
{
	struct twc_http_server *s = c->link.s;

	s->stats.refused++;
	if (s->o.ops.refused)
		s->o.ops.refused(s->o.arg, c->link.base.transport, status, err);
	c->reading = TWC__HTTP_READ_NOTHING;
	c->is_last = true;
	c->x->is_refusal = true;
	if (status)
		twc_http_send_error(c->x, status, err->text);
	else
		conn_lose(c);
}

/* A client that wanted this to be its last request, and has sent all of it, has nothing to say that could meet a reset.
 * A long answer may take its time, and is watched. */
static bool is_done(const struct twc__http_conn *c)
{
	const struct twc_http_exchange *x = c->x;

	return !x->is_refusal && !x->framing.keeps_alive && !x->request.length && !c->left && x->sent <= TWC__HTTP_DISCARD_MAX;
}

/* The last answer is out. */
static void conn_end(struct twc__http_conn *c)
{
	if (is_done(c))
		twc__transport_lose_at_once(c->link.base.transport);
	conn_lose(c);
}

/* Its answer is out, the next one may have the word. */
static void next_request(struct twc__http_conn *c)
{
	twc__http_exchange_unref(c->x);
	c->x = NULL;
	c->reading = TWC__HTTP_READ_HEAD;
	c->link.since = twc_reactor_now(c->link.s->r);
}

/* The response is written as a whole. That it could not be sent is told by `lost`. */
static bool finish(struct twc__http_conn *c)
{
	struct twc_transport *t = c->link.base.transport;
	struct twc_http_exchange *x = c->x;

	if (twc__transport_await_sent(t))
		return false;
	if (!twc__transport_is_broken(t))
		twc__http_exchange_over(x, NULL);
	if (x->phase != TWC__HTTP_OVER || c->is_last || x->wants_close || !twc__http_conn_can_skip(c) ||
	    (c->link.s->is_stopping && !twc__http_conn_has_input(c))) {
		conn_end(c);
		return false;
	}
	if (x->is_body_whole)
		next_request(c);
	else
		x->body_seen = 0;
	return true;
}

static void tell_eof(struct twc__http_conn *c)
{
	struct twc_http_exchange *x = c->x;

	if (x && x->phase < TWC__HTTP_ENDED && x->ops && x->ops->eof)
		x->ops->eof(x->ops_arg, x);
}

/* ---- a head ---- */

static void begin_request(struct twc__http_conn *c)
{
	struct twc_http_exchange *x;

	c->x = x = twc__http_exchange_new(c->link.s, &twc__http_conn_carrier, c, c->link.base.transport);
	if (x->head.fields == &x->request.fields)
		twc__http_head_reset(&x->head);
	else
		twc__http_head_init(&x->head, TWC__HTTP_REQUEST, &c->link.s->limits, &x->request.fields);
	x->request.started_ns = twc_reactor_now(c->link.s->r);
}

/* The path as handlers see it. 0 or TWC_EPROTO. */
static int request_path(struct twc_http_exchange *x, const struct twc__http_target *target, struct twc_err *err)
{
	char *out;
	ssize_t n;

	x->request.raw_path = x->request.path = target->path;
	x->request.query = target->query;
	if (target->form == TWC__HTTP_AUTHORITY || target->form == TWC__HTTP_ASTERISK)
		return 0;
	out = twc__http_exchange_alloc(x, target->path.n + 1);
	n = twc__http_path_decode(target->path, out, err);
	if (n < 0)
		return (int)n;
	x->request.path = (struct twc_str){ out, (size_t)n };
	return 0;
}

/* What the head says, or the status it is refused with. */
static int read_request(struct twc__http_conn *c, struct twc_err *err)
{
	struct twc_http_exchange *x = c->x;
	const struct twc__http_start *start = &x->head.start;
	struct twc_http_request *q = &x->request;
	enum twc__http_fault fault = TWC__HTTP_BAD;
	struct twc__http_target target;

	q->method = start->method;
	q->method_id = start->method_id;
	q->target = start->target;
	q->version = 10 + start->minor;
	q->number = ++c->number;
	if (twc__http_frame_request(start, &q->fields, &x->framing, &fault, err) < 0)
		return twc__http_fault_status(fault);
	if (twc__http_target_parse(q->method_id, q->target, &target, err) < 0 ||
	    twc__http_host_check(start, &q->fields, &target, &q->authority, err) < 0 || request_path(x, &target, err) < 0)
		return 400;
	if (x->framing.body == TWC__HTTP_CHUNKED) {
		q->length = TWC_HTTP_UNKNOWN;
		return 0;
	}
	q->length = x->body_left = x->framing.body == TWC__HTTP_LENGTH ? x->framing.length : 0;
	if (q->length <= c->link.s->o.max_body)
		return 0;
	twc_err_set(err, TWC_ETOOLONG, "a body of %llu bytes is longer than %llu bytes", (unsigned long long)q->length,
		    (unsigned long long)c->link.s->o.max_body);
	return 413;
}

static bool no_head(struct twc__http_conn *c)
{
	struct twc_err err = { 0 };

	if (!c->has_eof)
		return false;
	if (c->x) {
		twc_err_set(&err, TWC_ETRUNC, "the client ended the connection in the middle of a head");
		twc__http_conn_refuse(c, 0, &err);
	} else {
		conn_lose(c);
	}
	return false;
}

static bool read_head(struct twc__http_conn *c)
{
	struct twc_http_exchange *x;
	struct twc_err err;
	int rc;

	if (!c->left || twc_transport_is_full(c->link.base.transport))
		return c->left ? false : no_head(c);
	if (!c->x)
		begin_request(c);
	if (c->is_undecided && twc__http_conn_may_be_h2(c))
		return false;
	x = c->x;
	rc = twc__http_head_feed(&x->head, (const char *)c->at, c->left, &err);
	if (rc == 0)
		return no_head(c);
	if (rc < 0) {
		twc__http_conn_refuse(c, twc__http_fault_status(x->head.fault), &err);
		return true;
	}
	c->at += x->head.size;
	c->left -= x->head.size;
	rc = read_request(c, &err);
	if (!rc)
		rc = twc__http_conn_look_ahead(c, &err);
	if (rc) {
		twc__http_conn_refuse(c, rc, &err);
		return true;
	}
	c->link.s->stats.requests++;
	x->is_body_whole = !x->request.length;
	c->reading = x->is_body_whole ? TWC__HTTP_READ_WHOLE : TWC__HTTP_READ_BODY;
	twc__http_exchange_start(x, c->link.s->handler);
	if (c->has_eof)
		tell_eof(c);
	return true;
}

/* ---- the loop ---- */

/* All of the request is there. */
static bool read_whole(struct twc__http_conn *c)
{
	if (c->x->phase == TWC__HTTP_OVER) {
		next_request(c);
		return true;
	}
	if (!twc__http_wants_body(c->x))
		return false;
	twc__http_exchange_body_end(c->x, 0, NULL);
	return true;
}

static bool step(struct twc__http_conn *c)
{
	if (twc_transport_is_closing(c->link.base.transport) || c->up)
		return false;
	if (c->x && c->x->phase == TWC__HTTP_ENDED && !c->is_seized)
		return finish(c);
	switch ((enum twc__http_reading)c->reading) {
	case TWC__HTTP_READ_HEAD:
		return read_head(c);
	case TWC__HTTP_READ_BODY:
		return twc__http_conn_read_body(c);
	case TWC__HTTP_READ_TRAILERS:
		return twc__http_conn_read_trailers(c);
	case TWC__HTTP_READ_WHOLE:
		return read_whole(c);
	case TWC__HTTP_READ_NOTHING:
		break;
	}
	c->left = 0;
	return false;
}

static void loop(struct twc__http_conn *c)
{
	unsigned steps = 0;

	while (step(c))
		if (++steps == TWC__HTTP_STEPS_MAX) {
			twc__http_link_await(&c->link);
			break;
		}
	c->is_running = false;
}

static void no_memory(struct twc__http_conn *c, int rc)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, rc, "%s", twc_err_default_text(rc));
	twc_transport_fail(c->link.base.transport, &err);
}

/* Between enter_buffer and leave_buffer the handler may be called, and sees a connection that runs. */
static void enter_buffer(struct twc__http_conn *c)
{
	c->is_running = true;
	c->at = (const uint8_t *)twc_buf_head(&c->in);
	c->left = twc_buf_len(&c->in);
}

static void leave_buffer(struct twc__http_conn *c)
{
	if (c->is_h2) {
		twc__http_conn_to_h2(c, c->at, c->left);
		return;
	}
	twc_buf_consume(&c->in, twc_buf_len(&c->in) - c->left);
	if (!c->left && c->in.cap)
		twc_buf_fini(&c->in);
	twc__http_conn_settle(c);
}

static void conn_run(struct twc__http_link *l)
{
	struct twc__http_conn *c = (struct twc__http_conn *)l;

	enter_buffer(c);
	loop(c);
	leave_buffer(c);
}

/* What the transport brings is used where it is, and only what is left of it is kept. */
static void conn_data(struct twc_protocol *base, const uint8_t *data, size_t n)
{
	struct twc__http_conn *c = (struct twc__http_conn *)base;
	int rc;

	if (c->up) {
		twc__http_conn_up_data(c, data, n);
		return;
	}
	if (twc_buf_len(&c->in)) {
		rc = twc_buf_add(&c->in, data, n);
		if (rc < 0)
			no_memory(c, rc);
		else
			conn_run(&c->link);
		return;
	}
	c->is_running = true;
	c->at = data;
	c->left = n;
	loop(c);
	if (c->is_h2) {
		twc__http_conn_to_h2(c, c->at, c->left);
		return;
	}
	rc = c->left ? twc_buf_add(&c->in, c->at, c->left) : 0;
	if (rc < 0)
		no_memory(c, rc);
	twc__http_conn_settle(c);
}

/* ---- what it is doing now: lists and pauses ---- */

static void throttle(struct twc__http_conn *c)
{
	bool is_over = twc_buf_len(&c->in) > TWC__HTTP_INPUT_MAX + c->link.s->o.max_head;

	if (is_over == c->is_paused)
		return;
	c->is_paused = is_over;
	if (is_over)
		twc_transport_pause(c->link.base.transport);
	else
		twc_transport_resume(c->link.base.transport);
}

void twc__http_conn_settle(struct twc__http_conn *c)
{
	bool is_refused = twc__transport_is_refused(c->link.base.transport), is_busy = c->x || is_refused;

	if (c->up) {
		twc__http_conn_hand_over(c);
		return;
	}
	if (twc_buf_len(&c->in) || c->is_paused)
		throttle(c);
	if (is_busy || c->link.is_busy)
		twc__http_conn_measure(c, is_refused);
	if (is_busy != c->link.is_busy)
		twc__http_link_move(&c->link, is_busy);
}

/* ---- between requests ---- */

static void conn_look_idle(struct twc__http_link *l, uint64_t now)
{
	struct twc__http_conn *c = (struct twc__http_conn *)l;

	if (twc__transport_is_refused(c->link.base.transport))
		twc__http_conn_settle(c);
	else if (now - c->link.since >= c->link.s->o.idle_ns)
		conn_lose(c);
}

static void conn_stop(struct twc__http_link *l)
{
	struct twc__http_conn *c = (struct twc__http_conn *)l;

	if (c->is_seized || (!c->x && !twc_buf_len(&c->in)))
		conn_lose(c);
	else if (c->x)
		twc__http_exchange_stopping(c->x);
}

/* ---- what the transport tells ---- */

static void conn_made(struct twc_protocol *base)
{
	twc__http_link_made((struct twc__http_link *)base);
}

static void conn_eof(struct twc_protocol *base)
{
	struct twc__http_conn *c = (struct twc__http_conn *)base;

	if (c->up) {
		twc__http_conn_up_eof(c);
		return;
	}
	if (c->is_seized) {
		conn_lose(c);
		return;
	}
	enter_buffer(c);
	tell_eof(c);
	c->has_eof = true;
	loop(c);
	leave_buffer(c);
}

static void conn_drained(struct twc_protocol *base)
{
	struct twc__http_conn *c = (struct twc__http_conn *)base;
	struct twc_http_exchange *x = c->x;

	if (c->up) {
		twc__http_conn_up_drained(c);
		return;
	}
	enter_buffer(c);
	if (x && x->phase == TWC__HTTP_BEGUN && x->ops && x->ops->drained)
		x->ops->drained(x->ops_arg, x);
	loop(c);
	leave_buffer(c);
}

/* The exchange at hand ends with its connection. */
static void exchange_lost(struct twc__http_conn *c, const struct twc_err *reason)
{
	struct twc_http_exchange *x = c->x;
	struct twc_err err = { 0 };

	c->x = NULL;
	if (!x->is_counted)
		x->is_refusal = true; /* it never was one */
	if (x->phase != TWC__HTTP_OVER) {
		if (!reason->code && x->phase < TWC__HTTP_ENDED) {
			twc_err_set(&err, TWC_ETRUNC, "the connection ended before the response");
			reason = &err;
		}
		twc__http_exchange_over(x, reason->code ? reason : NULL);
	}
	twc__http_exchange_unref(x);
}

static void conn_lost(struct twc_protocol *base, const struct twc_err *reason)
{
	struct twc__http_conn *c = (struct twc__http_conn *)base;
	struct twc_http_server *s = c->link.s;

	twc__http_link_lost(&c->link);
	if (c->up)
		c->up->ops->lost(c->up, reason);
	if (c->x)
		exchange_lost(c, reason);
	twc_buf_fini(&c->in);
	twc_free(c);
	twc__http_server_left(s);
}

static struct twc_protocol **conn_inner(struct twc_protocol *base)
{
	struct twc__http_conn *c = (struct twc__http_conn *)base;

	return c->up ? &c->up : NULL;
}

static const struct twc_protocol_ops conn_ops = {
	.name = "http",
	.made = conn_made,
	.data = conn_data,
	.eof = conn_eof,
	.drained = conn_drained,
	.lost = conn_lost,
	.inner = conn_inner,
};

static const struct twc__http_link_ops link_ops = {
	.run = conn_run,
	.look = twc__http_conn_look,
	.look_idle = conn_look_idle,
	.stop = conn_stop,
};

struct twc_protocol *twc__http_conn_new(struct twc_http_server *s)
{
	struct twc__http_conn *c = twc_calloc(1, sizeof(*c));

	c->is_undecided = true;
	twc__http_link_init(&c->link, s, &conn_ops, &link_ops);
	twc_buf_init(&c->in, TWC__HTTP_INPUT_MAX + s->o.max_head + 2 * READ_MAX);
	return &c->link.base;
}
