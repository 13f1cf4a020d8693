/* SPDX-License-Identifier: MIT */
/*
 * The process, or processes, that a command that serves is: how many, whose, in the background or not, and the file
 * that says which. What they do is elsewhere.
 */
#include "out.h"
#include "serving.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <twc/parse.h>
#include <unistd.h>

unsigned serving_workers(const struct serving_params *p)
{
	if (p->workers == UINT64_MAX)
		return 0;
	return p->workers ? (unsigned)p->workers : twc_workers_default();
}

/* ---- a run's share ---- */

/* In the parent of --bg: says what the child said, or ends as it did. */
static int wait_for_child(struct serving *s)
{
	struct twc_buf text;
	int status = 0;

	if (twc_daemon_wait(&s->daemon, &text, &status)) {
		status = out_print(s->ctx, &text);
		if (status) /* nobody knows of it */
			(void)kill(s->daemon.pid, SIGTERM);
		return status;
	}
	twc_buf_fini(&text);
	return out_child_exit(status);
}

static int check_streams_unused(struct serving *s)
{
	for (int i = 0; i < s->n; i++) {
		const char *type = twc_endpoint_type(s->endpoint[i]);

		if (strcmp(type, "stdio") == 0 || strcmp(type, "inetd") == 0)
			return out_usage(s->ctx, "--bg: %s is standard input and output, which the background has not",
					 s->operand[i]);
	}
	return 0;
}

/* Sockets that were passed to the parent are meant for its child (sd_listen_fds(3)). */
static void inherit_sockets(void)
{
	const char *is_for = getenv("LISTEN_PID");
	char text[24];

	snprintf(text, sizeof(text), "%d", (int)getppid());
	if (!is_for || strcmp(is_for, text) != 0)
		return;
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
}

bool serving_process_begin(struct serving *s)
{
	struct twc_err err = { 0 }, why = { 0 };

	if (s->p->user) {
		s->user = twc_user_find(s->p->user, &why);
		if (!s->user) {
			twc_err_set(&err, why.code, "--user: %.200s", why.text);
			s->status = out_fail(s->ctx, NULL, &err);
			return false;
		}
	}
	if (!s->p->bg)
		return true;
	s->status = check_streams_unused(s);
	if (s->status)
		return false;
	if (twc_daemon_fork(&s->daemon, &err) < 0) {
		s->status = out_fail(s->ctx, NULL, &err);
		return false;
	}
	if (!s->daemon.pid) {
		inherit_sockets();
		return true;
	}
	s->status = wait_for_child(s);
	return false;
}

/* As after a login: programs look there for what is theirs. */
static void tell_children(const struct twc_user *u)
{
	const char *name = twc_user_name(u), *home = twc_user_home(u);

	setenv("HOME", home ? home : "/", 1);
	if (name) {
		setenv("USER", name, 1);
		setenv("LOGNAME", name, 1);
	} else {
		unsetenv("USER");
		unsetenv("LOGNAME");
	}
}

static int become_user(struct serving *s)
{
	struct twc_err err = { 0 }, why = { 0 };
	bool is_other = getuid() != twc_user_uid(s->user);
	int rc = 0;

	for (int i = 0; i < s->n && !rc && geteuid() == 0; i++)
		if (s->port[i])
			rc = twc_port_chown(s->port[i], twc_user_uid(s->user), twc_user_gid(s->user), &why);
	if (!rc)
		rc = twc_user_become(s->user, &why);
	if (!rc && is_other)
		tell_children(s->user);
	if (!rc)
		return 0;
	twc_err_set(&err, rc, "--user: %.200s", why.text);
	return out_fail(s->ctx, NULL, &err);
}

int serving_process_settle(struct serving *s)
{
	const struct serving_params *p = s->p;
	struct twc_err err = { 0 };
	int rc;

	if (p->pid_file) {
		s->pidfile = twc_pidfile_new(p->pid_file, &err);
		if (!s->pidfile)
			return out_fail(s->ctx, p->pid_file, &err);
	}
	if (p->port_file && twc_ready_file(p->port_file, s->port, (size_t)s->n, &err) < 0)
		return out_fail(s->ctx, p->port_file, &err);
	if (!s->user)
		return 0;
	rc = become_user(s);
	return rc || !s->ops->settle ? rc : s->ops->settle(s);
}

int serving_process_ready(struct serving *s)
{
	char text[TWC_PORT_TEXT_MAX];
	struct twc_err err = { 0 };
	struct twc_buf lines;
	int rc = 0;

	if (!s->p->bg)
		return 0;
	twc_buf_init(&lines, 1024 * 1024);
	for (int i = 0; i < s->n && !rc; i++)
		for (size_t k = 0; s->port[i] && k < twc_port_count(s->port[i]) && !rc; k++)
			rc = twc_buf_addf(&lines, "%d %s\n", (int)getpid(),
					  twc_port_text(s->port[i], k, text, sizeof(text)));
	rc = twc_daemon_ready(&s->daemon, twc_buf_str(&lines), &err);
	twc_buf_fini(&lines);
	return rc < 0 ? out_fail(s->ctx, NULL, &err) : 0;
}

void serving_process_end(struct serving *s)
{
	twc_pidfile_free(s->pidfile);
	s->pidfile = NULL;
	twc_user_free(s->user);
	twc_daemon_forget(&s->daemon);
}

void serving_process_forget(struct serving *s)
{
	twc_pidfile_forget(s->pidfile);
	s->pidfile = NULL;
	twc_daemon_forget(&s->daemon);
}
