/* SPDX-License-Identifier: MIT */
/*
 * Standard input and output of a talk. The input is read while there is a connection with room; what is written holds up the
 * connection when nobody takes it.
 */
#include "app/http/ws_talk.h"

#include "protocol/ws/frame.h"
#include "transport/transport_int.h"

#include <unistd.h>

#include "base/banned.h"

static struct twc_ws_talk *of_io(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc_ws_talk, io);
}

/* ---- what is read ---- */

static bool on_piece(void *arg, const uint8_t *p, size_t n)
{
	struct twc_ws_talk *x = arg;

	twc__ws_talk_send(x, x->o.type, p, n);
	return true;
}

static void io_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_ws_talk *x = of_io(p);
	struct twc_err err = { 0 };

	if (x->is_ending)
		return;
	if (twc__ws_lines_feed(&x->lines, data, n, on_piece, x, &err) < 0)
		twc__ws_talk_end(x, &err);
	twc__ws_talk_io_update(x);
}

static void io_eof(struct twc_protocol *p)
{
	struct twc_ws_talk *x = of_io(p);
	struct twc_err err = { 0 };

	if (x->has_input_ended || x->is_ending)
		return;
	x->has_input_ended = true;
	if (twc__ws_lines_end(&x->lines, on_piece, x, &err) < 0)
		twc__ws_talk_end(x, &err);
	else
		twc__ws_talk_input_ended(x);
}

bool twc__ws_talk_io_has_more(const struct twc_ws_talk *x)
{
	return x->has_io && !x->has_input_ended && !isatty(x->o.in) &&
	       (twc__ws_lines_has_part(&x->lines) || twc__transport_has_input(x->io.transport));
}

void twc__ws_talk_io_update(struct twc_ws_talk *x)
{
	bool must_wait = !x->is_open || twc_ws_is_closing(&x->ws) || twc_transport_is_full(x->ws.base.transport);

	if (!x->has_io || must_wait == x->is_io_paused)
		return;
	x->is_io_paused = must_wait;
	if (must_wait)
		twc_transport_pause(x->io.transport);
	else
		twc_transport_resume(x->io.transport);
}

/* ---- what is written ---- */

void twc__ws_talk_write(struct twc_ws_talk *x, const struct iovec *iov, int n)
{
	if (!x->has_io)
		return;
	twc_transport_writev(x->io.transport, iov, n);
	if (!x->has_wire || x->is_wire_paused || !twc_transport_is_full(x->io.transport))
		return;
	x->is_wire_paused = true;
	twc_transport_pause(x->ws.base.transport);
}

void twc__ws_talk_message(struct twc_ws_talk *x, enum twc_ws_type type, const uint8_t *p, size_t n)
{
	struct iovec iov[TWC__WS_LINES_IOV];
	uint8_t prefix[4];

	if (x->o.json)
		twc__ws_talk_tell(x, false, type == TWC_WS_TEXT ? TWC__WS_TEXT : TWC__WS_BINARY, p, n, 0);
	else
		twc__ws_talk_write(x, iov, twc__ws_lines_write(x->o.framing, p, n, prefix, iov));
}

static void io_drained(struct twc_protocol *p)
{
	struct twc_ws_talk *x = of_io(p);

	if (!x->is_wire_paused)
		return;
	x->is_wire_paused = false;
	if (x->has_wire)
		twc_transport_resume(x->ws.base.transport);
}

/* ---- life ---- */

static void io_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc_ws_talk *x = of_io(p);

	x->has_io = false;
	if (reason->code && (!x->err.code || reason->code == TWC_EPIPEOUT))
		x->err = *reason;
	if (!x->is_ending)
		twc__ws_talk_end(x, &x->err);
	twc__ws_talk_settle(x);
}

static const struct twc_protocol_ops io_ops = {
	.name = "ws-stdio",
	.data = io_data,
	.eof = io_eof,
	.drained = io_drained,
	.lost = io_lost,
};

void twc__ws_talk_io_open(struct twc_ws_talk *x)
{
	struct twc_err err = { 0 };

	x->io.ops = &io_ops;
	if (twc_transport_from_stdio(x->r, x->o.in, x->o.out, false, "stdio", &x->io, &err))
		x->has_io = true;
	else
		twc__ws_talk_end(x, &err);
}

void twc__ws_talk_io_close(struct twc_ws_talk *x)
{
	if (x->has_io)
		twc_transport_lose(x->io.transport);
}
