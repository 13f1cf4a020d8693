/* SPDX-License-Identifier: MIT */
/*
 * The time limits of a join, and how it ends when one is reached: what was there to be sent gets a moment to be taken, a program a
 * few seconds to end, and then they are broken off.
 */
#include "app/join.h"

#include <twc/parse.h>

#include "base/banned.h"

#define JOIN_CUT_NS (200 * TWC_NS_PER_MS)	/* what a side may take to close after a time limit */
#define JOIN_GRACE_NS (5 * TWC_NS_PER_S)	/* the same for a program, which is told to end before it is killed */

/* ---- ending in time ---- */

/* A program, or two ends in memory. */
static bool side_is_program(const struct twc__join_side *s)
{
	struct twc_addr peer;

	twc_transport_peer(s->t, &peer);
	return !twc__join_is_local(s) && peer.kind == TWC_ADDR_NONE;
}

/* After a linger programs alone are broken off: what was sent to a wire is delivered at any length. */
static void on_grace(struct twc_timer *t, void *arg)
{
	struct twc_join *j = arg;

	for (int i = 0; i < 2; i++) {
		if (j->side[i].state == SIDE_UP && (t == &j->grace || side_is_program(&j->side[i])))
			twc_transport_abort(j->side[i].t);
	}
}

/* What has not gone by now was not taken: also where the end was wanted, that is no success. */
static void on_cut(struct twc_timer *t, void *arg)
{
	struct twc_join *j = arg;
	struct twc_err err = { 0 };

	for (int i = 0; i < 2; i++) {
		struct twc__join_side *s = &j->side[i];

		if (s->state != SIDE_UP || side_is_program(s))
			continue;
		if (!j->err.code) {
			twc_err_set(&err, TWC_EIDLE, "idle, and what was sent to %s has not all been taken",
				    twc__join_is_local(s) ? "standard output" : "the peer");
			twc__join_note(j, &err, i);
		}
		twc_transport_abort(s->t);
	}
	twc_timer_start(j->r, t, JOIN_GRACE_NS - JOIN_CUT_NS, on_grace, j);
}

static void join_hasten(struct twc_join *j)
{
	j->is_cut = true;
	for (int i = 0; i < 2; i++) {
		if (j->side[i].state == SIDE_UP && !side_is_program(&j->side[i]))
			twc_transport_no_linger(j->side[i].t);
	}
	twc__join_close(j);
}

/* The time is over: closes, but not at any length. */
static void join_cut(struct twc_join *j)
{
	join_hasten(j);
	twc_timer_start(j->r, &j->grace, JOIN_CUT_NS, on_cut, j);
}

void twc__join_expire(struct twc_join *j, const struct twc_err *err)
{
	twc__join_note(j, err, -1);
	join_cut(j);
	if (j->o.expired)
		j->o.expired(j->o.arg);
}

/* ---- limits ---- */

static uint64_t join_moved(const struct twc_join *j)
{
	uint64_t n = 0;

	for (int i = 0; i < 2; i++) {
		const struct twc__join_side *s = &j->side[i];

		if (s->state == SIDE_UP)
			n += twc_transport_bytes_in(s->t) + twc_transport_bytes_out(s->t);
		else
			n += s->count.in + s->count.out;
	}
	return n;
}

static void on_tick(struct twc_timer *t, void *arg)
{
	struct twc_join *j = arg;
	uint64_t moved = join_moved(j), now = twc_reactor_now(j->r), quiet;
	struct twc_err err = { 0 };
	char text[32];

	if (j->is_closing) {
		twc_timer_stop(j->r, t);
		return;
	}
	if (moved != j->moved || twc__pace_is_waiting(&j->pace)) {
		j->moved = moved;
		j->moved_at = now;
	}
	quiet = now - j->moved_at;
	if (j->until_idle_ns && quiet >= j->until_idle_ns) {
		join_cut(j);
	} else if (j->o.idle_ns && quiet >= j->o.idle_ns) {
		twc_err_set(&err, TWC_EIDLE, "idle for %s", twc_format_duration(text, sizeof(text), j->o.idle_ns));
		twc__join_expire(j, &err);
	}
}

/* Bytes that the kernel moves call nobody: the counters are looked at eight times in the shortest limit. */
void twc__join_watch(struct twc_join *j)
{
	uint64_t ns = j->o.idle_ns;

	if (j->until_idle_ns && (!ns || j->until_idle_ns < ns))
		ns = j->until_idle_ns;
	if (!ns || j->is_closing)
		return;
	j->moved = join_moved(j);
	j->moved_at = twc_reactor_now(j->r);
	twc_timer_every(j->r, &j->tick, ns / 8 > TWC_NS_PER_MS ? ns / 8 : TWC_NS_PER_MS, on_tick, j);
}

static void on_max(struct twc_timer *t, void *arg)
{
	struct twc_join *j = arg;
	struct twc_err err = { 0 };
	char text[32];

	(void)t;
	twc_err_set(&err, TWC_ETIMEDOUT, "not finished after %s",
		    twc_format_duration(text, sizeof(text), j->o.max_ns));
	twc__join_expire(j, &err);
}

void twc__join_start_max(struct twc_join *j)
{
	if (j->o.max_ns && !twc_timer_is_active(&j->max))
		twc_timer_start(j->r, &j->max, j->o.max_ns, on_max, j);
}

/* Enough was waited for A's end. What it has not taken yet is still delivered. */
static void on_linger(struct twc_timer *t, void *arg)
{
	struct twc_join *j = arg;

	if (j->is_closing)
		return;
	join_hasten(j);
	twc_timer_start(j->r, t, JOIN_GRACE_NS, on_grace, j);
}

void twc__join_start_linger(struct twc_join *j)
{
	if (j->o.linger_ns)
		twc_timer_start(j->r, &j->linger, j->o.linger_ns, on_linger, j);
}

void twc__join_stop_timers(struct twc_join *j)
{
	twc_timer_stop(j->r, &j->tick);
	twc_timer_stop(j->r, &j->max);
	twc_timer_stop(j->r, &j->grace);
	twc_timer_stop(j->r, &j->flush);
	twc_timer_stop(j->r, &j->linger);
}
