/* SPDX-License-Identifier: MIT */
/*
 * What the load generators share: a histogram of latencies, and the window in which they are counted, with the processor
 * time of the server at its two ends. One of each a program.
 */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include "bench.h"

/* ---- latencies: a histogram of 32 steps a doubling ---- */

static uint32_t steps[64 * 64];
static uint64_t latencies;

BENCH_UNUSED static void latency_add(uint64_t ns)
{
	unsigned log = ns < 64 ? 0 : 63u - (unsigned)__builtin_clzll(ns) - 5;

	steps[log * 64 + (ns >> log) % 64]++;
	latencies++;
}

BENCH_UNUSED static double latency_us(double share)
{
	uint64_t want = (uint64_t)((double)latencies * share), seen = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		seen += steps[i];
		if (seen > want)
			return (double)((uint64_t)(i % 64) << i / 64) / 1000;
	}
	return 0;
}

/* ---- the measured window ---- */

struct window {
	const struct pids *server;
	uint64_t begins, ends; /* ns */
	bool is_open;
	struct cost from, to;
	uint64_t done, errors;
};

BENCH_UNUSED static struct window window_start(const struct pids *server, double warm_up, double seconds)
{
	uint64_t now = now_ns();

	return (struct window){
		.server = server,
		.begins = now + (uint64_t)(warm_up * 1e9),
		.ends = now + (uint64_t)((warm_up + seconds) * 1e9),
	};
}

/* False once the time is over. Called between batches, so that reading the costs is outside of them. */
BENCH_UNUSED static bool window_goes_on(struct window *w)
{
	uint64_t now = now_ns();

	if (!w->is_open && now >= w->begins) {
		w->is_open = true;
		w->done = 0;
		memset(steps, 0, sizeof(steps));
		latencies = 0;
		w->from = cost_now(w->server);
		w->ends += w->from.at - w->begins;
	}
	if (now < w->ends)
		return true;
	w->to = cost_now(w->server);
	return false;
}

BENCH_UNUSED static void window_print(const struct window *w, const char *mode, unsigned connections)
{
	printf("{\"mode\":\"%s\",\"connections\":%u,\"done\":%llu,\"errors\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,",
	       mode, connections, (unsigned long long)w->done, (unsigned long long)w->errors,
	       latency_us(0.5), latency_us(0.99));
	cost_print(&w->from, &w->to);
	printf("}\n");
}

#endif
