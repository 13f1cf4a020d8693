/* SPDX-License-Identifier: MIT */
/*
 * A connection handed to another program: its descriptor goes over a UNIX socket (SCM_RIGHTS, unix(7)) with one byte of
 * data, which is what `nc -F` does and what ssh waits for (ProxyUseFdpass). Nothing has been read from it before.
 *
 * The receiver shares the open file description, so what it finds is what is left here: a blocking socket, as a
 * program that knows nothing of us expects.
 */
#include <twc/app.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/banned.h"

#define PATIENCE_MS 30000 /* with a receiver that takes nothing */

int twc_fdpass_check(int over, struct twc_err *err)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getpeername(over, (struct sockaddr *)&ss, &len) == 0 && ss.ss_family == AF_UNIX)
		return 0;
	return twc_err_set(err, TWC_EUSAGE, "is not a connected UNIX socket, over which a connection could be handed");
}

static ssize_t fdpass_try(int over, int fd)
{
	char byte = 0;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(over, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The socket is the receiver's program's too, and never made non-blocking: MSG_DONTWAIT and waiting here. */
int twc_fdpass_send(int over, int fd, struct twc_err *err)
{
	struct pollfd p = { .fd = over, .events = POLLOUT };
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot make the connection fit to be handed over");
	while (fdpass_try(over, fd) < 0) {
		int sys = errno, ready = 1;

		if (sys == EPIPE)
			return twc_err_set(err, TWC_EPIPEOUT, "%s", twc_err_default_text(TWC_EPIPEOUT));
		if (sys == EAGAIN)
			ready = poll(&p, 1, PATIENCE_MS);
		else if (sys != EINTR)
			return twc_err_sys(err, TWC_EIO, sys, NULL, "cannot hand the connection over");
		if (ready == 0)
			return twc_err_set(err, TWC_ETIMEDOUT, "nobody took the connection within %d s",
					   PATIENCE_MS / 1000);
	}
	return 0;
}
