/* SPDX-License-Identifier: MIT */
/*
 * What the writers of the completion scripts share: questions to the rows of options and endpoints.
 */
#ifndef CMD_OPT_EMIT_H
#define CMD_OPT_EMIT_H

#include "cmd.h"

void emit_bash(struct twc_buf *b);
void emit_zsh(struct twc_buf *b);
void emit_fish(struct twc_buf *b);

/* Writes a constant script, of any length. */
void emit_text(struct twc_buf *b, const char *text);
/* The text in single quotes; `shell` says how a quote inside is written. */
void emit_quoted(struct twc_buf *b, const char *text, enum emit_what shell);

/* The letter with its dash, in quotes where a shell could take it for something else: '-#'. */
void emit_letter(struct twc_buf *b, char letter);

/* "connect" or "listen": how the scripts call a role. */
const char *emit_role(enum twc_role role);
/* True for an endpoint type that is written with a colon in this role, as something must follow. */
bool emit_needs_colon(const struct twc_endpoint_type *t, enum twc_role role);
/* The first positional argument in this role, or NULL. */
const struct twc_endpoint_arg *emit_first_arg(const struct twc_endpoint_type *t, enum twc_role role);
/* How a value is completed: "any", "file", "dir", "command", "topic", "trace", "connect", "listen", "listen-dir", or, when
 * the words are fixed, NULL: then they are in o->words. */
const char *emit_value_kind(const struct twc_opt *o);

/* Every argument `a` of a type in a role. */
#define EMIT_EACH_ARG(t, role, g, a)                                \
	for (size_t g = 0; (t)->args && (t)->args[g]; g++)          \
		for (const struct twc_endpoint_arg *a = (t)->args[g]; a->name; a++) \
			if (a->roles & (role))

/* All that is left is a command line (exec); of others it is an endpoint string (haproxy), or any text. */
bool emit_arg_is_command(const struct twc_endpoint_arg *a);
/* What may follow a colon, the i-th for one argument: "key=", or the types of the endpoint that all that is left is. False:
 * there is none. */
bool emit_arg_word(const struct twc_endpoint_arg *a, enum twc_role role, size_t i, char *buf, size_t cap);
/* A file name, or a socket's. */
bool emit_arg_is_file(const struct twc_endpoint_arg *a);
/* "yes no" for a boolean, the words of a TWC_ARG_WORD, else NULL. */
const char *const *emit_arg_words(const struct twc_endpoint_arg *a);

#endif
