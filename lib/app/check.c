/* SPDX-License-Identifier: MIT */
/*
 * Can these be reached? Every endpoint is dialled at once, within its own timeout; a connection that stands is closed
 * again without a byte. A datagram endpoint has no connection to stand: it is asked with an empty datagram, and only
 * an answer or a refusal proves anything.
 */
#include <twc/app.h>
#include <twc/log.h>
#include <twc/parse.h>

#include "base/banned.h"

#define CHECK_WAIT_NS TWC_NS_PER_S

struct target {
	struct twc_protocol proto;
	struct twc_factory factory;
	struct twc_check *check; /* borrowed: the whole */
	struct twc_deferred *dial; /* our hold, until it has a result */
	struct twc_transport *t; /* borrowed, from made to lost */
	struct twc_timer timer;	 /* datagrams: how long to wait for an answer */
	bool is_answered;
	bool is_done;
};

struct twc_check {
	struct twc_reactor *r;
	twc_check_fn fn;
	void *arg;
	uint64_t wait_ns;
	uint64_t started_ns;
	size_t n, n_done;
	size_t n_up;			 /* connections that stand: each keeps all of this alive */
	bool is_given_up;
	struct target *target;		 /* owned */
	struct twc_check_result *result; /* owned; parallel to target */
	struct twc_timer finish;
};

static struct twc_check_result *target_result(struct target *x)
{
	return &x->check->result[x - x->check->target];
}

static void on_finish(struct twc_timer *t, void *arg)
{
	struct twc_check *c = arg;

	(void)t;
	c->fn(c->arg, c->result, c->n);
}

static void target_done(struct target *x, const struct twc_err *err)
{
	struct twc_check *c = x->check;
	struct twc_check_result *res = target_result(x);
	char took[32];

	if (x->is_done || c->is_given_up)
		return;
	x->is_done = true;
	twc_timer_stop(c->r, &x->timer);
	if (err)
		res->err = *err;
	twc_format_duration(took, sizeof(took), res->took_ns);
	if (!res->err.code)
		twc_log(twc_reactor_log(c->r), app, INFO, "%s is reachable (%s, %s)",
			twc_endpoint_text(res->endpoint), res->peer, took);
	if (++c->n_done == c->n)
		twc_timer_start(c->r, &c->finish, 0, on_finish, c);
}

static void check_destroy(struct twc_check *c)
{
	twc_free(c->target);
	twc_free(c->result);
	twc_free(c);
}

/* ---- the connection, for as long as it stands ---- */

static void target_made(struct twc_protocol *p)
{
	struct target *x = TWC_CONTAINER_OF(p, struct target, proto);
	struct twc_check_result *res = target_result(x);

	x->t = p->transport;
	x->check->n_up++;
	res->took_ns = twc_reactor_now(x->check->r) - x->check->started_ns;
	twc_transport_peer_text(x->t, res->peer, sizeof(res->peer));
}

static void target_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct target *x = TWC_CONTAINER_OF(p, struct target, proto);

	(void)data;
	(void)n;
	x->is_answered = true;
	if (twc_transport_is_datagram(x->t))
		twc_transport_lose(x->t);
}

static void target_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct target *x = TWC_CONTAINER_OF(p, struct target, proto);
	bool is_datagram = twc_transport_is_datagram(x->t);

	x->t = NULL;
	x->check->n_up--;
	/* What becomes of a stream after it stood is not asked here. */
	target_done(x, is_datagram && !x->is_answered && reason->code ? reason : NULL);
	if (x->check->is_given_up && x->check->n_up == 0)
		check_destroy(x->check);
}

static const struct twc_protocol_ops target_ops = {
	.name = "check",
	.made = target_made,
	.data = target_data,
	.lost = target_lost,
};

static struct twc_protocol *target_build(struct twc_factory *f, const struct twc_addr *peer)
{
	(void)peer;
	return &TWC_CONTAINER_OF(f, struct target, factory)->proto;
}

static const struct twc_factory_ops target_factory_ops = {
	.name = "check",
	.build = target_build,
};

/* ---- dialling ---- */

static void on_silence(struct twc_timer *t, void *arg)
{
	struct target *x = arg;
	struct twc_err err = { 0 };

	(void)t;
	twc_err_set(&err, TWC_ETIMEDOUT, "no reply; not proof");
	twc_transport_fail(x->t, &err);
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct target *x = arg;
	struct twc_check *c = x->check;

	if (res->err.code) {
		target_result(x)->took_ns = twc_reactor_now(c->r) - c->started_ns;
		target_done(x, &res->err);
		twc_result_set(res, NULL, NULL);
		return;
	}
	if (!x->t || c->is_given_up)
		return; /* gone already: lost() has answered */
	if (!twc_transport_is_datagram(x->t)) {
		twc_transport_lose(x->t);
		return;
	}
	twc_transport_write(x->t, "", 0);
	twc_timer_start(c->r, &x->timer, c->wait_ns, on_silence, x);
}

struct twc_check *twc_check_new(struct twc_reactor *r, struct twc_endpoint *const *e, size_t n, uint64_t wait_ns,
				twc_check_fn fn, void *arg)
{
	struct twc_check *c = twc_calloc(1, sizeof(*c));

	TWC_ASSERT(n > 0);
	c->r = r;
	c->fn = fn;
	c->arg = arg;
	c->wait_ns = wait_ns ? wait_ns : CHECK_WAIT_NS;
	c->started_ns = twc_reactor_now(r);
	c->n = n;
	c->target = twc_calloc(n, sizeof(*c->target));
	c->result = twc_calloc(n, sizeof(*c->result));
	for (size_t i = 0; i < n; i++) {
		struct target *x = &c->target[i];

		x->check = c;
		x->proto.ops = &target_ops;
		x->factory.ops = &target_factory_ops;
		c->result[i].endpoint = e[i];
	}
	for (size_t i = 0; i < n; i++) {
		struct target *x = &c->target[i];

		x->dial = twc_endpoint_connect(e[i], r, &x->factory);
		twc_deferred_add_both(x->dial, on_dialled, x);
	}
	return c;
}

void twc_check_free(struct twc_check *c)
{
	if (!c)
		return;
	c->is_given_up = true; /* a cancelled dial answers to nobody */
	twc_timer_stop(c->r, &c->finish);
	for (size_t i = 0; i < c->n; i++) {
		struct target *x = &c->target[i];

		twc_timer_stop(c->r, &x->timer);
		if (!twc_deferred_has_result(x->dial))
			twc_deferred_cancel(x->dial);
		twc_deferred_release(x->dial);
		if (x->t)
			twc_transport_abort(x->t);
	}
	if (c->n_up == 0)
		check_destroy(c);
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
