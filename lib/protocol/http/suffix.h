/* SPDX-License-Identifier: MIT */
/*
 * Public suffixes: under which names anybody may register one, so that no cookie may be for all of them. The list
 * is the text of publicsuffix.org, with its wildcards and exceptions; its names beyond ASCII are compared in
 * their xn-- form.
 */
#ifndef TWC_HTTP_SUFFIX_H
#define TWC_HTTP_SUFFIX_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_SUFFIX_TEXT_MAX (4u << 20) /* bytes; the list of 2026 has 0.3 million */

struct twc__http_suffixes;
/* A rule a line, up to the first blank; // comments. NULL with *err: TWC_ETOOLONG, or TWC_EDATA (it has no
 * rule at all). The text is copied. */
struct twc__http_suffixes *twc__http_suffixes_parse(struct twc_str text, struct twc_err *err);
void twc__http_suffixes_free(struct twc__http_suffixes *s); /* NULL is fine */
/* `host`: in ASCII, any case, no dot at its end. A name that no rule fits has its last label for a suffix
 * ("*"). */
bool twc__http_suffix_is_public(const struct twc__http_suffixes *s, struct twc_str host);

#endif
