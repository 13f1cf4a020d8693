/* SPDX-License-Identifier: MIT */
/*
 * Rows → completions/twc.fish: `complete` lines, and functions for the command that is being typed and for
 * endpoint strings.
 */
#include "opt_emit.h"
#include <ctype.h>
#include <stdio.h>
#include <twc/log.h>

static void put_choices(struct twc_buf *b, const struct twc_opt *o)
{
	switch (o->hint) {
	case OPT_HINT_FILE:
		help_put(b, " -r -F");
		return;
	case OPT_HINT_DIR:
		help_put(b, " -x -a '(__fish_complete_directories)'");
		return;
	case OPT_HINT_CONNECT:
	case OPT_HINT_LISTEN:
		help_put(b, " -x -a '(__twc_endpoint %s)'", emit_value_kind(o));
		return;
	case OPT_HINT_HOST:
		help_put(b, " -x -a '(__fish_print_hostnames)'");
		return;
	case OPT_HINT_COMMAND:
		help_put(b, " -x -a '(__fish_complete_command)'");
		return;
	case OPT_HINT_TRACE:
		help_put(b, " -x -a '(__twc_trace)'");
		return;
	default:
		break;
	}
	help_put(b, " -x");
	if (!o->words)
		return;
	help_put(b, " -a '");
	for (size_t i = 0; o->words[i]; i++)
		help_put(b, "%s%s", i ? " " : "", o->words[i]);
	help_put(b, "'");
}

static void put_option(struct twc_buf *b, const char *condition, const struct twc_opt *o)
{
	help_put(b, "complete -c twc -n '%s' -l %s", condition, o->long_name);
	if (o->short_name)
		help_put(b, isalnum((unsigned char)o->short_name) ? " -s %c" : " -s '%c'", o->short_name);
	help_put(b, " -d ");
	emit_quoted(b, o->help, EMIT_FISH);
	if (o->arg && !(o->flags & OPT_OPTIONAL))
		put_choices(b, o);
	help_put(b, "\n");
	if (o->flags & OPT_NEGATABLE)
		help_put(b, "complete -c twc -n '%s' -l no-%s\n", condition, o->long_name);
}

static void put_options(struct twc_buf *b, const char *condition, const struct twc_opt *rows)
{
	for (const struct twc_opt *o = rows; o && o->long_name; o++)
		if (!(o->flags & OPT_HIDDEN))
			put_option(b, condition, o);
}

/* Where the name of the command, or of the verb, may stand. */
static void put_place(struct twc_buf *b, const struct twc_cmd *cmd)
{
	const char *blank = strchr(cmd->name, ' ');

	if (blank)
		help_put(b, "\ncomplete -c twc -n '__twc_right_behind %.*s' -a %s -d ", (int)(blank - cmd->name), cmd->name,
			 blank + 1);
	else
		help_put(b, "\ncomplete -c twc -n '__twc_is \"\"' -a %s -d ", cmd->name);
}

static void put_command(struct twc_buf *b, const struct twc_cmd *cmd)
{
	char condition[64], name[CMD_NAME_MAX];

	snprintf(condition, sizeof(condition), "__twc_is %s", cmd_dashed(cmd, name, sizeof(name)));
	put_place(b, cmd);
	emit_quoted(b, cmd->summary, EMIT_FISH);
	help_put(b, "\n");
	put_options(b, condition, cmd->opts);
	switch (cmd->operands.hint) {
	case OPT_HINT_CONNECT:
		help_put(b, "complete -c twc -n '%s' -a '(__twc_endpoint connect)'\n", condition);
		return;
	case OPT_HINT_LISTEN:
		help_put(b, "complete -c twc -n '%s' -a '(__twc_endpoint listen)'\n", condition);
		return;
	case OPT_HINT_LISTEN_DIR:
		help_put(b, "complete -c twc -n '%s' -a '(__twc_endpoint listen) (__fish_complete_directories)'\n", condition);
		return;
	case OPT_HINT_TOPIC:
		help_put(b, "complete -c twc -n '%s' -a 'endpoints exit-status eof", condition);
		for (size_t i = 0; cmd_names[i]; i++)
			help_put(b, " %s", cmd_names[i]);
		help_put(b, "'\n");
		return;
	case OPT_HINT_FILE:
		help_put(b, "complete -c twc -n '%s' -F\n", condition);
		return;
	default:
		return;
	}
}

static void put_types(struct twc_buf *b, enum twc_role role)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	help_put(b, "\t\t\tcase %s\n", emit_role(role));
	for (size_t i = 0; types[i]; i++) {
		if (!(types[i]->roles & role))
			continue;
		help_put(b, "\t\t\t\tprintf '%%s\\t%%s\\n' %s%s ", types[i]->name,
			 emit_needs_colon(types[i], role) ? ":" : "");
		emit_quoted(b, types[i]->summary, EMIT_FISH);
		help_put(b, "\n");
	}
}

static void put_keys(struct twc_buf *b, enum twc_role role)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();
	char word[80];

	for (size_t i = 0; types[i]; i++) {
		const struct twc_endpoint_arg *first = emit_first_arg(types[i], role);

		if (!(types[i]->roles & role))
			continue;
		help_put(b, "\t\tcase %s,%s\n", emit_role(role), types[i]->name);
		if (first && emit_arg_is_command(first)) {
			help_put(b, "\t\t\tprintf \"$done%%s\\n\" (complete -C $part)\n");
			continue;
		}
		if (first && emit_arg_is_file(first))
			help_put(b, "\t\t\tprintf \"$done%%s\\n\" (__fish_complete_path $part)\n");
		EMIT_EACH_ARG(types[i], role, g, a)
			for (size_t w = 0; emit_arg_word(a, role, w, word, sizeof(word)); w++) {
				help_put(b, "\t\t\tprintf '%%s\\t%%s\\n' $done\"%s\" ", word);
				emit_quoted(b, a->help, EMIT_FISH);
				help_put(b, "\n");
			}
	}
}

static void put_key_values(struct twc_buf *b)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	for (size_t i = 0; types[i]; i++)
		EMIT_EACH_ARG(types[i], types[i]->roles, g, a) {
			const char *const *words = emit_arg_words(a);

			if (!words && !emit_arg_is_file(a))
				continue;
			help_put(b, "\t\t\tcase %s,%s\n\t\t\t\tprintf \"$done%%s\\n\"", types[i]->name, a->name);
			if (!words)
				help_put(b, " (__fish_complete_path $part)");
			for (size_t w = 0; words && words[w]; w++)
				help_put(b, " %s", words[w]);
			help_put(b, "\n");
		}
}

static void put_endpoint(struct twc_buf *b)
{
	help_put(b, "function __twc_endpoint -a role\n"
		    "\tset -l token (string replace -r -- '^--[a-z0-9.-]+=' '' (commandline -ct))\n"
		    "\tif not string match -q -- '*:*' $token\n\t\tswitch $role\n");
	put_types(b, TWC_CONNECT);
	put_types(b, TWC_LISTEN);
	help_put(b, "\t\tend\n\t\treturn\n\tend\n"
		    "\tset -l type (string replace -r -- ':.*' '' $token)\n"
		    "\tset -l part (string replace -r -- '.*:' '' $token)\n"
		    "\tset -l done (string replace -r -- '[^:]*$' '' $token)\n"
		    "\tif string match -q -- '*=*' $part\n"
		    "\t\tset -l key (string replace -r -- '=.*' '' $part)\n"
		    "\t\tset done $done$key=\n"
		    "\t\tset part (string replace -r -- '^[^=]*=' '' $part)\n"
		    "\t\tswitch $type,$key\n");
	put_key_values(b);
	help_put(b, "\t\tend\n\t\treturn\n\tend\n\tswitch $role,$type\n");
	put_keys(b, TWC_CONNECT);
	put_keys(b, TWC_LISTEN);
	help_put(b, "\tend\nend\n\n");
}

static void put_value_options(struct twc_buf *b, const struct twc_opt *rows)
{
	for (const struct twc_opt *o = rows; o && o->long_name; o++) {
		if (!o->arg || (o->flags & OPT_OPTIONAL))
			continue;
		help_put(b, " --%s", o->long_name);
		if (o->short_name) {
			help_put(b, " ");
			emit_letter(b, o->short_name);
		}
	}
}

static void put_trace(struct twc_buf *b)
{
	help_put(b, "function __twc_trace\n"
		    "\tset -l token (string replace -r -- '^--[a-z0-9.-]+=' '' (commandline -ct))\n"
		    "\tset -l done (string replace -r -- '[^,]*$' '' $token)\n"
		    "\tprintf \"$done%%s\\n\" all");
	for (int cat = 0; cat < TWC_LOG_CAT_COUNT; cat++)
		help_put(b, " %s", twc_log_cat_name((enum twc_log_cat)cat));
	help_put(b, "\nend\n\n");
}

static const char script[] = "# The command being typed: its name, \"\" before it, COMMAND behind the dashes. A verb is\n"
			     "# joined to it: http-serve.\n"
			     "function __twc_command\n"
			     "\tset -l tokens (commandline -opc)\n"
			     "\tset -e tokens[1]\n"
			     "\tset -l command \"\"\n"
			     "\tset -l skip 0\n"
			     "\tset -l before \"\"\n"
			     "\tfor token in $tokens\n"
			     "\t\tset -l behind $before\n"
			     "\t\tset before $token\n"
			     "\t\tif test $skip = 1\n"
			     "\t\t\tset skip 0\n"
			     "\t\telse if test \"$token\" = --; and test -n \"$command\"\n"
			     "\t\t\techo COMMAND\n"
			     "\t\t\treturn\n"
			     "\t\telse if contains -- $token $__twc_with_value\n"
			     "\t\t\tset skip 1\n"
			     "\t\telse if not string match -q -- '-*' $token; and test -z \"$command\"\n"
			     "\t\t\tset command $token\n"
			     "\t\telse if test \"$behind\" = \"$command\"; and contains -- \"$command-$token\" $__twc_verbs\n"
			     "\t\t\tset command $command-$token\n"
			     "\t\tend\n"
			     "\tend\n"
			     "\techo $command\n"
			     "end\n"
			     "\n"
			     "function __twc_is -a command\n"
			     "\ttest \"$(__twc_command)\" = \"$command\"\n"
			     "end\n"
			     "\n"
			     "function __twc_right_behind -a command\n"
			     "\tset -l tokens (commandline -opc)\n"
			     "\ttest \"$tokens[-1]\" = \"$command\"; and __twc_is $command\n"
			     "end\n"
			     "\n"
			     "function __twc_in_command\n"
			     "\tset -l words (string split -m1 -- ' -- ' (commandline -cp))\n"
			     "\tcomplete -C \"$words[2]\"\n"
			     "end\n"
			     "\n";

void emit_fish(struct twc_buf *b)
{
	char name[CMD_NAME_MAX];

	help_put(b, "# Completion of twc for fish; written by `make completions` from the option rows.\n\n"
		    "set -g __twc_with_value");
	for (size_t i = 0; cmd_list[i]; i++)
		put_value_options(b, cmd_list[i]->opts);
	put_value_options(b, common_opts);
	help_put(b, "\nset -g __twc_verbs");
	for (size_t i = 0; cmd_list[i]; i++)
		if (cmd_is_verb(cmd_list[i]))
			help_put(b, " %s", cmd_dashed(cmd_list[i], name, sizeof(name)));
	help_put(b, "\n\n");
	emit_text(b, script);
	put_trace(b);
	put_endpoint(b);
	help_put(b, "complete -c twc -f\ncomplete -c twc -n '__twc_is COMMAND' -a '(__twc_in_command)'\n");
	put_options(b, "not __twc_is COMMAND", common_opts);
	for (size_t i = 0; cmd_list[i]; i++)
		put_command(b, cmd_list[i]);
}
