/* SPDX-License-Identifier: MIT */
/*
 * Files below a directory, and never out of it: neither by "..", nor by an absolute path, nor by a symbolic
 * link. Where the kernel has openat2 it sees to that in one step; elsewhere the path is walked by components,
 * and no link is followed at all.
 */
#ifndef TWC_APP_HTTP_BENEATH_H
#define TWC_APP_HTTP_BENEATH_H

#include <sys/stat.h>

#include <twc/base.h>

struct twc__beneath {
	int root;		/* descriptor of the directory; owned by who made it */
	bool follows_symlinks;	/* also out of the directory */
	bool has_no_openat2;	/* found out at the first call; a test sets it */
};

/*
 * Opens what `path` (relative, NUL-terminated; "" is the directory itself) names for reading, if it is a
 * regular file or a directory: FIFOs, sockets and devices are not even opened. The descriptor, with *st; or a
 * negative errno: -ENOENT for all that is not to be seen, -EXDEV for what leads out, -EINVAL for other kinds,
 * -EMFILE…
 */
int twc__beneath_open(struct twc__beneath *b, const char *path, struct stat *st);
/* A look only: 0, or a negative errno as above; other kinds are looked at, too. */
int twc__beneath_stat(struct twc__beneath *b, const char *path, struct stat *st);

#endif
