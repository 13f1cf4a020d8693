/* SPDX-License-Identifier: MIT */
/*
 * Assertions about an HTTP response, as users write them: `status=200`, `header:content-type~json`,
 * `json:.ok=true`, `time<500ms`. All of them are held against a response and each that fails is told, with
 * what was there instead.
 */
#ifndef TWC_HTTP_EXPECT_H
#define TWC_HTTP_EXPECT_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/http_message.h>
#include <twc/tls.h>

#pragma GCC visibility push(default)

#define TWC_HTTP_EXPECT_BODY_MAX 16777216 /* of a body that is compared as a whole, or is JSON */

struct twc_http_expect;

struct twc_http_expect *twc_http_expect_new(void);
void twc_http_expect_free(struct twc_http_expect *x); /* NULL is fine */
/*
 *	status OP N|Nxx			2xx only with = and !=
 *	header:NAME [OP VALUE], !header:NAME; trailer: likewise: any of the fields of that name; with != none
 *	body OP TEXT; body.size OP SIZE; body.sha256=HEX
 *	json:PATH [OP VALUE], !json:PATH	as <twc/json.h> has them
 *	time OP DURATION, ttfb OP DURATION	of the whole; to the first byte of the response
 *	redirects OP N, url OP TEXT, http OP 1.0|1.1, tls OP 1.2|1.3, cert.days OP N
 *
 * OP is one of = (or ==) and != everywhere; < <= > >= for numbers, sizes, durations, versions; ~ (a regular
 * expression, see <twc/check.h>) and *= (holds TEXT) for texts. TWC_EUSAGE, with the column of the fault in
 * `expr`.
 */
int twc_http_expect_add(struct twc_http_expect *x, const char *expr, struct twc_err *err);
size_t twc_http_expect_count(const struct twc_http_expect *x);
/* Can all be known from the head? (Neither body, json, trailer nor time.) */
bool twc_http_expect_is_about_heads(const struct twc_http_expect *x);

/* ---- one response ---- */

void twc_http_expect_begin(struct twc_http_expect *x); /* forgets what it was fed */
void twc_http_expect_data(struct twc_http_expect *x, const void *p, size_t n); /* of its body, in its order */

/* The rest that is known. */
struct twc_http_expect_facts {
	int status; /* 0: there was no response, of which nothing holds */
	int version; /* 10, 11: HTTP/1.0, 1.1; 20: HTTP/2 */
	const struct twc_http_fields *fields, *trailers; /* NULL: none */
	struct twc_str url; /* that answered */
	unsigned redirects;
	uint64_t total_ns, first_byte_ns;
	const char *tls;    /* "TLSv1.3"; NULL: none */
	const struct twc_tls_cert *cert; /* the server's own; NULL: none */
	int64_t now_s;	    /* the time of day, for cert.days */
};
/* Each that does not hold: as it was written, and what there was, fit for a terminal. Returns how many.
 * `failed` may be NULL. */
size_t twc_http_expect_check(struct twc_http_expect *x, const struct twc_http_expect_facts *facts,
			     void (*failed)(void *arg, const char *expr, const char *got), void *arg);

#pragma GCC visibility pop
#endif
