/* SPDX-License-Identifier: MIT */
/* Factories: started with the first user, stopped with the last. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/transport.h>

struct counting {
	struct twc_factory base;
	int starts, stops, builds;
};

static void on_started(struct twc_factory *f)
{
	((struct counting *)f)->starts++;
}

static void on_stopped(struct twc_factory *f)
{
	((struct counting *)f)->stops++;
}

static struct twc_protocol *on_build(struct twc_factory *f, const struct twc_addr *peer)
{
	((struct counting *)f)->builds++;
	assert_int_equal(peer->kind, TWC_ADDR_NONE);
	return NULL;
}

static void started_and_stopped_once(void **state)
{
	static const struct twc_factory_ops ops = { .build = on_build, .started = on_started, .stopped = on_stopped };
	struct counting c = { .base.ops = &ops };
	struct twc_addr none = { 0 };

	twc_factory_start(&c.base);
	twc_factory_start(&c.base);
	assert_int_equal(c.starts, 1);
	assert_null(twc_factory_build(&c.base, &none));
	twc_factory_stop(&c.base);
	assert_int_equal(c.stops, 0);
	twc_factory_stop(&c.base);
	assert_int_equal(c.stops, 1);
	twc_factory_start(&c.base);
	assert_int_equal(c.starts, 2);
	assert_int_equal(c.builds, 1);
	twc_factory_stop(&c.base);
}

static void hooks_are_optional(void **state)
{
	static const struct twc_factory_ops ops = { .build = on_build };
	struct twc_factory f = { .ops = &ops };

	twc_factory_start(&f);
	assert_int_equal(f.users, 1);
	twc_factory_stop(&f);
	assert_int_equal(f.users, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(started_and_stopped_once),
		cmocka_unit_test(hooks_are_optional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
