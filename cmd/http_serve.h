/* SPDX-License-Identifier: MIT */
/* What http_serve_opts.c parses and http_serve.c runs. */
#ifndef CMD_HTTP_SERVE_H
#define CMD_HTTP_SERVE_H

#include "cmd.h"
#include "serving.h"

#include <twc/http_server.h>
#include <twc/http_site.h>

struct http_serve_params {
	/* routes */
	struct opt_list routes; /* --route and --routes, in order */
	uint64_t seed;
	uint64_t max_exec;
	/* files */
	bool list, hidden, follow_symlinks, pretty_urls, gzip, yes;
	struct opt_list index, mime;
	const char *spa, *not_found, *cache, *precompressed;
	/* uploads */
	const char *upload; /* "": the served folder */
	int on_duplicate;   /* enum twc_http_duplicate */
	bool allow_delete;
	const char *upload_auth;
	/* who may, and what every response says */
	const char *auth, *realm, *cors;
	struct opt_list headers;
	/* reports */
	const char *health, *metrics;
	const char *log, *log_file;
	struct opt_list require;
	uint64_t exit_after; /* 0: no end */
	/* limits */
	uint64_t max_head, max_body, min_rate;
	uint64_t header_timeout, idle;
	struct serving_params serving;
};

extern const struct twc_opt http_serve_opts[];
void http_serve_init(void *params);
void http_serve_fini(void *params);
int http_serve_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
int http_serve_run(struct ctx *ctx, void *params, int n, char **operand); /* http_serve.c */

/* How many of the operands are endpoints: all, or all but the last, which is then a folder. The exit status, after saying why, in
 * *status: 0 when there is none. */
int http_serve_split(struct ctx *ctx, const struct http_serve_params *p, int n, char **operand, int *status);

#endif
