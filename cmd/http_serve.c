/* SPDX-License-Identifier: MIT */
/*
 * twc http serve: an HTTP server. Between the command line and the library's server; here are its texts and operands.
 */
#include "out.h"

extern const struct twc_cmd cmd_http_serve;

static int http_serve_run(struct ctx *ctx, void *params, int n, char **operand)
{
	const struct twc_err err = { .code = TWC_EBUG, .text = "not built yet" };

	(void)params;
	(void)n;
	return out_fail(ctx, operand[0], &err);
}

static const char *const http_serve_synopsis[] = { "twc http serve ENDPOINT... [DIR]", NULL };

static const struct cmd_example http_serve_examples[] = {
	{ "twc http serve tcp:8080 public", "the files of a folder, for this machine alone" },
	{ "twc http serve tcp:8080:interface=* public", "for everybody" },
	{ NULL, NULL },
};

const struct twc_cmd cmd_http_serve = {
	.name = "http serve",
	.summary = "answer HTTP requests",
	.synopsis = http_serve_synopsis,
	.description = "Listens on every ENDPOINT and answers requests with the files of DIR.",
	.examples = http_serve_examples,
	.operands = { .name = "ENDPOINT", .hint = OPT_HINT_LISTEN_DIR, .min = 1, .max = 0,
		      .help = "where to listen, such as tcp:8080; then the folder whose files to serve" },
	.run = http_serve_run,
};
