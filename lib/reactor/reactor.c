/* SPDX-License-Identifier: MIT */
/*
 * The turn: timers, I/O, calls, deaths, in that order; the queues of calls and posts; making and freeing a reactor.
 * Above: everything. Below: watch.c waits and dispatches, timer.c knows what is due.
 *
 * Invariants: a phase runs only what was there when it began, so no phase starves the next; the turn does not block
 * while a call, a post, a due timer or a death is pending; no callback runs inside another (in_turn).
 */
#include "reactor/reactor_priv.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/banned.h"

#define CALLS_KEPT 1024 /* a queue that grew beyond this is given back after use */

/* ---- queues of calls ---- */

static void calls_push(struct twc__calls *q, twc_call_fn fn, void *arg)
{
	if (q->n == q->cap) {
		q->cap = q->cap ? q->cap * 2 : 16;
		q->v = twc_realloc(q->v, q->cap * sizeof(*q->v));
	}
	q->v[q->n++] = (struct twc__call){ .fn = fn, .arg = arg };
}

static void calls_clear(struct twc__calls *q)
{
	q->n = 0;
	if (q->cap > CALLS_KEPT) {
		twc_free(q->v);
		q->v = NULL;
		q->cap = 0;
	}
}

void twc__reactor_wake(struct twc_reactor *r)
{
	if (r->woken)
		return;
	r->woken = true;
	uint64_t one = 1;
	while (write(r->wake.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* The host's loop must learn of what was asked for between two steps. */
static void wake_host(struct twc_reactor *r)
{
	if (r->hosted && !r->in_turn)
		twc__reactor_wake(r);
}

void twc_reactor_call(struct twc_reactor *r, twc_call_fn fn, void *arg)
{
	calls_push(&r->calls, fn, arg);
	wake_host(r);
}

void twc_reactor_post(struct twc_reactor *r, twc_call_fn fn, void *arg)
{
	pthread_mutex_lock(&r->post_lock);
	calls_push(&r->posts, fn, arg);
	if (!atomic_exchange(&r->posted, true)) {
		uint64_t one = 1;
		while (write(r->wake.fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
	pthread_mutex_unlock(&r->post_lock);
}

static void take_posts(struct twc_reactor *r)
{
	if (!atomic_load(&r->posted))
		return;
	pthread_mutex_lock(&r->post_lock);
	atomic_store(&r->posted, false);
	for (size_t i = 0; i < r->posts.n; i++)
		calls_push(&r->calls, r->posts.v[i].fn, r->posts.v[i].arg);
	calls_clear(&r->posts);
	pthread_mutex_unlock(&r->post_lock);
}

static void on_wake(struct twc_watch *w, unsigned ready)
{
	struct twc_reactor *r = TWC_CONTAINER_OF(w, struct twc_reactor, wake);
	uint64_t count;

	(void)ready;
	r->woken = false;
	if (read(w->fd, &count, sizeof(count)) > 0)
		take_posts(r);
}

/* ---- the phases ---- */

void twc__reactor_after_callback(struct twc_reactor *r, twc_call_fn fn, void *arg)
{
	if (r->after_fn)
		return;
	r->after_fn = fn;
	r->after_arg = arg;
	wake_host(r);
}

void twc__reactor_run_after(struct twc_reactor *r)
{
	while (r->after_fn) {
		twc_call_fn fn = r->after_fn;
		r->after_fn = NULL;
		fn(r->after_arg);
	}
}

static bool run_calls(struct twc_reactor *r)
{
	take_posts(r);
	if (!r->calls.n)
		return false;
	struct twc__calls q = r->calls;
	r->calls = r->running;
	r->running = q;
	for (size_t i = 0; i < r->running.n; i++) {
		r->running.v[i].fn(r->running.v[i].arg);
		twc__reactor_ran(r);
	}
	calls_clear(&r->running);
	return true;
}

void twc__reactor_bury(struct twc_reactor *r, struct twc__death *d, void (*fn)(struct twc__death *d))
{
	d->fn = fn;
	d->next = NULL;
	*r->deaths_end = d;
	r->deaths_end = &d->next;
	wake_host(r);
}

static bool run_deaths(struct twc_reactor *r)
{
	struct twc__death *d;

	if (!r->deaths)
		return false;
	while ((d = r->deaths)) {
		r->deaths = d->next;
		if (!r->deaths)
			r->deaths_end = &r->deaths;
		d->fn(d);
	}
	return true;
}

void twc__reactor_run_deaths(struct twc_reactor *r)
{
	run_deaths(r);
}

bool twc__reactor_has_due(const struct twc_reactor *r)
{
	return r->calls.n || r->after_fn || r->deaths || twc__timers_are_due(r) || atomic_load(&r->posted);
}

/* Nothing could ever wake it. */
static bool is_idle(const struct twc_reactor *r)
{
	return !r->n_watches && !r->signals && !r->n_children && !r->n_jobs && (r->fake || !r->heap_n) &&
	       !twc__reactor_has_due(r);
}

/* How long the wait of this turn may last: -1 for ever. */
static int64_t turn_timeout(const struct twc_reactor *r, bool block)
{
	if (!block || r->stopping || twc__reactor_has_due(r) || is_idle(r))
		return 0;
	if (!r->heap_n || r->fake)
		return -1;
	uint64_t left = r->heap[0].due - r->now;
	return left < INT64_MAX ? (int64_t)left : -1;
}

bool twc__reactor_turn(struct twc_reactor *r, bool block, int *sys)
{
	bool did = r->after_fn != NULL;

	*sys = 0;
	r->in_turn = true;
	twc__reactor_ran(r); /* asked for between two turns */
	if (r->heap_n) {
		twc__clock_read(r);
		if (twc__timers_run(r)) {
			did = true;
			twc__clock_read(r); /* the callbacks took their time */
		}
	}
	int n = twc__watch_wait(r, turn_timeout(r, block));
	twc__clock_read(r);
	if (n > 0) {
		twc__watch_dispatch(r, n);
		did = true;
	} else if (n < 0) {
		*sys = -n;
	}
	did |= run_calls(r);
	did |= run_deaths(r);
	r->in_turn = false;
	return did;
}

/* ---- driving it ---- */

int twc_reactor_run(struct twc_reactor *r, struct twc_err *err)
{
	int rc = 0, sys = 0;

	TWC_ASSERT(!r->in_turn);
	while (!r->stopping && !is_idle(r) && !sys)
		twc__reactor_turn(r, true, &sys);
	if (sys)
		rc = twc_err_sys(err, TWC_EOS, sys, NULL, "waiting for events failed");
	r->stopping = false;
	if (r->hosted)
		twc__timers_arm(r);
	return rc;
}

void twc_reactor_stop(struct twc_reactor *r)
{
	r->stopping = true;
}

int twc_reactor_fd(struct twc_reactor *r)
{
	if (r->hosted)
		return r->epfd;
	if (!r->fake && twc__timers_mirror(r, NULL) < 0)
		return -1;
	r->hosted = true;
	twc__timers_arm(r);
	if (twc__reactor_has_due(r))
		twc__reactor_wake(r);
	return r->epfd;
}

bool twc_reactor_step(struct twc_reactor *r)
{
	int sys;

	TWC_ASSERT(!r->in_turn);
	twc__reactor_turn(r, false, &sys);
	bool more = twc__reactor_has_due(r);
	if (r->hosted) {
		twc__timers_arm(r);
		if (more)
			twc__reactor_wake(r);
	}
	return more;
}

/* ---- life cycle ---- */

/* The descriptors it cannot be without. */
static int reactor_open(struct twc_reactor *r, struct twc_err *err)
{
	const char *what = "epoll_create1";
	int fd = -1;

	r->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epfd >= 0) {
		what = "eventfd";
		fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	}
	if (fd < 0)
		return twc_err_sys(err, errno == EMFILE || errno == ENFILE ? TWC_ELIMIT : TWC_EOS, errno, NULL,
				   "cannot make an event loop: %s failed", what);
	return twc__watch_add(r, &r->wake, fd, on_wake, err);
}

static struct twc_reactor *reactor_make(bool fake, struct twc_err *err)
{
	struct twc_reactor *r = twc_calloc(1, sizeof(*r));

	r->fake = fake;
	r->now = UINT64_C(1000) * 1000000000;
	r->deaths_end = &r->deaths;
	twc__list_init(&r->pending);
	r->timer_watch.fd = r->signal_watch.fd = r->wake.fd = -1;
	sigemptyset(&r->signal_set);
	sigemptyset(&r->signal_was_blocked);
	pthread_mutex_init(&r->post_lock, NULL);
	twc_log_init(&r->log, NULL, NULL);
	if (reactor_open(r, err) == 0) {
		twc__clock_read(r);
		return r;
	}
	twc_reactor_free(r);
	return NULL;
}

void twc_reactor_disown(struct twc_reactor *r)
{
	const int fds[] = { r->epfd, r->wake.fd, r->timer_watch.fd, r->signal_watch.fd };

	for (size_t i = 0; i < TWC_ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	twc__children_disown(r);
}

int twc_reactor_renew(struct twc_reactor *r, struct twc_err *err)
{
	TWC_ASSERT(!r->in_turn && !r->n_watches && !r->signals && !r->children && !r->pool && !r->hosted);
	close(r->epfd);
	close(r->wake.fd);
	r->wake = (struct twc_watch){ .fd = -1 };
	r->woken = false;
	return reactor_open(r, err);
}

struct twc_reactor *twc_reactor_new(struct twc_err *err)
{
	return reactor_make(false, err);
}

struct twc_reactor *twc_reactor_new_fake(struct twc_err *err)
{
	return reactor_make(true, err);
}

static void free_slots(struct twc_reactor *r)
{
	while (r->slots) {
		struct twc__slot_entry *e = &r->slot[r->slot_order[--r->slots]];
		if (e->p && e->free_fn)
			e->free_fn(e->p); /* may still look itself up */
		e->p = NULL;
	}
}

static void end_layers(struct twc_reactor *r)
{
	r->after_fn = NULL;
	run_deaths(r);
	free_slots(r);
	run_deaths(r);
}

void twc_reactor_free(struct twc_reactor *r)
{
	if (!r)
		return;
	TWC_ASSERT(!r->in_turn);
	if (r->host_detach)
		r->host_detach(r);
	r->hosted = false;
	r->closing = true;
	twc__deferreds_cancel(r);
	twc__pool_fini(r);
	end_layers(r);
	twc__deferreds_cancel(r); /* what was asked for by a protocol's lost() */
	end_layers(r);
	twc__children_fini(r);
	twc__signals_fini(r);
	twc__watch_drop(r, &r->timer_watch);
	twc__watch_drop(r, &r->wake);
	if (r->epfd >= 0)
		close(r->epfd);
	pthread_mutex_destroy(&r->post_lock);
	twc_free(r->batch);
	twc_free(r->heap);
	twc_free(r->due);
	twc_free(r->calls.v);
	twc_free(r->running.v);
	twc_free(r->posts.v);
	twc_free(r->read_buf);
	twc_free(r);
}

/* ---- for the layers above ---- */

void *twc__reactor_slot(const struct twc_reactor *r, enum twc__slot slot)
{
	return r->slot[slot].p;
}

void twc__reactor_set_slot(struct twc_reactor *r, enum twc__slot slot, void *p, void (*free_fn)(void *))
{
	TWC_ASSERT(!r->slot[slot].p && r->slots < TWC__SLOT_COUNT);
	r->slot[slot] = (struct twc__slot_entry){ .p = p, .free_fn = free_fn };
	r->slot_order[r->slots++] = slot;
}

char *twc__reactor_read_buf(struct twc_reactor *r)
{
	if (!r->read_buf)
		r->read_buf = twc_malloc(TWC__READ_BUF);
	return r->read_buf;
}

struct twc_log *twc_reactor_log(struct twc_reactor *r)
{
	return &r->log;
}
