/* SPDX-License-Identifier: MIT */
/*
 * A body of multipart/form-data (RFC 7578), made piece by piece: bytes that lie here already, or the order to
 * send a file. The caller does the reading, so a form is as large as its texts.
 */
#ifndef TWC_PROTOCOL_HTTP_MULTIPART_WRITE_H
#define TWC_PROTOCOL_HTTP_MULTIPART_WRITE_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_BOUNDARY_SEED 11 /* 88 bits; as many characters as a boundary of curl has */

enum twc__http_form_escape {
	TWC__HTTP_FORM_PERCENT = 0, /* %22 %0D %0A in names, as browsers */
	TWC__HTTP_FORM_BACKSLASH,   /* \" and \\ (curl's --form-escape); CR and LF stay %0D and %0A */
};

enum twc__http_form_source {
	TWC__HTTP_FORM_BYTES = 0,
	TWC__HTTP_FORM_FILE, /* a path */
	TWC__HTTP_FORM_FD,   /* a descriptor, read to its end: standard input */
};

/* One part; all of it is copied, but for `fd`, which stays the caller's. */
struct twc__http_form_part {
	struct twc_str name;
	struct twc_str filename; /* p NULL: none */
	struct twc_str type;	 /* of Content-Type; n 0: none */
	const char *const *headers; /* further lines "Name: value", NULL-terminated; NULL: none */
	enum twc__http_form_source source;
	struct twc_str bytes; /* of BYTES */
	struct twc_str path;  /* of FILE */
	int fd;		      /* of FD */
	int64_t length;	      /* of FILE and FD, as the caller found it; negative: not known */
};

enum twc__http_form_piece_kind {
	TWC__HTTP_FORM_PIECE_END = 0,
	TWC__HTTP_FORM_PIECE_BYTES,
	TWC__HTTP_FORM_PIECE_FILE, /* path and length */
	TWC__HTTP_FORM_PIECE_FD,   /* fd and length */
};

struct twc__http_form_piece {
	enum twc__http_form_piece_kind kind;
	struct twc_str bytes; /* borrowed from the form */
	const char *path;     /* borrowed from the form */
	int fd;
	int64_t length; /* exactly so many bytes are to be sent; negative: all up to the end */
	size_t part;	/* which part this is of, from 0 */
};

struct twc__http_form;

/* The boundary is made of `seed`, which should be random. */
struct twc__http_form *twc__http_form_new(const uint8_t seed[TWC__HTTP_BOUNDARY_SEED],
					  enum twc__http_form_escape escape);
void twc__http_form_free(struct twc__http_form *f);
/* TWC_EUSAGE: a name, type or header that cannot be sent (a control character; a header that is no "Name:
 * value"). */
int twc__http_form_add(struct twc__http_form *f, const struct twc__http_form_part *part, struct twc_err *err);
/* "multipart/form-data; boundary=…"; borrowed from the form. */
const char *twc__http_form_content_type(const struct twc__http_form *f);
/* It is of this type instead, with the form's own boundary behind it in place of any that is there. */
void twc__http_form_retype(struct twc__http_form *f, struct twc_str type);
/* The next piece, kind END after the last; no more parts may be added once this was called. Bytes of a piece
 * may be empty. */
void twc__http_form_next(struct twc__http_form *f, struct twc__http_form_piece *piece);

#endif
