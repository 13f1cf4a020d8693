/* SPDX-License-Identifier: MIT */
/*
 * spawn ROUNDS CPU PROGRAM ARG... [-- PROGRAM ARG...]...: how long programs take from start to end.
 *
 * Runs one after the other, ROUNDS times, on processor CPU, with standard streams on the null device; prints a JSON
 * object per program with the median and the tenth of the wall times and the exit status of the last run.
 */
#include "bench.h"
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>

#define PROGRAMS_MAX 16

extern char **environ;

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t run(char **argv, const posix_spawn_file_actions_t *actions, int *status)
{
	uint64_t began = now_ns();
	pid_t pid;

	if ((errno = posix_spawn(&pid, argv[0], actions, NULL, argv, environ)) != 0)
		die("%s", argv[0]);
	if (waitpid(pid, status, 0) < 0)
		die("waitpid");
	return now_ns() - began;
}

int main(int argc, char **argv)
{
	char **program[PROGRAMS_MAX];
	uint64_t *took[PROGRAMS_MAX];
	int status[PROGRAMS_MAX];
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
		took[n] = calloc(rounds, sizeof(uint64_t));
		program[n++] = argv + i;
		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		argv[i] = NULL;
	}
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n; i++)
			took[i][round] = run(program[i], &actions, &status[i]);
	}
	for (size_t i = 0; i < n; i++) {
		qsort(took[i], rounds, sizeof(uint64_t), by_value);
		printf("{\"mode\":\"spawn\",\"median_us\":%.1f,\"p10_us\":%.1f,\"status\":%d}\n",
		       (double)took[i][rounds / 2] / 1000, (double)took[i][rounds / 10] / 1000,
		       WIFEXITED(status[i]) ? WEXITSTATUS(status[i]) : 128 + WTERMSIG(status[i]));
	}
	return 0;
}
