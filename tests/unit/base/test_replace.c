/* SPDX-License-Identifier: MIT */
/* Files that appear whole, and names that must not be taken. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/replace.h"

static char dir[] = "/tmp/twc-replace-XXXXXX";
static char path[64];

static void assert_holds(const char *want)
{
	FILE *f = fopen(path, "r");
	char got[64] = "";

	assert_non_null(f);
	(void)!fread(got, 1, sizeof(got) - 1, f);
	fclose(f);
	assert_string_equal(got, want);
}

static unsigned entries(void)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void a_file_is_made_and_replaced(void **state)
{
	struct stat st;

	umask(077);
	assert_int_equal(twc__replace_file(path, 0644, twc_str_of("one\n"), "it", NULL), 0);
	assert_holds("one\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(twc__replace_file(path, 0600, twc_str_of("two"), "it", NULL), 0);
	assert_holds("two");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(twc__replace_file(path, 0600, twc_str_of(""), "it", NULL), 0);
	assert_holds("");
	assert_int_equal(entries(), 1);
}

static void what_cannot_be(void **state)
{
	char below[80];
	struct twc_err err = { 0 };

	assert_int_equal(twc__replace_file("/dev/null", 0644, twc_str_of("x"), "it", &err), TWC_ECANTCREAT);
	assert_string_equal(err.text, "/dev/null exists and is no regular file");
	assert_int_equal(twc__replace_file("/dev/stdout", 0644, twc_str_of("x"), "it", NULL), TWC_ECANTCREAT);
	assert_int_equal(twc__replace_file(dir, 0644, twc_str_of("x"), "it", NULL), TWC_ECANTCREAT);
	snprintf(below, sizeof(below), "%s/none/x", dir);
	assert_int_equal(twc__replace_file(below, 0644, twc_str_of("x"), "the thing", &err), TWC_ECANTCREAT);
	assert_non_null(strstr(err.text, "cannot create the thing (ENOENT, "));
	assert_int_equal(entries(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_made_and_replaced),
		cmocka_unit_test(what_cannot_be),
	};
	int rc;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/file", dir);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return rc;
}
