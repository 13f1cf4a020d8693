/* SPDX-License-Identifier: MIT */
/* The codec before TLS, run over what a server says: everything it sends, how much it takes, and how it ends. */
#ifndef TESTS_PROTOCOL_STARTTLS_H
#define TESTS_PROTOCOL_STARTTLS_H

#include "protocol/starttls_int.h"
#include "support/chunk.h"

#include <string.h>

struct starttls_run {
	struct twc__starttls codec;
	char out[4096]; /* all that was sent */
	size_t n_out, used;
	int code; /* 0, TWC__STARTTLS_READY, negative */
	struct twc_err err;
};

static inline void starttls_sent(struct starttls_run *r)
{
	size_t n = twc_buf_len(&r->codec.out);

	TWC_ASSERT(r->n_out + n <= sizeof(r->out));
	if (n)
		memcpy(r->out + r->n_out, twc_buf_head(&r->codec.out), n);
	r->n_out += n;
	twc_buf_consume(&r->codec.out, n);
}

static inline bool starttls_feed(void *arg, const uint8_t *data, size_t n)
{
	struct starttls_run *r = arg;
	size_t at = 0, used;

	while (at < n && r->code == 0) {
		r->code = twc__starttls_feed(&r->codec, data + at, n - at, &used, &r->err);
		TWC_ASSERT(used <= n - at && (used > 0 || r->code < 0));
		TWC_ASSERT((r->code < 0) == (r->err.code != 0));
		at += used;
		r->used += used;
		starttls_sent(r);
	}
	return r->code == 0;
}

/* To be undone with twc__starttls_fini. */
static inline void starttls_run(struct starttls_run *r, enum twc__starttls_kind kind, enum chunk_mode mode, uint32_t seed,
				const void *in, size_t n)
{
	*r = (struct starttls_run){ 0 };
	TWC_ASSERT(twc__starttls_init(&r->codec, kind, "one.test", &r->err) == 0);
	starttls_sent(r);
	if (n)
		chunk_feed(mode, seed, in, n, starttls_feed, r);
}

#endif
