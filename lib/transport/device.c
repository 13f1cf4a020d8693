/* SPDX-License-Identifier: MIT */
/*
 * What was opened by path as a transport: files, fifos, serial lines, masters of pseudo-terminals. A fdpair of
 * our own descriptors, with what these have besides: no reading (or writing) side, a terminal's idea of an end, output
 * that is still on its way down a serial line, and files that are followed while they grow.
 *
 * A followed file cannot be polled. At its end we wait for inotify, and look once a second for what inotify
 * does not see (network file systems); a file that became shorter is read from its beginning.
 */
#include "transport/fdpair.h"
#include "transport/tty.h"

#include <twc/parse.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/banned.h"

#define LOOK_NS TWC_NS_PER_S
#define DRAIN_LOOK_NS (5 * TWC_NS_PER_MS)

struct device {
	struct twc__fdpair s;
	unsigned flags;
	struct twc__tty tty;
	unsigned quiet;		/* TTY: how often in a row nothing was on its way */
	int unsent;		/* TTY: bytes on their way down the line, when last looked at by push */
	struct twc_timer timer; /* TTY: looks whether the output has left. FOLLOW: whether the file has grown */
	/* FOLLOW; s.rd.fd is then -1 */
	int file;		 /* owned; -1: none */
	struct twc_watch growth; /* inotify; fd owned, -1: not to be had */
	struct twc__kick kick;
	bool wants_read, is_at_end;
};

static struct device *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct device, s.t);
}

/* ---- a file that grows ---- */

static void follow_run(struct twc_transport *t)
{
	struct device *d = self_of(t);

	if (d->wants_read && !d->is_at_end)
		twc__transport_on_ready(t, TWC_READ);
	if (d->wants_read && !d->is_at_end && !(t->flags & TWC__F_DEAD))
		twc__kick(&d->kick, t, follow_run);
}

static void follow_look(struct device *d)
{
	d->is_at_end = false;
	if (d->wants_read)
		twc__kick(&d->kick, &d->s.t, follow_run);
}

static void on_growth(struct twc_watch *w, unsigned ready)
{
	struct device *d = TWC_CONTAINER_OF(w, struct device, growth);
	char events[4096];

	(void)ready;
	while (read(w->fd, events, sizeof(events)) > 0)
		;
	follow_look(d);
}

static void on_look(struct twc_timer *timer, void *arg)
{
	(void)timer;
	follow_look(arg);
}

static ssize_t follow_read(struct device *d, void *buf, size_t n)
{
	ssize_t got = read(d->file, buf, n);
	struct stat st;

	if (got == 0 && fstat(d->file, &st) == 0 && st.st_size < lseek(d->file, 0, SEEK_CUR) &&
	    lseek(d->file, 0, SEEK_SET) == 0)
		got = read(d->file, buf, n);
	if (got != 0)
		return got < 0 ? -errno : got;
	d->is_at_end = true;
	twc_timer_start(d->s.t.r, &d->timer, LOOK_NS, on_look, d);
	return -EAGAIN;
}

/* Without inotify the timer alone looks. */
static void follow_watch(struct device *d)
{
	char path[32];
	struct twc_err err;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	d->growth.fd = -1;
	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", d->file);
	if (inotify_add_watch(fd, path, IN_MODIFY) < 0 ||
	    twc_watch_start(d->s.t.r, &d->growth, fd, TWC_READ, on_growth, &err) < 0) {
		close(fd);
		d->growth.fd = -1;
	}
}

static void follow_close(struct device *d)
{
	if (d->file < 0)
		return;
	if (d->growth.fd >= 0) {
		twc_watch_stop(d->s.t.r, &d->growth);
		close(d->growth.fd);
	}
	close(d->file);
	d->file = -1;
}

/* ---- bytes ---- */

static ssize_t device_read(struct twc_transport *t, void *buf, size_t n)
{
	struct device *d = self_of(t);
	ssize_t got;

	if (d->file >= 0)
		return follow_read(d, buf, n);
	got = twc__fdpair_read(t, buf, n);
	return d->flags & TWC__DEVICE_TTY ? twc__tty_result(d->s.rd.fd, got) : got;
}

static ssize_t device_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	struct device *d = self_of(t);
	ssize_t sent;

	if (d->s.wr.fd < 0)
		return -EBADF;
	sent = twc__fdpair_writev(t, iov, n);
	twc__tty_wrote(&d->tty, iov, n, sent);
	return sent;
}

static int device_set_events(struct twc_transport *t, unsigned events)
{
	struct device *d = self_of(t);

	if (d->file < 0)
		return twc__fdpair_set_events(t, events);
	d->wants_read = events & TWC_READ;
	if (d->wants_read && !d->is_at_end)
		twc__kick(&d->kick, t, follow_run);
	return 0;
}

/* ---- ending ---- */

static int device_shutdown(struct twc_transport *t)
{
	struct device *d = self_of(t);

	if (d->flags & TWC__DEVICE_TTY)
		twc__tty_end(&d->tty, d->s.wr.fd);
	return twc__fdpair_shutdown(t);
}

/* What a serial line has yet to send. Of a pseudo-terminal it is always 0. */
static int line_unsent(const struct device *d)
{
	int left = 0;

	if (!(d->flags & TWC__DEVICE_TTY) || d->s.wr.fd < 0 || ioctl(d->s.wr.fd, TIOCOUTQ, &left) < 0)
		return 0;
	return left;
}

/* What we wrote to the master of a pseudo-terminal and nobody has read: closing it would throw that away. */
static int pty_unread(const struct device *d)
{
	int slave, left = 0;

	if (!(d->flags & TWC__DEVICE_TTY) || d->s.wr.fd < 0)
		return 0;
	slave = ioctl(d->s.wr.fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return 0;
	if (ioctl(slave, FIONREAD, &left) < 0)
		left = 0;
	close(slave);
	return left;
}

static void on_drain(struct twc_timer *timer, void *arg)
{
	struct device *d = arg;

	(void)timer;
	twc__transport_settle(&d->s.t);
}

/* The line sends more slowly than we write, and closing it would wait for it, and everybody with it. */
static bool device_is_finished(struct twc_transport *t)
{
	struct device *d = self_of(t);

	/* Twice, for the kernel hands over in the background. */
	d->quiet = line_unsent(d) + pty_unread(d) ? 0 : d->quiet + 1;
	if (!(d->flags & TWC__DEVICE_TTY) || !t->bytes_out || d->quiet > 1 || (t->flags & TWC__F_WRITE_BROKEN))
		return true;
	twc_timer_start(t->r, &d->timer, DRAIN_LOOK_NS, on_drain, d);
	return false;
}

/* A slow line may take its time, a stopped one not. */
static uint64_t device_push(struct twc_transport *t, uint64_t waited_ns)
{
	struct device *d = self_of(t);
	int before = d->unsent;

	d->unsent = line_unsent(d) + pty_unread(d);
	return d->unsent && (waited_ns <= TWC__LINGER_NS || d->unsent < before) ? TWC__LINGER_NS : 0;
}

static void device_close(struct twc_transport *t, bool reset)
{
	struct device *d = self_of(t);

	twc_timer_stop(t->r, &d->timer);
	twc__tty_stop(&d->tty);
	if (line_unsent(d))
		(void)tcflush(d->s.wr.fd, TCOFLUSH); /* what has not left by now never will */
	follow_close(d);
	twc__fdpair_close(t, reset);
}

static void device_destroy(struct twc_transport *t)
{
	twc_free(self_of(t));
}

static void device_explain(struct twc_transport *t, int sys, bool is_write, struct twc_err *err)
{
	const struct device *d = self_of(t);

	if (is_write && sys == EBADF)
		twc_err_sys(err, TWC_EIO, sys, d->s.name, "it was opened for reading only");
	else if (is_write && sys == EPIPE)
		twc_err_sys(err, TWC_ERESET, sys, d->s.name, "nobody reads it any more");
	else
		twc_err_sys(err, TWC_EIO, sys, d->s.name, "cannot %s: %s", is_write ? "write" : "read",
			    strerrordesc_np(sys));
}

static enum twc__fd_kind device_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd)
{
	const struct device *d = self_of(t);

	*fd = -1;
	if (d->flags || (dir == TWC_WRITE ? d->s.wr.fd : d->s.rd.fd) < 0)
		return TWC__FD_NONE;
	return twc__fdpair_kernel_fd(t, dir, fd);
}

static const struct twc__transport_ops device_ops = {
	.name = "device",
	.write_is_fatal = true,
	.read = device_read,
	.writev = device_writev,
	.set_events = device_set_events,
	.shutdown = device_shutdown,
	.is_finished = device_is_finished,
	.push = device_push,
	.close = device_close,
	.destroy = device_destroy,
	.explain = device_explain,
	.text = twc__fdpair_text,
	.kernel_fd = device_kernel_fd,
};

struct twc_transport *twc__transport_from_device(struct twc_reactor *r, const struct twc__device *how,
						 struct twc_protocol *p, struct twc_err *err)
{
	struct device *d = twc_calloc(1, sizeof(*d));
	bool follow = how->flags & TWC__DEVICE_FOLLOW;

	d->flags = how->flags;
	d->file = follow ? how->in : -1;
	d->growth.fd = -1;
	if (twc__fdpair_init(&d->s, &device_ops, r, follow ? -1 : how->in, how->out, true, how->name, err) < 0) {
		device_close(&d->s.t, false);
		twc_free(d);
		return NULL;
	}
	d->tty.t = &d->s.t;
	if (follow)
		follow_watch(d);
	twc__transport_begin(&d->s.t, p, 0);
	return &d->s.t;
}
