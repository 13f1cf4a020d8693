/* SPDX-License-Identifier: MIT */
/*
 * Digest: the examples of RFC 7616, 3.9 (3.9.2 with the digests of its erratum) and RFC 2617, 3.5; nonces and their counting; what is
 * refused; and the client's answers before our own guard, right, stale, wrong and bad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/digest_auth.h"

#define NOW INT64_C(1700000000)

static int take(struct twc__http_digest *d, const char *value, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(value);
	struct twc__http_challenge c;

	assert_int_equal(twc__http_challenge_next(&rest, &c, err), 1);
	return twc__http_digest_take(d, &c, err);
}

/* Owned by the caller. */
static char *answer(struct twc__http_digest *d, const struct twc__http_digest_request *r)
{
	struct twc_buf out;
	struct twc_err err;
	char *text;

	twc_buf_init(&out, 8192);
	if (twc__http_digest_answer(d, r, &out, &err))
		fail_msg("%s", err.text);
	text = twc_str_dup(twc_buf_str(&out));
	twc_buf_fini(&out);
	return text;
}

static struct twc__http_digest_request request(const char *user, const char *password, const char *target)
{
	return (struct twc__http_digest_request){
		.user = twc_str_of(user), .password = twc_str_of(password), .method = TWC_STR("GET"), .target = twc_str_of(target),
	};
}

#define NONCE_7616 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define OPAQUE_7616 "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define ASK_7616 "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", nonce=\"" NONCE_7616 "\", opaque=\"" OPAQUE_7616 "\""
#define SAY_7616                                                                                                   \
	"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", nonce=\"" NONCE_7616                          \
	"\", uri=\"/dir/index.html\", cnonce=\"" CNONCE_7616 "\", nc=00000001, qop=auth, response="
#define ASK_2617 "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""
#define SAY_2617 "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "

static void examples(void **state)
{
	static const struct {
		const char *ask, *user, *password, *target, *cnonce, *want;
	} rows[] = {
		{ ASK_7616 ", algorithm=MD5", "Mufasa", "Circle of Life", "/dir/index.html", CNONCE_7616,
		  SAY_7616 "\"8ca523f5e9506fed4657c9700eebdbec\", opaque=\"" OPAQUE_7616 "\", algorithm=MD5" },
		{ ASK_7616 ", algorithm=SHA-256", "Mufasa", "Circle of Life", "/dir/index.html", CNONCE_7616,
		  SAY_7616 "\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", opaque=\"" OPAQUE_7616
			   "\", algorithm=SHA-256" },
		{ "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
		  "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", "
		  "charset=UTF-8, userhash=true",
		  "J\xc3\xa4s\xc3\xb8n Doe", "Secret, or not?", "/doe.json", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
		  "Digest username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", realm=\"api@example.org\", "
		  "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", uri=\"/doe.json\", "
		  "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", nc=00000001, qop=auth, "
		  "response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\", "
		  "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", algorithm=SHA-512-256, userhash=true" },
		{ ASK_2617 ", qop=\"auth,auth-int\"", "Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b",
		  SAY_2617 "cnonce=\"0a4f113b\", nc=00000001, qop=auth, response=\"6629fae49393a05397450978507c4ef1\"" },
		{ ASK_2617, "Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b", /* RFC 2069 */
		  SAY_2617 "response=\"670fd8c2df070c60b045671b8b24ff02\"" },
		{ ASK_2617 ", qop=auth, algorithm=\"md5-SESS\"", "Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b",
		  SAY_2617 "cnonce=\"0a4f113b\", nc=00000001, qop=auth, response=\"8e3825c57e897f5a0dec6c2d4e5059d0\", algorithm=md5-SESS" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_digest *d = twc__http_digest_new();
		struct twc__http_digest_request r = request(rows[i].user, rows[i].password, rows[i].target);
		struct twc_err err = { 0 };

		assert_false(twc__http_digest_is_ready(d));
		twc__http_digest_set_cnonce(d, rows[i].cnonce);
		if (take(d, rows[i].ask, &err))
			fail_msg("%s", err.text);
		assert_true(twc__http_digest_is_ready(d));

		char *text = answer(d, &r);

		assert_string_equal(text, rows[i].want);
		twc_free(text);
		twc__http_digest_free(d);
	}
	twc__http_digest_free(NULL);
}

/* The answer holds `part`. */
static void check_part(struct twc__http_digest *d, const char *part)
{
	struct twc__http_digest_request r = request("me", "pw", "/");
	char *text = answer(d, &r);

	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
	twc_free(text);
}

static void counting(void **state)
{
	struct twc__http_digest *d = twc__http_digest_new();
	struct twc__http_digest_request r = request("me", "pw", "/");
	struct twc_err err;

	assert_int_equal(take(d, "Digest realm=r, nonce=one, qop=auth", &err), 0);
	assert_false(twc__http_digest_is_stale(d));
	check_part(d, "nc=00000001,");
	for (int i = 2; i < 16; i++)
		twc_free(answer(d, &r));
	check_part(d, "nc=00000010,");
	assert_int_equal(take(d, "Digest realm=r, nonce=one, qop=auth", &err), 0);
	check_part(d, "nc=00000011,");
	assert_int_equal(take(d, "Digest realm=r, nonce=two, qop=auth, stale=TRUE", &err), 0);
	assert_true(twc__http_digest_is_stale(d));
	check_part(d, "nonce=\"two\"");
	check_part(d, "nc=00000002,");

	twc__http_digest_info(d, TWC_STR("rspauth=\"x\", nextnonce=\"three\", qop=auth"));
	check_part(d, "nonce=\"three\"");
	check_part(d, "nc=00000002,");
	twc__http_digest_info(d, TWC_STR("rspauth=\"x\""));
	twc__http_digest_info(d, TWC_STR("nextnonce=\"four\", @"));
	check_part(d, "nonce=\"three\"");
	twc__http_digest_free(d);
}

/* One cnonce for a nonce, another for the next. */
static void cnonces(void **state)
{
	struct twc__http_digest *d = twc__http_digest_new();
	struct twc__http_digest_request r = request("me", "pw", "/");
	char *a, *b, *c;

	assert_int_equal(take(d, "Digest realm=r, nonce=one, qop=auth", NULL), 0);
	a = answer(d, &r);
	b = answer(d, &r);
	assert_int_equal(take(d, "Digest realm=r, nonce=two, qop=auth", NULL), 0);
	c = answer(d, &r);
	assert_memory_equal(strstr(a, "cnonce=\""), strstr(b, "cnonce=\""), 42);
	assert_memory_not_equal(strstr(a, "cnonce=\""), strstr(c, "cnonce=\""), 42);
	assert_memory_equal(strstr(a, "cnonce=\"") + 40, "\", nc", 5);
	twc_free(a);
	twc_free(b);
	twc_free(c);
	twc__http_digest_free(d);
}

static void quoting(void **state)
{
	struct twc__http_digest *d = twc__http_digest_new();
	struct twc__http_digest_request r = request("m\"e\\", "p\"w", "/a?b=\"c\"");
	char *text;

	assert_int_equal(take(d, "Digest realm=\"r\\\"1\\\" \\\\\", nonce=\"n\\1\", qop=auth, opaque=\"\\\"\", domain=\"/x /y\", other=z", NULL), 0);
	text = answer(d, &r);
	assert_int_equal(strncmp(text, "Digest username=\"m\\\"e\\\\\", realm=\"r\\\"1\\\" \\\\\", nonce=\"n1\", uri=\"/a?b=\\\"c\\\"\", ", 74), 0);
	assert_non_null(strstr(text, ", opaque=\"\\\"\""));
	assert_null(strstr(text, "domain"));
	assert_null(strstr(text, "algorithm"));
	twc_free(text);
	twc__http_digest_free(d);
}

static void refused(void **state)
{
	static const struct {
		const char *ask;
		int code;
	} rows[] = {
		{ "Digest realm=r, qop=auth", TWC_EPROTO },
		{ "Digest nonce=n, qop=auth", TWC_EPROTO },
		{ "Digest realm=r, nonce=n, qop=auth-int", TWC_EREJECTED },
		{ "Digest realm=r, nonce=n, qop=\"\"", TWC_EREJECTED },
		{ "Digest realm=r, nonce=n, qop=auth, algorithm=SHA-1", TWC_EREJECTED },
		{ "Digest realm=r, nonce=n, algorithm=MD5-sess", TWC_EREJECTED },
		{ "Digest", TWC_EPROTO },
	};
	struct twc__http_digest *d = twc__http_digest_new();
	struct twc__http_digest_request r = request("me\n", "pw", "/"), s = request("me", "pw", "/\r\n"), t = request("me", "pw", "/");
	struct twc_err err;
	struct twc_buf out;

	twc_buf_init(&out, 40);
	assert_int_equal(twc__http_digest_answer(d, &t, &out, &err), TWC_EUSAGE);
	twc__http_digest_info(d, TWC_STR("nextnonce=x"));
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(take(d, rows[i].ask, &err), rows[i].code);
		assert_int_equal(err.code, rows[i].code);
		assert_false(twc__http_digest_is_ready(d));
	}
	assert_int_equal(take(d, "Digest realm=r, nonce=n, qop=auth", &err), 0);
	assert_int_equal(twc__http_digest_answer(d, &r, &out, &err), TWC_EUSAGE);
	assert_int_equal(twc__http_digest_answer(d, &s, &out, &err), TWC_EUSAGE);
	assert_int_equal(twc_buf_add(&out, "before", 6), 0);
	assert_int_equal(twc__http_digest_answer(d, &t, &out, &err), TWC_ETOOLONG);
	assert_string_equal(twc_buf_cstr(&out), "before");
	twc_buf_fini(&out);
	twc__http_digest_free(d);
}

/* ---- the guard ---- */

static struct twc__http_digest_demand demand_of(enum twc__digest_kind kind, bool is_sess, bool has_qop)
{
	return (struct twc__http_digest_demand){ TWC_STR("the \"realm\""), kind, is_sess, has_qop };
}

static char *ask(const struct twc__http_digest_guard *g, const struct twc__http_digest_demand *demand, bool is_stale, int64_t now)
{
	struct twc_buf out;
	char *text;

	twc_buf_init(&out, 1024);
	assert_int_equal(twc__http_digest_ask(g, demand, is_stale, now, &out, NULL), 0);
	text = twc_str_dup(twc_buf_str(&out));
	twc_buf_fini(&out);
	return text;
}

/* What the client says to the guard's demand. */
static char *dialog(const struct twc__http_digest_guard *g, const struct twc__http_digest_demand *demand,
		    const struct twc__http_digest_request *r, const char *more)
{
	struct twc__http_digest *d = twc__http_digest_new();
	char *asked = ask(g, demand, false, NOW), *both = twc_asprintf("%s%s", asked, more), *said;
	struct twc_err err;

	if (take(d, both, &err))
		fail_msg("%s: %s", both, err.text);
	said = answer(d, r);
	twc__http_digest_free(d);
	twc_free(asked);
	twc_free(both);
	return said;
}

static void verdicts(void **state)
{
	static const struct {
		enum twc__digest_kind kind;
		bool is_sess, has_qop;
		const char *name;
	} rows[] = {
		{ TWC__DIGEST_MD5, false, true, "MD5" },	      { TWC__DIGEST_MD5, true, true, "MD5-sess" },
		{ TWC__DIGEST_SHA256, false, true, "SHA-256" },	      { TWC__DIGEST_SHA256, true, true, "SHA-256-sess" },
		{ TWC__DIGEST_SHA512_256, false, true, "SHA-512-256" }, { TWC__DIGEST_MD5, false, false, "MD5" },
		{ TWC__DIGEST_SHA256, false, false, "SHA-256" },
	};
	struct twc__http_digest_guard g, other;

	twc__http_digest_guard_init(&g);
	twc__http_digest_guard_init(&other);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc__http_digest_demand demand = demand_of(rows[i].kind, rows[i].is_sess, rows[i].has_qop);
		struct twc__http_digest_request r = request("J\xc3\xa4s\"n", "Secret, or not?", "/a?b"), wrong = r;

		for (int hashed = 0; hashed < 2; hashed++) {
			char *said = dialog(&g, &demand, &r, hashed ? ", userhash=true" : "");
			struct twc_str value = twc_str_of(said);

			if (!strstr(said, rows[i].name))
				fail_msg("%s", said);
			assert_int_equal(twc__http_digest_check(&g, &demand, &r, value, NOW), TWC__HTTP_DIGEST_RIGHT);
			assert_int_equal(twc__http_digest_check(&g, &demand, &r, value, NOW + 300), TWC__HTTP_DIGEST_RIGHT);
			assert_int_equal(twc__http_digest_check(&g, &demand, &r, value, NOW + 301), TWC__HTTP_DIGEST_STALE);
			assert_int_equal(twc__http_digest_check(&g, &demand, &r, value, NOW - 60), TWC__HTTP_DIGEST_STALE);
			assert_int_equal(twc__http_digest_check(&other, &demand, &r, value, NOW), TWC__HTTP_DIGEST_WRONG);
			wrong = r;
			wrong.password = TWC_STR("secret, or not?");
			assert_int_equal(twc__http_digest_check(&g, &demand, &wrong, value, NOW), TWC__HTTP_DIGEST_WRONG);
			/* Wrong goes before stale: nobody learns that the password would be right. */
			assert_int_equal(twc__http_digest_check(&g, &demand, &wrong, value, NOW + 999), TWC__HTTP_DIGEST_WRONG);
			wrong = r;
			wrong.user = TWC_STR("Jason");
			assert_int_equal(twc__http_digest_check(&g, &demand, &wrong, value, NOW), TWC__HTTP_DIGEST_WRONG);
			wrong = r;
			wrong.method = TWC_STR("POST");
			assert_int_equal(twc__http_digest_check(&g, &demand, &wrong, value, NOW), TWC__HTTP_DIGEST_WRONG);
			wrong = r;
			wrong.target = TWC_STR("/a");
			assert_int_equal(twc__http_digest_check(&g, &demand, &wrong, value, NOW), TWC__HTTP_DIGEST_BAD);
			twc_free(said);
		}
	}
}

static void demands(void **state)
{
	struct twc__http_digest_guard g;
	struct twc__http_digest_demand demand = demand_of(TWC__DIGEST_SHA256, false, true), other = demand;
	struct twc__http_digest_request r = request("me", "pw", "/");
	char *text, *said;

	memset(&g, 7, sizeof(g));
	text = ask(&g, &demand, true, NOW);
	assert_int_equal(strncmp(text, "Digest realm=\"the \\\"realm\\\"\", qop=\"auth\", algorithm=SHA-256, nonce=\"000000006553f100", 82), 0);
	assert_non_null(strstr(text, ", stale=true"));
	twc_free(text);

	/* A nonce is good for what was demanded with it alone. */
	said = dialog(&g, &demand, &r, "");
	other.realm = TWC_STR("another");
	assert_int_equal(twc__http_digest_check(&g, &other, &r, twc_str_of(said), NOW), TWC__HTTP_DIGEST_BAD);
	other = demand;
	other.kind = TWC__DIGEST_MD5;
	assert_int_equal(twc__http_digest_check(&g, &other, &r, twc_str_of(said), NOW), TWC__HTTP_DIGEST_BAD);
	other = demand;
	other.has_qop = false;
	assert_int_equal(twc__http_digest_check(&g, &other, &r, twc_str_of(said), NOW), TWC__HTTP_DIGEST_BAD);
	twc_free(said);

	struct twc_buf out;

	twc_buf_init(&out, 40);
	assert_int_equal(twc__http_digest_ask(&g, &demand, false, NOW, &out, NULL), TWC_ETOOLONG);
	assert_int_equal(twc_buf_len(&out), 0);
	twc_buf_fini(&out);
}

/* Each row changes one thing in what was right: `from` becomes `to`. */
static void tampered(void **state)
{
	static const struct {
		const char *from, *to;
		enum twc__http_digest_verdict verdict;
	} rows[] = {
		{ "Digest", "digest", TWC__HTTP_DIGEST_RIGHT },
		{ "qop=auth", "qop=\"auth\"", TWC__HTTP_DIGEST_RIGHT },
		{ "nc=00000001", "nc=00000002", TWC__HTTP_DIGEST_WRONG },
		{ "nc=00000001", "nc=00000000", TWC__HTTP_DIGEST_BAD },
		{ "nc=00000001", "nc=1", TWC__HTTP_DIGEST_BAD },
		{ "nc=00000001", "nc=0000000x", TWC__HTTP_DIGEST_BAD },
		{ "nc=00000001, ", "", TWC__HTTP_DIGEST_BAD },
		{ "qop=auth, ", "", TWC__HTTP_DIGEST_BAD },
		{ "qop=auth", "qop=auth-int", TWC__HTTP_DIGEST_BAD },
		{ "cnonce=\"", "cnonce=\"x", TWC__HTTP_DIGEST_WRONG },
		{ "cnonce=\"", "cnonce=\"\\x", TWC__HTTP_DIGEST_BAD },
		{ "cnonce=\"", "cnonce=\"\", x=\"", TWC__HTTP_DIGEST_BAD },
		{ "username=\"me\"", "username=\"you\"", TWC__HTTP_DIGEST_WRONG },
		{ "username=\"me\"", "username=\"m\\e\"", TWC__HTTP_DIGEST_RIGHT },
		{ "username=\"me\", ", "", TWC__HTTP_DIGEST_BAD },
		{ "username=\"me\"", "username=\"me\", username=\"me\"", TWC__HTTP_DIGEST_BAD },
		{ "nonce=\"0000", "nonce=\"0001", TWC__HTTP_DIGEST_WRONG },
		{ "nonce=\"0000", "nonce=\"000", TWC__HTTP_DIGEST_WRONG },
		{ "nonce=\"0000", "nonce=\"ffff", TWC__HTTP_DIGEST_WRONG },
		{ "opaque=\"", "opaque=\"0", TWC__HTTP_DIGEST_WRONG },
		{ "opaque=\"", "o=\"", TWC__HTTP_DIGEST_RIGHT },
		{ "algorithm=SHA-256", "algorithm=MD5", TWC__HTTP_DIGEST_BAD },
		{ "algorithm=SHA-256", "algorithm=sha-256", TWC__HTTP_DIGEST_RIGHT },
		{ "algorithm=SHA-256", "a=b", TWC__HTTP_DIGEST_BAD },
		{ "response=\"", "response=\"0", TWC__HTTP_DIGEST_WRONG },
		{ "uri=\"/\"", "uri=\"/x\"", TWC__HTTP_DIGEST_BAD },
		{ "Digest ", "Basic ", TWC__HTTP_DIGEST_BAD },
		{ "Digest ", "Digest abc, Digest ", TWC__HTTP_DIGEST_BAD },
		{ ", algorithm", ", Basic x=y, algorithm", TWC__HTTP_DIGEST_BAD },
		{ "realm=", "realm", TWC__HTTP_DIGEST_BAD },
	};
	struct twc__http_digest_demand demand = { TWC_STR("r"), TWC__DIGEST_SHA256, false, true };
	struct twc__http_digest_request r = request("me", "pw", "/");
	struct twc__http_digest_guard g;
	char *said;

	twc__http_digest_guard_init(&g);
	said = dialog(&g, &demand, &r, "");
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		const char *at = strstr(said, rows[i].from);

		if (!at)
			fail_msg("no %s in %s", rows[i].from, said);

		char *changed = twc_asprintf("%.*s%s%s", (int)(at - said), said, rows[i].to, at + strlen(rows[i].from));
		int verdict = (int)twc__http_digest_check(&g, &demand, &r, twc_str_of(changed), NOW);

		if (verdict != (int)rows[i].verdict)
			fail_msg("%s instead of %s: %d", rows[i].to, rows[i].from, verdict);
		twc_free(changed);
	}
	twc_free(said);
	assert_int_equal(twc__http_digest_check(&g, &demand, &r, TWC_STR(""), NOW), TWC__HTTP_DIGEST_BAD);
	assert_int_equal(twc__http_digest_check(&g, &demand, &r, (struct twc_str){ NULL, 0 }, NOW), TWC__HTTP_DIGEST_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples), cmocka_unit_test(counting), cmocka_unit_test(cnonces),
		cmocka_unit_test(quoting),  cmocka_unit_test(refused),  cmocka_unit_test(verdicts),
		cmocka_unit_test(demands),  cmocka_unit_test(tampered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
