/* SPDX-License-Identifier: MIT */
/* The part of a transport in a rate that is kept together, for one direction. Not installed. */
#ifndef TWC_RATE_H
#define TWC_RATE_H

#include "base/list.h"

#include <twc/transport.h>

struct twc__rate_share {
	struct twc_rate_total *total; /* borrowed; NULL: none */
	struct twc__list node;	      /* in line */
	uint64_t credit;	      /* granted, and paid for */
	unsigned index;		      /* 0: read, 1: write */
	void (*go)(struct twc__rate_share *s); /* its turn has come */
};
void twc__rate_share_start(struct twc__rate_share *s, struct twc_rate_total *total, unsigned index,
			   void (*go)(struct twc__rate_share *s));
/* How much of `n` may go now; 0: go() will say when. `is_whole`: all of it or nothing. */
size_t twc__rate_share_room(struct twc__rate_share *s, size_t n, bool is_whole);
void twc__rate_share_spend(struct twc__rate_share *s, size_t n);
void twc__rate_share_stop(struct twc__rate_share *s); /* zeroed is fine */

#endif
