/* SPDX-License-Identifier: MIT */
/*
 * twc help: commands from the list, endpoints from the registry's rows, exit statuses from the error list. Prints
 * and ends; needs no reactor.
 */
#include "out.h"
#include <stdio.h>
#include <unistd.h>

extern const struct twc_cmd cmd_help;

enum { TEXT_MAX = 256 * 1024, INDENT = 6, ARG_COLUMN = 24 };

/* ---- endpoints ---- */

static const char *kind_text(enum twc_arg_kind kind)
{
	static const char *const text[] = {
		[TWC_ARG_STRING] = "TEXT",
		[TWC_ARG_PORT] = "PORT",
		[TWC_ARG_UINT] = "NUMBER",
		[TWC_ARG_BOOL] = "yes|no",
		[TWC_ARG_DURATION] = "DURATION",
		[TWC_ARG_SIZE] = "SIZE",
		[TWC_ARG_MODE] = "MODE",
		[TWC_ARG_ADDR] = "ADDR",
		[TWC_ARG_FILE] = "FILE",
		[TWC_ARG_SECRET] = "SECRET",
		[TWC_ARG_WORD] = "WORD",
		[TWC_ARG_KEEPALIVE] = "IDLE,INTERVAL,COUNT",
		[TWC_ARG_PAYLOAD] = "TEXT",
	};

	return (size_t)kind < TWC_ARRAY_LEN(text) && text[kind] ? text[kind] : "VALUE";
}

static void put_arg(struct twc_buf *b, const struct twc_endpoint_arg *a, unsigned both, unsigned width)
{
	char head[128], text[512];
	int n;

	if (a->kind == TWC_ARG_WORD && a->words) {
		n = snprintf(head, sizeof(head), "%s=", a->name);
		for (size_t i = 0; a->words[i] && n > 0 && (size_t)n < sizeof(head); i++)
			n += snprintf(head + n, sizeof(head) - (size_t)n, "%s%s", i ? "|" : "", a->words[i]);
	} else {
		n = snprintf(head, sizeof(head), "%s=%s", a->name, kind_text(a->kind));
	}
	TWC_ASSERT(n > 0 && (size_t)n < sizeof(head));
	snprintf(text, sizeof(text), "%s%s", a->help,
		 a->roles == both	  ? ""
		 : a->roles == TWC_LISTEN ? " (listening only)"
					  : " (connecting only)");
	help_put(b, "%*s%s", INDENT, "", head);
	if (INDENT + n + 2 > ARG_COLUMN + INDENT) {
		help_put(b, "\n");
		n = -INDENT;
	}
	help_wrap(b, text, (unsigned)(INDENT + n), ARG_COLUMN + INDENT, width);
}

static size_t count_args(const struct twc_endpoint_type *t)
{
	size_t n = 0;

	for (size_t g = 0; t->args && t->args[g]; g++)
		for (const struct twc_endpoint_arg *a = t->args[g]; a->name; a++)
			n++;
	return n;
}

static bool has_arg(const struct twc_endpoint_type *t, const struct twc_endpoint_arg *arg)
{
	for (size_t g = 0; t->args && t->args[g]; g++)
		for (const struct twc_endpoint_arg *a = t->args[g]; a->name; a++)
			if (strcmp(a->name, arg->name) == 0 && a->roles == arg->roles && strcmp(a->help, arg->help) == 0)
				return true;
	return false;
}

/* An earlier type with just the same arguments, or NULL: tcp4 and tcp6 are explained with tcp. */
static const struct twc_endpoint_type *twin(const struct twc_endpoint_type *t)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	for (size_t i = 0; types[i] != t; i++) {
		bool same = count_args(t) > 1 && count_args(types[i]) == count_args(t);

		for (size_t g = 0; same && t->args[g]; g++)
			for (const struct twc_endpoint_arg *a = t->args[g]; a->name; a++)
				same = same && has_arg(types[i], a);
		if (same)
			return types[i];
	}
	return NULL;
}

static void put_endpoint(struct twc_buf *b, const struct twc_endpoint_type *t, unsigned width)
{
	help_put(b, "\n");
	for (size_t i = 0; t->synopsis && t->synopsis[i]; i++)
		help_put(b, "  %s\n", t->synopsis[i]);
	help_wrap(b, t->summary, 0, INDENT, width);
	if (twin(t)) {
		help_put(b, "%*sarguments: those of %s\n", INDENT, "", twin(t)->name);
		return;
	}
	for (size_t g = 0; t->args && t->args[g]; g++)
		for (const struct twc_endpoint_arg *a = t->args[g]; a->name; a++)
			if (a->roles & t->roles)
				put_arg(b, a, t->roles, width);
}

static void help_endpoints(struct twc_buf *b, unsigned width)
{
	const struct twc_endpoint_type *const *types = twc_endpoint_types();

	help_wrap(b, "An endpoint string names one end of a wire: type:positional...:key=value... A backslash takes the "
		     "meaning from : = \\ [ and ]; [...] protects everything inside. Durations are 250ms 5s 2m 1h (a bare "
		     "number: seconds), sizes 64k 1M 2G (1024). A listener binds loopback unless the string says "
		     "interface=ADDR (* for all addresses) or the command says --public.", 0, 0, width);
	for (size_t i = 0; types[i]; i++)
		put_endpoint(b, types[i], width);
	help_put(b, "\nMore: man 7 twc-endpoints\n");
}

/* ---- exit statuses ---- */

static const struct {
	int status;
	const char *meaning;
} statuses[] = {
	{ 0, "done, all delivered; every check true; graceful stop of a server" },
	{ 1, "the answer is no: a check or an expectation did not hold" },
	{ 64, "usage: option, operand, endpoint string" },
	{ 65, "input data unusable" },
	{ 66, "local input missing or unreadable: certificate, key, file" },
	{ 68, "name not found, or the resolver failed" },
	{ 69, "refused, unreachable, socket file absent; a permanent refusal by the service" },
	{ 70, "a bug in twc" },
	{ 71, "the system's limit: descriptors, memory, fork" },
	{ 73, "cannot bind or create" },
	{ 74, "local read or write failed" },
	{ 75, "time ran out, or a temporary refusal" },
	{ 76, "the peer broke the stream or the protocol: reset, truncation, not TLS, bad reply" },
	{ 77, "not trusted or not allowed: certificate, name, pin, login, proxy authentication" },
	{ 78, "the environment is wrong (LISTEN_FDS...)" },
	{ 79, "partial: some succeeded, some failed" },
	{ 126, "COMMAND was found but could not be executed" },
	{ 127, "COMMAND was not found" },
	{ 141, "the reader of standard output has gone: ended by SIGPIPE" },
};

/* The errors that end with this status, where there are several. */
static void put_errors(struct twc_buf *b, int status, unsigned width)
{
	char text[512] = "";
	size_t n = 0;
	int found = 0;

	for (int code = -1; code > -TWC_ERR_COUNT; code--)
		if (twc_err_exit(code) == status && n < sizeof(text)) {
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? ", " : "",
					      twc_err_default_text(code));
			found++;
		}
	if (found > 1)
		help_wrap(b, text, 0, INDENT + 2, width);
}

static void help_exit_status(struct twc_buf *b, unsigned width)
{
	help_wrap(b, "The status never depends on verbosity, terminal or locale. Of several failures the attempt that got "
		     "furthest decides (77 > 76 > 75 > 69 > 68). What happens to one client never changes the status of a "
		     "server that serves many.", 0, 0, width);
	help_put(b, "\n");
	for (size_t i = 0; i < TWC_ARRAY_LEN(statuses); i++) {
		help_put(b, "  %3d ", statuses[i].status);
		help_wrap(b, statuses[i].meaning, INDENT, INDENT, width);
		put_errors(b, statuses[i].status, width);
	}
	help_put(b, "\n");
	help_wrap(b, "With an exec: or sh: endpoint in connect or serve --once, and with -- COMMAND, the status is the "
		     "child's own; 128+n when signal n ended it.", 0, 0, width);
}

/* ---- the end of a stream ---- */

static const char *const eof_rules[] = {
	"Status 0 means: every byte read was accepted by the other side, every byte received was written out, and the "
	"stream ended in order. Nothing is dropped after a timer.",
	"End of standard input: what is queued is sent, then our half is closed (FIN, close_notify of TLS; the child's "
	"standard input is closed). Reading goes on without a time limit.",
	"End from the peer: the rest is written out and standard output closed. When standard input has ended too, or is "
	"a terminal, that is the end, with status 0; otherwise what standard input gives is still sent. Keepalive probes "
	"(after 15 s, 5 s apart) find a peer that is gone for good.",
	"--eof close: either end closes both. --eof peer: the peer's does. --eof keep: our half is never closed. --linger: so "
	"long after the end of standard input it is over, whatever the peer does.",
	"Through a proxy (via=) an end of standard input before any byte of it is passed on after the peer's first byte or end, "
	"unless --eof says otherwise: many proxies close both directions when one ends.",
	"A reset in either direction: status 76, with direction and byte counts. Between two endpoints a FIN is passed on "
	"as a FIN per direction, a reset as a reset. A TLS stream that ends without close_notify was cut off: 76, too, unless "
	"the endpoint says truncation=allow.",
	"Reader of standard output gone: a quiet end by SIGPIPE (141). Standard output full or failing: 74.",
	"Datagrams: one read is one datagram, up to 65,507 bytes, never cut; a session ends by --idle.",
	"serve: the first SIGTERM or SIGINT stops accepting and lets the connections finish (--drain), then status 0; the "
	"second, or the end of that time, ends at once. connect dies by the signal.",
};

static void help_eof(struct twc_buf *b, unsigned width)
{
	for (size_t i = 0; i < TWC_ARRAY_LEN(eof_rules); i++) {
		help_put(b, "%zu. ", i + 1);
		help_wrap(b, eof_rules[i], 3, 3, width);
	}
}

/* ---- the command ---- */

static const struct {
	const char *name;
	void (*put)(struct twc_buf *b, unsigned width);
} topics[] = {
	{ "endpoints", help_endpoints },
	{ "exit-status", help_exit_status },
	{ "eof", help_eof },
};

static int unknown_topic(const struct ctx *ctx, const char *name)
{
	const char *words[32];
	size_t n = 0;

	for (size_t i = 0; cmd_names[i] && n < 24; i++)
		words[n++] = cmd_names[i];
	for (size_t i = 0; i < TWC_ARRAY_LEN(topics); i++)
		words[n++] = topics[i].name;
	words[n] = NULL;
	if (twc_nearest(twc_str_of(name), words))
		return out_usage(ctx, "no help on %s; did you mean %s?", name, twc_nearest(twc_str_of(name), words));
	return out_usage(ctx, "no help on %s; there is: COMMAND, endpoints, exit-status, eof", name);
}

/* The command, or its verb, that the operands name. NULL: none, and *status is set when that was said already. */
static const struct twc_cmd *named_command(const struct ctx *ctx, int n, char **operand, int *status)
{
	const struct twc_cmd *cmd = n > 0 ? cmd_find(operand[0]) : NULL;
	const struct twc_cmd *verb = cmd && n > 1 ? cmd_find_verb(cmd, operand[1]) : NULL;

	if (n < 2 || verb)
		return verb ? verb : cmd;
	if (cmd && cmd_has_verbs(cmd))
		*status = out_usage(ctx, "%s has no verb %s; `twc help %s` names those it has", cmd->name, operand[1],
				    cmd->name);
	else
		*status = out_usage(ctx, "too many operands: %s", operand[1]);
	return NULL;
}

static int help_run(struct ctx *ctx, void *params, int n, char **operand)
{
	unsigned width = help_width(STDOUT_FILENO);
	int status = 0;
	const struct twc_cmd *cmd = named_command(ctx, n, operand, &status);
	struct twc_buf b;

	(void)params;
	if (status != 0)
		return status;
	twc_buf_init(&b, TEXT_MAX);
	if (n == 0) {
		help_overview(&b, width);
		return out_print(ctx, &b);
	}
	if (cmd) {
		help_command(&b, cmd, width);
		return out_print(ctx, &b);
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(topics); i++)
		if (strcmp(operand[0], topics[i].name) == 0) {
			topics[i].put(&b, width);
			return out_print(ctx, &b);
		}
	return unknown_topic(ctx, operand[0]);
}

static const char *const help_synopsis[] = { "twc help [COMMAND [VERB] | endpoints | exit-status | eof]", NULL };

static const struct cmd_example help_examples[] = {
	{ "twc help endpoints", "every type of endpoint with its arguments" },
	{ "twc help exit-status", "what each exit status means" },
	{ NULL, NULL },
};

const struct twc_cmd cmd_help = {
	.name = "help",
	.summary = "explain a command, the endpoints, the exit statuses, the end of streams",
	.synopsis = help_synopsis,
	.description = "Without an operand: what commands there are, with examples. With the name of a command, or of one "
		       "and its verb: its options. endpoints: every type of endpoint string. exit-status: what each "
		       "status means. eof: what ends a stream, when, and with what status.",
	.examples = help_examples,
	.operands = { .name = "TOPIC", .hint = OPT_HINT_TOPIC, .min = 0, .max = 2,
		      .help = "a command, a command and its verb, or one of endpoints, exit-status, eof" },
	.run = help_run,
};
