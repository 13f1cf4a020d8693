/* SPDX-License-Identifier: MIT */
/*
 * Many URLs in one string, as curl has it: sets {a,b,c} and ranges [1-9] [001-100] [a-z], with a step [0-100:10]; several
 * in a URL, none within another. A backslash makes the bracket or brace behind it a character. An IPv6 address in brackets, and
 * "[]", are no ranges. Names of files may quote what is current: #1 is the first set or range.
 */
#ifndef PROTOCOL_HTTP_GLOB_H
#define PROTOCOL_HTTP_GLOB_H

#include <twc/buf.h>

#define TWC__HTTP_GLOB_PARTS 100	   /* sets, ranges and the texts between them */
#define TWC__HTTP_GLOB_MEMBERS 10000	   /* of one set */
#define TWC__HTTP_GLOB_COUNT 1000000000000 /* URLs of one string: more is a slip of the keyboard */

struct twc__http_glob;
/* NULL: TWC_EUSAGE with err->column. Free with twc__http_glob_free. */
struct twc__http_glob *twc__http_glob_new(struct twc_str pattern, struct twc_err *err);
void twc__http_glob_free(struct twc__http_glob *g); /* NULL is fine */
uint64_t twc__http_glob_count(const struct twc__http_glob *g); /* how many there are in all; at least 1 */
/* Appends the next to `out`; the last range changes fastest. 1; 0 when there is none left; TWC_ETOOLONG, TWC_ENOMEM. */
int twc__http_glob_next(struct twc__http_glob *g, struct twc_buf *out) TWC_MUST_CHECK;
/* Appends `name` with #1, #2… as they stand in the URL that came last; a # before anything else stays. 0 or a code. */
int twc__http_glob_name(const struct twc__http_glob *g, struct twc_str name, struct twc_buf *out) TWC_MUST_CHECK;

#endif
