/* SPDX-License-Identifier: MIT */
/* Paths of requests, which are decoded, back in the form that a Location or a link needs. */
#ifndef TWC_APP_HTTP_PATH_H
#define TWC_APP_HTTP_PATH_H

#include <twc/base.h>
#include <twc/buf.h>

/* Appends the path with all but slashes and unreserved characters as %XX. Several slashes at its start become one:
 * "//host" would be another server. 0 or what the buffer said. */
int twc__http_add_path(struct twc_buf *out, struct twc_str path) TWC_MUST_CHECK;

#endif
