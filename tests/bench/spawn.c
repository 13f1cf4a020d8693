/* SPDX-License-Identifier: MIT */
/*
 * spawn ROUNDS CPU PROGRAM ARG... [-- PROGRAM ARG...]...: how long programs take from start to end.
 *
 * Runs one after the other, ROUNDS times, on processor CPU, with standard streams on the null device; prints a JSON
 * object per program with the median and the tenth of the wall times, the median of the processor times, the most memory that
 * was resident, and the exit status of the last run.
 */
#include "bench.h"
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define PROGRAMS_MAX 16

extern char **environ;

struct program {
	char **argv;
	uint64_t *took, *cost; /* ns, of each round */
	long rss_kb;
	int status; /* of the last round */
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t ns_of(struct timeval t)
{
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_usec * 1000;
}

static void run(struct program *p, size_t round, const posix_spawn_file_actions_t *actions)
{
	uint64_t began = now_ns();
	struct rusage used;
	pid_t pid;

	if ((errno = posix_spawn(&pid, p->argv[0], actions, NULL, p->argv, environ)) != 0)
		die("%s", p->argv[0]);
	if (wait4(pid, &p->status, 0, &used) < 0)
		die("wait4");
	p->took[round] = now_ns() - began;
	p->cost[round] = ns_of(used.ru_utime) + ns_of(used.ru_stime);
	if (used.ru_maxrss > p->rss_kb)
		p->rss_kb = used.ru_maxrss;
}

static void print(struct program *p, size_t rounds)
{
	qsort(p->took, rounds, sizeof(uint64_t), by_value);
	qsort(p->cost, rounds, sizeof(uint64_t), by_value);
	printf("{\"mode\":\"spawn\",\"median_us\":%.1f,\"p10_us\":%.1f,\"cpu_us\":%.1f,\"rss_kb\":%ld,\"status\":%d}\n",
	       (double)p->took[rounds / 2] / 1000, (double)p->took[rounds / 10] / 1000, (double)p->cost[rounds / 2] / 1000,
	       p->rss_kb, WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status));
}

int main(int argc, char **argv)
{
	struct program program[PROGRAMS_MAX] = { 0 };
	posix_spawn_file_actions_t actions;
	size_t rounds, n = 0;
	cpu_set_t set;

	if (argc < 4)
		die("usage: spawn ROUNDS CPU PROGRAM ARG... [-- PROGRAM ARG...]...");
	rounds = strtoul(argv[1], NULL, 10);
	CPU_ZERO(&set);
	CPU_SET(strtoul(argv[2], NULL, 10), &set);
	sched_setaffinity(0, sizeof(set), &set);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	for (int i = 3; i < argc && n < PROGRAMS_MAX; i++) {
		program[n].took = calloc(rounds, sizeof(uint64_t));
		program[n].cost = calloc(rounds, sizeof(uint64_t));
		program[n++].argv = argv + i;
		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		argv[i] = NULL;
	}
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < n; i++)
			run(&program[i], round, &actions);
	for (size_t i = 0; i < n; i++)
		print(&program[i], rounds);
	return 0;
}
