/* SPDX-License-Identifier: MIT */
/*
 * The place of a connection in a load: dialled when there is something to ask, or beforehand, and again when it has ended. Who
 * fails rests, longer each time, until there is a response again: a server that has died costs neither side much.
 */
#include "app/http/bench_int.h"

#include <twc/app.h>
#include <twc/parse.h>

#include "base/banned.h"

static const struct twc_backoff rest = { .first_ns = 10 * TWC_NS_PER_MS, .max_ns = TWC_NS_PER_S };

static void slot_link(struct twc__bench_slot *s, bool is_idle)
{
	if (is_idle == twc__list_is_linked(&s->link))
		return;
	if (is_idle)
		twc__list_add_tail(&s->b->idle, &s->link);
	else
		twc__list_remove(&s->link);
}

static bool has_room(const struct twc__bench_slot *s)
{
	return s->state == TWC__BENCH_COLD || (s->state == TWC__BENCH_READY && s->busy < s->places);
}

void twc__bench_slot_feed(struct twc__bench_slot *s)
{
	struct twc__bench_job job;

	while (s->state == TWC__BENCH_READY && s->busy < s->places && twc__bench_take(s->b, &job)) {
		s->busy++;
		s->b->kind->ask(s, &job);
	}
	if (s->state == TWC__BENCH_COLD && twc__bench_take(s->b, &s->pending)) {
		s->has_pending = true;
		twc__bench_slot_dial(s);
	}
	slot_link(s, has_room(s) && !s->b->is_over);
}

static void on_rested(struct twc_timer *t, void *arg)
{
	struct twc__bench_slot *s = arg;

	(void)t;
	s->state = TWC__BENCH_COLD;
	twc__bench_slot_feed(s);
}

/* What comes next is decided from the loop: who is told of an end may be inside of something. */
static void slot_rest(struct twc__bench_slot *s)
{
	uint64_t delay = s->failures ? twc_backoff_delay(&rest, s->failures, 0) : 0;

	s->state = TWC__BENCH_RESTING;
	slot_link(s, false);
	if (!s->b->is_over)
		twc_timer_start(s->b->r, &s->again, delay, on_rested, s);
}

void twc__bench_slot_over(struct twc__bench_slot *s)
{
	TWC_ASSERT(s->busy == 0);
	s->conn = NULL;
	if (s->failures > 0) {
		slot_rest(s);
		return;
	}
	s->state = TWC__BENCH_COLD;
	twc__bench_slot_feed(s);
}

/* ---- the dial ---- */

/* There is a connection that can be asked. */
void twc__bench_slot_ready(struct twc__bench_slot *s)
{
	struct twc__bench_job job = s->pending;

	s->b->has_stood = true;
	s->state = TWC__BENCH_READY;
	if (s->has_pending) {
		s->has_pending = false;
		s->busy++;
		s->b->kind->ask(s, &job);
	}
	twc__bench_slot_feed(s);
	twc__bench_settled(s->b, s, NULL);
}

static void note_times(struct twc__bench_slot *s)
{
	struct twc__bench_result *r = s->b->result;
	uint64_t now = twc_reactor_clock(s->b->r);
	bool has_tls = s->b->is_tls && s->times.connected_ns > s->dial_ns;
	uint64_t stands = has_tls ? s->times.connected_ns : now;

	s->connection = ++r->connections;
	twc__histogram_add(&r->time[TWC_HTTP_BENCH_CONNECT], stands - s->dial_ns);
	if (has_tls)
		twc__histogram_add(&r->time[TWC_HTTP_BENCH_TLS_TIME], now - stands);
}

/* A request has failed with it, the one that waits or the next. */
static void attempt_failed(struct twc__bench_slot *s, const struct twc_err *err, int status, bool is_dial)
{
	struct twc__bench_job job = s->pending;
	bool has_job = s->has_pending || twc__bench_take_anyway(s->b, &job);

	s->failures++;
	slot_rest(s);
	s->has_pending = false;
	job.status = status;
	if (has_job)
		twc__bench_job_failed(s->b, s, &job, err, is_dial);
	twc__bench_settled(s->b, s, err);
}

void twc__bench_slot_refused(struct twc__bench_slot *s, const struct twc_err *err, int status)
{
	s->conn = NULL;
	attempt_failed(s, err, status, false);
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct twc__bench_slot *s = arg;
	struct twc_deferred *d = s->dial;
	struct twc_err err = res->err;
	struct twc_protocol *p = err.code ? NULL : res->value;

	twc_result_set(res, NULL, NULL);
	s->dial = NULL;
	twc_deferred_release(d);
	if (s->b->is_over) {
		if (p)
			s->b->kind->drop(s);
		return;
	}
	if (!p) {
		if (s->is_late)
			twc_err_set(&err, TWC_ETIMEDOUT, "no connection within the time for a request");
		s->is_late = false;
		attempt_failed(s, &err, 0, true);
		return;
	}
	note_times(s);
	if (!twc__bench_may_ask(s->b, p->transport))
		return;
	if (s->b->kind->open)
		s->b->kind->open(s);
	else
		twc__bench_slot_ready(s);
}

void twc__bench_slot_dial(struct twc__bench_slot *s)
{
	struct twc_http_bench *b = s->b;

	s->state = TWC__BENCH_DIALLING;
	s->dial_ns = twc_reactor_clock(b->r);
	s->times = (struct twc_dial_times){ 0 };
	s->is_late = false;
	slot_link(s, false);
	s->dial = b->dial ? b->dial(b->dial_arg, &s->factory)
			  : twc_endpoint_connect_timed(b->endpoint, b->r, &s->factory, &s->times);
	twc_deferred_add_both(s->dial, on_dialled, s);
}

/* ---- its life ---- */

static struct twc_protocol *slot_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc__bench_slot *s = TWC_CONTAINER_OF(f, struct twc__bench_slot, factory);

	(void)peer;
	return s->b->kind->build(s);
}

static const struct twc_factory_ops factory_ops = { .name = "http-bench", .build = slot_build };

void twc__bench_slot_init(struct twc__bench_slot *s, struct twc_http_bench *b, unsigned places)
{
	s->factory.ops = &factory_ops;
	s->b = b;
	s->places = places;
	twc__list_init(&s->link);
}

void twc__bench_slot_expire(struct twc__bench_slot *s, uint64_t before_ns)
{
	if (s->state == TWC__BENCH_DIALLING && s->dial && s->dial_ns < before_ns) {
		s->is_late = true;
		twc_deferred_cancel(s->dial);
	} else if (s->conn) {
		s->b->kind->expire(s, before_ns);
	}
}

void twc__bench_slot_end(struct twc__bench_slot *s)
{
	twc_timer_stop(s->b->r, &s->again);
	slot_link(s, false);
	if (s->dial)
		twc_deferred_cancel(s->dial);
	if (s->conn)
		s->b->kind->drop(s);
	s->conn = NULL;
}
