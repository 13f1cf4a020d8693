/* SPDX-License-Identifier: MIT */
/* What connect_opts.c parses, and connect.c and connect_check.c run. */
#ifndef CMD_CONNECT_H
#define CMD_CONNECT_H

#include "wire.h"
#include "cmd.h"

struct connect_params {
	struct wire_params wire;
	const char *to;
	bool send, recv, check, stats;
	int eof; /* enum twc_join_eof */
	uint64_t idle, max_time, until_idle;
};

extern const struct twc_opt connect_opts[];
int connect_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
/* --check: sees whether all operands can be reached. The exit status. */
int connect_check_all(struct ctx *ctx, int n, char **operand);

#endif
