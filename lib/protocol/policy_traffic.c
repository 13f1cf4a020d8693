/* SPDX-License-Identifier: MIT */
/*
 * Shows every byte to a function as it passes: what comes, before the protocol sees it; what is written, when it
 * is handed to the transport. It only puts a tap there: writes do not pass a policy, nor do bytes that are piped. One
 * such policy per connection.
 */
#include "protocol/policy_int.h"
#include "transport/transport_int.h"

#include "base/banned.h"

struct traffic_factory {
	struct twc__policy_factory base;
	twc_traffic_fn fn;
	void *arg; /* borrowed */
};

struct traffic {
	struct twc__policy base;
	const struct traffic_factory *factory;
};

static void traffic_seen(void *arg, char dir, const struct iovec *iov, int n)
{
	struct traffic *w = arg;
	const struct traffic_factory *f = w->factory;

	for (int i = 0; i < n; i++)
		if (iov[i].iov_len)
			f->fn(f->arg, w->base.base.transport, dir, iov[i].iov_base, iov[i].iov_len);
}

static void traffic_made(struct twc_protocol *p)
{
	twc__transport_tap(p->transport, traffic_seen, p);
	twc__policy_made(p);
}

static const struct twc_protocol_ops traffic_ops = {
	.name = "traffic",
	.made = traffic_made,
	.data = twc__policy_data,
	.eof = twc__policy_eof,
	.drained = twc__policy_drained,
	.lost = twc__policy_lost,
	.inner = twc__policy_inner,
};

static struct twc_protocol *traffic_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct traffic_factory *tf = (struct traffic_factory *)f;
	struct twc_protocol *inner = twc_factory_build(tf->base.inner, peer);
	struct traffic *w;

	if (!inner)
		return NULL;
	w = twc_calloc(1, sizeof(*w));
	twc__policy_init(&w->base, &traffic_ops, inner);
	w->factory = tf;
	return &w->base.base;
}

static const struct twc_factory_ops traffic_factory_ops = {
	.name = "traffic",
	.build = traffic_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

struct twc_factory *twc_policy_traffic_new(struct twc_factory *inner, twc_traffic_fn fn, void *arg)
{
	struct traffic_factory *f = twc_calloc(1, sizeof(*f));

	f->base.base.ops = &traffic_factory_ops;
	f->base.inner = inner;
	f->fn = fn;
	f->arg = arg;
	return &f->base.base;
}
