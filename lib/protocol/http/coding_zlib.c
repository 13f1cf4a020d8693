/* SPDX-License-Identifier: MIT */
/*
 * gzip (RFC 1952) and deflate (RFC 1950, 1951) taken apart. `deflate` means zlib's wrapping; servers that
 * send none are told by the first two bytes: as the start of a bare stream they would be a stored block with
 * padding bits that no encoder sets.
 */
#include "protocol/http/coding_stage.h"

#define ZLIB_CONST
#include <zlib.h>

#include "base/banned.h"

#define ZLIB_IN_MAX ((size_t)1 << 30) /* its counts are 32 bits wide */
#define WINDOW_BITS 15

enum zlib_where {
	ZLIB_HEAD = 0, /* deflate: the two bytes that tell */
	ZLIB_INSIDE,
	ZLIB_BETWEEN, /* gzip: behind a member, a further one may come */
	ZLIB_OVER,    /* nothing may come; of gzip zeros, which pad it to the blocks of a tape */
};

struct zlib_state {
	z_stream z;
	enum zlib_where where;
	bool is_gzip;
	uint8_t head[2];
	size_t head_len;
};

static void *zlib_alloc(void *opaque, uInt n, uInt size)
{
	size_t bytes;

	(void)opaque;
	return __builtin_mul_overflow((size_t)n, (size_t)size, &bytes) ? NULL : twc_try_malloc(bytes);
}

static void zlib_free(void *opaque, void *p)
{
	(void)opaque;
	twc_free(p);
}

static void *zlib_open(bool is_gzip)
{
	struct zlib_state *s = twc_calloc(1, sizeof(*s));

	s->is_gzip = is_gzip;
	s->where = is_gzip ? ZLIB_INSIDE : ZLIB_HEAD;
	s->z.zalloc = zlib_alloc;
	s->z.zfree = zlib_free;
	if (inflateInit2(&s->z, is_gzip ? WINDOW_BITS + 16 : WINDOW_BITS) == Z_OK)
		return s;
	twc_free(s);
	return NULL;
}

static void *gzip_open(void)
{
	return zlib_open(true);
}

static void *deflate_open(void)
{
	return zlib_open(false);
}

static void zlib_close(void *state)
{
	struct zlib_state *s = state;

	inflateEnd(&s->z);
	twc_free(s);
}

static int zlib_fault(const struct zlib_state *s, const char *what, struct twc_err *err)
{
	return twc_err_set(err, TWC_EPROTO, "the body is no valid %s: %s", s->is_gzip ? "gzip" : "deflate", what);
}

/* Inflates *in to out[*got..cap). */
static int zlib_inflate(struct zlib_state *s, struct twc_str *in, uint8_t *out, size_t cap, size_t *got,
			struct twc_err *err)
{
	size_t n = in->n < ZLIB_IN_MAX ? in->n : ZLIB_IN_MAX;
	int rc;

	s->z.next_in = (const Bytef *)in->p;
	s->z.avail_in = (uInt)n;
	s->z.next_out = out + *got;
	s->z.avail_out = (uInt)(cap - *got);
	rc = inflate(&s->z, Z_NO_FLUSH);
	n -= s->z.avail_in;
	in->p += n;
	in->n -= n;
	*got = cap - s->z.avail_out;
	switch (rc) {
	case Z_OK:
	case Z_BUF_ERROR: /* nothing to do */
		return 0;
	case Z_STREAM_END:
		s->where = s->is_gzip ? ZLIB_BETWEEN : ZLIB_OVER;
		return 0;
	case Z_MEM_ERROR:
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	case Z_NEED_DICT:
		return zlib_fault(s, "it wants a dictionary", err);
	default:
		return zlib_fault(s, s->z.msg ? s->z.msg : "damaged", err);
	}
}

static bool is_wrapped(const uint8_t head[2])
{
	return (head[0] & 0x0f) == Z_DEFLATED && head[0] >> 4 <= 7 && (head[0] << 8 | head[1]) % 31 == 0;
}

static int zlib_head(struct zlib_state *s, struct twc_str *in, uint8_t *out, size_t cap, size_t *got,
		     struct twc_err *err)
{
	struct twc_str head = { (const char *)s->head, sizeof(s->head) };

	while (s->head_len < sizeof(s->head) && in->n > 0) {
		s->head[s->head_len++] = (uint8_t)*in->p++;
		in->n--;
	}
	if (s->head_len < sizeof(s->head))
		return 0;
	s->where = ZLIB_INSIDE;
	if (!is_wrapped(s->head) && inflateReset2(&s->z, -WINDOW_BITS) != Z_OK)
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	return zlib_inflate(s, &head, out, cap, got, err); /* takes both bytes: no stream is shorter */
}

static int zlib_behind(struct zlib_state *s, struct twc_str *in, struct twc_err *err)
{
	if (in->n == 0)
		return 0;
	if (s->where == ZLIB_BETWEEN && (uint8_t)in->p[0] == 0x1f) {
		inflateReset(&s->z);
		s->where = ZLIB_INSIDE;
		return 0;
	}
	s->where = ZLIB_OVER;
	for (; in->n > 0; in->p++, in->n--)
		if (!s->is_gzip || in->p[0] != 0)
			return zlib_fault(s, "there is more behind its end", err);
	return 0;
}

static int zlib_step(void *state, struct twc_str *in, uint8_t *out, size_t cap, size_t *got, struct twc_err *err)
{
	struct zlib_state *s = state;
	int rc = 0;

	*got = 0;
	if (s->where == ZLIB_HEAD)
		rc = zlib_head(s, in, out, cap, got, err);
	if (rc == 0 && s->where >= ZLIB_BETWEEN)
		rc = zlib_behind(s, in, err);
	if (rc == 0 && s->where == ZLIB_INSIDE)
		rc = zlib_inflate(s, in, out, cap, got, err);
	return rc;
}

static bool zlib_is_whole(const void *state)
{
	const struct zlib_state *s = state;

	return s->where >= ZLIB_BETWEEN;
}

const struct twc__http_stage_ops twc__http_stage_gzip = {
	.open = gzip_open, .close = zlib_close, .step = zlib_step, .is_whole = zlib_is_whole,
};

const struct twc__http_stage_ops twc__http_stage_deflate = {
	.open = deflate_open, .close = zlib_close, .step = zlib_step, .is_whole = zlib_is_whole,
};

const char *twc__http_zlib_version(void)
{
	return zlibVersion();
}
