/* SPDX-License-Identifier: MIT */
/* What is said while connections last: a line for each on SIGUSR1, and progress on a terminal. */
#ifndef CMD_LIVE_H
#define CMD_LIVE_H

#include "cmd.h"

#include <twc/app.h>

/* ---- SIGUSR1 ---- */

struct live {
	struct ctx *ctx;
	struct twc_reactor *r;
	struct twc_signal_watch signal;
};
/* Unless the signal is ignored from outside. 0, or a code with *err. */
int live_start(struct live *l, struct ctx *ctx, struct twc_reactor *r, struct twc_err *err);
void live_report(const struct live *l); /* the lines; `ctx` and `r` are set */
void live_stop(struct live *l); /* also when it was never started */

/* Three figures or four: 999, 1.5k, 37.2M. Returns `buf`. */
const char *live_amount(char *buf, size_t cap, uint64_t n);

/* ---- progress: a line on standard error that is written over ---- */

struct progress {
	struct twc_reactor *r;
	void (*count)(const void *arg, uint64_t *in, uint64_t *out);
	const void *arg; /* borrowed */
	struct twc_timer timer;
	uint64_t started_ns, then_ns; /* then: when the rate was taken */
	uint64_t moved;		      /* bytes both ways, then */
	uint64_t rate;		      /* bytes a second */
	uint64_t size;		      /* of what is to be sent; 0: unknown */
};
/* Does nothing when standard error is no terminal. `in`: standard input, or -1. */
void progress_start(struct progress *p, struct twc_reactor *r,
		    void (*count)(const void *arg, uint64_t *in, uint64_t *out), const void *arg, int in);
void progress_stop(struct progress *p); /* clears the line; also when it was never started */
/* "1.5M sent, 0 received, 512k/s, 0:03 left" */
const char *progress_format(const struct progress *p, uint64_t sent, uint64_t received, char *buf, size_t cap);

#endif
