/* SPDX-License-Identifier: MIT */
/* The hosts file: who is found in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "net/net_int.h"

static const char text[] = "# comment\n"
			   "127.0.0.1\tlocalhost alias.test.\r\n"
			   "::1 localhost ip6-localhost # not-this\n"
			   "10.0.0.1 multi\n"
			   "10.0.0.2 other multi\n"
			   "10.0.0.1 multi\n"
			   "#10.0.0.3 multi\n"
			   "not-an-address multi\n"
			   "10.0.0.9\n"
			   "\n"
			   "fe80::1%lo scoped\n"
			   "10.0.0.7 last";

static int find(const char *name, int family, struct twc_addr *out)
{
	return twc__hosts_find(twc_str_of(text), twc_str_of(name), family, out, 4);
}

static void host_is(const struct twc_addr *a, const char *want)
{
	char buf[64];

	assert_string_equal(twc_addr_format_host(a, buf, sizeof(buf)), want);
}

static void test_found(void **state)
{
	struct twc_addr a[4];

	assert_int_equal(find("localhost", AF_INET, a), 1);
	host_is(&a[0], "127.0.0.1");
	assert_int_equal(find("LocalHost", AF_INET6, a), 1);
	host_is(&a[0], "::1");
	assert_int_equal(find("alias.test", AF_INET, a), 1);
	assert_int_equal(find("scoped", AF_INET6, a), 1);
	host_is(&a[0], "fe80::1%lo");
	assert_int_equal(find("last", AF_INET, a), 1);
	host_is(&a[0], "10.0.0.7");
}

static void test_several_without_doubles(void **state)
{
	struct twc_addr a[4];

	assert_int_equal(find("multi", AF_INET, a), 2);
	host_is(&a[0], "10.0.0.1");
	host_is(&a[1], "10.0.0.2");
	assert_int_equal(twc__hosts_find(twc_str_of(text), TWC_STR("multi"), AF_INET, a, 1), 1);
}

static void test_other_family_only(void **state)
{
	struct twc_addr a[4];

	assert_int_equal(find("multi", AF_INET6, a), 0);
	assert_int_equal(find("ip6-localhost", AF_INET, a), 0);
}

static void test_absent(void **state)
{
	struct twc_addr a[4];

	assert_int_equal(find("nobody", AF_INET, a), -1);
	assert_int_equal(find("not-this", AF_INET6, a), -1);
	assert_int_equal(find("mult", AF_INET, a), -1);
	assert_int_equal(find("127.0.0.1", AF_INET, a), -1);
	assert_int_equal(find("", AF_INET, a), -1);
	assert_int_equal(twc__hosts_find((struct twc_str){ NULL, 0 }, TWC_STR("x"), AF_INET, a, 4), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_several_without_doubles),
		cmocka_unit_test(test_other_family_only),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
