/* SPDX-License-Identifier: MIT */
/* Files that appear whole, under a name that nobody else takes meanwhile: linkat(2) and renameat2(2) decide, not a look before. */
#include "app/http/upload_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/banned.h"

#define MODE 0644
#define NUMBERS_MAX 1000 /* names that are tried */
#define OPEN_FLAGS (O_WRONLY | O_CLOEXEC | O_NOFOLLOW)

/* ---- names ---- */

/* Where the number goes: before the last ending, or the last two when the first of them is "tar". */
static size_t stem_len(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name)
		return strlen(name);
	if (dot - name > 4 && memcmp(dot - 4, ".tar", 4) == 0)
		dot -= 4;
	return (size_t)(dot - name);
}

bool twc__upload_file_number(const char *name, unsigned n, char as[NAME_MAX + 1])
{
	size_t stem = stem_len(name);
	int len = snprintf(as, NAME_MAX + 1, "%.*s-%u%s", (int)stem, name, n, name + stem);

	return len > 0 && len <= NAME_MAX;
}

static char *part_name(void)
{
	uint64_t n;

	twc__random(&n, sizeof(n));
	return twc_asprintf(".twc-%016llx.part", (unsigned long long)n);
}

/* ---- receiving ---- */

static int open_named(struct twc__upload_file *f)
{
	f->part = part_name();
	f->fd = openat(f->dir, f->part, OPEN_FLAGS | O_CREAT | O_EXCL, MODE);
	if (f->fd >= 0)
		return 0;
	int rc = -errno;

	twc_free(f->part);
	f->part = NULL;
	return rc;
}

int twc__upload_file_open(struct twc__upload_file *f, int dir)
{
	f->dir = dir;
	f->part = NULL;
	f->fd = f->is_named_part ? -1 : openat(dir, ".", (OPEN_FLAGS & ~O_NOFOLLOW) | O_TMPFILE, MODE);
	if (f->fd >= 0)
		return 0;
	/* What file systems and old kernels say that do not know it. */
	if (f->is_named_part || errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT)
		return open_named(f);
	return -errno;
}

int twc__upload_file_write(struct twc__upload_file *f, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t done = write(f->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

void twc__upload_file_drop(struct twc__upload_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	if (f->part)
		unlinkat(f->dir, f->part, 0);
	twc_free(f->part);
	f->part = NULL;
}

/* ---- its name ---- */

int twc__upload_file_look(int dir, const char *name, struct stat *st)
{
	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
		return 1;
	return S_ISDIR(st->st_mode) ? -EISDIR : -EEXIST;
}

/* A file without a name gets one; /proc does it for everybody, the other way only for root. */
static int link_nameless(const struct twc__upload_file *f, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	if (linkat(AT_FDCWD, path, f->dir, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR)
		return -errno;
	return linkat(f->fd, "", f->dir, name, AT_EMPTY_PATH) == 0 ? 0 : -errno;
}

static int rename_new(const struct twc__upload_file *f, const char *name)
{
	if (renameat2(f->dir, f->part, f->dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* A file system that cannot promise it can still link. */
	if (linkat(f->dir, f->part, f->dir, name, 0) < 0)
		return -errno;
	unlinkat(f->dir, f->part, 0);
	return 0;
}

static int name_new(const struct twc__upload_file *f, const char *name)
{
	return f->part ? rename_new(f, name) : link_nameless(f, name);
}

static int name_numbered(const struct twc__upload_file *f, const char *name, char as[NAME_MAX + 1])
{
	int rc = -EEXIST;

	for (unsigned i = 1; rc == -EEXIST && i <= NUMBERS_MAX; i++)
		rc = twc__upload_file_number(name, i, as) ? name_new(f, as) : -ENAMETOOLONG;
	return rc;
}

/* In the place of a file, but of nothing else. */
static int replace(struct twc__upload_file *f, const char *name)
{
	struct stat st;
	int rc = twc__upload_file_look(f->dir, name, &st);

	if (rc < 0)
		return rc;
	if (!f->part) {
		f->part = part_name();
		rc = link_nameless(f, f->part);
		if (rc < 0) {
			twc_free(f->part);
			f->part = NULL;
			return rc;
		}
	}
	return renameat(f->dir, f->part, f->dir, name) == 0 ? 1 : -errno;
}

/* What was written may be refused as late as here (NFS, quotas). */
static int close_named(struct twc__upload_file *f)
{
	int rc = f->part && close(f->fd) < 0 ? -errno : 0;

	if (f->part)
		f->fd = -1;
	return rc;
}

int twc__upload_file_finish(struct twc__upload_file *f, const char *name, enum twc_http_duplicate duplicate, char as[NAME_MAX + 1])
{
	int rc = close_named(f);

	snprintf(as, NAME_MAX + 1, "%s", name);
	if (rc == 0)
		rc = name_new(f, name);
	if (rc == -EEXIST && duplicate == TWC_HTTP_DUPLICATE_OVERWRITE)
		rc = replace(f, name);
	else if (rc == -EEXIST && duplicate == TWC_HTTP_DUPLICATE_RENAME)
		rc = name_numbered(f, name, as);
	if (rc >= 0) {
		twc_free(f->part); /* it is its name now, or gone */
		f->part = NULL;
	}
	twc__upload_file_drop(f);
	return rc;
}
