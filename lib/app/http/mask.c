/* SPDX-License-Identifier: MIT */
/* Secrets in heads (logins, cookies, keys) are not for logs. The scheme of a login is, and helps whoever reads. Pure. */
#include "app/http/mask.h"

#include <twc/http_report.h>

#include "base/banned.h"

static const char *const secret_names[] = { "Authorization", "Proxy-Authorization", "Cookie",
					    "Set-Cookie",    "X-Api-Key",	    "X-Auth-Token" };
enum { LOGINS = 2 }; /* so many of them begin with a scheme */

bool twc__http_is_secret(struct twc_str name, struct twc_str value, struct twc_str *shown)
{
	const char *blank = value.n ? memchr(value.p, ' ', value.n) : NULL;

	for (size_t i = 0; i < TWC_ARRAY_LEN(secret_names); i++) {
		if (!twc_str_eq_nocase(name, twc_str_of(secret_names[i])))
			continue;
		*shown = (struct twc_str){ value.p, i < LOGINS && blank ? (size_t)(blank - value.p) + 1 : 0 };
		return value.n > 0;
	}
	return false;
}

/* Line with its end; returns whether it was a secret. */
static bool mask_line(struct twc_str line, struct twc_buf *out, int *rc)
{
	struct twc_str rest = line, name, value, shown;
	size_t end = 0;

	while (end < line.n && (line.p[line.n - 1 - end] == '\n' || line.p[line.n - 1 - end] == '\r'))
		end++;
	rest.n -= end;
	if (!memchr(line.p, ':', rest.n) || !twc_str_cut(&rest, ':', &name) ||
	    !twc__http_is_secret(name, twc_str_trim(rest), &shown)) {
		*rc = twc_buf_add(out, line.p, line.n);
		return false;
	}
	value = twc_str_trim(rest);
	*rc = twc_buf_add(out, line.p, (size_t)(value.p - line.p) + shown.n);
	if (!*rc)
		*rc = twc_buf_add(out, "***", 3);
	if (!*rc && end > 0)
		*rc = twc_buf_add(out, line.p + line.n - end, end);
	return true;
}

int twc_http_mask_head(struct twc_str head, struct twc_buf *out)
{
	bool was_secret = false;
	int rc = 0;

	while (head.n > 0 && !rc) {
		const char *lf = memchr(head.p, '\n', head.n);
		struct twc_str line = { head.p, lf ? (size_t)(lf - head.p) + 1 : head.n };
		bool is_more = line.p[0] == ' ' || line.p[0] == '\t'; /* of the field before (obs-fold) */

		head = (struct twc_str){ head.p + line.n, head.n - line.n };
		if (!(is_more && was_secret))
			was_secret = mask_line(line, out, &rc);
	}
	return rc;
}
