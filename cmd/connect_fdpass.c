/* SPDX-License-Identifier: MIT */
/* twc connect --fdpass: dials, and hands the connected descriptor over on standard output, for ssh's ProxyUseFdpass. */
#include "connect.h"
#include "out.h"

#include <twc/app.h>
#include <unistd.h>

struct fdpass {
	struct twc_reactor *r;
	struct twc_err err; /* of the dial, or of handing over */
};

static bool is_given(const struct twc_opt *o, const struct connect_params *p)
{
	struct connect_params fresh = { 0 };
	static const size_t size[] = {
		[OPT_FLAG] = sizeof(bool),	 [OPT_COUNT] = sizeof(unsigned),   [OPT_SET] = sizeof(int),
		[OPT_STRING] = sizeof(char *),	 [OPT_UINT] = sizeof(uint64_t),	   [OPT_SIZE] = sizeof(uint64_t),
		[OPT_DURATION] = sizeof(uint64_t), [OPT_PORT] = sizeof(uint16_t), [OPT_WORD] = sizeof(int),
		[OPT_LIST] = sizeof(struct opt_list),
	};

	connect_init(&fresh);
	return memcmp((const char *)p + o->offset, (const char *)&fresh + o->offset, size[o->type]) != 0;
}

/* How it is dialled is left to the options for that. */
static bool is_about_dialling(const struct twc_opt *o)
{
	return strcmp(o->long_name, "wait") == 0 || strncmp(o->long_name, "retry", 5) == 0;
}

int connect_fdpass_fits(const struct ctx *ctx, const struct connect_params *p, int n, struct twc_err *err)
{
	if (n > 1 || ctx->command)
		return twc_err_set(err, TWC_EUSAGE, "--fdpass hands one connection over: it goes with one ENDPOINT, and no "
						    "COMMAND");
	for (const struct twc_opt *o = connect_opts; o->long_name; o++) {
		if (strcmp(o->long_name, "fdpass") != 0 && !is_about_dialling(o) && is_given(o, p))
			return twc_err_set(err, TWC_EUSAGE, "--fdpass hands the connection over as it is: it does not go "
							    "with --%s", o->long_name);
	}
	return connect_retry_fits(p, err);
}

static void on_dialled(struct twc_result *res, void *arg)
{
	struct fdpass *f = arg;
	struct twc_dialled *dialled = res->value;

	if (res->err.code)
		f->err = res->err;
	else
		(void)twc_fdpass_send(STDOUT_FILENO, dialled->fd, &f->err);
	twc_result_set(res, NULL, NULL); /* frees what was dialled: ours is closed, the other's lives on */
	twc_reactor_stop(f->r);
}

static int fdpass_dial(struct ctx *ctx, const struct connect_params *p, const struct twc_endpoint *e, const char *name)
{
	struct fdpass f = { 0 };
	struct twc_retry_opts retry;
	struct twc_err err = { 0 };
	struct twc_deferred *d;
	int rc;

	f.r = common_reactor_new(ctx, &err);
	if (!f.r)
		return out_fail(ctx, NULL, &err);
	d = connect_retry_opts(p, &retry) ? twc_retry_dial(e, f.r, &retry) : twc_endpoint_dial(e, f.r);
	twc_deferred_add_both(d, on_dialled, &f);
	rc = twc_reactor_run(f.r, &err);
	twc_deferred_release(d);
	twc_reactor_free(f.r);
	if (rc < 0)
		return out_fail(ctx, NULL, &err);
	return f.err.code ? out_fail(ctx, name, &f.err) : 0;
}

int connect_fdpass(struct ctx *ctx, const struct connect_params *p, const char *name)
{
	struct twc_err err = { 0 };
	struct twc_endpoint *e = common_endpoint_parse(name, TWC_CONNECT, p->ip_version, &err);
	int status;

	if (!e)
		return out_fail_syntax(ctx, name, &err);
	if (!twc_endpoint_is_socket(e)) {
		status = out_usage(ctx, "--fdpass: %s is not one connected socket (as tcp and unix are) that could be handed "
					"over", twc_endpoint_text(e));
	} else if (twc_fdpass_check(STDOUT_FILENO, &err) < 0) {
		status = out_usage(ctx, "--fdpass: standard output %s; with ssh, set ProxyUseFdpass=yes", err.text);
	} else {
		connect_warn_unverified(ctx, e);
		status = fdpass_dial(ctx, p, e, name);
	}
	twc_endpoint_free(e);
	return status;
}
