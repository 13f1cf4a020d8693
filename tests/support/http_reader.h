/* SPDX-License-Identifier: MIT */
/*
 * A whole message of HTTP/1 read by the codecs of lib/protocol/http, in the order in which a server or a client uses them, from
 * bytes that come in any pieces. The verdict is a value: two of the same bytes, cut differently, must be equal.
 */
#ifndef TWC_TEST_HTTP_READER_H
#define TWC_TEST_HTTP_READER_H

#include <twc/buf.h>
#include <twc/http_message.h>

#include "protocol/http/chunked.h"
#include "protocol/http/framing.h"
#include "protocol/http/head.h"
#include "protocol/http/target.h"

struct http_reader {
	/* in: set after http_reader_init, before the first byte */
	enum twc_http_method method; /* of the request, for a response */
	bool lenient;		     /* responses: in their heads and chunks */
	bool both;		     /* responses: Transfer-Encoding wins over Content-Length */
	/* out */
	int rc;			/* 1: whole; 0: needs more; < 0: refused */
	int status;		/* of a refused request */
	size_t at;		/* end of the message, or where it was refused when its head or a chunk was */
	char text[TWC_ERR_TEXT_MAX];
	struct twc__http_framing framing;
	struct twc__http_target target;
	struct twc_http_fields fields, trailers;
	struct twc_buf start;	/* method, target and version, or status, version and reason */
	struct twc_buf body;
	unsigned chunks;	/* slices of chunked data: at least as many as there were chunks */
	/* private */
	struct twc__http_head head, tail;
	struct twc__http_chunked chunked;
	struct twc_buf in;
	enum { READ_HEAD, READ_LENGTH, READ_CHUNKS, READ_TRAILERS, READ_REST } phase;
	enum twc__http_role role;
	size_t taken;
	uint64_t left;
};
void http_reader_init(struct http_reader *r, enum twc__http_role role, const struct twc__http_limits *limits);
void http_reader_fini(struct http_reader *r);
/* More bytes. Does nothing once r->rc is not 0. */
void http_reader_feed(struct http_reader *r, const void *p, size_t n);
/* The same verdict of the same bytes? The number of slices of chunked data is not compared. */
bool http_reader_same(const struct http_reader *a, const struct http_reader *b);
bool http_fields_same(const struct twc_http_fields *a, const struct twc_http_fields *b);

#endif
