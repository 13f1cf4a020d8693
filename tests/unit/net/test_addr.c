/* SPDX-License-Identifier: MIT */
/* Literals in, endpoint strings out, and the questions asked of an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <twc/addr.h>

#include "net/net_int.h"

static struct twc_addr ip(const char *s, uint16_t port)
{
	struct twc_addr a;
	struct twc_err err = { 0 };

	if (twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(s), port, &err) != 0)
		fail_msg("%s: %s", s, err.text);
	return a;
}

static void prints(const struct twc_addr *a, const char *want)
{
	char buf[TWC_ADDR_TEXT_MAX];

	assert_string_equal(twc_addr_format(a, buf, sizeof(buf)), want);
}

static void test_literals(void **state)
{
	static const struct {
		const char *in, *out;
	} good[] = {
		{ "127.0.0.1", "tcp:127.0.0.1:80" },
		{ "0.0.0.0", "tcp:0.0.0.0:80" },
		{ "255.255.255.255", "tcp:255.255.255.255:80" },
		{ "::", "tcp:[::]:80" },
		{ "::1", "tcp:[::1]:80" },
		{ "0:0::0:1", "tcp:[::1]:80" },
		{ "FE80::1%lo", "tcp:[fe80::1%lo]:80" },
		{ "fe80::1%4294967295", "tcp:[fe80::1%4294967295]:80" },
		{ "::ffff:1.2.3.4", "tcp:[::ffff:1.2.3.4]:80" },
	};
	static const char *const bad[] = {
		"",	   "1",		"1.2.3",       "1.2.3.4.5", "256.1.1.1", "01.2.3.4",  "1.2.3.4 ",
		" 1.2.3.4", "1.2.3.4%lo", "::1%",	"::1%0",     "::1%noif",  "[::1]",     ":::",
		"12345::",  "0x7f.1",	"localhost",  "1.2.3.4/8", "::1%4294967296",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444:5555:6666:7777",
	};
	size_t i;

	for (i = 0; i < TWC_ARRAY_LEN(good); i++) {
		struct twc_addr a = ip(good[i].in, 80);

		prints(&a, good[i].out);
	}
	for (i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		struct twc_addr a;
		struct twc_err err = { 0 };

		if (twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(bad[i]), 1, &err) != TWC_EUSAGE)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, TWC_EUSAGE);
		assert_true(err.text[0] != 0);
		assert_int_equal(a.kind, TWC_ADDR_NONE);
	}
}

static void test_nul_is_no_end(void **state)
{
	struct twc_addr a;

	assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, TWC_STR("1.2.3.4\0x"), 1, NULL), TWC_EUSAGE);
	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR("/a\0b"), NULL), TWC_EUSAGE);
}

static void test_scope_by_name_and_number(void **state)
{
	struct twc_addr a = ip("fe80::1%lo", 1), b;
	char text[40];

	snprintf(text, sizeof(text), "fe80::1%%%u", if_nametoindex("lo"));
	b = ip(text, 1);
	assert_true(twc_addr_eq(&a, &b));
	assert_string_equal(twc_addr_format_host(&b, text, sizeof(text)), "fe80::1%lo");
	b = ip("fe80::1", 1);
	assert_false(twc_addr_eq_host(&a, &b));
}

static void test_unix(void **state)
{
	static const struct {
		const char *in, *out, *host;
	} good[] = {
		{ "/run/x", "unix:/run/x", "/run/x" },
		{ "relative", "unix:relative", "relative" },
		{ "./@x", "unix:./@x", "./@x" },
		{ "@abstract", "unix:@abstract", "@abstract" },
		{ "@@", "unix:@@", "@@" },
		{ "/a:b=c\\d[e]", "unix:/a\\:b\\=c\\\\d\\[e\\]", "/a:b=c\\d[e]" },
		{ "@a:b\x01\n\xc2\x85\xff", "unix:@a\\:b???\xff", "@a:b\x01\n\xc2\x85\xff" },
	};
	char buf[TWC_ADDR_TEXT_MAX];
	struct twc_addr a;
	size_t i;

	for (i = 0; i < TWC_ARRAY_LEN(good); i++) {
		assert_int_equal(twc_addr_parse_unix(&a, twc_str_of(good[i].in), NULL), 0);
		assert_int_equal(a.kind, TWC_ADDR_UNIX);
		prints(&a, good[i].out);
		assert_string_equal(twc_addr_format_host(&a, buf, sizeof(buf)), good[i].host);
	}
	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR(""), NULL), TWC_EUSAGE);
	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR("@"), NULL), TWC_EUSAGE);
}

static void test_unix_longest(void **state)
{
	char path[108], text[TWC_ADDR_TEXT_MAX], want[TWC_ADDR_TEXT_MAX];
	struct twc_addr a;
	size_t i;

	memset(path, ':', sizeof(path));
	assert_int_equal(twc_addr_parse_unix(&a, (struct twc_str){ path, 108 }, NULL), TWC_EUSAGE);
	assert_int_equal(twc_addr_parse_unix(&a, (struct twc_str){ path, 107 }, NULL), 0);
	memcpy(want, "unix:", 6);
	for (i = 0; i < 107; i++)
		memcpy(want + 5 + 2 * i, "\\:", 3);
	assert_string_equal(twc_addr_format(&a, text, sizeof(text)), want);
	path[0] = '@';
	assert_int_equal(twc_addr_parse_unix(&a, (struct twc_str){ path, 108 }, NULL), 0);
	assert_int_equal(a.len, sizeof(struct sockaddr_un));
}

/* A file named @x that another program bound must not read back as abstract; a client without a name has none. */
static void test_unix_from_kernel(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "@x" };
	struct twc_addr a;

	twc_addr_set(&a, TWC_ADDR_UNIX, (struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path) + 3);
	prints(&a, "unix:./@x");
	twc_addr_set(&a, TWC_ADDR_UNIX, (struct sockaddr *)&un, sizeof(sa_family_t));
	prints(&a, "unix:");
	memcpy(un.sun_path, "\0a\0b", 4);
	twc_addr_set(&a, TWC_ADDR_UNIX, (struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path) + 4);
	prints(&a, "unix:@a@b");
}

static void test_cut_to_the_buffer(void **state)
{
	struct twc_addr a = ip("::1", 65535);
	char buf[8] = "xxxxxxx";

	assert_string_equal(twc_addr_format(&a, buf, 6), "tcp:[");
	assert_string_equal(twc_addr_format(&a, buf, 1), "");
	assert_ptr_equal(twc_addr_format(&a, buf, 0), buf);
}

static void test_kinds(void **state)
{
	struct twc_addr a = ip("127.0.0.1", 53), none = { 0 };

	a.kind = TWC_ADDR_UDP;
	prints(&a, "udp:127.0.0.1:53");
	prints(&none, "none");
	twc_addr_set_port(&a, 5353);
	assert_int_equal(twc_addr_port(&a), 5353);
	twc_addr_set_port(&none, 1);
	assert_int_equal(twc_addr_port(&none), 0);
}

static void test_where(void **state)
{
	struct twc_addr a = ip("::1", 80);
	char buf[TWC_ADDR_TEXT_MAX];

	assert_string_equal(twc__addr_where(&a, buf, sizeof(buf)), "[::1]:80");
	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR("/a:\x1b"), NULL), 0);
	assert_string_equal(twc__addr_where(&a, buf, sizeof(buf)), "/a:\\x1b");
}

static void test_loopback_and_any(void **state)
{
	static const struct {
		const char *in;
		bool loopback, any;
	} rows[] = {
		{ "127.0.0.1", true, false },	     { "127.255.0.9", true, false },
		{ "128.0.0.1", false, false },	     { "::1", true, false },
		{ "::2", false, false },	     { "::ffff:127.0.0.1", true, false },
		{ "::ffff:10.0.0.1", false, false }, { "0.0.0.0", false, true },
		{ "::", false, true },		     { "::ffff:0.0.0.0", false, true },
		{ "0.0.0.1", false, false },
	};
	struct twc_addr a;
	size_t i;

	for (i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		a = ip(rows[i].in, 1);
		assert_int_equal(twc_addr_is_loopback(&a), rows[i].loopback);
		assert_int_equal(twc_addr_is_any(&a), rows[i].any);
	}
	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR("@x"), NULL), 0);
	assert_true(twc_addr_is_loopback(&a));
	assert_false(twc_addr_is_any(&a));
	a = (struct twc_addr){ 0 };
	assert_false(twc_addr_is_loopback(&a));
}

static void test_equal(void **state)
{
	struct twc_addr a = ip("10.0.0.1", 1), b = ip("10.0.0.1", 2), c = ip("::ffff:10.0.0.1", 1), u, v;

	assert_true(twc_addr_eq(&a, &a));
	assert_false(twc_addr_eq(&a, &b));
	assert_true(twc_addr_eq_host(&a, &b));
	assert_true(twc_addr_eq_host(&a, &c));
	assert_false(twc_addr_eq(&a, &c));
	assert_int_equal(twc_addr_parse_unix(&u, TWC_STR("/a"), NULL), 0);
	assert_int_equal(twc_addr_parse_unix(&v, TWC_STR("@a"), NULL), 0);
	assert_true(twc_addr_eq(&u, &u));
	assert_false(twc_addr_eq(&u, &v));
	assert_false(twc_addr_eq_host(&a, &u));
}

static void test_unix_kinds(void **state)
{
	struct twc_addr a, b;

	(void)state;
	assert_int_equal(twc_addr_parse_unix(&a, TWC_STR("/a:b"), NULL), 0);
	b = a;
	a.kind = TWC_ADDR_UNIX_DGRAM;
	prints(&a, "unix:/a\\:b:kind=dgram");
	assert_true(twc_addr_is_unix(&a) && twc_addr_is_loopback(&a));
	assert_false(twc_addr_eq(&a, &b));
	b.kind = TWC_ADDR_UNIX_DGRAM;
	assert_true(twc_addr_eq(&a, &b));
	a.kind = TWC_ADDR_UNIX_SEQPACKET;
	prints(&a, "unix:/a\\:b:kind=seqpacket");
	a.len = offsetof(struct sockaddr_un, sun_path);
	prints(&a, "unix:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_nul_is_no_end),
		cmocka_unit_test(test_scope_by_name_and_number),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unix_longest),
		cmocka_unit_test(test_unix_from_kernel),
		cmocka_unit_test(test_cut_to_the_buffer),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_loopback_and_any),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_unix_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
