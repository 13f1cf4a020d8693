/* SPDX-License-Identifier: MIT */
/* Timers on the fake clock: order, phase and skipped ticks, stop and start from callbacks; once on the real clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reactor/reactor_priv.h"
#include "support/loop.h"

struct log {
	struct twc_reactor *r;
	int id[64];
	uint64_t at[64]; /* ms since the start */
	size_t n;
};

struct item {
	struct twc_timer t;
	struct log *log;
	int id;
	struct item *stop, *start; /* what fn does to others */
	uint64_t start_in;
};

static void on_item(struct twc_timer *t, void *arg)
{
	struct item *i = arg;
	struct log *l = i->log;

	assert_ptr_equal(t, &i->t);
	if (l->n < 64) {
		l->id[l->n] = i->id;
		l->at[l->n++] = (twc_reactor_now(l->r) - 1000 * LOOP_S) / LOOP_MS;
	}
	if (i->stop)
		twc_timer_stop(l->r, &i->stop->t);
	if (i->start)
		twc_timer_start(l->r, &i->start->t, i->start_in, on_item, i->start);
}

static void start(struct log *l, struct item *i, int id, uint64_t ms)
{
	i->log = l;
	i->id = id;
	twc_timer_start(l->r, &i->t, ms * LOOP_MS, on_item, i);
}

static void in_order_of_deadline_then_of_start(void **state)
{
	struct log l = { .r = loop_fake() };
	struct item i[5] = { 0 };

	start(&l, &i[0], 0, 30);
	start(&l, &i[1], 1, 10);
	start(&l, &i[2], 2, 20);
	start(&l, &i[3], 3, 10);
	start(&l, &i[4], 4, 10);
	twc_reactor_advance(l.r, 9 * LOOP_MS);
	assert_int_equal(l.n, 0);
	twc_reactor_advance(l.r, 21 * LOOP_MS);
	static const int want[] = { 1, 3, 4, 2, 0 };
	static const uint64_t at[] = { 10, 10, 10, 20, 30 };
	assert_int_equal(l.n, 5);
	assert_memory_equal(l.id, want, sizeof(want));
	assert_memory_equal(l.at, at, sizeof(at));
	assert_false(twc_timer_is_active(&i[0].t));
	assert_int_equal(twc_reactor_now(l.r), 1000 * LOOP_S + 30 * LOOP_MS);
	twc_reactor_free(l.r);
}

/* Starts and stops at random against a plain list as the model. */
static void heap_against_a_model(void **state)
{
	struct log l = { .r = loop_fake() };
	static struct item i[50];
	uint64_t due[50] = { 0 }, now = 0;
	uint32_t seed = 12345;

	for (int round = 0; round < 5000; round++) {
		seed = seed * 1664525 + 1013904223;
		int k = (int)(seed >> 16) % 50;
		if (seed % 4 == 0) {
			twc_timer_stop(l.r, &i[k].t);
			due[k] = 0;
		} else if (seed % 4 < 3) {
			uint64_t ms = 1 + (seed >> 8) % 97;
			start(&l, &i[k], k, ms);
			due[k] = now + ms;
		} else {
			size_t want = 0;
			l.n = 0;
			now += 7;
			twc_reactor_advance(l.r, 7 * LOOP_MS);
			for (int j = 0; j < 50; j++)
				want += due[j] && due[j] <= now;
			assert_int_equal(l.n, want);
			for (size_t j = 0; j < l.n; j++) {
				assert_int_equal(l.at[j], due[l.id[j]]);
				assert_true(j == 0 || l.at[j - 1] <= l.at[j]);
				due[l.id[j]] = 0;
			}
		}
	}
	for (int k = 0; k < 50; k++)
		assert_int_equal(twc_timer_is_active(&i[k].t), due[k] != 0);
	twc_reactor_free(l.r);
}

static void a_collected_timer_can_be_stopped_or_restarted(void **state)
{
	struct log l = { .r = loop_fake() };
	struct item a = { 0 }, b = { 0 }, c = { 0 };

	start(&l, &a, 1, 10);
	start(&l, &b, 2, 10);
	start(&l, &c, 3, 10);
	a.stop = &b;
	a.start = &c;
	a.start_in = 5 * LOOP_MS;
	twc_reactor_advance(l.r, 10 * LOOP_MS);
	assert_int_equal(l.n, 1);
	assert_false(twc_timer_is_active(&b.t));
	assert_true(twc_timer_is_active(&c.t));
	twc_reactor_advance(l.r, 5 * LOOP_MS);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.id[1], 3);
	assert_int_equal(l.at[1], 15);
	twc_reactor_free(l.r);
}

static void delay_zero_is_the_next_turn(void **state)
{
	struct log l = { .r = loop_fake() };
	struct item a = { 0 };

	start(&l, &a, 1, 0);
	a.start = &a; /* for ever: each turn runs it once */
	for (size_t turn = 1; turn <= 5; turn++) {
		assert_true(twc_reactor_step(l.r));
		assert_int_equal(l.n, turn);
	}
	twc_timer_stop(l.r, &a.t);
	twc_timer_stop(l.r, &a.t); /* idle is fine */
	assert_false(twc_reactor_step(l.r));
	twc_reactor_free(l.r);
}

static void newly_added_ones_run_on_the_way(void **state)
{
	struct log l = { .r = loop_fake() };
	struct item a = { 0 }, b = { .id = 2 };

	b.log = &l;
	start(&l, &a, 1, 10);
	a.start = &b;
	a.start_in = 5 * LOOP_MS;
	twc_reactor_advance(l.r, LOOP_S);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.at[1], 15);
	twc_reactor_free(l.r);
}

/* ---- repeating ---- */

struct tick {
	struct twc_reactor *r;
	int calls;
	uint64_t skipped;
	int stop_after;
};

static void on_tick(struct twc_timer *t, void *arg)
{
	struct tick *k = arg;

	assert_true(twc_timer_is_active(t));
	k->skipped = t->skipped;
	if (++k->calls == k->stop_after)
		twc_timer_stop(k->r, t);
}

static void every_fires_at_each_moment_of_an_advance(void **state)
{
	struct tick k = { .r = loop_fake() };
	struct twc_timer t = { 0 };

	twc_timer_every(k.r, &t, LOOP_S, on_tick, &k);
	twc_reactor_advance(k.r, 3 * LOOP_S + LOOP_S / 2);
	assert_int_equal(k.calls, 3);
	assert_int_equal(k.skipped, 0);
	twc_reactor_free(k.r);
}

/* The clock of a machine that was asleep: interval 1 s, 3.5 s later in one jump. One call that knows of two missed
 * ones (three in all), the next at 4 s. */
static void every_keeps_phase_and_counts_what_it_skipped(void **state)
{
	struct tick k = { .r = loop_fake() };
	struct twc_timer t = { 0 };
	uint64_t start_at = twc_reactor_now(k.r);

	twc_timer_every(k.r, &t, LOOP_S, on_tick, &k);
	k.r->now += 3 * LOOP_S + LOOP_S / 2;
	assert_false(twc_reactor_step(k.r));
	assert_int_equal(k.calls, 1);
	assert_int_equal(k.skipped, 2);
	assert_int_equal(t.due, start_at + 4 * LOOP_S);
	twc_reactor_advance(k.r, LOOP_S / 2 - 1);
	assert_int_equal(k.calls, 1);
	twc_reactor_advance(k.r, 1);
	assert_int_equal(k.calls, 2);
	assert_int_equal(k.skipped, 0);
	twc_reactor_free(k.r);
}

static void every_can_stop_itself(void **state)
{
	struct tick k = { .r = loop_fake(), .stop_after = 2 };
	struct twc_timer t = { 0 };

	twc_timer_every(k.r, &t, LOOP_MS, on_tick, &k);
	twc_reactor_advance(k.r, LOOP_S);
	assert_int_equal(k.calls, 2);
	assert_false(twc_timer_is_active(&t));
	twc_reactor_free(k.r);
}

static void a_delay_without_end_does_not_wrap(void **state)
{
	struct log l = { .r = loop_fake() };
	struct item a = { .log = &l };

	twc_timer_start(l.r, &a.t, UINT64_MAX, on_item, &a);
	twc_reactor_advance(l.r, LOOP_S);
	assert_int_equal(l.n, 0);
	assert_true(a.t.due == UINT64_MAX);
	twc_reactor_free(l.r);
}

static void real_time_is_not_early(void **state)
{
	struct tick k = { .r = loop_real(), .stop_after = 3 };
	struct twc_timer t = { 0 };
	uint64_t before = twc_reactor_now(k.r);

	twc_timer_every(k.r, &t, LOOP_MS, on_tick, &k);
	assert_true(loop_run(k.r));
	assert_int_equal(k.calls, 3);
	assert_true(twc_reactor_now(k.r) - before >= 3 * LOOP_MS);
	k.r->no_pwait2 = true; /* an older kernel: whole milliseconds, rounded up */
	before = twc_reactor_now(k.r);
	k.calls = 0;
	twc_timer_every(k.r, &t, LOOP_MS / 2 * 3, on_tick, &k);
	assert_true(loop_run(k.r));
	assert_int_equal(k.calls, 3);
	assert_true(twc_reactor_now(k.r) - before >= 3 * (LOOP_MS / 2 * 3));
	twc_reactor_free(k.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_of_deadline_then_of_start),
		cmocka_unit_test(heap_against_a_model),
		cmocka_unit_test(a_collected_timer_can_be_stopped_or_restarted),
		cmocka_unit_test(delay_zero_is_the_next_turn),
		cmocka_unit_test(newly_added_ones_run_on_the_way),
		cmocka_unit_test(every_fires_at_each_moment_of_an_advance),
		cmocka_unit_test(every_keeps_phase_and_counts_what_it_skipped),
		cmocka_unit_test(every_can_stop_itself),
		cmocka_unit_test(a_delay_without_end_does_not_wrap),
		cmocka_unit_test(real_time_is_not_early),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
