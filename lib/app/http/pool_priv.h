/* SPDX-License-Identifier: MIT */
/* Private to pool*.c: a pool, its origins, their dials, and the connections that are free. */
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

/* ---- pool.c ---- */

/* What others are called from may see the pool freed: it goes when the last such call has returned. False: it has. */
void twc__http_pool_enter(struct twc__http_pool *p);
bool twc__http_pool_leave(struct twc__http_pool *p);
/* Out of those who wait. */
void twc__http_waiter_drop(struct twc__http_waiter *w);
/* Could one connection be enough for all? */
bool twc__http_origin_may_share(const struct twc__http_origin *o);
/* Gives what has room to those who wait, and dials for the others. */
void twc__http_origin_serve(struct twc__http_origin *o);

/* ---- pool_dial.c ---- */

void twc__http_origin_dial(struct twc__http_origin *o);
/* Gives the latest dial up; how far it was. There is one. */
struct twc__http_dialled twc__http_origin_undial(struct twc__http_origin *o);

/* ---- pool_keep.c ---- */

/* At work: out of the list of those that are free, into that of the others. */
void twc__http_pooled_busy(struct twc__http_pooled *c);
/* At work, and still with room for more. */
void twc__http_pooled_offer(struct twc__http_pooled *c);
/* Free, for so long as the pool keeps it; it may be closed at once. */
void twc__http_pooled_keep(struct twc__http_pooled *c);
void twc__http_pooled_close(struct twc__http_pooled *c);

#endif
