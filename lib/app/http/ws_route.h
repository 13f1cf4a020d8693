/* SPDX-License-Identifier: MIT */
/*
 * WebSocket on a route of a site: the options that its kinds have in common, the handshake, and a connection that ends with the
 * server. Over HTTP/2 it is a stream (RFC 8441), and nobody here knows.
 *
 *	request -> check (426, 400, 403) -> switch -> the kind's protocol of messages
 */
#ifndef TWC_APP_HTTP_WS_ROUTE_H
#define TWC_APP_HTTP_WS_ROUTE_H

#include "app/http/site.h"

#include <twc/ws.h>

/* Whose pages may connect. Who is no browser says no origin, and may. */
enum twc__ws_origin {
	TWC__WS_ORIGIN_ANY = 0,
	TWC__WS_ORIGIN_SAME, /* those of this server */
	TWC__WS_ORIGIN_LIST,
};

struct twc__ws_route {
	char *subprotocols, *origins; /* owned: lists; NULL: none */
	enum twc__ws_origin origin;
	bool no_deflate;
	uint64_t ping_ns; /* 0: never */
	bool answers_late; /* see struct twc_ws_opts */
	size_t max_message;
};
#define TWC__WS_ROUTE_KEYS "subprotocol", "origin", "deflate", "ping", "max"
/* `*r` has the kind's own defaults. 0 or TWC_EUSAGE; to be freed in any case. */
int twc__ws_route_read(struct twc__ws_route *r, const struct twc__http_route_opts *o, struct twc_err *err);
void twc__ws_route_fini(struct twc__ws_route *r);

/* What a request and a route have agreed on. */
struct twc__ws_deal {
	struct twc_ws_deflate deflate;
};
/* Is it a handshake, of somebody who may? If not it was answered. If so the fields of the answer are set. */
bool twc__ws_check(const struct twc__ws_route *r, struct twc_http_exchange *x, struct twc__ws_deal *deal);

/* Embedded as the first member of a kind's connection. */
struct twc__ws_conn {
	struct twc_ws_protocol ws;
	struct twc_http_exchange *x;
};
/* After check: the protocol is on the connection; it is closed with 1001 when the server stops. False: there is nobody any more, and
 * `c` is the caller's. */
bool twc__ws_switch(const struct twc__ws_route *r, struct twc_http_exchange *x, const struct twc__ws_deal *deal,
		    struct twc__ws_conn *c, const struct twc_ws_protocol_ops *ops);
void twc__ws_conn_fini(struct twc__ws_conn *c); /* in its lost() */

/* handle_ws_echo.c: each message back, for who has a route of his own. */
void twc__ws_echo(const struct twc__ws_route *r, struct twc_http_exchange *x);

#endif
