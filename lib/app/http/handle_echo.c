/* SPDX-License-Identifier: MIT */
/* echo - the body of the request comes back as it comes, with its Content-Type and as fast as the client takes it. */
#include "app/http/handler.h"

#include "protocol/http/exchange.h"
#include "base/banned.h"

struct echo {
	struct twc_http_exchange *x;
	bool is_paused;
};

/* Not before the body begins: a client that waits for 100 (Continue) would take the response for a refusal. */
static void begin(struct echo *e)
{
	if (!twc_http_has_begun(e->x))
		twc_http_begin(e->x, twc_http_request(e->x)->length);
}

static void echo_data(void *arg, const uint8_t *p, size_t n)
{
	struct echo *e = arg;

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

	if (err->code)
		return;
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

static const struct twc_http_body_ops echo_body = { .data = echo_data, .end = echo_end };
static const struct twc_http_exchange_ops echo_ops = { .drained = echo_drained };

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
