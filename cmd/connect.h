/* SPDX-License-Identifier: MIT */
/* What connect_opts.c parses, and connect.c and connect_check.c run. */
#ifndef CMD_CONNECT_H
#define CMD_CONNECT_H

#include "cmd.h"
#include "wire.h"

#include <twc/app.h>

struct connect_params {
	struct wire_params wire;
	const char *to;
	bool send, recv, stats, progress, fdpass;
	const char *escape;
	int eof; /* enum twc_join_eof, or CONNECT_EOF_DEFAULT */
	uint64_t idle, max_time, until_idle, linger;
	int ip_version; /* 4, 6, or 0 for both */

	const char *check; /* HOW: connect_check_how */
	bool any, until_closed, json;
	uint64_t wait, stable;
	const char *expect;
	struct opt_list send_lines;
	const char *retry, *retry_delay, *retry_on;
	uint64_t retry_max_time;
	const char *reconnect, *preamble;
};

/* Nothing was said: half, but for what proxies cannot bear. */
#define CONNECT_EOF_DEFAULT (-1)

enum connect_check {
	CONNECT_CHECK_NONE = 0, /* not given; others may imply it */
	CONNECT_CHECK_DIAL,
	CONNECT_CHECK_PASSIVE,
	CONNECT_CHECK_TLS,
};

struct connect_how {
	int check;	   /* enum connect_check */
	unsigned min_days; /* CONNECT_CHECK_TLS: that certificates must last */
};

extern const struct twc_opt connect_opts[];
void connect_init(void *params);
void connect_fini(void *params);
int connect_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);

/* connect_check.c: what --check=HOW says. 0 or TWC_EUSAGE. */
int connect_check_how(const struct connect_params *p, struct connect_how *how, struct twc_err *err);
/* Is anything asked, rather than joined? */
bool connect_is_check(const struct ctx *ctx, const struct connect_params *p, int n);
/* What does not go with that. 0 or TWC_EUSAGE. */
int connect_check_fits(const struct connect_params *p, struct twc_err *err);
/* Sees whether the operands are as wished, and becomes COMMAND if so. The exit status. */
int connect_check_all(struct ctx *ctx, const struct connect_params *p, int n, char **operand);

/* connect_json.c: what one endpoint's check came to, as a JSON object on standard output. 0, or the exit status of a failure,
 * which was said. */
int connect_say_json(const struct ctx *ctx, const struct twc_check_result *res);

/* connect.c: says that nobody knows who the peer of `e` (may be NULL) is, where that is so. */
void connect_warn_unverified(const struct ctx *ctx, const struct twc_endpoint *e);

/* connect_talk.c: what is said first, and what is expected. Zeroed: nothing. */
struct connect_talk {
	struct twc_buf words;	     /* of --preamble and --send-line */
	struct twc_expect *expect;   /* owned; NULL without --expect */
	struct twc_watcher *watcher; /* owned; for the one connection of a join */
};
/* 0, TWC_EUSAGE, or TWC_ENOINPUT for the file of a preamble. */
int connect_talk_open(struct connect_talk *t, const struct connect_params *p, struct twc_err *err);
void connect_talk_free(struct connect_talk *t);

/* connect_retry.c: how a connection is dialled. True, with *o: more than once. */
bool connect_retry_opts(const struct connect_params *p, struct twc_retry_opts *o);
/* With --reconnect: how many connections may follow the first. */
uint64_t connect_retry_times(const struct connect_params *p);
/* Faulty values, and what does not fit together. 0 or TWC_EUSAGE. */
int connect_retry_fits(const struct connect_params *p, struct twc_err *err);

/* connect.c, for both ways: is there a line of --progress? */
bool connect_has_progress(const struct connect_params *p, bool is_stdio);
/* The line of --stats; `started_ns` by the reactor's clock. */
void connect_say_stats(const struct ctx *ctx, const struct twc_reactor *r, uint64_t started_ns, uint64_t in, uint64_t out);

/* Is it exec: or sh:? */
bool connect_is_program(const struct twc_endpoint *e);

/* connect_traces.c: signals that must not end us before everything is put back and programs are told. Zeroed: none. */
#define CONNECT_SIGNALS 3
struct connect_traces {
	struct twc_join *join; /* borrowed; its programs are told of the signal; NULL: they end with the reactor */
	struct twc_reactor *r; /* borrowed; NULL: not watching */
	bool must_clean;       /* an endpoint leaves something behind */
	struct twc_signal_watch watch[CONNECT_SIGNALS];
	int signo; /* the one that came; 0: none */
};
/* Watches if `e` (may be NULL) asks for it. 0, or the exit status of a failure, which was said. */
int connect_traces_watch(struct connect_traces *t, struct ctx *ctx, struct twc_reactor *r, const struct twc_endpoint *e);
void connect_traces_unwatch(struct connect_traces *t); /* before the reactor goes */
/* When all is unmade: dies by the signal that came, if one did. */
void connect_traces_end(const struct connect_traces *t);

/* connect_fdpass.c: --fdpass. 0 or TWC_EUSAGE for what does not go with it; the exit status. */
int connect_fdpass_fits(const struct ctx *ctx, const struct connect_params *p, int n, struct twc_err *err);
int connect_fdpass(struct ctx *ctx, const struct connect_params *p, const char *name);

/* connect_again.c: --reconnect. The exit status. */
int connect_again(struct ctx *ctx, const struct connect_params *p, const char *name);

#endif
