/* SPDX-License-Identifier: MIT */
/*
 * Credentials that are said as they are: Basic (RFC 7617, UTF-8) and Bearer (RFC 6750). The functions make and
 * read the whole value of Authorization or Proxy-Authorization. Digest is digest_auth.h's.
 */
#ifndef TWC_HTTP_CREDENTIALS_H
#define TWC_HTTP_CREDENTIALS_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#define TWC__HTTP_BASIC_MAX 1024 /* bytes of user, colon and password that a server reads */

/* Appends "Basic dXNlcjpwdw==". TWC_EUSAGE for a colon in the user's name or a control in either;
 * TWC_ETOOLONG, TWC_ENOMEM of `out`. */
int twc__http_basic_add(struct twc_buf *out, struct twc_str user, struct twc_str password, struct twc_err *err);
/* Appends "Bearer TOKEN". TWC_EUSAGE when that is empty or holds anything but visible ASCII. RFC 6750, 2.1
 * would have base64's characters only, but tokens with others are in use. */
int twc__http_bearer_add(struct twc_buf *out, struct twc_str token, struct twc_err *err);

struct twc__http_basic {
	struct twc_str user; /* in `text` */
	struct twc_str password;
	char text[TWC__HTTP_BASIC_MAX + 4]; /* the caller overwrites it when it is done */
};
/* A client's value, strictly: the scheme in any case, one or more blanks, base64 of something with a colon and
 * without controls, and nothing else. `out->text` holds a secret afterwards. */
bool twc__http_basic_parse(struct twc_str value, struct twc__http_basic *out);
bool twc__http_bearer_parse(struct twc_str value, struct twc_str *token); /* a view into `value` */

#endif
