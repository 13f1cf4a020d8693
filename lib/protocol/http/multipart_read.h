/* SPDX-License-Identifier: MIT */
/*
 * A body of multipart/form-data taken apart (RFC 7578, 2046) as it comes: heads of parts are held (8 KiB at
 * most), their bytes are handed on where they lie. What stands before the first boundary and after the last
 * is ignored.
 *
 * Strict: lines end with CR LF; a boundary is followed by blanks and the end of its line, or by "--"; every
 * part has a name; the last boundary must come. Callbacks: (begin data* end)*; each returns 0, or a negative
 * TWC_E… with *err, which ends the reading. Nothing may be freed inside them.
 */
#ifndef TWC_PROTOCOL_HTTP_MULTIPART_READ_H
#define TWC_PROTOCOL_HTTP_MULTIPART_READ_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#define TWC__HTTP_MULTIPART_BOUNDARY_MAX 70
#define TWC__HTTP_MULTIPART_HEAD_MAX 8192
#define TWC__HTTP_MULTIPART_PARTS_MAX 1000

/* Valid until its `end`. Names are as the browser had them: %22 %0D %0A and backslashes before quotes are
 * undone, so they may hold any byte but NUL. `filename*` is ignored, as RFC 7578, 4.2 says. */
struct twc__http_multipart_part {
	size_t index; /* from 0 */
	struct twc_str name;
	struct twc_str filename; /* p NULL: none, it is no file */
	struct twc_str type;	 /* of Content-Type, as sent; p NULL: none */
};

struct twc__http_multipart_ops {
	int (*begin)(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err);
	int (*data)(void *arg, const uint8_t *p, size_t n, struct twc_err *err);
	int (*end)(void *arg, const struct twc__http_multipart_part *part, struct twc_err *err);
};

struct twc__http_multipart {
	/* private */
	const struct twc__http_multipart_ops *ops; /* borrowed */
	void *arg;
	char delim[4 + TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1]; /* CR LF "--" boundary NUL */
	size_t delim_len;
	size_t matched; /* bytes of delim that the input ends with; < delim_len */
	size_t skipped; /* of those, the first that are no data should the match fail: the line break before a body */
	uint8_t state;
	bool is_open; /* a part has begun, its end was not told */
	struct twc_buf head;
	size_t n_parts;
	struct twc__http_multipart_part part;
	int code; /* the failure, which stays */
};

/* The boundary of a Content-Type "multipart/form-data; boundary=…", a token or quoted, NUL-terminated into
 * `boundary`. TWC_EPROTO: another type, or no boundary of 1 to 70 characters of RFC 2046. */
int twc__http_multipart_boundary(struct twc_str content_type, char boundary[TWC__HTTP_MULTIPART_BOUNDARY_MAX + 1],
				 struct twc_err *err);
void twc__http_multipart_init(struct twc__http_multipart *m, const char *boundary,
			      const struct twc__http_multipart_ops *ops, void *arg);
void twc__http_multipart_fini(struct twc__http_multipart *m);
/* 0; TWC_EPROTO, TWC_ETOOLONG (a head, or too many parts), or what a callback returned. A failure stays. */
int twc__http_multipart_feed(struct twc__http_multipart *m, const uint8_t *p, size_t n, struct twc_err *err);
/* The body has ended: TWC_ETRUNC when its last boundary did not come. */
int twc__http_multipart_finish(struct twc__http_multipart *m, struct twc_err *err);

#endif
