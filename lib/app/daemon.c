/* SPDX-License-Identifier: MIT */
/*
 * Into the background, in two steps: the process forks before it has anything that a fork would spoil, and the parent
 * waits on a pipe until the child says that it serves. So whoever started it knows when it is ready, and hears of a
 * failure by the status. A child that ends before it has said so has failed; a parent that has gone ends the child.
 */
#include <twc/process.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

#define TEXT_MAX (64 * 1024)

static int put_null(int fd, int flags)
{
	int null = open("/dev/null", flags | O_CLOEXEC);

	if (null < 0)
		return -1;
	if (null == fd)
		return fcntl(fd, F_SETFD, 0);
	if (dup2(null, fd) < 0)
		return -1;
	close(null);
	return 0;
}

int twc_daemon_fork(struct twc_daemon *d, struct twc_err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot go into the background: pipe failed");
	d->pid = fork();
	if (d->pid < 0) {
		int sys = errno;

		close(ends[0]);
		close(ends[1]);
		return twc_err_sys(err, TWC_EOS, sys, NULL, "cannot go into the background: fork failed");
	}
	close(ends[d->pid ? 1 : 0]);
	d->fd = ends[d->pid ? 0 : 1];
	if (d->pid)
		return 0;
	(void)setsid();
	if (put_null(STDIN_FILENO, O_RDONLY) == 0 && put_null(STDOUT_FILENO, O_WRONLY) == 0)
		return 0;
	return twc_err_sys(err, TWC_EOS, errno, NULL, "cannot open /dev/null");
}

bool twc_daemon_wait(struct twc_daemon *d, struct twc_buf *text, int *status)
{
	bool is_ready = false;
	ssize_t n;
	char part[512];

	twc_buf_init(text, TEXT_MAX);
	while ((n = read(d->fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		is_ready = part[n - 1] == '\0';
		if (twc_buf_add(text, part, (size_t)n - is_ready) < 0)
			break; /* there were more endpoints than anybody has */
	}
	twc_daemon_forget(d);
	if (is_ready)
		return true;
	while (waitpid(d->pid, status, 0) < 0 && errno == EINTR)
		;
	return false;
}

void twc_daemon_detach(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == 0 && !S_ISREG(st.st_mode))
		(void)put_null(STDERR_FILENO, O_WRONLY);
}

int twc_daemon_ready(struct twc_daemon *d, struct twc_str text, struct twc_err *err)
{
	int rc = 0;

	while (text.n > 0 && !rc) {
		ssize_t n = write(d->fd, text.p, text.n);

		if (n < 0 && errno != EINTR)
			rc = twc_err_sys(err, TWC_EIO, errno, NULL, "who started it does not wait for it any more");
		if (n > 0)
			text = (struct twc_str){ text.p + n, text.n - (size_t)n };
	}
	twc_daemon_detach();
	if (!rc && write(d->fd, "", 1) != 1)
		rc = twc_err_sys(err, TWC_EIO, errno, NULL, "who started it does not wait for it any more");
	twc_daemon_forget(d);
	return rc;
}

void twc_daemon_forget(struct twc_daemon *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}
