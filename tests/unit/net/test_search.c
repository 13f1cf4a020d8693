/* SPDX-License-Identifier: MIT */
/* The names to ask for, as rows: what resolv.conf says, what the user gave, and the names in their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "net/net_int.h"

/* All candidates, each followed by a blank. */
static void names(const char *conf, const char *given, char *out, size_t cap)
{
	struct twc__resolv_conf c;
	char name[TWC__NAME_MAX + 2];
	size_t n = 0;

	twc__resolv_conf_parse(&c, twc_str_of(conf));
	out[0] = 0;
	for (unsigned i = 0; twc__search_name(&c, given, &i, name, sizeof(name)); i++) {
		assert_true(i <= TWC__SEARCH_MAX);
		n += (size_t)snprintf(out + n, cap - n, "%s ", name);
		assert_true(n < cap);
	}
}

static void test_rows(void **state)
{
	static const struct {
		const char *conf, *given, *names;
	} rows[] = {
		{ "", "a", "a " },
		{ "search x y", "a", "a.x a.y a " },
		{ "search x y", "a.b", "a.b a.b.x a.b.y " },
		{ "search x y", "a.", "a. " },
		{ "search x y", "a.b.", "a.b. " },
		{ "search x\noptions ndots:2", "a.b", "a.b.x a.b " },
		{ "search x\noptions ndots:2", "a.b.c", "a.b.c a.b.c.x " },
		{ "search x\noptions ndots:0", "a", "a a.x " },
	};
	char got[256];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		names(rows[i].conf, rows[i].given, got, sizeof(got));
		assert_string_equal(got, rows[i].names);
	}
}

/* 253 octets are the most a name may have: a domain that does not fit is passed over. */
static void test_too_long(void **state)
{
	char given[TWC__NAME_MAX + 1], got[1024], want[1024];

	memset(given, 'a', sizeof(given));
	for (size_t i = 63; i < sizeof(given); i += 64)
		given[i] = '.';
	given[TWC__NAME_MAX - 2] = 0; /* room for ".x" */
	names("search xx x yy", given, got, sizeof(got));
	snprintf(want, sizeof(want), "%s %s.x ", given, given);
	assert_string_equal(got, want);
	given[TWC__NAME_MAX - 2] = 'a';
	given[TWC__NAME_MAX - 1] = 0;
	names("search x", given, got, sizeof(got));
	snprintf(want, sizeof(want), "%s ", given);
	assert_string_equal(got, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
