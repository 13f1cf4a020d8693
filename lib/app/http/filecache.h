/* SPDX-License-Identifier: MIT */
/*
 * Files that are served, kept open and described: what a response says of them is put into words once, and what
 * is small is in memory. An entry is looked at once in each turn of the reactor in which it is asked for (one
 * stat), so an answer is as fresh as the turn; a file that was changed or replaced is opened anew. Reading a
 * directory or a disk that is slow blocks the turn.
 *
 * Bounds: entries, bytes in memory, descriptors; what was asked for the longest ago goes first. What nobody has
 * asked for in half a minute is closed at the next question, so that a deleted file gives its space back.
 */
#ifndef TWC_APP_HTTP_FILECACHE_H
#define TWC_APP_HTTP_FILECACHE_H

#include "app/http/beneath.h"

#include <twc/buf.h>
#include <twc/reactor.h>
#include <twc/transport.h>

#include "base/blob.h"
#include "base/list.h"

#define TWC__FILECACHE_SMALL (16 * 1024) /* bytes of a file that is kept in memory */

/* Fields as lines, each with its CR LF. */
struct twc__file_lines {
	char *text;	    /* owned */
	int64_t mtime;	    /* seconds, as said: never later than now */
	uint32_t validators; /* bytes at its front that 304 has, too: ETag, Last-Modified, Cache-Control, Vary */
	uint32_t untyped;    /* those and what 206 with several parts has: all but Content-Type */
	uint32_t len;
	struct twc_str etag, type; /* values, in the text */
};

/* Borrowed from the cache until the callback returns, or so many others were asked for. */
#define TWC__FILECACHE_IN_HAND 8
struct twc__cached_file {
	uint64_t size;
	struct twc__file_lines lines;
	const char *content; /* all of it; NULL: `file` has it */
	struct twc__blob *blob; /* whose bytes the content is; owned hold */
	struct twc_file *file;
	const char *gzip; /* of the content; NULL: not there (yet) */
	size_t gzip_n;
	bool is_incompressible; /* gzip was tried, and was no gain */
};

struct twc__filecache;

/* Whose files: where they are, and what is said about them. */
struct twc__filecache_owner {
	struct twc__beneath beneath;
	/* Fills *lines in; `coding` is what `get` was given. */
	void (*describe)(struct twc__filecache_owner *owner, struct twc_str path, int coding, const struct stat *st,
			 struct twc__file_lines *lines);
};

struct twc__filecache *twc__filecache_new(struct twc_reactor *r);
void twc__filecache_free(struct twc__filecache *c);
/*
 * The file at `path` (relative to the owner's root, path.p[path.n] is NUL), as described for `coding` (0 to
 * 255). NULL: *why is a negative errno of twc__beneath_open, or -EISDIR.
 */
struct twc__cached_file *twc__filecache_get(struct twc__filecache *c, struct twc__filecache_owner *owner,
					    struct twc_str path, int coding, int *why);
/* Keeps a copy of its content in gzip; n 0: it was no gain. */
void twc__filecache_keep_gzip(struct twc__filecache *c, struct twc__cached_file *f, const void *p, size_t n);
/* All files of an owner, who goes away or has another root. */
void twc__filecache_forget(struct twc__filecache *c, const struct twc__filecache_owner *owner);
size_t twc__filecache_count(const struct twc__filecache *c);

#endif
