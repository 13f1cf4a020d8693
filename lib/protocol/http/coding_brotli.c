/* SPDX-License-Identifier: MIT */
/* br (RFC 7932) taken apart. Windows are those of the RFC, 16 MiB at most: the large ones of the format's
 * extension stay off. */
#include "protocol/http/coding_stage.h"

#include <brotli/decode.h>

#include "base/banned.h"

struct brotli_state {
	BrotliDecoderState *decoder; /* owned */
	bool is_over;
};

static void *brotli_alloc(void *opaque, size_t n)
{
	(void)opaque;
	return twc_try_malloc(n);
}

static void brotli_free(void *opaque, void *p)
{
	(void)opaque;
	twc_free(p);
}

static void *brotli_open(void)
{
	struct brotli_state *s = twc_calloc(1, sizeof(*s));

	s->decoder = BrotliDecoderCreateInstance(brotli_alloc, brotli_free, NULL);
	if (s->decoder)
		return s;
	twc_free(s);
	return NULL;
}

static void brotli_close(void *state)
{
	struct brotli_state *s = state;

	BrotliDecoderDestroyInstance(s->decoder);
	twc_free(s);
}

static int brotli_fault(const struct brotli_state *s, struct twc_err *err)
{
	BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(s->decoder);

	/* Those of allocation lie together at the end of the list. */
	if (code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES)
		return twc_err_set(err, TWC_ENOMEM, "out of memory");
	return twc_err_set(err, TWC_EPROTO, "the body is no valid br: %s", BrotliDecoderErrorString(code));
}

static int brotli_step(void *state, struct twc_str *in, uint8_t *out, size_t cap, size_t *got, struct twc_err *err)
{
	struct brotli_state *s = state;
	const uint8_t *next_in = (const uint8_t *)in->p;
	size_t room = cap, left = in->n;
	BrotliDecoderResult rc;

	*got = 0;
	if (s->is_over && in->n > 0)
		return twc_err_set(err, TWC_EPROTO, "the body is no valid br: there is more behind its end");
	if (s->is_over)
		return 0;
	rc = BrotliDecoderDecompressStream(s->decoder, &left, &next_in, &room, &out, NULL);
	in->p += in->n - left;
	in->n = left;
	*got = cap - room;
	if (rc == BROTLI_DECODER_RESULT_ERROR)
		return brotli_fault(s, err);
	s->is_over = rc == BROTLI_DECODER_RESULT_SUCCESS;
	return 0;
}

static bool brotli_is_whole(const void *state)
{
	const struct brotli_state *s = state;

	return s->is_over;
}

const struct twc__http_stage_ops twc__http_stage_brotli = {
	.open = brotli_open, .close = brotli_close, .step = brotli_step, .is_whole = brotli_is_whole,
};

uint32_t twc__http_brotli_version(void)
{
	return BrotliDecoderVersion();
}
