/* SPDX-License-Identifier: MIT */
/*
 * Connecting until it stands: dial, wait, dial again. A connection that stands ends it; what becomes of it later is its
 * protocol's business.
 *
 *	dialling -- failed, worth another attempt --> waiting -- timer --> dialling …
 */
#include <twc/app.h>
#include <twc/log.h>
#include <twc/parse.h>

#include <sys/random.h>

#include "base/banned.h"

struct retry {
	struct twc_reactor *r;
	const struct twc_endpoint *e; /* borrowed */
	struct twc_factory *factory;  /* borrowed; started until the result is there; NULL: a bare socket is wanted */
	struct twc_retry_opts o;
	struct twc_deferred *result; /* the producer's hold */
	struct twc_deferred *dial;   /* our hold while dialling, else NULL */
	struct twc_timer next;
	struct twc_timer deadline;
	unsigned n_failed;
	struct twc_err last; /* why the last attempt failed */
};

unsigned twc_retry_class(int code)
{
	switch (code) {
	case TWC_EREFUSED:
	case TWC_ENOSOCK:
		return TWC_RETRY_REFUSED;
	case TWC_EUNREACH:
		return TWC_RETRY_UNREACHABLE;
	case TWC_ENONAME:
	case TWC_ERESOLVE:
		return TWC_RETRY_DNS;
	case TWC_ETIMEDOUT:
	case TWC_ETEMPFAIL:
		return TWC_RETRY_TIMEOUT;
	case TWC_ENO:
	case TWC_ERESET:
	case TWC_EREJECTED:
	case TWC_EPROTO:
	case TWC_ETRUNC:
	case TWC_ETOOLONG:
		return TWC_RETRY_RESET;
	case TWC_ELIMIT:
	case TWC_ENOMEM:
	case TWC_ECANTBIND:
		return TWC_RETRY_LIMIT;
	default:
		return 0;
	}
}

/* Takes the result out of the object, which is gone then. */
static struct twc_deferred *retry_finish(struct retry *x)
{
	struct twc_deferred *result = x->result;

	twc_timer_stop(x->r, &x->next);
	twc_timer_stop(x->r, &x->deadline);
	if (x->dial) {
		if (!twc_deferred_has_result(x->dial))
			twc_deferred_cancel(x->dial);
		twc_deferred_release(x->dial);
	}
	if (x->factory)
		twc_factory_stop(x->factory);
	twc_free(x);
	return result;
}

static void retry_give_up(struct retry *x, const struct twc_err *err)
{
	struct twc_err copy = *err;

	twc_deferred_fail(retry_finish(x), &copy);
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	(void)d;
	twc_deferred_drop(retry_finish(arg));
}

static void on_deadline(struct twc_timer *t, void *arg)
{
	struct retry *x = arg;
	struct twc_err err = { 0 };
	char text[32];

	(void)t;
	twc_format_duration(text, sizeof(text), x->o.max_ns);
	if (x->last.code)
		twc_err_set(&err, TWC_ETIMEDOUT, "not connected after %s: %.180s", text, x->last.text);
	else
		twc_err_set(&err, TWC_ETIMEDOUT, "not connected after %s", text);
	retry_give_up(x, &err);
}

static void retry_dial(struct retry *x);

static void on_next(struct twc_timer *t, void *arg)
{
	(void)t;
	retry_dial(arg);
}

/* The attempts are used up: the last cause, with their number. */
static void retry_exhausted(struct retry *x)
{
	struct twc_err err = x->last;

	if (x->n_failed > 1)
		twc_err_set(&err, x->last.code, "%.200s; gave up after %u attempts", x->last.text, x->n_failed);
	err.sys = x->last.sys;
	retry_give_up(x, &err);
}

static uint64_t retry_delay(const struct retry *x)
{
	uint32_t random = 0;

	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK); /* without it: the shortest delay */
	return twc_backoff_delay(&x->o.backoff, x->n_failed + x->o.failed, random);
}

static void retry_failed(struct retry *x)
{
	unsigned on = x->o.on ? x->o.on : ~0U;
	uint64_t delay;
	char text[32];

	x->n_failed++;
	if (!(twc_retry_class(x->last.code) & on)) {
		retry_give_up(x, &x->last);
		return;
	}
	if (x->n_failed > x->o.retries) {
		retry_exhausted(x);
		return;
	}
	delay = retry_delay(x);
	twc_log(twc_reactor_log(x->r), app, INFO, "%s: attempt %u: %s; again in %s", twc_endpoint_text(x->e), x->n_failed,
		x->last.text, twc_format_duration(text, sizeof(text), delay));
	twc_timer_start(x->r, &x->next, delay, on_next, x);
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct retry *x = arg;
	void (*value_free)(void *) = x->factory ? NULL : twc_dialled_free;
	void *value = twc_result_take(res);

	twc_deferred_fire(retry_finish(x), value, value_free);
}

static void on_wait(struct twc_timer *t, void *arg)
{
	(void)t;
	retry_failed(arg);
}

/* Goes on outside the dial's stack, which may be that of twc_retry_connect. */
static void on_failed(struct twc_result *res, void *arg)
{
	struct retry *x = arg;
	bool is_ours = res->err.code == TWC_ECANCELLED; /* x is on its way out */

	if (!is_ours)
		x->last = res->err;
	twc_result_set(res, NULL, NULL);
	if (is_ours)
		return;
	twc_deferred_release(x->dial);
	x->dial = NULL;
	twc_timer_start(x->r, &x->next, 0, on_wait, x);
}

static void retry_dial(struct retry *x)
{
	x->dial = x->factory ? twc_endpoint_connect(x->e, x->r, x->factory) : twc_endpoint_dial(x->e, x->r);
	twc_deferred_add(x->dial, on_dialled, on_failed, x);
}

static struct twc_deferred *retry_start(const struct twc_endpoint *e, struct twc_reactor *r,
					struct twc_factory *factory, const struct twc_retry_opts *o)
{
	struct retry *x = twc_calloc(1, sizeof(*x));
	struct twc_deferred *result = twc_deferred_new(r, on_cancel, x);

	x->r = r;
	x->e = e;
	x->factory = factory;
	x->o = *o;
	x->result = result;
	if (factory)
		twc_factory_start(factory);
	if (o->max_ns)
		twc_timer_start(r, &x->deadline, o->max_ns, on_deadline, x);
	if (o->failed)
		twc_timer_start(r, &x->next, retry_delay(x), on_next, x);
	else
		retry_dial(x);
	return result;
}

struct twc_deferred *twc_retry_connect(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				       const struct twc_retry_opts *o)
{
	return retry_start(e, r, factory, o);
}

struct twc_deferred *twc_retry_dial(const struct twc_endpoint *e, struct twc_reactor *r, const struct twc_retry_opts *o)
{
	return retry_start(e, r, NULL, o);
}
