/* SPDX-License-Identifier: MIT */
/* How long to wait before the next attempt. Pure: the random number is the caller's. */
#include <twc/app.h>
#include <twc/parse.h>

#include "base/banned.h"

const struct twc_backoff twc_backoff_wait = {
	.first_ns = 50 * TWC_NS_PER_MS,
	.max_ns = TWC_NS_PER_S,
};

const struct twc_backoff twc_backoff_again = {
	.first_ns = 1500 * TWC_NS_PER_MS,
	.max_ns = 60 * TWC_NS_PER_S,
	.percent = 150,
	.add_ns = TWC_NS_PER_S,
};

/* `whole` times random/2^32, without overflow for anything that is a duration. */
static uint64_t share(uint64_t whole, uint32_t random)
{
	return (whole >> 32) * random + (((whole & UINT32_MAX) * random) >> 32);
}

uint64_t twc_backoff_delay(const struct twc_backoff *b, unsigned n, uint32_t random)
{
	unsigned percent = b->percent ? b->percent : 200;
	uint64_t max = b->max_ns, d = b->first_ns;

	TWC_ASSERT(n >= 1);
	for (unsigned i = 1; i < n && d < max; i++) {
		uint64_t next = d / 100 * percent + d % 100 * percent / 100;

		if (next <= d)
			break; /* does not grow */
		d = next < max ? next : max;
	}
	if (b->spread)
		d = d / 2 + share(d - d / 2, random);
	return d + share(b->add_ns, random);
}
