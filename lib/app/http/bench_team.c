/* SPDX-License-Identifier: MIT */
/*
 * A load in several processes: all is made once, in the parent, and copied by fork(2). Each worker has a reactor and its share of the
 * connections, requests and rate, and writes what comes of them into its part of a piece of memory that all of them see.
 *
 * Invariant: a member has a child as long as its process lives.
 */
#include "app/http/bench_int.h"

#include <twc/parse.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

#define GRACE_NS (2 * TWC_NS_PER_S) /* for workers that were told to stop */

struct member {
	struct twc__bench_team *team;
	struct twc_child *child; /* the reactor's; NULL: it has ended */
	unsigned index;
};

struct twc__bench_team {
	struct twc_http_bench *b;
	struct twc__bench_result *result; /* owned, mapped: n of them */
	struct member *member;		  /* owned: n of them */
	unsigned n, n_live;
	bool is_stopping;
	struct twc_timer grace;
	struct twc_err err;
};

void twc__bench_team_merge(const struct twc__bench_team *t, struct twc__bench_result *out)
{
	bool all_ended = true;

	*out = (struct twc__bench_result){ 0 };
	for (unsigned i = 0; i < t->n; i++) {
		twc__bench_result_merge(out, &t->result[i]);
		all_ended = all_ended && t->result[i].ended_ns > 0;
	}
	if (!all_ended)
		out->ended_ns = 0;
}

/* ---- in a worker ---- */

static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	(void)w;
	(void)signo;
	twc_http_bench_stop(arg);
}

static int worker_run(struct twc_http_bench *b, struct twc_err *err)
{
	static const int signos[] = { SIGINT, SIGTERM };
	struct twc_signal_watch watch[TWC_ARRAY_LEN(signos)] = { 0 };
	int rc = 0;

	b->r = b->o.reactor_new(b->o.arg, err);
	if (!b->r)
		return err->code;
	for (size_t i = 0; i < TWC_ARRAY_LEN(signos) && rc == 0; i++)
		rc = twc_signal_start(b->r, &watch[i], signos[i], on_signal, b, err);
	if (rc < 0)
		return rc;
	twc__bench_begin(b);
	return twc_reactor_run(b->r, err);
}

/* Without a parent there is nobody to tell. */
static TWC_NORETURN void worker_main(struct twc__bench_team *t, unsigned index, pid_t parent)
{
	struct twc_http_bench *b = t->b;
	struct twc_err err = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	twc_reactor_disown(b->r);
	twc_free(b->result);
	b->result = &t->result[index];
	b->index = index;
	b->team = NULL;
	b->o.ended = NULL;
	if (worker_run(b, &err) < 0)
		b->result->err = err;
	if (b->o.worker_ended)
		b->o.worker_ended(b->o.arg);
	_exit(0);
}

/* ---- in the parent ---- */

static void team_finish(struct twc__bench_team *t)
{
	struct twc_http_bench *b = t->b;
	struct twc_err err = t->err;

	twc_timer_stop(b->r, &t->grace);
	twc__bench_team_merge(t, b->result);
	if (!err.code)
		err = b->result->err;
	b->o.ended(b->o.arg, &err);
}

static void on_child(struct twc_child *child, int status, void *arg)
{
	struct member *m = arg;
	struct twc__bench_team *t = m->team;

	(void)child;
	m->child = NULL;
	if ((WIFSIGNALED(status) || WEXITSTATUS(status) != 0) && !t->err.code) {
		if (WIFSIGNALED(status))
			twc_err_set(&t->err, TWC_EOS, "worker %u was ended by signal %d", m->index + 1, WTERMSIG(status));
		else
			twc_err_set(&t->err, TWC_EOS, "worker %u ended with status %d", m->index + 1, WEXITSTATUS(status));
	}
	/* What makes one fail makes all of them. */
	if (t->err.code || t->result[m->index].err.code)
		twc__bench_team_stop(t);
	if (--t->n_live == 0)
		team_finish(t);
}

static int member_fork(struct member *m, struct twc_err *err)
{
	struct twc__bench_team *t = m->team;
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		worker_main(t, m->index, parent);
	if (pid < 0)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot fork a worker");
	m->child = twc_child_adopt(t->b->r, pid, on_child, m, err);
	if (!m->child)
		return err->code;
	t->n_live++;
	return 0;
}

static void on_grace(struct twc_timer *timer, void *arg)
{
	struct twc__bench_team *t = arg;

	(void)timer;
	for (unsigned i = 0; i < t->n; i++)
		if (t->member[i].child)
			(void)twc_child_kill(t->member[i].child, SIGKILL);
}

void twc__bench_team_stop(struct twc__bench_team *t)
{
	if (t->is_stopping)
		return;
	t->is_stopping = true;
	for (unsigned i = 0; i < t->n; i++)
		if (t->member[i].child)
			(void)twc_child_kill(t->member[i].child, SIGTERM);
	twc_timer_start(t->b->r, &t->grace, GRACE_NS, on_grace, t);
}

int twc__bench_team_start(struct twc__bench_team *t, struct twc_err *err)
{
	for (unsigned i = 0; i < t->n; i++)
		if (member_fork(&t->member[i], err) < 0)
			return err->code;
	return 0;
}

struct twc__bench_team *twc__bench_team_new(struct twc_http_bench *b, struct twc_err *err)
{
	unsigned n = b->o.workers;
	void *map = mmap(NULL, n * sizeof(struct twc__bench_result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct twc__bench_team *t;

	if (map == MAP_FAILED) {
		twc_err_sys(err, TWC_ENOMEM, errno, NULL, "cannot map memory for the workers");
		return NULL;
	}
	t = twc_calloc(1, sizeof(*t));
	t->b = b;
	t->n = n;
	t->result = map;
	t->member = twc_calloc(n, sizeof(*t->member));
	for (unsigned i = 0; i < n; i++)
		t->member[i] = (struct member){ .team = t, .index = i };
	return t;
}

void twc__bench_team_free(struct twc__bench_team *t)
{
	twc_timer_stop(t->b->r, &t->grace);
	for (unsigned i = 0; i < t->n; i++)
		if (t->member[i].child) {
			(void)twc_child_kill(t->member[i].child, SIGKILL);
			twc_child_release(t->member[i].child);
		}
	(void)munmap(t->result, t->n * sizeof(*t->result));
	twc_free(t->member);
	twc_free(t);
}
