/* SPDX-License-Identifier: MIT */
/* Passwords from files: what is a first line, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "endpoint/secret.h"
#include "support/sockets.h"

static void first_lines(void **state)
{
	static const struct {
		const char *text;
		size_t n, min;
		const char *secret; /* NULL: it is refused */
	} rows[] = {
		{ "abc", 3, 1, "abc" },	      { "abc\n", 4, 1, "abc" },	   { "abc\r\ndef\n", 9, 1, "abc" },
		{ "a\rb\n", 4, 1, "a\rb" },   { " a b \n", 6, 1, " a b " }, { "12345678\n", 9, 1, "12345678" },
		{ "12345678\r\n", 10, 1, "12345678" },
		{ "123456789\n", 10, 1, NULL }, { "123456789", 9, 0, NULL }, { "a\0b\n", 4, 1, NULL },
		{ "", 0, 0, "" },	      { "\nabc", 4, 0, "" },	   { "", 0, 1, NULL },
		{ "\r\n", 2, 1, NULL },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		int fd = sockets_file(rows[i].text, rows[i].n), rc;
		struct twc_err err = { 0 };
		char path[40], *out = NULL;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		rc = twc__secret_line(path, "key", rows[i].min, 8, &out, &err);
		if (rows[i].secret) {
			assert_int_equal(rc, 0);
			assert_string_equal(out, rows[i].secret);
			twc_free_secret(out, strlen(out));
		} else {
			assert_int_equal(rc, TWC_ENOINPUT);
			assert_non_null(strstr(err.text, "key: the first line of /proc/self/fd/"));
			assert_non_null(strstr(err.text, " is no password"));
			assert_null(out);
		}
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
