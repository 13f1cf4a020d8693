/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server: what its connections share. The factory that makes them, their limits, the exchanges that are used again, the
 * head's date of this second, the clocks that look after them, the end.
 */
#include "protocol/http/server_int.h"

#include <time.h>

#include <twc/parse.h>

#include "protocol/http/octet.h"
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
	while ((n = twc__list_pop(&now)))
		twc__http_conn_run(TWC__LIST_ENTRY(n, struct twc__http_conn, ready));
}

void twc__http_server_await(struct twc_http_server *s, struct twc__http_conn *c)
{
	if (twc__list_is_linked(&c->ready))
		return;
	twc__list_add_tail(&s->ready, &c->ready);
	if (!twc_timer_is_active(&s->run))
		twc_timer_start(s->r, &s->run, 0, on_run, s);
}

static void on_busy(struct twc_timer *t, void *arg)
{
	struct twc_http_server *s = arg;
	uint64_t now = twc_reactor_now(s->r);

	(void)t;
	TWC__LIST_FOR_SAFE(n, &s->busy)
		twc__http_conn_look(TWC__LIST_ENTRY(n, struct twc__http_conn, node), now);
	if (!twc__list_is_empty(&s->busy))
		twc__http_server_watch_busy(s);
}

static void on_idle(struct twc_timer *t, void *arg)
{
	struct twc_http_server *s = arg;
	uint64_t now = twc_reactor_now(s->r);

	(void)t;
	TWC__LIST_FOR_SAFE(n, &s->idle)
		twc__http_conn_look_idle(TWC__LIST_ENTRY(n, struct twc__http_conn, node), now);
	if (!twc__list_is_empty(&s->idle))
		twc__http_server_watch_idle(s);
}

void twc__http_server_watch_busy(struct twc_http_server *s)
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

void twc__http_server_watch_idle(struct twc_http_server *s)
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
	TWC__LIST_FOR(n, &s->idle)
		twc__http_conn_stop(TWC__LIST_ENTRY(n, struct twc__http_conn, node));
	TWC__LIST_FOR(n, &s->busy)
		twc__http_conn_stop(TWC__LIST_ENTRY(n, struct twc__http_conn, node));
}

static void add_bytes(const struct twc__list *head, struct twc_http_server_stats *st)
{
	TWC__LIST_FOR(n, head) {
		const struct twc_transport *t = TWC__LIST_ENTRY(n, struct twc__http_conn, node)->base.transport;

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
