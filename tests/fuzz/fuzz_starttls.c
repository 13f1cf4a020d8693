/* SPDX-License-Identifier: MIT */
/*
 * What a server says before TLS, differential: whole, byte by byte and at random cuts the codec takes as much, sends the
 * same and ends the same way, with the same words.
 *
 * Input: protocol (1 byte), seed of the cuts (1 byte), then the server's bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/protocol/starttls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct starttls_run whole, split;
	enum twc__starttls_kind kind;

	if (n < 2)
		return 0;
	kind = (enum twc__starttls_kind)(data[0] & 7);
	starttls_run(&whole, kind, CHUNK_WHOLE, 0, data + 2, n - 2);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		starttls_run(&split, kind, (enum chunk_mode)mode, data[1], data + 2, n - 2);
		if (whole.code != split.code || whole.n_out != split.n_out || memcmp(whole.out, split.out, whole.n_out) != 0 ||
		    strcmp(whole.err.text, split.err.text) != 0)
			abort();
		if (whole.code >= 0 && whole.used != split.used)
			abort();
		twc__starttls_fini(&split.codec);
	}
	twc__starttls_fini(&whole.codec);
	return 0;
}
