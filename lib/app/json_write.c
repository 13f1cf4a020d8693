/* SPDX-License-Identifier: MIT */
/*
 * JSON as records are written: one value after another into a buffer (RFC 8259). No tree: who calls knows
 * what is open. Above: reports, captures, logs. A buffer that is full sets `failed` and leaves the rest out.
 */
#include <twc/json.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/base64.h"

#include "base/banned.h"

static void json_add(struct twc_json *j, const char *p, size_t n)
{
	if (!j->failed && twc_buf_add(j->buf, p, n) < 0)
		j->failed = true;
}

static void json_adds(struct twc_json *j, const char *s)
{
	json_add(j, s, strlen(s));
}

/* Bytes at the front of `s` that need no escape: they are copied at once. */
static size_t plain_len(struct twc_str s)
{
	size_t n = 0, len;

	while (n < s.n) {
		unsigned char c = (unsigned char)s.p[n];

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			break;
		len = c < 0x80 ? 1 : twc_utf8_len((struct twc_str){ s.p + n, s.n - n });
		if (len == 0)
			break;
		n += len;
	}
	return n;
}

static int add_escaped(struct twc_buf *b, unsigned char c)
{
	static const char shorts[] = "\"\"\\\\\nn\rr\tt\bb\ff"; /* the byte, and the letter for it */
	char code[8];

	if (c >= 0x80)
		return twc_buf_add(b, "\\ufffd", 6);
	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2)
		if ((unsigned char)shorts[i] == c)
			return twc_buf_add(b, (const char[]){ '\\', shorts[i + 1] }, 2);
	snprintf(code, sizeof(code), "\\u%04x", c);
	return twc_buf_add(b, code, 6);
}

int twc_json_escape(struct twc_buf *b, struct twc_str s)
{
	int rc = 0;

	while (s.n > 0 && rc == 0) {
		size_t n = plain_len(s);

		if (n > 0) {
			rc = twc_buf_add(b, s.p, n);
		} else {
			rc = add_escaped(b, (unsigned char)s.p[0]);
			n = 1;
		}
		s.p += n;
		s.n -= n;
	}
	return rc;
}

static void json_string(struct twc_json *j, struct twc_str s)
{
	json_adds(j, "\"");
	if (!j->failed && twc_json_escape(j->buf, s) < 0)
		j->failed = true;
	json_adds(j, "\"");
}

static void json_key(struct twc_json *j, const char *key)
{
	if (!j->first)
		json_adds(j, ",");
	j->first = false;
	if (!key)
		return;
	json_string(j, twc_str_of(key));
	json_adds(j, ":");
}

void twc_json_begin(struct twc_json *j, struct twc_buf *buf)
{
	*j = (struct twc_json){ .buf = buf, .first = true };
	json_adds(j, "{");
}

void twc_json_end(struct twc_json *j)
{
	json_adds(j, "}");
}

void twc_json_open(struct twc_json *j, const char *key, char bracket)
{
	json_key(j, key);
	json_add(j, &bracket, 1);
	j->first = true;
}

void twc_json_close(struct twc_json *j, char bracket)
{
	json_add(j, &bracket, 1);
	j->first = false;
}

void twc_json_str(struct twc_json *j, const char *key, struct twc_str value)
{
	json_key(j, key);
	if (value.p)
		json_string(j, value);
	else
		json_adds(j, "null");
}

void twc_json_text(struct twc_json *j, const char *key, const char *value)
{
	twc_json_str(j, key, twc_str_of(value));
}

void twc_json_uint(struct twc_json *j, const char *key, uint64_t value)
{
	char digits[24];

	json_key(j, key);
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	json_adds(j, digits);
}

void twc_json_int(struct twc_json *j, const char *key, int64_t value)
{
	char digits[24];

	json_key(j, key);
	snprintf(digits, sizeof(digits), "%" PRId64, value);
	json_adds(j, digits);
}

void twc_json_bool(struct twc_json *j, const char *key, bool value)
{
	json_key(j, key);
	json_adds(j, value ? "true" : "false");
}

void twc_json_null(struct twc_json *j, const char *key)
{
	json_key(j, key);
	json_adds(j, "null");
}

void twc_json_ratio(struct twc_json *j, const char *key, uint64_t n, uint64_t per_one)
{
	char digits[48];

	json_key(j, key);
	snprintf(digits, sizeof(digits), "%" PRIu64 ".%06" PRIu64, n / per_one, n % per_one * 1000000 / per_one);
	json_adds(j, digits);
}

void twc_json_raw(struct twc_json *j, const char *key, struct twc_str json)
{
	json_key(j, key);
	json_add(j, json.p, json.n);
}

void twc_json_bytes(struct twc_json *j, const char *key, const char *key_base64, struct twc_str value)
{
	if (twc_is_utf8(value)) {
		twc_json_str(j, key, value.p ? value : twc_str_of(""));
		return;
	}
	json_key(j, key_base64);
	json_adds(j, "\"");
	if (!j->failed && twc__base64_add(j->buf, value.p, value.n) < 0)
		j->failed = true;
	json_adds(j, "\"");
}
