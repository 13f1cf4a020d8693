/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: the epoll set, one wait a turn, and the dispatch of what it found. Level-triggered,
 * but for those who ask for edges (TWC_EDGE).
 *
 * The kernel holds a pointer to each watch, so a watch that is stopped while its event waits in the batch is taken
 * out of the batch too. A watch with no events asked for sits in the set as a one-shot: the kernel always reports
 * errors and hang-ups, and would otherwise report them for ever.
 */
#include "reactor/reactor_priv.h"
#include <errno.h>
#include <time.h>
#include <unistd.h>
#include "base/banned.h"

#define BATCH_MIN 32
#define BATCH_MAX 1024
#define ASKABLE (TWC_READ | TWC_WRITE | TWC_EDGE | TWC_EXCLUSIVE)

_Static_assert(sizeof(struct twc_watch) <= 16, "one per connection: keep it small");

static int watch_ctl(struct twc_reactor *r, int op, struct twc_watch *w)
{
	struct epoll_event ev = { .events = 0, .data.ptr = w };

	if (w->events & TWC_READ)
		ev.events |= EPOLLIN;
	if (w->events & TWC_WRITE)
		ev.events |= EPOLLOUT;
	if (w->events & TWC_EDGE)
		ev.events |= EPOLLET;
	if (w->events & TWC_EXCLUSIVE)
		ev.events |= EPOLLEXCLUSIVE;
	if (!w->events)
		ev.events |= EPOLLONESHOT;
	return epoll_ctl(r->epfd, op, w->fd, &ev);
}

static int watch_enter(struct twc_reactor *r, struct twc_watch *w, int fd, unsigned events, twc_watch_fn fn,
		       struct twc_err *err)
{
	TWC_ASSERT(!w->active && fn);
	*w = (struct twc_watch){ .fn = fn, .fd = fd, .events = (uint8_t)(events & ASKABLE) };
	if (watch_ctl(r, EPOLL_CTL_ADD, w) < 0) {
		int sys = errno;
		w->fn = NULL;
		if (sys == EPERM)
			return twc_err_sys(err, TWC_EDATA, sys, NULL, "descriptor %d cannot be polled", fd);
		return twc_err_sys(err, TWC_EOS, sys, NULL, "cannot watch descriptor %d", fd);
	}
	w->active = 1;
	return 0;
}

int twc_watch_start(struct twc_reactor *r, struct twc_watch *w, int fd, unsigned events, twc_watch_fn fn,
		    struct twc_err *err)
{
	int rc = watch_enter(r, w, fd, events, fn, err);
	if (rc == 0)
		r->n_watches++;
	return rc;
}

int twc__watch_add(struct twc_reactor *r, struct twc_watch *w, int fd, twc_watch_fn fn, struct twc_err *err)
{
	int rc = watch_enter(r, w, fd, TWC_READ, fn, err);
	if (rc < 0) {
		close(fd);
		w->fd = -1;
	}
	return rc;
}

/* The kernel changes nothing about an exclusive watch (epoll_ctl(2)): it is made anew. */
static int watch_remake(struct twc_reactor *r, struct twc_watch *w)
{
	return epoll_ctl(r->epfd, EPOLL_CTL_DEL, w->fd, NULL) < 0 ? -1 : watch_ctl(r, EPOLL_CTL_ADD, w);
}

void twc__watch_requeue(struct twc_reactor *r, struct twc_watch *w)
{
	TWC_ASSERT(w->fn && (w->events & TWC_EXCLUSIVE));
	if (watch_remake(r, w) < 0)
		TWC_BUG("descriptor %d cannot be watched again (%s)", w->fd, twc_errno_name(errno));
}

void twc_watch_set(struct twc_reactor *r, struct twc_watch *w, unsigned events)
{
	bool remake;

	events &= ASKABLE;
	if (w->events == events)
		return;
	TWC_ASSERT(w->fn); /* started */
	remake = (w->events | events) & TWC_EXCLUSIVE;
	w->events = (uint8_t)events;
	if ((remake ? watch_remake(r, w) : watch_ctl(r, EPOLL_CTL_MOD, w)) < 0)
		TWC_BUG("descriptor %d was closed while watched (%s)", w->fd, twc_errno_name(errno));
	if (!w->active) { /* after a hang-up */
		w->active = 1;
		r->n_watches++;
	}
}

static void watch_leave(struct twc_reactor *r, struct twc_watch *w)
{
	epoll_ctl(r->epfd, EPOLL_CTL_DEL, w->fd, NULL);
	w->fn = NULL;
	w->active = 0;
	w->events = 0;
	if (r->current == w)
		return;
	for (int i = 0; i < r->batch_n; i++)
		if (r->batch[i].data.ptr == w)
			r->batch[i].data.ptr = NULL;
}

void twc_watch_stop(struct twc_reactor *r, struct twc_watch *w)
{
	if (!w->fn)
		return;
	if (w->active)
		r->n_watches--;
	watch_leave(r, w);
}

void twc__watch_drop(struct twc_reactor *r, struct twc_watch *w)
{
	if (w->fn)
		watch_leave(r, w);
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* ---- the wait ---- */

static int wait_ms(struct twc_reactor *r, int64_t timeout_ns)
{
	int ms = -1;

	if (timeout_ns >= 0) {
		int64_t up = timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
		ms = up < INT32_MAX ? (int)up : INT32_MAX;
	}
	return epoll_wait(r->epfd, r->batch, r->batch_cap, ms);
}

static int wait_ns(struct twc_reactor *r, int64_t timeout_ns)
{
	struct timespec ts = { .tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000 };

	/* Only a timeout of its own needs the finer call. */
	if (r->no_pwait2 || timeout_ns <= 0)
		return wait_ms(r, timeout_ns);
	int n = epoll_pwait2(r->epfd, r->batch, r->batch_cap, &ts, NULL);
	if (n < 0 && (errno == ENOSYS || errno == EPERM)) {
		r->no_pwait2 = true;
		return wait_ms(r, timeout_ns);
	}
	return n;
}

int twc__watch_wait(struct twc_reactor *r, int64_t timeout_ns)
{
	if (!r->batch) {
		r->batch_cap = BATCH_MIN;
		r->batch = twc_malloc(BATCH_MIN * sizeof(*r->batch));
	}
	int n = wait_ns(r, timeout_ns);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n;
}

/* ---- dispatch ---- */

static void watch_fire(struct twc_reactor *r, struct twc_watch *w, unsigned found)
{
	unsigned ready = 0;

	if (found & EPOLLIN)
		ready |= TWC_READ;
	if (found & EPOLLOUT)
		ready |= TWC_WRITE;
	ready &= w->events; /* what is asked for now, not when the batch was fetched */
	if (found & (EPOLLERR | EPOLLHUP)) {
		if (!w->active)
			return;
		ready |= TWC_HUP | (w->events & (TWC_READ | TWC_WRITE));
		if (!w->events) { /* the one shot: the kernel has switched it off */
			w->active = 0;
			r->n_watches--;
		}
	}
	if (!ready)
		return;
	w->fn(w, ready);
}

void twc__watch_dispatch(struct twc_reactor *r, int n)
{
	r->batch_n = n;
	for (int i = 0; i < n; i++) {
		struct twc_watch *w = r->batch[i].data.ptr;
		if (i + 1 < n)
			__builtin_prefetch(r->batch[i + 1].data.ptr);
		if (!w)
			continue;
		r->current = w;
		watch_fire(r, w, r->batch[i].events);
	}
	r->current = NULL;
	r->batch_n = 0;
	twc__reactor_ran(r); /* once for all of them: what they wrote leaves together */
	if (n == r->batch_cap && n < BATCH_MAX) {
		r->batch_cap *= 2;
		r->batch = twc_realloc(r->batch, (size_t)r->batch_cap * sizeof(*r->batch));
	}
}
