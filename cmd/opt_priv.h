/* SPDX-License-Identifier: MIT */
/*
 * What the files of the option parser share: opt.c, opt_check.c, opt_config.c.
 */
#ifndef CMD_OPT_PRIV_H
#define CMD_OPT_PRIV_H

#include "opt.h"
#include <twc/parse.h>

enum {
	EXCL_MAX = 16,	   /* numbers of `excl` */
	NAME_LEN_MAX = 24, /* of an option, so that help lines up */
};

/* Memory that lives as long as the struct opt_parse whose list it is in; it is wiped at the end. */
struct opt_block {
	struct opt_block *next;
	size_t n;
	_Alignas(max_align_t) char bytes[];
};
void *opt_keep(struct opt_block **list, size_t n); /* zeroed */
void opt_keep_fini(struct opt_block **list);

/* Where an element of argv comes from. */
struct opt_source {
	const char *file; /* NULL: the command line */
	unsigned line;
	bool is_value; /* of the short option before it: no option of its own, whatever it looks like */
};

/* The options of a file as elements of argv. The arrays are temporary, the words are kept. */
struct opt_words {
	char **word;
	struct opt_source *source;
	size_t n;
};
void opt_words_fini(struct opt_words *w);

/* The file's options appended to *w; `path` is borrowed by them; - is standard input. 0; TWC_EUSAGE with a text that begins
 * with PATH:LINE; TWC_ENOINPUT. */
int opt_config_read(struct opt_words *w, const char *path, struct opt_block **kept, struct twc_err *err);
/* The same from memory. */
int opt_config_parse(struct opt_words *w, struct twc_str text, const char *path, struct opt_block **kept,
		     struct twc_err *err);

/* The value, parsed as the row's type says, into its member. Not for OPT_OPERAND, OPT_NEXT, OPT_CONFIG. */
int opt_store(const struct twc_opt *o, void *member, const char *value, struct twc_err *err);

#endif
