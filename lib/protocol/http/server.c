/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server: what its connections share. The factory that makes them, their limits, the exchanges that are used again, the
 * head's date of this second, the clocks that look after them, the end.
 */
#include "protocol/http/server_int.h"

#include <time.h>

#include <twc/parse.h>

#include "protocol/http/octet.h"
#include "transport/transport_int.h"
#include "base/banned.h"

#define LOOKS 16 /* in a limit */

#define DEFAULT(o, member, value)            \
	do {                                 \
		if (!(o)->member)            \
			(o)->member = value; \
	} while (0)

static void set_defaults(struct twc_http_server_opts *o)
{
	DEFAULT(o, name, "twc");
	DEFAULT(o, max_head, 16 * 1024);
	DEFAULT(o, max_target, 8 * 1024);
	DEFAULT(o, max_fields, 100);
	DEFAULT(o, max_body, 10 * 1024 * 1024);
	DEFAULT(o, header_timeout_ns, 10 * TWC_NS_PER_S);
	DEFAULT(o, idle_ns, 60 * TWC_NS_PER_S);
	DEFAULT(o, min_rate, 500);
	DEFAULT(o, write_timeout_ns, 60 * TWC_NS_PER_S);
}

/* ---- the clocks ---- */

/* When somebody has waited longest in the ready list it is his turn; who joins meanwhile is for the next one. */
static void on_run(struct twc_timer *t, void *arg)
{
	struct twc_http_server *s = arg;
	struct twc__list now, *n;

	(void)t;
	twc__list_init(&now);
	twc__list_splice(&now, &s->ready);
	while ((n = twc__list_pop(&now))) {
		struct twc__http_link *l = TWC__LIST_ENTRY(n, struct twc__http_link, ready);

		l->ops->run(l);
	}
}

void twc__http_link_await(struct twc__http_link *l)
{
	struct twc_http_server *s = l->s;

	if (twc__list_is_linked(&l->ready))
		return;
	twc__list_add_tail(&s->ready, &l->ready);
	if (!twc_timer_is_active(&s->run))
		twc_timer_start(s->r, &s->run, 0, on_run, s);
}

static struct twc__http_link *link_of(struct twc__list *n)
{
	return TWC__LIST_ENTRY(n, struct twc__http_link, node);
}

static void watch_busy(struct twc_http_server *s);
static void watch_idle(struct twc_http_server *s);

static void on_busy(struct twc_timer *t, void *arg)
{
	struct twc_http_server *s = arg;
	uint64_t now = twc_reactor_now(s->r);

	(void)t;
	TWC__LIST_FOR_SAFE(n, &s->busy) {
		struct twc__http_link *l = link_of(n);

		l->ops->look(l, now);
	}
	if (!twc__list_is_empty(&s->busy))
		watch_busy(s);
}

static void on_idle(struct twc_timer *t, void *arg)
{
	struct twc_http_server *s = arg;
	uint64_t now = twc_reactor_now(s->r);

	(void)t;
	TWC__LIST_FOR_SAFE(n, &s->idle) {
		struct twc__http_link *l = link_of(n);

		l->ops->look_idle(l, now);
	}
	if (!twc__list_is_empty(&s->idle))
		watch_idle(s);
}

static void watch_busy(struct twc_http_server *s)
{
	uint64_t ns = TWC__HTTP_WINDOW_NS;

	if (twc_timer_is_active(&s->busy_timer))
		return;
	if (s->o.header_timeout_ns < ns)
		ns = s->o.header_timeout_ns;
	if (s->o.write_timeout_ns < ns)
		ns = s->o.write_timeout_ns;
	twc_timer_start(s->r, &s->busy_timer, ns / LOOKS + 1, on_busy, s);
}

static void watch_idle(struct twc_http_server *s)
{
	if (!twc_timer_is_active(&s->idle_timer))
		twc_timer_start(s->r, &s->idle_timer, s->o.idle_ns / LOOKS + 1, on_idle, s);
}

const struct twc__http_stamp *twc__http_server_stamp(struct twc_http_server *s)
{
	uint64_t now = twc_reactor_now(s->r);
	struct timespec ts;

	if (now < s->stamp_until)
		return &s->stamp;
	clock_gettime(CLOCK_REALTIME, &ts);
	twc__http_stamp_set(&s->stamp, ts.tv_sec);
	s->stamp_until = now + TWC_NS_PER_S - (uint64_t)ts.tv_nsec;
	return &s->stamp;
}

/* ---- the connections ---- */

void twc__http_link_init(struct twc__http_link *l, struct twc_http_server *s, const struct twc_protocol_ops *ops,
			 const struct twc__http_link_ops *link_ops)
{
	l->base.ops = ops;
	l->ops = link_ops;
	l->s = s;
	twc__list_init(&l->node);
	twc__list_init(&l->ready);
}

void twc__http_link_made(struct twc__http_link *l)
{
	struct twc_http_server *s = l->s;

	l->since = twc_reactor_now(s->r);
	if (s->o.keeps_peers)
		twc__transport_keep_peer(l->base.transport);
	s->stats.connections++;
	s->stats.open++;
	twc__list_add_tail(&s->idle, &l->node);
	watch_idle(s);
}

void twc__http_link_move(struct twc__http_link *l, bool is_busy)
{
	struct twc_http_server *s = l->s;

	l->is_busy = is_busy;
	twc__list_remove(&l->node);
	twc__list_add_tail(is_busy ? &s->busy : &s->idle, &l->node);
	if (is_busy)
		watch_busy(s);
	else
		watch_idle(s);
}

void twc__http_link_lost(struct twc__http_link *l)
{
	struct twc_http_server *s = l->s;

	twc__list_remove(&l->node);
	twc__list_remove(&l->ready);
	s->stats.bytes_in += twc_transport_bytes_in(l->base.transport);
	s->stats.bytes_out += twc_transport_bytes_out(l->base.transport);
	s->stats.open--;
}

/* ---- the factory ---- */

static struct twc_protocol *server_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_http_server *s = TWC_CONTAINER_OF(f, struct twc_http_server, factory);

	(void)peer;
	return s->is_stopping ? NULL : twc__http_conn_new(s);
}

static const struct twc_factory_ops server_factory_ops = {
	.name = "http",
	.build = server_build,
};

struct twc_factory *twc_http_server_factory(struct twc_http_server *s)
{
	return &s->factory;
}

/* ---- life ---- */

struct twc_http_server *twc_http_server_new(struct twc_reactor *r, struct twc_http_handler handler,
					    const struct twc_http_server_opts *o)
{
	struct twc_http_server *s = twc_calloc(1, sizeof(*s));
	struct twc_str name;

	s->factory.ops = &server_factory_ops;
	s->r = r;
	s->handler = handler;
	s->refs = 1;
	if (o)
		s->o = *o;
	set_defaults(&s->o);
	s->limits = (struct twc__http_limits){
		.head = s->o.max_head,
		.target = s->o.max_target,
		.line = s->o.max_target,
		.fields = s->o.max_fields,
	};
	twc__list_init(&s->idle);
	twc__list_init(&s->busy);
	twc__list_init(&s->ready);
	name = twc_str_of(s->o.name);
	TWC_ASSERT(twc__http_all(name, TWC__HTTP_VALUE));
	twc__http_stamp_init(&s->stamp, name);
	return s;
}

void twc__http_server_unref(struct twc_http_server *s)
{
	if (--s->refs)
		return;
	while (s->n_spare)
		twc__http_exchange_free(s->spare[--s->n_spare]);
	twc__h2_store_free(s->h2);
	twc__http_stamp_fini(&s->stamp);
	twc_free(s);
}

void twc_http_server_free(struct twc_http_server *s)
{
	if (!s)
		return;
	TWC_ASSERT(!s->stats.open);
	twc__http_server_unref(s);
}

/* Of the last connection: with no one to look after the clocks stand still, and nothing of the reactor's points here. */
void twc__http_server_left(struct twc_http_server *s)
{
	if (s->stats.open)
		return;
	twc_timer_stop(s->r, &s->idle_timer);
	twc_timer_stop(s->r, &s->busy_timer);
	twc_timer_stop(s->r, &s->run);
}

void twc_http_server_stop(struct twc_http_server *s)
{
	if (s->is_stopping)
		return;
	s->is_stopping = true;
	TWC__LIST_FOR_SAFE(n, &s->idle) {
		struct twc__http_link *l = link_of(n);

		l->ops->stop(l);
	}
	TWC__LIST_FOR_SAFE(n, &s->busy) {
		struct twc__http_link *l = link_of(n);

		l->ops->stop(l);
	}
}

static void add_bytes(const struct twc__list *head, struct twc_http_server_stats *st)
{
	TWC__LIST_FOR(n, head) {
		const struct twc_transport *t = TWC__LIST_ENTRY(n, struct twc__http_link, node)->base.transport;

		st->bytes_in += twc_transport_bytes_in(t);
		st->bytes_out += twc_transport_bytes_out(t);
	}
}

void twc_http_server_stats(const struct twc_http_server *s, struct twc_http_server_stats *st)
{
	*st = s->stats;
	add_bytes(&s->idle, st);
	add_bytes(&s->busy, st);
}
