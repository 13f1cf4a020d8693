/* SPDX-License-Identifier: MIT */
/* PROXY headers, both versions, both ways. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "protocol/haproxy_int.h"

static int parse(struct twc__haproxy *h, const char *s, size_t n, struct twc_err *err)
{
	return twc__haproxy_parse(h, (const uint8_t *)s, n, err);
}

static void assert_addr(const struct twc_addr *a, const char *want)
{
	char text[TWC_ADDR_TEXT_MAX];

	assert_string_equal(twc_addr_format(a, text, sizeof(text)), want);
}

static void lines(void **state)
{
	static const char v4[] = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nGET /";
	static const char v6[] = "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n";
	static const char unknown[] = "PROXY UNKNOWN\r\n", more[] = "PROXY UNKNOWN ffff:f:f whatever\r\n";
	struct twc_err err = { 0 };
	struct twc__haproxy h;

	assert_int_equal(parse(&h, v4, sizeof(v4) - 1, &err), sizeof(v4) - 1 - 5);
	assert_true(h.is_known);
	assert_int_equal(h.version, 1);
	assert_addr(&h.client, "tcp:192.0.2.1:56324");
	assert_addr(&h.server, "tcp:198.51.100.2:443");
	assert_int_equal(parse(&h, v6, sizeof(v6) - 1, &err), sizeof(v6) - 1);
	assert_addr(&h.client, "tcp:[2001:db8::1]:1");
	assert_int_equal(parse(&h, unknown, sizeof(unknown) - 1, &err), sizeof(unknown) - 1);
	assert_false(h.is_known);
	assert_int_equal(h.client.kind, TWC_ADDR_NONE);
	assert_int_equal(parse(&h, more, sizeof(more) - 1, &err), sizeof(more) - 1);
	assert_false(h.is_known);
	for (size_t n = 0; n < sizeof(v6) - 1; n++)
		assert_int_equal(parse(&h, v6, n, &err), 0);
}

static void lines_that_are_wrong(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n",
		"PROXY TCP4 999.1.1.1 198.51.100.2 56324 443\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 70000 443\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 x\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 056 443\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n",
		"PROXY TCP4 192.0.2.1  198.51.100.2 56324 443\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
		"PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
		"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
		"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY \r\n",
		"proxy UNKNOWN\r\n",
	};
	char longest[120];
	struct twc__haproxy h;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct twc_err err = { 0 };

		if (parse(&h, bad[i], strlen(bad[i]), &err) != TWC_EPROTO)
			fail_msg("taken: %s", bad[i]);
	}
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "PROXY UNKNOWN ", 14);
	assert_int_equal(parse(&h, longest, 106, NULL), 0);
	assert_int_equal(parse(&h, longest, 107, NULL), TWC_EPROTO);
}

#define SIG "\r\n\r\n\0\r\nQUIT\n"

static void binary(void **state)
{
	static const char v4[] = SIG "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb";
	static const char local[] = SIG "\x20\0\0\0";
	static const char unix_[] = SIG "\x21\x31\0\xd8";
	static const char tlvs[] = SIG "\x21\x11\0\x2f\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"
				       "\2\0\4a.bc"
				       "\x20\0\x14\5\0\0\0\0\x21\0\7TLSv1.3\x22\0\2me"
				       "\xe0\0\2??";
	char big[16 + 216] = { 0 };
	struct twc_err err = { 0 };
	struct twc__haproxy h;

	assert_int_equal(parse(&h, v4, sizeof(v4) - 1, &err), 28);
	assert_addr(&h.client, "tcp:192.0.2.1:56324");
	assert_addr(&h.server, "tcp:198.51.100.2:443");
	for (size_t n = 0; n < 28; n++)
		assert_int_equal(parse(&h, v4, n, &err), 0);
	assert_int_equal(parse(&h, local, sizeof(local) - 1, &err), 16);
	assert_false(h.is_known);
	memcpy(big, unix_, 16);
	memcpy(big + 16, "/run/client", 11);
	memcpy(big + 16 + 108, "/run/server", 11);
	assert_int_equal(parse(&h, big, sizeof(big), &err), sizeof(big));
	assert_addr(&h.client, "unix:/run/client");
	assert_int_equal(parse(&h, tlvs, sizeof(tlvs) - 1, &err), sizeof(tlvs) - 1);
	assert_true(twc_str_is(h.authority, "a.bc"));
	assert_true(h.has_tls && h.tls_verified);
	assert_true(twc_str_is(h.tls_version, "TLSv1.3"));
	assert_true(twc_str_is(h.tls_cn, "me"));
}

static void binary_that_is_wrong(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} bad[] = {
#define BAD(s) { s, sizeof(s) - 1 }
		BAD(SIG "\x31\x11\0\x0c"),
		BAD(SIG "\x22\x11\0\x0c"),
		BAD(SIG "\x21\x41\0\0"),
		BAD(SIG "\x21\x13\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"),
		BAD(SIG "\x21\x11\0\x0b\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1"),
		BAD(SIG "\x21\x11\xff\xff"),
		BAD(SIG "\x21\x11\0\x0e\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb\2\0"),
		BAD(SIG "\x21\x11\0\x0f\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb\2\0\1"),
		BAD(SIG "\x21\x11\0\x13\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb\3\0\4abcd"),
		BAD("\r\n\r\nGET"),
	};
	struct twc__haproxy h;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(&h, bad[i].p, bad[i].n, NULL) != TWC_EPROTO)
			fail_msg("taken: number %zu", i);
}

static void what_is_made_is_understood(void **state)
{
	static const char *const pairs[][2] = { { "192.0.2.1", "198.51.100.2" }, { "2001:db8::1", "::1" } };
	uint8_t out[TWC__HAPROXY_OUT_MAX];
	struct twc_addr none = { 0 };
	struct twc__haproxy h;

	for (unsigned version = 1; version <= 2; version++) {
		for (size_t i = 0; i < 2; i++) {
			struct twc_addr a, b;
			size_t n;

			assert_int_equal(twc_addr_parse_ip(&a, TWC_ADDR_TCP, twc_str_of(pairs[i][0]), 7, NULL), 0);
			assert_int_equal(twc_addr_parse_ip(&b, TWC_ADDR_TCP, twc_str_of(pairs[i][1]), 65535, NULL), 0);
			n = twc__haproxy_make(version, &a, &b, out);
			assert_int_equal(twc__haproxy_parse(&h, out, n, NULL), n);
			assert_true(h.is_known && twc_addr_eq(&h.client, &a) && twc_addr_eq(&h.server, &b));
		}
		size_t n = twc__haproxy_make(version, &none, &none, out);

		assert_int_equal(twc__haproxy_parse(&h, out, n, NULL), n);
		assert_false(h.is_known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(lines_that_are_wrong),
		cmocka_unit_test(binary),
		cmocka_unit_test(binary_that_is_wrong),
		cmocka_unit_test(what_is_made_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
