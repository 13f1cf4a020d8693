/* SPDX-License-Identifier: MIT */
/* A tunnel's codec, run over what a proxy says: everything it sends, how much it takes, and how it ends. */
#ifndef TESTS_PROTOCOL_TUNNEL_H
#define TESTS_PROTOCOL_TUNNEL_H

#include "protocol/tunnel_int.h"
#include "support/chunk.h"

#include <string.h>

struct tunnel_run {
	struct twc__tunnel tunnel;
	char out[8192]; /* all that was sent */
	size_t n_out, used;
	int code; /* 0, TWC__TUNNEL_OPEN, negative */
	struct twc_err err;
};

static inline void tunnel_sent(struct tunnel_run *r)
{
	size_t n = twc_buf_len(&r->tunnel.out);

	TWC_ASSERT(r->n_out + n <= sizeof(r->out));
	if (n)
		memcpy(r->out + r->n_out, twc_buf_head(&r->tunnel.out), n);
	r->n_out += n;
	twc_buf_consume(&r->tunnel.out, n);
}

static inline bool tunnel_feed(void *arg, const uint8_t *data, size_t n)
{
	struct tunnel_run *r = arg;
	size_t at = 0, used;

	while (at < n && r->code == 0) {
		r->code = twc__tunnel_feed(&r->tunnel, data + at, n - at, &used, &r->err);
		TWC_ASSERT(used <= n - at && (used > 0 || r->code < 0));
		TWC_ASSERT((r->code < 0) == (r->err.code != 0));
		at += used;
		r->used += used;
		tunnel_sent(r);
	}
	return r->code == 0;
}

/* To be undone with twc__tunnel_fini. */
static inline void tunnel_run(struct tunnel_run *r, const struct twc__tunnel_ask *ask, enum chunk_mode mode,
			      uint32_t seed, const void *in, size_t n)
{
	*r = (struct tunnel_run){ 0 };
	TWC_ASSERT(twc__tunnel_check(ask, &r->err) == 0);
	TWC_ASSERT(twc__tunnel_init(&r->tunnel, ask, &r->err) == 0);
	tunnel_sent(r);
	if (n)
		chunk_feed(mode, seed, in, n, tunnel_feed, r);
}

#endif
