/* SPDX-License-Identifier: MIT */
/*
 * A file that is being received, in the folder where it will be: without a name until it is whole (O_TMPFILE), or, where the file
 * system knows no such thing, with a hidden one. Who stops in the middle leaves nothing behind; nobody ever sees a part of it.
 */
#ifndef TWC_APP_HTTP_UPLOAD_FILE_H
#define TWC_APP_HTTP_UPLOAD_FILE_H

#include <limits.h>
#include <sys/stat.h>

#include <twc/http_site.h>

struct twc__upload_file {
	int dir;    /* of the folder, borrowed */
	int fd;	    /* -1: it is closed */
	char *part; /* its hidden name; NULL: it has none */
	bool is_named_part; /* never without a name: for tests */
};

/* Mode 0644 as the umask leaves it. 0 or a negative errno. */
int twc__upload_file_open(struct twc__upload_file *f, int dir);
int twc__upload_file_write(struct twc__upload_file *f, const uint8_t *p, size_t n);
/* What is at `name`: 0 nothing, 1 a file that can be replaced (*st), or a negative errno: -EISDIR, -EEXIST for what is no file. */
int twc__upload_file_look(int dir, const char *name, struct stat *st);
/*
 * Gives it the name, or by what is said of duplicates another, which goes to `as`. 0; 1 when it has replaced one; or a
 * negative errno (-EEXIST: the name is taken). It is closed then, in any case.
 */
int twc__upload_file_finish(struct twc__upload_file *f, const char *name, enum twc_http_duplicate duplicate, char as[NAME_MAX + 1]);
void twc__upload_file_drop(struct twc__upload_file *f); /* and again is fine */

/* "a.txt" is "a-1.txt", "b.tar.gz" is "b-1.tar.gz", ".c" is ".c-1". False: longer than a name can be. */
bool twc__upload_file_number(const char *name, unsigned n, char as[NAME_MAX + 1]);

#endif
