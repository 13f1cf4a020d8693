/* SPDX-License-Identifier: MIT */
/*
 * Points in time as HTTP writes them (RFC 9110, 5.6.7), as cookies do (RFC 6265, 5.1.1), and as logs and JSON do
 * (RFC 3339). Times are seconds since 1970 in UTC, without leap seconds; years 1 to 9999. No locale, and no clock: who
 * needs one passes `now`.
 */
#ifndef TWC_PROTOCOL_HTTP_DATE_H
#define TWC_PROTOCOL_HTTP_DATE_H

#include <twc/base.h>
#include <twc/err.h>

#define TWC__HTTP_DATE_LEN 29 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define TWC__HTTP_CLF_LEN 26  /* 06/Nov/1994:08:49:37 +0000 */
#define TWC__HTTP_ISO_MAX 27  /* 1994-11-06T08:49:37.000000Z */

/* All three forms, strictly: case, digits, separators and the range of each field; of the day of the week only that it is
 * one. A two-digit year that would be more than 50 years after `now` is of the past. False: no HTTP-date, and *t stays. */
bool twc__http_date_parse(struct twc_str s, int64_t now, int64_t *t);
/* The form to send. Writes exactly TWC__HTTP_DATE_LEN bytes, no NUL; years outside of 1 to 9999 become the nearest. */
void twc__http_date_format(char out[TWC__HTTP_DATE_LEN], int64_t t);

/* What browsers make of Expires in a cookie: any order, any delimiters. False: to be treated as absent. */
bool twc__http_cookie_date(struct twc_str s, int64_t *t);

/* The date of an access log in the common format, between its brackets. No NUL. */
void twc__http_clf_format(char out[TWC__HTTP_CLF_LEN], int64_t t);
/* RFC 3339 in UTC with 0, 3 or 6 digits of `us` (below 1000000); returns the length (20, 24 or 27). No NUL. */
size_t twc__http_iso_format(char out[TWC__HTTP_ISO_MAX], int64_t t, uint32_t us, unsigned digits);
/* "1994-11-06", "1994-11-06T08:49[:37[.5]]" with Z, an offset +01:00, or neither, which is UTC as well; T may be a space.
 * The fraction is dropped. */
bool twc__http_iso_parse(struct twc_str s, int64_t *t);

/* What a user may type for a date: an HTTP-date or RFC 3339. TWC_EUSAGE quotes it and shows both. */
int twc__http_time_parse(struct twc_str s, int64_t now, int64_t *t, struct twc_err *err);

#endif
