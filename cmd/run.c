/* SPDX-License-Identifier: MIT */
/*
 * One command from its arguments to its exit status: parse, check, run. Between main() and the command's own
 * functions. A fault in the arguments is reported here, before anything is started.
 */
#include "out.h"
#include <twc/http_message.h>
#include <twc/json.h>
#include <twc/net.h>
#include <unistd.h>

enum { TEXT_MAX = 256 * 1024 };

int cmd_version(const struct ctx *ctx)
{
	char http[128];
	struct twc_buf b;

	twc_buf_init(&b, TEXT_MAX);
	help_put(&b, "twc %s\nlibtwc %s, c-ares %s, OpenSSL %s, %s, libidn2 %s, jansson %s\n", TWC_VERSION, TWC_VERSION,
		 twc_resolver_version(), twc_tls_library_version(), twc_http_library_versions(http, sizeof(http)),
		 twc_idn_version(), twc_json_library_version());
	return out_print(ctx, &b);
}

static int print_help(const struct ctx *ctx)
{
	struct twc_buf b;

	twc_buf_init(&b, TEXT_MAX);
	help_command(&b, ctx->cmd, help_width(STDOUT_FILENO));
	return out_print(ctx, &b);
}

/* `twc serve` and no more: what is missing, then how it is meant, both on standard error. */
static int explain_missing(const struct ctx *ctx)
{
	int status = out_usage(ctx, "missing %s", ctx->cmd->operands.name);
	struct twc_buf b;

	if (ctx->common.log_json)
		return status;
	twc_buf_init(&b, TEXT_MAX);
	help_command_short(&b, ctx->cmd, help_width(STDERR_FILENO));
	out_write_fd(STDERR_FILENO, twc_buf_head(&b), twc_buf_len(&b));
	twc_buf_fini(&b);
	return status;
}

/* The name of the option that ends a group, or NULL. */
static const char *next_name(const struct twc_cmd *cmd)
{
	for (const struct twc_opt *o = cmd->opts; o && o->long_name; o++)
		if (o->type == OPT_NEXT)
			return o->long_name;
	return NULL;
}

static int missing_operand(const struct ctx *ctx, const struct cmd_group *g, bool bare)
{
	bool last = g == &ctx->group[ctx->n_groups - 1];

	if (bare)
		return explain_missing(ctx);
	if (ctx->n_groups > 1)
		return out_usage(ctx, "missing %s %s --%s", ctx->cmd->operands.name, last ? "after" : "before",
				 next_name(ctx->cmd));
	return out_usage(ctx, "missing %s", ctx->cmd->operands.name);
}

static int check_operands(const struct ctx *ctx, const struct cmd_group *g, bool bare)
{
	const struct cmd_operands *o = &ctx->cmd->operands;

	if (g->n > 0 && cmd_find_verb(ctx->cmd, g->operand[0]))
		return out_usage(ctx, "%s is a verb, and its options follow it: `twc %s %s ...`", g->operand[0],
				 ctx->cmd->name, g->operand[0]);
	if (g->n < o->min)
		return missing_operand(ctx, g, bare);
	if (!o->name && g->n > 0)
		return out_usage(ctx, "takes no operand, but got %s", g->operand[0]);
	if (o->max && g->n > o->max)
		return out_usage(ctx, "too many operands: %s", g->operand[o->max]);
	return 0;
}

static int check_endpoint(const struct ctx *ctx, const char *text, uint8_t hint)
{
	struct twc_endpoint *e;
	struct twc_err err = { 0 };

	if (hint != OPT_HINT_CONNECT && hint != OPT_HINT_LISTEN && hint != OPT_HINT_LISTEN_DIR)
		return 0;
	e = twc_endpoint_parse(text, hint == OPT_HINT_CONNECT ? TWC_CONNECT : TWC_LISTEN, &err);
	if (!e)
		return out_fail_syntax(ctx, text, &err);
	twc_endpoint_free(e);
	return 0;
}

/* --check-args: the endpoint strings, which are otherwise parsed by run(). */
static int check_endpoints(const struct ctx *ctx, const struct cmd_group *g)
{
	const uint8_t hint = ctx->cmd->operands.hint;
	int status = 0;

	for (int i = 0; i < g->n && status == 0; i++)
		if (hint != OPT_HINT_LISTEN_DIR || i == 0 || i < g->n - 1) /* it may be a folder */
			status = check_endpoint(ctx, g->operand[i], hint);
	for (const struct twc_opt *o = ctx->cmd->opts; o && o->long_name && status == 0; o++) {
		const char *value = NULL;

		if (o->type == OPT_STRING)
			memcpy(&value, (const char *)g->params + o->offset, sizeof(value));
		if (value)
			status = check_endpoint(ctx, value, o->hint);
	}
	return status;
}

/* Everything about the arguments that can be known without starting anything. 0, or the status. */
static int check_group(const struct ctx *ctx, const struct cmd_group *g, bool bare)
{
	struct twc_err err = { 0 };
	int status = check_operands(ctx, g, bare);

	if (status != 0)
		return status;
	if (ctx->cmd->check && ctx->cmd->check(ctx, g->params, g->n, g->operand, &err) < 0)
		return out_fail(ctx, NULL, &err);
	return 0;
}

static int run_groups(struct ctx *ctx, bool bare)
{
	const struct cmd_group *g = ctx->group;
	int status = 0;

	if (ctx->common.help)
		return print_help(ctx);
	if (ctx->common.version)
		return cmd_version(ctx);
	for (size_t i = 0; i < ctx->n_groups && status == 0; i++)
		status = check_group(ctx, &g[i], bare);
	if (status != 0)
		return status;
	if (!ctx->common.check_args)
		return ctx->cmd->run(ctx, g->params, g->n, g->operand);
	for (size_t i = 0; i < ctx->n_groups && status == 0; i++)
		status = check_endpoints(ctx, &g[i]);
	return status;
}

/* ---- one call ---- */

struct call {
	struct opt_parse p;
	struct cmd_group *group;
	size_t n;
};

static void *new_group(struct call *call, const struct twc_cmd *cmd)
{
	void *params = twc_calloc(1, cmd->params_size + 1);

	if (cmd->init)
		cmd->init(params);
	call->group = twc_realloc(call->group, (call->n + 1) * sizeof(*call->group));
	call->group[call->n++] = (struct cmd_group){ .params = params };
	return params;
}

static int call_parse(struct call *call, const struct twc_cmd *cmd, int argc, char **argv, struct twc_err *err)
{
	int rc;

	call->p.global = call->p.set[0].params = new_group(call, cmd);
	rc = opt_parse(&call->p, argc, argv, err);
	while (rc == 0) {
		call->group[call->n - 1].n = call->p.n_operands;
		call->group[call->n - 1].operand = call->p.operands;
		if (!call->p.more)
			break;
		rc = opt_parse_more(&call->p, new_group(call, cmd), err);
	}
	return rc;
}

static void call_fini(struct call *call, const struct twc_cmd *cmd)
{
	for (size_t i = 0; i < call->n; i++) {
		if (cmd->fini)
			cmd->fini(call->group[i].params);
		twc_free(call->group[i].params);
	}
	twc_free(call->group);
	opt_parse_fini(&call->p);
}

int cmd_run(struct ctx *ctx, int argc, char **argv)
{
	const struct twc_cmd *verb = argc > 0 ? cmd_find_verb(ctx->cmd, argv[0]) : NULL;
	const struct twc_cmd *cmd = verb ? verb : ctx->cmd;
	const int skip = verb ? 1 : 0;
	struct call call = {
		.p = {
			.set = { { cmd->opts, NULL }, { common_opts, &ctx->common } },
			.slips = cmd->slips,
			.command = cmd->flags & CMD_COMMAND,
		},
	};
	struct twc_err err = { 0 };
	int status;

	ctx->cmd = cmd;
	if (call_parse(&call, cmd, argc - skip, argv + skip, &err) < 0 || common_check(&ctx->common, &err) < 0) {
		status = out_fail(ctx, NULL, &err);
	} else {
		ctx->group = call.group;
		ctx->n_groups = call.n;
		ctx->command = call.p.command_argv;
		status = run_groups(ctx, argc == skip);
	}
	if (status == twc_err_exit(TWC_EUSAGE) && cmd->usage_status)
		status = cmd->usage_status(call.group[0].params);
	ctx->group = NULL;
	ctx->n_groups = 0;
	call_fini(&call, cmd);
	return status;
}
