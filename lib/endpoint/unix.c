/* SPDX-License-Identifier: MIT */
/* unix: a stream socket by path, or @NAME in Linux's abstract namespace. */
#include "endpoint/endpoint_int.h"
#include "base/banned.h"

static const struct twc_endpoint_arg unix_args[] = {
	{ .name = "path", .alias = "address", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT | TWC_LISTEN,
	  .positional = TWC_CONNECT | TWC_LISTEN, .required = TWC_CONNECT | TWC_LISTEN,
	  .help = "socket file, or @NAME (abstract)" },
	{ .name = "mode", .kind = TWC_ARG_MODE, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "permissions of the socket file, octal (600)" },
	{ .name = "backlog", .kind = TWC_ARG_UINT, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "connections that may wait to be accepted (4096)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const unix_groups[] = { unix_args, twc__args_timeout, twc__args_buffers, NULL };

static int unix_check(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *path = twc__args_get(a, "path");
	const struct twc__value *mode = twc__args_get(a, "mode");
	struct twc_err cause = { 0 };
	struct twc_addr addr;

	if (twc_addr_parse_unix(&addr, twc_str_of(path->text), &cause))
		return twc__fault(err, path->column, "%s", cause.text);
	if (mode && (mode->num == 0 || mode->num > 0777))
		return twc__fault(err, mode->column, "mode must be 1 to 777 (octal)");
	return twc__sock_check(a, AF_UNSPEC, err);
}

static void unix_dial(const struct twc__args *a, struct twc_dial_opts *o)
{
	o->kind = TWC_ADDR_UNIX;
	o->host = twc__args_str(a, "path", "");
	o->timeout_ns = twc__args_num(a, "timeout", 0);
	twc__sock_opts(a, &o->sock);
}

static int unix_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		       struct twc_err *err)
{
	struct twc_err cause = { 0 };
	struct twc_listen_opts opts;
	struct twc_listener *l;

	twc_listen_opts_init(&opts);
	if (twc_addr_parse_unix(&opts.addr, twc_str_of(twc__args_str(&e->args, "path", "")), err))
		return TWC_EUSAGE;
	opts.backlog = (int)twc__args_num(&e->args, "backlog", 0);
	opts.mode = (unsigned)twc__args_num(&e->args, "mode", 0);
	opts.gate = o->gate;
	twc__sock_opts(&e->args, &opts.sock);
	l = twc_listen(twc__port_reactor(port), &opts, &cause);
	if (!l) {
		*err = cause;
		return cause.code;
	}
	twc__port_add_listener(port, l);
	return 0;
}

const struct twc__endpoint_type twc__endpoint_unix = {
	.pub = { .name = "unix", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "UNIX stream socket",
		 .synopsis = (const char *const[]){ "unix:PATH", "unix:@NAME", "unix:PATH[:mode=600]", NULL },
		 .args = unix_groups },
	.check = unix_check,
	.dial = unix_dial,
	.listen = unix_listen,
};
