/* SPDX-License-Identifier: MIT */
/*
 * What the routes of a site are made of: kinds of handlers, one a file (handle_NAME.c) and one a line in
 * kinds.c, and wrappers, which stand before handlers: of a route when its options ask for it (delays, faults, a
 * login of its own), or of the whole site.
 *
 *	request -> wrappers of the site -> router -> wrappers of the route -> handler
 */
#ifndef TWC_APP_HTTP_HANDLER_H
#define TWC_APP_HTTP_HANDLER_H

#include <twc/http_site.h>

/* ---- a route as it was written: "[METHOD ]PATTERN[ {key=value …}]=KIND[:ARG]" ---- */

#define TWC__HTTP_SPEC_MAX (64 * 1024) /* bytes of one */
#define TWC__HTTP_OPTIONS_MAX 32

struct twc__http_option {
	struct twc_str key, value; /* the value without its quotes */
	int column;		   /* of the key, in the route; the value's is value_column */
	int value_column;
};
/* Borrows the text. */
struct twc__http_route_opts {
	struct twc_str method;	/* n 0: any */
	struct twc_str pattern;
	struct twc_str kind;
	struct twc_str arg;	/* what follows the colon; p NULL: there is none */
	int pattern_column, kind_column, arg_column;
	const char *base; /* what relative paths are relative to; NULL: the working directory */
	unsigned n;
	struct twc__http_option option[TWC__HTTP_OPTIONS_MAX];
};
/* 0, or TWC_EUSAGE with err->column. No two options have the same key, but for those that may be repeated
 * ("header", "header-up", "header-down"). */
int twc__http_spec_parse(struct twc_str text, struct twc__http_route_opts *out, struct twc_err *err);

/* The option of this key, at or after *i (NULL: the first), and *i behind it; NULL: there is none. */
const struct twc__http_option *twc__http_option_find(const struct twc__http_route_opts *o, const char *key,
						     unsigned *i);
/* 1 and the value when it is there, 0 when it is not, or TWC_EUSAGE with its key in the text and its column. */
int twc__http_option_duration(const struct twc__http_route_opts *o, const char *key, uint64_t *ns, struct twc_err *err);
int twc__http_option_size(const struct twc__http_route_opts *o, const char *key, uint64_t *bytes, struct twc_err *err);
int twc__http_option_uint(const struct twc__http_route_opts *o, const char *key, uint64_t min, uint64_t max,
			  uint64_t *n, struct twc_err *err);
int twc__http_option_bool(const struct twc__http_route_opts *o, const char *key, bool *yes, struct twc_err *err);
int twc__http_option_word(const struct twc__http_route_opts *o, const char *key, const char *const *words, int *index,
			  struct twc_err *err);
int twc__http_option_str(const struct twc__http_route_opts *o, const char *key, struct twc_str *s);
/* "'KEY': " before the text, and the option's column; returns err->code. */
int twc__http_option_fail(const struct twc__http_option *option, struct twc_err *err);

/* ---- kinds and wrappers ---- */

/* A handler and what frees it. */
struct twc__http_made {
	struct twc_http_handler handler;
	void (*free)(void *arg); /* of handler.arg; NULL: nothing to be done */
};

struct twc__http_kind {
	struct twc_http_kind_info info; /* arg_name in brackets: it may be left out; NULL: there is none */
	const char *const *keys;	/* options it knows, NULL-terminated; NULL: none but those of the wrappers */
	/*
	 * Makes the handler of a route. `arg` is the text behind the colon, `base` what relative paths in it
	 * are relative to (NULL: the working directory). 0, or an error; err->column counts in the route as
	 * written, see o->arg_column; 0 with TWC_EUSAGE means all of the argument.
	 */
	int (*create)(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc_str arg,
		      const char *base, struct twc__http_made *out, struct twc_err *err);
};
/* THE list, kinds.c. */
extern const struct twc__http_kind *const twc__http_kind_list[];
/* NULL with TWC_EUSAGE, which names the nearest or lists them. */
const struct twc__http_kind *twc__http_kind_find(struct twc_str name, struct twc_err *err);

struct twc__http_wrapper {
	const char *const *keys; /* options of routes that are its own; NULL: none */
	/* Put themselves before *made, whose owner they become: then *made is theirs. Or do nothing, when
	 * nobody asked for it. On an error *made stays as it was. Either may be NULL. */
	int (*wrap_route)(struct twc_http_site *s, const struct twc__http_route_opts *o, struct twc__http_made *made,
			  struct twc_err *err);
	int (*wrap_site)(struct twc_http_site *s, struct twc__http_made *made, struct twc_err *err);
};
/* THE list, kinds.c: the first stands nearest to the handler. */
extern const struct twc__http_wrapper *const twc__http_wrapper_list[];

static inline void twc__http_made_free(struct twc__http_made *made)
{
	if (made->free)
		made->free(made->handler.arg);
}

/* ---- for kinds ---- */

/* `arg` as a path from `base` on; caller frees with twc_free. */
char *twc__http_site_path(const char *base, struct twc_str arg);

#endif
