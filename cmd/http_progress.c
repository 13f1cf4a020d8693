/* SPDX-License-Identifier: MIT */
/*
 * Progress of twc http: on a terminal a line on standard error that is written over, and with several transfers at a time a line
 * for each that is over. Nothing of it anywhere else.
 */
#include "http_show.h"
#include "live.h"
#include "status.h"
#include <stdio.h>
#include <twc/parse.h>
#include <unistd.h>

#define TICK_NS (200 * TWC_NS_PER_MS)
#define BAR_LEN 24
#define TEXT_LEN 160
#define DOTS_MAX 50

/* Half of what it was, half of what it is. */
static void measure(struct http_progress *p, uint64_t now)
{
	uint64_t took = now - p->then_ns, rate;

	if (took < TWC_NS_PER_S && p->rate)
		return;
	if (took == 0)
		return;
	rate = (uint64_t)((double)(p->bytes - p->then_bytes) * (double)TWC_NS_PER_S / (double)took);
	p->rate = p->rate ? (p->rate + rate) / 2 : rate;
	p->then_ns = now;
	p->then_bytes = p->bytes;
}

static void format_left(const struct http_progress *p, char *buf, size_t cap)
{
	uint64_t s = p->rate && p->size > p->bytes ? (p->size - p->bytes + p->rate - 1) / p->rate : 0;

	if (s == 0)
		buf[0] = '\0';
	else if (s < 3600)
		snprintf(buf, cap, ", %llu:%02llu left", (unsigned long long)(s / 60), (unsigned long long)(s % 60));
	else
		snprintf(buf, cap, ", %lluh%02llum left", (unsigned long long)(s / 3600),
			 (unsigned long long)(s / 60 % 60));
}

/* "[=====>      ]  45%  4.5M of 10.0M, 1.2M/s, 0:05 left" */
static void format_bar(const struct http_progress *p, char *buf, size_t cap)
{
	char bar[BAR_LEN + 1], a[16], b[16], c[16], left[48];
	double part = (double)p->bytes / (double)p->size;
	int full;

	if (part > 1)
		part = 1;
	full = (int)(part * BAR_LEN);
	for (int i = 0; i < BAR_LEN; i++)
		bar[i] = i < full ? '=' : i == full ? '>' : ' ';
	bar[BAR_LEN] = '\0';
	format_left(p, left, sizeof(left));
	snprintf(buf, cap, "[%s] %3d%%  %s of %s, %s/s%s", bar, (int)(part * 100), live_amount(a, sizeof(a), p->bytes),
		 live_amount(b, sizeof(b), p->size), live_amount(c, sizeof(c), p->rate), left);
}

/* A dot for each time it was asked; when there are too many it begins anew. */
static const char *dots(const struct http_progress *p)
{
	static const char all[] = "..................................................";
	unsigned n = p->asked ? 1 + (p->asked - 1) % DOTS_MAX : 0;

	_Static_assert(sizeof(all) == DOTS_MAX + 1, "as many as there can be");
	return all + DOTS_MAX - n;
}

static void on_tick(struct twc_timer *t, void *arg)
{
	struct http_show *s = arg;
	struct http_progress *p = &s->progress;
	char text[TEXT_LEN], a[16], b[16];

	(void)t;
	measure(p, twc_reactor_now(s->r));
	live_amount(a, sizeof(a), p->bytes);
	live_amount(b, sizeof(b), p->rate);
	if (p->expected > 1)
		snprintf(text, sizeof(text), "%zu of %zu, %zu failed, %s, %s/s%s%s", p->over, p->expected, p->failed, a, b,
			 p->asked ? ", waiting " : "", dots(p));
	else if (p->asked)
		snprintf(text, sizeof(text), "waiting %s", dots(p));
	else if (p->size > 0)
		format_bar(p, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s, %s/s", a, b);
	status_set(text);
}

void http_progress_start(struct http_show *s)
{
	struct http_progress *p = &s->progress;

	if (s->p->silent || !s->p->progress_meter || s->ctx->common.quiet || s->is_verbose || !isatty(STDERR_FILENO))
		return;
	p->is_on = true;
	p->then_ns = twc_reactor_now(s->r);
	twc_timer_every(s->r, &p->timer, TICK_NS, on_tick, s);
}

void http_progress_stop(struct http_show *s)
{
	if (!s->progress.is_on)
		return;
	s->progress.is_on = false;
	twc_timer_stop(s->r, &s->progress.timer);
	status_set(NULL);
}

void http_progress_begin(struct http_show *s, uint64_t size)
{
	s->progress.asked = 0;
	s->progress.size = size == TWC_HTTP_UNKNOWN || s->progress.expected > 1 ? 0 : s->progress.bytes + size;
}

void http_progress_wait(struct http_show *s)
{
	s->progress.asked++;
}

void http_progress_move(struct http_show *s, size_t n)
{
	s->progress.bytes += n;
}

void http_progress_end(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err)
{
	struct http_progress *p = &o->show->progress;
	struct twc_http_totals t = { 0 };
	char amount[16];
	struct twc_buf b;

	p->over++;
	p->failed += err->code != 0;
	if (!p->is_on || !o->show->p->parallel || err->code || !f)
		return;
	twc_http_fetch_totals(f, &t);
	twc_buf_init(&b, TWC_URL_MAX * 2);
	if (twc_buf_addf(&b, "%s: %s in %.3fs\n", o->o.text, live_amount(amount, sizeof(amount), t.received),
			 (double)(t.ended_ns - t.started_ns) / (double)TWC_NS_PER_S) == 0)
		http_show_err(&b);
	twc_buf_fini(&b);
}
