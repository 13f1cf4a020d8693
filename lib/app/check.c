/* SPDX-License-Identifier: MIT */
/*
 * Can these be reached? Every endpoint is tried at once. With patience each is tried again and again by itself, more
 * and more slowly, until it is as wished; what waiting cannot change ends all of it.
 *
 *	trying (attempt.c) -- not yet --> waiting -- timer --> trying … -- as wished, or no patience --> done
 */
#include "app/attempt.h"

#include <twc/log.h>
#include <twc/parse.h>

#include "base/banned.h"

struct target {
	struct twc_check *check; /* borrowed: the whole */
	struct twc__attempt *attempt; /* owned; NULL while waiting and when done */
	struct twc_timer next;
	unsigned n_failed;
	bool is_done;
};

struct twc_check {
	struct twc_reactor *r;
	struct twc_check_opts o;
	size_t n, n_done;
	struct target *target;		 /* owned */
	struct twc_check_result *result; /* owned; parallel to target */
	struct twc_timer deadline;
	struct twc_timer finish;
	int code; /* of the end, once it is certain */
	bool is_over;
};

static struct twc_check_result *target_result(struct target *x)
{
	return &x->check->result[x - x->check->target];
}

/* ---- the end of all ---- */

static void on_finish(struct twc_timer *t, void *arg)
{
	struct twc_check *c = arg;

	(void)t;
	c->o.done(c->o.arg, c->code, c->result, c->n);
}

static void target_stop(struct target *x)
{
	twc_timer_stop(x->check->r, &x->next);
	twc__attempt_free(x->attempt);
	x->attempt = NULL;
}

/* Those that are not done have not been asked to the end. */
static void check_finish(struct twc_check *c, int code)
{
	if (c->is_over)
		return;
	c->is_over = true;
	c->code = code;
	twc_timer_stop(c->r, &c->deadline);
	for (size_t i = 0; i < c->n; i++) {
		target_stop(&c->target[i]);
		if (!c->target[i].is_done)
			twc_err_set(&c->result[i].err, TWC_ECANCELLED, "not asked to the end");
	}
	twc_timer_start(c->r, &c->finish, 0, on_finish, c);
}

static void target_done(struct target *x)
{
	struct twc_check *c = x->check;
	struct twc_check_result *res = target_result(x);
	char took[32];

	x->is_done = true;
	c->n_done++;
	twc_format_duration(took, sizeof(took), res->took_ns);
	if (!res->err.code)
		twc_log(twc_reactor_log(c->r), app, INFO, "%s is %s (%s, %s)", twc_endpoint_text(res->endpoint),
			c->o.until_closed ? "closed" : "reachable", res->peer[0] ? res->peer : "-", took);
	if (c->o.any && !res->err.code)
		check_finish(c, 0);
	else if (c->o.patience_ns && res->err.code && !(c->o.any && c->n_done < c->n))
		check_finish(c, res->err.code);
	else if (c->n_done == c->n)
		check_finish(c, twc_check_code(c->result, c->n));
}

/* ---- trying ---- */

/* With until_closed: what was found, turned round. */
static void result_invert(struct twc_check_result *res)
{
	switch (res->err.code) {
	case 0:
		twc_err_set(&res->err, TWC_ENO, "still open (%s)", res->peer[0] ? res->peer : "something listens");
		break;
	case TWC_EREFUSED:
	case TWC_EUNREACH:
	case TWC_ENOSOCK:
	case TWC_ENONAME:
	case TWC_EREJECTED:
		twc_err_clear(&res->err);
		break;
	}
}

static void target_try(struct target *x);

static void on_next(struct twc_timer *t, void *arg)
{
	(void)t;
	target_try(arg);
}

static void on_attempt(void *arg)
{
	struct target *x = arg;
	struct twc_check *c = x->check;
	struct twc_check_result *res = target_result(x);
	uint64_t delay;

	twc__attempt_free(x->attempt);
	x->attempt = NULL;
	if (c->o.until_closed)
		result_invert(res);
	if (!res->err.code || !c->o.patience_ns || !twc_retry_class(res->err.code)) {
		target_done(x);
		return;
	}
	x->n_failed++;
	delay = twc_backoff_delay(&twc_backoff_wait, x->n_failed, 0);
	twc_log(twc_reactor_log(c->r), app, DEBUG, "%s: attempt %u: %s", twc_endpoint_text(res->endpoint), x->n_failed,
		res->err.text);
	twc_timer_start(c->r, &x->next, delay, on_next, x);
}

static void target_try(struct target *x)
{
	x->attempt = twc__attempt_new(x->check->r, &x->check->o, target_result(x), on_attempt, x);
}

/* The result of one that was not done in time: its last cause stays in the text. */
static void on_deadline(struct twc_timer *t, void *arg)
{
	struct twc_check *c = arg;
	char text[32];

	(void)t;
	twc_format_duration(text, sizeof(text), c->o.patience_ns);
	for (size_t i = 0; i < c->n; i++) {
		struct target *x = &c->target[i];
		struct twc_err *err = &c->result[i].err, last = *err;

		if (x->is_done)
			continue;
		target_stop(x);
		x->is_done = true;
		if (last.code)
			twc_err_set(err, TWC_ETIMEDOUT, "not %s after %s: %.180s", c->o.until_closed ? "closed" : "ready",
				    text, last.text);
		else
			twc_err_set(err, TWC_ETIMEDOUT, "no answer after %s", text);
	}
	check_finish(c, TWC_ETIMEDOUT);
}

/* ---- life cycle ---- */

struct twc_check *twc_check_new(struct twc_reactor *r, struct twc_endpoint *const *e, size_t n,
				const struct twc_check_opts *o)
{
	struct twc_check *c = twc_calloc(1, sizeof(*c));

	TWC_ASSERT(n > 0);
	c->r = r;
	c->o = *o;
	c->n = n;
	c->target = twc_calloc(n, sizeof(*c->target));
	c->result = twc_calloc(n, sizeof(*c->result));
	for (size_t i = 0; i < n; i++) {
		c->target[i].check = c;
		c->result[i].endpoint = e[i];
	}
	if (o->patience_ns)
		twc_timer_start(r, &c->deadline, o->patience_ns, on_deadline, c);
	for (size_t i = 0; i < n; i++)
		target_try(&c->target[i]);
	return c;
}

void twc_check_free(struct twc_check *c)
{
	if (!c)
		return;
	twc_timer_stop(c->r, &c->finish);
	twc_timer_stop(c->r, &c->deadline);
	for (size_t i = 0; i < c->n; i++)
		target_stop(&c->target[i]);
	twc_free(c->target);
	twc_free(c->result);
	twc_free(c);
}

int twc_check_code(const struct twc_check_result *result, size_t n)
{
	size_t n_bad = 0;
	int code = 0;

	for (size_t i = 0; i < n; i++) {
		int one = result[i].err.code;

		if (!one)
			continue;
		n_bad++;
		if (!code || twc_err_rank(one) > twc_err_rank(code))
			code = one;
	}
	return n_bad > 0 && n_bad < n ? TWC_EPARTIAL : code;
}
