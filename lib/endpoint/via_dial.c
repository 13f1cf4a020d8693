/* SPDX-License-Identifier: MIT */
/*
 * The way through proxies: the last hop is dialled, then each is asked in turn for the next, and the result is a
 * connected descriptor as twc_dial gives one.
 *
 *     dial hop[n-1] -> ask hop[n-1] for hop[n-2] -> … -> ask hop[0] for the target -> descriptor
 *                      (a lookup before, where names are looked up here)
 *
 * Invariants: one operation at a time, dial, lookup or exchange; via_end stops it and everything that could call back
 * before the deferred fires, once. After a call that may end (on_*, via_*, hop_*) nothing here touches the struct.
 */
#include "endpoint/exchange.h"
#include "endpoint/via.h"
#include <errno.h>
#include "base/banned.h"

#define VIA_TIMEOUT_NS (30 * TWC_NS_PER_S)

struct via {
	struct twc_reactor *r;
	struct twc_deferred *result;
	struct twc__hops hops;
	char *host; /* the target; owned */
	uint16_t port;
	int family; /* of names that are looked up here */
	uint64_t timeout_ns, started_ns;
	struct twc_deferred *inner; /* the dial or a lookup, our hold as its consumer; NULL: none */
	struct twc__conn *conn;	    /* owned; NULL: not there yet */
	size_t at;		    /* the hop that is dialled or asked */
	int lookup_family;
	struct twc__tunnel_ask ask;
	struct twc__tunnel tunnel;
	bool is_asking; /* `tunnel` is alive */
	bool is_over;
	struct twc__exchange exchange;
	struct twc_timer deadline;
};

static void hop_reached(struct via *v);

/* ---- the end ---- */

static void tunnel_close(struct via *v)
{
	if (!v->is_asking)
		return;
	twc__exchange_stop(&v->exchange);
	twc__tunnel_fini(&v->tunnel);
	v->is_asking = false;
}

/* Frees everything but the connection that was reached, if `conn` asks for it; the caller fires what this returns. */
static struct twc_deferred *via_end(struct via *v, struct twc__conn **conn)
{
	struct twc_deferred *result = v->result;

	v->is_over = true;
	tunnel_close(v);
	twc_timer_stop(v->r, &v->deadline);
	if (v->inner) {
		twc_deferred_cancel(v->inner); /* its step runs now, and sees is_over */
		twc_deferred_release(v->inner);
	}
	if (conn)
		*conn = v->conn;
	else
		twc__conn_free(v->conn);
	twc__hops_fini(&v->hops);
	twc_free(v->host);
	twc_free(v);
	return result;
}

/* Whom it asks for what is said only where that is not the target. */
static void via_fail(struct via *v, const struct twc_err *cause, const char *joint)
{
	const struct twc__hop *hop = &v->hops.hop[v->at];
	struct twc_err err = *cause;

	if (v->at > 0 && v->conn)
		twc_err_set(&err, cause->code, "the proxy %s, asked for %s,%s%s", hop->text, v->hops.hop[v->at - 1].text,
			    joint, cause->text);
	else
		twc_err_set(&err, cause->code, "the proxy %s%s%s", hop->text, joint, cause->text);
	err.sys = cause->sys;
	twc_deferred_fail(via_end(v, NULL), &err);
}

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct twc_err err = { 0 };

	(void)d;
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	twc_deferred_fail(via_end(arg, NULL), &err);
}

static void on_deadline(struct twc_timer *t, void *arg)
{
	struct via *v = arg;
	struct twc_err err = { 0 };
	char time[32];

	(void)t;
	twc_format_duration(time, sizeof(time), v->timeout_ns);
	if (v->is_asking)
		twc_err_set(&err, TWC_ETIMEDOUT, "timed out: no answer to %s after %s", twc__tunnel_waiting(&v->tunnel), time);
	else
		twc_err_set(&err, TWC_ETIMEDOUT, "is there, but the name lookup for it timed out after %s", time);
	via_fail(v, &err, " ");
}

/* ---- asking one proxy ---- */

static void hop_done(struct via *v)
{
	struct twc__conn *conn;
	struct twc_deferred *result;

	tunnel_close(v);
	if (v->at > 0) {
		v->at--;
		hop_reached(v);
		return;
	}
	result = via_end(v, &conn);
	twc_deferred_fire(result, conn, twc__conn_free);
}

static int on_feed(void *arg, const uint8_t *data, size_t n, size_t *used, struct twc_err *err)
{
	return twc__tunnel_feed(&((struct via *)arg)->tunnel, data, n, used, err);
}

static int on_end(void *arg, struct twc_err *err)
{
	return twc__tunnel_end(&((struct via *)arg)->tunnel, err);
}

static void on_broke(void *arg, int sys, struct twc_err *err)
{
	const struct via *v = arg;

	twc_err_sys(err, sys == ETIMEDOUT ? TWC_ETIMEDOUT : TWC_ERESET, sys, NULL,
		    "broke the connection off before it answered %s", twc__tunnel_waiting(&v->tunnel));
}

static void on_over(void *arg, bool has_more, const struct twc_err *err)
{
	(void)has_more; /* the target's */
	if (err->code)
		via_fail(arg, err, " ");
	else
		hop_done(arg);
}

static void hop_ask(struct via *v)
{
	const struct twc__hop *hop = &v->hops.hop[v->at];
	struct twc_log *log = twc_reactor_log(v->r);
	struct twc_err err = { 0 };

	if (twc__tunnel_check(&v->ask, &err)) {
		via_fail(v, &err, ": ");
		return;
	}
	twc_log(log, endpoint, DEBUG, "asking the proxy %s for %s:%u", hop->text,
		v->at ? v->hops.hop[v->at - 1].host : v->host, v->ask.port);
	v->is_asking = true;
	v->exchange = (struct twc__exchange){ .out = &v->tunnel.out, .feed = on_feed, .end = on_end, .broke = on_broke,
					      .over = on_over, .arg = v };
	if (twc__tunnel_init(&v->tunnel, &v->ask, &err) ||
	    twc__exchange_start(&v->exchange, v->r, v->conn, &err))
		via_fail(v, &err, ": ");
}

/* ---- names that are looked up here ---- */

static void lookup_start(struct via *v, int family);

/* The operation that `v` waited for is over: its result is the caller's now. False: so is everything. */
static bool inner_over(struct via *v)
{
	struct twc_deferred *d = v->inner;

	if (v->is_over)
		return false;
	v->inner = NULL;
	twc_deferred_release(d);
	return true;
}

static void on_lookup(struct twc_result *res, void *arg)
{
	struct via *v = arg;
	struct twc_err err = res->err;
	struct twc_addrs *addrs = err.code ? NULL : twc_result_take(res);

	twc_result_set(res, NULL, NULL);
	if (!inner_over(v)) {
		twc_addrs_free(addrs);
		return;
	}
	if (addrs) {
		v->ask.addr = addrs->item[0];
		twc_addrs_free(addrs);
		hop_ask(v);
		return;
	}
	if (err.code == TWC_ENONAME && v->lookup_family == AF_INET && v->family == AF_UNSPEC &&
	    v->ask.kind != TWC__TUNNEL_SOCKS4) {
		lookup_start(v, AF_INET6);
		return;
	}
	twc_deferred_fail(via_end(v, NULL), &err);
}

static void lookup_start(struct via *v, int family)
{
	v->lookup_family = family;
	v->inner = twc_resolve(v->r, v->ask.host, family);
	twc_deferred_add_both(v->inner, on_lookup, v);
}

static void hop_go(struct via *v)
{
	const struct twc__hop *hop = &v->hops.hop[v->at];
	const struct twc__hop *next = v->at ? &v->hops.hop[v->at - 1] : NULL;

	twc__hop_ask(hop, next ? next->host : v->host, next ? next->port : v->port, &v->ask);
	if (hop->resolves && v->ask.addr.kind == TWC_ADDR_NONE)
		lookup_start(v, v->family == AF_INET6 && v->ask.kind != TWC__TUNNEL_SOCKS4 ? AF_INET6 : AF_INET);
	else
		hop_ask(v);
}

/* ---- TLS to a proxy ---- */

static void on_secure(struct twc_result *res, void *arg)
{
	struct via *v = arg;
	struct twc_err err = res->err;
	struct twc__conn *conn = err.code ? NULL : twc_result_take(res);

	twc_result_set(res, NULL, NULL);
	if (!inner_over(v)) {
		twc__conn_free(conn);
		return;
	}
	v->conn = conn;
	if (conn)
		hop_go(v);
	else
		via_fail(v, &err, ": ");
}

static void hop_reached(struct via *v)
{
	const struct twc__hop *hop = &v->hops.hop[v->at];
	struct twc__conn *conn = v->conn;

	if (!hop->tls) {
		hop_go(v);
		return;
	}
	v->conn = NULL;
	v->inner = twc__conn_secure(conn, v->r, hop->tls, v->timeout_ns);
	twc_deferred_add_both(v->inner, on_secure, v);
}

/* ---- the beginning ---- */

static void on_dialled(struct twc_result *res, void *arg)
{
	struct via *v = arg;
	struct twc_err err = res->err;
	struct twc_dialled *conn = err.code ? NULL : twc_result_take(res);
	uint64_t spent;

	twc_result_set(res, NULL, NULL);
	if (!inner_over(v)) {
		twc_dialled_free(conn);
		return;
	}
	if (!conn) {
		via_fail(v, &err, ": ");
		return;
	}
	v->conn = twc__conn_new(conn);
	spent = twc_reactor_now(v->r) - v->started_ns;
	twc_timer_start(v->r, &v->deadline, spent < v->timeout_ns ? v->timeout_ns - spent : 0, on_deadline, v);
	hop_reached(v);
}

static struct twc_deferred *via_start(struct twc_reactor *r, const struct twc_dial_opts *o, struct twc__hops *hops)
{
	struct via *v = twc_calloc(1, sizeof(*v));
	struct twc_dial_opts first = *o;
	struct twc_deferred *result = twc_deferred_new(r, on_cancel, v);

	v->r = r;
	v->result = result;
	v->hops = *hops;
	v->host = twc_strdup(o->host);
	v->port = o->port;
	v->family = o->family;
	v->timeout_ns = o->timeout_ns ? o->timeout_ns : VIA_TIMEOUT_NS;
	v->started_ns = twc_reactor_now(r);
	v->at = hops->n - 1;
	first.host = v->hops.hop[v->at].host;
	first.port = v->hops.hop[v->at].port;
	first.timeout_ns = v->timeout_ns;
	v->inner = twc_dial(r, &first);
	twc_deferred_add_both(v->inner, on_dialled, v);
	return result;
}

static void on_straight(struct twc_result *res, void *arg)
{
	(void)arg;
	twc_result_set(res, twc__conn_new(twc_result_take(res)), twc__conn_free);
}

static struct twc_deferred *dial_straight(struct twc_reactor *r, const struct twc_dial_opts *o)
{
	struct twc_deferred *d = twc_dial(r, o);

	twc_deferred_add(d, on_straight, NULL, NULL);
	return d;
}

struct twc_deferred *twc__via_dial(const struct twc__args *a, struct twc_reactor *r, const struct twc_dial_opts *o)
{
	const struct twc__value *via = twc__args_get(a, "via");
	struct twc__hops hops = { 0 };
	struct twc_err err = { 0 };
	int rc;

	if (!via)
		return dial_straight(r, o);
	if (twc__via_is_env(a))
		rc = twc__hops_from_env(&hops, o->host, &err);
	else
		rc = twc__hops_parse(&hops, via->text, via->column, false, &err);
	if (rc == 0)
		rc = twc__hops_log_in(&hops, &err);
	if (rc == 0)
		return hops.n ? via_start(r, o, &hops) : dial_straight(r, o);
	twc__hops_fini(&hops);
	return twc_deferred_failed(r, &err);
}
