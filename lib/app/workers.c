/* SPDX-License-Identifier: MIT */
/*
 * One server in several processes: the parent holds the sockets and looks after the workers, which it makes by fork(2)
 * and which serve (worker.c). Between the parent and each of them is a channel, a pair of sockets.
 *
 *	starting --all ready--> running --stop--> stopping --the last has gone--> stopped
 *	                           `--one dies by a signal--> (pause) --> another takes its place
 *
 * Signals are the parent's business: a terminal or a service manager sends them to every process, so workers that took
 * them as well would hear everything twice.
 *
 * Invariants: a worker has a child and a channel, or neither and perhaps a timer; n_live is the number of the former.
 */
#include "app/workers.h"

#include <twc/app.h>
#include <twc/parse.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

#define QUICK_DEATH_NS (5 * TWC_NS_PER_S) /* who lived longer is replaced without a longer pause */
#define CUT_NS TWC_NS_PER_S		  /* for those who were told to end at once */
#define GRACE_NS (2 * TWC_NS_PER_S)	  /* after the drain of the workers themselves */

static const struct twc_backoff again = { .first_ns = 50 * TWC_NS_PER_MS, .max_ns = 10 * TWC_NS_PER_S };

struct twc_workers {
	struct twc_reactor *r;
	struct twc_workers_opts o;
	struct twc_worker *worker;	    /* owned: o.n of them */
	struct twc__workers_shared *shared; /* owned, mapped */
	unsigned n_live;
	bool was_ready, has_opened, has_failed, is_stopping, is_cut, is_done;
	struct twc_timer accept_timer, for_timer, drain_timer, cut_timer, finish_timer;
	struct twc_err err;
};

static void channel_close(struct twc_reactor *r, struct twc_worker *w)
{
	if (w->channel.fd < 0)
		return;
	twc_watch_stop(r, &w->channel);
	close(w->channel.fd);
	w->channel.fd = -1;
}

/* ---- the end ---- */

static void on_finish(struct twc_timer *t, void *arg)
{
	struct twc_workers *ws = arg;

	(void)t;
	if (ws->is_cut || ws->shared->is_cut)
		twc_err_set(&ws->err, TWC_ECANCELLED, "connections were still open");
	ws->o.stopped(ws->o.arg, &ws->err);
}

static void workers_maybe_finish(struct twc_workers *ws)
{
	if (!ws->is_stopping || ws->n_live > 0 || ws->is_done)
		return;
	ws->is_done = true;
	twc_timer_stop(ws->r, &ws->drain_timer);
	twc_timer_stop(ws->r, &ws->cut_timer);
	twc_timer_start(ws->r, &ws->finish_timer, 0, on_finish, ws);
}

static void workers_tell(struct twc_workers *ws, enum twc__worker_message what)
{
	for (unsigned i = 0; i < ws->o.n; i++)
		twc__worker_say(&ws->worker[i], what);
}

static void workers_kill(struct twc_workers *ws)
{
	for (unsigned i = 0; i < ws->o.n; i++)
		if (ws->worker[i].child)
			(void)twc_child_kill(ws->worker[i].child, SIGKILL);
}

static void on_cut(struct twc_timer *t, void *arg)
{
	(void)t;
	workers_kill(arg);
}

static void on_drain(struct twc_timer *t, void *arg)
{
	(void)t;
	twc_workers_cut(arg);
}

void twc_workers_cut(struct twc_workers *ws)
{
	if (ws->is_cut || ws->is_done)
		return;
	if (!ws->is_stopping)
		twc_workers_stop(ws);
	ws->is_cut = true;
	workers_tell(ws, TWC__WORKER_CUT);
	twc_timer_start(ws->r, &ws->cut_timer, CUT_NS, on_cut, ws);
}

void twc_workers_stop(struct twc_workers *ws)
{
	uint64_t drain_ns = ws->o.drain_ns < UINT64_MAX - GRACE_NS ? ws->o.drain_ns + GRACE_NS : UINT64_MAX;

	if (ws->is_stopping) {
		twc_workers_cut(ws);
		return;
	}
	ws->is_stopping = true;
	twc_timer_stop(ws->r, &ws->accept_timer);
	twc_timer_stop(ws->r, &ws->for_timer);
	for (unsigned i = 0; i < ws->o.n; i++)
		twc_timer_stop(ws->r, &ws->worker[i].again);
	if (ws->o.stopping)
		ws->o.stopping(ws->o.arg);
	workers_tell(ws, TWC__WORKER_STOP);
	twc_timer_start(ws->r, &ws->drain_timer, drain_ns, on_drain, ws);
	workers_maybe_finish(ws);
}

static void on_for(struct twc_timer *t, void *arg)
{
	(void)t;
	twc_workers_stop(arg);
}

static void on_accept_timeout(struct twc_timer *t, void *arg)
{
	struct twc_workers *ws = arg;
	char text[32];

	(void)t;
	twc_err_set(&ws->err, TWC_ETIMEDOUT, "no client within %s",
		    twc_format_duration(text, sizeof(text), ws->o.accept_timeout_ns));
	twc_workers_stop(ws);
}

/* ---- what workers say ---- */

static void workers_ready(struct twc_workers *ws)
{
	for (unsigned i = 0; i < ws->o.n; i++)
		if (!ws->worker[i].is_ready)
			return;
	ws->was_ready = true;
	if (ws->o.accept_timeout_ns && !ws->has_opened)
		twc_timer_start(ws->r, &ws->accept_timer, ws->o.accept_timeout_ns, on_accept_timeout, ws);
	if (ws->o.for_ns)
		twc_timer_start(ws->r, &ws->for_timer, ws->o.for_ns, on_for, ws);
	ws->o.ready(ws->o.arg);
}

static void worker_listen_to(struct twc_worker *w)
{
	struct twc_workers *ws = w->ws;
	int what;

	while ((what = twc__worker_hear(w->channel.fd)) > 0) {
		if (what == TWC__WORKER_READY)
			w->is_ready = true;
		ws->has_opened |= what == TWC__WORKER_OPENED;
	}
	if (ws->has_opened)
		twc_timer_stop(ws->r, &ws->accept_timer);
	if (what == 0) /* it will be reaped in a moment */
		twc_watch_stop(ws->r, &w->channel);
}

static void on_channel(struct twc_watch *watch, unsigned ready)
{
	struct twc_worker *w = TWC_CONTAINER_OF(watch, struct twc_worker, channel);

	(void)ready;
	worker_listen_to(w);
	if (!w->ws->was_ready && !w->ws->is_stopping)
		workers_ready(w->ws);
}

/* ---- one comes, one goes ---- */

static int worker_fork(struct twc_worker *w, struct twc_err *err);
static void worker_pause(struct twc_worker *w, const char *why);

static void on_again(struct twc_timer *t, void *arg)
{
	struct twc_worker *w = arg;
	struct twc_err err = { 0 };

	(void)t;
	if (worker_fork(w, &err) < 0)
		worker_pause(w, err.text);
}

static void worker_pause(struct twc_worker *w, const char *why)
{
	uint64_t now = twc_reactor_now(w->ws->r), delay;
	char text[32];

	w->deaths = w->began_ns && now - w->began_ns < QUICK_DEATH_NS ? w->deaths + 1 : 1;
	delay = twc_backoff_delay(&again, w->deaths, 0);
	twc_log(twc_reactor_log(w->ws->r), app, WARN, "worker %u %s; another one begins in %s", w->index + 1, why,
		twc_format_duration(text, sizeof(text), delay));
	twc_timer_start(w->ws->r, &w->again, delay, on_again, w);
}

/* The first decides, be it one that was to stop. */
static void workers_failed(struct twc_workers *ws, int status)
{
	if (!ws->has_failed)
		ws->o.failed(ws->o.arg, status);
	ws->has_failed = true;
	if (!ws->is_stopping)
		twc_workers_stop(ws);
}

static void on_child(struct twc_child *child, int status, void *arg)
{
	struct twc_worker *w = arg;
	struct twc_workers *ws = w->ws;
	pid_t pid = twc_child_pid(child);
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
	char why[96];

	worker_listen_to(w); /* what it said at last */
	channel_close(ws->r, w);
	w->child = NULL;
	w->is_ready = false;
	ws->n_live--;
	if (ws->o.gone)
		ws->o.gone(ws->o.arg, w->index);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
		workers_failed(ws, WEXITSTATUS(status));
	} else if (ws->is_stopping) {
		ws->is_cut |= WIFSIGNALED(status);
	} else {
		snprintf(why, sizeof(why), WIFSIGNALED(status) ? "(%d) was ended by signal %d (SIG%s)" : "(%d) has ended",
			 (int)pid, WTERMSIG(status), name ? name : "?");
		worker_pause(w, why);
	}
	workers_maybe_finish(ws);
}

/* In the new process: nothing of the parent's but what `run` was made for. */
static TWC_NORETURN void worker_main(struct twc_worker *w, int channel)
{
	struct twc_workers *ws = w->ws;

	for (unsigned i = 0; i < ws->o.n; i++)
		if (ws->worker[i].channel.fd >= 0)
			close(ws->worker[i].channel.fd);
	twc_reactor_disown(ws->r);
	w->channel = (struct twc_watch){ .fd = channel };
	_exit(ws->o.run(ws->o.arg, w));
}

/* Nobody hears of its end any more. */
static void worker_kill(struct twc_worker *w)
{
	if (!w->child)
		return;
	(void)twc_child_kill(w->child, SIGKILL);
	(void)waitpid(twc_child_pid(w->child), NULL, 0);
	twc_child_release(w->child);
	w->child = NULL;
}

/* In the parent: looks after the new process, or kills it. Owns its end of the channel. */
static int worker_made(struct twc_worker *w, pid_t pid, int channel, struct twc_err *err)
{
	struct twc_workers *ws = w->ws;

	w->child = twc_child_adopt(ws->r, pid, on_child, w, err);
	if (w->child && twc_watch_start(ws->r, &w->channel, channel, TWC_READ, on_channel, err) == 0) {
		ws->n_live++;
		return 0;
	}
	worker_kill(w);
	close(channel);
	w->channel.fd = -1;
	return err->code;
}

static int worker_fork(struct twc_worker *w, struct twc_err *err)
{
	struct twc_workers *ws = w->ws;
	int ends[2], sys;
	pid_t pid;

	w->began_ns = twc_reactor_now(ws->r);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot begin: socketpair failed");
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		worker_main(w, ends[1]);
	}
	sys = errno;
	close(ends[1]);
	if (pid > 0)
		return worker_made(w, pid, ends[0], err);
	close(ends[0]);
	return twc_err_sys(err, TWC_EOS, sys, NULL, "cannot begin: fork failed");
}

/* ---- the parent's functions ---- */

unsigned twc_workers_default(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n < TWC_WORKERS_MAX ? (unsigned)n : TWC_WORKERS_MAX;
}

struct twc_workers *twc_workers_new(struct twc_reactor *r, const struct twc_workers_opts *o, struct twc_err *err)
{
	void *map = mmap(NULL, sizeof(struct twc__workers_shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct twc_workers *ws;

	TWC_ASSERT(o->n > 0 && o->n <= TWC_WORKERS_MAX);
	if (map == MAP_FAILED) {
		twc_err_sys(err, TWC_ENOMEM, errno, NULL, "cannot map memory for the workers");
		return NULL;
	}
	ws = twc_calloc(1, sizeof(*ws));
	ws->r = r;
	ws->o = *o;
	ws->shared = map;
	ws->worker = twc_calloc(o->n, sizeof(*ws->worker));
	for (unsigned i = 0; i < o->n; i++)
		ws->worker[i] = (struct twc_worker){ .ws = ws, .shared = map, .index = i, .channel.fd = -1 };
	return ws;
}

int twc_workers_start(struct twc_workers *ws, struct twc_err *err)
{
	struct twc_err why = { 0 };

	for (unsigned i = 0; i < ws->o.n && !why.code; i++)
		(void)worker_fork(&ws->worker[i], &why);
	if (why.code)
		twc_err_set(err, why.code, "a worker %s", why.text);
	return why.code;
}

void twc_workers_report(struct twc_workers *ws)
{
	workers_tell(ws, TWC__WORKER_REPORT);
}

void twc_workers_reload(struct twc_workers *ws)
{
	workers_tell(ws, TWC__WORKER_RELOAD);
}

void twc_workers_count(const struct twc_workers *ws, uint64_t *total, uint64_t *in, uint64_t *out)
{
	*total = __atomic_load_n(&ws->shared->total, __ATOMIC_RELAXED);
	*in = __atomic_load_n(&ws->shared->in, __ATOMIC_RELAXED);
	*out = __atomic_load_n(&ws->shared->out, __ATOMIC_RELAXED);
}

void twc_workers_free(struct twc_workers *ws)
{
	struct twc_timer *timer[] = { &ws->accept_timer, &ws->for_timer, &ws->drain_timer, &ws->cut_timer,
				      &ws->finish_timer };

	for (unsigned i = 0; i < ws->o.n; i++) {
		struct twc_worker *w = &ws->worker[i];

		twc_timer_stop(ws->r, &w->again);
		channel_close(ws->r, w);
		worker_kill(w);
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(timer); i++)
		twc_timer_stop(ws->r, timer[i]);
	munmap(ws->shared, sizeof(*ws->shared));
	twc_free(ws->worker);
	twc_free(ws);
}
