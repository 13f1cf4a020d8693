/* SPDX-License-Identifier: MIT */
/*
 * Who is connected: counts the connections of a factory, tells its owner about each, and logs them. Stands between
 * a port and the service's factory.
 *
 * A wrapper around every protocol would cost memory per connection and a call per event. Instead the census keeps one
 * copy of the protocols' table with its own made() and lost(), and lets each new protocol point there; lost() puts the
 * original back before it passes on. A protocol that is replaced gets its table back, too, and its successor is given
 * the stand-in: one end follows each beginning. A policy around the protocol is a protocol like any other, and what is
 * replaced inside of it does not matter here. Only datagram sessions, connections of messages, and all while the log is on,
 * have an entry.
 */
#include "app/tls_report.h"
#include "transport/transport_int.h"

#include <twc/app.h>
#include <twc/log.h>

#include <stdio.h>

#include "base/banned.h"

/* The altered table; its address leads back to the census. */
struct census_table {
	struct twc_protocol_ops ops;
	const struct twc_protocol_ops *original; /* borrowed: constant */
	struct twc_census *census;		 /* borrowed: the owner */
	struct census_table *next;
};

/* What the closing line wants to know; sorted by id. */
struct census_entry {
	uint64_t id;
	uint64_t opened_ns;
	struct twc_transport *t; /* borrowed; NULL: closed */
	char *peer;		 /* owned; NULL: nothing is logged */
};

struct twc_census {
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc_factory *inner; /* borrowed */
	struct twc_census_ops ops;
	void *arg;
	struct census_table *tables; /* owned; one per kind of protocol */
	struct census_entry *entry;  /* owned */
	size_t n, cap, n_closed;
	size_t n_open;
	uint64_t total;
	uint64_t bytes_in, bytes_out; /* of those that have ended */
};

/* ---- entries ---- */

static void census_log_tls(struct twc_census *c, const struct census_entry *e)
{
	struct twc_tls_report *tls = twc_tls_report_new(e->t);
	char id[24];

	snprintf(id, sizeof(id), "#%llu", (unsigned long long)e->id);
	twc__tls_report_log(tls, c->r, id);
	twc_tls_report_free(tls);
}

/* Has to be told when we go. */
static bool is_session(const struct twc_transport *t)
{
	return twc_transport_is_datagram(t) || twc__transport_has_records(t);
}

/* In order of the ids, which is not that of the handshakes' ends. There is room. */
static struct census_entry *census_place(struct twc_census *c, uint64_t id)
{
	size_t i = c->n++;

	for (; i > 0 && c->entry[i - 1].id > id; i--)
		c->entry[i] = c->entry[i - 1];
	c->entry[i] = (struct census_entry){ .id = id };
	return &c->entry[i];
}

static void census_add(struct twc_census *c, struct twc_transport *t)
{
	bool is_logged = twc_log_is_on(twc_reactor_log(c->r), TWC_LOG_app, TWC_LOG_INFO);
	char peer[TWC_ADDR_TEXT_MAX];
	struct census_entry *e;

	if (!is_logged && !is_session(t))
		return;
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->entry = twc_realloc(c->entry, c->cap * sizeof(*c->entry));
	}
	e = census_place(c, twc_transport_id(t));
	e->opened_ns = twc_reactor_now(c->r);
	e->t = t;
	e->peer = is_logged ? twc_strdup(twc_transport_peer_text(t, peer, sizeof(peer))) : NULL;
	if (!is_logged)
		return;
	twc_log(twc_reactor_log(c->r), app, INFO, "#%llu opened %s", (unsigned long long)e->id, e->peer);
	census_log_tls(c, e);
}

static struct census_entry *census_find(struct twc_census *c, uint64_t id)
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->entry[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n && c->entry[lo].id == id ? &c->entry[lo] : NULL;
}

/* Closed entries keep their id for the search until half of all are closed. */
static void census_compact(struct twc_census *c)
{
	size_t kept = 0;

	if (c->n_closed * 2 < c->n)
		return;
	for (size_t i = 0; i < c->n; i++) {
		if (c->entry[i].t)
			c->entry[kept++] = c->entry[i];
	}
	c->n = kept;
	c->n_closed = 0;
}

static void census_log_end(struct twc_census *c, const struct census_entry *e, const struct twc_err *reason)
{
	const struct twc_transport *t = e->t;
	uint64_t ms = (twc_reactor_now(c->r) - e->opened_ns) / 1000000;

	twc_log(twc_reactor_log(c->r), app, INFO, "#%llu closed %s: %llu bytes in, %llu out, %llu.%03llus%s%s",
		(unsigned long long)e->id, e->peer, (unsigned long long)twc_transport_bytes_in(t),
		(unsigned long long)twc_transport_bytes_out(t), (unsigned long long)(ms / 1000),
		(unsigned long long)(ms % 1000), reason->code ? ", " : "", reason->code ? reason->text : "");
}

static void census_remove(struct twc_census *c, struct twc_transport *t, const struct twc_err *reason)
{
	struct census_entry *e = census_find(c, twc_transport_id(t));

	if (!e)
		return;
	if (e->peer)
		census_log_end(c, e, reason);
	twc_free(e->peer);
	e->peer = NULL;
	e->t = NULL;
	c->n_closed++;
	census_compact(c);
}

/* ---- standing in ---- */

static void census_made(struct twc_protocol *p);

static struct census_table *table_of(const struct twc_protocol_ops *ops)
{
	return TWC_CONTAINER_OF((uintptr_t)ops, struct census_table, ops);
}

static void table_made(const struct census_table *table, struct twc_protocol *p)
{
	const struct twc_protocol_ops *original = table->original;
	struct twc_census *c = table->census;
	struct twc_transport *t = p->transport; /* p may have been replaced by the end */

	c->n_open++;
	c->total++;
	census_add(c, t);
	if (original->made == census_made) /* a census around a census; p->ops leads to the outer one only */
		table_made(table_of(original), p);
	else if (original->made)
		original->made(p);
	if (c->ops.opened)
		c->ops.opened(c->arg, t);
}

static void census_made(struct twc_protocol *p)
{
	table_made(table_of(p->ops), p);
}

static void census_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct census_table *table = table_of(p->ops);
	struct twc_census *c = table->census;
	struct twc_transport *t = p->transport;

	p->ops = table->original;
	c->n_open--;
	c->bytes_in += twc_transport_bytes_in(t);
	c->bytes_out += twc_transport_bytes_out(t);
	census_remove(c, t, reason);
	if (c->ops.closed)
		c->ops.closed(c->arg, t, reason);
	p->ops->lost(p, reason);
}

static const struct twc_protocol_ops *census_ops(struct twc_census *c, const struct twc_protocol_ops *original);

static void census_replaced(struct twc_protocol *p, struct twc_protocol *next)
{
	struct census_table *table = table_of(p->ops);

	p->ops = table->original;
	if (p->ops->replaced)
		p->ops->replaced(p, next);
	next->ops = census_ops(table->census, next->ops);
}

static const struct twc_protocol_ops *census_ops(struct twc_census *c, const struct twc_protocol_ops *original)
{
	struct census_table *table;

	for (table = c->tables; table; table = table->next) {
		if (table->original == original)
			return &table->ops;
	}
	table = twc_calloc(1, sizeof(*table));
	table->ops = *original;
	table->ops.made = census_made;
	table->ops.lost = census_lost;
	table->ops.replaced = census_replaced;
	table->original = original;
	table->census = c;
	table->next = c->tables;
	c->tables = table;
	return &table->ops;
}

/* ---- the factory ---- */

static struct twc_protocol *census_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_census *c = TWC_CONTAINER_OF(f, struct twc_census, factory);
	struct twc_protocol *p = twc_factory_build(c->inner, peer);

	if (p)
		p->ops = census_ops(c, p->ops);
	return p;
}

static void census_started(struct twc_factory *f)
{
	twc_factory_start(TWC_CONTAINER_OF(f, struct twc_census, factory)->inner);
}

static void census_stopped(struct twc_factory *f)
{
	twc_factory_stop(TWC_CONTAINER_OF(f, struct twc_census, factory)->inner);
}

static const struct twc_factory_ops census_factory_ops = {
	.name = "census",
	.build = census_build,
	.started = census_started,
	.stopped = census_stopped,
};

struct twc_census *twc_census_new(struct twc_reactor *r, struct twc_factory *inner, const struct twc_census_ops *ops,
				  void *arg)
{
	struct twc_census *c = twc_calloc(1, sizeof(*c));

	c->factory.ops = &census_factory_ops;
	c->r = r;
	c->inner = inner;
	if (ops)
		c->ops = *ops;
	c->arg = arg;
	return c;
}

void twc_census_free(struct twc_census *c)
{
	if (!c)
		return;
	while (c->tables) {
		struct census_table *next = c->tables->next;

		twc_free(c->tables);
		c->tables = next;
	}
	for (size_t i = 0; i < c->n; i++)
		twc_free(c->entry[i].peer);
	twc_free(c->entry);
	twc_free(c);
}

struct twc_factory *twc_census_factory(struct twc_census *c)
{
	return &c->factory;
}

size_t twc_census_open(const struct twc_census *c)
{
	return c->n_open;
}

uint64_t twc_census_total(const struct twc_census *c)
{
	return c->total;
}

void twc_census_bytes(const struct twc_census *c, uint64_t *in, uint64_t *out)
{
	*in = c->bytes_in;
	*out = c->bytes_out;
}

void twc_census_leave(struct twc_census *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->entry[i].t && twc__transport_has_records(c->entry[i].t))
			twc__transport_leave(c->entry[i].t);
	}
}

void twc_census_end_sessions(struct twc_census *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->entry[i].t && twc_transport_is_datagram(c->entry[i].t))
			twc_transport_lose(c->entry[i].t);
	}
}
