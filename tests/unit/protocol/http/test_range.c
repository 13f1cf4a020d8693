/* SPDX-License-Identifier: MIT */
/* Range against a size, Content-Range both ways, and the frame of several parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "protocol/http/range.h"

/* "0-4,10-19", "" when there is none. */
static const char *show(char *out, size_t cap, const struct twc__http_ranges *rs)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < rs->n; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%llu-%llu", i ? "," : "",
				      (unsigned long long)rs->at[i].first,
				      (unsigned long long)(rs->at[i].first + rs->at[i].len - 1));
	return out;
}

static void test_parse(void **state)
{
	enum { IGNORE = TWC__HTTP_RANGE_IGNORE, PARTS = TWC__HTTP_RANGE_PARTS, NONE = TWC__HTTP_RANGE_UNSATISFIABLE };
	static const struct {
		const char *value;
		uint64_t size;
		int answer;
		const char *parts;
	} rows[] = {
		{ "bytes=0-499", 10000, PARTS, "0-499" }, /* RFC 9110, 14.1.2 */
		{ "bytes=500-999", 10000, PARTS, "500-999" },
		{ "bytes=-500", 10000, PARTS, "9500-9999" },
		{ "bytes=9500-", 10000, PARTS, "9500-9999" },
		{ "bytes=0-0,-1", 10000, PARTS, "0-0,9999-9999" },
		{ "bytes= 0-999, 4500-5499, -1000", 10000, PARTS, "0-999,4500-5499,9000-9999" },
		{ "bytes=500-600,601-999", 10000, PARTS, "500-999" },
		{ "bytes=500-700,601-999", 10000, PARTS, "500-999" },
		{ "BYTES=0-0", 1, PARTS, "0-0" },
		{ "bytes=0-", 1, PARTS, "0-0" },
		{ "bytes=0-99999", 10, PARTS, "0-9" },
		{ "bytes=-99999", 10, PARTS, "0-9" },
		{ "bytes=5-99999999999999999999999999", 10, PARTS, "5-9" },
		{ "bytes=-99999999999999999999999999", 10, PARTS, "0-9" },
		{ "bytes=0005-0006", 10, PARTS, "5-6" },
		{ "bytes=0-1,,\t3-4 , ", 10, PARTS, "0-1,3-4" },
		{ "bytes=8-9,0-1", 10, PARTS, "8-9,0-1" },
		{ "bytes=8-9,0-1,2-3", 10, PARTS, "8-9,0-3" },
		{ "bytes=4-5,0-1,2-3", 10, PARTS, "0-5" }, /* the third joins the other two */
		{ "bytes=8-8,0-0,4-4,1-3,5-7", 10, PARTS, "0-8" },
		{ "bytes=0-9,3-4", 10, PARTS, "0-9" },
		{ "bytes=3-4,0-9", 10, PARTS, "0-9" },
		{ "bytes=3-3,3-3,3-3", 10, PARTS, "3-3" },
		{ "bytes=20-30,1-2", 10, PARTS, "1-2" },
		{ "bytes=1-2,-0", 10, PARTS, "1-2" },
		{ "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30", 99,
		  PARTS, "0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30" },
		{ "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,0-0", 99,
		  IGNORE, "" },
		{ "bytes=0-18446744073709551615", UINT64_MAX, PARTS, "0-18446744073709551614" },
		{ "bytes=18446744073709551614-", UINT64_MAX, PARTS, "18446744073709551614-18446744073709551614" },
		{ "bytes=10-", 10, NONE, "" },
		{ "bytes=10-20,30-", 10, NONE, "" },
		{ "bytes=-0", 10, NONE, "" },
		{ "bytes=99999999999999999999999999-", 10, NONE, "" },
		{ "bytes=99999999999999999999999999-99999999999999999999999999", 10, NONE, "" },
		{ "bytes=0-", 0, IGNORE, "" },
		{ "bytes=-5", 0, IGNORE, "" },
		{ "", 10, IGNORE, "" },
		{ "bytes", 10, IGNORE, "" },
		{ "bytes=", 10, IGNORE, "" },
		{ "bytes=,", 10, IGNORE, "" },
		{ "bytes=-", 10, IGNORE, "" },
		{ "bytes=5", 10, IGNORE, "" },
		{ "bytes=5-4", 10, IGNORE, "" },
		{ "bytes=0-1,5-4", 10, IGNORE, "" },
		{ "bytes=a-b", 10, IGNORE, "" },
		{ "bytes=0-1x", 10, IGNORE, "" },
		{ "bytes=0 -1", 10, IGNORE, "" },
		{ "bytes=0- 1", 10, IGNORE, "" },
		{ "bytes=+0-1", 10, IGNORE, "" },
		{ "bytes=--1", 10, IGNORE, "" },
		{ "bytes=0-1-2", 10, IGNORE, "" },
		{ "bytes=0x0-1", 10, IGNORE, "" },
		{ "bytes =0-1", 10, IGNORE, "" },
		{ " bytes=0-1", 10, IGNORE, "" },
		{ "bytes:0-1", 10, IGNORE, "" },
		{ "seconds=0-1", 10, IGNORE, "" },
	};
	struct twc__http_ranges rs;
	char shown[256];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		int answer = (int)twc__http_range_parse(twc_str_of(rows[i].value), rows[i].size, &rs);

		if (answer != rows[i].answer)
			fail_msg("%s of %llu: answer %d", rows[i].value, (unsigned long long)rows[i].size, answer);
		if (answer == PARTS && strcmp(show(shown, sizeof(shown), &rs), rows[i].parts) != 0)
			fail_msg("%s of %llu: %s", rows[i].value, (unsigned long long)rows[i].size, shown);
	}
	assert_int_equal(twc__http_range_parse((struct twc_str){ NULL, 0 }, 10, &rs), IGNORE);
}

static void test_content_range(void **state)
{
	static const struct {
		const char *value;
		bool has_range, has_size;
		uint64_t first, len, size;
	} rows[] = {
		{ "bytes 42-1233/1234", true, true, 42, 1192, 1234 }, /* RFC 9110, 14.4 */
		{ "bytes 42-1233/*", true, false, 42, 1192, 0 },
		{ "bytes */1234", false, true, 0, 0, 1234 },
		{ "bytes */0", false, true, 0, 0, 0 },
		{ "Bytes 0-0/1", true, true, 0, 1, 1 },
		{ "bytes 0-9223372036854775806/9223372036854775807", true, true, 0, INT64_MAX, INT64_MAX },
	};
	static const char *const bad[] = {
		"",		  "bytes",	    "bytes ",	     "bytes */*",     "bytes 0-0",	   "bytes 5-4/10",
		"bytes 0-10/10",  "bytes 0-9/9",    "bytes 0-9/ 10", "bytes  0-9/10", "bytes=0-9/10",	   "bytes 0-/10",
		"bytes -9/10",	  "bytes 0-9/10 ",  "bytes 0-9/x",   "bytes 0-9/",    "bytes 0-9/10/11", "bytes 0--9/10",
		"bytes 0-+9/10",  "items 0-9/10",   "bytes 0-9223372036854775807/*", "bytes 9223372036854775808-9/*",
		"bytes 0x0-9/10", "bytes 0-9/-10",
	};
	struct twc__http_content_range r;
	char out[TWC__HTTP_CONTENT_RANGE_MAX];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		if (!twc__http_content_range_parse(twc_str_of(rows[i].value), &r) || r.has_range != rows[i].has_range ||
		    r.has_size != rows[i].has_size || r.range.first != rows[i].first || r.range.len != rows[i].len ||
		    r.size != rows[i].size)
			fail_msg("%s", rows[i].value);
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++)
		if (twc__http_content_range_parse(twc_str_of(bad[i]), &r))
			fail_msg("%s is accepted", bad[i]);
	assert_int_equal(twc__http_content_range_format(out, (struct twc__http_range){ 42, 1192 }, 1234), 18);
	assert_memory_equal(out, "bytes 42-1233/1234", 18);
	assert_int_equal(twc__http_content_range_none(out, 1234), 12);
	assert_memory_equal(out, "bytes */1234", 12);
	assert_int_equal(twc__http_content_range_format(out, (struct twc__http_range){ UINT64_MAX - 2, 2 }, UINT64_MAX), 68);
	assert_memory_equal(out, "bytes 18446744073709551613-18446744073709551614/18446744073709551615", 68);
}

static void test_byteranges(void **state)
{
	struct twc__http_ranges rs = { 2, { { 0, 5 }, { 10, 2 } } };
	struct twc__http_byteranges b = { &rs, 100, TWC_STR("text/plain"), TWC_STR("XyZ") };
	static const char heads[] = "--XyZ\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-4/100\r\n\r\n"
				    "\r\n--XyZ\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-11/100\r\n\r\n"
				    "\r\n--XyZ--\r\n";
	char out[256];
	size_t n = 0;
	uint64_t len;

	n += twc__http_byteranges_head(&b, 0, out + n, sizeof(out) - n);
	n += twc__http_byteranges_head(&b, 1, out + n, sizeof(out) - n);
	n += twc__http_byteranges_tail(&b, out + n, sizeof(out) - n);
	assert_int_equal(n, sizeof(heads) - 1);
	assert_memory_equal(out, heads, n);
	assert_true(twc__http_byteranges_len(&b, &len));
	assert_int_equal(len, n + 7);

	b.type = TWC_STR("");
	n = twc__http_byteranges_head(&b, 0, NULL, 0);
	assert_int_equal(n, strlen("--XyZ\r\nContent-Range: bytes 0-4/100\r\n\r\n"));
	assert_int_equal(twc__http_byteranges_head(&b, 0, out, n), n);
	assert_memory_equal(out, "--XyZ\r\nContent-Range: bytes 0-4/100\r\n\r\n", n);

	b.size = INT64_MAX;
	rs.at[1] = (struct twc__http_range){ 10, INT64_MAX - 10 };
	assert_false(twc__http_byteranges_len(&b, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_content_range),
		cmocka_unit_test(test_byteranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
