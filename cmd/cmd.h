/* SPDX-License-Identifier: MIT */
/*
 * What a subcommand is: a name, the texts and option rows that explain it, and a run function. A new one is
 * a file with one `const struct twc_cmd`, a line in list.c, a manual page and a bats file.
 *
 * The way of a call: main() parses the options of both tables into a params struct of the command and into
 * struct common, calls check(), then run(); what run returns is the exit status.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "opt.h"
#include <twc/base.h>
#include <twc/endpoint.h>
#include <twc/err.h>
#include <twc/reactor.h>

/* Options that every command has; rows in common.c. */
struct common {
	bool help;
	bool version;
	unsigned verbose;	 /* -v, -vv */
	bool quiet;		 /* -q */
	const char *trace;	 /* --trace CATS */
	bool log_json;		 /* --log-json */
	bool numeric;		 /* --numeric */
	const char *resolver;	 /* --resolver system|SERVERS */
	struct opt_list resolve; /* --resolve NAME:ADDR */
	const char *emit;	 /* hidden: --emit bash|zsh|fish|json */
	bool check_args;	 /* hidden: --check-args: everything but run() */
};

struct ctx {
	const struct twc_cmd *cmd; /* NULL while twc's own options are parsed */
	struct common common;
	char **command;	     /* what followed `--`: NULL-terminated argv, or NULL when there was no `--` */
	unsigned closed_fds; /* bit n: descriptor n (0-2) was closed at start; it is on /dev/null now */
	uint64_t start_ns;   /* CLOCK_MONOTONIC at start: log lines count from here */
};

enum {
	CMD_COMMAND = 1, /* takes `-- COMMAND...` */
	CMD_HIDDEN = 2,	 /* not listed */
};

struct cmd_operands {
	const char *name; /* "ENDPOINT"; NULL: the command takes none */
	uint8_t hint;	  /* enum opt_hint; OPT_HINT_CONNECT and _LISTEN also say which role an endpoint has */
	int min, max;	  /* max 0: any number */
	const char *help; /* one line */
};

struct cmd_example {
	const char *line; /* "twc serve tcp:7000 --echo"; must parse, a test tries */
	const char *what; /* "an echo server on port 7000" */
};

struct twc_cmd {
	const char *name;
	const char *summary;		    /* one line, lower case, no full stop */
	const char *const *synopsis;	    /* "twc serve ENDPOINT... [SERVICE]…" as in the manual; NULL-terminated */
	const char *description;	    /* a few sentences; wrapped when shown */
	const struct cmd_example *examples; /* two or three; ends with line NULL */
	const struct twc_opt *opts;	    /* ends with long_name NULL; may be NULL */
	const struct opt_slip *slips;	    /* may be NULL */
	struct cmd_operands operands;
	unsigned flags;			    /* CMD_… */
	size_t params_size;		    /* zeroed before init */
	void (*init)(void *params);	    /* sets what is not zero by default; may be NULL */
	void (*fini)(void *params);	    /* frees option lists; may be NULL */
	/* Options that do not fit together, operands of the wrong kind: no I/O, nothing started. 0, or
	 * TWC_EUSAGE with *err; may be NULL. Endpoint strings are not its business. */
	int (*check)(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
	/* Returns the exit status (out.h: out_fail and friends return one after printing). */
	int (*run)(struct ctx *ctx, void *params, int n, char **operand);
};

/* THE list, NULL-terminated, in help order. */
extern const struct twc_cmd *const cmd_list[];
const struct twc_cmd *cmd_find(const char *name); /* NULL when unknown */
/* The nearest name, or NULL. */
const char *cmd_nearest(const char *name);

/* common.c */
extern const struct twc_opt common_opts[];
/* A reactor set up as the common options ask: log sink and levels, resolver. NULL with *err. */
struct twc_reactor *common_reactor_new(struct ctx *ctx, struct twc_err *err);
void common_fini(struct common *c);

/* opt_help.c: on `fd`; return 0, or -1 with errno. */
int help_overview(int fd);				  /* twc, twc --help */
int help_command(int fd, const struct twc_cmd *cmd);	  /* twc CMD --help */
int help_command_short(int fd, const struct twc_cmd *cmd); /* twc CMD: usage and examples */

/* opt_emit.c: on standard output. `what`: bash zsh fish json. Returns the exit status. */
int emit_run(struct ctx *ctx, const char *what);

#endif
