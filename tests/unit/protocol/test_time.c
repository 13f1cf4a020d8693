/* SPDX-License-Identifier: MIT */
/* time: the vectors of RFC 868, and the wrap of 2036. */
#include "peer.h"
#include <time.h>
#include "protocol/service_int.h"

static uint32_t number(const char *p)
{
	const uint8_t *u = (const uint8_t *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void vectors(void **state)
{
	static const struct {
		time_t now;
		uint32_t number;
	} rows[] = {
		{ 0, 2208988800u },		   /* 1 Jan 1970 */
		{ 189302400, 2398291200u },	   /* 1 Jan 1976 */
		{ 315532800, 2524521600u },	   /* 1 Jan 1980 */
		{ 420595200, 2629584000u },	   /* 1 May 1983 */
		{ 2085978495, 4294967295u },
		{ 2085978496, 0 },
	};
	char scratch[TWC__ANSWER_MAX];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str s = twc__time_compose(NULL, rows[i].now, scratch);

		assert_int_equal(s.n, 4);
		assert_int_equal(number(s.p), rows[i].number);
	}
}

static void check_is_now(const char *p, time_t before)
{
	uint32_t t = number(p) - 2208988800u;

	assert_in_range(t, (uint32_t)before, (uint32_t)time(NULL));
}

static void stream(void **state)
{
	time_t before = time(NULL);
	struct rig rig;

	rig_init(&rig, "time", NULL);
	rig_join(&rig);
	rig_run(&rig);
	assert_int_equal(rig.peer.n, 4);
	check_is_now(rig.peer.got, before);
	assert_true(rig.peer.has_eof);
	rig_fini(&rig);
}

static void datagrams(void **state)
{
	time_t before = time(NULL);
	struct rig rig;
	char buf[64];

	rig_init(&rig, "time", NULL);
	rig_join_udp(&rig);
	assert_int_equal(rig_ask(&rig, "", 0, buf, sizeof(buf)), 4);
	check_is_now(buf, before);
	assert_int_equal(rig_ask(&rig, "what?", 5, buf, sizeof(buf)), 4);
	check_is_now(buf, before);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(stream),
		cmocka_unit_test(datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
