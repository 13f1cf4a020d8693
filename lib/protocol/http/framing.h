/* SPDX-License-Identifier: MIT */
/*
 * How long the body of a message is (RFC 9112, 6.3): one decision, in one place, from the fields. And whether the connection
 * lasts beyond it (9.3).
 */
#ifndef TWC_PROTOCOL_HTTP_FRAMING_H
#define TWC_PROTOCOL_HTTP_FRAMING_H

#include "protocol/http/head.h"

enum twc__http_body {
	TWC__HTTP_NONE = 0,
	TWC__HTTP_LENGTH,  /* so many bytes, and more than 0 */
	TWC__HTTP_CHUNKED,
	TWC__HTTP_UNTIL_CLOSE, /* responses only */
	TWC__HTTP_TUNNEL,  /* no message any more: 101, or 2xx to CONNECT */
};

struct twc__http_framing {
	enum twc__http_body body;
	/* With TWC__HTTP_LENGTH; with TWC__HTTP_NONE what was announced (to HEAD, with 304: of a body that does not
	 * come), or 0; else TWC_HTTP_UNKNOWN, also of HEAD and 304 that announce none. */
	uint64_t length;
	bool keeps_alive; /* the connection lasts beyond the message, as far as it is the sender's to say */
	bool expects_continue; /* request of HTTP/1.1 with a body and Expect: 100-continue; any other Expect is ignored */
};

/* 0, or TWC_EPROTO with *fault and a sentence: lengths that differ, are lists or no numbers, or come twice; Transfer-Encoding with
 * Content-Length or in HTTP/1.0; codings that do not end in one chunked, unknown ones; CONNECT with a body; Connection that names
 * Host or Content-Length. An Upgrade changes nothing: a request that has a body has it before anything is upgraded. */
int twc__http_frame_request(const struct twc__http_start *start, const struct twc_http_fields *fields,
			    struct twc__http_framing *out, enum twc__http_fault *fault, struct twc_err *err);
/* Of the response to a request of this method. Equal lengths given twice are one; `lenient`: see struct
 * twc_http_client_opts. A 1xx (but 101) with a body is TWC_EPROTO; a 204 that announces one has none, and ends the
 * connection. */
int twc__http_frame_response(const struct twc__http_start *start, const struct twc_http_fields *fields, enum twc_http_method method,
			     bool lenient, struct twc__http_framing *out, struct twc_err *err);

#endif
