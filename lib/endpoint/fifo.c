/* SPDX-License-Identifier: MIT */
/*
 * fifo: a named pipe, read or written; made when it is missing, and then removed at the end. A fifo that is read ends
 * with its last writer, but not before there was one. Opening one for writing has to wait for a reader, and not in
 * open(2), where nobody could interrupt it.
 */
#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)
#define FIFO_MODE 0600

enum { DIR_R, DIR_W };
static const char *const dir_words[] = { "r", "w", NULL };

static const struct twc_endpoint_arg fifo_args[] = {
	{ .name = "path", .kind = TWC_ARG_STRING, .roles = BOTH, .positional = BOTH, .required = BOTH,
	  .help = "the fifo; made when there is none" },
	{ .name = "dir", .kind = TWC_ARG_WORD, .roles = BOTH, .words = dir_words,
	  .help = "r: read from it; w: write to it, when somebody reads (r)" },
	{ .name = "mode", .kind = TWC_ARG_MODE, .roles = BOTH, .help = "permissions of a fifo that is made, octal (600)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const fifo_groups[] = { fifo_args, twc__args_timeout, NULL };

struct fifo {
	char *path;		      /* owned */
	struct twc__bound_file made; /* what is ours to remove */
};

static int fifo_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *mode = twc__args_get(a, "mode"), *timeout = twc__args_get(a, "timeout");

	if (twc__check_name(twc__args_get(a, "path"), err))
		return TWC_EUSAGE;
	if (mode && (mode->num == 0 || mode->num > 0777))
		return twc__fault(err, mode->column, "mode must be 1 to 777 (octal)");
	if (timeout && timeout->num == 0)
		return twc__fault(err, timeout->column, "timeout must be longer than 0");
	return 0;
}

static void fifo_release(void *arg)
{
	struct fifo *f = arg;

	twc__bound_file_remove(&f->made);
	twc_free(f->path);
	twc_free(f);
}

static int fifo_fail(const char *path, int sys, struct twc_err *err)
{
	int code = sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : TWC_ECANTCREAT;

	return twc_err_sys(err, code, sys, path, "%s",
			   sys == ENOENT   ? "no such directory"
			   : sys == EACCES ? "not allowed to open or make the fifo"
			   : sys == EROFS  ? "read-only file system"
					   : "cannot open or make the fifo");
}

/* The mode is given by name, for the umask has its say in mkfifo; nobody can have put another file there in between who
 * could not do worse. */
static int fifo_make(struct fifo *f, unsigned mode, struct twc_err *err)
{
	struct stat st;

	if (mkfifo(f->path, 0600) < 0)
		return errno == EEXIST ? 0 : fifo_fail(f->path, errno, err);
	if (lstat(f->path, &st) < 0 || ((st.st_mode & 07777) != mode && chmod(f->path, (mode_t)mode) < 0))
		return fifo_fail(f->path, errno, err);
	f->made = (struct twc__bound_file){ .path = twc__absolute(f->path), .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

static int fifo_poll(struct twc__local *l, struct twc_err *err)
{
	const struct fifo *f = l->arg;

	l->out = open(f->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (l->out >= 0)
		return 0;
	return errno == ENXIO ? TWC__NOT_YET : fifo_fail(f->path, errno, err);
}

static int fifo_prepare(const struct twc_endpoint *e, struct twc__local *l, struct twc_err *err)
{
	struct fifo *f = twc_calloc(1, sizeof(*f));
	struct stat st;
	int rc;

	f->path = twc_strdup(twc__args_str(&e->args, "path", ""));
	l->arg = f;
	l->release = fifo_release;
	rc = fifo_make(f, (unsigned)twc__args_num(&e->args, "mode", FIFO_MODE), err);
	if (rc)
		return rc;
	if (stat(f->path, &st) < 0)
		return fifo_fail(f->path, errno, err);
	if (!S_ISFIFO(st.st_mode))
		return twc_err_set(err, TWC_ECANTCREAT, "there is a file that is no fifo (%s)", f->path);
	if (twc__args_num(&e->args, "dir", DIR_R) == DIR_W) {
		l->poll = fifo_poll;
		l->waits_for = "nobody opened it for reading";
		l->timeout_ns = twc__args_num(&e->args, "timeout", 0);
		return 0;
	}
	l->in = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return l->in < 0 ? fifo_fail(f->path, errno, err) : 0;
}

/* Whether it is there already is seen only when it is needed. */
static bool fifo_leaves_traces(const struct twc__args *a)
{
	(void)a;
	return true;
}

const struct twc__endpoint_type twc__endpoint_fifo = {
	.pub = { .name = "fifo", .roles = BOTH, .summary = "a named pipe, read or written",
		 .synopsis = (const char *const[]){ "fifo:PATH", "fifo:PATH:dir=w", NULL }, .args = fifo_groups },
	.leaves_traces = fifo_leaves_traces,
	.check = fifo_check,
	.prepare = fifo_prepare,
	.listen = twc__local_listen,
};
