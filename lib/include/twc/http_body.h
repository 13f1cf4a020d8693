/* SPDX-License-Identifier: MIT */
/*
 * The body of a request, put together of bytes, files and descriptors, plain or as a form of parts
 * (multipart/form-data): what struct twc_http_source asks for. Files are not read but sent; descriptors that
 * are none are read as they bring something.
 */
#ifndef TWC_HTTP_BODY_H
#define TWC_HTTP_BODY_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>
#include <twc/http_client.h>
#include <twc/reactor.h>

#pragma GCC visibility push(default)

struct twc_http_body;

struct twc_http_body *twc_http_body_new(struct twc_reactor *r);
/* After the exchange that it is the source of. NULL is fine. */
void twc_http_body_free(struct twc_http_body *b);

/* ---- plain: one piece behind the other ---- */

void twc_http_body_bytes(struct twc_http_body *b, struct twc_str s); /* copied */
void twc_http_body_bytes_borrowed(struct twc_http_body *b, struct twc_str s); /* kept until b is freed */
/* The file is opened now, and sent up to the size it has: TWC_ENOINPUT. One that is no regular file is read
 * up to its end. */
int twc_http_body_file(struct twc_http_body *b, const char *path, struct twc_err *err);
/* The same of a descriptor, from where it stands; it stays the caller's, and open until b is freed. */
int twc_http_body_fd(struct twc_http_body *b, int fd, struct twc_err *err);

/* ---- a form ---- */

struct twc_http_part {
	struct twc_str name;
	struct twc_str filename; /* p NULL: none */
	struct twc_str type;	 /* n 0: none */
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
	struct twc_str bytes;	 /* unless one of these two: */
	const char *path;	 /* NULL: none */
	int fd;			 /* when `has_fd` */
	bool has_fd;
};
/* The body is a form then, and nothing else. `backslashes`: quotes in names have one in front, else they are
 * %22; the first part decides. TWC_EUSAGE: what cannot be said in a head; TWC_ENOINPUT. Strings are copied,
 * a descriptor as with twc_http_body_fd. */
int twc_http_body_part(struct twc_http_body *b, const struct twc_http_part *part, bool backslashes,
		       struct twc_err *err);
const char *twc_http_body_form_type(const struct twc_http_body *b); /* for Content-Type; NULL: it is no form */
/* A form that has parts is of another type than multipart/form-data; its boundary is added. */
void twc_http_body_form_retype(struct twc_http_body *b, struct twc_str type);

/* ---- using it ---- */

/* Nothing is added afterwards. Length TWC_HTTP_UNKNOWN when a descriptor has no size. Borrowed from b. */
const struct twc_http_source *twc_http_body_source(struct twc_http_body *b);
/* What is sent is told as it is: for traces. Files are read then. Before the source is used. */
void twc_http_body_watch(struct twc_http_body *b, void (*fn)(void *arg, const uint8_t *data, size_t n),
			 void *arg);
/* All of it into a function, reading files and descriptors to their ends (and blocking): 0, what fn
 * returned, TWC_EIO. */
int twc_http_body_write(struct twc_http_body *b,
			int (*fn)(void *arg, const void *p, size_t n, struct twc_err *err), void *arg,
			struct twc_err *err);

#pragma GCC visibility pop
#endif
