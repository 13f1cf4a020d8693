/* SPDX-License-Identifier: MIT */
/*
 * What a 401 or 407 asks for: the challenges of WWW-Authenticate and Proxy-Authenticate (RFC 9110, 11.6.1),
 * several in one value or in several, and which of them is the strongest that can be answered. Views into the
 * value; nothing is allocated. The parameters of Authorization and Authentication-Info have the same form.
 */
#ifndef TWC_HTTP_CHALLENGE_H
#define TWC_HTTP_CHALLENGE_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_AUTH_PARAM_MAX 4096 /* bytes of a parameter's value */

struct twc__http_challenge {
	struct twc_str scheme;	/* as it was spelled */
	struct twc_str token68; /* or empty; then there are no parameters */
	struct twc_str params;	/* `realm="x", charset=UTF-8`: for twc__http_auth_param_next */
};

struct twc__http_auth_param {
	struct twc_str name;
	struct twc_str raw; /* a token, or what stands between the quotes, its backslashes still there */
};

/* Cuts the next challenge off a field's value. 1; 0 at the end; TWC_EPROTO when what follows is none;
 * TWC_ETOOLONG. */
int twc__http_challenge_next(struct twc_str *rest, struct twc__http_challenge *out, struct twc_err *err);
/* Cuts the next parameter off a list of them. 1; 0 at the end; TWC_EPROTO, TWC_ETOOLONG. A value without
 * quotes may hold more than a token may: servers send it so. */
int twc__http_auth_param_next(struct twc_str *rest, struct twc__http_auth_param *out, struct twc_err *err);
/* The first parameter of that name (any case); false when there is none. */
bool twc__http_auth_param_find(struct twc_str params, const char *name, struct twc_str *raw);
/* The value itself, without backslashes, NUL-terminated; owned by the caller. */
char *twc__http_auth_unquote(struct twc_str raw);
bool twc__http_auth_eq(struct twc_str raw, struct twc_str value); /* the value itself, letter by letter */

enum {
	TWC__HTTP_AUTH_BASIC = 1u << 0,
	TWC__HTTP_AUTH_DIGEST = 1u << 1,
	TWC__HTTP_AUTH_BEARER = 1u << 2,
};

/* Of all challenges in `n` values the strongest of those `allowed`: Bearer, Digest (SHA-512-256, SHA-256,
 * MD5), Basic; of equals the first. A value is used up to its first fault; a Digest that cannot be answered
 * (auth-int alone, unknown algorithm) is no choice. Returns its TWC__HTTP_AUTH_ bit, or 0 when there is none. */
unsigned twc__http_challenge_pick(const struct twc_str *values, size_t n, unsigned allowed, struct twc__http_challenge *out);

#endif
