/* SPDX-License-Identifier: MIT */
/*
 * A program for each connection: `serve --exec` and `--sh`. What the client sends is the child's standard input, what
 * the child writes goes to the client:
 *
 *	client transport  --pipe-->  child transport (own process group)
 *	                  <--pipe--
 *
 * Either half may end before the other. The child's end is the connection's end: what it wrote is sent first. The
 * client's end closes the child's input and gives it time; a reset, or a stop, ends its whole group by SIGTERM, and 2 s
 * later by SIGKILL. A session lives from made() of its client until both transports have gone.
 *
 * A detached child has the client's socket itself, and the client's transport only stands for it until the child has ended,
 * or is left alone.
 */
#include "app/exec_env.h"
#include "base/list.h"
#include "endpoint/endpoint_int.h"
#include "transport/transport_int.h"

#include <twc/app.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

#define DGRAM_MAX 65507 /* what one datagram holds */

struct session {
	struct twc_protocol client, child;
	struct twc_exec *x;		   /* borrowed */
	struct twc_transport *t, *child_t; /* borrowed; NULL before made and after lost */
	struct twc__list node;		   /* in x->sessions while it lives */
	struct twc_child *proc;		   /* detached; NULL once it has ended or was left alone */
	bool client_waits, child_waits;	   /* paused by us: datagrams are not piped */
};

struct twc_exec {
	struct twc_factory factory;
	struct twc_reactor *r;
	struct twc_exec_opts o;
	char **word; /* owned: one allocation of the splitter, or of our own for a script */
	struct twc__list sessions;
	int last_status;
	struct twc_err err; /* why the last child could not be started */
};

/* ---- sessions ---- */

static void session_maybe_free(struct session *s)
{
	struct twc_exec *x = s->x;

	if (s->t || s->child_t || s->proc)
		return;
	twc__list_remove(&s->node);
	twc_free(s);
	if (twc__list_is_empty(&x->sessions) && x->o.idle)
		x->o.idle(x->o.arg);
}

/* SIGTERM now; what is left of it after 2 s gets SIGKILL, by the transport. */
static void session_end_child(struct session *s)
{
	if (!s->child_t)
		return;
	(void)twc_transport_child_kill(s->child_t, SIGTERM);
	twc_transport_lose(s->child_t);
}

static const int stderr_fd[] = {
	[TWC_EXEC_STDERR_KEEP] = -1,
	[TWC_EXEC_STDERR_DROP] = -2,
	[TWC_EXEC_STDERR_MERGE] = 1,
	[TWC_EXEC_STDERR_LOG] = TWC_STDERR_LOG,
};

static bool session_spawn(struct session *s)
{
	struct twc_exec *x = s->x;
	struct twc__exec_env env;
	struct twc_spawn how = {
		.argv = (const char *const *)x->word,
		.fd = { -1, -1, stderr_fd[x->o.on_stderr] },
		.new_group = true,
		.log_id = twc_transport_id(s->t),
	};

	twc__exec_env_init(&env, s->t, x->o.ucspi);
	how.env_add = env.v;
	(void)twc_transport_from_child(x->r, &how, x->o.command, &s->child, &x->err);
	twc__exec_env_fini(&env);
	return s->child_t != NULL;
}

static void session_failed(struct session *s)
{
	twc_log(twc_reactor_log(s->x->r), app, ERROR, "#%llu: %s", (unsigned long long)twc_transport_id(s->t), s->x->err.text);
	twc_transport_fail(s->t, &s->x->err);
}

static void session_log_end(const struct session *s, int status)
{
	struct twc_log *log = twc_reactor_log(s->x->r);
	unsigned long long id = s->t ? twc_transport_id(s->t) : 0;

	if (!s->t)
		return;
	if (WIFSIGNALED(status))
		twc_log(log, app, INFO, "#%llu: the command died by SIG%s", id, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		twc_log(log, app, INFO, "#%llu: the command ended with status %d", id, WEXITSTATUS(status));
}

/* ---- detached children ---- */

static void on_detached_end(struct twc_child *proc, int status, void *arg)
{
	struct session *s = arg;

	(void)proc;
	s->proc = NULL;
	s->x->last_status = status;
	session_log_end(s, status);
	twc_transport_lose(s->t); /* whoever else has the socket goes on with it */
}

static bool session_detach(struct session *s)
{
	struct twc_exec *x = s->x;
	struct twc__exec_env env;
	struct twc_spawn how = { .argv = (const char *const *)x->word, .new_session = true };
	int fd;

	twc__exec_env_init(&env, s->t, x->o.ucspi);
	fd = twc__transport_give(s->t);
	if (fd < 0) {
		twc_err_set(&x->err, TWC_EUSAGE, "this connection is no socket that a program could be given");
	} else {
		how.fd[0] = how.fd[1] = fd;
		how.fd[2] = stderr_fd[x->o.on_stderr] == 1 ? fd : stderr_fd[x->o.on_stderr];
		how.env_add = env.v;
		s->proc = twc_child_spawn(x->r, &how, on_detached_end, s, &x->err);
		close(fd);
	}
	twc__exec_env_fini(&env);
	return s->proc != NULL;
}

/* It goes on without us. */
static void session_leave(struct session *s)
{
	if (s->proc)
		twc_child_release(s->proc);
	s->proc = NULL;
}

/* ---- the client ---- */

static struct session *of_client(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct session, client);
}

static void client_made(struct twc_protocol *p)
{
	struct session *s = of_client(p);

	s->t = p->transport;
	twc_transport_by_lines(s->t);
	twc__transport_by_bytes(s->t); /* where lines were declined */
	twc__list_add_tail(&s->x->sessions, &s->node);
	if (!(s->x->o.detached ? session_detach(s) : session_spawn(s))) {
		session_failed(s);
		return;
	}
	if (s->x->o.detached)
		return;
	if (twc_transport_is_datagram(s->t))
		return;
	twc_transport_pipe(s->t, s->child_t);
	twc_transport_pipe(s->child_t, s->t);
}

/* Datagrams alone come here. */
static void client_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct session *s = of_client(p);

	if (!s->child_t)
		return;
	twc_transport_write(s->child_t, data, n);
	if (twc_transport_is_full(s->child_t) && !s->client_waits) {
		s->client_waits = true;
		twc_transport_pause(s->t);
	}
}

static void client_eof(struct twc_protocol *p)
{
	struct session *s = of_client(p);

	if (s->child_t)
		twc_transport_write_eof(s->child_t);
}

static void client_drained(struct twc_protocol *p)
{
	struct session *s = of_client(p);

	if (s->child_t && s->child_waits) {
		s->child_waits = false;
		twc_transport_resume(s->child_t);
	}
}

static void client_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct session *s = of_client(p);

	s->t = NULL;
	session_leave(s);
	if (reason->code)
		session_end_child(s);
	else if (s->child_t)
		twc_transport_lose(s->child_t);
	session_maybe_free(s);
}

static const struct twc_protocol_ops client_ops = {
	.name = "exec",
	.made = client_made,
	.data = client_data,
	.eof = client_eof,
	.drained = client_drained,
	.lost = client_lost,
};

/* ---- the child ---- */

static struct session *of_child(struct twc_protocol *p)
{
	return TWC_CONTAINER_OF(p, struct session, child);
}

static void child_made(struct twc_protocol *p)
{
	of_child(p)->child_t = p->transport;
}

/* For a client of datagrams: a read is one, cut only where none could hold it. */
static void child_data(struct twc_protocol *p, const uint8_t *data, size_t n)
{
	struct session *s = of_child(p);

	while (s->t && n > 0) {
		size_t part = n < DGRAM_MAX ? n : DGRAM_MAX;

		twc_transport_write(s->t, data, part);
		data += part;
		n -= part;
	}
	if (s->t && twc_transport_is_full(s->t) && !s->child_waits) {
		s->child_waits = true;
		twc_transport_pause(s->child_t);
	}
}

/* It may go on reading what the client sends; datagrams have no half to end. */
static void child_eof(struct twc_protocol *p)
{
	struct session *s = of_child(p);

	if (s->t && !twc_transport_is_datagram(s->t))
		twc_transport_write_eof(s->t);
}

static void child_drained(struct twc_protocol *p)
{
	struct session *s = of_child(p);

	if (s->t && s->client_waits) {
		s->client_waits = false;
		twc_transport_resume(s->t);
	}
}

/* That it did not read all its input is its own affair. */
static void child_lost(struct twc_protocol *p, const struct twc_err *reason)
{
	struct session *s = of_child(p);

	(void)reason;
	s->x->last_status = twc_transport_child_status(s->child_t);
	session_log_end(s, s->x->last_status);
	s->child_t = NULL;
	if (s->t)
		twc_transport_lose(s->t);
	session_maybe_free(s);
}

static const struct twc_protocol_ops child_ops = {
	.name = "exec child",
	.made = child_made,
	.data = child_data,
	.eof = child_eof,
	.drained = child_drained,
	.lost = child_lost,
};

/* ---- the factory ---- */

static struct twc_protocol *exec_build(struct twc_factory *f, const struct twc_addr *peer)
{
	struct session *s = twc_calloc(1, sizeof(*s));

	(void)peer;
	s->client.ops = &client_ops;
	s->child.ops = &child_ops;
	s->x = TWC_CONTAINER_OF(f, struct twc_exec, factory);
	twc__list_init(&s->node);
	return &s->client;
}

static const struct twc_factory_ops exec_factory_ops = {
	.name = "exec",
	.build = exec_build,
};

static char **script_words(const char *script, struct twc_err *err)
{
	char **word;

	if (!script[strspn(script, " \t\n")]) {
		twc_err_set(err, TWC_EUSAGE, "the script is empty");
		return NULL;
	}
	word = twc_calloc(4, sizeof(*word));
	word[0] = (char *)(uintptr_t)"/bin/sh";
	word[1] = (char *)(uintptr_t)"-c";
	word[2] = (char *)(uintptr_t)script;
	return word;
}

int twc__exec_find_program(const char *name, struct twc_err *err)
{
	const char *path = getenv("PATH");
	struct twc_str rest = twc_str_of(path && *path ? path : "/usr/local/bin:/bin:/usr/bin"), dir;
	bool is_there = false;

	if (strchr(name, '/'))
		rest = TWC_STR("");
	while (twc_str_cut(&rest, ':', &dir)) {
		char *file = dir.n ? twc_asprintf("%.*s/%s", (int)dir.n, dir.p, name) : twc_strdup(name);
		bool can_run = access(file, X_OK) == 0;

		is_there |= errno == EACCES && access(file, F_OK) == 0;
		twc_free(file);
		if (can_run)
			return 0;
	}
	if (is_there)
		return twc_err_sys(err, TWC_ENOINPUT, EACCES, NULL, "cannot run %s: permission denied", name);
	return twc_err_sys(err, TWC_ENOINPUT, ENOENT, NULL, "cannot run %s: not found", name);
}

struct twc_exec *twc_exec_new(struct twc_reactor *r, const struct twc_exec_opts *o, struct twc_err *err)
{
	char **word = o->shell ? script_words(o->command, err) : twc__words_split(o->command, 1, err);
	struct twc_exec *x;

	if (!word)
		return NULL;
	if (twc__exec_find_program(word[0], err)) {
		twc_free(word);
		return NULL;
	}
	x = twc_calloc(1, sizeof(*x));
	x->factory.ops = &exec_factory_ops;
	x->r = r;
	x->o = *o;
	x->word = word;
	x->last_status = -1;
	twc__list_init(&x->sessions);
	return x;
}

void twc_exec_free(struct twc_exec *x)
{
	if (!x)
		return;
	TWC_ASSERT(twc__list_is_empty(&x->sessions));
	twc_free(x->word);
	twc_free(x);
}

struct twc_factory *twc_exec_factory(struct twc_exec *x)
{
	return &x->factory;
}

bool twc_exec_is_busy(const struct twc_exec *x)
{
	return !twc__list_is_empty(&x->sessions);
}

void twc_exec_stopping(struct twc_exec *x)
{
	TWC__LIST_FOR(n, &x->sessions) {
		struct session *s = TWC__LIST_ENTRY(n, struct session, node);

		if (!s->proc)
			continue;
		session_leave(s);
		twc_transport_lose(s->t);
	}
}

void twc_exec_stop(struct twc_exec *x)
{
	TWC__LIST_FOR(n, &x->sessions)
		session_end_child(TWC__LIST_ENTRY(n, struct session, node));
}

int twc_exec_last_status(const struct twc_exec *x, struct twc_err *err)
{
	if (x->last_status < 0)
		*err = x->err;
	return x->last_status;
}
