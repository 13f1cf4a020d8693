/* SPDX-License-Identifier: MIT */
/*
 * A program that runs beside a server: `twc serve … -- COMMAND`. It shares our process group, so that the terminal
 * treats both as one job; signals sent to us alone are passed on.
 */
#include <twc/process.h>

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

struct twc_command {
	struct twc_child *child; /* borrowed from the reactor until it ends */
	twc_command_fn fn;
	void *arg;
};

static void on_child(struct twc_child *child, int status, void *arg)
{
	struct twc_command *c = arg;

	(void)child;
	c->fn(c->arg, status);
	twc_free(c);
}

struct twc_command *twc_command_start(struct twc_reactor *r, char *const *argv, char *const *env, bool no_input,
				      twc_command_fn fn, void *arg, struct twc_err *err)
{
	struct twc_command *c = twc_calloc(1, sizeof(*c));
	struct twc_spawn how = {
		.argv = (const char *const *)argv,
		.env_add = (const char *const *)env,
		.fd = { no_input ? -2 : -1, -1, -1 },
	};

	c->fn = fn;
	c->arg = arg;
	c->child = twc_child_spawn(r, &how, on_child, c, err);
	if (!c->child) {
		twc_free(c);
		return NULL;
	}
	return c;
}

/* Are we in the foreground of a terminal? Then what the keyboard sends reaches the whole process group. */
static bool is_foreground(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (tcgetpgrp(fd) == getpgrp())
			return true;
	}
	return false;
}

void twc_command_signal(struct twc_command *c, int signo)
{
	if ((signo == SIGINT || signo == SIGQUIT) && is_foreground())
		return;
	(void)twc_child_kill(c->child, signo);
}

int twc_command_exit(const struct twc_err *err)
{
	if (err->code != TWC_ENOINPUT)
		return twc_err_exit(err->code);
	return err->sys == ENOENT ? 127 : 126;
}
