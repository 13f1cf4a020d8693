/* SPDX-License-Identifier: MIT */
/*
 * A client's connection of HTTP/1: its life, and that of the turns taken on it. What comes from the server is read in client_read.c,
 * what goes to it is written in client_upload.c.
 *
 *	IDLE -> HEAD (1xx come and go) -> BODY -> TRAILERS -> IDLE, or the end of the connection
 *
 * A response that is whole before its request is waits in SENDING. A connection is of no use any more from the moment something
 * is wrong with it (DEAD); its transport ends later, from the loop.
 */
#include "protocol/http/client_priv.h"
#include "transport/transport_int.h"
#include "base/banned.h"

static struct twc__http_client_conn *self(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc__http_client_conn, base);
}

void twc__http_client_conn_close(struct twc__http_client_conn *c, bool reset)
{
	if (c->state == TWC__HTTP_DEAD)
		return;
	c->state = TWC__HTTP_DEAD;
	twc_buf_clear(&c->held);
	if (reset) {
		twc_transport_abort(c->base.transport);
	} else {
		twc_transport_no_linger(c->base.transport);
		twc_transport_lose(c->base.transport);
	}
	twc__http_client_conn_say_gone(c);
}

/* ---- the end of a turn ---- */

static void turn_detach(struct twc__http_client_conn *c)
{
	struct twc__http_turn *turn = c->turn;

	twc_timer_stop(c->r, &c->timer);
	c->turn = NULL;
	c->failure = (struct twc_err){ 0 };
	twc__http_turn_leave(turn);
}

void twc__http_turn_fail(struct twc__http_turn *turn, const struct twc_err *err)
{
	struct twc__http_client_conn *c = turn->conn;

	turn_detach(c);
	twc__http_client_conn_close(c, true);
	turn->ops->end(turn, NULL, err);
}

/* The connection has ended under it: of a server that closes what was kept, nothing else is heard. */
static void turn_break(struct twc__http_turn *turn, const struct twc_err *err)
{
	turn->was_silent = turn->times.first_byte == 0;
	twc__http_turn_fail(turn, err);
}

void twc__http_turn_finish(struct twc__http_client_conn *c, bool has_trailers, bool is_clean)
{
	static const struct twc_err none;
	struct twc__http_turn *turn = c->turn;
	struct twc_http_fields trailers = { 0 };
	bool is_whole = !turn->has_source || turn->upload.is_whole;

	if (!is_whole && turn->upload.is_open && is_clean && c->keeps_alive) {
		c->state = TWC__HTTP_SENDING;
		c->has_trailers = has_trailers;
		return;
	}
	if (has_trailers) { /* the next turn may begin before this one has heard its end */
		trailers = c->fields;
		c->fields = (struct twc_http_fields){ 0 };
	}
	turn_detach(c);
	c->is_wanted = false;
	c->pauses = 0;
	if (c->keeps_alive && is_whole && is_clean && !twc_transport_is_closing(c->base.transport)) {
		c->state = TWC__HTTP_IDLE;
		if (c->ops)
			c->ops->free(c->arg, c);
	} else {
		twc__http_client_conn_close(c, !is_whole || !is_clean);
	}
	turn->ops->end(turn, has_trailers ? &trailers : NULL, &none);
	twc_http_fields_fini(&trailers);
}

static void h1_cancel(struct twc__http_turn *turn)
{
	struct twc__http_client_conn *c = turn->conn;

	turn_detach(c);
	twc__http_client_conn_close(c, true);
}

static bool h1_upgrade(struct twc__http_turn *turn, struct twc_protocol *p)
{
	struct twc__http_client_conn *c = turn->conn;
	struct twc_transport *t;

	if (c->state != TWC__HTTP_BODY || c->framing.body != TWC__HTTP_TUNNEL ||
	    twc_transport_is_closing(c->base.transport))
		return false;
	t = c->base.transport;
	turn_detach(c);
	c->state = TWC__HTTP_SWITCHED;
	twc_timer_stop(c->r, &c->kick);
	twc__http_client_conn_say_gone(c);
	twc_transport_set_protocol(t, p);
	if (!c->is_pumping) { /* else who pumps does so */
		twc__transport_unread(t, twc_buf_head(&c->held), twc_buf_len(&c->held));
		twc_buf_clear(&c->held);
	}
	if (p->ops->made)
		p->ops->made(p);
	if (c->is_stopped)
		twc_transport_resume(t);
	twc__http_client_conn_unref(c);
	return true;
}

/* ---- timers ---- */

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
	twc_format_duration(limit, sizeof(limit), c->turn->first_byte_ns);
	if (c->turn->times.first_byte == 0)
		twc_err_set(&err, TWC_ETIMEDOUT, "no answer to the request within %s", limit);
	else
		twc_err_set(&err, TWC_ETIMEDOUT, "the head of the response was not whole within %s", limit);
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

/* Later, since who made it necessary is inside a call of ours. */
static void on_kick(struct twc_timer *t, void *arg)
{
	struct twc__http_client_conn *c = arg;
	struct twc_err err = c->failure;

	(void)t;
	twc__http_client_conn_ref(c);
	if (c->turn && err.code)
		twc__http_turn_fail(c->turn, &err);
	else if (c->turn && c->state == TWC__HTTP_SENDING && c->turn->upload.is_whole)
		twc__http_turn_finish(c, c->has_trailers, true);
	else
		twc__http_client_conn_pump(c);
	twc__http_client_conn_unref(c);
}

void twc__http_client_conn_kick(struct twc__http_client_conn *c)
{
	twc_timer_start(c->r, &c->kick, 0, on_kick, c);
}

/* ---- what becomes of its body ---- */

static void unblock(struct twc__http_client_conn *c)
{
	if (!c->is_pumping) /* else who pumps goes on */
		twc__http_client_conn_kick(c);
}

static void h1_read(struct twc__http_turn *turn)
{
	turn->conn->is_wanted = true;
	unblock(turn->conn);
}

static void h1_pause(struct twc__http_turn *turn)
{
	turn->conn->pauses++;
	if (!turn->conn->is_pumping)
		twc__http_client_conn_settle(turn->conn);
}

static void h1_resume(struct twc__http_turn *turn)
{
	struct twc__http_client_conn *c = turn->conn;

	if (c->pauses > 0 && --c->pauses == 0)
		unblock(c);
}

/* ---- the connection's own life ---- */

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
	else if (c->framing.body == TWC__HTTP_CHUNKED)
		twc_err_set(err, TWC_ETRUNC, "the body stopped after %llu bytes, before the end of its last chunk",
			    (unsigned long long)turn->body_bytes);
	else
		twc_err_set(err, TWC_ETRUNC, "the body stopped after %llu bytes", (unsigned long long)turn->body_bytes);
}

/* Only an end by the protocol's rules is one: of TLS, an end without close_notify is an error of the transport's. */
static void on_eof(struct twc_protocol *p)
{
	struct twc__http_client_conn *c = self(p);
	struct twc_err err = { 0 };

	twc__http_client_conn_ref(c);
	c->keeps_alive = false;
	if (c->turn && (c->state == TWC__HTTP_SENDING ||
			(c->state == TWC__HTTP_BODY && c->framing.body == TWC__HTTP_UNTIL_CLOSE))) {
		twc__http_turn_finish(c, c->state == TWC__HTTP_SENDING && c->has_trailers, true);
	} else if (c->turn) {
		say_truncated(c, &err);
		turn_break(c->turn, &err);
	}
	twc__http_client_conn_close(c, false);
	twc__http_client_conn_unref(c);
}

static void on_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	twc__http_client_conn_take(self(p), data, n);
}

static void on_drained(struct twc_protocol *p)
{
	struct twc__http_client_conn *c = self(p);

	if (c->turn && !twc__transport_is_broken(p->transport)) /* the answer may still come */
		twc__http_upload_go_on(&c->turn->upload);
}

static void on_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__http_client_conn *c = self(p);
	struct twc_err err = *reason;

	c->keeps_alive = false;
	if (c->turn && c->state == TWC__HTTP_SENDING) {
		twc__http_turn_finish(c, c->has_trailers, false);
	} else if (c->turn) {
		if (err.code == 0 || (err.code == TWC_ETRUNC && c->state != TWC__HTTP_HEAD))
			say_truncated(c, &err);
		turn_break(c->turn, &err);
	}
	c->state = TWC__HTTP_DEAD;
	twc_timer_stop(c->r, &c->kick);
	twc__http_client_conn_say_gone(c);
	twc__http_client_conn_unref(c);
}

static unsigned h1_room(const struct twc__http_client_conn *c)
{
	return c->state == TWC__HTTP_IDLE;
}

static unsigned h1_running(const struct twc__http_client_conn *c)
{
	return c->turn != NULL;
}

static void h1_leave(struct twc__http_client_conn *c)
{
	twc__http_client_conn_close(c, c->turn != NULL);
}

static void h1_begin(struct twc__http_turn *turn)
{
	struct twc__http_client_conn *c = turn->conn;
	struct twc__http_limits limits = { .head = turn->max_head, .target = turn->max_head, .line = turn->max_head,
					   .fields = TWC_HTTP_FIELDS_MAX };

	TWC_ASSERT(c->state == TWC__HTTP_IDLE && !c->turn);
	c->turn = turn;
	turn->request_bytes = turn->head.n;
	c->state = TWC__HTTP_HEAD;
	c->interims = 0;
	c->is_wanted = false;
	c->pauses = 0;
	twc__http_head_init(&c->head, TWC__HTTP_RESPONSE, &limits, &c->fields);
	c->head.lenient = !turn->strict;
	twc__http_upload_begin(&turn->upload);
}

/* As it is sent. */
static int h1_show(const struct twc__http_client_conn *c, const struct twc__http_turn *turn, struct twc_buf *out)
{
	(void)c;
	return twc_buf_add(out, turn->head.p, turn->head.n);
}

static const struct twc_protocol_ops protocol_ops = {
	.name = "http",
	.data = on_data,
	.eof = on_eof,
	.drained = on_drained,
	.lost = on_lost,
};

const struct twc__http_client_kind twc__http_client_h1 = {
	.version = 11,
	.protocol = &protocol_ops,
	.begin = h1_begin,
	.cancel = h1_cancel,
	.read = h1_read,
	.pause = h1_pause,
	.resume = h1_resume,
	.upgrade = h1_upgrade,
	.room = h1_room,
	.running = h1_running,
	.leave = h1_leave,
	.show = h1_show,
	.is_full = twc__http_h1_is_full,
	.write = twc__http_h1_write,
	.file = twc__http_h1_file,
	.end = twc__http_h1_end,
	.fail = twc__http_h1_fail,
};
