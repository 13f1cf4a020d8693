/* SPDX-License-Identifier: MIT */
/* via=env: proxies and exceptions as curl writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "endpoint/via.h"
#include <stdlib.h>

static void test_urls(void **state)
{
	static const struct {
		const char *url, *text;
		bool resolves;
		const char *user, *pass;
	} row[] = {
		{ "socks5://gw:1081", "socks5:gw:1081", true, NULL, NULL },
		{ "socks5h://gw", "socks5:gw:1080", false, NULL, NULL },
		{ "SOCKS4://gw/", "socks4:gw:1080", true, NULL, NULL },
		{ "socks4a://joe:x@gw", "socks4a:gw:1080", false, "joe", NULL },
		{ "https://gw", "https:gw:443", false, NULL, NULL },
		{ "https://[::1]:8443", "https:[::1]:8443", false, NULL, NULL },
		{ "gw:3128", "http:gw:3128", false, NULL, NULL },
		{ "http://u:p%40ss%3a@[::1]:8080/x?y", "http:[::1]:8080", false, "u", "p@ss:" },
		{ "http://u@v:p@gw", "http:gw:1080", false, "u@v", "p" },
		{ "http://u:@gw", "http:gw:1080", false, "u", "" },
		{ "http://100%:%4@[::1]", "http:[::1]:1080", false, "100%", "%4" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc__hops h = { 0 };
		struct twc_err err = { 0 };

		if (twc__hops_parse_url(&h, row[i].url, &err))
			fail_msg("%s: %s", row[i].url, err.text);
		assert_int_equal(h.n, 1);
		assert_string_equal(h.hop[0].text, row[i].text);
		assert_int_equal(h.hop[0].resolves, row[i].resolves);
		assert_string_equal(h.hop[0].user ? h.hop[0].user : "-", row[i].user ? row[i].user : "-");
		assert_string_equal(h.hop[0].pass ? h.hop[0].pass : "-", row[i].pass ? row[i].pass : "-");
		twc__hops_fini(&h);
	}
}

static void test_faulty_urls(void **state)
{
	static const char *const row[][2] = {
		{ "quic://gw", "of a kind not known here" }, { "ftp://gw", "of a kind not known here" },
		{ "http://", "has no host" },		      { "http://u:p@", "has no host" },
		{ "http://gw:0", "faulty port" },	      { "http://gw:x", "faulty port" },
		{ "http://[::1", "never closed" },	      { "http://[::1]x", "is no URL" },
		{ "http://u%00:p@gw", "NUL in its login" },   { "socks5://u:p%00@gw", "NUL in its login" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc__hops h = { 0 };
		struct twc_err err = { 0 };

		assert_int_equal(twc__hops_parse_url(&h, row[i][0], &err), TWC_ECONFIG);
		if (!strstr(err.text, row[i][1]))
			fail_msg("%s: %s", row[i][0], err.text);
		twc__hops_fini(&h);
	}
}

static void test_exceptions(void **state)
{
	static const struct {
		const char *list, *host;
		bool yes;
	} row[] = {
		{ "*", "any.test", true },
		{ "example.com", "example.com", true },
		{ "example.com", "www.EXAMPLE.com.", true },
		{ ".example.com", "example.com", true },
		{ "example.com", "notexample.com", false },
		{ "www.example.com", "example.com", false },
		{ "a.test, b.test\tc.test ,", "c.test", true },
		{ "a.test,b.test", "c.test", false },
		{ "", "a", false },
		{ ",,", "a", false },
		{ "a*", "ab", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.0/8", "127.1.2.3", true },
		{ "10.0.0.0/8", "127.1.2.3", false },
		{ "0.1", "127.0.0.1", false },
		{ "[::1]", "::1", true },
		{ "fd00::/8", "fd00::7", true },
		{ "::/0", "127.0.0.1", false },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++)
		if (twc__no_proxy_has(twc_str_of(row[i].list), twc_str_of(row[i].host)) != row[i].yes)
			fail_msg("%s for %s", row[i].list, row[i].host);
}

static size_t env_hops(const char *host)
{
	struct twc__hops h = { 0 };
	struct twc_err err = { 0 };
	size_t n;

	assert_int_equal(twc__hops_from_env(&h, host, &err), 0);
	n = h.n;
	twc__hops_fini(&h);
	return n;
}

static void test_variables(void **state)
{
	static const char *const all[] = { "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(all); i++)
		unsetenv(all[i]);
	assert_int_equal(env_hops("a.test"), 0);
	setenv("ALL_PROXY", "socks5h://gw", 1);
	assert_int_equal(env_hops("a.test"), 1);
	setenv("NO_PROXY", "a.test", 1);
	assert_int_equal(env_hops("a.test"), 0);
	setenv("no_proxy", "b.test", 1); /* the small one wins */
	assert_int_equal(env_hops("a.test"), 1);
	setenv("all_proxy", "", 1);
	assert_int_equal(env_hops("a.test"), 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(all); i++)
		unsetenv(all[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_faulty_urls),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
