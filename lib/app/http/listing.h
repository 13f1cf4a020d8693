/* SPDX-License-Identifier: MIT */
/* What is in a folder, for a page or as JSON: names that can be asked for, in an order. */
#ifndef TWC_APP_HTTP_LISTING_H
#define TWC_APP_HTTP_LISTING_H

#include "app/http/beneath.h"

#include <twc/buf.h>
#include <twc/err.h>

#define TWC__LISTING_MAX 20000		   /* names; the others are left out, and it is said */
#define TWC__LISTING_BYTES (64 * 1024 * 1024) /* of a page */

enum twc__listing_sort {
	TWC__LISTING_NAME = 0,
	TWC__LISTING_SIZE,
	TWC__LISTING_MTIME,
};
struct twc__listing_item {
	char *name; /* owned */
	uint64_t size;
	int64_t mtime;
	bool is_dir;
};
struct twc__listing {
	struct twc__listing_item *item; /* owned */
	size_t n, cap;
	bool is_cut; /* there are more */
	enum twc__listing_sort sort;
	bool is_descending;
};

/* Reads the folder at `path` ("" is the root, else it ends in '/'): regular files and folders, what links lead
 * to included, but not names that no request can say, and, unless `hidden`, none that begin with a dot. 0 or a
 * negative errno. */
int twc__listing_read(struct twc__listing *l, struct twc__beneath *b, const char *path, bool hidden);
/* By l->sort, folders first when that is the name; equal ones by name. */
void twc__listing_sort(struct twc__listing *l);
void twc__listing_fini(struct twc__listing *l);

/* A JSON object a line: {"name":…,"size":…,"mtime":…,"type":"file"|"directory"}, size null of a folder, mtime
 * in seconds. */
int twc__listing_json(const struct twc__listing *l, struct twc_buf *out);
/* A page. `path` begins with '/' and ends in it; `has_parent`: there is a folder above; `takes_uploads`: with a
 * form for them. */
int twc__listing_page(const struct twc__listing *l, struct twc_str path, bool has_parent, bool takes_uploads,
		      struct twc_buf *out);
/* The value of Content-Security-Policy that the page needs and no more. */
extern const char twc__listing_policy[];

#endif
