/* SPDX-License-Identifier: MIT */
/*
 * Rows → completions/_twc: one _arguments call per command, and a function that completes endpoint strings
 * part by part.
 */
#include "opt_emit.h"
#include <stdio.h>
#include <twc/log.h>

/* Text inside '…[help]…': quotes as the shell wants, brackets and colons as _arguments does. */
static void put_spec_text(struct twc_buf *b, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			help_put(b, "'\\''");
		else if (strchr("[]:\\", *c))
			help_put(b, "\\%c", *c);
		else
			help_put(b, "%c", *c);
	}
}

static void put_action(struct twc_buf *b, const struct twc_opt *o)
{
	switch (o->hint) {
	case OPT_HINT_FILE:
		help_put(b, "_files");
		return;
	case OPT_HINT_DIR:
		help_put(b, "_files -/");
		return;
	case OPT_HINT_CONNECT:
	case OPT_HINT_LISTEN:
		help_put(b, "_twc_endpoint %s", emit_value_kind(o));
		return;
	case OPT_HINT_LISTEN_DIR:
		help_put(b, "_twc_listen_dir");
		return;
	case OPT_HINT_HOST:
		help_put(b, "_hosts");
		return;
	case OPT_HINT_COMMAND:
		help_put(b, "_command_names -e");
		return;
	case OPT_HINT_TRACE:
	case OPT_HINT_TOPIC:
		help_put(b, "_twc_%s", emit_value_kind(o));
		return;
	default:
		break;
	}
	if (!o->words) {
		help_put(b, " ");
		return;
	}
	for (size_t i = 0; o->words[i]; i++)
		help_put(b, "%s%s", i ? " " : "(", o->words[i]);
	help_put(b, ")");
}

/* One '…' specification. `name` with its dashes; the other spelling is excluded unless repeatable. */
static void put_spec(struct twc_buf *b, const struct twc_opt *o, const char *name, bool is_long)
{
	help_put(b, " \\\n\t\t'");
	if (opt_repeats(o))
		help_put(b, "*");
	else if (o->short_name)
		help_put(b, "(-%c --%s)", o->short_name, o->long_name);
	put_spec_text(b, name);
	if (o->arg)
		help_put(b, "%s", !is_long ? "+" : (o->flags & OPT_OPTIONAL) ? "=-" : "=");
	help_put(b, "[");
	put_spec_text(b, o->help);
	help_put(b, "]");
	if (o->arg) {
		help_put(b, "%s", (o->flags & OPT_OPTIONAL) ? "::" : ":");
		put_spec_text(b, o->arg);
		help_put(b, ":");
		put_action(b, o);
	}
	help_put(b, "'");
}

/* Common rows stand beside `own`. */
static void put_specs(struct twc_buf *b, const struct twc_opt *rows, const struct twc_opt *own)
{
	char name[64];

	for (const struct twc_opt *row = rows; row && row->long_name; row++) {
		const struct twc_opt seen = opt_beside(row, own), *o = &seen;

		if (o->flags & OPT_HIDDEN)
			continue;
		snprintf(name, sizeof(name), "--%s", o->long_name);
		put_spec(b, o, name, true);
		if (o->flags & OPT_NEGATABLE) {
			snprintf(name, sizeof(name), "--no-%s", o->long_name);
			put_spec(b, o, name, true);
		}
		if (o->short_name) {
			snprintf(name, sizeof(name), "-%c", o->short_name);
			put_spec(b, o, name, false);
		}
	}
}

/* Goes over to the verb that stands behind the command, or offers those that may stand there. */
static void put_verbs(struct twc_buf *b, const struct twc_cmd *cmd)
{
	if (!cmd_has_verbs(cmd))
		return;
	help_put(b, "\tif (( CURRENT > 2 && $+functions[_twc_cmd_%s-$words[2]] )); then\n"
		    "\t\tlocal verb=$words[2]\n\t\tshift words\n\t\t(( CURRENT -= 1 ))\n\t\t_twc_cmd_%s-$verb\n\t\treturn\n"
		    "\tfi\n\tlocal -a verbs=(", cmd->name, cmd->name);
	for (size_t i = 0; cmd_list[i]; i++) {
		if (!cmd_verb_name(cmd, cmd_list[i]))
			continue;
		help_put(b, "\n\t\t'%s:", cmd_verb_name(cmd, cmd_list[i]));
		put_spec_text(b, cmd_list[i]->summary);
		help_put(b, "'");
	}
	help_put(b, "\n\t)\n\t(( CURRENT == 2 )) && [[ $PREFIX != -* ]] && _describe verb verbs\n");
}

static void put_command(struct twc_buf *b, const struct twc_cmd *cmd)
{
	const struct twc_opt operand = { .type = OPT_STRING, .hint = cmd->operands.hint };
	char name[CMD_NAME_MAX];

	help_put(b, "_twc_cmd_%s() {\n", cmd_dashed(cmd, name, sizeof(name)));
	put_verbs(b, cmd);
	help_put(b, "\t_arguments -s -S :");
	put_specs(b, cmd->opts, NULL);
	put_specs(b, common_opts, cmd->opts);
	if (cmd->operands.name) {
		help_put(b, " \\\n\t\t'%s:%s:", cmd->operands.max == 1 ? "" : "*", cmd->operands.name);
		if (cmd->operands.hint == OPT_HINT_NONE)
			help_put(b, "()"); /* a blank would keep options from being offered in its place */
		else
			put_action(b, &operand);
		help_put(b, "'");
	}
	help_put(b, "\n}\n\n");
}

static void put_types(struct twc_buf *b, enum twc_role role)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	help_put(b, "\t\t%s)\n\t\t\tcolon=(", emit_role(role));
	for (size_t i = 0; types[i]; i++)
		if ((types[i]->roles & role) && emit_needs_colon(types[i], role))
			help_put(b, " %s:", types[i]->name);
	help_put(b, " )\n\t\t\tplain=(");
	for (size_t i = 0; types[i]; i++)
		if ((types[i]->roles & role) && !emit_needs_colon(types[i], role))
			help_put(b, " %s", types[i]->name);
	help_put(b, " ) ;;\n");
}

static void put_keys(struct twc_buf *b, enum twc_role role)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();
	char word[80];

	for (size_t i = 0; types[i]; i++) {
		const struct twc_endpoint_arg *first = emit_first_arg(types[i], role);

		if (!(types[i]->roles & role))
			continue;
		help_put(b, "\t%s,%s)", emit_role(role), types[i]->name);
		if (first && emit_arg_is_command(first)) {
			help_put(b, " (( parts == 1 )) && _command_names -e ;;\n");
			continue;
		}
		if (first && emit_arg_is_file(first))
			help_put(b, " (( parts == 1 )) && _files;");
		help_put(b, " keys=(");
		EMIT_EACH_ARG(types[i], role, g, a)
			for (size_t w = 0; emit_arg_word(a, role, w, word, sizeof(word)); w++)
				help_put(b, " %s", word);
		help_put(b, " ) ;;\n");
	}
}

static void put_key_values(struct twc_buf *b)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	for (size_t i = 0; types[i]; i++)
		EMIT_EACH_ARG(types[i], types[i]->roles, g, a) {
			const char *const *words = emit_arg_words(a);

			if (emit_arg_is_file(a))
				help_put(b, "\t\t%s,%s) _files ;;\n", types[i]->name, a->name);
			if (!words)
				continue;
			help_put(b, "\t\t%s,%s) compadd --", types[i]->name, a->name);
			for (size_t w = 0; words[w]; w++)
				help_put(b, " %s", words[w]);
			help_put(b, " ;;\n");
		}
}

static void put_endpoint(struct twc_buf *b)
{
	help_put(b, "_twc_endpoint() { # ROLE; $@ ends with it, _arguments puts its own flags before\n"
		    "\tlocal role=$argv[-1] type key\n\tlocal -a colon plain keys\n\tlocal -i parts\n"
		    "\tif [[ $PREFIX != *:* ]]; then\n\t\tcase $role in\n");
	put_types(b, TWC_CONNECT);
	put_types(b, TWC_LISTEN);
	help_put(b, "\t\tesac\n\t\tcompadd -S '' -a colon\n\t\tcompadd -a plain\n\t\treturn\n\tfi\n"
		    "\ttype=${PREFIX%%%%:*}\n\tparts=${#PREFIX//[^:]/}\n\tcompset -P '*:'\n"
		    "\tif [[ $PREFIX == *=* ]]; then\n\t\tkey=${PREFIX%%%%=*}\n\t\tcompset -P '*='\n"
		    "\t\tcase $type,$key in\n");
	put_key_values(b);
	help_put(b, "\t\tesac\n\t\treturn\n\tfi\n\tcase $role,$type in\n");
	put_keys(b, TWC_CONNECT);
	put_keys(b, TWC_LISTEN);
	help_put(b, "\tesac\n\tcompadd -S '' -a keys\n}\n\n");
}

static void put_fixed(struct twc_buf *b)
{
	help_put(b, "_twc_listen_dir() {\n\t_twc_endpoint listen\n\t_files -/\n}\n\n");
	help_put(b, "_twc_trace() {\n\tcompset -P '*,'\n\tcompadd -S '' -- all");
	for (int cat = 0; cat < TWC_LOG_CAT_COUNT; cat++)
		help_put(b, " %s", twc_log_cat_name((enum twc_log_cat)cat));
	help_put(b, "\n}\n\n_twc_topic() {\n\tcompadd -- endpoints exit-status eof");
	for (size_t i = 0; cmd_names[i]; i++)
		help_put(b, " %s", cmd_names[i]);
	help_put(b, "\n}\n\n_twc_commands() {\n\tlocal -a commands=(");
	for (size_t i = 0; cmd_list[i]; i++) {
		if ((cmd_list[i]->flags & CMD_HIDDEN) || cmd_is_verb(cmd_list[i]))
			continue;
		help_put(b, "\n\t\t'%s:", cmd_list[i]->name);
		put_spec_text(b, cmd_list[i]->summary);
		help_put(b, "'");
	}
	help_put(b, "\n\t)\n\t_describe command commands\n}\n\n");
}

static const char script_top[] = "_twc() {\n"
				 "\tlocal curcontext=$curcontext state line\n"
				 "\tlocal -A opt_args\n"
				 "\tlocal -i dashes=${words[(i)--]}\n"
				 "\tif (( dashes < CURRENT )); then # COMMAND\n"
				 "\t\tshift dashes words\n"
				 "\t\t(( CURRENT -= dashes ))\n"
				 "\t\t_normal\n"
				 "\t\treturn\n"
				 "\tfi\n"
				 "\t_arguments -C -s -S :";

void emit_zsh(struct twc_buf *b)
{
	help_put(b, "#compdef twc\n# Completion of twc for zsh; written by `make completions` from the option rows.\n\n");
	put_endpoint(b);
	put_fixed(b);
	for (size_t i = 0; cmd_list[i]; i++)
		put_command(b, cmd_list[i]);
	emit_text(b, script_top);
	put_specs(b, common_opts, NULL);
	help_put(b, " \\\n\t\t'1:command:_twc_commands' '*::operand:->operand'\n"
		    "\t[[ $state == operand ]] && (( $+functions[_twc_cmd_$line[1]] )) && _twc_cmd_$line[1]\n}\n\n"
		    "if [[ $funcstack[1] == _twc ]]; then _twc \"$@\"; else compdef _twc twc; fi\n");
}
