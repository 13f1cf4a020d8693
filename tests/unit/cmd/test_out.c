/* SPDX-License-Identifier: MIT */
/*
 * Lines and objects as they leave: standard error and output are pipes of the test for the time of a call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct twc_cmd cmd_connect;

/* What `body` writes to descriptor `fd`, which is a pipe meanwhile. */
#define CAPTURE(fd, text, body)                                      \
	do {                                                         \
		int ends[2], saved = dup(fd);                        \
		ssize_t got;                                         \
		assert_int_equal(pipe(ends), 0);                     \
		dup2(ends[1], fd);                                   \
		close(ends[1]);                                      \
		body;                                                \
		dup2(saved, fd);                                     \
		close(saved);                                        \
		got = read(ends[0], text, sizeof(text) - 1);         \
		text[got > 0 ? got : 0] = '\0';                      \
		close(ends[0]);                                      \
	} while (0)

static struct ctx plain(void)
{
	return (struct ctx){ .cmd = &cmd_connect };
}

static void failure_lines(void **state)
{
	struct ctx ctx = plain();
	struct twc_err err = { 0 };
	char text[4096];
	int status = 0;

	twc_err_sys(&err, TWC_EREFUSED, ECONNREFUSED, "10.0.0.5:5432", "connection refused");
	CAPTURE(2, text, status = out_fail(&ctx, "tcp:db:5432", &err));
	assert_string_equal(text, "twc: connect tcp:db:5432: connection refused (ECONNREFUSED, 10.0.0.5:5432)\n");
	assert_int_equal(status, 69);
	CAPTURE(2, text, out_fail(&ctx, NULL, &err));
	assert_string_equal(text, "twc: connect: connection refused (ECONNREFUSED, 10.0.0.5:5432)\n");
	CAPTURE(2, text, out_fail(&ctx, "unix:a\\:b\033[2J", &err));
	assert_null(strchr(text, '\033'));
	CAPTURE(2, text, out_fail(&ctx, "unix:a\\:b", &err)); /* as typed */
	assert_non_null(strstr(text, "connect unix:a\\:b: "));
	err = (struct twc_err){ .code = TWC_ERESET };
	CAPTURE(2, text, status = out_fail(&ctx, NULL, &err));
	assert_string_equal(text, "twc: connect: connection reset by peer\n");
	assert_int_equal(status, 76);
	ctx.cmd = NULL;
	CAPTURE(2, text, status = out_usage(&ctx, "unknown command %s", "x"));
	assert_string_equal(text, "twc: unknown command x\n");
	assert_int_equal(status, 64);
}

static void syntax_errors_have_a_caret(void **state)
{
	struct ctx ctx = plain();
	struct twc_err err = { 0 };
	char text[4096];

	assert_null(twc_endpoint_parse("tcp:host:port", TWC_CONNECT, &err));
	CAPTURE(2, text, assert_int_equal(out_fail_syntax(&ctx, "tcp:host:port", &err), 64));
	assert_memory_equal(text, "twc: connect tcp:host:port: ", 28);
	assert_non_null(strstr(text, "\n    tcp:host:port\n"));
	assert_string_equal(strchr(strchr(text, '\n') + 1, '\n') + 1, "             ^\n");
	ctx.common.log_json = true;
	CAPTURE(2, text, out_fail_syntax(&ctx, "tcp:host:port", &err));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void quiet_and_notes(void **state)
{
	struct ctx ctx = plain();
	struct twc_err err = { 0 };
	char text[256];

	CAPTURE(2, text, out_ready(&ctx, "tcp:127.0.0.1:7", -1, &err));
	assert_string_equal(text, "twc: listening tcp:127.0.0.1:7\n");
	ctx.common.quiet = true;
	CAPTURE(2, text, { out_note(&ctx, "n"); out_ready(&ctx, "tcp:127.0.0.1:7", -1, &err); });
	assert_string_equal(text, "");
	CAPTURE(2, text, out_warn(&ctx, "insecure"));
	assert_string_equal(text, "twc: warning: insecure\n");
	CAPTURE(1, text, assert_int_equal(out_ready(&ctx, "tcp:127.0.0.1:7", 1, &err), 0));
	assert_string_equal(text, "twc: listening tcp:127.0.0.1:7\n");
	assert_int_equal(out_ready(&ctx, "x", 12345, &err), TWC_EIO);
}

static void log_lines(void **state)
{
	struct ctx ctx = plain();
	char text[512];

	CAPTURE(2, text, out_log_sink(&ctx, TWC_LOG_WARN, TWC_LOG_net, "out of descriptors"));
	assert_string_equal(text, "twc: warning: out of descriptors\n");
	CAPTURE(2, text, out_log_sink(&ctx, TWC_LOG_INFO, TWC_LOG_app, "#1 opened"));
	assert_memory_equal(text, "twc: ", 5);
	assert_non_null(strstr(text, " app: #1 opened\n"));
	ctx.common.log_json = true;
	CAPTURE(2, text, out_log_sink(&ctx, TWC_LOG_INFO, TWC_LOG_app, "say \"hi\""));
	assert_memory_equal(text, "{\"ev\":\"log\",\"level\":\"info\",\"cat\":\"app\",\"text\":\"say \\\"hi\\\"\",\"time_us\":", 66);
	assert_string_equal(text + strlen(text) - 2, "}\n");
}

static void writing(void **state)
{
	struct twc_err err = { 0 };
	int ends[2], saved = dup(1), full = open("/dev/full", O_WRONLY), rc;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	dup2(ends[1], 1);
	rc = out_write("x", 1, &err);
	dup2(saved, 1);
	assert_int_equal(rc, TWC_EPIPEOUT);
	dup2(full, 1);
	rc = out_write("x", 1, &err);
	dup2(saved, 1);
	assert_int_equal(rc, TWC_EIO);
	assert_non_null(strstr(err.text, "ENOSPC"));
	assert_int_equal(twc_err_exit(err.code), 74);
	close(ends[1]);
	close(full);
	close(saved);
	signal(SIGPIPE, SIG_DFL);
}

/* In a child of ours, as it ends the process. */
static int status_of(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close(2);
		body();
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void gone_reader(void)
{
	struct ctx ctx = plain();
	struct twc_err err = { .code = TWC_EPIPEOUT };

	out_init();
	_exit(out_fail(&ctx, NULL, &err));
}

static void blocked_signal(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	out_die_by_signal(SIGTERM);
}

static void exec_nothing(void)
{
	struct ctx ctx = plain();

	_exit(out_exec(&ctx, (char *[]){ (char[]){ "/nonexistent/program" }, NULL }));
}

static void exec_folder(void)
{
	struct ctx ctx = plain();

	_exit(out_exec(&ctx, (char *[]){ (char[]){ "/" }, NULL }));
}

static void exec_with_default_sigpipe(void)
{
	struct ctx ctx = plain();
	char sh[] = "sh", c[] = "-c", script[] = "kill -PIPE $$; exit 5";

	out_init();
	_exit(out_exec(&ctx, (char *[]){ sh, c, script, NULL }));
}

static void endings(void **state)
{
	assert_int_equal(WTERMSIG(status_of(gone_reader)), SIGPIPE);
	assert_int_equal(WTERMSIG(status_of(blocked_signal)), SIGTERM);
	assert_int_equal(WEXITSTATUS(status_of(exec_nothing)), 127);
	assert_int_equal(WEXITSTATUS(status_of(exec_folder)), 126);
	assert_int_equal(WTERMSIG(status_of(exec_with_default_sigpipe)), SIGPIPE);
	assert_int_equal(out_child_exit(7 << 8), 7);
	assert_int_equal(out_child_exit(SIGTERM), 143);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failure_lines),	   cmocka_unit_test(syntax_errors_have_a_caret),
		cmocka_unit_test(quiet_and_notes),	   cmocka_unit_test(log_lines),
		cmocka_unit_test(writing),		   cmocka_unit_test(endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
