/* SPDX-License-Identifier: MIT */
/* The whole body of a request as one buffer, by a deferred. It grows with what comes, not with what was announced. */
#include "protocol/http/exchange.h"

#include "base/banned.h"

struct collector {
	struct twc_http_exchange *x; /* borrowed; told before it goes */
	struct twc_deferred *d;	     /* producer's hold */
	struct twc_buf *body;	     /* owned */
};

void twc_http_buf_free(void *buf)
{
	struct twc_buf *b = buf;

	if (!b)
		return;
	twc_buf_fini(b);
	twc_free(b);
}

static void collector_fail(struct collector *c, const struct twc_err *err)
{
	struct twc_deferred *d = c->d;

	twc_http_buf_free(c->body);
	twc_free(c);
	twc_deferred_fail(d, err);
}

static void too_long(struct collector *c)
{
	struct twc_err err = { 0 };

	c->x->body_ops = NULL;
	twc_err_set(&err, TWC_ETOOLONG, "the body is longer than %zu bytes", c->body->max);
	collector_fail(c, &err);
}

static void on_data(void *arg, const uint8_t *data, size_t n)
{
	struct collector *c = arg;
	struct twc_err err = { 0 };
	int rc = twc_buf_add(c->body, data, n);

	if (rc == TWC_ETOOLONG) {
		too_long(c);
	} else if (rc < 0) {
		c->x->body_ops = NULL;
		twc_err_set(&err, rc, "%s", twc_err_default_text(rc));
		collector_fail(c, &err);
	}
}

static void on_end(void *arg, const struct twc_err *err)
{
	struct collector *c = arg;
	struct twc_deferred *d = c->d;
	struct twc_buf *body = c->body;

	if (err->code) {
		collector_fail(c, err);
		return;
	}
	twc_free(c);
	twc_deferred_fire(d, body, twc_http_buf_free);
}

static const struct twc_http_body_ops collect_ops = { .data = on_data, .end = on_end };

static void on_cancel(struct twc_deferred *d, void *arg)
{
	struct collector *c = arg;

	c->x->body_ops = NULL;
	twc_http_buf_free(c->body);
	twc_free(c);
	twc_deferred_drop(d);
}

struct twc_deferred *twc_http_collect(struct twc_http_exchange *x, size_t max)
{
	struct collector *c;
	struct twc_deferred *d;
	struct twc_err err = { 0 };

	TWC_ASSERT(!x->has_receiver);
	if (x->phase >= TWC__HTTP_ENDED) {
		twc_err_set(&err, TWC_ECANCELLED, "the response ended before the body of the request");
		return twc_deferred_failed(twc_http_reactor(x), &err);
	}
	c = twc_calloc(1, sizeof(*c));
	c->x = x;
	c->body = twc_calloc(1, sizeof(*c->body));
	twc_buf_init(c->body, max);
	c->d = d = twc_deferred_new(twc_http_reactor(x), on_cancel, c);
	twc_http_receive(x, &collect_ops, c);
	if (x->request.length != TWC_HTTP_UNKNOWN && x->request.length > max)
		too_long(c); /* without a byte of it, or the word to send it */
	return d;
}
