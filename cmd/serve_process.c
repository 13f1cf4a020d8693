/* SPDX-License-Identifier: MIT */
/*
 * The process, or processes, that twc serve is: how many, whose, in the background or not, and the file that says which.
 * What they do is elsewhere.
 */
#include "out.h"
#include "serve_run.h"

#include <twc/parse.h>
#include <unistd.h>

/* ---- what fits ---- */

unsigned serve_workers(const struct serve_params *p)
{
	if (p->workers == UINT64_MAX)
		return 0;
	return p->workers ? (unsigned)p->workers : twc_workers_default();
}

static int check_workers(const struct serve_params *p, const struct twc_opt *service, struct twc_err *err)
{
	if (!service)
		return twc_err_set(err, TWC_EUSAGE, "--workers needs a service: standard input and output cannot be shared");
	if (p->once)
		return twc_err_set(err, TWC_EUSAGE, "--workers and --once exclude each other: one connection needs one process");
	if (p->service == SERVE_CHAT || p->service == SERVE_BROADCAST)
		return twc_err_set(err, TWC_EUSAGE, "--workers and --%s exclude each other: clients of different processes "
						    "could not hear each other", service->long_name);
	return 0;
}

int serve_process_fits(const struct ctx *ctx, const struct serve_params *p, const struct twc_opt *service,
		       struct twc_err *err)
{
	(void)ctx;
	if (serve_workers(p) && check_workers(p, service, err) < 0)
		return err->code;
	return 0;
}

/* ---- a run's share ---- */

void serve_process_forget(struct serve *s)
{
	(void)s;
}
