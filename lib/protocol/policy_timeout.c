/* SPDX-License-Identifier: MIT */
/*
 * Ends connections that are idle, or too old.
 *
 * Costs nothing per message: a timer looks eight times per idle period whether the transport's counters have
 * moved. So a connection ends between one and 1 1/8 idle periods after its last byte; exactly one after it was
 * made when there never was any.
 *
 * Ending is lose(), so that what is queued still leaves; a peer that does not take it has five seconds. But where
 * whoever writes waits for room there is more to come: an orderly end would make the part look like the whole, so the
 * connection is reset.
 */
#include "protocol/policy_int.h"

#include "transport/transport_int.h"
#include <twc/parse.h>

#include "base/banned.h"

#define LOOKS 8
#define GRACE_NS (5 * TWC_NS_PER_S)

struct timeout_factory {
	struct twc__policy_factory base;
	struct twc_reactor *r; /* borrowed */
	uint64_t idle_ns, total_ns;
};

struct timeout {
	struct twc__policy base;
	const struct timeout_factory *factory;
	struct twc_timer timer; /* the next look; then the grace */
	uint64_t made_at;
	uint64_t moved_at;     /* when the counters were seen to have moved */
	uint64_t in, out;      /* the counters at the last look */
	int code;	       /* why we end it; 0: not yet */
};

static void explain(const struct timeout *w, struct twc_err *err)
{
	char after[32];
	bool idle = w->code == TWC_EIDLE;

	twc_format_duration(after, sizeof(after), idle ? w->factory->idle_ns : w->factory->total_ns);
	twc_err_set(err, w->code, idle ? "idle for %s" : "connection older than %s", after);
}

static void grace_over(struct twc_timer *t, void *arg)
{
	struct timeout *w = arg;
	struct twc_err err = { 0 };

	(void)t;
	explain(w, &err);
	twc_transport_fail(w->base.base.transport, &err);
}

static void end(struct timeout *w, int code)
{
	const struct twc_transport *t = w->base.base.transport;

	w->code = code;
	if (twc__transport_is_awaited(t) && !twc_transport_is_closing(t)) {
		grace_over(NULL, w);
		return;
	}
	twc_timer_start(w->factory->r, &w->timer, GRACE_NS, grace_over, w);
	twc_transport_no_linger(w->base.base.transport);
	twc_transport_lose(w->base.base.transport);
}

static void look(struct twc_timer *t, void *arg);

/* Sets the timer to the next moment at which there may be something to do. */
static void look_later(struct timeout *w, uint64_t now)
{
	const struct timeout_factory *f = w->factory;
	uint64_t delay = UINT64_MAX, left;

	if (f->idle_ns) {
		left = w->moved_at + f->idle_ns - now;
		delay = f->idle_ns / LOOKS + 1;
		if (left < delay)
			delay = left;
	}
	if (f->total_ns && w->made_at + f->total_ns - now < delay)
		delay = w->made_at + f->total_ns - now;
	if (delay < UINT64_MAX)
		twc_timer_start(f->r, &w->timer, delay, look, w);
}

static void look(struct twc_timer *t, void *arg)
{
	struct timeout *w = arg;
	const struct timeout_factory *f = w->factory;
	uint64_t now = twc_reactor_now(f->r);
	uint64_t in = twc_transport_bytes_in(w->base.base.transport);
	uint64_t out = twc_transport_bytes_out(w->base.base.transport);

	(void)t;
	if (in != w->in || out != w->out) {
		w->in = in;
		w->out = out;
		w->moved_at = now;
	}
	if (f->total_ns && now - w->made_at >= f->total_ns)
		end(w, TWC_ETIMEDOUT);
	else if (f->idle_ns && now - w->moved_at >= f->idle_ns)
		end(w, TWC_EIDLE);
	else
		look_later(w, now);
}

static void timeout_made(struct twc_protocol *p)
{
	struct timeout *w = (struct timeout *)p;

	w->made_at = w->moved_at = twc_reactor_now(w->factory->r);
	look_later(w, w->made_at);
	twc__policy_made(p);
}

static void timeout_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct timeout *w = (struct timeout *)p;
	struct twc_err err = { 0 };

	twc_timer_stop(w->factory->r, &w->timer);
	if (w->code) { /* however the losing went, this is why */
		explain(w, &err);
		reason = &err;
	}
	twc__policy_lost(p, reason);
}

static const struct twc_protocol_ops timeout_ops = {
	.name = "timeout",
	.made = timeout_made,
	.data = twc__policy_data,
	.eof = twc__policy_eof,
	.drained = twc__policy_drained,
	.lost = timeout_lost,
	.inner = twc__policy_inner,
};

static struct twc_protocol *timeout_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct timeout_factory *tf = (struct timeout_factory *)f;
	struct twc_protocol *inner = twc_factory_build(tf->base.inner, peer);
	struct timeout *w;

	if (!inner)
		return NULL;
	w = twc_calloc(1, sizeof(*w));
	twc__policy_init(&w->base, &timeout_ops, inner);
	w->factory = tf;
	return &w->base.base;
}

static const struct twc_factory_ops timeout_factory_ops = {
	.name = "timeout",
	.build = timeout_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

struct twc_factory *twc_policy_timeout_new(struct twc_reactor *r, struct twc_factory *inner, uint64_t idle_ns,
					   uint64_t total_ns)
{
	struct timeout_factory *f = twc_calloc(1, sizeof(*f));

	f->base.base.ops = &timeout_factory_ops;
	f->base.inner = inner;
	f->r = r;
	f->idle_ns = idle_ns;
	f->total_ns = total_ns;
	return &f->base.base;
}
