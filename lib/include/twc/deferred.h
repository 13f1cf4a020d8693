/* SPDX-License-Identifier: MIT */
/*
 * One result that comes later: a value or an error, with a chain of steps that transform it. Twisted's
 * Deferred, with ownership spelled out.
 *
 * A deferred has two holders. The producer made it and fires it once (twc_deferred_fire, _fail), which gives
 * up the producer's hold. The consumer got it from a function, adds steps and lets go (twc_deferred_release),
 * or cancels. It frees itself when both holds are gone and its chain has run; if it then still holds an
 * error, that error is logged (category reactor, level ERROR, with the place of creation), as an error
 * nobody handled.
 *
 * Steps run at once, in order, in the stack of whoever fires - or of whoever adds a step to a deferred that
 * has its result. A step added from inside a step of the same deferred is appended, never nested. A step
 * that waits for another deferred pauses the chain; chains of any length run without recursion.
 * Not thread-safe. A deferred that is not fired when its reactor goes is cancelled then. Let go of one that has
 * fired before that: its unhandled error goes to the reactor's log.
 */
#ifndef TWC_DEFERRED_H
#define TWC_DEFERRED_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/reactor.h>

#pragma GCC visibility push(default)

struct twc_deferred;

/* What a chain carries between two steps. */
struct twc_result {
	void *value;		    /* when err.code == 0 */
	void (*value_free)(void *); /* called if nobody takes the value; NULL: borrowed or no value */
	struct twc_err err;	    /* err.code != 0: the chain is on its error side */
	struct twc_deferred *wait;  /* private: set by twc_result_wait */
};

/*
 * A step. It may leave *res as it is (the value or error passes on), or replace it with one of the
 * twc_result_* calls below: a callback that fails, an errback that recovers, either that waits. The value
 * it saw is freed when replaced, unless taken; with a wait, only when the inner result is there (so the
 * inner operation may borrow it).
 */
typedef void (*twc_step_fn)(struct twc_result *res, void *arg);

void twc_result_set(struct twc_result *res, void *value, void (*value_free)(void *)); /* success */
void twc_result_fail(struct twc_result *res, const struct twc_err *err);	      /* error; copied */
/* Pauses the chain until `inner` has a result, which becomes this one's. Takes over the consumer's hold. */
void twc_result_wait(struct twc_result *res, struct twc_deferred *inner);
/* The value, which the caller now owns; *res keeps NULL. */
void *twc_result_take(struct twc_result *res);

/* ---- consumer ---- */

/* Adds a step: on_ok sees a value, on_err an error; NULL passes on. on_err does not see on_ok's failure. */
void twc_deferred_add(struct twc_deferred *d, twc_step_fn on_ok, twc_step_fn on_err, void *arg);
/* The same function for both sides (Twisted's addBoth). */
void twc_deferred_add_both(struct twc_deferred *d, twc_step_fn fn, void *arg);
/* The consumer's last word. Steps already added still run. */
void twc_deferred_release(struct twc_deferred *d);
/*
 *   no result yet, canceller   the canceller runs; if it did not fire, the error TWC_ECANCELLED is delivered
 *   no result yet, none        TWC_ECANCELLED is delivered; one later fire or fail is swallowed
 *   waiting for an inner one   forwarded to the inner one
 *   has its result             nothing happens
 * Keeps the consumer's hold.
 */
void twc_deferred_cancel(struct twc_deferred *d);
/* After `ns`: cancels, and the TWC_ECANCELLED that results becomes TWC_ETIMEDOUT with `what` ("connect
 * timed out after 5s" when what is "connect"). Covers the steps added before this call; the timer goes when
 * the result comes first. */
void twc_deferred_timeout(struct twc_deferred *d, struct twc_reactor *r, uint64_t ns, const char *what);
bool twc_deferred_has_result(const struct twc_deferred *d); /* fired and not waiting */

/* ---- producer ---- */

/* Stops the operation. Then it fires or fails (any result), or drops; a producer that cannot stop at once does
 * neither and keeps its hold: one late fire, fail or drop of his is swallowed. */
typedef void (*twc_cancel_fn)(struct twc_deferred *d, void *arg);
/* `cancel` may be NULL. `where` is __FILE__:__LINE__ of the call, for the report of an unhandled error. */
struct twc_deferred *twc_deferred_new_at(struct twc_reactor *r, twc_cancel_fn cancel, void *arg, const char *where);
#define TWC_DEFERRED_LINE_2(l) #l
#define TWC_DEFERRED_LINE(l) TWC_DEFERRED_LINE_2(l)
#define twc_deferred_new(r, cancel, arg) \
	twc_deferred_new_at(r, cancel, arg, __FILE__ ":" TWC_DEFERRED_LINE(__LINE__))
/* Fires: the value is owned by the chain from now on. Firing twice is a TWC_BUG (but see cancel). */
void twc_deferred_fire(struct twc_deferred *d, void *value, void (*value_free)(void *));
void twc_deferred_fail(struct twc_deferred *d, const struct twc_err *err); /* err copied; code != 0 */
/* The producer gives up his hold without a result: only in the canceller or after a cancel. */
void twc_deferred_drop(struct twc_deferred *d);

struct twc_deferred *twc_deferred_succeed_at(struct twc_reactor *r, void *value, void (*value_free)(void *),
					     const char *where);
#define twc_deferred_succeed(r, value, value_free) \
	twc_deferred_succeed_at(r, value, value_free, __FILE__ ":" TWC_DEFERRED_LINE(__LINE__))
struct twc_deferred *twc_deferred_failed_at(struct twc_reactor *r, const struct twc_err *err, const char *where);
#define twc_deferred_failed(r, err) twc_deferred_failed_at(r, err, __FILE__ ":" TWC_DEFERRED_LINE(__LINE__))
/* Fires with NULL after `ns` (Twisted's deferLater); cancelling stops the timer. */
struct twc_deferred *twc_deferred_later(struct twc_reactor *r, uint64_t ns);

/* ---- several; each takes over the consumer's hold on its n deferreds ---- */

/*
 * Fires with a struct twc_results * when all have a result. fail_fast: the first error fails it at once and
 * cancels the rest. n == 0 fires at once. Cancelling cancels all.
 */
struct twc_results {
	size_t n;
	struct twc_result *item; /* in the order given; item[i].err.code tells */
};
struct twc_deferred *twc_deferred_gather(struct twc_reactor *r, struct twc_deferred **d, size_t n, bool fail_fast);
/*
 * First success wins and fires it (value handed on), the others are cancelled and their results thrown away.
 * All failed: the error that got furthest (twc_err_rank; the first of equals). n == 0 is a TWC_BUG.
 */
struct twc_deferred *twc_deferred_first(struct twc_reactor *r, struct twc_deferred **d, size_t n);

#pragma GCC visibility pop
#endif
