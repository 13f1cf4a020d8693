/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing a pair of descriptors that others may share. The shell's standard streams are one open
 * file with the shell's own: switching them to O_NONBLOCK would break whoever runs next. So each kind is asked
 * in the way that cannot block: sockets with MSG_DONTWAIT, pipes and terminals through a non-blocking twin opened
 * by /proc, or in pieces of PIPE_BUF that a writable pipe always takes. Regular files cannot be polled: they are
 * ready always, and served once a turn.
 */
#include "transport/fdpair.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static struct twc__fdpair *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct twc__fdpair, t);
}

/* ---- what kind of descriptor is it ---- */

static int kind_of(int fd, uint8_t *kind, struct twc_err *err)
{
	struct stat st;

	*kind = TWC__FDPAIR_NONE;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "descriptor %d is not open", fd);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		*kind = TWC__FDPAIR_FILE;
	else if (S_ISFIFO(st.st_mode))
		*kind = TWC__FDPAIR_PIPE;
	else if (S_ISSOCK(st.st_mode))
		*kind = TWC__FDPAIR_SOCKET;
	else
		*kind = TWC__FDPAIR_OTHER;
	return 0;
}

/* A second open file for the same pipe or terminal, with an O_NONBLOCK of its own; -1 when not to be had. */
static int nonblocking_twin(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static void choose_out(struct twc__fdpair *s)
{
	int flags = fcntl(s->out, F_GETFL);

	s->wr.fd = s->out;
	if (flags >= 0 && (flags & O_NONBLOCK))
		return;
	if (s->out_kind == TWC__FDPAIR_PIPE || (s->out_kind == TWC__FDPAIR_OTHER && isatty(s->out))) {
		int twin = nonblocking_twin(s->out);

		if (twin >= 0)
			s->wr.fd = twin;
		else
			s->out_may_block = s->out_kind == TWC__FDPAIR_PIPE;
	}
}

/* A pipe or terminal that others hold too stays blocking. */
static void choose_in(struct twc__fdpair *s)
{
	int flags = fcntl(s->rd.fd, F_GETFL);

	if ((s->in_kind == TWC__FDPAIR_PIPE || s->in_kind == TWC__FDPAIR_OTHER) && flags >= 0 && !(flags & O_NONBLOCK))
		s->t.flags |= TWC__F_ONE_READ;
}

/* ---- readiness ---- */

static unsigned always_ready(const struct twc__fdpair *s)
{
	unsigned ready = 0;

	if (!s->in_polls)
		ready |= TWC_READ;
	if (!s->out_polls)
		ready |= TWC_WRITE;
	return ready & s->events;
}

static void kick(struct twc__fdpair *s);

static void run_ready(struct twc_transport *t)
{
	struct twc__fdpair *s = self_of(t);

	if (always_ready(s))
		twc__transport_on_ready(t, always_ready(s));
	kick(s);
}

static void kick(struct twc__fdpair *s)
{
	if (always_ready(s) && !(s->t.flags & TWC__F_DEAD))
		twc__kick(&s->kick, &s->t, run_ready);
}

static void on_read_ready(struct twc_watch *w, unsigned ready)
{
	struct twc__fdpair *s = TWC_CONTAINER_OF(w, struct twc__fdpair, rd);

	if (s->rd.fd == s->wr.fd) {
		twc__transport_on_ready(&s->t, ready);
		return;
	}
	/* A hang-up of what we read from is an end that reading will find. */
	twc__transport_on_ready(&s->t, ready & TWC_READ);
}

static void on_write_ready(struct twc_watch *w, unsigned ready)
{
	struct twc__fdpair *s = TWC_CONTAINER_OF(w, struct twc__fdpair, wr);

	if (ready & TWC_WRITE)
		twc__transport_on_ready(&s->t, TWC_WRITE);
	/* Nobody reads any more. For standard output that is the end; a child that ends without having read all
	 * its input has only refused what is still unsent, and writing that will tell. */
	if ((ready & TWC_HUP) && s->t.ops->write_is_fatal &&
	    !(s->t.flags & (TWC__F_DEAD | TWC__F_WRITE_BROKEN | TWC__F_SENT_EOF)))
		twc__transport_write_failed(&s->t, s->out_kind == TWC__FDPAIR_OTHER ? EIO : EPIPE);
	else if (ready & TWC_HUP)
		twc__transport_settle(&s->t);
}

static int watch(struct twc__fdpair *s, struct twc_watch *w, twc_watch_fn fn, bool *polls, struct twc_err *err)
{
	int rc = w->fd < 0 ? TWC_EDATA : twc_watch_start(s->t.r, w, w->fd, 0, fn, err);

	*polls = rc == 0;
	return rc == TWC_EDATA ? 0 : rc;
}

int twc__fdpair_set_events(struct twc_transport *t, unsigned events)
{
	struct twc__fdpair *s = self_of(t);

	if (events & TWC_EDGE && !(s->in_polls && s->rd.fd == s->wr.fd))
		return -EOPNOTSUPP; /* some kinds here cannot be read until nothing is left */
	s->events = (uint8_t)events;
	if (s->in_polls && s->rd.fd == s->wr.fd) {
		twc_watch_set(t->r, &s->rd, events);
		return 0;
	}
	if (s->in_polls)
		twc_watch_set(t->r, &s->rd, events & TWC_READ);
	if (s->out_polls)
		twc_watch_set(t->r, &s->wr, events & TWC_WRITE);
	kick(s);
	return 0;
}

/* ---- bytes ---- */

ssize_t twc__fdpair_read(struct twc_transport *t, void *buf, size_t n)
{
	struct twc__fdpair *s = self_of(t);
	ssize_t got;

	if (s->rd.fd < 0)
		return 0;
	if (s->in_kind == TWC__FDPAIR_SOCKET)
		got = recv(s->rd.fd, buf, n, MSG_DONTWAIT);
	else
		got = read(s->rd.fd, buf, n);
	return got < 0 ? -errno : got;
}

/* A pipe that polls writable takes PIPE_BUF bytes without blocking. */
static ssize_t write_piece(int fd, const struct iovec *iov)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	size_t n = iov->iov_len < PIPE_BUF ? iov->iov_len : PIPE_BUF;

	if (poll(&p, 1, 0) <= 0 || !(p.revents & (POLLOUT | POLLERR)))
		return -EAGAIN;
	ssize_t sent = write(fd, iov->iov_base, n);

	return sent < 0 ? -errno : sent;
}

ssize_t twc__fdpair_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct twc__fdpair *s = self_of(t);
	ssize_t sent;

	if (s->wr.fd < 0) { /* nobody listens: discarded */
		size_t total = 0;

		for (int i = 0; i < n; i++)
			total += iov[i].iov_len;
		return (ssize_t)total;
	}
	if (s->out_may_block)
		return write_piece(s->wr.fd, iov);
	if (s->out_kind == TWC__FDPAIR_SOCKET) {
		struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)n };

		sent = sendmsg(s->wr.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		sent = writev(s->wr.fd, iov, n);
	}
	return sent < 0 ? -errno : sent;
}

/* ---- ending ---- */

/* Closes a descriptor given to us; a standard one is kept occupied. */
static void close_given(int fd)
{
	int null;

	if (fd < 0)
		return;
	if (fd > STDERR_FILENO) {
		close(fd);
		return;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0) {
		close(fd);
		return;
	}
	dup2(null, fd);
	close(null);
}

static void close_out(struct twc__fdpair *s)
{
	if (s->wr.fd < 0)
		return;
	if (s->out_polls && s->wr.fn)
		twc_watch_stop(s->t.r, &s->wr);
	if (s->wr.fd != s->out)
		close(s->wr.fd);
	if (s->own)
		close_given(s->out);
	s->wr.fd = s->out = -1;
	s->out_polls = false;
}

int twc__fdpair_shutdown(struct twc_transport *t)
{
	struct twc__fdpair *s = self_of(t);

	if (s->wr.fd >= 0 && s->out_kind == TWC__FDPAIR_SOCKET && s->own)
		(void)shutdown(s->wr.fd, SHUT_WR);
	if (s->wr.fd >= 0 && s->wr.fd != s->rd.fd)
		close_out(s);
	return 0;
}

void twc__fdpair_close(struct twc_transport *t, bool reset)
{
	struct twc__fdpair *s = self_of(t);
	bool same = s->rd.fd == s->wr.fd;

	(void)reset;
	s->events = 0;
	if (s->in_polls && s->rd.fn)
		twc_watch_stop(t->r, &s->rd);
	if (s->own && !same)
		close_given(s->rd.fd);
	s->rd.fd = -1;
	s->in_polls = false;
	close_out(s);
}

/* ---- asking ---- */

static void socket_addr(const struct twc_transport *t, struct twc_addr *a,
			int (*ask)(int, struct sockaddr *, socklen_t *))
{
	const struct twc__fdpair *s = self_of(t);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (s->in_kind != TWC__FDPAIR_SOCKET || ask(s->rd.fd, (struct sockaddr *)&ss, &len) < 0)
		return;
	if (ss.ss_family == AF_INET || ss.ss_family == AF_INET6)
		twc_addr_set(a, TWC_ADDR_TCP, (struct sockaddr *)&ss, len);
	else if (ss.ss_family == AF_UNIX && len > sizeof(sa_family_t))
		twc_addr_set(a, TWC_ADDR_UNIX, (struct sockaddr *)&ss, len);
}

static int ask_peer(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getpeername(fd, sa, len);
}

static int ask_host(int fd, struct sockaddr *sa, socklen_t *len)
{
	return getsockname(fd, sa, len);
}

void twc__fdpair_peer(const struct twc_transport *t, struct twc_addr *a)
{
	socket_addr(t, a, ask_peer);
}

void twc__fdpair_host(const struct twc_transport *t, struct twc_addr *a)
{
	socket_addr(t, a, ask_host);
}

const char *twc__fdpair_text(const struct twc_transport *t)
{
	return self_of(t)->name;
}

enum twc__fd_kind twc__fdpair_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd)
{
	const struct twc__fdpair *s = self_of(t);
	unsigned kind = dir == TWC_READ ? s->in_kind : s->out_kind;

	*fd = dir == TWC_READ ? s->rd.fd : s->wr.fd;
	if (*fd < 0)
		return TWC__FD_NONE;
	/* A shared socket may be in blocking mode, and splice would honour that. */
	return kind == TWC__FDPAIR_PIPE ? TWC__FD_PIPE : kind == TWC__FDPAIR_FILE ? TWC__FD_FILE : TWC__FD_NONE;
}

/* ---- making ---- */

int twc__fdpair_init(struct twc__fdpair *s, const struct twc__transport_ops *ops, struct twc_reactor *r, int in,
		     int out, bool own, const char *name, struct twc_err *err)
{
	int rc = kind_of(in, &s->in_kind, err);

	s->rd.fd = in;
	s->wr.fd = s->out = out;
	s->own = own;
	if (rc == 0)
		rc = kind_of(out, &s->out_kind, err);
	if (rc < 0)
		return rc;
	snprintf(s->name, sizeof(s->name), "%s", name);
	twc__transport_init(&s->t, ops, r);
	if (in >= 0)
		choose_in(s);
	if (out >= 0 && out != in)
		choose_out(s);
	rc = watch(s, &s->rd, on_read_ready, &s->in_polls, err);
	if (rc < 0)
		return rc;
	if (out >= 0 && out == in) {
		s->out_polls = s->in_polls;
		return 0;
	}
	return watch(s, &s->wr, on_write_ready, &s->out_polls, err);
}
