/* SPDX-License-Identifier: MIT */
/* Text into HTML: names and details that come from elsewhere must not become markup. */
#ifndef TWC_PROTOCOL_HTTP_HTML_H
#define TWC_PROTOCOL_HTTP_HTML_H

#include <twc/base.h>
#include <twc/buf.h>

/* Appends, fit for text and for attributes in quotes of either kind. 0 or what the buffer said. */
int twc__http_add_html(struct twc_buf *b, struct twc_str s);

#endif
