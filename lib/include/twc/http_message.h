/* SPDX-License-Identifier: MIT */
/*
 * What requests and responses of HTTP are made of (RFC 9110): fields in their order, methods, status codes. The same
 * for clients and servers, and for every version of the protocol.
 */
#ifndef TWC_HTTP_MESSAGE_H
#define TWC_HTTP_MESSAGE_H

#include <twc/base.h>
#include <twc/buf.h>
#include <twc/err.h>

#pragma GCC visibility push(default)

/* "as long as it turns out to be": of a body. */
#define TWC_HTTP_UNKNOWN UINT64_MAX

/* ---- fields ---- */

struct twc_http_field {
	struct twc_str name;  /* a token (RFC 9110, 5.6.2), in the case it was given */
	struct twc_str value; /* without blanks at its ends */
};

#define TWC_HTTP_FIELDS_MAX 1000	    /* fields in a list */
#define TWC_HTTP_FIELDS_BYTES (1024 * 1024) /* names and values of a list */

/* A list of fields in their order. Zeroed or initialised it is empty and owns nothing. */
struct twc_http_fields {
	char *bytes;			/* private: names and values, owned */
	struct twc__http_entry *entry;	/* private: where they are, owned */
	uint32_t len, cap;		/* private: of bytes */
	uint32_t n, slots;		/* private: of entry */
	uint64_t present;		/* private: which names may be there */
};
void twc_http_fields_fini(struct twc_http_fields *f); /* frees; empty and usable again */
void twc_http_fields_clear(struct twc_http_fields *f); /* empty, keeps the memory */
size_t twc_http_fields_count(const struct twc_http_fields *f);
/* The i-th (i < count). The strings are borrowed from the list, until it changes. */
struct twc_http_field twc_http_fields_at(const struct twc_http_fields *f, size_t i);
/* The value of the first field of this name, in whatever case; false: there is none. `value` may be NULL. */
bool twc_http_fields_get(const struct twc_http_fields *f, const char *name, struct twc_str *value);
/* The index of the next field of this name at or after `from`, or SIZE_MAX. */
size_t twc_http_fields_find(const struct twc_http_fields *f, const char *name, size_t from);
/* Is `token` among the comma separated members of all fields of this name? In whatever case. Parameters (";q=1") are
 * looked past. */
bool twc_http_fields_has(const struct twc_http_fields *f, const char *name, const char *token);
/*
 * Appends; name and value are copied, blanks at the ends of the value left out. TWC_EDATA when the name is no token or
 * the value holds CR, LF, NUL or another control but a tab; TWC_ETOOLONG beyond the maxima above.
 */
int twc_http_fields_add(struct twc_http_fields *f, struct twc_str name, struct twc_str value, struct twc_err *err);
/* The same in place of all fields of this name. */
int twc_http_fields_set(struct twc_http_fields *f, struct twc_str name, struct twc_str value, struct twc_err *err);
/* How many were removed. */
size_t twc_http_fields_remove(struct twc_http_fields *f, const char *name);
int twc_http_fields_copy(struct twc_http_fields *to, const struct twc_http_fields *from, struct twc_err *err);

/* The next member of a comma separated list (RFC 9110, 5.6.1), trimmed, empty ones left out; commas in quoted strings and
 * comments do not separate. False: none is left. */
bool twc_http_list_next(struct twc_str *rest, struct twc_str *member);

/* ---- methods ---- */

enum twc_http_method {
	TWC_HTTP_OTHER = 0, /* any other token */
	TWC_HTTP_GET,
	TWC_HTTP_HEAD,
	TWC_HTTP_POST,
	TWC_HTTP_PUT,
	TWC_HTTP_DELETE,
	TWC_HTTP_CONNECT,
	TWC_HTTP_OPTIONS,
	TWC_HTTP_TRACE,
	TWC_HTTP_PATCH,
};
enum twc_http_method twc_http_method_of(struct twc_str token); /* methods are case-sensitive */
bool twc_http_method_is_safe(enum twc_http_method m);	     /* RFC 9110, 9.2.1 */
bool twc_http_method_is_idempotent(enum twc_http_method m);    /* 9.2.2 */
bool twc_http_is_token(struct twc_str s);		     /* RFC 9110, 5.6.2: names of fields, methods */

/* "nghttp2 1.52.0, zlib 1.2.13, brotli 1.0.9, zstd 1.5.4": the libraries of HTTP/2 and of the content codings, as linked at run
 * time. Returns `buf`. */
const char *twc_http_library_versions(char *buf, size_t cap);

/* ---- versions, as requests and responses have them: 10, 11: HTTP/1.0, 1.1; 20: HTTP/2 ---- */

const char *twc_http_version_name(int version); /* "HTTP/1.0", "HTTP/1.1", "HTTP/2" */

/* ---- status codes ---- */

/* "Not Found"; "" for a code nobody has registered. */
const char *twc_http_reason(int status);

#pragma GCC visibility pop
#endif
