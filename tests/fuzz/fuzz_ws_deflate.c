/* SPDX-License-Identifier: MIT */
/*
 * permessage-deflate: any bytes as messages inflate to no more than the maximum, at any cuts alike; any bytes as messages are
 * deflated to what inflates to them, through one window; any text as an offer is answered with what a client would take.
 *
 * Input: windows and takeover (1 byte), seed of the cuts (1 byte), then the bytes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/ws/codec.h"
#include "protocol/ws/handshake.h"
#include "support/chunk.h"

#define MAX 100000

/* ---- inflating ---- */

struct inflated {
	struct twc__ws_zlib z;
	struct twc_buf out;
	struct twc_err err;
	int code;
};

static bool feed(void *arg, const uint8_t *data, size_t n)
{
	struct inflated *f = arg;

	f->code = twc__ws_inflate(&f->z, data, n, &f->out, &f->err);
	TWC_ASSERT(twc_buf_len(&f->out) <= MAX && f->out.cap <= MAX && f->code == f->err.code);
	return f->code == 0;
}

static void inflate_all(struct inflated *f, uint8_t bits, enum chunk_mode mode, uint8_t seed, const uint8_t *p, size_t n)
{
	*f = (struct inflated){ .z.agreed = { .is_on = true, .bits_in = bits } };
	twc_buf_init(&f->out, MAX);
	chunk_feed(mode, seed, p, n, feed, f);
	if (f->code == 0)
		f->code = twc__ws_inflate_end(&f->z, &f->out, &f->err);
}

static void fini(struct inflated *f)
{
	twc__ws_zlib_fini(&f->z);
	twc_buf_fini(&f->out);
}

/* ---- and back ---- */

static void round_trip(uint8_t bits, bool no_takeover, uint8_t seed, const uint8_t *p, size_t n)
{
	struct twc__ws_zlib out = { .agreed = { .is_on = true, .bits_out = bits, .no_takeover_out = no_takeover } };
	struct twc__ws_zlib in = { .agreed = { .is_on = true, .bits_in = bits, .no_takeover_in = no_takeover } };
	struct twc_buf packed, again;

	twc_buf_init(&packed, SIZE_MAX);
	twc_buf_init(&again, MAX);
	for (size_t k; n > 0; p += k, n -= k) {
		struct iovec iov[2];

		k = 1 + (size_t)seed * 7 % n;
		iov[0] = (struct iovec){ (void *)(uintptr_t)p, k / 3 };
		iov[1] = (struct iovec){ (void *)(uintptr_t)(p + k / 3), k - k / 3 };
		TWC_ASSERT(twc__ws_deflate(&out, iov, 2, &packed, NULL) == 0);
		TWC_ASSERT(twc__ws_inflate(&in, (const uint8_t *)twc_buf_head(&packed), twc_buf_len(&packed), &again, NULL) == 0);
		TWC_ASSERT(twc__ws_inflate_end(&in, &again, NULL) == 0);
		TWC_ASSERT(twc_str_eq(twc_buf_str(&again), (struct twc_str){ (const char *)p, k }));
		twc_buf_clear(&packed);
		twc_buf_clear(&again);
	}
	twc__ws_zlib_fini(&out);
	twc__ws_zlib_fini(&in);
	twc_buf_fini(&packed);
	twc_buf_fini(&again);
}

/* ---- offers ---- */

static void offer(const uint8_t *p, size_t n)
{
	struct twc_http_fields f = { 0 };
	struct twc_ws_deflate chosen, agreed;
	char value[TWC__WS_EXTENSION_MAX];

	if (twc_http_fields_add(&f, TWC_STR("Sec-WebSocket-Extensions"), (struct twc_str){ (const char *)p, n }, NULL) == 0) {
		twc__ws_deflate_choose(&f, &chosen, value);
		TWC_ASSERT(chosen.is_on == (value[0] != 0));
		(void)twc__ws_deflate_agreed(&f, true, &agreed, NULL);
		TWC_ASSERT(twc_http_fields_set(&f, TWC_STR("Sec-WebSocket-Extensions"), twc_str_of(value), NULL) == 0);
		TWC_ASSERT(twc__ws_deflate_agreed(&f, true, &agreed, NULL) == 0);
		TWC_ASSERT(agreed.is_on == chosen.is_on && agreed.bits_in == chosen.bits_out && agreed.bits_out == chosen.bits_in &&
			   agreed.no_takeover_in == chosen.no_takeover_out && agreed.no_takeover_out == chosen.no_takeover_in);
	}
	twc_http_fields_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct inflated whole, cut;
	uint8_t bits;

	if (n < 2)
		return 0;
	bits = 9 + data[0] % 7;
	inflate_all(&whole, bits, CHUNK_WHOLE, 0, data + 2, n - 2);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		inflate_all(&cut, bits, (enum chunk_mode)mode, data[1], data + 2, n - 2);
		TWC_ASSERT(cut.code == whole.code && twc_str_eq(twc_buf_str(&cut.out), twc_buf_str(&whole.out)));
		fini(&cut);
	}
	fini(&whole);
	round_trip(bits, data[0] & 128, data[1], data + 2, n - 2);
	offer(data + 2, n - 2);
	return 0;
}
