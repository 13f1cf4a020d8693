/* SPDX-License-Identifier: MIT */
/*
 * twc nc, and twc called nc, netcat or ncat: options are read as nc reads them, made a call of twc serve or connect,
 * and run as that command, whose errors then speak of the endpoint.
 */
#include "nc.h"
#include "out.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { EXPLAIN_MAX = 64 * 1024, SHOWN_ENDPOINTS = 3 };

/* ---- the same as: ---- */

static void put_word(struct twc_buf *b, const char *word)
{
	bool is_plain = word[0] && !strpbrk(word, " \t\n\"'\\$`*?[]{}()<>|&;#~!");
	int rc = is_plain ? twc_buf_addf(b, " %s", word) : twc_buf_addf(b, " '");

	for (const char *c = word; !is_plain && *c && !rc; c++)
		rc = *c == '\'' ? twc_buf_addf(b, "'\\''") : twc_buf_add(b, c, 1);
	if (!is_plain && !rc)
		rc = twc_buf_addf(b, "'");
	(void)rc; /* what does not fit is not shown */
}

/* As it would be typed; a long scan is cut short. */
static void explain(const struct ctx *ctx, const struct nc_call *call)
{
	size_t n = call->n, max = call->first_endpoint + SHOWN_ENDPOINTS;
	struct twc_buf b;
	char *word;

	twc_buf_init(&b, EXPLAIN_MAX);
	for (size_t i = 0; i < n && !(call->is_scan && i == max); i++) {
		word = twc_endpoint_mask(call->word[i]);
		put_word(&b, word);
		twc_free(word);
		if (i == 0)
			put_word(&b, ctx->common.verbose > 1 ? "-vv" : "-v");
	}
	out_note(ctx, "the same as: twc%s%s", twc_buf_cstr(&b), call->is_scan && n > max ? " ..." : "");
	twc_buf_fini(&b);
}

/* ---- running it ---- */

static bool is_null_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static int map(const struct ctx *ctx, const struct nc_params *p, int n, char **operand,
	       const struct nc_services *services, struct nc_call *call, struct twc_err *err)
{
	const struct nc_setting at = {
		.is_ncat = ctx->cmd == &cmd_ncat,
		.in_is_null = is_null_device(STDIN_FILENO),
		.is_verbose = ctx->common.verbose > 0,
		.proxy_auth = ctx->cmd == &cmd_ncat ? getenv("NCAT_PROXY_AUTH") : NULL,
		.services = services,
	};

	return nc_map(p, &at, n, operand, call, err);
}

static int nc_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	struct nc_services services;
	struct nc_call call;
	int rc;

	nc_services_load(&services);
	rc = map(ctx, params, n, operand, &services, &call, err);
	if (!rc)
		nc_call_free(&call);
	nc_services_free(&services);
	return rc;
}

/* The command it has become parses words of its own: parsing moves them about. */
static int run_as(struct ctx *ctx, const struct nc_call *call)
{
	char **argv = twc_calloc(call->n + 1, sizeof(*argv));
	int status;

	memcpy(argv, call->word, call->n * sizeof(*argv));
	ctx->cmd = cmd_find(argv[0]);
	status = cmd_run(ctx, (int)call->n - 1, argv + 1);
	twc_free(argv);
	return status;
}

/* A run takes standard input and output along to its end, and the next one needs them. */
static int run_turn(struct ctx *ctx, const struct nc_call *call)
{
	int saved[2], status;

	for (int fd = 0; fd < 2; fd++)
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	status = run_as(ctx, call);
	for (int fd = 0; fd < 2; fd++) {
		if (saved[fd] < 0 || dup2(saved[fd], fd) < 0)
			status = status ? status : twc_err_exit(TWC_EOS);
		if (saved[fd] >= 0)
			close(saved[fd]);
	}
	return status;
}

/* Could the port not be reached at all? */
static bool is_unreached(int status)
{
	return status == twc_err_exit(TWC_EREFUSED) || status == twc_err_exit(TWC_ETIMEDOUT);
}

/* One port after the other, and 0 when one at least was joined, to a clean end. Any other end is the end of all. */
static int run_turns(struct ctx *ctx, const struct nc_params *p, struct nc_call *call)
{
	bool was_joined = false;
	int status = 0;

	for (size_t i = 0; i < call->n_turns; i++) {
		char *endpoint = call->turn[i];

		if (i)
			nc_pause(p);
		call->turn[i] = call->word[call->first_endpoint];
		call->word[call->first_endpoint] = endpoint;
		if (ctx->common.verbose)
			explain(ctx, call);
		status = run_turn(ctx, call);
		was_joined |= status == 0;
		if (!is_unreached(status) && (status || p->fdpass))
			return status;
	}
	return was_joined ? 0 : status;
}

static int nc_run(struct ctx *ctx, void *params, int n, char **operand)
{
	struct nc_services services;
	struct twc_err err = { 0 };
	struct nc_call call;
	int status;

	nc_services_load(&services);
	if (map(ctx, params, n, operand, &services, &call, &err)) {
		nc_services_free(&services);
		return out_fail(ctx, NULL, &err);
	}
	if (ctx->common.verbose && !call.n_turns)
		explain(ctx, &call);
	if (call.is_scan)
		status = nc_scan(ctx, params, &call, &services, operand[0]);
	else
		status = call.n_turns ? run_turns(ctx, params, &call) : run_as(ctx, &call);
	nc_call_free(&call);
	nc_services_free(&services);
	return status;
}

/* ---- the commands ---- */

#define NC_DESCRIPTION                                                                                                  \
	"Understands what nc is told and does it with twc connect and twc serve: the same addresses and data, but an "  \
	"exit status that is 0 only when all was delivered. With -v it says which call of twc is the same. What cannot " \
	"be mapped is an error that names the spelling of twc."

const struct twc_cmd cmd_nc = {
	.name = "nc",
	.summary = "the options of nc, for what is there already; also when called nc, netcat or ncat",
	.synopsis =
		(const char *const[]){
			"twc nc [OPTION...] HOST PORT...",
			"twc nc -l [OPTION...] [HOST] PORT",
			"twc nc -z [OPTION...] HOST PORT...",
			"twc nc -U [-l] [OPTION...] PATH",
			NULL,
		},
	.description = NC_DESCRIPTION,
	.examples =
		(const struct cmd_example[]){
			{ "twc nc -zv localhost 20-30 http", "which of these ports are open?" },
			{ "twc nc -l 9000 > file", "receive one upload, from anywhere" },
			{ "twc nc -N -w 5 localhost 9000 < file", "send it; the status is 0 when it was delivered" },
			{ 0 },
		},
	.opts = nc_opts,
	.operands = { .name = "OPERAND", .hint = OPT_HINT_HOST, .help = "HOST and PORT, or with -U the PATH of a socket" },
	.params_size = sizeof(struct nc_params),
	.init = nc_init,
	.fini = nc_fini,
	.check = nc_check,
	.run = nc_run,
};

const struct twc_cmd cmd_ncat = {
	.name = "ncat",
	.summary = "the options of ncat",
	.synopsis =
		(const char *const[]){
			"ncat [OPTION...] HOST [PORT]",
			"ncat -l [OPTION...] [HOST] [PORT]",
			NULL,
		},
	.description = NC_DESCRIPTION,
	.examples =
		(const struct cmd_example[]){
			{ "ncat -lk 9000 --sh-exec 'wc -l'", "count the lines of each client" },
			{ "ncat --send-only localhost 9000 < file", "send a file" },
			{ 0 },
		},
	.opts = ncat_opts,
	.operands = { .name = "OPERAND", .hint = OPT_HINT_HOST, .help = "HOST and PORT, or with -U the PATH of a socket" },
	.flags = CMD_HIDDEN,
	.params_size = sizeof(struct nc_params),
	.init = ncat_init,
	.fini = nc_fini,
	.check = nc_check,
	.run = nc_run,
};

const struct twc_cmd *nc_called(const char *name)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;

	if (strcmp(base, "nc") == 0 || strcmp(base, "netcat") == 0)
		return &cmd_nc;
	return strcmp(base, "ncat") == 0 ? &cmd_ncat : NULL;
}
