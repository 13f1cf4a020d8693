/* SPDX-License-Identifier: MIT */
/*
 * exec:PROGRAM ARG… and sh:SCRIPT: a child process whose standard input and output are the connection. The command
 * is the rest of the string, verbatim; exec splits it into words as a shell does, but expands nothing.
 */
#include "endpoint/endpoint_int.h"
#include "transport/transport_int.h"
#include <string.h>
#include "base/banned.h"

enum { STDERR_KEEP, STDERR_DROP, STDERR_MERGE, STDERR_LOG };
static const char *const stderr_words[] = { "keep", "drop", "merge", "log", NULL };

static const struct twc_endpoint_arg exec_args[] = {
	{ .name = "stderr", .kind = TWC_ARG_WORD, .roles = TWC_CONNECT, .words = stderr_words,
	  .help = "error output of the child: keep (ours), drop, merge into its output, log line by line (keep)" },
	{ .name = "pty", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT,
	  .help = "run it on a terminal of its own, its error output too unless stderr= says otherwise (no)" },
	{ .name = "cmd", .kind = TWC_ARG_PAYLOAD, .roles = TWC_CONNECT, .positional = TWC_CONNECT, .required = TWC_CONNECT,
	  .help = "the command: all the rest of the string, verbatim" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const exec_groups[] = { exec_args, NULL };

/* ---- words ---- */

struct splitter {
	const char *s;
	size_t i;
	char *out; /* where the next byte goes */
	int column; /* of s[0] */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* s[i] is the opening quote. */
static int split_quoted(struct splitter *x, struct twc_err *err)
{
	size_t open = x->i++;
	char quote = x->s[open];

	for (; x->s[x->i] != quote; x->i++) {
		if (!x->s[x->i])
			return twc__fault(err, x->column + (int)open, "this quote is never closed");
		if (quote == '"' && x->s[x->i] == '\\' && x->s[x->i + 1] && strchr("\"\\$`", x->s[x->i + 1]))
			x->i++;
		*x->out++ = x->s[x->i];
	}
	x->i++;
	return 0;
}

static int split_word(struct splitter *x, struct twc_err *err)
{
	int rc = 0;

	while (x->s[x->i] && !is_blank(x->s[x->i]) && !rc) {
		if (x->s[x->i] == '\'' || x->s[x->i] == '"') {
			rc = split_quoted(x, err);
			continue;
		}
		if (x->s[x->i] == '\\' && !x->s[++x->i])
			return twc__fault(err, x->column + (int)x->i - 1, "trailing backslash");
		*x->out++ = x->s[x->i++];
	}
	*x->out++ = '\0';
	return rc;
}

char **twc__words_split(const char *s, int column, struct twc_err *err)
{
	size_t len = strlen(s), max = len / 2 + 2, n = 0;
	char **word = twc_malloc(max * sizeof(*word) + len + 2);
	struct splitter x = { .s = s, .out = (char *)(word + max), .column = column };

	for (;;) {
		while (is_blank(s[x.i]))
			x.i++;
		if (!s[x.i])
			break;
		word[n++] = x.out;
		if (split_word(&x, err)) {
			twc_free(word);
			return NULL;
		}
	}
	word[n] = NULL;
	if (n > 0 && word[0][0])
		return word;
	twc_free(word);
	twc__fault(err, column, "the command is empty");
	return NULL;
}

/* ---- the types ---- */

static int exec_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *cmd = twc__args_get(a, "cmd");
	char **word = twc__words_split(cmd->text, cmd->column, err);

	if (!word)
		return TWC_EUSAGE;
	twc_free(word);
	return 0;
}

static int sh_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *cmd = twc__args_get(a, "cmd");

	return cmd->text[strspn(cmd->text, " \t\n")] ? 0 : twc__fault(err, cmd->column, "the script is empty");
}

static struct twc_transport *spawn(const struct twc_endpoint *e, struct twc_reactor *r, const char *const *argv,
				   struct twc_protocol *p, struct twc_err *err)
{
	static const int stderr_fd[] = { [STDERR_KEEP] = -1, [STDERR_DROP] = -2, [STDERR_MERGE] = 1,
					 [STDERR_LOG] = TWC_STDERR_LOG };
	bool on_pty = twc__args_num(&e->args, "pty", 0);
	struct twc_spawn how = { .argv = argv, .fd = { -1, -1, -1 }, .new_group = true };

	how.fd[2] = stderr_fd[twc__args_num(&e->args, "stderr", on_pty ? STDERR_MERGE : STDERR_KEEP)];
	if (on_pty)
		return twc__transport_from_child_on_pty(r, &how, e->text, p, err);
	return twc_transport_from_child(r, &how, e->text, p, err);
}

static struct twc_transport *exec_open(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_protocol *p,
				       struct twc_err *err)
{
	const struct twc__value *cmd = twc__args_get(&e->args, "cmd");
	char **word = twc__words_split(cmd->text, cmd->column, err);
	struct twc_transport *t;

	if (!word)
		return NULL;
	t = spawn(e, r, (const char *const *)word, p, err);
	twc_free(word);
	return t;
}

static struct twc_transport *sh_open(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_protocol *p,
				     struct twc_err *err)
{
	const char *argv[] = { "/bin/sh", "-c", twc__args_str(&e->args, "cmd", ""), NULL };

	return spawn(e, r, argv, p, err);
}

const struct twc__endpoint_type twc__endpoint_exec = {
	.pub = { .name = "exec", .roles = TWC_CONNECT, .summary = "a program, without a shell",
		 .synopsis = (const char *const[]){ "exec:PROGRAM ARG...", NULL }, .args = exec_groups },
	.is_local = true,
	.check = exec_check,
	.open = exec_open,
};

const struct twc__endpoint_type twc__endpoint_sh = {
	.pub = { .name = "sh", .roles = TWC_CONNECT, .summary = "a script for /bin/sh",
		 .synopsis = (const char *const[]){ "sh:SCRIPT", NULL }, .args = exec_groups },
	.is_local = true,
	.check = sh_check,
	.open = sh_open,
};
