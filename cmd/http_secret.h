/* SPDX-License-Identifier: MIT */
/* Secrets that options name: the text itself, or where it is. */
#ifndef CMD_HTTP_SECRET_H
#define CMD_HTTP_SECRET_H

#include <twc/buf.h>
#include <twc/err.h>

#define HTTP_FILE_MAX ((size_t)1 << 30) /* of a file that is read into memory */

/* All of a file; `path` "-": standard input. TWC_ENOINPUT, TWC_ETOOLONG beyond the buffer's maximum. */
int http_file_read(const char *path, struct twc_buf *out, struct twc_err *err);
/*
 * "@FILE" and "@-": the first line of it; "env:NAME": the variable; else the text. *out is to be freed by
 * http_secret_free. `option` begins an error's text: TWC_ENOINPUT.
 */
int http_secret_read(const char *option, const char *value, char **out, struct twc_err *err);
void http_secret_free(char *secret); /* wiped; NULL is fine */
/* Asks for it on the terminal, unseen; empty where there is none. Ends the process by the signal of a ^C. */
char *http_secret_ask(const char *question);

#endif
