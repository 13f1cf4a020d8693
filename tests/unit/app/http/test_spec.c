/* SPDX-License-Identifier: MIT */
/* Routes as they are written: what they are taken apart into, and where their faults are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "app/http/handler.h"

/* METHOD|PATTERN|KEY~VALUE;…|KIND|ARG, "-" for no argument. */
static const char *shown(const struct twc__http_route_opts *o)
{
	static char text[1024];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "%.*s|%.*s|", (int)o->method.n, o->method.p ? o->method.p : "",
			     (int)o->pattern.n, o->pattern.p);
	for (unsigned i = 0; i < o->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s~%.*s;", (int)o->option[i].key.n, o->option[i].key.p,
				      (int)o->option[i].value.n, o->option[i].value.p);
	snprintf(text + n, sizeof(text) - n, "|%.*s|%.*s", (int)o->kind.n, o->kind.p, o->arg.p ? (int)o->arg.n : 1,
		 o->arg.p ? o->arg.p : "-");
	return text;
}

static void test_good(void **state)
{
	static const char *const rows[][2] = {
		{ "/=files:.", "|/||files|." },
		{ "/hello=echo", "|/hello||echo|-" },
		{ "/hello = echo ", "|/hello||echo|-" },
		{ "GET /hello/<name>=text:hello {path.name}", "GET|/hello/<name>||text|hello {path.name}" },
		{ "GET /slow {delay=200ms jitter=50ms p=0.1 fault=reset seed=7}=text:hi",
		  "GET|/slow|delay~200ms;jitter~50ms;p~0.1;fault~reset;seed~7;|text|hi" },
		{ "/a {}=text:", "|/a||text|" },
		{ "/a{delay=1s}=text:x", "|/a{delay||1s}=text|x" }, /* the pattern ends at '=' or a blank */
		{ "\tPURGE\t/a\t{ a=1\tb=2 }\t=\tk:v=w", "PURGE|/a|a~1;b~2;|k|v=w" },
		{ "/a {header='X: a } b' header=\"Y: 'c'\" e=}=text: x ", "|/a|header~X: a } b;header~Y: 'c';e~;|text| x " },
		{ "/a {a=b=c}=redirect:302,http://h:1/x?y=z#f", "|/a|a~b=c;|redirect|302,http://h:1/x?y=z#f" },
		{ "/%3D%20=k", "|/%3D%20||k|-" },
	};
	struct twc__http_route_opts o;
	struct twc_err err;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		if (twc__http_spec_parse(twc_str_of(rows[i][0]), &o, &err) < 0)
			fail_msg("%s: %s (column %d)", rows[i][0], err.text, err.column);
		assert_string_equal(shown(&o), rows[i][1]);
	}
}

static void test_columns_of_parts(void **state)
{
	struct twc__http_route_opts o;
	struct twc_err err;

	assert_int_equal(twc__http_spec_parse(TWC_STR("GET /a {b=c d='e'}=f:g"), &o, &err), 0);
	assert_int_equal(o.pattern_column, 5);
	assert_int_equal(o.option[0].column, 9);
	assert_int_equal(o.option[0].value_column, 11);
	assert_int_equal(o.option[1].column, 13);
	assert_int_equal(o.option[1].value_column, 16);
	assert_int_equal(o.kind_column, 20);
	assert_int_equal(o.arg_column, 22);
}

static void test_bad(void **state)
{
	static const struct {
		const char *spec;
		int column;
		const char *part;
	} rows[] = {
		{ "", 1, "begins with a path" },
		{ "=text:x", 1, "begins with a path" },
		{ "hello=text:x", 6, "'/' belongs here" },
		{ "GET=text:x", 4, "'/' belongs here" },
		{ "GET hello=text:x", 5, "'/' belongs here" },
		{ "G(T /=text:x", 1, "neither a method" },
		{ "/a", 3, "'=' and a handler are missing" },
		{ "/a ", 4, "'=' and a handler are missing" },
		{ "/a b=text:x", 4, "'=' and a handler belong here" },
		{ "/a {b=c}", 9, "'=' and a handler are missing" },
		{ "/a {b=c} x", 10, "'=' and a handler belong here" },
		{ "/a=", 4, "name of a handler" },
		{ "/a=:x", 4, "name of a handler" },
		{ "/a {b=c", 4, "brace is not closed" },
		{ "/a {b='c}=text:x", 7, "quote is not closed" },
		{ "/a {b='c'd}=text:x", 10, "after the closing quote" },
		{ "/a {b}=text:x", 5, "has no value" },
		{ "/a {b c=d}=text:x", 5, "has no value" },
		{ "/a {=c}=text:x", 5, "name of an option" },
		{ "/a {b=1 c=2 b=3}=text:x", 13, "given before" },
	};
	struct twc__http_route_opts o;
	struct twc_err err;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_int_equal(twc__http_spec_parse(twc_str_of(rows[i].spec), &o, &err), TWC_EUSAGE);
		if (err.column != rows[i].column || !strstr(err.text, rows[i].part))
			fail_msg("%s: %s (column %d)", rows[i].spec, err.text, err.column);
		assert_int_equal(twc__http_spec_parse(twc_str_of(rows[i].spec), &o, NULL), TWC_EUSAGE);
	}
}

static void test_limits(void **state)
{
	static char long_spec[TWC__HTTP_SPEC_MAX + 2];
	struct twc__http_route_opts o;
	struct twc_err err;
	char text[1024] = "/a {";

	memset(long_spec, 'a', sizeof(long_spec) - 1);
	memcpy(long_spec, "/=text:", 7);
	assert_int_equal(twc__http_spec_parse(twc_str_of(long_spec), &o, &err), TWC_EUSAGE);
	long_spec[TWC__HTTP_SPEC_MAX] = '\0';
	assert_int_equal(twc__http_spec_parse(twc_str_of(long_spec), &o, &err), 0);
	assert_int_equal(twc__http_spec_parse((struct twc_str){ "/a=text:\0", 9 }, &o, &err), TWC_EUSAGE);
	for (int i = 0; i <= TWC__HTTP_OPTIONS_MAX; i++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "k%d=1 ", i);
	}
	assert_int_equal(twc__http_spec_parse(twc_str_of(text), &o, &err), TWC_EUSAGE);
	assert_non_null(strstr(err.text, "too many"));
}

static void test_options(void **state)
{
	static const char *const words[] = { "reset", "hang", NULL };
	struct twc__http_route_opts o;
	struct twc_err err;
	uint64_t n = 0;
	bool yes = false;
	int word;
	unsigned at = 0;
	struct twc_str s;

	assert_int_equal(twc__http_spec_parse(TWC_STR("/ {d=20ms s=4k u=7 b=yes w=hang x=y header=A:1 header=B:2}=k"), &o, &err), 0);
	assert_int_equal(twc__http_option_duration(&o, "d", &n, &err), 1);
	assert_int_equal(n, 20000000);
	assert_int_equal(twc__http_option_size(&o, "s", &n, &err), 1);
	assert_int_equal(n, 4096);
	assert_int_equal(twc__http_option_uint(&o, "u", 1, 9, &n, &err), 1);
	assert_int_equal(n, 7);
	assert_int_equal(twc__http_option_bool(&o, "b", &yes, &err), 1);
	assert_true(yes);
	assert_int_equal(twc__http_option_word(&o, "w", words, &word, &err), 1);
	assert_int_equal(word, 1);
	assert_int_equal(twc__http_option_str(&o, "x", &s), 1);
	assert_true(twc_str_is(s, "y"));
	assert_int_equal(twc__http_option_str(&o, "y", &s), 0);
	assert_int_equal(twc__http_option_duration(&o, "none", &n, &err), 0);
	assert_int_equal(twc__http_option_uint(&o, "u", 8, 9, &n, &err), TWC_EUSAGE);
	assert_int_equal(err.column, 18);
	assert_non_null(strstr(err.text, "'u': "));
	assert_int_equal(twc__http_option_duration(&o, "x", &n, &err), TWC_EUSAGE);
	assert_int_equal(twc__http_option_size(&o, "x", &n, &err), TWC_EUSAGE);
	assert_int_equal(twc__http_option_bool(&o, "x", &yes, &err), TWC_EUSAGE);
	assert_int_equal(twc__http_option_word(&o, "x", words, &word, NULL), TWC_EUSAGE);
	assert_true(twc_str_is(twc__http_option_find(&o, "header", &at)->value, "A:1"));
	assert_true(twc_str_is(twc__http_option_find(&o, "header", &at)->value, "B:2"));
	assert_null(twc__http_option_find(&o, "header", &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),   cmocka_unit_test(test_columns_of_parts),
		cmocka_unit_test(test_bad),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
