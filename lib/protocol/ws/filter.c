/* SPDX-License-Identifier: MIT */
/*
 * The codec of transport/records.c for WebSocket: which message is text, lines as messages, pings, and the words of the end.
 *
 * A pong that cannot be sent waits, and only the last one owed does. The newline that ends a message read by lines is put where the
 * next frame begins, and what was there comes back before that is looked at.
 */
#include "protocol/ws/filter.h"

#include "protocol/ws/close.h"
#include "protocol/ws/codec.h"
#include "transport/records.h"
#include "transport/transport_int.h"

#include "base/banned.h"

#define PONG_NS (10 * UINT64_C(1000000000))
#define CLOSE_NS (2 * UINT64_C(1000000000))

struct ws_filter {
	struct twc__ws_codec codec;
	struct twc__records *records;
	struct twc_timer timer;
	uint64_t ping_ns, pong_ns;
	uint64_t heard_at;
	uint64_t delivered, ahead; /* at the last look; and has to be before the ping */
	struct twc_buf line;	   /* unfinished, of what is written */
	uint8_t *patched;	   /* has a newline in place of `covered` */
	uint8_t covered;
	uint8_t mode;	    /* enum twc__ws_mode */
	uint8_t hand;	    /* type of the message that is being heard; 0: none is */
	bool lines, keeps_lines_off, pinged;
	bool is_leaving; /* our Close says that we go away */
	bool has_said;
	bool owes_pong;
	uint8_t pong_n;
	uint8_t pong[TWC_WS_CONTROL_MAX];
	unsigned code; /* to answer the peer's Close with; 0: it has not come */
};

static void to_records(void *arg, const struct iovec *iov, int n)
{
	twc__records_put(arg, iov, n);
}

static void send_control(struct ws_filter *f, enum twc__ws_opcode opcode, const void *data, size_t n)
{
	twc__ws_encode_control(&f->codec, opcode, data, n, to_records, f->records);
}

static void send_close(struct ws_filter *f, unsigned code, const char *reason)
{
	uint8_t payload[TWC_WS_CONTROL_MAX];

	send_control(f, TWC__WS_CLOSE, payload, twc__ws_close_write(payload, code, twc_str_of(reason)));
}

/* ---- what comes ---- */

static void answer_ping(struct ws_filter *f, const uint8_t *data, size_t n)
{
	f->owes_pong = twc__records_is_stuck(f->records);
	if (!f->owes_pong) {
		send_control(f, TWC__WS_PONG, data, n);
		return;
	}
	f->pong_n = (uint8_t)n;
	memcpy(f->pong, data, n);
}

static void ws_drained(void *arg)
{
	struct ws_filter *f = arg;

	if (f->owes_pong)
		send_control(f, TWC__WS_PONG, f->pong, f->pong_n);
	f->owes_pong = false;
}

static void ws_released(void *arg)
{
	struct ws_filter *f = arg;

	f->hand = 0;
	if (f->patched)
		*f->patched = f->covered;
	f->patched = NULL;
}

static void hand_out(struct ws_filter *f, const struct twc__ws_item *item, struct twc__record_in *in)
{
	static const char newline = '\n';

	f->hand = (uint8_t)item->type;
	in->record = (const char *)item->data;
	in->size = item->n;
	if (!f->lines || (item->n > 0 && item->data[item->n - 1] == '\n'))
		return;
	if (item->n == 0) {
		in->record = &newline;
	} else { /* in our own buffers, which have a byte to spare */
		uint8_t *at = (uint8_t *)(uintptr_t)item->data + item->n;

		if (at == in->p && in->n > 0) {
			f->patched = at;
			f->covered = *at;
		}
		*at = '\n';
	}
	in->size++;
}

static int heard_close(struct ws_filter *f, const struct twc__ws_item *item, struct twc_err *err)
{
	struct twc_str reason = { (const char *)item->data, item->n };

	f->code = item->code;
	if (item->code != TWC_WS_NORMAL && item->code != TWC_WS_GOING_AWAY && item->code != TWC_WS_NO_STATUS)
		twc__ws_close_explain(item->code, reason, err);
	return TWC__RECORD_END;
}

/* A line is ours, a message the peer's. */
static int too_long(int code, const struct ws_filter *f, struct twc_err *err)
{
	return twc_err_set(err, code, "a %s longer than %zu bytes (max-message=)", code == TWC_EDATA ? "line" : "message",
			   f->codec.max);
}

static int ws_decode(void *arg, struct twc__record_in *in, struct twc_err *err)
{
	struct ws_filter *f = arg;
	struct twc__ws_input ws = { .p = in->p, .n = in->n };
	struct twc__ws_item item;
	int rc;

	f->heard_at = twc_reactor_now(twc_transport_reactor(twc__records_transport(f->records)));
	rc = twc__ws_decode(&f->codec, &ws, &item, err);
	in->p += in->n - ws.n;
	in->n = ws.n;
	switch (rc) {
	case TWC__WS_MESSAGE:
		hand_out(f, &item, in);
		return TWC__RECORD_WHOLE;
	case TWC__WS_HEARD_PING:
		answer_ping(f, item.data, item.n);
		return TWC__RECORD_MORE;
	case TWC__WS_HEARD_CLOSE:
		return heard_close(f, &item, err);
	case TWC__WS_MORE:
	case TWC__WS_HEARD_PONG:
		return TWC__RECORD_MORE;
	default:
		send_close(f, f->codec.fault, err->text);
		return rc == TWC_ETOOLONG ? too_long(rc, f, err) : rc;
	}
}

/* ---- what goes ---- */

static bool is_text(const struct iovec *iov, int n)
{
	struct twc__ws_utf8 u = { 0 };

	for (int i = 0; i < n; i++)
		if (!twc__ws_utf8_feed(&u, iov[i].iov_base, iov[i].iov_len))
			return false;
	return twc__ws_utf8_is_whole(&u);
}

static int send_message(struct ws_filter *f, const struct iovec *iov, int n, struct twc_err *err)
{
	enum twc_ws_type type = TWC_WS_BINARY;

	if (f->mode == TWC__WS_MODE_TEXT || (f->mode == TWC__WS_MODE_AUTO && f->hand != TWC_WS_BINARY)) {
		if (is_text(iov, n))
			type = TWC_WS_TEXT;
		else if (f->mode == TWC__WS_MODE_TEXT)
			return twc_err_set(err, TWC_EDATA, "what is to be sent as text is not UTF-8");
	}
	return twc__ws_encode(&f->codec, type, iov, n, to_records, f->records, err);
}

static int send_line(struct ws_filter *f, struct twc_str end, struct twc_err *err)
{
	struct iovec iov[2] = {
		{ .iov_base = (void *)(uintptr_t)twc_buf_head(&f->line), .iov_len = twc_buf_len(&f->line) },
		{ .iov_base = (void *)(uintptr_t)end.p, .iov_len = end.n },
	};
	int rc;

	if (iov[0].iov_len + iov[1].iov_len > f->codec.max)
		return too_long(TWC_EDATA, f, err);
	rc = send_message(f, iov, 2, err);
	twc_buf_fini(&f->line);
	return rc;
}

static int send_lines(struct ws_filter *f, struct twc_str s, struct twc_err *err)
{
	int rc = 0;

	while (s.n > 0 && rc == 0) {
		const char *newline = memchr(s.p, '\n', s.n);
		struct twc_str line = { s.p, newline ? (size_t)(newline - s.p) : s.n };

		if (newline)
			rc = send_line(f, line, err);
		else if (twc_buf_add(&f->line, s.p, s.n) < 0)
			rc = too_long(TWC_EDATA, f, err);
		s.p += line.n + (newline != NULL);
		s.n -= line.n + (newline != NULL);
	}
	return rc;
}

static int ws_encode(void *arg, const struct iovec *iov, int n, struct twc_err *err)
{
	struct ws_filter *f = arg;
	int rc = 0;

	if (!f->lines)
		return send_message(f, iov, n, err);
	for (int i = 0; i < n && rc == 0; i++)
		rc = send_lines(f, (struct twc_str){ iov[i].iov_base, iov[i].iov_len }, err);
	return rc;
}

static void ws_farewell(void *arg)
{
	struct ws_filter *f = arg;

	if (twc_buf_len(&f->line) > 0)
		(void)send_line(f, (struct twc_str){ NULL, 0 }, NULL);
	send_close(f, f->code ? f->code : f->is_leaving ? TWC_WS_GOING_AWAY : TWC_WS_NORMAL, NULL);
	f->has_said = true;
}

/* ---- time ---- */

static void on_timer(struct twc_timer *timer, void *arg);

static void again(struct ws_filter *f, uint64_t delay_ns)
{
	twc_timer_start(twc_transport_reactor(twc__records_transport(f->records)), &f->timer, delay_ns, on_timer, f);
}

/* As in protocol.c: who takes what was sent before the ping is slow, not gone. */
static void on_timer(struct twc_timer *timer, void *arg)
{
	struct ws_filter *f = arg;
	struct twc_transport *t = twc__records_transport(f->records);
	uint64_t idle = twc_reactor_now(twc_transport_reactor(t)) - f->heard_at, limit = f->ping_ns + f->pong_ns;
	uint64_t before = f->delivered, delivered = twc__transport_delivered(t);
	struct twc_err err = { 0 };

	(void)timer;
	f->delivered = delivered;
	if (f->codec.is_over || f->has_said || twc_transport_is_closing(t))
		return; /* the end has times of its own */
	if (twc__transport_pauses(t) || (f->pinged && before < f->ahead && delivered != before)) {
		again(f, f->pinged ? f->pong_ns : f->ping_ns);
	} else if (idle < f->ping_ns) {
		f->pinged = false;
		again(f, f->ping_ns - idle);
	} else if (!f->pinged) {
		f->pinged = true;
		f->ahead = twc_transport_bytes_out(t);
		send_control(f, TWC__WS_PING, NULL, 0);
		again(f, f->pong_ns);
	} else if (idle < limit) {
		again(f, limit - idle);
	} else {
		twc_err_set(&err, TWC_EIDLE, "no answer to a ping");
		twc_transport_fail(t, &err);
	}
}

/* ---- life ---- */

static void ws_closed(void *arg)
{
	struct ws_filter *f = arg;

	if (f->records)
		twc_timer_stop(twc_transport_reactor(twc__records_transport(f->records)), &f->timer);
}

static void ws_free(void *arg)
{
	struct ws_filter *f = arg;

	twc__ws_codec_fini(&f->codec);
	twc_buf_fini(&f->line);
	twc_free(f);
}

static void ws_by_lines(void *arg)
{
	struct ws_filter *f = arg;

	f->lines = !f->keeps_lines_off;
}

/* A piece that happens to be UTF-8 would be text among binary ones, and one cut within a character binary among text. */
static void ws_by_bytes(void *arg)
{
	struct ws_filter *f = arg;

	if (!f->lines && f->mode == TWC__WS_MODE_AUTO)
		f->mode = TWC__WS_MODE_BINARY;
}

static void ws_leave(void *arg)
{
	((struct ws_filter *)arg)->is_leaving = true;
}

static const struct twc__record_codec ws_record_codec = {
	.decode = ws_decode,
	.released = ws_released,
	.encode = ws_encode,
	.farewell = ws_farewell,
	.drained = ws_drained,
	.closed = ws_closed,
	.free = ws_free,
	.by_lines = ws_by_lines,
	.by_bytes = ws_by_bytes,
	.leave = ws_leave,
};

void twc__ws_start(struct twc_transport *t, const struct twc__ws_start *how)
{
	const struct twc_ws_opts *o = &how->ws;
	uint64_t close_ns = o->close_ns ? o->close_ns : CLOSE_NS;
	struct ws_filter *f = twc_calloc(1, sizeof(*f));
	struct twc__records_start start = {
		.codec = &ws_record_codec,
		.arg = f,
		.in = how->in,
		.n_in = how->n_in,
		.end_ns = o->is_client ? close_ns : 0,
		.answer_ns = close_ns,
		.answers_late = how->answers_late,
		.is_patient = how->is_patient,
	};

	twc__ws_codec_init(&f->codec, o->is_client, &o->deflate, o->max_message);
	twc_buf_init(&f->line, f->codec.max);
	f->mode = (uint8_t)how->mode;
	f->lines = how->lines;
	f->keeps_lines_off = how->keeps_lines_off;
	f->ping_ns = o->ping_ns;
	f->pong_ns = o->pong_ns ? o->pong_ns : PONG_NS;
	f->heard_at = twc_reactor_now(twc_transport_reactor(t));
	f->records = twc__records_start(t, &start);
	if (f->records && f->ping_ns)
		again(f, f->ping_ns);
}
