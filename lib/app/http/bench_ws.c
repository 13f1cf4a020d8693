/* SPDX-License-Identifier: MIT */
/*
 * A load's connection of WebSocket (RFC 6455): after the opening handshake a request is a message, and its answer the message that
 * comes back. Echoes come in the order of what was sent, so those under way are a ring. One that is not what was sent puts the
 * connection out of step: it ends with all that is under way on it.
 *
 *	HANDSHAKE -> OPEN -> DEAD
 *
 * The codec is asked directly: there is nothing to wait for between an echo and the next message.
 */
#include "app/http/bench_int.h"
#include "protocol/ws/close.h"
#include "protocol/ws/codec.h"
#include "protocol/ws/handshake.h"

#include "base/banned.h"

#define HEAD_MAX (300 * 1024) /* of the answer to the handshake, as of any client */
#define INTERIM_MAX 100
#define WORK_MAX (64 * 1024) /* a longer message is unmasked into memory of its own */

enum state {
	HANDSHAKE,
	OPEN,
	DEAD,
};

struct conn {
	struct twc_protocol base;
	struct twc__bench_slot *slot; /* NULL: nobody wants to know any more */
	enum state state;
	/* the handshake */
	char key[TWC__WS_KEY_ROOM];
	unsigned interims;
	struct twc__http_head head;
	struct twc_http_fields fields;
	struct twc_buf held; /* of a head that is not whole */
	/* messages */
	struct twc__ws_codec codec;
	uint64_t in, out; /* bytes since the latest echo, and of the message at hand */
	unsigned first, n, cap; /* the ring */
	struct twc__bench_job job[];
};

static struct conn *self(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct conn, base);
}

/* ---- what goes out ---- */

static void to_transport(void *arg, const struct iovec *iov, int n)
{
	struct conn *c = arg;

	for (int i = 0; i < n; i++)
		c->out += iov[i].iov_len;
	twc_transport_writev(c->base.transport, iov, n);
}

static void send_close(struct conn *c, unsigned code)
{
	uint8_t payload[TWC_WS_CONTROL_MAX];
	static const struct twc_str none;

	twc__ws_encode_control(&c->codec, TWC__WS_CLOSE, payload, twc__ws_close_write(payload, code, none), to_transport, c);
}

/* ---- the end ---- */

/* The slot hears of it from whoever calls this. `code`: to say in a Close; 0: none. */
static struct twc__bench_slot *conn_give_up(struct conn *c, unsigned code)
{
	struct twc__bench_slot *s = c->slot;
	bool says = code && c->state == OPEN && !twc_transport_is_closing(c->base.transport);

	c->slot = NULL;
	c->state = DEAD;
	if (!says) {
		twc_transport_abort(c->base.transport);
		return s;
	}
	send_close(c, code);
	twc_transport_no_linger(c->base.transport);
	twc_transport_lose(c->base.transport);
	return s;
}

static struct twc__bench_job *pop(struct conn *c)
{
	struct twc__bench_job *job = &c->job[c->first];

	c->first = (c->first + 1) % c->cap;
	c->n--;
	return job;
}

/* What was under way has failed, or the handshake. `status`: what that was answered with. */
static void conn_fail(struct conn *c, const struct twc_err *err, unsigned code, int status)
{
	struct twc__bench_slot *s = conn_give_up(c, code);

	if (!s)
		return;
	s->conn = NULL; /* what may end with a request leaves the connection alone */
	if (s->state == TWC__BENCH_DIALLING) { /* it has not been told that it can ask */
		twc__bench_slot_refused(s, err, status);
		return;
	}
	while (c->n > 0)
		twc__bench_failed(s, pop(c), err);
	twc__bench_slot_over(s);
}

/* ---- messages ---- */

static struct twc_str message_of(const struct conn *c, const struct twc__bench_job *job)
{
	const struct twc__bench_requests *q = &c->slot->b->requests;

	return q->tail[q->n_tails > 1 ? job->number % q->n_tails : 0];
}

static void wrong_echo(struct conn *c, const struct twc__ws_item *item, struct twc_str sent)
{
	struct twc_err err = { 0 };
	size_t at = 0;

	while (at < item->n && at < sent.n && item->data[at] == (uint8_t)sent.p[at])
		at++;
	if (item->n != sent.n)
		twc_err_set(&err, TWC_EDATA, "a message of %zu bytes came back as one of %zu", sent.n, item->n);
	else if (at < sent.n)
		twc_err_set(&err, TWC_EDATA, "a message came back with another byte %zu", at + 1);
	else
		twc_err_set(&err, TWC_EDATA, "a %s message came back as a %s one", item->type == TWC_WS_TEXT ? "binary" : "text",
			    item->type == TWC_WS_TEXT ? "text" : "binary");
	conn_fail(c, &err, TWC_WS_NORMAL, 0);
}

/* What nobody waits for is a greeting. */
static void on_message(struct conn *c, const struct twc__ws_item *item, uint64_t now)
{
	struct twc__bench_slot *s = c->slot;
	struct twc__bench_job *job = &c->job[c->first];
	struct twc_str sent;

	if (c->n == 0)
		return;
	sent = message_of(c, job);
	job->bytes_in = c->in;
	job->first_byte_ns = now;
	c->in = 0;
	if (item->type != s->b->message_type || item->n != sent.n || (sent.n > 0 && memcmp(item->data, sent.p, sent.n) != 0)) {
		wrong_echo(c, item, sent);
		return;
	}
	if (s->b->o.no_keepalive) {
		(void)conn_give_up(c, TWC_WS_NORMAL);
		s->conn = NULL;
	}
	twc__bench_answered(s, pop(c), 101, now);
	if (c->slot)
		twc__bench_slot_feed(s);
	else if (s->b->o.no_keepalive)
		twc__bench_slot_over(s);
}

static void on_close(struct conn *c, const struct twc__ws_item *item)
{
	struct twc_err err = { 0 };

	twc__ws_close_explain(item->code, (struct twc_str){ (const char *)item->data, item->n }, &err);
	err.code = TWC_ETRUNC;
	conn_fail(c, &err, item->code, 0);
}

static void feed_messages(struct conn *c, const uint8_t *data, size_t n)
{
	uint8_t work[WORK_MAX];
	struct twc__ws_input in = { .p = data, .n = n, .work = work, .room = sizeof(work) };
	uint64_t now = twc_reactor_clock(c->slot->b->r);

	while (in.n > 0 && c->slot) {
		size_t before = in.n;
		struct twc__ws_item item;
		struct twc_err err = { 0 };
		int rc = twc__ws_decode(&c->codec, &in, &item, &err);

		c->in += before - in.n;
		if (rc < 0)
			conn_fail(c, &err, c->codec.fault, 0);
		else if (rc == TWC__WS_MESSAGE)
			on_message(c, &item, now);
		else if (rc == TWC__WS_HEARD_PING && !twc_transport_is_full(c->base.transport))
			twc__ws_encode_control(&c->codec, TWC__WS_PONG, item.data, item.n, to_transport, c);
		else if (rc == TWC__WS_HEARD_CLOSE)
			on_close(c, &item);
	}
}

/* ---- the handshake ---- */

/* That of a URL, as it was made once, with a key of its own (RFC 6455, 4.1). */
static void ws_open(struct twc__bench_slot *s)
{
	const struct twc__bench_requests *q = &s->b->requests;
	struct conn *c = s->conn;
	struct twc_str head = q->head[s->connection % q->n_heads];
	char *text = twc_str_dup(head), *key = memmem(text, head.n, s->b->key, TWC__WS_KEY_ROOM - 1);

	TWC_ASSERT(key);
	twc__ws_key_new(c->key);
	memcpy(key, c->key, TWC__WS_KEY_ROOM - 1);
	twc_transport_write(c->base.transport, text, head.n);
	twc_free(text);
}

static void refuse(struct conn *c, int status)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_EREJECTED, "answered %d %s in place of switching to WebSocket", status, twc_http_reason(status));
	conn_fail(c, &err, 0, status);
}

static void on_switched(struct conn *c)
{
	const struct twc_http_bench *b = c->slot->b;
	const struct twc__ws_offer offer = { .subprotocols = b->subprotocols };
	struct twc__ws_accepted accepted;
	struct twc_err err = { 0 };

	if (twc__ws_offer_check(&offer, c->key, &c->fields, &accepted, &err) < 0) {
		conn_fail(c, &err, 0, 0);
		return;
	}
	twc__ws_codec_init(&c->codec, true, &accepted.deflate, b->message_max);
	c->state = OPEN;
}

/* Returns how much of p[0..n) was taken; what is behind a switch is messages. */
static size_t feed_head(struct conn *c, const char *p, size_t n)
{
	struct twc_err err = { 0 };
	int rc = twc__http_head_feed(&c->head, p, n, &err);
	size_t size = c->head.size;

	if (rc == 0 && n > HEAD_MAX)
		rc = twc_err_set(&err, TWC_ETOOLONG, "the head of the response is longer than %d bytes", HEAD_MAX);
	if (rc > 0 && c->head.start.status < 200 && c->head.start.status != 101) {
		if (++c->interims > INTERIM_MAX)
			rc = twc_err_set(&err, TWC_EPROTO, "more than %d interim responses", INTERIM_MAX);
		twc__http_head_reset(&c->head);
	} else if (rc > 0 && c->head.start.status == 101) {
		on_switched(c);
	} else if (rc > 0) {
		refuse(c, c->head.start.status);
	}
	if (rc < 0)
		conn_fail(c, &err, 0, 0);
	return rc > 0 ? size : 0;
}

/* Messages that stand in the same bytes are none of our echoes: nothing is asked before they are read. */
static void feed_handshake(struct conn *c, const uint8_t *data, size_t n)
{
	size_t at = 0, used;

	while (c->slot && c->state == HANDSHAKE && at < n) {
		used = feed_head(c, (const char *)data + at, n - at);
		if (used == 0)
			break;
		at += used;
	}
	if (c->slot && c->state == OPEN)
		feed_messages(c, data + at, n - at);
	else if (c->slot)
		twc_buf_consume(&c->held, at);
	if (c->slot && c->state == OPEN)
		twc__bench_slot_ready(c->slot);
}

/* ---- the protocol ---- */

static void ws_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct conn *c = self(p);
	struct twc_err err = { 0 };

	if (!c->slot)
		return;
	if (c->state == OPEN) {
		feed_messages(c, data, n);
	} else if (twc_buf_add(&c->held, data, n) == 0) {
		feed_handshake(c, (const uint8_t *)twc_buf_head(&c->held), twc_buf_len(&c->held));
	} else {
		twc_err_set(&err, TWC_ETOOLONG, "the head of the response is longer than %d bytes", HEAD_MAX);
		conn_fail(c, &err, 0, 0);
	}
}

static void conn_closed(struct conn *c, const struct twc_err *reason)
{
	struct twc_err err = *reason;

	if (!c->slot)
		return;
	if (!err.code)
		twc_err_set(&err, TWC_ETRUNC, c->state == OPEN ? "ended by the server without a Close"
							       : "closed by the server before it answered the handshake");
	conn_fail(c, &err, 0, 0);
}

static void ws_eof(struct twc_protocol *p)
{
	static const struct twc_err none;

	conn_closed(self(p), &none);
	if (!twc_transport_is_closing(p->transport))
		twc_transport_lose(p->transport);
}

static void ws_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct conn *c = self(p);

	conn_closed(c, reason);
	twc_buf_fini(&c->held);
	twc_http_fields_fini(&c->fields);
	twc__ws_codec_fini(&c->codec);
	twc_free(c);
}

static struct twc_protocol *ws_build(struct twc__bench_slot *s)
{
	static const struct twc_protocol_ops ops = { .name = "http-bench-ws", .data = ws_data, .eof = ws_eof, .lost = ws_lost };
	static const struct twc__http_limits limits = { .head = HEAD_MAX };
	struct conn *c = twc_calloc(1, sizeof(*c) + s->places * sizeof(c->job[0]));

	c->base.ops = &ops;
	c->slot = s;
	c->cap = s->places;
	s->conn = c;
	twc__http_head_init(&c->head, TWC__HTTP_RESPONSE, &limits, &c->fields);
	c->head.lenient = true;
	twc_buf_init(&c->held, HEAD_MAX + 1);
	return &c->base;
}

static void ws_ask(struct twc__bench_slot *s, const struct twc__bench_job *job)
{
	struct conn *c = s->conn;
	struct twc__bench_job *mine = &c->job[(c->first + c->n++) % c->cap];
	struct twc_str text;
	struct iovec iov;
	struct twc_err err = { 0 };

	*mine = *job;
	text = message_of(c, mine);
	iov = (struct iovec){ .iov_base = (void *)(uintptr_t)text.p, .iov_len = text.n };
	c->out = 0;
	if (twc__ws_encode(&c->codec, s->b->message_type, &iov, text.n > 0, to_transport, c, &err) < 0)
		TWC_BUG("a message that is not compressed needs no memory");
	mine->bytes_out = c->out;
}

static void ws_expire(struct twc__bench_slot *s, uint64_t before_ns)
{
	struct conn *c = s->conn;
	struct twc_err err = { 0 };

	if (c->state == HANDSHAKE ? s->dial_ns >= before_ns : c->n == 0 || c->job[c->first].sent_ns >= before_ns)
		return;
	twc_err_set(&err, TWC_ETIMEDOUT, c->state == HANDSHAKE ? "no answer to the handshake in time" : "no echo in time");
	conn_fail(c, &err, 0, 0);
}

static void ws_drop(struct twc__bench_slot *s)
{
	(void)conn_give_up(s->conn, TWC_WS_NORMAL);
}

const struct twc__bench_kind twc__bench_ws = {
	.is_multiplexed = true,
	.build = ws_build,
	.open = ws_open,
	.ask = ws_ask,
	.expire = ws_expire,
	.drop = ws_drop,
};
