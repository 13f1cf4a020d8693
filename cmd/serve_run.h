/* SPDX-License-Identifier: MIT */
/* A run of twc serve, for the files that share it: serve.c (its life), serve_gate.c (who may come in), serve_reload.c (SIGHUP),
 * serve_stdio.c (standard streams), serve_ready.c (who is told where it listens), serve_process.c (its process: user, pid
 * file, background), serve_workers.c (several of them). */
#ifndef CMD_SERVE_RUN_H
#define CMD_SERVE_RUN_H

#include "live.h"
#include "serve.h"

#include <twc/app.h>
#include <twc/net.h>

enum { N_SIGNALS = 3 };

struct serve {
	struct ctx *ctx;
	const struct serve_params *p;
	int n;
	char **operand;
	struct twc_endpoint **endpoint; /* owned, as everything below */
	struct twc_reactor *r; /* that runs in this process */
	struct twc_gate *gate;
	struct serve_service service; /* without a factory: standard input and output */
	struct twc_hub *hub;
	struct twc_join *join;
	struct wire wire; /* around the service */
	struct twc_rate_total *rate_total; /* --limit-rate-total, and what is around the service for it */
	struct twc_factory *rate_policy;
	struct live live;
	uint64_t started_ns, ended_ns;
	struct twc_server *server;
	struct twc_port **port; /* its ports, while it listens; the array is owned */
	struct twc_command *command; /* the reactor's; NULL when it has ended */
	struct twc_signal_watch signal[N_SIGNALS];
	bool server_is_done, stdio_is_busy;
	int signo;	    /* the one that asked to stop, 0: none */
	bool is_cut;	    /* connections were still open at the end */
	int command_status; /* of waitpid; -1: there was none */
	struct twc_timer settle;
	struct twc_watchdog watchdog;
	uint64_t came;	    /* connections, when it was last looked */
	struct twc_err err; /* what failed; code 0: nothing */
	struct twc_err client_err; /* --fail-on: the first client that did */
	unsigned long long n_failed;
	int ready_fd;	    /* --ready-fd, until the lines were written; else -1 */
	/* --workers */
	struct twc_reactor *built;    /* in the parent: what the workers will run; else NULL */
	struct twc_workers *workers;  /* in the parent */
	struct twc_worker *worker;    /* in a worker; borrowed */
	struct twc_gate_share *share; /* with a gate */
	/* --user, --pid-file, --bg */
	struct twc_user *user;	     /* owned */
	struct twc_pidfile *pidfile; /* owned */
	struct twc_daemon daemon;    /* fd -1: nobody waits for it */
	int status;		      /* of the parent, when it is not for serve_status to find: 0 */
};

/* ---- serve.c ---- */

void serve_cut(struct serve *s);       /* at once */
void serve_close(struct serve *s);     /* the server and the reactor: nothing happens any more */
void serve_stopping(void *arg);	       /* as struct twc_server_opts has it */
void serve_stopped(void *arg, const struct twc_err *err);
int serve_watch_signals(struct serve *s); /* 0, or the exit status after saying why */
void serve_stop(struct serve *s);      /* gracefully; a second time at once */
void serve_end(struct serve *s);       /* behind what the transports have queued */
void serve_maybe_end(struct serve *s); /* when nothing is left to wait for */
void serve_note(struct serve *s, const struct twc_err *err); /* the first that failed decides */

/* ---- serve_gate.c ---- */

/* 0, or the exit status after saying why; s->gate stays NULL when everybody may come in. */
int serve_make_gate(struct serve *s);

/* ---- serve_reload.c ---- */

/* Is SIGHUP for reading files again, and doing so. */
bool serve_can_reload(const struct serve *s);
void serve_reload(const struct serve *s);

/* ---- serve_stdio.c ---- */

/* For clients that are joined to standard input and output: one (--once), or all of them. */
struct twc_factory *serve_make_join(struct serve *s);
struct twc_factory *serve_make_hub(struct serve *s);
bool serve_attach_stdio(struct serve *s, struct twc_protocol *p, struct twc_err *err);
void serve_stdio_opened(struct serve *s); /* a client is there */

/* ---- serve_ready.c ---- */

/* Each is 0, or the exit status after saying why. */
int serve_announce(struct serve *s);
void serve_ready_close(struct serve *s); /* --ready-fd */
int serve_start_command(struct serve *s);

/* ---- serve_process.c ---- */

/* Before anything is made: --user is looked up, --bg forks. False: this process is through, with s->status. */
bool serve_process_begin(struct serve *s);
/* When the ports are bound: --port-file, --pid-file, --user. 0, or the exit status after saying why. */
int serve_process_settle(struct serve *s);
/* --bg: the parent is told. The same. */
int serve_process_ready(struct serve *s);
void serve_process_end(struct serve *s);
void serve_process_forget(struct serve *s); /* in a worker: what is the parent's to unmake */

/* ---- serve_workers.c ---- */

/* The run of the parent: 0, or the exit status, after saying why. */
int serve_supervise(struct serve *s);

#endif
