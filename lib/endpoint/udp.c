/* SPDX-License-Identifier: MIT */
/*
 * udp, udp4, udp6: a connected socket to HOST:PORT; listening, a session per peer on one socket per family
 * (transport/dgram.c).
 */
#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include <errno.h>
#include <string.h>
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
	{ .name = "group", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN,
	  .help = "multicast group to join, on interface=, device= or the loopback" },
	{ .name = "source", .kind = TWC_ARG_STRING, .roles = TWC_LISTEN,
	  .help = "with group: hear this sender only (source-specific multicast)" },
	{ .name = "loop", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT,
	  .help = "to a group: this machine hears it too (yes)" },
	{ .name = "broadcast", .kind = TWC_ARG_BOOL, .roles = TWC_CONNECT | TWC_LISTEN,
	  .help = "allow broadcast addresses (no)" },
	{ .name = NULL },
};

static const struct twc_endpoint_arg *const udp_groups[] = { udp_args, twc__args_timeout, twc__args_ip,
							     twc__args_buffers, NULL };

static int parse_ip(const struct twc__value *v, struct twc_addr *out)
{
	return twc_addr_parse_ip(out, TWC_ADDR_UDP, twc_str_of(v->text), 0, NULL);
}

static int check_group(const struct twc__args *a, int family, struct twc_err *err)
{
	const struct twc__value *group = twc__args_get(a, "group"), *source = twc__args_get(a, "source");
	const struct twc__value *on = twc__args_get(a, "interface");
	struct twc_addr g, s;

	if (source && !group)
		return twc__fault(err, source->column, "source is for a group");
	if (!group)
		return 0;
	if (parse_ip(group, &g) || !twc__addr_is_multicast(&g))
		return twc__fault(err, group->column,
				  "group must be a multicast address (224.0.0.0 to 239.255.255.255, ff00::/8)");
	if (family != AF_UNSPEC && g.u.sa.sa_family != family)
		return twc__fault(err, group->column, "group: not of the family of %s", a->type->name);
	if (source && (parse_ip(source, &s) || s.u.sa.sa_family != g.u.sa.sa_family || twc__addr_is_multicast(&s)))
		return twc__fault(err, source->column, "source must be an address of one sender, of the group's family");
	if (on && strcmp(on->text, "*") != 0 && (parse_ip(on, &s) || s.u.sa.sa_family != g.u.sa.sa_family))
		return twc__fault(err, on->column, "interface: not of the family of the group");
	return 0;
}

static int udp_check(const struct twc__args *a, struct twc_err *err)
{
	int rc = twc__sock_check(a, twc__sock_family(a), err);

	return rc ? rc : check_group(a, twc__sock_family(a), err);
}

/*
 * Without a host: 127.0.0.1. A datagram is not answered by a failed connect, so there is no second address to fall
 * back to, and the loopback service that listens on one family alone does so on IPv4.
 */
static void udp_dial(const struct twc__args *a, struct twc_dial_opts *o)
{
	int family = twc__sock_family(a);

	twc__sock_dial(a, TWC_ADDR_UDP, family, o);
	if (!twc__args_get(a, "host") && family != AF_INET6 && o->bind.u.sa.sa_family != AF_INET6)
		o->host = "127.0.0.1";
}

struct udp_binding {
	struct twc_port *port;
	struct twc_sockopts opts;
	bool is_group;
	struct twc_addr on;	/* with a group: address of the interface; NONE: the kernel's choice */
	struct twc_addr source; /* NONE: anybody */
};

/* Bound to the group's own address, so that nothing but what was sent to it arrives. Others may do the same. */
static int udp_join(int fd, const struct udp_binding *b, struct twc_addr *group, struct twc_err *err)
{
	unsigned ifindex = group->u.sa.sa_family == AF_INET6 ? group->u.in6.sin6_scope_id : 0;
	int on = 1, rc = 0;

	if (!ifindex)
		rc = twc__multicast_index(fd, b->opts.device, &b->on, &ifindex, err);
	if (rc)
		return rc;
	if (group->u.sa.sa_family == AF_INET6 && IN6_IS_ADDR_MC_LINKLOCAL(&group->u.in6.sin6_addr))
		group->u.in6.sin6_scope_id = ifindex;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return twc__multicast_join(fd, group, ifindex, b->source.kind == TWC_ADDR_NONE ? NULL : &b->source, err);
}

/* *out is -1 when it fails. */
static int udp_socket(const struct udp_binding *b, const struct twc_addr *where, int *out, struct twc_err *err)
{
	char text[TWC_ADDR_TEXT_MAX];
	struct twc_addr at = *where, *addr = &at;
	int family = addr->u.sa.sa_family, on = 1, sys, rc;
	int fd = twc__socket(family, SOCK_DGRAM, &b->opts, &sys, err);

	*out = -1;
	if (fd < 0) {
		if (!sys)
			return fd;
		return twc_err_sys(err, sys == EMFILE || sys == ENFILE ? TWC_ELIMIT : TWC_ECANTBIND, sys,
				   twc_addr_format(addr, text, sizeof(text)), "cannot make a socket");
	}
	twc__udp_merge(fd);
	rc = twc__sockopts_apply(fd, TWC_ADDR_UDP, &b->opts, addr, err);
	if (!rc && family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		rc = twc_err_sys(err, TWC_EOS, errno, NULL, "cannot set v6only");
	if (!rc && b->is_group)
		rc = udp_join(fd, b, addr, err);
	if (!rc && bind(fd, &addr->u.sa, addr->len) < 0) {
		sys = errno;
		rc = twc_err_sys(err, TWC_ECANTBIND, sys, twc_addr_format(addr, text, sizeof(text)), "%s",
				 sys == EADDRINUSE ? "address in use" :
				 sys == EACCES	   ? "no permission to bind" :
						     "cannot bind");
	}
	if (rc)
		close(fd);
	else
		*out = fd;
	return rc;
}

/*
 * One more socket for each further process: the kernel gives every peer to one of them (SO_REUSEPORT). The first is bound
 * without, so that a port which is in use is found to be.
 */
static int udp_hold(struct udp_binding *b, int first, struct twc_addr *bound, struct twc_err *err)
{
	unsigned n = twc__port_shares(b->port), i = 1;
	int *fd = twc_calloc(n, sizeof(*fd)), on = 1, rc = 0;
	bool reuseport = b->opts.reuseport;

	fd[0] = first;
	*bound = (struct twc_addr){ .kind = TWC_ADDR_UDP, .len = sizeof(bound->u) };
	if (getsockname(first, &bound->u.sa, &bound->len) < 0 ||
	    setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		rc = twc_err_sys(err, TWC_EOS, errno, NULL, "cannot share the port");
	b->opts.reuseport = true;
	for (; i < n && !rc; i++)
		rc = udp_socket(b, bound, &fd[i], err);
	b->opts.reuseport = reuseport;
	if (!rc)
		twc__port_hold_dgrams(b->port, fd, bound);
	for (unsigned k = 0; rc && k < i; k++)
		if (fd[k] >= 0)
			close(fd[k]);
	twc_free(fd);
	return rc;
}

static int udp_bind(void *arg, const struct twc_addr *addr, struct twc_addr *out, struct twc_err *err)
{
	struct udp_binding *b = arg;
	int fd = -1, rc = udp_socket(b, addr, &fd, err);

	if (!rc && twc__port_shares(b->port))
		return udp_hold(b, fd, out, err);
	if (!rc)
		rc = twc__port_add_dgram(b->port, fd, NULL, err);
	if (!rc)
		twc__port_last_addr(b->port, out);
	return rc;
}

static void udp_unbind(void *arg)
{
	struct udp_binding *b = arg;

	twc__port_drop_last(b->port);
}

/* Where to hear a group: on the loopback, unless told otherwise. Returns how many addresses: one. */
static size_t udp_group(const struct twc__args *a, bool is_public, struct udp_binding *b, struct twc_addr *addr)
{
	const struct twc__value *source = twc__args_get(a, "source");
	const char *on = twc__args_str(a, "interface", is_public ? "*" : NULL);

	b->is_group = true;
	if (parse_ip(twc__args_get(a, "group"), addr) || (source && parse_ip(source, &b->source)))
		TWC_BUG("the group was not checked");
	twc_addr_set_port(addr, (uint16_t)twc__args_num(a, "port", 0));
	if (!on)
		on = addr->u.sa.sa_family == AF_INET6 ? "::1" : "127.0.0.1";
	if (strcmp(on, "*") != 0 && twc_addr_parse_ip(&b->on, TWC_ADDR_UDP, twc_str_of(on), 0, NULL))
		TWC_BUG("interface was not checked");
	return 1;
}

static int udp_listen(const struct twc_endpoint *e, struct twc_port *port, const struct twc_endpoint_listen_opts *o,
		      struct twc_err *err)
{
	struct udp_binding b = { .port = port };
	struct twc_addr addr[2];
	size_t n;

	twc__sock_opts(&e->args, &b.opts);
	if (o->shares && twc__args_get(&e->args, "group"))
		return twc_err_set(err, TWC_EUSAGE, "what is sent to a group would come to each process");
	if (twc__args_get(&e->args, "group"))
		n = udp_group(&e->args, o->public, &b, addr);
	else
		n = twc__sock_bind_addrs(&e->args, TWC_ADDR_UDP, twc__sock_family(&e->args), o->public, addr);
	return twc__sock_bind(addr, n, udp_bind, udp_unbind, &b, err);
}

#define UDP_SYNOPSIS(name) \
	(const char *const[]) { name ":HOST:PORT", name ":PORT", name ":PORT[:interface=ADDR]", name ":PORT:group=ADDR", NULL }

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
