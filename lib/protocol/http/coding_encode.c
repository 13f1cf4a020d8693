/* SPDX-License-Identifier: MIT */
/*
 * gzip and deflate made, for answers that are compressed on their way. A window of 8 KiB and small tables
 * keep a connection at 64 KiB; text loses a few percent by it. The head of gzip says nothing of time and
 * system: equal input, equal output.
 */
#include "protocol/http/coding.h"

#define ZLIB_CONST
#include <zlib.h>

#include "base/banned.h"

#define SCRATCH 4096
#define WINDOW_BITS 13
#define MEM_LEVEL 6
#define ZLIB_IN_MAX ((size_t)1 << 30)
#define GZIP_OS_UNKNOWN 255

struct twc__http_encoder {
	z_stream z;
	gz_header head;
	twc__http_coding_out_fn out;
	void *arg;
	uint8_t scratch[SCRATCH];
};

static void *encode_alloc(void *opaque, uInt n, uInt size)
{
	size_t bytes;

	(void)opaque;
	return __builtin_mul_overflow((size_t)n, (size_t)size, &bytes) ? NULL : twc_try_malloc(bytes);
}

static void encode_free(void *opaque, void *p)
{
	(void)opaque;
	twc_free(p);
}

struct twc__http_encoder *twc__http_encoder_new(enum twc__http_encoding kind, int level, twc__http_coding_out_fn out,
						void *arg, struct twc_err *err)
{
	static const int bits[] = {
		[TWC__HTTP_ENCODE_GZIP] = WINDOW_BITS + 16,
		[TWC__HTTP_ENCODE_DEFLATE] = WINDOW_BITS,
		[TWC__HTTP_ENCODE_RAW] = -WINDOW_BITS,
	};
	struct twc__http_encoder *e = twc_try_malloc(sizeof(*e));

	TWC_ASSERT(level >= 1 && level <= 9);
	if (!e)
		goto no_memory;
	*e = (struct twc__http_encoder){ .out = out, .arg = arg, .head.os = GZIP_OS_UNKNOWN };
	e->z.zalloc = encode_alloc;
	e->z.zfree = encode_free;
	if (deflateInit2(&e->z, level, Z_DEFLATED, bits[kind], MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		goto no_memory;
	if (kind == TWC__HTTP_ENCODE_GZIP)
		deflateSetHeader(&e->z, &e->head);
	return e;
no_memory:
	twc_free(e);
	twc_err_set(err, TWC_ENOMEM, "out of memory");
	return NULL;
}

void twc__http_encoder_free(struct twc__http_encoder *e)
{
	if (!e)
		return;
	deflateEnd(&e->z);
	twc_free(e);
}

/* What was given is taken whole; as long as the scratch comes back full there is more. */
static int encode_run(struct twc__http_encoder *e, int flush, struct twc_err *err)
{
	size_t n;
	int did, rc = 0;

	do {
		e->z.next_out = e->scratch;
		e->z.avail_out = SCRATCH;
		did = deflate(&e->z, flush);
		TWC_ASSERT(did != Z_STREAM_ERROR);
		n = SCRATCH - e->z.avail_out;
		if (n > 0)
			rc = e->out(e->arg, e->scratch, n, err);
	} while (rc == 0 && n == SCRATCH);
	return rc;
}

int twc__http_encoder_write(struct twc__http_encoder *e, const void *p, size_t n, bool flush, struct twc_err *err)
{
	const uint8_t *at = p;
	int rc = 0;

	for (size_t k; n > 0 && rc == 0; at += k, n -= k) {
		k = n < ZLIB_IN_MAX ? n : ZLIB_IN_MAX;
		e->z.next_in = (const Bytef *)at;
		e->z.avail_in = (uInt)k;
		rc = encode_run(e, Z_NO_FLUSH, err);
	}
	if (rc == 0 && flush)
		rc = encode_run(e, Z_SYNC_FLUSH, err);
	return rc;
}

int twc__http_encoder_end(struct twc__http_encoder *e, struct twc_err *err)
{
	e->z.avail_in = 0;
	return encode_run(e, Z_FINISH, err);
}
