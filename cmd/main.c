/* SPDX-License-Identifier: MIT */
/*
 * argv → command → exit status. Whatever twc is asked, nothing happens before the arguments are known to be
 * good: no reactor, no descriptor, no allocation but the params struct.
 */
#include "nc.h"
#include "out.h"
#include <time.h>
#include <unistd.h>

enum { HELP_MAX = 256 * 1024 };

static int print_overview(const struct ctx *ctx)
{
	struct twc_buf b;

	twc_buf_init(&b, HELP_MAX);
	help_overview(&b, help_width(STDOUT_FILENO));
	return out_print(ctx, &b);
}

static int print_emitted(const struct ctx *ctx)
{
	struct twc_buf b;

	twc_buf_init(&b, HELP_MAX);
	emit_write(&b, (enum emit_what)ctx->common.emit);
	return out_print(ctx, &b);
}

static int unknown_command(const struct ctx *ctx, const char *name)
{
	const char *meant = twc_nearest(twc_str_of(name), cmd_names);

	if (meant)
		return out_usage(ctx, "unknown command %s; did you mean %s?", name, meant);
	if (strchr(name, ':') || strcmp(name, "-") == 0)
		return out_usage(ctx, "unknown command %s; did you mean `twc connect %s`?", name, name);
	return out_usage(ctx, "unknown command %s; `twc help` lists what there is", name);
}

static int run(struct ctx *ctx, int argc, char **argv)
{
	int status = cmd_run(ctx, argc, argv);

	common_fini(&ctx->common);
	return status;
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .closed_fds = out_init() };
	struct opt_parse p = {
		.set = { { twc_opts, &ctx.common }, { common_opts, &ctx.common } },
		.stop_at_operand = true,
	};
	struct twc_err err = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ctx.start_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
	ctx.cmd = argc > 0 ? nc_called(argv[0]) : NULL;
	argc -= argc > 0;
	if (ctx.cmd)
		return run(&ctx, argc, argv + 1);
	if (opt_parse(&p, argc, argv + 1, &err) < 0 || common_check(&ctx.common, &err) < 0)
		return out_fail(&ctx, NULL, &err);
	if (ctx.common.version)
		return cmd_version(&ctx);
	if (ctx.common.emit)
		return print_emitted(&ctx);
	if (p.n_seen == argc && (ctx.common.help || argc == 0))
		return print_overview(&ctx);
	if (p.n_seen == argc)
		return out_usage(&ctx, "missing COMMAND; `twc help` lists what there is");
	ctx.cmd = cmd_find(argv[p.n_seen + 1]);
	if (!ctx.cmd)
		ctx.cmd = nc_called(argv[p.n_seen + 1]);
	if (!ctx.cmd)
		return unknown_command(&ctx, argv[p.n_seen + 1]);
	return run(&ctx, argc - p.n_seen - 1, argv + p.n_seen + 2);
}
