/* SPDX-License-Identifier: MIT */
/* tcp, tcp4, tcp6: connect to HOST:PORT (no host: loopback), listen on PORT. */
#include "endpoint/endpoint_int.h"
#include "base/banned.h"

static const struct twc_endpoint_arg tcp_args[] = {
	{ .name = "host", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .positional = TWC_CONNECT,
	  .help = "name or address to connect to; none: loopback" },
	{ .name = "port", .kind = TWC_ARG_PORT, .roles = TWC_CONNECT | TWC_LISTEN,
	  .positional = TWC_CONNECT | TWC_LISTEN, .required = TWC_CONNECT | TWC_LISTEN,
	  .help = "port number; 0 to listen: any free one" },
	{ .name = "interface", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "address to listen on, or * for all; none: loopback" },
	{ .name = "backlog", .kind = TWC_ARG_UINT, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "connections that may wait to be accepted (4096)" },
	{ .name = NULL },
};

/* Twisted's tcp6 has its positionals in this order. */
static const struct twc_endpoint_arg tcp6_args[] = {
	{ .name = "host", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .positional = TWC_CONNECT,
	  .help = "name or address to connect to; none: loopback" },
	{ .name = "port", .kind = TWC_ARG_PORT, .roles = TWC_CONNECT | TWC_LISTEN,
	  .positional = TWC_CONNECT | TWC_LISTEN, .required = TWC_CONNECT | TWC_LISTEN,
	  .help = "port number; 0 to listen: any free one" },
	{ .name = "backlog", .kind = TWC_ARG_UINT, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "connections that may wait to be accepted (4096)" },
	{ .name = "interface", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "address to listen on, or * for all; none: loopback" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const tcp_groups[] = {
	tcp_args,	      twc__args_timeout, twc__args_via,	   twc__args_announce, twc__args_starttls,
	twc__args_tls_client, twc__args_ip,	 twc__args_stream, twc__args_buffers,  NULL,
};
static const struct twc_endpoint_arg *const tcp6_groups[] = {
	tcp6_args,	      twc__args_timeout, twc__args_via,	   twc__args_announce, twc__args_starttls,
	twc__args_tls_client, twc__args_ip,	 twc__args_stream, twc__args_buffers,  NULL,
};

int twc__tcp_check(const struct twc__args *a, struct twc_err *err)
{
	int rc = twc__sock_check(a, twc__sock_family(a), err);

	if (!rc)
		rc = twc__via_check(a, twc__sock_family(a), err);
	return rc ? rc : twc__tls_check(a, err);
}

void twc__tcp_dial(const struct twc__args *a, struct twc_dial_opts *o)
{
	twc__sock_dial(a, TWC_ADDR_TCP, twc__sock_family(a), o);
}

struct tcp_binding {
	struct twc_port *port;
	struct twc_listen_opts opts;
};

static int tcp_bind(void *arg, const struct twc_addr *addr, struct twc_addr *out, struct twc_err *err)
{
	struct tcp_binding *b = arg;
	struct twc_err cause = { 0 };
	struct twc_listener *l;

	b->opts.addr = *addr;
	l = twc_listen(twc__port_reactor(b->port), &b->opts, &cause);
	if (!l) {
		*err = cause;
		return cause.code;
	}
	twc__port_add_listener(b->port, l);
	twc_listener_addr(l, out);
	return 0;
}

static void tcp_unbind(void *arg)
{
	struct tcp_binding *b = arg;

	twc__port_drop_last(b->port);
}

int twc__tcp_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		    struct twc_err *err)
{
	struct tcp_binding b = { .port = port };
	struct twc_addr addr[2];
	size_t n;

	twc_listen_opts_init(&b.opts);
	b.opts.backlog = (int)twc__args_num(&e->args, "backlog", 0);
	b.opts.defer_accept = o->client_first;
	b.opts.gate = o->gate;
	twc__sock_opts(&e->args, &b.opts.sock);
	n = twc__sock_bind_addrs(&e->args, TWC_ADDR_TCP, twc__sock_family(&e->args), o->public, addr);
	return twc__sock_bind(addr, n, tcp_bind, tcp_unbind, &b, err);
}

#define TCP_SYNOPSIS(name) \
	(const char *const[]) { name ":HOST:PORT", name ":PORT", name ":PORT[:interface=ADDR]", NULL }

const struct twc__endpoint_type twc__endpoint_tcp = {
	.pub = { .name = "tcp", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "TCP over IPv4 and IPv6",
		 .synopsis = TCP_SYNOPSIS("tcp"), .args = tcp_groups },
	.check = twc__tcp_check,
	.dial = twc__tcp_dial,
	.takes_entrance = true,
	.listen = twc__tcp_listen,
};

const struct twc__endpoint_type twc__endpoint_tcp4 = {
	.pub = { .name = "tcp4", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "TCP over IPv4 only",
		 .synopsis = TCP_SYNOPSIS("tcp4"), .args = tcp_groups },
	.check = twc__tcp_check,
	.dial = twc__tcp_dial,
	.takes_entrance = true,
	.listen = twc__tcp_listen,
};

const struct twc__endpoint_type twc__endpoint_tcp6 = {
	.pub = { .name = "tcp6", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "TCP over IPv6 only",
		 .synopsis = TCP_SYNOPSIS("tcp6"), .args = tcp6_groups },
	.check = twc__tcp_check,
	.dial = twc__tcp_dial,
	.takes_entrance = true,
	.listen = twc__tcp_listen,
};
