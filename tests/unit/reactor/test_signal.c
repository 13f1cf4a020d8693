/* SPDX-License-Identifier: MIT */
/* Signals as events: delivery, order of stop and start, the mask before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include <pthread.h>
#include <signal.h>

struct seen {
	struct twc_reactor *r;
	int n, last;
	struct twc_signal_watch *stop;
};

static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	struct seen *s = arg;

	assert_int_equal(w->signo, signo);
	s->n++;
	s->last = signo;
	if (s->stop)
		twc_signal_stop(s->r, s->stop);
}

static bool is_blocked(int signo)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, signo) == 1;
}

static void delivered_from_the_loop(void **state)
{
	struct seen s = { .r = loop_fake() };
	struct twc_signal_watch w = { 0 };

	assert_int_equal(twc_signal_start(s.r, &w, SIGUSR1, on_signal, &s, NULL), 0);
	assert_true(is_blocked(SIGUSR1));
	raise(SIGUSR1);
	assert_int_equal(s.n, 0);
	twc_reactor_step(s.r);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last, SIGUSR1);
	twc_reactor_step(s.r);
	assert_int_equal(s.n, 1);
	twc_signal_stop(s.r, &w);
	twc_signal_stop(s.r, &w);
	assert_false(is_blocked(SIGUSR1));
	assert_int_equal(twc_signal_start(s.r, &w, SIGUSR1, on_signal, &s, NULL), 0); /* again */
	raise(SIGUSR1);
	twc_reactor_step(s.r);
	assert_int_equal(s.n, 2);
	twc_reactor_free(s.r); /* while watched */
	assert_false(is_blocked(SIGUSR1));
}

static void several_and_one_stops_another(void **state)
{
	struct seen s = { .r = loop_fake() };
	struct twc_signal_watch a = { 0 }, b = { 0 };

	/* SIGUSR1 comes before SIGUSR2; the second stays pending while blocked, so block it for good first */
	sigset_t two;
	sigemptyset(&two);
	sigaddset(&two, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &two, NULL);
	assert_int_equal(twc_signal_start(s.r, &a, SIGUSR1, on_signal, &s, NULL), 0);
	assert_int_equal(twc_signal_start(s.r, &b, SIGUSR2, on_signal, &s, NULL), 0);
	s.stop = &b;
	raise(SIGUSR1);
	raise(SIGUSR2);
	twc_reactor_step(s.r);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.last, SIGUSR1);
	assert_true(is_blocked(SIGUSR2)); /* it was before we came */
	twc_signal_stop(s.r, &a);
	twc_reactor_free(s.r);
	assert_true(is_blocked(SIGUSR2));
	pthread_sigmask(SIG_UNBLOCK, &two, NULL);
}

static void an_ignored_signal_is_reported_while_watched(void **state)
{
	struct seen s = { .r = loop_fake() };
	struct twc_signal_watch w = { 0 };
	struct sigaction was;

	signal(SIGHUP, SIG_IGN);
	assert_int_equal(twc_signal_start(s.r, &w, SIGHUP, on_signal, &s, NULL), 0);
	raise(SIGHUP);
	twc_reactor_step(s.r);
	assert_int_equal(s.n, 1);
	twc_signal_stop(s.r, &w);
	sigaction(SIGHUP, NULL, &was);
	assert_true(was.sa_handler == SIG_IGN);
	signal(SIGHUP, SIG_DFL);
	twc_reactor_free(s.r);
}

static void refused(void **state)
{
	struct seen s = { .r = loop_fake() };
	struct twc_signal_watch w = { 0 }, v = { 0 };
	static const int bad[] = { SIGKILL, SIGSTOP, 0, -1, 9999 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		assert_int_equal(twc_signal_start(s.r, &w, bad[i], on_signal, &s, NULL), TWC_EUSAGE);
	assert_int_equal(twc_signal_start(s.r, &w, SIGUSR1, on_signal, &s, NULL), 0);
	assert_int_equal(twc_signal_start(s.r, &v, SIGUSR1, on_signal, &s, NULL), TWC_EUSAGE);
	twc_signal_stop(s.r, &v); /* never started: the other goes on */
	raise(SIGUSR1);
	twc_reactor_step(s.r);
	assert_int_equal(s.n, 1);
	twc_reactor_free(s.r);
}

static void stop_running(struct twc_signal_watch *w, int signo, void *arg)
{
	struct seen *s = arg;

	s->n++;
	twc_signal_stop(s->r, w);
}

static void run_waits_for_a_signal(void **state)
{
	struct seen s = { .r = loop_real() };
	struct twc_signal_watch w = { 0 };

	assert_int_equal(twc_signal_start(s.r, &w, SIGUSR2, stop_running, &s, NULL), 0);
	raise(SIGUSR2);
	assert_true(loop_run(s.r)); /* the watch kept it going; now nothing is left */
	assert_int_equal(s.n, 1);
	twc_reactor_free(s.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivered_from_the_loop),
		cmocka_unit_test(several_and_one_stops_another),
		cmocka_unit_test(an_ignored_signal_is_reported_while_watched),
		cmocka_unit_test(refused),
		cmocka_unit_test(run_waits_for_a_signal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
