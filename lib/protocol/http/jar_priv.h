/* SPDX-License-Identifier: MIT */
/* What the jar (jar.c) and its files (jar_file.c) share. */
#ifndef TWC_HTTP_JAR_PRIV_H
#define TWC_HTTP_JAR_PRIV_H

#include "protocol/http/cookie.h"
#include "protocol/http/jar.h"

#define TWC__HTTP_JAR_HOST_MAX 255 /* bytes of a domain */
#define TWC__HTTP_JAR_PATH_MAX 1024

/* What is known of a cookie that is kept, or is to be. */
struct twc__http_jar_cookie {
	struct twc_str name, value;
	struct twc_str domain; /* no dot in front or at the end; empty: every host */
	struct twc_str path;
	int64_t expires; /* meaningless with is_session */
	bool is_session;
	bool is_host_only; /* valid for `domain` itself, not for what is below it */
	bool is_secure;
	bool is_http_only;
};

struct twc__http_jar_entry {
	struct twc__http_jar_cookie c; /* its strings are in text; the domain is in lower case */
	uint64_t used;		       /* the jar's tick when it was last stored or sent */
	char text[];
};

struct twc__http_jar {
	struct twc__http_jar_entry **v; /* owned; in the order of their making, n <= TWC__HTTP_JAR_MAX */
	size_t n, cap;
	uint64_t tick;
	const struct twc__http_suffixes *suffixes; /* borrowed, or NULL */
};

/* Stores a copy, in the place of the one it replaces; or removes that one when `c` has expired. 0, TWC_ENOMEM. */
int twc__http_jar_put(struct twc__http_jar *jar, const struct twc__http_jar_cookie *c, int64_t now);
/* Max-Age before Expires, neither beyond TWC__HTTP_JAR_LIFE_MAX from now. */
void twc__http_jar_choose_expiry(const struct twc__http_cookie *in, int64_t now, struct twc__http_jar_cookie *c);
/* Nobody may have a cookie for all names below this one. */
bool twc__http_jar_is_suffix(const struct twc__http_jar *jar, struct twc_str domain);
static inline bool twc__http_jar_has_expired(const struct twc__http_jar_cookie *c, int64_t now)
{
	return !c->is_session && c->expires <= now;
}
bool twc__http_jar_is_ip(struct twc_str host);

#endif
