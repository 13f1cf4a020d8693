/* SPDX-License-Identifier: MIT */
/*
 * A response in the hands of who asked for it: its body, piece by piece or all of it, and its end. Freed before that, it breaks
 * the exchange off.
 */
#include "app/http/ask.h"
#include "base/banned.h"

static void collect_cancelled(struct twc__http_ask *a);

static struct twc__http_ask *of_response(struct twc_http_response *res)
{
	return (struct twc__http_ask *)(void *)res;
}

void twc_http_response_free(void *response)
{
	struct twc__http_ask *a = response;

	if (!a)
		return;
	twc_http_response_break(&a->res);
	twc__http_ask_free(a);
}

void twc_http_response_break(struct twc_http_response *res)
{
	struct twc__http_ask *a = of_response(res);

	twc__http_turn_cancel(&a->turn);
	twc_timer_stop(a->r, &a->tell);
	twc__list_remove(&a->link);
	a->state = TWC__HTTP_OVER;
	collect_cancelled(a);
	a->ops = NULL;
}

static void on_tell(struct twc_timer *t, void *arg)
{
	(void)t;
	twc__http_ask_tell(arg);
}

void twc_http_response_receive(struct twc_http_response *res, const struct twc_http_body_ops *ops, void *arg)
{
	struct twc__http_ask *a = of_response(res);

	a->ops = ops;
	a->ops_arg = arg;
	if (a->is_at_end)
		twc_timer_start(a->r, &a->tell, 0, on_tell, a);
	else
		twc__http_turn_read(&a->turn);
}

void twc_http_response_pause(struct twc_http_response *res)
{
	twc__http_turn_pause(&of_response(res)->turn);
}

void twc_http_response_resume(struct twc_http_response *res)
{
	twc__http_turn_resume(&of_response(res)->turn);
}

struct twc_transport *twc_http_response_transport(const struct twc_http_response *res)
{
	return twc__http_turn_transport(&((const struct twc__http_ask *)(const void *)res)->turn);
}

bool twc_http_response_upgrade(struct twc_http_response *res, struct twc_protocol *p)
{
	struct twc__http_ask *a = of_response(res);

	if (a->state != TWC__HTTP_ANSWERED || !twc__http_turn_upgrade(&a->turn, p))
		return false;
	a->res.times.done = a->turn.times.done;
	a->state = TWC__HTTP_OVER;
	a->is_at_end = true; /* of a body that is empty */
	return true;
}

/* ---- all of a body ---- */

struct collecting {
	struct twc__http_ask *ask; /* NULL: it was freed */
	struct twc_buf *buf;
	struct twc_deferred *done;
};

static void collecting_end(struct collecting *k, const struct twc_err *err)
{
	struct twc_deferred *done = k->done;
	struct twc_buf *buf = k->buf;

	twc_free(k);
	if (err->code == 0) {
		twc_deferred_fire(done, buf, twc_http_buf_free);
		return;
	}
	twc_http_buf_free(buf);
	twc_deferred_fail(done, err);
}

static void collect_data(void *arg, const uint8_t *data, size_t n)
{
	struct collecting *k = arg;
	struct twc_err err = { 0 };
	struct twc__http_ask *a = k->ask;

	if (twc_buf_add(k->buf, data, n) == 0)
		return;
	twc_err_set(&err, TWC_ETOOLONG, "the body is longer than %zu bytes", k->buf->max);
	a->ops = NULL;
	twc__http_turn_cancel(&a->turn);
	a->state = TWC__HTTP_OVER;
	collecting_end(k, &err);
}

static void collect_end(void *arg, const struct twc_err *err)
{
	collecting_end(arg, err);
}

static const struct twc_http_body_ops collect_ops = {
	.data = collect_data,
	.end = collect_end,
};

/* Who waits for all of it hears that it will not come. */
static void collect_cancelled(struct twc__http_ask *a)
{
	struct twc_err err = { 0 };

	if (a->ops != &collect_ops)
		return;
	a->ops = NULL;
	twc_err_set(&err, TWC_ECANCELLED, "%s", twc_err_default_text(TWC_ECANCELLED));
	collecting_end(a->ops_arg, &err);
}

static void on_collect_cancel(struct twc_deferred *d, void *arg)
{
	struct collecting *k = arg;

	k->ask->ops = NULL;
	twc__http_turn_cancel(&k->ask->turn);
	twc_timer_stop(k->ask->r, &k->ask->tell);
	twc_http_buf_free(k->buf);
	twc_free(k);
	twc_deferred_drop(d);
}

struct twc_deferred *twc_http_response_collect(struct twc_http_response *res, size_t max)
{
	struct twc__http_ask *a = of_response(res);
	struct collecting *k = twc_calloc(1, sizeof(*k));
	struct twc_deferred *done = twc_deferred_new(a->r, on_collect_cancel, k);

	k->ask = a;
	k->done = done;
	k->buf = twc_malloc(sizeof(*k->buf));
	twc_buf_init(k->buf, max);
	twc_http_response_receive(res, &collect_ops, k);
	return done;
}
