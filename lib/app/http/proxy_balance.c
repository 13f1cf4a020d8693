/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is among the targets of a proxy, and who is out. A target that has failed so often in a row is out for a time that
 * doubles with each failure after it; then it gets a chance, and one success makes it as good as new. One that stands alone is never
 * out for that: who else should be asked? A check (proxy_check.c) that says it is down counts for all.
 */
#include "app/http/proxy.h"

#include <twc/parse.h>

#include "base/digest.h"
#include "transport/transport_int.h"
#include "base/banned.h"

static const struct twc_backoff out_times = { .first_ns = TWC_NS_PER_S, .max_ns = 10 * TWC_NS_PER_S };

static bool is_out(const struct twc__proxy_target *t, uint64_t now)
{
	return t->out_until > now;
}

static bool is_up(const struct twc__proxy_target *t, uint64_t tried, uint64_t now)
{
	return !t->probe.is_down && !is_out(t, now) && !(tried >> t->index & 1);
}

/* The n-th of those that are up. */
static struct twc__proxy_target *nth_up(struct twc__proxy *p, unsigned n, uint64_t tried, uint64_t now)
{
	for (unsigned i = 0; i < p->n_targets; i++)
		if (is_up(&p->target[i], tried, now) && n-- == 0)
			return &p->target[i];
	return NULL;
}

static struct twc__proxy_target *next_up(struct twc__proxy *p, uint64_t tried, uint64_t now)
{
	for (unsigned i = 0; i < p->n_targets; i++) {
		struct twc__proxy_target *t = &p->target[(p->next + i) % p->n_targets];

		if (!is_up(t, tried, now))
			continue;
		p->next = (t->index + 1) % p->n_targets;
		return t;
	}
	return NULL;
}

/* Of equals the one whose turn it is. */
static struct twc__proxy_target *least_busy(struct twc__proxy *p, uint64_t tried, uint64_t now)
{
	struct twc__proxy_target *best = NULL;

	for (unsigned i = 0; i < p->n_targets; i++) {
		struct twc__proxy_target *t = &p->target[(p->next + i) % p->n_targets];

		if (is_up(t, tried, now) && (!best || t->active < best->active))
			best = t;
	}
	if (best)
		p->next = (best->index + 1) % p->n_targets;
	return best;
}

static struct twc__proxy_target *any_up(struct twc__proxy *p, uint64_t tried, uint64_t now)
{
	unsigned n = 0;
	uint32_t random;

	for (unsigned i = 0; i < p->n_targets; i++)
		n += is_up(&p->target[i], tried, now);
	if (n == 0)
		return NULL;
	twc__random(&random, sizeof(random));
	return nth_up(p, random % n, tried, now);
}

/* The same target for the same address for as long as that is up, and no other client moves when one goes: each pair of address
 * and target has a rank, and the highest is taken. */
static struct twc__proxy_target *by_source(struct twc__proxy *p, const struct twc_http_exchange *x, uint64_t tried, uint64_t now)
{
	struct twc__proxy_target *best = NULL;
	struct twc_transport *t = twc_http_transport(x);
	struct twc_addr peer;
	char key[TWC_ADDR_TEXT_MAX + 1];
	uint64_t highest = 0;
	size_t n;

	twc__transport_keep_peer(t);
	twc_transport_peer(t, &peer);
	n = strlen(twc_addr_format_host(&peer, key + 1, sizeof(key) - 1)) + 1;
	for (unsigned i = 0; i < p->n_targets; i++) {
		uint64_t rank;

		if (!is_up(&p->target[i], tried, now))
			continue;
		key[0] = (char)i;
		rank = twc__hash(&p->key, key, n);
		if (!best || rank > highest) {
			best = &p->target[i];
			highest = rank;
		}
	}
	return best;
}

struct twc__proxy_target *twc__proxy_choose(struct twc__proxy *p, const struct twc_http_exchange *x, uint64_t tried)
{
	uint64_t now = twc_reactor_now(p->r);

	if (p->n_targets == 1)
		return is_up(&p->target[0], tried, now) ? &p->target[0] : NULL;
	switch (p->o.balance) {
	case TWC__PROXY_LEASTCONN:
		return least_busy(p, tried, now);
	case TWC__PROXY_SOURCE:
		return by_source(p, x, tried, now);
	case TWC__PROXY_RANDOM:
		return any_up(p, tried, now);
	case TWC__PROXY_FIRST:
		return nth_up(p, 0, tried, now);
	case TWC__PROXY_ROUNDROBIN:
		break;
	}
	return next_up(p, tried, now);
}

void twc__proxy_succeeded(struct twc__proxy_target *t)
{
	if (t->failures == 0)
		return;
	if (t->out_until)
		twc_log(twc_reactor_log(t->proxy->r), http, INFO, "proxy: %s is well again", t->text);
	t->failures = 0;
	t->out_until = 0;
}

void twc__proxy_failed(struct twc__proxy_target *t, const struct twc_err *err)
{
	struct twc__proxy *p = t->proxy;
	uint64_t now = twc_reactor_now(p->r), out_ns;
	char text[32];

	if (is_out(t, now))
		return; /* it was asked before that: many that fail at once are one failure */
	if (t->failures < UINT32_MAX)
		t->failures++;
	if (p->n_targets == 1 || t->failures < p->o.fails)
		return;
	out_ns = twc_backoff_delay(&out_times, t->failures - p->o.fails + 1, 0);
	t->out_until = now + out_ns;
	twc_format_duration(text, sizeof(text), out_ns);
	twc_log(twc_reactor_log(p->r), http, INFO, "proxy: %s is out for %s: %s", t->text, text, err->text);
}

unsigned twc__proxy_wait_s(const struct twc__proxy *p)
{
	uint64_t now = twc_reactor_now(p->r), least = UINT64_MAX, wait;

	for (unsigned i = 0; i < p->n_targets; i++) {
		const struct twc__proxy_target *t = &p->target[i];

		wait = t->probe.is_down ? p->o.check_every_ns * p->o.rise : is_out(t, now) ? t->out_until - now : 0;
		if (wait < least)
			least = wait;
	}
	wait = (least + TWC_NS_PER_S - 1) / TWC_NS_PER_S;
	return wait == 0 ? 1 : wait > 3600 ? 3600 : (unsigned)wait;
}
