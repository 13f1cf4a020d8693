/* SPDX-License-Identifier: MIT */
/*
 * Timers: a 4-ary heap of (deadline, sequence, timer). What is due is collected before any of it runs, so a callback
 * that adds a timer for "now" cannot keep the turn, and one that stops or restarts a collected timer is obeyed.
 *
 * slot of a timer: 0 idle; heap index + 1; or, once collected, index into r->due with the top bit set.
 * When a foreign loop hosts the reactor, a timerfd in the epoll set stands for the earliest deadline.
 */
#include "reactor/reactor_priv.h"
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "base/banned.h"

#define COLLECTED (~(SIZE_MAX >> 1))

static bool earlier(const struct twc__heap_item *a, const struct twc__heap_item *b)
{
	return a->due < b->due || (a->due == b->due && a->seq < b->seq);
}

static void heap_put(struct twc_reactor *r, size_t i, struct twc__heap_item item)
{
	r->heap[i] = item;
	item.t->slot = i + 1;
}

/* Finds the place of `item`, starting with the hole at i. */
static void heap_settle(struct twc_reactor *r, size_t i, struct twc__heap_item item)
{
	while (i > 0 && earlier(&item, &r->heap[(i - 1) / 4])) {
		heap_put(r, i, r->heap[(i - 1) / 4]);
		i = (i - 1) / 4;
	}
	for (;;) {
		size_t first = i * 4 + 1, least = first;
		if (first >= r->heap_n)
			break;
		for (size_t k = first + 1; k < first + 4 && k < r->heap_n; k++)
			if (earlier(&r->heap[k], &r->heap[least]))
				least = k;
		if (!earlier(&r->heap[least], &item))
			break;
		heap_put(r, i, r->heap[least]);
		i = least;
	}
	heap_put(r, i, item);
}

static void heap_remove(struct twc_reactor *r, size_t i)
{
	struct twc__heap_item last = r->heap[--r->heap_n];

	r->heap[i].t->slot = 0;
	if (i < r->heap_n)
		heap_settle(r, i, last);
}

/* Sets a timer that is idle, in the heap, or collected. */
static void timer_set(struct twc_reactor *r, struct twc_timer *t, uint64_t due)
{
	struct twc__heap_item item = { .due = due, .seq = r->seq++, .t = t };
	size_t i;

	t->due = due;
	if (t->slot & COLLECTED)
		twc_timer_stop(r, t);
	if (t->slot) {
		i = t->slot - 1;
	} else {
		if (r->heap_n == r->heap_cap) {
			r->heap_cap = r->heap_cap ? r->heap_cap * 2 : 16;
			r->heap = twc_realloc(r->heap, r->heap_cap * sizeof(*r->heap));
		}
		i = r->heap_n++;
	}
	heap_settle(r, i, item);
	if (r->hosted && !r->in_turn)
		twc__timers_arm(r);
}

static void timer_init(struct twc_reactor *r, struct twc_timer *t, uint64_t delay, uint64_t period, twc_timer_fn fn,
		       void *arg)
{
	TWC_ASSERT(fn);
	t->fn = fn;
	t->arg = arg;
	t->period = period;
	t->skipped = 0;
	if (!r->in_turn)
		twc__clock_read(r); /* a program that comes from elsewhere counts from now */
	timer_set(r, t, delay < UINT64_MAX - r->now ? r->now + delay : UINT64_MAX);
}

void twc_timer_start(struct twc_reactor *r, struct twc_timer *t, uint64_t delay_ns, twc_timer_fn fn, void *arg)
{
	timer_init(r, t, delay_ns, 0, fn, arg);
}

void twc_timer_every(struct twc_reactor *r, struct twc_timer *t, uint64_t period_ns, twc_timer_fn fn, void *arg)
{
	TWC_ASSERT(period_ns > 0);
	timer_init(r, t, period_ns, period_ns, fn, arg);
}

void twc_timer_stop(struct twc_reactor *r, struct twc_timer *t)
{
	if (t->slot & COLLECTED) {
		r->due[t->slot & ~COLLECTED] = NULL;
		t->slot = 0;
	} else if (t->slot) {
		heap_remove(r, t->slot - 1);
	}
}

/* ---- phase 1 ---- */

static void collect(struct twc_reactor *r)
{
	while (twc__timers_are_due(r)) {
		struct twc_timer *t = r->heap[0].t;
		heap_remove(r, 0);
		if (r->due_n == r->due_cap) {
			r->due_cap = r->due_cap ? r->due_cap * 2 : 16;
			r->due = twc_realloc(r->due, r->due_cap * sizeof(struct twc_timer *));
		}
		t->slot = r->due_n | COLLECTED;
		r->due[r->due_n++] = t;
	}
}

static void timer_fire(struct twc_reactor *r, struct twc_timer *t)
{
	t->slot = 0;
	if (t->period) {
		t->skipped = (r->now - t->due) / t->period;
		uint64_t step = (t->skipped + 1) * t->period;
		timer_set(r, t, step < UINT64_MAX - t->due ? t->due + step : UINT64_MAX);
	}
	t->fn(t, t->arg);
	twc__reactor_ran(r);
}

bool twc__timers_run(struct twc_reactor *r)
{
	collect(r);
	if (!r->due_n)
		return false;
	for (size_t i = 0; i < r->due_n; i++)
		if (r->due[i])
			timer_fire(r, r->due[i]);
	r->due_n = 0;
	return true;
}

/* ---- the timerfd ---- */

static void on_timerfd(struct twc_watch *w, unsigned ready)
{
	struct twc_reactor *r = TWC_CONTAINER_OF(w, struct twc_reactor, timer_watch);
	uint64_t count;

	(void)ready;
	if (read(w->fd, &count, sizeof(count)) > 0)
		r->armed = 0;
}

int twc__timers_mirror(struct twc_reactor *r, struct twc_err *err)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0) {
		bool limit = errno == EMFILE || errno == ENFILE;
		return twc_err_sys(err, limit ? TWC_ELIMIT : TWC_EOS, errno, NULL, "timerfd_create failed");
	}
	return twc__watch_add(r, &r->timer_watch, fd, on_timerfd, err);
}

/* A deadline that moved away is not worth a system call: the timerfd fires once in vain and is then set anew. */
void twc__timers_arm(struct twc_reactor *r)
{
	if (!r->heap_n || r->timer_watch.fd < 0)
		return;
	uint64_t due = r->heap[0].due ? r->heap[0].due : 1;
	if (r->armed && r->armed <= due)
		return;
	struct itimerspec its = {
		.it_value = { .tv_sec = (time_t)(due / 1000000000), .tv_nsec = (long)(due % 1000000000) },
	};
	if (timerfd_settime(r->timer_watch.fd, TFD_TIMER_ABSTIME, &its, NULL) == 0)
		r->armed = due;
}
