/* SPDX-License-Identifier: MIT */
/* WebSocket on a route: its options, its handshake, and an end with the server. */
#include "app/http/ws_route.h"

#include <twc/http_ws.h>

#include "protocol/http/exchange.h"
#include "protocol/ws/handshake.h"
#include "base/banned.h"

#define PROTOCOL "websocket"
#define MESSAGE_MAX (1024 * 1024 * 1024)

/* ---- options ---- */

static int read_origin(struct twc__ws_route *r, const struct twc__http_route_opts *o)
{
	struct twc_str s;

	if (!twc__http_option_str(o, "origin", &s))
		return 0;
	r->origin = twc_str_is(s, "any") ? TWC__WS_ORIGIN_ANY : twc_str_is(s, "same") ? TWC__WS_ORIGIN_SAME : TWC__WS_ORIGIN_LIST;
	if (r->origin == TWC__WS_ORIGIN_LIST)
		r->origins = twc_str_dup(s);
	return 0;
}

static int read_subprotocols(struct twc__ws_route *r, const struct twc__http_route_opts *o, struct twc_err *err)
{
	struct twc_str s;

	if (!twc__http_option_str(o, "subprotocol", &s))
		return 0;
	r->subprotocols = twc_str_dup(s);
	if (twc_ws_subprotocols_check(r->subprotocols, err) == 0)
		return 0;
	return twc__http_option_fail(twc__http_option_find(o, "subprotocol", NULL), err);
}

static int read_max(struct twc__ws_route *r, const struct twc__http_route_opts *o, struct twc_err *err)
{
	uint64_t max = 0;
	int rc = twc__http_option_size(o, "max", &max, err);

	if (rc < 0)
		return rc;
	if (rc > 0 && (max == 0 || max > MESSAGE_MAX)) {
		twc_err_set(err, TWC_EUSAGE, "more than nothing and 1G at most");
		return twc__http_option_fail(twc__http_option_find(o, "max", NULL), err);
	}
	r->max_message = max ? (size_t)max : TWC_WS_MESSAGE_MAX;
	return 0;
}

int twc__ws_route_read(struct twc__ws_route *r, const struct twc__http_route_opts *o, struct twc_err *err)
{
	bool deflate = true;
	int rc = read_subprotocols(r, o, err);

	if (rc == 0)
		rc = read_origin(r, o);
	if (rc == 0)
		rc = twc__http_option_bool(o, "deflate", &deflate, err);
	if (rc >= 0)
		rc = twc__http_option_duration(o, "ping", &r->ping_ns, err);
	if (rc >= 0)
		rc = read_max(r, o, err);
	r->no_deflate = !deflate;
	return rc;
}

void twc__ws_route_fini(struct twc__ws_route *r)
{
	twc_free(r->subprotocols);
	twc_free(r->origins);
}

/* ---- the handshake ---- */

static void refuse(struct twc_http_exchange *x, int status, const struct twc_err *err)
{
	twc__http_exchange_log(x, TWC_LOG_INFO, status, err);
	if (status == 426) {
		twc_http_add_field(x, "Upgrade", PROTOCOL);
		twc_http_add_field(x, "Sec-WebSocket-Version", "13");
	}
	if (status == 405)
		twc_http_add_field(x, "Allow", "GET");
	twc_http_send_error(x, status, err->text);
}

/* Pages of this server, whatever a proxy in front of it speaks; NULL: of any. Freed by the caller. */
static char *origins_of(const struct twc__ws_route *r, const struct twc_http_request *q)
{
	if (r->origin == TWC__WS_ORIGIN_ANY)
		return NULL;
	if (r->origin == TWC__WS_ORIGIN_LIST)
		return twc_strdup(r->origins);
	return twc_asprintf("http://%.*s,https://%.*s", (int)q->authority.n, q->authority.p, (int)q->authority.n, q->authority.p);
}

static void set_fields(struct twc_http_exchange *x, const struct twc__ws_accepted *got)
{
	if (got->accept[0])
		twc_http_add_field(x, "Sec-WebSocket-Accept", got->accept);
	if (got->subprotocol.n)
		twc_http_add_field_str(x, TWC_STR("Sec-WebSocket-Protocol"), got->subprotocol);
	if (got->extensions[0])
		twc_http_add_field(x, "Sec-WebSocket-Extensions", got->extensions);
}

bool twc__ws_check(const struct twc__ws_route *r, struct twc_http_exchange *x, struct twc__ws_deal *deal)
{
	const struct twc_http_request *q = twc_http_request(x);
	char *origins = origins_of(r, q);
	const struct twc__ws_policy policy = {
		.subprotocols = r->subprotocols,
		.origins = origins,
		.deflate = !r->no_deflate,
	};
	struct twc__ws_accepted got;
	struct twc_err err = { 0 };
	int status = 426, rc;

	if (q->version >= 20 && !twc_http_wants_upgrade(x, PROTOCOL))
		rc = twc_err_set(&err, TWC_EPROTO, "the request asks for no WebSocket");
	else
		rc = twc__ws_accept(&q->fields, q->method_id, q->version, &policy, &got, &status, &err);
	if (rc < 0)
		refuse(x, status, &err);
	else
		set_fields(x, &got);
	deal->deflate = rc < 0 ? (struct twc_ws_deflate){ 0 } : got.deflate;
	twc_free(origins);
	return rc == 0;
}

/* ---- a connection ---- */

static void on_stopping(void *arg, struct twc_http_exchange *x)
{
	struct twc__ws_conn *c = arg;

	(void)x;
	twc_ws_close(&c->ws, TWC_WS_GOING_AWAY, TWC_STR(""));
}

static const struct twc_http_exchange_ops conn_ops = { .stopping = on_stopping };

bool twc__ws_switch(const struct twc__ws_route *r, struct twc_http_exchange *x, const struct twc__ws_deal *deal,
		    struct twc__ws_conn *c, const struct twc_ws_protocol_ops *ops)
{
	const struct twc_ws_opts o = {
		.answers_late = r->answers_late,
		.deflate = deal->deflate,
		.max_message = r->max_message,
		.ping_ns = r->ping_ns,
	};

	c->x = x;
	twc_ws_protocol_init(&c->ws, ops, &o);
	twc_http_watch(x, &conn_ops, c);
	if (twc_http_upgrade(x, PROTOCOL, &c->ws.base))
		return true;
	twc_http_watch(x, NULL, NULL);
	twc_ws_protocol_fini(&c->ws);
	return false;
}

void twc__ws_conn_fini(struct twc__ws_conn *c)
{
	twc_http_watch(c->x, NULL, NULL);
	twc_ws_protocol_fini(&c->ws);
}
