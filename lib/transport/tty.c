/* SPDX-License-Identifier: MIT */
/*
 * Terminals as ends of a wire, used by device.c and child.c. A terminal has no end of stream: a read of 0 bytes may
 * be one that VMIN=0 or VEOF cut short, and the hang-up is EIO on the master of a pair. Its end of input is a
 * character (termios(3), VEOF), which counts only where a line begins.
 */
#include "transport/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/banned.h"

#define RETRY_NS (10 * UINT64_C(1000000))

static bool is_hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR));
}

ssize_t twc__tty_result(int fd, ssize_t got)
{
	if (got == -EIO)
		return 0;
	if (got == 0 && !is_hung_up(fd))
		return -EAGAIN;
	return got;
}

void twc__tty_wrote(struct twc__tty *y, const struct iovec *iov, int n, ssize_t sent)
{
	for (int i = 0; i < n && sent > 0; i++) {
		size_t k = (size_t)sent < iov[i].iov_len ? (size_t)sent : iov[i].iov_len;

		if (k)
			y->last = ((const char *)iov[i].iov_base)[k - 1];
		sent -= (ssize_t)k;
	}
}

static void on_retry(struct twc_timer *timer, void *arg)
{
	struct twc__tty *y = arg;

	(void)timer;
	twc__tty_end(y, y->fd);
}

/* In the middle of a line the first one only hands the line over. */
void twc__tty_end(struct twc__tty *y, int fd)
{
	struct termios tio;
	char eof;

	y->fd = fd;
	if (fd < 0 || tcgetattr(fd, &tio) < 0 || !(tio.c_lflag & ICANON))
		return;
	eof = (char)tio.c_cc[VEOF];
	if (y->last && y->last != '\n' && write(fd, &eof, 1) == 1)
		y->last = '\n';
	if ((y->last && y->last != '\n') || write(fd, &eof, 1) != 1)
		if (errno == EAGAIN)
			twc_timer_start(y->t->r, &y->timer, RETRY_NS, on_retry, y);
}

int twc__pty_open(int *master, char name[TWC__PTY_NAME_MAX], struct twc_err *err)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), sys;

	*master = -1;
	if (fd < 0)
		return twc_err_sys(err, errno == EMFILE || errno == ENFILE || errno == ENOSPC ? TWC_ELIMIT : TWC_EOS, errno,
				   NULL, "cannot make a pseudo-terminal");
	if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, name, TWC__PTY_NAME_MAX) != 0) {
		sys = errno;
		close(fd);
		return twc_err_sys(err, TWC_EOS, sys, NULL, "cannot set up a pseudo-terminal");
	}
	*master = fd;
	return 0;
}

void twc__tty_stop(struct twc__tty *y)
{
	if (y->t)
		twc_timer_stop(y->t->r, &y->timer);
	y->fd = -1;
}
