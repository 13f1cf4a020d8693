/* SPDX-License-Identifier: MIT */
/* lib/app/expect.c: matches at every split, binary, over the end of the window; anchors; what an error says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <twc/app.h>

#include "support/chunk.h"

static bool feed_one(void *arg, const uint8_t *data, size_t n)
{
	twc_watcher_feed(arg, data, n, false);
	return true;
}

/* The same answer however the bytes are cut. */
static bool matches(const char *regex, const void *data, size_t n)
{
	struct twc_err err = { 0 };
	struct twc_expect *x = twc_expect_new(regex, &err);
	bool is_met[CHUNK_MODES];

	assert_non_null(x);
	for (int mode = 0; mode < CHUNK_MODES; mode++) {
		struct twc_watcher *w = twc_watcher_new(x);

		chunk_feed((enum chunk_mode)mode, 7, data, n, feed_one, w);
		is_met[mode] = twc_watcher_feed(w, NULL, 0, true);
		assert_int_equal(is_met[mode], twc_watcher_is_met(w));
		assert_int_equal(is_met[mode], is_met[0]);
		twc_watcher_free(w);
	}
	twc_expect_free(x);
	return is_met[0];
}

static void one_text_many_patterns(void **state)
{
	static const struct {
		const char *regex;
		const char *text;
		size_t n;
		bool is_met;
	} row[] = {
#define ROW(regex, text, is_met) { regex, text, sizeof(text) - 1, is_met }
		ROW("^220 ", "220 mail.test ESMTP\r\n", true),
		ROW("^220 ", "421 220 \r\n", false),
		ROW("^250 ", "220 hi\r\n250 ok\r\n", true),
		ROW("ok$", "not ok\n", true),
		ROW("ok\r$", "ok\r\nmore", true),
		ROW("ok$", "okay", false),
		ROW("(yes|no)+ [0-9]{3}", "say yesno 123", true),
		ROW("a.b", "a\nb", false),
		ROW("b[^x]c", "a\0b\0c", true),
		ROW("\xff\xfe", "\x01\xff\xfe", true),
		ROW("^$", "", true),
		ROW("x", "", false),
		ROW("a|^b|c$", "xb\nxc\n", true),
		ROW("^b|d", "xb\nxc\n", false),
		ROW("()", "", true),
		ROW("\n\n", "a\n\nb", true),
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++)
		if (matches(row[i].regex, row[i].text, row[i].n) != row[i].is_met)
			fail_msg("%s", row[i].regex);
}

/* An end that is not yet one is no `$`, and a cut is no `^`. */
static void anchors_wait_for_the_end(void **state)
{
	struct twc_err err = { 0 };
	struct twc_expect *x = twc_expect_new("^22$", &err);
	struct twc_watcher *w = twc_watcher_new(x);

	assert_false(twc_watcher_feed(w, "22", 2, false));
	assert_false(twc_watcher_feed(w, "0 hi", 4, false));
	assert_false(twc_watcher_feed(w, NULL, 0, true));
	twc_watcher_free(w);
	w = twc_watcher_new(x);
	assert_false(twc_watcher_feed(w, "22", 2, false));
	assert_true(twc_watcher_feed(w, NULL, 0, true));
	twc_watcher_free(w);
	twc_expect_free(x);
}

/* One look per 3,000 bytes: each costs a pass over the window. */
static bool long_matches(const char *regex, const char *text, size_t n)
{
	struct twc_err err = { 0 };
	struct twc_expect *x = twc_expect_new(regex, &err);
	struct twc_watcher *w = twc_watcher_new(x);
	bool is_met;

	for (size_t i = 0; i < n; i += 3000)
		twc_watcher_feed(w, text + i, n - i < 3000 ? n - i : 3000, false);
	is_met = twc_watcher_feed(w, NULL, 0, true);
	twc_watcher_free(w);
	w = twc_watcher_new(x);
	assert_int_equal(twc_watcher_feed(w, text, n, true), is_met);
	twc_watcher_free(w);
	twc_expect_free(x);
	return is_met;
}

static void a_long_stream_is_looked_at_to_its_end(void **state)
{
	enum { LONG = 60000 };
	char *text = twc_malloc(LONG);

	for (size_t at = 0; at < LONG - 6; at += 8187) {
		memset(text, 'x', LONG);
		memcpy(text + at, "needle", 6);
		assert_true(long_matches("needle", text, LONG));
		assert_int_equal(long_matches("^needle", text, LONG), at == 0);
	}
	memset(text, 'x', LONG);
	assert_false(long_matches("needle", text, LONG));
	text[LONG - 1] = 'y';
	assert_true(long_matches("xxxxy$", text, LONG));
	twc_free(text);
}

static void each_datagram_by_itself(void **state)
{
	struct twc_err err = { 0 };
	struct twc_expect *x = twc_expect_new("^pong$", &err);
	struct twc_watcher *w = twc_watcher_new(x);

	assert_false(twc_watcher_feed(w, "po", 2, true));
	assert_false(twc_watcher_feed(w, "ng", 2, true));
	assert_false(twc_watcher_feed(w, "pong!", 5, true));
	assert_true(twc_watcher_feed(w, "pong", 4, true));
	assert_true(twc_watcher_feed(w, "else", 4, true));
	twc_watcher_free(w);
	twc_expect_free(x);
}

static void an_error_says_what_came(void **state)
{
	struct twc_err err = { 0 };
	struct twc_expect *x = twc_expect_new("^220", &err);
	struct twc_watcher *w = twc_watcher_new(x);

	assert_int_equal(twc_watcher_fail(w, &err), TWC_ENO);
	assert_non_null(strstr(err.text, "nothing came"));
	twc_watcher_feed(w, "\033[31m go away\r\n", 15, false);
	assert_int_equal(twc_watcher_fail(w, &err), TWC_ENO);
	assert_non_null(strstr(err.text, "go away\\r\\n"));
	assert_null(strchr(err.text, '\033'));
	twc_watcher_free(w);
	twc_expect_free(x);
}

static void no_regular_expression(void **state)
{
	static const struct {
		const char *regex, *why;
	} row[] = {
		{ "a(b", "a(b" },
		{ "a)|(b", "Unmatched" },
		{ "[a", "[a" },
		{ "(x)\\1", "refers back" },
		{ "a|(b(c)\\2)", "refers back" },
		{ "x{501}", "too large" },
		{ "(x{20}){30}", "too large" },
		{ "((((((x{9}){9}){9}){9}){9}){9}){9}", "too large" },
		{ "x{2}{300}", "too large" },
		{ "(ab){,400}", "too large" },
		{ "x{99999999999999999999999}", "too large" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_err err = { 0 };

		assert_null(twc_expect_new(row[i].regex, &err));
		assert_int_equal(err.code, TWC_EUSAGE);
		if (!strstr(err.text, row[i].why))
			fail_msg("%s: %s", row[i].regex, err.text);
	}
}

/* Groups in groups: neither our reading of them nor the C library's may take the stack. */
static void groups_without_end(void **state)
{
	static char deep[200001], empty[8] = "((){9})";
	struct twc_err err = { 0 };
	struct twc_expect *x;

	memset(deep, '(', sizeof(deep) - 1);
	assert_null(twc_expect_new(deep, &err));
	assert_non_null(strstr(err.text, "too large"));
	assert_null(twc_expect_new("(((){99}){99}){99}", &err));
	assert_non_null(strstr(err.text, "too large"));
	x = twc_expect_new(empty, &err);
	assert_non_null(x);
	twc_expect_free(x);
}

static void what_looks_large_but_is_not(void **state)
{
	static const char *const row[] = { "x{400}", "[]{9999}(]{3}", "[[:digit:]{999}]", "\\{999}", "[^][.].]]{2}",
					   "a\\\\1", "[\\1]", "(a|b){2,3}(c{4}){5,}" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_err err = { 0 };
		struct twc_expect *x = twc_expect_new(row[i], &err);

		if (!x)
			fail_msg("%s: %s", row[i], err.text);
		twc_expect_free(x);
	}
}

/* Byte by byte, each with a look at the whole window: the time would be hours for some, were a look not linear. */
static void costly_patterns_in_tiny_pieces(void **state)
{
	static const char *const row[] = { "x{200}y", "(x|xx)+y", "(x+x+)+y", "(x*)*y", "(x{1,20}){1,20}y", "x.{50}y", "(x|.)*y$" };

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_err err = { 0 };
		struct twc_expect *x = twc_expect_new(row[i], &err);
		struct twc_watcher *w = twc_watcher_new(x);

		assert_non_null(x);
		for (int n = 0; n < 6000; n++)
			assert_false(twc_watcher_feed(w, "x", 1, false));
		assert_true(twc_watcher_feed(w, "y", 1, true));
		twc_watcher_free(w);
		twc_expect_free(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text_many_patterns),
		cmocka_unit_test(anchors_wait_for_the_end),
		cmocka_unit_test(a_long_stream_is_looked_at_to_its_end),
		cmocka_unit_test(each_datagram_by_itself),
		cmocka_unit_test(an_error_says_what_came),
		cmocka_unit_test(no_regular_expression),
		cmocka_unit_test(groups_without_end),
		cmocka_unit_test(what_looks_large_but_is_not),
		cmocka_unit_test(costly_patterns_in_tiny_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
