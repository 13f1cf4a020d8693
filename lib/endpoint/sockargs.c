/* SPDX-License-Identifier: MIT */
/*
 * What the types on sockets have in common: their argument rows, the checks rows cannot express, the way from
 * values to dial and socket options, and which addresses a listener binds.
 */
#include "endpoint/endpoint_int.h"
#include "net/net_int.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/banned.h"

#define BOTH (TWC_CONNECT | TWC_LISTEN)
#define BIND_TRIES 20

const struct twc_endpoint_arg twc__args_timeout[] = {
	{ .name = "timeout", .kind = TWC_ARG_DURATION, .roles = TWC_CONNECT,
	  .help = "limit of the whole dial: name lookup, all addresses, proxies, TLS, upgrade (30s)" },
	{ .name = NULL },
};

const struct twc_endpoint_arg twc__args_ip[] = {
	{ .name = "bind", .alias = "bindAddress", .kind = TWC_ARG_ADDR, .roles = TWC_CONNECT,
	  .help = "local address to connect from: ADDR or [ADDR:PORT]" },
	{ .name = "bind-port", .kind = TWC_ARG_PORT, .roles = TWC_CONNECT, .help = "local port to connect from" },
	{ .name = "device", .kind = TWC_ARG_STRING, .roles = BOTH,
	  .help = "network interface to send and receive on (SO_BINDTODEVICE)" },
	{ .name = "reuseport", .kind = TWC_ARG_BOOL, .roles = TWC_LISTEN,
	  .help = "let other processes listen on the same port (no)" },
	{ .name = "tos", .kind = TWC_ARG_UINT, .roles = BOTH, .help = "IP type of service or IPv6 traffic class, 0-255" },
	{ .name = "ttl", .kind = TWC_ARG_UINT, .roles = BOTH, .help = "IP time to live or IPv6 hop limit, 1-255" },
	{ .name = "netns", .kind = TWC_ARG_STRING, .roles = BOTH,
	  .help = "network namespace to make the socket in: a name, or a path (needs CAP_SYS_ADMIN)" },
	{ .name = "mark", .kind = TWC_ARG_UINT, .roles = BOTH, .help = "firewall mark (SO_MARK; needs CAP_NET_ADMIN)" },
	{ .name = NULL },
};

const struct twc_endpoint_arg twc__args_stream[] = {
	{ .name = "nodelay", .kind = TWC_ARG_BOOL, .roles = BOTH, .help = "send small writes at once (yes)" },
	{ .name = "keepalive", .kind = TWC_ARG_KEEPALIVE, .roles = BOTH,
	  .help = "probe a silent peer: IDLE,INTERVAL,COUNT or no (15s,5s,12)" },
	{ .name = "reuseaddr", .kind = TWC_ARG_BOOL, .roles = TWC_LISTEN,
	  .help = "bind also while connections of an earlier server still close (yes)" },
	{ .name = "cc", .kind = TWC_ARG_STRING, .roles = BOTH,
	  .help = "congestion control: auto, keep or a name (auto)" },
	{ .name = "mss", .kind = TWC_ARG_UINT, .roles = BOTH, .help = "largest TCP segment, 88-32767" },
	{ .name = NULL },
};

const struct twc_endpoint_arg twc__args_buffers[] = {
	{ .name = "sndbuf", .kind = TWC_ARG_SIZE, .roles = BOTH, .help = "send buffer of the kernel" },
	{ .name = "rcvbuf", .kind = TWC_ARG_SIZE, .roles = BOTH, .help = "receive buffer of the kernel" },
	{ .name = "sockopt", .kind = TWC_ARG_STRING, .roles = BOTH,
	  .help = "any socket option: LEVEL,NAME,HEX, several joined by /" },
	{ .name = NULL },
};

/* ---- checks ---- */

static int check_name_fits(const struct twc__args *a, const char *name, size_t max, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, name);

	if (!v || strlen(v->text) <= max)
		return 0;
	return twc__fault(err, v->column, "%s is longer than %zu bytes", name, max);
}

static int check_raw(const struct twc__args *a, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, "sockopt");
	struct twc_str rest = v ? twc_str_of(v->text) : (struct twc_str){ 0 };
	struct twc_err cause = { 0 };
	struct twc__raw_opt o;
	int rc = 0;

	while (v && (rc = twc__raw_opt_next(&rest, &o, &cause)) > 0)
		;
	return rc < 0 ? twc__fault(err, v->column, "sockopt: %s", cause.text) : 0;
}

int twc__sock_family(const struct twc__args *a)
{
	const char *name = a->type->name;

	switch (name[strlen(name) - 1]) {
	case '4':
		return AF_INET;
	case '6':
		return AF_INET6;
	default:
		return a->family;
	}
}

static const char *family_name(int family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

static int check_family(const struct twc__args *a, const struct twc__value *v, const struct twc_addr *addr, int family,
			struct twc_err *err)
{
	char shown[TWC__SHOWN];

	if (family == AF_UNSPEC || addr->u.sa.sa_family == family)
		return 0;
	return twc__fault(err, v->column, "%s: '%s' is no %s address, which %s needs", v->row->name,
			  twc__show(v->text, shown), family_name(family),
			  a->family ? "the command" : a->type->name);
}

static int check_host(const struct twc__args *a, int family, struct twc_err *err)
{
	const struct twc__value *v = twc__args_given(a, "host");
	struct twc_err why = { 0 };
	struct twc_addr addr;

	if (!v)
		return 0;
	if (!v->is_set)
		return twc__fault(err, v->column, "host is empty");
	if (twc_addr_parse_ip(&addr, TWC_ADDR_TCP, twc_str_of(v->text), 0, &why))
		return strchr(v->text, ':') ? twc__fault(err, v->column, "host: %s", why.text) : 0;
	return check_family(a, v, &addr, family, err);
}

static int check_interface(const struct twc__args *a, int family, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, "interface");
	struct twc_addr addr;
	char shown[TWC__SHOWN];

	if (!v || strcmp(v->text, "*") == 0)
		return 0;
	if (twc_addr_parse_ip(&addr, TWC_ADDR_TCP, twc_str_of(v->text), 0, NULL))
		return twc__fault(err, v->column, "interface: '%s' is no literal address; give an address, or * for all",
				  twc__show(v->text, shown));
	return check_family(a, v, &addr, family, err);
}

static int check_bind(const struct twc__args *a, int family, struct twc_err *err)
{
	const struct twc__value *v = twc__args_get(a, "bind");
	const struct twc__value *port = twc__args_get(a, "bind-port");
	/* with via= it is the proxy that is connected to */
	const char *host = twc__args_get(a, "via") ? "" : twc__args_str(a, "host", "");
	struct twc_addr addr;
	char shown[TWC__SHOWN];

	if (v && port && twc_addr_port(&v->addr))
		return twc__fault(err, port->column, "bind-port: bind has a port already");
	if (v && twc_addr_parse_ip(&addr, TWC_ADDR_TCP, twc_str_of(host), 0, NULL) == 0 &&
	    addr.u.sa.sa_family != v->addr.u.sa.sa_family)
		return twc__fault(err, v->column, "bind: '%s' is no %s address, which the host is",
				  twc__show(v->text, shown), family_name(addr.u.sa.sa_family));
	return v ? check_family(a, v, &v->addr, family, err) : 0;
}

int twc__sock_check(const struct twc__args *a, int family, struct twc_err *err)
{
	static const struct {
		const char *name;
		uint64_t min, max;
	} ranges[] = {
		{ "backlog", 1, 65535 },	 { "sndbuf", 1, INT_MAX }, { "rcvbuf", 1, INT_MAX },
		{ "tos", 0, 255 },		 { "ttl", 1, 255 },	   { "mss", 88, 32767 },
	};
	const struct twc__value *timeout = twc__args_get(a, "timeout");
	int rc = 0;

	for (size_t i = 0; i < TWC_ARRAY_LEN(ranges) && !rc; i++)
		rc = twc__args_range(a, ranges[i].name, ranges[i].min, ranges[i].max, err);
	if (!rc && timeout && timeout->num == 0)
		rc = twc__fault(err, timeout->column, "timeout must be longer than 0");
	if (!rc)
		rc = check_name_fits(a, "device", sizeof(((struct twc_sockopts *)0)->device) - 1, err);
	if (!rc)
		rc = check_name_fits(a, "cc", sizeof(((struct twc_sockopts *)0)->cc) - 1, err);
	if (!rc)
		rc = check_raw(a, err);
	if (!rc)
		rc = check_host(a, family, err);
	if (!rc)
		rc = check_interface(a, family, err);
	return rc ? rc : check_bind(a, family, err);
}

/* ---- values -> options ---- */

void twc__sock_opts(const struct twc__args *a, struct twc_sockopts *o)
{
	const struct twc__value *v;

	twc_sockopts_init(o);
	if ((v = twc__args_get(a, "nodelay")) != NULL)
		o->nodelay = v->num != 0;
	if ((v = twc__args_get(a, "keepalive")) != NULL)
		memcpy(o->keepalive, v->keepalive, sizeof(o->keepalive));
	snprintf(o->cc, sizeof(o->cc), "%s", twc__args_str(a, "cc", ""));
	snprintf(o->device, sizeof(o->device), "%s", twc__args_str(a, "device", ""));
	o->sndbuf = (int)twc__args_num(a, "sndbuf", 0);
	o->rcvbuf = (int)twc__args_num(a, "rcvbuf", 0);
	if ((v = twc__args_get(a, "mark")) != NULL)
		o->mark = (int)v->num;
	if ((v = twc__args_get(a, "tos")) != NULL)
		o->tos = (int)v->num;
	if ((v = twc__args_get(a, "ttl")) != NULL)
		o->ttl = (int)v->num;
	if ((v = twc__args_get(a, "loop")) != NULL)
		o->loop = v->num != 0;
	o->mss = (int)twc__args_num(a, "mss", 0);
	o->netns = twc__args_str(a, "netns", NULL);
	o->raw = twc__args_str(a, "sockopt", NULL);
	o->no_reuseaddr = !twc__args_num(a, "reuseaddr", 1);
	o->reuseport = twc__args_num(a, "reuseport", 0) != 0;
	o->broadcast = twc__args_num(a, "broadcast", 0) != 0;
}

void twc__sock_dial(const struct twc__args *a, enum twc_addr_kind kind, int family, struct twc_dial_opts *o)
{
	const struct twc__value *bind = twc__args_get(a, "bind");

	o->kind = kind;
	o->family = family;
	o->host = twc__args_str(a, "host", "localhost");
	o->port = (uint16_t)twc__args_num(a, "port", 0);
	o->timeout_ns = twc__args_num(a, "timeout", 0);
	o->bind_port = (uint16_t)twc__args_num(a, "bind-port", 0);
	if (bind) {
		o->bind = bind->addr;
		o->bind.kind = kind;
		if (twc_addr_port(&bind->addr))
			o->bind_port = twc_addr_port(&bind->addr);
	}
	twc__sock_opts(a, &o->sock);
}

/* ---- where to listen ---- */

size_t twc__sock_bind_addrs(const struct twc__args *a, enum twc_addr_kind kind, int family, bool is_public,
			    struct twc_addr out[2])
{
	const char *interface = twc__args_str(a, "interface", NULL);
	uint16_t port = (uint16_t)twc__args_num(a, "port", 0);
	bool all = interface ? strcmp(interface, "*") == 0 : is_public;
	size_t n = 0;

	if (interface && !all) {
		if (twc_addr_parse_ip(&out[0], kind, twc_str_of(interface), port, NULL))
			TWC_BUG("interface was not checked");
		return 1;
	}
	if (family != AF_INET6 &&
	    twc_addr_parse_ip(&out[n++], kind, all ? TWC_STR("0.0.0.0") : TWC_STR("127.0.0.1"), port, NULL))
		TWC_BUG("a literal address does not parse");
	if (family != AF_INET && twc_addr_parse_ip(&out[n++], kind, all ? TWC_STR("::") : TWC_STR("::1"), port, NULL))
		TWC_BUG("a literal address does not parse");
	return n;
}

static bool lacks_family(const struct twc_err *err)
{
	return err->sys == EADDRNOTAVAIL || err->sys == EAFNOSUPPORT || err->sys == EPROTONOSUPPORT;
}

int twc__sock_bind(const struct twc_addr *addr, size_t n, twc__bind_fn bind, twc__unbind_fn unbind, void *arg,
		   struct twc_err *err)
{
	struct twc_addr bound, second;
	struct twc_err cause;
	int rc;

	for (int tries = 1;; tries++) {
		cause = (struct twc_err){ 0 };
		rc = bind(arg, &addr[0], &bound, &cause);
		if (rc && n == 2 && lacks_family(&cause))
			return bind(arg, &addr[1], &bound, err);
		if (rc || n == 1)
			break;
		second = addr[1];
		twc_addr_set_port(&second, twc_addr_port(&bound));
		rc = bind(arg, &second, &bound, &cause);
		if (!rc || lacks_family(&cause))
			return 0;
		unbind(arg);
		if (twc_addr_port(&addr[0]) || cause.sys != EADDRINUSE || tries == BIND_TRIES)
			break;
	}
	if (rc && err)
		*err = cause;
	return rc;
}
