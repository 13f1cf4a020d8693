/* SPDX-License-Identifier: MIT */
/* References: the examples of RFC 3986, 5.4, and what servers send besides. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/url.h>

#include "protocol/http/url_int.h"

static struct twc_url url(const char *text)
{
	struct twc_url u;

	assert_int_equal(twc_url_parse(twc_str_of(text), TWC_URL_PATH_AS_IS | TWC_URL_WEBSOCKET, &u, NULL), 0);
	return u;
}

struct row {
	const char *ref, *out;
};

static void check(const char *base_text, const struct row *row, size_t n, unsigned flags)
{
	struct twc_url base = url(base_text), u;

	for (size_t i = 0; i < n; i++) {
		struct twc_err e = { 0 };
		char *text;

		if (twc_url_resolve(&base, twc_str_of(row[i].ref), flags, &u, &e) != 0)
			fail_msg("\"%s\": %s", row[i].ref, e.text);
		text = twc_url_text(&u, 0);
		if (strcmp(text, row[i].out) != 0)
			fail_msg("\"%s\" became \"%s\", not \"%s\"", row[i].ref, text, row[i].out);
		twc_free(text);
		twc_url_fini(&u);
	}
	twc_url_fini(&base);
}

static void examples_of_the_rfc(void **state)
{
	static const struct row rows[] = {
		/* 5.4.1; "g:h" is no URL of ours, see below */
		{ "g", "http://a/b/c/g" },
		{ "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" },
		{ "/g", "http://a/g" },
		{ "//g", "http://g/" },
		{ "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" },
		{ "#s", "http://a/b/c/d;p?q#s" },
		{ "g#s", "http://a/b/c/g#s" },
		{ "g?y#s", "http://a/b/c/g?y#s" },
		{ ";x", "http://a/b/c/;x" },
		{ "g;x", "http://a/b/c/g;x" },
		{ "g;x?y#s", "http://a/b/c/g;x?y#s" },
		{ "", "http://a/b/c/d;p?q" },
		{ ".", "http://a/b/c/" },
		{ "./", "http://a/b/c/" },
		{ "..", "http://a/b/" },
		{ "../", "http://a/b/" },
		{ "../g", "http://a/b/g" },
		{ "../..", "http://a/" },
		{ "../../", "http://a/" },
		{ "../../g", "http://a/g" },
		/* 5.4.2 */
		{ "../../../g", "http://a/g" },
		{ "../../../../g", "http://a/g" },
		{ "/./g", "http://a/g" },
		{ "/../g", "http://a/g" },
		{ "g.", "http://a/b/c/g." },
		{ ".g", "http://a/b/c/.g" },
		{ "g..", "http://a/b/c/g.." },
		{ "..g", "http://a/b/c/..g" },
		{ "./../g", "http://a/b/g" },
		{ "./g/.", "http://a/b/c/g/" },
		{ "g/./h", "http://a/b/c/g/h" },
		{ "g/../h", "http://a/b/c/h" },
		{ "g;x=1/./y", "http://a/b/c/g;x=1/y" },
		{ "g;x=1/../y", "http://a/b/c/y" },
		{ "g?y/./x", "http://a/b/c/g?y/./x" },
		{ "g?y/../x", "http://a/b/c/g?y/../x" },
		{ "g#s/./x", "http://a/b/c/g#s/./x" },
		{ "g#s/../x", "http://a/b/c/g#s/../x" },
		{ "http:g", "http://a/b/c/g" }, /* of the two answers given, the one of browsers */
	};

	check("http://a/b/c/d;p?q", rows, TWC_ARRAY_LEN(rows), 0);
	check("http://a/b/c/d;p?q", rows, TWC_ARRAY_LEN(rows), TWC_URL_PEER);
	check("http://a/b/c/d;p?q#f", rows, TWC_ARRAY_LEN(rows), TWC_URL_PEER);
}

static void what_is_kept_and_what_changes(void **state)
{
	static const struct row rows[] = {
		{ "/x", "https://u:p@h:8443/x" },
		{ "x?", "https://u:p@h:8443/a/x?" },
		{ "?", "https://u:p@h:8443/a/b?" },
		{ "#", "https://u:p@h:8443/a/b#" },
		{ "//other/x", "https://other/x" },
		{ "//o:pw@other:1", "https://o:pw@other:1/" },
		{ "HTTP://Other", "http://other/" },
		{ "https:/x", "https://u:p@h:8443/x" },
		{ "https:?x", "https://u:p@h:8443/a/b?x" },
		{ "//[fe80::1%25eth0]/", "https://[fe80::1%25eth0]/" },
		{ "./a:b", "https://u:p@h:8443/a/a:b" },
		{ "/a/:80", "https://u:p@h:8443/a/:80" },
		{ ":80/x", "https://u:p@h:8443/a/:80/x" },
		{ "//b\xc3\xbc" "cher.example/", "https://xn--bcher-kva.example/" },
	};
	static const struct row zone[] = { { "x", "http://[fe80::1%25eth0]:81/x" } };

	check("https://u:p@h:8443/a/b", rows, TWC_ARRAY_LEN(rows), TWC_URL_PEER);
	check("http://[fe80::1%25eth0]:81/", zone, 1, TWC_URL_PEER);
}

static void bad_servers_are_understood(void **state)
{
	static const struct row rows[] = {
		{ "/a b?c d?e f#g h", "http://h/a%20b?c+d?e+f#g%20h" },
		{ "/\xe4\xf6?\xfc", "http://h/%E4%F6?%FC" },
		{ "/\\evil.example", "http://h/%5Cevil.example" },
		{ "\\\\evil.example", "http://h/d/%5C%5Cevil.example" },
		{ "/%zz", "http://h/%zz" },
	};

	check("http://h/d/e", rows, TWC_ARRAY_LEN(rows), TWC_URL_PEER);
}

static void dots_stay_when_asked(void **state)
{
	static const struct row rows[] = {
		{ "../x", "http://h/a/../x" },
		{ "/./x", "http://h/./x" },
		{ "", "http://h/a/b" },
	};
	static const struct row removed[] = { { "?x", "http://h/b?x" } };

	check("http://h/a/b", rows, TWC_ARRAY_LEN(rows), TWC_URL_PEER | TWC_URL_PATH_AS_IS);
	check("http://h/a/../b", removed, 1, TWC_URL_PEER);
}

static void refused(void **state)
{
	static const struct { const char *ref, *text; int column; } rows[] = {
		{ "g:h", "scheme g is not supported", 1 },
		{ "mailto:x@y", "scheme mailto is not supported", 1 },
		{ "https:/x", "two slashes belong behind https:", 7 },
		{ "ws://h/", "scheme ws is not supported here", 1 },
		{ "//", "the host is missing", 3 },
		{ "///x", "the host is missing", 3 },
		{ "//h:x", "port \"x\" is not a whole number (0-65535)", 5 },
		{ "http://", "the host is missing", 8 },
		{ "//\\evil", "a backslash cannot stand here; write /", 3 },
		{ "/a\tb", "no control character can stand in a URL; write %09", 3 },
		{ "/a\r\nX: y", "no control character can stand in a URL; write %0D", 3 },
	};
	struct twc_url base = url("http://h/"), u;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };

		assert_int_equal(twc_url_resolve(&base, twc_str_of(rows[i].ref), TWC_URL_PEER, &u, &e), TWC_EPROTO);
		assert_string_equal(e.text, rows[i].text);
		assert_int_equal(e.column, rows[i].column);
		assert_int_equal(twc_url_resolve(&base, twc_str_of(rows[i].ref), 0, &u, NULL), TWC_EUSAGE);
	}
	assert_int_equal(twc_url_resolve(&base, TWC_STR("/a b"), 0, &u, NULL), TWC_EUSAGE);
	assert_int_equal(twc_url_resolve(&base, TWC_STR("/a\\b"), 0, &u, NULL), TWC_EUSAGE);
	twc_url_fini(&base);
}

static void a_merged_path_has_the_same_limit(void **state)
{
	char *s = twc_malloc(TWC_URL_MAX);
	struct twc_url base, u;
	struct twc_err e;

	memset(s, 'a', TWC_URL_MAX);
	memcpy(s, "http://h/", 9);
	s[40000] = '/';
	assert_int_equal(twc_url_parse((struct twc_str){ s, 50000 }, 0, &base, &e), 0);
	assert_int_equal(twc_url_resolve(&base, (struct twc_str){ s + 9, 20000 }, TWC_URL_PEER, &u, &e), 0);
	assert_int_equal(u.path.n, 40000 + 1 + 20000 - 8);
	twc_url_fini(&u);
	assert_int_equal(twc_url_resolve(&base, (struct twc_str){ s + 9, 30000 }, TWC_URL_PEER, &u, &e), TWC_ETOOLONG);
	assert_int_equal(twc_url_resolve(&base, (struct twc_str){ s + 9, 30000 }, 0, &u, &e), TWC_EUSAGE);
	twc_url_fini(&base);
	twc_free(s);
}

static void dot_segments(void **state)
{
	static const struct row rows[] = {
		{ "/", "/" },	      { "/.", "/" },	     { "/..", "/" },	       { "/./", "/" },
		{ "/../", "/" },      { "//", "//" },	     { "//..", "/" },	       { "/a/b/c/./../../g", "/a/g" },
		{ "/mid/..", "/" },   { "/%2E%2e/a", "/a" }, { "/.%2", "/.%2" },       { "/a/%2e.%2e", "/a/%2e.%2e" },
		{ "/a/.//b", "/a//b" }, { "/a/b/../", "/a/" }, { "/a/../../..", "/" }, { "/a/b/..c/..", "/a/b/" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char *path = twc_strdup(rows[i].ref);
		size_t n = twc__url_remove_dots(path, strlen(path));

		if (!twc_str_is((struct twc_str){ path, n }, rows[i].out))
			fail_msg("\"%s\" became \"%.*s\"", rows[i].ref, (int)n, path);
		twc_free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_rfc),
		cmocka_unit_test(what_is_kept_and_what_changes),
		cmocka_unit_test(bad_servers_are_understood),
		cmocka_unit_test(dots_stay_when_asked),
		cmocka_unit_test(refused),
		cmocka_unit_test(a_merged_path_has_the_same_limit),
		cmocka_unit_test(dot_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
