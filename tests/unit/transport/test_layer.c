/* SPDX-License-Identifier: MIT */
/* What transports share by reactor: it ends with them, and they with it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "pair.h"

static void the_reactor_takes_its_connections_along(void **state)
{
	struct pair p;

	pair_init(&p);
	pair_join(&p, 0);
	write_str(&p.a, "unsent");
	twc_reactor_free(p.r);
	assert_true(p.a.is_lost && p.b.is_lost);
	assert_int_equal(p.a.reason.code, TWC_EABORTED);
	probe_fini(&p.a);
	probe_fini(&p.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reactor_takes_its_connections_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
