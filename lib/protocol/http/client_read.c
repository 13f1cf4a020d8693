/* SPDX-License-Identifier: MIT */
/*
 * What comes from a server, from the first byte of a head to the last of a body (RFC 9112, 6 and 7).
 *
 * What has come and cannot be handed out yet (a head in pieces, a body nobody reads) is held here, and the transport is paused
 * for as long as somebody has to be waited for, so at most one read of it is ever held. What comes behind a response belongs
 * to no request: the connection is out of step then, and ends.
 */
#include "protocol/http/client_priv.h"
#include "transport/transport_int.h"
#include "base/banned.h"

#define INTERIM_MAX 100	/* 1xx in front of one response */

/* ---- a head ---- */

static void on_interim(struct twc__http_client_conn *c)
{
	struct twc__http_turn *turn = c->turn;
	int status = c->head.start.status;
	struct twc__http_framing framing;
	struct twc_err err = { 0 };

	if (++c->interims > INTERIM_MAX) {
		twc_err_set(&err, TWC_EPROTO, "more than %d interim responses", INTERIM_MAX);
		twc__http_turn_fail(turn, &err);
		return;
	}
	/* A body behind one would be read as the next head, and as another by somebody on the way (RFC 9112, 6.3). */
	if (twc__http_frame_response(&c->head.start, &c->fields, turn->method, turn->lenient, &framing, &err) < 0) {
		twc__http_turn_fail(turn, &err);
		return;
	}
	turn->ops->informed(turn, status, &c->fields);
	if (c->turn == turn && status == 100 && twc__http_upload_was_waiting(&turn->upload)) {
		twc_timer_stop(c->r, &c->timer);
		twc__http_upload_start(&turn->upload);
	}
	if (c->turn == turn)
		twc__http_head_reset(&c->head);
}

static bool is_empty(const struct twc__http_framing *f)
{
	return f->body == TWC__HTTP_NONE || (f->body == TWC__HTTP_LENGTH && f->length == 0);
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
	twc__http_upload_answered(&turn->upload, c->head.start.status);
	c->framing = framing;
	c->left = framing.body == TWC__HTTP_LENGTH ? framing.length : 0;
	c->chunked = (struct twc__http_chunked){ .lenient = !turn->strict };
	c->keeps_alive = framing.keeps_alive && framing.body != TWC__HTTP_UNTIL_CLOSE;
	c->state = TWC__HTTP_BODY;
	turn->times.head = twc_reactor_now(c->r);
	turn->version = 10 + c->head.start.minor;
	turn->ops->head(turn, &c->head.start, &c->fields, &framing);
	if (c->turn == turn && is_empty(&framing))
		c->is_wanted = true; /* there is nothing to wait for */
}

/* A 101 ends what HTTP has to say, if it is the one that was asked for (RFC 9110, 7.8 and 15.2.2). */
static void on_switch(struct twc__http_client_conn *c)
{
	struct twc__http_turn *turn = c->turn;
	struct twc_str name = { 0 };
	struct twc_err err = { 0 };

	twc_http_fields_get(&c->fields, "Upgrade", &name);
	if (turn->upgrade.n == 0)
		twc_err_set(&err, TWC_EPROTO, "the server switches to another protocol, which nobody asked for (101)");
	else if (!twc_str_eq_nocase(twc_str_trim(name), turn->upgrade))
		twc_err_set(&err, TWC_EPROTO, "the server switches to another protocol than %.*s, which was asked for",
			    (int)turn->upgrade.n, turn->upgrade.p);
	else if (turn->has_source && !turn->upload.is_whole)
		twc_err_set(&err, TWC_EPROTO, "the server switches to %.*s before the request is whole", (int)turn->upgrade.n,
			    turn->upgrade.p);
	if (err.code)
		twc__http_turn_fail(turn, &err);
	else
		on_final(c);
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
	if (c->head.start.status == 101)
		on_switch(c);
	else if (c->head.start.status < 200)
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
	if (c->turn == turn && c->left == 0 && c->pauses == 0)
		twc__http_turn_finish(c, false, k == n);
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
	size_t size = c->head.size;

	if (rc == 0) {
		*stuck = true;
		return 0;
	}
	if (rc < 0) {
		twc__http_turn_fail(c->turn, &err);
		return n;
	}
	twc__http_turn_finish(c, true, size == n);
	return size;
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
	       (c->framing.body == TWC__HTTP_NONE || c->framing.body == TWC__HTTP_LENGTH ||
		c->framing.body == TWC__HTTP_TUNNEL);
}

/* Returns how much of p[0..n) was used up. */
static size_t pump(struct twc__http_client_conn *c, const char *p, size_t n)
{
	size_t at = 0;
	bool stuck = false;

	while (!stuck && !is_waiting(c) && (at < n || is_at_end(c))) {
		switch (c->state) {
		case TWC__HTTP_IDLE:
			twc__http_client_conn_close(c, true);
			return n;
		case TWC__HTTP_DEAD:
			return n;
		case TWC__HTTP_SWITCHED:
			return at;
		case TWC__HTTP_HEAD:
			at += feed_head(c, p + at, n - at, &stuck);
			break;
		case TWC__HTTP_BODY:
			at += feed_body(c, p + at, n - at);
			break;
		case TWC__HTTP_TRAILERS:
			at += feed_trailers(c, p + at, n - at, &stuck);
			break;
		case TWC__HTTP_SENDING:
			twc__http_turn_finish(c, c->has_trailers, false);
			return n;
		}
	}
	return c->state == TWC__HTTP_DEAD ? n : at;
}

void twc__http_client_conn_settle(struct twc__http_client_conn *c)
{
	bool stop = is_waiting(c);

	if (stop == c->is_stopped || c->state == TWC__HTTP_DEAD || c->state == TWC__HTTP_SWITCHED)
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
	twc_err_set(&err, TWC_ETOOLONG, "more than %d bytes wait to be read", TWC__HTTP_HELD_MAX);
	if (c->turn)
		twc__http_turn_fail(c->turn, &err);
	else
		twc__http_client_conn_close(c, true);
}

/* Between reads of a connection that has nothing to hold there is nothing to be kept, either. */
static void let_go(struct twc__http_client_conn *c)
{
	if (twc_buf_len(&c->held) == 0 && c->held.cap > 0)
		twc_buf_fini(&c->held);
}

void twc__http_client_conn_take(struct twc__http_client_conn *c, const uint8_t *data, size_t n)
{
	struct twc_transport *t = c->base.transport;
	size_t used;

	if (twc_buf_len(&c->held) > 0) {
		hold(c, data, n);
		twc__http_client_conn_pump(c);
		return;
	}
	twc__http_client_conn_ref(c);
	c->is_pumping = true;
	used = pump(c, (const char *)data, n);
	c->is_pumping = false;
	if (c->state == TWC__HTTP_SWITCHED)
		twc__transport_unread(t, data + used, n - used);
	else
		hold(c, data + used, n - used);
	twc__http_client_conn_settle(c);
	twc__http_client_conn_unref(c);
}

void twc__http_client_conn_pump(struct twc__http_client_conn *c)
{
	struct twc_transport *t = c->base.transport;
	size_t used;

	if (c->is_pumping || c->state == TWC__HTTP_DEAD)
		return;
	twc__http_client_conn_ref(c);
	c->is_pumping = true;
	used = pump(c, twc_buf_head(&c->held), twc_buf_len(&c->held));
	c->is_pumping = false;
	if (c->state != TWC__HTTP_DEAD)
		twc_buf_consume(&c->held, used);
	if (c->state == TWC__HTTP_SWITCHED) {
		twc__transport_unread(t, twc_buf_head(&c->held), twc_buf_len(&c->held));
		twc_buf_clear(&c->held);
	}
	let_go(c);
	twc__http_client_conn_settle(c);
	twc__http_client_conn_unref(c);
}
