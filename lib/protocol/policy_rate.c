/* SPDX-License-Identifier: MIT */
/* Gives each connection its rate, or its part in one for all, before anything is read or written. The limit itself is the
 * transport's. */
#include "protocol/policy_int.h"

#include "base/banned.h"

struct rate_factory {
	struct twc__policy_factory base;
	uint64_t rate, burst;
	struct twc_rate_total *total; /* borrowed; NULL: each has its own */
};

struct rate {
	struct twc__policy base;
	const struct rate_factory *factory;
};

static void rate_made(struct twc_protocol *p)
{
	const struct rate_factory *f = ((struct rate *)p)->factory;

	if (f->total)
		twc_transport_share_rate(p->transport, f->total);
	else
		twc_transport_limit_rate(p->transport, f->rate, f->burst);
	twc__policy_made(p);
}

static const struct twc_protocol_ops rate_ops = {
	.name = "rate",
	.made = rate_made,
	.data = twc__policy_data,
	.eof = twc__policy_eof,
	.drained = twc__policy_drained,
	.lost = twc__policy_lost,
	.inner = twc__policy_inner,
};

static struct twc_protocol *rate_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct rate_factory *rf = (struct rate_factory *)f;
	struct twc_protocol *inner = twc_factory_build(rf->base.inner, peer);
	struct rate *w;

	if (!inner)
		return NULL;
	w = twc_calloc(1, sizeof(*w));
	twc__policy_init(&w->base, &rate_ops, inner);
	w->factory = rf;
	return &w->base.base;
}

static const struct twc_factory_ops rate_factory_ops = {
	.name = "rate",
	.build = rate_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

struct twc_factory *twc_policy_share_rate_new(struct twc_factory *inner, struct twc_rate_total *total)
{
	struct rate_factory *f = twc_calloc(1, sizeof(*f));

	f->base.base.ops = &rate_factory_ops;
	f->base.inner = inner;
	f->total = total;
	return &f->base.base;
}

struct twc_factory *twc_policy_rate_new(struct twc_factory *inner, uint64_t rate, uint64_t burst)
{
	struct rate_factory *f = twc_calloc(1, sizeof(*f));

	TWC_ASSERT(rate > 0);
	f->base.base.ops = &rate_factory_ops;
	f->base.inner = inner;
	f->rate = rate;
	f->burst = burst;
	return &f->base.base;
}
