/* SPDX-License-Identifier: MIT */
/*
 * What a command may say, and where. Standard output carries data alone, standard error one line a failure,
 * the ready lines and the log (cli.md part 4). Commands use nothing of <stdio.h> but what is here.
 *
 * Lines on standard error leave in one write each. A closed or broken standard error is ignored: there is
 * nobody to tell. A full pipe there blocks, but a non-blocking one is given up after a second.
 */
#ifndef CMD_OUT_H
#define CMD_OUT_H

#include "cmd.h"
#include <twc/buf.h>
#include <twc/log.h>

/* First thing in main(): descriptors 0-2 that are closed are opened on /dev/null; returns them as bits. SIGPIPE
 * and SIGXFSZ get a handler that does nothing, so that writes fail with EPIPE and EFBIG, and an exec'ed program has the
 * default; SIGCHLD is no longer ignored. */
unsigned out_init(void);

/* ---- failures; each returns the exit status, so that `return out_fail(…)` is one line ---- */

/* `twc: connect tcp:db:5432: connection refused (ECONNREFUSED, 10.0.0.5:5432)`: command, operand as typed
 * (may be NULL: then `twc: connect: …`), text of *err. TWC_EPIPEOUT does not return: out_die_by_signal(SIGPIPE),
 * quietly. */
int out_fail(const struct ctx *ctx, const char *operand, const struct twc_err *err);
/* The same for a string that does not parse; err->column adds the string and the caret under the column. */
int out_fail_syntax(const struct ctx *ctx, const char *operand, const struct twc_err *err);
/* `twc: serve: TEXT` with status 64. */
int out_usage(const struct ctx *ctx, const char *fmt, ...) TWC_PRINTF(2, 3);
/* Any other failure of the command's own: the status of `code`. */
int out_error(const struct ctx *ctx, int code, const char *fmt, ...) TWC_PRINTF(3, 4);

/* ---- lines on standard error that are no failure ---- */

/* `twc: TEXT`; not with -q. */
void out_note(const struct ctx *ctx, const char *fmt, ...) TWC_PRINTF(2, 3);
/* `twc: warning: TEXT`, also with -q: insecure options say so on every run. */
void out_warn(const struct ctx *ctx, const char *fmt, ...) TWC_PRINTF(2, 3);
/* `twc: listening TEXT`, TEXT an endpoint string: on standard error unless -q, and, always in this plain form,
 * on ready_fd unless it is negative. Returns 0 or TWC_EIO when ready_fd cannot be written. */
int out_ready(const struct ctx *ctx, const char *text, int ready_fd, struct twc_err *err);
/* The sink for twc_log: -v, -vv, --trace, --log-json. `arg` is the struct ctx *. common_reactor_new sets it. */
void out_log_sink(void *arg, enum twc_log_level level, enum twc_log_cat cat, const char *text);

/* ---- standard output ---- */

/* Writes all of it (waiting when the descriptor is non-blocking). 0; TWC_EIO (status 74) or, when the reader has
 * gone, TWC_EPIPEOUT with *err: hand either to out_fail. */
int out_write(const void *p, size_t n, struct twc_err *err);
/* The buffer on standard output, then freed; returns the exit status, after printing what failed. */
int out_print(const struct ctx *ctx, struct twc_buf *b);
/* All of it on any descriptor: 0, or -1 with errno. */
int out_write_fd(int fd, const void *p, size_t n);

/* ---- the end ---- */

/* Ends the process as if the signal had not been caught: default disposition, unblocked, raised. */
TWC_NORETURN void out_die_by_signal(int signo);
/* The exit status for a child's wait status: its own, or 128 + the signal. */
int out_child_exit(int wait_status);
/* COMMAND of `connect … -- COMMAND`: replaces this process; returns 126 or 127 after printing when it cannot. */
int out_exec(const struct ctx *ctx, char *const *argv);

#endif
