/* SPDX-License-Identifier: MIT */
/*
 * What a proxy answers, SOCKS and CONNECT, differential: whole, byte by byte and at random cuts it takes as much, sends
 * the same and ends the same way, with the same words.
 *
 * Input: kind and login (1 byte), seed of the cuts (1 byte), then the answers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/protocol/tunnel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct twc__tunnel_ask ask = { .port = 80, .host = "h" };
	struct tunnel_run whole, split;
	struct twc_err a = { 0 }, b = { 0 };

	if (n < 2)
		return 0;
	ask.kind = (enum twc__tunnel_kind)(data[0] & 3);
	if (ask.kind == TWC__TUNNEL_SOCKS4 && twc_addr_parse_ip(&ask.addr, TWC_ADDR_TCP, TWC_STR("127.0.0.1"), 0, NULL))
		abort();
	if (data[0] & 4)
		ask.user = "u";
	tunnel_run(&whole, &ask, CHUNK_WHOLE, 0, data + 2, n - 2);
	for (int mode = CHUNK_BYTES; mode < CHUNK_MODES; mode++) {
		tunnel_run(&split, &ask, (enum chunk_mode)mode, data[1], data + 2, n - 2);
		if (whole.code != split.code || whole.used != split.used || whole.n_out != split.n_out ||
		    memcmp(whole.out, split.out, whole.n_out) != 0 || strcmp(whole.err.text, split.err.text) != 0)
			abort();
		if (whole.code == 0 && (whole.used != n - 2 || twc__tunnel_end(&whole.tunnel, &a) >= 0 ||
					twc__tunnel_end(&split.tunnel, &b) >= 0 || strcmp(a.text, b.text) != 0))
			abort();
		twc__tunnel_fini(&split.tunnel);
	}
	twc__tunnel_fini(&whole.tunnel);
	return 0;
}
