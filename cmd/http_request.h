/* SPDX-License-Identifier: MIT */
/*
 * What the options and items of a group ask for, made ready once: files that are named are read, secrets are
 * had, data is put together. Each transfer of the group then takes its fetch options, and a body of its own,
 * from here.
 */
#ifndef CMD_HTTP_REQUEST_H
#define CMD_HTTP_REQUEST_H

#include "http_opts.h"
#include "http_words.h"
#include <twc/http_body.h>
#include <twc/http_fetch.h>

struct http_names { /* NULL-terminated list of strings of its own */
	char **name;
	size_t n;
};

struct http_request {
	const struct http_params *p;
	struct http_words words;
	const char *method;		/* NULL: as the body has it */
	struct twc_http_fields fields, proxy_fields;
	struct http_names removed;	/* fields that are not sent */
	struct http_names connect_to;
	struct twc_buf query;		/* to be added to the query of the URL */
	struct twc_buf data;		/* a body in memory */
	bool has_data;
	const char *data_file;		/* instead: this file as it is */
	bool is_chunked;		/* asked for: Transfer-Encoding: chunked */
	bool is_form;			/* multipart, made for each transfer */
	char *form_type;		/* what the user says it is, in place of multipart/form-data; NULL: nothing */
	const char *type;		/* Content-Type of data, unless the user has said one; NULL: none */
	char *user, *password, *bearer, *proxy_user, *proxy_password; /* secrets; NULL: none */
	char *key_password;
	char *via;			/* endpoint; NULL: none */
	char *referer;
	char *range;
	bool referer_auto;
};

/* 0, or the status after a failure was printed. Zeroed before; freed in any case. Its strings are those of
 * params and operands. */
int http_request_make(struct http_request *q, struct ctx *ctx, const struct cmd_group *g);
void http_request_fini(struct http_request *q);

/* Has the user said something about this field, if only that it is not sent? */
bool http_request_has_field(const struct http_request *q, const char *name);
/* Puts together what is sent with the URL; *body NULL: nothing. `upload` is the file of -T for this URL, or
 * NULL. *content_range, when only the rest of it is sent (-C): "bytes 50-99/100"; freed by the caller. */
int http_request_body(const struct http_request *q, const char *upload, struct twc_reactor *r,
		      struct twc_http_body **body, char **content_range, struct twc_err *err);
/* The options of a fetch, as far as the group decides them: all but what is of the URL, of the output and of
 * the run. */
void http_request_fill(const struct http_request *q, struct twc_http_fetch_opts *o);

/* http_data.c: -d and its like, joined in q->data, or named in q->data_file. */
int http_data_collect(struct http_request *q, struct twc_err *err);
/* "name=value", "name@FILE", "=value": encoded, behind a '&' unless `out` is empty. */
int http_data_encode(const char *option, const char *value, struct twc_buf *out, struct twc_err *err);

/* http_items.c: the data among the items, as JSON or as a form, and what they say about fields and query. */
int http_items_apply(struct http_request *q, struct twc_err *err);
/* http_form.c: the parts of -F, --form-string and of items, into a body. */
int http_form_build(const struct http_request *q, struct twc_http_body *b, struct twc_err *err);
/* A header field as users write it: "Name: value", "Name:", "Name;". */
int http_field_apply(struct http_request *q, struct twc_http_fields *fields, struct twc_str line,
		     struct twc_err *err);
int http_field_add(struct http_request *q, struct twc_http_fields *fields, struct twc_str name,
		   struct twc_str value, struct twc_err *err);
void http_names_add(struct http_names *l, struct twc_str name);
void http_names_fini(struct http_names *l);

#endif
