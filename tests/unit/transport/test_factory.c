/* SPDX-License-Identifier: MIT */
/* A factory hears of its first user and its last, and builds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/transport.h>

struct counter {
	struct twc_factory base;
	unsigned started, stopped;
	const struct twc_addr *peer;
	struct twc_protocol protocol;
};

static struct twc_protocol *build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct counter *c = (struct counter *)f;

	c->peer = peer;
	return &c->protocol;
}

static void started(struct twc_factory *f)
{
	((struct counter *)f)->started++;
}

static void stopped(struct twc_factory *f)
{
	((struct counter *)f)->stopped++;
}

static const struct twc_factory_ops counting = {
	.name = "counter", .build = build, .started = started, .stopped = stopped,
};
static const struct twc_factory_ops plain = { .name = "plain", .build = build };

static void test_users(void **state)
{
	struct counter c = { .base.ops = &counting };

	for (unsigned round = 1; round <= 2; round++) {
		twc_factory_start(&c.base);
		assert_int_equal(c.started, round);
		twc_factory_start(&c.base);
		twc_factory_stop(&c.base);
		assert_int_equal(c.started, round);
		assert_int_equal(c.stopped, round - 1);
		twc_factory_stop(&c.base);
		assert_int_equal(c.stopped, round);
	}
}

static void test_without_callbacks(void **state)
{
	struct counter c = { .base.ops = &plain };

	twc_factory_start(&c.base);
	assert_int_equal(c.base.users, 1);
	twc_factory_stop(&c.base);
	assert_int_equal(c.base.users, 0);
}

static void test_build(void **state)
{
	struct counter c = { .base.ops = &plain };
	const struct twc_addr peer = { .kind = TWC_ADDR_NONE };

	assert_ptr_equal(twc_factory_build(&c.base, &peer), &c.protocol);
	assert_ptr_equal(c.peer, &peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_without_callbacks),
		cmocka_unit_test(test_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
