/* SPDX-License-Identifier: MIT */
/* The reactor inside a host's loop: a bare poll(), and a libevent base. The host's wait is the only one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reactor/reactor_int.h"
#include "support/loop.h"
#include <event2/event.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 5000

/* One round of a foreign loop: waits for the descriptor, then steps until nothing is due. */
static bool round_of_host(struct twc_reactor *r, int wait_ms)
{
	struct pollfd pfd = { .fd = twc_reactor_fd(r), .events = POLLIN };

	assert_true(pfd.fd >= 0);
	if (poll(&pfd, 1, wait_ms) != 1)
		return false;
	while (twc_reactor_step(r))
		;
	return true;
}

/* Rounds until *n reaches `want`. */
static void host_until(struct twc_reactor *r, const int *n, int want)
{
	while (*n < want)
		assert_true(round_of_host(r, PATIENCE_MS));
}

static void count_call(void *arg) { ++*(int *)arg; }
static void count_timer(struct twc_timer *t, void *arg) { ++*(int *)arg; }

static void the_descriptor_is_quiet_when_nothing_is_due(void **state)
{
	struct twc_reactor *r = loop_real();

	assert_int_equal(twc_reactor_fd(r), twc_reactor_fd(r));
	while (round_of_host(r, 0))
		;
	assert_false(round_of_host(r, 0));
	twc_reactor_free(r);
}

static void calls_between_steps_wake_the_host(void **state)
{
	struct twc_reactor *r = loop_real();
	int n = 0;

	twc_reactor_call(r, count_call, &n); /* before it is hosted */
	host_until(r, &n, 1);
	twc_reactor_call(r, count_call, &n);
	host_until(r, &n, 2);
	twc__reactor_after_callback(r, count_call, &n);
	host_until(r, &n, 3);
	while (round_of_host(r, 0))
		;
	twc_reactor_free(r);
}

struct chain {
	struct twc_reactor *r;
	int n;
};
static void call_next(void *arg)
{
	struct chain *c = arg;
	if (++c->n < 10)
		twc_reactor_call(c->r, call_next, c);
}

static void a_step_that_leaves_calls_says_so(void **state)
{
	struct chain c = { .r = loop_real() };
	struct pollfd pfd = { .fd = twc_reactor_fd(c.r), .events = POLLIN };

	twc_reactor_call(c.r, call_next, &c);
	assert_true(twc_reactor_step(c.r));
	assert_int_equal(c.n, 1);
	assert_int_equal(poll(&pfd, 1, 0), 1); /* and the descriptor does too, for a host that does not look */
	for (int i = 2; i <= 10; i++) {
		assert_int_equal(poll(&pfd, 1, 0), 1);
		assert_int_equal(twc_reactor_step(c.r), i < 10);
		assert_int_equal(c.n, i);
	}
	twc_reactor_free(c.r);
}

static void timers_wake_the_host(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_timer early = { 0 }, late = { 0 }, every = { 0 };
	int n = 0, ticks = 0;

	twc_timer_start(r, &late, 20 * LOOP_MS, count_timer, &n); /* before it is hosted */
	twc_reactor_fd(r);
	twc_timer_start(r, &early, LOOP_MS, count_timer, &n); /* moves the deadline forward */
	uint64_t start = twc_reactor_now(r);
	host_until(r, &n, 1);
	assert_true(twc_reactor_now(r) - start < 20 * LOOP_MS || n == 2);
	host_until(r, &n, 2);
	twc_timer_start(r, &late, 3600 * LOOP_S, count_timer, &n);
	twc_timer_start(r, &early, LOOP_MS, count_timer, &n);
	twc_timer_stop(r, &early); /* the deadline moves away: no call, and the host may sleep again */
	twc_timer_every(r, &every, LOOP_MS, count_timer, &ticks);
	host_until(r, &ticks, 5);
	assert_int_equal(n, 2);
	twc_timer_stop(r, &every);
	twc_timer_stop(r, &late);
	twc_timer_start(r, &early, 0, count_timer, &n);
	host_until(r, &n, 3);
	twc_reactor_free(r);
}

struct io {
	struct twc_watch w;
	int n;
};
static void on_read(struct twc_watch *w, unsigned ready)
{
	char c;
	assert_int_equal(read(w->fd, &c, 1), 1);
	TWC_CONTAINER_OF(w, struct io, w)->n++;
}

static void watches_and_posts_wake_the_host(void **state)
{
	struct twc_reactor *r = loop_real();
	struct io io = { 0 };
	int sv[2], n = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(twc_watch_start(r, &io.w, sv[0], TWC_READ, on_read, NULL), 0);
	assert_int_equal(write(sv[1], "ab", 2), 2);
	host_until(r, &io.n, 2);
	twc_reactor_post(r, count_call, &n);
	host_until(r, &n, 1);
	while (round_of_host(r, 0))
		;
	twc_watch_stop(r, &io.w);
	close(sv[0]);
	close(sv[1]);
	twc_reactor_free(r);
}

/* ---- libevent ---- */

struct guest {
	struct twc_reactor *r;
	struct event_base *base;
	struct twc_timer t;
	int n;
	bool detach;
};

static void on_guest_timer(struct twc_timer *t, void *arg)
{
	struct guest *g = arg;

	g->n++;
	if (g->detach)
		twc_reactor_detach_event_base(g->r);
	event_base_loopbreak(g->base);
}

static void on_libevent_base(void **state)
{
	struct guest g = { .r = loop_real(), .base = event_base_new() };
	struct twc_err err = { 0 };

	assert_non_null(g.base);
	assert_int_equal(twc_reactor_attach_event_base(g.r, g.base, &err), 0);
	assert_int_equal(twc_reactor_attach_event_base(g.r, g.base, &err), TWC_EUSAGE);
	twc_timer_start(g.r, &g.t, LOOP_MS, on_guest_timer, &g);
	assert_int_equal(event_base_dispatch(g.base), 0); /* the base alone drives it */
	assert_int_equal(g.n, 1);
	g.detach = true;
	twc_timer_start(g.r, &g.t, 0, on_guest_timer, &g);
	assert_int_equal(event_base_dispatch(g.base), 0);
	assert_int_equal(g.n, 2);
	assert_int_equal(event_base_dispatch(g.base), 1); /* the base has no event left */
	assert_int_equal(twc_reactor_attach_event_base(g.r, g.base, &err), 0);
	twc_reactor_free(g.r); /* detaches */
	assert_int_equal(event_base_dispatch(g.base), 1);
	event_base_free(g.base);
}

struct greedy {
	struct twc_reactor *r;
	struct event_base *base;
	int n;
};
static void for_ever(void *arg)
{
	struct greedy *g = arg;
	g->n++;
	twc_reactor_call(g->r, for_ever, g);
}
static void on_host_event(evutil_socket_t fd, short what, void *arg)
{
	event_base_loopbreak(((struct greedy *)arg)->base);
}

static void a_busy_guest_leaves_the_host_its_turn(void **state)
{
	struct greedy g = { .r = loop_real(), .base = event_base_new() };
	struct timeval soon = { .tv_usec = 1000 };
	struct event *ev;

	assert_non_null(g.base);
	ev = event_new(g.base, -1, EV_TIMEOUT, on_host_event, &g);
	assert_int_equal(twc_reactor_attach_event_base(g.r, g.base, NULL), 0);
	twc_reactor_call(g.r, for_ever, &g);
	event_add(ev, &soon);
	alarm(PATIENCE_MS / 1000);
	assert_int_equal(event_base_dispatch(g.base), 0);
	alarm(0);
	assert_true(g.n > 1);
	event_free(ev);
	twc_reactor_free(g.r);
	event_base_free(g.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_descriptor_is_quiet_when_nothing_is_due),
		cmocka_unit_test(calls_between_steps_wake_the_host),
		cmocka_unit_test(a_step_that_leaves_calls_says_so),
		cmocka_unit_test(timers_wake_the_host),
		cmocka_unit_test(watches_and_posts_wake_the_host),
		cmocka_unit_test(on_libevent_base),
		cmocka_unit_test(a_busy_guest_leaves_the_host_its_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
