/* SPDX-License-Identifier: MIT */
/*
 * udp, udp4, udp6: a connected socket to HOST:PORT; listening, a session per peer on one socket per family
 * (transport/dgram.c).
 */
#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include <errno.h>
#include <unistd.h>
#include "base/banned.h"

static const struct twc_endpoint_arg udp_args[] = {
	{ .name = "host", .kind = TWC_ARG_STRING, .roles = TWC_CONNECT, .positional = TWC_CONNECT,
	  .help = "name or address to send to; none: 127.0.0.1, udp6: ::1" },
	{ .name = "port", .kind = TWC_ARG_PORT, .roles = TWC_CONNECT | TWC_LISTEN,
	  .positional = TWC_CONNECT | TWC_LISTEN, .required = TWC_CONNECT | TWC_LISTEN,
	  .help = "port number; 0 to listen: any free one" },
	{ .name = "interface", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN, .positional = TWC_LISTEN,
	  .help = "address to listen on, or * for all; none: loopback" },
	{ .name = "broadcast", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT | TWC_LISTEN,
	  .help = "allow broadcast addresses (no)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const udp_groups[] = { udp_args, twc__args_timeout, twc__args_ip,
							     twc__args_buffers, NULL };

static int udp_family(const struct twc__args *a)
{
	switch (a->type->name[3]) {
	case '4':
		return AF_INET;
	case '6':
		return AF_INET6;
	default:
		return AF_UNSPEC;
	}
}

static int udp_check(const struct twc__args *a, struct twc_err *err)
{
	return twc__sock_check(a, udp_family(a), err);
}

/*
 * Without a host: 127.0.0.1. A datagram is not answered by a failed connect, so there is no second address to fall
 * back to, and the loopback service that listens on one family alone does so on IPv4.
 */
static void udp_dial(const struct twc__args *a, struct twc_dial_opts *o)
{
	int family = udp_family(a);

	twc__sock_dial(a, TWC_ADDR_UDP, family, o);
	if (!twc__args_get(a, "host") && family != AF_INET6 && o->bind.u.sa.sa_family != AF_INET6)
		o->host = "127.0.0.1";
}

struct udp_binding {
	struct twc_port *port;
	struct twc_sockopts opts;
};

static int udp_socket(const struct udp_binding *b, const struct twc_addr *addr, int *out, struct twc_err *err)
{
	char text[TWC_ADDR_TEXT_MAX];
	int family = addr->u.sa.sa_family, on = 1, sys, rc;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		sys = errno;
		return twc_err_sys(err, sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : TWC_ECANTBIND, sys,
				   twc_addr_format(addr, text, sizeof(text)), "cannot make a socket");
	}
	rc = twc__sockopts_apply(fd, TWC_ADDR_UDP, &b->opts, addr, err);
	if (!rc && family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		rc = twc_err_sys(err, TWC_EOS, errno, NULL, "cannot set v6only");
	if (!rc && bind(fd, &addr->u.sa, addr->len) < 0) {
		sys = errno;
		rc = twc_err_sys(err, TWC_ECANTBIND, sys, twc_addr_format(addr, text, sizeof(text)), "%s",
				 sys == EADDRINUSE ? "address in use" :
				 sys == EACCES	   ? "no permission to bind" :
						     "cannot bind");
	}
	if (rc)
		close(fd);
	*out = rc ? -1 : fd;
	return rc;
}

static int udp_bind(void *arg, const struct twc_addr *addr, struct twc_addr *out, struct twc_err *err)
{
	struct udp_binding *b = arg;
	int fd = -1, rc = udp_socket(b, addr, &fd, err);

	if (!rc)
		rc = twc__port_add_dgram(b->port, fd, err);
	if (!rc)
		twc__port_last_addr(b->port, out);
	return rc;
}

static void udp_unbind(void *arg)
{
	struct udp_binding *b = arg;

	twc__port_drop_last(b->port);
}

static int udp_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		      struct twc_err *err)
{
	struct udp_binding b = { .port = port };
	struct twc_addr addr[2];
	size_t n;

	twc__sock_opts(&e->args, &b.opts);
	n = twc__sock_bind_addrs(&e->args, TWC_ADDR_UDP, udp_family(&e->args), o->public, addr);
	return twc__sock_bind(addr, n, udp_bind, udp_unbind, &b, err);
}

#define UDP_SYNOPSIS(name) \
	(const char *const[]) { name ":HOST:PORT", name ":PORT", name ":PORT[:interface=ADDR]", NULL }

const struct twc__endpoint_type twc__endpoint_udp = {
	.pub = { .name = "udp", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "UDP; a listener has a session per peer",
		 .synopsis = UDP_SYNOPSIS("udp"), .args = udp_groups },
	.is_datagram = true,
	.check = udp_check,
	.dial = udp_dial,
	.listen = udp_listen,
};

const struct twc__endpoint_type twc__endpoint_udp4 = {
	.pub = { .name = "udp4", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "UDP over IPv4 only",
		 .synopsis = UDP_SYNOPSIS("udp4"), .args = udp_groups },
	.is_datagram = true,
	.check = udp_check,
	.dial = udp_dial,
	.listen = udp_listen,
};

const struct twc__endpoint_type twc__endpoint_udp6 = {
	.pub = { .name = "udp6", .roles = TWC_CONNECT | TWC_LISTEN, .summary = "UDP over IPv6 only",
		 .synopsis = UDP_SYNOPSIS("udp6"), .args = udp_groups },
	.is_datagram = true,
	.check = udp_check,
	.dial = udp_dial,
	.listen = udp_listen,
};
