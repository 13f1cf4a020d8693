/* SPDX-License-Identifier: MIT */
/*
 * Where the lines of an access log go: into a file, which others may move away meanwhile, or to whoever made the log. Lines are
 * collected during a turn of the loop and written at once, whole; several processes append to one file, and no line of
 * one is inside that of another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <twc/parse.h>

#include "app/http/access_log.h"
#include "base/replace.h"
#include "base/banned.h"

#define FLUSH_AT (64 * 1024) /* bytes that are written without waiting for the end of the turn */

struct twc_http_log {
	struct twc_reactor *r; /* borrowed */
	struct twc_http_log_opts o;
	struct twc__access_format *format; /* owned */
	struct twc_buf lines;
	int fd; /* -1: o.write gets the lines */
	bool is_called; /* a call is on its way */
	bool is_lost;	/* what came last could not be written */
};

/* ---- out ---- */

static void lose(struct twc_http_log *l, int sys)
{
	struct twc_err err = { 0 };

	if (!l->is_lost && l->o.failed) {
		twc_err_sys(&err, TWC_EIO, sys, NULL, "cannot write the access log %s; lines are lost", l->o.path);
		l->o.failed(l->o.arg, &err);
	}
	l->is_lost = true;
}

void twc_http_log_flush(struct twc_http_log *l)
{
	if (!twc_buf_len(&l->lines))
		return;
	if (l->fd < 0)
		l->o.write(l->o.arg, twc_buf_head(&l->lines), twc_buf_len(&l->lines));
	else if (twc__write_all(l->fd, twc_buf_str(&l->lines)) < 0)
		lose(l, errno);
	else
		l->is_lost = false;
	twc_buf_clear(&l->lines);
}

static void on_call(void *arg)
{
	struct twc_http_log *l = arg;

	l->is_called = false;
	twc_http_log_flush(l);
}

static void add(struct twc_http_log *l, struct twc__access_facts *a)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	a->now_s = ts.tv_sec;
	a->now_us = (uint32_t)(ts.tv_nsec / 1000);
	if (twc_buf_len(&l->lines) >= FLUSH_AT)
		twc_http_log_flush(l);
	if (twc__access_format_put(l->format, a, &l->lines) == 0 && !l->is_called) {
		l->is_called = true;
		twc_reactor_call(l->r, on_call, l);
	}
}

void twc_http_log_exchanged(struct twc_http_log *l, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct twc__access_facts a = {
		.x = x,
		.t = twc_http_transport(x),
		.err = err,
		.status = twc_http_status(x),
		.us = (twc_reactor_clock(l->r) - twc_http_request(x)->started_ns) / TWC_NS_PER_US,
	};

	add(l, &a);
}

void twc_http_log_refused(struct twc_http_log *l, struct twc_transport *t, int status, const struct twc_err *err)
{
	struct twc__access_facts a = { .t = t, .err = err, .status = status };

	add(l, &a);
}

/* ---- the file ---- */

/* A FIFO that nobody reads fails at once; what is no file is written as slowly as it likes. */
static int open_file(const char *path, struct twc_err *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);

	if (fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) == 0)
		return fd;
	twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot open the access log %s", path);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

int twc_http_log_reopen(struct twc_http_log *l, struct twc_err *err)
{
	int fd;

	if (l->fd < 0)
		return 0;
	twc_http_log_flush(l);
	fd = open_file(l->o.path, err);
	if (fd < 0)
		return TWC_ECANTCREAT;
	(void)close(l->fd);
	l->fd = fd;
	return 0;
}

struct twc_http_log *twc_http_log_new(struct twc_reactor *r, const struct twc_http_log_opts *o, struct twc_err *err)
{
	struct twc__access_format *format = twc__access_format_new(o->format, err);
	struct twc_http_log *l;
	int fd = -1;

	if (!format)
		return NULL;
	if (o->path)
		fd = open_file(o->path, err);
	if (o->path && fd < 0) {
		twc__access_format_free(format);
		return NULL;
	}
	l = twc_calloc(1, sizeof(*l));
	*l = (struct twc_http_log){ .r = r, .o = *o, .format = format, .fd = fd };
	twc_buf_init(&l->lines, FLUSH_AT + TWC__ACCESS_LINE_MAX);
	return l;
}

void twc_http_log_free(struct twc_http_log *l)
{
	if (!l)
		return;
	twc_http_log_flush(l);
	if (l->fd >= 0)
		(void)close(l->fd);
	twc_buf_fini(&l->lines);
	twc__access_format_free(l->format);
	twc_free(l);
}
