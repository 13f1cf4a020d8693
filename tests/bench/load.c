/* SPDX-License-Identifier: MIT */
/*
 * The load generator: many small exchanges from one thread.
 *
 *     load ping ADDRESS [-c CONNECTIONS] [-t SECONDS] [-w WARM-UP] [-s SIZE] [-W TARGET] [-p PID]...
 *         one message of SIZE bytes under way on each connection, for ever; -W: a WebSocket message, in one masked frame there
 *         and in one frame back, after the opening handshake with TARGET
 *     load rate ADDRESS [-c SLOTS] [-t SECONDS] [-w WARM-UP] [-s SIZE] [-p PID]...
 *         connect, one message there and back, close; SLOTS of them at once
 *     load idle ADDRESS [-c CONNECTIONS] [-S SOURCES] [-f FIRST] [-e]
 *         opens them from SOURCES addresses (127.0.0.FIRST…), with -e sends one message there and back on each,
 *         says so, and holds them until its standard input ends
 *
 * ADDRESS is HOST:PORT, PORT or unix:PATH. The result is one JSON object on standard output. -p names the processes
 * whose processor time is read at the two ends of the measured window.
 */
#include "window.h"

#define BATCH 1024
#define SIZE_MAX_BYTES 65536
#define WS_HEAD 6 /* of a client's small frame: two bytes, and a mask */
#define WS_SIZE_MAX 125

struct options {
	struct where where;
	struct pids server;
	double seconds, warm_up;
	unsigned connections, sources, first_source;
	size_t size;
	const char *ws_target;
	size_t sent, due; /* bytes of a message on the wire, there and back */
	bool echo;
};

struct conn {
	int fd;
	uint32_t got;	  /* of the answer under way */
	uint64_t sent_at;
};

static char message[SIZE_MAX_BYTES + WS_HEAD], answer[SIZE_MAX_BYTES];

/* ---- WebSocket ---- */

static void ws_message_make(struct options *o)
{
	static const char head[WS_HEAD] = { (char)0x82, 0, 0x35, 0x07, (char)0xa1, 0x6c };

	if (o->size > WS_SIZE_MAX)
		die("size: a WebSocket message here has up to %d bytes", WS_SIZE_MAX);
	memcpy(message, head, WS_HEAD);
	message[1] = (char)(0x80 | o->size);
	for (size_t i = 0; i < o->size; i++)
		message[WS_HEAD + i] = (char)('x' ^ head[2 + i % 4]);
	o->sent = WS_HEAD + o->size;
	o->due = 2 + o->size;
}

/* One byte at a time at the end, so that nothing after the head is taken. */
static bool ws_handshake(const struct options *o, int fd)
{
	char buf[4096];
	size_t n = 0;
	int len = snprintf(buf, sizeof(buf), "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", o->ws_target);

	if (send(fd, buf, (size_t)len, MSG_NOSIGNAL) != len)
		return false;
	while (n < sizeof(buf) && (n < 4 || memcmp(buf + n - 4, "\r\n\r\n", 4) != 0)) {
		if (recv(fd, buf + n, 1, 0) != 1)
			return false;
		n++;
	}
	return n > 12 && memcmp(buf, "HTTP/1.1 101", 12) == 0;
}

/* ---- exchanges ---- */

static bool conn_send(const struct options *o, struct conn *c)
{
	c->got = 0;
	c->sent_at = now_ns();
	return send(c->fd, message, o->sent, MSG_NOSIGNAL) == (ssize_t)o->sent;
}

/* 1: the whole answer is there; 0: not yet; -1: broken. */
static int conn_receive(const struct options *o, struct conn *c)
{
	ssize_t n = recv(c->fd, answer, o->due - c->got, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	if (o->ws_target && c->got == 0 && answer[0] != message[0])
		return -1;
	c->got += (uint32_t)n;
	return c->got == o->due;
}

static int watch(int ep, struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	return epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static struct conn *open_all(const struct options *o, uint64_t *errors)
{
	struct conn *c = calloc(o->connections, sizeof(*c));

	for (unsigned i = 0; i < o->connections; i++) {
		unsigned source = o->sources ? o->first_source + i % o->sources : 0;

		c[i].fd = where_connect(&o->where, source);
		if (c[i].fd < 0 && ++*errors == 1)
			fprintf(stderr, "load: connection %u: %s\n", i + 1, strerror(errno));
		if (c[i].fd >= 0 && o->ws_target && !ws_handshake(o, c[i].fd))
			die("connection %u: no WebSocket", i + 1);
	}
	return c;
}

static void ping(const struct options *o)
{
	static struct epoll_event events[BATCH];
	uint64_t errors = 0;
	struct conn *c = open_all(o, &errors);
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct window w;

	for (unsigned i = 0; i < o->connections; i++) {
		if (c[i].fd >= 0 && (watch(ep, &c[i]) < 0 || !conn_send(o, &c[i])))
			errors++;
	}
	w = window_start(&o->server, o->warm_up, o->seconds);
	w.errors = errors;
	while (window_goes_on(&w)) {
		int n = epoll_wait(ep, events, BATCH, 100);

		for (int i = 0; i < n; i++) {
			struct conn *conn = events[i].data.ptr;
			int got = conn_receive(o, conn);

			if (got > 0) {
				latency_add(now_ns() - conn->sent_at);
				w.done++;
			}
			if (got < 0 || (got > 0 && !conn_send(o, conn))) {
				w.errors++;
				close(conn->fd);
			}
		}
	}
	window_print(&w, "ping", o->connections);
}

static bool rate_open(const struct options *o, int ep, struct conn *c, uint64_t *serial)
{
	uint64_t before = now_ns();

	c->fd = where_connect(&o->where, 1 + (unsigned)(++*serial % 200));
	if (c->fd < 0)
		return false;
	if (watch(ep, c) < 0 || !conn_send(o, c)) {
		close(c->fd);
		return false;
	}
	c->sent_at = before;
	return true;
}

static void rate(const struct options *o)
{
	static struct epoll_event events[BATCH];
	struct conn *c = calloc(o->connections, sizeof(*c));
	int ep = epoll_create1(EPOLL_CLOEXEC);
	uint64_t serial = 0;
	struct window w;

	for (unsigned i = 0; i < o->connections; i++) {
		if (!rate_open(o, ep, &c[i], &serial))
			die("connect");
	}
	w = window_start(&o->server, o->warm_up, o->seconds);
	while (window_goes_on(&w)) {
		int n = epoll_wait(ep, events, BATCH, 100);

		for (int i = 0; i < n; i++) {
			struct conn *conn = events[i].data.ptr;
			int got = conn_receive(o, conn);

			if (got == 0)
				continue;
			close(conn->fd);
			if (got > 0) {
				latency_add(now_ns() - conn->sent_at);
				w.done++;
			} else {
				w.errors++;
			}
			while (!rate_open(o, ep, conn, &serial)) {
				if (++w.errors > 1000)
					die("connect");
			}
		}
	}
	window_print(&w, "rate", o->connections);
}

static uint64_t echo_once(const struct options *o, struct conn *c)
{
	struct timeval limit = { .tv_sec = 20 };
	uint64_t errors = 0;

	for (unsigned i = 0; i < o->connections; i++) {
		if (c[i].fd >= 0 && !conn_send(o, &c[i]))
			errors++;
	}
	for (unsigned i = 0; i < o->connections; i++) {
		if (c[i].fd < 0)
			continue;
		setsockopt(c[i].fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		if (recv(c[i].fd, answer, o->due, MSG_WAITALL) != (ssize_t)o->due)
			errors++;
	}
	return errors;
}

static void idle(const struct options *o)
{
	uint64_t began = now_ns(), errors = 0;
	struct conn *c = open_all(o, &errors);
	char byte;

	if (o->echo)
		errors += echo_once(o, c);
	printf("{\"mode\":\"idle\",\"connections\":%u,\"errors\":%llu,\"seconds\":%.3f}\n", o->connections,
	       (unsigned long long)errors, (double)(now_ns() - began) / 1e9);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 1, .warm_up = 0.3, .connections = 1, .size = 64, .first_source = 1 };
	int c;

	if (argc < 3)
		die("usage: load ping|rate|idle ADDRESS [-c N] [-t S] [-w S] [-s N] [-S N] [-f N] [-W TARGET] [-e] [-p PID]...");
	o.where = where_parse(argv[2]);
	optind = 3;
	while ((c = getopt(argc, argv, "c:t:w:s:S:f:W:p:e")) != -1) {
		switch (c) {
		case 'c': o.connections = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.warm_up = strtod(optarg, NULL); break;
		case 's': o.size = strtoul(optarg, NULL, 10); break;
		case 'S': o.sources = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'f': o.first_source = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'W': o.ws_target = optarg; break;
		case 'p': pids_add(&o.server, optarg); break;
		case 'e': o.echo = true; break;
		default: return 64;
		}
	}
	if (o.size < 1 || o.size > SIZE_MAX_BYTES)
		die("size");
	memset(message, 'x', sizeof(message));
	o.sent = o.due = o.size;
	if (o.ws_target)
		ws_message_make(&o);
	if (strcmp(argv[1], "ping") == 0)
		ping(&o);
	else if (strcmp(argv[1], "rate") == 0)
		rate(&o);
	else if (strcmp(argv[1], "idle") == 0)
		idle(&o);
	else
		die("no such mode: %s", argv[1]);
	return 0;
}
