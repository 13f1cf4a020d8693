/* SPDX-License-Identifier: MIT */
/*
 * How long the body of a message is (RFC 9112, 6.3): one decision, in one place, from the fields. And whether the connection
 * lasts beyond it (9.3).
 */
#ifndef PROTOCOL_HTTP_FRAMING_H
#define PROTOCOL_HTTP_FRAMING_H

#include "protocol/http/head.h"

enum twc__http_body {
	TWC__HTTP_NONE = 0,
	TWC__HTTP_LENGTH,  /* so many bytes; 0 is TWC__HTTP_NONE but for a client's report */
	TWC__HTTP_CHUNKED,
	TWC__HTTP_UNTIL_CLOSE, /* responses only */
	TWC__HTTP_TUNNEL,  /* no message any more: 101, or 2xx to CONNECT */
};

struct twc__http_framing {
	enum twc__http_body body;
	uint64_t length;  /* with TWC__HTTP_LENGTH */
	bool keeps_alive; /* the connection lasts beyond the message, as far as it is the sender's to say */
	bool expects_continue; /* request of HTTP/1.1 with Expect: 100-continue */
};

/* 0, or TWC_EPROTO with *fault and a sentence: lengths that differ, are lists or no numbers, Transfer-Encoding with Content-Length or in
 * HTTP/1.0, codings that do not end in one chunked, unknown ones; an Expect that is not 100-continue is *fault 417's: ignored. */
int twc__http_frame_request(const struct twc__http_start *start, const struct twc_http_fields *fields,
			    struct twc__http_framing *out, enum twc__http_fault *fault, struct twc_err *err);
/* Of the response to a request of this method. Equal lengths given twice are one; `lenient`: see struct twc_http_client_opts. */
int twc__http_frame_response(const struct twc__http_start *start, const struct twc_http_fields *fields, enum twc_http_method method,
			     bool lenient, struct twc__http_framing *out, struct twc_err *err);

#endif
