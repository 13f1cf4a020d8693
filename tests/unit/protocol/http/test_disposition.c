/* SPDX-License-Identifier: MIT */
/* Content-Disposition: the name that is proposed, and the name that is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http/disposition.h"

#define EURO "\xe2\x82\xac"

static void test_parse(void **state)
{
	static const struct {
		const char *value, *type;
		const char *filename; /* NULL: none */
		bool ok;
	} rows[] = {
		{ "Attachment; filename=example.html", "Attachment", "example.html", true }, /* RFC 6266, 5 */
		{ "INLINE; FILENAME= \"an example.html\"", "INLINE", "an example.html", true },
		{ "attachment; filename*= UTF-8''%e2%82%ac%20rates", "attachment", EURO " rates", true },
		{ "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates", "attachment", EURO " rates", true },
		{ "attachment; filename*=UTF-8'en'%E2%82%AC; filename=\"EURO\"", "attachment", EURO, true },
		{ "attachment; filename*=iso-8859-1''%A3%20rates", "attachment", "\xc2\xa3 rates", true },
		{ "attachment", "attachment", NULL, true },
		{ "inline ; size=3", "inline", NULL, true },
		{ "attachment; filename=\"\"", "attachment", "", true },
		{ "attachment; filename=\"a\\\"b\\\\c\"", "attachment", "a\"b\\c", true },
		{ "attachment; filename=\"a%20b\"", "attachment", "a%20b", true },
		{ "attachment; filename=\"\xe2\x82\xac\"", "attachment", EURO, true },
		{ "attachment; filename=\"\xa3\"", "attachment", "\xc2\xa3", true },
		{ "attachment; filename=\"../../etc/passwd\"", "attachment", "../../etc/passwd", true },
		/* A malformed filename* leaves the other. */
		{ "attachment; filename=x; filename*=UTF-8''%e2%82", "attachment", "x", true },
		{ "attachment; filename=x; filename*=UTF-8''%zz", "attachment", "x", true },
		{ "attachment; filename=x; filename*=UTF-8''%4", "attachment", "x", true },
		{ "attachment; filename=x; filename*=UTF-8'y", "attachment", "x", true },
		{ "attachment; filename=x; filename*=y", "attachment", "x", true },
		{ "attachment; filename=x; filename*=KOI8-R''y", "attachment", "x", true },
		{ "attachment; filename=x; filename*=\"UTF-8''y\"", "attachment", "x", true },
		{ "attachment; filename*=UTF-8''%c0%af", "attachment", NULL, true },
		{ "attachment; filename*=UTF-8''%ed%a0%80", "attachment", NULL, true },
		{ "attachment; filename=a; filename=b", "attachment", "a", false },
		{ "attachment; filename*=UTF-8''a; filename*=UTF-8''b", "attachment", "a", false },
		{ "attachment; filename=a b", "attachment", "a", false },
		{ "attachment; filename=\"a", "attachment", NULL, false },
		{ "attachment; filename", "attachment", NULL, false },
		{ "filename=a", "filename=a", NULL, false },
		{ "\"attachment\"; filename=a", "\"attachment\"", NULL, false },
		{ "; filename=a", "", NULL, false },
		{ "", "", NULL, false },
	};
	struct twc__http_disposition d;

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		memset(&d, 0xff, sizeof(d));

		bool ok = twc__http_disposition_parse(twc_str_of(rows[i].value), &d);

		if (ok != rows[i].ok || !twc_str_is(d.type, rows[i].type) || d.has_filename != (rows[i].filename != NULL) ||
		    strlen(d.filename) != d.filename_len ||
		    strcmp(d.filename, rows[i].filename ? rows[i].filename : "") != 0)
			fail_msg("%s: %d %s", rows[i].value, ok, d.filename);
	}
}

static void test_long(void **state)
{
	static const char head[] = "attachment; filename=\"";
	char value[sizeof(head) + TWC__HTTP_FILENAME_MAX + 2];
	struct twc__http_disposition d;
	size_t n = sizeof(head) - 1;

	memcpy(value, head, n);
	memset(value + n, 'a', TWC__HTTP_FILENAME_MAX + 1);
	value[n + TWC__HTTP_FILENAME_MAX] = '"';
	assert_true(twc__http_disposition_parse((struct twc_str){ value, n + TWC__HTTP_FILENAME_MAX + 1 }, &d));
	assert_int_equal(d.filename_len, TWC__HTTP_FILENAME_MAX);
	value[n] = '\xe9'; /* takes two bytes as UTF-8 */
	assert_true(twc__http_disposition_parse((struct twc_str){ value, n + TWC__HTTP_FILENAME_MAX + 1 }, &d));
	assert_false(d.has_filename);
	memset(value + n, 'a', TWC__HTTP_FILENAME_MAX + 1);
	value[n + TWC__HTTP_FILENAME_MAX + 1] = '"';
	assert_true(twc__http_disposition_parse((struct twc_str){ value, n + TWC__HTTP_FILENAME_MAX + 2 }, &d));
	assert_false(d.has_filename);
	assert_string_equal(d.filename, "");
}

static void test_safe_name(void **state)
{
	static const struct {
		const char *proposed, *name; /* NULL: refused */
	} rows[] = {
		{ "a", "a" },
		{ "a b.tar.gz", "a b.tar.gz" },
		{ "/a/b/c", "c" },
		{ "../../etc/passwd", "passwd" },
		{ "C:\\dir\\file.txt", "file.txt" },
		{ "a/b\\c", "c" },
		{ "a\\b/c", "c" },
		{ "a..", "a.." },
		{ "-rf", "-rf" },
		{ EURO, EURO },
		{ "", NULL },
		{ "/", NULL },
		{ "a/", NULL },
		{ "a\\", NULL },
		{ ".", NULL },
		{ "..", NULL },
		{ "a/..", NULL },
		{ ".bashrc", NULL },
		{ "a/.bashrc", NULL },
		{ "a\nb", NULL },
		{ "a\x7f", NULL },
		{ "\033[2J", NULL },
		{ "a\xc2\x85", NULL },
	};
	struct twc_str name;
	struct twc_err err = { 0 };
	char big[TWC__HTTP_SAFE_NAME_MAX + 1];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		int rc = twc__http_safe_name(twc_str_of(rows[i].proposed), &name, &err);

		if (rc != (rows[i].name ? 0 : TWC_EPROTO) || (rc == 0 && !twc_str_is(name, rows[i].name)))
			fail_msg("%s: %d", rows[i].proposed, rc);
	}
	assert_string_equal(err.text, "\"a\\xc2\\x85\" is no name for a file here: it has a control character");
	assert_int_equal(twc__http_safe_name((struct twc_str){ "a\0b", 3 }, &name, NULL), TWC_EPROTO);
	memset(big, 'a', sizeof(big));
	assert_int_equal(twc__http_safe_name((struct twc_str){ big, sizeof(big) }, &name, NULL), TWC_EPROTO);
	assert_int_equal(twc__http_safe_name((struct twc_str){ big, sizeof(big) - 1 }, &name, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_safe_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
