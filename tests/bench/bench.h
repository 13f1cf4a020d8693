/* SPDX-License-Identifier: MIT */
/*
 * What the programs of this folder share: sockets, the clock, and what processes have cost. Each program is one
 * thread and one file; everything here is static so that a program is built from its own file alone.
 *
 * Processor time is the scheduler's, in nanoseconds (/proc/PID/task/TID/schedstat), summed over the threads of a process
 * and over its children: a peer that forks for each connection, or makes a thread, is charged for them.
 */
#ifndef BENCH_H
#define BENCH_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BENCH_UNUSED __attribute__((unused))
#define NS_PER_S 1000000000ull

BENCH_UNUSED __attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;
	int e = errno;

	va_start(ap, fmt);
	fprintf(stderr, "bench: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, " (%s)\n", strerror(e));
	va_end(ap);
	exit(1);
}

BENCH_UNUSED static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* ---- where: "127.0.0.1:7000", "7000" or "unix:PATH" ---- */

struct where {
	struct sockaddr_storage sa;
	socklen_t len;
};

BENCH_UNUSED static struct where where_parse(const char *s)
{
	struct where w = { .len = 0 };

	if (strncmp(s, "unix:", 5) == 0) {
		struct sockaddr_un *un = (struct sockaddr_un *)&w.sa;

		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", s + 5);
		w.len = sizeof(*un);
	} else {
		struct sockaddr_in *in = (struct sockaddr_in *)&w.sa;
		const char *colon = strrchr(s, ':');
		char host[64] = "127.0.0.1";

		if (colon)
			snprintf(host, sizeof(host), "%.*s", (int)(colon - s), s);
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)strtoul(colon ? colon + 1 : s, NULL, 10));
		if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
			die("not an address: %s", s);
		w.len = sizeof(*in);
	}
	return w;
}

/* Connects, blocking. `source` n > 0: from 127.0.0.n, so that more than one range of ports is there to use. */
BENCH_UNUSED static int where_connect(const struct where *w, unsigned source)
{
	int one = 1;
	int fd = socket(w->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (w->sa.ss_family == AF_INET) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (source > 0) {
			struct sockaddr_in in = { .sin_family = AF_INET,
						  .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + source) };

			setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
			if (bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0)
				goto fail;
		}
	}
	if (connect(fd, (const struct sockaddr *)&w->sa, w->len) == 0)
		return fd;
fail:
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

/* Listens and says so on standard error, in the words of the program under test. */
BENCH_UNUSED static int where_listen(const struct where *w, const char *program)
{
	struct where bound = { .len = sizeof(bound.sa) };
	int one = 1;
	int fd = socket(w->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&w->sa, w->len) < 0 || listen(fd, 4096) < 0)
		die("listen");
	if (w->sa.ss_family == AF_UNIX) {
		fprintf(stderr, "%s: listening unix:%s\n", program, ((const struct sockaddr_un *)&w->sa)->sun_path);
	} else {
		getsockname(fd, (struct sockaddr *)&bound.sa, &bound.len);
		fprintf(stderr, "%s: listening tcp:127.0.0.1:%u\n", program,
			ntohs(((struct sockaddr_in *)&bound.sa)->sin_port));
	}
	return fd;
}

/* ---- what it cost ---- */

#define PIDS_MAX 64
struct pids {
	int n;
	long pid[PIDS_MAX];
};

BENCH_UNUSED static void pids_add(struct pids *p, const char *s)
{
	if (p->n == PIDS_MAX)
		die("too many processes");
	p->pid[p->n++] = strtol(s, NULL, 10);
}

static size_t read_file(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, cap - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = 0;
	return n < 0 ? 0 : (size_t)n;
}

/* From stat, in ticks: the process with the threads that have ended, and its children that have (the 2nd field may
 * hold blanks). */
static void cpu_of_ended(long pid, uint64_t *own, uint64_t *children)
{
	unsigned long long user = 0, sys = 0, child_user = 0, child_sys = 0;
	uint64_t tick = NS_PER_S / (unsigned long)sysconf(_SC_CLK_TCK);
	char path[64], buf[1024], *p;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	read_file(path, buf, sizeof(buf));
	p = strrchr(buf, ')');
	if (p)
		sscanf(p + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu %llu %llu", &user, &sys, &child_user,
		       &child_sys);
	*own = (user + sys) * tick;
	*children = (child_user + child_sys) * tick;
}

static uint64_t cpu_of(long pid)
{
	static const size_t cap = 256 * 1024;
	char path[128];
	char *buf = malloc(cap);
	uint64_t own = 0, children = 0, ended, reaped;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/schedstat", pid, e->d_name);
		read_file(path, buf, cap);
		own += strtoull(buf, NULL, 10);
		snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/children", pid, e->d_name);
		read_file(path, buf, cap);
		for (char *p = buf, *end; ; p = end) {
			long child = strtol(p, &end, 10);

			if (end == p)
				break;
			children += cpu_of(child);
		}
	}
	if (d)
		closedir(d);
	free(buf);
	cpu_of_ended(pid, &ended, &reaped);
	return (own > ended ? own : ended) + children + reaped;
}

/* Everything that ran on this machine, in nanoseconds of all processors; ticks of 10 ms. */
static uint64_t cpu_of_machine(void)
{
	unsigned long long user = 0, nice = 0, sys = 0, irq = 0, softirq = 0;
	char buf[512];

	read_file("/proc/stat", buf, sizeof(buf));
	sscanf(buf, "cpu %llu %llu %llu %*u %*u %llu %llu", &user, &nice, &sys, &irq, &softirq);
	return (user + nice + sys + irq + softirq) * (NS_PER_S / (unsigned long)sysconf(_SC_CLK_TCK));
}

struct cost {
	uint64_t at, server, load, machine;
};

BENCH_UNUSED static struct cost cost_now(const struct pids *server)
{
	struct cost c = { .server = 0 };

	for (int i = 0; i < server->n; i++)
		c.server += cpu_of(server->pid[i]);
	c.load = cpu_of(getpid());
	c.machine = cpu_of_machine();
	c.at = now_ns();
	return c;
}

/* Prints `"seconds":…,"server_ns":…,"load_ns":…,"others":…` of the time between two costs; others in cores. */
BENCH_UNUSED static void cost_print(const struct cost *a, const struct cost *b)
{
	double wall = (double)(b->at - a->at);
	double rest = (double)(b->machine - a->machine) - (double)(b->server - a->server) -
		      (double)(b->load - a->load);

	printf("\"seconds\":%.4f,\"server_ns\":%llu,\"load_ns\":%llu,\"others\":%.3f", wall / 1e9,
	       (unsigned long long)(b->server - a->server), (unsigned long long)(b->load - a->load),
	       rest > 0 ? rest / wall : 0.0);
}

#endif
