/* SPDX-License-Identifier: MIT */
/*
 * A log-linear histogram. Values below 128 have a slot each; above, the first seven bits behind the leading one say which of
 * the 128 slots of its power of two a value is in.
 */
#include "base/histogram.h"

#include "base/banned.h"

#define BITS TWC__HISTOGRAM_BITS
#define LINEAR (UINT64_C(1) << BITS)

static unsigned slot_of(uint64_t value)
{
	unsigned shift;

	if (value < LINEAR)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - BITS;
	return ((shift + 1) << BITS) + (unsigned)(value >> shift & (LINEAR - 1));
}

/* What stands for the values of a slot. */
static uint64_t middle_of(unsigned slot)
{
	unsigned shift = slot >> BITS;

	if (shift == 0)
		return slot;
	shift--;
	return ((LINEAR + (slot & (LINEAR - 1))) << shift) + (UINT64_C(1) << shift >> 1);
}

/* a - b, also below 0. */
static double distance(uint64_t a, uint64_t b)
{
	return a >= b ? (double)(a - b) : -(double)(b - a);
}

void twc__histogram_add(struct twc__histogram *h, uint64_t value)
{
	double d;

	if (h->n++ == 0)
		h->origin = h->min = h->max = value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	d = distance(value, h->origin);
	h->sum += d;
	h->square += d * d;
	h->slot[slot_of(value)]++;
}

void twc__histogram_merge(struct twc__histogram *to, const struct twc__histogram *from)
{
	double shift;

	if (from->n == 0)
		return;
	if (to->n == 0) {
		*to = *from;
		return;
	}
	shift = distance(from->origin, to->origin);
	to->square += from->square + 2 * shift * from->sum + (double)from->n * shift * shift;
	to->sum += from->sum + (double)from->n * shift;
	to->n += from->n;
	to->min = from->min < to->min ? from->min : to->min;
	to->max = from->max > to->max ? from->max : to->max;
	for (unsigned i = 0; i < TWC__HISTOGRAM_SLOTS; i++)
		to->slot[i] += from->slot[i];
}

double twc__histogram_mean(const struct twc__histogram *h)
{
	return h->n ? (double)h->origin + h->sum / (double)h->n : 0;
}

/* Newton's, from above: as exact as it gets, and nothing of it is in a hurry. */
static double square_root(double x)
{
	double root = x > 1 ? x : 1;

	for (double next = (root + x / root) / 2; next < root; next = (root + x / root) / 2)
		root = next;
	return root;
}

double twc__histogram_deviation(const struct twc__histogram *h)
{
	double n = (double)h->n, square;

	if (h->n == 0)
		return 0;
	square = (h->square - h->sum * h->sum / n) / n;
	return square > 0 ? square_root(square) : 0;
}

/* The rank, from 1, of a part of n values. */
static uint64_t rank_of(uint64_t n, uint32_t ppm)
{
	uint64_t whole = n / TWC__HISTOGRAM_ALL * ppm, rest = n % TWC__HISTOGRAM_ALL * ppm;
	uint64_t rank = whole + (rest + TWC__HISTOGRAM_ALL - 1) / TWC__HISTOGRAM_ALL;

	return rank ? rank : 1;
}

uint64_t twc__histogram_percentile(const struct twc__histogram *h, uint32_t ppm)
{
	uint64_t rank = rank_of(h->n, ppm), seen = 0, value;
	unsigned i = 0;

	if (h->n == 0)
		return 0;
	if (rank >= h->n)
		return h->max;
	for (; i < TWC__HISTOGRAM_SLOTS - 1; i++) {
		seen += h->slot[i];
		if (seen >= rank)
			break;
	}
	value = middle_of(i);
	return value < h->min ? h->min : value > h->max ? h->max : value;
}

uint64_t twc__histogram_up_to(const struct twc__histogram *h, uint64_t value)
{
	unsigned last = slot_of(value);
	uint64_t n = 0;

	if (value >= h->max)
		return h->n;
	for (unsigned i = 0; i <= last; i++)
		n += h->slot[i];
	return n;
}
