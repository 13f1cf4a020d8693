/* SPDX-License-Identifier: MIT */
/* Descriptors 0 to 3 and the environment belong to the test runner; what needs them runs in a child process. */
#ifndef TESTS_ENDPOINT_FORK_H
#define TESTS_ENDPOINT_FORK_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: ends it with a line on stderr. */
#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond); \
			_exit(1);                                                          \
		}                                                                          \
	} while (0)

/* Starts fn in a child that ends after it with status 0. */
static inline pid_t child_start(void (*fn)(void *arg), void *arg)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	alarm(10);
	fn(arg);
	_exit(0);
}

static inline void child_must_succeed(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static inline void in_child(void (*fn)(void *arg), void *arg)
{
	child_must_succeed(child_start(fn, arg));
}

#endif
