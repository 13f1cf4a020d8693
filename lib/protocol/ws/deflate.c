/* SPDX-License-Identifier: MIT */
/* permessage-deflate on zlib: each message ends with a flush, whose four last bytes stay at home (RFC 7692, 7.2.1, 7.2.2). */
#include "protocol/ws/deflate.h"

#define ZLIB_CONST
#include <zlib.h>

#include "base/banned.h"

#define BITS_MIN 9 /* zlib's smallest window of a raw stream */
#define BITS_MAX 15
#define MEM_LEVEL 7
#define LEVEL 4			      /* twice as fast as the usual 6, for a few percent of size */
#define ZLIB_IN_MAX ((size_t)1 << 30) /* its counts are 32 bits wide */
#define ROOM_MIN 1024
#define ROOM_MAX (64 * 1024)

static const uint8_t tail[4] = { 0x00, 0x00, 0xff, 0xff };

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

static z_stream *stream_new(void)
{
	z_stream *s = twc_try_malloc(sizeof(*s));

	if (s)
		*s = (z_stream){ .zalloc = zlib_alloc, .zfree = zlib_free };
	return s;
}

static void out_free(struct twc__ws_zlib *z)
{
	if (z->out)
		deflateEnd(z->out);
	twc_free(z->out);
	z->out = NULL;
}

static void in_free(struct twc__ws_zlib *z)
{
	if (z->in)
		inflateEnd(z->in);
	twc_free(z->in);
	z->in = NULL;
}

void twc__ws_zlib_fini(struct twc__ws_zlib *z)
{
	out_free(z);
	in_free(z);
}

static int bits_of(uint8_t bits)
{
	return bits == 0 ? BITS_MAX : bits < BITS_MIN ? BITS_MIN : bits;
}

/* ---- to the wire ---- */

bool twc__ws_may_deflate(const struct twc__ws_zlib *z, size_t n)
{
	return z->agreed.is_on && n >= TWC__WS_DEFLATE_MIN && (z->agreed.bits_out == 0 || z->agreed.bits_out >= BITS_MIN);
}

static bool out_open(struct twc__ws_zlib *z)
{
	if (z->out)
		return true;
	z->out = stream_new();
	if (z->out && deflateInit2(z->out, LEVEL, Z_DEFLATED, -bits_of(z->agreed.bits_out), MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK)
		return true;
	twc_free(z->out);
	z->out = NULL;
	return false;
}

/* All that zlib has to give about what it was given. */
static bool deflate_all(z_stream *s, int flush, struct twc_buf *to)
{
	char *at;

	do {
		if (twc_buf_reserve(to, ROOM_MIN, &at) < 0)
			return false;
		s->next_out = (Bytef *)at;
		s->avail_out = (uInt)(to->cap - to->end < ROOM_MAX ? to->cap - to->end : ROOM_MAX);
		if (deflate(s, flush) == Z_STREAM_ERROR)
			return false;
		twc_buf_commit(to, (size_t)((char *)s->next_out - at));
	} while (s->avail_out == 0);
	return true;
}

static bool deflate_iov(z_stream *s, const struct iovec *iov, int n, struct twc_buf *to)
{
	for (int i = 0; i < n; i++) {
		const Bytef *p = iov[i].iov_base;

		for (size_t left = iov[i].iov_len, k; left > 0; left -= k, p += k) {
			k = left < ZLIB_IN_MAX ? left : ZLIB_IN_MAX;
			s->next_in = p;
			s->avail_in = (uInt)k;
			if (!deflate_all(s, Z_NO_FLUSH, to))
				return false;
		}
	}
	return deflate_all(s, Z_SYNC_FLUSH, to);
}

int twc__ws_deflate(struct twc__ws_zlib *z, const struct iovec *iov, int n, struct twc_buf *to, struct twc_err *err)
{
	size_t before = twc_buf_len(to);

	if (!out_open(z) || !deflate_iov(z->out, iov, n, to)) {
		out_free(z); /* the peer's window and ours are no longer the same */
		z->agreed.bits_out = BITS_MIN - 1;
		return twc_err_set(err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	}
	TWC_ASSERT(twc_buf_len(to) - before >= sizeof(tail) && memcmp(to->data + to->end - sizeof(tail), tail, sizeof(tail)) == 0);
	to->end -= sizeof(tail);
	if (z->agreed.no_takeover_out)
		out_free(z);
	return 0;
}

/* ---- from the wire ---- */

static bool in_open(struct twc__ws_zlib *z)
{
	if (z->in)
		return true;
	z->in = stream_new();
	if (z->in && inflateInit2(z->in, -bits_of(z->agreed.bits_in)) == Z_OK)
		return true;
	twc_free(z->in);
	z->in = NULL;
	return false;
}

static int too_long(const struct twc_buf *to, struct twc_err *err)
{
	return twc_err_set(err, TWC_ETOOLONG, "a message longer than %zu bytes", to->max);
}

/* As much as fits into one piece of the buffer; when that is full, a byte that must not come. */
static int inflate_some(z_stream *s, struct twc_buf *to, struct twc_err *err)
{
	size_t room = to->max - twc_buf_len(to), want = 4 * (size_t)s->avail_in;
	char *at, over;
	int rc;

	want = want < ROOM_MIN ? ROOM_MIN : want < ROOM_MAX ? want : ROOM_MAX;
	want = want < room ? want : room;
	at = &over;
	if (want && twc_buf_reserve(to, want, &at) < 0)
		return twc_err_set(err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	s->next_out = (Bytef *)at;
	s->avail_out = (uInt)(want ? want : 1);
	rc = inflate(s, Z_SYNC_FLUSH);
	if (!want && s->avail_out == 0)
		return too_long(to, err);
	if (want)
		twc_buf_commit(to, (size_t)((char *)s->next_out - at));
	if (rc == Z_STREAM_END) /* a last block (7.2.3.4): what follows begins anew with the same window */
		rc = inflateResetKeep(s);
	if (rc == Z_MEM_ERROR)
		return twc_err_set(err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return twc_err_set(err, TWC_EPROTO, "a compressed message that is damaged (%s)", s->msg ? s->msg : "deflate");
	return 0;
}

int twc__ws_inflate(struct twc__ws_zlib *z, const uint8_t *p, size_t n, struct twc_buf *to, struct twc_err *err)
{
	z_stream *s;
	int rc = 0;

	if (!in_open(z))
		return twc_err_set(err, TWC_ENOMEM, "%s", twc_err_default_text(TWC_ENOMEM));
	s = z->in;
	while (n > 0 && rc == 0) {
		size_t k = n < ZLIB_IN_MAX ? n : ZLIB_IN_MAX;

		s->next_in = p;
		s->avail_in = (uInt)k;
		do { /* what does not fill the room was all */
			rc = inflate_some(s, to, err);
		} while (rc == 0 && (s->avail_in > 0 || s->avail_out == 0));
		p += k;
		n -= k;
	}
	return rc;
}

int twc__ws_inflate_end(struct twc__ws_zlib *z, struct twc_buf *to, struct twc_err *err)
{
	int rc = twc__ws_inflate(z, tail, sizeof(tail), to, err);

	if (z->agreed.no_takeover_in)
		in_free(z);
	return rc;
}
