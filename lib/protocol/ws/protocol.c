/* SPDX-License-Identifier: MIT */
/*
 * <twc/ws.h>: the codec between a transport and whoever embeds the protocol, who sees messages alone.
 *
 *	open -> closing (our Close is out) -> closed (both are) -> losing -> lost
 *
 * The server ends TCP, so that it is the client's side that is free at once (RFC 6455, 7.1.1); the client waits for that. After
 * a violation Close goes out with its code, and then the end; never a reset, which could destroy it on its way. One timer keeps
 * all the times: it looks when it is due what has happened since, so a message costs none.
 *
 * After each event the world may have changed: losing (the rest of the bytes is dropped), paused (the rest waits in the backlog,
 * which holds the transport paused, as protocol/line.c does).
 */
#include "protocol/ws/close.h"
#include "protocol/ws/codec.h"
#include "transport/transport_int.h"

#include <twc/parse.h>

#include "base/banned.h"

#define WORK_MAX (64 * 1024) /* a longer message is unmasked into memory of its own */
#define PONG_NS (10 * UINT64_C(1000000000))
#define CLOSE_NS (2 * UINT64_C(1000000000))

enum phase {
	OPEN = 0,
	CLOSING,
	CLOSED,
	LOSING,
};

struct backlog {
	struct twc_timer timer;
	size_t start, n; /* start <= n bytes */
	uint8_t data[];
};

struct twc__ws {
	struct twc__ws_codec codec;
	struct twc_timer timer;
	uint64_t ping_ns, pong_ns, close_ns;
	uint64_t heard_at;  /* when something came last */
	uint64_t delivered; /* at the last look */
	uint64_t ahead;	    /* has to be delivered before the ping */
	struct twc_err *err; /* owned; why it ends */
	struct backlog *backlog; /* owned */
	unsigned pauses;
	uint8_t phase; /* enum phase */
	bool pinged;   /* and nothing has come since */
	bool sent_close, heard_close;
	bool answers_late, is_telling; /* as opts has it; closing() is on the stack */
	bool owes_pong; /* a ping came while the peer did not read: the last one is answered when it does */
	uint8_t pong_n;
	uint8_t pong[TWC_WS_CONTROL_MAX];
};

static void on_timer(struct twc_timer *timer, void *arg);

static struct twc_transport *transport_of(const struct twc_ws_protocol *p)
{
	return p->base.transport;
}

static struct twc_reactor *reactor_of(const struct twc_ws_protocol *p)
{
	return twc_transport_reactor(p->base.transport);
}

static void blame(struct twc__ws *ws, const struct twc_err *err)
{
	if (ws->err)
		return;
	ws->err = twc_malloc(sizeof(*ws->err));
	*ws->err = *err;
}

/* ---- what goes out ---- */

static void to_transport(void *arg, const struct iovec *iov, int n)
{
	twc_transport_writev(arg, iov, n);
}

static void send_control(struct twc_ws_protocol *p, enum twc__ws_opcode opcode, const void *data, size_t n)
{
	twc__ws_encode_control(&p->ws->codec, opcode, data, n, to_transport, transport_of(p));
}

void twc_ws_send(struct twc_ws_protocol *p, enum twc_ws_type type, const void *data, size_t n)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = n };
	struct twc_err err = { 0 };

	if (p->ws->sent_close || twc_transport_is_closing(transport_of(p)))
		return;
	if (twc__ws_encode(&p->ws->codec, type, &iov, n > 0, to_transport, transport_of(p), &err) < 0)
		twc_transport_fail(transport_of(p), &err);
}

void twc_ws_ping(struct twc_ws_protocol *p, const void *data, size_t n)
{
	if (!p->ws->sent_close)
		send_control(p, TWC__WS_PING, data, n);
}

static void answer_ping(struct twc_ws_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__ws *ws = p->ws;

	if (ws->sent_close)
		return;
	if (!twc_transport_is_full(transport_of(p))) {
		send_control(p, TWC__WS_PONG, data, n);
		return;
	}
	ws->owes_pong = true;
	ws->pong_n = (uint8_t)n;
	memcpy(ws->pong, data, n);
}

static void send_close(struct twc_ws_protocol *p, unsigned code, struct twc_str reason)
{
	uint8_t payload[TWC_WS_CONTROL_MAX];

	send_control(p, TWC__WS_CLOSE, payload, twc__ws_close_write(payload, code, reason));
	p->ws->sent_close = true;
}

/* ---- the end ---- */

static void enter(struct twc_ws_protocol *p, enum phase phase)
{
	struct twc__ws *ws = p->ws;

	ws->phase = phase;
	ws->delivered = twc__transport_delivered(transport_of(p));
	twc_timer_start(reactor_of(p), &ws->timer, ws->close_ns, on_timer, p);
}

static void lose(struct twc_ws_protocol *p)
{
	if (p->ws->phase == LOSING)
		return;
	enter(p, LOSING);
	twc_transport_lose(transport_of(p));
}

/* Both have said Close. */
static void closed(struct twc_ws_protocol *p)
{
	if (p->ws->codec.is_client && !twc_transport_has_eof(transport_of(p)))
		enter(p, CLOSED);
	else
		lose(p);
}

void twc_ws_close(struct twc_ws_protocol *p, unsigned code, struct twc_str reason)
{
	struct twc__ws *ws = p->ws;

	if (ws->sent_close || twc_transport_is_closing(transport_of(p)))
		return;
	send_close(p, code, reason);
	if (!ws->heard_close)
		enter(p, CLOSING);
	else if (!ws->is_telling)
		closed(p);
}

bool twc_ws_is_closing(const struct twc_ws_protocol *p)
{
	const struct twc__ws *ws = p->ws;

	return ws->sent_close || ws->heard_close || ws->phase != OPEN || !p->base.transport ||
	       twc_transport_is_closing(p->base.transport);
}

static void violated(struct twc_ws_protocol *p, const struct twc_err *err)
{
	blame(p->ws, err);
	if (!p->ws->sent_close)
		send_close(p, p->ws->codec.fault, (struct twc_str){ err->text, strlen(err->text) });
	lose(p);
}

/* ---- time ---- */

/* The peer has taken something since the last look: it is slow, not gone. */
static bool has_moved(struct twc_ws_protocol *p)
{
	uint64_t before = p->ws->delivered;

	p->ws->delivered = twc__transport_delivered(transport_of(p));
	return p->ws->delivered != before;
}

static void again(struct twc_ws_protocol *p, uint64_t delay_ns)
{
	twc_timer_start(reactor_of(p), &p->ws->timer, delay_ns, on_timer, p);
}

static void keep_alive(struct twc_ws_protocol *p)
{
	struct twc__ws *ws = p->ws;
	struct twc_transport *t = transport_of(p);
	uint64_t idle = twc_reactor_now(reactor_of(p)) - ws->heard_at, limit = ws->ping_ns + (ws->pinged ? ws->pong_ns : 0);
	bool is_on_its_way = ws->pinged && ws->delivered < ws->ahead;
	struct twc_err err = { 0 };

	if (twc__transport_pauses(t) || (is_on_its_way && has_moved(p))) {
		again(p, ws->pinged ? ws->pong_ns : ws->ping_ns);
	} else if (idle < ws->ping_ns) {
		ws->pinged = false;
		again(p, ws->ping_ns - idle);
	} else if (!ws->pinged) {
		ws->pinged = true;
		ws->delivered = twc__transport_delivered(t);
		ws->ahead = twc_transport_bytes_out(t) + twc_transport_queued(t);
		send_control(p, TWC__WS_PING, NULL, 0);
		again(p, ws->pong_ns);
	} else if (idle < limit) {
		again(p, limit - idle);
	} else {
		twc_err_set(&err, TWC_EIDLE, "no answer to a ping");
		twc_transport_fail(t, &err);
	}
}

static void close_due(struct twc_ws_protocol *p)
{
	struct twc_err err = { 0 };

	if (twc__transport_pauses(transport_of(p)) || (twc_transport_queued(transport_of(p)) > 0 && has_moved(p))) {
		again(p, p->ws->close_ns);
		return;
	}
	twc_err_set(&err, TWC_ETIMEDOUT, "Close was not answered");
	blame(p->ws, &err);
	lose(p);
}

/* All is sent: the transport itself waits a while for the peer's end. */
static void lose_due(struct twc_ws_protocol *p)
{
	struct twc_err err = { 0 };

	if (twc_transport_queued(transport_of(p)) == 0 || has_moved(p)) {
		again(p, p->ws->close_ns);
		return;
	}
	twc_err_set(&err, TWC_ETIMEDOUT, "the last messages were not taken");
	twc_transport_fail(transport_of(p), &err);
}

static void on_timer(struct twc_timer *timer, void *arg)
{
	struct twc_ws_protocol *p = arg;

	(void)timer;
	switch (p->ws->phase) {
	case OPEN:
		keep_alive(p);
		return;
	case CLOSING:
		close_due(p);
		return;
	case CLOSED:
		lose(p);
		return;
	default:
		lose_due(p);
	}
}

/* ---- what comes in ---- */

static void heard_close(struct twc_ws_protocol *p, const struct twc__ws_item *item)
{
	struct twc__ws *ws = p->ws;

	ws->heard_close = ws->is_telling = true;
	if (p->ws_ops->closing)
		p->ws_ops->closing(p, item->code, (struct twc_str){ (const char *)item->data, item->n });
	ws->is_telling = false;
	if (twc_transport_is_closing(transport_of(p)) || (ws->answers_late && !ws->sent_close))
		return;
	if (!ws->sent_close)
		send_close(p, item->code, (struct twc_str){ NULL, 0 });
	closed(p);
}

static void happened(struct twc_ws_protocol *p, int event, const struct twc__ws_item *item)
{
	switch (event) {
	case TWC__WS_MESSAGE:
		p->ws_ops->message(p, item->type, item->data, item->n);
		return;
	case TWC__WS_HEARD_PING:
		answer_ping(p, item->data, item->n);
		if (p->ws_ops->ping)
			p->ws_ops->ping(p, item->data, item->n);
		return;
	case TWC__WS_HEARD_PONG:
		if (p->ws_ops->pong)
			p->ws_ops->pong(p, item->data, item->n);
		return;
	default:
		heard_close(p, item);
	}
}

/* Hands on what may be handed on; returns how many bytes are left because of a pause. */
static size_t take(struct twc_ws_protocol *p, const uint8_t *data, size_t n)
{
	uint8_t work[WORK_MAX];
	struct twc__ws_input in = { .p = data, .n = n, .work = work, .room = sizeof(work) };

	while (in.n > 0 && !p->ws->pauses && !twc_transport_is_closing(transport_of(p))) {
		struct twc__ws_item item;
		struct twc_err err = { 0 };
		int rc = twc__ws_decode(&p->ws->codec, &in, &item, &err);

		if (rc < 0) {
			violated(p, &err);
			return 0;
		}
		if (rc == TWC__WS_MORE)
			return 0;
		happened(p, rc, &item);
	}
	return twc_transport_is_closing(transport_of(p)) ? 0 : in.n;
}

static void drop_backlog(struct twc_ws_protocol *p)
{
	struct backlog *b = p->ws->backlog;

	if (!b)
		return;
	twc_timer_stop(reactor_of(p), &b->timer);
	p->ws->backlog = NULL;
	twc_free(b);
}

static void backlog_due(struct twc_timer *t, void *arg)
{
	struct twc_ws_protocol *p = arg;
	struct backlog *b = TWC_CONTAINER_OF(t, struct backlog, timer);
	size_t left = take(p, b->data + b->start, b->n - b->start);

	b->start = b->n - left;
	if (left)
		return; /* paused again: the resume starts the timer */
	drop_backlog(p);
	twc_transport_resume(transport_of(p));
}

static void keep(struct twc_ws_protocol *p, const uint8_t *data, size_t n)
{
	struct backlog *b = twc_try_malloc(sizeof(*b) + n);
	struct twc_err err = { 0 };

	TWC_ASSERT(!p->ws->backlog);
	if (!b) {
		twc_err_set(&err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
		twc_transport_fail(transport_of(p), &err);
		return;
	}
	*b = (struct backlog){ .n = n };
	memcpy(b->data, data, n);
	p->ws->backlog = b;
	twc_transport_pause(transport_of(p));
}

void twc_ws_pause(struct twc_ws_protocol *p)
{
	p->ws->pauses++;
	twc_transport_pause(transport_of(p));
}

void twc_ws_resume(struct twc_ws_protocol *p)
{
	struct twc__ws *ws = p->ws;

	TWC_ASSERT(ws->pauses > 0);
	ws->pauses--;
	if (ws->backlog && !ws->pauses)
		twc_timer_start(reactor_of(p), &ws->backlog->timer, 0, backlog_due, p);
	twc_transport_resume(transport_of(p));
}

/* ---- the protocol ---- */

static void ws_made(struct twc_protocol *base)
{
	struct twc_ws_protocol *p = (struct twc_ws_protocol *)base;

	p->ws->heard_at = twc_reactor_now(reactor_of(p));
	if (p->ws->ping_ns)
		again(p, p->ws->ping_ns);
	if (p->ws_ops->open)
		p->ws_ops->open(p);
}

static void ws_data(struct twc_protocol *base, const uint8_t *data, size_t n)
{
	struct twc_ws_protocol *p = (struct twc_ws_protocol *)base;
	size_t left;

	p->ws->heard_at = twc_reactor_now(reactor_of(p));
	left = take(p, data, n);
	if (left)
		keep(p, data + n - left, left);
}

static void ws_eof(struct twc_protocol *base)
{
	struct twc_ws_protocol *p = (struct twc_ws_protocol *)base;
	struct twc_err err = { 0 };

	if (!p->ws->heard_close) {
		twc_err_set(&err, TWC_ETRUNC, "the connection ended without a Close");
		blame(p->ws, &err);
	} else if (!p->ws->sent_close) {
		send_close(p, TWC_WS_NO_STATUS, (struct twc_str){ NULL, 0 });
	}
	lose(p);
}

static void ws_drained(struct twc_protocol *base)
{
	struct twc_ws_protocol *p = (struct twc_ws_protocol *)base;
	struct twc__ws *ws = p->ws;

	if (ws->owes_pong && !ws->sent_close)
		send_control(p, TWC__WS_PONG, ws->pong, ws->pong_n);
	ws->owes_pong = false;
	if (p->ws_ops->drained)
		p->ws_ops->drained(p);
}

static void ws_lost(struct twc_protocol *base, const struct twc_err *reason)
{
	struct twc_ws_protocol *p = (struct twc_ws_protocol *)base;
	struct twc__ws *ws = p->ws;
	struct twc_err err = *reason;

	drop_backlog(p);
	twc_timer_stop(reactor_of(p), &ws->timer);
	if (ws->err)
		err = *ws->err;
	else if (ws->sent_close && ws->heard_close)
		twc_err_clear(&err);
	else if (!err.code)
		twc_err_set(&err, TWC_ETRUNC, "the connection ended without a Close");
	p->ws_ops->lost(p, &err);
}

static const struct twc_protocol_ops ws_protocol_ops = {
	.name = "websocket",
	.made = ws_made,
	.data = ws_data,
	.eof = ws_eof,
	.drained = ws_drained,
	.lost = ws_lost,
};

void twc_ws_protocol_init(struct twc_ws_protocol *p, const struct twc_ws_protocol_ops *ops, const struct twc_ws_opts *o)
{
	struct twc__ws *ws = twc_calloc(1, sizeof(*ws));

	twc__ws_codec_init(&ws->codec, o->is_client, &o->deflate, o->max_message);
	ws->answers_late = o->answers_late;
	ws->ping_ns = o->ping_ns;
	ws->pong_ns = o->pong_ns ? o->pong_ns : PONG_NS;
	ws->close_ns = o->close_ns ? o->close_ns : CLOSE_NS;
	*p = (struct twc_ws_protocol){ .base.ops = &ws_protocol_ops, .ws_ops = ops, .ws = ws };
}

void twc_ws_protocol_fini(struct twc_ws_protocol *p)
{
	struct twc__ws *ws = p->ws;

	if (!ws)
		return;
	twc__ws_codec_fini(&ws->codec);
	twc_free(ws->err);
	twc_free(ws);
	p->ws = NULL;
}
