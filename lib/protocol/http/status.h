/* SPDX-License-Identifier: MIT */
/* Status codes of the registry (RFC 9110, 15, and what was registered since): their phrases and ready status lines. */
#ifndef TWC_PROTOCOL_HTTP_STATUS_H
#define TWC_PROTOCOL_HTTP_STATUS_H

#include <twc/base.h>

#define TWC__HTTP_STATUS_SPARE 15 /* "HTTP/1.1 299 \r\n" */

/* "Not Found" for 404; empty when nobody registered it. */
struct twc_str twc__http_reason(unsigned status);
/* "HTTP/1.1 404 Not Found\r\n", from a table or, of an unregistered code, written to `spare`. 100 <= status <= 999. */
struct twc_str twc__http_status_line(unsigned status, char spare[TWC__HTTP_STATUS_SPARE]);

#endif
