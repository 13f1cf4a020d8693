/* SPDX-License-Identifier: MIT */
/*
 * Can these be reached? Every endpoint is tried at once, or as many as descriptors allow. With patience each is tried
 * again and again by itself, more and more slowly, until it is as wished; what waiting cannot change ends all of it.
 *
 *	ready -- its turn --> trying (attempt.c) -- as wished, or no patience --> done
 *	  ^-- timer -- waiting <-- not yet --'
 *
 * Half of the descriptors are for trying: a name may be tried at two addresses, and what has answered may take a while
 * to close. Should that not be enough all the same, those who find none wait for those who have one.
 */
#include "app/attempt.h"

#include <twc/log.h>
#include <twc/parse.h>

#include "base/list.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/banned.h"

#define STARVED_RETRY_NS (20 * TWC_NS_PER_MS)
#define STARVED_NS (3 * TWC_NS_PER_S) /* longer than a connection takes to close */

struct target {
	struct twc_check *check; /* borrowed: the whole */
	struct twc__attempt *attempt; /* owned; NULL while waiting and when done */
	struct twc__list node; /* in check.ready, until it is its turn */
	struct twc_timer next;
	unsigned n_failed;
	uint64_t starved_ns; /* since when it finds no descriptor; 0: it did */
	bool is_done;
};

struct twc_check {
	struct twc_reactor *r;
	struct twc_check_opts o;
	size_t n, n_done;
	size_t n_trying, most;	/* at once */
	struct twc__list ready; /* targets whose turn has not come */
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

static void target_end_attempt(struct target *x)
{
	if (!x->attempt)
		return;
	twc__attempt_free(x->attempt);
	x->attempt = NULL;
	x->check->n_trying--;
}

static void target_stop(struct target *x)
{
	twc_timer_stop(x->check->r, &x->next);
	twc__list_remove(&x->node);
	target_end_attempt(x);
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

/* A file that is not there may come; a program that is not will not. */
static bool is_absent_file(const struct twc_check_result *res)
{
	return res->err.code == TWC_ENOINPUT && res->err.sys == ENOENT &&
	       strcmp(twc_endpoint_type(res->endpoint), "file") == 0;
}

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
	default:
		if (is_absent_file(res))
			twc_err_clear(&res->err);
	}
}

static void on_attempt(void *arg);

/* Whose turn it is. */
static void check_next(struct twc_check *c)
{
	struct twc__list *n;

	while (!c->is_over && c->n_trying < c->most && (n = twc__list_pop(&c->ready))) {
		struct target *x = TWC__LIST_ENTRY(n, struct target, node);

		c->n_trying++;
		x->attempt = twc__attempt_new(c->r, &c->o, target_result(x), on_attempt, x);
	}
}

static void on_next(struct twc_timer *t, void *arg)
{
	struct target *x = arg;

	(void)t;
	twc__list_add_tail(&x->check->ready, &x->node);
	check_next(x->check);
}

/* No descriptor was left for it, but there will be. */
static bool target_is_starved(struct target *x)
{
	struct twc_check *c = x->check;
	int sys = target_result(x)->err.sys;
	uint64_t now = twc_reactor_now(c->r);

	if (sys != EMFILE && sys != ENFILE) {
		x->starved_ns = 0;
		return false;
	}
	if (!x->starved_ns)
		x->starved_ns = now;
	return c->n_trying > 0 || now - x->starved_ns < STARVED_NS;
}

/* Done, or when it is tried next. */
static void target_judge(struct target *x)
{
	struct twc_check *c = x->check;
	struct twc_check_result *res = target_result(x);
	uint64_t delay;

	if (target_is_starved(x)) {
		twc_timer_start(c->r, &x->next, STARVED_RETRY_NS, on_next, x);
		return;
	}
	if (c->o.until_closed)
		result_invert(res);
	if (!res->err.code || !c->o.patience_ns || !(twc_retry_class(res->err.code) || is_absent_file(res))) {
		target_done(x);
		return;
	}
	x->n_failed++;
	delay = twc_backoff_delay(&twc_backoff_wait, x->n_failed, 0);
	twc_log(twc_reactor_log(c->r), app, DEBUG, "%s: attempt %u: %s", twc_endpoint_text(res->endpoint), x->n_failed,
		res->err.text);
	twc_timer_start(c->r, &x->next, delay, on_next, x);
}

static void on_attempt(void *arg)
{
	struct target *x = arg;

	target_end_attempt(x);
	target_judge(x);
	check_next(x->check);
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

static size_t most_at_once(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return SIZE_MAX;
	return limit.rlim_cur / 2 > 8 ? (size_t)limit.rlim_cur / 2 - 8 : 1;
}

struct twc_check *twc_check_new(struct twc_reactor *r, struct twc_endpoint *const *e, size_t n,
				const struct twc_check_opts *o)
{
	struct twc_check *c = twc_calloc(1, sizeof(*c));

	TWC_ASSERT(n > 0);
	c->r = r;
	c->o = *o;
	c->n = n;
	c->most = most_at_once();
	twc__list_init(&c->ready);
	c->target = twc_calloc(n, sizeof(*c->target));
	c->result = twc_calloc(n, sizeof(*c->result));
	for (size_t i = 0; i < n; i++) {
		c->target[i].check = c;
		twc__list_add_tail(&c->ready, &c->target[i].node);
		c->result[i].endpoint = e[i];
	}
	if (o->patience_ns)
		twc_timer_start(r, &c->deadline, o->patience_ns, on_deadline, c);
	check_next(c);
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
	for (size_t i = 0; i < c->n; i++)
		twc_tls_report_free(c->result[i].tls);
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
