/* SPDX-License-Identifier: MIT */
/* twc serve as it is told to users: texts, option rows, defaults, and what does not fit together. What it does is in
 * serve.c. */
#include "serve.h"

#include <twc/parse.h>

#define SERVICES "Services"
#define STREAMS "Standard input and output"

enum { EXCL_SERVICE = 1, EXCL_WAY, EXCL_IP };

static const char *const slow_words[] = { "drop", "block", "close", NULL };   /* enum twc_slow */
static const char *const eof_words[] = { "half", "close", "keep", "peer", NULL }; /* enum twc_join_eof */
static const char *const fail_words[] = { "client-error", NULL };
static const char *const stderr_words[] = { "keep", "drop", "merge", "log", NULL }; /* enum twc_exec_stderr */

#define AT(member) .offset = offsetof(struct serve_params, member)
#define SERVICE_FLAG(name, number, text)                                                            \
	{                                                                                           \
		.long_name = name, .type = OPT_SET, .excl = EXCL_SERVICE, AT(service), .value = number, \
		.group = SERVICES, .help = text,                                                    \
	}
#define LIMIT_DURATION(name, member, text)                                                                     \
	{                                                                                                      \
		.long_name = name, .type = OPT_DURATION, AT(member), .arg = "DURATION", .min = 1, .group = SERVING_LIMITS, \
		.help = text,                                                                                  \
	}

/* The services are those of twc_service_list(); a test compares. */
const struct twc_opt serve_opts[] = {
	SERVICE_FLAG("echo", 1, "send back what comes (RFC 862)"),
	SERVICE_FLAG("discard", 2, "take everything, answer nothing (RFC 863)"),
	SERVICE_FLAG("chargen", 3, "send lines of characters without end (RFC 864)"),
	SERVICE_FLAG("daytime", 4, "send the date and time as text (RFC 867)"),
	SERVICE_FLAG("time", 5, "send the time as a 32-bit number (RFC 868)"),
	SERVICE_FLAG("qotd", 6, "send a quote of the day (RFC 865)"),
	{ .long_name = "text", .type = OPT_STRING, .excl = EXCL_SERVICE, AT(text), .arg = "STRING", .group = SERVICES,
	  .help = "send STRING (with C escapes)" },
	{ .long_name = "file", .type = OPT_STRING, .hint = OPT_HINT_FILE, .excl = EXCL_SERVICE, AT(file), .arg = "FILE",
	  .group = SERVICES, .help = "send the content of FILE" },
	SERVICE_FLAG("stall", 9, "accept, read nothing and send nothing"),
	{ .long_name = "reply", .type = OPT_STRING, .excl = EXCL_SERVICE, AT(reply), .arg = "STRING|@FILE", .group = SERVICES,
	  .help = "answer a request with STRING (with C escapes), or FILE as it is, and close" },
	{ .long_name = "reply-after", .type = OPT_STRING, AT(reply_after), .arg = "WHEN", .def = "line", .group = SERVICES,
	  .help = "with --reply: a request ends with a line, a blank-line, N bytes, or where a REGEX matches" },

	{ .long_name = "save", .type = OPT_STRING, .hint = OPT_HINT_FILE, .excl = EXCL_SERVICE, AT(save), .arg = "PATTERN",
	  .group = SERVICES, .help = "write what each client sends to a file; %c is the connection, %p the peer" },
	{ .long_name = "exec", .type = OPT_STRING, .hint = OPT_HINT_COMMAND, .excl = EXCL_SERVICE, AT(exec), .arg = "CMD",
	  .group = SERVICES, .help = "run CMD for each client, on its connection; no shell" },
	{ .long_name = "sh", .type = OPT_STRING, .hint = OPT_HINT_COMMAND, .excl = EXCL_SERVICE, AT(sh), .arg = "CMD",
	  .group = SERVICES, .help = "the same by /bin/sh" },
	{ .long_name = "stderr", .type = OPT_WORD, AT(on_stderr), .arg = "WHERE", .words = stderr_words, .def = "keep",
	  .group = SERVICES, .help = "with --exec, --sh: what CMD says as an error: keep (ours), drop, merge (to the client), log" },
	{ .long_name = "ucspi", .type = OPT_FLAG, AT(ucspi), .group = SERVICES,
	  .help = "with --exec, --sh: PROTO, TCPREMOTEIP and so on in the environment, as tcpserver has it" },
	{ .long_name = "detach-children", .type = OPT_FLAG, AT(detach_children), .group = SERVICES,
	  .help = "with --exec, --sh: CMD has the connection itself, and goes on when the server stops" },
	SERVICE_FLAG("broadcast", SERVE_BROADCAST, "send what each client sends to all others"),
	SERVICE_FLAG("chat", SERVE_CHAT, "the same by lines, with names, for people"),
	{ .long_name = "slow", .type = OPT_WORD, AT(slow), .arg = "WHAT", .words = slow_words, .def = "drop", .group = SERVICES,
	  .help = "with --broadcast, --chat: a client that reads too slowly misses some, is waited for, or closed" },
	{ .long_name = "banner", .type = OPT_STRING, AT(banner), .arg = "TEXT", .group = SERVICES,
	  .help = "greet each client with TEXT (with C escapes) before anything else" },

	{ .long_name = "send", .type = OPT_FLAG, .excl = EXCL_WAY, AT(send), .group = STREAMS,
	  .help = "standard input to the clients only; what they send is thrown away" },
	{ .long_name = "recv", .type = OPT_FLAG, .excl = EXCL_WAY, AT(recv), .group = STREAMS,
	  .help = "the clients to standard output only; standard input is not read" },
	{ .long_name = "tag", .type = OPT_FLAG, AT(tag), .group = STREAMS,
	  .help = "each line of a client comes out with its number and address in front" },
	{ .long_name = "eof", .type = OPT_WORD, AT(eof), .arg = "MODE", .words = eof_words, .def = "half",
	  .group = STREAMS,
	  .help = "the end of one direction: passed on (half), closes both (close; peer: its own), kept back (keep)" },
	{ .long_name = "linger", .type = OPT_DURATION, AT(linger), .arg = "DURATION", .min = 1, .group = STREAMS,
	  .help = "with --once: end with status 0 so long after the end of standard input" },
	{ .long_name = "once", .type = OPT_FLAG, AT(once), .group = STREAMS,
	  .help = "serve one connection; its end is the end, its status the status" },

	SERVING_LISTENING_OPTS(struct serve_params, EXCL_IP),

	WIRE_OPTS(struct serve_params),
	{ .long_name = "limit-rate-total", .type = OPT_STRING, AT(limit_rate_total), .arg = "RATE", .group = WIRE_GROUP,
	  .help = "the same as --limit-rate for all connections together, in equal parts" },
	{ .long_name = "stats", .type = OPT_FLAG, AT(stats), .group = WIRE_GROUP,
	  .help = "at the end, say how many connections there were and how many bytes passed" },

	LIMIT_DURATION("idle", idle, "end a connection without traffic for so long"),
	LIMIT_DURATION("until-idle", until_idle, "with --once: end with status 0 when there was no traffic for so long"),
	LIMIT_DURATION("max-time", max_time, "end a connection that lasts longer"),
	SERVING_LIMITS_OPTS(struct serve_params),

	SERVING_READINESS_OPTS(struct serve_params),

	SERVING_PROCESS_OPTS(struct serve_params),
	{ .long_name = "fail-on", .type = OPT_WORD, AT(fail_on), .arg = "WHAT", .words = fail_words, .group = SERVING_PROCESS,
	  .help = "client-error: the first failure of a client is the exit status at the end" },
	{ 0 },
};

void serve_init(void *params)
{
	struct serve_params *p = params;

	p->on_stderr = -1;
	p->fail_on = -1;
	p->slow = -1;
	serving_init(&p->serving);
}

void serve_fini(void *params)
{
	struct serve_params *p = params;

	serving_fini(&p->serving);
}

const struct twc_opt *serve_service(const struct serve_params *p, const char **arg)
{
	*arg = NULL;
	for (const struct twc_opt *o = serve_opts; o->long_name; o++) {
		if (o->excl != EXCL_SERVICE)
			continue;
		if (o->type == OPT_SET && p->service == o->value)
			return o;
		if (o->type == OPT_STRING)
			memcpy(arg, (const char *)p + o->offset, sizeof(*arg));
		if (*arg)
			return o;
	}
	return NULL;
}

/* What is about the one connection that standard input and output are joined with. */
static int check_streams(const struct serve_params *p, const struct twc_opt *service, struct twc_err *err)
{
	const char *name = p->eof ? "eof" : p->linger ? "linger" : p->until_idle ? "until-idle" : NULL;

	if (name && service)
		return twc_err_set(err, TWC_EUSAGE, "--%s is about standard input and output: it does not go with --%s", name,
				   service->long_name);
	if (name && !p->once && (p->linger || p->until_idle || p->eof != TWC_JOIN_EOF_PEER))
		return twc_err_set(err, TWC_EUSAGE, "--linger, --until-idle and --eof, but for --eof peer, need --once");
	if (p->linger && p->recv)
		return twc_err_set(err, TWC_EUSAGE, "--linger is about the end of standard input, which --recv does not read");
	if (p->wire.line_delay && p->recv)
		return twc_err_set(err, TWC_EUSAGE, "--line-delay is about standard input, which --recv does not read");
	return 0;
}

/* What is about a program for each client; and nothing of ours is on the way of a detached one. */
static int check_children(const struct serve_params *p, struct twc_err *err)
{
	const char *name = p->ucspi ? "ucspi" : p->on_stderr >= 0 ? "stderr" : p->detach_children ? "detach-children" : NULL;
	const char *seen = wire_is_used(&p->wire) || p->limit_rate_total ? "options that look at bytes or slow them down"
			   : p->banner		  ? "--banner"
			   : p->idle		  ? "--idle"
			   : p->max_time	  ? "--max-time"
						  : NULL;

	if (name && !p->exec && !p->sh)
		return twc_err_set(err, TWC_EUSAGE, "--%s needs --exec or --sh", name);
	if (p->detach_children && seen)
		return twc_err_set(err, TWC_EUSAGE, "--detach-children does not go with %s: the program has the connection "
						    "itself", seen);
	if (p->detach_children && p->on_stderr == TWC_EXEC_STDERR_LOG)
		return twc_err_set(err, TWC_EUSAGE, "--detach-children and --stderr log exclude each other: the log ends with "
						    "the server");
	return 0;
}

static int check_workers(const struct serve_params *p, const struct twc_opt *service, struct twc_err *err)
{
	if (!service)
		return twc_err_set(err, TWC_EUSAGE, "--workers needs a service: standard input and output cannot be shared");
	if (p->once)
		return twc_err_set(err, TWC_EUSAGE, "--workers and --once exclude each other: one connection needs one process");
	if (p->limit_rate_total)
		return twc_err_set(err, TWC_EUSAGE, "--workers and --limit-rate-total exclude each other: each process would "
						    "keep a rate of its own");
	if (p->fail_on >= 0)
		return twc_err_set(err, TWC_EUSAGE, "--workers and --fail-on exclude each other: what clients of different "
						    "processes meet with has no one status");
	if (p->service == SERVE_CHAT || p->service == SERVE_BROADCAST)
		return twc_err_set(err, TWC_EUSAGE, "--workers and --%s exclude each other: clients of different processes "
						    "could not hear each other", service->long_name);
	return 0;
}

static int check_process(const struct serve_params *p, const struct twc_opt *service, struct twc_err *err)
{
	if (serving_workers(&p->serving) && check_workers(p, service, err) < 0)
		return err->code;
	if (p->serving.bg && !service)
		return twc_err_set(err, TWC_EUSAGE, "--bg needs a service: in the background there is no standard input or "
						    "output");
	return 0;
}

static int check_rate(const struct serve_params *p, struct twc_err *err)
{
	struct twc_err why = { 0 };
	uint64_t rate, burst;

	if (p->limit_rate_total && wire_parse_rate(p->limit_rate_total, &rate, &burst, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--limit-rate-total: %s", why.text);
	return 0;
}

int serve_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct serve_params *p = params;
	const char *arg;
	const struct twc_opt *service = serve_service(p, &arg);
	struct twc_filter_opts filter;
	const char *filtering = wire_filter(&p->wire, &filter);

	(void)operand;
	(void)n;
	if (service && (p->send || p->recv))
		return twc_err_set(err, TWC_EUSAGE, "--%s and --%s exclude each other", p->send ? "send" : "recv",
				   service->long_name);
	if (p->tag && (service || p->send || p->once))
		return twc_err_set(err, TWC_EUSAGE, "--tag and --%s exclude each other",
				   service ? service->long_name : p->send ? "send" : "once");
	if (check_streams(p, service, err))
		return err->code;
	if (p->slow >= 0 && p->service != SERVE_BROADCAST && p->service != SERVE_CHAT)
		return twc_err_set(err, TWC_EUSAGE, "--slow needs --broadcast or --chat");
	if (p->reply_after && !p->reply)
		return twc_err_set(err, TWC_EUSAGE, "--reply-after needs --reply");
	if (check_children(p, err))
		return err->code;
	if (service && filtering)
		return twc_err_set(err, TWC_EUSAGE, "--%s is about standard input and output: it does not go with --%s",
				   filtering, service->long_name);
	if (serving_check(ctx, &p->serving, err) < 0 || check_process(p, service, err) < 0 || check_rate(p, err) < 0)
		return err->code;
	return wire_check(ctx, &p->wire, err);
}

const struct twc_cmd cmd_serve = {
	.name = "serve",
	.summary = "answer connections",
	.synopsis = (const char *const[]){ "twc serve ENDPOINT... [SERVICE] [-- COMMAND...]", NULL },
	.description = "Listens on every ENDPOINT and answers with a service. Without a service it joins the clients to "
		       "standard input and output: the input goes to all of them, what they send comes out merged. With "
		       "COMMAND it listens first, then runs COMMAND with TWC_PORT, TWC_HOST, TWC_ADDR and TWC_URL set "
		       "(TWC_PORT_2 and so on for further endpoints), stops with it, and exits with its status. "
		       "Listens on the loopback unless told otherwise.",
	.examples =
		(const struct cmd_example[]){
			{ "twc serve tcp:7000 --echo", "an echo server on port 7000 of this machine" },
			{ "twc serve tcp:9000 --once --recv > file", "receive one upload into a file" },
			{ "twc serve tcp:0 --echo -- sh -c './test \"$TWC_PORT\"'", "a server for the length of a test" },
			{ 0 },
		},
	.opts = serve_opts,
	.slips =
		(const struct opt_slip[]){
			{ "-l", "`twc serve` listens as it is" },
			{ "-k", "`twc serve` keeps listening unless --once" },
			{ "-u", "UDP is the endpoint udp:PORT" },
			{ "-U", "a UNIX socket is the endpoint unix:PATH" },
			{ "-p", "the port is part of the endpoint: tcp:PORT" },
			{ 0 },
		},
	.operands = { .name = "ENDPOINT", .hint = OPT_HINT_LISTEN, .min = 1, .help = "where to listen" },
	.flags = CMD_COMMAND,
	.params_size = sizeof(struct serve_params),
	.init = serve_init,
	.fini = serve_fini,
	.check = serve_check,
	.run = serve_run,
};
