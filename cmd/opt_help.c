/* SPDX-License-Identifier: MIT */
/*
 * Rows → --help and usage lines, wrapped to the terminal. Pure text into a buffer: help.c and main.c decide where
 * it goes.
 */
#include "cmd.h"
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	COLUMN = 28, /* where the help of an option starts */
	NO_LETTER = 4, /* "-x, " */
	WIDTH_MIN = 60,
	WIDTH_MAX = 100,
	WIDTH_DEFAULT = 80,
};

unsigned help_width(int fd)
{
	struct winsize size;

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return WIDTH_DEFAULT;
	if (size.ws_col < WIDTH_MIN)
		return WIDTH_MIN;
	return size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}

void help_put(struct twc_buf *b, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* The texts are our own tables: one that does not fit is a fault in them. */
	TWC_ASSERT(n >= 0 && (size_t)n < sizeof(line));
	if (twc_buf_add(b, line, (size_t)n) < 0)
		TWC_BUG("help text is too long");
}

void help_wrap(struct twc_buf *b, const char *text, unsigned at, unsigned indent, unsigned width)
{
	unsigned column = at;
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!first && column + 1 + len > width) {
			help_put(b, "\n");
			column = 0;
			first = true;
		}
		if (first && column < indent) {
			help_put(b, "%*s", (int)(indent - column), "");
			column = indent;
		}
		help_put(b, "%s%.*s", first ? "" : " ", (int)len, text);
		column += (unsigned)len + !first;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	help_put(b, "\n");
}

static void put_option(struct twc_buf *b, const struct twc_opt *o, unsigned width)
{
	char spelling[96], text[512];
	int n, column;

	opt_spelling(o, spelling, sizeof(spelling));
	n = snprintf(text, sizeof(text), "%s%s%s%s", o->help, o->def ? " (default " : "", o->def ? o->def : "",
		     o->def ? ")" : "");
	TWC_ASSERT(n > 0 && (size_t)n < sizeof(text));
	column = 2 + (o->short_name ? 0 : NO_LETTER) + (int)strlen(spelling);
	help_put(b, "  %*s%s", o->short_name ? 0 : NO_LETTER, "", spelling);
	if (column + 2 > COLUMN) {
		help_put(b, "\n");
		column = 0;
	}
	help_wrap(b, text, (unsigned)column, COLUMN, width);
}

static bool is_first_of_group(const struct twc_opt *rows, const struct twc_opt *o)
{
	for (const struct twc_opt *b = rows; b != o; b++)
		if (!(b->flags & OPT_HIDDEN) && strcmp(b->group, o->group) == 0)
			return false;
	return true;
}

/* Groups in the order of their first rows, wherever the rest of each stands; common rows beside `own`. */
static void put_options(struct twc_buf *b, const struct twc_opt *rows, const struct twc_opt *own, unsigned width)
{
	for (const struct twc_opt *o = rows; o && o->long_name; o++) {
		if ((o->flags & OPT_HIDDEN) || !is_first_of_group(rows, o))
			continue;
		help_put(b, "\n%s:\n", o->group);
		for (const struct twc_opt *m = o; m->long_name; m++)
			if (!(m->flags & OPT_HIDDEN) && strcmp(m->group, o->group) == 0) {
				const struct twc_opt seen = opt_beside(m, own);

				put_option(b, &seen, width);
			}
	}
}

static void put_usage(struct twc_buf *b, const struct twc_cmd *cmd)
{
	for (size_t i = 0; cmd->synopsis[i]; i++)
		help_put(b, "%s%s\n", i == 0 ? "Usage: " : "       ", cmd->synopsis[i]);
}

static void put_examples(struct twc_buf *b, const struct twc_cmd *cmd)
{
	for (const struct cmd_example *e = cmd->examples; e && e->line; e++) {
		help_put(b, "  %s\n", e->line);
		help_put(b, "      %s\n", e->what);
	}
}

static void put_verbs(struct twc_buf *b, const struct twc_cmd *cmd)
{
	if (!cmd_has_verbs(cmd))
		return;
	help_put(b, "\nVerbs, each with --help of its own:\n");
	for (size_t i = 0; cmd_list[i]; i++)
		if (cmd_verb_name(cmd, cmd_list[i]))
			help_put(b, "  %-10s %s\n", cmd_verb_name(cmd, cmd_list[i]), cmd_list[i]->summary);
}

void help_command(struct twc_buf *b, const struct twc_cmd *cmd, unsigned width)
{
	char page[CMD_NAME_MAX];

	put_usage(b, cmd);
	help_put(b, "\n");
	help_wrap(b, cmd->description, 0, 0, width);
	if (cmd->operands.help) {
		help_put(b, "\nOperands:\n  %s\n", cmd->operands.name);
		help_wrap(b, cmd->operands.help, 0, 6, width);
	}
	put_verbs(b, cmd);
	put_options(b, cmd->opts, NULL, width);
	put_options(b, common_opts, cmd->opts, width);
	help_put(b, "\nExamples:\n");
	put_examples(b, cmd);
	help_put(b, "\nMore: man twc-%s, twc help endpoints, twc help exit-status, twc help eof\n",
		 cmd_dashed(cmd, page, sizeof(page)));
}

void help_command_short(struct twc_buf *b, const struct twc_cmd *cmd, unsigned width)
{
	put_usage(b, cmd);
	help_put(b, "\n");
	help_wrap(b, cmd->description, 0, 0, width);
	help_put(b, "\nExamples:\n");
	put_examples(b, cmd);
	put_verbs(b, cmd);
	help_put(b, "\nAll options: twc %s --help\n", cmd->name);
}

void help_overview(struct twc_buf *b, unsigned width)
{
	help_put(b, "Usage: twc COMMAND [OPTION...] [OPERAND...]\n\n");
	help_wrap(b, "Everything on a wire has a name, and the name is an endpoint string: "
		     "tcp:example.com:80, unix:/run/x.sock, exec:cat.", 0, 0, width);
	help_put(b, "\nCommands:\n");
	for (size_t i = 0; cmd_list[i]; i++)
		if (!(cmd_list[i]->flags & CMD_HIDDEN))
			help_put(b, "  %-10s %s\n", cmd_list[i]->name, cmd_list[i]->summary);
	for (size_t i = 0; cmd_list[i]; i++) {
		if ((cmd_list[i]->flags & CMD_HIDDEN) || cmd_is_verb(cmd_list[i]))
			continue;
		help_put(b, "\ntwc %s, for example:\n", cmd_list[i]->name);
		put_examples(b, cmd_list[i]);
	}
	put_options(b, common_opts, NULL, width);
	help_put(b, "\nMore: twc COMMAND --help, man twc, twc help endpoints, twc help exit-status, twc help eof\n");
}
