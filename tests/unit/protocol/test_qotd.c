/* SPDX-License-Identifier: MIT */
/* qotd: every quote keeps to RFC 865, one a day. */
#include "peer.h"
#include "protocol/service_int.h"

static void every_quote(void **state)
{
	struct twc_str first = twc__qotd_compose(NULL, 0, NULL);
	bool changed = false;

	for (time_t day = 0; day < 1000; day++) {
		struct twc_str s = twc__qotd_compose(NULL, day * 86400, NULL);
		struct twc_str late = twc__qotd_compose(NULL, day * 86400 + 86399, NULL);

		assert_true(twc_str_eq(s, late));
		assert_in_range(s.n, 1, 511);
		assert_memory_equal(s.p + s.n - 2, "\r\n", 2);
		for (size_t i = 0; i < s.n; i++)
			assert_true((s.p[i] >= ' ' && s.p[i] <= '~') || s.p[i] == '\r' || s.p[i] == '\n');
		changed |= !twc_str_eq(s, first);
	}
	assert_true(changed);
}

static void stream(void **state)
{
	struct rig rig;

	rig_init(&rig, "qotd", NULL);
	rig_join(&rig);
	rig_run(&rig);
	assert_in_range(rig.peer.n, 1, 511);
	assert_memory_equal(rig.peer.got + rig.peer.n - 2, "\r\n", 2);
	assert_true(rig.peer.has_eof);
	rig_fini(&rig);
}

static void datagrams(void **state)
{
	char one[600], two[600];
	struct rig rig;
	ssize_t n;

	rig_init(&rig, "qotd", NULL);
	rig_join_udp(&rig);
	n = rig_ask(&rig, "", 0, one, sizeof(one));
	assert_in_range(n, 1, 511);
	assert_in_range(rig_ask(&rig, "x", 1, two, sizeof(two)), 1, 511);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_quote),
		cmocka_unit_test(stream),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
