/* SPDX-License-Identifier: MIT */
/*
 * Percent-encoding (RFC 3986, 2.1) and forms (WHATWG URL, 5): what stands in a URL, a query or the body of a form, to
 * bytes and back. A bad escape is text, as browsers and curl have it. Pure.
 */
#include "protocol/http/octet.h"
#include "protocol/http/url_int.h"

#include "base/banned.h"

static const char hex_digits[] = "0123456789ABCDEF";

static size_t put_escape(char *out, unsigned char c)
{
	if (out) {
		out[0] = '%';
		out[1] = hex_digits[c >> 4];
		out[2] = hex_digits[c & 15];
	}
	return 3;
}

static size_t put_byte(char *out, char c)
{
	if (out)
		*out = c;
	return 1;
}

size_t twc__url_put_encoded(char *out, struct twc_str s, const char *also, bool plus)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char *at = out ? out + n : NULL;

		if (c == ' ' && plus)
			n += put_byte(at, '+');
		else if (c <= ' ' || c >= 0x7f || strchr(also, c))
			n += put_escape(at, c);
		else
			n += put_byte(at, (char)c);
	}
	return n;
}

unsigned char twc__url_decode_one(struct twc_str *s, bool plus)
{
	const unsigned char *p = (const unsigned char *)s->p;
	unsigned char c = *p;
	size_t used = 1;

	if (c == '+' && plus) {
		c = ' ';
	} else if (c == '%' && s->n >= 3 && twc__http_is(p[1], TWC__HTTP_HEX) && twc__http_is(p[2], TWC__HTTP_HEX)) {
		c = (unsigned char)(twc__http_hex_digit(p[1]) << 4 | twc__http_hex_digit(p[2]));
		used = 3;
	}
	s->p += used;
	s->n -= used;
	return c;
}

/* ---- whole strings ---- */

/* All but letters, digits and those of `safe`. */
static size_t put_component(char *out, struct twc_str s, const char *safe, bool plus)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char *at = out ? out + n : NULL;

		if (c == ' ' && plus)
			n += put_byte(at, '+');
		else if (twc__http_is(c, TWC__HTTP_ALPHA | TWC__HTTP_DIGIT) || (c && strchr(safe, c)))
			n += put_byte(at, (char)c);
		else
			n += put_escape(at, c);
	}
	return n;
}

int twc_url_encode(struct twc_str s, struct twc_buf *out)
{
	char *at;
	int rc = twc_buf_reserve(out, put_component(NULL, s, "-._~", false), &at);

	if (rc == 0)
		twc_buf_commit(out, put_component(at, s, "-._~", false));
	return rc;
}

static size_t decoded_len(struct twc_str s, bool plus)
{
	size_t n = 0;

	for (; s.n > 0; n++)
		twc__url_decode_one(&s, plus);
	return n;
}

static int decode(struct twc_str s, bool plus, struct twc_buf *out)
{
	size_t n = decoded_len(s, plus);
	char *at;
	int rc = twc_buf_reserve(out, n, &at);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		at[i] = (char)twc__url_decode_one(&s, plus);
	twc_buf_commit(out, n);
	return 0;
}

int twc_url_decode(struct twc_str s, struct twc_buf *out)
{
	return decode(s, false, out);
}

/* ---- forms ---- */

int twc_form_decode(struct twc_str s, struct twc_buf *out)
{
	return decode(s, true, out);
}

bool twc_form_next(struct twc_str *rest, struct twc_str *name, struct twc_str *value)
{
	struct twc_str pair;

	while (twc_str_cut(rest, '&', &pair)) {
		if (pair.n == 0)
			continue;
		*value = pair;
		twc_str_cut(value, '=', name);
		return true;
	}
	return false;
}

static bool decodes_to(struct twc_str s, struct twc_str plain)
{
	size_t i = 0;

	for (; s.n > 0 && i < plain.n; i++)
		if (twc__url_decode_one(&s, true) != (unsigned char)plain.p[i])
			return false;
	return s.n == 0 && i == plain.n;
}

int twc_form_find(struct twc_str form, struct twc_str name, struct twc_buf *out)
{
	struct twc_str key, value;
	int rc;

	while (twc_form_next(&form, &key, &value)) {
		if (!decodes_to(key, name))
			continue;
		rc = twc_form_decode(value, out);
		return rc ? rc : 1;
	}
	return 0;
}

static size_t put_form(char *out, struct twc_str name, struct twc_str value, bool is_first)
{
	size_t n = is_first ? 0 : put_byte(out, '&');

	n += put_component(out ? out + n : NULL, name, "*-._", true);
	if (!value.p)
		return n;
	n += put_byte(out ? out + n : NULL, '=');
	return n + put_component(out ? out + n : NULL, value, "*-._", true);
}

int twc_form_add(struct twc_buf *out, struct twc_str name, struct twc_str value)
{
	bool is_first = twc_buf_len(out) == 0;
	char *at;
	int rc = twc_buf_reserve(out, put_form(NULL, name, value, is_first), &at);

	if (rc == 0)
		twc_buf_commit(out, put_form(at, name, value, is_first));
	return rc;
}
