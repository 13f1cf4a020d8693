/* SPDX-License-Identifier: MIT */
/* Files below a directory: what is opened, what never is; with openat2 and without. */
#include "stand.h"

#include "app/http/beneath.h"

static void test_open(void **state)
{
	static const struct {
		const char *path;
		int with, without, following; /* 0: opened; else the errno; -1: either of what is no file */
	} rows[] = {
		{ "", 0, 0, 0 },
		{ "a.txt", 0, 0, 0 },
		{ "d", 0, 0, 0 },
		{ "d/", 0, 0, 0 },
		{ "d//b", 0, 0, 0 },
		{ "d/b", 0, 0, 0 },
		{ "d/./b", 0, 0, 0 },
		{ "none", ENOENT, ENOENT, ENOENT },
		{ "a.txt/b", ENOTDIR, ENOTDIR, ENOTDIR },
		{ "..", EXDEV, EXDEV, 0 },
		{ "d/../../x", EXDEV, EXDEV, ENOENT },
		{ "/etc/passwd", EXDEV, EXDEV, EXDEV },
		{ "out-file", EXDEV, ELOOP, 0 },
		{ "out-dir/passwd", EXDEV, ENOTDIR, 0 },
		{ "absolute-in", EXDEV, ELOOP, 0 },
		{ "up-and-in", EXDEV, ELOOP, 0 },
		{ "in", 0, ELOOP, 0 },
		{ "in-dir/b", 0, ENOTDIR, 0 },
		{ "loop", ELOOP, ELOOP, ELOOP },
		{ "fifo", EINVAL, EINVAL, EINVAL },
		{ "null", EINVAL, EINVAL, EINVAL },
	};
	struct twc__beneath b = { .root = open(stand_dir, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct stat st;

	assert_true(b.root >= 0);
	for (int mode = 0; mode < 3; mode++) {
		b.has_no_openat2 = mode == 1;
		b.follows_symlinks = mode == 2;
		for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
			int want = mode == 0 ? rows[i].with : mode == 1 ? rows[i].without : rows[i].following;
			int fd = twc__beneath_open(&b, rows[i].path, &st);

			/* What is missing or of another kind may be found out before it is found to lead out. */
			if (want && fd != -want && !(fd == -ENOENT && want == EXDEV))
				fail_msg("%s in mode %d: %d", rows[i].path, mode, fd);
			if (!want && fd < 0)
				fail_msg("%s in mode %d: %d", rows[i].path, mode, fd);
			if (fd >= 0) {
				assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
				close(fd);
			}
		}
	}
	close(b.root);
}

static void test_stat(void **state)
{
	struct twc__beneath b = { .root = open(stand_dir, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct stat st;

	for (int mode = 0; mode < 2; mode++) {
		b.has_no_openat2 = mode == 1;
		assert_int_equal(twc__beneath_stat(&b, "a.txt", &st), 0);
		assert_true(S_ISREG(st.st_mode));
		assert_int_equal(twc__beneath_stat(&b, "fifo", &st), 0);
		assert_true(S_ISFIFO(st.st_mode));
		assert_true(twc__beneath_stat(&b, "out-file", &st) < 0);
		assert_true(twc__beneath_stat(&b, "/etc", &st) < 0);
	}
	b.follows_symlinks = true;
	assert_int_equal(twc__beneath_stat(&b, "out-file", &st), 0);
	close(b.root);
}

/* What is not served is not even opened: somebody who waits for a reader of the FIFO goes on waiting. */
static void test_fifo_is_not_opened(void **state)
{
	struct twc__beneath b = { .root = open(stand_dir, O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct stat st;

	assert_int_equal(twc__beneath_open(&b, "fifo", &st), -EINVAL);
	assert_int_equal(open(stand_path("fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
	assert_int_equal(errno, ENXIO);
	close(b.root);
}

static int set_up(void **state)
{
	if (stand_make_dir(state) < 0)
		return -1;
	stand_write("a.txt", "a");
	stand_mkdir("d");
	stand_write("d/b", "b");
	assert_int_equal(symlink("/etc/passwd", stand_path("out-file")), 0);
	assert_int_equal(symlink("/etc", stand_path("out-dir")), 0);
	assert_int_equal(symlink(stand_path("a.txt"), stand_path("absolute-in")), 0);
	assert_int_equal(symlink("d/b", stand_path("in")), 0);
	assert_int_equal(symlink("d", stand_path("in-dir")), 0);
	assert_int_equal(symlink("loop", stand_path("loop")), 0);
	assert_int_equal(symlink("/dev/null", stand_path("null")), 0);
	assert_int_equal(mkfifo(stand_path("fifo"), 0600), 0);
	char up[64];

	snprintf(up, sizeof(up), "..%s/a.txt", strrchr(stand_dir, '/'));
	assert_int_equal(symlink(up, stand_path("up-and-in")), 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_fifo_is_not_opened),
	};

	return cmocka_run_group_tests(tests, set_up, stand_remove_dir);
}
