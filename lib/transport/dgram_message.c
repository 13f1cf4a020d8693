/* SPDX-License-Identifier: MIT */
/*
 * A message to a datagram socket: one datagram, or several that the kernel, or the network card, cuts apart again
 * (UDP_SEGMENT), with the address that it is to leave from. Which of them a message holds is dgram_send.c's.
 *
 * A socket for which the kernel has no UDP_SEGMENT, or a datagram longer than the path takes in one packet, is
 * noticed when it is refused, and remembered: then each leaves by itself.
 */
#include "transport/dgram_int.h"

#include <errno.h>
#include <netinet/udp.h>

#include "base/banned.h"

/* ---- what the kernel can ---- */

/* Kernels before 4.18 would take no notice of the control message and send one long datagram. */
size_t twc__gso_max(struct twc__gso *g, int fd)
{
	int value;
	socklen_t len = sizeof(value);

	if (!g->is_known) {
		g->is_known = true;
		g->max = getsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, &len) == 0 ? UINT16_MAX : 0;
	}
	return g->max;
}

bool twc__gso_learn(struct twc__gso *g, size_t size, size_t count, int sys)
{
	if (count < 2)
		return false;
	if (sys == EINVAL || sys == EMSGSIZE) { /* longer than a packet to this peer may be */
		g->max = (uint16_t)(size - 1);
		return true;
	}
	if (sys == EIO || sys == EOPNOTSUPP || sys == ENOPROTOOPT) {
		g->max = 0;
		return true;
	}
	return false;
}

/* ---- messages ---- */

static size_t control_add(struct twc__dgram_control *control, size_t at, int level, int type, const void *data, size_t n)
{
	struct cmsghdr head = { .cmsg_len = CMSG_LEN(n), .cmsg_level = level, .cmsg_type = type };

	memset(control->c + at, 0, CMSG_SPACE(n)); /* the kernel is given the gaps, too */
	memcpy(control->c + at, &head, sizeof(head));
	memcpy(control->c + at + CMSG_LEN(0), data, n);
	return at + CMSG_SPACE(n);
}

/* The control message that makes the answer leave from the address that was asked. */
static size_t control_add_source(struct twc__dgram_control *control, const struct twc__outlet *o)
{
	struct in6_pktinfo v6 = { .ipi6_addr = o->local, .ipi6_ifindex = o->ifindex };
	struct in_pktinfo v4 = { .ipi_ifindex = 0 };

	if (o->to->sa_family != AF_INET)
		return control_add(control, 0, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
	memcpy(&v4.ipi_spec_dst, o->local.s6_addr + 12, 4);
	return control_add(control, 0, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
}

void twc__dgram_message_set(struct msghdr *m, struct twc__dgram_control *control, const struct twc__outlet *o,
			    struct iovec *iov, size_t n, size_t segment)
{
	uint16_t size = (uint16_t)segment;
	size_t used = 0;

	*m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = n };
	if (o->to) {
		m->msg_name = (void *)(uintptr_t)o->to;
		m->msg_namelen = o->to_len;
		if (o->ifindex)
			used = control_add_source(control, o);
	}
	if (segment)
		used = control_add(control, used, SOL_UDP, UDP_SEGMENT, &size, sizeof(size));
	if (used) {
		m->msg_control = control->c;
		m->msg_controllen = used;
	}
}

int twc__dgram_messages_send(int fd, struct mmsghdr *msg, unsigned n)
{
	ssize_t sent;

	if (n == 1)
		sent = sendmsg(fd, &msg->msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 1;
	else
		sent = sendmmsg(fd, msg, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : (int)sent;
}
