/* SPDX-License-Identifier: MIT */
/*
 * One command from its arguments to its exit status: parse, check, run. Between main() and the command's own
 * functions. A fault in the arguments is reported here, before anything is started.
 */
#include "out.h"
#include <twc/net.h>
#include <unistd.h>

enum { TEXT_MAX = 256 * 1024 };

int cmd_version(const struct ctx *ctx)
{
	struct twc_buf b;

	twc_buf_init(&b, TEXT_MAX);
	help_put(&b, "twc %s\nlibtwc %s, c-ares %s, OpenSSL %s\n", TWC_VERSION, TWC_VERSION, twc_resolver_version(),
		 twc_tls_library_version());
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

static int check_operands(const struct ctx *ctx, int n, char **operand, bool bare)
{
	const struct cmd_operands *o = &ctx->cmd->operands;

	if (n > 0 && cmd_find_verb(ctx->cmd, operand[0]))
		return out_usage(ctx, "%s is a verb, and its options follow it: `twc %s %s ...`", operand[0],
				 ctx->cmd->name, operand[0]);
	if (n < o->min)
		return bare ? explain_missing(ctx) : out_usage(ctx, "missing %s", o->name);
	if (!o->name && n > 0)
		return out_usage(ctx, "takes no operand, but got %s", operand[0]);
	if (o->max && n > o->max)
		return out_usage(ctx, "too many operands: %s", operand[o->max]);
	return 0;
}

static int check_endpoint(const struct ctx *ctx, const char *text, uint8_t hint)
{
	struct twc_endpoint *e;
	struct twc_err err = { 0 };

	if (hint != OPT_HINT_CONNECT && hint != OPT_HINT_LISTEN)
		return 0;
	e = twc_endpoint_parse(text, hint == OPT_HINT_LISTEN ? TWC_LISTEN : TWC_CONNECT, &err);
	if (!e)
		return out_fail_syntax(ctx, text, &err);
	twc_endpoint_free(e);
	return 0;
}

/* --check-args: the endpoint strings, which are otherwise parsed by run(). */
static int check_endpoints(const struct ctx *ctx, const void *params, int n, char **operand)
{
	int status = 0;

	for (int i = 0; i < n && status == 0; i++)
		status = check_endpoint(ctx, operand[i], ctx->cmd->operands.hint);
	for (const struct twc_opt *o = ctx->cmd->opts; o && o->long_name && status == 0; o++) {
		const char *value = NULL;

		if (o->type == OPT_STRING)
			memcpy(&value, (const char *)params + o->offset, sizeof(value));
		if (value)
			status = check_endpoint(ctx, value, o->hint);
	}
	return status;
}

static int run_with(struct ctx *ctx, void *params, int argc, char **argv)
{
	const struct twc_cmd *cmd = ctx->cmd;
	struct opt_parse p = {
		.set = { { cmd->opts, params }, { common_opts, &ctx->common } },
		.slips = cmd->slips,
		.command = cmd->flags & CMD_COMMAND,
	};
	struct twc_err err = { 0 };
	int status;

	if (opt_parse(&p, argc, argv, &err) < 0 || common_check(&ctx->common, &err) < 0)
		return out_fail(ctx, NULL, &err);
	ctx->command = p.command_argv;
	if (ctx->common.help)
		return print_help(ctx);
	if (ctx->common.version)
		return cmd_version(ctx);
	status = check_operands(ctx, p.n_operands, p.operands, argc == 0);
	if (status != 0)
		return status;
	if (cmd->check && cmd->check(ctx, params, p.n_operands, p.operands, &err) < 0)
		return out_fail(ctx, NULL, &err);
	if (ctx->common.check_args)
		return check_endpoints(ctx, params, p.n_operands, p.operands);
	return cmd->run(ctx, params, p.n_operands, p.operands);
}

int cmd_run(struct ctx *ctx, int argc, char **argv)
{
	const struct twc_cmd *verb = argc > 0 ? cmd_find_verb(ctx->cmd, argv[0]) : NULL;
	void *params;
	int status;

	if (verb) {
		ctx->cmd = verb;
		argc--;
		argv++;
	}
	params = twc_calloc(1, ctx->cmd->params_size + 1);
	if (ctx->cmd->init)
		ctx->cmd->init(params);
	status = run_with(ctx, params, argc, argv);
	if (ctx->cmd->fini)
		ctx->cmd->fini(params);
	twc_free(params);
	return status;
}
