/* SPDX-License-Identifier: MIT */
/*
 * Rows → completions/twc.bash. The script needs nothing but bash 4: it joins what COMP_WORDBREAKS took apart at
 * `:` and `=`, completes the whole word, and hands back the part behind the last break.
 */
#include "opt_emit.h"
#include <twc/log.h>

static void put_line(struct twc_buf *b, const char *word)
{
	help_put(b, " ");
	emit_quoted(b, word, EMIT_BASH);
}

/* Common rows stand beside `own`. */
static void put_option_names(struct twc_buf *b, const struct twc_opt *rows, const struct twc_opt *own)
{
	for (const struct twc_opt *row = rows; row && row->long_name; row++) {
		const struct twc_opt seen = opt_beside(row, own), *o = &seen;

		if (o->flags & OPT_HIDDEN)
			continue;
		help_put(b, " --%s", o->long_name);
		if (o->flags & OPT_OPTIONAL)
			help_put(b, " --%s=", o->long_name);
		if (o->flags & OPT_NEGATABLE)
			help_put(b, " --no-%s", o->long_name);
		if (o->short_name) {
			help_put(b, " ");
			emit_letter(b, o->short_name);
		}
	}
}

static void put_options(struct twc_buf *b)
{
	char name[CMD_NAME_MAX];

	help_put(b, "_twc_options() { # COMMAND\n\tcase $1 in\n");
	for (size_t i = 0; cmd_list[i]; i++) {
		help_put(b, "\t%s) printf '%%s\\n'", cmd_dashed(cmd_list[i], name, sizeof(name)));
		put_option_names(b, cmd_list[i]->opts, NULL);
		put_option_names(b, common_opts, cmd_list[i]->opts);
		help_put(b, " ;;\n");
	}
	help_put(b, "\t*) printf '%%s\\n'");
	put_option_names(b, common_opts, NULL);
	help_put(b, " ;;\n\tesac\n}\n\n");
}

static void put_value_rows(struct twc_buf *b, const char *command, const struct twc_opt *rows)
{
	for (const struct twc_opt *o = rows; o && o->long_name; o++) {
		if (!o->arg || (o->flags & OPT_HIDDEN))
			continue;
		help_put(b, "\t%s,--%s=", command, o->long_name);
		if (!(o->flags & OPT_OPTIONAL)) {
			help_put(b, " | %s,--%s", command, o->long_name);
			if (o->short_name) {
				help_put(b, " | %s,", command);
				emit_letter(b, o->short_name);
			}
		}
		help_put(b, ") echo %s", emit_value_kind(o) ? emit_value_kind(o) : "words");
		for (size_t i = 0; o->words && o->words[i]; i++)
			help_put(b, " %s", o->words[i]);
		help_put(b, " ;;\n");
	}
}

static void put_values(struct twc_buf *b)
{
	char name[CMD_NAME_MAX];

	help_put(b, "# What completes an option's value; nothing when it takes none. A name that ends in = is the form\n"
		    "# --name=value.\n_twc_value() { # COMMAND OPTION\n\tcase $1,$2 in\n");
	for (size_t i = 0; cmd_list[i]; i++)
		put_value_rows(b, cmd_dashed(cmd_list[i], name, sizeof(name)), cmd_list[i]->opts);
	put_value_rows(b, "*", common_opts);
	help_put(b, "\tesac\n}\n\n");
}

static void put_verbs(struct twc_buf *b)
{
	help_put(b, "_twc_verbs() { # COMMAND\n\tcase $1 in\n");
	for (size_t c = 0; cmd_list[c]; c++) {
		if (!cmd_has_verbs(cmd_list[c]))
			continue;
		help_put(b, "\t%s) printf '%%s\\n'", cmd_list[c]->name);
		for (size_t i = 0; cmd_list[i]; i++)
			if (cmd_verb_name(cmd_list[c], cmd_list[i]))
				help_put(b, " %s", cmd_verb_name(cmd_list[c], cmd_list[i]));
		help_put(b, " ;;\n");
	}
	help_put(b, "\tesac\n}\n\n");
}

static void put_operands(struct twc_buf *b)
{
	char name[CMD_NAME_MAX];

	help_put(b, "_twc_operand() { # COMMAND\n\tcase $1 in\n\t'') echo words");
	for (size_t i = 0; cmd_list[i]; i++)
		if (!(cmd_list[i]->flags & CMD_HIDDEN) && !cmd_is_verb(cmd_list[i]))
			help_put(b, " %s", cmd_list[i]->name);
	help_put(b, " ;;\n");
	for (size_t i = 0; cmd_list[i]; i++) {
		const struct twc_opt hint = { .type = OPT_STRING, .hint = cmd_list[i]->operands.hint };

		help_put(b, "\t%s) echo %s ;;\n", cmd_dashed(cmd_list[i], name, sizeof(name)), emit_value_kind(&hint));
	}
	help_put(b, "\tesac\n}\n\n");
	help_put(b, "_twc_fixed() { # trace | topic\n\tcase $1 in\n\ttrace) printf '%%s\\n' all");
	for (int cat = 0; cat < TWC_LOG_CAT_COUNT; cat++)
		help_put(b, " %s", twc_log_cat_name((enum twc_log_cat)cat));
	help_put(b, " ;;\n\ttopic) printf '%%s\\n' endpoints exit-status eof");
	for (size_t i = 0; cmd_names[i]; i++)
		help_put(b, " %s", cmd_names[i]);
	help_put(b, " ;;\n\tesac\n}\n\n");
}

static void put_types(struct twc_buf *b, enum twc_role role)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	help_put(b, "\t%s) printf '%%s\\n'", emit_role(role));
	for (size_t i = 0; types[i]; i++)
		if (types[i]->roles & role)
			help_put(b, " %s%s", types[i]->name, emit_needs_colon(types[i], role) ? ":" : "");
	help_put(b, " ;;\n");
}

static bool has_args(const struct twc_endpoint_type *t, enum twc_role role)
{
	EMIT_EACH_ARG(t, role, g, a)
		return true;
	return false;
}

static void put_keys(struct twc_buf *b, enum twc_role role)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();
	char word[80];

	for (size_t i = 0; types[i]; i++) {
		const struct twc_endpoint_arg *first = emit_first_arg(types[i], role);

		if (!(types[i]->roles & role) || !has_args(types[i], role))
			continue;
		help_put(b, "\t%s,%s) ", emit_role(role), types[i]->name);
		if (first && emit_arg_is_command(first)) {
			help_put(b, "echo @command ;;\n");
			continue;
		}
		if (first && emit_arg_is_file(first))
			help_put(b, "echo @file; ");
		help_put(b, "printf '%%s\\n'");
		EMIT_EACH_ARG(types[i], role, g, a)
			for (size_t w = 0; emit_arg_word(a, role, w, word, sizeof(word)); w++)
				help_put(b, " %s", word);
		help_put(b, " ;;\n");
	}
}

static void put_key_values(struct twc_buf *b)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	for (size_t i = 0; types[i]; i++)
		EMIT_EACH_ARG(types[i], types[i]->roles, g, a) {
			const char *const *words = emit_arg_words(a);

			if (emit_arg_is_file(a))
				help_put(b, "\t%s,%s) echo @file ;;\n", types[i]->name, a->name);
			if (!words)
				continue;
			help_put(b, "\t%s,%s) printf '%%s\\n'", types[i]->name, a->name);
			for (size_t w = 0; words[w]; w++)
				put_line(b, words[w]);
			help_put(b, " ;;\n");
		}
}

static void put_endpoints(struct twc_buf *b)
{
	help_put(b, "_twc_types() { # ROLE\n\tcase $1 in\n");
	put_types(b, TWC_CONNECT);
	put_types(b, TWC_LISTEN);
	help_put(b, "\tesac\n}\n\n# What may follow a colon: key=, @file, @command.\n"
		    "_twc_keys() { # ROLE TYPE\n\tcase $1,$2 in\n");
	put_keys(b, TWC_CONNECT);
	put_keys(b, TWC_LISTEN);
	help_put(b, "\tesac\n}\n\n_twc_key_value() { # TYPE KEY\n\tcase $1,$2 in\n");
	put_key_values(b);
	help_put(b, "\tesac\n}\n\n");
}

static const char script[] =
	"# Adds candidates that begin with $2, each behind $1; -f files, -d folders, -c commands, else the lines of\n"
	"# standard input.\n"
	"_twc_add() { # BEFORE WORD [-f | -d | -c | -A hostname]\n"
	"\tlocal before=$1 word=$2 line\n"
	"\tshift 2\n"
	"\tif (($#)); then\n"
	"\t\t[[ $1 == -f || $1 == -d ]] && compopt -o filenames 2>/dev/null\n"
	"\t\twhile IFS= read -r line; do COMPREPLY+=(\"$before$line\"); done < <(compgen \"$@\" -- \"$word\")\n"
	"\telse\n"
	"\t\twhile IFS= read -r line; do\n"
	"\t\t\t[[ $line == \"$word\"* ]] && COMPREPLY+=(\"$before$line\")\n"
	"\t\tdone\n"
	"\tfi\n"
	"}\n"
	"\n"
	"_twc_endpoint() { # ROLE BEFORE WORD\n"
	"\tlocal role=$1 before=$2 word=$3 type part head key line\n"
	"\tif [[ $word != *:* ]]; then\n"
	"\t\t_twc_add \"$before\" \"$word\" < <(_twc_types \"$role\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\ttype=${word%%:*} part=${word##*:} head=${word%\"${word##*:}\"}\n"
	"\tif [[ $part == *=* ]]; then\n"
	"\t\tkey=${part%%=*} head=$head${part%%=*}= part=${part#*=}\n"
	"\t\tif [[ $(_twc_key_value \"$type\" \"$key\") == @file ]]; then\n"
	"\t\t\t_twc_add \"$before$head\" \"$part\" -f\n"
	"\t\telse\n"
	"\t\t\t_twc_add \"$before$head\" \"$part\" < <(_twc_key_value \"$type\" \"$key\")\n"
	"\t\tfi\n"
	"\t\treturn\n"
	"\tfi\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tcase $line in\n"
	"\t\t@command) [[ $head == \"$type:\" ]] && _twc_add \"$before$head\" \"$part\" -c ;;\n"
	"\t\t@file) [[ $head == \"$type:\" && -n $part ]] && _twc_add \"$before$head\" \"$part\" -f ;;\n"
	"\t\t*) _twc_add \"$before$head\" \"$part\" <<<\"$line\" ;;\n"
	"\t\tesac\n"
	"\tdone < <(_twc_keys \"$role\" \"$type\")\n"
	"}\n"
	"\n"
	"_twc_offer() { # KIND BEFORE WORD\n"
	"\tlocal kind=$1 before=$2 word=$3\n"
	"\tcase $kind in\n"
	"\tfile) _twc_add \"$before\" \"$word\" -f ;;\n"
	"\tdir) _twc_add \"$before\" \"$word\" -d ;;\n"
	"\tcommand) _twc_add \"$before\" \"$word\" -c ;;\n"
	"\thost) _twc_add \"$before\" \"$word\" -A hostname ;;\n"
	"\tconnect | listen) _twc_endpoint \"$kind\" \"$before\" \"$word\" ;;\n"
	"\tlisten-dir)\n"
	"\t\t_twc_endpoint listen \"$before\" \"$word\"\n"
	"\t\t_twc_add \"$before\" \"$word\" -d ;;\n"
	"\ttrace) # a list with commas\n"
	"\t\t_twc_add \"$before${word%\"${word##*,}\"}\" \"${word##*,}\" < <(_twc_fixed trace) ;;\n"
	"\ttopic) _twc_add \"$before\" \"$word\" < <(_twc_fixed topic) ;;\n"
	"\twords\\ *) _twc_add \"$before\" \"$word\" < <(tr ' ' '\\n' <<<\"${kind#words }\") ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"# COMP_WORDS without the breaks at : and =, up to the cursor, into `words`.\n"
	"_twc_split() {\n"
	"\tlocal line=$COMP_LINE rest i\n"
	"\twords=()\n"
	"\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
	"\t\trest=${line#\"${line%%[![:space:]]*}\"}\n"
	"\t\tif ((i == 0)) || [[ ${#rest} -lt ${#line} ]]; then\n"
	"\t\t\twords+=(\"${COMP_WORDS[i]}\")\n"
	"\t\telse\n"
	"\t\t\twords[${#words[@]} - 1]+=${COMP_WORDS[i]}\n"
	"\t\tfi\n"
	"\t\tline=${rest#\"${COMP_WORDS[i]}\"}\n"
	"\tdone\n"
	"}\n"
	"\n"
	"# Readline replaces what stands behind the last break only.\n"
	"_twc_cut() { # WORD\n"
	"\tlocal breaks='' cut\n"
	"\t[[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'\n"
	"\t[[ $COMP_WORDBREAKS == *=* ]] && breaks+='='\n"
	"\t[[ -n $breaks ]] || return\n"
	"\tcut=${1%\"${1##*[\"$breaks\"]}\"}\n"
	"\tCOMPREPLY=(\"${COMPREPLY[@]#\"$cut\"}\")\n"
	"}\n"
	"\n"
	"_twc() {\n"
	"\tlocal words cur prev kind='' command='' at=0 i\n"
	"\tCOMPREPLY=()\n"
	"\t_twc_split\n"
	"\tcur=${words[-1]}\n"
	"\tfor ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
	"\t\tprev=${words[i]}\n"
	"\t\tif [[ $prev == -- && -n $command ]]; then\n"
	"\t\t\tif ((i == ${#words[@]} - 2)); then _twc_add '' \"$cur\" -c; else _twc_add '' \"$cur\" -f; fi\n"
	"\t\t\treturn\n"
	"\t\telif [[ $prev == -* ]]; then\n"
	"\t\t\t[[ -n $(_twc_value \"$command\" \"$prev\") ]] && ((i < ${#words[@]} - 2)) && ((i++))\n"
	"\t\telif [[ -z $command ]]; then\n"
	"\t\t\tcommand=$prev at=$i\n"
	"\t\telif ((i == at + 1)) && _twc_verbs \"$command\" | grep -Fxqe \"$prev\"; then\n"
	"\t\t\tcommand=$command-$prev\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tprev=${words[i - 1]}\n"
	"\t[[ ${#words[@]} -gt 2 && $prev == -* ]] && kind=$(_twc_value \"$command\" \"$prev\")\n"
	"\tif [[ -n $kind ]]; then\n"
	"\t\t_twc_offer \"$kind\" '' \"$cur\"\n"
	"\telif [[ $cur == --*=* ]]; then\n"
	"\t\t_twc_offer \"$(_twc_value \"$command\" \"${cur%%=*}=\")\" \"${cur%%=*}=\" \"${cur#*=}\"\n"
	"\telif [[ $cur == -?* || ($cur == - && -z $command) ]]; then\n"
	"\t\t_twc_add '' \"$cur\" < <(_twc_options \"$command\")\n"
	"\telse\n"
	"\t\t_twc_offer \"$(_twc_operand \"$command\")\" '' \"$cur\"\n"
	"\t\t((at == i - 1)) && _twc_add '' \"$cur\" < <(_twc_verbs \"$command\")\n"
	"\t\t[[ $cur == - ]] && _twc_add '' - < <(_twc_options \"$command\")\n"
	"\tfi\n"
	"\t[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace 2>/dev/null\n"
	"\t_twc_cut \"$cur\"\n"
	"}\n"
	"\n"
	"complete -F _twc twc\n";

void emit_bash(struct twc_buf *b)
{
	help_put(b, "# Completion of twc for bash; written by `make completions` from the option rows.\n"
		    "# shellcheck shell=bash\n\n");
	put_options(b);
	put_values(b);
	put_verbs(b);
	put_operands(b);
	put_endpoints(b);
	emit_text(b, script);
}
