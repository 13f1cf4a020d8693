/* SPDX-License-Identifier: MIT */
/*
 * Raw mode, and the way back. A process can end in places where nobody could put a terminal back, so signal handlers do:
 * each restores, and lets the signal do what it would have done. All they call may be called there (POSIX, 2.4.3).
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* What a handler needs, hence for the process. */
static struct {
	int fd; /* our own: standard input may be closed before the end */
	struct termios saved, raw;
	volatile sig_atomic_t is_raw;
} tty = { .fd = -1 };

/* In the background the terminal is somebody else's. */
static bool is_ours(void)
{
	return tcgetpgrp(tty.fd) == getpgrp();
}

void terminal_restore(void)
{
	if (!tty.is_raw)
		return;
	tty.is_raw = 0;
	if (is_ours())
		(void)tcsetattr(tty.fd, TCSANOW, &tty.saved);
}

static void on_end(int signo)
{
	terminal_restore();
	(void)raise(signo); /* delivered with its default action when this returns (SA_RESETHAND) */
}

static void on_stop(int signo)
{
	int sys = errno;

	(void)signo;
	terminal_restore();
	(void)raise(SIGSTOP); /* SIGTSTP itself would not stop a process without a shell that can continue it */
	errno = sys;
}

static void on_continue(int signo)
{
	int sys = errno;

	(void)signo;
	if (is_ours() && tcsetattr(tty.fd, TCSANOW, &tty.raw) == 0)
		tty.is_raw = 1;
	errno = sys;
}

/* One that is ignored from outside stays so. */
static void handle(int signo, void (*fn)(int), int flags)
{
	struct sigaction now, act = { .sa_handler = fn, .sa_flags = flags };

	if (sigaction(signo, NULL, &now) < 0 || now.sa_handler == SIG_IGN)
		return;
	sigfillset(&act.sa_mask);
	(void)sigaction(signo, &act, NULL);
}

int terminal_raw(struct twc_err *err)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
				    SIGSEGV, SIGALRM, SIGTERM, SIGUSR2, SIGXCPU, SIGSYS, SIGVTALRM, SIGPROF };

	if (tcgetattr(STDIN_FILENO, &tty.saved) < 0)
		return twc_err_set(err, TWC_ENOINPUT, "raw=yes: standard input is no terminal");
	tty.fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (tty.fd < 0)
		return twc_err_sys(err, TWC_ELIMIT, errno, NULL, "cannot keep the terminal");
	tty.raw = tty.saved;
	cfmakeraw(&tty.raw);
	for (size_t i = 0; i < TWC_ARRAY_LEN(ends); i++)
		handle(ends[i], on_end, (int)SA_RESETHAND);
	handle(SIGTSTP, on_stop, SA_RESTART);
	handle(SIGCONT, on_continue, SA_RESTART);
	(void)atexit(terminal_restore);
	tty.is_raw = 1;
	if (tcsetattr(tty.fd, TCSADRAIN, &tty.raw) == 0)
		return 0;
	tty.is_raw = 0;
	return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot set the terminal to raw mode");
}

/* ---- the size of the window ---- */

static void on_window(struct twc_signal_watch *watch, int signo, void *arg)
{
	struct terminal_window *w = arg;
	struct winsize size = { 0 };

	(void)watch;
	(void)signo;
	(void)ioctl(STDIN_FILENO, TIOCGWINSZ, &size); /* 0 by 0: not known */
	twc_join_window(w->join, size.ws_col, size.ws_row);
}

int terminal_window_start(struct terminal_window *w, struct twc_reactor *r, struct twc_join *join, struct twc_err *err)
{
	int rc;

	if (!isatty(STDIN_FILENO))
		return 0;
	w->join = join;
	rc = twc_signal_start(r, &w->watch, SIGWINCH, on_window, w, err);
	if (rc < 0)
		return rc;
	w->r = r;
	on_window(&w->watch, SIGWINCH, w);
	return 0;
}

void terminal_window_stop(struct terminal_window *w)
{
	if (w->r)
		twc_signal_stop(w->r, &w->watch);
	w->r = NULL;
}

/* ---- keys ---- */

int terminal_parse_key(const char *value, int *key, struct twc_err *err)
{
	size_t n = strlen(value);

	*key = -1;
	if (strcmp(value, "none") == 0)
		return 0;
	if (n == 1)
		*key = (unsigned char)value[0];
	else if (n == 2 && value[0] == '^' && value[1] == '?')
		*key = 127;
	else if (n == 2 && value[0] == '^' && value[1] >= '@' && value[1] <= '~')
		*key = value[1] & 31;
	if (*key >= 0)
		return 0;
	return twc_err_set(err, TWC_EUSAGE, "%s is no key: ^], another ^KEY, a character, or none", value);
}
