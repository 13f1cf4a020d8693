/* SPDX-License-Identifier: MIT */
/*
 * Telnet and line ends, differential: whole, byte by byte and at random cuts give the same; what is encoded is decoded to
 * itself; a second pass over line ends changes nothing.
 *
 * Input: seed of the cuts (1 byte), then the stream.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <twc/protocol.h>
#include "support/chunk.h"

struct run {
	struct twc_telnet telnet;
	struct twc_crlf crlf;
	uint8_t *out, *reply; /* owned */
	size_t n, replied;
	int code;
};

static void run_init(struct run *r, size_t n)
{
	*r = (struct run){ .telnet.has_window = n % 2, .out = malloc(2 * n + 4), .reply = malloc(3 * n + 4) };
	if (!r->out || !r->reply)
		abort();
}

static void run_fini(struct run *r)
{
	free(r->out);
	free(r->reply);
}

static bool decode(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	struct twc_err err = { 0 };
	size_t out, reply;

	r->code = twc_telnet_decode(&r->telnet, data, n, r->out + r->n, &out, r->reply + r->replied, &reply, &err);
	if (out > n || reply > n + 2 || r->code != err.code)
		abort();
	r->n += out;
	r->replied += reply;
	return r->code == 0;
}

static bool encode(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	size_t len = twc_telnet_encode(&r->telnet, data, n, r->out + r->n);

	if (len > 2 * n + 1)
		abort();
	r->n += len;
	return true;
}

static bool lines(void *arg, const uint8_t *data, size_t n)
{
	struct run *r = arg;
	size_t len = twc_crlf_encode(&r->crlf, data, n, r->out + r->n);

	if (len > 2 * n)
		abort();
	r->n += len;
	return true;
}

static void same(const struct run *a, const uint8_t *out, size_t n)
{
	if (a->n != n || (n && memcmp(a->out, out, n) != 0))
		abort();
}

static void differential(chunk_fn fn, uint32_t seed, const uint8_t *data, size_t n)
{
	struct run whole, split;

	run_init(&whole, n);
	chunk_feed(CHUNK_WHOLE, 0, data, n, fn, &whole);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		run_init(&split, n);
		chunk_feed((enum chunk_mode)mode, seed, data, n, fn, &split);
		if (whole.code != split.code || whole.replied != split.replied ||
		    memcmp(whole.reply, split.reply, whole.replied) != 0)
			abort();
		same(&split, whole.out, whole.n);
		run_fini(&split);
	}
	run_fini(&whole);
}

static void round_trip(chunk_fn there, chunk_fn back, const uint8_t *data, size_t n, bool to_itself)
{
	struct run a, b;

	run_init(&a, n);
	chunk_feed(CHUNK_WHOLE, 0, data, n, there, &a);
	run_init(&b, a.n);
	chunk_feed(CHUNK_WHOLE, 0, a.out, a.n, back, &b);
	if (to_itself)
		same(&b, data, n);
	else
		same(&b, a.out, a.n);
	run_fini(&a);
	run_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 1)
		return 0;
	differential(decode, data[0], data + 1, n - 1);
	differential(encode, data[0], data + 1, n - 1);
	differential(lines, data[0], data + 1, n - 1);
	round_trip(encode, decode, data + 1, n - 1, true);
	round_trip(lines, lines, data + 1, n - 1, false);
	return 0;
}
