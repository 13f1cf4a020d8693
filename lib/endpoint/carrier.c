/* SPDX-License-Identifier: MIT */
/*
 * endpoint=: TLS or WebSocket over a connection that another endpoint makes, whatever it is: a child's pipes, a unix socket, a device.
 * Nothing is dialled then; host and port are names. What was made waits, paused, for the handshake (conn.h).
 */
#include "endpoint/conn.h"
#include <string.h>
#include "base/banned.h"

#define TIMEOUT_NS (30 * TWC_NS_PER_S)

const struct twc_endpoint_arg twc__args_carrier[] = {
	{ .name = "endpoint", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT,
	  .help = "speak over this instead of a socket of our own: [unix:/run/x], [exec:...]" },
	{ .name = NULL },
};

/* ---- faults ---- */

/* Keys of sockets that are dialled would be a promise that is not kept. */
static int check_sockets(const struct twc__args *a, struct twc_err *err)
{
	const struct twc_endpoint_arg *const groups[] = { twc__args_via, twc__args_announce, twc__args_ip, twc__args_stream,
							  twc__args_buffers };

	for (size_t i = 0; i < TWC_ARRAY_LEN(groups); i++) {
		for (const struct twc_endpoint_arg *row = groups[i]; row->name; row++) {
			const struct twc__value *v = twc__args_given(a, row->name);

			if (v)
				return twc__fault(err, v->column, "%s is about a socket of our own: write it into endpoint=[...]",
						  row->name);
		}
	}
	return 0;
}

int twc__carrier_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *v = a->role == TWC_CONNECT ? twc__args_given(a, "endpoint") : NULL;
	struct twc_err why = { 0 };
	struct twc_endpoint *e;
	int column, rc;

	if (!v)
		return 0;
	if (!v->is_set)
		return twc__fault(err, v->column, "endpoint is empty");
	e = twc_endpoint_parse(v->text, TWC_CONNECT, &why);
	if (!e) { /* columns can be counted only behind a bracket */
		column = a->source[v->column - 1] == '[' && why.column > 0 ? v->column + why.column : v->column;
		return twc__fault(err, column, "%s", why.text);
	}
	rc = check_sockets(a, err);
	if (!rc && twc_endpoint_is_datagram(e))
		rc = twc__fault(err, v->column, "endpoint: %s needs a stream, which %s is not",
				twc__args_want_tls(a) ? "TLS" : "WebSocket", twc_endpoint_type(e));
	if (!rc && !twc__args_get(a, "host"))
		rc = twc__fault(err, a->end_column, "host is missing: with endpoint= it is whom %s for",
				twc__args_want_tls(a) ? "the certificate must be" : "the handshake asks");
	twc_endpoint_free(e);
	return rc;
}

struct twc_endpoint *twc__carrier_parse(const struct twc__args *a)
{
	const struct twc__value *v = a->role == TWC_CONNECT ? twc__args_get(a, "endpoint") : NULL;

	return v ? twc_endpoint_parse(v->text, TWC_CONNECT, NULL) : NULL; /* the check has parsed it, too */
}

/* ---- connecting ---- */

/* Lives until the endpoint's result is there. */
struct carrying {
	struct twc_factory factory;
	struct twc__conn *conn; /* what it will be */
};

static struct twc_protocol *build_waiting(struct twc_factory *f, const struct twc_addr *peer)
{
	struct twc_protocol *p;

	TWC_CONTAINER_OF(f, struct carrying, factory)->conn = twc__conn_waiting(peer, &p);
	return p;
}

static const struct twc_factory_ops carrying_ops = { .name = "carrier", .build = build_waiting };

static void on_carried(struct twc_result *res, void *arg)
{
	struct carrying *c = arg;
	struct twc__conn *conn = c->conn;

	twc_free(c);
	if (res->err.code)
		twc__conn_free(conn);
	else
		twc_result_set(res, conn, twc__conn_free);
}

struct twc_deferred *twc__carrier_dial(const struct twc_endpoint *e, struct twc_reactor *r)
{
	bool is_tls = twc__args_want_tls(&e->args);
	struct carrying *c = twc_calloc(1, sizeof(*c));
	struct twc_deferred *result;

	c->factory.ops = &carrying_ops;
	result = twc_endpoint_connect(e->carrier, r, &c->factory);
	twc_deferred_add_both(result, on_carried, c);
	twc_deferred_timeout(result, r, twc__args_num(&e->args, "timeout", TIMEOUT_NS),
			     is_tls ? "the connection below TLS" : "the connection below WebSocket");
	return result;
}
