/* SPDX-License-Identifier: MIT */
/*
 * The file that says which process runs. Who lives holds a lock on it, which ends with the process however that ends: so
 * a number that another process has got meanwhile deceives nobody. It is a write lock of the open file (F_OFD_SETLK,
 * fcntl(2)): one who may only read the file cannot have such a lock, and so keep us from starting. The file is written
 * beside its place, locked, and renamed; a lock on the directory (flock) keeps two that begin at once apart. Where the
 * directory cannot be locked we go on without.
 */
#include <twc/parse.h>
#include <twc/process.h>

#include "net/net_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define TEXT_MAX 32 /* a number and a line end; longer is no pid file */

struct twc_pidfile {
	char *path; /* owned; absolute, unless there is no telling where we are */
	int fd;	    /* owned; holds the lock */
	dev_t dev;
	ino_t ino;
};

/* For a moment, and bounded by the other's work: a rename. -1: it cannot be had. */
static int lock_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? twc_asprintf("%.*s/", (int)(slash - path), path) : twc_strdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	twc_free(dir);
	for (int tries = 0; fd >= 0 && tries < 200; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		usleep(1000);
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static int look_at_text(int fd, const char *path, uint64_t *pid, struct twc_err *err)
{
	char text[TEXT_MAX + 1];
	ssize_t n = pread(fd, text, sizeof(text), 0);
	struct twc_str s = { text, n > 0 ? (size_t)n : 0 };

	*pid = 0;
	if (n < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, path, "cannot read the pid file that is there");
	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == ' '))
		s.n--;
	if (n > TEXT_MAX || (s.n > 0 && twc_parse_uint(s, 1, INT32_MAX, pid, NULL) < 0))
		return twc_err_set(err, TWC_ECANTCREAT, "%.120s exists and is no pid file", path);
	return 0;
}

static bool is_held(int fd)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET }; /* only a write lock is in its way */

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* 0: there is none, or its process has gone. */
static int look_at_old(const char *path, struct twc_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), rc = 0;
	struct stat st;
	uint64_t pid = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : twc_err_sys(err, TWC_ECANTCREAT, errno, path, "cannot open the pid file");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = twc_err_set(err, TWC_ECANTCREAT, "%.120s exists and is no pid file", path);
	else if (look_at_text(fd, path, &pid, err) < 0)
		rc = TWC_ECANTCREAT;
	else if (is_held(fd))
		rc = twc_err_set(err, TWC_ECANTCREAT, "already running (%llu)", (unsigned long long)pid);
	close(fd);
	return rc;
}

static int pidfile_write(struct twc_pidfile *p, struct twc_err *err)
{
	char *tmp = twc_asprintf("%s.XXXXXX", p->path), text[TEXT_MAX];
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid()), rc = 0;
	struct stat st;

	p->fd = mkostemp(tmp, O_CLOEXEC);
	if (p->fd < 0) {
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, p->path, "cannot create the pid file");
		goto out;
	}
	if (fcntl(p->fd, F_OFD_SETLK, &lock) < 0 || fchmod(p->fd, 0644) < 0 || write(p->fd, text, (size_t)n) != n ||
	    fstat(p->fd, &st) < 0 || rename(tmp, p->path) < 0) {
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, p->path, "cannot write the pid file");
		(void)unlink(tmp);
		close(p->fd);
		p->fd = -1;
		goto out;
	}
	p->dev = st.st_dev;
	p->ino = st.st_ino;
out:
	twc_free(tmp);
	return rc;
}

struct twc_pidfile *twc_pidfile_new(const char *path, struct twc_err *err)
{
	struct twc_pidfile *p = twc_calloc(1, sizeof(*p));
	int lock, rc;

	p->path = twc__absolute(path);
	p->fd = -1;
	lock = lock_directory(p->path);
	rc = look_at_old(p->path, err);
	if (!rc)
		rc = pidfile_write(p, err);
	if (lock >= 0)
		close(lock);
	if (!rc)
		return p;
	twc_pidfile_forget(p);
	return NULL;
}

void twc_pidfile_forget(struct twc_pidfile *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	twc_free(p->path);
	twc_free(p);
}

/* Who has become another user may not be allowed to remove it: then it names nobody. */
void twc_pidfile_free(struct twc_pidfile *p)
{
	struct stat st;

	if (!p)
		return;
	if (lstat(p->path, &st) < 0)
		(void)!ftruncate(p->fd, 0);
	else if (st.st_dev == p->dev && st.st_ino == p->ino && unlink(p->path) < 0)
		(void)!ftruncate(p->fd, 0);
	twc_pidfile_forget(p);
}
