/* SPDX-License-Identifier: MIT */
/*
 * The pool of a client's connections. An origin is one place to connect to, under one name: scheme, host and port of the URL,
 * and the endpoint that stands in for them, if any. It keeps the endpoint, whose TLS sessions are resumed then.
 *
 * Who waits is served in order. There are as many dials under way as somebody waits for, and connections in all no more
 * than the limit; a dial that fails is the failure of whoever has waited longest.
 */
#include "app/http/pool.h"

#include <twc/parse.h>

#include "base/banned.h"

#define IDLE_NS (30 * TWC_NS_PER_S)
#define IDLE_MAX 100
#define ORIGINS_MAX 1000 /* beyond that, those that nobody uses are forgotten */

struct dial {
	struct twc__list link;
	struct twc__http_origin *origin;
	struct twc_deferred *d;
	struct twc_dial_times stages;
	uint64_t began_ns;
};

struct twc__http_origin {
	struct twc__list link;
	struct twc__http_pool *pool;
	struct twc_factory factory;
	char *text;		      /* of the endpoint; what it is known by, too */
	struct twc_endpoint *endpoint; /* owned */
	struct twc__list waiters, dials, idle, busy;
	unsigned n_waiters, n_dials, n_conns;
};

struct twc__http_pool {
	struct twc_reactor *r;
	struct twc__list origins, by_age;
	unsigned n_origins, n_idle, max_idle, max_per_host;
	uint64_t idle_ns, last_number;
	char *tls, *keys; /* may be NULL */
	struct twc_timer timer;
	bool is_going;
};

static void origin_serve(struct twc__http_origin *o);

/* ---- where a URL leads ---- */

static char *join_keys(char *text, const char *keys)
{
	char *both;

	if (!keys || !*keys)
		return text;
	both = twc_asprintf("%s:%s", text, keys);
	twc_free(text);
	return both;
}

static bool is_tls_endpoint(const char *text)
{
	return strncmp(text, "tls:", 4) == 0;
}

/* HTTP/1.1 is what we speak, unless the user has said what to offer. */
static char *join_tls(char *text, const char *tls)
{
	text = join_keys(text, tls);
	return tls && strstr(tls, "alpn=") ? text : join_keys(text, "alpn=http/1.1");
}

static char *endpoint_text(const struct twc__http_pool *p, const struct twc_url *url, const char *via)
{
	char *host = twc_endpoint_quote(url->dial), *text;
	unsigned port = twc_url_port(url);

	if (!twc_url_is_secure(url))
		text = via ? twc_strdup(via) : join_keys(twc_asprintf("tcp:%s:%u", host, port), p->keys);
	else if (!via)
		text = join_tls(join_keys(twc_asprintf("tls:%s:%u", host, port), p->keys), p->tls);
	else if (!is_tls_endpoint(via))
		text = join_tls(twc_asprintf("tls:%s:%u:endpoint=[%s]", host, port, via), p->tls);
	else if (strstr(via, "servername="))
		text = join_tls(twc_strdup(via), p->tls);
	else
		text = join_tls(twc_asprintf("%s:servername=%s", via, host), p->tls);
	twc_free(host);
	return text;
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
	twc_free(o);
}

static bool is_unused(const struct twc__http_origin *o)
{
	return o->n_waiters == 0 && o->n_dials == 0 && o->n_conns == 0;
}

static void prune(struct twc__http_pool *p)
{
	struct twc__list *n = p->origins.prev;

	while (p->n_origins >= ORIGINS_MAX && n != &p->origins) {
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

/* The one in use last is found first. */
static struct twc__http_origin *origin_find(struct twc__http_pool *p, const struct twc_url *url, const char *via,
					    struct twc_err *err)
{
	char *text = endpoint_text(p, url, via);

	for (struct twc__list *n = p->origins.next; n != &p->origins; n = n->next) {
		struct twc__http_origin *o = TWC_CONTAINER_OF(n, struct twc__http_origin, link);

		if (strcmp(o->text, text) != 0)
			continue;
		twc__list_remove(&o->link);
		twc__list_add_head(&p->origins, &o->link);
		twc_free_secret(text, strlen(text));
		return o;
	}
	return origin_new(p, text, err);
}

/* ---- connections ---- */

static void set_busy(struct twc__http_pooled *c)
{
	if (twc__list_is_linked(&c->age)) {
		twc__list_remove(&c->age);
		c->origin->pool->n_idle--;
	}
	twc__list_remove(&c->link);
	twc__list_add_tail(&c->origin->busy, &c->link);
}

static void on_old(struct twc_timer *t, void *arg);

static void set_timer(struct twc__http_pool *p)
{
	struct twc__http_pooled *c;
	uint64_t due, now = twc_reactor_now(p->r);

	if (twc__list_is_empty(&p->by_age)) {
		twc_timer_stop(p->r, &p->timer);
		return;
	}
	c = TWC_CONTAINER_OF(p->by_age.next, struct twc__http_pooled, age);
	due = c->free_since_ns + p->idle_ns;
	if (!twc_timer_is_active(&p->timer))
		twc_timer_start(p->r, &p->timer, due > now ? due - now : 0, on_old, p);
}

static void close_oldest(struct twc__http_pool *p)
{
	struct twc__http_pooled *c = TWC_CONTAINER_OF(p->by_age.next, struct twc__http_pooled, age);
	struct twc__http_client_conn *conn = c->conn;

	set_busy(c);
	c->origin->n_conns--;
	twc__list_remove(&c->link);
	twc_free(c);
	twc__http_client_conn_disown(conn);
}

static void on_old(struct twc_timer *t, void *arg)
{
	struct twc__http_pool *p = arg;
	uint64_t now = twc_reactor_now(p->r);

	(void)t;
	while (!twc__list_is_empty(&p->by_age)) {
		struct twc__http_pooled *c = TWC_CONTAINER_OF(p->by_age.next, struct twc__http_pooled, age);

		if (c->free_since_ns + p->idle_ns > now)
			break;
		close_oldest(p);
	}
	set_timer(p);
}

static void set_idle(struct twc__http_pooled *c)
{
	struct twc__http_pool *p = c->origin->pool;

	twc__list_remove(&c->link);
	twc__list_add_head(&c->origin->idle, &c->link);
	twc__list_add_tail(&p->by_age, &c->age);
	c->free_since_ns = twc_reactor_now(p->r);
	if (++p->n_idle > p->max_idle)
		close_oldest(p);
	set_timer(p);
}

static void on_conn_free(void *arg, struct twc__http_client_conn *conn)
{
	struct twc__http_pooled *c = arg;
	struct twc__http_origin *o = c->origin;

	if (c->is_single && twc__http_client_conn_turns(conn) > 0) {
		o->n_conns--;
		twc__list_remove(&c->link);
		twc_free(c);
		twc__http_client_conn_disown(conn);
	} else {
		set_idle(c);
	}
	origin_serve(o);
}

static void on_conn_gone(void *arg, struct twc__http_client_conn *conn)
{
	struct twc__http_pooled *c = arg;
	struct twc__http_origin *o = c->origin;

	(void)conn;
	set_busy(c);
	twc__list_remove(&c->link);
	o->n_conns--;
	twc_free(c);
	origin_serve(o);
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
	c->conn = twc__http_client_conn_new(o->pool->r, &conn_ops, c);
	twc__list_init(&c->age);
	twc__list_init(&c->link);
	twc__list_add_tail(&o->busy, &c->link);
	o->n_conns++;
	/* Nothing is kept of which dial this is: it is the one that has begun first, of those that end about now. */
	if (!twc__list_is_empty(&o->dials)) {
		struct dial *dial = TWC_CONTAINER_OF(o->dials.next, struct dial, link);

		c->dial_ns = dial->began_ns;
		c->stages = dial->stages;
	}
	c->connected_ns = twc_reactor_now(o->pool->r);
	return twc__http_client_conn_protocol(c->conn);
}

/* ---- dials ---- */

static void waiter_drop(struct twc__http_waiter *w)
{
	twc__list_remove(&w->link);
	w->origin->n_waiters--;
	w->origin = NULL;
}

static void dial_end(struct dial *dial)
{
	twc__list_remove(&dial->link);
	dial->origin->n_dials--;
	twc_free(dial);
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct dial *dial = arg;
	struct twc__http_origin *o = dial->origin;
	struct twc_err err = res->err;
	struct twc__http_waiter *w;

	dial_end(dial);
	twc_result_set(res, NULL, NULL);
	if (err.code != 0 && err.code != TWC_ECANCELLED && o->n_waiters > 0) {
		w = TWC_CONTAINER_OF(o->waiters.next, struct twc__http_waiter, link);
		waiter_drop(w);
		w->failed(w, &err);
	}
	if (!o->pool->is_going)
		origin_serve(o);
}

static void origin_dial(struct twc__http_origin *o)
{
	struct dial *dial = twc_calloc(1, sizeof(*dial));
	struct twc_deferred *d;

	dial->origin = o;
	dial->began_ns = twc_reactor_now(o->pool->r);
	twc__list_add_tail(&o->dials, &dial->link);
	o->n_dials++;
	d = twc_endpoint_connect_timed(o->endpoint, o->pool->r, &o->factory, &dial->stages);
	dial->d = d;
	twc_deferred_add_both(d, on_dialled, dial);
	twc_deferred_release(d);
}

static unsigned max_conns(const struct twc__http_origin *o)
{
	return o->pool->max_per_host > 0 ? o->pool->max_per_host : UINT32_MAX;
}

/* Gives what is free to those who wait. */
static bool serve_one(struct twc__http_origin *o)
{
	for (struct twc__list *n = o->waiters.next; n != &o->waiters; n = n->next) {
		struct twc__http_waiter *w = TWC_CONTAINER_OF(n, struct twc__http_waiter, link);

		for (struct twc__list *m = o->idle.next; m != &o->idle; m = m->next) {
			struct twc__http_pooled *c = TWC_CONTAINER_OF(m, struct twc__http_pooled, link);

			if (w->is_fresh && twc__http_client_conn_turns(c->conn) > 0)
				continue;
			c->is_single = w->is_fresh;
			set_busy(c);
			waiter_drop(w);
			w->ready(w, c);
			return true;
		}
	}
	return false;
}

static void origin_serve(struct twc__http_origin *o)
{
	while (serve_one(o))
		;
	while (o->n_waiters > o->n_dials && o->n_dials + o->n_conns < max_conns(o))
		origin_dial(o);
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
	p->keys = o->keys ? twc_strdup(o->keys) : NULL;
	twc__list_init(&p->origins);
	twc__list_init(&p->by_age);
	return p;
}

static void origin_close(struct twc__http_origin *o)
{
	while (!twc__list_is_empty(&o->dials))
		twc_deferred_cancel(TWC_CONTAINER_OF(o->dials.next, struct dial, link)->d);
	while (!twc__list_is_empty(&o->busy)) {
		struct twc__http_pooled *c = TWC_CONTAINER_OF(o->busy.next, struct twc__http_pooled, link);

		twc__list_remove(&c->link);
		twc__http_client_conn_disown(c->conn);
		twc_free(c);
	}
	o->n_conns = 0;
}

void twc__http_pool_free(struct twc__http_pool *p)
{
	p->is_going = true;
	twc__http_pool_close_idle(p);
	while (!twc__list_is_empty(&p->origins)) {
		struct twc__http_origin *o = TWC_CONTAINER_OF(p->origins.next, struct twc__http_origin, link);

		origin_close(o);
		origin_free(o);
	}
	twc_timer_stop(p->r, &p->timer);
	if (p->tls)
		twc_free_secret(p->tls, strlen(p->tls));
	if (p->keys)
		twc_free_secret(p->keys, strlen(p->keys));
	twc_free(p);
}

int twc__http_pool_get(struct twc__http_pool *p, const struct twc_url *url, const char *via, struct twc__http_waiter *w,
		       struct twc_err *err)
{
	struct twc__http_origin *o = origin_find(p, url, via, err);

	if (!o)
		return TWC_EUSAGE;
	twc__list_init(&w->link);
	twc__list_add_tail(&o->waiters, &w->link);
	w->origin = o;
	o->n_waiters++;
	origin_serve(o);
	return 0;
}

void twc__http_pool_forget(struct twc__http_waiter *w)
{
	struct twc__http_origin *o = w->origin;

	if (!o)
		return;
	waiter_drop(w);
	if (o->n_dials > o->n_waiters)
		twc_deferred_cancel(TWC_CONTAINER_OF(o->dials.prev, struct dial, link)->d);
}

void twc__http_pool_close_idle(struct twc__http_pool *p)
{
	while (!twc__list_is_empty(&p->by_age))
		close_oldest(p);
}
