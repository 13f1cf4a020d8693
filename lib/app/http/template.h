/* SPDX-License-Identifier: MIT */
/*
 * Texts with gaps, for mock routes: "{path.NAME}" is a variable of the route's pattern, "{query.NAME}" a parameter of the query;
 * all else, other braces included, stays as it is. No I/O.
 *
 * In JSON a value is escaped where it stands in a string; elsewhere it becomes a value by itself: numbers, true, false
 * and null stay, any other is a string, and what is not there is null. So what a client sends never changes the shape
 * of the document.
 */
#ifndef TWC_APP_HTTP_TEMPLATE_H
#define TWC_APP_HTTP_TEMPLATE_H

#include <twc/buf.h>
#include <twc/err.h>

#include "protocol/http/pattern.h"

#define TWC__HTTP_TEMPLATE_OUT_MAX (1024 * 1024) /* bytes of a text that is filled in */

struct twc__http_template;

/* Copies `text`. TWC_EUSAGE with the column in it: a gap without a name or an end, a variable that `pattern` has not, or, with
 * `is_json`, what is no JSON whatever the gaps are filled with. */
int twc__http_template_new(struct twc__http_template **out, struct twc_str text, bool is_json,
			   const struct twc__http_pattern *pattern, struct twc_err *err);
void twc__http_template_free(struct twc__http_template *t); /* NULL is fine */

/* The whole text when it has no gaps, else p NULL. */
struct twc_str twc__http_template_fixed(const struct twc__http_template *t);
/* p NULL: there is no such value. */
typedef struct twc_str (*twc__http_template_fn)(void *arg, bool is_query, const char *name);
/* Appends. 0, or what the buffer said. */
int twc__http_template_fill(const struct twc__http_template *t, twc__http_template_fn value, void *arg, struct twc_buf *out);

#endif
