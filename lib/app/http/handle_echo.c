/* SPDX-License-Identifier: MIT */
/*
 * echo - the body of the request comes back as it comes, with its Content-Type and as fast as the client takes it. One
 * without a length may be broken: what has come of it at first is held until the reactor's next turn, so that a fault
 * in it still has a status.
 */
#include "app/http/handler.h"

#include "protocol/http/exchange.h"
#include "base/banned.h"

#define HELD_MAX (64 * 1024)

struct echo {
	struct twc_http_exchange *x;
	struct twc_buf held; /* before the response has begun */
	struct twc_timer turn;
	bool is_paused;
};

/* Not before the body begins: a client that waits for 100 (Continue) would take the response for a refusal. */
static void begin(struct echo *e)
{
	struct twc_str held = twc_buf_str(&e->held);

	if (twc_http_has_begun(e->x))
		return;
	twc_timer_stop(twc_http_reactor(e->x), &e->turn);
	twc_http_begin(e->x, twc_http_request(e->x)->length);
	twc_http_write(e->x, held.p, held.n);
	twc_buf_fini(&e->held);
}

static void on_turn(struct twc_timer *t, void *arg)
{
	(void)t;
	begin(arg);
}

static bool hold(struct echo *e, const uint8_t *p, size_t n)
{
	if (twc_http_has_begun(e->x) || twc_http_request(e->x)->length != TWC_HTTP_UNKNOWN || twc_buf_add(&e->held, p, n) < 0)
		return false;
	if (!twc_timer_is_active(&e->turn))
		twc_timer_start(twc_http_reactor(e->x), &e->turn, 0, on_turn, e);
	return true;
}

static void echo_data(void *arg, const uint8_t *p, size_t n)
{
	struct echo *e = arg;

	if (hold(e, p, n))
		return;
	begin(e);
	twc_http_write(e->x, p, n);
	if (e->is_paused || !twc_http_is_full(e->x))
		return;
	e->is_paused = true;
	twc_http_pause(e->x);
}

/* Of a body that breaks the server speaks. */
static void echo_end(void *arg, const struct twc_err *err)
{
	struct echo *e = arg;

	if (err->code) {
		twc_timer_stop(twc_http_reactor(e->x), &e->turn);
		return;
	}
	begin(e);
	twc_http_end(e->x);
}

static void echo_drained(void *arg, struct twc_http_exchange *x)
{
	struct echo *e = arg;

	if (!e->is_paused)
		return;
	e->is_paused = false;
	twc_http_resume(x);
}

static void echo_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct echo *e = arg;

	(void)err;
	twc_timer_stop(twc_http_reactor(x), &e->turn);
	twc_buf_fini(&e->held);
}

static const struct twc_http_body_ops echo_body = { .data = echo_data, .end = echo_end };
static const struct twc_http_exchange_ops echo_ops = { .drained = echo_drained, .ended = echo_ended };

/* Fields that say what the bytes are. */
static void copy_field(struct twc_http_exchange *x, const char *name)
{
	struct twc_str value;

	if (twc_http_fields_get(&twc_http_request(x)->fields, name, &value) && !twc_http_has_field(x, name))
		twc_http_add_field_str(x, twc_str_of(name), value);
}

static struct twc_deferred *echo_handle(void *arg, struct twc_http_exchange *x)
{
	struct echo *e = twc__http_exchange_alloc(x, sizeof(*e));

	(void)arg;
	*e = (struct echo){ .x = x };
	twc_buf_init(&e->held, HELD_MAX);
	copy_field(x, "Content-Type");
	copy_field(x, "Content-Encoding");
	twc_http_watch(x, &echo_ops, e);
	twc_http_receive(x, &echo_body, e);
	return NULL;
}

static int echo_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		       struct twc__http_made *out, struct twc_err *err)
{
	(void)s;
	(void)o;
	(void)arg;
	(void)base;
	(void)err;
	*out = (struct twc__http_made){ .handler = { echo_handle, NULL } };
	return 0;
}

const struct twc__http_kind twc__http_kind_echo = {
	.info = { "echo", NULL, "the body of the request, with its Content-Type" },
	.create = echo_create,
};
