/* SPDX-License-Identifier: MIT */
/*
 * A site from within, for its kinds and wrappers: its options with the defaults in place, and parts, which live
 * as long as the site and are shared by its routes (a cache of open files, the queue of programs, counters).
 */
#ifndef TWC_APP_HTTP_SITE_H
#define TWC_APP_HTTP_SITE_H

#include "app/http/handler.h"

struct twc__http_part_ops {
	const char *name;
	void (*free)(void *part);				   /* NULL: nothing to be done */
	int (*reload)(void *part, struct twc_err *err);		   /* SIGHUP; on an error all stays; may be NULL */
	bool (*has_files)(const void *part);			   /* is there anything to reload? NULL: no */
	/* An exchange is over; err->code says why when it was broken off. May be NULL. */
	void (*exchanged)(void *part, struct twc_http_exchange *x, const struct twc_err *err);
};
struct twc__http_part {
	const struct twc__http_part_ops *ops;
	void *arg;
};

struct twc_http_site {
	struct twc_reactor *r;		    /* borrowed */
	struct twc_http_site_opts o;	    /* with the defaults in place; `seed` is never 0 */
	struct twc_http_router *router;	    /* owned */
	struct twc__http_made front;	    /* the site's wrappers, and behind them the router */
	struct twc__http_part *part;	    /* owned; freed from the last to the first, after the router */
	unsigned n_parts;
	const struct twc_http_server *server; /* borrowed; NULL: not set yet */
	uint64_t requests;		    /* answered */
	bool takes_uploads;		    /* one of its routes does */
};

void twc__http_site_add_part(struct twc_http_site *s, const struct twc__http_part_ops *ops, void *part);
/* The first part with these ops; NULL: there is none. */
void *twc__http_site_find_part(const struct twc_http_site *s, const struct twc__http_part_ops *ops);

#endif
