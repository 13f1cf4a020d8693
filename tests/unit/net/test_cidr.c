/* SPDX-License-Identifier: MIT */
/* Networks: what is one, and who is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <twc/addr.h>

static bool has(const char *net, const char *host)
{
	struct twc_cidr c;
	struct twc_addr a;
	struct twc_err err = { 0 };

	if (twc_cidr_parse(&c, twc_str_of(net), &err) != 0)
		fail_msg("%s: %s", net, err.text);
	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(host), 7, NULL), 0);
	return twc_cidr_has(&c, &a);
}

static void test_membership(void **state)
{
	static const struct {
		const char *net, *host;
		bool in;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.1.2", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "::ffff:10.1.1.1", true },
		{ "0.0.0.0/0", "8.8.8.8", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "8.8.8.8", false },
		{ "::/0", "::ffff:8.8.8.8", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.6", false },
		{ "192.0.2.6/31", "192.0.2.7", true },
		{ "192.0.2.6/31", "192.0.2.8", false },
		{ "fd00::/8", "fdff::1", true },
		{ "fd00::/8", "fe00::1", false },
		{ "fd00::/9", "fd80::1", false },
		{ "::1", "::1", true },
		{ "::1/128", "::2", false },
		{ "::ffff:10.0.0.0/104", "10.9.9.9", true },
	};
	size_t i;

	for (i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (has(rows[i].net, rows[i].host) != rows[i].in)
			fail_msg("%s in %s", rows[i].host, rows[i].net);
}

static void test_not_ip(void **state)
{
	struct twc_cidr c;
	struct twc_addr a;

	assert_int_equal(twc_cidr_parse(&c, TWC_STR("0.0.0.0/0"), NULL), 0);
	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR("/x"), NULL), 0);
	assert_false(twc_cidr_has(&c, &a));
}

static void test_faults(void **state)
{
	static const char *const bad[] = {
		"",	       "/",	    "/8",	   "10/8",	   "10.0.0.0/",	   "10.0.0.0/33", "10.0.0.0/-1",
		"10.0.0.0/8/8", "::/129",    "10.0.0.0/ 8", "fe80::1%lo",   "fe80::%lo/10", "example.com", "10.0.0.0/255.0.0.0",
		"[::1]/128",   "10.0.0.0/8x",
	};
	struct twc_cidr c;
	struct twc_err err;
	size_t i;

	for (i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		err = (struct twc_err){ 0 };
		if (twc_cidr_parse(&c, twc_str_of(bad[i]), &err) != TWC_EUSAGE)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, TWC_EUSAGE);
	}
}

static void test_host_bits(void **state)
{
	struct twc_cidr c;
	struct twc_err err = { 0 };

	assert_int_equal(twc_cidr_parse(&c, TWC_STR("10.1.2.3/8"), &err), TWC_EUSAGE);
	assert_string_equal(err.text, "\"10.1.2.3/8\" has bits set behind its prefix; did you mean 10.0.0.0/8?");
	assert_int_equal(twc_cidr_parse(&c, TWC_STR("fd00::1/8"), &err), TWC_EUSAGE);
	assert_string_equal(err.text, "\"fd00::1/8\" has bits set behind its prefix; did you mean fd00::/8?");
	assert_int_equal(twc_cidr_parse(&c, TWC_STR("1.2.3.4/0"), &err), TWC_EUSAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_membership),
		cmocka_unit_test(test_not_ip),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_host_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
