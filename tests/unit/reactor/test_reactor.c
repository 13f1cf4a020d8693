/* SPDX-License-Identifier: MIT */
/* The turn: order of phases, calls, posts, deaths, the hook after a callback, stop, idle, two reactors in two threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reactor/reactor_int.h"
#include "support/loop.h"
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* What happened, in order, as letters. */
struct trace {
	char s[64];
	size_t n;
	struct twc_reactor *r;
};

static void mark(struct trace *t, char c)
{
	assert_true(t->n + 1 < sizeof(t->s));
	t->s[t->n++] = c;
	t->s[t->n] = '\0';
}

static void call_c(void *arg) { mark(arg, 'c'); }
static void after_a(void *arg) { mark(arg, 'a'); }

static void call_again(void *arg)
{
	struct trace *t = arg;
	mark(t, 'C');
	twc_reactor_call(t->r, call_c, t);
}

static void on_timer(struct twc_timer *tm, void *arg)
{
	struct trace *t = arg;
	mark(t, 't');
	twc__reactor_after_callback(t->r, after_a, t);
	twc__reactor_after_callback(t->r, after_a, t); /* once all the same */
	twc_reactor_call(t->r, call_again, t);
}

struct io {
	struct twc_watch w;
	struct trace *t;
};

static void on_watch(struct twc_watch *w, unsigned ready)
{
	struct io *io = TWC_CONTAINER_OF(w, struct io, w);
	assert_int_equal(ready, TWC_WRITE);
	mark(io->t, 'w');
	twc__reactor_after_callback(io->t->r, after_a, io->t);
	twc_watch_stop(io->t->r, w);
}

struct corpse {
	struct twc__death d;
	struct trace *t;
};

static void on_death(struct twc__death *d)
{
	mark(TWC_CONTAINER_OF(d, struct corpse, d)->t, 'd');
}

static void phases(void **state)
{
	struct trace t = { .r = loop_fake() };
	struct io io = { .t = &t };
	struct corpse corpse = { .t = &t };
	struct twc_timer tm = { 0 };
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(twc_watch_start(t.r, &io.w, sv[0], TWC_WRITE, on_watch, NULL), 0);
	twc_reactor_call(t.r, call_c, &t);
	twc__reactor_bury(t.r, &corpse.d, on_death);
	twc_timer_start(t.r, &tm, 0, on_timer, &t);
	assert_true(twc_reactor_step(t.r)); /* what call_again queued waits for the next turn */
	assert_string_equal(t.s, "tawacCd");
	assert_false(twc_reactor_step(t.r));
	assert_string_equal(t.s, "tawacCdc");
	twc_reactor_free(t.r);
	close(sv[0]);
	close(sv[1]);
}

static void hook_outside_a_callback_runs_first(void **state)
{
	struct trace t = { .r = loop_fake() };
	struct twc_timer tm = { 0 };

	twc_timer_start(t.r, &tm, 0, on_timer, &t);
	twc__reactor_after_callback(t.r, after_a, &t);
	twc_reactor_step(t.r);
	assert_string_equal(t.s, "ataC");
	twc_reactor_free(t.r);
}

static void stop_me(void *arg)
{
	struct trace *t = arg;
	mark(t, 's');
	twc_reactor_stop(t->r);
	twc_reactor_stop(t->r);
	twc_reactor_call(t->r, call_c, t);
}

static void stop_finishes_the_turn_and_run_goes_again(void **state)
{
	struct trace t = { .r = loop_real() };

	twc_reactor_call(t.r, stop_me, &t);
	twc_reactor_call(t.r, call_c, &t);
	assert_int_equal(twc_reactor_run(t.r, NULL), 0);
	assert_string_equal(t.s, "sc");
	assert_int_equal(twc_reactor_run(t.r, NULL), 0);
	assert_string_equal(t.s, "scc");
	twc_reactor_call(t.r, call_c, &t);
	twc_reactor_stop(t.r); /* before it runs */
	assert_int_equal(twc_reactor_run(t.r, NULL), 0);
	assert_string_equal(t.s, "scc");
	twc_reactor_free(t.r);
}

static void on_bare_timer(struct twc_timer *tm, void *arg) { mark(arg, 'b'); }
static void on_never(struct twc_watch *w, unsigned ready) { fail(); }

static void run_returns_when_idle(void **state)
{
	struct trace t = { .r = loop_real() };
	struct twc_timer tm = { 0 };
	struct io io = { .t = &t };
	int sv[2];

	assert_int_equal(twc_reactor_run(t.r, NULL), 0); /* nothing at all */
	twc_timer_start(t.r, &tm, LOOP_MS, on_timer, &t);
	assert_true(loop_run(t.r));
	assert_string_equal(t.s, "taCc");
	twc_timer_start(t.r, &tm, LOOP_MS, on_bare_timer, &t); /* the last reason goes in phase 1 */
	assert_true(loop_run(t.r));
	assert_string_equal(t.s, "taCcb");
	/* a watch that only ever may hang up is a reason to go on, one that has hung up is not */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(twc_watch_start(t.r, &io.w, sv[0], 0, on_never, NULL), 0);
	twc_watch_stop(t.r, &io.w);
	assert_true(loop_run(t.r));
	twc_reactor_free(t.r);
	close(sv[0]);
	close(sv[1]);
}

static void on_fake_timer(struct twc_timer *t, void *arg) { fail(); }

static void run_on_a_fake_clock_does_not_wait_for_time(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_timer tm = { 0 };

	twc_timer_start(r, &tm, 1, on_fake_timer, NULL);
	assert_int_equal(twc_reactor_run(r, NULL), 0);
	twc_reactor_free(r);
}

/* ---- posts ---- */

#define POSTS 2000

struct poster {
	struct twc_reactor *r;
	int next; /* the reactor's thread */
	bool done, stop;
};
struct posted {
	struct poster *p;
	int i;
};
static void on_posted(void *arg)
{
	struct posted *m = arg;
	assert_int_equal(m->i, m->p->next);
	m->p->done = ++m->p->next == POSTS;
	if (m->p->done && m->p->stop)
		twc_reactor_stop(m->p->r);
	twc_free(m);
}
static void *post_all(void *arg)
{
	struct poster *p = arg;
	for (int i = 0; i < POSTS; i++) {
		struct posted *m = twc_malloc(sizeof(*m));
		*m = (struct posted){ .p = p, .i = i };
		twc_reactor_post(p->r, on_posted, m);
	}
	return NULL;
}

static void posts_keep_their_order(void **state)
{
	struct twc_reactor *r = loop_real();
	struct poster p[2] = { { .r = r }, { .r = r } };
	pthread_t th[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&th[i], NULL, post_all, &p[i]), 0);
	assert_true(loop_until(r, &p[0].done));
	assert_true(loop_until(r, &p[1].done));
	for (int i = 0; i < 2; i++)
		pthread_join(th[i], NULL);
	assert_int_equal(p[0].next + p[1].next, 2 * POSTS);
	twc_reactor_free(r);
}

static void a_post_wakes_a_blocked_run(void **state)
{
	struct poster p = { .r = loop_real() };
	struct twc_timer hour = { 0 };
	pthread_t th;

	twc_timer_start(p.r, &hour, 3600 * LOOP_S, on_fake_timer, NULL);
	p.stop = true;
	assert_int_equal(pthread_create(&th, NULL, post_all, &p), 0);
	assert_true(loop_run(p.r)); /* nothing but the last post can end this */
	pthread_join(th, NULL);
	twc_reactor_free(p.r);
}

static void free_drops_calls_and_carries_out_deaths(void **state)
{
	struct trace t = { .r = loop_fake() };
	struct corpse corpse = { .t = &t };

	twc_reactor_call(t.r, call_c, &t);
	twc_reactor_post(t.r, call_c, &t);
	twc__reactor_bury(t.r, &corpse.d, on_death);
	twc_reactor_free(t.r);
	assert_string_equal(t.s, "d");
}

/* ---- two reactors ---- */

struct ticker {
	struct twc_timer t;
	struct twc_reactor *r;
	int n;
};
static void on_tick(struct twc_timer *t, void *arg)
{
	struct ticker *k = arg;
	if (++k->n == 20)
		twc_timer_stop(k->r, t);
}
static void *run_own_reactor(void *arg)
{
	struct ticker *k = arg;
	k->r = loop_real();
	twc_timer_every(k->r, &k->t, LOOP_MS / 5, on_tick, k);
	twc_reactor_run(k->r, NULL);
	twc_reactor_free(k->r);
	return NULL;
}

static void two_reactors_in_two_threads(void **state)
{
	struct ticker k[2] = { 0 };
	pthread_t th[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&th[i], NULL, run_own_reactor, &k[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(th[i], NULL);
	assert_int_equal(k[0].n, 20);
	assert_int_equal(k[1].n, 20);
}

/* ---- slots ---- */

static struct trace *slot_trace; /* free functions take only the slot's own pointer */
static void slot_free(void *p) { mark(slot_trace, *(char *)p); }

static void slots_go_in_reverse_order(void **state)
{
	struct trace t = { .r = loop_fake() };
	char a = 'T', b = 'R';

	slot_trace = &t;
	assert_null(twc__reactor_slot(t.r, TWC__SLOT_TRANSPORT));
	twc__reactor_set_slot(t.r, TWC__SLOT_RESOLVER, &b, slot_free);
	twc__reactor_set_slot(t.r, TWC__SLOT_TRANSPORT, &a, slot_free);
	assert_ptr_equal(twc__reactor_slot(t.r, TWC__SLOT_TRANSPORT), &a);
	assert_ptr_equal(twc__reactor_read_buf(t.r), twc__reactor_read_buf(t.r));
	twc_reactor_free(t.r);
	assert_string_equal(t.s, "TR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases),
		cmocka_unit_test(hook_outside_a_callback_runs_first),
		cmocka_unit_test(stop_finishes_the_turn_and_run_goes_again),
		cmocka_unit_test(run_returns_when_idle),
		cmocka_unit_test(run_on_a_fake_clock_does_not_wait_for_time),
		cmocka_unit_test(posts_keep_their_order),
		cmocka_unit_test(a_post_wakes_a_blocked_run),
		cmocka_unit_test(free_drops_calls_and_carries_out_deaths),
		cmocka_unit_test(two_reactors_in_two_threads),
		cmocka_unit_test(slots_go_in_reverse_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
