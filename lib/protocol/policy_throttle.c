/* SPDX-License-Identifier: MIT */
/*
 * Reads no faster than agreed: a token bucket, kept as the one moment at which it will be full again.
 *
 *	debt = full_at - now      0 <= what the bucket lacks, in nanoseconds of the rate
 *
 * While the debt is larger than the bucket is deep the connection is paused. What one read brings is handed on
 * whole, also beyond the burst (the bytes are here already); the pause that follows makes up for it, so the
 * rate holds over time.
 */
#include "protocol/policy_int.h"

#include <twc/parse.h>

#include "base/banned.h"

struct throttle_factory {
	struct twc__policy_factory base;
	struct twc_reactor *r; /* borrowed */
	uint64_t rate;
	uint64_t burst_ns; /* the time it takes to fill the bucket */
};

struct throttle {
	struct twc__policy base;
	const struct throttle_factory *factory;
	struct twc_timer timer; /* active: we hold a pause */
	uint64_t full_at;
};

/* Time that `n` bytes take. Saturates far beyond any connection's life. */
static uint64_t cost_ns(uint64_t n, uint64_t rate)
{
	uint64_t s = n / rate, rest = n % rate;

	if (s > UINT32_MAX)
		return UINT32_MAX * TWC_NS_PER_S;
	return s * TWC_NS_PER_S + (rest < UINT32_MAX ? rest * TWC_NS_PER_S / rate : rest / (rate / TWC_NS_PER_S));
}

static void throttle_due(struct twc_timer *t, void *arg)
{
	struct throttle *w = arg;

	(void)t;
	twc_transport_resume(w->base.base.transport);
}

static void throttle_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct throttle *w = (struct throttle *)p;
	const struct throttle_factory *f = w->factory;
	uint64_t now = twc_reactor_now(f->r);

	if (w->full_at < now)
		w->full_at = now;
	w->full_at += cost_ns(n, f->rate);
	if (w->full_at > now + f->burst_ns && !twc_timer_is_active(&w->timer)) {
		twc_transport_pause(p->transport);
		twc_timer_start(f->r, &w->timer, w->full_at - now - f->burst_ns, throttle_due, w);
	}
	twc__policy_data(p, data, n);
}

static void throttle_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct throttle *w = (struct throttle *)p;

	twc_timer_stop(w->factory->r, &w->timer);
	twc__policy_lost(p, reason);
}

static const struct twc_protocol_ops throttle_ops = {
	.name = "throttle",
	.made = twc__policy_made,
	.data = throttle_data,
	.eof = twc__policy_eof,
	.drained = twc__policy_drained,
	.lost = throttle_lost,
	.inner = twc__policy_inner,
};

static struct twc_protocol *throttle_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct throttle_factory *tf = (struct throttle_factory *)f;
	struct twc_protocol *inner = twc_factory_build(tf->base.inner, peer);
	struct throttle *w;

	if (!inner)
		return NULL;
	w = twc_calloc(1, sizeof(*w));
	twc__policy_init(&w->base, &throttle_ops, inner);
	w->factory = tf;
	return &w->base.base;
}

static const struct twc_factory_ops throttle_factory_ops = {
	.name = "throttle",
	.build = throttle_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

struct twc_factory *twc_policy_throttle_new(struct twc_reactor *r, struct twc_factory *inner, uint64_t rate,
					    uint64_t burst)
{
	struct throttle_factory *f = twc_calloc(1, sizeof(*f));

	TWC_ASSERT(rate > 0);
	f->base.base.ops = &throttle_factory_ops;
	f->base.inner = inner;
	f->r = r;
	f->rate = rate;
	f->burst_ns = burst ? cost_ns(burst, rate) : TWC_NS_PER_S;
	return &f->base.base;
}
