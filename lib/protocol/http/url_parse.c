/* SPDX-License-Identifier: MIT */
/*
 * URLs as users type them and peers send them, to their parts (RFC 3986, 3). Strict where two readers could differ about
 * who is meant (userinfo, host, port), lenient in path, query and fragment, which reach a server as they came. Each fault
 * has its column.
 *
 *	[scheme "://"] [userinfo "@"] host [":" port] [path] ["?" query] ["#" fragment]
 */
#include "protocol/http/octet.h"
#include "protocol/http/url_int.h"
#include <twc/parse.h>

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

static const char *const known_schemes[] = { "http", "https", "ws", "wss", NULL };

int twc__url_refuse(const struct twc__url_reader *r, const char *at, const char *fmt, ...)
{
	int code = r->flags & TWC_URL_PEER ? TWC_EPROTO : TWC_EUSAGE;
	char text[TWC_ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	twc_err_set(r->err, code, "%s", text);
	if (r->err && at >= r->text.p && at <= r->text.p + r->text.n)
		r->err->column = (int)(at - r->text.p) + 1;
	return code;
}

static struct twc_str behind(struct twc_str s, size_t n)
{
	return (struct twc_str){ s.p + n, s.n - n };
}

int twc__url_check_octets(const struct twc__url_reader *r)
{
	struct twc_str s = r->text;

	if (s.n > TWC_URL_MAX && r->flags & TWC_URL_PEER)
		return twc_err_set(r->err, TWC_ETOOLONG, "a URL of %zu bytes is too long (at most %d)", s.n, TWC_URL_MAX);
	if (s.n > TWC_URL_MAX)
		return twc__url_refuse(r, NULL, "a URL of %zu bytes is too long (at most %d)", s.n, TWC_URL_MAX);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == ' ' && !(r->flags & TWC_URL_PEER))
			return twc__url_refuse(r, s.p + i, "no blank can stand in a URL; write %%20");
		if (c < ' ' || c == 0x7f)
			return twc__url_refuse(r, s.p + i, "no control character can stand in a URL; write %%%02X", c);
	}
	return 0;
}

/* ---- scheme ---- */

size_t twc__url_scheme_len(struct twc_str s)
{
	size_t i = 0;

	if (s.n == 0 || !twc__http_is((unsigned char)s.p[0], TWC__HTTP_ALPHA))
		return 0;
	while (i < s.n && (twc__http_is((unsigned char)s.p[i], TWC__HTTP_ALPHA | TWC__HTTP_DIGIT) ||
			   (s.p[i] && strchr("+-.", s.p[i]))))
		i++;
	return i < s.n && s.p[i] == ':' ? i : 0;
}

static const char *scheme_known(struct twc_str scheme)
{
	for (const char *const *k = known_schemes; *k; k++)
		if (twc_str_eq_nocase(scheme, twc_str_of(*k)))
			return *k;
	return NULL;
}

static int read_scheme(const struct twc__url_reader *r, struct twc_str scheme, struct twc__url_parts *p)
{
	const char *known = scheme_known(scheme);
	char shown[32];

	if (known && (known[0] == 'h' || r->flags & TWC_URL_WEBSOCKET)) {
		p->scheme = twc_str_of(known);
		return 0;
	}
	twc_escape(shown, sizeof(shown), scheme);
	if (known)
		return twc__url_refuse(r, scheme.p, "scheme %s is not supported here", shown);
	return twc__url_refuse(r, scheme.p, "scheme %s is not supported", shown);
}

int twc__url_no_slashes(const struct twc__url_reader *r, struct twc_str scheme)
{
	struct twc__url_parts p;
	int rc = read_scheme(r, scheme, &p);

	return rc ? rc : twc__url_refuse(r, scheme.p + scheme.n + 1, "two slashes belong behind %.*s:", (int)scheme.n,
					 scheme.p);
}

static bool starts_with_digit(struct twc_str s)
{
	return s.n > 0 && twc__http_is((unsigned char)s.p[0], TWC__HTTP_DIGIT);
}

/* Cuts "scheme://" off the front of *rest, or supplies it. */
static int parse_scheme(const struct twc__url_reader *r, struct twc_str *rest, struct twc__url_parts *p)
{
	struct twc_str s = *rest;
	size_t n = twc__url_scheme_len(s);
	struct twc_str scheme = { s.p, n }, more = behind(s, n);
	bool is_peer = r->flags & TWC_URL_PEER;

	if (n > 0 && twc_str_starts(more, "://")) {
		*rest = behind(more, 3);
		return read_scheme(r, scheme, p);
	}
	/* What a user types as "http:80" is a host of that name, and "mailto:x" one without a port. */
	if (n > 0 && (is_peer || (scheme_known(scheme) && !starts_with_digit(behind(more, 1)))))
		return twc__url_no_slashes(r, scheme);
	if (is_peer)
		return twc__url_refuse(r, s.p, "the scheme is missing");
	p->scheme = TWC_STR("http");
	return 0;
}

/* ---- authority ---- */

static int parse_userinfo(const struct twc__url_reader *r, struct twc_str raw, struct twc__url_parts *p)
{
	struct twc_str rest = raw;

	while (rest.n > 0) {
		const char *at = rest.p;
		unsigned char c = twc__url_decode_one(&rest, false);

		if (c < ' ' || c == 0x7f)
			return twc__url_refuse(r, at, "no control character can stand in a user name or password");
	}
	p->userinfo = raw;
	p->has_userinfo = true;
	return 0;
}

static int parse_port(const struct twc__url_reader *r, struct twc_str raw, bool may_be_empty, struct twc__url_parts *p)
{
	struct twc_err e;

	if (raw.n == 0 && may_be_empty)
		return 0;
	if (raw.n == 0)
		return twc__url_refuse(r, raw.p, "the port is missing");
	if (twc_parse_port(raw, &p->port, &e) != 0)
		return twc__url_refuse(r, raw.p, "%s", e.text);
	p->has_port = true;
	return 0;
}

/* Splits "host:port" at the colon; *port has p NULL when there is none. */
static int split_port(const struct twc__url_reader *r, struct twc_str s, struct twc_str *host, struct twc_str *port)
{
	const char *end = s.n > 0 && s.p[0] == '[' ? memchr(s.p, ']', s.n) : NULL;

	if (s.n > 0 && s.p[0] == '[' && !end)
		return twc__url_refuse(r, s.p, "this '[' is never closed");
	*port = s;
	if (!end) {
		twc_str_cut(port, ':', host);
		if (port->n > 0 && memchr(port->p, ':', port->n))
			return twc__url_refuse(r, s.p, "a host has one ':'; an IPv6 address stands in brackets, as in [::1]");
		return 0;
	}
	*host = (struct twc_str){ s.p, (size_t)(end - s.p) + 1 };
	*port = behind(s, host->n);
	if (port->n == 0)
		*port = (struct twc_str){ NULL, 0 };
	else if (port->p[0] != ':')
		return twc__url_refuse(r, port->p, "only a ':' and the port can follow the bracket");
	else
		*port = behind(*port, 1);
	return 0;
}

int twc__url_authority(const struct twc__url_reader *r, struct twc_str *rest, struct twc__url_parts *p)
{
	struct twc_str s = { rest->p, 0 }, host, port;
	bool is_certain = s.p > r->text.p; /* it stands behind two slashes: "mailto:/x" is no host */
	const char *at;
	int rc = 0;

	while (s.n < rest->n && !strchr("/?#", rest->p[s.n]))
		s.n++;
	*rest = behind(*rest, s.n);
	at = s.n ? memchr(s.p, '\\', s.n) : NULL;
	if (at)
		return twc__url_refuse(r, at, "a backslash cannot stand here; write /");
	at = s.n ? memchr(s.p, '@', s.n) : NULL;
	if (at) {
		struct twc_str userinfo = { s.p, (size_t)(at - s.p) };

		s = behind(s, userinfo.n + 1);
		rc = parse_userinfo(r, userinfo, p);
		at = s.n ? memchr(s.p, '@', s.n) : NULL;
		if (rc == 0 && at)
			return twc__url_refuse(r, at, "a second '@'; in a user name or password write %%40");
	}
	if (rc == 0)
		rc = split_port(r, s, &host, &port);
	if (rc == 0)
		rc = twc__url_host(r, host, p);
	if (rc == 0 && port.p)
		rc = parse_port(r, port, is_certain, p);
	return rc;
}

/* ---- the rest ---- */

int twc__url_tail(const struct twc__url_reader *r, struct twc_str rest, struct twc__url_parts *p)
{
	const char *backslash;

	p->fragment = rest;
	twc_str_cut(&p->fragment, '#', &rest);
	p->has_fragment = p->fragment.p != NULL;
	p->query = rest;
	twc_str_cut(&p->query, '?', &p->path);
	p->has_query = p->query.p != NULL;
	backslash = p->path.n ? memchr(p->path.p, '\\', p->path.n) : NULL;
	if (backslash && !(r->flags & TWC_URL_PEER))
		return twc__url_refuse(r, backslash, "a backslash cannot stand in a path; write / or %%5C");
	return 0;
}

/* ":8080/x", ":/x": this machine. */
static bool is_local(struct twc_str s)
{
	return s.n > 0 && s.p[0] == ':' && (s.n == 1 || strchr("/?#", s.p[1]) || starts_with_digit(behind(s, 1)));
}

static int parse_local(const struct twc__url_reader *r, struct twc_str *rest, struct twc__url_parts *p)
{
	struct twc_str port = { rest->p + 1, 0 };

	p->scheme = TWC_STR("http");
	p->host = TWC_STR("localhost");
	p->zone = TWC_STR("");
	while (port.n + 1 < rest->n && !strchr("/?#", port.p[port.n]))
		port.n++;
	*rest = behind(*rest, port.n + 1);
	return parse_port(r, port, true, p);
}

int twc_url_parse(struct twc_str s, unsigned flags, struct twc_url *out, struct twc_err *err)
{
	struct twc__url_reader r = { s.p ? s : TWC_STR(""), flags, err };
	struct twc__url_parts p = { .port = 0 };
	struct twc_str rest = r.text;
	int rc = s.n ? twc__url_check_octets(&r) : twc__url_refuse(&r, r.text.p, "the URL is empty");

	if (rc != 0)
		return rc;
	if (is_local(rest) && !(flags & TWC_URL_PEER)) {
		rc = parse_local(&r, &rest, &p);
	} else {
		rc = parse_scheme(&r, &rest, &p);
		if (rc == 0)
			rc = twc__url_authority(&r, &rest, &p);
	}
	if (rc == 0)
		rc = twc__url_tail(&r, rest, &p);
	return rc ? rc : twc__url_build(&p, flags, out, err);
}
