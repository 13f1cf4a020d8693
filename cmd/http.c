/* SPDX-License-Identifier: MIT */
/*
 * twc http: an HTTP client. Between the command line and the library's fetching; here are its texts.
 *
 *	http_opts.c http_check.c            rows, and what does not fit together
 *	http_words.c                        operands: METHOD, URLs, items
 *	http_request.c _data.c _items.c _form.c   what a group asks for, made ready
 *	http_jobs.c                         one URL after the other
 *	http_session.c                      connections, TLS, cookies
 *	http_run.c http_transfer.c …        see http_run.h
 *	http_output.c http_show.c           where bytes go, and what is told
 */
#include "http_run.h"

extern const struct twc_cmd cmd_http;

static const char *const http_synopsis[] = { "twc http [METHOD] URL... [ITEM...]", NULL };

static const struct cmd_example http_examples[] = {
	{ "twc http -f https://example.com/", "a page on standard output; status 1 when the server refuses it" },
	{ "twc http PUT http://127.0.0.1:8080/users/7 name=Ann age:=42", "an object of JSON, made of items" },
	{ "twc http http://127.0.0.1:8080/health --wait 30s --expect status=200", "come back when it is up" },
	{ NULL, NULL },
};

const struct twc_cmd cmd_http = {
	.name = "http",
	.summary = "ask an HTTP server",
	.synopsis = http_synopsis,
	.description =
		"Sends a request for each URL and writes the body of the answer to standard output. Options are curl's, items "
		"behind the URL httpie's: name=text and name:=JSON are data, name==text the query, Name:text a header field, "
		"name@FILE a file. Unlike curl: [ ] and { } in URLs mean nothing without --glob; -L does what the status says, "
		"also with -X (--keep-method); no file of options is read by itself (-K); progress is for terminals; of several "
		"transfers the status is 79 when some failed (--exit=curl-last); -J understands filename*; files are "
		"written to NAME.part first (--no-part); a retry goes on where the last attempt stopped or, when bytes have left "
		"already, is none; waiting has jitter (--retry-delay), Retry-After a limit (--retry-after-max).",
	.examples = http_examples,
	.opts = http_opts,
	.slips = http_slips,
	.operands = { .name = "URL",
		      .min = 1,
		      .max = 0,
		      .help = "where to ask; METHOD before it, items of the request behind it" },
	.params_size = sizeof(struct http_params),
	.init = http_init,
	.fini = http_fini,
	.check = http_check,
	.usage_status = http_status_usage,
	.run = http_run,
};
