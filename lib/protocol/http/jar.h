/* SPDX-License-Identifier: MIT */
/*
 * A cookie jar: the storage model of RFC 6265bis (5.7) and its retrieval (5.8), for one user who visits what they
 * name; hence no rules of same-site requests. Bounded: 50 cookies of a domain, 3,000 in all, then the one that
 * was used longest ago has to go (expired ones first; of a domain those before that are not Secure). No I/O and
 * no clock: files are text, time is an argument in seconds since 1970.
 */
#ifndef TWC_HTTP_JAR_H
#define TWC_HTTP_JAR_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#define TWC__HTTP_JAR_MAX 3000
#define TWC__HTTP_JAR_DOMAIN_MAX 50
#define TWC__HTTP_JAR_SEND_MAX 150	   /* cookies in one request, as curl */
#define TWC__HTTP_JAR_FIELD_MAX 8190	   /* bytes of one Cookie field, as curl */
#define TWC__HTTP_JAR_LIFE_MAX (400 * 86400) /* seconds; what asks for longer gets this */

struct twc__http_jar;
struct twc__http_suffixes;

/* Where a request goes. */
struct twc__http_jar_site {
	bool is_secure;	     /* TLS; a host that is this machine (localhost, 127.0.0.0/8, ::1) counts as secure anyway */
	struct twc_str host; /* as in the URL, in any case; an IPv6 literal with brackets or without */
	struct twc_str path; /* of the request-target; what follows '?' is ignored */
};

struct twc__http_jar *twc__http_jar_new(void);
void twc__http_jar_free(struct twc__http_jar *jar); /* NULL is fine */
/* From now on no cookie for a public suffix of the list, which is borrowed for the jar's life. Without one a
 * domain of a single label is refused, but for localhost. */
void twc__http_jar_set_suffixes(struct twc__http_jar *jar, const struct twc__http_suffixes *suffixes);
size_t twc__http_jar_count(const struct twc__http_jar *jar); /* expired ones that nobody asked for yet included */

/* One Set-Cookie value of an answer: stores, replaces or (expired) removes. 0, or a negative code with the
 * reason why it was ignored: TWC_EPROTO, TWC_ETOOLONG. */
int twc__http_jar_set(struct twc__http_jar *jar, const struct twc__http_jar_site *site, struct twc_str field, int64_t now,
		      struct twc_err *err);
/* Appends the value of the Cookie field, `a=b; c=d`; nothing when there is no cookie for this request. Longest
 * path first, then the oldest. 0, or of `out` TWC_ETOOLONG and TWC_ENOMEM (then `out` is as it was). */
int twc__http_jar_cookies(struct twc__http_jar *jar, const struct twc__http_jar_site *site, int64_t now,
			  struct twc_buf *out) TWC_MUST_CHECK;

/* Adds what a file holds: lines of Netscape's format (seven fields, tabs; #HttpOnly_ in front; expiry 0: of
 * the session), and lines that begin with "Set-Cookie:", which without a Domain are for every host, as with
 * curl. Comments, empty lines and expired cookies are passed over. Returns how many lines were none of these,
 * or held a cookie that had to be refused. */
size_t twc__http_jar_read(struct twc__http_jar *jar, struct twc_str text, int64_t now);
/* Netscape's format; left out are expired cookies, and those for every host, which it has no line for. 0, or as
 * twc__http_jar_cookies. */
int twc__http_jar_write(struct twc__http_jar *jar, int64_t now, struct twc_buf *out) TWC_MUST_CHECK;
/* Removes what has no expiry. */
void twc__http_jar_end_session(struct twc__http_jar *jar);

#endif
