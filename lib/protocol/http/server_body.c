/* SPDX-License-Identifier: MIT */
/*
 * Bodies of requests on HTTP/1 (RFC 9112, 6 and 7.1; RFC 9110, 10.1.1): read when somebody wants them, or to get to the next
 * request when that is near. What is said to have been too long, broken or too slow ends the connection: where the next request
 * would begin is not known then.
 */
#include "protocol/http/server_int.h"

#include "base/banned.h"

bool twc__http_conn_can_skip(const struct twc__http_conn *c)
{
	const struct twc_http_exchange *x = c->x;

	if (x->is_body_whole || x->body_ops)
		return true;
	if (!x->said_continue && x->framing.expects_continue)
		return false; /* whether the body comes is the client's choice */
	if (x->framing.body == TWC__HTTP_LENGTH)
		return x->body_left <= TWC__HTTP_DISCARD_MAX;
	return true;
}

/* Nobody is there for the body, and the response has ended: it is in the way. */
static bool is_skipping(const struct twc__http_conn *c)
{
	return c->x->phase == TWC__HTTP_OVER;
}

static void take(struct twc__http_conn *c, size_t n)
{
	c->at += n;
	c->left -= n;
}

void twc__http_conn_break_body(struct twc__http_conn *c, int status, const struct twc_err *err)
{
	struct twc_http_exchange *x = c->x;

	c->reading = TWC__HTTP_READ_NOTHING;
	c->is_last = true;
	if (is_skipping(c))
		twc_transport_lose(c->link.base.transport);
	else
		twc__http_exchange_body_end(x, status, err);
}

static bool body_broke(struct twc__http_conn *c, int status, const struct twc_err *err)
{
	twc__http_conn_break_body(c, status, err);
	return true;
}

static bool body_whole(struct twc__http_conn *c)
{
	c->reading = TWC__HTTP_READ_WHOLE;
	c->x->is_body_whole = true;
	return true; /* the loop tells the receiver */
}

/* On the way to the next request: true while that is worth it. */
static bool skip(struct twc__http_conn *c, size_t n)
{
	c->x->body_seen += n;
	return c->x->framing.body == TWC__HTTP_LENGTH || c->x->body_seen <= TWC__HTTP_DISCARD_MAX;
}

/* A piece of the body, to whoever wants it. One with which it becomes too long is given to nobody: who had begun to answer with its
 * beginning could not be told any more. What a receiver that has had enough leaves over is thrown away. */
static bool give(struct twc__http_conn *c, const uint8_t *p, size_t n)
{
	struct twc_http_exchange *x = c->x;
	struct twc_err err = { 0 };

	if (is_skipping(c)) {
		if (!skip(c, n))
			twc_transport_lose(c->link.base.transport);
		return true;
	}
	if (n <= c->link.s->o.max_body - x->body_seen) {
		x->body_seen += n;
		if (n)
			twc__http_exchange_body(x, p, n);
		return true;
	}
	twc_err_set(&err, TWC_ETOOLONG, "the body is longer than %llu bytes", (unsigned long long)c->link.s->o.max_body);
	return body_broke(c, 413, &err);
}

static bool read_length(struct twc__http_conn *c)
{
	struct twc_http_exchange *x = c->x;
	size_t n = c->left < x->body_left ? c->left : (size_t)x->body_left;
	const uint8_t *p = c->at;

	take(c, n);
	x->body_left -= n;
	give(c, p, n);
	return x->body_left || c->reading != TWC__HTTP_READ_BODY ? true : body_whole(c);
}

static bool read_chunked(struct twc__http_conn *c)
{
	struct twc_http_exchange *x = c->x;
	struct twc_str data;
	struct twc_err err;
	size_t used = 0;
	int rc = twc__http_chunked_feed(&x->chunked, c->at, c->left, &used, &data, &err);

	if (rc < 0)
		return body_broke(c, 400, &err);
	take(c, used);
	if (rc == TWC__HTTP_CHUNK_DATA)
		return give(c, (const uint8_t *)data.p, data.n);
	if (rc == TWC__HTTP_CHUNK_LAST) {
		twc__http_head_init(&x->head, TWC__HTTP_REQUEST, &c->link.s->limits, &x->request.trailers);
		x->has_trailers = true;
		c->reading = TWC__HTTP_READ_TRAILERS;
	}
	return true;
}

static int look_at_trailers(const struct twc__http_conn *c, size_t at, struct twc_err *err)
{
	struct twc_http_fields fields = { 0 };
	struct twc__http_head head;
	int rc;

	twc__http_head_init(&head, TWC__HTTP_REQUEST, &c->link.s->limits, &fields);
	rc = twc__http_trailers_feed(&head, (const char *)c->at + at, c->left - at, err);
	twc_http_fields_fini(&fields);
	return rc < 0 ? twc__http_fault_status(head.fault) : 0;
}

/* A handler that does not read the body would answer 200 to a request that is none. */
int twc__http_conn_look_ahead(const struct twc__http_conn *c, struct twc_err *err)
{
	struct twc__http_chunked chunked = { 0 };
	struct twc_str data;
	size_t at = 0, used = 0;

	if (c->x->framing.body != TWC__HTTP_CHUNKED)
		return 0;
	while (at < c->left) {
		int rc = twc__http_chunked_feed(&chunked, c->at + at, c->left - at, &used, &data, err);

		if (rc < 0)
			return 400;
		at += used;
		if (rc == TWC__HTTP_CHUNK_LAST)
			return look_at_trailers(c, at, err);
		if (rc == TWC__HTTP_CHUNK_MORE)
			return 0;
	}
	return 0;
}

/* The client has ended its half in the middle. */
static bool ended_early(struct twc__http_conn *c)
{
	struct twc_err err = { 0 };

	if (!c->has_eof)
		return false;
	twc_err_set(&err, TWC_ETRUNC, "the client ended the connection in the middle of a body");
	return body_broke(c, 400, &err);
}

/* RFC 9110, 10.1.1: a client that has begun to send needs no word any more. */
static void say_continue(struct twc__http_conn *c)
{
	struct twc_http_exchange *x = c->x;

	if (x->said_continue)
		return;
	x->said_continue = true;
	if (x->framing.expects_continue && x->phase == TWC__HTTP_OPEN && !c->left)
		x->carrier->inform(x, 100);
}

bool twc__http_conn_read_body(struct twc__http_conn *c)
{
	if (!is_skipping(c)) {
		if (!twc__http_wants_body(c->x))
			return false;
		say_continue(c);
	}
	if (!c->left)
		return ended_early(c);
	return c->x->framing.body == TWC__HTTP_CHUNKED ? read_chunked(c) : read_length(c);
}

bool twc__http_conn_read_trailers(struct twc__http_conn *c)
{
	struct twc_http_exchange *x = c->x;
	struct twc_err err;
	int rc;

	if (!is_skipping(c) && !twc__http_wants_body(x))
		return false;
	rc = twc__http_trailers_feed(&x->head, (const char *)c->at, c->left, &err);
	if (rc < 0)
		return body_broke(c, twc__http_fault_status(x->head.fault), &err);
	if (rc == 0)
		return ended_early(c);
	take(c, x->head.size);
	return body_whole(c);
}
