/* SPDX-License-Identifier: MIT */
/* What serve_opts.c parses and serve.c runs. */
#ifndef CMD_SERVE_H
#define CMD_SERVE_H

#include "cmd.h"
#include "serving.h"
#include "wire.h"

#include <twc/app.h>
#include <twc/protocol.h>

#define SERVE_CHILDREN_MAX 1000 /* --exec without --max-clients: strangers decide how many processes there are */

enum { SERVE_BROADCAST = 100, SERVE_CHAT }; /* values of `service` that are not of twc_service_list() */

enum { SERVE_FAIL_ON_CLIENT_ERROR }; /* --fail-on */

struct serve_params {
	int service; /* a row's `value`; 0: none without an argument */
	const char *text;
	const char *file;
	const char *exec, *sh;
	const char *save;
	const char *banner;
	const char *reply, *reply_after;
	int slow; /* enum twc_slow; -1: not given */
	int on_stderr; /* enum twc_exec_stderr; -1: not given */
	bool ucspi, detach_children;
	bool send, recv, once;
	bool tag;
	int eof; /* enum twc_join_eof */
	uint64_t linger, until_idle;
	uint64_t idle, max_time;
	const char *limit_rate_total;
	struct serving_params serving;
	int fail_on; /* SERVE_FAIL_ON_CLIENT_ERROR; -1: not given */
	struct wire_params wire;
	bool stats;
};

extern const struct twc_opt serve_opts[];
void serve_init(void *params);
void serve_fini(void *params);
int serve_run(struct ctx *ctx, void *params, int n, char **operand); /* serve.c */
int serve_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
/* The row of the service that was chosen, with its argument; NULL: none. */
const struct twc_opt *serve_service(const struct serve_params *p, const char **arg);

/* ---- serve_service.c ---- */

struct serve_service {
	/* set before it is made */
	void (*idle)(void *arg); /* it is not busy any more */
	void *arg;
	/* out; `factory` NULL: there is no service */
	struct twc_factory *factory;
	bool client_first;
	const struct twc_service *small; /* one of twc_service_list() */
	struct twc_exec *exec;
	struct twc_save *save;
	struct twc_reply *reply;
	struct twc_factory *room;
	struct twc_factory *greet; /* around the service */
};

/* 0, or the exit status, after saying why. */
int serve_service_make(struct ctx *ctx, const struct serve_params *p, struct twc_reactor *r, struct serve_service *v);
/* What each client is told first: puts itself around *f, the service's factory or another. The same. */
int serve_service_greet(struct ctx *ctx, const struct serve_params *p, struct serve_service *v, struct twc_factory **f);
/* When --user is another: can this one do the work? The same. */
int serve_service_settle(struct ctx *ctx, const struct serve_params *p, const struct serve_service *v);
/* Is there work left that no connection shows? */
bool serve_service_is_busy(const struct serve_service *v);
void serve_service_stopping(struct serve_service *v); /* no more clients come */
void serve_service_stop(struct serve_service *v);     /* the last has gone */
/* The exit status that the service gives a server with --once, whose connection ended with *err; -1: none. */
int serve_service_status(const struct serve_service *v, const struct twc_err *err);
/* With programs for clients: so many at once without --max-clients. */
unsigned serve_service_clients_max(int n_endpoints);
void serve_service_free(struct serve_service *v); /* after the reactor */

#endif
