/* SPDX-License-Identifier: MIT */
/*
 * file: a file, or a device that behaves like one, opened for reading or for writing. What is not asked for does not
 * exist: a file that is read takes no bytes, one that is written ends at once.
 *
 * Opening must neither block nor destroy: the lock comes before the truncation, a fifo is left to its own type.
 */
#include "endpoint/endpoint_int.h"
#include "transport/transport_int.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

enum { MODE_R, MODE_W, MODE_A };
static const char *const mode_words[] = { "r", "w", "a", NULL };

static const struct twc_endpoint_arg file_args[] = {
	{ .name = "path", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .positional = TWC_CONNECT,
	  .required = TWC_CONNECT, .help = "file or device" },
	{ .name = "mode", .kind = TWC_ARG_WORD, .roles = TWC_CONNECT, .words = mode_words,
	  .help = "r: read it; w: write it anew; a: append to it (r)" },
	{ .name = "offset", .kind = TWC_ARG_SIZE, .roles = TWC_CONNECT,
	  .help = "where to begin; with mode=w what is before it stays (0)" },
	{ .name = "follow", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT,
	  .help = "with mode=r: at its end, wait for what is appended (no)" },
	{ .name = "lock", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT,
	  .help = "flock it, shared to read, exclusive to write; locked already: fail (no)" },
	{ .name = "perm", .kind = TWC_ARG_MODE, .roles = TWC_CONNECT,
	  .help = "permissions of a file that is created, octal (666 less the umask)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const file_groups[] = { file_args, NULL };

static int file_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *offset = twc__args_get(a, "offset"), *follow = twc__args_get(a, "follow");
	const struct twc__value *perm = twc__args_get(a, "perm");
	uint64_t mode = twc__args_num(a, "mode", MODE_R);

	if (offset && mode == MODE_A)
		return twc__fault(err, offset->column, "offset: appending is at the end (mode=a)");
	if (offset && offset->num > INT64_MAX)
		return twc__fault(err, offset->column, "offset is too large");
	if (follow && follow->num && mode != MODE_R)
		return twc__fault(err, follow->column, "follow is for reading (mode=r)");
	if (perm && mode == MODE_R)
		return twc__fault(err, perm->column, "perm is for a file that may be created (mode=w or a)");
	if (perm && (perm->num == 0 || perm->num > 0777))
		return twc__fault(err, perm->column, "perm must be 1 to 777 (octal)");
	return 0;
}

static int file_fail(const struct twc__args *a, int sys, struct twc_err *err)
{
	bool reads = twc__args_num(a, "mode", MODE_R) == MODE_R;
	int code = sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : reads ? TWC_ENOINPUT : TWC_ECANTCREAT;

	return twc_err_sys(err, code, sys, twc__args_str(a, "path", ""), "%s",
			   sys == ENOENT    ? "no such file or directory"
			   : sys == EISDIR  ? "it is a directory"
			   : sys == ENXIO   ? "it is a socket (unix:PATH), or a device that is not there"
			   : sys == EACCES  ? "not allowed to open it"
			   : sys == EROFS   ? "read-only file system"
			   : sys == ENOTDIR ? "a part of the path is no directory"
			   : reads	    ? "cannot open it"
					    : "cannot create it");
}

/* A descriptor, or -1 with errno. `perm` 0: what the umask leaves. */
static int file_open(const char *path, uint64_t mode, unsigned perm)
{
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK, fd;

	if (mode == MODE_R)
		return open(path, flags | O_RDONLY);
	flags |= O_WRONLY | (mode == MODE_A ? O_APPEND : 0);
	if (!perm)
		return open(path, flags | O_CREAT, 0666);
	fd = open(path, flags | O_CREAT | O_EXCL, 0600);
	if (fd >= 0)
		(void)fchmod(fd, (mode_t)perm);
	else if (errno == EEXIST)
		fd = open(path, flags);
	return fd;
}

static int file_settle(const struct twc__args *a, int fd, struct twc_err *err)
{
	const struct twc__value *offset = twc__args_get(a, "offset");
	uint64_t mode = twc__args_num(a, "mode", MODE_R);
	const char *path = twc__args_str(a, "path", "");
	struct stat st;

	if (fstat(fd, &st) < 0)
		return file_fail(a, errno, err);
	if (S_ISDIR(st.st_mode))
		return file_fail(a, EISDIR, err);
	if (twc__args_num(a, "follow", 0) && !S_ISREG(st.st_mode))
		return twc_err_set(err, TWC_ENOINPUT, "only a regular file can be followed (%s)", path);
	if (twc__args_num(a, "lock", 0) && flock(fd, (mode == MODE_R ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0)
		return twc_err_sys(err, errno == EWOULDBLOCK ? TWC_ETEMPFAIL : TWC_EOS, errno, path, "%s",
				   errno == EWOULDBLOCK ? "another process holds a lock on it" : "cannot lock it");
	if (mode == MODE_W && !offset && S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, path, "cannot empty it");
	if (offset && lseek(fd, (off_t)offset->num, SEEK_SET) < 0)
		return twc_err_sys(err, TWC_EOS, errno, path, "cannot go to offset %llu",
				   (unsigned long long)offset->num);
	return 0;
}

static int file_prepare(const struct twc_endpoint *e, struct twc__local *l, struct twc_err *err)
{
	const struct twc__args *a = &e->args;
	const char *path = twc__args_str(a, "path", "");
	uint64_t mode = twc__args_num(a, "mode", MODE_R);
	struct stat st;
	int fd;

	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		return twc_err_set(err, mode == MODE_R ? TWC_ENOINPUT : TWC_ECANTCREAT, "it is a fifo: use fifo:PATH (%s)",
				   path);
	fd = file_open(path, mode, (unsigned)twc__args_num(a, "perm", 0));
	if (fd < 0)
		return file_fail(a, errno, err);
	*(mode == MODE_R ? &l->in : &l->out) = fd;
	l->flags = twc__args_num(a, "follow", 0) ? TWC__DEVICE_FOLLOW : 0;
	return file_settle(a, fd, err);
}

const struct twc__endpoint_type twc__endpoint_file = {
	.pub = { .name = "file", .roles = TWC_CONNECT, .summary = "a file, read or written",
		 .synopsis = (const char *const[]){ "file:PATH", "file:PATH:mode=w", "file:PATH:follow=yes", NULL },
		 .args = file_groups },
	.check = file_check,
	.prepare = file_prepare,
};
