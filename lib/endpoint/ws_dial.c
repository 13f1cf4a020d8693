/* SPDX-License-Identifier: MIT */
/*
 * Connecting by ws and wss: the dial, proxies and TLS and all, gives a connection to a factory of our own, whose protocol says the
 * opening handshake (ws_open.c); then the protocol that was asked for. One time limit for all of it.
 */
#include "endpoint/conn.h"
#include "endpoint/ws.h"
#include "transport/transport_int.h"
#include "base/banned.h"

#define TIMEOUT_NS (30 * TWC_NS_PER_S)

/* A dial on its way; freed when the factory has its protocol, or will get none. */
struct greet {
	struct twc_factory base; /* of what is dialled */
	const struct twc_endpoint *e;
	struct twc_reactor *r;
	struct twc_factory *factory; /* borrowed, started; NULL: cancelled */
	struct twc_deferred *done;   /* of the handshake; NULL: before it, or cancelled */
	struct twc_protocol *opening; /* during the handshake */
	struct twc_err err;	     /* why there is none */
	uint64_t started_ns;
};

static void greet_end(struct greet *g)
{
	if (g->factory)
		twc_factory_stop(g->factory);
	twc_free(g);
}

static uint64_t time_limit(const struct greet *g)
{
	return twc__args_num(&g->e->args, "timeout", TIMEOUT_NS);
}

static void on_ended(void *arg, struct twc_transport *t, const struct twc_err *err)
{
	struct greet *g = arg;
	struct twc_deferred *done = g->done;

	greet_end(g);
	if (!done)
		return; /* was cancelled */
	if (t)
		twc_deferred_fire(done, twc_transport_protocol(t), NULL);
	else
		twc_deferred_fail(done, err);
}

static struct twc_protocol *build_opening(struct twc_factory *f, const struct twc_addr *peer)
{
	struct greet *g = TWC_CONTAINER_OF(f, struct greet, base);
	uint64_t limit = time_limit(g), gone = twc_reactor_now(g->r) - g->started_ns;
	struct twc__ws_open how = {
		.args = &g->e->args,
		.limit_ns = limit > gone ? limit - gone : 1,
		.shown_ns = limit,
		.factory = g->factory,
		.ended = on_ended,
		.arg = g,
	};

	g->opening = twc__ws_opening(&how, peer, &g->err);
	return g->opening;
}

static const struct twc_factory_ops greet_ops = { .name = "websocket handshake", .build = build_opening };

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct greet *g = arg;
	struct twc_err err = { 0 };

	g->done = NULL;
	twc_factory_stop(g->factory);
	g->factory = NULL; /* need not outlive the result; the transport does */
	twc_transport_abort(g->opening->transport);
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	twc_deferred_fail(d, &err);
}

static void on_connected(struct twc_result *res, void *arg)
{
	struct greet *g = arg;

	(void)twc_result_take(res); /* the opening */
	g->done = twc_deferred_new(g->r, on_cancel, g);
	twc_result_wait(res, g->done);
}

static void on_failed(struct twc_result *res, void *arg)
{
	struct greet *g = arg;

	if (g->err.code) /* what was to be said could not be */
		twc_result_fail(res, &g->err);
	greet_end(g);
}

struct twc_deferred *twc__ws_connect(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				     struct twc_dial_times *times)
{
	struct greet *g = twc_malloc(sizeof(*g));
	struct twc_deferred *result;

	*g = (struct greet){ .base.ops = &greet_ops, .e = e, .r = r, .factory = factory, .started_ns = twc_reactor_now(r) };
	twc_factory_start(&g->base);
	if (twc__args_want_tls(&e->args))
		result = twc__tls_connect(e, r, &g->base, times);
	else
		result = twc__endpoint_connect_plain(e, r, &g->base, times);
	twc_deferred_add(result, on_connected, on_failed, g);
	return result;
}
