/* SPDX-License-Identifier: MIT */
/* The variables of -w, for writeout.c. */
#ifndef TWC_APP_HTTP_WRITEOUT_H
#define TWC_APP_HTTP_WRITEOUT_H

#include <twc/http_report.h>

/* Appends the value of a variable. 1, 0 when there is none of this name (in whatever case), or what the buffer said. */
int twc__http_writeout_var(struct twc_buf *b, struct twc_str name, const struct twc_http_facts *x);
/* All of them as one object of JSON, and all fields of the response, as curl lays it out. */
int twc__http_writeout_json(struct twc_buf *b, const struct twc_http_facts *x) TWC_MUST_CHECK;
int twc__http_writeout_header_json(struct twc_buf *b, const struct twc_http_facts *x) TWC_MUST_CHECK;

#endif
