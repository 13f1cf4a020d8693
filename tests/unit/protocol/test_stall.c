/* SPDX-License-Identifier: MIT */
/* stall: nothing is read or sent, an end is not noticed, and the end of the service is an end. */
#include "peer.h"

#define PLENTY (1024 * 1024)

static void holds(void **state)
{
	static char bytes[PLENTY];
	struct rig rig;

	rig_init(&rig, "stall", NULL);
	rig_join(&rig);
	twc_transport_write(rig.peer.base.transport, bytes, sizeof(bytes));
	twc_transport_write_eof(rig.peer.base.transport);
	rig_run(&rig);
	twc_reactor_advance(rig.reactor, UINT64_C(3600000000000));
	assert_true(twc_transport_queued(rig.peer.base.transport) > PLENTY / 2);
	assert_int_equal(twc_transport_bytes_in(rig.inner->transport), 0);
	assert_int_equal(rig.peer.n, 0);
	assert_false(rig.peer.has_eof);
	assert_false(rig.is_lost);
	rig_fini(&rig);
}

static void ends_with_the_service(void **state)
{
	struct rig rig;

	rig_init(&rig, "stall", NULL);
	rig.service->stop(rig.factory); /* nobody is there */
	rig_join(&rig);
	rig_run(&rig);
	rig.service->stop(rig.factory);
	rig_run(&rig);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	assert_true(rig.peer.has_eof);
	rig.service->stop(rig.factory); /* and nobody is left */
	rig_fini(&rig);
}

static void datagrams(void **state)
{
	struct rig rig;
	char buf[64];

	rig_init(&rig, "stall", NULL);
	rig_join_udp(&rig);
	assert_int_equal(rig_ask(&rig, "anybody?", 8, buf, sizeof(buf)), -1);
	assert_int_equal(twc_transport_bytes_in(rig.inner->transport), 8);
	assert_false(rig.is_lost);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds),
		cmocka_unit_test(ends_with_the_service),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
