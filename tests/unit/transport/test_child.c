/* SPDX-License-Identifier: MIT */
/* Children as transports: bytes, status, and how they are ended. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <twc/transport.h>

#include "support/loop.h"
#include "support/probe.h"

struct rig {
	struct twc_reactor *r;
	struct probe p;
	struct twc_transport *t;
	struct twc_err err;
};

static bool rig_init(struct rig *g, const char *script, bool fake)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct twc_spawn how = { .argv = argv, .fd = { -1, -1, -1 }, .new_group = true };

	g->r = fake ? loop_fake() : loop_real();
	probe_init(&g->p);
	g->t = twc_transport_from_child(g->r, &how, "sh:test", probe_protocol(&g->p), &g->err);
	assert_non_null(g->t);
	twc_transport_ref(g->t); /* to ask for the status afterwards */
	return true;
}

static void rig_fini(struct rig *g)
{
	twc_transport_unref(g->t);
	probe_fini(&g->p);
	twc_reactor_free(g->r);
}

static void finish(struct probe *p)
{
	twc_transport_write_eof(p->base.transport);
}

static void through_cat(void **state)
{
	struct rig g;

	rig_init(&g, "cat", false);
	g.p.on_eof = finish;
	twc_transport_write(g.t, "meow", 4);
	twc_transport_write_eof(g.t);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_string_equal(g.p.got, "meow");
	assert_int_equal(g.p.reason.code, 0);
	assert_int_equal(twc_transport_child_status(g.t), 0);
	rig_fini(&g);
}

static void its_status_is_kept(void **state)
{
	struct rig g;

	rig_init(&g, "echo out; exit 7", false);
	g.p.on_eof = finish;
	assert_int_equal(twc_transport_child_status(g.t), -1);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_string_equal(g.p.got, "out\n");
	assert_int_equal(g.p.reason.code, 0);
	assert_int_equal(WEXITSTATUS(twc_transport_child_status(g.t)), 7);
	rig_fini(&g);
}

static void input_it_does_not_read(void **state)
{
	struct rig g;
	static char big[500000];

	rig_init(&g, "head -c 3; exit 5", false);
	big[0] = big[1] = big[2] = 'x';
	twc_transport_write(g.t, big, sizeof(big));
	g.p.on_eof = finish;
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_string_equal(g.p.got, "xxx");
	assert_int_equal(g.p.reason.code, TWC_ERESET); /* not all of it was taken */
	assert_int_equal(WEXITSTATUS(twc_transport_child_status(g.t)), 5);
	rig_fini(&g);
}

static void abort_kills(void **state)
{
	struct rig g;

	rig_init(&g, "sleep 1000", false);
	twc_transport_abort(g.t);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(g.p.reason.code, TWC_EABORTED);
	assert_true(loop_run(g.r)); /* until it is reaped */
	assert_int_equal(WTERMSIG(twc_transport_child_status(g.t)), SIGKILL);
	rig_fini(&g);
}

/* Seen by a sanitizer alone: what is aborted, and not reaped yet, goes with the reactor. */
static void the_reactor_goes_before_it_is_reaped(void **state)
{
	struct rig g;

	rig_init(&g, "sleep 1000", false);
	twc_transport_abort(g.t);
	twc_transport_unref(g.t);
	twc_reactor_free(g.r);
	assert_true(g.p.is_lost);
	probe_fini(&g.p);
}

/* Input closed, then asked, then made to: 2 s each, on the fake clock. */
static void lose_escalates(void **state)
{
	struct rig g;

	rig_init(&g, "trap '' TERM; echo ready; while :; do sleep 0.05; done", true);
	while (!g.p.n)
		twc_reactor_step(g.r);
	twc_transport_lose(g.t);
	twc_reactor_advance(g.r, 3 * LOOP_S);
	assert_false(g.p.is_lost);
	twc_reactor_advance(g.r, LOOP_S + LOOP_MS);
	while (!g.p.is_lost)
		twc_reactor_step(g.r);
	assert_int_equal(g.p.reason.code, 0);
	assert_int_equal(WTERMSIG(twc_transport_child_status(g.t)), SIGKILL);
	rig_fini(&g);
}

static void lose_is_heard_by_one_that_reads(void **state)
{
	struct rig g;

	rig_init(&g, "cat >/dev/null; exit 3", false);
	twc_transport_lose(g.t);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_int_equal(WEXITSTATUS(twc_transport_child_status(g.t)), 3);
	rig_fini(&g);
}

static void not_found(void **state)
{
	const char *argv[] = { "twc-no-such-program", NULL };
	struct twc_spawn how = { .argv = argv, .fd = { -1, -1, -1 } };
	struct twc_reactor *r = loop_real();
	struct twc_err err = { 0 };
	struct probe p;

	probe_init(&p);
	assert_null(twc_transport_from_child(r, &how, "exec:twc-no-such-program", probe_protocol(&p), &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_non_null(strstr(err.text, "twc-no-such-program"));
	assert_false(p.is_made);
	twc_reactor_free(r);
}

/* Nobody reads what is written any more, and nothing more comes: over, without a word from us. */
static void the_end_of_all_its_readers_is_the_end(void **state)
{
	struct rig g;

	rig_init(&g, "true", false);
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_true(g.p.has_eof);
	assert_int_equal(g.p.reason.code, 0);
	rig_fini(&g);
}

static void signals_reach_what_it_left(void **state)
{
	struct rig g;

	rig_init(&g, "sleep 1000 & exit 0", false);
	while (twc_transport_child_status(g.t) < 0)
		twc_reactor_step(g.r);
	assert_false(g.p.has_eof);
	assert_true(twc_transport_child_kill(g.t, SIGKILL));
	assert_true(loop_until(g.r, &g.p.is_lost));
	assert_false(twc_transport_child_kill(g.t, SIGKILL));
	rig_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(through_cat),	   cmocka_unit_test(its_status_is_kept),
		cmocka_unit_test(input_it_does_not_read), cmocka_unit_test(abort_kills),
		cmocka_unit_test(the_reactor_goes_before_it_is_reaped),
		cmocka_unit_test(lose_escalates),  cmocka_unit_test(lose_is_heard_by_one_that_reads),
		cmocka_unit_test(not_found),
		cmocka_unit_test(the_end_of_all_its_readers_is_the_end),
		cmocka_unit_test(signals_reach_what_it_left),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
