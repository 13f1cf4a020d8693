/* SPDX-License-Identifier: MIT */
#include "support/h2_frames.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <twc/base.h>

void h2_bytes_fini(struct h2_bytes *b)
{
	free(b->p);
	*b = (struct h2_bytes){ 0 };
}

void h2_put(struct h2_bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = (b->n + n) * 2;
		b->p = realloc(b->p, b->cap);
		TWC_ASSERT(b->p);
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void h2_put32(struct h2_bytes *b, uint32_t v)
{
	const uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	h2_put(b, p, 4);
}

void h2_put_frame(struct h2_bytes *b, unsigned type, unsigned flags, uint32_t id, const void *p, size_t n)
{
	const uint8_t f = (uint8_t)flags;

	h2_put32(b, (uint32_t)n << 8 | type);
	h2_put(b, &f, 1);
	h2_put32(b, id);
	h2_put(b, p, n);
}

void h2_put_start(struct h2_bytes *b)
{
	h2_put(b, H2_PREFACE, sizeof(H2_PREFACE) - 1);
	h2_put_frame(b, H2_SETTINGS, 0, 0, NULL, 0);
	h2_put_frame(b, H2_SETTINGS, H2_ACK, 0, NULL, 0);
}

static void put_number(struct h2_bytes *b, unsigned type, uint32_t id, uint32_t v)
{
	const uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	h2_put_frame(b, type, 0, id, p, 4);
}

void h2_put_window(struct h2_bytes *b, uint32_t id, uint32_t more)
{
	put_number(b, H2_WINDOW, id, more);
}

void h2_put_reset(struct h2_bytes *b, uint32_t id, uint32_t code)
{
	put_number(b, H2_RST, id, code);
}

/* RFC 7541, 5.1, with a prefix of seven bits. */
static void put_text(struct h2_bytes *b, const char *p, size_t n)
{
	uint8_t o = (uint8_t)(n < 127 ? n : 127);
	size_t left = n;

	h2_put(b, &o, 1);
	if (n >= 127) {
		for (left -= 127; left >= 128; left >>= 7) {
			o = (uint8_t)(left & 127) | 128;
			h2_put(b, &o, 1);
		}
		o = (uint8_t)left;
		h2_put(b, &o, 1);
	}
	h2_put(b, p, n);
}

static void put_field(struct h2_bytes *b, const char *name, size_t name_n, const char *value, size_t value_n)
{
	h2_put(b, "", 1);
	put_text(b, name, name_n);
	put_text(b, value, value_n);
}

void h2_put_field(struct h2_bytes *block, const char *name, const char *value)
{
	put_field(block, name, strlen(name), value, strlen(value));
}

void h2_put_headers(struct h2_bytes *b, unsigned flags, uint32_t id, const char *lines)
{
	struct h2_bytes block = { 0 };

	while (*lines) {
		size_t n = strcspn(lines, "\n");
		const char *colon = memchr(lines + 1, ':', n - 1);

		TWC_ASSERT(colon);
		put_field(&block, lines, (size_t)(colon - lines), colon + 2, n - (size_t)(colon + 2 - lines));
		lines += n + (lines[n] == '\n');
	}
	h2_put_frame(b, H2_HEADERS, flags | H2_END_HEADERS, id, block.p, block.n);
	h2_bytes_fini(&block);
}

void h2_put_get(struct h2_bytes *b, uint32_t id, const char *path)
{
	char lines[512];

	snprintf(lines, sizeof(lines), ":method: GET\n:scheme: http\n:path: %s\n:authority: h\n", path);
	h2_put_headers(b, H2_END_STREAM, id, lines);
}

/* ---- reading ---- */

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool h2_next(const void *bytes, size_t n, size_t *at, struct h2_frame *f)
{
	const uint8_t *p = (const uint8_t *)bytes + *at;

	if (n - *at < 9)
		return false;
	*f = (struct h2_frame){ .type = p[3], .flags = p[4], .id = get32(p + 5) & 0x7fffffff, .p = p + 9, .n = get32(p) >> 8 };
	if (n - *at < 9 + f->n)
		return false;
	*at += 9 + f->n;
	if (f->type == H2_RST)
		f->code = get32(f->p);
	if (f->type == H2_GOAWAY)
		f->code = get32(f->p + 4);
	return true;
}

static void add(char *text, size_t cap, const char *fmt, ...) TWC_PRINTF(3, 4);
static void add(char *text, size_t cap, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, cap - n, fmt, ap);
	va_end(ap);
}

static void tell_fields(nghttp2_hd_inflater *hd, const struct h2_frame *f, bool all, char *text, size_t cap)
{
	const uint8_t *p = f->p;
	size_t n = f->n;

	for (;;) {
		nghttp2_nv nv;
		int flags = 0;
		ssize_t k = nghttp2_hd_inflate_hd2(hd, &nv, &flags, p, n, 1);

		TWC_ASSERT(k >= 0);
		p += k;
		n -= (size_t)k;
		if (flags & NGHTTP2_HD_INFLATE_EMIT) {
			if (nv.namelen == 7 && memcmp(nv.name, ":status", 7) == 0)
				add(text, cap, " %.*s", (int)nv.valuelen, (const char *)nv.value);
			else if (all && !(nv.namelen == 4 && memcmp(nv.name, "date", 4) == 0))
				add(text, cap, " %.*s=%.*s", (int)nv.namelen, (const char *)nv.name, (int)nv.valuelen, (const char *)nv.value);
		}
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			break;
	}
	nghttp2_hd_inflate_end_headers(hd);
}

/* Frames of DATA that follow each other are told as one. */
static void tell_data(const struct h2_frame *f, char *text, size_t cap)
{
	char begin[32];
	size_t n = strlen(text), k;
	char *last;

	snprintf(begin, sizeof(begin), "DATA %u [", f->id);
	for (last = text + n, k = 0; last > text && k < 60; last--, k++)
		if (strncmp(last, "DATA ", 5) == 0 || strncmp(last, "HEAD", 4) == 0)
			break;
	if (n > 3 && strncmp(last, begin, strlen(begin)) == 0 && strcmp(text + n - 3, "]; ") == 0)
		text[n - 3] = '\0';
	else
		add(text, cap, "%s", begin);
	add(text, cap, "%.*s]", (int)(f->n < 40 ? f->n : 40), (const char *)f->p);
}

static void tell_frame(nghttp2_hd_inflater *hd, const struct h2_frame *f, bool fields, char *text, size_t cap)
{
	switch (f->type) {
	case H2_HEADERS:
		add(text, cap, "HEADERS %u", f->id);
		tell_fields(hd, f, fields, text, cap);
		break;
	case H2_DATA:
		tell_data(f, text, cap);
		break;
	case H2_RST:
		add(text, cap, "RST %u %s; ", f->id, nghttp2_http2_strerror(f->code));
		return;
	case H2_GOAWAY:
		add(text, cap, "GOAWAY %u %s; ", get32(f->p), nghttp2_http2_strerror(f->code));
		return;
	default:
		return;
	}
	add(text, cap, "%s; ", f->flags & H2_END_STREAM ? " END" : "");
}

char *h2_told(const void *p, size_t n, bool fields, char *text, size_t cap)
{
	nghttp2_hd_inflater *hd;
	struct h2_frame f;
	size_t at = 0;

	TWC_ASSERT(nghttp2_hd_inflate_new(&hd) == 0);
	text[0] = '\0';
	while (h2_next(p, n, &at, &f))
		tell_frame(hd, &f, fields, text, cap);
	nghttp2_hd_inflate_del(hd);
	return text;
}
