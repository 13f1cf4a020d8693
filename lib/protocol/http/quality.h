/* SPDX-License-Identifier: MIT */
/*
 * What a client prefers (RFC 9110, 12.4 and 12.5): Accept and Accept-Encoding with their weights, in thousandths. Of a
 * field only the first TWC__HTTP_QUALITY_MAX members are looked at, and of these not those that are not as specified.
 */
#ifndef TWC_PROTOCOL_HTTP_QUALITY_H
#define TWC_PROTOCOL_HTTP_QUALITY_H

#include <twc/base.h>

#define TWC__HTTP_QUALITY_MAX 64

struct twc__http_quality {
	struct twc_str value;  /* token or media range */
	struct twc_str params; /* ";a=b…" between the value and the weight; may be empty */
	unsigned q;	       /* 0 to 1000; 1000 when none is given */
};

/* Cuts the next well-formed member off the field; false at the end. */
bool twc__http_quality_next(struct twc_str *rest, struct twc__http_quality *out);

enum {
	TWC__HTTP_CODING_IDENTITY = -1,
	TWC__HTTP_CODING_NONE = -2, /* nothing that is offered is acceptable; sending it uncoded is allowed nevertheless */
};

/*
 * Index of the coding to use among `offered` (names in the server's order of preference, NULL ends them), or one of the
 * above. p == NULL (no field): identity. The client's weights decide, then the order; identity wins only with a weight
 * of its own or of "*" above the others. "x-gzip" is gzip.
 */
int twc__http_choose_coding(struct twc_str accept_encoding, const char *const *offered);

/* Weight of a media type ("text/html", parameters allowed) for the client; 1000 when there is no field (p == NULL).
 * *precision (may be NULL) tells what decided: 0 nothing, 1 stars for both halves, 2 a star for the second, 3 the type,
 * more: its parameters. */
unsigned twc__http_accept_weight(struct twc_str accept, struct twc_str type, unsigned *precision);
/* Index of the type to send among `offered` (in the order of the server's preference), or -1 when none is acceptable. */
int twc__http_choose_type(struct twc_str accept, const char *const *offered);

#endif
