/* SPDX-License-Identifier: MIT */
/* daytime: a line in UTC. */
#include "peer.h"
#include <time.h>
#include "protocol/service_int.h"

static void format(void **state)
{
	static const struct {
		time_t now;
		const char *line;
	} rows[] = {
		{ 0, "Thu Jan  1 00:00:00 1970 UTC\r\n" },
		{ 951827696, "Tue Feb 29 12:34:56 2000 UTC\r\n" },
		{ 1735689599, "Tue Dec 31 23:59:59 2024 UTC\r\n" },
		{ 4102444800, "Fri Jan  1 00:00:00 2100 UTC\r\n" },
	};
	char scratch[TWC__ANSWER_MAX];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str s = twc__daytime_compose(NULL, rows[i].now, scratch);

		assert_int_equal(s.n, strlen(rows[i].line));
		assert_memory_equal(s.p, rows[i].line, s.n);
	}
}

/* The line lies between the clock before and the clock after, as strings of one shape. */
static void check_is_now(const char *got, size_t n, time_t before)
{
	char scratch[TWC__ANSWER_MAX];

	for (time_t t = before; t <= time(NULL); t++) {
		struct twc_str s = twc__daytime_compose(NULL, t, scratch);

		if (s.n == n && memcmp(s.p, got, n) == 0)
			return;
	}
	fail_msg("not the time: %.*s", (int)n, got);
}

static void stream(void **state)
{
	time_t before = time(NULL);
	struct rig rig;

	rig_init(&rig, "daytime", NULL);
	rig_join(&rig);
	rig_run(&rig);
	check_is_now(rig.peer.got, rig.peer.n, before);
	assert_true(rig.peer.has_eof);
	twc_transport_lose(rig.peer.base.transport);
	rig_run(&rig);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	rig_fini(&rig);
}

/* A client that neither ends nor goes away is left after two seconds. */
static void lingers_two_seconds(void **state)
{
	struct rig rig;

	rig_init(&rig, "daytime", NULL);
	rig_join(&rig);
	rig_run(&rig);
	assert_true(rig.peer.has_eof);
	twc_transport_write(rig.peer.base.transport, "late question", 13);
	twc_reactor_advance(rig.reactor, 2 * TWC_NS_PER_S - 1);
	assert_false(rig.is_lost);
	twc_reactor_advance(rig.reactor, 1);
	assert_true(rig.is_lost);
	assert_int_equal(rig.reason.code, 0);
	rig_fini(&rig);
}

static void datagrams(void **state)
{
	struct rig rig;
	char buf[600];

	rig_init(&rig, "daytime", NULL);
	rig_join_udp(&rig);
	assert_int_equal(recv(rig.udp, buf, sizeof(buf), MSG_DONTWAIT), -1); /* not before it is asked */
	for (int i = 0; i < 3; i++) {
		time_t before = time(NULL);
		ssize_t n = rig_ask(&rig, "", 0, buf, sizeof(buf));

		assert_true(n > 0);
		check_is_now(buf, (size_t)n, before);
		assert_int_equal(recv(rig.udp, buf, sizeof(buf), MSG_DONTWAIT), -1); /* one for one */
	}
	assert_false(rig.is_lost);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format),
		cmocka_unit_test(stream),
		cmocka_unit_test(lingers_two_seconds),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
