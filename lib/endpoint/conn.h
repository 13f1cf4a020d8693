/* SPDX-License-Identifier: MIT */
/*
 * A connection on its way to a protocol: dialled, perhaps through proxies, perhaps with something to be said first. It is a
 * socket as long as that will do. Where TLS lies below what comes next (a proxy that is reached by TLS), it is a
 * transport, paused, under a protocol that only waits.
 */
#ifndef TWC_ENDPOINT_CONN_H
#define TWC_ENDPOINT_CONN_H

#include "endpoint/endpoint_int.h"

struct twc__exchange;
struct twc__waiting;

struct twc__conn {
	int fd; /* owned; -1: it is a transport, or was taken */
	struct twc_addr peer;
	struct twc__waiting *waiting; /* owned; NULL: it is a socket */
};

struct twc__conn *twc__conn_new(struct twc_dialled *d); /* takes it over */
void twc__conn_free(void *conn); /* closes what was not taken; NULL is fine */
/* Sends what is few bytes, first of all. 0 or an error. */
int twc__conn_say(struct twc__conn *c, const void *p, size_t n, struct twc_err *err);

/* It has ended while nobody listened: 0, or why. */
int twc__conn_check(const struct twc__conn *c, struct twc_err *err);
/* The transport, with `p` as its protocol, whose made() has been called. `flags` as for twc__transport_from_socket. Frees
 * the connection, which twc__conn_check has found good. */
struct twc_transport *twc__conn_take(struct twc__conn *c, struct twc_reactor *r, unsigned flags, struct twc_protocol *p);

/* One that will be the transport that gets *p as its protocol. Freed only after that. */
struct twc__conn *twc__conn_waiting(const struct twc_addr *peer, struct twc_protocol **p);

/* A handshake on it; then it is a transport. Takes it over; fires with it. `limit_ns` is for the handshake. */
struct twc_deferred *twc__conn_secure(struct twc__conn *c, struct twc_reactor *r, const struct twc_endpoint *tls,
				      uint64_t limit_ns);

/* For exchange.c: what comes goes to `x` from here on; NULL: nobody, it is paused. */
void twc__waiting_listen(struct twc__waiting *w, struct twc__exchange *x);
struct twc_transport *twc__waiting_transport(const struct twc__waiting *w);

#endif
