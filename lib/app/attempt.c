/* SPDX-License-Identifier: MIT */
/*
 * One look at one endpoint. What proves that it is there:
 *
 *	a stream		the connection stands; with stable_ns, still does after that time, or has brought a byte
 *	a stream, expect	what comes matches, before the stream or the time ends
 *	a stream of TLS 1.3	the connection stands, and the peer does not refuse us for want of a certificate, which it
 *				tells after the handshake: our half is ended, and what comes then decides, or silence
 *	datagrams		an answer (that matches) to a datagram; a refusal proves the contrary, silence nothing
 *	passive			the kernel's tables (passive.c)
 *
 * The verdict comes when it is known, the connection is then closed in its own time.
 */
#include "app/attempt.h"
#include "app/tls_report.h"

#include <twc/parse.h>

#include <time.h>

#include "base/banned.h"

#define ANSWER_NS (10 * TWC_NS_PER_S) /* for what is expected of a stream */
#define REPLY_NS TWC_NS_PER_S	      /* to a datagram */
#define VERDICT_MIN_NS (100 * TWC_NS_PER_MS) /* for what a peer of TLS 1.3 thinks of us */
#define VERDICT_MAX_NS TWC_NS_PER_S

struct twc__attempt {
	struct twc_protocol proto;
	struct twc_factory factory;
	struct twc_reactor *r;
	const struct twc_check_opts *o;	 /* borrowed */
	struct twc_check_result *result; /* borrowed */
	twc__attempt_fn fn;
	void *arg;
	struct twc_deferred *dial; /* our hold: the connect, or the look */
	struct twc_transport *t;   /* borrowed, from made to lost */
	struct twc_watcher *watcher; /* owned; NULL: nothing is expected */
	struct twc_timer timer;	   /* what the connection is waited for; then the report */
	uint64_t started_ns;
	bool awaits_verdict; /* of a TLS peer */
	bool is_decided;
	bool is_given_up; /* nobody listens: goes with its connection */
};

static void attempt_destroy(struct twc__attempt *a)
{
	twc_watcher_free(a->watcher);
	twc_free(a);
}

/* ---- the verdict ---- */

static void on_report(struct twc_timer *t, void *arg)
{
	struct twc__attempt *a = arg;

	(void)t;
	a->fn(a->arg);
}

/* NULL: it is there. */
static void attempt_decide(struct twc__attempt *a, const struct twc_err *err)
{
	const struct twc_tls_report *tls = a->result->tls;
	struct twc_err ends = { 0 };

	if (a->is_decided || a->is_given_up)
		return;
	if (!err && tls && twc_tls_report_lasts(tls, a->o->min_days, (int64_t)time(NULL), &ends))
		err = &ends;
	a->is_decided = true;
	twc_err_clear(&a->result->err);
	if (err)
		a->result->err = *err;
	a->result->took_ns = twc_reactor_now(a->r) - a->started_ns;
	if (a->t)
		twc_transport_lose(a->t);
	twc_timer_start(a->r, &a->timer, 0, on_report, a);
}

/* Nothing more comes: why what was hoped for has not. `reason` may be NULL, or clean. */
static void attempt_fail(struct twc__attempt *a, const struct twc_err *reason)
{
	struct twc_err err = { 0 };
	char text[32];

	if (reason && reason->code)
		err = *reason;
	else if (a->watcher)
		twc_watcher_fail(a->watcher, &err);
	else
		twc_err_set(&err, TWC_EREJECTED, "closed by the peer within %s",
			    twc_format_duration(text, sizeof(text), a->o->stable_ns));
	attempt_decide(a, &err);
}

/* ---- the connection, for as long as it stands ---- */

static void attempt_made(struct twc_protocol *p)
{
	struct twc__attempt *a = TWC_CONTAINER_OF(p, struct twc__attempt, proto);
	char *what = twc_asprintf("%s:", twc_endpoint_text(a->result->endpoint));

	a->t = p->transport;
	twc_transport_by_lines(a->t);
	twc_transport_peer_text(a->t, a->result->peer, sizeof(a->result->peer));
	twc_tls_report_free(a->result->tls);
	a->result->tls = twc_tls_report_new(a->t);
	twc__tls_report_log(a->result->tls, a->r, what);
	twc_free(what);
}

static void attempt_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct twc__attempt *a = TWC_CONTAINER_OF(p, struct twc__attempt, proto);

	if (a->is_decided || a->is_given_up)
		return;
	if (!a->watcher || twc_watcher_feed(a->watcher, data, n, twc_transport_is_datagram(a->t)))
		attempt_decide(a, NULL);
}

static void attempt_eof(struct twc_protocol *p)
{
	struct twc__attempt *a = TWC_CONTAINER_OF(p, struct twc__attempt, proto);

	if (a->is_decided || a->is_given_up)
		return;
	if (a->watcher && twc_watcher_feed(a->watcher, NULL, 0, true))
		attempt_decide(a, NULL);
	else if (a->watcher || a->o->stable_ns)
		attempt_fail(a, NULL);
	else if (a->awaits_verdict)
		attempt_decide(a, NULL);
}

static void attempt_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct twc__attempt *a = TWC_CONTAINER_OF(p, struct twc__attempt, proto);
	bool is_datagram = twc_transport_is_datagram(a->t);

	a->t = NULL;
	if (a->is_given_up)
		attempt_destroy(a);
	else if (a->watcher || a->o->stable_ns || is_datagram)
		attempt_fail(a, reason);
	else if (a->awaits_verdict && (reason->code == TWC_EACCESS || reason->code == TWC_EPROTO))
		attempt_fail(a, reason); /* an alert */
	else
		attempt_decide(a, NULL); /* it stood; what became of it is not asked here */
}

static const struct twc_protocol_ops attempt_ops = {
	.name = "check",
	.made = attempt_made,
	.data = attempt_data,
	.eof = attempt_eof,
	.lost = attempt_lost,
};

static struct twc_protocol *attempt_build(struct twc_factory *f, const struct twc_addr *peer)
{
	(void)peer;
	return &TWC_CONTAINER_OF(f, struct twc__attempt, factory)->proto;
}

static const struct twc_factory_ops attempt_factory_ops = {
	.name = "check",
	.build = attempt_build,
};

/* ---- what is done with it ---- */

static void on_stable(struct twc_timer *t, void *arg)
{
	(void)t;
	attempt_decide(arg, NULL);
}

static void on_silence(struct twc_timer *t, void *arg)
{
	struct twc__attempt *a = arg;
	struct twc_err err = { 0 }, came = { 0 };
	char text[32];

	(void)t;
	twc_format_duration(text, sizeof(text), a->o->answer_ns ? a->o->answer_ns : ANSWER_NS);
	if (a->watcher && !twc_transport_is_datagram(a->t)) {
		twc_watcher_fail(a->watcher, &came);
		twc_err_set(&err, TWC_ETIMEDOUT, "%.170s within %s", came.text, text);
	} else {
		twc_err_set(&err, TWC_ETIMEDOUT, "no reply; not proof");
	}
	attempt_decide(a, &err);
}

/* Silence is consent; whoever answers at all has done so in the time that two ways there and back took. */
static void attempt_await_verdict(struct twc__attempt *a)
{
	uint64_t took_ns = twc_reactor_now(a->r) - a->started_ns;

	a->awaits_verdict = true;
	twc_transport_write_eof(a->t);
	took_ns = took_ns > VERDICT_MIN_NS ? took_ns : VERDICT_MIN_NS;
	twc_timer_start(a->r, &a->timer, took_ns < VERDICT_MAX_NS ? took_ns : VERDICT_MAX_NS, on_stable, a);
}

static bool attempt_needs_verdict(const struct twc__attempt *a)
{
	const struct twc_tls_report *tls = a->result->tls;

	return tls && strcmp(tls->version, "TLSv1.3") == 0 && !tls->resumed && !a->o->until_closed;
}

static void attempt_ask(struct twc__attempt *a)
{
	bool is_datagram = twc_transport_is_datagram(a->t);
	uint64_t answer_ns = a->o->answer_ns ? a->o->answer_ns : is_datagram ? REPLY_NS : ANSWER_NS;

	if (a->o->send.n > 0 || is_datagram)
		twc_transport_write(a->t, a->o->send.n ? a->o->send.p : "", a->o->send.n);
	if (a->watcher || is_datagram)
		twc_timer_start(a->r, &a->timer, answer_ns, on_silence, a);
	else if (a->o->stable_ns)
		twc_timer_start(a->r, &a->timer, a->o->stable_ns, on_stable, a);
	else if (attempt_needs_verdict(a))
		attempt_await_verdict(a);
	else
		attempt_decide(a, NULL);
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct twc__attempt *a = arg;

	if (res->err.code) {
		attempt_decide(a, &res->err);
		twc_result_set(res, NULL, NULL);
	} else if (a->t && !a->is_decided && !a->is_given_up) {
		attempt_ask(a);
	}
}

static void on_looked(struct twc_result *res, void *arg)
{
	struct twc__attempt *a = arg;

	attempt_decide(a, res->err.code ? &res->err : NULL);
	twc_result_set(res, NULL, NULL);
}

struct twc__attempt *twc__attempt_new(struct twc_reactor *r, const struct twc_check_opts *o,
				      struct twc_check_result *result, twc__attempt_fn fn, void *arg)
{
	struct twc__attempt *a = twc_calloc(1, sizeof(*a));

	a->proto.ops = &attempt_ops;
	a->factory.ops = &attempt_factory_ops;
	a->r = r;
	a->o = o;
	a->result = result;
	a->fn = fn;
	a->arg = arg;
	a->started_ns = twc_reactor_now(r);
	twc_tls_report_free(result->tls); /* of an attempt before */
	result->tls = NULL;
	if (o->expect)
		a->watcher = twc_watcher_new(o->expect);
	if (o->passive) {
		a->dial = twc__passive_look(r, result->endpoint);
		twc_deferred_add_both(a->dial, on_looked, a);
	} else {
		a->dial = twc_endpoint_connect(result->endpoint, r, &a->factory);
		twc_deferred_add_both(a->dial, on_dialled, a);
	}
	return a;
}

void twc__attempt_free(struct twc__attempt *a)
{
	if (!a)
		return;
	a->is_given_up = true; /* a cancelled dial answers to nobody */
	twc_timer_stop(a->r, &a->timer);
	if (!twc_deferred_has_result(a->dial))
		twc_deferred_cancel(a->dial);
	twc_deferred_release(a->dial);
	if (!a->t)
		attempt_destroy(a);
	else if (!twc_transport_is_closing(a->t))
		twc_transport_abort(a->t);
}
