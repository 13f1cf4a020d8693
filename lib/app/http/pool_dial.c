/* SPDX-License-Identifier: MIT */
/* The dials of an origin: each is for those who wait there, and what it brings, or its failure, is theirs. */
#include "app/http/pool_priv.h"

#include "base/banned.h"

struct dial {
	struct twc__list link;
	struct twc__http_origin *origin;
	struct twc_deferred *d; /* held until it has ended */
	struct twc__http_dialled how;
};

static void fail_oldest(struct twc__http_origin *o, const struct twc__http_dialled *how, const struct twc_err *err)
{
	struct twc__http_waiter *w = TWC_CONTAINER_OF(o->waiters.next, struct twc__http_waiter, link);

	twc__http_waiter_drop(w);
	w->dialled = *how;
	w->failed(w, err);
}

static void dial_end(struct dial *dial)
{
	twc__list_remove(&dial->link);
	dial->origin->n_dials--;
	twc_deferred_release(dial->d);
	twc_free(dial);
}

/* It may have ended since it was made: then whoever has waited longest is told so, lest we dial for ever. */
static void on_connected(struct twc__http_origin *o, struct twc__http_client_conn *conn, const struct twc__http_dialled *how)
{
	struct twc__http_pooled *c = twc__http_client_conn_arg(conn);
	struct twc_err err = { 0 };

	o->version = twc__http_client_conn_version(conn);
	if (c) {
		c->dialled = *how;
		if (twc__http_client_conn_running(conn) == 0)
			twc__http_pooled_keep(c);
	} else if (o->n_waiters > 0) {
		twc_err_set(&err, TWC_ETRUNC, "the server closed the connection without an answer");
		fail_oldest(o, how, &err);
	}
}

/* The failure of a dial is that of whom it was for: of one, or of all who would have shared what it brings. */
static void on_failed_dial(struct twc__http_origin *o, const struct twc__http_dialled *how, const struct twc_err *err)
{
	unsigned n = twc__http_origin_may_share(o) && o->n_waiters > o->n_dials ? o->n_waiters - o->n_dials : 1;

	while (n-- > 0 && o->n_waiters > 0 && !o->pool->is_going)
		fail_oldest(o, how, err);
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct dial *dial = arg;
	struct twc__http_origin *o = dial->origin;
	struct twc__http_pool *p = o->pool;
	struct twc__http_dialled how = dial->how;
	struct twc_err err = res->err;
	struct twc_protocol *made = err.code ? NULL : res->value;

	how.ended_ns = twc_reactor_now(p->r);
	twc_result_set(res, NULL, NULL);
	twc__http_pool_enter(p);
	dial_end(dial);
	if (made)
		on_connected(o, twc__http_client_conn_of(made), &how);
	else if (err.code != TWC_ECANCELLED)
		on_failed_dial(o, &how, &err);
	if (!p->is_going)
		twc__http_origin_serve(o);
	twc__http_pool_leave(p);
}

void twc__http_origin_dial(struct twc__http_origin *o)
{
	struct dial *dial = twc_calloc(1, sizeof(*dial));

	dial->origin = o;
	dial->how.began_ns = twc_reactor_now(o->pool->r);
	twc__list_add_tail(&o->dials, &dial->link);
	o->n_dials++;
	dial->d = twc_endpoint_connect_timed(o->endpoint, o->pool->r, &o->factory, &dial->how.stages);
	twc_deferred_add_both(dial->d, on_dialled, dial);
}

struct twc__http_dialled twc__http_origin_undial(struct twc__http_origin *o)
{
	struct dial *dial = TWC_CONTAINER_OF(o->dials.prev, struct dial, link);
	struct twc__http_dialled how = dial->how;

	twc_deferred_cancel(dial->d);
	return how;
}
