/* SPDX-License-Identifier: MIT */
/*
 * The jar's files, as text: Netscape's seven fields a line, as curl reads and writes them, and raw Set-Cookie
 * lines. What was written is read back as it was.
 */
#include "protocol/http/jar_priv.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

/* ---- reading ---- */

/* Controls, or what would end a cookie on its way. */
static bool has_stop(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f || s.p[i] == ';')
			return true;
	return false;
}

/* So that no domain reads like a comment or another kind of line once it is written. */
static bool is_domain(struct twc_str s)
{
	return twc__http_jar_is_ip(s) || (s.p[0] != '.' && twc__http_all(s, TWC__HTTP_HOST));
}

/* Takes `prefix` off, in any case. */
static bool take_prefix(struct twc_str *s, struct twc_str prefix)
{
	if (s->n < prefix.n || !twc_str_eq_nocase((struct twc_str){ s->p, prefix.n }, prefix))
		return false;
	s->p += prefix.n;
	s->n -= prefix.n;
	return true;
}

/* A file is the user's: still no cookie for a suffix, none that breaks its name's promise, none that no
 * request could carry. */
static bool is_acceptable(const struct twc__http_jar *jar, const struct twc__http_jar_cookie *c)
{
	struct twc__http_cookie promise = { .name = c->name, .value = c->value, .path = c->path, .secure = c->is_secure };

	if (c->name.n + c->value.n == 0 || c->name.n + c->value.n > TWC__HTTP_COOKIE_MAX)
		return false;
	if (c->domain.n > TWC__HTTP_JAR_HOST_MAX || c->path.n > TWC__HTTP_JAR_PATH_MAX)
		return false;
	if (has_stop(c->name) || has_stop(c->value) || has_stop(c->path) || (c->domain.n && !is_domain(c->domain)))
		return false;
	if (c->domain.n && !c->is_host_only && !twc__http_jar_is_ip(c->domain) && twc__http_jar_is_suffix(jar, c->domain))
		return false;
	return twc__http_cookie_keeps_prefix(&promise, c->is_host_only || c->domain.n == 0);
}

static struct twc_str without_dot(struct twc_str domain)
{
	if (domain.n && domain.p[0] == '.') {
		domain.p++;
		domain.n--;
	}
	return domain;
}

static bool is_true(struct twc_str s)
{
	return twc_str_eq_nocase(s, TWC_STR("TRUE"));
}

/* domain, tail match, path, secure, expiry, name, value; the path may be missing, and the value with its tab. */
static bool read_fields(struct twc_str line, struct twc__http_jar_cookie *c)
{
	struct twc_str f[7] = { { NULL, 0 } };
	uint64_t expires;
	size_t n = 0;

	while (n < 7 && twc_str_cut(&line, '\t', &f[n]))
		n++;
	if (n >= 3 && n < 7 && (twc_str_is(f[2], "TRUE") || twc_str_is(f[2], "FALSE"))) {
		memmove(f + 3, f + 2, (n - 2) * sizeof(*f));
		f[2] = TWC_STR("/");
		n++;
	}
	if (n < 6 || line.p || f[0].n == 0 || !twc__http_decimal(f[4], &expires))
		return false;
	c->domain = without_dot(f[0]);
	c->is_host_only = !is_true(f[1]);
	c->path = f[2].n && f[2].p[0] == '/' ? f[2] : TWC_STR("/");
	c->is_secure = is_true(f[3]);
	c->expires = (int64_t)expires;
	c->is_session = expires == 0;
	c->name = f[5];
	c->value = f[6];
	return c->domain.n > 0;
}

/* Nobody knows any more who sent it. */
static bool read_field(struct twc_str value, int64_t now, struct twc__http_jar_cookie *c)
{
	struct twc__http_cookie in;

	if (twc__http_cookie_parse(twc_str_trim(value), &in, NULL))
		return false;
	c->domain = in.domain;
	c->path = in.path.n ? in.path : TWC_STR("/");
	c->is_secure = in.secure;
	c->is_http_only = in.http_only;
	twc__http_jar_choose_expiry(&in, now, c);
	c->name = in.name;
	c->value = in.value;
	return true;
}

/* False: neither a cookie nor something to be passed over. */
static bool read_line(struct twc__http_jar *jar, struct twc_str line, int64_t now)
{
	struct twc__http_jar_cookie c = { 0 };
	bool is_read;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (twc_str_trim(line).n == 0)
		return true;
	if (take_prefix(&line, TWC_STR("Set-Cookie:"))) {
		is_read = read_field(line, now, &c);
	} else {
		c.is_http_only = take_prefix(&line, TWC_STR("#HttpOnly_"));
		if (line.n && line.p[0] == '#' && !c.is_http_only)
			return true;
		is_read = read_fields(line, &c);
	}
	return is_read && is_acceptable(jar, &c) && twc__http_jar_put(jar, &c, now) == 0;
}

size_t twc__http_jar_read(struct twc__http_jar *jar, struct twc_str text, int64_t now)
{
	struct twc_str line;
	size_t odd = 0;

	while (twc_str_cut(&text, '\n', &line))
		odd += !read_line(jar, line, now);
	return odd;
}

/* ---- writing ---- */

static int write_line(const struct twc__http_jar_cookie *c, struct twc_buf *out)
{
	const char *truth[] = { "FALSE", "TRUE" };

	return twc_buf_addf(out, "%s%s%.*s\t%s\t%.*s\t%s\t%lld\t%.*s\t%.*s\n", c->is_http_only ? "#HttpOnly_" : "",
			    c->is_host_only ? "" : ".", (int)c->domain.n, c->domain.p, truth[!c->is_host_only],
			    (int)c->path.n, c->path.p, truth[c->is_secure], c->is_session ? 0LL : (long long)c->expires,
			    (int)c->name.n, c->name.p, (int)c->value.n, c->value.p);
}

int twc__http_jar_write(struct twc__http_jar *jar, int64_t now, struct twc_buf *out)
{
	size_t before = twc_buf_len(out);
	int rc = twc_buf_addf(out, "# Netscape HTTP Cookie File\n"
				   "# Written by twc; whatever is no cookie here will be lost.\n\n");

	for (size_t i = 0; i < jar->n && rc == 0; i++) {
		const struct twc__http_jar_cookie *c = &jar->v[i]->c;

		if (c->domain.n && !twc__http_jar_has_expired(c, now))
			rc = write_line(c, out);
	}
	if (rc)
		out->end = out->start + before;
	return rc;
}
