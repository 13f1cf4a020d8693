/* SPDX-License-Identifier: MIT */
/*
 * Deferreds made of other things: of a result that is there already, of a timer, and of several deferreds.
 * Stands on the public interface of deferred.c alone.
 */
#include <twc/deferred.h>
#include <twc/parse.h>

#include "base/banned.h"

struct twc_deferred *twc_deferred_succeed_at(struct twc_reactor *r, void *value, void (*value_free)(void *),
					     const char *where)
{
	struct twc_deferred *d = twc_deferred_new_at(r, NULL, NULL, where);

	twc_deferred_fire(d, value, value_free);
	return d;
}

struct twc_deferred *twc_deferred_failed_at(struct twc_reactor *r, const struct twc_err *err, const char *where)
{
	struct twc_deferred *d = twc_deferred_new_at(r, NULL, NULL, where);

	twc_deferred_fail(d, err);
	return d;
}

/* ---- later ---- */

struct later {
	struct twc_timer timer;
	struct twc_reactor *reactor;
	struct twc_deferred *d; /* the producer's hold */
};

static void later_due(struct twc_timer *t, void *arg)
{
	struct later *l = arg;
	struct twc_deferred *d = l->d;

	(void)t;
	twc_free(l);
	twc_deferred_fire(d, NULL, NULL);
}

static void later_cancel(struct twc_deferred *d, void *arg)
{
	struct later *l = arg;

	twc_timer_stop(l->reactor, &l->timer);
	twc_free(l);
	twc_deferred_drop(d);
}

struct twc_deferred *twc_deferred_later(struct twc_reactor *r, uint64_t ns)
{
	struct later *l = twc_calloc(1, sizeof(*l));

	l->reactor = r;
	l->d = twc_deferred_new_at(r, later_cancel, l, "twc_deferred_later");
	twc_timer_start(r, &l->timer, ns, later_due, l);
	return l->d;
}

/* ---- timeout: a timer, and a step that stops it and translates what it did ---- */

struct timeout {
	struct twc_timer timer;
	struct twc_reactor *reactor;
	struct twc_deferred *d; /* no hold: its chain cannot end before our step has run */
	char *what;		/* owned */
	uint64_t ns;
	bool is_over; /* the timer has cancelled */
};

static void timeout_due(struct twc_timer *t, void *arg)
{
	struct timeout *to = arg;

	(void)t;
	to->is_over = true;
	twc_deferred_cancel(to->d);
}

static void timeout_step(struct twc_result *res, void *arg)
{
	struct timeout *to = arg;
	struct twc_err err = { 0 };
	char after[32];

	twc_timer_stop(to->reactor, &to->timer);
	if (to->is_over && res->err.code == TWC_ECANCELLED) {
		twc_format_duration(after, sizeof(after), to->ns);
		twc_err_set(&err, TWC_ETIMEDOUT, "%s timed out after %s", to->what, after);
		twc_result_fail(res, &err);
	}
	twc_free(to->what);
	twc_free(to);
}

void twc_deferred_timeout(struct twc_deferred *d, struct twc_reactor *r, uint64_t ns, const char *what)
{
	struct timeout *to = twc_calloc(1, sizeof(*to));

	to->reactor = r;
	to->d = d;
	to->what = twc_strdup(what);
	to->ns = ns;
	twc_timer_start(r, &to->timer, ns, timeout_due, to);
	twc_deferred_add_both(d, timeout_step, to);
}

/* ---- several: what gather and first share ---- */

struct group;

struct member {
	struct group *group;
	struct twc_deferred *d; /* owned hold; NULL once it has told its result */
};

/*
 * `left` members have not told their result yet. The group goes when none is left, `out` was answered and
 * nobody is on the stack in here (`pins`): a member may tell its result while it is being cancelled.
 */
struct group {
	struct twc_deferred *out; /* the producer's hold; NULL once answered */
	size_t n;
	size_t left;
	unsigned pins;
	bool fail_fast;		     /* gather */
	struct twc_results *results; /* gather: owned until handed on */
	struct twc_err furthest;	     /* first: the error that got furthest so far, of member `furthest_at` */
	size_t furthest_at;
	struct member member[];
};

static void results_free(void *arg)
{
	struct twc_results *all = arg;

	for (size_t i = 0; i < all->n; i++)
		twc_result_set(&all->item[i], NULL, NULL);
	twc_free(all->item);
	twc_free(all);
}

static void group_unpin(struct group *g)
{
	if (--g->pins || g->left || g->out)
		return;
	if (g->results)
		results_free(g->results);
	twc_free(g);
}

/* The producer's hold, for one answer: later results find none and are thrown away. */
static struct twc_deferred *group_answer(struct group *g)
{
	struct twc_deferred *out = g->out;

	g->out = NULL;
	return out;
}

static void group_cancel_members(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->member[i].d)
			twc_deferred_cancel(g->member[i].d);
}

static void group_cancelled(struct twc_deferred *out, void *arg)
{
	struct group *g = arg;

	g->pins++;
	group_answer(g);
	group_cancel_members(g);
	group_unpin(g);
	twc_deferred_drop(out);
}

/* Fails `out` with *err and puts an end to the rest. The rest first: who hears of it finds all quiet. */
static void group_fail(struct group *g, const struct twc_err *err)
{
	struct twc_deferred *out = group_answer(g);

	group_cancel_members(g);
	twc_deferred_fail(out, err);
}

/* A member's step begins: its hold is given up, its result is the group's now. */
static size_t member_told(struct member *m)
{
	struct twc_deferred *d = m->d;

	m->d = NULL;
	m->group->left--;
	m->group->pins++;
	twc_deferred_release(d);
	return (size_t)(m - m->group->member);
}

static struct twc_deferred *group_start(struct twc_reactor *r, struct twc_deferred **d, struct group *g,
					twc_step_fn step, const char *where)
{
	struct twc_deferred *out = twc_deferred_new_at(r, group_cancelled, g, where);

	g->out = out;
	g->left = g->n;
	g->pins = 1;
	for (size_t i = 0; i < g->n; i++)
		g->member[i] = (struct member){ .group = g, .d = d[i] };
	for (size_t i = 0; i < g->n; i++) /* some have their result: steps run in here */
		twc_deferred_add_both(g->member[i].d, step, &g->member[i]);
	return out;
}

/* ---- gather ---- */

static void gather_finish(struct group *g)
{
	struct twc_results *all = g->results;

	if (g->left || !g->out)
		return;
	g->results = NULL;
	twc_deferred_fire(group_answer(g), all, results_free);
}

static void gather_step(struct twc_result *res, void *arg)
{
	struct member *m = arg;
	struct group *g = m->group;
	size_t i = member_told(m);
	struct twc_result *item = &g->results->item[i];
	struct twc_err err = res->err;

	if (err.code) {
		item->err = err;
	} else {
		item->value_free = res->value_free;
		item->value = twc_result_take(res);
	}
	twc_result_set(res, NULL, NULL); /* an error is handled here */
	if (err.code && g->fail_fast && g->out)
		group_fail(g, &err);
	else
		gather_finish(g);
	group_unpin(g);
}

struct twc_deferred *twc_deferred_gather(struct twc_reactor *r, struct twc_deferred **d, size_t n, bool fail_fast)
{
	struct group *g = twc_calloc(1, sizeof(*g) + n * sizeof(g->member[0]));
	struct twc_deferred *out;

	g->n = n;
	g->fail_fast = fail_fast;
	g->results = twc_calloc(1, sizeof(*g->results));
	g->results->n = n;
	g->results->item = n ? twc_calloc(n, sizeof(g->results->item[0])) : NULL;
	out = group_start(r, d, g, gather_step, "twc_deferred_gather");
	gather_finish(g); /* none given */
	group_unpin(g);
	return out;
}

/* ---- first ---- */

static void first_failed(struct group *g, size_t i, const struct twc_err *err)
{
	int rank = twc_err_rank(err->code);
	int best = g->furthest.code ? twc_err_rank(g->furthest.code) : rank - 1;

	if (rank > best || (rank == best && i < g->furthest_at)) {
		g->furthest = *err;
		g->furthest_at = i;
	}
	if (g->left == 0 && g->out)
		twc_deferred_fail(group_answer(g), &g->furthest);
}

static void first_step(struct twc_result *res, void *arg)
{
	struct member *m = arg;
	struct group *g = m->group;
	size_t i = member_told(m);
	struct twc_deferred *out;
	void (*value_free)(void *);
	void *value;

	if (res->err.code) {
		first_failed(g, i, &res->err);
	} else if (g->out) {
		out = group_answer(g);
		value_free = res->value_free;
		value = twc_result_take(res);
		group_cancel_members(g);
		twc_deferred_fire(out, value, value_free);
	}
	twc_result_set(res, NULL, NULL);
	group_unpin(g);
}

struct twc_deferred *twc_deferred_first(struct twc_reactor *r, struct twc_deferred **d, size_t n)
{
	struct group *g = twc_calloc(1, sizeof(*g) + n * sizeof(g->member[0]));
	struct twc_deferred *out;

	TWC_ASSERT(n > 0);
	g->n = n;
	out = group_start(r, d, g, first_step, "twc_deferred_first");
	group_unpin(g);
	return out;
}
