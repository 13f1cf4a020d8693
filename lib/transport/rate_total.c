/* SPDX-License-Identifier: MIT */
/*
 * A rate that many transports keep together. The account of a direction is one for all; who finds it empty gets in
 * line, and is granted a share of the burst, paid for at once, when its turn comes:
 *
 *	account full enough --timer--> the first in line gets its share, and moves it with its next read or write
 *
 * While anybody is in line everybody gets in line, so that nobody who asks often gets more than the others. What a
 * transport does not use of its share is paid back.
 */
#include "transport/rate.h"

#include <twc/parse.h>

#include "base/banned.h"

__extension__ typedef unsigned __int128 u128;

#define BURST_MIN 1024
#define SHARES 8 /* of a burst */

struct account {
	struct twc_timer timer; /* active while somebody is in line and the account is too empty */
	struct twc__list line;	/* struct twc__rate_share */
	uint64_t full_at;
	struct twc_rate_total *total;
};

struct twc_rate_total {
	struct twc_reactor *r;
	uint64_t rate, burst, share;
	uint64_t burst_ns;
	struct account account[2];
};

static uint64_t cost_ns(const struct twc_rate_total *g, uint64_t n)
{
	u128 ns = (u128)n * TWC_NS_PER_S / g->rate;

	return ns > INT64_MAX / 2 ? INT64_MAX / 2 : (uint64_t)ns;
}

static uint64_t lacks_ns(const struct account *a)
{
	uint64_t now = twc_reactor_now(a->total->r);

	return a->full_at > now ? a->full_at - now : 0;
}

static uint64_t available(const struct account *a)
{
	const struct twc_rate_total *g = a->total;
	uint64_t lacks = lacks_ns(a);

	return lacks >= g->burst_ns ? 0 : (uint64_t)((u128)(g->burst_ns - lacks) * g->rate / TWC_NS_PER_S);
}

static void pay(struct account *a, uint64_t n)
{
	uint64_t now = twc_reactor_now(a->total->r);

	if (a->full_at < now)
		a->full_at = now;
	a->full_at += cost_ns(a->total, n);
}

static void on_timer(struct twc_timer *timer, void *arg);

/* Until one share is there. */
static void account_wait(struct account *a)
{
	uint64_t lacks = lacks_ns(a), enough = a->total->burst_ns - cost_ns(a->total, a->total->share);

	if (twc__list_is_empty(&a->line) || twc_timer_is_active(&a->timer))
		return;
	twc_timer_start(a->total->r, &a->timer, lacks > enough ? lacks - enough : 0, on_timer, a);
}

/* What a turn lets go may get in line again, behind the others. */
static void on_timer(struct twc_timer *timer, void *arg)
{
	struct account *a = arg;

	(void)timer;
	while (!twc__list_is_empty(&a->line) && lacks_ns(a) + cost_ns(a->total, a->total->share) <= a->total->burst_ns) {
		struct twc__rate_share *s = TWC__LIST_ENTRY(twc__list_pop(&a->line), struct twc__rate_share, node);

		s->credit = a->total->share;
		pay(a, s->credit);
		s->go(s);
	}
	account_wait(a);
}

size_t twc__rate_share_room(struct twc__rate_share *s, size_t n, bool is_whole)
{
	struct account *a = &s->total->account[s->index];
	uint64_t has;

	if (s->credit)
		return is_whole || n < s->credit ? n : (size_t)s->credit;
	if (twc__list_is_linked(&s->node))
		return 0;
	has = twc__list_is_empty(&a->line) ? available(a) : 0;
	if (has)
		return is_whole || n < has ? n : (size_t)has;
	twc__list_add_tail(&a->line, &s->node);
	account_wait(a);
	return 0;
}

void twc__rate_share_spend(struct twc__rate_share *s, size_t n)
{
	struct account *a = &s->total->account[s->index];
	uint64_t back = s->credit > n ? cost_ns(s->total, s->credit - n) : 0;

	if (n > s->credit)
		pay(a, n - s->credit);
	a->full_at = a->full_at > back ? a->full_at - back : 0;
	s->credit = 0;
}

void twc__rate_share_stop(struct twc__rate_share *s)
{
	if (!s->total)
		return;
	twc__list_remove(&s->node);
	twc__rate_share_spend(s, 0);
	s->total = NULL;
}

void twc__rate_share_start(struct twc__rate_share *s, struct twc_rate_total *total, unsigned index,
			   void (*go)(struct twc__rate_share *s))
{
	*s = (struct twc__rate_share){ .total = total, .index = index, .go = go };
	twc__list_init(&s->node);
}

struct twc_rate_total *twc_rate_total_new(struct twc_reactor *r, uint64_t rate, uint64_t burst)
{
	struct twc_rate_total *g = twc_calloc(1, sizeof(*g));

	TWC_ASSERT(rate > 0);
	g->r = r;
	g->rate = rate;
	g->burst = burst ? burst : rate / 10 > BURST_MIN ? rate / 10 : BURST_MIN;
	g->share = g->burst > SHARES ? g->burst / SHARES : 1;
	if (g->share <= rate / TWC_NS_PER_S) /* it takes some time */
		g->share = rate / TWC_NS_PER_S + 1;
	g->burst_ns = cost_ns(g, g->burst > g->share ? g->burst : g->share);
	for (int i = 0; i < 2; i++) {
		g->account[i].total = g;
		twc__list_init(&g->account[i].line);
	}
	return g;
}

void twc_rate_total_free(struct twc_rate_total *g)
{
	if (!g)
		return;
	for (int i = 0; i < 2; i++)
		TWC_ASSERT(twc__list_is_empty(&g->account[i].line));
	twc_free(g);
}
