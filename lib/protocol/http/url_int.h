/* SPDX-License-Identifier: MIT */
/* What the files of <twc/url.h> share. */
#ifndef TWC_PROTOCOL_HTTP_URL_INT_H
#define TWC_PROTOCOL_HTTP_URL_INT_H

#include <twc/url.h>

#define TWC__URL_HOST_MAX 254 /* a name of 253 octets and its final dot */
#define TWC__URL_ZONE_MAX 15  /* IF_NAMESIZE - 1 */

/* A text that is being read, for faults with their column. */
struct twc__url_reader {
	struct twc_str text;
	unsigned flags; /* of twc_url_parse */
	struct twc_err *err;
};
/* Fills *err, with the column of `at` if that is in the text; returns the code that fits the flags. */
int twc__url_refuse(const struct twc__url_reader *r, const char *at, const char *fmt, ...) TWC_PRINTF(3, 4);

/* A URL before it is one: slices of texts that were checked, but are not yet encoded. */
struct twc__url_parts {
	struct twc_str scheme, userinfo, host, zone, path, query, fragment;
	enum twc_url_host kind;
	uint16_t port;
	bool has_port, has_userinfo, has_query, has_fragment;
	char host_buf[TWC__URL_HOST_MAX + 1], zone_buf[TWC__URL_ZONE_MAX + 1]; /* where host and zone may stand */
};

/* ---- url.c ---- */

/* The parts in normal form, in memory of their own. Errors as twc_url_parse. */
int twc__url_build(const struct twc__url_parts *p, unsigned flags, struct twc_url *out, struct twc_err *err);
/* Slices of `u`. */
void twc__url_parts_of(const struct twc_url *u, struct twc__url_parts *p);

/* ---- url_parse.c ---- */

/* Refuses what no URL may hold. */
int twc__url_check_octets(const struct twc__url_reader *r);
/* Length of the scheme that `s` begins with, up to its ':'; 0: none. */
size_t twc__url_scheme_len(struct twc_str s);
/* The fault that a scheme without "//" is: that it is none of ours, or what is missing. */
int twc__url_no_slashes(const struct twc__url_reader *r, struct twc_str scheme);
/* Cuts "[userinfo@]host[:port]" off the front of *rest. */
int twc__url_authority(const struct twc__url_reader *r, struct twc_str *rest, struct twc__url_parts *p);
/* path ["?" query] ["#" fragment] */
int twc__url_tail(const struct twc__url_reader *r, struct twc_str rest, struct twc__url_parts *p);

/* ---- url_host.c ---- */

/* A host without its port, in brackets if it is an IPv6 address, to its normal form. */
int twc__url_host(const struct twc__url_reader *r, struct twc_str raw, struct twc__url_parts *p);

/* ---- url_resolve.c ---- */

/* Takes "." and ".." (also as %2e) out of a path that begins with '/', in place; returns the new length, at least 1. */
size_t twc__url_remove_dots(char *path, size_t n);

/* ---- url_code.c ---- */

/* Writes `s` to `out`, if not NULL, with blanks, controls, bytes above 126 and those of `also` percent-encoded, blanks as
 * '+' if `plus`; returns the length. */
size_t twc__url_put_encoded(char *out, struct twc_str s, const char *also, bool plus);
/* Cuts the next byte off the front of *s (not empty), decoded. */
unsigned char twc__url_decode_one(struct twc_str *s, bool plus);

#endif
