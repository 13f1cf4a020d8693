/* SPDX-License-Identifier: MIT */
/* Children: status, descriptors, environment, groups, programs that cannot be run, release. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/loop.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct end {
	bool done;
	int status;
	struct twc_child *c;
};

static void on_end(struct twc_child *c, int status, void *arg)
{
	struct end *e = arg;

	assert_false(e->done);
	assert_ptr_equal(c, e->c);
	twc_child_release(c); /* does no harm here */
	e->done = true;
	e->status = status;
}

#define SH(script) ((const char *const[]){ "sh", "-c", script, NULL })

/* Runs it to its end; what it wrote to descriptor 1 goes to `out`. */
static int run(struct twc_reactor *r, struct twc_spawn how, char *out, size_t cap)
{
	struct end e = { 0 };
	struct twc_err err = { 0 };
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	how.fd[1] = p[1];
	e.c = twc_child_spawn(r, &how, on_end, &e, &err);
	if (!e.c)
		fail_msg("%s", err.text);
	assert_true(twc_child_pid(e.c) > 0);
	close(p[1]);
	assert_true(loop_until(r, &e.done));
	ssize_t n = read(p[0], out, cap - 1);
	assert_true(n >= 0);
	out[n] = '\0';
	close(p[0]);
	return e.status;
}

static void status_and_output(void **state)
{
	struct twc_reactor *r = loop_real();
	char out[64];

	int st = run(r, (struct twc_spawn){ .argv = SH("printf hi; exit 7"), .fd = { -2, -1, -1 } }, out, sizeof(out));
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 7);
	assert_string_equal(out, "hi");
	st = run(r, (struct twc_spawn){ .argv = SH("kill -KILL $$"), .fd = { -2, -1, -2 } }, out, sizeof(out));
	assert_true(WIFSIGNALED(st));
	assert_int_equal(WTERMSIG(st), SIGKILL);
	assert_int_equal(twc_reactor_run(r, NULL), 0); /* nothing left */
	twc_reactor_free(r);
}

static void environment_and_directory(void **state)
{
	struct twc_reactor *r = loop_real();
	const char *const add[] = { "TWC_T_A=new", "TWC_T_C=added", NULL };
	const char *const only[] = { "TWC_T_A=old", "TWC_T_AB=kept", "PATH=/bin:/usr/bin", NULL };
	char out[128];

	run(r,
	    (struct twc_spawn){ .argv = SH("printf %s \"$TWC_T_A $TWC_T_AB $TWC_T_C $HOME $(pwd)\""),
				.envp = only,
				.env_add = add,
				.chdir = "/usr",
				.fd = { -2, -1, -1 } },
	    out, sizeof(out));
	assert_string_equal(out, "new kept added  /usr");
	setenv("TWC_T_INHERITED", "yes", 1);
	run(r, (struct twc_spawn){ .argv = SH("printf %s \"$TWC_T_INHERITED $TWC_T_C\""), .env_add = add, .fd = { -2, -1, -1 } },
	    out, sizeof(out));
	assert_string_equal(out, "yes added");
	twc_reactor_free(r);
}

static void only_three_descriptors_and_clean_signals(void **state)
{
	struct twc_reactor *r = loop_real();
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */
	char out[512], *ignored;
	sigset_t block;

	assert_true(leak > 2);
	run(r, (struct twc_spawn){ .argv = SH("ls /proc/self/fd | tr '\\n' ' '"), .fd = { -2, -1, -1 } }, out, sizeof(out));
	assert_string_equal(out, "0 1 2 3 "); /* 3 is that of ls on the directory */
	close(leak);

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	run(r, (struct twc_spawn){ .argv = (const char *const[]){ "grep", "^Sig[BI]", "/proc/self/status", NULL }, .fd = { -2, -1, -1 } },
	    out, sizeof(out));
	ignored = strstr(out, "SigIgn:\t");
	assert_non_null(strstr(out, "SigBlk:\t0000000000000000\n"));
	assert_non_null(ignored);
	/* nohup holds; 32 and 33 are libc's own, and ignored in what posix_spawn starts (make does) */
	assert_int_equal(strtoull(ignored + 8, NULL, 16) & 0x7fffffff, 1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &block, NULL);
	twc_reactor_free(r);
}

/* The sources are 2, 0 and 1 of this process: each target is the source of another. */
static void descriptors_that_overlap(void **state)
{
	struct twc_reactor *r = loop_real();
	struct end e = { 0 };
	char name[3][32], text[3][8] = { "", "", "" };
	int saved[3], file[3];

	for (int i = 0; i < 3; i++) {
		snprintf(name[i], sizeof(name[i]), "/tmp/twc-child-XXXXXX");
		file[i] = mkstemp(name[i]);
		assert_true(file[i] >= 0);
	}
	assert_int_equal(write(file[2], "abc", 3), 3);
	lseek(file[2], 0, SEEK_SET);
	fflush(NULL);
	for (int i = 0; i < 3; i++)
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++)
		dup2(file[i], i);
	struct twc_spawn how = { .argv = SH("cat; echo E >&2"), .fd = { 2, 0, 1 } };
	e.c = twc_child_spawn(r, &how, on_end, &e, NULL);
	for (int i = 0; i < 3; i++)
		saved[i] >= 0 ? dup2(saved[i], i) : close(i);
	assert_non_null(e.c);
	assert_true(loop_until(r, &e.done));
	for (int i = 0; i < 3; i++) {
		assert_true(pread(file[i], text[i], 7, 0) >= 0);
		close(file[i]);
		close(saved[i]);
		unlink(name[i]);
	}
	assert_string_equal(text[0], "abc"); /* cat's output went to our 0 */
	assert_string_equal(text[1], "E\n");
	twc_reactor_free(r);
}

static void cannot_be_run(void **state)
{
	struct twc_reactor *r = loop_real();
	struct twc_err err = { 0 };
	struct end e = { 0 };
	struct twc_spawn how = { .argv = (const char *const[]){ "twc-no-such-program", NULL }, .fd = { -1, -1, -1 } };
	char name[] = "/tmp/twc-child-XXXXXX";

	assert_null(twc_child_spawn(r, &how, on_end, &e, &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_int_equal(err.sys, ENOENT);
	assert_string_equal(err.text, "cannot run twc-no-such-program: not found (ENOENT)");
	how.argv = (const char *const[]){ "", NULL };
	assert_null(twc_child_spawn(r, &how, on_end, &e, &err));
	assert_int_equal(err.sys, ENOENT);

	int fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "no program\n", 11), 11);
	close(fd);
	how.argv = (const char *const[]){ name, NULL };
	assert_null(twc_child_spawn(r, &how, on_end, &e, &err));
	assert_int_equal(err.sys, EACCES);
	assert_non_null(strstr(err.text, ": permission denied (EACCES)"));
	/* found in PATH without being allowed to run it, and not found in a directory that cannot be entered */
	char *path = strdup(getenv("PATH"));
	setenv("PATH", "/tmp", 1);
	how.argv = (const char *const[]){ strrchr(name, '/') + 1, NULL };
	assert_null(twc_child_spawn(r, &how, on_end, &e, &err));
	assert_int_equal(err.sys, EACCES);
	how.argv = (const char *const[]){ "twc-no-such-program", NULL };
	setenv("PATH", "/root:/proc/1/root", 1);
	assert_null(twc_child_spawn(r, &how, on_end, &e, &err));
	assert_int_equal(err.sys, ENOENT);
	setenv("PATH", path, 1);
	free(path);
	how.argv = (const char *const[]){ name, NULL };
	chmod(name, 0700);
	assert_null(twc_child_spawn(r, &how, on_end, &e, &err));
	assert_int_equal(err.code, TWC_ENOINPUT);
	assert_int_equal(err.sys, ENOEXEC);
	unlink(name);

	how.argv = SH("exit 0");
	how.chdir = "/twc-no-such-directory";
	assert_null(twc_child_spawn(r, &how, on_end, &e, &err));
	assert_string_equal(err.text, "cannot run sh: cannot change to directory /twc-no-such-directory (ENOENT)");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing left behind */
	assert_int_equal(errno, ECHILD);
	assert_int_equal(twc_reactor_run(r, NULL), 0);
	assert_false(e.done);
	twc_reactor_free(r);
}

static void a_group_ends_with_what_it_started(void **state)
{
	struct twc_reactor *r = loop_real();
	struct end e = { 0 };
	char byte;
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	struct twc_spawn how = { .argv = SH("sleep 60 & echo x; wait"), .fd = { -2, p[1], -1 }, .new_group = true };
	e.c = twc_child_spawn(r, &how, on_end, &e, NULL);
	assert_non_null(e.c);
	assert_int_equal(getpgid(twc_child_pid(e.c)), twc_child_pid(e.c));
	close(p[1]);
	assert_int_equal(read(p[0], &byte, 1), 1);
	assert_true(twc_child_kill(e.c, SIGKILL));
	assert_true(loop_until(r, &e.done));
	assert_int_equal(WTERMSIG(e.status), SIGKILL);
	while (read(p[0], &byte, 1) > 0) /* ends when sleep has gone too */
		;
	close(p[0]);
	twc_reactor_free(r);
}

static void kill_of_one_that_has_gone(void **state)
{
	struct twc_reactor *r = loop_real();
	struct end e = { 0 };
	siginfo_t info;
	struct twc_spawn how = { .argv = SH("exit 0"), .fd = { -2, -2, -2 }, .new_session = false };

	e.c = twc_child_spawn(r, &how, on_end, &e, NULL);
	assert_non_null(e.c);
	assert_int_equal(waitid(P_PID, (id_t)twc_child_pid(e.c), &info, WEXITED | WNOWAIT), 0);
	assert_false(twc_child_kill(e.c, SIGTERM));
	assert_true(loop_until(r, &e.done));
	assert_int_equal(e.status, 0);
	twc_reactor_free(r);
}

static void released_is_reaped_but_not_waited_for(void **state)
{
	struct twc_reactor *r = loop_real();
	struct end e = { 0 };
	char byte;
	int p[2], out[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	struct twc_spawn how = { .argv = SH("read x; exit 3"), .fd = { p[0], out[1], -1 }, .new_session = true };
	e.c = twc_child_spawn(r, &how, on_end, &e, NULL);
	assert_non_null(e.c);
	pid_t pid = twc_child_pid(e.c);
	assert_int_equal(getsid(pid), pid);
	close(p[0]);
	close(out[1]);
	twc_child_release(e.c);
	assert_true(loop_run(r)); /* at once: it still reads */
	close(p[1]);
	assert_int_equal(read(out[0], &byte, 1), 0);
	close(out[0]);
	for (int i = 0; i < 1000 && kill(pid, 0) == 0; i++) { /* gone only when reaped */
		struct twc_spawn other = { .argv = SH("exit 0"), .fd = { -2, -2, -2 } };
		struct end o = { 0 };
		o.c = twc_child_spawn(r, &other, on_end, &o, NULL);
		assert_non_null(o.c);
		assert_true(loop_until(r, &o.done));
	}
	assert_int_equal(kill(pid, 0), -1);
	assert_false(e.done);
	twc_reactor_free(r);
}

static void free_forgets_children(void **state)
{
	struct twc_reactor *r = loop_real();
	struct end e = { 0 };
	struct twc_spawn how = { .argv = (const char *const[]){ "sleep", "60", NULL }, .fd = { -2, -2, -2 } };

	e.c = twc_child_spawn(r, &how, on_end, &e, NULL);
	assert_non_null(e.c);
	pid_t pid = twc_child_pid(e.c);
	twc_reactor_free(r);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(e.done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_output),
		cmocka_unit_test(environment_and_directory),
		cmocka_unit_test(only_three_descriptors_and_clean_signals),
		cmocka_unit_test(descriptors_that_overlap),
		cmocka_unit_test(cannot_be_run),
		cmocka_unit_test(a_group_ends_with_what_it_started),
		cmocka_unit_test(kill_of_one_that_has_gone),
		cmocka_unit_test(released_is_reaped_but_not_waited_for),
		cmocka_unit_test(free_forgets_children),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
