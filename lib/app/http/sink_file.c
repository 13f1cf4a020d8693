/* SPDX-License-Identifier: MIT */
/*
 * The file of a sink on the disk. NAME.part is locked while it is written, so that two transfers never share one, and what is
 * known of its origin goes with it in an extended attribute. The name is taken by rename(2): a reader of NAME sees what was there
 * before or all that came.
 */
#include "app/http/sink.h"
#include "protocol/http/precond.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/banned.h"

#define ETAG_ATTR "user.twc.etag"
#define ETAG_MAX 1024 /* longer ones are not kept */
#define OPEN_TRIES 8  /* another may take the name between the opening and the lock */
#define HASH_PIECE 65536

const char *twc__http_sink_cause(int sys)
{
	switch (sys) {
	case ENOSPC:
		return ": no space is left";
	case EDQUOT:
		return ": the quota is used up";
	case EFBIG:
		return ": the file would be too large";
	case EACCES:
	case EPERM:
		return ": not allowed";
	case EROFS:
		return ": read-only file system";
	case ENAMETOOLONG:
		return ": the name is too long";
	default:
		return "";
	}
}

static int sink_cannot_create(const char *path, struct twc_err *err)
{
	int sys = errno;

	return twc_err_sys(err, TWC_ECANTCREAT, sys, NULL, "cannot create %.140s%s", path, twc__http_sink_cause(sys));
}

static int sink_cannot_write(const struct twc_http_sink *s, struct twc_err *err)
{
	int sys = errno;

	return twc_err_sys(err, TWC_EIO, sys, NULL, "cannot write %.140s%s", s->part, twc__http_sink_cause(sys));
}

/* ---- what is there ---- */

static bool regular_size(const char *path, uint64_t *size)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

static char *read_etag(const char *path)
{
	char text[ETAG_MAX];
	ssize_t n = getxattr(path, ETAG_ATTR, text, sizeof(text));
	struct twc__http_etag tag;
	struct twc_str s = { text, n > 0 ? (size_t)n : 0 };

	return twc__http_etag_parse(s, &tag) && !tag.is_weak ? twc_str_dup(s) : NULL;
}

int twc__http_sink_look(struct twc_http_sink *s, uint64_t offset, struct twc_err *err)
{
	uint64_t size = 0;
	bool is_there = regular_size(s->part, &size);

	if (!is_there && !s->no_part)
		s->is_from_name = is_there = regular_size(s->path, &size);
	if (s->go_on) {
		s->asked = s->at = size;
	} else if (is_there && size < offset) {
		return twc_err_set(err, TWC_EDATA, "there are only %llu bytes of %.120s, and -C says to go on behind %llu",
				   (unsigned long long)size, s->is_from_name ? s->path : s->part,
				   (unsigned long long)offset);
	} else {
		s->asked = offset;
		/* Behind nothing, the rest alone becomes the file. */
		s->at = is_there ? offset : 0;
	}
	if (s->asked > 0 && is_there && !s->is_from_name)
		s->etag = read_etag(s->part);
	return 0;
}

/* ---- opening ---- */

/* The lock is on the file, which another may have given its final name since it was opened. */
static bool is_still_named(const char *path, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int open_part(const char *part, int flags)
{
	int fd, sys;

	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = open(part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0666);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
			sys = errno;
			close(fd);
			errno = sys;
			return -1;
		}
		if (is_still_named(part, fd))
			return fd;
		close(fd);
	}
	errno = EBUSY;
	return -1;
}

/* The next free number: the name is nobody's, and nobody is writing its part. */
static int open_numbered(struct twc_http_sink *s)
{
	char *name = twc_strdup(s->path);
	struct stat st;

	for (unsigned i = 0; i <= SINK_NUMBER_MAX && s->fd < 0; i++) {
		twc__http_sink_number(s, name, i);
		errno = EEXIST;
		if (lstat(s->path, &st) == 0)
			continue;
		s->fd = open_part(s->part, s->no_part ? O_EXCL : 0);
		if (s->fd < 0 && errno != EEXIST && errno != EWOULDBLOCK)
			break;
	}
	twc_free(name);
	s->is_named = true;
	return s->fd;
}

/* An unfinished file under its own name continues as a part. */
static int take_back_name(struct twc_http_sink *s, struct twc_err *err)
{
	if (renameat2(AT_FDCWD, s->path, AT_FDCWD, s->part, RENAME_NOREPLACE) == 0 ||
	    ((errno == EINVAL || errno == ENOSYS) && rename(s->path, s->part) == 0)) {
		s->is_from_name = false;
		return 0;
	}
	return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot rename %.100s to %.100s", s->path, s->part);
}

static int hash_rest(struct twc_http_sink *s, struct twc_err *err)
{
	char *piece = twc_malloc(HASH_PIECE);
	int rc = 0;

	while (s->hashed < s->at && !rc) {
		size_t want = s->at - s->hashed < HASH_PIECE ? (size_t)(s->at - s->hashed) : HASH_PIECE;
		ssize_t n = pread(s->fd, piece, want, (off_t)s->hashed);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			rc = twc_err_sys(err, TWC_EIO, n < 0 ? errno : EIO, NULL, "cannot read %.140s", s->part);
		else
			twc__digest_add(s->digest, piece, (size_t)n);
		s->hashed += n > 0 ? (uint64_t)n : 0;
	}
	twc_free(piece);
	return rc;
}

int twc__http_sink_cut(struct twc_http_sink *s, struct twc_err *err)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return sink_cannot_write(s, err);
	s->is_tagged |= st.st_size > 0 && !s->no_part;
	if ((uint64_t)st.st_size != s->at && ftruncate(s->fd, (off_t)s->at) < 0)
		return sink_cannot_write(s, err);
	if (st.st_size > 0 && lseek(s->fd, (off_t)s->at, SEEK_SET) < 0)
		return sink_cannot_write(s, err);
	if (!s->digest)
		return 0;
	if (s->hashed > s->at) {
		twc__digest_restart(s->digest);
		s->hashed = 0;
	}
	return hash_rest(s, err);
}

int twc__http_sink_open(struct twc_http_sink *s, struct twc_err *err)
{
	uint64_t size = 0;

	if (s->is_from_name && s->at > 0 && take_back_name(s, err))
		return TWC_ECANTCREAT;
	if (s->no_clobber && s->at == 0 && !s->is_named)
		(void)open_numbered(s);
	else
		s->fd = open_part(s->part, 0);
	if (s->fd < 0 && errno == EWOULDBLOCK)
		return twc_err_set(err, TWC_ECANTCREAT, "%.140s is being written by another transfer", s->part);
	if (s->fd < 0)
		return sink_cannot_create(s->part, err);
	if (s->at > 0 && (!regular_size(s->part, &size) || size < s->at))
		return twc_err_set(err, TWC_EIO, "%.140s has become shorter", s->part);
	return twc__http_sink_cut(s, err);
}

int twc__http_sink_open_whole(struct twc_http_sink *s, struct twc_err *err)
{
	if (!s->is_from_name)
		return twc__http_sink_open(s, err);
	if (!s->digest)
		return 0;
	s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return twc_err_sys(err, TWC_EIO, errno, NULL, "cannot read %.140s", s->path);
	return hash_rest(s, err);
}

void twc__http_sink_take_etag(struct twc_http_sink *s, const struct twc_http_fields *fields)
{
	struct twc__http_etag tag;
	struct twc_str value;

	twc_free(s->new_etag);
	s->new_etag = NULL;
	if (s->is_tagged && s->at == 0) {
		(void)fremovexattr(s->fd, ETAG_ATTR);
		s->is_tagged = false;
	}
	if (!s->no_part && !s->is_coded && twc_http_fields_get(fields, "ETag", &value) && value.n <= ETAG_MAX &&
	    twc__http_etag_parse(value, &tag) && !tag.is_weak)
		s->new_etag = twc_str_dup(value);
}

void twc__http_sink_tag(struct twc_http_sink *s)
{
	if (s->new_etag && s->fd >= 0 && fsetxattr(s->fd, ETAG_ATTR, s->new_etag, strlen(s->new_etag), 0) == 0)
		s->is_tagged = true;
	twc_free(s->new_etag);
	s->new_etag = NULL;
}

/* ---- the end ---- */

void twc__http_sink_close(struct twc_http_sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void twc__http_sink_drop(struct twc_http_sink *s)
{
	if (s->fd >= 0 && !s->is_from_name && is_still_named(s->part, s->fd))
		(void)unlink(s->part);
	twc__http_sink_close(s);
}

/* Mode, time, and nothing of the attribute: as a file of this name would have been. */
static void dress(const struct twc_http_sink *s)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = (time_t)s->modified } };

	if (s->mode && !s->no_part && !s->no_clobber)
		(void)fchmod(s->fd, s->mode & 0777);
	if (s->is_tagged)
		(void)fremovexattr(s->fd, ETAG_ATTR);
	if (s->remote_time && s->has_modified)
		(void)futimens(s->fd, times);
}

/* Never over another file, whoever made it meanwhile. */
static int place_numbered(struct twc_http_sink *s)
{
	char *name = twc_strdup(s->path), *part = twc_strdup(s->part), *to = twc_strdup(name);
	int rc = -1;

	for (unsigned i = 1; i <= SINK_NUMBER_MAX + 1; i++) {
		rc = renameat2(AT_FDCWD, part, AT_FDCWD, to, RENAME_NOREPLACE);
		if (rc < 0 && (errno == EINVAL || errno == ENOSYS)) {
			rc = link(part, to);
			if (rc == 0)
				(void)unlink(part);
		}
		if (rc == 0 || errno != EEXIST)
			break;
		twc_free(to);
		to = twc_asprintf("%s.%u", name, i);
	}
	if (rc == 0) {
		twc_free(s->path);
		s->path = to;
		to = NULL;
	}
	twc_free(to);
	twc_free(name);
	twc_free(part);
	return rc;
}

int twc__http_sink_place(struct twc_http_sink *s, struct twc_err *err)
{
	int rc = 0;

	dress(s);
	if (!s->no_part)
		rc = s->no_clobber || s->is_proposed ? place_numbered(s) : rename(s->part, s->path);
	if (rc < 0)
		rc = twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot rename %.100s to %.100s", s->part, s->path);
	/* Only now, so that the lock outlasts the rename. NFS tells of a full disk here. */
	if (close(s->fd) < 0 && errno != EINTR && !rc)
		rc = sink_cannot_write(s, err);
	s->fd = -1;
	return rc;
}
