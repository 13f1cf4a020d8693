/* SPDX-License-Identifier: MIT */
/*
 * stdio, also written "-": standard input and output as one connection, in either role. Its end closes them (the
 * reader of standard output must see it), and /dev/null takes their place.
 */
#include "endpoint/endpoint_int.h"
#include <unistd.h>
#include "base/banned.h"

static const struct twc_endpoint_arg stdio_args[] = {
	{ .name = "raw", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT,
	  .help = "the terminal passes every key as it is (no)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const stdio_groups[] = { stdio_args, NULL };

static const struct twc__pair stdio_pair = { .in = STDIN_FILENO, .out = STDOUT_FILENO, .own = true, .name = "stdio" };

static struct twc_transport *stdio_open(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_protocol *p,
					struct twc_err *err)
{
	(void)e;
	return twc__pair_open(r, &stdio_pair, p, err);
}

static int stdio_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
			struct twc_err *err)
{
	(void)e;
	(void)o;
	(void)err;
	twc__port_add_pair(port, &stdio_pair);
	return 0;
}

static bool stdio_wants_raw(const struct twc__args *a)
{
	return twc__args_num(a, "raw", 0) != 0;
}

const struct twc__endpoint_type twc__endpoint_stdio = {
	.pub = { .name = "stdio", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "standard input and output",
		 .synopsis = (const char *const[]){ "stdio", "-", NULL }, .args = stdio_groups },
	.alias = "-",
	.is_local = true,
	.wants_raw = stdio_wants_raw,
	.open = stdio_open,
	.listen = stdio_listen,
};
