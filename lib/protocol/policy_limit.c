/* SPDX-License-Identifier: MIT */
/*
 * So many connections at once, and so many from one address; one more is closed at once. Unlike a gate
 * (twc/net.h), which makes clients wait before they are accepted, this also limits what has no listener.
 *
 * Peers without an IP address count towards the total only.
 */
#include "net/net_int.h"
#include "protocol/policy_int.h"

#include "base/banned.h"

struct limit_factory {
	struct twc__policy_factory base;
	unsigned total, per_host;
	unsigned n;
	struct twc__tally tally;
};

struct limit {
	struct twc__policy base;
	struct limit_factory *factory;
	bool is_tallied;
	uint8_t ip[16]; /* while is_tallied */
};

static void limit_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct limit *w = (struct limit *)p;

	w->factory->n--;
	if (w->is_tallied)
		twc__tally_drop(&w->factory->tally, w->ip);
	twc__policy_lost(p, reason);
}

static const struct twc_protocol_ops limit_ops = {
	.name = "limit",
	.made = twc__policy_made,
	.data = twc__policy_data,
	.eof = twc__policy_eof,
	.drained = twc__policy_drained,
	.lost = limit_lost,
	.inner = twc__policy_inner,
};

static struct twc_protocol *limit_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct limit_factory *lf = (struct limit_factory *)f;
	bool is_tallied;
	uint8_t ip[16];
	struct twc_protocol *inner;
	struct limit *w;

	if (lf->total && lf->n >= lf->total)
		return NULL;
	is_tallied = lf->per_host && peer && twc__addr_ip16(peer, ip);
	if (is_tallied && !twc__tally_add(&lf->tally, ip, lf->per_host))
		return NULL;
	inner = twc_factory_build(lf->base.inner, peer);
	if (!inner) {
		if (is_tallied)
			twc__tally_drop(&lf->tally, ip);
		return NULL;
	}
	w = twc_calloc(1, sizeof(*w));
	twc__policy_init(&w->base, &limit_ops, inner);
	w->factory = lf;
	w->is_tallied = is_tallied;
	if (is_tallied)
		memcpy(w->ip, ip, sizeof(ip));
	lf->n++;
	return &w->base.base;
}

static const struct twc_factory_ops limit_factory_ops = {
	.name = "limit",
	.build = limit_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

static void limit_fini(struct twc__policy_factory *f)
{
	twc__tally_fini(&((struct limit_factory *)f)->tally);
}

struct twc_factory *twc_policy_limit_new(struct twc_factory *inner, unsigned total, unsigned per_host)
{
	struct limit_factory *f = twc_calloc(1, sizeof(*f));

	f->base.base.ops = &limit_factory_ops;
	f->base.inner = inner;
	f->base.fini = limit_fini;
	twc__tally_init(&f->tally);
	f->total = total;
	f->per_host = per_host;
	return &f->base.base;
}
