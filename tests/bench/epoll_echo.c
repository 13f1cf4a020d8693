/* SPDX-License-Identifier: MIT */
/*
 * epoll_echo ADDRESS: the least an echo server can do, as the limit to measure against. Level-triggered epoll, one
 * buffer for all connections, one recv and one send a message, nothing else: an answer that does not fit ends
 * the connection.
 */
#include "bench.h"

#define BATCH 4096

static void serve(int ep, int fd, int listener, char *buf, size_t cap)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int one = 1;
	ssize_t n;

	if (fd != listener) {
		n = recv(fd, buf, cap, 0);
		if (n > 0 && send(fd, buf, (size_t)n, MSG_NOSIGNAL) == n)
			return;
		if (n < 0 && errno == EAGAIN)
			return;
		close(fd);
		return;
	}
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		ev.data.fd = fd;
		if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	static struct epoll_event events[BATCH];
	static char buf[65536];
	struct where w = where_parse(argc > 1 ? argv[1] : "127.0.0.1:0");
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int listener = where_listen(&w, "epoll_echo");
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };

	fcntl(listener, F_SETFL, O_NONBLOCK);
	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev) < 0)
		die("epoll");
	for (;;) {
		int n = epoll_wait(ep, events, BATCH, -1);

		for (int i = 0; i < n; i++)
			serve(ep, events[i].data.fd, listener, buf, sizeof(buf));
	}
}
