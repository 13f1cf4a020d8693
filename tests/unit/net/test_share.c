/* SPDX-License-Identifier: MIT */
/* Limits of several processes. Two gates with two reactors stand for two of them: what they share is the same memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "net/net_int.h"
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct pair {
	struct twc_gate_share *share;
	struct twc_reactor *r[2];
	struct twc_gate *g[2];
};

static void pair_open(struct pair *p, unsigned max_clients, unsigned max_per_ip, uint64_t per_second)
{
	struct twc_err err;

	p->share = twc_gate_share_new(2, &err);
	assert_non_null(p->share);
	for (unsigned i = 0; i < 2; i++) {
		p->r[i] = per_second ? loop_fake() : loop_real();
		p->g[i] = twc_gate_new(p->r[i], max_clients, max_per_ip);
		if (per_second)
			twc_gate_set_rate(p->g[i], per_second, LOOP_S, 1);
		assert_int_equal(twc_gate_join(p->g[i], p->share, i, &err), 0);
	}
}

static void pair_close(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		twc_reactor_free(p->r[i]);
		twc_gate_free(p->g[i]);
	}
	twc_gate_share_free(p->share);
}

static struct twc_addr ip(const char *s)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), 9, NULL), 0);
	return a;
}

static enum twc__verdict enter(struct twc_gate *g, const char *s)
{
	struct twc_addr a = ip(s);

	return twc__gate_enter(g, -1, &a);
}

static void leave(struct twc_gate *g, const char *s)
{
	struct twc_addr a = ip(s);

	twc_gate_leave(g, &a);
}

static void places_are_of_all(void **state)
{
	struct pair p;

	pair_open(&p, 3, 0, 0);
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[1], "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[1], "10.0.0.2"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[0], "10.0.0.3"), TWC__GATE_FULL);
	assert_true(twc__gate_must_wait(p.g[0]));
	assert_int_equal(twc_gate_count(p.g[1]), 2); /* its own */
	leave(p.g[1], "10.0.0.1");
	assert_int_equal(enter(p.g[0], "10.0.0.3"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[1], "10.0.0.3"), TWC__GATE_FULL);
	pair_close(&p);
}

static void the_last_place_is_taken_before_accepting(void **state)
{
	struct pair p;

	pair_open(&p, 1, 0, 0);
	assert_false(twc__gate_must_wait(p.g[0]));
	assert_true(twc__gate_must_wait(p.g[1])); /* while the first accepts */
	twc__gate_nobody(p.g[0]);
	assert_false(twc__gate_must_wait(p.g[1]));
	assert_int_equal(enter(p.g[1], "10.0.0.1"), TWC__GATE_IN);
	assert_true(twc__gate_must_wait(p.g[0]));
	pair_close(&p);
}

static void who_is_turned_away_takes_no_place(void **state)
{
	struct pair p;

	pair_open(&p, 1, 0, 0);
	assert_int_equal(twc_gate_rule(p.g[0], false, TWC_STR("10.6.6.0/24"), NULL), 0);
	assert_false(twc__gate_must_wait(p.g[0]));
	assert_int_equal(enter(p.g[0], "10.6.6.6"), TWC__GATE_DENIED);
	assert_int_equal(enter(p.g[1], "10.0.0.1"), TWC__GATE_IN);
	pair_close(&p);
}

static void hosts_are_counted_together(void **state)
{
	struct pair p;

	pair_open(&p, 0, 2, 0);
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[1], "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_CROWDED);
	assert_int_equal(enter(p.g[1], "::ffff:10.0.0.1"), TWC__GATE_CROWDED);
	assert_int_equal(enter(p.g[1], "::1"), TWC__GATE_IN);
	leave(p.g[0], "10.0.0.1");
	assert_int_equal(enter(p.g[1], "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_CROWDED);
	pair_close(&p);
}

/* Against one count for each host. */
static void many_hosts_come_and_go(void **state)
{
	unsigned count[50][2] = { 0 }, seed = 7;
	struct pair p;

	pair_open(&p, 0, 3, 0);
	for (int i = 0; i < 20000; i++) {
		unsigned host, who;
		char text[24];

		seed = seed * 1103515245u + 12345u;
		host = seed / 65536 % 50;
		who = seed / 1024 % 2;
		snprintf(text, sizeof(text), "10.0.0.%u", host);
		if (seed / 8388608 % 2 && count[host][who]) {
			leave(p.g[who], text);
			count[host][who]--;
		} else if (count[host][0] + count[host][1] == 3) {
			assert_int_equal(enter(p.g[who], text), TWC__GATE_CROWDED);
		} else {
			assert_int_equal(enter(p.g[who], text), TWC__GATE_IN);
			count[host][who]++;
		}
	}
	pair_close(&p);
}

static void the_rate_is_of_all(void **state)
{
	struct pair p;

	pair_open(&p, 0, 0, 1);
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[1], "10.0.0.1"), TWC__GATE_HASTY);
	assert_true(twc__gate_must_wait(p.g[1]));
	twc_reactor_advance(p.r[0], LOOP_S);
	twc_reactor_advance(p.r[1], LOOP_S);
	assert_false(twc__gate_must_wait(p.g[1]));
	assert_true(twc__gate_must_wait(p.g[0]));
	twc__gate_nobody(p.g[1]); /* the token is there again */
	assert_false(twc__gate_must_wait(p.g[0]));
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_IN);
	pair_close(&p);
}

static bool was_called;
static void on_place(struct twc__gate_wait *w)
{
	(void)w;
	was_called = true;
}

static void who_waits_is_told_by_the_others(void **state)
{
	struct twc__gate_wait w = { 0 };
	struct pair p;

	pair_open(&p, 1, 0, 0);
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_IN);
	assert_true(twc__gate_must_wait(p.g[1]));
	was_called = false;
	twc__gate_wait(p.g[1], &w, on_place);
	twc_reactor_step(p.r[1]);
	assert_false(was_called);
	leave(p.g[0], "10.0.0.1");
	assert_true(loop_until(p.r[1], &was_called));
	pair_close(&p);
}

static void what_the_dead_had_is_given_back(void **state)
{
	struct twc__gate_wait w = { 0 };
	struct pair p;
	int status;
	pid_t pid;

	pair_open(&p, 2, 2, 0);
	pid = fork();
	if (pid == 0) { /* dies with two clients, as the second process */
		(void)enter(p.g[1], "10.0.0.1");
		(void)enter(p.g[1], "10.0.0.1");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(enter(p.g[0], "10.0.0.2"), TWC__GATE_FULL);
	was_called = false;
	twc__gate_wait(p.g[0], &w, on_place);
	twc_gate_share_gone(p.share, 1);
	assert_true(loop_until(p.r[0], &was_called));
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_IN);
	assert_int_equal(enter(p.g[0], "10.0.0.1"), TWC__GATE_IN);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_of_all),
		cmocka_unit_test(the_last_place_is_taken_before_accepting),
		cmocka_unit_test(who_is_turned_away_takes_no_place),
		cmocka_unit_test(hosts_are_counted_together),
		cmocka_unit_test(many_hosts_come_and_go),
		cmocka_unit_test(the_rate_is_of_all),
		cmocka_unit_test(who_waits_is_told_by_the_others),
		cmocka_unit_test(what_the_dead_had_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
