/* SPDX-License-Identifier: MIT */
/* twc http serve as it is told to users: texts, option rows, defaults, and what does not fit together. What it does is in
 * http_serve.c. */
#include "http_serve.h"

#include <twc/parse.h>

#define ROUTES "Routes"
#define FILES "Files"
#define RESPONSES "Login and responses"
#define REPORTS "Reports"

#define MAX_HEAD_LIMIT (1024 * 1024)
#define MAX_EXEC_LIMIT 10000

enum { EXCL_IP = 1 };

static const char *const duplicate_words[] = { "error", "overwrite", "rename", NULL }; /* enum twc_http_duplicate */

static const char *const log_words[] = { "common", "combined", "json", NULL };

#define AT(member) .offset = offsetof(struct http_serve_params, member)
#define FLAG .type = OPT_FLAG

const struct twc_opt http_serve_opts[] = {
	{ .long_name = "route", .type = OPT_LIST, AT(routes), .arg = "ROUTE", .group = ROUTES,
	  .help = "`[METHOD ]PATTERN[ {key=value ...}]=HANDLER[:ARG]`; the most specific that fits answers; repeatable" },
	{ .long_name = "routes", .type = OPT_LIST, .hint = OPT_HINT_FILE, AT(routes), .arg = "FILE", .group = ROUTES,
	  .help = "the routes in FILE, one a line" },
	{ .long_name = "max-exec", .type = OPT_UINT, AT(max_exec), .arg = "N", .min = 1, .max = MAX_EXEC_LIMIT, .def = "32",
	  .group = ROUTES, .help = "run so many programs for requests at once; more requests wait" },
	{ .long_name = "seed", .type = OPT_UINT, AT(seed), .arg = "N", .min = 1, .group = ROUTES,
	  .help = "what routes leave to chance comes the same way each time" },

	{ .long_name = "list", FLAG, AT(list), .group = FILES, .help = "list folders that have no index" },
	{ .long_name = "index", .type = OPT_LIST, AT(index), .arg = "NAME", .def = "index.html", .group = FILES,
	  .help = "the file that stands for its folder; repeatable, the first that is there" },
	{ .long_name = "spa", .type = OPT_STRING, .flags = OPT_OPTIONAL, .implied = "index.html", AT(spa), .arg = "FILE",
	  .group = FILES, .help = "pages that are not there are FILE of the folder, for browsers that want a page" },
	{ .long_name = "pretty-urls", FLAG, AT(pretty_urls), .group = FILES, .help = "/about is about.html" },
	{ .long_name = "404", .type = OPT_STRING, AT(not_found), .arg = "FILE", .group = FILES,
	  .help = "what is not there is FILE of the folder, with status 404" },
	{ .long_name = "hidden", FLAG, AT(hidden), .group = FILES, .help = "serve names that begin with a dot, too" },
	{ .long_name = "follow-symlinks", FLAG, AT(follow_symlinks), .group = FILES,
	  .help = "follow symbolic links that lead out of the folder" },
	{ .long_name = "mime", .type = OPT_LIST, AT(mime), .arg = "EXT=TYPE", .group = FILES,
	  .help = "the type of files that end in .EXT; repeatable" },
	{ .long_name = "cache", .type = OPT_STRING, AT(cache), .arg = "DURATION|no-store", .group = FILES,
	  .help = "tell clients for how long they may keep a file" },
	{ .long_name = "precompressed", .type = OPT_STRING, AT(precompressed), .arg = "LIST", .group = FILES,
	  .help = "send FILE.gz, .br, .zst in place of FILE to whoever can read it: gz,br,zst" },
	{ .long_name = "gzip", FLAG, AT(gzip), .group = FILES, .help = "compress texts above 1 KiB as they are sent" },
	{ .long_name = "upload", .type = OPT_STRING, .flags = OPT_OPTIONAL, .implied = "", .hint = OPT_HINT_DIR, AT(upload),
	  .arg = "DIR", .group = FILES, .help = "take files by PUT and by forms: into the folder that is served, or into DIR" },
	{ .long_name = "on-duplicate", .type = OPT_WORD, AT(on_duplicate), .arg = "WHAT", .words = duplicate_words, .def = "error",
	  .group = FILES, .help = "an upload whose name is taken is an error, replaces the file, or gets another name" },
	{ .long_name = "allow-delete", FLAG, AT(allow_delete), .group = FILES, .help = "with --upload: DELETE removes files, too" },
	{ .long_name = "yes", FLAG, AT(yes), .group = FILES, .help = "serve / or a home directory all the same" },

	{ .long_name = "auth", .flags = OPT_SECRET, .type = OPT_STRING, AT(auth), .arg = "LOGIN", .group = RESPONSES,
	  .help = "ask for this login: USER:PASSWORD, or @FILE with one a line, plain or hashed; SIGHUP reads it again" },
	{ .long_name = "upload-auth", .flags = OPT_SECRET, .type = OPT_STRING, AT(upload_auth), .arg = "LOGIN", .group = RESPONSES,
	  .help = "ask for this login for uploads, in place of that of --auth" },
	{ .long_name = "realm", .type = OPT_STRING, AT(realm), .arg = "TEXT", .def = "twc", .group = RESPONSES,
	  .help = "what browsers show when they ask for it" },
	{ .long_name = "cors", .type = OPT_STRING, .flags = OPT_OPTIONAL, .implied = "*", AT(cors), .arg = "ORIGINS",
	  .group = RESPONSES, .help = "let pages of other sites read what is served: all, or those of ORIGINS" },
	{ .long_name = "header", .type = OPT_LIST, AT(headers), .arg = "FIELD", .group = RESPONSES,
	  .help = "add `Name: value` to every response; repeatable" },

	{ .long_name = "health", .type = OPT_STRING, AT(health), .arg = "PATH", .group = REPORTS,
	  .help = "answer PATH with ok, whoever asks" },
	{ .long_name = "metrics", .type = OPT_STRING, AT(metrics), .arg = "PATH|ENDPOINT", .group = REPORTS,
	  .help = "counters in the text format of Prometheus: at PATH, or at an ENDPOINT of their own" },
	{ .long_name = "log", .type = OPT_STRING, AT(log), .arg = "FORMAT", .words = log_words, .group = REPORTS,
	  .help = "write a line for each request: common, combined, json, or a pattern such as '$remote_addr $status'" },
	{ .long_name = "log-file", .type = OPT_STRING, .hint = OPT_HINT_FILE, AT(log_file), .arg = "FILE", .group = REPORTS,
	  .help = "append these lines to FILE, which SIGHUP and SIGUSR1 have opened anew" },
	{ .long_name = "exit-after", .type = OPT_UINT, AT(exit_after), .arg = "N", .min = 1, .group = REPORTS,
	  .help = "stop when so many requests were answered" },
	{ .long_name = "require", .type = OPT_LIST, AT(require), .arg = "REQUEST", .group = REPORTS,
	  .help = "`POST /hook=2`: end with status 1 unless it came, so many times; repeatable" },

	SERVING_LISTENING_OPTS(struct http_serve_params, EXCL_IP),

	{ .long_name = "max-head", .type = OPT_SIZE, AT(max_head), .arg = "SIZE", .min = 256, .max = MAX_HEAD_LIMIT,
	  .def = "16k", .group = SERVING_LIMITS, .help = "refuse a request with more of request line and header (431)" },
	{ .long_name = "max-body", .type = OPT_SIZE, AT(max_body), .arg = "SIZE", .min = 1, .def = "10M",
	  .group = SERVING_LIMITS, .help = "refuse a request with a longer body (413)" },
	{ .long_name = "header-timeout", .type = OPT_DURATION, AT(header_timeout), .arg = "DURATION", .min = 1, .def = "10s",
	  .group = SERVING_LIMITS, .help = "how long a request's head may take from its first byte (408)" },
	{ .long_name = "idle", .type = OPT_DURATION, AT(idle), .arg = "DURATION", .min = 1, .def = "60s",
	  .group = SERVING_LIMITS, .help = "close a connection without a request for so long" },
	{ .long_name = "min-rate", .type = OPT_SIZE, AT(min_rate), .arg = "SIZE", .min = 1, .def = "500",
	  .group = SERVING_LIMITS, .help = "end clients that send or take fewer bytes a second over 20 seconds" },
	SERVING_LIMITS_OPTS(struct http_serve_params),

	SERVING_READINESS_OPTS(struct http_serve_params),

	SERVING_PROCESS_OPTS(struct http_serve_params),
	{ 0 },
};

void http_serve_init(void *params)
{
	struct http_serve_params *p = params;

	serving_init(&p->serving);
}

void http_serve_fini(void *params)
{
	struct http_serve_params *p = params;

	opt_list_fini(&p->routes);
	opt_list_fini(&p->index);
	opt_list_fini(&p->mime);
	opt_list_fini(&p->headers);
	opt_list_fini(&p->require);
	serving_fini(&p->serving);
}

int http_serve_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct http_serve_params *p = params;
	const char *counting = p->exit_after ? "exit-after" : p->require.n ? "require" : NULL;

	(void)n;
	(void)operand;
	if (counting && serving_workers(&p->serving))
		return twc_err_set(err, TWC_EUSAGE, "--workers and --%s exclude each other: each process would count for "
						    "itself", counting);
	if (!p->upload && (p->on_duplicate || p->allow_delete || p->upload_auth))
		return twc_err_set(err, TWC_EUSAGE, "--%s is for uploads: it needs --upload",
				   p->allow_delete ? "allow-delete" : p->upload_auth ? "upload-auth" : "on-duplicate");
	if (p->metrics && p->metrics[0] != '/' && !strchr(p->metrics, ':'))
		return twc_err_set(err, TWC_EUSAGE, "--metrics: '%.100s' is neither a path, such as /metrics, nor an endpoint, such as "
						    "tcp:9100", p->metrics);
	if (p->log_file && !p->log_file[0])
		return twc_err_set(err, TWC_EUSAGE, "--log-file: the name is empty");
	return serving_check(ctx, &p->serving, err);
}

const struct twc_cmd cmd_http_serve = {
	.name = "http serve",
	.summary = "answer HTTP requests",
	.synopsis = (const char *const[]){ "twc http serve ENDPOINT... [DIR] [-- COMMAND...]", NULL },
	.description = "Listens on every ENDPOINT and answers requests with the files of DIR, or as routes say. With COMMAND it "
		       "listens first, then runs COMMAND with TWC_PORT, TWC_HOST, TWC_ADDR and TWC_URL set, stops with it, and "
		       "exits with its status. Listens on the loopback unless told otherwise.",
	.examples =
		(const struct cmd_example[]){
			{ "twc http serve tcp:8080 public --list", "the files of a folder, for this machine" },
			{ "twc http serve tls:8443:cert=auto --public public", "the same for everybody, encrypted" },
			{ "twc http serve tcp:0 fixtures -- sh -c 'curl \"$TWC_URL\"'", "a server for the length of a test" },
			{ 0 },
		},
	.opts = http_serve_opts,
	.slips =
		(const struct opt_slip[]){
			{ "--grace", "the time to finish in is --drain" },
			{ "--max-conns", "how many are served at once is --max-clients" },
			{ "--max-conns-per-ip", "that is --max-per-ip" },
			{ "--announce", "where it listens is told by --ready-fd and --port-file" },
			{ "--tls-self-signed", "TLS is an endpoint: tls:PORT:cert=auto" },
			{ "--client-ca", "it is a key of the endpoint: tls:PORT:cert=F:client-auth=require:ca=F" },
			{ "--port", "the port is part of the endpoint: tcp:PORT" },
			{ "-p", "the port is part of the endpoint: tcp:PORT" },
			{ "-d", "the folder is the last operand: twc http serve tcp:8000 DIR" },
			{ "--directory", "the folder is the last operand: twc http serve tcp:8000 DIR" },
			{ "--bind", "the address is part of the endpoint: tcp:PORT:interface=ADDR" },
			{ 0 },
		},
	.operands = { .name = "ENDPOINT", .hint = OPT_HINT_LISTEN_DIR, .min = 1, .max = 0,
		      .help = "where to listen, such as tcp:8080; then the folder whose files to serve" },
	.flags = CMD_COMMAND,
	.params_size = sizeof(struct http_serve_params),
	.init = http_serve_init,
	.fini = http_serve_fini,
	.check = http_serve_check,
	.run = http_serve_run,
};
