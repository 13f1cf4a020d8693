/* SPDX-License-Identifier: MIT */
/*
 * The set of httpbin, as the files that make it up share it. Paths, parameters and JSON are those of go-httpbin, which
 * has a list of values for each name; so are the limits. It is one router, made of the tables below: a new path is a
 * row in one of them.
 *
 *	handle_bin.c   the kind, and the page that lists all      bin.c        what is said of requests
 *	bin_values.c   names with their values, for JSON          bin_flow.c   what is said bit by bit
 *	bin_echo.c     requests told back   bin_body.c  their bodies
 *	bin_auth.c bin_cookies.c bin_data.c bin_redirect.c bin_sample.c bin_status.c bin_stream.c bin_websocket.c   the rest, by subject
 */
#ifndef TWC_APP_HTTP_BIN_H
#define TWC_APP_HTTP_BIN_H

#include <twc/http_server.h>
#include <twc/json.h>
#include <twc/parse.h>

#include "protocol/http/digest_auth.h"

#define TWC__BIN_BODY_MAX (1024 * 1024)	     /* of requests, and of what paths ask for */
#define TWC__BIN_TIME_MAX (10 * TWC_NS_PER_S) /* that a response may be asked to take */
#define TWC__BIN_JSON_MAX (16 * 1024 * 1024)  /* a body may become longer in quotes, and is told twice */
#define TWC__BIN_VALUES_MAX 10000	     /* in a query, a form */

struct twc__bin {
	struct twc_http_router *router;	     /* owned */
	struct twc__http_digest_guard guard;
	uint64_t chance; /* for twc__bin_random: of all requests that bring no seed */
	/* Where the set stands, fit for a URL: "" or "/bin". Of the request whose handler is being called, and no longer. */
	const char *prefix;
};

/* ---- the tables: `handle` gets the struct twc__bin ---- */

struct twc__bin_route {
	const char *method; /* NULL: any */
	const char *pattern;
	twc_http_handle_fn handle;
	const char *summary; /* NULL: it is told with the row before */
};
/* Each ends with a row of NULL. */
extern const struct twc__bin_route twc__bin_echo[], twc__bin_auth[], twc__bin_cookies[], twc__bin_data[], twc__bin_redirect[],
	twc__bin_sample[], twc__bin_status[], twc__bin_stream[], twc__bin_websocket[];
extern const struct twc__bin_route *const twc__bin_tables[]; /* of them, NULL at the end */

/* ---- names with values: queries, forms, fields ---- */

struct twc__bin_values {
	struct twc_buf text;
	struct twc__bin_pair *pair; /* owned */
	size_t n, cap;
	int rc; /* the first failure, which stays: TWC_ETOOLONG, TWC_ENOMEM */
};
void twc__bin_values_init(struct twc__bin_values *v);
void twc__bin_values_fini(struct twc__bin_values *v);
void twc__bin_values_add(struct twc__bin_values *v, struct twc_str name, struct twc_str value);
void twc__bin_values_add_form(struct twc__bin_values *v, struct twc_str form); /* a query, too */
void twc__bin_values_add_fields(struct twc__bin_values *v, const struct twc_http_fields *f); /* names as Go writes them */
struct twc_str twc__bin_values_name(const struct twc__bin_values *v, size_t i); /* i < n; ends in a NUL */
struct twc_str twc__bin_values_value(const struct twc__bin_values *v, size_t i);
/* {"name":["value",…],…}, sorted by name. v->rc is not looked at. */
void twc__bin_values_write(struct twc__bin_values *v, struct twc_json *j, const char *key);

/* ---- answers ---- */

/* An object that is to be the response. */
struct twc__bin_reply {
	struct twc_http_exchange *x;
	struct twc_json j;
	struct twc_buf buf;
};
void twc__bin_reply_begin(struct twc__bin_reply *r, struct twc_http_exchange *x);
/* Closes the object. False: it is too long, which was answered. */
bool twc__bin_reply_end(struct twc__bin_reply *r);
void twc__bin_reply_send(struct twc__bin_reply *r, int status); /* ends it, and sends it indented */
void twc__bin_reply_fini(struct twc__bin_reply *r);
/* r->buf, after reply_end, indented by two; what would become far longer by that stays as it is. */
void twc__bin_indent(struct twc_buf *b);
/* {"status_code":…,"error":…,"detail":…}; detail may be NULL. */
void twc__bin_fail(struct twc_http_exchange *x, int status, const char *detail);
void twc__bin_fail_err(struct twc_http_exchange *x, int status, const char *what, const struct twc_err *err);
void twc__bin_send(struct twc_http_exchange *x, int status, const char *type, struct twc_str body);
/* Is what a client has brought harmless as this Content-Type? Else a browser may take it for a page, and run it. */
bool twc__bin_is_inert(struct twc_str type);

/* ---- requests ---- */

/* What is told of every request, into an object: args, headers. Then method, origin, url. False: too much, which was answered. */
bool twc__bin_tell_args(struct twc__bin_reply *r);
void twc__bin_tell_method(struct twc__bin_reply *r);
void twc__bin_tell_origin(struct twc__bin_reply *r);
void twc__bin_tell_url(struct twc__bin_reply *r);
/* All five of them. */
bool twc__bin_tell_request(struct twc__bin_reply *r);
/* data, files, form, json. False: it is not what its type says, which was answered. */
bool twc__bin_tell_body(struct twc__bin_reply *r, struct twc_str body);
/* The body's turn, once it has come, and `delay_ns` have passed. */
struct twc_deferred *twc__bin_echo_after(struct twc_http_exchange *x, uint64_t delay_ns);

bool twc__bin_is_secure(const struct twc_http_exchange *x);
/* "http://host", n 0 when the client has not said a host. Lives as long as the exchange. */
struct twc_str twc__bin_origin(struct twc_http_exchange *x);

/* Parameters: of a path by name, or of the query. What is wrong was answered with 400, then they return false. A query that says
 * nothing leaves *out as it is. */
bool twc__bin_param_uint(struct twc_http_exchange *x, const char *name, uint64_t min, uint64_t max, uint64_t *out);
bool twc__bin_query_uint(struct twc_http_exchange *x, const char *name, uint64_t min, uint64_t max, uint64_t *out);
bool twc__bin_query_time(struct twc_http_exchange *x, const char *name, uint64_t *ns); /* up to TWC__BIN_TIME_MAX */
bool twc__bin_time(struct twc_http_exchange *x, const char *name, struct twc_str s, uint64_t *ns);

/* ---- chance ---- */

uint64_t twc__bin_random(uint64_t *state);
/* Below 1, in steps of 2^-53. */
double twc__bin_random_part(uint64_t *state);
/* ?seed=: its own chance, repeatable; else that of all. */
bool twc__bin_query_seed(struct twc__bin *bin, struct twc_http_exchange *x, uint64_t *state);

/* ---- what is said bit by bit, never more than the client takes ---- */

struct twc__bin_flow {
	struct twc_http_exchange *x;
	int status;
	uint64_t length; /* of the body, or TWC_HTTP_UNKNOWN */
	uint64_t units;	 /* that are written, one behind the other */
	uint64_t batch;	 /* of them, in one call of `write` */
	uint64_t delay_ns;    /* before the head */
	uint64_t duration_ns; /* from the first unit to the last */
	void (*write)(struct twc__bin_flow *f, uint64_t first, uint64_t n);
	/* for `write`; the text is freed with the flow */
	struct twc_buf text;
	uint64_t unit_len;
	/* private */
	struct twc_timer timer;
	uint64_t started, done;
};
/* Takes *f over, f->text with it; fields of the response are set before. */
void twc__bin_flow_start(const struct twc__bin_flow *f);
/* A `write`: of f->text, f->unit_len bytes are a unit. */
void twc__bin_flow_slice(struct twc__bin_flow *f, uint64_t first, uint64_t n);

#endif
