/* SPDX-License-Identifier: MIT */
/* What a load came to, for people: counts, a table of times, and how the latencies are distributed, as bars. */
#include "http_bench.h"
#include "live.h"
#include <stdio.h>
#include <twc/parse.h>

#define ROWS_MAX 20
#define TIME_LEN 16
#define BAR_MIN 10

#define put(b, ...) ((void)!twc_buf_addf(b, __VA_ARGS__))

const char *http_bench_time(char *buf, size_t cap, double ns)
{
	static const struct {
		double unit;
		const char *name;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };

	for (size_t i = 0; i < TWC_ARRAY_LEN(units); i++) {
		double v = ns / units[i].unit;

		if (v < 0.9995)
			continue;
		snprintf(buf, cap, "%.*f%s", v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, units[i].name);
		return buf;
	}
	snprintf(buf, cap, "%.0fns", ns);
	return buf;
}

/* ---- counts ---- */

static void put_counts(struct twc_buf *b, const struct twc_http_bench_summary *s)
{
	double seconds = (double)s->elapsed_ns / (double)TWC_NS_PER_S;
	char in[16], per[16];

	put(b, "%llu requests in %.2fs, %.1f a second; %s received, %s/s\n", (unsigned long long)s->requests, seconds, s->rate,
	    live_amount(in, sizeof(in), s->bytes_in),
	    live_amount(per, sizeof(per), seconds > 0 ? (uint64_t)((double)s->bytes_in / seconds) : 0));
}

static void put_statuses(struct twc_buf *b, const struct twc_http_bench_summary *s)
{
	bool has_any = false;

	for (unsigned i = 0; i < TWC_ARRAY_LEN(s->status); i++) {
		if (!s->status[i])
			continue;
		put(b, "%s%u: %llu", has_any ? ", " : "status ", i, (unsigned long long)s->status[i]);
		has_any = true;
	}
	put(b, "%s%llu connection%s\n", has_any ? "; " : "", (unsigned long long)s->connections, s->connections == 1 ? "" : "s");
}

static void put_failures(struct twc_buf *b, const struct twc_http_bench_summary *s)
{
	if (s->errors)
		put(b, "%llu failed (%.2f%%)\n", (unsigned long long)s->errors,
		    s->requests ? (double)s->errors * 100 / (double)s->requests : 100);
	for (unsigned i = 0; i < TWC_HTTP_BENCH_FAILURES; i++)
		if (s->failure[i])
			put(b, "  %-9s %8llu  %s\n", twc_http_bench_failure_name((enum twc_http_bench_failure)i),
			    (unsigned long long)s->failure[i], s->failure_text[i] ? s->failure_text[i] : "");
	if (s->unsent)
		put(b, "%llu more were due, but no connection was free for them: -c has more\n", (unsigned long long)s->unsent);
}

/* ---- times ---- */

static void put_time(struct twc_buf *b, const struct twc_http_bench *bench, enum twc_http_bench_time t)
{
	struct twc_http_bench_spread s;
	char text[TIME_LEN];

	twc_http_bench_spread(bench, t, &s);
	if (s.n == 0)
		return;
	put(b, "%-11s %7s", twc_http_bench_time_name(t), http_bench_time(text, sizeof(text), s.mean));
	put(b, " %7s", http_bench_time(text, sizeof(text), s.deviation));
	for (unsigned i = 0; i < TWC_HTTP_BENCH_PARTS; i++)
		put(b, " %7s", http_bench_time(text, sizeof(text), (double)twc_http_bench_percentile(bench, t, twc_http_bench_part[i])));
	put(b, " %7s\n", http_bench_time(text, sizeof(text), (double)s.max));
}

static void put_times(struct twc_buf *b, const struct twc_http_bench *bench, bool is_open)
{
	put(b, "\n%-11s %7s %7s", "", "mean", "sd");
	for (unsigned i = 0; i < TWC_HTTP_BENCH_PARTS; i++)
		put(b, " %6s%%", twc_http_bench_part_name[i]);
	put(b, " %7s\n", "max");
	for (unsigned t = 0; t < TWC_HTTP_BENCH_TIMES; t++)
		if (is_open || t != TWC_HTTP_BENCH_UNCORRECTED)
			put_time(b, bench, (enum twc_http_bench_time)t);
}

/* ---- bars ---- */

/* The next bound behind `ns`, round in decimal: in tenths of a decade, or 1 2 5 when `is_coarse`. */
static uint64_t next_bound(uint64_t ns, bool is_coarse)
{
	static const unsigned fine[] = { 100, 120, 150, 200, 250, 300, 400, 500, 600, 800, 1000 };
	static const unsigned coarse[] = { 100, 200, 500, 1000 };
	const unsigned *step = is_coarse ? coarse : fine;
	size_t n = is_coarse ? TWC_ARRAY_LEN(coarse) : TWC_ARRAY_LEN(fine);
	uint64_t decade = 1;

	while (decade * 1000 <= ns)
		decade *= 10;
	for (size_t i = 0; i < n; i++)
		if (step[i] * decade > ns)
			return step[i] * decade;
	return 2000 * decade;
}

struct bars {
	unsigned n;
	uint64_t bound[ROWS_MAX], count[ROWS_MAX];
	uint64_t most;
};

static void bar_add(struct bars *a, uint64_t bound, uint64_t count)
{
	a->bound[a->n] = bound;
	a->count[a->n++] = count;
	a->most = count > a->most ? count : a->most;
}

/* A row for each bound, until all but one of a thousand are told; the last one is what is left. False: that is too many. */
static bool bars_make(struct bars *a, const struct twc_http_bench *b, const struct twc_http_bench_spread *s, bool is_coarse)
{
	uint64_t before = 0, up_to, bound = s->min;

	*a = (struct bars){ 0 };
	while (s->n - before > s->n / 1000) {
		if (a->n == ROWS_MAX - 1)
			return false;
		bound = next_bound(bound, is_coarse);
		up_to = bound >= s->max ? s->n : twc_http_bench_up_to(b, TWC_HTTP_BENCH_LATENCY, bound);
		if (up_to == s->n)
			bound = s->max;
		if (up_to > 0)
			bar_add(a, bound, up_to - before);
		before = up_to;
	}
	if (before < s->n)
		bar_add(a, s->max, s->n - before);
	return true;
}

/* Eighths of a column where the terminal has them. */
static void put_bar(struct twc_buf *b, double part, unsigned width, bool is_utf8)
{
	static const char *const rest[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned eighths = (unsigned)(part * width * 8 + 0.5);

	if (eighths == 0 && part > 0)
		eighths = 1;
	for (unsigned i = 0; i < eighths / 8; i++)
		put(b, "%s", is_utf8 ? "█" : "#");
	if (is_utf8)
		put(b, "%s", rest[eighths % 8]);
	else if (eighths % 8 >= 4 || eighths < 8)
		put(b, "%s", eighths > 0 ? "#" : "");
}

static void put_bars(struct twc_buf *b, const struct twc_http_bench *bench, unsigned width, bool is_utf8)
{
	struct twc_http_bench_spread s;
	struct bars a;
	char text[TIME_LEN];
	unsigned room = width > 30 + BAR_MIN ? width - 30 : BAR_MIN;

	twc_http_bench_spread(bench, TWC_HTTP_BENCH_LATENCY, &s);
	if (s.n == 0 || (!bars_make(&a, bench, &s, false) && !bars_make(&a, bench, &s, true)))
		return;
	put(b, "\nlatency up to\n");
	for (unsigned i = 0; i < a.n; i++) {
		put(b, "%9s %9llu %6.2f%% ", http_bench_time(text, sizeof(text), (double)a.bound[i]), (unsigned long long)a.count[i],
		    (double)a.count[i] * 100 / (double)s.n);
		put_bar(b, (double)a.count[i] / (double)a.most, room, is_utf8);
		put(b, "\n");
	}
}

void http_bench_text(struct twc_buf *b, const struct twc_http_bench *bench, const struct http_bench_params *p, unsigned width,
		     bool is_utf8)
{
	struct twc_http_bench_summary s;

	twc_http_bench_sum(bench, &s);
	put_counts(b, &s);
	put_statuses(b, &s);
	put_failures(b, &s);
	if (s.connections > 0)
		put_times(b, bench, p->rate > 0);
	put_bars(b, bench, width, is_utf8);
}
