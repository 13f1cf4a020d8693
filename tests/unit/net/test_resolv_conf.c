/* SPDX-License-Identifier: MIT */
/* resolv.conf: what is taken from it, and what is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "net/net_int.h"

static struct twc__resolv_conf parsed(const char *text)
{
	struct twc__resolv_conf c;

	memset(&c, 0xff, sizeof(c));
	twc__resolv_conf_parse(&c, twc_str_of(text));
	return c;
}

static void server_is(const struct twc__resolv_conf *c, size_t i, const char *want)
{
	char buf[TWC_ADDR_TEXT_MAX];

	assert_true(i < c->n_servers);
	assert_string_equal(twc_addr_format(&c->server[i], buf, sizeof(buf)), want);
}

static void test_empty(void **state)
{
	struct twc__resolv_conf c = parsed("");

	assert_int_equal(c.n_servers, 0);
	assert_int_equal(c.n_search, 0);
	assert_int_equal(c.ndots, 1);
	assert_int_equal(c.timeout_s, 5);
	assert_int_equal(c.attempts, 2);
	assert_false(c.rotate || c.use_vc || c.edns0);
}

static void test_usual(void **state)
{
	struct twc__resolv_conf c = parsed("# made by hand\n; or not\n"
					   "nameserver 10.0.0.1\n"
					   "  nameserver\tfe80::1%lo   # who\r\n"
					   "search a.test. b.test\n"
					   "options timeout:3 attempts:4 ndots:2 rotate use-vc edns0 unknown:7\n");

	assert_int_equal(c.n_servers, 2);
	server_is(&c, 0, "udp:10.0.0.1:53");
	server_is(&c, 1, "udp:[fe80::1%lo]:53");
	assert_int_equal(c.n_search, 2);
	assert_string_equal(c.search[0], "a.test");
	assert_string_equal(c.search[1], "b.test");
	assert_int_equal(c.timeout_s, 3);
	assert_int_equal(c.attempts, 4);
	assert_int_equal(c.ndots, 2);
	assert_true(c.rotate && c.use_vc && c.edns0);
}

static void test_last_of_search_and_domain_wins(void **state)
{
	struct twc__resolv_conf c = parsed("search a b c\ndomain d e\n");

	assert_int_equal(c.n_search, 1);
	assert_string_equal(c.search[0], "d");
	c = parsed("domain d\nsearch a b\n");
	assert_int_equal(c.n_search, 2);
	c = parsed("domain d\nsearch\n");
	assert_int_equal(c.n_search, 0);
}

static void test_limits(void **state)
{
	struct twc__resolv_conf c = parsed("options ndots:99 timeout:0 attempts:99\noptions timeout:");

	assert_int_equal(c.ndots, 15);
	assert_int_equal(c.timeout_s, 1);
	assert_int_equal(c.attempts, 5);
	c = parsed("options timeout:999 attempts:0 ndots:-1 ndots:x ndots:4294967296");
	assert_int_equal(c.timeout_s, 30);
	assert_int_equal(c.attempts, 1);
	assert_int_equal(c.ndots, 1);
}

static void test_too_many(void **state)
{
	char text[4096] = "";
	struct twc__resolv_conf c;
	size_t n = 0;
	int i;

	for (i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "nameserver 10.0.0.%d\n", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "search");
	for (i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " d%d.test", i);
	c = parsed(text);
	assert_int_equal(c.n_servers, TWC__NS_MAX);
	assert_int_equal(c.n_search, TWC__SEARCH_MAX);
}

static void test_rubbish(void **state)
{
	char text[1200];
	struct twc__resolv_conf c = parsed("nameserver\nnameserver example.com\nnameserver 1.2.3\nNameserver 1.2.3.4\n"
					   "nameserverx 1.2.3.4\nsearch .\n\n\n\t\n");

	assert_int_equal(c.n_servers, 0);
	assert_int_equal(c.n_search, 0);
	memset(text, 'x', sizeof(text));
	memcpy(text, "search ", 7);
	twc__resolv_conf_parse(&c, (struct twc_str){ text, sizeof(text) });
	assert_int_equal(c.n_search, 0);
	twc__resolv_conf_parse(&c, TWC_STR("nameserver 1.2.3.4\0\nsearch a\0b\n"));
	assert_int_equal(c.n_servers, 0);
	assert_int_equal(c.n_search, 0);
}

static void test_explicit_servers(void **state)
{
	static const char *const bad[] = {
		"", ",", "x", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:99999", "[::1", "[::1]53", "[1.2.3.4]:53", "::1,", "1.1.1.1;2.2.2.2",
		"1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1",
	};
	struct twc__resolv_conf c = parsed("nameserver 9.9.9.9\noptions ndots:3");
	struct twc_err err;
	size_t i;

	assert_int_equal(twc__resolv_conf_set_servers(&c, TWC_STR("127.0.0.1:5353, [::1]:54,[::2],::3,1.2.3.4"), NULL), 0);
	assert_int_equal(c.n_servers, 5);
	server_is(&c, 0, "udp:127.0.0.1:5353");
	server_is(&c, 1, "udp:[::1]:54");
	server_is(&c, 2, "udp:[::2]:53");
	server_is(&c, 3, "udp:[::3]:53");
	server_is(&c, 4, "udp:1.2.3.4:53");
	assert_int_equal(c.ndots, 3);
	for (i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		err = (struct twc_err){ 0 };
		if (twc__resolv_conf_set_servers(&c, twc_str_of(bad[i]), &err) != TWC_EUSAGE)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, TWC_EUSAGE);
		assert_int_equal(c.n_servers, 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_last_of_search_and_domain_wins),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_explicit_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
