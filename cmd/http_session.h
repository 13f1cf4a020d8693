/* SPDX-License-Identifier: MIT */
/* Sessions of a run: groups that ask for the same share one, with its connections and cookies. */
#ifndef CMD_HTTP_SESSION_H
#define CMD_HTTP_SESSION_H

#include "http_request.h"

struct http_session {
	char *key; /* owned: all that it depends on */
	struct twc_http_session *s;
};

struct http_sessions {
	struct http_session *at;
	size_t n;
	struct http_names resolve; /* rules of --resolve in curl's form */
};

/* Takes the rules HOST:PORT:ADDR out of --resolve, whose others are the resolver's: before the reactor is
 * made. */
void http_sessions_take_rules(struct http_sessions *all, struct ctx *ctx);
/* That of a group; its cookies are loaded. 0 with *out, or a status after it was printed. */
int http_sessions_get(struct http_sessions *all, struct ctx *ctx, struct twc_reactor *r,
		      const struct http_request *q, struct twc_http_session **out);
/* The keys of endpoints alone, as options say them: of those with TLS, and of every one. */
void http_session_keys(const struct http_request *q, struct twc_buf *tls, struct twc_buf *keys);
/* Writes cookies (-c): 0, or a status after it was printed. */
int http_session_save(struct ctx *ctx, const struct http_request *q, const struct twc_http_session *s);
void http_sessions_free(struct http_sessions *all); /* after the fetches */

#endif
