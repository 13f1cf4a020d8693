/* SPDX-License-Identifier: MIT */
/*
 * The reactor owns time and descriptors. It is passed explicitly to everything that needs one; there is
 * no global, and two reactors in two threads share nothing.
 *
 * One turn, in this order:
 *   1. timers   those due when the turn began are collected first, then run in order of deadline
 *   2. I/O      descriptors found ready by one epoll_wait
 *   3. calls    what was queued with twc_reactor_call or _post before this phase began
 *   4. deaths   objects that ended in this turn are freed
 * A callback may do anything: add, change or stop any watch or timer, its own included, and stop the
 * reactor. Nothing here may be called from another thread, but for twc_reactor_post.
 *
 * Ways to drive it: twc_reactor_run; or inside a host's loop: twc_reactor_fd gives one pollable descriptor
 * and twc_reactor_step does what is due; or on a libevent base (twc_reactor_attach_event_base).
 */
#ifndef TWC_REACTOR_H
#define TWC_REACTOR_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/log.h>
#include <signal.h>
#include <sys/types.h>

#pragma GCC visibility push(default)

struct twc_reactor;
struct twc_deferred;

/* ---- life cycle ---- */

/* NULL and *err (TWC_EOS, TWC_ELIMIT) when the kernel refuses. No thread, no signal handler and no
 * buffer is made before it is needed. */
struct twc_reactor *twc_reactor_new(struct twc_err *err);
/* A reactor whose clock stands still until twc_reactor_advance moves it; for tests. Starts at 1000 s. */
struct twc_reactor *twc_reactor_new_fake(struct twc_err *err);
/*
 * Not from inside a callback. Deferreds that are not fired are cancelled (and what their steps then ask for, a few
 * times over), worker threads joined after the job at hand, connections aborted: their steps and lost() run in here,
 * so what those point to must still be there. Then timers and watches still active are forgotten, queued calls
 * dropped, children left to themselves.
 */
void twc_reactor_free(struct twc_reactor *r);

/* Turns until twc_reactor_stop, or until nothing is left that could ever wake it (no watch, timer, signal watch,
 * child, queued call or worker job; on a fake clock a timer that is not due counts as nothing). May be run
 * again. 0, or TWC_EOS when epoll itself fails. */
int twc_reactor_run(struct twc_reactor *r, struct twc_err *err);
/* Idempotent; the current turn is finished first. Stopped before it runs, the next run returns at once. */
void twc_reactor_stop(struct twc_reactor *r);

/* ---- across fork(2): a reactor's descriptors would be shared with the parent's ---- */

/* In the child: gives up `r`, which is the parent's. Closes what belongs to it without a change to what the parent sees;
 * its memory stays, and nothing else may be done with it. The signals it watches stay blocked. */
void twc_reactor_disown(struct twc_reactor *r);
/* In the child: makes `r` its own, with descriptors of its own. Timers and queued calls stay; it must not have run yet nor
 * have a watch, a signal, a child, a thread or a host. 0, or a code after which it can only be freed. */
int twc_reactor_renew(struct twc_reactor *r, struct twc_err *err);

/* ---- inside a host's loop ---- */

/* A descriptor that polls readable whenever a step has something to do (I/O, timers, calls). Owned by the
 * reactor; the same one every time. From the first call on, timers are mirrored in a timerfd; -1 when the
 * kernel refuses one. */
int twc_reactor_fd(struct twc_reactor *r);
/* One turn without blocking. Returns true when more is due at once. */
bool twc_reactor_step(struct twc_reactor *r);
/* Hosts the reactor on a libevent 2 base: `event_base` is a struct event_base *, borrowed; it must outlive
 * the reactor or twc_reactor_detach. The base's owner runs the base; twc_reactor_run is then not used. */
int twc_reactor_attach_event_base(struct twc_reactor *r, void *event_base, struct twc_err *err);
void twc_reactor_detach_event_base(struct twc_reactor *r);

/* ---- time: monotonic nanoseconds, taken once a turn and after each wait ---- */

uint64_t twc_reactor_now(const struct twc_reactor *r);
uint64_t twc_reactor_clock(const struct twc_reactor *r); /* read anew: for measuring, not for timers */
/* Fake clock only: moves time forward, running every timer at its own moment, in order, those newly added
 * too, and turns until nothing is due. advance(r, 0) = run what is ready now. */
void twc_reactor_advance(struct twc_reactor *r, uint64_t ns);

/* A timer is embedded in its owner, who must stop it before the memory goes. Zero it before first use. */
struct twc_timer;
typedef void (*twc_timer_fn)(struct twc_timer *t, void *arg);
struct twc_timer {
	twc_timer_fn fn;
	void *arg;
	uint64_t due;	  /* read-only: absolute ns; in fn of a repeating timer the next one */
	uint64_t period;  /* read-only: 0 = one shot */
	uint64_t skipped; /* read-only, repeating: whole periods missed before the current call */
	size_t slot;	  /* private: heap index + 1, 0 = idle */
};
/* (Re)starts. A one-shot timer is idle again when fn is called. Delay 0 fires in the next turn. */
void twc_timer_start(struct twc_reactor *r, struct twc_timer *t, uint64_t delay_ns, twc_timer_fn fn, void *arg);
/* Fires every period_ns (> 0), in phase with the start: missed ticks are skipped and counted, never queued. */
void twc_timer_every(struct twc_reactor *r, struct twc_timer *t, uint64_t period_ns, twc_timer_fn fn, void *arg);
void twc_timer_stop(struct twc_reactor *r, struct twc_timer *t); /* idle is fine */
static inline bool twc_timer_is_active(const struct twc_timer *t) { return t->slot != 0; }

/* ---- descriptors ---- */

enum {
	TWC_READ = 1,
	TWC_WRITE = 2,
	TWC_HUP = 4, /* reported without being asked for: error or both directions gone */
	TWC_EDGE = 8, /* with the others: report changes only; who asks reads and writes until EAGAIN */
	/* With TWC_READ, for a listening socket that several processes watch: one of those that wait is woken, not all. */
	TWC_EXCLUSIVE = 16,
};

/* Embedded in its owner like a timer. One watch per descriptor and reactor; level-triggered unless TWC_EDGE is
 * asked for. The watch does not own the descriptor; stop it before closing. */
struct twc_watch;
typedef void (*twc_watch_fn)(struct twc_watch *w, unsigned ready);
struct twc_watch {
	twc_watch_fn fn;
	int fd;
	uint8_t events; /* read-only: TWC_READ | TWC_WRITE | TWC_EDGE | TWC_EXCLUSIVE asked for */
	uint8_t active; /* read-only: events can come */
};
/* 0, TWC_EOS, or TWC_EDATA for a descriptor that cannot be polled (a regular file). `events` may be 0:
 * then only TWC_HUP is reported, once, after which the watch is inactive until twc_watch_set asks again. */
int twc_watch_start(struct twc_reactor *r, struct twc_watch *w, int fd, unsigned events, twc_watch_fn fn,
		    struct twc_err *err);
void twc_watch_set(struct twc_reactor *r, struct twc_watch *w, unsigned events); /* no system call if unchanged */
/* After this returns fn is not called any more, not even for an event of this turn. Idle is fine. */
void twc_watch_stop(struct twc_reactor *r, struct twc_watch *w);

/* ---- calls ---- */

typedef void (*twc_call_fn)(void *arg);
/* Calls fn(arg) in phase 3: of this turn if queued before it, else of the next. Cannot be taken back. */
void twc_reactor_call(struct twc_reactor *r, twc_call_fn fn, void *arg);
/* The same from any thread; wakes the reactor. The only thread-safe function here. Calls posted by one
 * thread run in its order. */
void twc_reactor_post(struct twc_reactor *r, twc_call_fn fn, void *arg);
/*
 * Runs job(arg) in a worker thread (at most 4, started when needed, signals blocked) and fires the deferred
 * with its return value, or with *err when job set it (the return value is then not looked at).
 * A value nobody takes goes to `result_free`; `arg` goes to `arg_free`; either may be NULL.
 *
 *   cancelled before a thread took it   the job never runs; TWC_ECANCELLED, then arg_free
 *   cancelled while it runs             TWC_ECANCELLED at once, the job is not interrupted; when it has ended,
 *                                       result_free of its value, then arg_free. Does not keep _run going
 *   not cancelled                       the deferred fires after the job has ended, then arg_free
 *
 * So the job owns `arg` from here on, and arg_free is called exactly once, from the reactor's thread: `arg`
 * must not be freed when the deferred fires. twc_reactor_free cancels what has not been delivered.
 */
typedef void *(*twc_job_fn)(void *arg, struct twc_err *err);
struct twc_deferred *twc_reactor_call_in_thread(struct twc_reactor *r, twc_job_fn job, void *arg,
						void (*arg_free)(void *), void (*result_free)(void *));

/* ---- signals: as events, by signalfd; the signal is blocked in the calling thread while watched ---- */

struct twc_signal_watch;
typedef void (*twc_signal_fn)(struct twc_signal_watch *w, int signo, void *arg);
struct twc_signal_watch {
	twc_signal_fn fn;
	void *arg;
	int signo;
	struct twc_signal_watch *next; /* private */
};
/* One watch per signal and reactor. TWC_EUSAGE for SIGKILL, SIGSTOP and a second watch. The disposition is left
 * alone; even an ignored signal is reported while watched. */
int twc_signal_start(struct twc_reactor *r, struct twc_signal_watch *w, int signo, twc_signal_fn fn, void *arg,
		     struct twc_err *err);
void twc_signal_stop(struct twc_reactor *r, struct twc_signal_watch *w); /* unblocks again; idle is fine */

/* ---- children ---- */

struct twc_spawn {
	const char *const *argv;   /* NULL-terminated; argv[0] is looked up in PATH */
	const char *const *envp;   /* NULL: inherit */
	const char *const *env_add; /* "NAME=value"…, NULL-terminated, on top; may be NULL */
	const char *chdir;	   /* may be NULL */
	int fd[3];		   /* becomes 0, 1, 2 of the child; -1: inherit; -2: /dev/null */
	bool new_group;		   /* own process group, so that it can be ended with what it started */
	bool new_session;	   /* setsid; implies new_group */
	bool controlling_tty;	   /* with new_session: fd[0] is a terminal and becomes the session's own */
	uint64_t log_id;	   /* for twc_transport_from_child with TWC_STDERR_LOG */
};
struct twc_child;
/* `status` is that of waitpid. Called once, from the loop; the child object is freed after it returns. */
typedef void (*twc_child_fn)(struct twc_child *c, int status, void *arg);
/* All other descriptors are closed in the child; caught and blocked signals are reset, SIGPIPE too; other ignored
 * ones stay ignored (nohup). A program that cannot be executed is reported here: TWC_ENOINPUT with sys ENOENT
 * (exit status 127) or another errno (126). Needs Linux 5.3 and a SIGCHLD that is not ignored: else TWC_EOS, and
 * status 255. */
struct twc_child *twc_child_spawn(struct twc_reactor *r, const struct twc_spawn *how, twc_child_fn fn, void *arg,
				  struct twc_err *err);
/* The same for a child that exists, made by fork(2). It is the reactor's to reap from now on; on failure it was killed. */
struct twc_child *twc_child_adopt(struct twc_reactor *r, pid_t pid, twc_child_fn fn, void *arg, struct twc_err *err);
pid_t twc_child_pid(const struct twc_child *c);
/* The whole group when new_group was asked for, else the process. False when it is gone already. */
bool twc_child_kill(struct twc_child *c, int signo);
/* Forgets the child: fn will not be called; it is reaped when it ends. */
void twc_child_release(struct twc_child *c);

/* ---- the rest ---- */

struct twc_log *twc_reactor_log(struct twc_reactor *r); /* owned by the reactor; set its sink and levels */

#pragma GCC visibility pop
#endif
