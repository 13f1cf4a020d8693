/* SPDX-License-Identifier: MIT */
/*
 * Standard output and standard error, and how the process ends. The last station of every message: errors from
 * below arrive here as struct twc_err and leave as one line with the command and what was asked of it.
 */
#include "out.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <twc/json.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 4096,	   /* of a failure or a note */
	LOG_TEXT_MAX = 32 * 1024,  /* of a log line; the rest is cut */
	STDERR_PATIENCE_MS = 1000, /* for a non-blocking standard error that takes nothing */
};

/* ---- start ---- */

static void ignore_signal(int signo)
{
	(void)signo;
}

/* A handler, not SIG_IGN: exec resets it, so that children meet the signal as they expect. */
static void out_disarm(int signo)
{
	struct sigaction now;

	if (sigaction(signo, NULL, &now) < 0 || now.sa_handler != SIG_DFL)
		return;
	now.sa_handler = ignore_signal;
	now.sa_flags = SA_RESTART;
	(void)sigaction(signo, &now, NULL);
}

unsigned out_init(void)
{
	struct sigaction now;
	unsigned closed = 0;

	/* In rising order, so that open() returns just the number that is missing. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
			if (open("/dev/null", O_RDWR) != fd)
				_exit(71);
			closed |= 1U << fd;
		}
	out_disarm(SIGPIPE);
	out_disarm(SIGXFSZ);
	/* Ignored by the parent, it would have the kernel throw away how a program of ours ended. */
	if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		(void)signal(SIGCHLD, SIG_DFL);
	return closed;
}

/* ---- writing ---- */

/* patience_ms -1: for ever. */
static int write_all(int fd, const char *p, size_t n, int patience_ms)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w >= 0) {
			p += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN) {
			struct pollfd ready = { .fd = fd, .events = POLLOUT };

			if (poll(&ready, 1, patience_ms) == 0)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

int out_write_fd(int fd, const void *p, size_t n)
{
	return write_all(fd, p, n, -1);
}

int out_write(const void *p, size_t n, struct twc_err *err)
{
	(void)status_hide(); /* it may be on the same terminal, and comes back when it changes */
	if (write_all(STDOUT_FILENO, p, n, -1) == 0)
		return 0;
	if (errno == EPIPE)
		return twc_err_sys(err, TWC_EPIPEOUT, errno, NULL, "reader of standard output has gone");
	return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write standard output: %s", strerror(errno));
}

static void stderr_write(const char *p, size_t n)
{
	bool was_shown = status_hide();

	write_all(STDERR_FILENO, p, n, STDERR_PATIENCE_MS);
	if (was_shown)
		status_show();
}

/* ---- lines on standard error ---- */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* {"ev":"error","level":"error","cat":"cmd","text":"…","time_us":…} */
static void say_json(const char *ev, const char *level, const char *cat, const char *text)
{
	struct twc_buf buf;
	struct twc_json j;
	size_t len = strlen(text);

	twc_buf_init(&buf, 8 * LOG_TEXT_MAX); /* a byte becomes six at most */
	twc_json_begin(&j, &buf);
	twc_json_str(&j, "ev", twc_str_of(ev));
	twc_json_str(&j, "level", twc_str_of(level));
	twc_json_str(&j, "cat", twc_str_of(cat));
	twc_json_str(&j, "text", (struct twc_str){ text, len < LOG_TEXT_MAX ? len : LOG_TEXT_MAX });
	twc_json_uint(&j, "time_us", clock_ns(CLOCK_REALTIME) / 1000);
	twc_json_end(&j);
	if (!j.failed && twc_buf_add(&buf, "\n", 1) == 0)
		stderr_write(twc_buf_head(&buf), twc_buf_len(&buf));
	twc_buf_fini(&buf);
}

static void say_plain(const char *head, const char *text)
{
	char line[LINE_MAX_BYTES];
	int n = snprintf(line, sizeof(line) - 1, "%s%s", head, text);

	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line) - 1)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	stderr_write(line, (size_t)n);
}

/* "2026-02-28T17:37:43.123Z " */
static void format_now(char *buf, size_t cap)
{
	struct timespec now;
	struct tm tm = { .tm_mday = 1 };

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	snprintf(buf, cap, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ", 1900 + tm.tm_year, tm.tm_mon + 1, tm.tm_mday,
		 tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000);
}

static void say_dated(const struct ctx *ctx, const char *head, const char *text)
{
	char dated[128];
	size_t n;

	if (!ctx->common.log_time) {
		say_plain(head, text);
		return;
	}
	format_now(dated, sizeof(dated));
	n = strlen(dated);
	snprintf(dated + n, sizeof(dated) - n, "%s", head);
	say_plain(dated, text);
}

static void say(const struct ctx *ctx, const char *ev, const char *level, const char *head, const char *text)
{
	if (ctx->common.log_json)
		say_json(ev, level, "cmd", text);
	else
		say_dated(ctx, head, text);
}

/* Valid UTF-8 without control characters: fit for a terminal as it is. */
static bool is_printable(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;
	size_t n = strlen(s), len;

	for (; n > 0; c += len, n -= len) {
		len = twc_utf8_len((struct twc_str){ (const char *)c, n });
		if (len == 0 || *c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0))
			return false;
	}
	return true;
}

/* What a user typed, as typed; escaped if it holds bytes that have no business on a terminal. */
static const char *printable(const char *text, char *buf, size_t cap)
{
	if (is_printable(text))
		return text;
	twc_escape(buf, cap, twc_str_of(text));
	return buf;
}

static int fail(const struct ctx *ctx, const char *operand, int code, const char *cause)
{
	char text[LINE_MAX_BYTES / 2], clean[LINE_MAX_BYTES / 4], clean_cause[LINE_MAX_BYTES / 4];
	const char *name = ctx->cmd ? ctx->cmd->name : "";
	char *masked = operand ? twc_endpoint_mask(operand) : NULL;

	if (operand)
		operand = printable(masked, clean, sizeof(clean));
	snprintf(text, sizeof(text), "%s%s%s%s%s", name, *name && operand ? " " : "", operand ? operand : "",
		 *name || operand ? ": " : "", printable(cause, clean_cause, sizeof(clean_cause)));
	twc_free(masked);
	say(ctx, "error", "error", "twc: ", text);
	return twc_err_exit(code);
}

int out_fail(const struct ctx *ctx, const char *operand, const struct twc_err *err)
{
	if (err->code == TWC_EPIPEOUT)
		out_die_by_signal(SIGPIPE);
	return fail(ctx, operand, err->code, err->text[0] ? err->text : twc_err_default_text(err->code));
}

int out_fail_syntax(const struct ctx *ctx, const char *operand, const struct twc_err *err)
{
	int status = out_fail(ctx, operand, err);
	char *caret;

	if (err->column > 0 && !ctx->common.log_json) {
		caret = twc_endpoint_caret(operand, err);
		say_plain("", caret);
		twc_free(caret);
	}
	return status;
}

int out_usage(const struct ctx *ctx, const char *fmt, ...)
{
	char cause[LINE_MAX_BYTES / 4];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cause, sizeof(cause), fmt, ap);
	va_end(ap);
	return fail(ctx, NULL, TWC_EUSAGE, cause);
}

int out_error(const struct ctx *ctx, int code, const char *fmt, ...)
{
	char cause[LINE_MAX_BYTES / 4];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cause, sizeof(cause), fmt, ap);
	va_end(ap);
	return fail(ctx, NULL, code, cause);
}

void out_note(const struct ctx *ctx, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES / 2];
	va_list ap;

	if (ctx->common.quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(ctx, "note", "info", "twc: ", text);
}

void out_warn(const struct ctx *ctx, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(ctx, "warning", "warn", "twc: warning: ", text);
}

int out_ready(const struct ctx *ctx, const char *text, int ready_fd, struct twc_err *err)
{
	char line[LINE_MAX_BYTES / 2];
	int n;

	if (!ctx->common.quiet)
		say(ctx, "listening", "info", "twc: listening ", text);
	if (ready_fd < 0)
		return 0;
	n = snprintf(line, sizeof(line), "twc: listening %s\n", text);
	if (write_all(ready_fd, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1, -1) == 0)
		return 0;
	return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write to descriptor %d (--ready-fd): %s", ready_fd,
			   strerror(errno));
}

void out_log_sink(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text)
{
	const struct ctx *ctx = arg;
	char head[64];
	uint64_t ms;

	if (ctx->common.log_json) {
		say_json("log", twc_log_level_name(level), twc_log_cat_name(cat), text);
		return;
	}
	if (level <= TWC_LOG_WARN) {
		say_dated(ctx, level == TWC_LOG_WARN ? "twc: warning: " : "twc: ", text);
		return;
	}
	if (ctx->common.log_time) { /* instead of the seconds since the start */
		snprintf(head, sizeof(head), "twc: %s: ", twc_log_cat_name(cat));
		say_dated(ctx, head, text);
		return;
	}
	ms = (clock_ns(CLOCK_MONOTONIC) - ctx->start_ns) / 1000000;
	snprintf(head, sizeof(head), "twc: %" PRIu64 ".%03" PRIu64 " %s: ", ms / 1000, ms % 1000,
		 twc_log_cat_name(cat));
	say_plain(head, text);
}

int out_print(const struct ctx *ctx, struct twc_buf *b)
{
	struct twc_err err = { 0 };
	int rc = out_write(twc_buf_head(b), twc_buf_len(b), &err);

	twc_buf_fini(b);
	return rc < 0 ? out_fail(ctx, NULL, &err) : 0;
}

/* ---- the end ---- */

void out_die_by_signal(int signo)
{
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + signo); /* a signal that does not end a process, or PID 1 */
}

int out_child_exit(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

int out_exec(const struct ctx *ctx, char *const *argv)
{
	char clean[LINE_MAX_BYTES / 8];
	int sys;

	execvp(argv[0], argv);
	sys = errno;
	out_error(ctx, TWC_ENOINPUT, "cannot run %s: %s (%s)", printable(argv[0], clean, sizeof(clean)), strerror(sys),
		  twc_errno_name(sys));
	return sys == ENOENT ? 127 : 126;
}
