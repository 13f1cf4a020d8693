/* SPDX-License-Identifier: MIT */
/* Indenting: JSON as it should look, anything else as it was, the same at any cut. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/chunk.h"
#include <twc/json.h>

struct pass {
	struct twc_json_pretty *p;
	struct twc_buf out;
	int code;
};

static int collect(void *arg, const char *p, size_t n, struct twc_err *err)
{
	return twc_buf_add(arg, p, n);
}

static bool feed(void *arg, const uint8_t *p, size_t n)
{
	struct pass *x = arg;

	x->code = twc_json_pretty_feed(x->p, p, n, NULL);
	return x->code == 0;
}

static void pass(struct pass *x, enum chunk_mode mode, bool is_coloured, const char *in, size_t n)
{
	struct twc_json_pretty_opts o = { .is_coloured = is_coloured, .out = collect, .arg = &x->out };

	*x = (struct pass){ 0 };
	twc_buf_init(&x->out, 16 * 1048576);
	x->p = twc_json_pretty_new(&o);
	chunk_feed(mode, 3, in, n, feed, x);
	assert_int_equal(x->code, 0);
	assert_int_equal(twc_json_pretty_finish(x->p, NULL), 0);
}

static void passed(struct pass *x)
{
	twc_json_pretty_free(x->p);
	twc_buf_fini(&x->out);
}

struct row {
	const char *in, *out;
};

static void assert_rows(const struct row *rows, size_t n, bool is_coloured)
{
	struct pass x;

	for (size_t i = 0; i < n; i++)
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			pass(&x, (enum chunk_mode)mode, is_coloured, rows[i].in, strlen(rows[i].in));
			if (strcmp(twc_buf_cstr(&x.out), rows[i].out ? rows[i].out : rows[i].in) != 0)
				fail_msg("row %zu: %s", i, twc_buf_cstr(&x.out));
			passed(&x);
		}
}

static void values(void **state)
{
	static const struct row rows[] = {
		{ "{\"a\":1,\"b\":[true,null,{\"c\":\"d\"}],\"e\":{},\"f\":[ ]}",
		  "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null,\n    {\n      \"c\": \"d\"\n    }\n  ],\n  \"e\": {},\n  \"f\": []\n}\n" },
		{ " \r\n[ ]\n\n", "[]\n" },
		{ "\"a\\\"b\\u00e9\\n\\\\\"", "\"a\\\"b\\u00e9\\n\\\\\"\n" },
		{ "[1.10,-0,0.5e+10,12345678901234567890123,1E-2,-7]",
		  "[\n  1.10,\n  -0,\n  0.5e+10,\n  12345678901234567890123,\n  1E-2,\n  -7\n]\n" },
		{ "42", "42\n" },
		{ "false", "false\n" },
		{ "[1\n,\t2 ] ", "[\n  1,\n  2\n]\n" },
		/* one behind the other */
		{ "{\"a\":1}\n{\"b\":2}\r\n\n[]", "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\n[]\n" },
		{ "1 2\n3", "1\n2\n3\n" },
		{ "[][]", "[]\n[]\n" },
		{ "\"gr\xc3\xbc\xc3\x9f\"", "\"gr\xc3\xbc\xc3\x9f\"\n" },
	};

	assert_rows(rows, TWC_ARRAY_LEN(rows), false);
}

static void what_is_none_stays(void **state)
{
	static const struct row rows[] = {
		{ "", NULL }, { "  \n\n ", NULL }, { "<html>\n  <p>{\"a\":1}\n", NULL }, { "  <html>", NULL },
		{ "hello", NULL }, { "nothing at all\n", NULL }, { "true story", NULL }, { "12 monkeys", NULL },
		{ "2024-01-01", NULL }, { "1.2.3.4\n", NULL }, { "01", NULL }, { "-", NULL }, { "-x", NULL }, { "1.", NULL },
		{ "12ab", NULL }, { "tru", NULL }, { "\"open", NULL }, { "\"bad \\x\"", NULL }, { "\"\\u12g4\"", NULL },
		{ "\"a\x01\"", NULL }, { "+1", NULL }, { ".5", NULL }, { "1e", NULL }, { "1e+", NULL }, { "]", NULL }, { "}", NULL },
		/* from the fault on */
		{ "{\"a\":1,}", "{\n  \"a\": 1,\n  }" },
		{ "[1 2]", "[\n  12]" },
		{ "{\"a\" 1}", "{\n  \"a\"1}" },
		{ "[1}", "[\n  1}" },
		{ "{1:2}", "{1:2}" },
		{ "{} x { \"a\": 1 }", "{} x { \"a\": 1 }" },
		{ "[01, 2]", "[\n  01, 2]" },
		{ "[1", "[\n  1" },
	};

	assert_rows(rows, TWC_ARRAY_LEN(rows), false);
}

static void colours(void **state)
{
	static const struct row rows[] = {
		{ "{\"a\":[\"s\",-1,true]}", "{\n  \x1b[1;34m\"a\"\x1b[0m: [\n    \x1b[32m\"s\"\x1b[0m,\n    \x1b[36m-1\x1b[0m,\n    "
					     "\x1b[35mtrue\x1b[0m\n  ]\n}\n" },
		{ "5", "\x1b[36m5\x1b[0m\n" },
		{ "trap", "\x1b[35mtr\x1b[0map" },
		{ "\"cut", "\x1b[32m\"cut\x1b[0m" },
		{ "plain", "plain" },
	};

	assert_rows(rows, TWC_ARRAY_LEN(rows), true);
}

static void deep(void **state)
{
	struct twc_buf in;
	struct pass x;

	for (int depth = 512; depth <= 513; depth++) {
		twc_buf_init(&in, 4096);
		for (int i = 0; i < depth; i++)
			assert_int_equal(twc_buf_add(&in, "[", 1), 0);
		for (int i = 0; i < depth; i++)
			assert_int_equal(twc_buf_add(&in, "]", 1), 0);
		for (int mode = 0; mode < CHUNK_MODES; mode++) {
			pass(&x, (enum chunk_mode)mode, false, twc_buf_head(&in), twc_buf_len(&in));
			if (depth == 512) {
				assert_memory_equal(twc_buf_head(&x.out) + twc_buf_len(&x.out) - 7, "\n  ]\n]\n", 7);
			} else {
				assert_non_null(strstr(twc_buf_cstr(&x.out), "[[]]]]]]]]]]]"));
			}
			passed(&x);
		}
		twc_buf_fini(&in);
	}
}

static void many_blanks(void **state)
{
	char in[600];
	struct pass x;

	memset(in, ' ', sizeof(in));
	memcpy(in + 500, "[1]", 3);
	pass(&x, CHUNK_RANDOM, false, in, 503); /* more than is held: all stays */
	assert_int_equal(twc_buf_len(&x.out), 503);
	assert_memory_equal(twc_buf_head(&x.out), in, 503);
	passed(&x);
	memset(in, '\n', sizeof(in));
	memcpy(in, "[]", 2);
	memcpy(in + 598, "[]", 2);
	pass(&x, CHUNK_RANDOM, false, in, sizeof(in)); /* a stream that is kept alive */
	assert_string_equal(twc_buf_cstr(&x.out), "[]\n[]\n");
	passed(&x);
}

static void a_value_s_line_ends_with_it(void **state)
{
	struct pass x = { 0 };
	struct twc_json_pretty_opts o = { .out = collect, .arg = &x.out };

	twc_buf_init(&x.out, 1024);
	x.p = twc_json_pretty_new(&o);
	assert_true(feed(&x, (const uint8_t *)"[]\n", 3));
	assert_string_equal(twc_buf_cstr(&x.out), "[]\n"); /* the next record may be an hour away */
	passed(&x);
}

static int refuse(void *arg, const char *p, size_t n, struct twc_err *err)
{
	++*(int *)arg;
	return twc_err_set(err, TWC_EPIPEOUT, "gone");
}

static void who_takes_it_may_refuse(void **state)
{
	int calls = 0;
	struct twc_json_pretty_opts o = { .out = refuse, .arg = &calls };
	struct twc_json_pretty *p = twc_json_pretty_new(&o);
	struct twc_err err = { 0 };

	assert_int_equal(twc_json_pretty_feed(p, "[", 1, &err), TWC_EPIPEOUT);
	assert_string_equal(err.text, "gone");
	assert_int_equal(twc_json_pretty_feed(p, "]", 1, &err), TWC_EPIPEOUT);
	assert_int_equal(twc_json_pretty_finish(p, &err), TWC_EPIPEOUT);
	assert_int_equal(calls, 1);
	twc_json_pretty_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),      cmocka_unit_test(what_is_none_stays),
		cmocka_unit_test(colours),     cmocka_unit_test(deep),
		cmocka_unit_test(many_blanks), cmocka_unit_test(a_value_s_line_ends_with_it),
		cmocka_unit_test(who_takes_it_may_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
