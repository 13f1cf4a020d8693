/* SPDX-License-Identifier: MIT */
/*
 * Patterns of routes: "/run/<int:n>", "/files/<path:p>", "/static/".
 *
 * A pattern is a path whose segments may hold one variable each, with literal text around it ("/v<int:n>.json"):
 *   <name> anything but a slash, <int:n> up to 18 digits with an optional "-", <float:x> the same with an optional
 *   fraction, <uuid:u> 8-4-4-4-12 hexadecimal digits, <path:p> one segment or more (once, and a segment of its own).
 * One that ends in "/" takes the whole subtree below, any other is exact. %XX stands for a byte ("%3C" for "<").
 *
 * Paths are matched decoded and normalised: slashes part segments, there is no "." or "..", and %2F was refused before.
 * A match takes one pass over the path: how many segments <path:p> takes follows from the number of the others.
 */
#ifndef TWC_PROTOCOL_HTTP_PATTERN_H
#define TWC_PROTOCOL_HTTP_PATTERN_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_PATTERN_MAX 1024   /* bytes */
#define TWC__HTTP_PATTERN_VARS_MAX 32

struct twc__http_pattern;

/* TWC_EUSAGE with the column. The pattern keeps nothing of `text`; free it. */
int twc__http_pattern_new(struct twc__http_pattern **out, struct twc_str text, struct twc_err *err);
void twc__http_pattern_free(struct twc__http_pattern *p); /* NULL is fine */

size_t twc__http_pattern_count(const struct twc__http_pattern *p); /* of variables */
struct twc_str twc__http_pattern_name(const struct twc__http_pattern *p, size_t i); /* lives as long as the pattern */

enum twc__http_pattern_answer {
	TWC__HTTP_PATTERN_NO = 0,
	TWC__HTTP_PATTERN_YES,
	TWC__HTTP_PATTERN_SLASH, /* no, but it would with "/" added: a subtree was asked for by its name */
};

struct twc__http_pattern_match {
	struct twc_str value[TWC__HTTP_PATTERN_VARS_MAX]; /* in the pattern's order; slices of the path */
	struct twc_str rest; /* of a subtree: what follows its last slash (which is at rest.p - 1); else empty */
};

/* *m is complete after TWC__HTTP_PATTERN_YES only. */
enum twc__http_pattern_answer twc__http_pattern_match(const struct twc__http_pattern *p, struct twc_str path,
						      struct twc__http_pattern_match *m);

/* Below 0 when `a` is to be tried first: at the first segment where they differ literal text before text with a variable,
 * that before a variable with a type, before one without, before <path:>; else the longer, else the exact one. 0: the
 * order of the user decides. */
int twc__http_pattern_compare(const struct twc__http_pattern *a, const struct twc__http_pattern *b);

#endif
