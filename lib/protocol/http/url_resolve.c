/* SPDX-License-Identifier: MIT */
/*
 * References (RFC 3986, 5.2): what a Location means at the URL that was asked for. "http:g" is read as "g", as browsers
 * do and 5.2.2 allows, when the base is http. Pure.
 */
#include "protocol/http/url_int.h"

#include "base/banned.h"

/* ---- dot segments: 5.2.4 ---- */

/* Is this segment of n bytes one dot (1), two (2), or none of these (0)? */
static unsigned dots(const char *s, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; count++) {
		if (s[i] == '.')
			i++;
		else if (n - i >= 3 && s[i] == '%' && s[i + 1] == '2' && (s[i + 2] | 0x20) == 'e')
			i += 3;
		else
			return 0;
	}
	return count <= 2 ? count : 0;
}

/* Where the last segment of path[0..n) begins with its slash; 0 for none. */
static size_t last_slash(const char *path, size_t n)
{
	while (n > 0 && path[n - 1] != '/')
		n--;
	return n > 0 ? n - 1 : 0;
}

size_t twc__url_remove_dots(char *path, size_t n)
{
	size_t out = 0, i = 0;

	while (i < n) { /* path[i] is a slash; out <= i */
		size_t end = i + 1;
		unsigned kind;

		while (end < n && path[end] != '/')
			end++;
		kind = dots(path + i + 1, end - i - 1);
		if (kind == 2)
			out = last_slash(path, out);
		if (kind == 0) {
			memmove(path + out, path + i, end - i);
			out += end - i;
		} else if (end == n) {
			path[out++] = '/'; /* "/a/.." is a directory */
		}
		i = end;
	}
	return out;
}

/* ---- references ---- */

/* 5.2.3: everything of the base up to its last slash, then the reference. */
static int merge(struct twc_str base, struct twc_str ref, struct twc_buf *out)
{
	int rc;

	base.n = last_slash(base.p, base.n) + 1;
	rc = twc_buf_add(out, base.p, base.n);
	return rc ? rc : twc_buf_add(out, ref.p, ref.n);
}

/* `ref` has no scheme and no host. */
static int resolve_path(const struct twc_url *base, const struct twc__url_reader *r, struct twc_str ref,
			struct twc_url *out)
{
	struct twc__url_parts p, own = { .port = 0 };
	struct twc_buf merged;
	int rc = twc__url_tail(r, ref, &own);

	if (rc != 0)
		return rc;
	twc_buf_init(&merged, 2 * TWC_URL_MAX);
	twc__url_parts_of(base, &p);
	p.fragment = own.fragment;
	p.has_fragment = own.has_fragment;
	if (own.path.n > 0 || own.has_query) {
		p.query = own.query;
		p.has_query = own.has_query;
	}
	if (own.path.n > 0 && own.path.p[0] != '/') {
		rc = merge(base->path, own.path, &merged);
		p.path = twc_buf_str(&merged);
	} else if (own.path.n > 0) {
		p.path = own.path;
	}
	rc = rc ? twc_err_set(r->err, rc, "%s", twc_err_default_text(rc)) : twc__url_build(&p, r->flags, out, r->err);
	twc_buf_fini(&merged);
	return rc;
}

int twc_url_resolve(const struct twc_url *base, struct twc_str ref, unsigned flags, struct twc_url *out,
		    struct twc_err *err)
{
	struct twc__url_reader r = { ref.p ? ref : TWC_STR(""), flags, err };
	struct twc__url_parts p = { .scheme = base->scheme };
	struct twc_str rest = r.text;
	size_t n = twc__url_scheme_len(rest);
	int rc = twc__url_check_octets(&r);

	if (rc != 0)
		return rc;
	if (n > 0) {
		struct twc_str scheme = { rest.p, n };

		rest.p += n + 1;
		rest.n -= n + 1;
		if (twc_str_starts(rest, "//"))
			return twc_url_parse(ref, flags, out, err);
		if (!twc_str_eq_nocase(scheme, base->scheme))
			return twc__url_no_slashes(&r, scheme);
	}
	if (!twc_str_starts(rest, "//"))
		return resolve_path(base, &r, rest, out);
	rest.p += 2;
	rest.n -= 2;
	rc = twc__url_authority(&r, &rest, &p);
	if (rc == 0)
		rc = twc__url_tail(&r, rest, &p);
	return rc ? rc : twc__url_build(&p, flags, out, err);
}
