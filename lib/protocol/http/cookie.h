/* SPDX-License-Identifier: MIT */
/*
 * Cookies on the wire, by RFC 6265bis: Set-Cookie (section 5.6) as a user agent has to read it, and the Cookie
 * field as a server does. Results are views into the field's value. What becomes of a cookie is jar.h's.
 */
#ifndef TWC_HTTP_COOKIE_H
#define TWC_HTTP_COOKIE_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_COOKIE_MAX 4096      /* bytes of name and value together; a longer cookie is refused */
#define TWC__HTTP_COOKIE_ATTR_MAX 1024 /* bytes of an attribute's value; a longer attribute is ignored */

enum twc__http_same_site {
	TWC__HTTP_SAME_SITE_DEFAULT,
	TWC__HTTP_SAME_SITE_NONE,
	TWC__HTTP_SAME_SITE_LAX,
	TWC__HTTP_SAME_SITE_STRICT,
};

struct twc__http_cookie {
	struct twc_str name;   /* may be empty */
	struct twc_str value;  /* quotes are part of it */
	struct twc_str domain; /* without a dot in front, in the case it came in; empty: the host only */
	struct twc_str path;   /* begins with '/'; empty: the default path of the request */
	int64_t expires;       /* seconds since 1970; valid with has_expires */
	int64_t max_age;       /* seconds, any sign; valid with has_max_age, which goes first */
	enum twc__http_same_site same_site;
	bool has_expires;
	bool has_max_age;
	bool secure;
	bool http_only;
};

/* One Set-Cookie value. 0; TWC_EPROTO for controls or for neither name nor value; TWC_ETOOLONG. A tab within a
 * name, a value, a path or a domain is a control here, as with curl: no file of cookies could hold it. */
int twc__http_cookie_parse(struct twc_str field, struct twc__http_cookie *out, struct twc_err *err);

/* The prefixes __Secure- and __Host- (any case) promise what the cookie must keep: false when it does not.
 * `host_only`: it is valid for no other host. A value without a name may not look as if it had such a prefix. */
bool twc__http_cookie_keeps_prefix(const struct twc__http_cookie *c, bool host_only);

/* Cuts the next cookie off a Cookie value: `a=b; c=d`. A part without '=' has an empty name; empty parts are
 * left out. False at the end. Begin with *rest = the value. */
bool twc__http_cookie_next(struct twc_str *rest, struct twc_str *name, struct twc_str *value);

/* May a server send these (RFC 6265, 4.1.1)? The name is a token, the value printable without blank " , ; and
 * \ . */
bool twc__http_cookie_is_sendable(struct twc_str name, struct twc_str value);

#endif
