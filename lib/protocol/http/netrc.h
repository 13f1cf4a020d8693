/* SPDX-License-Identifier: MIT */
/*
 * The .netrc file, in the grammar that curl accepts: machine NAME or default, then login, password, account; macdef up to an
 * empty line; tokens in double quotes with \n \r \t \" \\; comments from a token that begins with '#'. No I/O.
 */
#ifndef TWC_HTTP_NETRC_H
#define TWC_HTTP_NETRC_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_NETRC_MAX (128u << 10)  /* bytes of a file */
#define TWC__HTTP_NETRC_TOKEN_MAX 4096u /* bytes of a token, without quotes and escapes */

struct twc__http_netrc {
	char *login;	/* owned; NULL: the entry has none */
	char *password; /* owned; NULL: the entry has none */
};

/* The first entry for `host` (any case), or default, which fits every host and ends the search; with `login` ({NULL, 0}: any)
 * the first whose login is that, letter by letter. Returns 1 (then *out is to be ended with twc__http_netrc_fini), 0 when there
 * is none, TWC_EDATA for a faulty file (the text names the line), TWC_ETOOLONG. What follows the entry is not looked at. */
int twc__http_netrc_find(struct twc_str text, struct twc_str host, struct twc_str login, struct twc__http_netrc *out,
			 struct twc_err *err);
void twc__http_netrc_fini(struct twc__http_netrc *n); /* overwrites, then frees */

#endif
