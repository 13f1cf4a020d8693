/* SPDX-License-Identifier: MIT */
/* Assertions as they are kept: what expect_parse.c makes and expect.c holds against a response. */
#ifndef TWC_APP_HTTP_EXPECT_INT_H
#define TWC_APP_HTTP_EXPECT_INT_H

#include <twc/check.h>
#include <twc/http_expect.h>
#include <twc/json.h>

#include "base/digest.h"

enum twc__http_subject {
	TWC__HTTP_STATUS,
	TWC__HTTP_HEADER,
	TWC__HTTP_TRAILER,
	TWC__HTTP_BODY,
	TWC__HTTP_BODY_SIZE,
	TWC__HTTP_BODY_SHA256,
	TWC__HTTP_JSON,
	TWC__HTTP_TIME,
	TWC__HTTP_TTFB,
	TWC__HTTP_REDIRECTS,
	TWC__HTTP_URL,
	TWC__HTTP_VERSION,
	TWC__HTTP_TLS,
	TWC__HTTP_CERT_DAYS,
};

enum twc__http_op {
	TWC__HTTP_EXISTS,
	TWC__HTTP_ABSENT,
	TWC__HTTP_EQ,
	TWC__HTTP_NE,
	TWC__HTTP_LT,
	TWC__HTTP_LE,
	TWC__HTTP_GT,
	TWC__HTTP_GE,
	TWC__HTTP_MATCH,
	TWC__HTTP_HOLDS,
};

struct twc__http_assertion {
	enum twc__http_subject subject;
	enum twc__http_op op;
	char *text;	    /* owned: as written */
	char *name;	    /* owned: of a header or trailer */
	struct twc_str value; /* of text; n bytes of `text` */
	int64_t low, high;  /* numbers: the value, or the class of a status (200 to 299) */
	struct twc_expect *regex;	/* owned; MATCH, but of JSON */
	struct twc_json_expect *json;	/* owned */
	struct twc_watcher *watcher;	/* owned: of the body, MATCH */
};

/* *a zeroed before. On failure it is to be freed all the same. */
int twc__http_assertion_parse(struct twc__http_assertion *a, const char *expr, struct twc_err *err);
void twc__http_assertion_fini(struct twc__http_assertion *a);

#endif
