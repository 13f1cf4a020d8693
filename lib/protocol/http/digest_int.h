/* SPDX-License-Identifier: MIT */
/* What both sides of Digest (digest_auth.c, digest_guard.c) compute alike. */
#ifndef TWC_HTTP_DIGEST_INT_H
#define TWC_HTTP_DIGEST_INT_H

#include "protocol/http/digest_auth.h"

struct twc__http_digest_hex {
	char text[TWC__DIGEST_HEX_MAX];
	size_t n;
};
static inline struct twc_str twc__http_digest_text(const struct twc__http_digest_hex *h)
{
	return (struct twc_str){ h->text, h->n };
}

struct twc__http_digest_input {
	struct twc_str realm, nonce;
	struct twc_str nc, cnonce; /* only with has_qop, or is_sess */
	bool has_qop, is_sess;
};

/* H(part:part:…) in hexadecimal. */
void twc__http_digest_join(struct twc__digest *hash, const struct twc_str *parts, size_t n, struct twc__http_digest_hex *out);
/* The response of RFC 7616, 3.4.1. */
void twc__http_digest_response(struct twc__digest *hash, const struct twc__http_digest_input *in,
			       const struct twc__http_digest_request *request, struct twc__http_digest_hex *out);
/* "SHA-256-sess" */
const char *twc__http_digest_algorithm_name(enum twc__digest_kind kind, bool is_sess);
/* Appends `before`, then the value as a quoted-string. */
int twc__http_digest_add_quoted(struct twc_buf *out, const char *before, struct twc_str value);

#endif
