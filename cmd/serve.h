/* SPDX-License-Identifier: MIT */
/* What serve_opts.c parses and serve.c runs. */
#ifndef CMD_SERVE_H
#define CMD_SERVE_H

#include "wire.h"
#include "cmd.h"

struct serve_params {
	int service; /* a row's `value`; 0: none without an argument */
	const char *text;
	const char *file;
	bool send, recv, once, public;
	uint64_t idle, max_time, accept_timeout, drain, run_for;
	uint64_t max_clients, max_per_ip;
	struct opt_list rules; /* --allow and --deny, in order */
	uint64_t ready_fd;     /* UINT64_MAX: none */
	const char *port_file;
	struct wire_params wire;
};

extern const struct twc_opt serve_opts[];
void serve_init(void *params);
void serve_fini(void *params);
int serve_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
/* The row of the service that was chosen, with its argument; NULL: none. */
const struct twc_opt *serve_service(const struct serve_params *p, const char **arg);

#endif
