/* SPDX-License-Identifier: MIT */
/*
 * Much data over few connections: the ends of a relay, and one end of a pipe.
 *
 *     bulk relay ADDRESS -l ADDRESS [-c STREAMS] [-t SECONDS] [-w WARM-UP] [-z] [-p PID]...
 *         connects to a relay, which connects to the address after -l, where the bytes are thrown away. The ends
 *         send from memory and receive into 256 KiB; with -z nothing is copied (sendfile, MSG_TRUNC), which leaves
 *         the relay as the narrowest place
 *     bulk sink ADDRESS [-z]              takes one connection after the other and reads each to its end
 *     bulk give ADDRESS -n BYTES          sends that much to each connection, then closes
 *     bulk drain                          throws standard input, a pipe, away without copying
 *
 * The result is one JSON object a run (relay) or a connection (the others) on standard output.
 */
#include "bench.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

#define CHUNK (256 * 1024)
#define STREAMS_MAX 64

struct options {
	struct where where, behind;
	struct pids server;
	double seconds, warm_up;
	unsigned streams;
	uint64_t bytes;
	bool is_zero_copy;
};

static char chunk[CHUNK];

/* ---- one end ---- */

/* Sends until the other side goes or `limit` bytes are through. */
static void source(int fd, uint64_t limit, bool is_zero_copy)
{
	enum { FILE_SIZE = 64 * 1024 * 1024 };
	int file = -1;

	if (is_zero_copy && ((file = memfd_create("bulk", MFD_CLOEXEC)) < 0 || ftruncate(file, FILE_SIZE) < 0))
		die("memfd");
	for (uint64_t sent = 0; sent < limit;) {
		size_t want = limit - sent < CHUNK ? (size_t)(limit - sent) : CHUNK;
		off_t at = (off_t)(sent % FILE_SIZE);
		ssize_t n = is_zero_copy ? sendfile(fd, file, &at, want > (size_t)(FILE_SIZE - at) ?
					   (size_t)(FILE_SIZE - at) : want)
					 : send(fd, chunk, want, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (uint64_t)n;
	}
	if (file >= 0)
		close(file);
}

static ssize_t take(int fd, bool is_zero_copy)
{
	return is_zero_copy ? recv(fd, NULL, 1024 * 1024, MSG_TRUNC) : recv(fd, chunk, CHUNK, 0);
}

static void sink(const struct options *o)
{
	int listener = where_listen(&o->where, "bulk");

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		uint64_t began = now_ns(), bytes = 0;
		ssize_t n;

		if (fd < 0)
			die("accept");
		while ((n = take(fd, o->is_zero_copy)) > 0)
			bytes += (uint64_t)n;
		close(fd);
		printf("{\"mode\":\"sink\",\"bytes\":%llu,\"seconds\":%.6f,\"clean\":%s}\n", (unsigned long long)bytes,
		       (double)(now_ns() - began) / 1e9, n == 0 ? "true" : "false");
		fflush(stdout);
	}
}

static void give(const struct options *o)
{
	int listener = where_listen(&o->where, "bulk");

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			die("accept");
		source(fd, o->bytes, o->is_zero_copy);
		shutdown(fd, SHUT_WR);
		while (recv(fd, chunk, CHUNK, 0) > 0)
			;
		close(fd);
	}
}

static void drain(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = splice(STDIN_FILENO, NULL, null, NULL, 1024 * 1024, SPLICE_F_MOVE)) > 0)
		bytes += (uint64_t)n;
	printf("{\"mode\":\"drain\",\"bytes\":%llu,\"clean\":%s}\n", (unsigned long long)bytes,
	       n == 0 ? "true" : "false");
}

/* ---- both ends of a relay ---- */

static pid_t source_start(const struct options *o)
{
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	signal(SIGPIPE, SIG_IGN);
	fd = where_connect(&o->where, 0);
	if (fd < 0)
		die("connect");
	source(fd, UINT64_MAX, o->is_zero_copy);
	_exit(0);
}

/* All streams read for `seconds`; the bytes that came. */
static uint64_t sink_for(const struct options *o, int ep, double seconds)
{
	struct epoll_event events[STREAMS_MAX];
	uint64_t end = now_ns() + (uint64_t)(seconds * 1e9), bytes = 0;

	while (now_ns() < end) {
		int n = epoll_wait(ep, events, STREAMS_MAX, 100);

		for (int i = 0; i < n; i++) {
			ssize_t got = take(events[i].data.fd, o->is_zero_copy);

			if (got <= 0)
				die("a stream ended early");
			bytes += (uint64_t)got;
		}
	}
	return bytes;
}

static void relay(const struct options *o)
{
	int listener = where_listen(&o->behind, "bulk");
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct timeval limit = { .tv_sec = 5 };
	pid_t child[STREAMS_MAX];
	struct cost from, to;
	uint64_t bytes;

	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (unsigned i = 0; i < o->streams; i++) {
		struct epoll_event ev = { .events = EPOLLIN };

		child[i] = source_start(o);
		ev.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (ev.data.fd < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, ev.data.fd, &ev) < 0)
			die("no connection came through the relay");
	}
	sink_for(o, ep, o->warm_up);
	from = cost_now(&o->server);
	bytes = sink_for(o, ep, o->seconds);
	to = cost_now(&o->server);
	printf("{\"mode\":\"relay\",\"streams\":%u,\"zero_copy\":%s,\"bytes\":%llu,", o->streams,
	       o->is_zero_copy ? "true" : "false", (unsigned long long)bytes);
	cost_print(&from, &to);
	printf("}\n");
	for (unsigned i = 0; i < o->streams; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
	}
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 1, .warm_up = 0.3, .streams = 1, .bytes = 1 << 30 };
	int c;

	if (argc < 2)
		die("usage: bulk relay|sink|give|drain [ADDRESS] [-l ADDRESS] [-c N] [-t S] [-w S] [-n N] [-z] [-p PID]...");
	if (strcmp(argv[1], "drain") == 0) {
		drain();
		return 0;
	}
	if (argc < 3)
		die("no address");
	o.where = where_parse(argv[2]);
	optind = 3;
	while ((c = getopt(argc, argv, "l:c:t:w:n:zp:")) != -1) {
		switch (c) {
		case 'l': o.behind = where_parse(optarg); break;
		case 'c': o.streams = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': o.seconds = strtod(optarg, NULL); break;
		case 'w': o.warm_up = strtod(optarg, NULL); break;
		case 'n': o.bytes = strtoull(optarg, NULL, 10); break;
		case 'z': o.is_zero_copy = true; break;
		case 'p': pids_add(&o.server, optarg); break;
		default: return 64;
		}
	}
	if (o.streams < 1 || o.streams > STREAMS_MAX)
		die("streams");
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[1], "relay") == 0)
		relay(&o);
	else if (strcmp(argv[1], "sink") == 0)
		sink(&o);
	else if (strcmp(argv[1], "give") == 0)
		give(&o);
	else
		die("no such mode: %s", argv[1]);
	return 0;
}
