/* SPDX-License-Identifier: MIT */
/* Private to pool.c and pool_keep.c: a pool, its origins, and the connections that are free. */
#ifndef TWC_APP_HTTP_POOL_PRIV_H
#define TWC_APP_HTTP_POOL_PRIV_H

#include "app/http/pool.h"

struct twc__http_origin {
	struct twc__list link;
	struct twc__http_pool *pool;
	struct twc_factory factory;
	char *text;		      /* of the endpoint; what it is known by, too */
	char *dial;		      /* owned: the host of a URL that has led here; NULL: not yet */
	char *via;		      /* owned: by this endpoint; NULL: straight */
	unsigned port;		      /* of that URL, as the next two */
	bool is_secure, is_anonymous;
	bool is_http1;		      /* HTTP/1 alone is spoken */
	int version;		      /* that was spoken at last: 11, 20; 0: nobody knows */
	struct twc_endpoint *endpoint; /* owned */
	struct twc__list waiters, dials, idle, busy;
	unsigned n_waiters, n_dials, n_conns;
	bool is_due; /* to be served by the kick */
};

struct twc__http_pool {
	struct twc_reactor *r;
	struct twc__list origins, by_age;
	unsigned n_origins, n_idle, max_idle, max_per_host;
	uint64_t idle_ns, last_number;
	unsigned ip_version; /* 0: both */
	int version;	     /* as in struct twc_http_client_opts, and so the next */
	bool no_alpn;
	char *tls, *anonymous_tls, *keys; /* may be NULL */
	struct twc_timer timer; /* the oldest of those that are free */
	struct twc_timer kick;	/* somebody may be served */
	unsigned depth;		/* calls of ours on the stack from which others are called */
	bool is_going;
};

/* ---- pool_keep.c ---- */

/* At work: out of the list of those that are free, into that of the others. */
void twc__http_pooled_busy(struct twc__http_pooled *c);
/* At work, and still with room for more. */
void twc__http_pooled_offer(struct twc__http_pooled *c);
/* Free, for so long as the pool keeps it; it may be closed at once. */
void twc__http_pooled_keep(struct twc__http_pooled *c);
void twc__http_pooled_close(struct twc__http_pooled *c);

#endif
