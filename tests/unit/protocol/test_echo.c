/* SPDX-License-Identifier: MIT */
/* echo: everything back, in order, bounded, to the end. */
#include "peer.h"

static void comes_back(void **state)
{
	struct rig rig;

	rig_init(&rig, "echo", NULL);
	rig_join(&rig);
	twc_transport_write(rig.peer.base.transport, "hello", 5);
	rig_run(&rig);
	assert_string_equal(rig.peer.got, "hello");
	twc_transport_write(rig.peer.base.transport, " again", 6);
	rig_run(&rig);
	assert_string_equal(rig.peer.got, "hello again");
	assert_false(rig.is_lost);
	rig_fini(&rig);
}

static void answers_after_the_peers_end(void **state)
{
	struct rig rig;

	rig_init(&rig, "echo", NULL);
	rig_join(&rig);
	twc_transport_write(rig.peer.base.transport, "last words", 10);
	twc_transport_write_eof(rig.peer.base.transport);
	rig_run(&rig);
	assert_string_equal(rig.peer.got, "last words");
	assert_true(rig.peer.has_eof);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	rig_fini(&rig);
}

/* A client that sends 4 MiB before it reads a byte: the service holds a bounded part, and all of it comes back. */
static void slow_reader(void **state)
{
	enum { SIZE = 4 * 1024 * 1024 };
	char *sent = malloc(SIZE);
	struct rig rig;

	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (char)(i * 2654435761u >> 13);
	rig_init(&rig, "echo", NULL);
	rig_join(&rig);
	twc_transport_pause(rig.peer.base.transport);
	twc_transport_write(rig.peer.base.transport, sent, SIZE);
	twc_transport_write_eof(rig.peer.base.transport);
	rig_run(&rig);
	assert_int_equal(rig.peer.n, 0);
	assert_true(twc_transport_is_full(rig.inner->transport));
	assert_true(twc_transport_queued(rig.inner->transport) <= 1024 * 1024);
	assert_true(twc_transport_queued(rig.peer.base.transport) > 1024 * 1024);

	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	assert_int_equal(rig.peer.n, SIZE);
	assert_memory_equal(rig.peer.got, sent, SIZE);
	assert_true(rig.peer.has_eof);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	rig_fini(&rig);
	free(sent);
}

static void reset_is_the_end(void **state)
{
	struct rig rig;

	rig_init(&rig, "echo", NULL);
	rig_join(&rig);
	twc_transport_abort(rig.peer.base.transport);
	rig_run(&rig);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, TWC_ERESET);
	rig_fini(&rig);
}

static void datagrams(void **state)
{
	struct rig rig;
	char buf[64];

	rig_init(&rig, "echo", NULL);
	rig_join_udp(&rig);
	assert_int_equal(rig_ask(&rig, "one", 3, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "one", 3);
	assert_int_equal(rig_ask(&rig, "", 0, buf, sizeof(buf)), 0);
	assert_int_equal(rig_ask(&rig, "three", 5, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "three", 5);
	assert_false(rig.is_lost);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(answers_after_the_peers_end),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(reset_is_the_end),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
