/* SPDX-License-Identifier: MIT */
/*
 * One row describes one option, once. From the rows come parsing, --help, usage errors with the nearest
 * spelling, completion for three shells, the JSON dump that tests read, and the check that the manual is
 * complete. A row says where its value goes by offsetof() into the params struct of its command, so that
 * parsing is re-entrant and a test can parse into a struct and compare.
 *
 * Syntax, as GNU has it: --name=value, --name value, -n value, -nvalue, clusters of short flags (-vq),
 * options and operands mixed in any order. A row with an optional value takes it only as --name=value (or
 * -nvalue). `--` ends the options; what follows is the COMMAND of a command that takes one, else operands.
 * Of a single-valued option given twice the last wins. Abbreviated names are refused, with the full one.
 *
 * Groups (`twc http -d x URL1 --next -o file URL2`): a row of type OPT_NEXT ends a group, and what follows begins one
 * with params of its own. opt_parse() reads the first; while p->more is set, opt_parse_more() reads the next, into a
 * params struct that starts with the defaults again. Options and operands of a group belong together in any order.
 * Rows with OPT_GLOBAL store into the first group's params wherever they stand. The common options have no groups.
 *
 * Options from a file (`-K FILE`): a row of type OPT_CONFIG is replaced, at its place, by the options in FILE, in the
 * syntax of curl's config files: one a line, a long name without its dashes (`url = "x"`, `url: x`, `url x`), or a long
 * or short one with them (`--url x`, `-o file`); a value with blanks stands in quotes, in which \t \n \r \v mean what
 * they mean in C, and a backslash before anything else that alone; # begins a comment. A file may name others, begin
 * groups (`next`) and, with rows of type OPT_OPERAND, give operands. Every fault in it is reported with FILE:LINE.
 *
 * Secrets: the value of a row with OPT_SECRET is copied, and its letters in argv overwritten, so that ps(1) does not
 * show it for longer than it takes to start.
 */
#ifndef CMD_OPT_H
#define CMD_OPT_H

#include <twc/base.h>
#include <twc/err.h>

/* The type decides what the member at `offset` is. */
enum opt_type {
	OPT_FLAG = 1, /* bool: true when given; --no-NAME makes it false if OPT_NEGATABLE */
	OPT_COUNT,    /* unsigned: how often it was given (-vv) */
	OPT_SET,      /* int: becomes `value`; several rows may share one member (a choice of services) */
	OPT_STRING,   /* const char *: borrowed from argv or struct opt_parse; NULL when not given */
	OPT_UINT,     /* uint64_t, min..max */
	OPT_SIZE,     /* uint64_t, bytes: 64k 1M 2G; min..max */
	OPT_DURATION, /* uint64_t, nanoseconds: 250ms 5s 2m, bare number seconds; min..max */
	OPT_PORT,     /* uint16_t, 0-65535 */
	OPT_WORD,     /* int: index into `words` */
	OPT_LIST,     /* struct opt_list: every value, in the order given; several rows may share one list */
	OPT_OPERAND,  /* no member: the value is an operand, in its turn among the others (--url URL) */
	OPT_NEXT,     /* no member: ends this group of options and operands */
	OPT_CONFIG,   /* no member: the value is a FILE of options, or - for standard input */
};

/* What a shell may offer as the value. OPT_WORD needs no hint: it offers its words. */
enum opt_hint {
	OPT_HINT_NONE = 0,
	OPT_HINT_FILE,
	OPT_HINT_DIR,
	OPT_HINT_CONNECT, /* an endpoint to connect to */
	OPT_HINT_LISTEN,  /* an endpoint to listen on */
	OPT_HINT_HOST,
	OPT_HINT_COMMAND, /* the name of a program */
	OPT_HINT_TOPIC,	  /* a topic of twc help */
	OPT_HINT_TRACE,	  /* log categories */
	OPT_HINT_LISTEN_DIR, /* operands alone: endpoints to listen on; the last of several may be a folder */
};

enum {
	OPT_OPTIONAL = 1,  /* --name[=VALUE]: without a value `implied` is parsed instead (OPT_STRING, OPT_WORD,
			    * OPT_UINT, OPT_SIZE, OPT_DURATION) */
	OPT_NEGATABLE = 2, /* OPT_FLAG: --no-NAME exists too */
	OPT_HIDDEN = 4,	   /* parsed, but neither shown nor completed nor demanded of the manual */
	OPT_OWN_LETTER = 8, /* its letter is that of a common option, too, which has none in this command */
	OPT_SECRET = 16,    /* OPT_STRING, OPT_LIST: the value is copied and made unreadable in argv */
	OPT_GLOBAL = 32,    /* in a command with groups: stored in the first group's params, in whichever it stands */
};

/* Rows are constant tables; the last has long_name NULL. Unset members are zero. */
struct twc_opt {
	const char *long_name;	  /* without dashes: "drain" */
	char short_name;	  /* 'd', or 0: a letter, a digit, # or : */
	uint8_t flags;		  /* OPT_OPTIONAL … */
	uint8_t type;		  /* enum opt_type */
	uint8_t hint;		  /* enum opt_hint */
	uint8_t excl;		  /* rows with the same number above 0 exclude each other (at most one service) */
	uint32_t offset;	  /* offsetof(struct params, member) */
	int value;		  /* OPT_SET: what the member becomes */
	const char *arg;	  /* name of the value, in capitals: "DURATION"; NULL when it takes none */
	const char *implied;	  /* OPT_OPTIONAL: the value when none is given; "" is a value too */
	const char *const *words; /* OPT_WORD: NULL-terminated; OPT_STRING: what a shell may offer as its beginning, or NULL */
	uint64_t min, max;	  /* OPT_UINT, OPT_SIZE, OPT_DURATION; max 0: no limit */
	const char *def;	  /* the default, as help shows it: "10s"; NULL: nothing worth saying. Text only: the
				   * command's init() sets the member */
	const char *group;	  /* heading in --help and in the manual: "Services" */
	const char *help;	  /* one line, lower case, no full stop */
};

/* A value of a repeatable option. `opt` tells which row when several share a list (--allow and --deny). */
struct opt_item {
	const struct twc_opt *opt;
	const char *value; /* borrowed from argv or struct opt_parse */
};
struct opt_list {
	struct opt_item *item; /* owned: free with opt_list_fini */
	size_t n;
};
void opt_list_fini(struct opt_list *l);

/* What users of other tools type, and what to do instead: { "-l", "`twc serve` listens" }. Used when no row of
 * that name exists. Tables end with spelling NULL. */
struct opt_slip {
	const char *spelling;
	const char *hint;
};

/* Rows together with the struct their offsets are into. */
struct opt_set {
	const struct twc_opt *rows;
	void *params;
};

/* Zeroed but for what goes in. The values of a row may lie in it: opt_parse_fini() comes after their last use. */
struct opt_parse {
	/* in */
	struct opt_set set[2];	      /* the command's rows, then the common ones; rows NULL: none */
	const struct opt_slip *slips; /* may be NULL */
	bool command;		      /* `--` begins a COMMAND */
	bool stop_at_operand;	      /* the first operand ends the options (twc's own, before the command) */
	void *global;		      /* where OPT_GLOBAL rows of set[0] go; NULL: to set[0].params */
	/* out */
	int n_operands;
	char **operands; /* inside the argv that was given, which is reordered; not NULL-terminated */
	char **command_argv; /* what followed `--`, NULL-terminated; NULL without `--` */
	int n_seen;	     /* how many elements of argv were used; argc but for stop_at_operand */
	bool more;	     /* an OPT_NEXT row was met: opt_parse_more() reads on */
	/* private */
	char **rest; /* what stands behind it */
	int n_rest;
	const struct opt_source *source; /* of each element of rest; NULL: all of them are argv's own */
	struct opt_block *kept;
	unsigned n_files;
};

/* argv without the program's name; argv[argc] is NULL. 0, or an error with a text that names the option: TWC_EUSAGE,
 * TWC_ENOINPUT when a file of options cannot be read. Allocates only for OPT_LIST rows, secrets and such files. */
int opt_parse(struct opt_parse *p, int argc, char **argv, struct twc_err *err);
/* The group behind p->more, into `params` (of set[0]); the same results and errors. */
int opt_parse_more(struct opt_parse *p, void *params, struct twc_err *err);
/* Wipes and frees what opt_parse() has copied. Lists are freed by opt_list_fini(). */
void opt_parse_fini(struct opt_parse *p);

/* Faults in the tables themselves: duplicate names or letters, a missing help line, a hint that fits no
 * value… 0, or TWC_EBUG with the first fault. Tests run it over every command. */
int opt_check(const struct twc_opt *rows, const struct twc_opt *common, struct twc_err *err);

/* "-i, --idle DURATION", "--check[=SPEC]", "--[no-]color"; returns `buf`. */
const char *opt_spelling(const struct twc_opt *o, char *buf, size_t cap);
/* A common row as it is beside the rows of a command (may be NULL), which may have taken its letter. */
struct twc_opt opt_beside(const struct twc_opt *o, const struct twc_opt *own);
static inline bool opt_takes_value(const struct twc_opt *o) { return o->arg != NULL; }
/* True when it means something to give it more than once. */
bool opt_repeats(const struct twc_opt *o);

#endif
