/* SPDX-License-Identifier: MIT */
/*
 * Whether a target is well, asked at intervals with a GET on a connection of its own: so many good answers in a row make it up, so
 * many bad ones down. The first one decides at once. It is the status that counts.
 */
#include "app/http/proxy.h"

#include <twc/parse.h>

#include "base/banned.h"

#define BODY_MAX (64 * 1024) /* of an answer; what is beyond it breaks it off, and does no harm */

static void on_timer(struct twc_timer *timer, void *arg);

static void set_state(struct twc__proxy_target *t, bool is_down, const char *why)
{
	struct twc__proxy_probe *k = &t->probe;

	if (k->is_known && k->is_down == is_down)
		return;
	k->is_known = true;
	k->is_down = is_down;
	if (!is_down) {
		t->failures = 0;
		t->out_until = 0;
	}
	twc_log(twc_reactor_log(t->proxy->r), http, INFO, "proxy: %s is %s: %s", t->text, is_down ? "down" : "up", why);
}

static void note_result(struct twc__proxy_target *t, bool is_well, const char *why)
{
	const struct twc__proxy_opts *o = &t->proxy->o;
	struct twc__proxy_probe *k = &t->probe;

	k->well = is_well ? k->well + 1 : 0;
	k->ill = is_well ? 0 : k->ill + 1;
	if (k->well > o->rise)
		k->well = o->rise;
	if (k->ill > o->fall)
		k->ill = o->fall;
	if (is_well && (!k->is_known || k->well == o->rise))
		set_state(t, false, why);
	else if (!is_well && (!k->is_known || k->ill == o->fall))
		set_state(t, true, why);
	twc_timer_start(t->proxy->r, &k->timer, o->check_every_ns, on_timer, t);
}

static void let_go(struct twc__proxy_probe *k)
{
	struct twc_deferred *d = k->asked;

	k->asked = NULL;
	twc_deferred_release(d);
}

/* The body has to come, too, so that the server sees a whole exchange; what is in it does not matter. */
static void on_head(struct twc_result *res, void *arg)
{
	struct twc__proxy_target *t = arg;
	struct twc_http_response *r = res->value;

	t->probe.status = (unsigned)r->status;
	twc_result_wait(res, twc_http_response_collect(r, BODY_MAX));
}

static void on_done(struct twc_result *res, void *arg)
{
	struct twc__proxy_target *t = arg;
	const struct twc__proxy_opts *o = &t->proxy->o;
	struct twc_err err = res->err;
	unsigned status = t->probe.status;

	twc_result_set(res, NULL, NULL);
	let_go(&t->probe);
	if (!t->client || err.code == TWC_ECANCELLED)
		return;
	if (status && (!err.code || err.code == TWC_ETOOLONG)) {
		twc_err_set(&err, TWC_EREJECTED, "the check was answered with %u", status);
		note_result(t, status >= o->check_low && status <= o->check_high, err.text);
	} else {
		note_result(t, false, err.text);
	}
}

static void on_timer(struct twc_timer *timer, void *arg)
{
	struct twc__proxy_target *t = arg;
	const struct twc__proxy_opts *o = &t->proxy->o;
	struct twc_http_call call = {
		.url = &t->url,
		.via = t->via,
		.target = twc_str_of(o->check),
		.first_byte_ns = o->check_timeout_ns,
		.fresh = true,
	};

	(void)timer;
	t->probe.status = 0;
	t->probe.asked = twc_http_ask(t->client, &call);
	twc_deferred_add(t->probe.asked, on_head, NULL, t);
	twc_deferred_timeout(t->probe.asked, t->proxy->r, o->check_timeout_ns, "the check");
	twc_deferred_add_both(t->probe.asked, on_done, t);
}

void twc__proxy_checks_start(struct twc__proxy *p)
{
	for (unsigned i = 0; p->o.check && i < p->n_targets; i++)
		twc_timer_start(p->r, &p->target[i].probe.timer, 0, on_timer, &p->target[i]);
}

void twc__proxy_checks_stop(struct twc__proxy *p)
{
	for (unsigned i = 0; i < p->n_targets; i++) {
		twc_timer_stop(p->r, &p->target[i].probe.timer);
		if (p->target[i].probe.asked)
			twc_deferred_cancel(p->target[i].probe.asked);
	}
}
