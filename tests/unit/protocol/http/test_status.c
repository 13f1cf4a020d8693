/* SPDX-License-Identifier: MIT */
/* Phrases and status lines, registered or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <twc/http_message.h>

#include "protocol/http/status.h"

static void test_lines(void **state)
{
	static const struct {
		unsigned status;
		const char *reason, *line;
	} rows[] = {
		{ 100, "Continue", "HTTP/1.1 100 Continue\r\n" },
		{ 200, "OK", "HTTP/1.1 200 OK\r\n" },
		{ 206, "Partial Content", "HTTP/1.1 206 Partial Content\r\n" },
		{ 413, "Content Too Large", "HTTP/1.1 413 Content Too Large\r\n" },
		{ 511, "Network Authentication Required", "HTTP/1.1 511 Network Authentication Required\r\n" },
		{ 299, "", "HTTP/1.1 299 \r\n" },
		{ 418, "", "HTTP/1.1 418 \r\n" },
		{ 600, "", "HTTP/1.1 600 \r\n" },
		{ 999, "", "HTTP/1.1 999 \r\n" },
	};
	char spare[TWC__HTTP_STATUS_SPARE];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_string_equal(twc_http_reason((int)rows[i].status), rows[i].reason);
		if (!twc_str_is(twc__http_reason(rows[i].status), rows[i].reason) ||
		    !twc_str_is(twc__http_status_line(rows[i].status, spare), rows[i].line))
			fail_msg("%u", rows[i].status);
	}
	assert_string_equal(twc_http_reason(-1), "");
	assert_int_equal(twc__http_reason(0).n, 0);
	assert_int_equal(twc__http_reason(1000).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
