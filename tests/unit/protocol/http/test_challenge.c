/* SPDX-License-Identifier: MIT */
/* Challenges: their grammar with all its commas, parameters, and which one is picked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/challenge.h"

/* "Basic{realm=x,…}Negotiate(token68)", and "!" at a fault. */
static void describe(struct twc_str value, char *out, size_t cap)
{
	struct twc__http_challenge c;
	struct twc__http_auth_param p;
	struct twc_err err = { 0 };
	size_t n = 0;
	int rc;

	*out = '\0';
	while ((rc = twc__http_challenge_next(&value, &c, &err)) == 1) {
		n += (size_t)snprintf(out + n, cap - n, "%.*s", (int)c.scheme.n, c.scheme.p);
		if (c.token68.n)
			n += (size_t)snprintf(out + n, cap - n, "(%.*s)", (int)c.token68.n, c.token68.p);
		n += (size_t)snprintf(out + n, cap - n, "{");
		while (twc__http_auth_param_next(&c.params, &p, NULL) == 1)
			n += (size_t)snprintf(out + n, cap - n, "%.*s=%.*s,", (int)p.name.n, p.name.p, (int)p.raw.n, p.raw.p);
		n += (size_t)snprintf(out + n, cap - n, "}");
	}
	if (rc) {
		assert_int_equal(rc, err.code);
		snprintf(out + n, cap - n, "!");
	}
}

static void grammar(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "", "" },
		{ " , ,, ", "" },
		{ "Basic", "Basic{}" },
		{ "Basic realm=\"x\"", "Basic{realm=x,}" },
		{ "Basic realm=x", "Basic{realm=x,}" },
		{ "Basic  realm = \"x\" , charset = UTF-8 ", "Basic{realm=x,charset=UTF-8,}" },
		{ "Basic,Negotiate", "Basic{}Negotiate{}" },
		{ "Negotiate, Basic realm=\"x\"", "Negotiate{}Basic{realm=x,}" },
		{ "Basic realm=\"x\", Negotiate", "Basic{realm=x,}Negotiate{}" },
		{ "Basic realm=\"x\",,, ,Bearer error=\"y\"", "Basic{realm=x,}Bearer{error=y,}" },
		/* RFC 9110, 11.6.1 */
		{ "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
		  "Basic{realm=simple,}Newauth{realm=apps,type=1,title=Login to \\\"apps\\\",}" },
		{ "Newauth realm=\"apps\", type=1, title=\"Login, now\", Basic realm=\"simple\"",
		  "Newauth{realm=apps,type=1,title=Login, now,}Basic{realm=simple,}" },
		{ "Negotiate YIIg==", "Negotiate(YIIg==){}" },
		{ "Negotiate YIIg==, Basic realm=x", "Negotiate(YIIg==){}Basic{realm=x,}" },
		{ "NTLM abc/+-._~1, Basic", "NTLM(abc/+-._~1){}Basic{}" },
		{ "Newauth abc", "Newauth(abc){}" },
		{ "Newauth a=", "Newauth(a=){}" },
		{ "Basic , Digest realm=x", "Basic{}Digest{realm=x,}" },
		{ "Basic realm=\"\"", "Basic{realm=,}" },
		{ "Digest nonce=ab==cd/+, realm=\"x\"", "Digest{nonce=ab==cd/+,realm=x,}" },
		{ "Basic realm=\"a=b, Digest realm=c\"", "Basic{realm=a=b, Digest realm=c,}" },
		{ "Basic realm=\"\xc3\xa4\"", "Basic{realm=\xc3\xa4,}" },
		{ "basic\trealm=x", "basic{realm=x,}" },
		/* faults */
		{ "\"Basic\"", "!" },
		{ "=x", "!" },
		{ "Basic \"x\"", "!" },
		{ "Basic=x", "!" },
		{ "Basic realm=\"x", "!" },
		{ "Basic realm=\"x\\", "!" },
		{ "Basic realm=\"x\\\"", "!" },
		{ "Basic realm=\"x\"y", "!" },
		{ "Basic realm=\"x\" charset=y", "!" },
		{ "Basic realm=x y", "!" },
		{ "Basic realm=,charset=y", "Basic(realm=){}!" },
		{ "Basic a=b, realm=,", "!" },
		{ "Basic realm=\"x\", @", "Basic{realm=x,}!" },
		{ "Basic realm=\"x\x01\"", "!" },
		{ "Basic abc def", "!" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char got[256];

		describe(twc_str_of(rows[i].in), got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("\"%s\" is \"%s\", not \"%s\"", rows[i].in, got, rows[i].want);
	}
}

static void values(void **state)
{
	static const struct {
		const char *raw, *value;
	} rows[] = {
		{ "", "" }, { "x", "x" }, { "a\\\"b", "a\"b" }, { "\\\\", "\\" }, { "\\a\\b", "ab" }, { "a\\", "a\\" },
	};
	struct twc_str raw;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		char *value = twc__http_auth_unquote(twc_str_of(rows[i].raw));

		assert_string_equal(value, rows[i].value);
		twc_free(value);
		assert_true(twc__http_auth_eq(twc_str_of(rows[i].raw), twc_str_of(rows[i].value)));
		assert_false(twc__http_auth_eq(twc_str_of(rows[i].raw), TWC_STR("other")));
	}
	assert_false(twc__http_auth_eq(TWC_STR("ab"), TWC_STR("a")));
	assert_false(twc__http_auth_eq(TWC_STR("a"), TWC_STR("ab")));
	assert_true(twc__http_auth_param_find(TWC_STR("a=1, Realm=\"x\", realm=y"), "realm", &raw));
	assert_true(twc_str_is(raw, "x"));
	assert_false(twc__http_auth_param_find(TWC_STR("a=1"), "realm", &raw));
	assert_false(twc__http_auth_param_find(TWC_STR(""), "realm", &raw));
}

static void limits(void **state)
{
	static char text[5000] = "Basic realm=\"";
	struct twc__http_challenge c;
	struct twc_str value;
	struct twc_err err;

	memset(text + 13, 'x', 4096);
	text[13 + 4096] = '"';
	value = (struct twc_str){ text, 14 + 4096 };
	assert_int_equal(twc__http_challenge_next(&value, &c, &err), 1);
	memcpy(text + 13 + 4096, "x\"", 2);
	value = (struct twc_str){ text, 15 + 4096 };
	assert_int_equal(twc__http_challenge_next(&value, &c, &err), TWC_ETOOLONG);
}

#define ALL (TWC__HTTP_AUTH_BASIC | TWC__HTTP_AUTH_DIGEST | TWC__HTTP_AUTH_BEARER)
#define LOGIN (TWC__HTTP_AUTH_BASIC | TWC__HTTP_AUTH_DIGEST)
#define MD5 "Digest realm=m, nonce=n, qop=auth"
#define SHA "Digest realm=s, nonce=n, qop=auth, algorithm=SHA-256"
#define SHA512 "Digest realm=t, nonce=n, qop=\"auth,auth-int\", algorithm=\"SHA-512-256\""

static void picks(void **state)
{
	static const struct {
		const char *first, *second;
		unsigned allowed, bit;
		const char *realm;
	} rows[] = {
		{ "Basic realm=b", NULL, ALL, TWC__HTTP_AUTH_BASIC, "b" },
		{ "Basic realm=b, " MD5, NULL, ALL, TWC__HTTP_AUTH_DIGEST, "m" },
		{ MD5 ", Basic realm=b", NULL, ALL, TWC__HTTP_AUTH_DIGEST, "m" },
		{ MD5, SHA, LOGIN, TWC__HTTP_AUTH_DIGEST, "s" },
		{ SHA, MD5, LOGIN, TWC__HTTP_AUTH_DIGEST, "s" },
		{ SHA ", " SHA512, MD5, LOGIN, TWC__HTTP_AUTH_DIGEST, "t" },
		{ SHA, "Digest realm=z, nonce=n, qop=auth, algorithm=SHA-256-sess", LOGIN, TWC__HTTP_AUTH_DIGEST, "s" },
		{ SHA, "Basic realm=b", TWC__HTTP_AUTH_BASIC, TWC__HTTP_AUTH_BASIC, "b" },
		{ SHA ", Bearer realm=r", NULL, ALL, TWC__HTTP_AUTH_BEARER, "r" },
		{ SHA ", Bearer realm=r", NULL, LOGIN, TWC__HTTP_AUTH_DIGEST, "s" },
		{ "Negotiate", "NTLM", ALL, 0, NULL },
		{ "", NULL, ALL, 0, NULL },
		{ "Digest realm=x, nonce=n, qop=auth-int", NULL, ALL, 0, NULL },
		{ "Digest realm=x, nonce=n, qop=auth, algorithm=SHA-1", "Basic realm=b", ALL, TWC__HTTP_AUTH_BASIC, "b" },
		{ "Digest realm=x, qop=auth", NULL, ALL, 0, NULL },
		{ "Digest realm=x, nonce=n", NULL, ALL, TWC__HTTP_AUTH_DIGEST, "x" }, /* RFC 2069 */
		{ "Digest realm=x, nonce=n, algorithm=MD5-sess", NULL, ALL, 0, NULL },
		{ "Basic realm=b, @ " MD5, NULL, ALL, TWC__HTTP_AUTH_BASIC, "b" },
		{ "@", "Basic realm=b", ALL, TWC__HTTP_AUTH_BASIC, "b" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		const struct twc_str lines[] = { twc_str_of(rows[i].first), twc_str_of(rows[i].second) };
		struct twc__http_challenge c;
		struct twc_str realm;
		unsigned bit = twc__http_challenge_pick(lines, rows[i].second ? 2 : 1, rows[i].allowed, &c);

		if (bit != rows[i].bit)
			fail_msg("%s: %u", rows[i].first, bit);
		if (!bit)
			continue;
		assert_true(twc__http_auth_param_find(c.params, "realm", &realm));
		assert_true(twc_str_is(realm, rows[i].realm));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar),
		cmocka_unit_test(values),
		cmocka_unit_test(limits),
		cmocka_unit_test(picks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
