/* SPDX-License-Identifier: MIT */
/* Workers: the order of their reports, what they are told, how one that dies is replaced. Their work is to count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <twc/app.h>
#include <unistd.h>

enum { N = 3 };

struct run {
	struct twc_reactor *r, *built;
	struct twc_workers *ws;
	struct twc_worker *w; /* in a worker */
	/* in memory of all */
	struct {
		int begun[N], reports[N], stops[N], cuts[N];
		bool is_back; /* the one that died early serves again */
		pid_t pid[N];
	} *all;
	bool is_ready, is_stopping, is_stopped, exits, hangs;
	bool fails_late; /* all but the first, when they were told to stop */
	bool looks; /* some time after all were told to stop */
	struct twc_timer look;
	bool kills; /* as soon as all are ready */
	bool dies;  /* the first one, when it is ready and the last one is not */
	int gone, failed, n_failed, warnings;
	struct twc_err err;
};

static void end_loop(struct run *x)
{
	twc_reactor_stop(x->r);
}

/* ---- in a worker ---- */

static void on_stop(void *arg)
{
	struct run *x = arg;

	x->all->stops[twc_worker_index(x->w)]++;
	if (!x->hangs)
		twc_reactor_stop(x->built);
}

static void on_cut(void *arg)
{
	struct run *x = arg;

	x->all->cuts[twc_worker_index(x->w)]++;
	if (!x->hangs)
		twc_reactor_stop(x->built);
}

static void on_report(void *arg)
{
	struct run *x = arg;

	x->all->reports[twc_worker_index(x->w)]++;
}

/* The first one dies as soon as it has said that it is ready; the last waits until it has come back, and that one is in
 * no hurry. */
static void die_and_come_back(struct run *x, unsigned i)
{
	if (i == N - 1)
		while (__atomic_load_n(&x->all->begun[0], __ATOMIC_SEQ_CST) < 2)
			poll(NULL, 0, 1);
	if (i || x->all->begun[0] < 2)
		return;
	poll(NULL, 0, 100);
	x->all->is_back = true;
}

static int work(void *arg, struct twc_worker *w)
{
	static const struct twc_worker_ops ops = { .stop = on_stop, .cut = on_cut, .report = on_report };
	unsigned i = twc_worker_index(w);
	struct run *x = arg;
	struct twc_err err;

	x->w = w;
	x->all->begun[i]++;
	x->all->pid[i] = getpid();
	if (x->exits && i == 1)
		return 66;
	alarm(20);
	if (x->dies)
		die_and_come_back(x, i);
	if (twc_reactor_renew(x->built, &err) < 0 || twc_worker_begin(w, x->built, &ops, x, &err) < 0)
		return 1;
	if (x->dies && !i && !x->all->is_back)
		raise(SIGKILL);
	if (twc_reactor_run(x->built, &err) < 0)
		return 1;
	twc_worker_done(w, 1 + i, 10, 100, false);
	twc_reactor_free(x->built);
	return x->fails_late && i ? 70 + (int)i : 0;
}

/* ---- in the parent ---- */

static void on_ready(void *arg)
{
	struct run *x = arg;

	x->is_ready = true;
	if (x->dies)
		assert_true(x->all->is_back);
	if (x->kills)
		kill(x->all->pid[0], SIGKILL);
	else
		twc_workers_report(x->ws);
	if (!x->kills)
		twc_workers_stop(x->ws);
}

static void on_gone(void *arg, unsigned index)
{
	struct run *x = arg;

	assert_true(index < N);
	x->gone++;
}

static void on_failed(void *arg, int status)
{
	struct run *x = arg;

	x->failed = status;
	x->n_failed++;
}

/* Nobody was told to end at once. */
static void on_look(struct twc_timer *t, void *arg)
{
	struct run *x = arg;

	for (int i = 0; i < N; i++)
		assert_int_equal(x->all->cuts[i], 0);
	end_loop(x);
}

static void on_stopping(void *arg)
{
	struct run *x = arg;

	assert_false(x->is_stopping);
	x->is_stopping = true;
	if (x->looks)
		twc_timer_start(x->r, &x->look, 400 * LOOP_MS, on_look, x);
}

static void on_stopped(void *arg, const struct twc_err *err)
{
	struct run *x = arg;

	assert_true(x->is_stopping);
	assert_false(x->is_stopped);
	x->is_stopped = true;
	x->err = *err;
	end_loop(x);
}

/* The one line that a death makes; the one that follows it serves already when it is replaced. */
static void on_log(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	struct run *x = arg;

	(void)cat;
	if (level != TWC_LOG_WARN)
		return;
	assert_non_null(strstr(text, "was ended by signal 9 (SIGKILL); another one begins in 50ms"));
	x->warnings++;
}

static void run_open(struct run *x, const struct twc_workers_opts *more)
{
	struct twc_workers_opts o = *more;
	struct twc_err err;

	x->all = mmap(NULL, sizeof(*x->all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	x->r = loop_real();
	x->built = loop_real();
	twc_reactor_log(x->r)->sink = on_log;
	twc_reactor_log(x->r)->arg = x;
	o.n = N;
	o.run = work;
	o.ready = on_ready;
	o.gone = on_gone;
	o.failed = on_failed;
	o.stopping = on_stopping;
	o.stopped = on_stopped;
	o.arg = x;
	x->ws = twc_workers_new(x->r, &o, &err);
	assert_non_null(x->ws);
	assert_int_equal(twc_workers_start(x->ws, &err), 0);
}

static void run_close(struct run *x)
{
	twc_workers_free(x->ws);
	twc_reactor_free(x->built);
	twc_reactor_free(x->r);
	munmap(x->all, sizeof(*x->all));
}

static void all_begin_report_and_stop(void **state)
{
	struct twc_workers_opts o = { .drain_ns = LOOP_S };
	uint64_t total, in, out;
	struct run x = { 0 };

	run_open(&x, &o);
	assert_true(loop_run(x.r));
	assert_true(x.is_ready);
	assert_int_equal(x.err.code, 0);
	assert_int_equal(x.gone, N);
	for (int i = 0; i < N; i++) {
		assert_int_equal(x.all->begun[i], 1);
		assert_int_equal(x.all->reports[i], 1);
		assert_int_equal(x.all->stops[i], 1);
	}
	twc_workers_count(x.ws, &total, &in, &out);
	assert_int_equal(total, 1 + 2 + 3);
	assert_int_equal(in, 30);
	assert_int_equal(out, 300);
	run_close(&x);
}

static void one_that_is_killed_is_replaced(void **state)
{
	struct twc_workers_opts o = { .drain_ns = LOOP_S, .for_ns = 300 * LOOP_MS };
	struct run x = { .kills = true };

	run_open(&x, &o);
	assert_true(loop_run(x.r));
	assert_int_equal(x.err.code, 0);
	assert_int_equal(x.warnings, 1);
	assert_int_equal(x.all->begun[0], 2);
	assert_int_equal(x.all->begun[1], 1);
	assert_int_equal(x.gone, N + 1);
	run_close(&x);
}

static void ready_is_said_when_all_are(void **state)
{
	struct twc_workers_opts o = { .drain_ns = LOOP_S };
	struct run x = { .dies = true };

	run_open(&x, &o);
	assert_true(loop_run(x.r));
	assert_true(x.is_ready);
	assert_int_equal(x.warnings, 1);
	run_close(&x);
}

static void one_that_fails_ends_all(void **state)
{
	struct twc_workers_opts o = { .drain_ns = LOOP_S };
	struct run x = { .exits = true };

	run_open(&x, &o);
	assert_true(loop_run(x.r));
	assert_false(x.is_ready);
	assert_int_equal(x.failed, 66);
	assert_int_equal(x.all->begun[1], 1);
	run_close(&x);
}

static void one_that_fails_at_the_end_is_told(void **state)
{
	struct twc_workers_opts o = { .drain_ns = LOOP_S };
	struct run x = { .fails_late = true };

	run_open(&x, &o);
	assert_true(loop_run(x.r));
	assert_true(x.failed == 71 || x.failed == 72);
	assert_int_equal(x.n_failed, 1);
	assert_int_equal(x.gone, N);
	run_close(&x);
}

static void one_that_hangs_is_killed(void **state)
{
	struct twc_workers_opts o = { 0 };
	struct run x = { .hangs = true };

	run_open(&x, &o);
	assert_true(loop_run(x.r)); /* 2 s after the drain, and one more */
	assert_int_equal(x.err.code, TWC_ECANCELLED);
	assert_int_equal(x.gone, N);
	run_close(&x);
}

/* As long as it takes: a time that is written as a very large number must not become a small one. */
static void a_drain_for_ever(void **state)
{
	struct twc_workers_opts o = { .drain_ns = UINT64_MAX - 1950 * LOOP_MS };
	struct run x = { .hangs = true, .looks = true };

	run_open(&x, &o);
	assert_true(loop_run(x.r));
	assert_false(x.is_stopped);
	run_close(&x);
}

static void nobody_comes(void **state)
{
	struct twc_workers_opts o = { .drain_ns = LOOP_S, .accept_timeout_ns = 50 * LOOP_MS };
	struct run x = { .kills = true };

	run_open(&x, &o);
	assert_true(loop_run(x.r));
	assert_int_equal(x.err.code, TWC_ETIMEDOUT);
	assert_string_equal(x.err.text, "no client within 50ms");
	run_close(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_begin_report_and_stop),
		cmocka_unit_test(one_that_is_killed_is_replaced),
		cmocka_unit_test(ready_is_said_when_all_are),
		cmocka_unit_test(one_that_fails_ends_all),
		cmocka_unit_test(one_that_fails_at_the_end_is_told),
		cmocka_unit_test(one_that_hangs_is_killed),
		cmocka_unit_test(a_drain_for_ever),
		cmocka_unit_test(nobody_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
