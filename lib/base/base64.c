/* SPDX-License-Identifier: MIT */
/* Base64: see base64.h. */
#include "base/base64.h"

#include "base/banned.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Returns the characters written, padding counted. */
static size_t encode(const char digits[], char *out, const uint8_t *in, size_t n)
{
	char *at = out;

	for (size_t i = 0; i < n; i += 3, at += 4) {
		size_t left = n - i;
		uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);

		at[0] = digits[v >> 18];
		at[1] = digits[v >> 12 & 63];
		at[2] = left > 1 ? digits[v >> 6 & 63] : '=';
		at[3] = left > 2 ? digits[v & 63] : '=';
	}
	return (size_t)(at - out);
}

size_t twc__base64_encode(char *out, const void *p, size_t n)
{
	return encode(standard, out, p, n);
}

size_t twc__base64url_encode(char *out, const void *p, size_t n)
{
	return encode(url_safe, out, p, n) - (3 - n % 3) % 3;
}

int twc__base64_add(struct twc_buf *b, const void *p, size_t n)
{
	char *room;
	int rc = twc_buf_reserve(b, TWC__BASE64_LEN(n), &room);

	if (rc == 0)
		twc_buf_commit(b, twc__base64_encode(room, p, n));
	return rc;
}

/* 0 to 63, or -1. */
static int value_of(char c, bool is_url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (is_url ? '-' : '+'))
		return 62;
	return c == (is_url ? '_' : '/') ? 63 : -1;
}

/* `s` has its padding taken off. */
static bool decode(struct twc_str s, bool is_url, uint8_t *out, size_t *n)
{
	uint32_t bits = 0;
	unsigned have = 0;

	*n = 0;
	if (s.n % 4 == 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int v = value_of(s.p[i], is_url);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[(*n)++] = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	return bits == 0;
}

static size_t padding(struct twc_str s)
{
	size_t n = 0;

	while (n < 2 && n < s.n && s.p[s.n - 1 - n] == '=')
		n++;
	return n;
}

bool twc__base64_decode(struct twc_str s, void *out, size_t *n)
{
	*n = 0;
	if (s.n % 4)
		return false;
	s.n -= padding(s);
	return decode(s, false, out, n);
}

bool twc__base64url_decode(struct twc_str s, void *out, size_t *n)
{
	size_t pad = padding(s);

	*n = 0;
	if (pad && s.n % 4)
		return false;
	s.n -= pad;
	return decode(s, true, out, n);
}
