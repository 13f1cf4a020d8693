/* SPDX-License-Identifier: MIT */
/*
 * Socket options by name, set once on a fresh socket. Accepted sockets inherit TCP_NODELAY,
 * keepalive, congestion control and buffer sizes from their listener on Linux, so a connection that
 * is accepted costs no call here.
 *
 * Congestion control "auto": an algorithm that paces (bbr) costs a timer per send and much
 * throughput on loopback, where there is nothing to pace for; reno is always there and allowed for
 * everybody (tcp(7)).
 */
#include "net/net_int.h"

#include <twc/parse.h>

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include "base/banned.h"

#define KEEPALIVE_IDLE_S 15
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_COUNT 12
#define UDP_BUFFER (4 * 1024 * 1024) /* a burst of datagrams has nowhere else to wait */

void twc_sockopts_init(struct twc_sockopts *o)
{
	*o = (struct twc_sockopts){ .nodelay = -1, .keepalive = { -1 }, .mark = -1, .tos = -1, .ttl = -1,
				   .loop = -1 };
}

static int opt_int(int fd, int level, int name, int value, const char *what, struct twc_err *err)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) == 0)
		return 0;
	return twc_err_sys(err, errno == EPERM || errno == EACCES ? TWC_EACCESS : TWC_EOS, errno, NULL,
			   "cannot set %s to %d", what, value);
}

/* A string option whose unknown value is the user's mistake. */
static int opt_name(int fd, int level, int name, const char *value, const char *what, struct twc_err *err)
{
	char text[40];
	int sys;

	if (setsockopt(fd, level, name, value, (socklen_t)strlen(value)) == 0)
		return 0;
	sys = errno;
	twc_escape(text, sizeof(text), twc_str_of(value));
	if (sys == ENOENT || sys == ENODEV)
		return twc_err_sys(err, TWC_EUSAGE, sys, NULL, "no such %s: %s", what, text);
	return twc_err_sys(err, sys == EPERM ? TWC_EACCESS : TWC_EOS, sys, NULL, "cannot use %s %s", what, text);
}

static int apply_keepalive(int fd, const int ka[3], struct twc_err *err)
{
	bool dflt = ka[0] < 0;
	int rc;

	if (ka[0] == 0 && ka[1] == 0 && ka[2] == 0)
		return 0; /* off is what a new socket has */
	rc = opt_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1, "keepalive", err);
	if (rc == 0)
		rc = opt_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, dflt ? KEEPALIVE_IDLE_S : ka[0], "keepalive idle", err);
	if (rc == 0)
		rc = opt_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, dflt ? KEEPALIVE_INTERVAL_S : ka[1], "keepalive interval",
			     err);
	if (rc == 0)
		rc = opt_int(fd, IPPROTO_TCP, TCP_KEEPCNT, dflt ? KEEPALIVE_COUNT : ka[2], "keepalive count", err);
	return rc;
}

static int apply_cc(int fd, const struct twc_sockopts *o, const struct twc_addr *addr, struct twc_err *err)
{
	char now[16] = "";
	socklen_t n = sizeof(now) - 1;

	if (strcmp(o->cc, "keep") == 0)
		return 0;
	if (o->cc[0] && strcmp(o->cc, "auto") != 0)
		return opt_name(fd, IPPROTO_TCP, TCP_CONGESTION, o->cc, "congestion control", err);
	if (!addr || !twc_addr_is_loopback(addr))
		return 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, now, &n) != 0 || strncmp(now, "bbr", 3) != 0)
		return 0;
	/* Slower is no failure: nobody asked for it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	return 0;
}

static int apply_tcp(int fd, const struct twc_sockopts *o, const struct twc_addr *addr, struct twc_err *err)
{
	int rc = 0;

	if (o->nodelay != 0)
		rc = opt_int(fd, IPPROTO_TCP, TCP_NODELAY, 1, "nodelay", err);
	if (rc == 0 && o->mss > 0)
		rc = opt_int(fd, IPPROTO_TCP, TCP_MAXSEG, o->mss, "mss", err);
	if (rc == 0)
		rc = apply_keepalive(fd, o->keepalive, err);
	if (rc == 0)
		rc = apply_cc(fd, o, addr, err);
	return rc;
}

static int apply_ip(int fd, const struct twc_sockopts *o, const struct twc_addr *addr, struct twc_err *err)
{
	bool v6 = addr && addr->u.sa.sa_family == AF_INET6;
	int rc = 0;

	if (o->device[0])
		rc = opt_name(fd, SOL_SOCKET, SO_BINDTODEVICE, o->device, "interface", err);
	if (rc == 0 && o->mark >= 0)
		rc = opt_int(fd, SOL_SOCKET, SO_MARK, o->mark, "mark", err);
	if (rc == 0 && o->tos >= 0)
		rc = v6 ? opt_int(fd, IPPROTO_IPV6, IPV6_TCLASS, o->tos, "tos", err)
			: opt_int(fd, IPPROTO_IP, IP_TOS, o->tos, "tos", err);
	if (rc == 0 && o->ttl >= 0)
		rc = v6 ? opt_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, o->ttl, "ttl", err)
			: opt_int(fd, IPPROTO_IP, IP_TTL, o->ttl, "ttl", err);
	return rc;
}

/* ---- options by number ---- */

static int raw_fail(struct twc_str s, struct twc_err *err)
{
	char text[48];

	twc_escape(text, sizeof(text), s);
	return twc_err_set(err, TWC_EUSAGE, "'%s' is not LEVEL,NAME,HEX (two numbers and up to %d bytes)", text,
			   TWC__RAW_OPT_MAX);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int twc__raw_opt_next(struct twc_str *rest, struct twc__raw_opt *o, struct twc_err *err)
{
	struct twc_str one, all, part;
	uint64_t level, name;

	if (!rest->p || !twc_str_cut(rest, '/', &one))
		return 0;
	all = one;
	if (!twc_str_cut(&one, ',', &part) || twc_parse_uint(part, 0, INT_MAX, &level, NULL) ||
	    !twc_str_cut(&one, ',', &part) || twc_parse_uint(part, 0, INT_MAX, &name, NULL) || !one.p || !one.n ||
	    one.n % 2 || one.n / 2 > sizeof(o->value))
		return raw_fail(all, err);
	*o = (struct twc__raw_opt){ .level = (int)level, .name = (int)name, .n = one.n / 2 };
	for (size_t i = 0; i < o->n; i++) {
		int hi = hex_digit(one.p[2 * i]), lo = hex_digit(one.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return raw_fail(all, err);
		o->value[i] = (uint8_t)(hi << 4 | lo);
	}
	return 1;
}

static int apply_raw(int fd, const char *text, struct twc_err *err)
{
	struct twc_str rest = twc_str_of(text);
	struct twc__raw_opt o;
	int rc;

	while ((rc = twc__raw_opt_next(&rest, &o, err)) > 0)
		if (setsockopt(fd, o.level, o.name, o.value, (socklen_t)o.n) != 0)
			return twc_err_sys(err, errno == EPERM || errno == EACCES ? TWC_EACCESS : TWC_EOS, errno, NULL,
					   "cannot set socket option %d,%d", o.level, o.name);
	return rc;
}

int twc__sock_type(enum twc_addr_kind kind)
{
	switch (kind) {
	case TWC_ADDR_UDP:
	case TWC_ADDR_UNIX_DGRAM:
		return SOCK_DGRAM;
	case TWC_ADDR_UNIX_SEQPACKET:
		return SOCK_SEQPACKET;
	default:
		return SOCK_STREAM;
	}
}

void twc__udp_merge(int fd)
{
	int on = 1;

	(void)setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
}

/* What the kernel gives is what there is: it cuts the wish down to its maximum and says nothing. */
static void udp_buffers(int fd, const struct twc_sockopts *o)
{
	int size = UDP_BUFFER;

	if (o->sndbuf <= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (o->rcvbuf <= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int twc__sockopts_apply(int fd, enum twc_addr_kind kind, const struct twc_sockopts *o, const struct twc_addr *addr,
			struct twc_err *err)
{
	int rc = 0;

	if (kind == TWC_ADDR_UDP)
		udp_buffers(fd, o);
	if (o->sndbuf > 0)
		rc = opt_int(fd, SOL_SOCKET, SO_SNDBUF, o->sndbuf, "sndbuf", err);
	if (rc == 0 && o->rcvbuf > 0)
		rc = opt_int(fd, SOL_SOCKET, SO_RCVBUF, o->rcvbuf, "rcvbuf", err);
	if (rc == 0 && o->raw)
		rc = apply_raw(fd, o->raw, err);
	if (rc != 0 || (kind != TWC_ADDR_TCP && kind != TWC_ADDR_UDP))
		return rc;
	if (o->reuseport)
		rc = opt_int(fd, SOL_SOCKET, SO_REUSEPORT, 1, "reuseport", err);
	if (rc == 0 && o->broadcast && kind == TWC_ADDR_UDP)
		rc = opt_int(fd, SOL_SOCKET, SO_BROADCAST, 1, "broadcast", err);
	if (rc == 0)
		rc = apply_ip(fd, o, addr, err);
	if (rc == 0 && kind == TWC_ADDR_TCP)
		rc = apply_tcp(fd, o, addr, err);
	return rc;
}
