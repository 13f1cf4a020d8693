/* SPDX-License-Identifier: MIT */
/* Assertions about a response: what holds, what is told where it does not, and where a fault in one is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <twc/http_expect.h>
#include <twc/parse.h>

static char told[512];

static void on_failed(void *arg, const char *expr, const char *got)
{
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%s%s: %s", n ? "; " : "", expr, got);
}

static void field(struct twc_http_fields *f, const char *name, const char *value)
{
	assert_int_equal(twc_http_fields_add(f, twc_str_of(name), twc_str_of(value), NULL), 0);
}

/* One assertion about one response, its body fed in pieces of `step`. */
static size_t failures(const char *expr, const char *body, size_t step)
{
	struct twc_http_expect *x = twc_http_expect_new();
	struct twc_http_fields fields = { 0 }, trailers = { 0 };
	struct twc_tls_cert cert = { .not_after = 100 * 86400 };
	struct twc_http_expect_facts facts = {
		.status = 201,
		.version = 11,
		.fields = &fields,
		.trailers = &trailers,
		.url = TWC_STR("http://h/a"),
		.redirects = 2,
		.total_ns = 300 * TWC_NS_PER_MS,
		.first_byte_ns = 20 * TWC_NS_PER_MS,
		.tls = "TLSv1.3",
		.cert = &cert,
		.now_s = 80 * 86400,
	};
	struct twc_err err = { 0 };
	size_t n, len = strlen(body);

	field(&fields, "Content-Type", "application/json");
	field(&fields, "X-A", "one");
	field(&fields, "x-a", "two");
	field(&trailers, "Sum", "7");
	if (twc_http_expect_add(x, expr, &err) < 0)
		fail_msg("%s: %s", expr, err.text);
	twc_http_expect_begin(x);
	for (size_t i = 0; i < len; i += step)
		twc_http_expect_data(x, body + i, len - i < step ? len - i : step);
	told[0] = '\0';
	n = twc_http_expect_check(x, &facts, on_failed, NULL);
	twc_http_fields_fini(&fields);
	twc_http_fields_fini(&trailers);
	twc_http_expect_free(x);
	return n;
}

#define BODY "{\"ok\":true,\"n\":[1,2,3]}"
#define BODY_IS "body=" BODY /* one string in a list of many, and meant so */
#define SHA "c6bb3ef72ec70b66fc6c7b5c0b9a5bf4d8d4a0a0c0a3a2b6d7f5e4d3c2b1a098"

static void what_holds(void **state)
{
	static const char *const yes[] = {
		"status=201", "status==201", "status=2xx", "status!=5xx", "status<400", "status>=201", "status <= 201",
		"header:x-a", "!header:nope", "header:x-a=two", "header:content-type~json$", "header:content-type*=son",
		"header:x-a!=three", "trailer:Sum=7", BODY_IS, "body!=x", "body~\"n\":.1", "body*=true", "body.size<1k",
		"body.size=23", "json:.ok=true", "json:.n.#>2", "json:.n[0]", "!json:.nope", "time<500ms", "ttfb<=20ms",
		"redirects=2", "url=http://h/a", "url~/a$", "http=1.1", "http>=1", "http!=2", "tls>=1.2", "tls=1.3",
		"cert.days>14", "cert.days=20",
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(yes); i++) {
		if (failures(yes[i], BODY, 1000) || failures(yes[i], BODY, 1))
			fail_msg("%s: %s", yes[i], told);
	}
}

static void what_does_not(void **state)
{
	static const struct {
		const char *expr, *told;
	} rows[] = {
		{ "status=200", "status=200: 201" },
		{ "status!=2xx", "status!=2xx: 201" },
		{ "header:nope", "header:nope: no such field" },
		{ "!header:x-a", "!header:x-a: \"one\"" },
		{ "header:x-a=three", "header:x-a=three: \"one\"" },
		{ "header:x-a!=two", "header:x-a!=two: \"two\"" },
		{ "trailer:Sum=8", "trailer:Sum=8: \"7\"" },
		{ "body=x", "body=x: \"{\"ok\":true,\"n\":[1,2,3]}\"" },
		{ "body~zz", "body~zz: a body that does not match" },
		{ "body.size>1k", "body.size>1k: 23" },
		{ "json:.ok=false", "json:.ok=false: true" },
		{ "json:.nope", "json:.nope: nothing" },
		{ "time<100ms", "time<100ms: 300ms" },
		{ "ttfb<1ms", "ttfb<1ms: 20ms" },
		{ "redirects=1", "redirects=1: 2" },
		{ "url=x", "url=x: \"http://h/a\"" },
		{ "http=2", "http=2: 1.1" },
		{ "tls=1.2", "tls=1.2: TLSv1.3" },
		{ "cert.days>30", "cert.days>30: 20" },
	};

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_int_equal(failures(rows[i].expr, BODY, 7), 1);
		assert_string_equal(told, rows[i].told);
	}
	assert_int_equal(failures("json:.ok", "no json", 3), 1);
	assert_string_equal(told, "json:.ok: a body that is no JSON");
}

static void digests(void **state)
{
	(void)state;
	assert_int_equal(failures("body.sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc", 1), 0);
	assert_int_equal(failures("body.sha256=" SHA, "abc", 1), 1);
	assert_string_equal(told, "body.sha256=" SHA ": ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void faults(void **state)
{
	static const struct {
		const char *expr;
		int column;
		const char *says;
	} rows[] = {
		{ "", 1, "nothing is known" },
		{ "stauts=200", 1, "did you mean status?" },
		{ "status", 7, "a value are missing" },
		{ "status=20", 8, "three digits" },
		{ "status<2xx", 8, "class of statuses" },
		{ "status~2", 7, "are for texts" },
		{ "header:", 8, "name of a header" },
		{ "header:a b", 10, "here stands one of" },
		{ "header:a<3", 9, "no order" },
		{ "header:a~(", 10, "" },
		{ "!status=200", 1, "can be negated" },
		{ "!header:a=b", 10, "only a name can be negated" },
		{ "body.sha256=zz", 13, "64 hexadecimal" },
		{ "body.sha256!=zz", 12, "compared with =" },
		{ "time<1q", 6, "" },
		{ "http=x", 6, "version of HTTP" },
		{ "tls>=1", 0, NULL },
		{ "json:x", 6, "begins with a dot" },
	};
	struct twc_err err;

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_http_expect *x = twc_http_expect_new();
		int rc;

		err = (struct twc_err){ 0 };
		rc = twc_http_expect_add(x, rows[i].expr, &err);
		if (!rows[i].says) {
			assert_int_equal(rc, 0);
		} else if (rc != TWC_EUSAGE || err.column != rows[i].column || !strstr(err.text, rows[i].says)) {
			fail_msg("%s: column %d: %s", rows[i].expr, err.column, err.text);
		}
		twc_http_expect_free(x);
	}
}

static void nothing_came(void **state)
{
	struct twc_http_expect *x = twc_http_expect_new();
	struct twc_http_expect_facts facts = { 0 };

	(void)state;
	assert_int_equal(twc_http_expect_add(x, "status!=500", NULL), 0);
	assert_true(twc_http_expect_is_about_heads(x));
	assert_int_equal(twc_http_expect_add(x, "!header:a", NULL), 0);
	assert_int_equal(twc_http_expect_add(x, "body~^$", NULL), 0);
	assert_false(twc_http_expect_is_about_heads(x));
	twc_http_expect_begin(x);
	told[0] = '\0';
	assert_int_equal(twc_http_expect_check(x, &facts, on_failed, NULL), 3);
	assert_string_equal(told, "status!=500: no response; !header:a: no response; body~^$: no response");
	facts.status = 200;
	assert_int_equal(twc_http_expect_check(x, &facts, NULL, NULL), 0);
	twc_http_expect_free(x);
}

/* What was fed to it before a retry is forgotten; a body that is too long to be kept is said to be. */
static void begun_again(void **state)
{
	struct twc_http_expect *x = twc_http_expect_new();
	struct twc_http_expect_facts facts = { .status = 200 };
	char *big = twc_calloc(1, TWC_HTTP_EXPECT_BODY_MAX + 1);

	(void)state;
	assert_int_equal(twc_http_expect_add(x, "body=b", NULL), 0);
	assert_int_equal(twc_http_expect_count(x), 1);
	twc_http_expect_begin(x);
	twc_http_expect_data(x, "a", 1);
	twc_http_expect_begin(x);
	twc_http_expect_data(x, "b", 1);
	assert_int_equal(twc_http_expect_check(x, &facts, NULL, NULL), 0);
	twc_http_expect_begin(x);
	twc_http_expect_data(x, big, TWC_HTTP_EXPECT_BODY_MAX + 1);
	told[0] = '\0';
	assert_int_equal(twc_http_expect_check(x, &facts, on_failed, NULL), 1);
	assert_string_equal(told, "body=b: a body of more than 16777216 bytes");
	twc_free(big);
	twc_http_expect_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_holds), cmocka_unit_test(what_does_not), cmocka_unit_test(digests),
		cmocka_unit_test(faults),     cmocka_unit_test(nothing_came),  cmocka_unit_test(begun_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
