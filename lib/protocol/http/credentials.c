/* SPDX-License-Identifier: MIT */
/* Basic and Bearer: see credentials.h. */
#include "protocol/http/credentials.h"

#include "base/base64.h"

#include "base/banned.h"

static bool has_control(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

int twc__http_basic_add(struct twc_buf *out, struct twc_str user, struct twc_str password, struct twc_err *err)
{
	static const char scheme[] = "Basic ";
	size_t n = user.n + 1 + password.n;
	char *both, *room;
	int rc;

	if (user.n && memchr(user.p, ':', user.n))
		return twc_err_set(err, TWC_EUSAGE, "a user name for HTTP cannot hold a ':'");
	if (has_control(user) || has_control(password))
		return twc_err_set(err, TWC_EUSAGE, "a user name or password for HTTP cannot hold a control character");
	rc = twc_buf_reserve(out, sizeof(scheme) - 1 + TWC__BASE64_LEN(n), &room);
	if (rc)
		return twc_err_set(err, rc, "user name and password have %zu bytes, which is too much", n - 1);
	both = twc_malloc(n);
	if (user.n)
		memcpy(both, user.p, user.n);
	both[user.n] = ':';
	if (password.n)
		memcpy(both + user.n + 1, password.p, password.n);
	memcpy(room, scheme, sizeof(scheme) - 1);
	twc_buf_commit(out, sizeof(scheme) - 1 + twc__base64_encode(room + sizeof(scheme) - 1, both, n));
	twc_free_secret(both, n);
	return 0;
}

static bool is_visible(struct twc_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return s.n > 0;
}

int twc__http_bearer_add(struct twc_buf *out, struct twc_str token, struct twc_err *err)
{
	static const char scheme[] = "Bearer ";
	char *room;
	int rc;

	if (!is_visible(token))
		return twc_err_set(err, TWC_EUSAGE, "a bearer token is one word of visible ASCII characters");
	rc = twc_buf_reserve(out, sizeof(scheme) - 1 + token.n, &room);
	if (rc)
		return twc_err_set(err, rc, "the bearer token has %zu bytes, which is too much", token.n);
	memcpy(room, scheme, sizeof(scheme) - 1);
	memcpy(room + sizeof(scheme) - 1, token.p, token.n);
	twc_buf_commit(out, sizeof(scheme) - 1 + token.n);
	return 0;
}

/* What stands behind the scheme and its blanks. */
static bool cut_scheme(struct twc_str value, struct twc_str scheme, struct twc_str *rest)
{
	if (value.n <= scheme.n || !twc_str_eq_nocase((struct twc_str){ value.p, scheme.n }, scheme) || value.p[scheme.n] != ' ')
		return false;
	*rest = (struct twc_str){ value.p + scheme.n, value.n - scheme.n };
	while (rest->n && rest->p[0] == ' ') {
		rest->p++;
		rest->n--;
	}
	return rest->n > 0;
}

bool twc__http_basic_parse(struct twc_str value, struct twc__http_basic *out)
{
	struct twc_str coded, text;
	const char *colon;

	if (!cut_scheme(value, TWC_STR("Basic"), &coded) || TWC__BASE64_ROOM(coded.n) > sizeof(out->text))
		return false;
	if (!twc__base64_decode(coded, out->text, &text.n) || text.n > TWC__HTTP_BASIC_MAX)
		return false;
	text.p = out->text;
	colon = memchr(text.p, ':', text.n);
	if (!colon || has_control(text))
		return false;
	out->user = (struct twc_str){ text.p, (size_t)(colon - text.p) };
	out->password = (struct twc_str){ colon + 1, text.n - out->user.n - 1 };
	return true;
}

bool twc__http_bearer_parse(struct twc_str value, struct twc_str *token)
{
	return cut_scheme(value, TWC_STR("Bearer"), token) && is_visible(*token);
}
