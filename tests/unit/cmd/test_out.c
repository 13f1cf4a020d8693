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

static void json_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "a\"b\\c\n\t\x7f", "a\\\"b\\\\c\\n\\u0009\\u007f" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xff", "\\ufffd" },
		{ "\xc0\xaf", "\\ufffd\\ufffd" },		/* overlong */
		{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },	/* surrogate */
		{ "\xe2\x82", "\\ufffd\\ufffd" },		/* cut */
		{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" }, /* above U+10FFFF */
		{ "", "" },
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(row); i++) {
		struct twc_buf b;
		struct out_json j;
		char expected[128];

		twc_buf_init(&b, 1024);
		out_json_begin(&j, &b);
		out_json_str(&j, "k", twc_str_of(row[i].in));
		out_json_end(&j);
		snprintf(expected, sizeof(expected), "{\"k\":\"%s\"}", row[i].out);
		assert_string_equal(twc_buf_cstr(&b), expected);
		twc_buf_fini(&b);
	}
}

static void json_values_and_maximum(void **state)
{
	struct twc_buf b;
	struct out_json j;

	twc_buf_init(&b, 128);
	out_json_begin(&j, &b);
	out_json_uint(&j, "u", UINT64_MAX);
	out_json_int(&j, "i", INT64_MIN);
	out_json_bool(&j, "b", true);
	out_json_str(&j, "n", (struct twc_str){ NULL, 0 });
	out_json_end(&j);
	assert_false(j.failed);
	assert_string_equal(twc_buf_cstr(&b),
			    "{\"u\":18446744073709551615,\"i\":-9223372036854775808,\"b\":true,\"n\":null}");
	for (int i = 0; i < 20; i++)
		out_json_str(&j, "key", twc_str_of("value"));
	assert_true(j.failed);
	twc_buf_fini(&b);
}

static void json_inside_json(void **state)
{
	struct twc_buf b;
	struct out_json j;

	twc_buf_init(&b, 256);
	out_json_begin(&j, &b);
	out_json_open(&j, "list", '[');
	out_json_str(&j, NULL, twc_str_of("a"));
	out_json_open(&j, NULL, '{');
	out_json_close(&j, '}');
	out_json_open(&j, NULL, '{');
	out_json_bool(&j, "b", false);
	out_json_close(&j, '}');
	out_json_close(&j, ']');
	out_json_open(&j, "none", '[');
	out_json_close(&j, ']');
	out_json_ratio(&j, "s", 12003456789, 1000000000);
	out_json_end(&j);
	assert_false(j.failed);
	assert_string_equal(twc_buf_cstr(&b), "{\"list\":[\"a\",{},{\"b\":false}],\"none\":[],\"s\":12.003456}");
	twc_buf_fini(&b);
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
		cmocka_unit_test(json_strings),		   cmocka_unit_test(json_values_and_maximum), cmocka_unit_test(json_inside_json),
		cmocka_unit_test(writing),		   cmocka_unit_test(endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
