/* SPDX-License-Identifier: MIT */
/* join: ends, resets, limits and one-way modes, on memory pairs and a fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include "support/probe.h"

#include <errno.h>
#include <sys/socket.h>
#include <twc/app.h>
#include <twc/parse.h>

/* Two probes with the join between them: probe[0] is the peer of side A, probe[1] of side B. */
struct rig {
	struct twc_reactor *r;
	struct twc_join *join;
	struct probe probe[2];
	bool is_done;
	struct twc_err err;
};

static void on_done(void *arg, struct twc_join *j, const struct twc_err *err)
{
	struct rig *rig = arg;

	assert_false(rig->is_done);
	assert_ptr_equal(j, rig->join);
	rig->is_done = true;
	rig->err = *err;
}

static void rig_side(struct rig *rig, enum twc_join_side side)
{
	probe_init(&rig->probe[side]);
	twc_transport_pair(rig->r, 0, twc_join_protocol(rig->join, side), &rig->probe[side].base);
}

static void rig_start(struct rig *rig, struct twc_join_opts o)
{
	memset(rig, 0, sizeof(*rig));
	rig->r = loop_fake();
	o.done = on_done;
	o.arg = rig;
	rig->join = twc_join_new(rig->r, &o);
	rig_side(rig, TWC_JOIN_A);
}

static void rig_init(struct rig *rig, struct twc_join_opts o)
{
	rig_start(rig, o);
	rig_side(rig, TWC_JOIN_B);
}

static void rig_fini(struct rig *rig)
{
	twc_reactor_advance(rig->r, 0);
	assert_true(rig->is_done);
	for (int i = 0; i < 2; i++) {
		if (rig->probe[i].is_made && !rig->probe[i].is_lost)
			twc_transport_lose(rig->probe[i].base.transport);
	}
	twc_reactor_advance(rig->r, 10 * TWC_NS_PER_S);
	twc_join_free(rig->join);
	twc_reactor_free(rig->r);
	for (int i = 0; i < 2; i++) {
		if (rig->probe[i].base.ops)
			probe_fini(&rig->probe[i]);
	}
}

static void say(struct rig *rig, enum twc_join_side side, const char *text)
{
	twc_transport_write(rig->probe[side].base.transport, text, strlen(text));
	twc_reactor_advance(rig->r, 0);
}

static void end(struct rig *rig, enum twc_join_side side)
{
	twc_transport_write_eof(rig->probe[side].base.transport);
	twc_reactor_advance(rig->r, 0);
}

static void both_ways_and_both_ends(void **state)
{
	struct rig rig;
	struct twc_join_count count;

	rig_init(&rig, (struct twc_join_opts){ 0 });
	say(&rig, TWC_JOIN_A, "from a");
	say(&rig, TWC_JOIN_B, "from bb");
	assert_string_equal(rig.probe[1].got, "from a");
	assert_string_equal(rig.probe[0].got, "from bb");
	end(&rig, TWC_JOIN_A);
	assert_true(rig.probe[1].has_eof);
	assert_false(rig.probe[0].has_eof);
	say(&rig, TWC_JOIN_B, " more");
	assert_string_equal(rig.probe[0].got, "from bb more");
	end(&rig, TWC_JOIN_B);
	assert_true(rig.probe[0].has_eof);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	twc_join_count(rig.join, TWC_JOIN_A, &count);
	assert_int_equal(count.in, 6);
	assert_int_equal(count.out, 12);
	assert_int_equal(count.child_status, -1);
	assert_int_equal(twc_join_culprit(rig.join), -1);
	rig_fini(&rig);
}

static void waits_for_both(void **state)
{
	struct rig rig;

	rig_start(&rig, (struct twc_join_opts){ 0 });
	say(&rig, TWC_JOIN_A, "early");
	rig_side(&rig, TWC_JOIN_B);
	twc_reactor_advance(rig.r, 0);
	assert_string_equal(rig.probe[1].got, "early");
	end(&rig, TWC_JOIN_A);
	end(&rig, TWC_JOIN_B);
	rig_fini(&rig);
}

static void eof_close(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .eof = TWC_JOIN_EOF_CLOSE });
	say(&rig, TWC_JOIN_B, "last");
	end(&rig, TWC_JOIN_B);
	assert_string_equal(rig.probe[0].got, "last");
	end(&rig, TWC_JOIN_A);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void eof_keep(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .eof = TWC_JOIN_EOF_KEEP, .b_is_stdio = true });
	end(&rig, TWC_JOIN_B);
	assert_false(rig.probe[0].has_eof);
	say(&rig, TWC_JOIN_A, "answer");
	assert_string_equal(rig.probe[1].got, "answer");
	end(&rig, TWC_JOIN_A);
	assert_true(rig.probe[0].has_eof);
	assert_true(rig.probe[1].has_eof);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void a_terminal_is_not_waited_for(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .b_is_stdio = true, .b_is_terminal = true });
	end(&rig, TWC_JOIN_A);
	assert_true(rig.probe[1].has_eof);
	end(&rig, TWC_JOIN_B);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void recv_does_not_end_the_peer(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .b_is_stdio = true, .no_b_to_a = true });
	say(&rig, TWC_JOIN_B, "never read");
	end(&rig, TWC_JOIN_B);
	assert_int_equal(rig.probe[0].n, 0);
	assert_false(rig.probe[0].has_eof);
	say(&rig, TWC_JOIN_A, "data");
	assert_string_equal(rig.probe[1].got, "data");
	end(&rig, TWC_JOIN_A);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void send_throws_away_and_waits(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .b_is_stdio = true, .no_a_to_b = true });
	say(&rig, TWC_JOIN_A, "thrown away");
	assert_int_equal(rig.probe[1].n, 0);
	say(&rig, TWC_JOIN_B, "data");
	end(&rig, TWC_JOIN_B);
	assert_true(rig.probe[0].has_eof);
	assert_false(rig.is_done);
	say(&rig, TWC_JOIN_A, "still thrown away");
	end(&rig, TWC_JOIN_A);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void reset_is_passed_on(void **state)
{
	struct rig rig;
	struct twc_err why = { 0 };

	twc_err_sys(&why, TWC_ERESET, ECONNRESET, "tcp:x", "connection reset by peer");
	rig_init(&rig, (struct twc_join_opts){ 0 });
	say(&rig, TWC_JOIN_A, "12345");
	twc_transport_abort(rig.probe[TWC_JOIN_A].base.transport);
	twc_reactor_advance(rig.r, TWC_NS_PER_S);
	assert_true(rig.is_done);
	assert_int_equal(twc_err_exit(rig.err.code), 76);
	assert_non_null(strstr(rig.err.text, "; 5 bytes received, 0 sent"));
	assert_int_equal(twc_join_culprit(rig.join), TWC_JOIN_A);
	assert_true(rig.probe[TWC_JOIN_B].is_lost);
	assert_int_not_equal(rig.probe[TWC_JOIN_B].reason.code, 0);
	assert_string_equal(rig.probe[TWC_JOIN_B].got, "12345");
	rig_fini(&rig);
}

static void reset_lets_standard_output_finish(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .b_is_stdio = true });
	say(&rig, TWC_JOIN_A, "partial");
	twc_transport_abort(rig.probe[TWC_JOIN_A].base.transport);
	twc_reactor_advance(rig.r, 0);
	end(&rig, TWC_JOIN_B);
	assert_string_equal(rig.probe[TWC_JOIN_B].got, "partial");
	assert_true(rig.probe[TWC_JOIN_B].has_eof);
	assert_int_equal(twc_err_exit(rig.err.code), 76);
	rig_fini(&rig);
}

static void idle_fails_until_idle_does_not(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .idle_ns = 8 * TWC_NS_PER_S });
	twc_reactor_advance(rig.r, 7 * TWC_NS_PER_S);
	say(&rig, TWC_JOIN_A, "x");
	twc_reactor_advance(rig.r, 7 * TWC_NS_PER_S);
	assert_false(rig.is_done);
	twc_reactor_advance(rig.r, 20 * TWC_NS_PER_S);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, TWC_EIDLE);
	rig_fini(&rig);

	rig_init(&rig, (struct twc_join_opts){ .until_idle_ns = TWC_NS_PER_S });
	twc_reactor_advance(rig.r, 5 * TWC_NS_PER_S);
	end(&rig, TWC_JOIN_A);
	end(&rig, TWC_JOIN_B);
	twc_reactor_advance(rig.r, 5 * TWC_NS_PER_S);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void lingers_after_the_end_of_b(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .b_is_stdio = true, .linger_ns = 3 * TWC_NS_PER_S });
	twc_reactor_advance(rig.r, 60 * TWC_NS_PER_S);
	say(&rig, TWC_JOIN_B, "question");
	end(&rig, TWC_JOIN_B);
	assert_true(rig.probe[0].has_eof);
	twc_reactor_advance(rig.r, 2 * TWC_NS_PER_S);
	say(&rig, TWC_JOIN_A, "answer"); /* does not make it any longer */
	assert_string_equal(rig.probe[1].got, "answer");
	assert_false(rig.probe[1].has_eof);
	twc_reactor_advance(rig.r, TWC_NS_PER_S);
	assert_true(rig.probe[1].has_eof);
	twc_reactor_advance(rig.r, 5 * TWC_NS_PER_S); /* ends in memory count as programs, which get their time */
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);

	/* the end of A comes first */
	rig_init(&rig, (struct twc_join_opts){ .b_is_stdio = true, .linger_ns = 3 * TWC_NS_PER_S });
	end(&rig, TWC_JOIN_A);
	twc_reactor_advance(rig.r, 60 * TWC_NS_PER_S);
	assert_false(rig.is_done);
	end(&rig, TWC_JOIN_B);
	assert_true(rig.is_done);
	rig_fini(&rig);
}

static void the_end_of_the_peer_is_the_end_of_all(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .eof = TWC_JOIN_EOF_PEER, .b_is_stdio = true });
	say(&rig, TWC_JOIN_B, "all");
	end(&rig, TWC_JOIN_B);
	assert_true(rig.probe[0].has_eof);
	say(&rig, TWC_JOIN_A, "answer");
	assert_string_equal(rig.probe[1].got, "answer");
	assert_false(rig.is_done);
	end(&rig, TWC_JOIN_A);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);

	rig_init(&rig, (struct twc_join_opts){ .eof = TWC_JOIN_EOF_PEER, .b_is_stdio = true });
	say(&rig, TWC_JOIN_A, "upload");
	end(&rig, TWC_JOIN_A);
	assert_true(rig.probe[0].has_eof); /* B is still open */
	assert_true(rig.probe[1].has_eof);
	assert_string_equal(rig.probe[1].got, "upload");
	end(&rig, TWC_JOIN_B);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void the_whole_has_a_limit(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .max_ns = 3 * TWC_NS_PER_S });
	for (int i = 0; i < 5; i++) {
		say(&rig, TWC_JOIN_A, "busy");
		twc_reactor_advance(rig.r, TWC_NS_PER_S / 2);
	}
	assert_false(rig.is_done);
	twc_reactor_advance(rig.r, 20 * TWC_NS_PER_S); /* the sides get 5 s to close, then are broken off */
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, TWC_ETIMEDOUT);
	rig_fini(&rig);
}

static void failing_a_side(void **state)
{
	struct rig rig;
	struct twc_err why = { 0 };

	twc_err_set(&why, TWC_EREFUSED, "connection refused");
	rig_start(&rig, (struct twc_join_opts){ 0 });
	twc_join_fail(rig.join, TWC_JOIN_B, &why);
	assert_false(rig.is_done);
	twc_reactor_advance(rig.r, TWC_NS_PER_S);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, TWC_EREFUSED);
	assert_int_equal(twc_join_culprit(rig.join), TWC_JOIN_B);
	assert_int_not_equal(rig.probe[TWC_JOIN_A].reason.code, 0);
	rig_fini(&rig);
}

static void a_factory_gives_each_side_once(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_join_opts o = { .done = on_done };
	struct twc_join *j = twc_join_new(r, &o);
	struct twc_addr none = { 0 };

	assert_non_null(twc_factory_build(twc_join_factory(j, TWC_JOIN_A), &none));
	assert_null(twc_factory_build(twc_join_factory(j, TWC_JOIN_A), &none));
	twc_join_free(j);
	twc_reactor_free(r);
}

/* What goes through a proxy that drops both when one ends. */
static void an_empty_end_is_held_until_the_first_byte(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .holds_empty_end = true, .b_is_stdio = true });
	end(&rig, TWC_JOIN_B);
	twc_reactor_advance(rig.r, TWC_NS_PER_S);
	assert_false(rig.probe[0].has_eof);
	say(&rig, TWC_JOIN_A, "banner");
	assert_string_equal(rig.probe[1].got, "banner");
	assert_true(rig.probe[0].has_eof);
	say(&rig, TWC_JOIN_A, " and more");
	assert_string_equal(rig.probe[1].got, "banner and more");
	end(&rig, TWC_JOIN_A);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void an_empty_end_is_held_until_the_end(void **state)
{
	struct rig rig;

	rig_init(&rig, (struct twc_join_opts){ .holds_empty_end = true, .b_is_stdio = true });
	end(&rig, TWC_JOIN_B);
	assert_false(rig.probe[0].has_eof);
	end(&rig, TWC_JOIN_A);
	assert_true(rig.is_done);
	assert_int_equal(rig.err.code, 0);
	rig_fini(&rig);
}

static void an_end_that_is_not_empty_is_not_held(void **state)
{
	for (int way = 0; way < 3; way++) {
		struct rig rig;

		rig_init(&rig, (struct twc_join_opts){ .holds_empty_end = way < 2, .b_is_stdio = true });
		if (way == 0)
			say(&rig, TWC_JOIN_B, "x");
		if (way == 1)
			say(&rig, TWC_JOIN_A, "banner");
		end(&rig, TWC_JOIN_B);
		assert_true(rig.probe[0].has_eof);
		end(&rig, TWC_JOIN_A);
		rig_fini(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_and_both_ends),
		cmocka_unit_test(waits_for_both),
		cmocka_unit_test(eof_close),
		cmocka_unit_test(eof_keep),
		cmocka_unit_test(a_terminal_is_not_waited_for),
		cmocka_unit_test(recv_does_not_end_the_peer),
		cmocka_unit_test(send_throws_away_and_waits),
		cmocka_unit_test(an_empty_end_is_held_until_the_first_byte),
		cmocka_unit_test(an_empty_end_is_held_until_the_end),
		cmocka_unit_test(an_end_that_is_not_empty_is_not_held),
		cmocka_unit_test(reset_is_passed_on),
		cmocka_unit_test(reset_lets_standard_output_finish),
		cmocka_unit_test(idle_fails_until_idle_does_not),
		cmocka_unit_test(lingers_after_the_end_of_b),
		cmocka_unit_test(the_end_of_the_peer_is_the_end_of_all),
		cmocka_unit_test(the_whole_has_a_limit),
		cmocka_unit_test(failing_a_side),
		cmocka_unit_test(a_factory_gives_each_side_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
