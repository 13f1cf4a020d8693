/* SPDX-License-Identifier: MIT */
/* Lines of access logs: formats, and what a line is made of. Where the lines go is access_file.c's. */
#ifndef TWC_APP_HTTP_ACCESS_LOG_H
#define TWC_APP_HTTP_ACCESS_LOG_H

#include <twc/buf.h>
#include <twc/http_site.h>

#define TWC__ACCESS_LINE_MAX (256 * 1024) /* every byte of a head may take four */

/* What is told of: an exchange that has ended, or what was refused before it became one. */
struct twc__access_facts {
	const struct twc_http_exchange *x; /* NULL: refused */
	const struct twc_transport *t;
	const struct twc_err *err; /* code 0: all was sent */
	int status;		   /* 0: nothing was answered */
	uint64_t us;		   /* from its first byte on */
	int64_t now_s;		   /* the time of day */
	uint32_t now_us;
};

struct twc__access_format;
/* "common", "combined", "json", or a pattern; NULL with TWC_EUSAGE and err->column. */
struct twc__access_format *twc__access_format_new(const char *format, struct twc_err *err);
void twc__access_format_free(struct twc__access_format *f);
/* Appends the line and its line feed. 0, or TWC_ETOOLONG or TWC_ENOMEM with nothing appended. */
int twc__access_format_put(const struct twc__access_format *f, const struct twc__access_facts *a, struct twc_buf *out);

/* ---- among its files ---- */

#define TWC__ACCESS_NAME_MAX 64 /* of a variable */
#define TWC__ACCESS_USER_MAX 256

struct twc__access_line {
	const struct twc__access_facts *a;
	struct twc_buf *out;
	int rc; /* the first that failed */
};
void twc__access_add(struct twc__access_line *l, const void *p, size_t n);

/* access_vars.c */
struct twc__access_variable {
	const char *name; /* ends in '_': the rest is the name of a field, with - for _ */
	void (*put)(struct twc__access_line *l, struct twc_str rest);
};
extern const struct twc__access_variable twc__access_variables[]; /* name NULL behind the last */
/* The user's name as the client said it, right or wrong, in `room`; p NULL: none. */
struct twc_str twc__access_user(const struct twc_http_exchange *x, char room[TWC__ACCESS_USER_MAX]);

/* access_json.c: the line of "json" */
int twc__access_json_put(const struct twc__access_facts *a, struct twc_buf *out);

#endif
