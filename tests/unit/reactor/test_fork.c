/* SPDX-License-Identifier: MIT */
/* What fork(2) does to a reactor: a child gives one up, makes one its own, is looked after; one of several is woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "reactor/reactor_int.h"
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct seen {
	struct twc_watch w;
	struct twc_reactor *r;
	unsigned calls;
	bool done;
	int status;
};

static void on_ready(struct twc_watch *w, unsigned ready)
{
	struct seen *s = TWC_CONTAINER_OF(w, struct seen, w);

	assert_true(ready & TWC_READ);
	s->calls++;
	s->done = true;
}

static void on_end(struct twc_child *c, int status, void *arg)
{
	struct seen *s = arg;

	(void)c;
	s->status = status;
	s->done = true;
}

static void on_timer(struct twc_timer *t, void *arg)
{
	(void)t;
	*(bool *)arg = true;
}

static void a_child_is_adopted(void **state)
{
	struct twc_reactor *r = loop_real();
	struct seen s = { 0 };
	struct twc_err err;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	assert_non_null(twc_child_adopt(r, pid, on_end, &s, &err));
	assert_true(loop_until(r, &s.done));
	assert_int_equal(WEXITSTATUS(s.status), 7);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	twc_reactor_free(r);
}

/* In the child: the parent's is given up, another that was made before is renewed and runs. */
static int child(struct twc_reactor *theirs, struct twc_reactor *ours)
{
	bool fired = false;
	struct twc_timer t = { 0 };
	struct twc_err err;

	twc_reactor_disown(theirs);
	if (twc_reactor_renew(ours, &err) < 0)
		return 1;
	twc_timer_start(ours, &t, LOOP_MS, on_timer, &fired);
	if (!loop_until(ours, &fired))
		return 2;
	twc_reactor_free(ours);
	return 0;
}

static void a_child_leaves_the_parents_reactor_alone(void **state)
{
	struct twc_reactor *r = loop_real(), *built = loop_real();
	struct seen watch = { 0 }, end = { 0 };
	struct twc_err err;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pid_t pid;

	assert_int_equal(twc_watch_start(r, &watch.w, fd, TWC_READ, on_ready, &err), 0);
	pid = fork();
	if (pid == 0)
		_exit(child(r, built));
	assert_non_null(twc_child_adopt(r, pid, on_end, &end, &err));
	assert_true(loop_until(r, &end.done));
	assert_int_equal(WEXITSTATUS(end.status), 0);
	assert_false(watch.done);
	eventfd_write(fd, 1);
	assert_true(loop_until(r, &watch.done)); /* it is watched still */
	twc_watch_stop(r, &watch.w);
	close(fd);
	twc_reactor_free(built);
	twc_reactor_free(r);
}

/* Two reactors stand for two processes: who was served goes behind the other. */
static void an_exclusive_watch_comes_and_goes(void **state)
{
	struct twc_reactor *r[2] = { loop_real(), loop_real() };
	struct seen s[2] = { 0 };
	struct twc_err err;
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(twc_watch_start(r[i], &s[i].w, fd, 0, on_ready, &err), 0);
		twc_watch_set(r[i], &s[i].w, TWC_READ | TWC_EXCLUSIVE);
		assert_true(loop_until(r[i], &s[i].done)); /* what is there already is found */
		twc__watch_requeue(r[i], &s[i].w);
		s[i].done = false;
		assert_true(loop_until(r[i], &s[i].done));
	}
	twc_watch_set(r[0], &s[0].w, 0);
	s[0].calls = 0;
	twc_reactor_step(r[0]);
	assert_int_equal(s[0].calls, 0);
	for (int i = 0; i < 2; i++) {
		twc_watch_stop(r[i], &s[i].w);
		twc_reactor_free(r[i]);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_is_adopted),
		cmocka_unit_test(a_child_leaves_the_parents_reactor_alone),
		cmocka_unit_test(an_exclusive_watch_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
