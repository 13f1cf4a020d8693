/* SPDX-License-Identifier: MIT */
/*
 * The chunked coding: cuts do not change what comes out or where it ends, and what is encoded, in chunks of any size, is
 * decoded to itself. First byte: the cuts, and whether bare LF is taken.
 */
#include <stdlib.h>

#include <twc/buf.h>

#include "protocol/http/chunked.h"
#include "support/chunk.h"

struct decoded {
	struct twc__http_chunked chunked;
	struct twc_buf body;
	struct twc_err err;
	size_t used;
	int rc;
};

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct decoded *d = arg;

	for (d->rc = TWC__HTTP_CHUNK_DATA; d->rc == TWC__HTTP_CHUNK_DATA;) {
		struct twc_str data;
		size_t used = SIZE_MAX;

		d->rc = twc__http_chunked_feed(&d->chunked, p, n, &used, &data, &d->err);
		TWC_ASSERT(used <= n && (d->rc != TWC__HTTP_CHUNK_MORE || used == n));
		TWC_ASSERT((d->rc == TWC__HTTP_CHUNK_DATA) == (data.n > 0));
		TWC_ASSERT(data.n == 0 || ((const uint8_t *)data.p >= p && (const uint8_t *)data.p + data.n == p + used));
		if (twc_buf_add(&d->body, data.p, data.n))
			abort();
		d->used += used;
		p += used;
		n -= used;
	}
	return d->rc == TWC__HTTP_CHUNK_MORE;
}

static void decode(struct decoded *d, enum chunk_mode mode, uint8_t seed, bool lenient, const void *p, size_t n)
{
	*d = (struct decoded){ .chunked = { .lenient = lenient } };
	twc_buf_init(&d->body, SIZE_MAX);
	chunk_feed(mode, seed, p, n, feed, d);
}

static void round_trip(const uint8_t *data, size_t n, uint8_t seed)
{
	struct twc_buf out;
	struct decoded d;
	int rc = 0;

	twc_buf_init(&out, SIZE_MAX);
	for (size_t at = 0, k; at < n; at += k) {
		char head[TWC__HTTP_CHUNK_HEAD_MAX];

		k = 1 + (seed * (at + 1)) % 300;
		k = k < n - at ? k : n - at;
		rc |= twc_buf_add(&out, head, twc__http_chunk_head(head, k)) | twc_buf_add(&out, data + at, k) |
		      twc_buf_add(&out, "\r\n", 2);
	}
	rc |= twc_buf_add(&out, "0\r\n", 3);
	TWC_ASSERT(rc == 0);
	decode(&d, CHUNK_RANDOM, seed, false, twc_buf_head(&out), twc_buf_len(&out));
	TWC_ASSERT(d.rc == TWC__HTTP_CHUNK_LAST && d.used == twc_buf_len(&out));
	TWC_ASSERT(twc_str_eq(twc_buf_str(&d.body), (struct twc_str){ (const char *)data, n }));
	twc_buf_fini(&d.body);
	twc_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct decoded whole, cut;

	if (n < 1)
		return 0;
	decode(&whole, CHUNK_WHOLE, 0, data[0] & 1, data + 1, n - 1);
	decode(&cut, data[0] & 2 ? CHUNK_RANDOM : CHUNK_BYTES, data[0], data[0] & 1, data + 1, n - 1);
	TWC_ASSERT(whole.rc == cut.rc && whole.used == cut.used && strcmp(whole.err.text, cut.err.text) == 0);
	TWC_ASSERT(twc_str_eq(twc_buf_str(&whole.body), twc_buf_str(&cut.body)));
	twc_buf_fini(&whole.body);
	twc_buf_fini(&cut.body);
	round_trip(data + 1, n - 1, data[0]);
	return 0;
}
