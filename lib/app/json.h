/* SPDX-License-Identifier: MIT */
/* What the files of <twc/json.h> that hold trees have in common. */
#ifndef TWC_APP_JSON_H
#define TWC_APP_JSON_H

#include <twc/buf.h>
#include <twc/json.h>

struct json_t; /* jansson's */

/* The value on one line, keys in their order, reals in the fewest digits that mean the same. 0 or what the
 * buffer said. */
int twc__json_dump(const struct json_t *value, struct twc_buf *b) TWC_MUST_CHECK;

/* Any value; integers beyond 64 bits become reals when `is_lossy`. NULL with *err: `code`, and where. The
 * caller owns it. */
struct json_t *twc__json_parse(struct twc_str text, bool is_lossy, int code, struct twc_err *err);

/* What a value is, in an error: "an object", "a list", "a string" … */
const char *twc__json_kind(const struct json_t *value);

#endif
