/* SPDX-License-Identifier: MIT */
/*
 * What a request asks for (RFC 9112, 3.2 and 3.3): the four forms of a request-target, the Host field, and the path that comes of
 * it, decoded once. One opinion for every version of HTTP: an HTTP/2 request has the same path and authority.
 */
#ifndef TWC_PROTOCOL_HTTP_TARGET_H
#define TWC_PROTOCOL_HTTP_TARGET_H

#include <sys/types.h>

#include "protocol/http/head.h"

enum twc__http_form {
	TWC__HTTP_ORIGIN = 1, /* /path?query */
	TWC__HTTP_ABSOLUTE,   /* http://host/path?query */
	TWC__HTTP_AUTHORITY,  /* host:port, of CONNECT */
	TWC__HTTP_ASTERISK,   /* *, of OPTIONS */
};
struct twc__http_target {
	enum twc__http_form form;
	struct twc_str scheme;	  /* of the absolute form */
	struct twc_str authority; /* of the absolute or authority form; n 0: the Host field's */
	struct twc_str path;	  /* as it is, "/" when the absolute form has none */
	struct twc_str query;	  /* p NULL: none */
};
/* Slices of `target`. TWC_EPROTO with a sentence: a form that does not go with the method, a fragment, userinfo, controls… */
int twc__http_target_parse(enum twc_http_method method, struct twc_str target, struct twc__http_target *out, struct twc_err *err);
/* uri-host [":" port] of RFC 9110, 7.2; empty is allowed there for targets without authority. */
bool twc__http_is_host(struct twc_str s);
/* Exactly one Host field, and a good one (HTTP/1.1); *authority is the target's, which wins, or the field's. */
int twc__http_host_check(const struct twc__http_start *start, const struct twc_http_fields *fields,
			 const struct twc__http_target *target, struct twc_str *authority, struct twc_err *err);
/* A path alone, which decoding would leave as it is. Not all such paths are seen to be. */
bool twc__http_path_is_plain(struct twc_str target);
/*
 * The path, percent-decoded once, with "." and ".." resolved and empty segments kept, into `out` (room for path.n + 1
 * bytes; NUL-terminated); returns its length. TWC_EPROTO: %00, %2F, %5C, a backslash, a bad escape, UTF-8 that is
 * overlong or none, ".." above the root.
 */
ssize_t twc__http_path_decode(struct twc_str path, char *out, struct twc_err *err);

#endif
