/* SPDX-License-Identifier: MIT */
/*
 * The two clocks: monotonic nanoseconds from the kernel (through the vDSO, no system call), and the fake one that
 * tests move by hand. A fake clock visits each deadline on its way, so every timer sees its own moment as `now`.
 */
#include "reactor/reactor_priv.h"
#include <time.h>
#include "base/banned.h"

/* A descriptor that stays ready would hold a fake clock for ever. */
#define TURNS_AT_ONE_MOMENT 10000

uint64_t twc_reactor_clock(const struct twc_reactor *r)
{
	struct timespec ts;

	if (r->fake)
		return r->now;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void twc__clock_read(struct twc_reactor *r)
{
	r->now = twc_reactor_clock(r);
}

uint64_t twc_reactor_now(const struct twc_reactor *r)
{
	return r->now;
}

static void settle(struct twc_reactor *r)
{
	int sys = 0, turns = 0;

	while (twc__reactor_turn(r, false, &sys) && ++turns < TURNS_AT_ONE_MOMENT)
		;
}

void twc_reactor_advance(struct twc_reactor *r, uint64_t ns)
{
	TWC_ASSERT(r->fake && !r->in_turn);
	uint64_t target = r->now + ns;

	settle(r);
	while (r->heap_n && r->heap[0].due <= target) {
		if (r->heap[0].due > r->now)
			r->now = r->heap[0].due;
		settle(r);
	}
	r->now = target;
}
