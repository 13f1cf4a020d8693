/* SPDX-License-Identifier: MIT */
/*
 * The .netrc file, in the grammar that curl accepts: machine NAME or default, then login, password, account;
 * macdef up to an empty line; tokens in double quotes with \n \r \t \" \\; lines that begin with '#' are
 * comments. Words that are none of these are passed over. No I/O.
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

/*
 * The first entry for `host` (any case), or default, which fits every host. Without `login` ({NULL, 0}) one that
 * has a login or a password; with it one that has a password, and either that login (letter by letter) or none.
 * Returns 1 (then *out is to be ended with twc__http_netrc_fini), 0 when there is none, TWC_EDATA for a fault up
 * to there (the text names the line), TWC_ETOOLONG.
 */
int twc__http_netrc_find(struct twc_str text, struct twc_str host, struct twc_str login, struct twc__http_netrc *out,
			 struct twc_err *err);
void twc__http_netrc_fini(struct twc__http_netrc *n); /* overwrites, then frees */

#endif
