/* SPDX-License-Identifier: MIT */
/*
 * The way through proxies: the last hop is dialled, then each is asked in turn for the next, and the result is a
 * connected descriptor as twc_dial gives one.
 *
 *     dial hop[n-1] -> ask hop[n-1] for hop[n-2] -> … -> ask hop[0] for the target -> descriptor
 *                      (a lookup before, where names are looked up here)
 *
 * Answers are looked at in the kernel's buffer and only taken as far as they go (MSG_PEEK): what the target said in the
 * same segment is still in the socket, which a transport then takes as any other, with all that the kernel can do.
 *
 * Invariants: one operation at a time, dial, lookup or exchange; via_end stops it and everything that could call back
 * before the deferred fires, once. After a call that may end (on_*, via_*, hop_*) nothing here touches the struct.
 */
#include "endpoint/via.h"
#include <errno.h>
#include <sys/socket.h>
#include "base/banned.h"

#define VIA_TIMEOUT_NS (30 * TWC_NS_PER_S)
#define PEEK_MAX 4096 /* an answer is rarely longer; one that is comes in pieces */

struct via {
	struct twc_reactor *r;
	struct twc_deferred *result;
	struct twc__hops hops;
	char *host; /* the target; owned */
	uint16_t port;
	int family; /* of names that are looked up here */
	uint64_t timeout_ns, started_ns;
	struct twc_deferred *inner; /* the dial or a lookup, our hold as its consumer; NULL: none */
	struct twc_dialled *conn;   /* owned; NULL: not there yet */
	size_t at;		    /* the hop that is dialled or asked */
	int lookup_family;
	struct twc__tunnel_ask ask;
	struct twc__tunnel tunnel;
	bool is_asking; /* `tunnel` is alive */
	bool is_over;
	struct twc_watch watch;
	struct twc_timer deadline;
};

static void hop_go(struct via *v);

/* ---- the end ---- */

static void tunnel_close(struct via *v)
{
	if (!v->is_asking)
		return;
	twc_watch_stop(v->r, &v->watch);
	twc__tunnel_fini(&v->tunnel);
	v->is_asking = false;
}

/* Frees everything but the connection that was reached, if `conn` asks for it; the caller fires what this returns. */
static struct twc_deferred *via_end(struct via *v, struct twc_dialled **conn)
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
		twc_dialled_free(v->conn);
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

static void via_broke(struct via *v, int sys)
{
	struct twc_err err = { 0 };

	twc_err_sys(&err, sys == ETIMEDOUT ? TWC_ETIMEDOUT : TWC_ERESET, sys, NULL,
		    "broke the connection off before it answered %s", twc__tunnel_waiting(&v->tunnel));
	via_fail(v, &err, " ");
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
	struct twc_dialled *conn;
	struct twc_deferred *result;

	tunnel_close(v);
	if (v->at > 0) {
		v->at--;
		hop_go(v);
		return;
	}
	result = via_end(v, &conn);
	twc_deferred_fire(result, conn, twc_dialled_free);
}

/* Sends what is to be sent, as far as the kernel takes it. */
static void exchange_send(struct via *v)
{
	struct twc_buf *out = &v->tunnel.out;

	while (twc_buf_len(out) > 0) {
		ssize_t n = send(v->conn->fd, twc_buf_head(out), twc_buf_len(out), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			via_broke(v, errno);
			return;
		}
		twc_buf_consume(out, (size_t)n);
	}
	twc_watch_set(v->r, &v->watch, twc_buf_len(out) > 0 ? TWC_WRITE : TWC_READ);
}

/* Takes what has come, as far as it is an answer; more of it makes the socket readable again. */
static void exchange_receive(struct via *v)
{
	uint8_t buf[PEEK_MAX];
	struct twc_err err = { 0 };
	size_t used = 0;
	ssize_t n = recv(v->conn->fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);
	int rc;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		via_broke(v, errno);
		return;
	}
	rc = n > 0 ? twc__tunnel_feed(&v->tunnel, buf, (size_t)n, &used, &err) : twc__tunnel_end(&v->tunnel, &err);
	if (rc < 0) {
		via_fail(v, &err, " ");
		return;
	}
	if (used > 0 && recv(v->conn->fd, buf, used, MSG_DONTWAIT) != (ssize_t)used) {
		via_broke(v, ECONNRESET);
		return;
	}
	if (rc == TWC__TUNNEL_OPEN)
		hop_done(v);
	else
		exchange_send(v);
}

static void on_ready(struct twc_watch *w, unsigned ready)
{
	struct via *v = TWC_CONTAINER_OF(w, struct via, watch);

	(void)ready;
	if (twc_buf_len(&v->tunnel.out) > 0)
		exchange_send(v);
	else
		exchange_receive(v);
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
	if (twc__tunnel_init(&v->tunnel, &v->ask, &err) ||
	    twc_watch_start(v->r, &v->watch, v->conn->fd, TWC_READ, on_ready, &err)) {
		via_fail(v, &err, ": ");
		return;
	}
	exchange_send(v);
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
	v->conn = conn;
	spent = twc_reactor_now(v->r) - v->started_ns;
	twc_timer_start(v->r, &v->deadline, spent < v->timeout_ns ? v->timeout_ns - spent : 0, on_deadline, v);
	hop_go(v);
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

struct twc_deferred *twc__via_dial(const struct twc__args *a, struct twc_reactor *r, const struct twc_dial_opts *o)
{
	const struct twc__value *via = twc__args_get(a, "via");
	struct twc__hops hops = { 0 };
	struct twc_err err = { 0 };
	int rc;

	if (!via)
		return twc_dial(r, o);
	if (twc__via_is_env(a))
		rc = twc__hops_from_env(&hops, o->host, &err);
	else
		rc = twc__hops_parse(&hops, via->text, via->column, false, &err);
	if (rc == 0)
		rc = twc__hops_log_in(&hops, &err);
	if (rc == 0)
		return hops.n ? via_start(r, o, &hops) : twc_dial(r, o);
	twc__hops_fini(&hops);
	return twc_deferred_failed(r, &err);
}
