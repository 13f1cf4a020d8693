/* SPDX-License-Identifier: MIT */
/*
 * A child process as a transport: what we write is its standard input, what it writes to its standard output we
 * read; by pipes, or by the master of a pseudo-terminal. Lost when it has closed its output and has been reaped; the
 * wait status is kept.
 */
#include "transport/errlog.h"
#include "transport/fdpair.h"
#include "transport/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/banned.h"

struct child {
	struct twc__fdpair s;
	struct twc_child *proc; /* NULL once it has ended; owned by the reactor */
	int status;		/* of waitpid, -1 while it runs */
	bool on_pty;
	struct twc__tty tty;
	struct twc__errlog errlog;
	pid_t group;		/* of what it left behind when it ended with its output still open; 0: nothing */
};

static struct child *self_of(const struct twc_transport *t)
{
	return TWC_CONTAINER_OF((uintptr_t)t, struct child, s.t);
}

static void on_exit_status(struct twc_child *proc, int status, void *arg)
{
	struct child *c = arg;

	if (!(c->s.t.flags & TWC__F_READ_EOF) && twc_child_kill(proc, 0))
		c->group = twc_child_pid(proc);
	c->proc = NULL;
	c->status = status;
	twc__errlog_flush(&c->errlog); /* before anybody hears that it has ended */
	twc__transport_settle(&c->s.t);
	twc_transport_unref(&c->s.t);
}

/* The reactor goes, and nobody will hear of its end. */
static void on_forgotten(void *arg)
{
	struct child *c = arg;

	c->proc = NULL;
	twc__errlog_close(&c->errlog);
	twc_transport_unref(&c->s.t);
}

static ssize_t child_read(struct twc_transport *t, void *buf, size_t n)
{
	ssize_t got = twc__fdpair_read(t, buf, n);

	return self_of(t)->on_pty ? twc__tty_result(self_of(t)->s.rd.fd, got) : got;
}

static ssize_t child_writev(struct twc_transport *t, const struct iovec *iov, int n)
{
	ssize_t sent = twc__fdpair_writev(t, iov, n);

	if (self_of(t)->on_pty)
		twc__tty_wrote(&self_of(t)->tty, iov, n, sent);
	return sent;
}

static int child_shutdown(struct twc_transport *t)
{
	struct child *c = self_of(t);

	if (c->on_pty)
		twc__tty_end(&c->tty, c->s.wr.fd);
	return twc__fdpair_shutdown(t);
}

static bool child_is_finished(struct twc_transport *t)
{
	return !self_of(t)->proc;
}

/* Ended, and nobody else reads its input. */
static bool child_is_gone(const struct twc_transport *t)
{
	const struct child *c = self_of(t);
	struct pollfd p = { .fd = c->s.wr.fd };

	return !c->proc && (p.fd < 0 || (poll(&p, 1, 0) > 0 && (p.revents & POLLERR)));
}

/* Who holds the output open is most likely of the group; once it is closed, the number may be somebody else's. */
static bool child_kill(const struct twc_transport *t, int signo)
{
	const struct child *c = self_of(t);

	if (c->proc)
		return twc_child_kill(c->proc, signo);
	return c->group && !(t->flags & TWC__F_READ_EOF) && kill(-c->group, signo) == 0;
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
	if (reset)
		(void)child_kill(t, SIGKILL);
	else if (!self_of(t)->proc)
		(void)child_kill(t, SIGTERM);
	twc__tty_stop(&self_of(t)->tty);
	twc__fdpair_close(t, reset);
}

static void child_destroy(struct twc_transport *t)
{
	struct child *c = self_of(t);

	if (c->proc)
		twc_child_release(c->proc);
	twc__errlog_close(&c->errlog);
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
	.read = child_read,
	.writev = child_writev,
	.set_events = twc__fdpair_set_events,
	.shutdown = child_shutdown,
	.is_finished = child_is_finished,
	.is_gone = child_is_gone,
	.push = child_push,
	.close = child_close,
	.destroy = child_destroy,
	.explain = child_explain,
	.text = twc__fdpair_text,
	.child_status = child_status,
	.child_kill = child_kill,
	.kernel_fd = twc__fdpair_kernel_fd,
};

/* Ours and the child's, which on a terminal are the same for both directions. */
struct ends {
	int in, out;		 /* ours; owned */
	int child_in, child_out; /* owned */
	int child_err;		 /* owned; -1: none of its own */
};

static int make_pipes(struct ends *e, struct twc_err *err)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return twc_err_sys(err, TWC_ELIMIT, errno, NULL, "cannot make a pipe");
	e->child_in = to[0];
	e->out = to[1];
	if (pipe2(from, O_CLOEXEC) < 0)
		return twc_err_sys(err, TWC_ELIMIT, errno, NULL, "cannot make a pipe");
	e->in = from[0];
	e->child_out = from[1];
	/* Only our ends: the child must find ordinary blocking ones. */
	(void)fcntl(e->out, F_SETFL, O_NONBLOCK);
	(void)fcntl(e->in, F_SETFL, O_NONBLOCK);
	return 0;
}

static int make_pty(struct ends *e, struct twc_err *err)
{
	char name[TWC__PTY_NAME_MAX];
	int rc = twc__pty_open(&e->in, name, err);

	if (rc)
		return rc;
	e->out = e->in;
	e->child_in = e->child_out = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (e->child_in < 0)
		return twc_err_sys(err, TWC_EOS, errno, name, "cannot open the pseudo-terminal");
	return 0;
}

static void close_two(int *a, int *b)
{
	if (*a >= 0)
		close(*a);
	if (*b >= 0 && *b != *a)
		close(*b);
	*a = *b = -1;
}

/* What becomes the child's standard error, where it is neither ours nor nothing. */
static int set_stderr(struct child *c, struct twc_reactor *r, struct ends *e, struct twc_spawn *how, struct twc_err *err)
{
	if (how->fd[2] == 1)
		how->fd[2] = e->child_out;
	if (how->fd[2] != TWC_STDERR_LOG)
		return 0;
	e->child_err = twc__errlog_open(&c->errlog, r, how->log_id, err);
	how->fd[2] = e->child_err;
	return e->child_err < 0 ? e->child_err : 0;
}

static struct twc_transport *child_start(struct twc_reactor *r, const struct twc_spawn *how, bool on_pty,
					 const char *name, struct twc_protocol *p, struct twc_err *err)
{
	struct ends e = { -1, -1, -1, -1, -1 };
	struct twc_spawn spawn = *how;
	struct child *c = twc_calloc(1, sizeof(*c));

	c->status = -1;
	c->on_pty = on_pty;
	c->tty.t = &c->s.t;
	if ((on_pty ? make_pty(&e, err) : make_pipes(&e, err)) < 0)
		goto fail;
	spawn.fd[0] = e.child_in;
	spawn.fd[1] = e.child_out;
	if (set_stderr(c, r, &e, &spawn, err) < 0)
		goto fail;
	if (on_pty)
		spawn.new_session = spawn.controlling_tty = true;
	c->proc = twc_child_spawn(r, &spawn, on_exit_status, c, err);
	if (!c->proc)
		goto fail;
	close_two(&e.child_in, &e.child_out);
	close_two(&e.child_err, &e.child_err);
	if (twc__fdpair_init(&c->s, &child_ops, r, e.in, e.out, true, name, err) < 0) {
		(void)twc_child_kill(c->proc, SIGKILL);
		twc_child_release(c->proc);
		twc__fdpair_close(&c->s.t, true);
		twc__errlog_close(&c->errlog);
		twc_free(c);
		return NULL;
	}
	if (!how->log_id)
		c->errlog.id = twc_transport_id(&c->s.t);
	twc_transport_ref(&c->s.t); /* on_exit_status's, or on_forgotten's */
	twc__child_on_forgotten(c->proc, on_forgotten);
	twc__transport_begin(&c->s.t, p, 0);
	return &c->s.t;
fail:
	close_two(&e.in, &e.out);
	close_two(&e.child_in, &e.child_out);
	close_two(&e.child_err, &e.child_err);
	twc__errlog_close(&c->errlog);
	twc_free(c);
	return NULL;
}

struct twc_transport *twc_transport_from_child(struct twc_reactor *r, const struct twc_spawn *how, const char *name,
					       struct twc_protocol *p, struct twc_err *err)
{
	return child_start(r, how, false, name, p, err);
}

struct twc_transport *twc__transport_from_child_on_pty(struct twc_reactor *r, const struct twc_spawn *how,
						       const char *name, struct twc_protocol *p, struct twc_err *err)
{
	return child_start(r, how, true, name, p, err);
}
