/* SPDX-License-Identifier: MIT */
/* Secrets that an endpoint string does not hold itself, because strings are shown. Private to lib/endpoint. */
#ifndef TWC_ENDPOINT_SECRET_H
#define TWC_ENDPOINT_SECRET_H

#include <twc/err.h>

#define TWC__SECRET_MAX 4096

/* The first line of the file `path`, without its end (LF or CR LF), of `min` (0 or 1) to `max` (at most TWC__SECRET_MAX)
 * bytes; to be freed by twc_free_secret. The file may be a pipe. `key` begins an error's text. 0, or TWC_ENOINPUT. */
int twc__secret_line(const char *path, const char *key, size_t min, size_t max, char **out, struct twc_err *err);

#endif
