/* SPDX-License-Identifier: MIT */
/*
 * zstd (RFC 8878) taken apart: one frame or several, windows of 8 MiB at most (RFC 9659), no dictionaries.
 * The first bytes of each frame are looked at here: the library may know formats from before the RFC, and
 * these are not for a peer to choose.
 */
#include "protocol/http/coding_stage.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/banned.h"

#define WINDOW_LOG_MAX 23
#define MAGIC_LEN 4

struct zstd_state {
	ZSTD_DStream *stream; /* owned */
	uint8_t magic[MAGIC_LEN];
	size_t magic_len; /* 0: between frames; MAGIC_LEN: inside of one */
	bool is_full;	      /* the room for what it decodes to was used up, there may be more */
};

static void *zstd_open(void)
{
	struct zstd_state *s = twc_calloc(1, sizeof(*s));

	s->stream = ZSTD_createDStream();
	if (s->stream && !ZSTD_isError(ZSTD_DCtx_setParameter(s->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return s;
	ZSTD_freeDStream(s->stream);
	twc_free(s);
	return NULL;
}

static void zstd_close(void *state)
{
	struct zstd_state *s = state;

	ZSTD_freeDStream(s->stream);
	twc_free(s);
}

static int zstd_fault(size_t rc, struct twc_err *err)
{
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_memory_allocation:
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	case ZSTD_error_frameParameter_windowTooLarge:
		return twc_err_set(err, TWC_EPROTO, "the zstd body wants a window above 8 MiB");
	default:
		return twc_err_set(err, TWC_EPROTO, "the body is no valid zstd: %s", ZSTD_getErrorName(rc));
	}
}

/* Of a frame, or of one that is to be skipped. */
static bool is_magic(const uint8_t *p, size_t n)
{
	static const uint8_t frame[MAGIC_LEN] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const uint8_t skippable[MAGIC_LEN] = { 0x50, 0x2a, 0x4d, 0x18 };

	if (memcmp(p, frame, n) == 0)
		return true;
	return (p[0] & 0xf0) == skippable[0] && memcmp(p + 1, skippable + 1, n - 1) == 0;
}

static int zstd_decode(struct zstd_state *s, ZSTD_inBuffer *in, ZSTD_outBuffer *out, struct twc_err *err)
{
	size_t rc = ZSTD_decompressStream(s->stream, out, in);

	if (ZSTD_isError(rc))
		return zstd_fault(rc, err);
	if (rc == 0)
		s->magic_len = 0;
	s->is_full = rc != 0 && out->pos == out->size;
	return 0;
}

/* The first bytes of a frame; the library holds them until it has its head. */
static int zstd_magic(struct zstd_state *s, struct twc_str *in, ZSTD_outBuffer *out, struct twc_err *err)
{
	ZSTD_inBuffer magic = { s->magic, MAGIC_LEN, 0 };

	while (s->magic_len < MAGIC_LEN && in->n > 0) {
		s->magic[s->magic_len++] = (uint8_t)*in->p++;
		in->n--;
		if (!is_magic(s->magic, s->magic_len))
			return twc_err_set(err, TWC_EPROTO, "the body is no valid zstd: no frame begins like that");
	}
	return s->magic_len == MAGIC_LEN ? zstd_decode(s, &magic, out, err) : 0;
}

static int zstd_step(void *state, struct twc_str *in, uint8_t *out, size_t cap, size_t *got, struct twc_err *err)
{
	struct zstd_state *s = state;
	ZSTD_outBuffer to = { out, cap, 0 };
	ZSTD_inBuffer from;
	int rc = 0;

	*got = 0;
	if (s->magic_len < MAGIC_LEN)
		rc = zstd_magic(s, in, &to, err);
	/* It counts calls that lead nowhere, and takes them for a fault. */
	if (rc || s->magic_len < MAGIC_LEN || (in->n == 0 && !s->is_full))
		return rc;
	from = (ZSTD_inBuffer){ in->p, in->n, 0 };
	rc = zstd_decode(s, &from, &to, err);
	in->p += from.pos;
	in->n -= from.pos;
	*got = to.pos;
	return rc;
}

static bool zstd_is_whole(const void *state)
{
	const struct zstd_state *s = state;

	return s->magic_len == 0;
}

const struct twc__http_stage_ops twc__http_stage_zstd = {
	.open = zstd_open, .close = zstd_close, .step = zstd_step, .is_whole = zstd_is_whole,
};

const char *twc__http_zstd_version(void)
{
	return ZSTD_versionString();
}
