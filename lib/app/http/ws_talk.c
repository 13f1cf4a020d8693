/* SPDX-License-Identifier: MIT */
/*
 * The life of a talk: connections, one after another, what is said on them first, how long they are waited for, and what their
 * ends mean. It is over when neither a connection nor standard output has anything left to do.
 */
#include "app/http/ws_talk.h"

#include <twc/parse.h>

#include "base/digest.h"
#include "protocol/ws/close.h"
#include "protocol/ws/frame.h"
#include "base/banned.h"

#define PONG_NS (10 * TWC_NS_PER_S)
#define GRACE_NS (5 * TWC_NS_PER_S) /* what standard output may take after the time limit */
#define STAMP_LEN 8 /* of a ping that is timed */

static struct twc_ws_talk *of_ws(struct twc_ws_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc_ws_talk, ws);
}

/* ---- what is said ---- */

void twc__ws_talk_send(struct twc_ws_talk *x, enum twc_ws_type type, const void *p, size_t n)
{
	if (!x->is_open || twc_ws_is_closing(&x->ws))
		return;
	twc_ws_send(&x->ws, type, p, n);
	x->sent++;
	twc__ws_talk_tell(x, true, type == TWC_WS_TEXT ? TWC__WS_TEXT : TWC__WS_BINARY, p, n, 0);
}

static void close_now(struct twc_ws_talk *x)
{
	struct twc_str reason = twc_str_of(x->o.close_reason);

	twc_timer_stop(x->r, &x->linger);
	if (!x->is_open || twc_ws_is_closing(&x->ws))
		return;
	x->has_closed = true;
	twc_ws_close(&x->ws, x->o.close_code, reason);
	twc__ws_talk_tell_close(x, true, x->o.close_code, reason);
	twc__ws_talk_io_update(x);
}

static void on_linger(struct twc_timer *t, void *arg);

static void linger_on(struct twc_ws_talk *x)
{
	x->lingers_from = twc_transport_bytes_in(x->ws.base.transport);
	twc_timer_start(x->r, &x->linger, x->o.linger_ns, on_linger, x);
}

/* No message has come for a while. One may be on its way, it may be us who make it wait, or who have not sent all yet. */
static void on_linger(struct twc_timer *t, void *arg)
{
	struct twc_ws_talk *x = arg;
	const struct twc_transport *wire = x->ws.base.transport;

	(void)t;
	if (x->is_wire_paused || twc_transport_queued(wire) > 0 || twc_transport_bytes_in(wire) != x->lingers_from)
		linger_on(x);
	else
		close_now(x);
}

static void linger(struct twc_ws_talk *x)
{
	if (!x->has_input_ended || x->o.stays || x->o.count || x->has_closed)
		return;
	if (x->o.linger_ns)
		linger_on(x);
	else
		close_now(x);
}

void twc__ws_talk_input_ended(struct twc_ws_talk *x)
{
	linger(x);
}

/* ---- is anybody there? ---- */

static void on_pong_missing(struct twc_timer *t, void *arg)
{
	struct twc_ws_talk *x = arg;
	struct twc_err err = { 0 };
	char text[32];

	(void)t;
	if (!x->is_open || x->is_wire_paused || twc_transport_bytes_in(x->ws.base.transport) != x->heard)
		return;
	twc_err_set(&err, TWC_EIDLE, "nothing came for %s after a ping",
		    twc_format_duration(text, sizeof(text), x->o.pong_ns));
	twc_transport_fail(x->ws.base.transport, &err);
}

static void on_beat(struct twc_timer *t, void *arg)
{
	struct twc_ws_talk *x = arg;
	uint64_t now = twc_reactor_clock(x->r);

	(void)t;
	if (twc_ws_is_closing(&x->ws))
		return;
	if (x->o.ping_text) {
		twc__ws_talk_send(x, TWC_WS_TEXT, x->o.ping_text, strlen(x->o.ping_text));
	} else {
		twc_ws_ping(&x->ws, &now, STAMP_LEN);
		twc__ws_talk_tell(x, true, TWC__WS_PING, &now, STAMP_LEN, 0);
	}
	if (twc_timer_is_active(&x->pong))
		return;
	x->heard = twc_transport_bytes_in(x->ws.base.transport);
	twc_timer_start(x->r, &x->pong, x->o.pong_ns, on_pong_missing, x);
}

static bool asks_itself(const struct twc_ws_talk *x)
{
	return x->o.ping_ns && (x->o.ping_text || x->o.times_pings);
}

/* A ping or pong is no reply: the wait for one does not begin again. */
static void disregard(struct twc_ws_talk *x)
{
	x->lingers_from = twc_transport_bytes_in(x->ws.base.transport);
}

static void ws_pong(struct twc_ws_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_ws_talk *x = of_ws(p);
	uint64_t sent, now = twc_reactor_clock(x->r), rtt = 0;

	disregard(x);
	if (x->o.times_pings && n == STAMP_LEN) {
		memcpy(&sent, data, STAMP_LEN);
		rtt = sent < now ? now - sent : 0;
	}
	twc__ws_talk_tell(x, false, TWC__WS_PONG, data, n, rtt);
	if (rtt && x->o.rtt)
		x->o.rtt(x->o.arg, rtt);
}

static void ws_ping(struct twc_ws_protocol *p, const uint8_t *data, size_t n)
{
	disregard(of_ws(p));
	twc__ws_talk_tell(of_ws(p), false, TWC__WS_PING, data, n, 0);
}

/* ---- a connection ---- */

static bool on_preamble(void *arg, const uint8_t *p, size_t n)
{
	struct twc_ws_talk *x = arg;

	twc__ws_talk_send(x, x->o.type, p, n);
	return true;
}

static int send_preamble(struct twc_ws_talk *x, struct twc_err *err)
{
	struct twc__ws_lines l;
	int rc;

	twc__ws_lines_init(&l, x->o.framing, x->o.type, x->o.max_message, "the preamble");
	rc = twc__ws_lines_feed(&l, (const uint8_t *)x->o.preamble.p, x->o.preamble.n, on_preamble, x, err);
	if (rc == 0)
		rc = twc__ws_lines_end(&l, on_preamble, x, err);
	twc__ws_lines_fini(&l);
	return rc;
}

static void ws_open(struct twc_ws_protocol *p)
{
	struct twc_ws_talk *x = of_ws(p);
	struct twc_err err = { 0 };

	x->is_open = x->has_wire = true;
	x->failures = 0;
	if (!x->has_io)
		twc__ws_talk_io_open(x);
	if (x->o.preamble.n && send_preamble(x, &err) < 0) {
		twc__ws_talk_end(x, &err);
		return;
	}
	for (size_t i = 0; i < x->o.n_first; i++)
		twc__ws_talk_send(x, x->o.type, x->o.first[i].p, x->o.first[i].n);
	x->o.n_first = 0;
	if (asks_itself(x))
		twc_timer_every(x->r, &x->beat, x->o.ping_ns, on_beat, x);
	if (x->is_ending)
		close_now(x);
	linger(x);
	twc__ws_talk_io_update(x);
}

static void ws_message(struct twc_ws_protocol *p, enum twc_ws_type type, const uint8_t *data, size_t n)
{
	struct twc_ws_talk *x = of_ws(p);

	if (x->o.count && x->received == x->o.count)
		return; /* what was not asked for */
	x->received++;
	twc__ws_talk_message(x, type, data, n);
	if (x->received == x->o.count)
		close_now(x);
	else
		linger(x);
}

static bool is_well(unsigned code)
{
	return code == TWC_WS_NORMAL || code == TWC_WS_GOING_AWAY || code == TWC_WS_NO_STATUS;
}

static void ws_closing(struct twc_ws_protocol *p, unsigned code, struct twc_str reason)
{
	struct twc_ws_talk *x = of_ws(p);

	twc_err_clear(&x->blame);
	if (!is_well(code))
		twc__ws_close_explain(code, reason, &x->blame);
	x->is_refused = !x->has_closed && twc__ws_talk_io_has_more(x);
	twc__ws_talk_tell_close(x, false, code, reason);
	twc__ws_talk_io_update(x);
}

static void ws_drained(struct twc_ws_protocol *p)
{
	twc__ws_talk_io_update(of_ws(p));
}

/* What the end of a connection comes to. Who was told that we go may go without a word. */
static void judge(const struct twc_ws_talk *x, const struct twc_err *reason, struct twc_err *err)
{
	*err = *reason;
	if (x->has_closed && (!reason->code || reason->code == TWC_ETRUNC))
		twc_err_clear(err);
	else if (!reason->code)
		*err = x->blame;
}

static bool another_may_follow(const struct twc_ws_talk *x)
{
	return !x->is_ending && !x->has_closed && (!x->has_input_ended || x->o.stays || x->o.count) &&
	       x->n_again < x->o.reconnects;
}

static void on_wait(struct twc_timer *t, void *arg)
{
	(void)t;
	twc__ws_talk_go(arg);
}

static void go_again(struct twc_ws_talk *x, const struct twc_err *why)
{
	uint32_t random;
	uint64_t ns;

	twc__random(&random, sizeof(random));
	ns = twc_backoff_delay(&x->o.backoff, ++x->failures, random);
	x->n_again++;
	if (x->o.again)
		x->o.again(x->o.arg, why, ns);
	twc_timer_start(x->r, &x->wait, ns, on_wait, x);
}

static void ws_lost(struct twc_ws_protocol *p, const struct twc_err *reason)
{
	struct twc_ws_talk *x = of_ws(p);
	struct twc_err err = { 0 };

	judge(x, reason, &err);
	if (!err.code && x->is_refused && !another_may_follow(x))
		twc_err_set(&err, TWC_ETRUNC, "the server closed before all of standard input was sent");
	twc_ws_protocol_fini(p);
	x->is_open = x->has_wire = x->is_wire_paused = false;
	twc_timer_stop(x->r, &x->linger);
	twc_timer_stop(x->r, &x->beat);
	twc_timer_stop(x->r, &x->pong);
	twc__ws_talk_io_update(x);
	if (another_may_follow(x))
		go_again(x, &err);
	else
		twc__ws_talk_end(x, &err);
	twc__ws_talk_settle(x);
}

static const struct twc_ws_protocol_ops ws_ops = {
	.open = ws_open,
	.message = ws_message,
	.ping = ws_ping,
	.pong = ws_pong,
	.closing = ws_closing,
	.drained = ws_drained,
	.lost = ws_lost,
};

void twc__ws_talk_prepare(struct twc_ws_talk *x, const struct twc_ws_deflate *deflate)
{
	const struct twc_ws_opts o = {
		.is_client = true,
		.deflate = *deflate,
		.max_message = x->o.max_message,
		.ping_ns = asks_itself(x) ? 0 : x->o.ping_ns,
		.pong_ns = x->o.pong_ns,
	};

	twc_err_clear(&x->blame);
	x->has_closed = x->is_refused = false;
	twc_ws_protocol_init(&x->ws, &ws_ops, &o);
}

/* ---- the end ---- */

static void on_kick(struct twc_timer *t, void *arg)
{
	struct twc_ws_talk *x = arg;

	(void)t;
	x->o.done(x->o.arg, &x->err);
}

void twc__ws_talk_settle(struct twc_ws_talk *x)
{
	if (!x->is_ending || x->has_wire || x->has_io || x->is_over)
		return;
	x->is_over = true;
	twc_timer_stop(x->r, &x->max);
	twc_timer_start(x->r, &x->kick, 0, on_kick, x);
}

void twc__ws_talk_end(struct twc_ws_talk *x, const struct twc_err *err)
{
	if (!x->is_ending && !x->err.code)
		x->err = *err;
	x->is_ending = true;
	twc_timer_stop(x->r, &x->wait);
	twc__ws_talk_stop_going(x);
	if (x->is_open)
		close_now(x);
	else
		twc__ws_talk_io_close(x);
	twc__ws_talk_settle(x);
}

/* What will be the same the next time. */
static bool may_pass(const struct twc_ws_talk *x, const struct twc_err *err)
{
	if (err->code == TWC_EREJECTED)
		return x->status >= 500 || x->status == 429 || x->status == 408;
	return twc_retry_class(err->code) != 0;
}

void twc__ws_talk_failed(struct twc_ws_talk *x, const struct twc_err *err)
{
	if (may_pass(x, err) && another_may_follow(x))
		go_again(x, err);
	else
		twc__ws_talk_end(x, err);
}

/* Nobody reads what is written. */
static void on_grace(struct twc_timer *t, void *arg)
{
	struct twc_ws_talk *x = arg;

	(void)t;
	if (x->has_io)
		twc_transport_abort(x->io.transport);
}

static void on_max(struct twc_timer *t, void *arg)
{
	struct twc_ws_talk *x = arg;
	struct twc_err err = { 0 };
	char text[32];

	(void)t;
	twc_timer_start(x->r, &x->max, GRACE_NS, on_grace, x);
	twc_format_duration(text, sizeof(text), x->o.max_ns);
	if (x->is_open)
		twc_err_set(&err, TWC_ETIMEDOUT, "not finished after %s", text);
	else
		twc_err_set(&err, TWC_ETIMEDOUT, "timed out after %s (%s)", text, twc_http_phase_name(twc_ws_talk_phase(x)));
	twc__ws_talk_end(x, &err);
}

/* ---- life ---- */

struct twc_ws_talk *twc_ws_talk_start(struct twc_reactor *r, struct twc_http_session *s, const struct twc_ws_talk_opts *o)
{
	struct twc_ws_talk *x = twc_calloc(1, sizeof(*x));

	x->r = r;
	x->s = s;
	x->o = *o;
	if (!x->o.type)
		x->o.type = TWC_WS_TEXT;
	if (!x->o.max_message)
		x->o.max_message = TWC_WS_MESSAGE_MAX;
	if (!x->o.close_code)
		x->o.close_code = TWC_WS_NORMAL;
	if (!x->o.pong_ns)
		x->o.pong_ns = PONG_NS;
	twc__ws_lines_init(&x->lines, x->o.framing, x->o.type, x->o.max_message, "standard input");
	if (o->max_ns)
		twc_timer_start(r, &x->max, o->max_ns, on_max, x);
	twc__ws_talk_go(x);
	return x;
}

void twc_ws_talk_free(struct twc_ws_talk *x)
{
	struct twc_timer *all[] = { &x->wait, &x->linger, &x->max, &x->beat, &x->pong, &x->kick };

	for (size_t i = 0; i < TWC_ARRAY_LEN(all); i++)
		twc_timer_stop(x->r, all[i]);
	twc__ws_talk_stop_going(x);
	twc__ws_lines_fini(&x->lines);
	twc_http_fields_fini(&x->fields);
	twc_free(x);
}

enum twc_http_phase twc_ws_talk_phase(const struct twc_ws_talk *x)
{
	return x->fetch ? twc_http_fetch_phase(x->fetch) : x->phase;
}

int twc_ws_talk_status(const struct twc_ws_talk *x)
{
	return x->status;
}

void twc_ws_talk_count(const struct twc_ws_talk *x, uint64_t *sent, uint64_t *received)
{
	*sent = x->sent;
	*received = x->received;
}
