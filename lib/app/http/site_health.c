/* SPDX-License-Identifier: MIT */
/* A path that says "ok" for whoever watches the server: before everything else, so no login is asked for. */
#include "app/http/site.h"

#include "base/banned.h"

struct health {
	struct twc__http_made inner;
	struct twc_str path; /* borrowed */
};

static struct twc_deferred *health_handle(void *arg, struct twc_http_exchange *x)
{
	const struct health *h = arg;
	const struct twc_http_request *q = twc_http_request(x);

	if (!twc_str_eq(q->path, h->path) || (q->method_id != TWC_HTTP_GET && q->method_id != TWC_HTTP_HEAD))
		return h->inner.handler.handle(h->inner.handler.arg, x);
	twc_http_add_field(x, "Content-Type", "text/plain; charset=utf-8");
	twc_http_add_field(x, "Cache-Control", "no-store");
	twc_http_send(x, "ok\n", 3);
	return NULL;
}

static void health_free(void *arg)
{
	struct health *h = arg;

	twc__http_made_free(&h->inner);
	twc_free(h);
}

static int health_wrap(struct twc_http_site *s, struct twc__http_made *made, struct twc_err *err)
{
	struct health *h;

	if (!s->o.health)
		return 0;
	if (s->o.health[0] != '/')
		return twc_err_set(err, TWC_EUSAGE, "the health path '%s' does not begin with '/'", s->o.health);
	h = twc_calloc(1, sizeof(*h));
	h->inner = *made;
	h->path = twc_str_of(s->o.health);
	*made = (struct twc__http_made){ { health_handle, h }, health_free };
	return 0;
}

const struct twc__http_wrapper twc__http_wrapper_health = { .wrap_site = health_wrap };
