/* SPDX-License-Identifier: MIT */
/* Into the background: what the parent hears when the child is ready, and when it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <twc/app.h>
#include <unistd.h>

static bool is_null(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat("/dev/null", &b) == 0 && a.st_rdev == b.st_rdev;
}

static void ready(void **state)
{
	struct twc_daemon d;
	struct twc_buf text;
	int status;

	assert_int_equal(twc_daemon_fork(&d, NULL), 0);
	if (!d.pid) {
		bool ok = is_null(0) && is_null(1) && getsid(0) == getpid();

		(void)twc_daemon_ready(&d, ok ? TWC_STR("1 here\n2 there\n") : TWC_STR("wrong\n"), NULL);
		_exit(3);
	}
	assert_true(twc_daemon_wait(&d, &text, &status));
	assert_true(twc_str_is(twc_buf_str(&text), "1 here\n2 there\n"));
	twc_buf_fini(&text);
	assert_int_equal(waitpid(d.pid, &status, 0), d.pid);
}

static void failed(void **state)
{
	struct twc_daemon d;
	struct twc_buf text;
	int status = 0;

	assert_int_equal(twc_daemon_fork(&d, NULL), 0);
	if (!d.pid)
		_exit(73);
	assert_false(twc_daemon_wait(&d, &text, &status));
	assert_int_equal(WEXITSTATUS(status), 73);
	twc_buf_fini(&text);
}

/* It died in the middle of its report. */
static void cut_off(void **state)
{
	struct twc_daemon d;
	struct twc_buf text;
	int status = 0;

	assert_int_equal(twc_daemon_fork(&d, NULL), 0);
	if (!d.pid) {
		(void)!write(d.fd, "1 here\n", 7);
		raise(SIGKILL);
	}
	assert_false(twc_daemon_wait(&d, &text, &status));
	assert_true(WIFSIGNALED(status));
	twc_buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready),
		cmocka_unit_test(failed),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
