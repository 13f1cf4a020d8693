/* SPDX-License-Identifier: MIT */
/* text: the bytes asked for, to each client. */
#include "peer.h"
#include "protocol/service_int.h"

static void check_text(const char *arg, const char *want, size_t n)
{
	struct rig rig;

	rig_init(&rig, "text", arg);
	rig_join(&rig);
	rig_run(&rig);
	assert_int_equal(rig.peer.n, n);
	if (n)
		assert_memory_equal(rig.peer.got, want, n);
	assert_true(rig.peer.has_eof);
	rig_fini(&rig);
}

static void bytes(void **state)
{
	check_text("hello", "hello", 5);
	check_text("a\\r\\n\\0\\x7f\\\\b", "a\r\n\0\x7f\\b", 7);
	check_text("", "", 0);
}

static void bad_escape(void **state)
{
	const struct twc_service *s = twc_service_find("text");
	struct twc_err err = { 0 };

	assert_null(s->create(NULL, "a\\q", &err));
	assert_int_equal(err.code, TWC_EUSAGE);
	assert_true(err.text[0]);
	assert_null(s->create(NULL, "a\\x4", NULL));
}

/* More than one client, one after the other from one factory. */
static void many_clients(void **state)
{
	struct rig rig;

	rig_init(&rig, "text", "hi");
	for (int i = 0; i < 3; i++) {
		rig.peer = (struct peer){ .base.ops = &peer_ops };
		rig.is_lost = false;
		rig_join(&rig);
		rig_run(&rig);
		assert_string_equal(rig.peer.got, "hi");
		twc_transport_write(rig.peer.base.transport, "GET / HTTP/1.1\r\n\r\n", 18);
		twc_transport_write_eof(rig.peer.base.transport);
		rig_run(&rig);
		assert_true(rig.is_lost);
		assert_true(rig.peer.is_lost);
		assert_int_equal(rig.peer.reason.code, 0); /* no reset for having spoken */
		free(rig.peer.got);
		rig.peer.got = NULL;
	}
	rig_fini(&rig);
}

static void large_to_a_slow_reader(void **state)
{
	enum { SIZE = 1000 * 1000 };
	char *arg = malloc(SIZE + 1);
	struct rig rig;

	memset(arg, 'x', SIZE);
	arg[SIZE] = 0;
	rig_init(&rig, "text", arg);
	rig.peer.hold_at = 1;
	rig_join(&rig);
	rig_run(&rig);
	twc_reactor_advance(rig.reactor, 10 * TWC_NS_PER_S); /* slow is not gone */
	assert_false(rig.is_lost);
	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	assert_int_equal(rig.peer.n, SIZE);
	assert_true(rig.peer.has_eof);
	twc_transport_write_eof(rig.peer.base.transport);
	rig_run(&rig);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	rig_fini(&rig);
	free(arg);
}

static void datagrams(void **state)
{
	struct rig rig;
	char buf[64];

	rig_init(&rig, "text", "pong");
	rig_join_udp(&rig);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_ask(&rig, "ping", 4, buf, sizeof(buf)), 4);
	assert_memory_equal(buf, "pong", 4);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(bad_escape),
		cmocka_unit_test(many_clients),
		cmocka_unit_test(large_to_a_slow_reader),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
