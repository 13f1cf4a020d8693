/* SPDX-License-Identifier: MIT */
/* Folders: what is listed of them, in which order, and how the page shows it. */
#include "stand.h"

#include "app/http/listing.h"

static struct twc__beneath beneath;

static struct twc__listing read_list(const char *path, bool hidden)
{
	struct twc__listing l = { 0 };

	assert_int_equal(twc__listing_read(&l, &beneath, path, hidden), 0);
	return l;
}

/* The names in their order, each with a blank behind it. */
static void check_order(const char *by, enum twc__listing_sort sort, bool is_descending, const char *want)
{
	struct twc__listing l = read_list("order/", false);
	char got[1024] = "";

	l.sort = sort;
	l.is_descending = is_descending;
	twc__listing_sort(&l);
	for (size_t i = 0; i < l.n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ", l.item[i].name);
	if (strcmp(got, want) != 0)
		fail_msg("by %s%s: %s", by, is_descending ? ", descending" : "", got);
	twc__listing_fini(&l);
}

static void test_order(void **state)
{
	static const struct {
		const char *name;
		const char *content;
		int64_t mtime;
	} files[] = { { "b", "22", 300 }, { "A", "4444", 100 }, { "a", "1", 400 }, { "C", "22", 200 } };

	stand_mkdir("order");
	for (size_t i = 0; i < TWC_ARRAY_LEN(files); i++) {
		const struct timespec t[2] = { { .tv_sec = files[i].mtime }, { .tv_sec = files[i].mtime } };
		char name[32];

		snprintf(name, sizeof(name), "order/%s", files[i].name);
		stand_write(name, files[i].content);
		assert_int_equal(utimensat(AT_FDCWD, stand_path(name), t, 0), 0);
	}
	stand_mkdir("order/z");
	check_order("name", TWC__LISTING_NAME, false, "z A a b C ");
	check_order("name", TWC__LISTING_NAME, true, "z C b a A ");
	check_order("size", TWC__LISTING_SIZE, false, "z a b C A ");
	check_order("size", TWC__LISTING_SIZE, true, "A C b a z ");
	check_order("mtime", TWC__LISTING_MTIME, false, "A C b a z ");
	check_order("mtime", TWC__LISTING_MTIME, true, "z a b C A ");
}

static void test_too_many(void **state)
{
	struct twc__listing l;
	struct twc_buf out;
	char name[64];

	stand_mkdir("many");
	for (int i = 0; i <= TWC__LISTING_MAX; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		assert_int_equal(symlink("../beside", stand_path(name)), 0);
	}
	stand_write("beside", "x");
	l = read_list("many/", false);
	assert_int_equal(l.n, TWC__LISTING_MAX);
	assert_true(l.is_cut);
	twc_buf_init(&out, TWC__LISTING_BYTES);
	assert_int_equal(twc__listing_page(&l, TWC_STR("/many/"), true, false, &out), 0);
	assert_non_null(strstr(twc_buf_cstr(&out), "more names than the 20000"));
	twc_buf_fini(&out);
	twc_buf_init(&out, 10000);
	assert_int_equal(twc__listing_page(&l, TWC_STR("/many/"), true, false, &out), TWC_ETOOLONG);
	twc_buf_fini(&out);
	twc_buf_init(&out, 10000);
	assert_int_equal(twc__listing_json(&l, &out), TWC_ETOOLONG);
	twc_buf_fini(&out);
	twc__listing_fini(&l);
}

static void test_page(void **state)
{
	struct twc__listing_item items[] = {
		{ .name = (char[]){ "a:b" }, .size = 1023 },	    { .name = (char[]){ "c" }, .size = 1024 },
		{ .name = (char[]){ "d" }, .size = 10239 },	    { .name = (char[]){ "e" }, .size = UINT64_MAX },
		{ .name = (char[]){ "\xc3\xbc" }, .size = 123456789 },
	};
	static const char *const parts[] = {
		"<a href=\"../../\" aria-label=\"top folder\">/</a><a href=\"../\">x</a>/&#60;y&#62;/</h1>",
		"<a href=\"./a%3Ab\">a:b</a></td><td title=\"1023 bytes\">1023 B</td>",
		">1.0 KiB<", ">9.9 KiB<", "title=\"18446744073709551615 bytes\">15 EiB<",
		"<a href=\"./%C3%BC\">\xc3\xbc</a></td><td title=\"123456789 bytes\">117 MiB</td>",
		"<time datetime=\"1970-01-01T00:00:00Z\">1970-01-01 00:00</time>",
		"<th scope=\"col\" aria-sort=\"ascending\"><a href=\"?sort=name&amp;order=desc\">",
		"<th scope=\"col\"><a href=\"?sort=size\">",
	};
	struct twc__listing l = { .item = items, .n = TWC_ARRAY_LEN(items) };
	struct twc_buf out;

	twc_buf_init(&out, 100000);
	assert_int_equal(twc__listing_page(&l, TWC_STR("/x/<y>/"), true, false, &out), 0);
	for (size_t i = 0; i < TWC_ARRAY_LEN(parts); i++)
		if (!strstr(twc_buf_cstr(&out), parts[i]))
			fail_msg("no %s in\n%s", parts[i], twc_buf_cstr(&out));
	twc_buf_fini(&out);
}

static void test_unreadable(void **state)
{
	struct twc__listing l = { 0 };

	assert_int_equal(twc__listing_read(&l, &beneath, "none/", false), -ENOENT);
	assert_int_equal(twc__listing_read(&l, &beneath, "beside", false), -ENOTDIR);
	assert_int_equal(twc__listing_read(&l, &beneath, "/etc/", false), -EXDEV);
	twc__listing_fini(&l);
}

static int set_up(void **state)
{
	if (stand_make_dir(state) < 0)
		return -1;
	beneath.root = open(stand_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return beneath.root < 0;
}

static int tear_down(void **state)
{
	close(beneath.root);
	return stand_remove_dir(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
