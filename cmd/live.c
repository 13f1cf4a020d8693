/* SPDX-License-Identifier: MIT */
/* A line for each connection when SIGUSR1 asks, and the line of --progress. */
#include "live.h"
#include "out.h"
#include "status.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <twc/parse.h>
#include <unistd.h>

/* ---- SIGUSR1 ---- */

static void say_one(void *arg, struct twc_transport *t)
{
	struct live *l = arg;
	char peer[TWC_ADDR_TEXT_MAX];

	twc_transport_peer_text(t, peer, sizeof(peer));
	if (strcmp(peer, "stdio") == 0)
		return;
	out_note(l->ctx, "#%llu %s: %llu bytes received, %llu sent, %zu queued%s",
		 (unsigned long long)twc_transport_id(t), peer, (unsigned long long)twc_transport_bytes_in(t),
		 (unsigned long long)twc_transport_bytes_out(t), twc_transport_queued(t),
		 twc_transport_is_closing(t) ? ", closing" :
		 twc_transport_has_eof(t)    ? ", its half has ended" :
					       "");
}

static void on_asked(struct twc_signal_watch *w, int signo, void *arg)
{
	(void)w;
	(void)signo;
	live_report(arg);
}

void live_report(const struct live *l)
{
	twc_transport_each(l->r, say_one, (void *)(uintptr_t)l);
}

int live_start(struct live *l, struct ctx *ctx, struct twc_reactor *r, struct twc_err *err)
{
	struct sigaction now;

	l->ctx = ctx;
	l->r = r;
	if (sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		return 0;
	return twc_signal_start(r, &l->signal, SIGUSR1, on_asked, l, err);
}

void live_stop(struct live *l)
{
	if (l->r)
		twc_signal_stop(l->r, &l->signal);
}

/* ---- progress ---- */

#define TICK_NS (200 * TWC_NS_PER_MS)
#define RATE_NS TWC_NS_PER_S

const char *live_amount(char *buf, size_t cap, uint64_t n)
{
	static const char unit[] = "kMGTPE";
	size_t u = 0;
	uint64_t tenths = n * 10 / 1024;

	if (n < 1024) {
		snprintf(buf, cap, "%llu", (unsigned long long)n);
		return buf;
	}
	if (n > UINT64_MAX / 10)
		tenths = n / 1024 * 10;
	for (; tenths >= 10240 && unit[u + 1]; u++)
		tenths /= 1024;
	snprintf(buf, cap, "%llu.%llu%c", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10), unit[u]);
	return buf;
}

const char *progress_format(const struct progress *p, uint64_t sent, uint64_t received, char *buf, size_t cap)
{
	char a[32], b[32], c[32], left[48] = "";
	uint64_t s;

	if (p->size > sent && p->rate) {
		s = (p->size - sent + p->rate - 1) / p->rate;
		if (s < 3600)
			snprintf(left, sizeof(left), ", %llu:%02llu left", (unsigned long long)(s / 60),
				 (unsigned long long)(s % 60));
		else
			snprintf(left, sizeof(left), ", %llu:%02llu:%02llu left", (unsigned long long)(s / 3600),
				 (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
	}
	snprintf(buf, cap, "%s sent, %s received, %s/s%s", live_amount(a, sizeof(a), sent),
		 live_amount(b, sizeof(b), received), live_amount(c, sizeof(c), p->rate), left);
	return buf;
}

/* The rate is that of about the last second: half of what it was, half of what it is. */
static void progress_measure(struct progress *p, uint64_t moved)
{
	uint64_t now = twc_reactor_now(p->r), took = now - p->then_ns, rate;

	if (took < RATE_NS && p->rate)
		return;
	if (!took)
		return;
	rate = (uint64_t)((double)(moved - p->moved) * (double)TWC_NS_PER_S / (double)took);
	p->rate = p->rate ? (p->rate + rate) / 2 : rate;
	p->moved = moved;
	p->then_ns = now;
}

static void on_tick(struct twc_timer *t, void *arg)
{
	struct progress *p = arg;
	uint64_t in, out;
	char text[128];

	(void)t;
	p->count(p->arg, &in, &out);
	progress_measure(p, in + out);
	status_set(progress_format(p, out, in, text, sizeof(text)));
}

void progress_start(struct progress *p, struct twc_reactor *r,
		    void (*count)(const void *arg, uint64_t *in, uint64_t *out), const void *arg, int in)
{
	struct stat st;
	off_t at;

	if (!isatty(STDERR_FILENO))
		return;
	p->r = r;
	p->count = count;
	p->arg = arg;
	p->started_ns = p->then_ns = twc_reactor_now(r);
	if (in >= 0 && fstat(in, &st) == 0 && S_ISREG(st.st_mode)) {
		at = lseek(in, 0, SEEK_CUR);
		p->size = at >= 0 && at < st.st_size ? (uint64_t)(st.st_size - at) : 0;
	}
	twc_timer_every(r, &p->timer, TICK_NS, on_tick, p);
}

void progress_stop(struct progress *p)
{
	if (!p->r)
		return;
	twc_timer_stop(p->r, &p->timer);
	status_set(NULL);
	p->r = NULL;
}
