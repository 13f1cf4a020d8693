/* SPDX-License-Identifier: MIT */
/*
 * Numbers as users write them, in one place with one wording. Each function takes the whole string,
 * accepts no sign, no blanks and no leftovers, and returns 0 or TWC_EUSAGE with a text such as
 * `port 99999 is out of range (0-65535)`; the caller adds which option it was.
 */
#ifndef TWC_PARSE_H
#define TWC_PARSE_H

#include <twc/base.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

#define TWC_NS_PER_S UINT64_C(1000000000)
#define TWC_NS_PER_MS UINT64_C(1000000)
#define TWC_NS_PER_US UINT64_C(1000)
#define TWC_DURATION_MAX_S 31536000 /* a year: longer is a slip of the keyboard */

int twc_parse_uint(struct twc_str s, uint64_t min, uint64_t max, uint64_t *out, struct twc_err *err);
int twc_parse_port(struct twc_str s, uint16_t *out, struct twc_err *err); /* 0-65535, decimal, nothing else */
/* "250ms" "1.5s" "2m" "1h" "10us"; a bare number means seconds. Nanoseconds. */
int twc_parse_duration(struct twc_str s, uint64_t *ns, struct twc_err *err);
/* "64k" "1M" "2G" "1T" (powers of 1024), bare number bytes; a trailing B is allowed ("64kB"). */
int twc_parse_size(struct twc_str s, uint64_t *bytes, struct twc_err *err);
int twc_parse_bool(struct twc_str s, bool *out, struct twc_err *err);	/* yes no; on off true false 1 0 accepted */
int twc_parse_mode(struct twc_str s, unsigned *out, struct twc_err *err); /* octal 600, 0600, 0o600; <= 7777 */
/* Index of `s` in the NULL-terminated `words`; the error lists them and names the nearest. */
int twc_parse_word(struct twc_str s, const char *const *words, int *out, struct twc_err *err);
/* C escapes \r \n \t \0 \\ \" \xNN \e to bytes, in place, with the new length in *len. On TWC_EUSAGE (err->column tells
 * where) nothing was changed. \0 before a digit is refused: C would read it as octal. */
int twc_parse_escapes(char *s, size_t *len, struct twc_err *err);

/* "250ms" "1.5s" "2m" and "64k" "1.5M": the shortest spelling that the parser reads back near enough to
 * show; for messages. Return `buf`. */
const char *twc_format_duration(char *buf, size_t cap, uint64_t ns);
const char *twc_format_size(char *buf, size_t cap, uint64_t bytes);

#pragma GCC visibility pop
#endif
