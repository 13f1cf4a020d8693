/* SPDX-License-Identifier: MIT */
/*
 * Datagrams: the load, and the bare loops to measure against.
 *
 *     udp echo ADDRESS              the limit of an echo server: one recvmmsg, one sendmmsg, nothing else
 *     udp relay ADDRESS TO          the same for a relay of one direction
 *     udp ping ADDRESS [-c SOCKETS] [-o OUTSTANDING] [-s SIZE]
 *                                   each socket keeps so many datagrams under way at an echo server
 *     udp bulk ADDRESS -f FROM -l TO [-s SIZE]
 *                                   sends to a relay from FROM what it brings to TO, as much as it takes; both ends
 *                                   merge (UDP_SEGMENT, UDP_GRO), so that the relay is the narrowest place
 *
 * ping and bulk take [-t SECONDS] [-w WARM-UP] [-p PID]... and print one JSON object. What is lost is noticed after
 * 50 ms, counted, and sent again.
 */
#include "bench.h"
#include <netinet/udp.h>
#include <poll.h>

#define BATCH 64
#define SOCKETS_MAX 256
#define DATAGRAM_MAX 2048
#define WINDOW 8 /* messages of a bulk under way: less than a socket's buffer holds, were they to come one by one */
#define LOST_MS 50

struct options {
	struct where where, from, to;
	struct pids server;
	double seconds, warm_up;
	unsigned sockets, outstanding;
	size_t size;
};

static struct batch {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in addr[BATCH];
	char data[BATCH][DATAGRAM_MAX];
} batch;

static int udp_socket(const struct where *bound, const struct where *peer)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 * 1024 * 1024;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bound && bind(fd, (const struct sockaddr *)&bound->sa, bound->len) < 0)
		die("bind");
	if (peer && connect(fd, (const struct sockaddr *)&peer->sa, peer->len) < 0)
		die("connect");
	return fd;
}

static void batch_set(bool with_names, size_t size)
{
	for (unsigned i = 0; i < BATCH; i++) {
		batch.iov[i] = (struct iovec){ batch.data[i], size };
		batch.msg[i].msg_hdr = (struct msghdr){ .msg_iov = &batch.iov[i], .msg_iovlen = 1,
							.msg_name = with_names ? &batch.addr[i] : NULL,
							.msg_namelen = with_names ? sizeof(batch.addr[i]) : 0 };
	}
}

/* ---- the bare loops ---- */

static void say_ready(int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	getsockname(fd, (struct sockaddr *)&in, &len);
	fprintf(stderr, "udp: listening udp:127.0.0.1:%u\n", ntohs(in.sin_port));
}

/* What comes to `in` leaves through `out`, to whom it came from when they are one. */
static void bare_loop(int in, int out)
{
	batch_set(in == out, DATAGRAM_MAX);
	for (;;) {
		int n = recvmmsg(in, batch.msg, BATCH, MSG_WAITFORONE, NULL);

		for (int i = 0; i < n; i++)
			batch.iov[i].iov_len = batch.msg[i].msg_len;
		for (int at = 0; at < n;) {
			int sent = sendmmsg(out, batch.msg + at, (unsigned)(n - at), 0);

			at += sent > 0 ? sent : 1;
		}
		for (int i = 0; i < n; i++) {
			batch.iov[i].iov_len = DATAGRAM_MAX;
			batch.msg[i].msg_hdr.msg_namelen = in == out ? sizeof(batch.addr[i]) : 0;
		}
	}
}

/* ---- ping ---- */

static unsigned send_many(int fd, unsigned n)
{
	int sent = sendmmsg(fd, batch.msg, n, MSG_DONTWAIT);

	return sent > 0 ? (unsigned)sent : 0;
}

static uint64_t ping_for(const struct options *o, struct pollfd *p, double seconds, uint64_t *lost)
{
	uint64_t end = now_ns() + (uint64_t)(seconds * 1e9), done = 0;

	while (now_ns() < end) {
		if (poll(p, o->sockets, LOST_MS) == 0) {
			for (unsigned i = 0; i < o->sockets; i++)
				*lost += send_many(p[i].fd, o->outstanding);
			continue;
		}
		for (unsigned i = 0; i < o->sockets; i++) {
			int n = p[i].revents ? recvmmsg(p[i].fd, batch.msg, BATCH, MSG_DONTWAIT, NULL) : 0;

			if (n <= 0)
				continue;
			done += (uint64_t)n;
			send_many(p[i].fd, (unsigned)n);
		}
	}
	return done;
}

static void ping(const struct options *o)
{
	struct pollfd p[SOCKETS_MAX];
	struct cost from, to;
	uint64_t done, lost = 0;

	batch_set(false, o->size);
	for (unsigned i = 0; i < o->sockets; i++) {
		p[i] = (struct pollfd){ .fd = udp_socket(NULL, &o->where), .events = POLLIN };
		send_many(p[i].fd, o->outstanding);
	}
	ping_for(o, p, o->warm_up, &lost);
	lost = 0;
	from = cost_now(&o->server);
	done = ping_for(o, p, o->seconds, &lost);
	to = cost_now(&o->server);
	printf("{\"mode\":\"ping\",\"done\":%llu,\"lost\":%llu,", (unsigned long long)done, (unsigned long long)lost);
	cost_print(&from, &to);
	printf("}\n");
}

/* ---- bulk ---- */

struct bulk {
	int out, in;
	size_t size, message; /* octets of a datagram, of as many as leave together */
	char *data;
	uint64_t sent, came, lost; /* octets */
};

/* Neither end sleeps: the relay would pay for waking them. With is_over nothing more is sent. */
static void bulk_for(struct bulk *b, double seconds, bool is_over)
{
	static char data[65536];
	uint64_t now = now_ns(), end = now + (uint64_t)(seconds * 1e9), heard = now;

	for (; now < end && !(is_over && b->came + b->lost == b->sent); now = now_ns()) {
		ssize_t n = recv(b->in, data, sizeof(data), MSG_DONTWAIT);

		if (n > 0) {
			b->came += (uint64_t)n;
			heard = now;
		} else if (now - heard > LOST_MS * 1000000ull) {
			b->lost += b->sent - b->came - b->lost;
			heard = now;
		}
		if (!is_over && b->sent - b->came - b->lost <= (WINDOW - 1) * b->message &&
		    send(b->out, b->data, b->message, MSG_DONTWAIT) > 0)
			b->sent += b->message;
	}
}

static void bulk(const struct options *o)
{
	struct bulk b = { .out = udp_socket(&o->from, &o->where), .in = udp_socket(&o->to, NULL), .size = o->size };
	int size = (int)o->size, on = 1;
	struct cost from, to;

	b.message = b.size * (65000 / b.size < 64 ? 65000 / b.size : 64);
	b.data = calloc(1, b.message);
	if (setsockopt(b.out, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0 ||
	    setsockopt(b.in, SOL_UDP, UDP_GRO, &on, sizeof(on)) < 0)
		die("this kernel merges no datagrams");
	bulk_for(&b, o->warm_up, false);
	b.sent -= b.came + b.lost; /* what is under way counts when it comes */
	b.came = b.lost = 0;
	from = cost_now(&o->server);
	bulk_for(&b, o->seconds, false);
	to = cost_now(&o->server);
	printf("{\"mode\":\"bulk\",\"done\":%llu,\"lost\":%llu,", (unsigned long long)(b.came / b.size),
	       (unsigned long long)(b.lost / b.size));
	cost_print(&from, &to);
	printf("}\n");
	bulk_for(&b, 1, true); /* a relay would hear that nobody is there any more */
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 1, .warm_up = 0.3, .sockets = 64, .outstanding = 1, .size = 64 };
	int c, fd;

	if (argc < 3)
		die("usage: udp echo|relay|ping|bulk ADDRESS [TO] [-c N] [-o N] [-s SIZE] [-f FROM] [-l TO] [-t S] [-w S] [-p PID]...");
	o.where = where_parse(argv[2]);
	optind = 3;
	while ((c = getopt(argc, argv, "c:o:s:f:l:t:w:p:")) != -1) {
		switch (c) {
		case 'c': o.sockets = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'o': o.outstanding = (unsigned)strtoul(optarg, NULL, 10); break;
		case 's': o.size = strtoul(optarg, NULL, 10); break;
		case 'f': o.from = where_parse(optarg); break;
		case 'l': o.to = where_parse(optarg); break;
		case 't': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.warm_up = strtod(optarg, NULL); break;
		case 'p': pids_add(&o.server, optarg); break;
		default: return 64;
		}
	}
	if (!o.sockets || o.sockets > SOCKETS_MAX || !o.outstanding || o.outstanding > BATCH || !o.size || o.size > DATAGRAM_MAX)
		die("out of range");
	if (strcmp(argv[1], "ping") == 0) {
		ping(&o);
	} else if (strcmp(argv[1], "bulk") == 0) {
		bulk(&o);
	} else if (strcmp(argv[1], "echo") == 0 || (strcmp(argv[1], "relay") == 0 && optind < argc)) {
		fd = udp_socket(&o.where, NULL);
		say_ready(fd);
		o.to = optind < argc ? where_parse(argv[optind]) : o.where;
		bare_loop(fd, argv[1][0] == 'r' ? udp_socket(NULL, &o.to) : fd);
	} else {
		die("no such mode: %s", argv[1]);
	}
	return 0;
}
