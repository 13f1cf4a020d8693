/* SPDX-License-Identifier: MIT */
/*
 * What commands that serve have in common: where they listen, who may come in, who is told, as which process, or several, and how
 * it ends. A command's params have a member `serving`, its rows the macros below, its run a struct serving with its own ops:
 *
 *	operands -> endpoints -> gate -> server (census, limits) -> the factory that `build` gives
 *
 * serving.c is its life, serving_gate.c says who may come in, serving_ready.c who is told, and COMMAND, serving_reload.c is SIGHUP,
 * serving_process.c user, pid file and background, serving_workers.c several processes.
 */
#ifndef CMD_SERVING_H
#define CMD_SERVING_H

#include "cmd.h"
#include "live.h"

#include <twc/app.h>
#include <twc/net.h>

/* ---- options ---- */

struct serving_params {
	int ip_version; /* 4, 6, or 0 for both */
	bool public;
	struct opt_list rules; /* --allow, --deny and their files, in order */
	struct opt_list users; /* --allow-uid */
	uint64_t accept_timeout, run_for, drain;
	const char *max_clients, *accept_rate;
	uint64_t max_per_ip;
	uint64_t ready_fd; /* UINT64_MAX: none */
	const char *port_file;
	uint64_t workers; /* UINT64_MAX: not given; 0: as many as there are processors */
	const char *user, *pid_file;
	bool bg;
};

#define SERVING_LISTENING "Listening"
#define SERVING_LIMITS "Limits"
#define SERVING_READINESS "Readiness"
#define SERVING_PROCESS "Process"

/* For a params struct with a member `serving`; `number` is of rows that exclude each other. */
#define SERVING_AT(params, member, heading) .offset = offsetof(params, serving.member), .group = heading
#define SERVING_LISTENING_OPTS(params, number)                                                                              \
	{ .long_name = "public", .type = OPT_FLAG, SERVING_AT(params, public, SERVING_LISTENING),                          \
	  .help = "listen on all addresses instead of the loopback" },                                                     \
	{ .long_name = "ipv4", .short_name = '4', .type = OPT_SET, .excl = number, .value = 4,                             \
	  SERVING_AT(params, ip_version, SERVING_LISTENING), .help = "use IPv4 addresses alone" },                         \
	{ .long_name = "ipv6", .short_name = '6', .type = OPT_SET, .excl = number, .value = 6,                             \
	  SERVING_AT(params, ip_version, SERVING_LISTENING), .help = "use IPv6 addresses alone" },                         \
	{ .long_name = "allow", .type = OPT_LIST, .arg = "CIDR", SERVING_AT(params, rules, SERVING_LISTENING),             \
	  .help = "let clients of this network in, others not; repeatable" },                                              \
	{ .long_name = "deny", .type = OPT_LIST, .arg = "CIDR", SERVING_AT(params, rules, SERVING_LISTENING),              \
	  .help = "close connections of this network at once; repeatable, the first rule that fits decides" },             \
	{ .long_name = "allow-file", .type = OPT_LIST, .hint = OPT_HINT_FILE, .arg = "FILE",                               \
	  SERVING_AT(params, rules, SERVING_LISTENING),                                                                    \
	  .help = "the rules of FILE, one a line: networks that are let in, others not; SIGHUP reads it again" },          \
	{ .long_name = "deny-file", .type = OPT_LIST, .hint = OPT_HINT_FILE, .arg = "FILE",                                \
	  SERVING_AT(params, rules, SERVING_LISTENING), .help = "likewise, networks whose connections are closed" },       \
	{ .long_name = "allow-uid", .type = OPT_LIST, .arg = "UID|NAME", SERVING_AT(params, users, SERVING_LISTENING),     \
	  .help = "let this user in by a UNIX socket, others not; repeatable" }
#define SERVING_LIMITS_OPTS(params)                                                                                         \
	{ .long_name = "accept-timeout", .type = OPT_DURATION, .arg = "DURATION", .min = 1,                                \
	  SERVING_AT(params, accept_timeout, SERVING_LIMITS),                                                              \
	  .help = "end with status 75 if no client comes within this time" },                                              \
	{ .long_name = "for", .type = OPT_DURATION, .arg = "DURATION", .min = 1,                                           \
	  SERVING_AT(params, run_for, SERVING_LIMITS), .help = "stop by itself after this time" },                         \
	{ .long_name = "drain", .type = OPT_DURATION, .arg = "DURATION", .def = "10s",                                     \
	  SERVING_AT(params, drain, SERVING_LIMITS), .help = "how long connections may last after a stop" },               \
	{ .long_name = "max-clients", .type = OPT_STRING, .arg = "N[:over=WHAT]",                                          \
	  SERVING_AT(params, max_clients, SERVING_LIMITS),                                                                 \
	  .help = "serve so many at once; more wait, or are turned away with over=close, over=reset" },                    \
	{ .long_name = "max-per-ip", .type = OPT_UINT, .arg = "N", .min = 1, .max = 1000000,                               \
	  SERVING_AT(params, max_per_ip, SERVING_LIMITS), .help = "close connections beyond so many from one address" },   \
	{ .long_name = "accept-rate", .type = OPT_STRING, .arg = "N[/s|/m|/h][:burst=M]",                                  \
	  SERVING_AT(params, accept_rate, SERVING_LIMITS),                                                                 \
	  .help = "accept so many a second, minute or hour; more wait" }
#define SERVING_READINESS_OPTS(params)                                                                                      \
	{ .long_name = "ready-fd", .type = OPT_UINT, .arg = "N", .max = INT32_MAX,                                         \
	  SERVING_AT(params, ready_fd, SERVING_READINESS),                                                                 \
	  .help = "write the ready lines to descriptor N too, then close it" },                                            \
	{ .long_name = "port-file", .type = OPT_STRING, .hint = OPT_HINT_FILE, .arg = "FILE",                              \
	  SERVING_AT(params, port_file, SERVING_READINESS), .help = "write the port numbers to FILE, one a line" }
#define SERVING_PROCESS_OPTS(params)                                                                                        \
	{ .long_name = "workers", .type = OPT_UINT, .arg = "N", .max = TWC_WORKERS_MAX,                                    \
	  SERVING_AT(params, workers, SERVING_PROCESS),                                                                    \
	  .help = "serve with N processes that share the ports; 0: one for each processor" },                              \
	{ .long_name = "user", .type = OPT_STRING, .arg = "USER[:GROUP]", SERVING_AT(params, user, SERVING_PROCESS),       \
	  .help = "become this user when the ports are bound" },                                                           \
	{ .long_name = "pid-file", .type = OPT_STRING, .hint = OPT_HINT_FILE, .arg = "FILE",                               \
	  SERVING_AT(params, pid_file, SERVING_PROCESS),                                                                   \
	  .help = "write the number of the process to FILE; end with status 73 if the one in it still runs" },             \
	{ .long_name = "bg", .type = OPT_FLAG, SERVING_AT(params, bg, SERVING_PROCESS),                                    \
	  .help = "go into the background when it listens; prints the number of the process and the endpoints" }

void serving_init(struct serving_params *p);
void serving_fini(struct serving_params *p);
/* Faulty values, and what does not fit together. 0 or TWC_EUSAGE. */
int serving_check(const struct ctx *ctx, const struct serving_params *p, struct twc_err *err);
/* How many workers; 0: it serves itself. */
unsigned serving_workers(const struct serving_params *p);

/* ---- a run ---- */

enum { SERVING_SIGNALS = 3 };

struct serving;

/* Members may be NULL, but for build. Those that return an int: 0, or the exit status after saying why. */
struct serving_ops {
	int (*check)(struct serving *s); /* s->endpoint is there */
	/* Makes what serves: *o, whose other members are filled in here; o->factory is to be set. s->r and s->gate are there. */
	int (*build)(struct serving *s, struct twc_server_opts *o);
	int (*listening)(struct serving *s); /* s->port is there */
	int (*settle)(struct serving *s);    /* the process is another user's from now on (--user) */
	/* In a worker, before its loop. 0 or a code with *err. */
	int (*begin)(struct serving *s, unsigned index, struct twc_err *err);
	/* SIGUSR1. False: it is for the lines about connections, as elsewhere. */
	bool (*asked)(struct serving *s);
	void (*announced)(struct serving *s, const struct twc_port *port, size_t k); /* after each ready line */
	void (*opened)(struct serving *s);
	void (*stopping)(struct serving *s); /* a graceful stop begins. Not in the parent of workers */
	/* The last connection has gone, or remains (s->is_cut). NULL: serving_note is all there is to do. */
	void (*stopped)(struct serving *s, const struct twc_err *err);
	bool (*is_busy)(const struct serving *s); /* is there work left that no connection shows? */
	bool (*can_reload)(const struct serving *s); /* is SIGHUP for files of its own, too? */
	void (*reload)(struct serving *s);
	void (*closed)(struct serving *s); /* the reactor has gone */
};

struct serving {
	/* in */
	const struct serving_ops *ops;
	struct ctx *ctx;
	const struct serving_params *p;
	int n; /* endpoints */
	char **operand;
	unsigned clients_max; /* without --max-clients; 0: no limit */
	struct twc_factory *beside; /* set by build: of the last endpoint, which is none of the server's; NULL: all are */
	const char *scheme;   /* of TWC_URL, as twc_ready_env has it; may be NULL */
	const char *alpn;     /* what a TLS endpoint offers that does not say so itself; NULL: nothing */
	bool reads_stdin;     /* COMMAND does not */
	/* while it runs */
	struct twc_endpoint **endpoint; /* owned, as everything below */
	struct twc_reactor *r;		/* that runs in this process */
	struct twc_gate *gate;		/* NULL: everybody may come in */
	struct twc_server *server;
	struct twc_port **port;	     /* its ports, while it listens; the array is owned */
	struct twc_command *command; /* the reactor's; NULL when it has ended */
	bool server_is_done;
	int signo;	    /* the one that asked to stop, 0: none */
	bool is_cut;	    /* connections were still open at the end */
	int command_status; /* of waitpid; -1: there was none */
	struct twc_err err; /* what failed; code 0: nothing */
	struct twc_worker *worker;   /* in a worker; borrowed */
	struct twc_workers *workers; /* in the parent of workers */
	uint64_t started_ns, ended_ns;	   /* started 0: it never served */
	uint64_t total, bytes_in, bytes_out; /* at the end: connections, and what passed */
	/* private */
	struct live live;
	struct twc_signal_watch signal[SERVING_SIGNALS];
	struct twc_timer settle;
	struct twc_watchdog watchdog;
	uint64_t came;		      /* connections, when it was last looked */
	int ready_fd;		      /* --ready-fd, until the lines were written; else -1 */
	struct twc_reactor *built;    /* in the parent: what the workers will run; else NULL */
	struct twc_gate_share *share; /* with a gate */
	struct twc_user *user;	      /* owned */
	struct twc_pidfile *pidfile;  /* owned */
	struct twc_daemon daemon;     /* fd -1: nobody waits for it */
	int status;		      /* of the parent, when it is not for serving_status to find: 0 */
};

/* All of it, from the operands to the last connection. 0, or the exit status, after saying why. `s` has what goes in, the rest
 * zeroed. */
int serving_run(struct serving *s);
/* After serving_run: nothing happens any more, and all is counted. Then may go what connections pointed to. */
void serving_end(struct serving *s);
void serving_free(struct serving *s);
/* What the run came to, said where it is a failure: the exit status. Does not return when it is a signal. */
int serving_status(const struct serving *s);

void serving_stop(struct serving *s);	   /* gracefully; a second time at once */
void serving_cut(struct serving *s);	   /* at once */
void serving_quit(struct serving *s);	   /* behind what the transports have queued */
void serving_maybe_quit(struct serving *s); /* when nothing is left to wait for */
void serving_note(struct serving *s, const struct twc_err *err); /* the first that failed decides */
/* May the kernel keep clients that are silent for a second (TCP_DEFER_ACCEPT)? Not where somebody counts them, times them or wants
 * to hear of them. */
bool serving_may_defer(const struct serving *s);

/* ---- among its files; what returns an int: 0, or the exit status after saying why ---- */

const char *serving_name(const struct serving *s); /* where it serves, if that is one operand; else NULL */
void serving_report(struct serving *s); /* SIGUSR1 */
void serving_close(struct serving *s); /* the server and the reactor: nothing happens any more */
void serving_stopping(void *arg);      /* as struct twc_server_opts has it */
void serving_stopped(void *arg, const struct twc_err *err);
int serving_watch_signals(struct serving *s);
/* serving_gate.c; s->gate stays NULL when everybody may come in. */
int serving_make_gate(struct serving *s);
int serving_gate_fits(const struct serving_params *p, struct twc_err *err); /* 0 or TWC_EUSAGE */
/* serving_reload.c */
bool serving_can_reload(const struct serving *s);
void serving_reload(struct serving *s);
/* serving_ready.c */
int serving_announce(struct serving *s);
void serving_ready_close(struct serving *s); /* --ready-fd */
int serving_start_command(struct serving *s);
/* serving_process.c. Before anything is made: --user is looked up, --bg forks. False: this process is through, with s->status. */
bool serving_process_begin(struct serving *s);
int serving_process_settle(struct serving *s); /* when the ports are bound: --port-file, --pid-file, --user */
int serving_process_ready(struct serving *s);  /* --bg: the parent is told */
void serving_process_end(struct serving *s);
void serving_process_forget(struct serving *s); /* in a worker: what is the parent's to unmake */
/* serving_workers.c: the run of the parent */
int serving_supervise(struct serving *s);

#endif
