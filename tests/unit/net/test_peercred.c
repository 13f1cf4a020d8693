/* SPDX-License-Identifier: MIT */
/* Users: how they are named, and who is at the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "net/net_int.h"

static void test_names_and_numbers(void **state)
{
	static const char *const bad[] = { "", "no-such-user-here", "-1", "4294967295", "1 ", "a b" };
	struct twc__users u = { 0 };
	struct twc_err err;

	assert_int_equal(twc__users_add(&u, TWC_STR("root"), NULL), 0);
	assert_int_equal(twc__users_add(&u, TWC_STR("4294967294"), NULL), 0);
	assert_int_equal(u.n, 2);
	assert_int_equal(u.uid[0], 0);
	assert_int_equal(u.uid[1], 4294967294u);
	for (size_t i = 0; i < TWC_ARRAY_LEN(bad); i++) {
		if (twc__users_add(&u, twc_str_of(bad[i]), &err) != TWC_EUSAGE)
			fail_msg("taken: %s", bad[i]);
	}
	assert_int_equal(u.n, 2);
	twc__users_add(&u, TWC_STR("no-such-user-here"), &err);
	assert_string_equal(err.text, "there is no user \"no-such-user-here\" on this system");
	twc__users_fini(&u);
}

static void peer_of(int type)
{
	struct twc__users u = { 0 };
	char me[16], other[16];
	uid_t uid;
	int fd[2];

	snprintf(me, sizeof(me), "%u", (unsigned)geteuid());
	snprintf(other, sizeof(other), "%u", (unsigned)geteuid() + 1);
	assert_int_equal(socketpair(AF_UNIX, type, 0, fd), 0);
	assert_true(twc__peer_uid(fd[0], &uid));
	assert_int_equal(uid, geteuid());
	assert_int_equal(twc__users_add(&u, twc_str_of(other), NULL), 0);
	assert_false(twc__users_have_peer(&u, fd[0]));
	assert_int_equal(twc__users_add(&u, twc_str_of(me), NULL), 0);
	assert_true(twc__users_have_peer(&u, fd[0]));
	assert_false(twc__users_have_peer(&u, -1));
	close(fd[0]), close(fd[1]);
	twc__users_fini(&u);
}

static void test_peer(void **state)
{
	peer_of(SOCK_STREAM);
	peer_of(SOCK_SEQPACKET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_numbers),
		cmocka_unit_test(test_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
