/* SPDX-License-Identifier: MIT */
/* Sockets in a namespace: our own (by path) is one that is always there; the thread is at home again afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/net_int.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static ino_t home(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

static int make(const char *netns, int *sys, struct twc_err *err)
{
	struct twc_sockopts o;

	twc_sockopts_init(&o);
	o.netns = netns;
	*err = (struct twc_err){ 0 };
	return twc__socket(AF_INET, SOCK_STREAM, &o, sys, err);
}

static void test_none(void **state)
{
	struct twc_err err;
	int sys, fd = make(NULL, &sys, &err);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(sys, 0);
	close(fd);
}

static void test_by_path(void **state)
{
	ino_t before = home();
	struct twc_err err;
	int sys, fd = make("/proc/self/ns/net", &sys, &err);

	(void)state;
	assert_int_equal(sys, 0);
	assert_int_equal(home(), before);
	if (fd >= 0) {
		close(fd);
		return;
	}
	assert_int_equal(fd, TWC_EACCESS); /* an ordinary user */
	assert_non_null(strstr(err.text, "CAP_SYS_ADMIN"));
}

static void test_faults(void **state)
{
	struct twc_err err;
	int sys, fd;

	(void)state;
	assert_int_equal(make("there-is-none", &sys, &err), TWC_EUSAGE);
	assert_string_equal(err.text, "no such network namespace: there-is-none (ENOENT)");
	assert_int_equal(make("/nonexistent/ns", &sys, &err), TWC_EUSAGE);
	fd = make("/dev/null", &sys, &err);
	assert_true(fd == TWC_EUSAGE || fd == TWC_EACCESS);
	assert_int_equal(sys, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_by_path),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
