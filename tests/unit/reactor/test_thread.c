/* SPDX-License-Identifier: MIT */
/* Worker threads: results, errors, the four-thread limit, cancelling before and while a job runs, the end of the reactor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <twc/deferred.h>

struct job {
	sem_t started, go;
	atomic_int *running, *most;
	pthread_t thread;
	bool fail;
	int value;
	/* the reactor's thread */
	bool done;
	int code, n_arg_free, n_result_free;
	void *got;
};

static void *work(void *arg, struct twc_err *err)
{
	struct job *j = arg;

	j->thread = pthread_self();
	if (j->running) {
		int now = atomic_fetch_add(j->running, 1) + 1, most = atomic_load(j->most);
		while (now > most && !atomic_compare_exchange_weak(j->most, &most, now))
			;
	}
	sem_post(&j->started);
	sem_wait(&j->go);
	if (j->running)
		atomic_fetch_sub(j->running, 1);
	if (j->fail)
		twc_err_set(err, TWC_ENONAME, "no such thing");
	return &j->value;
}

static void arg_free(void *arg)
{
	((struct job *)arg)->n_arg_free++;
}
static void result_free(void *value)
{
	TWC_CONTAINER_OF(value, struct job, value)->n_result_free++;
}

static void on_result(struct twc_result *res, void *arg)
{
	struct job *j = arg;

	assert_false(j->done);
	j->done = true;
	j->code = res->err.code;
	if (j->code)
		twc_result_set(res, NULL, NULL); /* handled */
	else
		j->got = twc_result_take(res);
}

static void init(struct job *j)
{
	*j = (struct job){ 0 };
	sem_init(&j->started, 0, 0);
	sem_init(&j->go, 0, 0);
}

static struct twc_deferred *begin(struct twc_reactor *r, struct job *j)
{
	struct twc_deferred *d = twc_reactor_call_in_thread(r, work, j, arg_free, result_free);
	twc_deferred_add_both(d, on_result, j);
	return d;
}

static void value_and_error(void **state)
{
	struct twc_reactor *r = loop_real();
	struct job a, b;

	init(&a);
	init(&b);
	b.fail = true;
	sem_post(&a.go);
	sem_post(&b.go);
	twc_deferred_release(begin(r, &a));
	twc_deferred_release(begin(r, &b));
	assert_true(loop_run(r)); /* jobs keep it going */
	assert_ptr_equal(a.got, &a.value);
	assert_false(pthread_equal(a.thread, pthread_self()));
	assert_int_equal(b.code, TWC_ENONAME);
	assert_int_equal(a.n_arg_free + b.n_arg_free, 2);
	assert_int_equal(a.n_result_free + b.n_result_free, 0); /* one was taken, the other not looked at */
	twc_reactor_free(r);
}

static void at_most_four_at_once(void **state)
{
	struct twc_reactor *r = loop_real();
	static struct job j[12];
	atomic_int running = 0, most = 0;

	for (int i = 0; i < 12; i++) {
		init(&j[i]);
		j[i].running = &running;
		j[i].most = &most;
		twc_deferred_release(begin(r, &j[i]));
	}
	for (int i = 0; i < 4; i++) /* four have begun, all of them wait */
		sem_wait(&j[i].started);
	assert_int_equal(atomic_load(&running), 4);
	for (int i = 0; i < 12; i++)
		sem_post(&j[i].go);
	assert_true(loop_run(r));
	assert_int_equal(atomic_load(&most), 4);
	for (int i = 0; i < 12; i++)
		assert_ptr_equal(j[i].got, &j[i].value);
	twc_reactor_free(r);
}

static void cancelled(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_deferred *d[5];
	static struct job j[5];

	for (int i = 0; i < 5; i++) {
		init(&j[i]);
		d[i] = begin(r, &j[i]);
	}
	for (int i = 0; i < 4; i++)
		sem_wait(&j[i].started);
	twc_deferred_cancel(d[4]); /* waits for a thread: never runs */
	assert_int_equal(j[4].code, TWC_ECANCELLED);
	assert_int_equal(j[4].n_arg_free, 1);
	twc_deferred_cancel(d[0]); /* runs */
	assert_int_equal(j[0].code, TWC_ECANCELLED);
	assert_int_equal(j[0].n_arg_free, 0);
	for (int i = 0; i < 5; i++)
		twc_deferred_release(d[i]);
	for (int i = 1; i < 4; i++)
		sem_post(&j[i].go);
	assert_true(loop_run(r)); /* does not wait for the cancelled one */
	assert_int_equal(j[0].n_arg_free + j[0].n_result_free, 0);
	sem_post(&j[0].go);
	for (int i = 0; i < 1000 && !j[0].n_arg_free; i++) {
		struct job k;
		init(&k);
		sem_post(&k.go);
		twc_deferred_release(begin(r, &k));
		assert_true(loop_until(r, &k.done));
	}
	assert_int_equal(j[0].n_arg_free, 1);
	assert_int_equal(j[0].n_result_free, 1);
	twc_reactor_free(r);
	assert_int_equal(j[4].n_result_free, 0);
	assert_int_equal(sem_trywait(&j[4].started), -1);
}

static void free_cancels_what_is_left(void **state)
{
	struct twc_reactor *r = loop_real();
	static struct job j[6];

	for (int i = 0; i < 6; i++) {
		init(&j[i]);
		twc_deferred_release(begin(r, &j[i]));
	}
	for (int i = 0; i < 4; i++)
		sem_wait(&j[i].started);
	for (int i = 0; i < 6; i++)
		sem_post(&j[i].go);
	twc_reactor_free(r); /* joins the four at work; the rest may or may not have begun */
	for (int i = 0; i < 6; i++) {
		assert_int_equal(j[i].code, TWC_ECANCELLED);
		assert_int_equal(j[i].n_arg_free, 1);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(j[i].n_result_free, 1);
}

static void *mask_of_a_worker(void *arg, struct twc_err *err)
{
	pthread_sigmask(SIG_SETMASK, NULL, arg);
	return NULL;
}

static void on_mask(struct twc_result *res, void *arg) { *(bool *)arg = true; }

static void workers_take_no_signals(void **state)
{
	struct twc_reactor *r = loop_real();
	sigset_t mask;
	bool done = false;

	sigemptyset(&mask);
	struct twc_deferred *d = twc_reactor_call_in_thread(r, mask_of_a_worker, &mask, NULL, NULL);
	twc_deferred_add(d, on_mask, NULL, &done);
	twc_deferred_release(d);
	assert_true(loop_until(r, &done));
	assert_int_equal(sigismember(&mask, SIGTERM), 1);
	assert_int_equal(sigismember(&mask, SIGCHLD), 1);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_and_error),
		cmocka_unit_test(at_most_four_at_once),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(free_cancels_what_is_left),
		cmocka_unit_test(workers_take_no_signals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
