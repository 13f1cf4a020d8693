/* SPDX-License-Identifier: MIT */
/* Frames of HTTP/2 by hand (RFC 9113, 4; RFC 7541 without its tables), in place: for a server that says what it likes. */
#ifndef TESTS_H2_SAID_H
#define TESTS_H2_SAID_H

#include <stdint.h>
#include <string.h>
#include <twc/base.h>

enum { H2_DATA, H2_HEADERS, H2_PRIORITY, H2_RST, H2_SETTINGS, H2_PUSH, H2_PING, H2_GOAWAY, H2_WINDOW, H2_CONTINUATION };
enum { H2_END = 1, H2_ACK = 1, H2_END_HEADERS = 4, H2_PADDED = 8 };

#define H2_MAX 200000
struct h2_frames {
	uint8_t p[H2_MAX];
	size_t n;
};

static inline void h2_put(struct h2_frames *f, const void *p, size_t n)
{
	TWC_ASSERT(n <= sizeof(f->p) - f->n);
	memcpy(f->p + f->n, p, n);
	f->n += n;
}

static inline void h2_put32(struct h2_frames *f, uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	h2_put(f, b, 4);
}

static inline void h2_frame(struct h2_frames *f, int type, int flags, uint32_t id, const void *p, size_t n)
{
	const uint8_t head[5] = { (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)type, (uint8_t)flags };

	h2_put(f, head, 5);
	h2_put32(f, id);
	h2_put(f, p, n);
}

/* RFC 7541, 5.1, behind a prefix of 7 bits. */
static inline void h2_string(struct h2_frames *f, const char *s, size_t n)
{
	uint8_t b = (uint8_t)(n < 127 ? n : 127);
	bool more = n >= 127;

	h2_put(f, &b, 1);
	for (size_t rest = n - 127; more; rest /= 128) {
		more = rest >= 128;
		b = (uint8_t)(more ? rest % 128 + 128 : rest);
		h2_put(f, &b, 1);
	}
	h2_put(f, s, n);
}

/* "name=value;name=value", each a literal that is not indexed (6.2.2). */
static inline void h2_block(struct h2_frames *f, const char *fields)
{
	const uint8_t literal = 0;

	while (*fields) {
		size_t n = strcspn(fields, "="), m = strcspn(fields + n, ";");

		h2_put(f, &literal, 1);
		h2_string(f, fields, n);
		h2_string(f, fields + n + 1, m - 1);
		fields += n + m;
		fields += *fields == ';';
	}
}

static inline void h2_headers(struct h2_frames *f, int flags, uint32_t id, const char *fields)
{
	static struct h2_frames block;

	block.n = 0;
	h2_block(&block, fields);
	h2_frame(f, H2_HEADERS, flags | H2_END_HEADERS, id, block.p, block.n);
}

static inline void h2_data(struct h2_frames *f, int flags, uint32_t id, const char *text)
{
	h2_frame(f, H2_DATA, flags, id, text, strlen(text));
}

/* RST_STREAM, WINDOW_UPDATE: one number. */
static inline void h2_number(struct h2_frames *f, int type, uint32_t id, uint32_t v)
{
	static struct h2_frames body;

	body.n = 0;
	h2_put32(&body, v);
	h2_frame(f, type, 0, id, body.p, body.n);
}

static inline void h2_goaway(struct h2_frames *f, uint32_t last, uint32_t code)
{
	static struct h2_frames body;

	body.n = 0;
	h2_put32(&body, last);
	h2_put32(&body, code);
	h2_frame(f, H2_GOAWAY, 0, 0, body.p, body.n);
}

static inline void h2_setting(struct h2_frames *f, uint16_t id, uint32_t v)
{
	static struct h2_frames body;
	const uint8_t b[2] = { (uint8_t)(id >> 8), (uint8_t)id };

	body.n = 0;
	h2_put(&body, b, 2);
	h2_put32(&body, v);
	h2_frame(f, H2_SETTINGS, 0, 0, body.p, body.n);
}

/* ---- what came ---- */

struct h2_seen {
	int type, flags;
	uint32_t id, n;
	const uint8_t *p;
};

/* The next frame of p[*at..n): false when it is not whole. */
static inline bool h2_next(const uint8_t *p, size_t n, size_t *at, struct h2_seen *f)
{
	const uint8_t *q = p + *at;

	if (n - *at < 9)
		return false;
	f->n = (uint32_t)q[0] << 16 | (uint32_t)q[1] << 8 | q[2];
	if (n - *at - 9 < f->n)
		return false;
	f->type = q[3];
	f->flags = q[4];
	f->id = ((uint32_t)q[5] << 24 | (uint32_t)q[6] << 16 | (uint32_t)q[7] << 8 | q[8]) & 0x7fffffff;
	f->p = q + 9;
	*at += 9 + f->n;
	return true;
}

#endif
