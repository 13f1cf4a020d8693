/* SPDX-License-Identifier: MIT */
/*
 * Connecting by tls: the dial, proxies and all, then the handshake, under one time limit; then the protocol.
 */
#include "endpoint/conn.h"
#include "base/banned.h"

#define TIMEOUT_NS (30 * TWC_NS_PER_S)

/* A dial on its way; freed when the factory has its protocol, or will get none. */
struct knock {
	const struct twc_endpoint *e;
	struct twc_reactor *r;
	struct twc_factory *factory; /* borrowed, started */
	struct twc_deferred *shake;  /* of the handshake; NULL: before it, or cancelled */
	struct twc_transport *t;     /* during the handshake */
	struct twc_dial_times *times; /* borrowed; NULL: nobody wants to know */
	uint64_t started_ns;
};

static void knock_end(struct knock *k)
{
	if (k->factory)
		twc_factory_stop(k->factory);
	twc_free(k);
}

static void on_ended(void *arg, const struct twc_addr *peer, struct twc_transport *t, const struct twc_err *err)
{
	struct knock *k = arg;
	struct twc_deferred *shake = k->shake;

	(void)peer;
	if (k->times && shake && t)
		k->times->secured_ns = twc_reactor_now(k->r);
	knock_end(k);
	if (!shake)
		return; /* was cancelled */
	if (t)
		twc_deferred_fire(shake, twc_transport_protocol(t), NULL);
	else
		twc_deferred_fail(shake, err);
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct knock *k = arg;
	struct twc_err err = { 0 };

	k->shake = NULL;
	twc_factory_stop(k->factory);
	k->factory = NULL; /* need not outlive the result; the transport does */
	twc_transport_abort(k->t);
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	twc_deferred_fail(d, &err);
}

static uint64_t time_limit(const struct knock *k)
{
	return twc__args_num(&k->e->args, "timeout", TIMEOUT_NS);
}

static uint64_t time_left(const struct knock *k)
{
	uint64_t limit = time_limit(k), gone = twc_reactor_now(k->r) - k->started_ns;

	return limit > gone ? limit - gone : 1;
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct knock *k = arg;
	struct twc__conn *conn = twc_result_take(res);
	struct twc_err err = { 0 };
	struct twc__securing how = {
		.ctx = k->e->tls,
		.limit_ns = time_left(k),
		.shown_ns = time_limit(k),
		.factory = k->factory,
		.ended = on_ended,
		.arg = k,
	};

	if (k->times)
		k->times->connected_ns = twc_reactor_now(k->r);
	if (twc__conn_check(conn, &err)) {
		twc__conn_free(conn);
		twc_result_fail(res, &err);
		knock_end(k);
		return;
	}
	twc__tls_names_wanted(&k->e->args, &how.servername, &how.verify_name);
	k->shake = twc_deferred_new(k->r, on_cancel, k);
	twc_result_wait(res, k->shake);
	k->t = twc__secure(conn, k->r, &how);
}

static void on_plain(struct twc_result *res, void *arg)
{
	struct knock *k = arg;
	struct twc__conn *conn = twc_result_take(res);

	twc_result_wait(res, twc__starttls_ask(k->r, conn, &k->e->args, time_left(k), time_limit(k)));
}

static void on_dial_failed(struct twc_result *res, void *arg)
{
	(void)res;
	knock_end(arg);
}

struct twc_deferred *twc__tls_connect(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				      struct twc_dial_times *times)
{
	struct twc_err err = { 0 };
	struct twc_deferred *result;
	struct knock *k;

	if (!twc__tls_context(e, &err)) {
		twc_factory_stop(factory);
		return twc_deferred_failed(r, &err);
	}
	k = twc_malloc(sizeof(*k));
	*k = (struct knock){ .e = e, .r = r, .factory = factory, .times = times,
			     .started_ns = twc_reactor_now(r) };
	result = e->carrier ? twc__carrier_dial(e, r) : twc__endpoint_dial(e, r, times);
	if (twc__args_get(&e->args, "starttls"))
		twc_deferred_add(result, on_plain, NULL, k);
	twc_deferred_add(result, on_dialled, on_dial_failed, k);
	return result;
}
