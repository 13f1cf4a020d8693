/* SPDX-License-Identifier: MIT */
/* JSON as it is written to standard output and standard error: one value after another into a buffer (RFC 8259). */
#include "out.h"

#include <inttypes.h>
#include <stdio.h>

size_t out_utf8_len(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char first_lo, first_hi, second_lo, second_hi, len;
	} form[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(form); i++) {
		if (p[0] < form[i].first_lo || p[0] > form[i].first_hi)
			continue;
		if (form[i].len > n || (form[i].len > 1 && (p[1] < form[i].second_lo || p[1] > form[i].second_hi)))
			return 0;
		for (size_t k = 2; k < form[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return form[i].len;
	}
	return 0;
}

static void json_add(struct out_json *j, const char *p, size_t n)
{
	if (!j->failed && twc_buf_add(j->buf, p, n) < 0)
		j->failed = true;
}

static void json_adds(struct out_json *j, const char *s)
{
	json_add(j, s, strlen(s));
}

static void json_string(struct out_json *j, struct twc_str s)
{
	char code[8];

	json_adds(j, "\"");
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t len = out_utf8_len((const unsigned char *)s.p + i, s.n - i);

		if (len == 0) {
			json_adds(j, "\\ufffd");
			len = 1;
		} else if (c == '"' || c == '\\') {
			json_add(j, (const char[]){ '\\', (char)c }, 2);
		} else if (c == '\n') {
			json_adds(j, "\\n");
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(code, sizeof(code), "\\u%04x", c);
			json_adds(j, code);
		} else {
			json_add(j, s.p + i, len);
		}
		i += len;
	}
	json_adds(j, "\"");
}

static void json_key(struct out_json *j, const char *key)
{
	if (!j->first)
		json_adds(j, ",");
	j->first = false;
	if (!key)
		return;
	json_string(j, twc_str_of(key));
	json_adds(j, ":");
}

void out_json_begin(struct out_json *j, struct twc_buf *buf)
{
	*j = (struct out_json){ .buf = buf, .first = true };
	json_adds(j, "{");
}

void out_json_str(struct out_json *j, const char *key, struct twc_str value)
{
	json_key(j, key);
	if (value.p)
		json_string(j, value);
	else
		json_adds(j, "null");
}

void out_json_uint(struct out_json *j, const char *key, uint64_t value)
{
	char digits[24];

	json_key(j, key);
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	json_adds(j, digits);
}

void out_json_int(struct out_json *j, const char *key, int64_t value)
{
	char digits[24];

	json_key(j, key);
	snprintf(digits, sizeof(digits), "%" PRId64, value);
	json_adds(j, digits);
}

void out_json_bool(struct out_json *j, const char *key, bool value)
{
	json_key(j, key);
	json_adds(j, value ? "true" : "false");
}

void out_json_ratio(struct out_json *j, const char *key, uint64_t n, uint64_t per_one)
{
	char digits[48];

	json_key(j, key);
	snprintf(digits, sizeof(digits), "%" PRIu64 ".%06" PRIu64, n / per_one, n % per_one * 1000000 / per_one);
	json_adds(j, digits);
}

void out_json_open(struct out_json *j, const char *key, char bracket)
{
	json_key(j, key);
	json_add(j, &bracket, 1);
	j->first = true;
}

void out_json_close(struct out_json *j, char bracket)
{
	json_add(j, &bracket, 1);
	j->first = false;
}

void out_json_end(struct out_json *j)
{
	json_adds(j, "}");
}
