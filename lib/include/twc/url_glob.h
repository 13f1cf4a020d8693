/* SPDX-License-Identifier: MIT */
/*
 * Many URLs in one string, as curl has it: sets {a,b,c} and ranges [1-9] [001-100] [a-z], with a step [0-100:10]; several
 * in a URL, none within another. A backslash makes the bracket or brace behind it a character. An IPv6 address in brackets, and
 * "[]", are no ranges. Names of files may quote what is current: #1 is the first set or range.
 */
#ifndef TWC_URL_GLOB_H
#define TWC_URL_GLOB_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

#define TWC_URL_GLOB_PARTS 100	   /* sets, ranges and the texts between them */
#define TWC_URL_GLOB_MEMBERS 10000	   /* of one set */
#define TWC_URL_GLOB_COUNT 1000000000000 /* URLs of one string: more is a slip of the keyboard */

struct twc_url_glob;
/* NULL: TWC_EUSAGE with err->column. Free with twc_url_glob_free. */
struct twc_url_glob *twc_url_glob_new(struct twc_str pattern, struct twc_err *err);
void twc_url_glob_free(struct twc_url_glob *g); /* NULL is fine */
uint64_t twc_url_glob_count(const struct twc_url_glob *g); /* how many there are in all; at least 1 */
/* Appends the next to `out`; the last range changes fastest. 1; 0 when there is none left; TWC_ETOOLONG, TWC_ENOMEM. */
int twc_url_glob_next(struct twc_url_glob *g, struct twc_buf *out) TWC_MUST_CHECK;
/* Appends `name` with #1, #2… as they stand in the URL that came last; a # before anything else stays. 0 or a code. */
int twc_url_glob_name(const struct twc_url_glob *g, struct twc_str name, struct twc_buf *out) TWC_MUST_CHECK;

#pragma GCC visibility pop
#endif
