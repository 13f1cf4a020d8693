/* SPDX-License-Identifier: MIT */
/*
 * How values are distributed, in fixed memory: log-linear, each power of two in 128 equal slots. A percentile is off by less
 * than 0.4 %; number, least, greatest, mean and deviation are exact. Histograms of several processes are merged by adding. It
 * holds no pointer, so it may lie in shared memory. Zeroed it is empty.
 */
#ifndef TWC_BASE_HISTOGRAM_H
#define TWC_BASE_HISTOGRAM_H

#include <twc/base.h>

#define TWC__HISTOGRAM_BITS 7
#define TWC__HISTOGRAM_SLOTS ((64 - TWC__HISTOGRAM_BITS + 1) << TWC__HISTOGRAM_BITS)
#define TWC__HISTOGRAM_ALL 1000000 /* parts per million */

struct twc__histogram {
	uint64_t n;
	uint64_t min, max; /* 0 without values */
	/* private */
	uint64_t origin;    /* the first value: what follows is counted from it, so that nothing is lost to rounding */
	double sum, square; /* of the distances from it */
	uint64_t slot[TWC__HISTOGRAM_SLOTS];
};

void twc__histogram_add(struct twc__histogram *h, uint64_t value);
void twc__histogram_merge(struct twc__histogram *to, const struct twc__histogram *from);
double twc__histogram_mean(const struct twc__histogram *h);	 /* 0 without values, as all below */
double twc__histogram_deviation(const struct twc__histogram *h); /* of all of them, not of a sample */
/* The least value that `ppm` parts of a million are not above: 500000 is the median, TWC__HISTOGRAM_ALL the greatest. */
uint64_t twc__histogram_percentile(const struct twc__histogram *h, uint32_t ppm);
/* How many are not above `value`; those that lie in its own slot are counted as such. */
uint64_t twc__histogram_up_to(const struct twc__histogram *h, uint64_t value);

#endif
