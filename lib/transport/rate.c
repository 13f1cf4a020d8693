/* SPDX-License-Identifier: MIT */
/*
 * No faster than agreed: a token bucket for each direction of a transport, asked before a read or a write and told
 * afterwards. It is kept as the one moment at which it will be full again:
 *
 *	full_at - now    what the bucket lacks, as time; a whole datagram may overdraw it
 *
 * An empty bucket stops its direction for a fiftieth of a second's worth (or until it is full, when that is sooner):
 * often enough to be smooth, and never a system call for a few bytes.
 */
#include "transport/transport_priv.h"

#include <twc/parse.h>

#include "base/banned.h"

__extension__ typedef unsigned __int128 u128;

#define PAUSE_NS (20 * TWC_NS_PER_MS)
#define BURST_MIN 1024

static unsigned index_of(unsigned dir)
{
	return dir == TWC_WRITE;
}

static uint32_t flag_of(unsigned dir)
{
	return dir == TWC_WRITE ? TWC__F_SLOW_OUT : TWC__F_SLOW_IN;
}

/* Time that `n` bytes take; saturates far beyond any connection's life. */
static uint64_t cost_ns(uint64_t n, uint64_t rate)
{
	u128 ns = (u128)n * TWC_NS_PER_S / rate;

	return ns > INT64_MAX / 2 ? INT64_MAX / 2 : (uint64_t)ns;
}

static void go_on(struct twc_transport *t, unsigned dir)
{
	t->flags &= ~flag_of(dir);
	if (dir == TWC_WRITE)
		twc__transport_on_ready(t, TWC_WRITE);
	else
		twc__transport_update(t); /* the descriptor tells whether there is something */
}

static void on_refilled(struct twc_timer *timer, void *arg)
{
	struct twc__rate *rate = arg;

	go_on(rate->t, timer == &rate->dir[0].timer ? TWC_READ : TWC_WRITE);
}

static void on_turn(struct twc__rate_share *s)
{
	struct twc__rate *rate = s->index ? TWC_CONTAINER_OF(s, struct twc__rate, dir[1].share) :
					    TWC_CONTAINER_OF(s, struct twc__rate, dir[0].share);

	if (!twc_timer_is_active(&rate->dir[s->index].timer)) /* its own limit goes on by itself */
		go_on(rate->t, s->index ? TWC_WRITE : TWC_READ);
}

static void stop_direction(struct twc_transport *t, unsigned dir, uint64_t ns)
{
	struct twc__rate *rate = t->x->rate;

	t->flags |= flag_of(dir);
	twc_timer_start(t->r, &rate->dir[index_of(dir)].timer, ns, on_refilled, rate);
}

/* By its own limit. */
static size_t own_room(struct twc_transport *t, unsigned dir, size_t n)
{
	struct twc__rate *rate = t->x->rate;
	uint64_t now, lacks, has;

	if (!rate->rate)
		return n;
	now = twc_reactor_now(t->r);
	lacks = rate->dir[index_of(dir)].full_at > now ? rate->dir[index_of(dir)].full_at - now : 0;
	has = lacks >= rate->burst_ns ?
		      0 :
		      (uint64_t)((u128)(rate->burst_ns - lacks) * rate->rate / TWC_NS_PER_S);
	if (!has)
		stop_direction(t, dir, lacks >= rate->burst_ns ? lacks - rate->burst_ns + rate->pause_ns : rate->pause_ns);
	if (t->ops->is_datagram)
		return has ? n : 0;
	return has < n ? (size_t)has : n;
}

size_t twc__rate_room(struct twc_transport *t, unsigned dir, size_t n)
{
	struct twc__rate *rate = t->x ? t->x->rate : NULL;
	struct twc__rate_share *share;

	if (!rate)
		return n;
	if (t->flags & flag_of(dir))
		return 0;
	n = own_room(t, dir, n);
	share = &rate->dir[index_of(dir)].share;
	if (!n || !share->total)
		return n;
	n = twc__rate_share_room(share, n, t->ops->is_datagram);
	if (!n)
		t->flags |= flag_of(dir);
	return n;
}

void twc__rate_spend(struct twc_transport *t, unsigned dir, size_t n)
{
	struct twc__rate *rate = t->x ? t->x->rate : NULL;
	uint64_t now, lacks;

	if (!rate)
		return;
	if (rate->dir[index_of(dir)].share.total)
		twc__rate_share_spend(&rate->dir[index_of(dir)].share, n);
	if (!rate->rate)
		return;
	now = twc_reactor_now(t->r);
	if (rate->dir[index_of(dir)].full_at < now)
		rate->dir[index_of(dir)].full_at = now;
	rate->dir[index_of(dir)].full_at += cost_ns(n, rate->rate);
	lacks = rate->dir[index_of(dir)].full_at - now;
	if (lacks >= rate->burst_ns && !(t->flags & flag_of(dir)))
		stop_direction(t, dir, lacks - rate->burst_ns + rate->pause_ns);
}

void twc__rate_stop(struct twc_transport *t)
{
	struct twc__rate *rate = t->x ? t->x->rate : NULL;

	if (!rate)
		return;
	for (int i = 0; i < 2; i++) {
		twc_timer_stop(t->r, &rate->dir[i].timer);
		twc__rate_share_stop(&rate->dir[i].share);
	}
	t->flags &= ~(uint32_t)(TWC__F_SLOW_IN | TWC__F_SLOW_OUT);
}

/* The limits begin anew, or end. */
static void rate_restart(struct twc_transport *t, struct twc_rate_total *total)
{
	struct twc__rate *rate = t->x->rate;

	if (!rate->rate && !total) {
		twc_free(rate);
		t->x->rate = NULL;
		twc__transport_update(t);
		return;
	}
	for (unsigned i = 0; i < 2 && total; i++)
		twc__rate_share_start(&rate->dir[i].share, total, i, on_turn);
	twc__pipe_copy(t);
	if (t->flags & TWC__F_MADE)
		twc__transport_update(t);
}

static struct twc__rate *rate_of(struct twc_transport *t)
{
	struct twc__extra *x = twc__transport_extra(t);

	if (!x->rate)
		x->rate = twc_calloc(1, sizeof(*x->rate));
	x->rate->t = t;
	return x->rate;
}

void twc_transport_limit_rate(struct twc_transport *t, uint64_t rate, uint64_t burst)
{
	struct twc_rate_total *total;
	struct twc__rate *x;

	if (t->flags & TWC__F_DEAD)
		return;
	x = rate_of(t);
	total = x->dir[0].share.total;
	twc__rate_stop(t);
	x->rate = rate;
	if (rate) {
		if (!burst)
			burst = rate / 10 > BURST_MIN ? rate / 10 : BURST_MIN;
		x->burst_ns = cost_ns(burst, rate);
		if (!x->burst_ns) /* less than a nanosecond: as good as none */
			x->burst_ns = 1;
		x->pause_ns = x->burst_ns < PAUSE_NS ? x->burst_ns : PAUSE_NS;
		if (x->pause_ns < cost_ns(1, rate))
			x->pause_ns = cost_ns(1, rate);
	}
	rate_restart(t, total);
}

void twc_transport_share_rate(struct twc_transport *t, struct twc_rate_total *g)
{
	if (t->flags & TWC__F_DEAD)
		return;
	(void)rate_of(t);
	twc__rate_stop(t);
	rate_restart(t, g);
}
