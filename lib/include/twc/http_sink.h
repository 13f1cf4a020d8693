/* SPDX-License-Identifier: MIT */
/*
 * Where the body of a response goes: a file, standard output, or nowhere. A file grows under the name
 * NAME.part and gets its own when it is whole, and what it should be; a transfer that fails leaves NAME.part
 * for one that goes on. Everything is written at once, straight from the caller's bytes; nothing here waits
 * but for a descriptor that is full.
 *
 *	new      which file, and how much of it is there: before the request
 *	begin    a head came that is the last: now the name is known for certain, and the file is opened
 *	write    its body
 *	finish   it was whole; or fail: it was not
 */
#ifndef TWC_HTTP_SINK_H
#define TWC_HTTP_SINK_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>
#include <twc/http_message.h>
#include <twc/url.h>

#pragma GCC visibility push(default)

struct twc_http_sink;

/* Zeroed members take the default; strings are copied. */
struct twc_http_sink_opts {
	const char *path;   /* "-": standard output; NULL: see remote_name */
	bool remote_name;   /* without a path: the last segment of the URL, as it stands there; else standard
			       output */
	bool header_name;   /* with remote_name: what Content-Disposition says, if it does; never over a file
			       that is there */
	bool nowhere;       /* neither path nor remote_name count */
	const char *dir;    /* files are put there; not with an absolute path */
	bool create_dirs;   /* those that lack, with mode 0750 */
	bool no_clobber;    /* a file that is there stays: NAME.1, … NAME.100 */
	bool skip_existing; /* a file that is there is enough: see twc_http_sink_is_there */
	bool no_part;       /* write to NAME at once; not with a checksum */
	bool remove_on_error; /* NAME.part is deleted by twc_http_sink_fail */
	bool remote_time;     /* the file gets the time of Last-Modified */
	bool go_on;           /* behind what is there of NAME.part, or else of NAME */
	uint64_t offset; /* without go_on, above 0: go on from there; what is there of the file must reach so
			    far */
	bool decoded;    /* content codings are undone: lengths here are none of the server's then */
	const char *checksum; /* "sha256:HEX", also md5, sha1, sha512; NULL: none. Over the whole, the part
				 that was there, too */
};

/* TWC_EUSAGE: the URL has no file name, no checksum; TWC_ECANTCREAT: a directory lacks, the place is a
 * directory; TWC_EDATA: less is there than `offset`. Nothing is created yet, directories aside. */
struct twc_http_sink *twc_http_sink_new(const struct twc_http_sink_opts *o, const struct twc_url *url,
					struct twc_err *err);
/* Breaks off what was not finished, as twc_http_sink_fail. */
void twc_http_sink_free(struct twc_http_sink *s);

/* ---- before the request ---- */

bool twc_http_sink_is_there(const struct twc_http_sink *s);   /* skip_existing, and it is: ask for nothing */
uint64_t twc_http_sink_offset(const struct twc_http_sink *s); /* where to go on; 0: all of it */
/* The entity tag of what is there, for If-Range; NULL: unknown. It is kept in the extended attribute
 * user.twc.etag of NAME.part, where the file system has such. */
const char *twc_http_sink_if_range(const struct twc_http_sink *s);

/* ---- the response ---- */

/* Redirects have led there: with header_name the last segment of this URL, where it is fit for a file, counts as
 * proposed by the server when Content-Disposition proposes none. Before twc_http_sink_begin. */
void twc_http_sink_redirected(struct twc_http_sink *s, const struct twc_url *url);

/*
 * 206 goes on where the sink's offset is, 200 begins again, 416 to a request to go on means that there is
 * nothing more if the file is as long as Content-Range says; 304 leaves everything as it is. Errors:
 * TWC_EPROTO when the status does not fit a request to go on, or the proposed name is no safe one;
 * TWC_ECANTCREAT: the file cannot be made, exists with header_name, or is being written by another.
 */
int twc_http_sink_begin(struct twc_http_sink *s, int status, const struct twc_http_fields *fields,
			struct twc_err *err);
/*
 * TWC_EIO: disk full, and the like; TWC_EPIPEOUT: nobody reads standard output any more; TWC_EUSAGE: the
 * first piece holds NUL, and would go to a terminal that was not asked for by "-".
 */
int twc_http_sink_write(struct twc_http_sink *s, const void *data, size_t n, struct twc_err *err);
/* The body is to be had once more: is what was written undone, or can it be gone on behind it (then *offset > 0)? False: it
 * has left already. `from_start`: the server sends all of it to a request to go on, so that *offset is 0. For
 * twc_http_fetch_opts.again. */
bool twc_http_sink_again(struct twc_http_sink *s, bool from_start, uint64_t *offset);
/* All of it was written. TWC_EUNTRUSTED: the checksum is another, and the file is gone; TWC_EIO;
 * TWC_ECANTCREAT: the name cannot be had. */
int twc_http_sink_finish(struct twc_http_sink *s, struct twc_err *err);
/* It will not be whole. NAME.part stays, unless it is empty or remove_on_error. */
void twc_http_sink_fail(struct twc_http_sink *s);

/* ---- asking ---- */

bool twc_http_sink_is_stdout(const struct twc_http_sink *s);
/* The file as it is called in the end; NULL: none. */
const char *twc_http_sink_name(const struct twc_http_sink *s);
/* What is on the disk after twc_http_sink_fail: the name of the part, or NULL. */
const char *twc_http_sink_rest(const struct twc_http_sink *s);

/* ---- files beside it ---- */

/* The entity tag in the file, for If-None-Match; `""` when there is no such file, or nothing in it. */
int twc_http_etag_load(const char *path, struct twc_buf *out, struct twc_err *err) TWC_MUST_CHECK;
/* Writes the ETag of a response, and a line feed, to the file; nothing when there is none. TWC_ECANTCREAT. */
int twc_http_etag_save(const char *path, const struct twc_http_fields *fields, struct twc_err *err);

/* "DATE" or "FILE", whose time of change counts; with '-' in front *is_before is set: for
 * If-Unmodified-Since. Appends the value of the field; nothing when it is neither a date nor a file that is
 * there. `now`: seconds since 1970. */
int twc_http_time_cond(const char *text, int64_t now, bool *is_before, struct twc_buf *out) TWC_MUST_CHECK;

#pragma GCC visibility pop
#endif
