/* SPDX-License-Identifier: MIT */
/* chargen: RFC 864's pattern, without end and without bound on patience. */
#include "peer.h"

static void check_lines(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t line = i / 74, column = i % 74;
		char want = column == 72 ? '\r' : column == 73 ? '\n' : (char)(' ' + (line + column) % 95);

		if (p[i] != want)
			fail_msg("byte %zu is %d, not %d", i, p[i], want);
	}
}

/* The RFC's example: the line that starts with an exclamation mark. */
static void pattern(void **state)
{
	struct rig rig;

	rig_init(&rig, "chargen", NULL);
	rig.peer.hold_at = 74 * 100;
	rig_join(&rig);
	rig_run(&rig);
	assert_true(rig.peer.n >= 74 * 100);
	check_lines(rig.peer.got, rig.peer.n);
	assert_memory_equal(rig.peer.got + 74,
			    "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n", 74);
	rig_fini(&rig);
}

static void waits_for_the_reader(void **state)
{
	struct rig rig;
	size_t before;

	rig_init(&rig, "chargen", NULL);
	rig.peer.hold_at = 1;
	rig_join(&rig);
	rig_run(&rig);
	assert_true(twc_transport_is_full(rig.inner->transport));
	assert_true(twc_transport_queued(rig.inner->transport) <= 512 * 1024);

	for (int i = 0; i < 4; i++) { /* each time it goes on where it stopped */
		before = rig.peer.n;
		rig.peer.hold_at = before + 1000 * 1000;
		twc_transport_resume(rig.peer.base.transport);
		rig_run(&rig);
		assert_true(rig.peer.n >= before + 1000 * 1000);
		assert_true(twc_transport_queued(rig.inner->transport) <= 512 * 1024);
	}
	check_lines(rig.peer.got, rig.peer.n);
	rig_fini(&rig);
}

static void input_is_ignored(void **state)
{
	struct rig rig;

	rig_init(&rig, "chargen", NULL);
	rig.peer.hold_at = 1;
	rig_join(&rig);
	twc_transport_write(rig.peer.base.transport, "stop", 4);
	twc_transport_write_eof(rig.peer.base.transport);
	rig_run(&rig);
	assert_false(rig.is_lost);
	rig.peer.hold_at = rig.peer.n + 500000;
	twc_transport_resume(rig.peer.base.transport);
	rig_run(&rig);
	assert_true(rig.peer.n >= 500000);
	check_lines(rig.peer.got, rig.peer.n);
	twc_transport_abort(rig.peer.base.transport);
	rig_run(&rig);
	assert_true(rig.is_lost);
	rig_fini(&rig);
}

static void datagrams(void **state)
{
	struct rig rig;
	char buf[4096];

	rig_init(&rig, "chargen", NULL);
	rig_join_udp(&rig);
	assert_int_equal(recv(rig.udp, buf, sizeof(buf), MSG_DONTWAIT), -1);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(rig_ask(&rig, "?", 1, buf + 74 * (i % 50), 1000), 74);
	assert_int_equal(buf[0], ' ' + 150 % 95);
	assert_int_equal(buf[74 * 49], ' ' + 199 % 95);
	assert_int_equal(recv(rig.udp, buf, sizeof(buf), MSG_DONTWAIT), -1);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pattern),
		cmocka_unit_test(waits_for_the_reader),
		cmocka_unit_test(input_is_ignored),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
