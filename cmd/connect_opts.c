/* SPDX-License-Identifier: MIT */
/* The options of twc connect: rows, and what does not fit together. What they do is in connect.c. */
#include "connect.h"
#include "terminal.h"

#define STREAMS "Streams"
#define LIMITS "Limits"
#define CHECKING "Checking and waiting"
#define RETRYING "Retrying"

enum { EXCL_WAY = 1, EXCL_IP };

static const char *const eof_words[] = { "half", "close", "keep", "peer", NULL }; /* enum twc_join_eof */
static const char *const check_words[] = { "no", "connect", "passive", "tls", "tls:min-days=", NULL };

#define AT(member) .offset = offsetof(struct connect_params, member)

const struct twc_opt connect_opts[] = {
	{ .long_name = "to", .type = OPT_STRING, .hint = OPT_HINT_CONNECT, AT(to), .arg = "ENDPOINT", .group = STREAMS,
	  .help = "join with this endpoint instead of standard input and output" },
	{ .long_name = "send", .type = OPT_FLAG, .excl = EXCL_WAY, AT(send), .group = STREAMS,
	  .help = "standard input to the peer only; what it sends is thrown away" },
	{ .long_name = "recv", .type = OPT_FLAG, .excl = EXCL_WAY, AT(recv), .group = STREAMS,
	  .help = "the peer to standard output only; standard input is not read" },
	{ .long_name = "eof", .type = OPT_WORD, AT(eof), .arg = "MODE", .words = eof_words, .def = "half",
	  .group = STREAMS,
	  .help = "the end of one direction: passed on (half), closes both (close; peer: its own), kept back (keep)" },
	{ .long_name = "linger", .type = OPT_DURATION, AT(linger), .arg = "DURATION", .min = 1, .group = STREAMS,
	  .help = "end with status 0 so long after the end of standard input, or of the second endpoint" },
	{ .long_name = "stats", .type = OPT_FLAG, AT(stats), .group = STREAMS,
	  .help = "at the end, say how many bytes passed and how long it took" },
	{ .long_name = "escape", .type = OPT_STRING, AT(escape), .arg = "KEY", .group = STREAMS,
	  .help = "the key that ends it when the terminal is raw (stdio:raw=yes): ^] unless given, or none" },
	{ .long_name = "progress", .type = OPT_FLAG, AT(progress), .group = STREAMS,
	  .help = "on a terminal, show how many bytes have passed, how fast, and the time left" },
	{ .long_name = "fdpass", .type = OPT_FLAG, AT(fdpass), .group = STREAMS,
	  .help = "hand the connection itself over on standard output, a UNIX socket (ssh: ProxyUseFdpass)" },

	WIRE_OPTS(struct connect_params),

	{ .long_name = "idle", .type = OPT_DURATION, AT(idle), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 75 when there was no traffic for so long" },
	{ .long_name = "until-idle", .type = OPT_DURATION, AT(until_idle), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 0 when there was no traffic for so long" },
	{ .long_name = "max-time", .type = OPT_DURATION, AT(max_time), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 75 when the whole, the dial included, takes longer" },

	IP_OPTS(struct connect_params, "Addresses", EXCL_IP),

	{ .long_name = "check", .type = OPT_STRING, .flags = OPT_OPTIONAL, AT(check), .arg = "HOW", .implied = "connect",
	  .words = check_words, .group = CHECKING,
	  .help = "only see whether every ENDPOINT can be reached: by connecting, passive (kernel tables), or by TLS" },
	{ .long_name = "json", .type = OPT_FLAG, AT(json), .group = CHECKING,
	  .help = "say for each ENDPOINT what the check came to: one JSON object a line on standard output" },
	{ .long_name = "wait", .type = OPT_DURATION, AT(wait), .arg = "DURATION", .min = 1, .group = CHECKING,
	  .help = "try again until all can be reached; status 75 when they cannot within this time" },
	{ .long_name = "until-closed", .type = OPT_FLAG, AT(until_closed), .group = CHECKING,
	  .help = "the check is whether nothing answers there any more" },
	{ .long_name = "any", .type = OPT_FLAG, AT(any), .group = CHECKING,
	  .help = "the check is whether one of them can be reached" },
	{ .long_name = "stable", .type = OPT_DURATION, AT(stable), .arg = "DURATION", .min = 1, .group = CHECKING,
	  .help = "a connection that the peer closes within this time, without a byte, does not count" },
	{ .long_name = "send-line", .type = OPT_LIST, AT(send_lines), .arg = "STRING", .group = CHECKING,
	  .help = "send this line (with C escapes) when the connection stands; repeatable" },
	{ .long_name = "expect", .type = OPT_STRING, AT(expect), .arg = "REGEX", .group = CHECKING,
	  .help = "what comes must match this extended regular expression, else the status is 1" },

	{ .long_name = "retry", .type = OPT_STRING, AT(retry), .arg = "N|forever", .group = RETRYING,
	  .help = "dial up to so many times more when the connection cannot be made" },
	{ .long_name = "retry-delay", .type = OPT_STRING, AT(retry_delay), .arg = "DURATION[:max=D][:jitter=yes]",
	  .group = RETRYING,
	  .help = "how long to wait between attempts; doubled each time up to max" },
	{ .long_name = "retry-on", .type = OPT_STRING, AT(retry_on), .arg = "CAUSES", .def = "all", .group = RETRYING,
	  .help = "which failures: refused,unreachable,dns,timeout,reset,limit" },
	{ .long_name = "retry-max-time", .type = OPT_DURATION, AT(retry_max_time), .arg = "DURATION", .min = 1,
	  .group = RETRYING, .help = "give up with status 75 after this time" },
	{ .long_name = "reconnect", .type = OPT_STRING, .flags = OPT_OPTIONAL, .implied = "forever", AT(reconnect),
	  .arg = "N|forever", .group = RETRYING,
	  .help = "dial again when the connection has ended, and go on" },
	{ .long_name = "preamble", .type = OPT_STRING, AT(preamble), .arg = "STRING|@FILE", .group = RETRYING,
	  .help = "send this (with C escapes), or FILE as it is, first on each connection" },
	{ 0 },
};

void connect_init(void *params)
{
	struct connect_params *p = params;

	p->eof = CONNECT_EOF_DEFAULT;
}

void connect_fini(void *params)
{
	struct connect_params *p = params;

	opt_list_fini(&p->send_lines);
}

int connect_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct connect_params *p = params;
	struct twc_err why = { 0 };
	struct connect_how how;
	int key;

	if (p->fdpass)
		return connect_fdpass_fits(ctx, p, n, err);
	if (connect_check_how(p, &how, err))
		return err->code;
	if (connect_retry_fits(p, err))
		return err->code;
	if (connect_is_check(ctx, p, n))
		return connect_check_fits(p, err);
	if (p->json)
		return twc_err_set(err, TWC_EUSAGE, "--json is what a check says: it goes with --check, --any, --until-closed and "
						    "--stable, or --wait for several");
	if (n == 2 && !strchr(operand[0], ':') && strspn(operand[1], "0123456789") == strlen(operand[1]))
		return twc_err_set(err, TWC_EUSAGE, "%s %s is no endpoint; did you mean tcp:%s:%s?", operand[0],
				   operand[1], operand[0], operand[1]);
	if (n > 1)
		return twc_err_set(err, TWC_EUSAGE, "more than one ENDPOINT: join two with --to, or --check them");
	if (p->to && (p->send || p->recv))
		return twc_err_set(err, TWC_EUSAGE, "--%s is about standard input and output: it does not go with --to",
				   p->send ? "send" : "recv");
	if (p->recv && p->linger)
		return twc_err_set(err, TWC_EUSAGE, "--linger is about the end of standard input, which --recv does not read");
	if (p->recv && p->wire.line_delay)
		return twc_err_set(err, TWC_EUSAGE, "--line-delay is about standard input, which --recv does not read");
	if (p->escape && terminal_parse_key(p->escape, &key, &why) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--escape: %s", why.text);
	return wire_check(ctx, &p->wire, err);
}
