/* SPDX-License-Identifier: MIT */
/*
 * The pool of a client's connections. An origin is one place to connect to, under one name: scheme, host and port of the URL,
 * and the endpoint that stands in for them, if any. It keeps the endpoint, whose TLS sessions are resumed then.
 *
 * Who waits is served in order. There are as many dials under way as somebody waits for, and connections in all no more
 * than the limit; a dial that fails is the failure of whoever has waited longest. Where HTTP/2 may be spoken, or is, one dial at a
 * time is enough for all who wait: what it brings may have room for them.
 */
#include "app/http/pool_priv.h"
#include "app/http/where.h"

#include <twc/parse.h>

#include "base/banned.h"

#define IDLE_NS (30 * TWC_NS_PER_S)
#define IDLE_MAX 100
#define ORIGINS_MAX 1000 /* beyond that, those that nobody uses are forgotten */

static void free_secret(char *s)
{
	if (s)
		twc_free_secret(s, strlen(s));
}

/* ---- origins ---- */

static struct twc_protocol *origin_build(struct twc_factory *f, const struct twc_addr *peer);

static const struct twc_factory_ops origin_factory_ops = {
	.name = "http",
	.build = origin_build,
};

static void origin_free(struct twc__http_origin *o)
{
	twc__list_remove(&o->link);
	o->pool->n_origins--;
	twc_endpoint_free(o->endpoint);
	twc_free_secret(o->text, strlen(o->text));
	twc_free(o->dial);
	free_secret(o->via);
	twc_free(o);
}

static bool is_unused(const struct twc__http_origin *o)
{
	return o->n_waiters == 0 && o->n_dials == 0 && o->n_conns == 0;
}

/* Not while one of them may be at work further up the stack. */
static void prune(struct twc__http_pool *p)
{
	struct twc__list *n = p->origins.prev;

	while (p->depth == 0 && p->n_origins >= ORIGINS_MAX && n != &p->origins) {
		struct twc__http_origin *o = TWC_CONTAINER_OF(n, struct twc__http_origin, link);

		n = n->prev;
		if (is_unused(o))
			origin_free(o);
	}
}

static struct twc__http_origin *origin_new(struct twc__http_pool *p, char *text, struct twc_err *err)
{
	struct twc_endpoint *e = twc_endpoint_parse(text, TWC_CONNECT, err);
	struct twc__http_origin *o;

	if (e && p->ip_version && twc_endpoint_restrict(e, p->ip_version, err) < 0) {
		twc_endpoint_free(e);
		e = NULL;
	}
	if (!e) {
		twc_free_secret(text, strlen(text));
		return NULL;
	}
	prune(p);
	o = twc_calloc(1, sizeof(*o));
	o->pool = p;
	o->factory.ops = &origin_factory_ops;
	o->text = text;
	o->endpoint = e;
	twc__list_init(&o->waiters);
	twc__list_init(&o->dials);
	twc__list_init(&o->idle);
	twc__list_init(&o->busy);
	twc__list_add_head(&p->origins, &o->link);
	p->n_origins++;
	return o;
}

/* The text of an endpoint is dear to write, and most requests go where the one before them went. */
static bool is_led_to(const struct twc__http_origin *o, const struct twc_url *url, const char *via, const struct twc__http_waiter *w)
{
	return o->dial && (via ? o->via && strcmp(o->via, via) == 0 : !o->via) && o->port == twc_url_port(url) && o->is_secure == twc_url_is_secure(url) &&
	       o->is_anonymous == w->is_anonymous && o->is_http1 == w->is_http1 && twc_str_is(url->dial, o->dial);
}

static struct twc__http_origin *note_way(struct twc__http_origin *o, const struct twc_url *url, const char *via,
					 const struct twc__http_waiter *w)
{
	if (!o || o->dial)
		return o;
	o->dial = twc_str_dup(url->dial);
	o->via = via ? twc_strdup(via) : NULL;
	o->port = twc_url_port(url);
	o->is_secure = twc_url_is_secure(url);
	o->is_anonymous = w->is_anonymous;
	return o;
}

static struct twc__http_origin *first_origin(struct twc__http_pool *p)
{
	return twc__list_is_empty(&p->origins) ? NULL : TWC_CONTAINER_OF(p->origins.next, struct twc__http_origin, link);
}

/* The keys of TLS with what is offered (RFC 7301), unless the user has said that. The caller frees it as a secret. */
static char *offer(const struct twc__http_pool *p, const char *tls, int version)
{
	const char *alpn = version == 11 ? "http/1.1" : version == 20 ? "h2" : "h2,http/1.1";

	if (p->no_alpn || (tls && strstr(tls, "alpn=")))
		return tls ? twc_strdup(tls) : NULL;
	return tls && *tls ? twc_asprintf("%s:alpn=%s", tls, alpn) : twc_asprintf("alpn=%s", alpn);
}

static char *origin_text(const struct twc__http_pool *p, const struct twc_url *url, const char *via,
			 const struct twc__http_waiter *w)
{
	char *tls = offer(p, w->is_anonymous ? p->anonymous_tls : p->tls, w->is_http1 ? 11 : p->version);
	char *text = twc__http_where(url, via, p->keys, tls);

	free_secret(tls);
	return text;
}

/* The one in use last is found first. */
static struct twc__http_origin *origin_find(struct twc__http_pool *p, const struct twc_url *url, const char *via,
					    const struct twc__http_waiter *w, struct twc_err *err)
{
	struct twc__http_origin *latest = first_origin(p);
	char *text;

	if (latest && is_led_to(latest, url, via, w))
		return latest;
	text = origin_text(p, url, via, w);
	for (struct twc__list *n = p->origins.next; n != &p->origins; n = n->next) {
		struct twc__http_origin *o = TWC_CONTAINER_OF(n, struct twc__http_origin, link);

		if (strcmp(o->text, text) != 0 || o->is_http1 != w->is_http1)
			continue;
		twc__list_remove(&o->link);
		twc__list_add_head(&p->origins, &o->link);
		twc_free_secret(text, strlen(text));
		return note_way(o, url, via, w);
	}
	latest = origin_new(p, text, err);
	if (latest)
		latest->is_http1 = w->is_http1;
	return note_way(latest, url, via, w);
}

/* ---- connections ---- */

/* Those who wait are served later: whose turn has ended is to hear of it first. */
static void kick(struct twc__http_origin *o);

static void conn_forget(struct twc__http_pooled *c)
{
	twc__http_pooled_busy(c);
	twc__list_remove(&c->link);
	c->origin->n_conns--;
	kick(c->origin);
	twc_free(c);
}

static void on_conn_free(void *arg, struct twc__http_client_conn *conn)
{
	struct twc__http_pooled *c = arg;

	if (c->is_single && twc__http_client_conn_running(conn) > 0)
		return;
	if (c->is_single && twc__http_client_conn_turns(conn) > 0) {
		conn_forget(c);
		twc__http_client_conn_disown(conn);
		return;
	}
	kick(c->origin);
	if (twc__http_client_conn_running(conn) > 0)
		twc__http_pooled_offer(c);
	else
		twc__http_pooled_keep(c);
}

static void on_conn_gone(void *arg, struct twc__http_client_conn *conn)
{
	(void)conn;
	conn_forget(arg);
}

static const struct twc__http_client_conn_ops conn_ops = {
	.free = on_conn_free,
	.gone = on_conn_gone,
};

static struct twc_protocol *origin_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc__http_origin *o = TWC_CONTAINER_OF(f, struct twc__http_origin, factory);
	struct twc__http_pooled *c = twc_calloc(1, sizeof(*c));

	(void)peer;
	c->origin = o;
	c->number = ++o->pool->last_number;
	c->conn = twc__http_client_conn_new(o->pool->r, o->is_http1 ? 11 : o->pool->version, &conn_ops, c);
	twc__list_init(&c->age);
	twc__list_init(&c->link);
	twc__list_add_tail(&o->busy, &c->link);
	o->n_conns++;
	return twc__http_client_conn_protocol(c->conn);
}

/* ---- those who wait ---- */

void twc__http_waiter_drop(struct twc__http_waiter *w)
{
	twc__list_remove(&w->link);
	w->origin->n_waiters--;
	w->origin = NULL;
}

static void pool_destroy(struct twc__http_pool *p);

void twc__http_pool_enter(struct twc__http_pool *p)
{
	p->depth++;
}

bool twc__http_pool_leave(struct twc__http_pool *p)
{
	p->depth--;
	if (p->is_going && p->depth == 0) {
		pool_destroy(p);
		return false;
	}
	return !p->is_going;
}

/* With HTTP/2 it stays where the next will find it, as long as it has room. */
static void give(struct twc__http_pooled *c, struct twc__http_waiter *w)
{
	unsigned room = twc__http_client_conn_room(c->conn);

	c->is_single = w->is_fresh;
	twc__http_pooled_busy(c);
	if (room > 1 && !c->is_single)
		twc__http_pooled_offer(c);
	twc__http_waiter_drop(w);
	w->ready(w, c);
}

/* Gives one that has room to the one who has waited longest, of those whom it suits. */
static bool serve_one(struct twc__http_origin *o)
{
	TWC__LIST_FOR(n, &o->waiters) {
		struct twc__http_waiter *w = TWC_CONTAINER_OF(n, struct twc__http_waiter, link);

		TWC__LIST_FOR(m, &o->idle) {
			struct twc__http_pooled *c = TWC_CONTAINER_OF(m, struct twc__http_pooled, link);

			if (!twc__http_client_conn_is_free(c->conn) ||
			    (w->is_fresh && twc__http_client_conn_turns(c->conn) > 0))
				continue;
			give(c, w);
			return true;
		}
	}
	return false;
}

static unsigned max_conns(const struct twc__http_origin *o)
{
	return o->pool->max_per_host > 0 ? o->pool->max_per_host : UINT32_MAX;
}

bool twc__http_origin_may_share(const struct twc__http_origin *o)
{
	if (o->is_http1 || o->version == 11 || o->pool->version == 11)
		return false;
	return o->version == 20 || o->pool->version == 20 || strstr(o->text, "alpn=h2");
}

/* How many dials those who wait can make use of. */
static unsigned dials_wanted(const struct twc__http_origin *o)
{
	unsigned fresh = 0;

	if (o->n_waiters <= 1 || !twc__http_origin_may_share(o))
		return o->n_waiters;
	TWC__LIST_FOR(n, &o->waiters)
		fresh += TWC_CONTAINER_OF(n, struct twc__http_waiter, link)->is_fresh;
	return fresh < o->n_waiters ? fresh + 1 : fresh;
}

/* A connection that is kept for nobody must not stand in the way of one that has to be new. */
static void make_room(struct twc__http_origin *o)
{
	for (struct twc__list *n = o->idle.prev; n != &o->idle; n = n->prev) {
		struct twc__http_pooled *c = TWC_CONTAINER_OF(n, struct twc__http_pooled, link);

		if (o->n_waiters <= o->n_dials || o->n_dials + o->n_conns < max_conns(o))
			return;
		if (twc__http_client_conn_running(c->conn) > 0)
			continue;
		twc__http_pooled_close(c);
		return;
	}
}

void twc__http_origin_serve(struct twc__http_origin *o)
{
	struct twc__http_pool *p = o->pool;

	twc__http_pool_enter(p);
	while (!p->is_going && serve_one(o))
		;
	if (!p->is_going)
		make_room(o);
	while (!p->is_going && dials_wanted(o) > o->n_dials && o->n_dials + o->n_conns < max_conns(o))
		twc__http_origin_dial(o);
	twc__http_pool_leave(p);
}

static struct twc__http_origin *first_due(struct twc__http_pool *p)
{
	TWC__LIST_FOR(n, &p->origins) {
		struct twc__http_origin *o = TWC_CONTAINER_OF(n, struct twc__http_origin, link);

		if (o->is_due)
			return o;
	}
	return NULL;
}

static void on_kick(struct twc_timer *t, void *arg)
{
	struct twc__http_pool *p = arg;
	struct twc__http_origin *o;

	(void)t;
	twc__http_pool_enter(p);
	while (!p->is_going && (o = first_due(p))) {
		o->is_due = false;
		twc__http_origin_serve(o);
	}
	twc__http_pool_leave(p);
}

static void kick(struct twc__http_origin *o)
{
	if (o->n_waiters == 0 || o->pool->is_going || o->is_due)
		return;
	o->is_due = true;
	twc_timer_start(o->pool->r, &o->pool->kick, 0, on_kick, o->pool);
}

/* ---- what the client calls ---- */

struct twc__http_pool *twc__http_pool_new(struct twc_reactor *r, const struct twc_http_client_opts *o)
{
	struct twc__http_pool *p = twc_calloc(1, sizeof(*p));

	p->r = r;
	p->max_idle = o->max_idle > 0 ? o->max_idle : IDLE_MAX;
	p->max_per_host = o->max_per_host;
	p->idle_ns = o->idle_ns > 0 ? o->idle_ns : IDLE_NS;
	p->tls = o->tls ? twc_strdup(o->tls) : NULL;
	p->anonymous_tls = o->tls ? twc__http_without_certificate(o->tls) : NULL;
	p->version = o->version;
	p->no_alpn = o->no_alpn;
	p->ip_version = o->ip_version;
	p->keys = o->keys ? twc_strdup(o->keys) : NULL;
	twc__list_init(&p->origins);
	twc__list_init(&p->by_age);
	return p;
}

static void origin_close(struct twc__http_origin *o)
{
	while (!twc__list_is_empty(&o->dials))
		twc__http_origin_undial(o);
	while (!twc__list_is_empty(&o->busy)) {
		struct twc__http_pooled *c = TWC_CONTAINER_OF(o->busy.next, struct twc__http_pooled, link);

		twc__list_remove(&c->link);
		o->n_conns--;
		twc__http_client_conn_disown(c->conn);
		twc_free(c);
	}
}

static void pool_destroy(struct twc__http_pool *p)
{
	while (!twc__list_is_empty(&p->origins))
		origin_free(TWC_CONTAINER_OF(p->origins.next, struct twc__http_origin, link));
	twc_timer_stop(p->r, &p->timer);
	twc_timer_stop(p->r, &p->kick);
	free_secret(p->tls);
	free_secret(p->anonymous_tls);
	free_secret(p->keys);
	twc_free(p);
}

void twc__http_pool_free(struct twc__http_pool *p)
{
	twc__http_pool_enter(p);
	p->is_going = true;
	twc__http_pool_close_idle(p);
	TWC__LIST_FOR(n, &p->origins)
		origin_close(TWC_CONTAINER_OF(n, struct twc__http_origin, link));
	twc__http_pool_leave(p);
}

int twc__http_pool_get(struct twc__http_pool *p, const struct twc_url *url, const char *via, struct twc__http_waiter *w,
		       struct twc_err *err)
{
	struct twc__http_origin *o = origin_find(p, url, via, w, err);

	if (!o)
		return TWC_EUSAGE;
	twc__list_init(&w->link);
	twc__list_add_tail(&o->waiters, &w->link);
	w->origin = o;
	o->n_waiters++;
	twc__http_origin_serve(o);
	return 0;
}

void twc__http_pool_forget(struct twc__http_waiter *w)
{
	struct twc__http_origin *o = w->origin;

	if (!o)
		return;
	twc__http_waiter_drop(w);
	if (o->n_dials <= dials_wanted(o))
		return;
	w->dialled = twc__http_origin_undial(o);
}
