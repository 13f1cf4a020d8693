/* SPDX-License-Identifier: MIT */
/*
 * For tests of datagrams: sendmsg and sendmmsg in the C library's stead, which count and refuse, and the peers' side of
 * a socket. Include it after cmocka, once a program.
 */
#ifndef TESTS_DGRAM_WIRE_H
#define TESTS_DGRAM_WIRE_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	int calls;	 /* of sendmsg and sendmmsg */
	int messages;	 /* that the kernel took */
	int segmented;	 /* of those, with UDP_SEGMENT */
	int refuse_cut;	 /* errno for those; 0: none */
	int take;	 /* messages of a sendmmsg that are taken; 0: all */
	int refuse_next; /* so many calls answer EAGAIN */
	uint16_t forbid; /* what goes to this port: EPERM */
} wire;

static bool is_segmented(const struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c))
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
			return true;
	return false;
}

static int refused(const struct msghdr *m)
{
	const struct sockaddr_in *in = m->msg_name;

	if (wire.refuse_cut && is_segmented(m))
		return wire.refuse_cut;
	return wire.forbid && in && ntohs(in->sin_port) == wire.forbid ? EPERM : 0;
}

static ssize_t send_one(int fd, const struct msghdr *m, int flags)
{
	ssize_t n;

	errno = refused(m);
	n = errno ? -1 : (ssize_t)syscall(SYS_sendmsg, fd, m, flags);
	if (n >= 0) {
		wire.messages++;
		wire.segmented += is_segmented(m);
	}
	return n;
}

static bool is_full(void)
{
	wire.calls++;
	if (wire.refuse_next <= 0)
		return false;
	wire.refuse_next--;
	errno = EAGAIN;
	return true;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	return is_full() ? -1 : send_one(fd, m, flags);
}

int sendmmsg(int fd, struct mmsghdr *v, unsigned n, int flags)
{
	unsigned i, max = wire.take && (unsigned)wire.take < n ? (unsigned)wire.take : n;

	if (is_full())
		return -1;
	for (i = 0; i < max && send_one(fd, &v[i].msg_hdr, flags) >= 0; i++)
		;
	return i ? (int)i : -1;
}

/* ---- the peers ---- */

static inline void put(int fd, char first, size_t n, char last)
{
	char buf[65507] = { 0 };

	if (n) {
		buf[0] = first;
		if (n > 1)
			buf[n - 1] = last;
	}
	assert_int_equal(send(fd, buf, n, 0), (ssize_t)n);
}

/* One message that the kernel cuts into datagrams of `size`; each is marked at both ends. False: it cannot. */
static inline bool put_cut(int fd, char first, size_t size, size_t total)
{
	char *buf = calloc(1, total);
	int value = (int)size;
	bool ok = setsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, sizeof(value)) == 0;

	for (size_t i = 0; i * size < total; i++) {
		buf[i * size] = first;
		if (size == 1)
			continue;
		buf[(i + 1) * size < total ? (i + 1) * size - 1 : total - 1] = (char)('A' + i);
	}
	if (ok)
		assert_int_equal(send(fd, buf, total, 0), (ssize_t)total);
	value = 0;
	(void)setsockopt(fd, SOL_UDP, UDP_SEGMENT, &value, sizeof(value));
	free(buf);
	return ok;
}

static inline void got(int fd, size_t n, char last)
{
	char buf[65507] = { 0 };

	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), (ssize_t)n);
	if (n)
		assert_int_equal(buf[n - 1], last);
}

static inline void got_nothing(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

#endif
