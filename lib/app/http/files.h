/* SPDX-License-Identifier: MIT */
/*
 * Handlers of files, as the files that make them up share them:
 *
 *	filecache.c    what is open, and how fresh it is     beneath.c  opening, and never out of the root
 *	files.c        what all handlers of a site share, and what is said of a file
 *	files_send.c   one file as a response: conditions, parts, whole
 *	files_gzip.c   the same, compressed on its way
 *	listing.c      a folder read and sorted   listing_page.c  as HTML
 *	handle_files.c from a path to one of these   handle_file.c  always the same file
 */
#ifndef TWC_APP_HTTP_FILES_H
#define TWC_APP_HTTP_FILES_H

#include "app/http/filecache.h"
#include "app/http/site.h"

/* What stands beside a file, compressed already. Its index + 1 is the `coding` of the cache; 0 is the file as
 * it is. */
struct twc__file_coding {
	const char *name;   /* in Content-Encoding */
	const char *suffix; /* of the file, as in --precompressed after its dot */
};
#define TWC__FILE_CODINGS 3
extern const struct twc__file_coding twc__file_codings[TWC__FILE_CODINGS];

#define TWC__FILES_GZIP_MIN 1024 /* bytes; what is not longer is not compressed on its way */

/* A part of the site. */
struct twc__files_shared {
	struct twc__filecache *cache;
	char *cache_control; /* owned; NULL: none */
	const char *const *mime; /* borrowed, checked: "ext=type" */
	uint8_t beside[TWC__FILE_CODINGS]; /* indices of codings that are looked for, in the order of the user */
	unsigned n_beside;
	bool gzip;
	unsigned n_pumps; /* large files that are being compressed */
};
/* The site's, made when it is first asked for. NULL with TWC_EUSAGE: an option of the site is wrong. */
struct twc__files_shared *twc__files_shared(struct twc_http_site *s, struct twc_err *err);

/* What has a root, and files below it. */
struct twc__files_root {
	struct twc__filecache_owner owner;
	struct twc__files_shared *shared; /* borrowed */
	char *dir;     /* owned; absolute */
	dev_t dev;
	ino_t ino;
	uint64_t looked; /* reactor's clock: when `dir` was seen to be the root still */
	char *type;	/* owned; Content-Type of all files; NULL: by their names */
};
/* 0, TWC_ENOINPUT. On an error there is nothing to be ended. `dir` is copied. */
int twc__files_root_init(struct twc__files_root *root, struct twc_http_site *s, const char *dir, struct twc_err *err);
void twc__files_root_fini(struct twc__files_root *root);
/* The directory may have been replaced: looks once a second. */
void twc__files_root_look(struct twc__files_root *root, uint64_t now);
/* As twc__filecache_get, of the file itself. */
struct twc__cached_file *twc__files_get(struct twc__files_root *root, struct twc_str path, int *why);

/* The entity tag of a file, with its quotes: a hash of size, time of change and inode, as a short one costs less in every response;
 * returns its length. */
#define TWC__FILES_ETAG_MAX 16
size_t twc__files_etag(char out[TWC__FILES_ETAG_MAX], const struct stat *st);

/* ---- answers ---- */

/* GET or HEAD of the file at `path`, which is `f`: a compressed one beside it, 304, 412, 206, 416, or all of it. */
void twc__files_answer(struct twc__files_root *root, struct twc_http_exchange *x, struct twc_str path,
		       struct twc__cached_file *f);
/* All of it with another status than 200: no conditions, parts or validators. */
void twc__files_answer_as(struct twc_http_exchange *x, struct twc__cached_file *f, int status);
/* Is it a reason for 404? `why` is a negative errno. */
bool twc__files_is_missing(int why);
/* What to say when there is none. */
void twc__files_refuse(struct twc_http_exchange *x, int why);
/* GET and HEAD only: true; else answers with Allow. */
bool twc__files_is_read(struct twc_http_exchange *x);
/* Is `f`, which is not compressed, to be compressed for this client? Of a small file it has been, then. */
bool twc__files_wants_gzip(struct twc__files_shared *shared, const struct twc_http_exchange *x,
			   struct twc__cached_file *f);
/* Its body, after that; the fields but Content-Encoding are there. */
void twc__files_send_gzip(struct twc__files_shared *shared, struct twc_http_exchange *x,
			  struct twc__cached_file *f);

/* All lines of a field as one value; p NULL: there is none. Lives as long as the exchange. */
struct twc_str twc__files_field(struct twc_http_exchange *x, const char *name);

#endif
