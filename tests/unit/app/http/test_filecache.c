/* SPDX-License-Identifier: MIT */
/* Files kept open: how fresh they are, what they are replaced for, and how many there are. */
#include "stand.h"

#include "app/http/filecache.h"

static unsigned described;

static void describe(struct twc__filecache_owner *owner, struct twc_str path, int coding, const struct stat *st,
		     struct twc__file_lines *lines)
{
	(void)owner, (void)st;
	described++;
	lines->text = twc_asprintf("%.*s/%d", (int)path.n, path.p, coding);
	lines->len = (uint32_t)strlen(lines->text);
}

struct cache {
	struct twc_reactor *r;
	struct twc__filecache *c;
	struct twc__filecache_owner owner;
};

static void cache_open(struct cache *w)
{
	*w = (struct cache){ .r = loop_fake(), .owner.describe = describe };
	w->c = twc__filecache_new(w->r);
	w->owner.beneath.root = open(stand_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	described = 0;
}

static void cache_close(struct cache *w)
{
	twc__filecache_free(w->c);
	close(w->owner.beneath.root);
	twc_reactor_free(w->r);
}

static struct twc__cached_file *get(struct cache *w, const char *path, int coding)
{
	int why = 0;
	struct twc__cached_file *f = twc__filecache_get(w->c, &w->owner, twc_str_of(path), coding, &why);

	if (!f)
		errno = -why;
	return f;
}

static void check(struct cache *w, const char *path, const char *content)
{
	struct twc__cached_file *f = get(w, path, 0);

	assert_non_null(f);
	assert_int_equal(f->size, strlen(content));
	assert_memory_equal(f->content, content, f->size);
}

/* The kernel's clock of files has moved past what was written before. */
static void settle(void)
{
	const struct timespec ms30 = { .tv_nsec = 30000000 };

	nanosleep(&ms30, NULL);
}

static void test_kept(void **state)
{
	struct cache w;

	stand_write("kept", "one");
	settle();
	cache_open(&w);
	for (int turn = 0; turn < 3; turn++) {
		check(&w, "kept", "one");
		twc_reactor_advance(w.r, 1);
	}
	assert_int_equal(described, 1);
	assert_string_equal(get(&w, "kept", 0)->lines.text, "kept/0");
	assert_string_equal(get(&w, "kept", 2)->lines.text, "kept/2");
	assert_int_equal(twc__filecache_count(w.c), 2);
	cache_close(&w);
}

static void test_written(void **state)
{
	struct cache w;

	stand_write("f", "one");
	settle();
	cache_open(&w);
	check(&w, "f", "one");
	stand_write("f", "two");
	check(&w, "f", "one"); /* the same turn */
	twc_reactor_advance(w.r, 1);
	check(&w, "f", "two");
	stand_write("f", "three"); /* in the same tick of the clock, perhaps, but longer */
	twc_reactor_advance(w.r, 1);
	check(&w, "f", "three");
	stand_write("f", "THREE"); /* as long, and its times as well may be the same */
	twc_reactor_advance(w.r, 1);
	check(&w, "f", "THREE");
	cache_close(&w);
}

static void test_replaced(void **state)
{
	struct cache w;

	stand_write("g", "one");
	stand_write("h", "two");
	settle();
	cache_open(&w);
	check(&w, "g", "one");
	assert_int_equal(rename(stand_path("h"), stand_path("g")), 0);
	twc_reactor_advance(w.r, 1);
	check(&w, "g", "two");
	assert_int_equal(unlink(stand_path("g")), 0);
	twc_reactor_advance(w.r, 1);
	assert_null(get(&w, "g", 0));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(twc__filecache_count(w.c), 0);
	cache_close(&w);
}

/* What became a link to the outside is not served, though it was before. */
static void test_replaced_by_link(void **state)
{
	struct cache w;

	stand_write("i", "one");
	settle();
	cache_open(&w);
	check(&w, "i", "one");
	assert_int_equal(unlink(stand_path("i")), 0);
	assert_int_equal(symlink("/etc/passwd", stand_path("i")), 0);
	twc_reactor_advance(w.r, 1);
	assert_null(get(&w, "i", 0));
	assert_int_equal(errno, EXDEV);
	cache_close(&w);
}

static void test_kinds(void **state)
{
	static char big[TWC__FILECACHE_SMALL + 1];
	struct cache w;
	struct twc__cached_file *f;

	cache_open(&w);
	stand_write("empty", "");
	check(&w, "empty", "");
	stand_write_n("big", big, sizeof(big));
	f = get(&w, "big", 0);
	assert_non_null(f->file);
	assert_null(f->content);
	stand_write_n("small", big, sizeof(big) - 1);
	f = get(&w, "small", 0);
	assert_null(f->file);
	assert_non_null(f->content);
	assert_null(get(&w, "", 0));
	assert_int_equal(errno, EISDIR);
	assert_null(get(&w, "none", 0));
	assert_int_equal(errno, ENOENT);
	cache_close(&w);
}

static void test_bounds(void **state)
{
	static char content[TWC__FILECACHE_SMALL];
	struct cache w;
	char name[32];

	cache_open(&w);
	stand_mkdir("many");
	for (int i = 0; i < 1100; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		stand_write_n(name, content, sizeof(content));
		assert_non_null(get(&w, name, 0));
	}
	/* 16 MiB with what describes them are less than 1,024 of 16 KiB. */
	assert_in_range(twc__filecache_count(w.c), 900, 1023);
	for (int i = 0; i < 1100; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		stand_write(name, "");
		assert_non_null(get(&w, name, 1));
	}
	assert_int_equal(twc__filecache_count(w.c), 1024);
	twc__filecache_forget(w.c, &w.owner);
	assert_int_equal(twc__filecache_count(w.c), 0);
	cache_close(&w);
}

static void test_unused_ones_go(void **state)
{
	struct cache w;

	cache_open(&w);
	stand_write("old", "old");
	stand_write("new", "new");
	check(&w, "old", "old");
	twc_reactor_advance(w.r, 20 * TWC_NS_PER_S);
	check(&w, "new", "new");
	assert_int_equal(twc__filecache_count(w.c), 2);
	twc_reactor_advance(w.r, 11 * TWC_NS_PER_S);
	check(&w, "new", "new");
	assert_int_equal(twc__filecache_count(w.c), 1);
	cache_close(&w);
}

static void test_gzip(void **state)
{
	struct cache w;
	struct twc__cached_file *f;

	cache_open(&w);
	stand_write("z", "one");
	f = get(&w, "z", 0);
	twc__filecache_keep_gzip(w.c, f, "gzip", 4);
	f = get(&w, "z", 0);
	assert_int_equal(f->gzip_n, 4);
	assert_memory_equal(f->gzip, "gzip", 4);
	stand_write("y", "one");
	f = get(&w, "y", 0);
	twc__filecache_keep_gzip(w.c, f, NULL, 0);
	assert_true(f->is_incompressible);
	assert_null(f->gzip);
	cache_close(&w);
}

/* Two directories with the same names. */
static void test_owners(void **state)
{
	struct cache w;
	struct twc__filecache_owner other = { .describe = describe };
	int why;

	cache_open(&w);
	stand_mkdir("other");
	stand_write("same", "one");
	stand_write("other/same", "two");
	other.beneath.root = open(stand_path("other"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(&w, "same", "one");
	assert_memory_equal(twc__filecache_get(w.c, &other, TWC_STR("same"), 0, &why)->content, "two", 3);
	check(&w, "same", "one");
	twc__filecache_forget(w.c, &other);
	assert_int_equal(twc__filecache_count(w.c), 1);
	close(other.beneath.root);
	cache_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),	 cmocka_unit_test(test_written),
		cmocka_unit_test(test_replaced), cmocka_unit_test(test_replaced_by_link),
		cmocka_unit_test(test_kinds),	 cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_unused_ones_go), cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, stand_make_dir, stand_remove_dir);
}
