/* SPDX-License-Identifier: MIT */
/*
 * A libevent program hosts a reactor: one call, twc_reactor_attach_event_base. The base's owner runs the base.
 *
 * A reactor timer ticks every 20 ms, a worker thread of the reactor computes something, and the host has an event of
 * its own; when all three have been heard the host breaks its loop.
 */
#include <event2/event.h>
#include <stdio.h>
#include <twc/deferred.h>
#include <twc/reactor.h>

struct guest {
	struct twc_reactor *reactor;
	struct twc_timer tick;
	int ticks;
	long sum;
	int host_ticks;
	struct event_base *base;
};

static void *add_up(void *arg, struct twc_err *err)
{
	long *sum = arg;

	(void)err;
	for (long i = 1; i <= 1000; i++)
		*sum += i;
	return sum;
}

static void on_sum(struct twc_result *res, void *arg)
{
	long *sum = res->value;

	((struct guest *)arg)->sum = *sum;
}

static void on_tick(struct twc_timer *t, void *arg)
{
	struct guest *g = arg;

	(void)t;
	if (++g->ticks >= 5 && g->sum && g->host_ticks)
		event_base_loopbreak(g->base);
}

/* ---- the host ---- */

static void on_host_event(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	++*(int *)arg;
}

int main(void)
{
	struct guest g = { .base = event_base_new(), .reactor = twc_reactor_new(NULL) };
	struct timeval often = { .tv_usec = 10000 };
	struct twc_err err;
	long sum = 0;

	if (!g.base || !g.reactor)
		return 1;
	if (twc_reactor_attach_event_base(g.reactor, g.base, &err) < 0) {
		fprintf(stderr, "embed_libevent: %s\n", err.text);
		return 1;
	}
	twc_timer_every(g.reactor, &g.tick, UINT64_C(20000000), on_tick, &g);
	struct twc_deferred *d = twc_reactor_call_in_thread(g.reactor, add_up, &sum, NULL, NULL);
	twc_deferred_add(d, on_sum, NULL, &g);
	twc_deferred_release(d);

	struct event *own = event_new(g.base, -1, EV_PERSIST, on_host_event, &g.host_ticks);
	event_add(own, &often);
	event_base_dispatch(g.base);

	event_free(own);
	twc_reactor_free(g.reactor); /* leaves the base */
	event_base_free(g.base);
	printf("%d ticks, sum %ld, the host ticked too\n", g.ticks, g.sum);
	return g.sum == 500500 ? 0 : 1;
}
