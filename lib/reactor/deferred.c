/* SPDX-License-Identifier: MIT */
/*
 * One result that comes later: the chain, its runner, cancellation and the report of an unhandled error.
 * What several deferreds or a timer do together is in deferred_util.c.
 *
 * Life, with the holds that keep the memory:
 *
 *	pending --fire, fail, cancel--> fired --steps run--> (waiting <-> running) --> done --> freed
 *
 * Freed when fired, neither waiting nor running, and producer, consumer and pins are all gone. While an
 * outer deferred waits for an inner one, the consumer's hold of the inner one is the outer's.
 *
 * Until it is fired a deferred is in its reactor's list, so that a reactor that goes can cancel what is left: whoever
 * waits for something always hears of it.
 *
 * The runner never recurses: a chain that ends hands its result to the one that waits for it, and the same
 * loop goes on with that one. Likewise a wait for something that is there already goes on in the same loop.
 */
#include "reactor/reactor_priv.h"
#include <twc/deferred.h>
#include <twc/log.h>

#include "base/banned.h"

/* Chains have about three steps (twc/deferred.h says why they should); so many need no allocation. */
#define STEPS_INLINE 4

struct step {
	twc_step_fn on_ok;
	twc_step_fn on_err;
	void *arg;
};

struct twc_deferred {
	struct twc_reactor *reactor; /* borrowed; NULL: unhandled errors are silent */
	struct twc__list node;	     /* in reactor->pending until it is fired */
	const char *where;	     /* borrowed: a literal */
	twc_cancel_fn cancel;	     /* NULL when there is none, or it has run */
	void *cancel_arg;
	struct twc_deferred *inner; /* what this one waits for; its consumer's hold is ours */
	struct twc_deferred *outer; /* what waits for this one */
	struct step *steps;	    /* head <= n <= cap; owned unless it is few */
	size_t head;		    /* next step to run */
	size_t n;
	size_t cap;
	struct step few[STEPS_INLINE];
	unsigned pins;	     /* cancels that are still on the stack */
	bool producer;	     /* has the producer still its hold? */
	bool consumer;	     /* has the consumer, or an outer one? */
	bool is_fired;	     /* has a result, or had: it may be a step's by now */
	bool is_running;     /* a step is on the stack */
	bool is_cancelling;  /* the canceller is on the stack */
	bool swallows_late;  /* cancelled before the producer fired: one late result is thrown away */
	struct twc_result res;
};

/* When the reactor goes, steps may ask for something new, which is cancelled as well; but one that always tries
 * again must not keep it. */
#define CANCEL_ROUNDS 16

/* ---- results ---- */

static void drop_value(struct twc_result *res)
{
	void *value = res->value;

	res->value = NULL;
	if (res->value_free && value)
		res->value_free(value);
	res->value_free = NULL;
}

void twc_result_set(struct twc_result *res, void *value, void (*value_free)(void *))
{
	TWC_ASSERT(!res->wait);
	if (value == res->value)
		res->value_free = NULL; /* the same value with a new owner */
	drop_value(res);
	if (res->err.code)
		twc_err_clear(&res->err);
	res->value = value;
	res->value_free = value_free;
}

void twc_result_fail(struct twc_result *res, const struct twc_err *err)
{
	TWC_ASSERT(!res->wait);
	TWC_ASSERT(err->code != 0);
	if (err != &res->err)
		res->err = *err; /* before the value goes, of which *err may be a part */
	drop_value(res);
}

void twc_result_wait(struct twc_result *res, struct twc_deferred *inner)
{
	TWC_ASSERT(!res->wait);
	TWC_ASSERT(inner->consumer && !inner->outer);
	res->wait = inner;
}

void *twc_result_take(struct twc_result *res)
{
	void *value = res->value;

	res->value = NULL;
	res->value_free = NULL;
	return value;
}

static void move_result(struct twc_result *to, struct twc_result *from)
{
	drop_value(to);
	to->value_free = from->value_free;
	to->value = twc_result_take(from);
	if (from->err.code)
		to->err = from->err;
	else if (to->err.code)
		twc_err_clear(&to->err);
	from->err.code = 0;
}

/* ---- life ---- */

struct twc_deferred *twc_deferred_new_at(struct twc_reactor *r, twc_cancel_fn cancel, void *arg, const char *where)
{
	struct twc_deferred *d = twc_calloc(1, sizeof(*d));

	d->reactor = r;
	twc__list_init(&d->node);
	if (r)
		twc__list_add_tail(&r->pending, &d->node);
	d->where = where;
	d->cancel = cancel;
	d->cancel_arg = arg;
	d->steps = d->few;
	d->cap = STEPS_INLINE;
	d->producer = true;
	d->consumer = true;
	return d;
}

static void mark_fired(struct twc_deferred *d)
{
	d->is_fired = true;
	twc__list_remove(&d->node);
}

static bool is_settled(const struct twc_deferred *d)
{
	return d->is_fired && !d->inner && !d->is_running;
}

static void report_unhandled(const struct twc_deferred *d)
{
	struct twc_log *log;

	/* Who cancelled knows it, and who did not ask for the result does not want to hear it. */
	if (!d->reactor || d->res.err.code == 0 || d->res.err.code == TWC_ECANCELLED)
		return;
	log = twc_reactor_log(d->reactor);
	twc_log(log, reactor, ERROR, "unhandled error of the deferred made at %s: %s", d->where, d->res.err.text);
}

static void free_if_over(struct twc_deferred *d)
{
	if (d->producer || d->consumer || d->pins || !is_settled(d))
		return;
	report_unhandled(d);
	drop_value(&d->res);
	if (d->steps != d->few)
		twc_free(d->steps);
	twc_free(d);
}

/* ---- the chain ---- */

static struct step *push_step(struct twc_deferred *d)
{
	if (d->n == d->cap) {
		size_t cap = d->cap * 2;
		struct step *p = twc_realloc(d->steps == d->few ? NULL : d->steps, cap * sizeof(*p));

		if (d->steps == d->few)
			memcpy(p, d->few, sizeof(d->few));
		d->steps = p;
		d->cap = cap;
	}
	return &d->steps[d->n++];
}

/* The result of `inner`, which is settled, becomes that of `outer`, which held it. */
static void hand_over(struct twc_deferred *inner, struct twc_deferred *outer)
{
	move_result(&outer->res, &inner->res);
	inner->outer = NULL;
	outer->inner = NULL;
	inner->consumer = false;
	free_if_over(inner);
}

/* A step of `d` asked to wait. True when the result was there already and the chain may go on. */
static bool settle_wait(struct twc_deferred *d)
{
	struct twc_deferred *inner = d->res.wait;

	d->res.wait = NULL;
	if (inner == d)
		TWC_BUG("a deferred (made at %s) waits for itself", d->where);
	inner->outer = d;
	d->inner = inner;
	if (!is_settled(inner))
		return false;
	hand_over(inner, d);
	return true;
}

/* Runs what can be run of one chain; returns the chain that goes on because of it, or NULL. */
static struct twc_deferred *run_one(struct twc_deferred *d)
{
	struct twc_deferred *outer;

	d->is_running = true;
	while (d->head < d->n) {
		struct step s = d->steps[d->head++];
		twc_step_fn fn = d->res.err.code ? s.on_err : s.on_ok;

		if (!fn)
			continue;
		fn(&d->res, s.arg);
		if (d->res.wait && !settle_wait(d))
			break;
	}
	d->is_running = false;
	if (d->inner)
		return NULL;
	d->head = d->n = 0;
	outer = d->outer;
	if (outer)
		hand_over(d, outer);
	else
		free_if_over(d);
	return outer;
}

static void run(struct twc_deferred *d)
{
	while (d)
		d = run_one(d);
}

/* ---- consumer ---- */

void twc_deferred_add(struct twc_deferred *d, twc_step_fn on_ok, twc_step_fn on_err, void *arg)
{
	*push_step(d) = (struct step){ .on_ok = on_ok, .on_err = on_err, .arg = arg };
	if (is_settled(d))
		run(d);
}

void twc_deferred_add_both(struct twc_deferred *d, twc_step_fn fn, void *arg)
{
	twc_deferred_add(d, fn, fn, arg);
}

void twc_deferred_release(struct twc_deferred *d)
{
	TWC_ASSERT(d->consumer && !d->outer);
	d->consumer = false;
	free_if_over(d);
}

/* The one at the end of the line of waiting, whose producer is at work. */
static struct twc_deferred *innermost(struct twc_deferred *d)
{
	for (;;) {
		if (d->inner)
			d = d->inner;
		else if (d->res.wait) /* cancelled by the very step that asked to wait */
			d = d->res.wait;
		else
			return d;
	}
}

void twc_deferred_cancel(struct twc_deferred *d)
{
	d = innermost(d);
	if (d->is_fired || d->is_cancelling)
		return;
	d->pins++;
	if (d->cancel) {
		d->is_cancelling = true;
		d->cancel(d, d->cancel_arg);
		d->is_cancelling = false;
	}
	if (!d->is_fired) {
		d->swallows_late = d->producer;
		mark_fired(d);
		twc_err_set(&d->res.err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
		run(d);
	}
	d->pins--;
	free_if_over(d);
}

void twc__deferreds_cancel(struct twc_reactor *r)
{
	struct twc__list old, *n;

	for (int i = 0; i < CANCEL_ROUNDS && !twc__list_is_empty(&r->pending); i++) {
		twc__list_init(&old);
		twc__list_splice(&old, &r->pending);
		while ((n = twc__list_pop(&old))) {
			struct twc_deferred *d = TWC__LIST_ENTRY(n, struct twc_deferred, node);

			d->reactor = NULL; /* it may be held for longer than the log lives */
			twc_deferred_cancel(d);
		}
	}
}

bool twc_deferred_has_result(const struct twc_deferred *d)
{
	return d->is_fired && !d->inner;
}

/* ---- producer ---- */

/* Gives up the producer's hold. False when the result comes too late because of a cancel. */
static bool take_fire(struct twc_deferred *d)
{
	if (!d->producer || (d->is_fired && !d->swallows_late))
		TWC_BUG("the deferred made at %s was fired twice", d->where);
	d->producer = false;
	if (!d->is_fired) {
		mark_fired(d);
		return true;
	}
	d->swallows_late = false;
	free_if_over(d);
	return false;
}

void twc_deferred_fire(struct twc_deferred *d, void *value, void (*value_free)(void *))
{
	if (!take_fire(d)) {
		if (value_free && value)
			value_free(value);
		return;
	}
	d->res.value = value;
	d->res.value_free = value_free;
	run(d);
}

void twc_deferred_fail(struct twc_deferred *d, const struct twc_err *err)
{
	TWC_ASSERT(err->code != 0);
	if (!take_fire(d))
		return;
	d->res.err = *err;
	run(d);
}

void twc_deferred_drop(struct twc_deferred *d)
{
	TWC_ASSERT(d->producer && (d->is_fired || d->is_cancelling));
	d->producer = false;
	d->swallows_late = false;
	free_if_over(d);
}
