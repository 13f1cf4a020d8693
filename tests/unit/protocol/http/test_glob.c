/* SPDX-License-Identifier: MIT */
/* Globs: what each pattern gives, in which order; names of files; each fault with its column. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <twc/url_glob.h>

static struct twc_url_glob *glob(const char *pattern)
{
	struct twc_err e = { 0 };
	struct twc_url_glob *g = twc_url_glob_new(twc_str_of(pattern), &e);

	if (!g)
		fail_msg("\"%s\": column %d: %s", pattern, e.column, e.text);
	return g;
}

static void what_comes_in_which_order(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "h/x", "h/x|" },
		{ "", "|" },
		{ "{a,b}", "a|b|" },
		{ "h/{a,b}x[1-3]", "h/ax1|h/ax2|h/ax3|h/bx1|h/bx2|h/bx3|" },
		{ "{one}", "one|" },
		{ "{,a}", "|a|" },
		{ "{a,}", "a||" },
		{ "{a,,b}", "a||b|" },
		{ "[a-e]", "a|b|c|d|e|" },
		{ "[X-Z]", "X|Y|Z|" },
		{ "[a-g:3]", "a|d|g|" },
		{ "[0-10:5]", "0|5|10|" },
		{ "[1-10:4]", "1|5|9|" },
		{ "[008-011]", "008|009|010|011|" },
		{ "[098-101]", "098|099|100|101|" },
		{ "[00-1]", "00|01|" },
		{ "[9-11]", "9|10|11|" },
		{ "[5-5]", "5|" },
		{ "[a-a]", "a|" },
		{ "[9223372036854775806-9223372036854775807]", "9223372036854775806|9223372036854775807|" },
		{ "h[]x", "h[]x|" },
		{ "http://[::1]/[1-2]", "http://[::1]/1|http://[::1]/2|" },
		{ "http://[fe80::1%25lo]:8/{a}", "http://[fe80::1%25lo]:8/a|" },
		{ "a\\[1-2\\]\\{b\\}", "a[1-2]{b}|" },
		{ "a\\b", "a\\b|" },
		{ "a\\", "a\\|" },
		{ "{a\\,b,c\\}}", "a,b|c}|" },
		{ "{a\\b}", "ab|" },
		{ "{1,2}{3,4}", "13|14|23|24|" },
		{ "[1-2][a-b]", "1a|1b|2a|2b|" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_url_glob *g = glob(rows[i].in);
		struct twc_buf b;
		uint64_t n = 0;

		twc_buf_init(&b, 1024);
		for (; twc_url_glob_next(g, &b) == 1; n++)
			assert_int_equal(twc_buf_add(&b, "|", 1), 0);
		if (strcmp(twc_buf_cstr(&b), rows[i].out) != 0)
			fail_msg("\"%s\" gave %s", rows[i].in, twc_buf_cstr(&b));
		assert_int_equal(n, twc_url_glob_count(g));
		assert_int_equal(twc_url_glob_next(g, &b), 0);
		twc_buf_fini(&b);
		twc_url_glob_free(g);
	}
}

static void names_quote_what_is_current(void **state)
{
	static const struct { const char *name, *out; } rows[] = {
		{ "plain", "plain" },
		{ "#1_#2.html", "b_07.html" },
		{ "#2#1", "07b" },
		{ "#3", "#3" },
		{ "#0", "#0" },
		{ "#", "#" },
		{ "a#", "a#" },
		{ "##1", "#b" },
		{ "#x", "#x" },
		{ "#01", "b" },
		{ "#12", "#12" },
		{ "#99999999999999999999999", "#99999999999999999999999" },
	};
	struct twc_url_glob *g = glob("http://h/{a,b}/[06-07]");
	struct twc_buf b;

	twc_buf_init(&b, 256);
	for (int i = 0; i < 4; i++)
		assert_int_equal(twc_url_glob_next(g, &b), 1);
	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		twc_buf_clear(&b);
		assert_int_equal(twc_url_glob_name(g, twc_str_of(rows[i].name), &b), 0);
		assert_string_equal(twc_buf_cstr(&b), rows[i].out);
	}
	twc_buf_fini(&b);
	twc_url_glob_free(g);
}

#define NO_RANGE "no range; one is [1-9], [001-100], [a-z] or, with a step, [0-100:10]"

static void faults_have_a_column(void **state)
{
	static const struct { const char *in; int column; const char *text; } rows[] = {
		{ "h/{a,b", 3, "this '{' is never closed" },
		{ "h/[1-2", 3, "this '[' is never closed" },
		{ "h/a}", 4, "this '}' closes nothing" },
		{ "h/a]", 4, "this ']' closes nothing" },
		{ "{a]}", 3, "this ']' closes nothing" },
		{ "{}", 1, "an empty set" },
		{ "x{a,{b}}", 5, "no set or range can stand in a set" },
		{ "{[1-2]}", 2, "no set or range can stand in a set" },
		{ "[2-1]", 1, "a range that ends before it begins" },
		{ "[b-a]", 1, "a range that ends before it begins" },
		{ "[1-9:9]", 1, "a step that is longer than its range" },
		{ "[1-1:2]", 1, "a step that is longer than its range" },
		{ "[a-c:3]", 1, "a step that is longer than its range" },
		{ "[1-9:0]", 1, NO_RANGE },
		{ "x[1-]", 2, NO_RANGE },
		{ "[1]", 1, NO_RANGE },
		{ "[-1]", 1, NO_RANGE },
		{ "[1-9:]", 1, NO_RANGE },
		{ "[1-9:2x]", 1, NO_RANGE },
		{ "[1-9x]", 1, NO_RANGE },
		{ "[a-Z]", 1, NO_RANGE },
		{ "[A-z]", 1, NO_RANGE },
		{ "[a-5]", 1, NO_RANGE },
		{ "[1-b]", 1, NO_RANGE },
		{ "[ab]", 1, NO_RANGE },
		{ "[99999999999999999999-1]", 1, NO_RANGE },
		{ "[0-1000000000000]", 1, "more than 1000000000000 URLs" },
		{ "[1-1000000][1-1000000]{a,b}", 23, "more than 1000000000000 URLs" },
		{ "[0-9223372036854775807][0-9223372036854775807]", 1, "more than 1000000000000 URLs" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };

		assert_null(twc_url_glob_new(twc_str_of(rows[i].in), &e));
		if (strcmp(e.text, rows[i].text) != 0 || e.column != rows[i].column || e.code != TWC_EUSAGE)
			fail_msg("\"%s\": column %d: %s", rows[i].in, e.column, e.text);
		assert_null(twc_url_glob_new(twc_str_of(rows[i].in), NULL));
	}
}

static void numbers_end_somewhere(void **state)
{
	char many[5 * TWC_URL_GLOB_PARTS + 10], *set = twc_malloc(2 * TWC_URL_GLOB_MEMBERS + 3);
	struct twc_url_glob *g;
	struct twc_err e;
	size_t n = 0;

	for (int i = 0; i < TWC_URL_GLOB_PARTS; i++, n += 3)
		memcpy(many + n, "{a}", 4);
	twc_url_glob_free(glob(many));
	memcpy(many + n, "{a}", 4);
	assert_null(twc_url_glob_new(twc_str_of(many), &e));
	assert_string_equal(e.text, "too many sets and ranges in one URL");
	assert_int_equal(e.column, 3 * TWC_URL_GLOB_PARTS + 1);
	memcpy(many + n, "xyz", 4);
	assert_null(twc_url_glob_new(twc_str_of(many), &e));
	assert_int_equal(e.column, 3 * TWC_URL_GLOB_PARTS + 1);

	set[0] = '{';
	for (size_t i = 0; i < TWC_URL_GLOB_MEMBERS; i++)
		memcpy(set + 1 + 2 * i, "x,", 2);
	set[2 * TWC_URL_GLOB_MEMBERS] = '}';
	g = twc_url_glob_new((struct twc_str){ set, 2 * TWC_URL_GLOB_MEMBERS + 1 }, &e);
	assert_non_null(g);
	assert_int_equal(twc_url_glob_count(g), TWC_URL_GLOB_MEMBERS);
	twc_url_glob_free(g);
	memcpy(set + 2 * TWC_URL_GLOB_MEMBERS, ",}", 2);
	assert_null(twc_url_glob_new((struct twc_str){ set, 2 * TWC_URL_GLOB_MEMBERS + 2 }, &e));
	assert_string_equal(e.text, "a set of more than 10000 members");
	twc_free(set);
	twc_url_glob_free(NULL);
}

static void a_full_buffer_is_reported(void **state)
{
	struct twc_url_glob *g = glob("h/[1-3]");
	struct twc_buf b;

	twc_buf_init(&b, 2);
	assert_int_equal(twc_url_glob_next(g, &b), TWC_ETOOLONG);
	twc_buf_clear(&b);
	assert_int_equal(twc_url_glob_name(g, TWC_STR("a#1b"), &b), TWC_ETOOLONG);
	twc_buf_fini(&b);
	twc_url_glob_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_in_which_order),
		cmocka_unit_test(names_quote_what_is_current),
		cmocka_unit_test(faults_have_a_column),
		cmocka_unit_test(numbers_end_somewhere),
		cmocka_unit_test(a_full_buffer_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
