/* SPDX-License-Identifier: MIT */
/*
 * Uploads: what stands before the files of a directory and takes PUT, POST and DELETE, as the files that make it up share it.
 *
 *	upload.c       methods and paths, PUT and DELETE     upload_form.c  POST of a form: several files into a folder
 *	upload_file.c  a file on its way
 */
#ifndef TWC_APP_HTTP_UPLOAD_H
#define TWC_APP_HTTP_UPLOAD_H

#include "app/http/files.h"
#include "app/http/upload_file.h"

struct twc__upload {
	struct twc__http_made inner; /* GET and HEAD */
	const struct twc_http_site_opts *o; /* the site's */
	struct twc__files_root root;
};

/* Puts itself before *made, which serves files of `dir`, if the site takes uploads: into its upload directory, or else
 * into `dir`. */
int twc__upload_wrap(struct twc_http_site *s, const char *dir, struct twc__http_made *made, struct twc_err *err);

/* ---- for its files ---- */

/* A folder of the directory, relative and without a slash at its end ("" is the directory): its descriptor, or a negative errno. */
int twc__upload_folder(struct twc__upload *u, struct twc_str path);
/* 0, or the status that says why it is no name for a file, and *detail. */
int twc__upload_check_name(const struct twc__upload *u, struct twc_str name, const char **detail);
/* The answer to an errno. */
void twc__upload_refuse(struct twc_http_exchange *x, int sys);
/* A form into the folder that the request names. */
void twc__upload_form(struct twc__upload *u, struct twc_http_exchange *x, struct twc_str folder);

#endif
