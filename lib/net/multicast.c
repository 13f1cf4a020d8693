/* SPDX-License-Identifier: MIT */
/*
 * Groups: which interface, joining, and what a sender sets. RFC 1112 (IPv4), RFC 3493 section 5.2 (IPv6), RFC 3678 for
 * the calls that are the same for both.
 */
#include "net/net_int.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/banned.h"

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

bool twc__addr_is_multicast(const struct twc_addr *a)
{
	if (a->u.sa.sa_family == AF_INET)
		return IN_MULTICAST(ntohl(a->u.in.sin_addr.s_addr));
	return a->u.sa.sa_family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&a->u.in6.sin6_addr);
}

/* In the network namespace of the socket. 0: there is none. */
static unsigned index_of_name(int fd, const char *name)
{
	struct ifreq req = { 0 };

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFINDEX, &req) < 0 ? 0 : (unsigned)req.ifr_ifindex;
}

/* Of the interface that has this address. */
static unsigned index_of_addr(int fd, const struct twc_addr *addr)
{
	struct ifaddrs *all, *i;
	struct twc_addr a;
	unsigned index = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (i = all; i && !index; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != addr->u.sa.sa_family)
			continue;
		twc_addr_set(&a, addr->kind, i->ifa_addr,
			     addr->u.sa.sa_family == AF_INET ? sizeof(a.u.in) : sizeof(a.u.in6));
		if (a.u.sa.sa_family == AF_INET6 && !addr->u.in6.sin6_scope_id)
			a.u.in6.sin6_scope_id = 0;
		if (twc_addr_eq_host(&a, addr))
			index = index_of_name(fd, i->ifa_name);
	}
	freeifaddrs(all);
	/* 127.0.0.9 is the loopback's as well, although it has only 127.0.0.1. */
	return index || !twc_addr_is_loopback(addr) ? index : index_of_name(fd, "lo");
}

int twc__multicast_index(int fd, const char *device, const struct twc_addr *local, unsigned *out, struct twc_err *err)
{
	char where[TWC_ADDR_TEXT_MAX];

	*out = 0;
	if (device && device[0]) {
		*out = index_of_name(fd, device);
		return *out ? 0 : twc_err_set(err, TWC_EUSAGE, "no such interface: %s", device);
	}
	if (!local || local->kind == TWC_ADDR_NONE || twc_addr_is_any(local))
		return 0;
	*out = index_of_addr(fd, local);
	if (*out)
		return 0;
	twc_addr_format_host(local, where, sizeof(where));
	return twc_err_set(err, TWC_ECANTBIND, "no interface has the address %s", where);
}

static int group_fail(struct twc_err *err, int sys, const struct twc_addr *group)
{
	char where[TWC_ADDR_TEXT_MAX];

	twc_addr_format_host(group, where, sizeof(where));
	return twc_err_sys(err, TWC_ECANTBIND, sys, where, "%s",
			   sys == ENODEV    ? "no interface for this group: name one (device=, interface=)"
			   : sys == ENOBUFS ? "too many groups joined already"
					    : "cannot join the group");
}

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

int twc__multicast_join(int fd, const struct twc_addr *group, unsigned ifindex, const struct twc_addr *source,
			struct twc_err *err)
{
	bool v6 = group->u.sa.sa_family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, rc;
	struct group_source_req ssm = { .gsr_interface = ifindex };
	struct group_req any = { .gr_interface = ifindex };

	/* Else what other sockets of this machine joined would arrive here as well, from whichever interface. */
	(void)set_int(fd, level, v6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, 0);
	memcpy(&any.gr_group, &group->u, group->len);
	memcpy(&ssm.gsr_group, &group->u, group->len);
	if (source) {
		memcpy(&ssm.gsr_source, &source->u, source->len);
		rc = setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &ssm, sizeof(ssm));
	} else {
		rc = setsockopt(fd, level, MCAST_JOIN_GROUP, &any, sizeof(any));
	}
	return rc < 0 ? group_fail(err, errno, group) : 0;
}

int twc__multicast_send(int fd, const struct twc_sockopts *o, const struct twc_addr *peer, const struct twc_addr *local,
			struct twc_err *err)
{
	bool v6 = peer->u.sa.sa_family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, rc;
	struct ip_mreqn via = { 0 };
	unsigned ifindex;

	rc = twc__multicast_index(fd, o->device, local, &ifindex, err);
	if (rc)
		return rc;
	via.imr_ifindex = (int)ifindex;
	if (ifindex && local && local->u.sa.sa_family == AF_INET)
		via.imr_address = local->u.in.sin_addr;
	if (ifindex)
		rc = v6 ? set_int(fd, level, IPV6_MULTICAST_IF, (int)ifindex)
			: setsockopt(fd, level, IP_MULTICAST_IF, &via, sizeof(via));
	if (rc == 0 && o->ttl >= 0)
		rc = set_int(fd, level, v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, o->ttl);
	if (rc == 0 && o->loop >= 0)
		rc = set_int(fd, level, v6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP, o->loop);
	return rc < 0 ? twc_err_sys(err, TWC_EOS, errno, NULL, "cannot set up sending to a group") : 0;
}
