/* SPDX-License-Identifier: MIT */
/*
 * tls: TLS on TCP. The server is verified unless told otherwise; who listens has a certificate, or has one made.
 * The handshake is part of the dial, and of coming in: see secure.c.
 */
#include "endpoint/endpoint_int.h"
#include "base/banned.h"

static const struct twc_endpoint_arg tls_args[] = {
	{ .name = "host", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .positional = TWC_CONNECT,
	  .help = "name or address to connect to, and the name its certificate must be for; none: loopback" },
	{ .name = "port", .kind = TWC_ARG_PORT, .roles = TWC_CONNECT | TWC_LISTEN,
	  .positional = TWC_CONNECT | TWC_LISTEN, .required = TWC_CONNECT | TWC_LISTEN,
	  .help = "port number; 0 to listen: any free one" },
	{ .name = "interface", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "address to listen on, or * for all; none: loopback" },
	{ .name = "backlog", .kind = TWC_ARG_UINT, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "connections that may wait to be accepted (4096)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const tls_groups[] = {
	tls_args,	   twc__args_timeout, twc__args_carrier, twc__args_via,
	twc__args_announce, twc__args_tls_client, twc__args_tls_server, twc__args_ip,
	twc__args_stream, twc__args_buffers, NULL,
};

static int tls_check(const struct twc__args *a, struct twc_err *err)
{
	int rc = twc__carrier_check(a, err);

	return rc ? rc : twc__tcp_check(a, err);
}

const struct twc__endpoint_type twc__endpoint_tls = {
	.pub = { .name = "tls", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "TLS over TCP",
		 .synopsis = (const char *const[]){ "tls:HOST:PORT", "tls:PORT:cert=FILE", "tls:PORT:cert=auto", NULL },
		 .args = tls_groups },
	.check = tls_check,
	.dial = twc__tcp_dial,
	.takes_entrance = true,
	.listen = twc__tcp_listen,
};
