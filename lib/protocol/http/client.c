/* SPDX-License-Identifier: MIT */
/*
 * A client's connection: what comes from the server, from the first byte of a head to the last of a body. What goes to it is in
 * client_upload.c.
 *
 *	IDLE -> HEAD (1xx come and go) -> BODY -> TRAILERS -> IDLE, or the end of the connection
 *
 * What has come and cannot be handed out yet (a head in pieces, a body nobody reads) is held here, and the transport is paused
 * for as long as somebody has to be waited for, so at most one read of it is ever held.
 */
#include "protocol/http/client_priv.h"
#include "base/banned.h"

#define HELD_MAX (1024 * 1024) /* a head, or one read of a body: both have smaller limits of their own */
#define INTERIM_MAX 100	       /* 1xx in front of one response */

static struct twc__http_client_conn *self(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc__http_client_conn, base);
}

/* ---- the end of a turn ---- */

static void conn_unref(struct twc__http_client_conn *c)
{
	if (--c->refs > 0)
		return;
	twc_buf_fini(&c->held);
	twc_http_fields_fini(&c->fields);
	twc_free(c);
}

static struct twc__http_turn *turn_detach(struct twc__http_client_conn *c)
{
	struct twc__http_turn *turn = c->turn;

	twc_timer_stop(c->r, &c->timer);
	c->turn = NULL;
	turn->conn = NULL;
	twc__http_upload_stop(&turn->upload);
	twc_http_fields_fini(&turn->upload.trailers);
	return turn;
}

static void conn_close(struct twc__http_client_conn *c, bool reset)
{
	if (c->state == TWC__HTTP_DEAD)
		return;
	c->state = TWC__HTTP_DEAD;
	if (reset)
		twc_transport_abort(c->base.transport);
	else
		twc_transport_lose(c->base.transport);
}

void twc__http_turn_fail(struct twc__http_turn *turn, const struct twc_err *err)
{
	struct twc__http_client_conn *c = turn->conn;

	turn->was_silent = turn->times.first_byte == 0;
	conn_close(c, true);
	turn_detach(c);
	turn->times.done = twc_reactor_now(c->r);
	turn->ops->end(turn, NULL, err);
}

/* The response is whole. */
static void turn_finish(struct twc__http_client_conn *c, struct twc_http_fields *trailers)
{
	static const struct twc_err none;
	struct twc__http_turn *turn = c->turn;
	bool keeps = c->keeps_alive && (!turn->has_source || turn->upload.is_whole) && !twc_transport_is_closing(c->base.transport);
	bool was_cut = turn->has_source && !turn->upload.is_whole;

	turn->times.done = twc_reactor_now(c->r);
	turn_detach(c);
	if (keeps)
		c->state = TWC__HTTP_IDLE;
	else
		conn_close(c, was_cut);
	c->is_wanted = false;
	c->pauses = 0;
	turn->ops->end(turn, trailers, &none);
	if (c->state == TWC__HTTP_IDLE && !c->turn && c->ops)
		c->ops->free(c->arg, c);
}

void twc__http_turn_cancel(struct twc__http_turn *turn)
{
	struct twc__http_client_conn *c = turn->conn;

	if (!c)
		return;
	turn_detach(c);
	conn_close(c, true);
}

/* ---- a head ---- */

static void on_too_late(struct twc_timer *t, void *arg)
{
	struct twc__http_client_conn *c = arg;
	struct twc_err err = { 0 };
	char limit[32];

	(void)t;
	if (twc__http_upload_was_waiting(&c->turn->upload)) {
		twc__http_upload_start(&c->turn->upload); /* no leave came, and none is needed (RFC 9110, 10.1.1) */
		return;
	}
	twc_err_set(&err, TWC_ETIMEDOUT, "no answer to the request within %s",
		    twc_format_duration(limit, sizeof(limit), c->turn->first_byte_ns));
	twc__http_turn_fail(c->turn, &err);
}

void twc__http_client_conn_await(struct twc__http_client_conn *c)
{
	struct twc__http_turn *turn = c->turn;

	if (turn->first_byte_ns > 0 && c->state == TWC__HTTP_HEAD)
		twc_timer_start(c->r, &c->timer, turn->first_byte_ns, on_too_late, c);
}

void twc__http_client_conn_await_leave(struct twc__http_client_conn *c)
{
	twc_timer_start(c->r, &c->timer, c->turn->expect_ns, on_too_late, c);
}

static int on_interim(struct twc__http_client_conn *c)
{
	struct twc__http_turn *turn = c->turn;
	int status = c->head.start.status;
	struct twc_err err = { 0 };

	if (status == 101) {
		twc_err_set(&err, TWC_EPROTO, "the server switches to another protocol, which nobody asked for (101)");
		twc__http_turn_fail(turn, &err);
		return -1;
	}
	if (++c->interims > INTERIM_MAX) {
		twc_err_set(&err, TWC_EPROTO, "more than %d interim responses", INTERIM_MAX);
		twc__http_turn_fail(turn, &err);
		return -1;
	}
	turn->ops->informed(turn, status, &c->fields);
	if (c->turn && status == 100 && twc__http_upload_was_waiting(&turn->upload))
		twc__http_upload_start(&turn->upload);
	if (c->turn)
		twc__http_head_reset(&c->head);
	return 0;
}

/* A response before the request was whole: with an error the rest is of no use (RFC 9112, 9.5). */
static void settle_upload(struct twc__http_turn *turn, int status)
{
	if (turn->has_source && !turn->upload.is_whole &&
	    (status >= 300 || twc__http_upload_was_waiting(&turn->upload)))
		twc__http_upload_stop(&turn->upload);
}

static void on_final(struct twc__http_client_conn *c)
{
	struct twc__http_turn *turn = c->turn;
	struct twc__http_framing framing;
	struct twc_err err = { 0 };

	if (twc__http_frame_response(&c->head.start, &c->fields, turn->method, turn->lenient, &framing, &err) < 0) {
		twc__http_turn_fail(turn, &err);
		return;
	}
	twc_timer_stop(c->r, &c->timer);
	settle_upload(turn, c->head.start.status);
	c->framing = framing;
	c->left = framing.length;
	c->chunked = (struct twc__http_chunked){ .lenient = true };
	c->keeps_alive = framing.keeps_alive && framing.body != TWC__HTTP_UNTIL_CLOSE;
	c->state = TWC__HTTP_BODY;
	turn->times.head = twc_reactor_now(c->r);
	turn->ops->head(turn, &c->head.start, &c->fields, &framing);
	if (c->turn == turn && (framing.body == TWC__HTTP_NONE || (framing.body == TWC__HTTP_LENGTH && c->left == 0)))
		c->is_wanted = true; /* there is nothing to wait for */
}

/* Each of these takes what it can of p[0..n) and returns how much; `stuck` when it needs more, or must wait. */
static size_t feed_head(struct twc__http_client_conn *c, const char *p, size_t n, bool *stuck)
{
	struct twc__http_turn *turn = c->turn;
	struct twc_err err = { 0 };
	size_t size;
	int rc;

	if (turn->times.first_byte == 0)
		turn->times.first_byte = twc_reactor_now(c->r);
	rc = twc__http_head_feed(&c->head, p, n, &err);
	if (rc == 0) {
		*stuck = true;
		return 0;
	}
	if (rc < 0) {
		twc__http_turn_fail(turn, &err);
		return n;
	}
	size = c->head.size;
	turn->head_bytes += size;
	if (turn->head_bytes > turn->max_head) {
		twc_err_set(&err, TWC_ETOOLONG, "the heads of the response are longer than %zu bytes", turn->max_head);
		twc__http_turn_fail(turn, &err);
		return n;
	}
	turn->ops->seen(turn, (struct twc_str){ p, size });
	if (c->turn != turn)
		return n;
	if (c->head.start.status < 200)
		on_interim(c);
	else
		on_final(c);
	return size;
}

/* ---- a body ---- */

static void give(struct twc__http_turn *turn, const void *p, size_t n)
{
	turn->body_bytes += n;
	turn->ops->data(turn, p, n);
}

static size_t feed_counted(struct twc__http_client_conn *c, const char *p, size_t n)
{
	struct twc__http_turn *turn = c->turn;
	size_t k = n < c->left ? n : (size_t)c->left;

	c->left -= k;
	if (k > 0)
		give(turn, p, k);
	if (c->turn == turn && c->left == 0)
		turn_finish(c, NULL);
	return k;
}

static size_t feed_chunks(struct twc__http_client_conn *c, const char *p, size_t n)
{
	struct twc_str data = { 0 };
	struct twc_err err = { 0 };
	size_t used = 0;
	int rc = twc__http_chunked_feed(&c->chunked, (const uint8_t *)p, n, &used, &data, &err);

	if (rc < 0) {
		twc__http_turn_fail(c->turn, &err);
		return n;
	}
	if (rc == TWC__HTTP_CHUNK_DATA) {
		give(c->turn, data.p, data.n);
	} else if (rc == TWC__HTTP_CHUNK_LAST) {
		c->state = TWC__HTTP_TRAILERS;
		twc__http_head_reset(&c->head);
	}
	return used;
}

static size_t feed_trailers(struct twc__http_client_conn *c, const char *p, size_t n, bool *stuck)
{
	struct twc_err err = { 0 };
	int rc = twc__http_trailers_feed(&c->head, p, n, &err);

	if (rc == 0) {
		*stuck = true;
		return 0;
	}
	if (rc < 0) {
		twc__http_turn_fail(c->turn, &err);
		return n;
	}
	turn_finish(c, &c->fields);
	return c->head.size;
}

static size_t feed_body(struct twc__http_client_conn *c, const char *p, size_t n)
{
	switch (c->framing.body) {
	case TWC__HTTP_CHUNKED:
		return feed_chunks(c, p, n);
	case TWC__HTTP_UNTIL_CLOSE:
		give(c->turn, p, n);
		return n;
	case TWC__HTTP_NONE:
	case TWC__HTTP_LENGTH:
	case TWC__HTTP_TUNNEL:
		break;
	}
	return feed_counted(c, p, n);
}

/* ---- all of it ---- */

static bool is_waiting(const struct twc__http_client_conn *c)
{
	return (c->state == TWC__HTTP_BODY || c->state == TWC__HTTP_TRAILERS) && (!c->is_wanted || c->pauses > 0);
}

/* Nothing is to come, but its end has not been told. */
static bool is_at_end(const struct twc__http_client_conn *c)
{
	return c->state == TWC__HTTP_BODY && c->left == 0 &&
	       (c->framing.body == TWC__HTTP_NONE || c->framing.body == TWC__HTTP_LENGTH);
}

/* Returns how much of p[0..n) was used up. */
static size_t pump(struct twc__http_client_conn *c, const char *p, size_t n)
{
	size_t at = 0;
	bool stuck = false;

	while (!stuck && !is_waiting(c) && (at < n || is_at_end(c))) {
		switch (c->state) {
		case TWC__HTTP_IDLE: /* nobody asked for anything: the connection is out of step */
			conn_close(c, true);
			return n;
		case TWC__HTTP_DEAD:
			return n;
		case TWC__HTTP_HEAD:
			at += feed_head(c, p + at, n - at, &stuck);
			break;
		case TWC__HTTP_BODY:
			at += feed_body(c, p + at, n - at);
			break;
		case TWC__HTTP_TRAILERS:
			at += feed_trailers(c, p + at, n - at, &stuck);
			break;
		}
	}
	return c->state == TWC__HTTP_DEAD ? n : at;
}

/* The transport is read as long as nobody has to be waited for. */
static void settle_reading(struct twc__http_client_conn *c)
{
	bool stop = is_waiting(c);

	if (stop == c->is_stopped || c->state == TWC__HTTP_DEAD)
		return;
	c->is_stopped = stop;
	if (stop)
		twc_transport_pause(c->base.transport);
	else
		twc_transport_resume(c->base.transport);
}

static void hold(struct twc__http_client_conn *c, const void *p, size_t n)
{
	struct twc_err err = { 0 };

	if (n == 0 || c->state == TWC__HTTP_DEAD || twc_buf_add(&c->held, p, n) == 0)
		return;
	twc_err_set(&err, TWC_ETOOLONG, "more than %d bytes wait to be read", HELD_MAX);
	if (c->turn)
		twc__http_turn_fail(c->turn, &err);
	else
		conn_close(c, true);
}

static void on_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__http_client_conn *c = self(p);
	size_t used;

	c->refs++;
	if (twc_buf_len(&c->held) > 0) {
		hold(c, data, n);
		twc__http_client_conn_pump(c);
	} else {
		c->is_pumping = true;
		used = pump(c, (const char *)data, n);
		c->is_pumping = false;
		hold(c, data + used, n - used);
		settle_reading(c);
	}
	conn_unref(c);
}

void twc__http_client_conn_pump(struct twc__http_client_conn *c)
{
	if (c->is_pumping || c->state == TWC__HTTP_DEAD)
		return;
	c->refs++;
	c->is_pumping = true;
	twc_buf_consume(&c->held, pump(c, twc_buf_head(&c->held), twc_buf_len(&c->held)));
	c->is_pumping = false;
	settle_reading(c);
	conn_unref(c);
}

static void on_kick(struct twc_timer *t, void *arg)
{
	(void)t;
	twc__http_client_conn_pump(arg);
}

static void unblock(struct twc__http_client_conn *c)
{
	if (!c->is_pumping) /* else who pumps goes on */
		twc_timer_start(c->r, &c->kick, 0, on_kick, c);
}

void twc__http_turn_read(struct twc__http_turn *turn)
{
	if (!turn->conn)
		return;
	turn->conn->is_wanted = true;
	unblock(turn->conn);
}

void twc__http_turn_pause(struct twc__http_turn *turn)
{
	if (!turn->conn)
		return;
	turn->conn->pauses++;
	if (!turn->conn->is_pumping)
		settle_reading(turn->conn);
}

void twc__http_turn_resume(struct twc__http_turn *turn)
{
	struct twc__http_client_conn *c = turn->conn;

	if (c && c->pauses > 0 && --c->pauses == 0)
		unblock(c);
}

/* ---- the connection's own life ---- */

static void on_made(struct twc_protocol *p)
{
	struct twc__http_client_conn *c = self(p);

	if (c->ops)
		c->ops->free(c->arg, c);
}

static void say_truncated(const struct twc__http_client_conn *c, struct twc_err *err)
{
	const struct twc__http_turn *turn = c->turn;

	if (c->state == TWC__HTTP_HEAD && turn->times.first_byte == 0)
		twc_err_set(err, TWC_ETRUNC, "the server closed the connection without an answer");
	else if (c->state == TWC__HTTP_HEAD)
		twc_err_set(err, TWC_ETRUNC, "the server closed the connection in the middle of a head");
	else if (c->framing.body == TWC__HTTP_LENGTH)
		twc_err_set(err, TWC_ETRUNC, "the body stopped after %llu of %llu bytes", (unsigned long long)turn->body_bytes,
			    (unsigned long long)c->framing.length);
	else
		twc_err_set(err, TWC_ETRUNC, "the body stopped after %llu bytes, before its last chunk",
			    (unsigned long long)turn->body_bytes);
}

static void on_eof(struct twc_protocol *p)
{
	struct twc__http_client_conn *c = self(p);
	struct twc_err err = { 0 };

	c->refs++;
	c->keeps_alive = false;
	if (c->turn && c->state == TWC__HTTP_BODY && c->framing.body == TWC__HTTP_UNTIL_CLOSE) {
		turn_finish(c, NULL);
	} else if (c->turn) {
		say_truncated(c, &err);
		twc__http_turn_fail(c->turn, &err);
	}
	conn_close(c, false);
	conn_unref(c);
}

static void on_drained(struct twc_protocol *p)
{
	struct twc__http_client_conn *c = self(p);

	if (c->turn)
		twc__http_upload_go_on(&c->turn->upload);
}

static void on_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__http_client_conn *c = self(p);
	struct twc_err err = *reason;

	if (c->turn) {
		if (err.code == 0)
			say_truncated(c, &err);
		twc__http_turn_fail(c->turn, &err);
	}
	c->state = TWC__HTTP_DEAD;
	twc_timer_stop(c->r, &c->kick);
	if (c->ops)
		c->ops->gone(c->arg, c);
	c->ops = NULL;
	conn_unref(c);
}

static const struct twc_protocol_ops conn_ops = {
	.name = "http",
	.made = on_made,
	.data = on_data,
	.eof = on_eof,
	.drained = on_drained,
	.lost = on_lost,
};

struct twc__http_client_conn *twc__http_client_conn_new(struct twc_reactor *r, const struct twc__http_client_conn_ops *ops, void *arg)
{
	struct twc__http_client_conn *c = twc_calloc(1, sizeof(*c));

	c->base.ops = &conn_ops;
	c->r = r;
	c->ops = ops;
	c->arg = arg;
	c->refs = 1;
	twc_buf_init(&c->held, HELD_MAX);
	return c;
}

struct twc_protocol *twc__http_client_conn_protocol(struct twc__http_client_conn *c)
{
	return &c->base;
}

struct twc__http_client_conn *twc__http_client_conn_of(struct twc_protocol *p)
{
	return self(p);
}

void twc__http_client_conn_disown(struct twc__http_client_conn *c)
{
	c->ops = NULL;
	if (c->base.transport)
		conn_close(c, c->turn != NULL);
}

void *twc__http_client_conn_arg(const struct twc__http_client_conn *c)
{
	return c->arg;
}

uint64_t twc__http_client_conn_turns(const struct twc__http_client_conn *c)
{
	return c->turns;
}

void twc__http_turn_begin(struct twc__http_turn *turn, struct twc__http_client_conn *c)
{
	struct twc__http_limits limits = { .head = turn->max_head, .target = turn->max_head, .line = turn->max_head,
					   .fields = TWC_HTTP_FIELDS_MAX };

	TWC_ASSERT(c->state == TWC__HTTP_IDLE && !c->turn);
	c->turn = turn;
	turn->conn = c;
	turn->upload.turn = turn;
	c->turns++;
	c->state = TWC__HTTP_HEAD;
	c->interims = 0;
	c->is_wanted = false;
	c->pauses = 0;
	twc__http_head_init(&c->head, TWC__HTTP_RESPONSE, &limits, &c->fields);
	c->head.lenient = true;
	twc__http_upload_begin(&turn->upload);
}

struct twc_transport *twc__http_turn_transport(const struct twc__http_turn *turn)
{
	return turn->conn ? turn->conn->base.transport : NULL;
}
