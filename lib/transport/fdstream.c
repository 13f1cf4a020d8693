/* SPDX-License-Identifier: MIT */
/*
 * A connected socket of our own as a transport: TCP and UNIX streams, UNIX records and datagrams; UDP is
 * dgram_socket.c's. One recv per readiness, one send per callback; the descriptor enters the poll set when there is a
 * reason.
 */
#include "transport/transport_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

struct fdstream {
	struct twc_transport t;
	struct twc_watch w; /* w.fd is the descriptor; owned */
	uint8_t kind;	    /* enum twc_addr_kind */
};

static struct fdstream *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct fdstream, t);
}

static ssize_t fdstream_read(struct twc_transport *t, void *buf, size_t n)
{
	ssize_t got = recv(self_of(t)->w.fd, buf, n, MSG_DONTWAIT);

	return got < 0 ? -errno : got;
}

static ssize_t fdstream_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	int fd = self_of(t)->w.fd;
	ssize_t sent;

	if (n == 1) {
		sent = send(fd, iov->iov_base, iov->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)n };

		sent = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	return sent < 0 ? -errno : sent;
}

static void fdstream_ready(struct twc_watch *w, unsigned ready)
{
	struct fdstream *s = TWC_CONTAINER_OF(w, struct fdstream, w);

	twc__transport_on_ready(&s->t, ready);
}

static int fdstream_set_events(struct twc_transport *t, unsigned events)
{
	struct fdstream *s = self_of(t);
	struct twc_err err = { 0 };

	if (s->w.fd < 0) /* given away */
		return 0;
	if (s->w.fn) {
		twc_watch_set(t->r, &s->w, events);
		return 0;
	}
	if (twc_watch_start(t->r, &s->w, s->w.fd, events, fdstream_ready, &err) < 0)
		return err.sys ? -err.sys : -EINVAL;
	return 0;
}

static int fdstream_shutdown(struct twc_transport *t)
{
	return shutdown(self_of(t)->w.fd, SHUT_WR) < 0 ? -errno : 0;
}

static void fdstream_close(struct twc_transport *t, bool reset)
{
	struct fdstream *s = self_of(t);

	if (s->w.fd < 0)
		return;
	if (s->w.fn)
		twc_watch_stop(t->r, &s->w);
	if (reset && s->kind == TWC_ADDR_TCP) {
		struct linger now = { .l_onoff = 1, .l_linger = 0 };

		(void)setsockopt(s->w.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	close(s->w.fd);
	s->w.fd = -1;
}

static int fdstream_give(struct twc_transport *t)
{
	struct fdstream *s = self_of(t);
	int fd = s->w.fd, flags = fcntl(fd, F_GETFL);

	if (s->w.fn)
		twc_watch_stop(t->r, &s->w);
	s->w.fn = NULL;
	s->w.fd = -1;
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return fd;
}

static void fdstream_destroy(struct twc_transport *t)
{
	twc_free(self_of(t));
}

static void fdstream_peer(const struct twc_transport *t, struct twc_addr *a)
{
	const struct fdstream *s = self_of(t);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getpeername(s->w.fd, (struct sockaddr *)&ss, &len) == 0)
		twc_addr_set(a, s->kind, (struct sockaddr *)&ss, len);
}

static void fdstream_host(const struct twc_transport *t, struct twc_addr *a)
{
	const struct fdstream *s = self_of(t);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(s->w.fd, (struct sockaddr *)&ss, &len) == 0)
		twc_addr_set(a, s->kind, (struct sockaddr *)&ss, len);
}

static enum twc__fd_kind fdstream_kernel_fd(const struct twc_transport *t, unsigned dir, int *fd)
{
	(void)dir;
	*fd = self_of(t)->w.fd;
	return TWC__FD_SOCKET;
}

static const char *fdstream_text(const struct twc_transport *t)
{
	const struct fdstream *s = self_of(t);

	return s->kind == TWC_ADDR_TCP ? "tcp" : s->kind == TWC_ADDR_VSOCK ? "vsock" : "unix";
}

static const struct twc__transport_ops stream_ops = {
	.name = "socket",
	.lingers = true,
	.close_is_end = true,
	.give = fdstream_give,
	.read = fdstream_read,
	.writev = fdstream_writev,
	.set_events = fdstream_set_events,
	.shutdown = fdstream_shutdown,
	.close = fdstream_close,
	.destroy = fdstream_destroy,
	.peer = fdstream_peer,
	.host = fdstream_host,
	.text = fdstream_text,
	.kernel_fd = fdstream_kernel_fd,
};

/* ---- a UNIX datagram socket connected to one peer ---- */

static ssize_t datagram_read(struct twc_transport *t, void *buf, size_t n)
{
	/* With MSG_TRUNC recv returns the datagram's real length: none is cut unnoticed. */
	ssize_t got = recv(self_of(t)->w.fd, buf, n, MSG_DONTWAIT | MSG_TRUNC);

	if (got < 0)
		return -errno;
	return (size_t)got > n ? -EMSGSIZE : got;
}

static int datagram_shutdown(struct twc_transport *t)
{
	(void)t;
	return 0; /* datagrams have no end of stream */
}

static const struct twc__transport_ops datagram_ops = {
	.name = "datagram socket",
	.is_datagram = true,
	.write_is_fatal = true,
	.read = datagram_read,
	.writev = fdstream_writev,
	.set_events = fdstream_set_events,
	.shutdown = datagram_shutdown,
	.close = fdstream_close,
	.destroy = fdstream_destroy,
	.peer = fdstream_peer,
	.host = fdstream_host,
	.text = fdstream_text,
};

/* ---- UNIX seqpacket: a connection whose reads and writes are records ---- */

static const struct twc__transport_ops seqpacket_ops = {
	.name = "seqpacket socket",
	.is_datagram = true,
	.has_end = true,
	.lingers = true,
	.read = datagram_read,
	.writev = fdstream_writev,
	.set_events = fdstream_set_events,
	.shutdown = fdstream_shutdown,
	.close = fdstream_close,
	.destroy = fdstream_destroy,
	.peer = fdstream_peer,
	.host = fdstream_host,
	.text = fdstream_text,
};

/* ---- making ---- */

static const struct twc__transport_ops *ops_of(enum twc_addr_kind kind)
{
	switch (kind) {
	case TWC_ADDR_UNIX_DGRAM:
		return &datagram_ops;
	case TWC_ADDR_UNIX_SEQPACKET:
		return &seqpacket_ops;
	default:
		return &stream_ops;
	}
}

static struct twc_transport *fdstream_new(struct twc_reactor *r, int fd, enum twc_addr_kind kind)
{
	struct fdstream *s = twc_calloc(1, sizeof(*s));

	s->w.fd = fd;
	s->kind = (uint8_t)kind;
	twc__transport_init(&s->t, ops_of(kind), r);
	return &s->t;
}

struct twc_transport *twc__transport_from_socket(struct twc_reactor *r, int fd, enum twc_addr_kind kind,
						 const struct twc_addr *peer, unsigned flags, struct twc_protocol *p)
{
	struct twc_transport *t;

	TWC_ASSERT(!(flags & TWC__TO_PEER) || (peer && kind == TWC_ADDR_UDP));
	t = kind == TWC_ADDR_UDP ? twc__dsock_new(r, fd, flags & TWC__TO_PEER) : fdstream_new(r, fd, kind);
	if (peer) {
		struct twc__extra *x = twc__transport_extra(t);
		size_t n = offsetof(struct twc_addr, u) + peer->len;

		x->peer = twc_malloc(n);
		memcpy(x->peer, peer, n);
	}
	twc__transport_begin(t, p, flags);
	return t;
}

struct twc_transport *twc_transport_from_socket(struct twc_reactor *r, int fd, struct twc_protocol *p,
						struct twc_err *err)
{
	int type = 0, family = 0, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(type), flen = sizeof(family);
	enum twc_addr_kind kind = TWC_ADDR_TCP;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &flen) < 0) {
		twc_err_sys(err, TWC_EUSAGE, errno, NULL, "descriptor %d is not a socket", fd);
		goto fail;
	}
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		twc_err_sys(err, TWC_EOS, errno, NULL, "cannot make descriptor %d non-blocking", fd);
		goto fail;
	}
	if (family == AF_UNIX)
		kind = type == SOCK_DGRAM	? TWC_ADDR_UNIX_DGRAM
		       : type == SOCK_SEQPACKET ? TWC_ADDR_UNIX_SEQPACKET
						: TWC_ADDR_UNIX;
	else if (family == AF_VSOCK)
		kind = TWC_ADDR_VSOCK;
	else if (type == SOCK_DGRAM)
		kind = TWC_ADDR_UDP;
	return twc__transport_from_socket(r, fd, kind, NULL, 0, p);
fail:
	close(fd);
	return NULL;
}
