/* SPDX-License-Identifier: MIT */
/* The wire in memory: its capacity, its ends. The life cycle on it is tested in test_transport.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <twc/transport.h>

#include "support/loop.h"
#include "support/probe.h"

static void every_capacity_gives_the_same_bytes(void **state)
{
	char want[5000];

	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = (char)(i * 7 + i / 256);
	for (size_t capacity = 0; capacity < 300; capacity = capacity * 2 + 1) {
		struct twc_reactor *r = loop_fake();
		struct probe a, b;
		size_t at = 0, step = 1;

		probe_init(&a);
		probe_init(&b);
		twc_transport_pair(r, capacity, probe_protocol(&a), probe_protocol(&b));
		while (at < sizeof(want)) {
			size_t n = sizeof(want) - at < step ? sizeof(want) - at : step;

			twc_transport_write(a.base.transport, want + at, n);
			at += n;
			step = step * 3 % 701;
			if (step % 2)
				twc_reactor_advance(r, 0);
		}
		twc_transport_lose(a.base.transport);
		twc_reactor_advance(r, 0);
		assert_int_equal(b.n, sizeof(want));
		assert_memory_equal(b.got, want, sizeof(want));
		assert_true(b.has_eof);
		twc_transport_lose(b.base.transport);
		twc_reactor_advance(r, 0);
		probe_fini(&a);
		probe_fini(&b);
		twc_reactor_free(r);
	}
}

static void the_wire_holds_its_capacity(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct probe a, b;
	char buf[1000] = { 0 };

	probe_init(&a);
	probe_init(&b);
	twc_transport_pair(r, 100, probe_protocol(&a), probe_protocol(&b));
	twc_transport_pause(b.base.transport);
	twc_transport_write(a.base.transport, buf, sizeof(buf));
	twc_reactor_advance(r, 0);
	assert_int_equal(twc_transport_queued(a.base.transport), 900);
	assert_int_equal(twc_transport_bytes_out(a.base.transport), 100);
	twc_transport_abort(b.base.transport);
	twc_reactor_advance(r, 0);
	assert_int_equal(a.reason.code, TWC_ERESET);
	probe_fini(&a);
	probe_fini(&b);
	twc_reactor_free(r);
}

static void both_ends_may_go_in_one_turn(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct probe a, b;

	probe_init(&a);
	probe_init(&b);
	twc_transport_pair(r, 0, probe_protocol(&a), probe_protocol(&b));
	twc_transport_write(a.base.transport, "x", 1);
	twc_transport_lose(a.base.transport);
	twc_transport_lose(b.base.transport);
	twc_reactor_advance(r, 0);
	assert_true(a.is_lost && b.is_lost);
	assert_int_equal(a.reason.code, TWC_ERESET); /* its byte was refused: the other had stopped listening */
	assert_int_equal(b.reason.code, 0);
	assert_int_equal(b.n, 0);
	probe_fini(&a);
	probe_fini(&b);
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_capacity_gives_the_same_bytes),
		cmocka_unit_test(the_wire_holds_its_capacity),
		cmocka_unit_test(both_ends_may_go_in_one_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
