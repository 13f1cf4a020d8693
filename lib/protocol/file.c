/* SPDX-License-Identifier: MIT */
/*
 * file FILE: its content to each client. One descriptor is opened when the service is made and shared by all, read with
 * pread: a file that is renamed over or removed later is still served whole, as it was.
 *
 * The promise to a client is the size at the moment it came. It is read slice by slice as the transport takes it; a file
 * that has become shorter meanwhile cannot keep the promise, and the connection is aborted with TWC_EIO
 * rather than ended as if all were well. What was appended meanwhile is not sent.
 *
 * A datagram is answered with the whole file as one datagram; a file that does not fit into one fails the session.
 */
#include "protocol/service_int.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define SLICE (256 * 1024)

struct file_factory {
	struct twc_factory base;
	int fd;
	char *path;  /* owned; as given, for messages */
	char *slice; /* owned; SLICE bytes, in use only inside file_send */
};

struct file {
	struct twc_protocol base;
	const struct file_factory *factory; /* borrowed */
	uint64_t size;			    /* promised */
	uint64_t sent;			    /* <= size */
	struct twc_timer timer;		    /* goes on with the next burst */
};

static void file_fail_sys(const struct file *c, int sys)
{
	struct twc_err err;

	twc_err_sys(&err, TWC_EIO, sys, NULL, "cannot read %s", c->factory->path);
	twc_transport_fail(c->base.transport, &err);
}

/* The size now, or false after the connection was failed. */
static bool file_promise(struct file *c)
{
	struct stat st;

	if (fstat(c->factory->fd, &st) < 0) {
		file_fail_sys(c, errno);
		return false;
	}
	c->size = (uint64_t)st.st_size;
	c->sent = 0;
	return true;
}

/* The next slice to the transport; false when that failed. */
static bool file_send(struct file *c)
{
	uint64_t left = c->size - c->sent;
	size_t want = left < SLICE ? (size_t)left : SLICE;
	struct twc_err err;
	ssize_t n;

	do
		n = pread(c->factory->fd, c->factory->slice, want, (off_t)c->sent);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		file_fail_sys(c, errno);
		return false;
	}
	if (n == 0 && want > 0) {
		twc_err_set(&err, TWC_EIO, "%s became shorter while it was sent: %llu of %llu bytes",
			    c->factory->path, (unsigned long long)c->sent, (unsigned long long)c->size);
		twc_transport_fail(c->base.transport, &err);
		return false;
	}
	twc_transport_write(c->base.transport, c->factory->slice, (size_t)n);
	c->sent += (uint64_t)n;
	return true;
}

static void file_on_timer(struct twc_timer *timer, void *arg);

/* A full transport says `drained`; the timer carries on when it took the whole burst. */
static void file_stream(struct file *c)
{
	struct twc_transport *t = c->base.transport;

	for (size_t sent = 0; c->sent < c->size && sent < TWC__BURST; sent += SLICE) {
		if (twc_transport_is_full(t) || twc_transport_is_closing(t) || !file_send(c))
			return;
	}
	if (c->sent == c->size)
		twc_transport_lose(t);
	else
		twc_timer_start(twc_transport_reactor(t), &c->timer, 0, file_on_timer, c);
}

static void file_on_timer(struct twc_timer *timer, void *arg)
{
	(void)timer;
	file_stream(arg);
}

static void file_made(struct twc_protocol *p)
{
	struct file *c = (struct file *)p;

	if (!twc_transport_is_datagram(p->transport) && file_promise(c))
		file_stream(c);
}

static void file_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct file *c = (struct file *)p;
	struct twc_err err;

	(void)data;
	(void)n;
	if (!twc_transport_is_datagram(p->transport) || twc_transport_is_full(p->transport) || !file_promise(c))
		return;
	if (c->size <= TWC__DATAGRAM_MAX) {
		file_send(c);
		return;
	}
	twc_err_set(&err, TWC_ETOOLONG, "%s does not fit into one datagram (%llu bytes, at most %d)",
		    c->factory->path, (unsigned long long)c->size, TWC__DATAGRAM_MAX);
	twc_transport_fail(p->transport, &err);
}

static void file_drained(struct twc_protocol *p)
{
	if (!twc_transport_is_datagram(p->transport))
		file_stream((struct file *)p);
}

/* That the client has nothing (more) to say changes nothing. */
static void file_eof(struct twc_protocol *p)
{
	if (twc_transport_is_datagram(p->transport))
		twc_transport_lose(p->transport);
}

static void file_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct file *c = (struct file *)p;

	(void)reason;
	twc_timer_stop(twc_transport_reactor(p->transport), &c->timer);
	twc_free(c);
}

static const struct twc_protocol_ops file_ops = {
	.name = "file",
	.made = file_made,
	.data = file_data,
	.eof = file_eof,
	.drained = file_drained,
	.lost = file_lost,
};

static struct twc_protocol *file_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct file *c = twc_malloc(sizeof(*c));

	(void)peer;
	*c = (struct file){ .base.ops = &file_ops, .factory = (struct file_factory *)f };
	return &c->base;
}

static const struct twc_factory_ops file_factory_ops = {
	.name = "file",
	.build = file_build,
};

/* A descriptor of a readable regular file, or a negative code. O_NONBLOCK: opening a FIFO must not wait. */
static int file_open(const char *path, struct twc_err *err)
{
	struct stat st;
	char c;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		twc_err_set(err, TWC_ENOINPUT, "%s is not a regular file", path);
	else if (st.st_size == 0 && pread(fd, &c, 1, 0) > 0) /* as in /proc: it would be sent as an empty one */
		twc_err_set(err, TWC_ENOINPUT, "%s does not say how long it is", path);
	else
		return fd;
	close(fd);
	return TWC_ENOINPUT;
}

static struct twc_factory *file_create(struct twc_reactor *r, const char *arg, struct twc_err *err)
{
	struct file_factory *f;
	int fd = file_open(arg, err);

	(void)r;
	if (fd < 0)
		return NULL;
	f = twc_malloc(sizeof(*f));
	*f = (struct file_factory){
		.base.ops = &file_factory_ops,
		.fd = fd,
		.path = twc_strdup(arg),
		.slice = twc_malloc(SLICE),
	};
	return &f->base;
}

static void file_destroy(struct twc_factory *f)
{
	struct file_factory *file = (struct file_factory *)f;

	if (!file)
		return;
	close(file->fd);
	twc_free(file->path);
	twc_free(file->slice);
	twc_free(file);
}

const struct twc_service twc__service_file = {
	.name = "file",
	.arg_name = "FILE",
	.summary = "send the content of FILE",
	.create = file_create,
	.destroy = file_destroy,
};
