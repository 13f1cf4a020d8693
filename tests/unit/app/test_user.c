/* SPDX-License-Identifier: MIT */
/* Users: how they are named, and that who cannot become one does not. What root can is in tests/cli/processes.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/wait.h>
#include <twc/app.h>
#include <unistd.h>

static void names_and_numbers(void **state)
{
	static const struct {
		const char *text;
		unsigned uid, gid;
	} rows[] = {
		{ "root", 0, 0 }, { "0", 0, 0 }, { "root:0", 0, 0 }, { "0:root", 0, 0 }, { "12345:54321", 12345, 54321 },
		{ "root:54321", 0, 54321 },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(rows); i++) {
		struct twc_user *u = twc_user_find(rows[i].text, NULL);

		assert_non_null(u);
		assert_int_equal(twc_user_uid(u), rows[i].uid);
		assert_int_equal(twc_user_gid(u), rows[i].gid);
		twc_user_free(u);
	}
}

static void who_is_nobody(void **state)
{
	static const char *const texts[] = { "", ":", ":root", "root:", "no such", "-1", "4294967295", "4294967296",
					     "root:no such", "root:root:root", "0x0", "3999999999", NULL };
	struct twc_err err;

	for (int i = 0; texts[i]; i++) {
		err = (struct twc_err){ 0 };
		assert_null(twc_user_find(texts[i], &err));
		assert_int_equal(err.code, TWC_EUSAGE);
	}
	assert_non_null(strstr(err.text, "give one, 3999999999:GROUP"));
}

static void oneself_is_fine(void **state)
{
	char text[40];
	struct twc_user *u;

	snprintf(text, sizeof(text), "%u:%u", (unsigned)getuid(), (unsigned)getgid());
	u = twc_user_find(text, NULL);
	assert_non_null(u);
	assert_int_equal(twc_user_become(u, NULL), 0);
	twc_user_free(u);
}

/* In a child: as root becomes a number and tries to be another then; as anybody fails at once. */
static int become_twice(void)
{
	struct twc_user *first = twc_user_find("12345:23456", NULL), *second = twc_user_find("0", NULL);
	bool is_root = geteuid() == 0;
	struct twc_err err = { 0 };

	if (!first || !second)
		return 1;
	if (is_root && (twc_user_become(first, &err) < 0 || getuid() != 12345 || getegid() != 23456))
		return 2;
	if (twc_user_become(second, &err) != TWC_EACCESS || geteuid() == 0)
		return 3;
	return strstr(err.text, "cannot become user root: only root may (EPERM)") ? 0 : 4;
}

static void there_is_no_way_back(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(become_twice());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(who_is_nobody),
		cmocka_unit_test(oneself_is_fine),
		cmocka_unit_test(there_is_no_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
