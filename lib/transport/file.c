/* SPDX-License-Identifier: MIT */
/*
 * Files that are sent, and the two ways of a range to the kernel: inside it (sendfile), where a socket of our own carries
 * the bytes as they are and nobody wants to see them; else by pieces through one buffer of the reactor, which write.c
 * writes like any other bytes. Of these the queue keeps what the kernel does not take, so one piece at most.
 *
 * A range was promised to the peer, in a header before it. So whatever keeps it from being sent whole breaks the connection
 * off, and never ends it.
 */
#include "transport/transport_priv.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

struct twc_file {
	int fd; /* owned */
	unsigned refs;
	bool is_outside; /* sendfile does not know this kind of file, or could not read it */
};

struct twc_file *twc_file_new(int fd)
{
	struct twc_file *f = twc_calloc(1, sizeof(*f));

	f->fd = fd;
	f->refs = 1;
	return f;
}

struct twc_file *twc_file_ref(struct twc_file *f)
{
	f->refs++;
	return f;
}

void twc_file_unref(struct twc_file *f)
{
	if (!f || --f->refs)
		return;
	close(f->fd);
	twc_free(f);
}

int twc_file_fd(const struct twc_file *f)
{
	return f->fd;
}

/* ---- what breaks a promise ---- */

static void file_unreadable(struct twc_transport *t, int sys)
{
	struct twc_err err = { 0 };

	twc_err_sys(&err, TWC_EIO, sys, NULL, "cannot read the file that is being sent");
	twc__transport_die(t, &err, true);
}

static void file_short(struct twc_transport *t, uint64_t end)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_EIO, "the file that is being sent ends at byte %llu, sooner than was promised",
		    (unsigned long long)end);
	twc__transport_die(t, &err, true);
}

/* ---- inside the kernel ---- */

bool twc__file_is_inside(const struct twc_transport *t, const struct twc_file *f)
{
	int fd;

	if (f->is_outside || (t->x && t->x->tap) || twc__transport_is_traced(t))
		return false;
	return twc__transport_kernel_fd(t, TWC_WRITE, &fd) == TWC__FD_SOCKET;
}

/* Errors of a call that both reads and writes, which reading alone will tell better. */
static bool is_of_reading(int sys)
{
	return sys == EINVAL || sys == ENOSYS || sys == EOPNOTSUPP || sys == EIO || sys == EOVERFLOW || sys == ESPIPE ||
	       sys == EISDIR || sys == EBADF;
}

ssize_t twc__file_send(struct twc_transport *t, const struct twc__chunk *c, size_t n)
{
	off_t at = (off_t)(c->at + c->start);
	ssize_t sent;
	int fd;

	(void)twc__transport_kernel_fd(t, TWC_WRITE, &fd);
	sent = sendfile(fd, c->file->fd, &at, n);
	if (sent == 0)
		file_short(t, c->at + c->start);
	if (sent >= 0)
		return sent;
	if (!is_of_reading(errno))
		return -errno;
	c->file->is_outside = true;
	return 0;
}

ssize_t twc__file_announce(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)n };
	ssize_t sent;
	int fd;

	(void)twc__transport_kernel_fd(t, TWC_WRITE, &fd);
	sent = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
	return sent < 0 ? -errno : sent;
}

/* ---- through memory ---- */

char *twc__file_piece(struct twc_transport *t, struct twc_file *f, uint64_t offset, size_t n)
{
	struct twc__tlayer *l = twc__tlayer(t->r);

	if (!l->piece)
		l->piece = twc_malloc(TWC__PIECE);
	for (size_t have = 0; have < n;) {
		ssize_t got = pread(f->fd, l->piece + have, n - have, (off_t)(offset + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			file_unreadable(t, errno);
		if (got == 0)
			file_short(t, offset + have);
		if (got <= 0)
			return NULL;
		have += (size_t)got;
	}
	return l->piece;
}
