/* SPDX-License-Identifier: MIT */
/* What users type and peers send, to normal form: schemes, hosts of every kind, ports, userinfo; and each fault with its column. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/url.h>

struct good {
	const char *in, *out; /* out: written back */
};

static char *normal(const char *in, unsigned flags)
{
	struct twc_url u;
	struct twc_err e = { 0 };
	char *text;

	if (twc_url_parse(twc_str_of(in), flags, &u, &e) != 0)
		fail_msg("\"%s\": %s", in, e.text);
	text = twc_url_text(&u, 0);
	twc_url_fini(&u);
	return text;
}

static void check_good(const struct good *row, size_t n, unsigned flags)
{
	for (size_t i = 0; i < n; i++) {
		char *text = normal(row[i].in, flags), *again = normal(text, flags);

		if (strcmp(text, row[i].out) != 0)
			fail_msg("\"%s\" became \"%s\", not \"%s\"", row[i].in, text, row[i].out);
		assert_string_equal(again, text);
		twc_free(text);
		twc_free(again);
	}
}

static void every_part_is_there(void **state)
{
	struct twc_url u;

	assert_int_equal(twc_url_parse(TWC_STR("HTTP://us%65r:p%40w:x@Example.COM:8080/a/./b?x=1?2#top#2"), 0, &u, NULL), 0);
	assert_string_equal(u.scheme.p, "http");
	assert_string_equal(u.userinfo.p, "us%65r:p%40w:x");
	assert_string_equal(u.user.p, "user");
	assert_string_equal(u.password.p, "p@w:x");
	assert_string_equal(u.host.p, "example.com");
	assert_string_equal(u.dial.p, "example.com");
	assert_string_equal(u.zone.p, "");
	assert_int_equal(u.port, 8080);
	assert_string_equal(u.path.p, "/a/b");
	assert_string_equal(u.query.p, "x=1?2");
	assert_string_equal(u.fragment.p, "top#2");
	assert_true(u.has_port && u.has_userinfo && u.has_password && u.has_query && u.has_fragment);
	assert_int_equal(u.kind, TWC_URL_NAME);
	assert_int_equal(u.path.n, 4);
	assert_int_equal(u.query.n, 5);
	twc_url_fini(&u);
	assert_null(u.mem);
	twc_url_fini(&u);
}

static void what_is_not_there(void **state)
{
	struct twc_url u;

	assert_int_equal(twc_url_parse(TWC_STR("https://h"), 0, &u, NULL), 0);
	assert_string_equal(u.path.p, "/");
	assert_string_equal(u.user.p, "");
	assert_string_equal(u.query.p, "");
	assert_false(u.has_port || u.has_userinfo || u.has_password || u.has_query || u.has_fragment);
	assert_int_equal(u.port, 0);
	assert_int_equal(twc_url_port(&u), 443);
	assert_true(twc_url_is_secure(&u));
	twc_url_fini(&u);
	assert_int_equal(twc_url_parse(TWC_STR("http://me@h:0?#"), 0, &u, NULL), 0);
	assert_true(u.has_userinfo && !u.has_password && u.has_query && u.has_fragment && u.has_port);
	assert_int_equal(twc_url_port(&u), 0);
	assert_string_equal(u.user.p, "me");
	twc_url_fini(&u);
	assert_int_equal(twc_url_parse(TWC_STR("http://:pw@h"), 0, &u, NULL), 0);
	assert_true(u.has_password);
	assert_string_equal(u.user.p, "");
	assert_string_equal(u.password.p, "pw");
	twc_url_fini(&u);
}

static void schemes_and_short_forms(void **state)
{
	static const struct good rows[] = {
		{ "example.com", "http://example.com/" },
		{ "example.com:8080", "http://example.com:8080/" },
		{ "localhost:8080/x", "http://localhost:8080/x" },
		{ "me:pw@h/x", "http://me:pw@h/x" },
		{ ":8080/x", "http://localhost:8080/x" },
		{ ":/x", "http://localhost/x" },
		{ ":", "http://localhost/" },
		{ ":?a", "http://localhost/?a" },
		{ ":80#x", "http://localhost:80/#x" },
		{ "hTTpS://h", "https://h/" },
		{ "http:8080/x", "http://http:8080/x" }, /* a host called http */
		{ "https://h:443/", "https://h:443/" },
		{ "http://h:/x", "http://h/x" },
		{ "http://h:00080/", "http://h:80/" },
		{ "h?a://b", "http://h/?a://b" },
		{ "http://h?a=b", "http://h/?a=b" },
		{ "http://h#a?b", "http://h/#a?b" },
		{ "http://@h/", "http://@h/" },
		{ "http://a:@h/", "http://a:@h/" },
	};
	static const struct good sockets[] = {
		{ "ws://h/", "ws://h/" },
		{ "WSS://h:443/", "wss://h:443/" },
		{ "h", "http://h/" },
	};

	check_good(rows, TWC_ARRAY_LEN(rows), 0);
	check_good(sockets, TWC_ARRAY_LEN(sockets), TWC_URL_WEBSOCKET);
}

static void paths_queries_fragments(void **state)
{
	static const struct good rows[] = {
		{ "h/%zz%4%", "http://h/%zz%4%" },
		{ "h/[1]{a}|^`\"<>", "http://h/[1]{a}|^`\"<>" },
		{ "h/b\xc3\xbc?\xff#\xe2\x82\xac", "http://h/b%C3%BC?%FF#%E2%82%AC" },
		{ "h/?a\\b", "http://h/?a\\b" },
		{ "h/a/../b", "http://h/b" },
		{ "h/a/..", "http://h/" },
		{ "h/../../x", "http://h/x" },
		{ "h/a/%2e%2E/b/%2e/c/.%2e/d", "http://h/b/d" },
		{ "h/a//../b", "http://h/a/b" },
		{ "h//", "http://h//" },
		{ "h/...", "http://h/..." },
		{ "h/.a/b./..c", "http://h/.a/b./..c" },
		{ "h/a;x=1/../y", "http://h/y" },
		{ "h/?/../x", "http://h/?/../x" },
		{ "h/@:@", "http://h/@:@" },
		{ "u\xc3\xbc:p@h/", "http://u%C3%BC:p@h/" },
	};
	static const struct good as_is[] = {
		{ "h/a/../b/./%2e", "http://h/a/../b/./%2e" },
		{ "h", "http://h/" },
	};

	check_good(rows, TWC_ARRAY_LEN(rows), 0);
	check_good(as_is, TWC_ARRAY_LEN(as_is), TWC_URL_PATH_AS_IS);
}

/* Spellings that curl and browsers agree on. */
static void ipv4_in_every_spelling(void **state)
{
	static const struct good rows[] = {
		{ "127.0.0.1", "http://127.0.0.1/" },
		{ "127.1", "http://127.0.0.1/" },
		{ "127.0.1", "http://127.0.0.1/" },
		{ "127.65535", "http://127.0.255.255/" },
		{ "0x7f.1", "http://127.0.0.1/" },
		{ "0X7F.0.0.0x1", "http://127.0.0.1/" },
		{ "0177.1", "http://127.0.0.1/" },
		{ "017700000001", "http://127.0.0.1/" },
		{ "0x7f000001", "http://127.0.0.1/" },
		{ "2130706433", "http://127.0.0.1/" },
		{ "4294967295", "http://255.255.255.255/" },
		{ "0", "http://0.0.0.0/" },
		{ "0x0.0x0.0", "http://0.0.0.0/" },
		{ "192.168.0.1.", "http://192.168.0.1/" },
		{ "%31%32%37.1", "http://127.0.0.1/" },
		{ "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1", "http://127.0.0.1/" }, /* full width digits */
		{ "0x7f.example", "http://0x7f.example/" },
		{ "0xffffffffff", "http://0xffffffffff/" }, /* a name, as in curl */
		{ "1.2.3.4.example", "http://1.2.3.4.example/" },
	};

	check_good(rows, TWC_ARRAY_LEN(rows), 0);
}

static void names_and_ipv6(void **state)
{
	static const struct good rows[] = {
		{ "EXAMPLE.com.", "http://example.com./" },
		{ "a_b-c.d", "http://a_b-c.d/" },
		{ "ex%61mple.com", "http://example.com/" },
		{ "b\xc3\xbc" "cher.example", "http://xn--bcher-kva.example/" },
		{ "B\xc3\x9c" "CHER.example", "http://xn--bcher-kva.example/" },
		{ "b%C3%BCcher.example:81", "http://xn--bcher-kva.example:81/" },
		{ "fa\xc3\x9f.de", "http://xn--fa-hia.de/" }, /* non-transitional */
		{ "r\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s\xe3\x80\x82se", "http://xn--rksmrgs-5wao1o.se/" },
		{ "xn--bcher-kva.example", "http://xn--bcher-kva.example/" },
		{ "http://[::1]", "http://[::1]/" },
		{ "[::1]:8080/x", "http://[::1]:8080/x" },
		{ "http://[::1]:/", "http://[::1]/" },
		{ "[0:0:0:0:0:0:0:1]", "http://[::1]/" },
		{ "[2001:DB8::00FF]", "http://[2001:db8::ff]/" },
		{ "[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]/" },
		{ "[fe80::1%25eth0]:80", "http://[fe80::1%25eth0]:80/" },
		{ "[fe80::1%eth0]", "http://[fe80::1%25eth0]/" },
		{ "[fe80::1%2]", "http://[fe80::1%252]/" },
		{ "u:p@[::1]/", "http://u:p@[::1]/" },
	};

	check_good(rows, TWC_ARRAY_LEN(rows), 0);
}

static void a_zone_is_for_dialling_alone(void **state)
{
	struct twc_url u;

	assert_int_equal(twc_url_parse(TWC_STR("http://[fe80::1%25eth0]/"), 0, &u, NULL), 0);
	assert_int_equal(u.kind, TWC_URL_IPV6);
	assert_string_equal(u.host.p, "fe80::1");
	assert_string_equal(u.zone.p, "eth0");
	assert_string_equal(u.dial.p, "fe80::1%eth0");
	twc_url_fini(&u);
}

#define TWO_COLONS "a host has one ':'; an IPv6 address stands in brackets, as in [::1]"
#define NO_BLANK "no blank can stand in a URL; write %20"

static void faults_have_a_column(void **state)
{
	static const struct { const char *in; int column; const char *text; } rows[] = {
		{ "", 1, "the URL is empty" },
		{ "http://", 8, "the host is missing" },
		{ "http:///x", 8, "the host is missing" },
		{ "http://:80/", 8, "the host is missing" },
		{ "http://u@/", 10, "the host is missing" },
		{ "/x", 1, "the host is missing" },
		{ "//h/x", 1, "the host is missing" },
		{ "?x", 1, "the host is missing" },
		{ "http:/x", 6, "two slashes belong behind http:" },
		{ "HTTPS:x", 7, "two slashes belong behind HTTPS:" },
		{ "http:", 6, "two slashes belong behind http:" },
		{ "ftp://h/", 1, "scheme ftp is not supported" },
		{ "file:///etc/passwd", 1, "scheme file is not supported" },
		{ "ws://h/", 1, "scheme ws is not supported here" },
		{ "mailto:x", 8, "port \"x\" is not a whole number (0-65535)" },
		{ "data:/,x", 6, "the port is missing" },
		{ "h t", 2, NO_BLANK },
		{ "http://h/a b", 11, NO_BLANK },
		{ " http://h/", 1, NO_BLANK },
		{ "http://h/\n", 10, "no control character can stand in a URL; write %0A" },
		{ "http://h/\x7f", 10, "no control character can stand in a URL; write %7F" },
		{ "http://h\\@evil/", 9, "a backslash cannot stand here; write /" },
		{ "http:\\\\h", 6, "two slashes belong behind http:" },
		{ "http://h/a\\b", 11, "a backslash cannot stand in a path; write / or %5C" },
		{ "http://a@b@c/", 11, "a second '@'; in a user name or password write %40" },
		{ "http://a%0d:b@c/", 9, "no control character can stand in a user name or password" },
		{ "http://a:%00@c/", 10, "no control character can stand in a user name or password" },
		{ "h:99999/", 3, "port 99999 is out of range (0-65535)" },
		{ "h:-1", 3, "port \"-1\" is not a whole number (0-65535)" },
		{ "h:8080x", 3, "port \"8080x\" is not a whole number (0-65535)" },
		{ "http://h:0x50/", 10, "port \"0x50\" is not a whole number (0-65535)" },
		{ ":99999", 2, "port 99999 is out of range (0-65535)" },
		{ "h:", 3, "the port is missing" },
		{ "::1", 1, TWO_COLONS },
		{ "http://fe80::1/", 8, TWO_COLONS },
		{ "[::1", 1, "this '[' is never closed" },
		{ "[::1/x]", 1, "this '[' is never closed" },
		{ "[]", 2, "\"\" is not an IPv6 address" },
		{ "[::1]x", 6, "only a ':' and the port can follow the bracket" },
		{ "[::1]80", 6, "only a ':' and the port can follow the bracket" },
		{ "[v1.x]", 2, "\"v1.x\" is not an IPv6 address" },
		{ "[127.0.0.1]", 2, "\"127.0.0.1\" is not an IPv6 address" },
		{ "[::g]", 2, "\"::g\" is not an IPv6 address" },
		{ "[::1%]", 6, "a zone is the name or number of an interface, such as %25eth0" },
		{ "[::1%25a/b]", 1, "this '[' is never closed" },
		{ "[::1%25a$b]", 9, "this character cannot stand in the name of an interface" },
		{ "[::1%251234567890123456]", 8, "a zone is the name or number of an interface, such as %25eth0" },
		{ "256.1.1.1", 1, "\"256.1.1.1\" is not an IPv4 address" },
		{ "1.2.3.4.5", 1, "\"1.2.3.4.5\" is not an IPv4 address" },
		{ "08.1", 1, "\"08.1\" is not an IPv4 address" },
		{ "4294967296", 1, "\"4294967296\" is not an IPv4 address" },
		{ "1.2.3.256", 1, "\"1.2.3.256\" is not an IPv4 address" },
		{ "a..b", 3, "a part of the host name is empty" },
		{ ".a", 1, "a part of the host name is empty" },
		{ "a..", 3, "a part of the host name is empty" },
		{ "http://./", 8, "a part of the host name is empty" },
		{ "a!b", 2, "'!' cannot stand in a host name" },
		{ "http://a%2fb/", 8, "'/' cannot stand in a host name" },
		{ "http://a%00b/", 8, "'\\x00' cannot stand in a host name" },
		{ "http://a%zz/", 9, "'%' cannot stand in a host name" },
		{ "http://a]b/", 9, "']' cannot stand in a host name" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", 1,
		  "a part of the host name is longer than 63 bytes" },
		{ "http://\xff.example/", 8, "\"\\xff.example\" is not UTF-8" },
		{ "http://a\xef\xbc\x8f" "b/", 8, "'/' cannot stand in a host name" }, /* a full width slash */
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_url u = { .port = 7 };
		struct twc_err e = { 0 };

		assert_int_equal(twc_url_parse(twc_str_of(rows[i].in), 0, &u, &e), TWC_EUSAGE);
		if (strcmp(e.text, rows[i].text) != 0 || e.column != rows[i].column)
			fail_msg("\"%s\": column %d: %s", rows[i].in, e.column, e.text);
		assert_int_equal(e.code, TWC_EUSAGE);
		assert_int_equal(u.port, 7);
		assert_int_equal(twc_url_parse(twc_str_of(rows[i].in), 0, &u, NULL), TWC_EUSAGE);
	}
}

static void peers_are_read_with_patience_for_blanks(void **state)
{
	static const struct good rows[] = {
		{ "http://h/a b?c d#e f", "http://h/a%20b?c+d#e%20f" },
		{ "http://h/a\\b", "http://h/a%5Cb" },
		{ "http://h/\xe9?\xe9", "http://h/%E9?%E9" },
	};
	static const struct { const char *in, *text; } bad[] = {
		{ "h/x", "the scheme is missing" },
		{ ":80/", "the scheme is missing" },
		{ "http:80/", "two slashes belong behind http:" },
		{ "mailto:x", "scheme mailto is not supported" },
		{ "javascript:alert(1)", "scheme javascript is not supported" },
		{ "http://a b/", "' ' cannot stand in a host name" },
		{ "http://a\tb/", "no control character can stand in a URL; write %09" },
		{ "http://h\\@e/", "a backslash cannot stand here; write /" },
		{ "", "the URL is empty" },
	};

	check_good(rows, TWC_ARRAY_LEN(rows), TWC_URL_PEER);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		struct twc_url u;
		struct twc_err e = { 0 };

		assert_int_equal(twc_url_parse(twc_str_of(bad[i].in), TWC_URL_PEER, &u, &e), TWC_EPROTO);
		assert_string_equal(e.text, bad[i].text);
	}
}

static void lengths_end_somewhere(void **state)
{
	char *s = twc_malloc(TWC_URL_MAX + 2);
	struct twc_url u;
	struct twc_err e;

	memset(s, 'a', TWC_URL_MAX + 2);
	memcpy(s, "http://h/", 9);
	assert_int_equal(twc_url_parse((struct twc_str){ s, TWC_URL_MAX }, 0, &u, &e), 0);
	assert_int_equal(u.path.n, TWC_URL_MAX - 8);
	twc_url_fini(&u);
	assert_int_equal(twc_url_parse((struct twc_str){ s, TWC_URL_MAX + 1 }, 0, &u, &e), TWC_EUSAGE);
	assert_string_equal(e.text, "a URL of 65537 bytes is too long (at most 65536)");
	assert_int_equal(twc_url_parse((struct twc_str){ s, TWC_URL_MAX + 1 }, TWC_URL_PEER, &u, &e), TWC_ETOOLONG);
	s[20] = (char)0xff; /* written, it has two bytes more */
	assert_int_equal(twc_url_parse((struct twc_str){ s, TWC_URL_MAX - 2 }, 0, &u, &e), 0);
	twc_url_fini(&u);
	assert_int_equal(twc_url_parse((struct twc_str){ s, TWC_URL_MAX - 1 }, 0, &u, &e), TWC_EUSAGE);
	assert_int_equal(twc_url_parse((struct twc_str){ s, TWC_URL_MAX - 1 }, TWC_URL_PEER, &u, &e), TWC_ETOOLONG);
	memset(s, 'a', 4000);
	assert_int_equal(twc_url_parse((struct twc_str){ s, 4000 }, 0, &u, &e), TWC_EUSAGE);
	assert_string_equal(e.text, "the host name is too long");
	for (int i = 0; i < 255; i++)
		s[i] = i % 2 ? '.' : 'a';
	assert_int_equal(twc_url_parse((struct twc_str){ s, 254 }, 0, &u, &e), 0); /* 253 and a final dot */
	twc_url_fini(&u);
	assert_int_equal(twc_url_parse((struct twc_str){ s, 255 }, 0, &u, &e), TWC_EUSAGE);
	twc_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_there),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(schemes_and_short_forms),
		cmocka_unit_test(paths_queries_fragments),
		cmocka_unit_test(ipv4_in_every_spelling),
		cmocka_unit_test(names_and_ipv6),
		cmocka_unit_test(a_zone_is_for_dialling_alone),
		cmocka_unit_test(faults_have_a_column),
		cmocka_unit_test(peers_are_read_with_patience_for_blanks),
		cmocka_unit_test(lengths_end_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
