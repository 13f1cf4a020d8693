/* SPDX-License-Identifier: MIT */
/* A session from within, for the fetches that share it. */
#ifndef TWC_APP_HTTP_SESSION_H
#define TWC_APP_HTTP_SESSION_H

#include "protocol/http/jar.h"
#include "protocol/http/suffix.h"

#include <twc/http_fetch.h>

/* A name and port that lead elsewhere. */
struct twc__http_elsewhere {
	char *host; /* NULL: any */
	uint16_t port; /* 0: any */
	char *to_host; /* NULL: the same */
	uint16_t to_port; /* 0: the same */
};

struct twc__http_elsewheres {
	struct twc__http_elsewhere *at;
	size_t n;
};

struct twc_http_session {
	struct twc_reactor *r;
	struct twc_http_client *client;
	struct twc__http_suffixes *suffixes; /* NULL: none */
	struct twc__http_jar *jar;	     /* NULL: none is kept */
	char *netrc, *cookies, *keys, *proxy_tls; /* owned; may be NULL */
	struct twc__http_elsewheres resolve, connect_to;
	bool has_rates; /* some connection has a limit, which the next to use it may not have */
};

/* Seconds since 1970. */
int64_t twc__http_now(void);

/* ---- session_where.c ---- */

/* One rule of --resolve: its addresses become the answer for a name of our own. TWC_EUSAGE. */
int twc__http_resolve_add(struct twc_http_session *s, const char *rule, struct twc_err *err);
int twc__http_connect_to_add(struct twc__http_elsewheres *list, const char *rule, struct twc_err *err);
void twc__http_elsewheres_fini(struct twc__http_elsewheres *list);

struct twc__http_place {
	const char *host; /* borrowed; NULL: the URL's */
	uint16_t port;
	bool is_moved; /* it is not where the URL says */
};
/* `resolves`: the name is looked up here, and not by a proxy. */
void twc__http_session_place(const struct twc_http_session *s, const struct twc_url *url, bool resolves,
			     struct twc__http_place *out);

#endif
