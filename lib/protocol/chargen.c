/* SPDX-License-Identifier: MIT */
/*
 * chargen (RFC 864): lines of 72 printable characters, each starting one character later than the line before, for as
 * long as the peer takes them. What the peer sends is thrown away; that it ended its half does not end the lines, since
 * a client with nothing to say does just that.
 *
 * On a stream the transport is filled to its high mark and then waits for `drained`. A datagram is answered with one
 * line: more would make the service an amplifier.
 *
 * The pattern repeats after 95 lines; a factory holds a block of whole periods, so a stream needs no position.
 */
#include "protocol/service_int.h"
#include "base/banned.h"

#define CHARS 95 /* printable ASCII, space to tilde */
#define LINE_CHARS 72
#define LINE_LEN (LINE_CHARS + 2)
#define PERIOD ((size_t)CHARS * LINE_LEN)
#define BLOCK (9 * PERIOD) /* 63,270 bytes */

struct chargen_factory {
	struct twc_factory base;
	char block[BLOCK];
};

struct chargen {
	struct twc_protocol base;
	const struct chargen_factory *factory; /* borrowed */
	struct twc_timer timer;		       /* goes on with the next burst */
	unsigned line;			       /* datagrams: the next line, < CHARS */
};

static void chargen_on_timer(struct twc_timer *timer, void *arg);

/* A full transport says `drained`; the timer carries on when it took the whole burst. */
static void chargen_fill(struct chargen *c)
{
	struct twc_transport *t = c->base.transport;

	for (size_t sent = 0; sent < TWC__BURST; sent += BLOCK) {
		if (twc_transport_is_full(t) || twc_transport_is_closing(t))
			return;
		twc_transport_write(t, c->factory->block, BLOCK);
	}
	twc_timer_start(twc_transport_reactor(t), &c->timer, 0, chargen_on_timer, c);
}

static void chargen_on_timer(struct twc_timer *timer, void *arg)
{
	(void)timer;
	chargen_fill(arg);
}

static void chargen_made(struct twc_protocol *p)
{
	if (!twc_transport_is_datagram(p->transport))
		chargen_fill((struct chargen *)p);
}

static void chargen_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct chargen *c = (struct chargen *)p;

	(void)data;
	(void)n;
	if (!twc_transport_is_datagram(p->transport) || twc_transport_is_full(p->transport))
		return;
	twc_transport_write(p->transport, c->factory->block + (size_t)c->line * LINE_LEN, LINE_LEN);
	c->line = (c->line + 1) % CHARS;
}

static void chargen_eof(struct twc_protocol *p)
{
	(void)p;
}

static void chargen_drained(struct twc_protocol *p)
{
	if (!twc_transport_is_datagram(p->transport))
		chargen_fill((struct chargen *)p);
}

static void chargen_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct chargen *c = (struct chargen *)p;

	(void)reason;
	twc_timer_stop(twc_transport_reactor(p->transport), &c->timer);
	twc_free(c);
}

static const struct twc_protocol_ops chargen_ops = {
	.name = "chargen",
	.made = chargen_made,
	.data = chargen_data,
	.eof = chargen_eof,
	.drained = chargen_drained,
	.lost = chargen_lost,
};

static struct twc_protocol *chargen_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct chargen *c = twc_malloc(sizeof(*c));

	(void)peer;
	*c = (struct chargen){ .base.ops = &chargen_ops, .factory = (struct chargen_factory *)f };
	return &c->base;
}

static const struct twc_factory_ops chargen_factory_ops = {
	.name = "chargen",
	.build = chargen_build,
};

static struct twc_factory *chargen_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	struct chargen_factory *f = twc_malloc(sizeof(*f));

	(void)r;
	(void)arg;
	(void)err;
	f->base = (struct twc_factory){ .ops = &chargen_factory_ops };
	for (size_t i = 0; i < BLOCK; i++) {
		size_t line = i / LINE_LEN, column = i % LINE_LEN;

		f->block[i] = column == LINE_CHARS	? '\r'
			      : column == LINE_CHARS + 1 ? '\n'
							 : (char)(' ' + (line + column) % CHARS);
	}
	return &f->base;
}

static void chargen_destroy(struct twc_factory *f)
{
	twc_free(f);
}

const struct twc_service twc__service_chargen = {
	.name = "chargen",
	.summary = "send lines of characters without end",
	.create = chargen_create,
	.destroy = chargen_destroy,
};
