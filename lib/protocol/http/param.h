/* SPDX-License-Identifier: MIT */
/*
 * The two shapes that most field values share (RFC 9110, 5.6): lists with commas, and parameters with semicolons whose
 * values are tokens or quoted strings.
 */
#ifndef TWC_PROTOCOL_HTTP_PARAM_H
#define TWC_PROTOCOL_HTTP_PARAM_H

#include <twc/base.h>

/* Cuts the next member off a list: without the blanks around it; empty ones are skipped; a comma in quotes parts nothing.
 * False at the end. */
bool twc__http_list_next(struct twc_str *list, struct twc_str *member);

struct twc__http_param {
	struct twc_str name;
	struct twc_str value; /* quoted: what is between the quotes, still with its backslashes */
	bool is_quoted;
};

/* Cuts what stands before the first semicolon (a media type, a disposition) off *rest, for twc__http_param_next. */
struct twc_str twc__http_param_head(struct twc_str *rest);
/* Cuts "; name=value" off *rest; blanks around ";" and "=" and empty parameters are tolerated. 1: there was one; 0: the
 * end; -1: what follows is none. */
int twc__http_param_next(struct twc_str *rest, struct twc__http_param *out);
/* Copies the value without backslashes of escapes; returns its length, or cap + 1 when that is above `cap`. No NUL. */
size_t twc__http_param_value(const struct twc__http_param *p, char *out, size_t cap);
/* Same value, case ignored, quoted or not. */
bool twc__http_param_eq(const struct twc__http_param *a, const struct twc__http_param *b);

#endif
