/* SPDX-License-Identifier: MIT */
/*
 * A protocol of lines: bytes through the framer, line by line to the one who embeds it.
 *
 * After each line the world may have changed: connection closing (the rest of the bytes is dropped), raw mode
 * (the rest goes there), paused (the rest waits in the backlog). While there is a backlog the transport is held
 * paused, so nothing overtakes it and it is never more than one read; a timer hands it on, because a resume
 * may come from inside a line().
 */
#include <twc/protocol.h>

#include "base/banned.h"

struct twc__line_backlog {
	struct twc_timer timer;
	size_t start, n; /* start <= n bytes */
	uint8_t data[];
};

static void line_made(struct twc_protocol *base)
{
	struct twc_line_protocol *p = (struct twc_line_protocol *)base;

	if (p->line_ops->made)
		p->line_ops->made(p);
}

static bool on_line(void *arg, const uint8_t *line, size_t n)
{
	struct twc_line_protocol *p = arg;

	p->line_ops->line(p, (const char *)line, n);
	return !p->is_raw && !p->pauses && !twc_transport_is_closing(p->base.transport);
}

static void line_failed(struct twc_line_protocol *p, const struct twc_err *err)
{
	if (err->code == TWC_ETOOLONG && p->line_ops->too_long)
		p->line_ops->too_long(p);
	else
		twc_transport_fail(p->base.transport, err);
}

/* What was held of a line when raw mode came. */
static void raw_held(struct twc_line_protocol *p)
{
	struct twc_buf held = p->framer.held;

	if (twc_buf_len(&held) == 0)
		return;
	twc_buf_init(&p->framer.held, held.max);
	if (p->line_ops->raw)
		p->line_ops->raw(p, (const uint8_t *)twc_buf_head(&held), twc_buf_len(&held));
	twc_buf_fini(&held);
}

/* Hands on what may be handed on; returns how many bytes are left because of a pause. */
static size_t take(struct twc_line_protocol *p, const uint8_t *data, size_t n)
{
	struct twc_err err = { 0 };
	size_t used;

	while (n > 0 && !p->pauses && !p->framer.dead && !twc_transport_is_closing(p->base.transport)) {
		if (p->is_raw) {
			if (twc_buf_len(&p->framer.held)) {
				raw_held(p);
				continue;
			}
			if (p->line_ops->raw)
				p->line_ops->raw(p, data, n);
			return 0;
		}
		if (twc_framer_feed(&p->framer, data, n, &used, on_line, p, &err)) {
			line_failed(p, &err);
			return 0;
		}
		data += used;
		n -= used;
	}
	return p->pauses && !twc_transport_is_closing(p->base.transport) ? n : 0;
}

/* ---- the backlog ---- */

static void drop_backlog(struct twc_line_protocol *p)
{
	struct twc__line_backlog *b = p->backlog;

	if (!b)
		return;
	twc_timer_stop(twc_transport_reactor(p->base.transport), &b->timer);
	p->backlog = NULL;
	twc_free(b);
}

static void backlog_due(struct twc_timer *t, void *arg)
{
	struct twc_line_protocol *p = arg;
	struct twc__line_backlog *b = TWC_CONTAINER_OF(t, struct twc__line_backlog, timer);
	size_t left = take(p, b->data + b->start, b->n - b->start);

	b->start = b->n - left;
	if (left)
		return; /* paused again: the resume starts the timer */
	drop_backlog(p);
	twc_transport_resume(p->base.transport);
}

static void keep(struct twc_line_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__line_backlog *b = twc_try_malloc(sizeof(*b) + n);
	struct twc_err err = { 0 };

	TWC_ASSERT(!p->backlog);
	if (!b) {
		twc_err_set(&err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
		twc_transport_fail(p->base.transport, &err);
		return;
	}
	*b = (struct twc__line_backlog){ .n = n };
	memcpy(b->data, data, n);
	p->backlog = b;
	twc_transport_pause(p->base.transport);
}

static void line_data(struct twc_protocol *base, const uint8_t *data, size_t n)
{
	struct twc_line_protocol *p = (struct twc_line_protocol *)base;
	size_t left = take(p, data, n);

	if (left)
		keep(p, data + n - left, left);
}

void twc_line_protocol_pause(struct twc_line_protocol *p)
{
	p->pauses++;
	twc_transport_pause(p->base.transport);
}

void twc_line_protocol_resume(struct twc_line_protocol *p)
{
	TWC_ASSERT(p->pauses > 0);
	p->pauses--;
	if (p->backlog && !p->pauses)
		twc_timer_start(twc_transport_reactor(p->base.transport), &p->backlog->timer, 0, backlog_due, p);
	twc_transport_resume(p->base.transport);
}

/* ---- the rest ---- */

static void line_eof(struct twc_protocol *base)
{
	struct twc_line_protocol *p = (struct twc_line_protocol *)base;

	if (p->is_raw)
		raw_held(p);
	if (p->line_ops->eof)
		p->line_ops->eof(p);
	else
		twc_transport_lose(base->transport);
}

static void line_drained(struct twc_protocol *base)
{
	struct twc_line_protocol *p = (struct twc_line_protocol *)base;

	if (p->line_ops->drained)
		p->line_ops->drained(p);
}

static void line_lost(struct twc_protocol *base, const struct twc_err *reason)
{
	struct twc_line_protocol *p = (struct twc_line_protocol *)base;

	drop_backlog(p);
	twc_framer_fini(&p->framer);
	p->line_ops->lost(p, reason);
}

static const struct twc_protocol_ops line_protocol_ops = {
	.name = "line",
	.made = line_made,
	.data = line_data,
	.eof = line_eof,
	.drained = line_drained,
	.lost = line_lost,
};

void twc_line_protocol_init(struct twc_line_protocol *p, const struct twc_line_ops *ops)
{
	*p = (struct twc_line_protocol){ .base.ops = &line_protocol_ops, .line_ops = ops };
	twc_framer_init(&p->framer, TWC_FRAMING_LINE);
}

void twc_line_protocol_set_raw(struct twc_line_protocol *p, bool raw)
{
	p->is_raw = raw;
}

void twc_line_protocol_send(struct twc_line_protocol *p, const char *line, size_t n)
{
	char delim[sizeof(p->framer.delim)];
	const struct iovec iov[] = {
		{ .iov_base = (void *)(uintptr_t)line, .iov_len = n },
		{ .iov_base = delim, .iov_len = p->framer.delim_len },
	};

	memcpy(delim, p->framer.delim, sizeof(delim));
	twc_transport_writev(p->base.transport, iov, 2);
}
