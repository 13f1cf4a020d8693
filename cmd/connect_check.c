/* SPDX-License-Identifier: MIT */
/* twc connect --check: can these be reached? The answer is lib/app/check.c's; here it is asked and said. */
#include "connect.h"
#include "out.h"

#include <twc/app.h>

struct check_run {
	struct ctx *ctx;
	struct twc_reactor *r;
	int status;
};

static void on_checked(void *arg, const struct twc_check_result *result, size_t n)
{
	struct check_run *run = arg;

	for (size_t i = 0; i < n; i++) {
		if (result[i].err.code)
			out_fail(run->ctx, twc_endpoint_text(result[i].endpoint), &result[i].err);
	}
	run->status = twc_err_exit(twc_check_code(result, n));
	twc_reactor_stop(run->r);
}

static int check_go(struct check_run *run, struct twc_endpoint **e, size_t n)
{
	struct twc_check *check;
	struct twc_err err = { 0 };

	run->r = common_reactor_new(run->ctx, &err);
	if (!run->r)
		return out_fail(run->ctx, NULL, &err);
	check = twc_check_new(run->r, e, n, 0, on_checked, run);
	if (twc_reactor_run(run->r, &err) < 0)
		run->status = out_fail(run->ctx, NULL, &err);
	twc_check_free(check);
	twc_reactor_free(run->r);
	return run->status;
}

int connect_check_all(struct ctx *ctx, int n, char **operand)
{
	struct twc_endpoint **e = twc_calloc((size_t)n, sizeof(struct twc_endpoint *));
	struct check_run run = { .ctx = ctx };
	struct twc_err err = { 0 };

	for (int i = 0; i < n && !run.status; i++) {
		e[i] = twc_endpoint_parse(operand[i], TWC_CONNECT, &err);
		if (!e[i])
			run.status = out_fail_syntax(ctx, operand[i], &err);
	}
	if (!run.status)
		run.status = check_go(&run, e, (size_t)n);
	for (int i = 0; i < n; i++) {
		if (e[i])
			twc_endpoint_free(e[i]);
	}
	twc_free(e);
	return run.status;
}
