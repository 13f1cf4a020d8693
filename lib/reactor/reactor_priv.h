/* SPDX-License-Identifier: MIT */
/*
 * The reactor's own struct and what its files share: reactor.c (turn, calls, life cycle), watch.c (epoll), timer.c
 * (heap), clock.c, signal.c, child.c, thread.c, host_libevent.c. Nobody outside this folder includes it, but for the
 * folder's unit tests.
 *
 * Threads: only the members under "posts" are touched by other threads.
 */
#ifndef TWC_REACTOR_PRIV_H
#define TWC_REACTOR_PRIV_H

#include "base/list.h"
#include "reactor/reactor_int.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

struct twc__call {
	twc_call_fn fn;
	void *arg;
};

struct twc__calls {
	struct twc__call *v;
	size_t n, cap;
};

struct twc__heap_item {
	uint64_t due;
	uint64_t seq; /* equal deadlines fire in the order they were set */
	struct twc_timer *t;
};

struct twc__slot_entry {
	void *p;
	void (*free_fn)(void *);
};

struct twc__pool; /* thread.c */

struct twc_reactor {
	/* descriptors */
	int epfd;
	bool in_turn;
	bool stopping;
	bool hosted;	/* a foreign loop polls epfd: it must be readable whenever there is something to do */
	bool fake;	/* the clock stands still */
	bool no_pwait2; /* the kernel, or a filter, has no epoll_pwait2 */
	struct epoll_event *batch;
	int batch_cap, batch_n;	   /* batch_n is 0 outside dispatch */
	struct twc_watch *current; /* whose callback is running: it has no later event in the batch */
	size_t n_watches;	   /* active ones, without those the reactor keeps for itself */

	/* time */
	uint64_t now;
	struct twc__heap_item *heap; /* 4-ary, least first */
	size_t heap_n, heap_cap;
	uint64_t seq;
	struct twc_timer **due; /* collected in this turn and not yet run; stopped ones are NULL */
	size_t due_n, due_cap;
	struct twc_watch timer_watch; /* timerfd, hosted only; fd -1 else */
	uint64_t armed;		      /* what the timerfd is set to, 0 = not */

	/* calls */
	struct twc__calls calls;   /* for the next phase 3 */
	struct twc__calls running; /* those of this one */
	twc_call_fn after_fn;	   /* after the callback at hand */
	void *after_arg;
	struct twc__death *deaths, **deaths_end;

	/* posts */
	pthread_mutex_t post_lock;
	struct twc__calls posts; /* under post_lock */
	atomic_bool posted;	 /* posts may be non-empty, and the eventfd has been written for them */
	struct twc_watch wake;	 /* eventfd */
	bool woken;		 /* written by the reactor itself, not yet read */

	/* signals, children, threads */
	struct twc_signal_watch *signals;
	sigset_t signal_set;	     /* watched */
	sigset_t signal_was_blocked; /* of those, blocked before we came */
	struct twc_watch signal_watch; /* signalfd, or fd -1 */
	struct twc_child *children;
	size_t n_children; /* not counting the released */
	struct twc__pool *pool;
	size_t n_jobs; /* not counting the cancelled */
	struct twc__list pending; /* deferreds that are not fired; oldest first */
	bool closing;		  /* twc_reactor_free is at work */

	/* the layers above, and the host */
	char *read_buf;
	struct twc__slot_entry slot[TWC__SLOT_COUNT];
	enum twc__slot slot_order[TWC__SLOT_COUNT];
	size_t slots;
	struct twc_log log;
	void *host; /* the event on the host's base */
	void (*host_detach)(struct twc_reactor *r);
};

/* reactor.c */
bool twc__reactor_turn(struct twc_reactor *r, bool block, int *sys); /* true: something was done; *sys: errno of epoll */
bool twc__reactor_has_due(const struct twc_reactor *r);		     /* the next turn has work without any I/O */
void twc__reactor_wake(struct twc_reactor *r);			     /* makes epfd readable */
void twc__reactor_run_after(struct twc_reactor *r);
static inline void twc__reactor_ran(struct twc_reactor *r)
{
	if (r->after_fn)
		twc__reactor_run_after(r);
}

/* watch.c; internal watches are not counted as a reason to go on */
int twc__watch_add(struct twc_reactor *r, struct twc_watch *w, int fd, twc_watch_fn fn, struct twc_err *err);
void twc__watch_drop(struct twc_reactor *r, struct twc_watch *w); /* out of the set and the batch, and closed */
int twc__watch_wait(struct twc_reactor *r, int64_t timeout_ns);	  /* < 0: for ever; number of events, or -errno */
void twc__watch_dispatch(struct twc_reactor *r, int n);

/* timer.c */
bool twc__timers_run(struct twc_reactor *r); /* true: some ran */
int twc__timers_mirror(struct twc_reactor *r, struct twc_err *err); /* makes the timerfd */
void twc__timers_arm(struct twc_reactor *r);			    /* sets it when the earliest deadline is earlier */
static inline bool twc__timers_are_due(const struct twc_reactor *r)
{
	return r->heap_n && r->heap[0].due <= r->now;
}

/* clock.c */
void twc__clock_read(struct twc_reactor *r);

/* deferred.c: what is pending, and what its steps ask for anew */
void twc__deferreds_cancel(struct twc_reactor *r);

/* signal.c, child.c, thread.c: at the end of the reactor */
void twc__signals_fini(struct twc_reactor *r);
void twc__children_fini(struct twc_reactor *r);
void twc__children_disown(struct twc_reactor *r);
void twc__pool_fini(struct twc_reactor *r);

#endif
