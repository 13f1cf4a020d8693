/* SPDX-License-Identifier: MIT */
/*
 * PROXY headers: what is taken is no longer than what was given, a shorter piece of it needs more, and an address that was
 * understood comes back from what is made of it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/haproxy_int.h"

static void round_trip(const struct twc__haproxy *h, unsigned version)
{
	uint8_t out[TWC__HAPROXY_OUT_MAX];
	size_t n = twc__haproxy_make(version, &h->client, &h->server, out);
	struct twc__haproxy again;

	if (n > sizeof(out) || twc__haproxy_parse(&again, out, n, NULL) != (int)n)
		abort();
	if (h->client.kind == TWC_ADDR_TCP && !twc_addr_eq(&h->client, &again.client))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct twc__haproxy h, part;
	struct twc_err err = { 0 };
	int rc = twc__haproxy_parse(&h, data, n, &err);

	if ((rc < 0) != (err.code != 0) || rc > (int)n || (rc == 0 && n >= TWC__HAPROXY_V2_MAX))
		abort();
	if (rc <= 0)
		return 0;
	for (int i = 0; i < rc; i += 1 + i / 8)
		if (twc__haproxy_parse(&part, data, (size_t)i, NULL) != 0)
			abort();
	if (h.is_known) {
		round_trip(&h, 1);
		round_trip(&h, 2);
	}
	return 0;
}
