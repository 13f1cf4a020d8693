/* SPDX-License-Identifier: MIT */
/* What users type: every limit, overflow, unit and wording; and that the formatters write what the parsers read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <twc/parse.h>

#define US TWC_NS_PER_US
#define MS TWC_NS_PER_MS
#define S TWC_NS_PER_S

/* One row: what is typed, and either the value or the text of the error. */
struct row {
	const char *in;
	uint64_t out;
	const char *error;
};

static void check_row(const struct row *row, int rc, uint64_t got, const struct twc_err *e)
{
	if (row->error) {
		assert_int_equal(rc, TWC_EUSAGE);
		assert_int_equal(e->code, TWC_EUSAGE);
		assert_string_equal(e->text, row->error);
	} else if (rc) {
		fail_msg("\"%s\": %s", row->in, e->text);
	} else if (got != row->out) {
		fail_msg("\"%s\": %llu, not %llu", row->in, (unsigned long long)got, (unsigned long long)row->out);
	}
}

static void numbers(void **state)
{
	static const struct { const char *in; uint64_t min, max, out; const char *error; } rows[] = {
		{ "0", 0, 9, 0, NULL },
		{ "9", 0, 9, 9, NULL },
		{ "007", 0, 9, 7, NULL },
		{ "10", 0, 9, 0, "10 is out of range (0-9)" },
		{ "1", 2, 9, 0, "1 is out of range (2-9)" },
		{ "18446744073709551615", 0, UINT64_MAX, UINT64_MAX, NULL },
		{ "18446744073709551616", 0, UINT64_MAX, 0, "18446744073709551616 is out of range (0-18446744073709551615)" },
		{ "99999999999999999999", 0, UINT64_MAX, 0, "99999999999999999999 is out of range (0-18446744073709551615)" },
		{ "", 0, 9, 0, "\"\" is not a whole number (0-9)" },
		{ "-1", 0, 9, 0, "\"-1\" is not a whole number (0-9)" },
		{ "+1", 0, 9, 0, "\"+1\" is not a whole number (0-9)" },
		{ " 1", 0, 9, 0, "\" 1\" is not a whole number (0-9)" },
		{ "1 ", 0, 9, 0, "\"1 \" is not a whole number (0-9)" },
		{ "1.5", 0, 9, 0, "\"1.5\" is not a whole number (0-9)" },
		{ "0x5", 0, 9, 0, "\"0x5\" is not a whole number (0-9)" },
		{ "5\n", 0, 9, 0, "\"5\\n\" is not a whole number (0-9)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct row row = { rows[i].in, rows[i].out, rows[i].error };
		struct twc_err e = { 0 };
		uint64_t v = 77;
		int rc = twc_parse_uint(twc_str_of(rows[i].in), rows[i].min, rows[i].max, &v, &e);

		check_row(&row, rc, v, &e);
		if (rc)
			assert_int_equal(v, 77);
	}
	assert_int_equal(twc_parse_uint(TWC_STR("x"), 0, 9, &(uint64_t){ 0 }, NULL), TWC_EUSAGE);

	uint64_t v;

	assert_int_equal(twc_parse_uint((struct twc_str){ "123", 2 }, 0, 99, &v, NULL), 0);
	assert_int_equal(v, 12); /* a view ends where it says */
	assert_int_equal(twc_parse_uint((struct twc_str){ NULL, 0 }, 0, 99, &v, NULL), TWC_EUSAGE);
}

static void ports(void **state)
{
	static const struct row rows[] = {
		{ "0", 0, NULL },
		{ "80", 80, NULL },
		{ "65535", 65535, NULL },
		{ "65536", 0, "port 65536 is out of range (0-65535)" },
		{ "99999", 0, "port 99999 is out of range (0-65535)" },
		{ "4294967376", 0, "port 4294967376 is out of range (0-65535)" }, /* 80 modulo 2^32 */
		{ "http", 0, "port \"http\" is not a whole number (0-65535)" },
		{ "", 0, "port \"\" is not a whole number (0-65535)" },
		{ "80a", 0, "port \"80a\" is not a whole number (0-65535)" },
		{ "-80", 0, "port \"-80\" is not a whole number (0-65535)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };
		uint16_t v = 0;
		int rc = twc_parse_port(twc_str_of(rows[i].in), &v, &e);

		check_row(&rows[i], rc, v, &e);
	}
}

#define NO_DURATION(s) "\"" s "\" is not a duration (such as 250ms, 1.5s, 2m or 1h)"

static void durations(void **state)
{
	static const struct row rows[] = {
		{ "0", 0, NULL },
		{ "5", 5 * S, NULL },
		{ "1.5", 1500 * MS, NULL },
		{ "250ms", 250 * MS, NULL },
		{ "1.5s", 1500 * MS, NULL },
		{ "2m", 120 * S, NULL },
		{ "1h", 3600 * S, NULL },
		{ "10us", 10 * US, NULL },
		{ "0.5us", 500, NULL },
		{ "0.000000001", 1, NULL },
		{ "0.0000000009", 0, NULL }, /* below a nanosecond */
		{ "1.000000000000000000000000001s", S, NULL },
		{ "0.1h", 360 * S, NULL },
		{ "00012ms", 12 * MS, NULL },
		{ "8760h", UINT64_C(31536000) * S, NULL },
		{ "31536000", UINT64_C(31536000) * S, NULL },
		{ "31536000.000000001", 0, "duration 31536000.000000001 is out of range (at most 8760h)" },
		{ "8761h", 0, "duration 8761h is out of range (at most 8760h)" },
		{ "18446744073709551616", 0, "duration 18446744073709551616 is out of range (at most 8760h)" },
		{ "18446744073709551615.9us", 0, "duration 18446744073709551615.9us is out of range (at most 8760h)" },
		{ "5124096h", 0, "duration 5124096h is out of range (at most 8760h)" }, /* wraps around 64 bits */
		{ "", 0, NO_DURATION("") },
		{ "s", 0, NO_DURATION("s") },
		{ ".5", 0, NO_DURATION(".5") },
		{ "1.", 0, NO_DURATION("1.") },
		{ "1.s", 0, NO_DURATION("1.s") },
		{ "-1", 0, NO_DURATION("-1") },
		{ " 1s", 0, NO_DURATION(" 1s") },
		{ "1 s", 0, "duration \"1 s\" has an unknown unit \" s\" (us, ms, s, m or h)" },
		{ "5d", 0, "duration \"5d\" has an unknown unit \"d\" (us, ms, s, m or h)" },
		{ "5S", 0, "duration \"5S\" has an unknown unit \"S\" (us, ms, s, m or h)" },
		{ "1m30s", 0, "duration \"1m30s\" has an unknown unit \"m30s\" (us, ms, s, m or h)" },
		{ "1e3", 0, "duration \"1e3\" has an unknown unit \"e3\" (us, ms, s, m or h)" },
		{ "1.5.5", 0, "duration \"1.5.5\" has an unknown unit \".5\" (us, ms, s, m or h)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };
		uint64_t v = 0;
		int rc = twc_parse_duration(twc_str_of(rows[i].in), &v, &e);

		check_row(&rows[i], rc, v, &e);
	}
}

#define NO_SIZE(s) "\"" s "\" is not a size (such as 512, 64k, 1.5M or 2G)"

static void sizes(void **state)
{
	static const struct row rows[] = {
		{ "0", 0, NULL },
		{ "512", 512, NULL },
		{ "512B", 512, NULL },
		{ "64k", 65536, NULL },
		{ "64K", 65536, NULL },
		{ "64kB", 65536, NULL },
		{ "1M", 1048576, NULL },
		{ "1m", 1048576, NULL },
		{ "2G", UINT64_C(2) << 30, NULL },
		{ "1T", UINT64_C(1) << 40, NULL },
		{ "1.5M", 1572864, NULL },
		{ "0.5k", 512, NULL },
		{ "1.0009765625k", 1025, NULL },
		{ "9223372036854775807", INT64_MAX, NULL },
		{ "8388607T", UINT64_C(8388607) << 40, NULL },
		{ "9223372036854775808", 0, "size 9223372036854775808 is out of range (at most 8388607T)" },
		{ "8388608T", 0, "size 8388608T is out of range (at most 8388607T)" },
		{ "16777216T", 0, "size 16777216T is out of range (at most 8388607T)" }, /* 2^64 */
		{ "99999999999999999999", 0, "size 99999999999999999999 is out of range (at most 8388607T)" },
		{ "", 0, NO_SIZE("") },
		{ "B", 0, NO_SIZE("B") },
		{ "k", 0, NO_SIZE("k") },
		{ "-1k", 0, NO_SIZE("-1k") },
		{ "1.k", 0, NO_SIZE("1.k") },
		{ "1.5", 0, "size \"1.5\" has a fraction of a byte" },
		{ "1.0B", 0, "size \"1.0B\" has a fraction of a byte" },
		{ "5KiB", 0, "size \"5KiB\" has an unknown unit \"KiB\" (k, M, G or T)" },
		{ "5kb", 0, "size \"5kb\" has an unknown unit \"kb\" (k, M, G or T)" },
		{ "5BB", 0, "size \"5BB\" has an unknown unit \"BB\" (k, M, G or T)" },
		{ "5 k", 0, "size \"5 k\" has an unknown unit \" k\" (k, M, G or T)" },
		{ "5P", 0, "size \"5P\" has an unknown unit \"P\" (k, M, G or T)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };
		uint64_t v = 0;
		int rc = twc_parse_size(twc_str_of(rows[i].in), &v, &e);

		check_row(&rows[i], rc, v, &e);
	}
}

static void booleans(void **state)
{
	static const struct row rows[] = {
		{ "yes", 1, NULL }, { "no", 0, NULL }, { "on", 1, NULL }, { "off", 0, NULL },
		{ "true", 1, NULL }, { "false", 0, NULL }, { "1", 1, NULL }, { "0", 0, NULL },
		{ "", 0, "\"\" is neither yes nor no" },
		{ "maybe", 0, "\"maybe\" is neither yes nor no" },
		{ "yes ", 0, "\"yes \" is neither yes nor no" },
		{ "10", 0, "\"10\" is neither yes nor no" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };
		bool v = !rows[i].out;
		int rc = twc_parse_bool(twc_str_of(rows[i].in), &v, &e);

		check_row(&rows[i], rc, v, &e);
	}
}

static void modes(void **state)
{
	static const struct row rows[] = {
		{ "600", 0600, NULL }, { "0600", 0600, NULL }, { "0o600", 0600, NULL }, { "0", 0, NULL },
		{ "7777", 07777, NULL }, { "00007777", 07777, NULL },
		{ "10000", 0, "mode 10000 is out of range (0-7777)" },
		{ "777777777777777777777777", 0, "mode 777777777777777777777777 is out of range (0-7777)" },
		{ "", 0, "mode \"\" is not octal (such as 600)" },
		{ "0o", 0, "mode \"0o\" is not octal (such as 600)" },
		{ "680", 0, "mode \"680\" is not octal (such as 600)" },
		{ "u+rw", 0, "mode \"u+rw\" is not octal (such as 600)" },
		{ "0x180", 0, "mode \"0x180\" is not octal (such as 600)" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };
		unsigned v = 0;
		int rc = twc_parse_mode(twc_str_of(rows[i].in), &v, &e);

		check_row(&rows[i], rc, v, &e);
	}
}

static void words(void **state)
{
	static const char *const some[] = { "close", "half", "keep", NULL };
	static const struct row rows[] = {
		{ "close", 0, NULL }, { "half", 1, NULL }, { "keep", 2, NULL },
		{ "keeep", 0, "\"keeep\" is unknown, did you mean keep? (one of close, half, keep)" },
		{ "xyzzy", 0, "\"xyzzy\" is unknown (one of close, half, keep)" },
		{ "", 0, "\"\" is unknown (one of close, half, keep)" },
		{ "hal\033", 0, "\"hal\\x1b\" is unknown, did you mean half? (one of close, half, keep)" },
	};
	const char *many[101] = { 0 };
	struct twc_err e;
	int v;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		v = -1;

		int rc = twc_parse_word(twc_str_of(rows[i].in), some, &v, &e);

		check_row(&rows[i], rc, (uint64_t)v, &e);
	}
	for (int i = 0; i < 100; i++)
		many[i] = "sesquipedalian";
	assert_int_equal(twc_parse_word(TWC_STR("sesquipedalion"), many, &v, &e), TWC_EUSAGE);
	assert_non_null(strstr(e.text, "did you mean sesquipedalian?"));
	assert_string_equal(e.text + strlen(e.text) - 3, "...");
}

#define BYTES(literal) { literal, sizeof(literal) - 1 }

static void escapes(void **state)
{
	static const struct { struct twc_str in, out; int column; const char *error; } rows[] = {
		{ BYTES(""), BYTES(""), 0, NULL },
		{ BYTES("plain"), BYTES("plain"), 0, NULL },
		{ BYTES("\\r\\n\\t\\\\\\\"\\e"), BYTES("\r\n\t\\\"\033"), 0, NULL },
		{ BYTES("a\\0b"), BYTES("a\0b"), 0, NULL },
		{ BYTES("\\x00\\xfF\\x41"), BYTES("\0\xff\x41"), 0, NULL },
		{ BYTES("\\x411"), BYTES("A1"), 0, NULL },
		{ BYTES("raw\0nul"), BYTES("raw\0nul"), 0, NULL },
		{ BYTES("a\\"), BYTES(""), 2, "\\ at byte 2: nothing follows the backslash" },
		{ BYTES("ab\\q"), BYTES(""), 3, "\\q at byte 3: unknown escape" },
		{ BYTES("\\\n"), BYTES(""), 1, "\\\\n at byte 1: unknown escape" },
		{ BYTES("\\x4"), BYTES(""), 1, "\\x4 at byte 1: two hexadecimal digits must follow \\x" },
		{ BYTES("\\x4g."), BYTES(""), 1, "\\x4g at byte 1: two hexadecimal digits must follow \\x" },
		{ BYTES("\\x"), BYTES(""), 1, "\\x at byte 1: two hexadecimal digits must follow \\x" },
		{ BYTES("x\\012"), BYTES(""), 2, "\\01 at byte 2: write \\x00 before a digit" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_err e = { 0 };
		char s[64];
		size_t n = rows[i].in.n;

		memcpy(s, rows[i].in.p, n);

		int rc = twc_parse_escapes(s, &n, &e);

		if (rows[i].error) {
			assert_int_equal(rc, TWC_EUSAGE);
			assert_string_equal(e.text, rows[i].error);
			assert_int_equal(e.column, rows[i].column);
			assert_true(twc_str_eq((struct twc_str){ s, n }, rows[i].in)); /* untouched */
			continue;
		}
		assert_int_equal(rc, 0);
		assert_true(twc_str_eq((struct twc_str){ s, n }, rows[i].out));
	}
}

/* twc_escape and twc_parse_escapes are inverse for every byte. */
static void what_is_escaped_reads_back(void **state)
{
	char all[256], shown[1024];

	for (int i = 0; i < 256; i++)
		all[i] = (char)(255 - i); /* so that no \x00 comes before a digit by accident of order */

	size_t n = twc_escape(shown, sizeof(shown), (struct twc_str){ all, sizeof(all) });

	assert_int_equal(twc_parse_escapes(shown, &n, NULL), 0);
	assert_int_equal(n, sizeof(all));
	assert_memory_equal(shown, all, sizeof(all));
}

static void formatted_durations(void **state)
{
	static const struct { uint64_t ns; const char *text; } rows[] = {
		{ 0, "0s" }, { 1, "0.001us" }, { 500, "0.5us" }, { 10 * US, "10us" }, { 1500 * US, "1.5ms" },
		{ 250 * MS, "250ms" }, { 1500 * MS, "1.5s" }, { 5 * S, "5s" }, { 90 * S, "90s" }, { 120 * S, "2m" },
		{ 3600 * S, "1h" }, { 5400 * S, "90m" }, { 1234567 * US, "1.235s" }, { 61001 * MS, "61.001s" },
		{ 999999999, "1000ms" }, { 86400 * S, "24h" }, { UINT64_MAX, "5124095.576h" },
	};
	char buf[32];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		assert_string_equal(twc_format_duration(buf, sizeof(buf), rows[i].ns), rows[i].text);
	assert_string_equal(twc_format_duration(buf, 3, 250 * MS), "25"); /* cut, but terminated */
}

static void formatted_sizes(void **state)
{
	static const struct { uint64_t bytes; const char *text; } rows[] = {
		{ 0, "0" }, { 1, "1" }, { 1000, "1000" }, { 1024, "1k" }, { 1152, "1152" }, { 1536, "1.5k" }, { 65536, "64k" },
		{ 1572864, "1.5M" }, { 1000000, "1000000" }, { 12345678, "11.774M" }, { UINT64_C(1) << 40, "1T" },
		{ UINT64_MAX, "16777216T" },
	};
	char buf[32];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++)
		assert_string_equal(twc_format_size(buf, sizeof(buf), rows[i].bytes), rows[i].text);
}

static void what_is_formatted_reads_back(void **state)
{
	uint64_t x = 88172645463325252u;
	char buf[32];

	for (int i = 0; i < 20000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;

		uint64_t ns = x % (TWC_DURATION_MAX_S * S) >> (i % 50), bytes = (x & INT64_MAX) >> (i % 63), v = 0;
		struct twc_err e;

		assert_int_equal(twc_parse_duration(twc_str_of(twc_format_duration(buf, sizeof(buf), ns)), &v, &e), 0);
		assert_true((v > ns ? v - ns : ns - v) <= ns / 1000 + 1);
		bytes = bytes > (UINT64_C(8388606) << 40) ? 0 : bytes;
		assert_int_equal(twc_parse_size(twc_str_of(twc_format_size(buf, sizeof(buf), bytes)), &v, &e), 0);
		assert_true((v > bytes ? v - bytes : bytes - v) <= bytes / 1000 + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(ports),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(booleans),
		cmocka_unit_test(modes),
		cmocka_unit_test(words),
		cmocka_unit_test(escapes),
		cmocka_unit_test(what_is_escaped_reads_back),
		cmocka_unit_test(formatted_durations),
		cmocka_unit_test(formatted_sizes),
		cmocka_unit_test(what_is_formatted_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
