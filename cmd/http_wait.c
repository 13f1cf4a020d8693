/* SPDX-License-Identifier: MIT */
/*
 * --wait: ask until there is an answer, and all that is expected of it holds. Nothing of an answer that is
 * not the one gets out: a body is held until it is known, which is at its head where all that is expected is
 * about heads.
 */
#include "http_run.h"
#include "http_show.h"
#include "out.h"
#include <twc/parse.h>

#define PAUSE_MIN_NS (50 * TWC_NS_PER_MS)
#define PAUSE_MAX_NS TWC_NS_PER_S
#define HELD_MAX ((size_t)64 << 20)

static const struct http_params *params(const struct http_transfer *t)
{
	return t->job.group->q.p;
}

/* What the user has to change is not waited for. */
static bool is_final(int code)
{
	return code == TWC_EUSAGE || code == TWC_ENOINPUT || code == TWC_EDATA || code == TWC_EIO ||
	       code == TWC_ENOMEM || code == TWC_ECANTBIND || code == TWC_EBUG;
}

static void give_up(struct http_transfer *t)
{
	char text[32];
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_ETIMEDOUT, "not as expected within %s (--wait): %.150s",
		    twc_format_duration(text, sizeof(text), t->run->p->wait),
		    t->wait.last.text[0] ? t->wait.last.text : "no answer");
	t->wait.is_active = false;
	http_transfer_end(t, &err);
}

static void on_time(struct twc_timer *timer, void *arg);

static void attempt(struct http_transfer *t)
{
	uint64_t now = twc_reactor_now(t->run->r), left = t->wait.until_ns > now ? t->wait.until_ns - now : 1;
	struct twc_err err;

	twc_buf_clear(&t->wait.held);
	t->wait.is_released = false;
	t->opts.max_ns = params(t)->max_time && params(t)->max_time < left ? params(t)->max_time : left;
	if (http_transfer_fetch(t) == 0)
		return;
	err = t->failure.err;
	t->wait.is_active = false;
	http_transfer_end(t, &err);
}

static void on_time(struct twc_timer *timer, void *arg)
{
	(void)timer;
	attempt(arg);
}

void http_wait_begin(struct http_transfer *t)
{
	t->wait.is_active = true;
	t->wait.until_ns = t->began_ns + t->run->p->wait;
	t->wait.pause_ns = PAUSE_MIN_NS;
	t->opts.max_ns = params(t)->max_time && params(t)->max_time < t->run->p->wait ? params(t)->max_time
										      : t->run->p->wait;
	t->opts.retries = 0;
	t->opts.again = NULL;
	twc_buf_init(&t->wait.held, HELD_MAX);
}

static void note_unmet(void *arg, const char *expr, const char *got)
{
	struct http_transfer *t = arg;

	if (!t->wait.last.code)
		twc_err_set(&t->wait.last, TWC_ENO, "expected %.80s, got %.60s", expr, got);
}

/* Is it the answer that is waited for? */
static bool is_met(struct http_transfer *t)
{
	const struct twc_http_response *res = twc_http_fetch_response(t->fetch);

	t->wait.last = (struct twc_err){ 0 };
	if (params(t)->fail && res && res->status >= 400) {
		twc_err_set(&t->wait.last, TWC_ENO, "the server answered %d", res->status);
		return false;
	}
	return http_transfer_check(t, note_unmet, t) == 0;
}

/* From here on it is a transfer like any other. */
static void release(struct http_transfer *t)
{
	t->wait.is_released = true;
	http_output_head(t->output, t->fetch, true);
	if (twc_buf_len(&t->wait.held) > 0)
		http_output_data(t->output, t->fetch, (const uint8_t *)twc_buf_head(&t->wait.held),
				 twc_buf_len(&t->wait.held));
}

void http_wait_head(struct http_transfer *t)
{
	if (t->expect && !twc_http_expect_is_about_heads(t->expect))
		return;
	if (is_met(t))
		release(t);
	else
		twc_http_fetch_stop(t->fetch, &t->wait.last);
}

void http_wait_data(struct http_transfer *t, const uint8_t *data, size_t n)
{
	struct twc_err err = { 0 };

	if (t->wait.is_released) {
		http_output_data(t->output, t->fetch, data, n);
	} else if (twc_buf_add(&t->wait.held, data, n) < 0) {
		twc_err_set(&err, TWC_ETOOLONG, "--wait: a body of more than 64 MiB cannot be looked at as a whole");
		twc_http_fetch_stop(t->fetch, &err);
	}
}

void http_wait_done(struct http_transfer *t, const struct twc_err *err)
{
	uint64_t now = twc_reactor_now(t->run->r), left;

	if (err->code == 0 && !t->wait.is_released && is_met(t))
		release(t);
	if (t->wait.is_released || is_final(err->code)) {
		t->wait.is_active = false;
		http_transfer_end(t, err);
		return;
	}
	if (err->code && !(err->code == TWC_ETIMEDOUT && t->wait.last.code)) /* the end cut it short: that tells nothing */
		t->wait.last = *err;
	if (now + PAUSE_MIN_NS >= t->wait.until_ns) {
		give_up(t);
		return;
	}
	left = t->wait.until_ns - PAUSE_MIN_NS - now; /* the last time is just before the end */
	http_progress_wait(t->run->show);
	twc_timer_start(t->run->r, &t->wait.timer, t->wait.pause_ns < left ? t->wait.pause_ns : left, on_time, t);
	t->wait.pause_ns = t->wait.pause_ns * 2 < PAUSE_MAX_NS ? t->wait.pause_ns * 2 : PAUSE_MAX_NS;
}

void http_wait_fini(struct http_transfer *t)
{
	twc_timer_stop(t->run->r, &t->wait.timer);
	twc_buf_fini(&t->wait.held);
}
