/* SPDX-License-Identifier: MIT */
/* The options of twc connect: rows, and what does not fit together. What they do is in connect.c. */
#include "connect.h"

#define STREAMS "Streams"
#define LIMITS "Limits"

enum { EXCL_WAY = 1 };

static const char *const eof_words[] = { "half", "close", "keep", NULL }; /* enum twc_join_eof */

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
	  .help = "the end of one direction: is passed on (half), closes both (close), is kept back (keep)" },

	WIRE_OPTS(struct connect_params),

	{ .long_name = "idle", .type = OPT_DURATION, AT(idle), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 75 when there was no traffic for so long" },
	{ .long_name = "until-idle", .type = OPT_DURATION, AT(until_idle), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 0 when there was no traffic for so long" },
	{ .long_name = "max-time", .type = OPT_DURATION, AT(max_time), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 75 when the whole, the dial included, takes longer" },

	{ .long_name = "check", .type = OPT_FLAG, AT(check), .group = "Checking",
	  .help = "only see whether every ENDPOINT can be reached; standard input is not read" },
	{ .long_name = "stats", .type = OPT_FLAG, AT(stats), .group = "Checking",
	  .help = "at the end, say how many bytes passed and how long it took" },
	{ 0 },
};

int connect_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct connect_params *p = params;

	if (p->check && (p->to || p->send || p->recv || p->stats || p->idle || p->until_idle || p->max_time || p->eof))
		return twc_err_set(err, TWC_EUSAGE, "--check joins nothing: it goes with endpoints alone");
	if (n == 2 && !strchr(operand[0], ':') && strspn(operand[1], "0123456789") == strlen(operand[1]))
		return twc_err_set(err, TWC_EUSAGE, "%s %s is no endpoint; did you mean tcp:%s:%s?", operand[0],
				   operand[1], operand[0], operand[1]);
	if (!p->check && n > 1)
		return twc_err_set(err, TWC_EUSAGE, "more than one ENDPOINT: join two with --to, or --check them");
	if (p->to && (p->send || p->recv))
		return twc_err_set(err, TWC_EUSAGE, "--%s is about standard input and output: it does not go with --to",
				   p->send ? "send" : "recv");
	return wire_check(ctx, &p->wire, err);
}
