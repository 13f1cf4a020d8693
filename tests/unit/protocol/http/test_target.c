/* SPDX-License-Identifier: MIT */
/* Request-targets in their four forms, hosts, and paths decoded once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "protocol/http/target.h"

static void assert_str(struct twc_str s, const char *want, const char *of)
{
	if (!twc_str_is(s, want ? want : "") || (s.p == NULL) != (want == NULL))
		fail_msg("%s: '%.*s', not '%s'", of, (int)s.n, s.p, want ? want : "(none)");
}

static void forms(void **state)
{
	static const struct {
		enum twc_http_method method;
		const char *in;
		enum twc__http_form form; /* 0: refused */
		const char *scheme, *authority, *path, *query;
	} rows[] = {
		{ TWC_HTTP_GET, "/", TWC__HTTP_ORIGIN, NULL, NULL, "/", NULL },
		{ TWC_HTTP_GET, "/a/b?c=d?e", TWC__HTTP_ORIGIN, NULL, NULL, "/a/b", "c=d?e" },
		{ TWC_HTTP_GET, "/?", TWC__HTTP_ORIGIN, NULL, NULL, "/", "" },
		{ TWC_HTTP_GET, "//a/b", TWC__HTTP_ORIGIN, NULL, NULL, "//a/b", NULL },
		{ TWC_HTTP_GET, "/a?b\\c", TWC__HTTP_ORIGIN, NULL, NULL, "/a", "b\\c" },
		{ TWC_HTTP_OPTIONS, "*", TWC__HTTP_ASTERISK, NULL, NULL, "*", NULL },
		{ TWC_HTTP_OPTIONS, "/a", TWC__HTTP_ORIGIN, NULL, NULL, "/a", NULL },
		{ TWC_HTTP_GET, "http://a", TWC__HTTP_ABSOLUTE, "http", "a", "/", NULL },
		{ TWC_HTTP_GET, "HTTPS://a:1?q", TWC__HTTP_ABSOLUTE, "HTTPS", "a:1", "/", "q" },
		{ TWC_HTTP_GET, "http://[::1]:80/b/?q", TWC__HTTP_ABSOLUTE, "http", "[::1]:80", "/b/", "q" },
		{ TWC_HTTP_CONNECT, "a:443", TWC__HTTP_AUTHORITY, NULL, "a:443", NULL, NULL },
		{ TWC_HTTP_CONNECT, "[::1]:1", TWC__HTTP_AUTHORITY, NULL, "[::1]:1", NULL, NULL },
		{ TWC_HTTP_GET, "", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "a", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "../a", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "*", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "a:443", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "/a#b", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "/a b", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "/\x7f", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "/a\\b", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "http://", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "http:///a", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "http://u@a/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "http://u:p@a/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "http://a,b/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "http://a:99999/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "http://a\\@b/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "ftp://a/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_GET, "://a/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_CONNECT, "a", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_CONNECT, "a:", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_CONNECT, ":1", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_CONNECT, "/", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_CONNECT, "*", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_CONNECT, "u@a:1", 0, NULL, NULL, NULL, NULL },
		{ TWC_HTTP_CONNECT, "::1:1", 0, NULL, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_target t;
		struct twc_err err = { 0 };
		int rc = twc__http_target_parse(rows[i].method, twc_str_of(rows[i].in), &t, &err);

		if (rc != (rows[i].form ? 0 : TWC_EPROTO) || err.code != rc)
			fail_msg("%s: %d %s", rows[i].in, rc, err.text);
		if (rc)
			continue;
		assert_int_equal(t.form, rows[i].form);
		assert_str(t.scheme, rows[i].scheme, rows[i].in);
		assert_str(t.authority, rows[i].authority, rows[i].in);
		assert_str(t.path, rows[i].path, rows[i].in);
		assert_str(t.query, rows[i].query, rows[i].in);
	}
}

static void hosts(void **state)
{
	static const char *const good[] = {
		"", "a", "a:", "a:80", "a:00080", "A.b-c_d.", "127.0.0.1:65535", "[::1]", "[::ffff:1.2.3.4]:1", "[fe80::1]:", "xn--bcher-kva.example",
	};
	static const char *const bad[] = {
		":", ":80", "a b", " a", "a/", "a?", "a#", "a@b", "@", "a,b", "a\\b", "a%41", "a:x", "a:-1", "a:+1", "a:65536",
		"a:000080", "a:80:", "[", "[]", "[::1", "::1", "[::1]80", "[::1]:x", "[::1%25eth0]", "[1.2.3.4]", "[v1.x]", "[[::1]]", "a[::1]",
		"a\t", "\xc3\xa4", "<a>", "\"a\"", "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(good); i++)
		if (!twc__http_is_host(twc_str_of(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		if (twc__http_is_host(twc_str_of(bad[i])))
			fail_msg("taken: %s", bad[i]);
	assert_false(twc__http_is_host(TWC_STR("[::1\0]")));
	assert_false(twc__http_is_host(TWC_STR("a\0b")));
}

static void which_host(void **state)
{
	static const struct {
		int minor;
		const char *authority; /* of the target */
		const char *hosts[3];
		const char *want; /* NULL: refused */
	} rows[] = {
		{ 1, "", { "a" }, "a" },
		{ 1, "", { "" }, "" },
		{ 1, "", { NULL }, NULL },
		{ 0, "", { NULL }, "" },
		{ 0, "", { "a:1" }, "a:1" },
		{ 0, "", { "a", "a" }, NULL },
		{ 1, "", { "a", "b" }, NULL },
		{ 1, "", { "a/b" }, NULL },
		{ 1, "b", { "a" }, "b" },
		{ 1, "b", { "" }, "b" },
		{ 1, "b", { "a b" }, NULL },
		{ 1, "b", { NULL }, NULL },
		{ 0, "b", { NULL }, "b" },
	};
	struct twc_http_fields f = { 0 };

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_start start = { .minor = rows[i].minor };
		struct twc__http_target target = { .authority = twc_str_of(rows[i].authority) };
		struct twc_str got = { 0 };
		int rc;

		twc_http_fields_clear(&f);
		for (size_t k = 0; rows[i].hosts[k]; k++)
			assert_int_equal(twc_http_fields_add(&f, TWC_STR("host"), twc_str_of(rows[i].hosts[k]), NULL), 0);
		rc = twc__http_host_check(&start, &f, &target, &got, NULL);
		if (rc != (rows[i].want ? 0 : TWC_EPROTO) || (rc == 0 && !twc_str_is(got, rows[i].want)))
			fail_msg("row %zu: %d '%.*s'", i, rc, (int)got.n, got.p);
	}
	twc_http_fields_fini(&f);
}

static void paths(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: refused */
	} rows[] = {
		{ "/", "/" },
		{ "/a", "/a" },
		{ "/a/", "/a/" },
		{ "//", "//" },
		{ "/a//b///", "/a//b///" },
		{ "/%41%2d%7e%20b", "/A-~ b" },
		{ "/%2541", "/%41" }, /* once */
		{ "/%252e%252e/", "/%2e%2e/" },
		{ "/a+b", "/a+b" },
		{ "/%C3%A4\xc3\xa4", "/\xc3\xa4\xc3\xa4" },
		{ "/%f0%9f%98%80", "/\xf0\x9f\x98\x80" },
		{ "/.", "/" },
		{ "/./", "/" },
		{ "/a/.", "/a/" },
		{ "/a/./b", "/a/b" },
		{ "/a/..", "/" },
		{ "/a/../", "/" },
		{ "/a/../b", "/b" },
		{ "/a/b/../../c", "/c" },
		{ "/a/%2E%2e/b", "/b" },
		{ "/a/.%2e/b", "/b" },
		{ "/a/%2e/b", "/a/b" },
		{ "/a//../b", "/a/b" },
		{ "/.//b", "//b" },
		{ "/...", "/..." },
		{ "/..a", "/..a" },
		{ "/a../b", "/a../b" },
		{ "/.a/b.", "/.a/b." },
		{ "/..", NULL },
		{ "/../", NULL },
		{ "/../../etc/passwd", NULL },
		{ "/a/../..", NULL },
		{ "/a/../../a", NULL },
		{ "/./..", NULL },
		{ "/%2e%2e/", NULL },
		{ "/.%2E", NULL },
		{ "", NULL },
		{ "a", NULL },
		{ "*", NULL },
		{ "%2f", NULL },
		{ "/%00", NULL },
		{ "/a%2fb", NULL },
		{ "/a%2Fb", NULL },
		{ "/..%2f..", NULL },
		{ "/a%5cb", NULL },
		{ "/a%5Cb", NULL },
		{ "/a\\b", NULL },
		{ "/%", NULL },
		{ "/%4", NULL },
		{ "/%4g", NULL },
		{ "/%g4", NULL },
		{ "/%%41", NULL },
		{ "/%+4", NULL },
		{ "/\n", NULL },
		{ "/\x7f", NULL },
		{ "/%c0%ae%c0%ae/", NULL }, /* overlong */
		{ "/%c0%af", NULL },
		{ "/%c1%81", NULL },
		{ "/%e0%80%af", NULL },
		{ "/%f0%80%80%af", NULL },
		{ "/%ed%a0%80", NULL }, /* a surrogate */
		{ "/%f4%90%80%80", NULL },
		{ "/%f5%80%80%80", NULL },
		{ "/%c3", NULL },
		{ "/%c3/%a4", NULL },
		{ "/%a4", NULL },
		{ "/%ff", NULL },
		{ "/%e2%28%a1", NULL },
		{ "/%e2%82%28", NULL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str in = twc_str_of(rows[i].in);
		char *out = malloc(in.n + 1); /* exactly as much as is promised to suffice */
		struct twc_err err = { 0 };
		ssize_t n;

		assert_non_null(out);
		n = twc__http_path_decode(in, out, &err);
		if (rows[i].want ? n < 0 || strcmp(out, rows[i].want) != 0 || strlen(out) != (size_t)n
				 : n != TWC_EPROTO || err.code != TWC_EPROTO)
			fail_msg("%s: %zd '%s' %s", rows[i].in, n, n < 0 ? "" : out, err.text);
		free(out);
	}
}

/* Every path of a few octets that mean something: what is plain is what decoding leaves as it is. */
static void plain_paths(void **state)
{
	static const char octet[] = { '/', '.', 'a', '%', '?', '\\', ',', ' ', '#', '\x7f', '\xc3', '2' };
	enum { K = sizeof(octet), LONGEST = 5 };
	struct twc_err err = { 0 };
	char in[LONGEST + 1], out[LONGEST + 1];
	int plain = 0;

	for (size_t n = 0, all = 1; n <= LONGEST; n++, all *= K) {
		for (size_t which = 0; which < all; which++) {
			size_t rest = which;
			struct twc_str s = { in, n };

			for (size_t i = 0; i < n; i++, rest /= K)
				in[i] = octet[rest % K];
			in[n] = '\0';
			if (!twc__http_path_is_plain(s))
				continue;
			plain++;
			if (strchr(in, '?') || twc__http_path_decode(s, out, &err) != (ssize_t)n || memcmp(in, out, n) != 0)
				fail_msg("%s is not plain", in);
		}
	}
	assert_true(plain > 50);
	assert_true(twc__http_path_is_plain(TWC_STR("/small.txt")) && twc__http_path_is_plain(TWC_STR("/a/b_c/d-e.f/")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(hosts),
		cmocka_unit_test(which_host),
		cmocka_unit_test(paths),
		cmocka_unit_test(plain_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
