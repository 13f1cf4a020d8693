/* SPDX-License-Identifier: MIT */
/*
 * A child process as a transport: what we write is its standard input, what it writes to its standard output we
 * read. Lost when it has closed its output and has been reaped; the wait status is kept.
 */
#include "transport/fdpair.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/banned.h"

struct child {
	struct twc__fdpair s;
	struct twc_child *proc; /* NULL once it has ended; owned by the reactor */
	int status;		/* of waitpid, -1 while it runs */
};

static struct child *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct child, s.t);
}

static void on_exit_status(struct twc_child *proc, int status, void *arg)
{
	struct child *c = arg;

	(void)proc;
	c->proc = NULL;
	c->status = status;
	twc__transport_settle(&c->s.t);
	twc_transport_unref(&c->s.t);
}

static bool child_is_finished(struct twc_transport *t)
{
	return !self_of(t)->proc;
}

/* lose() closed its input and waits; then it is asked to end, then made to. */
static uint64_t child_push(struct twc_transport *t, uint64_t waited_ns)
{
	struct child *c = self_of(t);
	bool asked = waited_ns > TWC__LINGER_NS;

	if (!c->proc)
		return 0;
	(void)twc_child_kill(c->proc, asked ? SIGKILL : SIGTERM);
	return TWC__LINGER_NS;
}

static void child_close(struct twc_transport *t, bool reset)
{
	struct child *c = self_of(t);

	if (c->proc && reset)
		(void)twc_child_kill(c->proc, SIGKILL);
	twc__fdpair_close(t, reset);
}

static void child_destroy(struct twc_transport *t)
{
	struct child *c = self_of(t);

	if (c->proc)
		twc_child_release(c->proc);
	twc_free(c);
}

static void child_explain(struct twc_transport *t, int sys, bool is_write, struct twc_err *err)
{
	const struct child *c = self_of(t);

	if (is_write && sys == EPIPE)
		twc_err_sys(err, TWC_ERESET, sys, c->s.name, "the command closed its standard input");
	else
		twc_err_sys(err, TWC_EIO, sys, c->s.name, "cannot %s the command", is_write ? "write to" : "read from");
}

static int child_status(const struct twc_transport *t)
{
	return self_of(t)->status;
}

static const struct twc__transport_ops child_ops = {
	.name = "exec",
	.read = twc__fdpair_read,
	.writev = twc__fdpair_writev,
	.set_events = twc__fdpair_set_events,
	.shutdown = twc__fdpair_shutdown,
	.is_finished = child_is_finished,
	.push = child_push,
	.close = child_close,
	.destroy = child_destroy,
	.explain = child_explain,
	.text = twc__fdpair_text,
	.child_status = child_status,
	.kernel_fd = twc__fdpair_kernel_fd,
};

bool twc_transport_child_kill(struct twc_transport *t, int signo)
{
	struct child *c = t->ops == &child_ops ? self_of(t) : NULL;

	return c && c->proc && twc_child_kill(c->proc, signo);
}

static int make_pipes(int to_child[2], int from_child[2], struct twc_err *err)
{
	if (pipe2(to_child, O_CLOEXEC) < 0)
		return twc_err_sys(err, TWC_ELIMIT, errno, NULL, "cannot make a pipe");
	if (pipe2(from_child, O_CLOEXEC) < 0)
		return twc_err_sys(err, TWC_ELIMIT, errno, NULL, "cannot make a pipe");
	/* Only our ends: the child must find ordinary blocking ones. */
	(void)fcntl(to_child[1], F_SETFL, O_NONBLOCK);
	(void)fcntl(from_child[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_all(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

struct twc_transport *twc_transport_from_child(struct twc_reactor *r, const struct twc_spawn *how, const char *name,
					       struct twc_protocol *p, struct twc_err *err)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	struct twc_spawn spawn = *how;
	struct child *c = twc_calloc(1, sizeof(*c));

	c->status = -1;
	if (make_pipes(to, from, err) < 0)
		goto fail;
	spawn.fd[0] = to[0];
	spawn.fd[1] = from[1];
	if (spawn.fd[2] == 1) /* standard error joins what the peer reads */
		spawn.fd[2] = from[1];
	c->proc = twc_child_spawn(r, &spawn, on_exit_status, c, err);
	if (!c->proc)
		goto fail;
	close(to[0]);
	close(from[1]);
	to[0] = from[1] = -1;
	if (twc__fdpair_init(&c->s, &child_ops, r, from[0], to[1], true, name, err) < 0) {
		(void)twc_child_kill(c->proc, SIGKILL);
		twc_child_release(c->proc);
		twc__fdpair_close(&c->s.t, true);
		twc_free(c);
		return NULL;
	}
	twc_transport_ref(&c->s.t); /* on_exit_status's */
	twc__transport_begin(&c->s.t, p, 0);
	return &c->s.t;
fail:
	close_all(to);
	close_all(from);
	twc_free(c);
	return NULL;
}
