/* SPDX-License-Identifier: MIT */
/* ws-echo: - each message goes back as it came. Who does not read is not read. */
#include "app/http/ws_route.h"
#include "base/banned.h"

struct client {
	struct twc__ws_conn conn; /* must be first */
	bool is_paused;
};

static void echo_message(struct twc_ws_protocol *p, enum twc_ws_type type, const uint8_t *data, size_t n)
{
	struct client *c = (struct client *)p;

	twc_ws_send(p, type, data, n);
	if (c->is_paused || !twc_transport_is_full(p->base.transport))
		return;
	c->is_paused = true;
	twc_transport_pause(p->base.transport);
}

static void echo_drained(struct twc_ws_protocol *p)
{
	struct client *c = (struct client *)p;

	if (!c->is_paused)
		return;
	c->is_paused = false;
	twc_transport_resume(p->base.transport);
}

static void echo_lost(struct twc_ws_protocol *p, const struct twc_err *reason)
{
	struct client *c = (struct client *)p;

	(void)reason;
	twc__ws_conn_fini(&c->conn);
	twc_free(c);
}

static const struct twc_ws_protocol_ops echo_ops = {
	.message = echo_message,
	.drained = echo_drained,
	.lost = echo_lost,
};

void twc__ws_echo(const struct twc__ws_route *r, struct twc_http_exchange *x)
{
	struct twc__ws_deal deal;
	struct client *c;

	if (!twc__ws_check(r, x, &deal))
		return;
	c = twc_calloc(1, sizeof(*c));
	if (!twc__ws_switch(r, x, &deal, &c->conn, &echo_ops))
		twc_free(c);
}

static struct twc_deferred *echo_handle(void *arg, struct twc_http_exchange *x)
{
	twc__ws_echo(arg, x);
	return NULL;
}

static void echo_free(void *arg)
{
	twc__ws_route_fini(arg);
	twc_free(arg);
}

static int echo_create(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg, const char *base,
		       struct twc__http_made *out, struct twc_err *err)
{
	struct twc__ws_route *r = twc_calloc(1, sizeof(*r));
	int rc = twc__ws_route_read(r, o, err);

	(void)s;
	(void)arg;
	(void)base;
	if (rc < 0)
		echo_free(r);
	else
		*out = (struct twc__http_made){ { echo_handle, r }, echo_free };
	return rc;
}

static const char *const echo_keys[] = { TWC__WS_ROUTE_KEYS, NULL };

const struct twc__http_kind twc__http_kind_ws_echo = {
	.info = { "ws-echo", NULL, "WebSocket: each message goes back" },
	.keys = echo_keys,
	.create = echo_create,
};
