/* SPDX-License-Identifier: MIT */
/*
 * Who may log in: names with passwords, or with hashes of passwords as crypt(3) writes them. From one "user:password", or from a
 * file with one a line.
 */
#ifndef TWC_APP_HTTP_ACCOUNTS_H
#define TWC_APP_HTTP_ACCOUNTS_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__ACCOUNTS_MAX 10000

struct twc__accounts;

/*
 * "user:password" or "@FILE", relative to `base` (NULL: the working directory). Empty lines of a file and those that
 * begin with '#' are skipped. A password that begins as hashes do is one, and has to be of a kind that can be checked
 * (base/crypt.h). NULL with TWC_EUSAGE for the text, TWC_ENOINPUT when the file cannot be read, TWC_EDATA ("FILE:LINE:
 * ...") for what is in it.
 */
struct twc__accounts *twc__accounts_new(struct twc_str spec, const char *base, struct twc_err *err);
void twc__accounts_free(struct twc__accounts *a);
bool twc__accounts_has_file(const struct twc__accounts *a);
/* Reads the file again. On an error all stays as it was. */
int twc__accounts_reload(struct twc__accounts *a, struct twc_err *err);
/*
 * Is this one of them? It takes as long for one that differs early as for one that differs late. Milliseconds where
 * there are hashes, but for a login that was right before.
 */
bool twc__accounts_check(struct twc__accounts *a, struct twc_str user, struct twc_str password);

#endif
