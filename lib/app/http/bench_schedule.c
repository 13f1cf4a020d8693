/* SPDX-License-Identifier: MIT */
/* When the requests of the open model are due: fixed beforehand, whatever becomes of those before. Pure. */
#include "app/http/bench_int.h"

#include <twc/parse.h>

#include "base/banned.h"

uint64_t twc__bench_schedule_next(const struct twc__bench_schedule *s)
{
	uint64_t g = s->made * s->n + s->index;

	return s->begin_ns + g / s->rate * TWC_NS_PER_S + g % s->rate * TWC_NS_PER_S / s->rate;
}

uint64_t twc__bench_schedule_waiting(const struct twc__bench_schedule *s, uint64_t until_ns)
{
	uint64_t elapsed, g, due;

	if (s->rate == 0 || until_ns <= s->begin_ns)
		return 0;
	elapsed = until_ns - s->begin_ns - 1; /* who is due at the very moment is not */
	g = elapsed / TWC_NS_PER_S * s->rate + elapsed % TWC_NS_PER_S * s->rate / TWC_NS_PER_S;
	due = g < s->index ? 0 : (g - s->index) / s->n + 1;
	return due > s->made ? due - s->made : 0;
}
