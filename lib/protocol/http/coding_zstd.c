/* SPDX-License-Identifier: MIT */
/* zstd (RFC 8878) taken apart: one frame or several, windows of 8 MiB at most (RFC 9659), no dictionaries. */
#include "protocol/http/coding_stage.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/banned.h"

#define WINDOW_LOG_MAX 23

struct zstd_state {
	ZSTD_DStream *stream; /* owned */
	bool is_inside;	      /* a frame was begun */
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

static int zstd_step(void *state, struct twc_str *in, uint8_t *out, size_t cap, size_t *got, struct twc_err *err)
{
	struct zstd_state *s = state;
	ZSTD_inBuffer from = { in->p, in->n, 0 };
	ZSTD_outBuffer to = { out, cap, 0 };
	size_t rc;

	*got = 0;
	if (in->n == 0 && !s->is_full) /* it counts calls that lead nowhere, and takes them for a fault */
		return 0;
	rc = ZSTD_decompressStream(s->stream, &to, &from);
	in->p += from.pos;
	in->n -= from.pos;
	*got = to.pos;
	if (ZSTD_isError(rc))
		return zstd_fault(rc, err);
	s->is_inside = rc != 0;
	s->is_full = s->is_inside && to.pos == to.size;
	return 0;
}

static bool zstd_is_whole(const void *state)
{
	const struct zstd_state *s = state;

	return !s->is_inside;
}

const struct twc__http_stage_ops twc__http_stage_zstd = {
	.open = zstd_open, .close = zstd_close, .step = zstd_step, .is_whole = zstd_is_whole,
};
