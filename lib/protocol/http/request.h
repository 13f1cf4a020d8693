/* SPDX-License-Identifier: MIT */
/* The head of a request, written (RFC 9112, 3). Pure. */
#ifndef TWC_PROTOCOL_HTTP_REQUEST_H
#define TWC_PROTOCOL_HTTP_REQUEST_H

#include <twc/buf.h>
#include <twc/http_client.h>

/*
 * Appends the head of `call` to `out`. Host comes first, from the URL, unless the call's fields have one, which then
 * stands there. Content-Length or Transfer-Encoding stand where the fields name one of them, else last; an Expect is
 * added for expect_ns. TWC_EDATA: what cannot be sent (a method or target with a blank); TWC_ETOOLONG, TWC_ENOMEM.
 */
int twc__http_request_write(const struct twc_http_call *call, struct twc_buf *out, struct twc_err *err);

#endif
