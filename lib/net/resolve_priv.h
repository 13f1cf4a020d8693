/* SPDX-License-Identifier: MIT */
/*
 * Private to resolve.c and resolve_server.c: what a reactor's resolver is made of. The only header that knows c-ares.
 */
#ifndef TWC_NET_RESOLVE_PRIV_H
#define TWC_NET_RESOLVE_PRIV_H

#include "base/list.h"
#include "net/net_int.h"

#include <ares.h>

struct twc__dns_server {
	struct twc__dns_set *set;
	struct twc_addr addr;
	ares_channel channel; /* NULL until the first query */
	struct twc__list socks;
	struct twc_timer timer; /* c-ares' own deadlines, or the cancelling of an idle channel */
	unsigned n_queries;	/* in c-ares, those abandoned included */
	unsigned n_live;	/* <= n_queries: those somebody waits for */
};

/* One state of resolv.conf. It lives as long as it is the current one, or lookups use it. */
struct twc__dns_set {
	struct twc__list node; /* in dns.sets */
	struct twc__dns *dns;
	struct twc__resolv_conf conf;
	struct twc__dns_server *server; /* owned, conf.n_servers of them */
	unsigned n_lookups;
	unsigned turn; /* where the next lookup begins, with `options rotate` */
};

struct twc__dns {
	struct twc_reactor *reactor; /* borrowed */
	struct twc__dns_set *current;
	struct twc__list sets;
	struct twc__list lookups; /* those that wait for an answer */
	struct twc__list ready;	  /* those whose answer is there, to be gone on with by twc__dns_drain */
	unsigned in_ares;
	bool is_draining, is_closing;
};

/* ---- resolve_server.c ---- */

int twc__dns_open(struct twc__dns_server *s); /* its channel, if it has none yet; ARES_SUCCESS or another status */
void twc__dns_schedule(struct twc__dns_server *s); /* after everything that may have changed what the channel waits for */
void twc__dns_set_unused(struct twc__dns_set *set); /* frees it when it is not the current one, and no lookup uses it */

/* ---- resolve.c ---- */

/* Goes on with every lookup whose answer is there; it may free sets. */
void twc__dns_drain(struct twc__dns *dns);

#endif
