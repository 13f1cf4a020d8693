/* SPDX-License-Identifier: MIT */
/* Connections of a pool that nobody uses: kept for a while, the longest free is closed first. */
#include "app/http/pool_priv.h"
#include "base/banned.h"

void twc__http_pooled_busy(struct twc__http_pooled *c)
{
	if (twc__list_is_linked(&c->age)) {
		twc__list_remove(&c->age);
		c->origin->pool->n_idle--;
	}
	twc__list_remove(&c->link);
	twc__list_add_tail(&c->origin->busy, &c->link);
}

void twc__http_pooled_offer(struct twc__http_pooled *c)
{
	twc__list_remove(&c->link);
	twc__list_add_head(&c->origin->idle, &c->link);
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

void twc__http_pooled_close(struct twc__http_pooled *c)
{
	struct twc__http_client_conn *conn = c->conn;

	twc__http_pooled_busy(c);
	c->origin->n_conns--;
	twc__list_remove(&c->link);
	twc_free(c);
	twc__http_client_conn_disown(conn);
}

static void close_oldest(struct twc__http_pool *p)
{
	twc__http_pooled_close(TWC_CONTAINER_OF(p->by_age.next, struct twc__http_pooled, age));
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

void twc__http_pooled_keep(struct twc__http_pooled *c)
{
	struct twc__http_pool *p = c->origin->pool;

	if (twc__list_is_linked(&c->age))
		return;
	twc__list_remove(&c->link);
	twc__list_add_head(&c->origin->idle, &c->link);
	twc__list_add_tail(&p->by_age, &c->age);
	c->free_since_ns = twc_reactor_now(p->r);
	if (++p->n_idle > p->max_idle)
		close_oldest(p);
	set_timer(p);
}

void twc__http_pool_close_idle(struct twc__http_pool *p)
{
	while (!twc__list_is_empty(&p->by_age))
		close_oldest(p);
}
