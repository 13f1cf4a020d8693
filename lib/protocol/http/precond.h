/* SPDX-License-Identifier: MIT */
/*
 * Conditional requests (RFC 9110, 13): entity tags, and the one order in which the five fields are looked at (13.2.2).
 */
#ifndef TWC_PROTOCOL_HTTP_PRECOND_H
#define TWC_PROTOCOL_HTTP_PRECOND_H

#include <twc/base.h>

struct twc__http_etag {
	bool is_weak;
	struct twc_str tag; /* between the quotes; borrowed */
};

/* The whole of `s` as one entity tag ("x" or W/"x", quotes included). */
bool twc__http_etag_parse(struct twc_str s, struct twc__http_etag *out);
/* Cuts the next tag off a list. False at its end and where it stops being one. */
bool twc__http_etag_next(struct twc_str *list, struct twc__http_etag *out);
bool twc__http_etag_eq_strong(const struct twc__http_etag *a, const struct twc__http_etag *b);
bool twc__http_etag_eq_weak(const struct twc__http_etag *a, const struct twc__http_etag *b);

/* What the request says. A field that is absent has p == NULL; lines of the same list are joined by commas before. */
struct twc__http_conditions {
	struct twc_str method;
	struct twc_str if_match;
	struct twc_str if_unmodified_since;
	struct twc_str if_none_match;
	struct twc_str if_modified_since;
	struct twc_str if_range;
	bool has_range;
};

/* What the selected representation is. */
struct twc__http_validators {
	bool exists;
	bool has_mtime;
	int64_t mtime;	    /* seconds, as sent in Last-Modified */
	struct twc_str etag; /* as sent in ETag; empty: none */
};

enum twc__http_precond {
	TWC__HTTP_PROCEED = 0,
	TWC__HTTP_NOT_MODIFIED, /* 304 */
	TWC__HTTP_FAILED,	/* 412 */
};

/*
 * To be asked when the answer would otherwise be 2xx. A date later than `now` in If-Modified-Since is no date (RFC 2616,
 * 14.25). *use_range (may be NULL): whether the Range may be honoured, of GET only; false unless TWC__HTTP_PROCEED.
 */
enum twc__http_precond twc__http_precond_check(const struct twc__http_conditions *c, const struct twc__http_validators *v,
					       int64_t now, bool *use_range);

#endif
