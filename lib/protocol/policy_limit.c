/* SPDX-License-Identifier: MIT */
/*
 * So many connections at once, and so many from one address; one more is closed at once. Unlike a gate
 * (twc/net.h), which makes clients wait before they are accepted, this also limits what has no listener.
 *
 * Peers without an IP address count towards the total only.
 */
#include "protocol/policy_int.h"

#include "base/banned.h"

#define BUCKETS 256 /* chains stay short: there are no more hosts than connections */

struct host {
	struct host *next;
	struct twc_addr addr;
	unsigned n; /* > 0 connections */
};

struct limit_factory {
	struct twc__policy_factory base;
	unsigned total, per_host;
	unsigned n;
	struct host *bucket[BUCKETS]; /* owned */
};

struct limit {
	struct twc__policy base;
	struct limit_factory *factory;
	struct host *host; /* NULL: not counted by host */
};

/* ---- hosts ---- */

/* Equal for equal hosts: an IPv4 address and its mapped form hash over the same four bytes. */
static size_t host_hash(const struct twc_addr *a)
{
	const uint8_t *ip = (const uint8_t *)&a->u.in.sin_addr;
	uint32_t h = 2166136261u;
	size_t n = 4;

	if (a->u.sa.sa_family == AF_INET6) {
		bool mapped = IN6_IS_ADDR_V4MAPPED(&a->u.in6.sin6_addr);

		ip = a->u.in6.sin6_addr.s6_addr + (mapped ? 12 : 0);
		n = mapped ? 4 : 16;
	}
	for (size_t i = 0; i < n; i++)
		h = (h ^ ip[i]) * 16777619u;
	return (h ^ h >> 16) % BUCKETS;
}

static bool has_ip(const struct twc_addr *a)
{
	return a && a->kind != TWC_ADDR_NONE &&
	       (a->u.sa.sa_family == AF_INET || a->u.sa.sa_family == AF_INET6);
}

/* The host's entry, made if need be. */
static struct host *host_get(struct limit_factory *f, const struct twc_addr *a)
{
	struct host **at = &f->bucket[host_hash(a)], *h;

	for (h = *at; h; h = h->next)
		if (twc_addr_eq_host(&h->addr, a))
			return h;
	h = twc_calloc(1, sizeof(*h));
	h->addr = *a;
	h->next = *at;
	*at = h;
	return h;
}

/* Forgets the host when none of its connections is left. */
static void host_put(struct limit_factory *f, struct host *h)
{
	struct host **at = &f->bucket[host_hash(&h->addr)];

	if (h->n)
		return;
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	twc_free(h);
}

/* ---- connections ---- */

static void limit_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct limit *w = (struct limit *)p;

	w->factory->n--;
	if (w->host) {
		w->host->n--;
		host_put(w->factory, w->host);
	}
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
	struct host *host = NULL;
	struct twc_protocol *inner = NULL;
	struct limit *w;

	if (lf->total && lf->n >= lf->total)
		return NULL;
	if (lf->per_host && has_ip(peer))
		host = host_get(lf, peer);
	if (!host || host->n < lf->per_host)
		inner = twc_factory_build(lf->base.inner, peer);
	if (!inner) {
		if (host)
			host_put(lf, host);
		return NULL;
	}
	w = twc_calloc(1, sizeof(*w));
	twc__policy_init(&w->base, &limit_ops, inner);
	w->factory = lf;
	w->host = host;
	lf->n++;
	if (host)
		host->n++;
	return &w->base.base;
}

static const struct twc_factory_ops limit_factory_ops = {
	.name = "limit",
	.build = limit_build,
	.started = twc__policy_started,
	.stopped = twc__policy_stopped,
};

struct twc_factory *twc_policy_limit_new(struct twc_factory *inner, unsigned total, unsigned per_host)
{
	struct limit_factory *f = twc_calloc(1, sizeof(*f));

	f->base.base.ops = &limit_factory_ops;
	f->base.inner = inner;
	f->total = total;
	f->per_host = per_host;
	return &f->base.base;
}
