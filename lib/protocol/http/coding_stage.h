/* SPDX-License-Identifier: MIT */
/* One decoder of a chain, as coding.c drives it: bytes in, bytes out, no callbacks. */
#ifndef TWC_PROTOCOL_HTTP_CODING_STAGE_H
#define TWC_PROTOCOL_HTTP_CODING_STAGE_H

#include <twc/base.h>
#include <twc/err.h>

struct twc__http_stage_ops {
	void *(*open)(void); /* NULL: no memory */
	void (*close)(void *state);
	/*
	 * Takes bytes off *in, which may be empty, and writes *got <= cap to out; both may be less than
	 * possible, but not both nothing where there is something to do. 0, TWC_EPROTO or TWC_ENOMEM; *got
	 * counts also then.
	 */
	int (*step)(void *state, struct twc_str *in, uint8_t *out, size_t cap, size_t *got, struct twc_err *err);
	/* Whether what came is whole. */
	bool (*is_whole)(const void *state);
};

extern const struct twc__http_stage_ops twc__http_stage_gzip;
extern const struct twc__http_stage_ops twc__http_stage_deflate;
extern const struct twc__http_stage_ops twc__http_stage_brotli;
extern const struct twc__http_stage_ops twc__http_stage_zstd;

/* As linked at run time; brotli's is major << 24 | minor << 12 | patch. */
const char *twc__http_zlib_version(void);
uint32_t twc__http_brotli_version(void);
const char *twc__http_zstd_version(void);

#endif
