/* SPDX-License-Identifier: MIT */
/*
 * Files below a directory (openat2(2), Linux 5.6). A look comes before the opening, since to open a FIFO or a
 * device has effects of its own; what happens between the two is harmless: the opening does not block, and what
 * it gave is looked at again.
 */
#include "app/http/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

#define READ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define TRIES 8 /* of what the kernel could not decide because something was renamed meanwhile */

static int open_how(int dir, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd >= 0 ? (int)fd : -errno;
}

/* The next component of *path, which moves behind it, NUL-terminated in `name`: false when it is too long or is
 * "..". */
static bool next_component(const char **path, char name[NAME_MAX + 1])
{
	size_t n = strcspn(*path, "/");

	if (n > NAME_MAX)
		return false;
	memcpy(name, *path, n);
	name[n] = '\0';
	*path += n;
	while (**path == '/')
		(*path)++;
	return strcmp(name, "..") != 0;
}

/* Component by component, none of them a link. */
static int open_walk(int root, const char *path, int flags)
{
	char name[NAME_MAX + 1];
	int dir = root, fd = -1;

	if (path[0] == '/')
		return -EXDEV;
	do {
		bool is_known = next_component(&path, name);
		int how = *path ? O_PATH | O_DIRECTORY | O_CLOEXEC : flags;

		if (is_known)
			fd = openat(dir, name[0] ? name : ".", how | O_NOFOLLOW);
		else
			errno = EXDEV;
		if (dir != root) {
			int sys = errno;

			close(dir);
			errno = sys;
		}
		if (!is_known || fd < 0)
			return -errno;
		dir = fd;
	} while (*path);
	return fd;
}

static int open_as(struct twc__beneath *b, const char *path, int flags)
{
	int fd;

	if (!path[0])
		path = ".";
	if (b->follows_symlinks) {
		fd = openat(b->root, path, flags | O_CLOEXEC);
		return fd >= 0 ? fd : -errno;
	}
	if (!b->has_no_openat2) {
		fd = open_how(b->root, path, flags);
		/* EPERM is what filters of system calls say to what they do not know. */
		if (fd != -ENOSYS && fd != -EPERM)
			return fd;
		if (fd == -ENOSYS)
			b->has_no_openat2 = true;
	}
	return open_walk(b->root, path, flags);
}

static bool is_served(const struct stat *st)
{
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

int twc__beneath_open(struct twc__beneath *b, const char *path, struct stat *st)
{
	int fd;

	/* An absolute path would not begin at the root. */
	if (path[0] == '/')
		return -EXDEV;
	if (fstatat(b->root, path, st, AT_EMPTY_PATH) < 0)
		return -errno;
	if (!is_served(st))
		return -EINVAL;
	fd = open_as(b, path, READ_FLAGS);
	if (fd < 0)
		return fd;
	if (fstat(fd, st) == 0 && is_served(st))
		return fd;
	close(fd);
	return -EINVAL;
}

int twc__beneath_stat(struct twc__beneath *b, const char *path, struct stat *st)
{
	int fd, rc;

	if (path[0] == '/')
		return -EXDEV;
	if (b->follows_symlinks)
		return fstatat(b->root, path, st, AT_EMPTY_PATH) < 0 ? -errno : 0;
	fd = open_as(b, path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return fd;
	rc = fstat(fd, st) < 0 ? -errno : 0;
	close(fd);
	/* The walk ends at a link, and does not follow it. */
	return rc == 0 && S_ISLNK(st->st_mode) ? -EXDEV : rc;
}
