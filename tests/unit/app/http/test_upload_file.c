/* SPDX-License-Identifier: MIT */
/* Files on their way: with a name and without, what becomes of a name that is taken, and numbers in names. */
#include "stand.h"

#include <dirent.h>

#include "app/http/upload_file.h"

static int dir;

static int open_dir(void **state)
{
	if (stand_make_dir(state) < 0)
		return -1;
	dir = open(stand_dir, O_RDONLY | O_DIRECTORY);
	return dir < 0 ? -1 : 0;
}

static int close_dir(void **state)
{
	close(dir);
	return stand_remove_dir(state);
}

static unsigned count(void)
{
	DIR *d = opendir(stand_dir);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int bring(bool is_named_part, const char *text, const char *name, enum twc_http_duplicate duplicate, char as[NAME_MAX + 1])
{
	struct twc__upload_file f = { .is_named_part = is_named_part };

	assert_int_equal(twc__upload_file_open(&f, dir), 0);
	assert_int_equal(f.part != NULL, is_named_part);
	assert_int_equal(twc__upload_file_write(&f, (const uint8_t *)text, strlen(text)), 0);
	int rc = twc__upload_file_finish(&f, name, duplicate, as);

	assert_int_equal(f.fd, -1);
	assert_null(f.part);
	return rc;
}

static void assert_content(const char *name, const char *text)
{
	char got[64];
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n = read(fd, got, sizeof(got) - 1);

	assert_true(n >= 0);
	got[n] = 0;
	close(fd);
	assert_string_equal(got, text);
	assert_int_equal(unlinkat(dir, name, 0), 0);
}

static void bring_all(bool is_named_part)
{
	char as[NAME_MAX + 1];

	assert_int_equal(bring(is_named_part, "one", "a.b", TWC_HTTP_DUPLICATE_ERROR, as), 0);
	assert_int_equal(bring(is_named_part, "two", "a.b", TWC_HTTP_DUPLICATE_ERROR, as), -EEXIST);
	assert_int_equal(count(), 1);
	assert_int_equal(bring(is_named_part, "two", "a.b", TWC_HTTP_DUPLICATE_RENAME, as), 0);
	assert_string_equal(as, "a-1.b");
	assert_int_equal(bring(is_named_part, "three", "a.b", TWC_HTTP_DUPLICATE_RENAME, as), 0);
	assert_string_equal(as, "a-2.b");
	assert_int_equal(bring(is_named_part, "four", "a.b", TWC_HTTP_DUPLICATE_OVERWRITE, as), 1);
	assert_string_equal(as, "a.b");
	assert_int_equal(count(), 3);
	assert_content("a.b", "four");
	assert_content("a-1.b", "two");
	assert_content("a-2.b", "three");

	/* in the place of a link, not of what it leads to; never in that of a folder or a FIFO */
	stand_mkdir("folder");
	assert_int_equal(symlinkat("folder", dir, "link"), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(bring(is_named_part, "x", "link", TWC_HTTP_DUPLICATE_OVERWRITE, as), 1);
	assert_content("link", "x");
	assert_int_equal(bring(is_named_part, "x", "folder", TWC_HTTP_DUPLICATE_OVERWRITE, as), -EISDIR);
	assert_int_equal(bring(is_named_part, "x", "fifo", TWC_HTTP_DUPLICATE_OVERWRITE, as), -EEXIST);
	assert_int_equal(bring(is_named_part, "x", "folder", TWC_HTTP_DUPLICATE_RENAME, as), 0);
	assert_content("folder-1", "x");
	assert_int_equal(unlinkat(dir, "fifo", 0), 0);
	assert_int_equal(unlinkat(dir, "folder", AT_REMOVEDIR), 0);
	assert_int_equal(count(), 0);
}

static void test_ways(void **state)
{
	struct twc__upload_file f = { 0 };

	bring_all(true);
	if (twc__upload_file_open(&f, dir) == 0 && f.part) {
		twc__upload_file_drop(&f);
		print_message("no files without a name here\n");
		return;
	}
	twc__upload_file_drop(&f);
	bring_all(false);
}

static void test_drop(void **state)
{
	for (int named = 0; named < 2; named++) {
		struct twc__upload_file f = { .is_named_part = named };

		assert_int_equal(twc__upload_file_open(&f, dir), 0);
		assert_int_equal(twc__upload_file_write(&f, (const uint8_t *)"x", 1), 0);
		twc__upload_file_drop(&f);
		twc__upload_file_drop(&f);
		assert_int_equal(count(), 0);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *name, *numbered;
	} rows[] = {
		{ "a", "a-7" },		{ "a.txt", "a-7.txt" },	      { "a.b.txt", "a.b-7.txt" }, { "a.tar.gz", "a-7.tar.gz" },
		{ ".c", ".c-7" },	{ ".c.txt", ".c-7.txt" }, { "a.", "a-7." },		  { ".tar.gz", ".tar-7.gz" },
		{ "xtar.gz", "xtar-7.gz" },
	};
	char as[NAME_MAX + 1], longest[NAME_MAX + 1];

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		assert_true(twc__upload_file_number(rows[i].name, 7, as));
		assert_string_equal(as, rows[i].numbered);
	}
	memset(longest, 'x', NAME_MAX);
	longest[NAME_MAX] = 0;
	assert_false(twc__upload_file_number(longest, 1, as));
	longest[NAME_MAX - 2] = 0;
	assert_true(twc__upload_file_number(longest, 1, as));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_numbers),
	};
	return cmocka_run_group_tests(tests, open_dir, close_dir);
}
