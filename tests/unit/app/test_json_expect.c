/* SPDX-License-Identifier: MIT */
/* Assertions: which hold, which do not and what is said then, and which are none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <twc/json.h>

static const char text[] =
	"{\"ok\":true,\"status\":\"ok\",\"none\":null,\"n\":42,\"pi\":3.25,\"big\":9007199254740993,"
	"\"items\":[{\"id\":42,\"name\":\"gr\xc3\xbc\xc3\x9f\"},{\"id\":7}],\"empty\":[],\"odd.key\":{\"a b\":1},\"num\":\"42\","
	"\"date\":\"2024-05-01\",\"text\":\"two\\nlines\",\"esc\":\"q\\\"\\\\\xc2\x9b\"}";

static void answers(void **state)
{
	static const struct {
		const char *expr;
		bool holds;
		const char *got; /* where it does not */
	} rows[] = {
		{ ".ok", true, NULL },
		{ ".none", true, NULL },
		{ ".nope", false, "nothing" },
		{ ".", true, NULL },
		{ ".ok=true", true, NULL },
		{ ".ok = false", false, "true" },
		{ ".ok!=false", true, NULL },
		{ ".none=null", true, NULL },
		{ ".status == \"ok\"", true, NULL },
		{ ".status=ok", true, NULL },
		{ ".status=no", false, "\"ok\"" },
		{ ".status!=no", true, NULL },
		{ ".nope!=no", false, "nothing" }, /* what is not there is not unequal either */
		{ ".items[0].id=42", true, NULL },
		{ ".items[0].id=42.0", true, NULL },
		{ ".items[1].id=42", false, "7" },
		{ ".items[2].id=42", false, "nothing" },
		{ ".items.id", false, "nothing" },
		{ ".n[0]", false, "nothing" },
		{ ".num=42", false, "\"42\"" },
		{ ".num=\"42\"", true, NULL },
		{ ".items.#=2", true, NULL },
		{ ".items.#>3", false, "2" },
		{ ".items[0].name.#=4", true, NULL },
		{ ".#=13", true, NULL },
		{ ".ok.#", false, "nothing" },
		{ ".empty.#=0", true, NULL },
		{ ".empty=[]", true, NULL },
		{ ".items[0]={\"name\":\"gr\xc3\xbc\xc3\x9f\", \"id\":42.0}", true, NULL },
		{ ".items[1]={\"id\":8}", false, "{\"id\":7}" },
		{ ".items=[1]", false, "[{\"id\":42,\"name\":\"gr\xc3\xbc\xc3\x9f\"},{\"id\":7}]" },
		{ ".\"odd.key\".\"a b\"=1", true, NULL },
		{ ".pi>3", true, NULL },
		{ ".pi<=3.25", true, NULL },
		{ ".pi<3.25", false, "3.25" },
		{ ".n>=43", false, "42" },
		{ ".big=9007199254740993", true, NULL },
		{ ".big=9007199254740992", false, "9007199254740993" },
		{ ".date<2024-06-01", true, NULL },
		{ ".date>\"2024-06-01\"", false, "\"2024-05-01\"" },
		{ ".ok>1", false, "true" },
		{ ".num>1", false, "\"42\"" },
		{ ".status~^o", true, NULL },
		{ ".status ~ \"^o\"", true, NULL },
		{ ".status~^k", false, "\"ok\"" },
		{ ".text~^lines$", true, NULL },
		{ ".n~^4[0-9]$", true, NULL },
		{ ".ok~true", true, NULL },
		{ ".items~id", false, "[{\"id\":42,\"name\":\"gr\xc3\xbc\xc3\x9f\"},{\"id\":7}]" },
		{ ".date*=-05-", true, NULL },
		{ ".date*=-06-", false, "\"2024-05-01\"" },
		{ ".n*=4", false, "42" },
		{ ".status=", false, "\"ok\"" },
		{ ".esc=x", false, "\"q\\\"\\\\\\xc2\\x9b\"" },
	};
	struct twc_json_doc *doc = twc_json_doc_new(TWC_STR(text), NULL);
	char got[256];

	assert_non_null(doc);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };
		struct twc_json_expect *x = twc_json_expect_new(twc_str_of(rows[i].expr), false, &err);

		if (!x)
			fail_msg("%s: %s", rows[i].expr, err.text);
		if (twc_json_expect_holds(x, doc, got, sizeof(got)) != rows[i].holds)
			fail_msg("%s: got %s", rows[i].expr, got);
		if (!rows[i].holds)
			assert_string_equal(got, rows[i].got);
		assert_int_equal(twc_json_expect_holds(x, doc, NULL, 0), rows[i].holds);
		assert_false(twc_json_expect_holds(x, NULL, got, sizeof(got)));
		assert_string_equal(got, "no JSON");
		twc_json_expect_free(x);
	}
	twc_json_doc_free(doc);
}

static void absence(void **state)
{
	struct twc_json_doc *doc = twc_json_doc_new(TWC_STR("{\"a\":null}"), NULL);
	struct twc_json_expect *there = twc_json_expect_new(TWC_STR(".a"), true, NULL);
	struct twc_json_expect *gone = twc_json_expect_new(TWC_STR(".b"), true, NULL);
	char got[64];

	assert_false(twc_json_expect_holds(there, doc, got, sizeof(got)));
	assert_string_equal(got, "null");
	assert_true(twc_json_expect_holds(gone, doc, got, sizeof(got)));
	assert_false(twc_json_expect_holds(gone, NULL, got, sizeof(got)));
	twc_json_expect_free(there);
	twc_json_expect_free(gone);
	twc_json_doc_free(doc);
}

/* A number beyond 64 bits is no reason to refuse a document, but makes all of its numbers reals. */
static void numbers_beyond_64_bits(void **state)
{
	struct twc_json_doc *doc = twc_json_doc_new(TWC_STR("[123456789012345678901234, 7]"), NULL);
	struct twc_json_expect *huge = twc_json_expect_new(TWC_STR("[0]>1e23"), false, NULL);
	struct twc_json_expect *seven = twc_json_expect_new(TWC_STR("[1]=7"), false, NULL);

	assert_non_null(doc);
	assert_true(twc_json_expect_holds(huge, doc, NULL, 0));
	assert_true(twc_json_expect_holds(seven, doc, NULL, 0));
	twc_json_expect_free(huge);
	twc_json_expect_free(seven);
	twc_json_doc_free(doc);
}

static void what_is_none(void **state)
{
	static const struct {
		const char *expr;
		bool is_negated;
		int column;
		const char *text;
	} rows[] = {
		{ "", false, 1, "begins with a dot" },
		{ "status=1", false, 1, "begins with a dot" },
		{ ".a.", false, 4, "a key is missing" },
		{ ".a..b", false, 4, "a key is missing" },
		{ ".a[x]", false, 4, "a place in a list" },
		{ ".a[-1]", false, 4, "a place in a list" },
		{ ".a[0", false, 5, "a place in a list" },
		{ ".a[]", false, 4, "a place in a list" },
		{ ".a[99999999999]", false, 4, "no such places" },
		{ ".a[0]b", false, 6, "here stands one of" },
		{ ".a b", false, 4, "here stands one of" },
		{ ".a!", false, 3, "here stands one of" },
		{ ".#.a", false, 3, "nothing may follow .#" },
		{ ".\"a", false, 2, "not closed" },
		{ ".\"a\\q\"", false, 2, "as JSON has it" },
		{ ".a>true", false, 4, "number or a string" },
		{ ".a<[1]", false, 4, "number or a string" },
		{ ".a~(", false, 4, "regular expression" },
		{ ".a~(x)\\1", false, 4, "refers back" },
		{ ".a=\xff", false, 4, "not UTF-8" },
		{ ".a=1", true, 3, "only a path can be negated" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err err = { 0 };

		assert_null(twc_json_expect_new(twc_str_of(rows[i].expr), rows[i].is_negated, &err));
		if (err.code != TWC_EUSAGE || err.column != rows[i].column || !strstr(err.text, rows[i].text))
			fail_msg("%s: %s, column %d", rows[i].expr, err.text, err.column);
	}
}

static void documents(void **state)
{
	static const char *const bad[] = { "", "{", "<html>", "{\"a\":1,}", "[1]x", "\"\\u0000\"", "\"\xff\"" };
	struct twc_err err = { 0 };
	struct twc_buf b;
	char *p;

	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		assert_null(twc_json_doc_new(twc_str_of(bad[i]), &err));
		assert_int_equal(err.code, TWC_EPROTO);
		assert_memory_equal(err.text, "not JSON: column", 16);
	}
	assert_null(twc_json_doc_new(TWC_STR("{\n\"a\": nope}"), &err));
	assert_memory_equal(err.text, "not JSON: line 2, column ", 25);
	twc_buf_init(&b, TWC_JSON_DOC_MAX + 1);
	assert_int_equal(twc_buf_reserve(&b, TWC_JSON_DOC_MAX + 1, &p), 0);
	memset(p, '[', TWC_JSON_DOC_MAX + 1);
	assert_null(twc_json_doc_new((struct twc_str){ p, TWC_JSON_DOC_MAX + 1 }, &err));
	assert_int_equal(err.code, TWC_ETOOLONG);
	assert_null(twc_json_doc_new((struct twc_str){ p, TWC_JSON_DOC_MAX }, &err)); /* too deep */
	assert_int_equal(err.code, TWC_EPROTO);
	twc_buf_fini(&b);
	twc_json_doc_free(NULL);
}

static void long_values_are_cut(void **state)
{
	struct twc_json_doc *doc = twc_json_doc_new(TWC_STR("\"\xc3\xbc 0123456789012345678901234567890\""), NULL);
	struct twc_json_expect *x = twc_json_expect_new(TWC_STR(".=no"), false, NULL);
	char got[16];

	assert_false(twc_json_expect_holds(x, doc, got, sizeof(got)));
	assert_string_equal(got, "\"\xc3\xbc 01234567...");
	twc_json_expect_free(x);
	twc_json_doc_free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),	cmocka_unit_test(absence),   cmocka_unit_test(numbers_beyond_64_bits),
		cmocka_unit_test(what_is_none), cmocka_unit_test(documents), cmocka_unit_test(long_values_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
