/* SPDX-License-Identifier: MIT */
/*
 * Connections of a client, by where they lead: what is free is used again, what is missing is dialled, and who has to wait gets the
 * first that is ready.
 */
#ifndef TWC_APP_HTTP_POOL_H
#define TWC_APP_HTTP_POOL_H

#include "base/list.h"
#include "protocol/http/client.h"

#include <twc/endpoint.h>

struct twc__http_pool;
struct twc__http_origin;

/* How a connection came about. */
struct twc__http_dialled {
	uint64_t began_ns, ended_ns; /* 0: not yet */
	struct twc_dial_times stages;
};

/* What is known of a connection beside its protocol. */
struct twc__http_pooled {
	struct twc__list link;		/* in its origin: those with room, or those without */
	struct twc__list age;		/* those of all origins that nobody uses, the longest unused first */
	struct twc__http_origin *origin;
	struct twc__http_client_conn *conn;
	uint64_t number;		/* from 1 */
	struct twc__http_dialled dialled;
	uint64_t free_since_ns;
	struct twc_addr peer, host; /* once has_addrs: asking costs a system call */
	bool has_addrs;
	bool is_single; /* for one turn */
};

/* Who wants a connection; embedded, zeroed. One of the two is called, once, from the loop or from inside twc__http_pool_get. */
struct twc__http_waiter {
	struct twc__list link; /* private */
	struct twc__http_origin *origin; /* private; NULL: does not wait */
	bool is_fresh; /* in: one that has had no turn, and gets no other */
	bool is_anonymous; /* in: the client shows no certificate */
	bool is_http1;	   /* in: HTTP/1 alone will do */
	struct twc__http_dialled dialled; /* out, of a dial that failed or was given up: how far it got */
	void (*ready)(struct twc__http_waiter *w, struct twc__http_pooled *c); /* begins its turn */
	void (*failed)(struct twc__http_waiter *w, const struct twc_err *err);
};

struct twc__http_pool *twc__http_pool_new(struct twc_reactor *r, const struct twc_http_client_opts *o);
/* After its waiters and turns; also from inside ready and failed. */
void twc__http_pool_free(struct twc__http_pool *p);
/* 0, or TWC_EUSAGE when `via` or the client's keys make no endpoint: then neither is called. */
int twc__http_pool_get(struct twc__http_pool *p, const struct twc_url *url, const char *via, struct twc__http_waiter *w,
		       struct twc_err *err);
void twc__http_pool_forget(struct twc__http_waiter *w); /* waits no longer; fine when it does not */
void twc__http_pool_close_idle(struct twc__http_pool *p);

#endif
