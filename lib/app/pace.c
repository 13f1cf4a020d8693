/* SPDX-License-Identifier: MIT */
/* Lines, each so long after the one before: --line-delay. */
#include "app/pace.h"

#include "base/banned.h"

enum { PACE_HELD_MAX = 4 * 1024 * 1024 }; /* a whole read beside a line, with room to spare */

static struct twc__pace *pace_of(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct twc__pace, proto);
}

/* Length of the first line with its end, or of the piece of one that is to pass; 0: there is none yet. */
static size_t pace_next(struct twc__pace *c, bool *is_line)
{
	size_t n = twc_buf_len(&c->held);
	const char *head = twc_buf_head(&c->held), *end = memchr(head + c->n_seen, '\n', n - c->n_seen);
	size_t k = end ? (size_t)(end - head) + 1 : n;

	*is_line = end && k <= TWC__PACE_LINE_MAX;
	if (!end)
		c->n_seen = n;
	if (*is_line)
		return k;
	return k >= TWC__PACE_LINE_MAX ? TWC__PACE_LINE_MAX : 0;
}

static void pace_due(struct twc_timer *t, void *arg);

/* The inner protocol may do anything to the transport, but the loop alone ends it. */
static void pace_pass(struct twc__pace *c, size_t n, bool is_line)
{
	struct twc_reactor *r = twc_transport_reactor(c->proto.transport);

	if (is_line)
		twc_timer_start(r, &c->timer, c->delay_ns, pace_due, c);
	c->inner->ops->data(c->inner, (const uint8_t *)twc_buf_head(&c->held), n);
	twc_buf_consume(&c->held, n);
	c->n_seen = 0;
}

static void pace_set_paused(struct twc__pace *c, bool is_paused)
{
	if (is_paused == c->is_paused)
		return;
	c->is_paused = is_paused;
	if (is_paused)
		twc_transport_pause(c->proto.transport);
	else
		twc_transport_resume(c->proto.transport);
}

static void pace_advance(struct twc__pace *c)
{
	bool is_line;
	size_t n;

	while ((n = pace_next(c, &is_line)) > 0) {
		if (twc_timer_is_active(&c->timer) || twc_transport_is_closing(c->proto.transport) ||
		    c->must_wait(c->inner))
			break;
		pace_pass(c, n, is_line);
	}
	pace_set_paused(c, twc_buf_len(&c->held) > 0 && (n > 0 || twc_timer_is_active(&c->timer)));
}

static void pace_due(struct twc_timer *t, void *arg)
{
	(void)t;
	pace_advance(arg);
}

/* ---- what the stream tells ---- */

static void pace_made(struct twc_protocol *p)
{
	struct twc__pace *c = pace_of(p);

	c->inner->transport = p->transport;
	c->inner->ops->made(c->inner);
}

static void pace_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__pace *c = pace_of(p);
	struct twc_err err = { 0 };
	int rc = twc_buf_add(&c->held, data, n);

	if (rc) {
		twc_err_set(&err, rc, "no memory for the lines that wait");
		twc_transport_fail(p->transport, &err);
		return;
	}
	pace_advance(c);
}

/* What is held has no end, and its time has come: else the stream were paused, and its end not told yet. */
static void pace_eof(struct twc_protocol *p)
{
	struct twc__pace *c = pace_of(p);
	size_t n = twc_buf_len(&c->held);

	if (n > 0 && !c->must_wait(c->inner))
		pace_pass(c, n, false);
	c->inner->ops->eof(c->inner);
}

static void pace_drained(struct twc_protocol *p)
{
	struct twc__pace *c = pace_of(p);

	c->inner->ops->drained(c->inner);
}

static void pace_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__pace *c = pace_of(p);

	twc_timer_stop(twc_transport_reactor(p->transport), &c->timer);
	twc__pace_fini(c);
	c->inner->ops->lost(c->inner, reason); /* c may be gone */
}

static struct twc_protocol **pace_inner(struct twc_protocol *p)
{
	return &pace_of(p)->inner;
}

static const struct twc_protocol_ops pace_ops = {
	.name = "pace",
	.made = pace_made,
	.data = pace_data,
	.eof = pace_eof,
	.drained = pace_drained,
	.lost = pace_lost,
	.inner = pace_inner,
};

/* ---- for the owner ---- */

void twc__pace_init(struct twc__pace *c, uint64_t delay_ns, struct twc_protocol *inner,
		    bool (*must_wait)(struct twc_protocol *inner))
{
	*c = (struct twc__pace){
		.proto.ops = &pace_ops,
		.inner = inner,
		.delay_ns = delay_ns,
		.must_wait = must_wait,
	};
	twc_buf_init(&c->held, PACE_HELD_MAX);
}

void twc__pace_fini(struct twc__pace *c)
{
	twc_buf_fini(&c->held);
	c->n_seen = 0;
}

void twc__pace_go(struct twc__pace *c)
{
	if (c->proto.transport && twc_buf_len(&c->held) > 0)
		pace_advance(c);
}

bool twc__pace_is_waiting(const struct twc__pace *c)
{
	return twc_timer_is_active(&c->timer) && twc_buf_len(&c->held) > 0;
}
