/* SPDX-License-Identifier: MIT */
/* Methods, tokens and comma separated lists: what is the same in every version of HTTP (RFC 9110, 5.6 and 9). */
#include <twc/http_message.h>

#include <stdio.h>

#include "protocol/http/coding_stage.h"
#include "protocol/http/h2.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

bool twc_http_is_token(struct twc_str s)
{
	return s.n > 0 && twc__http_all(s, TWC__HTTP_TCHAR);
}

/* ---- methods ---- */

static const struct {
	struct twc_str name;
	bool is_safe, is_idempotent;
} methods[] = {
	[TWC_HTTP_OTHER] = { { NULL, 0 }, false, false },
	[TWC_HTTP_GET] = { { "GET", 3 }, true, true },
	[TWC_HTTP_HEAD] = { { "HEAD", 4 }, true, true },
	[TWC_HTTP_POST] = { { "POST", 4 }, false, false },
	[TWC_HTTP_PUT] = { { "PUT", 3 }, false, true },
	[TWC_HTTP_DELETE] = { { "DELETE", 6 }, false, true },
	[TWC_HTTP_CONNECT] = { { "CONNECT", 7 }, false, false },
	[TWC_HTTP_OPTIONS] = { { "OPTIONS", 7 }, true, true },
	[TWC_HTTP_TRACE] = { { "TRACE", 5 }, true, true },
	[TWC_HTTP_PATCH] = { { "PATCH", 5 }, false, false },
};

enum twc_http_method twc_http_method_of(struct twc_str token)
{
	for (size_t m = TWC_HTTP_GET; m < TWC_ARRAY_LEN(methods); m++)
		if (twc_str_eq(token, methods[m].name))
			return (enum twc_http_method)m;
	return TWC_HTTP_OTHER;
}

bool twc_http_method_is_safe(enum twc_http_method m)
{
	return methods[m].is_safe;
}

bool twc_http_method_is_idempotent(enum twc_http_method m)
{
	return methods[m].is_idempotent;
}

/* ---- lists ---- */

/* Of the quoted string at the start of `s`, its quotes included; all of `s` when it is not closed. */
static size_t quoted_len(struct twc_str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		i += s.p[i] == '\\';
	}
	return s.n;
}

/* Likewise of a comment, which may hold comments. */
static size_t comment_len(struct twc_str s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
		i += s.p[i] == '\\';
	}
	return s.n;
}

static size_t member_len(struct twc_str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != ',') {
		struct twc_str rest = { s.p + i, s.n - i };

		i += s.p[i] == '"' ? quoted_len(rest) : s.p[i] == '(' ? comment_len(rest) : 1;
	}
	return i;
}

bool twc_http_list_next(struct twc_str *rest, struct twc_str *member)
{
	while (rest->n > 0) {
		size_t n = member_len(*rest), used = n < rest->n ? n + 1 : n;

		*member = twc_str_trim((struct twc_str){ rest->p, n });
		rest->p += used;
		rest->n -= used;
		if (member->n > 0)
			return true;
	}
	return false;
}

const char *twc_http_version_name(int version)
{
	return version >= 20 ? "HTTP/2" : version == 10 ? "HTTP/1.0" : "HTTP/1.1";
}

const char *twc_http_library_versions(char *buf, size_t cap)
{
	uint32_t brotli = twc__http_brotli_version();

	snprintf(buf, cap, "nghttp2 %s, zlib %s, brotli %u.%u.%u, zstd %s", twc__h2_library_version(), twc__http_zlib_version(),
		 brotli >> 24, brotli >> 12 & 0xfff, brotli & 0xfff, twc__http_zstd_version());
	return buf;
}
