/* SPDX-License-Identifier: MIT */
/*
 * The way of an accepted socket to its protocol, where it is not a straight one:
 *
 *     accepted -> PROXY header (haproxy:) -> TLS handshake (tls:, wss:) -> WebSocket handshake (ws:, wss:) -> the factory's protocol
 *
 * Who fails on the way is no client: nobody but the log hears of it.
 */
#ifndef TWC_ENDPOINT_ENTRANCE_H
#define TWC_ENDPOINT_ENTRANCE_H

#include "endpoint/endpoint_int.h"

struct twc__entrance; /* what a port's connections share on that way, as long as one of them is on it */

struct twc__entrance_opts {
	struct twc_factory *factory; /* borrowed until it is shut */
	struct twc_gate *gate;	     /* borrowed; may be NULL: accepted sockets hold a place in it */
	struct twc_tls_ctx *tls;     /* borrowed until it is shut; NULL: plain */
	const struct twc__args *ws;  /* borrowed until it is shut; NULL: no WebSocket */
	uint64_t handshake_ns;	     /* for TLS and WebSocket together */
	bool wants_header;
	uint64_t header_ns;
	const struct twc_cidr *trusted; /* borrowed until it is shut: whose headers are believed; n 0: anybody's */
	size_t n_trusted;
};
struct twc__entrance *twc__entrance_new(struct twc_reactor *r, const struct twc__entrance_opts *o);
/* Nobody comes in any more; who is on the way is turned back. Frees, when the last is gone. NULL is fine. */
void twc__entrance_shut(struct twc__entrance *e);
/* A connected stream socket, owned from here on. */
void twc__entrance_take(struct twc__entrance *e, int fd, const struct twc_addr *peer);
/* The context, NULL: plain. */
struct twc_tls_ctx *twc__entrance_tls(const struct twc__entrance *e);

/* Leaves `gate` (may be NULL) when the transport is gone. */
void twc__leave_gate_with(struct twc_transport *t, struct twc_gate *gate, const struct twc_addr *peer);

#endif
