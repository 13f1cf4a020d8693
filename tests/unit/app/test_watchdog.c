/* SPDX-License-Identifier: MIT */
/* The watchdog: twice in each interval of the fake clock, and only when it is for us. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <twc/app.h>
#include <twc/parse.h>
#include <unistd.h>

static int listen_for_it(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(un);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char name[32];

	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un.sun_family)), 0); /* a name of the kernel's */
	assert_int_equal(getsockname(fd, (struct sockaddr *)&un, &len), 0);
	snprintf(name, sizeof(name), "@%.*s", (int)(len - sizeof(un.sun_family) - 1), un.sun_path + 1);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static int heard(int fd)
{
	char got[32];
	int n = 0;

	for (; recv(fd, got, sizeof(got), 0) == 10; n++)
		assert_memory_equal(got, "WATCHDOG=1", 10);
	return n;
}

static void twice_in_each_interval(void **state)
{
	struct twc_reactor *r = loop_fake();
	struct twc_watchdog w;
	int fd = listen_for_it();

	(void)state;
	setenv("WATCHDOG_USEC", "1000000", 1);
	unsetenv("WATCHDOG_PID");
	assert_int_equal(twc_watchdog_start(&w, r, NULL), 0);
	twc_reactor_advance(r, 499 * TWC_NS_PER_MS);
	assert_int_equal(heard(fd), 0);
	for (int i = 0; i < 4; i++)
		twc_reactor_advance(r, 500 * TWC_NS_PER_MS);
	assert_int_equal(heard(fd), 4);
	twc_watchdog_stop(&w);
	twc_watchdog_stop(&w);
	twc_reactor_advance(r, TWC_NS_PER_S);
	assert_int_equal(heard(fd), 0);
	close(fd);
	twc_reactor_free(r);
}

static void for_whom(void **state)
{
	static const struct {
		const char *usec, *pid;
		int rc;
		bool is_on;
	} v[] = {
		{ NULL, NULL, 0, false },	 { "", "", 0, false },		    { "1000", "", 0, true },
		{ "1000", "1", 0, false },	 { "x", NULL, TWC_ECONFIG, false }, { "0", NULL, TWC_ECONFIG, false },
		{ "1000", "x", TWC_ECONFIG, false }, { "99999999999999999999", NULL, TWC_ECONFIG, false },
	};
	struct twc_reactor *r = loop_fake();
	struct twc_err err = { 0 };
	struct twc_watchdog w;

	(void)state;
	for (size_t i = 0; i < TWC_ARRAY_LEN(v); i++) {
		v[i].usec ? setenv("WATCHDOG_USEC", v[i].usec, 1) : unsetenv("WATCHDOG_USEC");
		v[i].pid ? setenv("WATCHDOG_PID", v[i].pid, 1) : unsetenv("WATCHDOG_PID");
		assert_int_equal(twc_watchdog_start(&w, r, &err), v[i].rc);
		assert_int_equal(w.r != NULL, v[i].is_on);
		twc_watchdog_stop(&w);
	}
	twc_reactor_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twice_in_each_interval),
		cmocka_unit_test(for_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
