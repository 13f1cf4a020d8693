/* SPDX-License-Identifier: MIT */
/* discard: takes everything, says nothing. */
#include "peer.h"

static void takes_all(void **state)
{
	static char megabyte[1024 * 1024];
	struct rig rig;

	rig_init(&rig, "discard", NULL);
	rig_join(&rig);
	twc_transport_write(rig.peer.base.transport, megabyte, sizeof(megabyte));
	rig_run(&rig);
	assert_int_equal(twc_transport_queued(rig.peer.base.transport), 0);
	assert_int_equal(twc_transport_bytes_in(rig.inner->transport), sizeof(megabyte));
	assert_int_equal(rig.peer.n, 0);
	assert_false(rig.is_lost);
	rig_fini(&rig);
}

static void ends_with_the_peer(void **state)
{
	struct rig rig;

	rig_init(&rig, "discard", NULL);
	rig_join(&rig);
	twc_transport_write(rig.peer.base.transport, "x", 1);
	twc_transport_write_eof(rig.peer.base.transport);
	rig_run(&rig);
	assert_true(rig.peer.has_eof);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	rig_fini(&rig);
}

static void datagrams(void **state)
{
	struct rig rig;
	char buf[64];

	rig_init(&rig, "discard", NULL);
	rig_join_udp(&rig);
	assert_int_equal(rig_ask(&rig, "anybody?", 8, buf, sizeof(buf)), -1);
	assert_false(rig.is_lost);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all),
		cmocka_unit_test(ends_with_the_peer),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
