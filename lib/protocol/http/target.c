/* SPDX-License-Identifier: MIT */
/*
 * Request-targets, hosts and paths. A path is decoded once, and checked after it was decoded: whoever opens files or matches
 * routes by it needs no opinion of their own about what "%2e%2e" is.
 */
#include "protocol/http/target.h"

#include <arpa/inet.h>

#include "protocol/http/octet.h"

#include "base/banned.h"

static int fault(struct twc_err *err, const char *text)
{
	return twc_err_set(err, TWC_EPROTO, "%s", text);
}

/* ---- hosts ---- */

static bool is_port(struct twc_str s)
{
	uint64_t n;

	return s.n == 0 || (s.n <= 5 && twc__http_decimal(s, &n) && n <= 65535);
}

static bool is_ipv6(struct twc_str s)
{
	struct in6_addr addr;
	char text[INET6_ADDRSTRLEN];

	if (s.n >= sizeof(text) || memchr(s.p, '\0', s.n))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, &addr) == 1;
}

/* Of the host that `s` begins with; SIZE_MAX when it is none. */
static size_t host_len(struct twc_str s)
{
	size_t n = 0;

	if (s.p[0] == '[') {
		const char *close = memchr(s.p, ']', s.n);

		if (!close || !is_ipv6((struct twc_str){ s.p + 1, (size_t)(close - s.p) - 1 }))
			return SIZE_MAX;
		return (size_t)(close - s.p) + 1;
	}
	while (n < s.n && twc__http_is((unsigned char)s.p[n], TWC__HTTP_HOST))
		n++;
	return n > 0 ? n : SIZE_MAX;
}

bool twc__http_is_host(struct twc_str s)
{
	size_t n;

	if (s.n == 0)
		return true;
	n = host_len(s);
	if (n == SIZE_MAX || n == s.n)
		return n == s.n;
	return s.p[n] == ':' && is_port((struct twc_str){ s.p + n + 1, s.n - n - 1 });
}

int twc__http_host_check(const struct twc__http_start *start, const struct twc_http_fields *fields,
			 const struct twc__http_target *target, struct twc_str *authority, struct twc_err *err)
{
	size_t i = twc_http_fields_find(fields, "host", 0);

	*authority = target->authority;
	if (i == SIZE_MAX)
		return start->minor > 0 ? fault(err, "no Host field") : 0;
	if (twc_http_fields_find(fields, "host", i + 1) != SIZE_MAX)
		return fault(err, "two Host fields");

	struct twc_str host = twc_http_fields_at(fields, i).value;

	if (!twc__http_is_host(host))
		return fault(err, "the Host field is no host");
	if (authority->n == 0)
		*authority = host;
	return 0;
}

/* ---- the forms of a target ---- */

/* Path and query, from its '/' or '?' on; both may be missing. */
static int split(struct twc_str s, struct twc__http_target *out, struct twc_err *err)
{
	const char *mark = s.n ? memchr(s.p, '?', s.n) : NULL;

	out->path = (struct twc_str){ s.p, mark ? (size_t)(mark - s.p) : s.n };
	if (out->path.n && memchr(out->path.p, '\\', out->path.n))
		return fault(err, "backslash in the path of a request-target");
	if (mark)
		out->query = (struct twc_str){ mark + 1, s.n - out->path.n - 1 };
	if (out->path.n == 0)
		out->path = TWC_STR("/");
	return 0;
}

static int parse_absolute(struct twc_str target, struct twc__http_target *out, struct twc_err *err)
{
	struct twc_str rest = target;
	size_t n = 0;

	out->form = TWC__HTTP_ABSOLUTE;
	twc_str_cut(&rest, ':', &out->scheme);
	if (!rest.p || !twc_str_starts(rest, "//"))
		return fault(err, "a request-target that is neither a path nor a URL");
	if (!twc_str_eq_nocase(out->scheme, TWC_STR("http")) && !twc_str_eq_nocase(out->scheme, TWC_STR("https")))
		return fault(err, "a request-target with a scheme other than http and https");
	rest.p += 2;
	rest.n -= 2;
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '\\')
		n++;
	out->authority = (struct twc_str){ rest.p, n };
	if (n > 0 && memchr(rest.p, '@', n))
		return fault(err, "user information in a request-target");
	if (n == 0 || !twc__http_is_host(out->authority))
		return fault(err, "a request-target without a proper host");
	return split((struct twc_str){ rest.p + n, rest.n - n }, out, err);
}

static int parse_authority(struct twc_str target, struct twc__http_target *out, struct twc_err *err)
{
	size_t n = host_len(target);

	out->form = TWC__HTTP_AUTHORITY;
	out->authority = target;
	if (n == SIZE_MAX || n + 1 >= target.n || !twc__http_is_host(target))
		return fault(err, "the request-target of CONNECT is not HOST:PORT");
	return 0;
}

int twc__http_target_parse(enum twc_http_method method, struct twc_str target, struct twc__http_target *out, struct twc_err *err)
{
	*out = (struct twc__http_target){ 0 };
	if (target.n == 0 || !twc__http_all(target, TWC__HTTP_TARGET))
		return fault(err, "a request-target that is empty or has a blank, a fragment or a control in it");
	if (method == TWC_HTTP_CONNECT)
		return parse_authority(target, out, err);
	if (target.p[0] == '/') {
		out->form = TWC__HTTP_ORIGIN;
		return split(target, out, err);
	}
	if (target.n == 1 && target.p[0] == '*') {
		out->form = TWC__HTTP_ASTERISK;
		out->path = target;
		return method == TWC_HTTP_OPTIONS ? 0 : fault(err, "the request-target * goes with OPTIONS only");
	}
	return parse_absolute(target, out, err);
}

/* ---- paths ---- */

bool twc__http_path_is_plain(struct twc_str target)
{
	char before = '\0';

	if (!target.n || target.p[0] != '/')
		return false;
	for (size_t i = 0; i < target.n; i++) {
		char c = target.p[i];

		if ((c == '.' && before == '/') || (c != '/' && !twc__http_is((unsigned char)c, TWC__HTTP_HOST)))
			return false;
		before = c;
	}
	return true;
}

/* What stands for itself wherever it is: most of most paths. */
static bool is_itself(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '/' && c != '%' && c != '\\';
}

/* The octet at s->p, an escape read; -1 when it is not good. Moves past it. */
static int next_octet(struct twc_str *s)
{
	unsigned char c = (unsigned char)s->p[0];
	size_t used = 1;

	if (c == '%') {
		if (s->n < 3 || !twc__http_is((unsigned char)s->p[1], TWC__HTTP_HEX) ||
		    !twc__http_is((unsigned char)s->p[2], TWC__HTTP_HEX))
			return -1;
		c = (unsigned char)(twc__http_hex_digit((unsigned char)s->p[1]) << 4 |
				    twc__http_hex_digit((unsigned char)s->p[2]));
		if (c == '/' || c == '\0')
			return -1;
		used = 3;
	} else if (c < 0x20 || c == 0x7f) {
		return -1;
	}
	s->p += used;
	s->n -= used;
	return c == '\\' ? -1 : c;
}

/* out[0..n) ends with a segment that is complete: takes "." and ".." back. The new length; -1 above the root. */
static ssize_t end_segment(const char *out, size_t n)
{
	size_t begin = n;

	while (out[begin - 1] != '/') /* out[0] is one */
		begin--;
	if (n - begin == 1 && out[begin] == '.')
		return (ssize_t)begin;
	if (n - begin != 2 || out[begin] != '.' || out[begin + 1] != '.')
		return (ssize_t)n;
	if (begin == 1)
		return -1;
	for (begin--; out[begin - 1] != '/'; begin--)
		;
	return (ssize_t)begin;
}

ssize_t twc__http_path_decode(struct twc_str path, char *out, struct twc_err *err)
{
	bool is_ascii = true;
	ssize_t n = 0;

	if (path.n == 0 || path.p[0] != '/')
		return fault(err, "a path that does not begin with /");
	out[n++] = '/';
	path.p++;
	path.n--;
	while (path.n > 0) {
		bool is_slash;
		int c;

		while (path.n > 0 && is_itself((unsigned char)path.p[0])) {
			out[n++] = *path.p++;
			path.n--;
		}
		if (path.n == 0)
			break;
		is_slash = path.p[0] == '/';
		c = next_octet(&path);
		is_ascii &= c < 0x80;
		if (c < 0)
			return fault(err, "a path with a bad escape, or with %00, %2F, a backslash or a control in it");
		if (!is_slash) {
			out[n++] = (char)c;
			continue;
		}
		n = end_segment(out, (size_t)n);
		if (n < 0)
			return fault(err, "a path that goes above the root");
		if (out[n - 1] != '/' || path.p[-2] == '/')
			out[n++] = '/';
	}
	n = end_segment(out, (size_t)n);
	if (n < 0)
		return fault(err, "a path that goes above the root");
	if (!is_ascii && !twc_is_utf8((struct twc_str){ out, (size_t)n }))
		return fault(err, "a path that is not UTF-8");
	out[n] = '\0';
	return n;
}
