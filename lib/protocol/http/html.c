/* SPDX-License-Identifier: MIT */
/* Text into HTML. */
#include "protocol/http/html.h"

#include "base/banned.h"

int twc__http_add_html(struct twc_buf *b, struct twc_str s)
{
	int rc = 0;

	for (size_t i = 0; i < s.n && !rc; i++) {
		char c = s.p[i];

		if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
			rc = twc_buf_addf(b, "&#%d;", c);
		else
			rc = twc_buf_add(b, &c, 1);
	}
	return rc;
}
