/* SPDX-License-Identifier: MIT */
/*
 * What a subcommand is: a name, the texts and option rows that explain it, and a run function. A new one is
 * a file that defines `const struct twc_cmd cmd_NAME`, a line in list.c, a manual page and a bats file.
 *
 * A verb, the `serve` of `twc http serve`, is a command like any other, with rows, texts, operands and a manual of its
 * own; its name has a blank in it, "http serve", its definition is cmd_http_serve and its manual twc-http-serve(1).
 * It is the word right behind the command's name; its options follow it. No operand of the command may be spelled
 * like one.
 *
 * The way of a call: main() parses the options of both tables into a params struct of the command and into
 * struct common, calls check(), then run(); what run returns is the exit status.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "opt.h"
#include <twc/base.h>
#include <twc/buf.h>
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
	bool log_time;		 /* --log-time */
	bool numeric;		 /* --numeric */
	const char *resolver;	 /* --resolver system|SERVERS */
	struct opt_list resolve; /* --resolve NAME:ADDR */
	int emit;		 /* hidden, twc's own: --emit; 0: not given */
	bool check_args;	 /* hidden: everything but run(), and endpoint strings are parsed */
};

/* A command with an OPT_NEXT row is given its options and operands in groups; any other has just one. */
struct cmd_group {
	void *params;
	int n;
	char **operand;
};

struct ctx {
	const struct twc_cmd *cmd; /* NULL while twc's own options are parsed */
	struct common common;
	const struct cmd_group *group; /* at check() and run(): all of them; run()'s own arguments are the first one's */
	size_t n_groups;	       /* at least 1 */
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
	const char *name;		    /* "serve"; of a verb "http serve" */
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
	 * TWC_EUSAGE with *err; may be NULL. Endpoint strings are not its business. Called for each group. */
	int (*check)(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);
	/* The exit status when the arguments are no good, as far as they were read; NULL: 64. */
	int (*usage_status)(const void *params);
	/* Returns the exit status (out.h: out_fail and friends return one after printing). */
	int (*run)(struct ctx *ctx, void *params, int n, char **operand);
};

/* THE list, NULL-terminated, in help order; verbs stand behind their command. */
extern const struct twc_cmd *const cmd_list[];
extern const char *const cmd_names[];		  /* of the commands without verbs, for twc_nearest */
const struct twc_cmd *cmd_find(const char *name); /* a command, never a verb; NULL when unknown */
const struct twc_cmd *cmd_find_verb(const struct twc_cmd *cmd, const char *word); /* the verb `word` of cmd, or NULL */
bool cmd_is_verb(const struct twc_cmd *cmd);
bool cmd_has_verbs(const struct twc_cmd *cmd);
/* "serve" when `verb` is the verb "http serve" and cmd is "http", else NULL. */
const char *cmd_verb_name(const struct twc_cmd *cmd, const struct twc_cmd *verb);
/* The name with dashes for blanks, as in the manual's name and in the completion scripts; returns `buf`. */
enum { CMD_NAME_MAX = 32 };
const char *cmd_dashed(const struct twc_cmd *cmd, char *buf, size_t cap);

/* run.c: argv is what follows the command's name. Both return the exit status. cmd_run of a command goes over to the
 * verb that argv begins with. */
int cmd_run(struct ctx *ctx, int argc, char **argv);
int cmd_version(const struct ctx *ctx);

/* common.c */
extern const struct twc_opt common_opts[]; /* of every command */
extern const struct twc_opt twc_opts[];	   /* of twc itself, before the command */
/* Faults in the values of the common options. 0 or TWC_EUSAGE. */
int common_check(const struct common *c, struct twc_err *err);
/* A reactor set up as the common options ask: log sink and levels, resolver. NULL with *err. */
struct twc_reactor *common_reactor_new(struct ctx *ctx, struct twc_err *err);
void common_fini(struct common *c);
/* The endpoint, restricted to IPv4 or IPv6 when ip_version is 4 or 6; NULL with *err. */
struct twc_endpoint *common_endpoint_parse(const char *s, enum twc_role role, int ip_version, struct twc_err *err);

/* -4 and -6, for a params struct with an int ip_version. */
#define IP_OPTS(params, heading, number)                                                                              \
	{ .long_name = "ipv4", .short_name = '4', .type = OPT_SET, .excl = number, .value = 4,                        \
	  .offset = offsetof(params, ip_version), .group = heading, .help = "use IPv4 addresses alone" },             \
	{ .long_name = "ipv6", .short_name = '6', .type = OPT_SET, .excl = number, .value = 6,                        \
	  .offset = offsetof(params, ip_version), .group = heading, .help = "use IPv6 addresses alone" }

/* opt_help.c: texts into a buffer; `width` is that of the terminal. */
void help_overview(struct twc_buf *b, unsigned width);				    /* twc, twc --help */
void help_command(struct twc_buf *b, const struct twc_cmd *cmd, unsigned width);    /* twc CMD --help */
void help_command_short(struct twc_buf *b, const struct twc_cmd *cmd, unsigned width); /* twc CMD */
/* A paragraph, broken at blanks; every line starts with `indent` blanks, the first one is taken to stand at
 * column `at` already. */
void help_wrap(struct twc_buf *b, const char *text, unsigned at, unsigned indent, unsigned width);
void help_put(struct twc_buf *b, const char *fmt, ...) TWC_PRINTF(2, 3);
unsigned help_width(int fd); /* columns of the terminal there, 60 to 100; 80 when it is none */

/* opt_emit.c: completion scripts and the dump of all rows, into a buffer. */
enum emit_what {
	EMIT_BASH = 1,
	EMIT_ZSH,
	EMIT_FISH,
	EMIT_JSON,
};
void emit_write(struct twc_buf *b, enum emit_what what);

#endif
