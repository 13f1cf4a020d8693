/* SPDX-License-Identifier: MIT */
/*
 * All rows as data: one JSON object a line, for the tests that hold the manual against the program; and what the
 * three writers of completion scripts share.
 */
#include "opt_emit.h"
#include "out.h"
#include <ctype.h>
#include <stdio.h>
#include <twc/json.h>
#include <twc/log.h>

/* ---- shared ---- */

void emit_text(struct twc_buf *b, const char *text)
{
	if (twc_buf_add(b, text, strlen(text)) < 0)
		TWC_BUG("completion script is too long");
}

void emit_quoted(struct twc_buf *b, const char *text, enum emit_what shell)
{
	help_put(b, "'");
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			help_put(b, shell == EMIT_FISH ? "\\'" : "'\\''");
		else if (*c == '\\' && shell == EMIT_FISH)
			help_put(b, "\\\\");
		else
			help_put(b, "%c", *c);
	}
	help_put(b, "'");
}

void emit_letter(struct twc_buf *b, char letter)
{
	const char *quote = isalnum((unsigned char)letter) ? "" : "'";

	help_put(b, "%s-%c%s", quote, letter, quote);
}

const char *emit_role(enum twc_role role)
{
	return role == TWC_LISTEN ? "listen" : "connect";
}

bool emit_needs_colon(const struct twc_endpoint_type *t, enum twc_role role)
{
	EMIT_EACH_ARG(t, role, g, a)
		if (a->required & role)
			return true;
	return false;
}

const struct twc_endpoint_arg *emit_first_arg(const struct twc_endpoint_type *t, enum twc_role role)
{
	EMIT_EACH_ARG(t, role, g, a)
		if (a->positional & role)
			return a;
	return NULL;
}

bool emit_arg_is_command(const struct twc_endpoint_arg *a)
{
	return a->kind == TWC_ARG_PAYLOAD && strcmp(a->name, "cmd") == 0;
}

bool emit_arg_word(const struct twc_endpoint_arg *a, enum twc_role role, size_t i, char *buf, size_t cap)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	if (a->kind != TWC_ARG_PAYLOAD) {
		snprintf(buf, cap, "%s=", a->name);
		return i == 0;
	}
	for (; *types && strcmp(a->name, "endpoint") == 0; types++) {
		const struct twc_endpoint_arg *first = emit_first_arg(*types, role);

		if (!((*types)->roles & role) || (first && first->kind == TWC_ARG_PAYLOAD) || i-- > 0)
			continue;
		snprintf(buf, cap, "%s%s", (*types)->name, emit_needs_colon(*types, role) ? ":" : "");
		return true;
	}
	return false;
}

bool emit_arg_is_file(const struct twc_endpoint_arg *a)
{
	return a->kind == TWC_ARG_FILE || (a->kind == TWC_ARG_STRING && strcmp(a->name, "path") == 0);
}

const char *const *emit_arg_words(const struct twc_endpoint_arg *a)
{
	static const char *const yes_no[] = { "yes", "no", NULL };

	if (a->kind == TWC_ARG_BOOL)
		return yes_no;
	return a->kind == TWC_ARG_WORD ? a->words : NULL;
}

const char *emit_value_kind(const struct twc_opt *o)
{
	static const char *const kinds[] = {
		[OPT_HINT_NONE] = "any",
		[OPT_HINT_FILE] = "file",
		[OPT_HINT_DIR] = "dir",
		[OPT_HINT_CONNECT] = "connect",
		[OPT_HINT_LISTEN] = "listen",
		[OPT_HINT_HOST] = "host",
		[OPT_HINT_COMMAND] = "command",
		[OPT_HINT_TOPIC] = "topic",
		[OPT_HINT_TRACE] = "trace",
		[OPT_HINT_LISTEN_DIR] = "listen-dir",
	};

	return o->words ? NULL : kinds[o->hint];
}

/* ---- JSON lines ---- */

static void json_open(struct twc_json *j, struct twc_buf *b, const char *row)
{
	twc_json_begin(j, b);
	twc_json_str(j, "row", twc_str_of(row));
}

static void json_text(struct twc_json *j, const char *key, const char *value)
{
	twc_json_str(j, key, (struct twc_str){ value, value ? strlen(value) : 0 });
}

static void json_close(struct twc_json *j)
{
	twc_json_end(j);
	TWC_ASSERT(!j->failed);
	help_put(j->buf, "\n");
}

static void json_words(struct twc_json *j, const char *const *words)
{
	struct twc_buf list;

	twc_buf_init(&list, 4096);
	for (size_t i = 0; words && words[i]; i++)
		help_put(&list, "%s%s", i ? " " : "", words[i]);
	json_text(j, "words", words ? twc_buf_cstr(&list) : NULL);
	twc_buf_fini(&list);
}

static void json_option(struct twc_buf *b, const char *command, const struct twc_opt *o)
{
	const char letter[2] = { o->short_name, '\0' };
	struct twc_json j;

	json_open(&j, b, "option");
	json_text(&j, "command", command);
	json_text(&j, "long", o->long_name);
	json_text(&j, "short", o->short_name ? letter : NULL);
	json_text(&j, "arg", o->arg);
	twc_json_bool(&j, "optional", o->flags & OPT_OPTIONAL);
	twc_json_bool(&j, "negatable", o->flags & OPT_NEGATABLE);
	twc_json_bool(&j, "hidden", o->flags & OPT_HIDDEN);
	twc_json_bool(&j, "repeatable", opt_repeats(o));
	json_words(&j, o->words);
	json_text(&j, "hint", o->arg ? emit_value_kind(o) : NULL);
	json_text(&j, "default", o->def);
	json_text(&j, "group", o->group);
	json_text(&j, "help", o->help);
	json_close(&j);
}

static void json_command(struct twc_buf *b, const struct twc_cmd *cmd)
{
	struct twc_json j;

	json_open(&j, b, "command");
	json_text(&j, "name", cmd->name);
	json_text(&j, "summary", cmd->summary);
	json_text(&j, "operand", cmd->operands.name);
	twc_json_bool(&j, "takes_command", cmd->flags & CMD_COMMAND);
	twc_json_bool(&j, "hidden", cmd->flags & CMD_HIDDEN);
	json_close(&j);
	for (size_t i = 0; cmd->synopsis[i]; i++) {
		json_open(&j, b, "synopsis");
		json_text(&j, "command", cmd->name);
		json_text(&j, "text", cmd->synopsis[i]);
		json_close(&j);
	}
	for (const struct cmd_example *e = cmd->examples; e && e->line; e++) {
		json_open(&j, b, "example");
		json_text(&j, "command", cmd->name);
		json_text(&j, "text", e->line);
		json_close(&j);
	}
	for (const struct twc_opt *o = cmd->opts; o && o->long_name; o++)
		json_option(b, cmd->name, o);
}

static void json_endpoint(struct twc_buf *b, const struct twc_endpoint_type *t)
{
	struct twc_json j;

	json_open(&j, b, "endpoint");
	json_text(&j, "name", t->name);
	twc_json_bool(&j, "connect", t->roles & TWC_CONNECT);
	twc_json_bool(&j, "listen", t->roles & TWC_LISTEN);
	json_close(&j);
	EMIT_EACH_ARG(t, t->roles, g, a) {
		json_open(&j, b, "argument");
		json_text(&j, "type", t->name);
		json_text(&j, "name", a->name);
		json_text(&j, "alias", a->alias);
		twc_json_bool(&j, "connect", a->roles & t->roles & TWC_CONNECT);
		twc_json_bool(&j, "listen", a->roles & t->roles & TWC_LISTEN);
		json_words(&j, emit_arg_words(a));
		json_text(&j, "help", a->help);
		json_close(&j);
	}
}

static void json_error(struct twc_buf *b, int code)
{
	struct twc_json j;

	json_open(&j, b, "error");
	json_text(&j, "name", twc_err_name(code));
	twc_json_int(&j, "exit", twc_err_exit(code));
	json_text(&j, "text", twc_err_default_text(code));
	json_close(&j);
}

static void emit_json(struct twc_buf *b)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	for (const struct twc_opt *o = twc_opts; o->long_name; o++)
		json_option(b, "twc", o);
	for (const struct twc_opt *o = common_opts; o->long_name; o++)
		json_option(b, "*", o);
	for (size_t i = 0; cmd_list[i]; i++)
		json_command(b, cmd_list[i]);
	for (size_t i = 0; types[i]; i++)
		json_endpoint(b, types[i]);
	for (int code = -1; code > -TWC_ERR_COUNT; code--)
		json_error(b, code);
}

void emit_write(struct twc_buf *b, enum emit_what what)
{
	switch (what) {
	case EMIT_BASH:
		emit_bash(b);
		return;
	case EMIT_ZSH:
		emit_zsh(b);
		return;
	case EMIT_FISH:
		emit_fish(b);
		return;
	case EMIT_JSON:
		emit_json(b);
		return;
	}
}
