/* SPDX-License-Identifier: MIT */
/* Keys as they are written. Raw mode itself is tested on a terminal: tests/cli/wire.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "terminal.h"

static void test_keys(void **state)
{
	static const struct {
		const char *value;
		int key, code;
	} row[] = {
		{ "^]", 0x1d, 0 }, { "^A", 1, 0 },  { "^a", 1, 0 },	{ "^?", 127, 0 },	  { "^@", 0, 0 },
		{ "^[", 27, 0 },   { "~", '~', 0 }, { "none", -1, 0 }, { "^", '^', 0 },	  { "", -1, TWC_EUSAGE },
		{ "^ ", -1, TWC_EUSAGE }, { "ab", -1, TWC_EUSAGE }, { "^ab", -1, TWC_EUSAGE },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_err err = { 0 };
		int key = 0;

		assert_int_equal(terminal_parse_key(row[i].value, &key, &err), row[i].code);
		assert_int_equal(err.code, row[i].code);
		assert_int_equal(key, row[i].key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
