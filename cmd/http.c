/* SPDX-License-Identifier: MIT */
/*
 * twc http: an HTTP client. Between the command line and the library's client; here are its texts and operands.
 */
#include "out.h"

extern const struct twc_cmd cmd_http;

static int http_run(struct ctx *ctx, void *params, int n, char **operand)
{
	const struct twc_err err = { .code = TWC_EBUG, .text = "not built yet" };

	(void)params;
	(void)n;
	return out_fail(ctx, operand[0], &err);
}

static const char *const http_synopsis[] = { "twc http [METHOD] URL [ITEM...]", NULL };

static const struct cmd_example http_examples[] = {
	{ "twc http http://127.0.0.1:8080/", "what the server answers, on standard output" },
	{ "twc http PUT http://127.0.0.1:8080/name k=v", "an object in JSON with one member" },
	{ NULL, NULL },
};

const struct twc_cmd cmd_http = {
	.name = "http",
	.summary = "ask an HTTP server",
	.synopsis = http_synopsis,
	.description = "Sends a request for URL and writes the body of the answer to standard output.",
	.examples = http_examples,
	.operands = { .name = "URL", .min = 1, .max = 0,
		      .help = "where to ask; METHOD before it, items of the request behind it" },
	.run = http_run,
};
