/* SPDX-License-Identifier: MIT */
/*
 * Parts of a representation (RFC 9110, 14): what a Range asks for of so many bytes, Content-Range in both directions, and
 * the frame of multipart/byteranges. A number in Range that does not fit 64 bits is as good as infinite.
 */
#ifndef TWC_PROTOCOL_HTTP_RANGE_H
#define TWC_PROTOCOL_HTTP_RANGE_H

#include <twc/base.h>

#define TWC__HTTP_RANGES_MAX 16		/* parts asked for; a request for more gets the whole */
#define TWC__HTTP_CONTENT_RANGE_MAX 72	/* "bytes 1-2/3", each of 20 digits */
#define TWC__HTTP_BOUNDARY_MAX 70	/* RFC 2046, 5.1.1 */

/* 0 <= first, 0 < len, first + len <= size */
struct twc__http_range {
	uint64_t first;
	uint64_t len;
};

struct twc__http_ranges {
	size_t n; /* 1 to TWC__HTTP_RANGES_MAX when there is something to send */
	struct twc__http_range at[TWC__HTTP_RANGES_MAX];
};

enum twc__http_range_answer {
	TWC__HTTP_RANGE_IGNORE = 0, /* 200 and all of it: another unit, not as specified, too many parts, or size is 0 */
	TWC__HTTP_RANGE_PARTS,	    /* 206 */
	TWC__HTTP_RANGE_UNSATISFIABLE, /* 416 with twc__http_content_range_none */
};

/*
 * `value` is the Range field, `size` of what it asks parts of. Those beyond the end are left out, those that overlap or
 * touch become one at the place of the first of them; the others keep the order of the request.
 */
enum twc__http_range_answer twc__http_range_parse(struct twc_str value, uint64_t size, struct twc__http_ranges *out);

/* "bytes 0-4/10" and, for 416, the form with a star for the part. Return the length; no NUL. */
size_t twc__http_content_range_format(char out[TWC__HTTP_CONTENT_RANGE_MAX], struct twc__http_range r, uint64_t size);
size_t twc__http_content_range_none(char out[TWC__HTTP_CONTENT_RANGE_MAX], uint64_t size);

struct twc__http_content_range {
	bool has_range; /* false: "*", of a 416 */
	bool has_size;	/* false: a star for the size */
	struct twc__http_range range;
	uint64_t size;
};

/* Strictly; false also when the part is empty, backwards or beyond the size, or a number is above INT64_MAX. */
bool twc__http_content_range_parse(struct twc_str value, struct twc__http_content_range *out);

/* A body of type multipart/byteranges. The body of part i follows head i; the tail comes last. */
struct twc__http_byteranges {
	const struct twc__http_ranges *ranges; /* borrowed */
	uint64_t size;			       /* of the whole */
	struct twc_str type;		       /* Content-Type of each part; empty: none */
	struct twc_str boundary;	       /* 1 to TWC__HTTP_BOUNDARY_MAX bytes that RFC 2046 allows */
};

/* Return the length, and write when it fits `cap`; no NUL. */
size_t twc__http_byteranges_head(const struct twc__http_byteranges *b, size_t i, char *out, size_t cap);
size_t twc__http_byteranges_tail(const struct twc__http_byteranges *b, char *out, size_t cap);
/* Content-Length of it all; false when that is above INT64_MAX. */
bool twc__http_byteranges_len(const struct twc__http_byteranges *b, uint64_t *len);

#endif
