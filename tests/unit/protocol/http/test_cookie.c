/* SPDX-License-Identifier: MIT */
/* Set-Cookie field by field: pairs, attributes, limits and prefixes; the server's side of Cookie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/cookie.h"

/* What a field is understood as, in one line: "name=value", then what is set of its attributes. */
static void describe(const struct twc__http_cookie *c, char *out, size_t cap)
{
	static const char *const sites[] = { "", " None", " Lax", " Strict" };
	char expires[32] = "", age[32] = "";

	if (c->has_expires)
		snprintf(expires, sizeof(expires), " e=%lld", (long long)c->expires);
	if (c->has_max_age)
		snprintf(age, sizeof(age), " m=%lld", (long long)c->max_age);
	snprintf(out, cap, "%.*s=%.*s%s%.*s%s%.*s%s%s%s%s%s", (int)c->name.n, c->name.p, (int)c->value.n, c->value.p,
		 c->domain.n ? " d=" : "", (int)c->domain.n, c->domain.p, c->path.n ? " p=" : "", (int)c->path.n, c->path.p,
		 expires, age, c->secure ? " S" : "", c->http_only ? " H" : "", sites[c->same_site]);
}

static void fields(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: refused */
	} rows[] = {
		/* RFC 6265, 3.1 and 4.1.2 */
		{ "SID=31d4d96e407aad42", "SID=31d4d96e407aad42" },
		{ "SID=31d4d96e407aad42; Path=/; Domain=example.com", "SID=31d4d96e407aad42 d=example.com p=/" },
		{ "SID=31d4d96e407aad42; Path=/; Secure; HttpOnly", "SID=31d4d96e407aad42 p=/ S H" },
		{ "lang=en-US; Expires=Wed, 09 Jun 2021 10:18:14 GMT", "lang=en-US e=1623233894" },
		{ "lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "lang= e=784111777" },
		/* The pair. */
		{ "a", "=a" },
		{ "=a", "=a" },
		{ "=a=b", "=a=b" },
		{ "a=", "a=" },
		{ "a=b=c", "a=b=c" },
		{ " a \t=\t b ", "a=b" },
		{ "a=b c", "a=b c" },
		{ "a b=c", "a b=c" },
		{ "a=\"b\"", "a=\"b\"" },
		{ "a=\"b;c\"", "a=\"b" },
		{ "\"a=b\"=c", "\"a=b\"=c" },
		{ "a=b, c=d", "a=b, c=d" },
		{ "\xc3\xa4=\xe2\x82\xac", "\xc3\xa4=\xe2\x82\xac" },
		{ "", NULL },
		{ "=", NULL },
		{ "  ", NULL },
		{ " = ", NULL },
		{ "; Path=/", NULL },
		{ "=; Path=/", NULL },
		/* Controls anywhere; a tab is one only within. */
		{ "a=b\rc", NULL },
		{ "a=b\nc", NULL },
		{ "a=\x01", NULL },
		{ "a=b\x7f", NULL },
		{ "a=b; Path=/\x1f", NULL },
		{ "a=b\tc", NULL },
		{ "a\tb=c", NULL },
		{ "a=b; Path=/x\ty", NULL },
		{ "a=b; Domain=x\ty", NULL },
		{ "a=b; Path=/x\ty; Path=/", "a=b p=/" },
		{ "a=b;\tPath\t=\t/x\t", "a=b p=/x" },
		/* Attributes: names in any case, blanks around, unknown ones, the last one. */
		{ "a=b;secure;httponly;samesite=lax", "a=b S H Lax" },
		{ "a=b; SECURE=no; HttpOnly=", "a=b S H" },
		{ "a=b; \"Secure\"; Secure x", "a=b" },
		{ "a=b; =Secure; ; ;;", "a=b" },
		{ "a=b; SameSite=Strict; SameSite=what", "a=b" },
		{ "a=b; SameSite=none", "a=b None" },
		{ "a=b; Domain=.x.y", "a=b d=x.y" },
		{ "a=b; Domain=..x.y", "a=b d=.x.y" },
		{ "a=b; Domain=x; Domain=", "a=b" },
		{ "a=b; Domain=.", "a=b" },
		{ "a=b; Domain", "a=b" },
		{ "a=b; Path=x", "a=b" },
		{ "a=b; Path=/x; Path=", "a=b" },
		{ "a=b; Path=\"/x\"", "a=b" },
		{ "a=b; Path=/x; Path=/y", "a=b p=/y" },
		{ "a=b; Max-Age=5", "a=b m=5" },
		{ "a=b; Max-Age=-5", "a=b m=-5" },
		{ "a=b; Max-Age=007", "a=b m=7" },
		{ "a=b; Max-Age=; Max-Age=-; Max-Age=+1; Max-Age=1.5; Max-Age=1x; Max-Age=\"1\"", "a=b" },
		{ "a=b; Max-Age=5; Max-Age=x", "a=b m=5" },
		{ "a=b; Max-Age=99999999999999999999999", "a=b m=100000000000000000" },
		{ "a=b; Expires=soon", "a=b" },
		{ "a=b; Expires=Tue, 01-Jan-80 00:00:00 GMT", "a=b e=315532800" },
		{ "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9", "a=b e=0 m=9" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_cookie c;
		struct twc_err err = { 0 };
		char got[256];
		int rc = twc__http_cookie_parse(twc_str_of(rows[i].in), &c, &err);

		assert_int_equal(rc, err.code);
		if (!rows[i].want) {
			if (rc != TWC_EPROTO)
				fail_msg("\"%s\" was taken", rows[i].in);
			continue;
		}
		if (rc)
			fail_msg("\"%s\": %s", rows[i].in, err.text);
		describe(&c, got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("\"%s\" is \"%s\", not \"%s\"", rows[i].in, got, rows[i].want);
	}
	assert_int_equal(twc__http_cookie_parse((struct twc_str){ "a=b\0c", 5 }, &(struct twc__http_cookie){ 0 }, NULL), TWC_EPROTO);
	assert_int_equal(twc__http_cookie_parse((struct twc_str){ NULL, 0 }, &(struct twc__http_cookie){ 0 }, NULL), TWC_EPROTO);
}

/* `n` times 'x' behind `head`. */
static struct twc_str long_field(const char *head, size_t n)
{
	static char text[20000];
	size_t head_n = strlen(head);

	memcpy(text, head, head_n);
	memset(text + head_n, 'x', n);
	return (struct twc_str){ text, head_n + n };
}

static void limits(void **state)
{
	struct twc__http_cookie c;
	struct twc_err err;

	assert_int_equal(twc__http_cookie_parse(long_field("abc=", 4093), &c, &err), 0);
	assert_int_equal(twc__http_cookie_parse(long_field("abc=", 4094), &c, &err), TWC_ETOOLONG);
	assert_string_equal(err.text, "name and value of the cookie have 4097 bytes (at most 4096)");
	assert_int_equal(twc__http_cookie_parse(long_field("a=b; z=", 17000), &c, &err), TWC_ETOOLONG);
	assert_int_equal(twc__http_cookie_parse(long_field("a=b; Path=/", 1023), &c, &err), 0);
	assert_int_equal(c.path.n, 1024);
	assert_int_equal(twc__http_cookie_parse(long_field("a=b; Path=/y; Path=/", 1024), &c, &err), 0);
	assert_int_equal(c.path.n, 2);
}

static void prefixes(void **state)
{
	static const struct {
		const char *in;
		bool host_only, keeps;
	} rows[] = {
		{ "__Secure-a=b; Secure", false, true },
		{ "__Secure-a=b", true, false },
		{ "__secure-a=b", true, false },
		{ "__Host-a=b; Secure; Path=/", true, true },
		{ "__Host-a=b; Secure; Path=/", false, false },
		{ "__Host-a=b; Secure", true, false },
		{ "__Host-a=b; Secure; Path=/x", true, false },
		{ "__HOST-a=b; Path=/", true, false },
		{ "__Host-=b; Path=/", true, false },
		{ "__Host=b", true, true },
		{ "a=__Host-", true, true },
		{ "=__Host-a=b", true, false },
		{ "__Secure-a", true, false },
		{ "=__SECURE-", true, false },
		{ "_Secure-a", true, true },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_cookie c;

		assert_int_equal(twc__http_cookie_parse(twc_str_of(rows[i].in), &c, NULL), 0);
		if (twc__http_cookie_keeps_prefix(&c, rows[i].host_only) != rows[i].keeps)
			fail_msg("\"%s\"", rows[i].in);
	}
}

static void of_a_request(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "SID=31d4; lang=en-US", "[SID=31d4][lang=en-US]" },
		{ "a=b;c=d", "[a=b][c=d]" },
		{ " a = b ;; ; c", "[a=b][=c]" },
		{ "a=b=c; =x; y=", "[a=b=c][=x][y=]" },
		{ "a=\"b, c\"", "[a=\"b, c\"]" },
		{ "", "" },
		{ "=", "" },
		{ ";", "" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_str rest = twc_str_of(rows[i].in), name, value;
		char got[128] = "";
		size_t n = 0;

		while (twc__http_cookie_next(&rest, &name, &value))
			n += (size_t)snprintf(got + n, sizeof(got) - n, "[%.*s=%.*s]", (int)name.n, name.p, (int)value.n, value.p);
		assert_string_equal(got, rows[i].want);
	}
}

static void to_send(void **state)
{
	static const struct {
		const char *name, *value;
		bool fine;
	} rows[] = {
		{ "a", "b", true },	{ "a", "", true },     { "__Host-x", "a=b/c?d", true }, { "", "b", false },
		{ "a b", "c", false },	{ "a=", "c", false },  { "a;", "c", false },		{ "a", "b c", false },
		{ "a", "b;c", false },	{ "a", "b,c", false }, { "a", "\"b\"", false },		{ "a", "b\\", false },
		{ "a", "b\r\n", false }, { "a", "\xc3\xa4", false }, { "\xc3\xa4", "b", false }, { "a\n", "b", false },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		if (twc__http_cookie_is_sendable(twc_str_of(rows[i].name), twc_str_of(rows[i].value)) != rows[i].fine)
			fail_msg("%s=%s", rows[i].name, rows[i].value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),	cmocka_unit_test(limits),  cmocka_unit_test(prefixes),
		cmocka_unit_test(of_a_request), cmocka_unit_test(to_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
