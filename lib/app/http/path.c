/* SPDX-License-Identifier: MIT */
/* Paths for URLs: segment by segment. */
#include "app/http/path.h"

#include <twc/url.h>

#include "base/banned.h"

int twc__http_add_path(struct twc_buf *out, struct twc_str path)
{
	struct twc_str rest = path, segment;
	bool is_first = true;
	int rc = 0;

	while (rest.n > 1 && rest.p[0] == '/' && rest.p[1] == '/') {
		rest.p++;
		rest.n--;
	}
	while (rc == 0 && rest.p && twc_str_cut(&rest, '/', &segment)) {
		if (!is_first)
			rc = twc_buf_add(out, "/", 1);
		is_first = false;
		if (rc == 0)
			rc = twc_url_encode(segment, out);
	}
	return rc;
}
