/* SPDX-License-Identifier: MIT */
/* The life cycle: order of events, ends of every kind, pauses. On memory pairs and the fake clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <twc/transport.h>

#include "pair.h"

static void made_is_called_at_once(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	assert_true(p.a.is_made && p.b.is_made);
	assert_false(p.a.is_lost);
	pair_fini(&p);
}

static void bytes_arrive_in_order(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	write_str(&p.a, "one ");
	write_str(&p.a, "two ");
	write_str(&p.b, "back");
	assert_int_equal(p.b.n, 0); /* never from inside the call */
	run(&p);
	assert_string_equal(p.b.got, "one two ");
	assert_int_equal(p.b.datas, 1); /* gathered */
	assert_string_equal(p.a.got, "back");
	assert_int_equal(twc_transport_bytes_in(p.b.base.transport), 8);
	assert_int_equal(twc_transport_bytes_out(p.a.base.transport), 8);
	assert_true(twc_transport_id(p.a.base.transport) != twc_transport_id(p.b.base.transport));
	assert_ptr_equal(twc_transport_reactor(p.a.base.transport), p.r);
	pair_fini(&p);
}

static void abort_resets(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	write_str(&p.a, "never seen");
	twc_transport_abort(p.a.base.transport);
	assert_false(p.a.is_lost); /* only marked */
	twc_transport_abort(p.a.base.transport);
	run(&p);
	assert_int_equal(p.a.reason.code, TWC_EABORTED);
	assert_int_equal(p.b.reason.code, TWC_ERESET);
	assert_int_equal(p.b.n, 0);
	pair_fini(&p);
}

static void fail_gives_the_reason(void **state)
{
	struct twc_err err = { 0 };
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	twc_err_set(&err, TWC_EPROTO, "bad greeting");
	twc_transport_fail(p.a.base.transport, &err);
	run(&p);
	assert_int_equal(p.a.reason.code, TWC_EPROTO);
	assert_string_equal(p.a.reason.text, "bad greeting");
	pair_fini(&p);
}

static void half_close_each_way(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	write_str(&p.a, "question");
	twc_transport_write_eof(p.a.base.transport);
	twc_transport_write_eof(p.a.base.transport);
	write_str(&p.a, "ignored");
	run(&p);
	assert_string_equal(p.b.got, "question");
	assert_true(p.b.has_eof && twc_transport_has_eof(p.b.base.transport));
	assert_false(twc_transport_has_eof(p.a.base.transport));
	assert_false(p.a.is_lost || p.b.is_lost);
	twc_reactor_advance(p.r, 3600 * LOOP_S); /* no timer drops anything */
	assert_false(p.a.is_lost || p.b.is_lost);
	write_str(&p.b, "answer");
	twc_transport_write_eof(p.b.base.transport);
	run(&p);
	assert_string_equal(p.a.got, "answer");
	assert_true(p.a.has_eof);
	assert_true(p.a.is_lost && p.b.is_lost);
	assert_int_equal(p.a.reason.code, 0);
	assert_int_equal(p.b.reason.code, 0);
	pair_fini(&p);
}

static void pauses_are_counted(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	twc_transport_pause(p.b.base.transport);
	twc_transport_pause(p.b.base.transport);
	write_str(&p.a, "later");
	twc_transport_write_eof(p.a.base.transport);
	run(&p);
	twc_transport_resume(p.b.base.transport);
	run(&p);
	assert_int_equal(p.b.n, 0);
	assert_false(p.b.has_eof);
	twc_transport_resume(p.b.base.transport);
	assert_int_equal(p.b.n, 0); /* not from inside the call */
	run(&p);
	assert_string_equal(p.b.got, "later");
	assert_true(p.b.has_eof);
	pair_fini(&p);
}

static void pause_in_data(struct probe *p, const uint8_t *data, size_t n)
{
	twc_transport_pause(p->base.transport);
	if (n > 4)
		twc_transport_abort(p->base.transport);
}

static void pause_and_abort_inside_data(void **state)
{
	struct pair p;

	pair_init(&p);
	p.b.on_data = pause_in_data;
	pair_join(&p, 4);
	write_str(&p.a, "abcdefgh");
	run(&p);
	assert_string_equal(p.b.got, "abcd");
	p.b.on_data = NULL;
	twc_transport_resume(p.b.base.transport);
	run(&p);
	assert_string_equal(p.b.got, "abcdefgh");
	p.b.on_data = pause_in_data;
	pair_fini(&p);
}

static void full_and_drained(void **state)
{
	struct pair p;
	char buf[4096] = { 0 };

	pair_init(&p);
	pair_join(&p, 1000);
	twc_transport_set_marks(p.a.base.transport, 8000, 2000);
	twc_transport_pause(p.b.base.transport);
	for (int i = 0; i < 10; i++) {
		twc_transport_write(p.a.base.transport, buf, 1000);
		run(&p);
		assert_int_equal(twc_transport_is_full(p.a.base.transport), i >= 9);
	}
	assert_int_equal(twc_transport_queued(p.a.base.transport), 9000);
	assert_int_equal(p.a.drains, 0);
	twc_transport_resume(p.b.base.transport);
	run(&p);
	assert_int_equal(p.a.drains, 1);
	assert_false(twc_transport_is_full(p.a.base.transport));
	assert_int_equal(p.b.n, 10000);
	pair_fini(&p);
}

static void lose_in_lost(struct probe *p)
{
	struct probe *other = p->arg;

	if (other->base.transport && !other->is_lost)
		twc_transport_abort(other->base.transport);
	twc_transport_write(p->base.transport, "x", 1);
	twc_transport_lose(p->base.transport);
	twc_transport_pause(p->base.transport);
}

static void anything_goes_inside_lost(void **state)
{
	struct pair p;

	pair_init(&p);
	p.a.on_lost = lose_in_lost;
	p.a.arg = &p.b;
	pair_join(&p, 0);
	twc_transport_abort(p.a.base.transport);
	run(&p);
	assert_true(p.a.is_lost && p.b.is_lost);
	pair_fini(&p);
}

static void eof_default_is_lose(void **state)
{
	struct pair p;
	struct twc_protocol_ops ops;

	pair_init(&p);
	ops = *p.b.base.ops;
	ops.eof = NULL;
	p.b.base.ops = &ops;
	pair_join(&p, 0);
	twc_transport_write_eof(p.a.base.transport);
	run(&p);
	assert_true(p.a.has_eof);
	assert_true(p.a.is_lost && p.b.is_lost);
	pair_fini(&p);
}

static void a_reference_keeps_the_memory(void **state)
{
	struct pair p;
	struct twc_transport *t;
	char buf[64];

	pair_init(&p);
	pair_join(&p, 0);
	t = p.a.base.transport;
	twc_transport_ref(t);
	twc_transport_abort(t);
	run(&p);
	assert_true(p.a.is_lost);
	assert_null(twc_transport_protocol(t));
	twc_transport_write(t, "x", 1);
	assert_string_equal(twc_transport_peer_text(t, buf, sizeof(buf)), "memory");
	twc_transport_unref(t);
	pair_fini(&p);
}

static struct probe *successor;

static void upgrade(struct probe *p, const uint8_t *data, size_t n)
{
	successor->is_made = true; /* an upgrade has no made() */
	twc_transport_set_protocol(p->base.transport, &successor->base);
	p->is_lost = true; /* and its predecessor no lost() */
}

static void set_protocol_inside_data(void **state)
{
	struct pair p;
	struct probe next;

	pair_init(&p);
	probe_init(&next);
	successor = &next;
	p.b.on_data = upgrade;
	pair_join(&p, 0);
	write_str(&p.a, "upgrade");
	run(&p);
	write_str(&p.a, "more");
	run(&p);
	assert_string_equal(p.b.got, "upgrade");
	assert_string_equal(next.got, "more");
	twc_transport_abort(next.base.transport);
	run(&p);
	assert_true(next.is_lost);
	probe_fini(&next);
	pair_fini(&p);
}

/* Any sequence of calls keeps the grammar (the probes assert it), and ends with both lost. */
static void random_calls_keep_the_grammar(void **state)
{
	unsigned seed = 4711;

	for (int round = 0; round < 400; round++) {
		struct pair p;
		char junk[600] = { 0 };

		pair_init(&p);
		pair_join(&p, (size_t)1 + (size_t)(rand_r(&seed) % 700));
		twc_transport_set_marks(p.a.base.transport, 500, 100);
		for (int step = 0; step < 40; step++) {
			struct probe *who = rand_r(&seed) & 1 ? &p.a : &p.b;
			struct twc_transport *t = who->base.transport;

			if (who->is_lost)
				continue;
			switch (rand_r(&seed) % 12) {
			case 0:
				twc_transport_write_eof(t);
				break;
			case 1:
				if (rand_r(&seed) % 4 == 0)
					twc_transport_lose(t);
				break;
			case 2:
				if (rand_r(&seed) % 8 == 0)
					twc_transport_abort(t);
				break;
			case 3:
				twc_transport_pause(t);
				run(&p);
				if (!who->is_lost)
					twc_transport_resume(t);
				break;
			case 4:
				run(&p);
				break;
			default:
				twc_transport_write(t, junk, (size_t)(rand_r(&seed) % sizeof(junk)));
			}
		}
		pair_fini(&p);
		assert_true(p.a.is_lost && p.b.is_lost);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_is_called_at_once),
		cmocka_unit_test(bytes_arrive_in_order),
		cmocka_unit_test(abort_resets),
		cmocka_unit_test(fail_gives_the_reason),
		cmocka_unit_test(half_close_each_way),
		cmocka_unit_test(pauses_are_counted),
		cmocka_unit_test(pause_and_abort_inside_data),
		cmocka_unit_test(full_and_drained),
		cmocka_unit_test(anything_goes_inside_lost),
		cmocka_unit_test(eof_default_is_lose),
		cmocka_unit_test(a_reference_keeps_the_memory),
		cmocka_unit_test(set_protocol_inside_data),
		cmocka_unit_test(random_calls_keep_the_grammar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
