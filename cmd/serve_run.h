/* SPDX-License-Identifier: MIT */
/* A run of twc serve, for the files that share it: serve.c (its life, above that of serving.h), serve_service.c (the service),
 * serve_stdio.c (standard streams). */
#ifndef CMD_SERVE_RUN_H
#define CMD_SERVE_RUN_H

#include "serve.h"

struct serve {
	struct serving serving;
	const struct serve_params *p;
	struct serve_service service; /* without a factory: standard input and output */
	struct twc_hub *hub;	      /* owned, as everything below */
	struct twc_join *join;
	struct wire wire; /* around the service */
	struct twc_rate_total *rate_total; /* --limit-rate-total, and what is around the service for it */
	struct twc_factory *rate_policy;
	bool stdio_is_busy;
	struct twc_err client_err; /* --fail-on: the first client that did */
	unsigned long long n_failed;
};

/* ---- serve_stdio.c ---- */

/* For clients that are joined to standard input and output: one (--once), or all of them. */
struct twc_factory *serve_make_join(struct serve *s);
struct twc_factory *serve_make_hub(struct serve *s);
bool serve_attach_stdio(struct serve *s, struct twc_protocol *p, struct twc_err *err);
void serve_stdio_opened(struct serve *s); /* a client is there */

#endif
