/* SPDX-License-Identifier: MIT */
/*
 * Challenges and parameters: see challenge.h. A comma parts both challenges and parameters (RFC 9110, 11.6.1):
 * what follows one is a parameter when it is a token with '=' behind it, else the next scheme.
 */
#include "protocol/http/challenge.h"

#include "protocol/http/digest_auth.h"
#include "protocol/http/octet.h"

#include "base/banned.h"

static void drop(struct twc_str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static void skip_blanks(struct twc_str *s)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
		drop(s, 1);
}

static void skip_blanks_and_commas(struct twc_str *s)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == ','))
		drop(s, 1);
}

static bool at_end(const struct twc_str *s)
{
	return s->n == 0 || s->p[0] == ',';
}

static struct twc_str take_token(struct twc_str *s)
{
	struct twc_str token = { s->p, 0 };

	while (s->n && twc__http_is((unsigned char)s->p[0], TWC__HTTP_TCHAR)) {
		token.n++;
		drop(s, 1);
	}
	return token;
}

static int fault(struct twc_str at, struct twc_err *err)
{
	char shown[64];

	twc_escape(shown, sizeof(shown), at);
	return twc_err_set(err, TWC_EPROTO, "authentication is asked for in no known form: \"%s\"", shown);
}

/* ---- parameters ---- */

/* Behind the opening quote. False when it is not closed, or holds a control. */
static bool take_quoted(struct twc_str *s, struct twc_str *raw)
{
	size_t i = 0;

	for (; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\')
			i++;
		if (i >= s->n || !twc__http_is((unsigned char)s->p[i], TWC__HTTP_VALUE))
			return false;
	}
	if (i >= s->n)
		return false;
	*raw = (struct twc_str){ s->p, i };
	drop(s, i + 1);
	return true;
}

static bool take_bare(struct twc_str *s, struct twc_str *raw)
{
	*raw = (struct twc_str){ s->p, 0 };
	while (s->n && (unsigned char)s->p[0] > ' ' && !memchr(",\"\\\x7f", s->p[0], 4)) {
		raw->n++;
		drop(s, 1);
	}
	return raw->n > 0;
}

/* 1: a parameter was taken; 0: here is none; or a fault. */
static int take_param(struct twc_str *s, struct twc__http_auth_param *out, struct twc_err *err)
{
	struct twc_str at = *s;
	bool fine;

	out->name = take_token(&at);
	skip_blanks(&at);
	if (out->name.n == 0 || at.n == 0 || at.p[0] != '=')
		return 0;
	drop(&at, 1);
	skip_blanks(&at);
	if (at.n && at.p[0] == '"') {
		drop(&at, 1);
		fine = take_quoted(&at, &out->raw);
	} else {
		fine = take_bare(&at, &out->raw);
	}
	skip_blanks(&at);
	if (!fine || !at_end(&at))
		return fault(*s, err);
	if (out->raw.n > TWC__HTTP_AUTH_PARAM_MAX)
		return twc_err_set(err, TWC_ETOOLONG, "a parameter of %zu bytes asks for authentication (at most %d)", out->raw.n,
				   TWC__HTTP_AUTH_PARAM_MAX);
	*s = at;
	return 1;
}

int twc__http_auth_param_next(struct twc_str *rest, struct twc__http_auth_param *out, struct twc_err *err)
{
	int rc;

	skip_blanks_and_commas(rest);
	if (rest->n == 0)
		return 0;
	rc = take_param(rest, out, err);
	return rc ? rc : fault(*rest, err);
}

bool twc__http_auth_param_find(struct twc_str params, const char *name, struct twc_str *raw)
{
	struct twc__http_auth_param p;

	while (twc__http_auth_param_next(&params, &p, NULL) == 1) {
		if (twc_str_eq_nocase(p.name, twc_str_of(name))) {
			*raw = p.raw;
			return true;
		}
	}
	return false;
}

char *twc__http_auth_unquote(struct twc_str raw)
{
	char *value = twc_malloc(raw.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\' && i + 1 < raw.n)
			i++;
		value[n++] = raw.p[i];
	}
	value[n] = '\0';
	return value;
}

bool twc__http_auth_eq(struct twc_str raw, struct twc_str value)
{
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++, n++) {
		if (raw.p[i] == '\\' && i + 1 < raw.n)
			i++;
		if (n == value.n || raw.p[i] != value.p[n])
			return false;
	}
	return n == value.n;
}

/* ---- challenges ---- */

/* All of ALPHA DIGIT - . _ ~ + / and then any number of '=', up to a comma or the end; {…, 0} when it is not. */
static struct twc_str take_token68(struct twc_str *s)
{
	struct twc_str at = *s, token;

	while (at.n && (twc__http_is((unsigned char)at.p[0], TWC__HTTP_ALPHA | TWC__HTTP_DIGIT) || memchr("-._~+/", at.p[0], 6)))
		drop(&at, 1);
	if (at.n < s->n)
		while (at.n && at.p[0] == '=')
			drop(&at, 1);
	token = (struct twc_str){ s->p, s->n - at.n };
	skip_blanks(&at);
	if (!at_end(&at))
		return (struct twc_str){ NULL, 0 };
	*s = at;
	return token;
}

int twc__http_challenge_next(struct twc_str *rest, struct twc__http_challenge *out, struct twc_err *err)
{
	struct twc__http_auth_param p;
	const char *start;
	size_t blanks;
	int rc;

	memset(out, 0, sizeof(*out));
	skip_blanks_and_commas(rest);
	if (rest->n == 0)
		return 0;
	out->scheme = take_token(rest);
	blanks = rest->n;
	skip_blanks(rest);
	if (out->scheme.n == 0 || (blanks == rest->n && !at_end(rest)))
		return fault(out->scheme.n ? out->scheme : *rest, err);
	if (at_end(rest))
		return 1;
	out->token68 = take_token68(rest);
	if (out->token68.n)
		return 1;
	start = rest->p;
	while ((rc = take_param(rest, &p, err)) == 1) {
		struct twc_str next = *rest;

		out->params = (struct twc_str){ start, (size_t)(rest->p - start) };
		skip_blanks_and_commas(&next);
		if (next.n == 0)
			*rest = next;
		if (next.n == 0 || take_param(&next, &p, NULL) == 0)
			return 1;
		skip_blanks_and_commas(rest);
	}
	return rc ? rc : fault(*rest, err);
}

/* ---- which one ---- */

static int strength(const struct twc__http_challenge *c, unsigned allowed, unsigned *bit)
{
	static const struct {
		const char *scheme;
		unsigned bit;
	} schemes[] = {
		{ "Basic", TWC__HTTP_AUTH_BASIC },
		{ "Digest", TWC__HTTP_AUTH_DIGEST },
		{ "Bearer", TWC__HTTP_AUTH_BEARER },
	};

	*bit = 0;
	for (size_t i = 0; i < TWC_ARRAY_LEN(schemes); i++)
		if (twc_str_eq_nocase(c->scheme, twc_str_of(schemes[i].scheme)))
			*bit = schemes[i].bit & allowed;
	if (*bit == TWC__HTTP_AUTH_DIGEST) {
		int digest = twc__http_digest_strength(c);

		return digest ? 1 + digest : 0;
	}
	return *bit == TWC__HTTP_AUTH_BEARER ? 100 : *bit == TWC__HTTP_AUTH_BASIC;
}

unsigned twc__http_challenge_pick(const struct twc_str *values, size_t n, unsigned allowed, struct twc__http_challenge *out)
{
	unsigned picked = 0, bit;
	int best = 0;

	for (size_t i = 0; i < n; i++) {
		struct twc_str rest = values[i];
		struct twc__http_challenge c;

		while (twc__http_challenge_next(&rest, &c, NULL) == 1) {
			int s = strength(&c, allowed, &bit);

			if (s <= best)
				continue;
			best = s;
			picked = bit;
			*out = c;
		}
	}
	return picked;
}
