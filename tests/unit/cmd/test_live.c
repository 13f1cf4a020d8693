/* SPDX-License-Identifier: MIT */
/* What the line of --progress says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "live.h"

static void test_line(void **state)
{
	static const struct {
		uint64_t size, rate, sent, received;
		const char *want;
	} row[] = {
		{ 0, 0, 0, 0, "0 sent, 0 received, 0/s" },
		{ 0, 1536, 1023, 1024, "1023 sent, 1.0k received, 1.5k/s" },
		{ 10240, 1024, 2048, 0, "2.0k sent, 0 received, 1.0k/s, 0:08 left" },
		{ 10240, 0, 2048, 0, "2.0k sent, 0 received, 0/s" },
		{ 1 << 30, 1 << 20, 0, 7 << 20, "0 sent, 7.0M received, 1.0M/s, 17:04 left" },
		{ UINT64_C(1) << 40, 100 << 20, 1, 0, "1 sent, 0 received, 100.0M/s, 2:54:46 left" },
		{ 100, 5, 100, 0, "100 sent, 0 received, 5/s" },
		{ 0, 1, UINT64_MAX, 1047552, "15.9E sent, 1023.0k received, 1/s" },
	};
	char text[128];

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		const struct progress p = { .size = row[i].size, .rate = row[i].rate };

		assert_string_equal(progress_format(&p, row[i].sent, row[i].received, text, sizeof(text)), row[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
