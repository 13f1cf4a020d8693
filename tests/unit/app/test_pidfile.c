/* SPDX-License-Identifier: MIT */
/* The pid file: whole, locked, gone at the end; and what is never touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/file.h>
#include <twc/app.h>
#include <unistd.h>

static char dir[64], path[96];

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/twc.pidfile.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/pid", dir);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(dir);
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static long content(void)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static void written_and_removed(void **state)
{
	struct twc_pidfile *p = twc_pidfile_new(path, NULL);

	assert_non_null(p);
	assert_int_equal(content(), getpid());
	twc_pidfile_free(p);
	assert_int_equal(content(), -1);
}

static void who_lives_is_not_replaced(void **state)
{
	struct twc_pidfile *p = twc_pidfile_new(path, NULL);
	struct twc_err err = { 0 };
	char text[64];

	assert_null(twc_pidfile_new(path, &err));
	assert_int_equal(err.code, TWC_ECANTCREAT);
	snprintf(text, sizeof(text), "already running (%d)", (int)getpid());
	assert_string_equal(err.text, text);
	twc_pidfile_free(p);
}

static void stale_ones_are(void **state)
{
	static const char *const texts[] = { "1\n", "4711", "", "  \n", NULL };

	for (int i = 0; texts[i]; i++) {
		struct twc_pidfile *p;

		put(texts[i]);
		p = twc_pidfile_new(path, NULL);
		assert_non_null(p);
		assert_int_equal(content(), getpid());
		twc_pidfile_free(p);
	}
}

/* Whoever may read a stale file could otherwise keep the next one from starting. */
static void a_reader_holds_nobody_up(void **state)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	struct twc_pidfile *p;
	int fd;

	put("4711\n");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	p = twc_pidfile_new(path, NULL);
	assert_non_null(p);
	twc_pidfile_free(p);
	close(fd);
}

static void other_files_stay(void **state)
{
	static const char *const texts[] = { "root:x:0:0\n", "12 13\n", "-4\n", "99999999999999999999\n",
					     "1                                             2\n", NULL };
	struct twc_err err;

	for (int i = 0; texts[i]; i++) {
		put(texts[i]);
		assert_null(twc_pidfile_new(path, &err));
		assert_non_null(strstr(err.text, "is no pid file"));
	}
}

static void one_that_was_replaced_stays(void **state)
{
	struct twc_pidfile *p = twc_pidfile_new(path, NULL);

	assert_non_null(p);
	unlink(path);
	put("4711\n");
	twc_pidfile_free(p);
	assert_int_equal(content(), 4711);
}

/* The lock is the process's, not the child's that knows better than to keep it. */
static void a_child_leaves_it(void **state)
{
	struct twc_pidfile *p = twc_pidfile_new(path, NULL);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		twc_pidfile_forget(p);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(content(), getpid());
	assert_null(twc_pidfile_new(path, NULL));
	twc_pidfile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(written_and_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(who_lives_is_not_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(stale_ones_are, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_holds_nobody_up, setup, teardown),
		cmocka_unit_test_setup_teardown(other_files_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_was_replaced_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(a_child_leaves_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
