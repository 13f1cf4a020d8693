/* SPDX-License-Identifier: MIT */
/*
 * The life of a command that serves, whatever it answers with. The run ends when three things have: the server, the work that the
 * command says is left, and COMMAND. Whatever was made is unmade before the process exits or dies by a signal, so that no socket
 * file stays behind.
 */
#include "out.h"
#include "serving.h"

#include <fcntl.h>
#include <signal.h>
#include <twc/parse.h>
#include <unistd.h>

/* ---- options ---- */

void serving_init(struct serving_params *p)
{
	p->drain = 10 * TWC_NS_PER_S;
	p->ready_fd = UINT64_MAX;
	p->workers = UINT64_MAX;
}

void serving_fini(struct serving_params *p)
{
	opt_list_fini(&p->rules);
	opt_list_fini(&p->users);
}

static int check_bg(const struct ctx *ctx, const struct serving_params *p, struct twc_err *err)
{
	if (ctx->command)
		return twc_err_set(err, TWC_EUSAGE, "--bg and COMMAND exclude each other: COMMAND ends the server");
	if (p->ready_fd <= STDERR_FILENO)
		return twc_err_set(err, TWC_EUSAGE, "--ready-fd: with --bg it must be above 2");
	return 0;
}

int serving_check(const struct ctx *ctx, const struct serving_params *p, struct twc_err *err)
{
	if (ctx->command && !ctx->command[0])
		return twc_err_set(err, TWC_EUSAGE, "missing COMMAND after --");
	if (p->port_file && !p->port_file[0])
		return twc_err_set(err, TWC_EUSAGE, "--port-file: the name is empty");
	if (p->ready_fd != UINT64_MAX && fcntl((int)p->ready_fd, F_GETFD) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--ready-fd: descriptor %d is not open", (int)p->ready_fd);
	if (serving_gate_fits(p, err) < 0)
		return err->code;
	if (p->bg && check_bg(ctx, p, err) < 0)
		return err->code;
	if (p->pid_file && !p->pid_file[0])
		return twc_err_set(err, TWC_EUSAGE, "--pid-file: the name is empty");
	return 0;
}

/* ---- a run ---- */

static void stop(void *arg)
{
	twc_reactor_stop(arg);
}

const char *serving_name(const struct serving *s)
{
	return s->n - (s->beside != NULL) == 1 ? s->operand[0] : NULL;
}

void serving_stop(struct serving *s)
{
	if (s->workers)
		twc_workers_stop(s->workers);
	else
		twc_server_stop(s->server);
}

void serving_cut(struct serving *s)
{
	if (s->workers) {
		twc_workers_cut(s->workers);
		return;
	}
	s->is_cut = true;
	serving_quit(s);
}

void serving_quit(struct serving *s)
{
	twc_reactor_call(s->r, stop, s->r);
}

void serving_maybe_quit(struct serving *s)
{
	if (s->server_is_done && !s->command && !(s->ops->is_busy && s->ops->is_busy(s)))
		serving_quit(s);
}

void serving_note(struct serving *s, const struct twc_err *err)
{
	if (err->code && !s->err.code && !s->is_cut) /* what is cut short fails for that alone */
		s->err = *err;
}

/* ---- what the parts report ---- */

void serving_stopping(void *arg)
{
	struct serving *s = arg;

	if (!s->worker)
		(void)twc_ready_notify("STOPPING=1", NULL);
	if (s->command && !s->signo)
		twc_command_signal(s->command, SIGTERM); /* a time limit: nobody else tells it */
	if (s->workers)
		twc_server_close(s->server); /* the parent's sockets: the workers close theirs */
	else if (s->ops->stopping)
		s->ops->stopping(s);
}

void serving_stopped(void *arg, const struct twc_err *err)
{
	struct serving *s = arg;

	s->server_is_done = true;
	s->is_cut = err->code == TWC_ECANCELLED;
	if (s->ops->stopped)
		s->ops->stopped(s, err);
	else
		serving_note(s, err);
	serving_maybe_quit(s);
}

static void on_opened(void *arg, struct twc_transport *t)
{
	struct serving *s = arg;

	(void)t;
	if (s->worker)
		twc_worker_opened(s->worker);
	if (s->ops->opened)
		s->ops->opened(s);
}

/* With a COMMAND the first signal is its own; when it ends, serving does. */
static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	struct serving *s = arg;
	bool is_first = s->signo == 0;

	(void)w;
	if (signo == SIGHUP && serving_can_reload(s)) {
		serving_reload(s);
		if (s->workers)
			twc_workers_reload(s->workers);
		return;
	}
	s->signo = signo;
	if (s->command)
		twc_command_signal(s->command, signo);
	if (s->command ? !is_first : signo == SIGHUP)
		serving_cut(s);
	else if (!s->command)
		serving_stop(s);
}

/* ---- building ---- */

static struct twc_endpoint *parse_endpoint(const struct serving *s, const char *text, struct twc_err *err)
{
	struct twc_endpoint *e;
	char *both;

	if (!s->alpn || strncmp(text, "tls:", 4) != 0 || strstr(text, ":alpn="))
		return common_endpoint_parse(text, TWC_LISTEN, s->p->ip_version, err);
	both = twc_asprintf("%s:alpn=%s", text, s->alpn);
	e = common_endpoint_parse(both, TWC_LISTEN, s->p->ip_version, err);
	twc_free_secret(both, strlen(both)); /* keys may hold passwords */
	return e;
}

static int parse_endpoints(struct serving *s)
{
	struct twc_err err = { 0 };

	s->endpoint = twc_calloc((size_t)s->n, sizeof(struct twc_endpoint *));
	for (int i = 0; i < s->n; i++) {
		s->endpoint[i] = parse_endpoint(s, s->operand[i], &err);
		if (!s->endpoint[i])
			return out_fail_syntax(s->ctx, s->operand[i], &err);
	}
	return s->ops->check ? s->ops->check(s) : 0;
}

bool serving_may_defer(const struct serving *s)
{
	return !s->gate && !s->p->accept_timeout && !s->ctx->common.verbose && !s->ctx->common.trace;
}

static int listen_on(const struct serving *s, int i, struct twc_err *err)
{
	if (s->beside && i == s->n - 1)
		return twc_server_listen_beside(s->server, s->endpoint[i], s->beside, err);
	return twc_server_listen(s->server, s->endpoint[i], err);
}

static int listen_on_all(struct serving *s, struct twc_server_opts *o)
{
	struct twc_err err = { 0 };

	o->gate = s->gate;
	o->public = s->p->public;
	o->accept_timeout_ns = s->p->accept_timeout;
	o->for_ns = s->p->run_for;
	o->drain_ns = s->p->drain;
	o->shares = serving_workers(s->p);
	o->stopping = serving_stopping;
	o->stopped = serving_stopped;
	o->opened = on_opened;
	o->arg = s;
	s->server = twc_server_new(s->r, o);
	s->port = twc_calloc((size_t)s->n, sizeof(struct twc_port *));
	for (int i = 0; i < s->n; i++) {
		if (listen_on(s, i, &err) < 0)
			return out_fail(s->ctx, s->operand[i], &err);
		s->port[i] = twc_server_port(s->server, (size_t)i);
	}
	return s->ops->listening ? s->ops->listening(s) : 0;
}

/* SIGHUP, SIGINT and SIGTERM; one that is ignored from outside (nohup, a job of a script) stays so, unless it only has
 * files read again. */
int serving_watch_signals(struct serving *s)
{
	static const int signos[SERVING_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	struct twc_err err = { 0 };

	for (int i = 0; i < SERVING_SIGNALS; i++) {
		struct sigaction now;

		if (sigaction(signos[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN &&
		    !(signos[i] == SIGHUP && serving_can_reload(s)))
			continue;
		if (twc_signal_start(s->r, &s->signal[i], signos[i], on_signal, s, &err) < 0)
			return out_fail(s->ctx, NULL, &err);
	}
	return 0;
}

void serving_report(struct serving *s)
{
	if (!s->ops->asked || !s->ops->asked(s))
		live_report(&s->live);
}

static void on_asked(struct twc_signal_watch *w, int signo, void *arg)
{
	(void)w;
	(void)signo;
	serving_report(arg);
}

static int watch_asking(struct serving *s)
{
	struct twc_err err = { 0 };
	struct sigaction now;

	s->live.ctx = s->ctx;
	s->live.r = s->r;
	if (sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		return 0;
	return twc_signal_start(s->r, &s->live.signal, SIGUSR1, on_asked, s, &err) < 0 ? out_fail(s->ctx, NULL, &err) : 0;
}

static int go(struct serving *s)
{
	struct twc_err err = { 0 };
	int status;

	if (serving_workers(s->p))
		return serving_supervise(s);
	status = serving_watch_signals(s);
	if (!status)
		status = watch_asking(s);
	if (!status)
		status = serving_announce(s);
	if (!status)
		status = serving_start_command(s);
	if (status)
		return status;
	twc_server_start(s->server);
	s->started_ns = twc_reactor_now(s->r);
	if (twc_reactor_run(s->r, &err) < 0)
		serving_note(s, &err);
	s->ended_ns = twc_reactor_now(s->r);
	return 0;
}

int serving_run(struct serving *s)
{
	struct twc_server_opts o = { 0 };
	struct twc_err err = { 0 };
	int status;

	s->command_status = s->ready_fd = s->daemon.fd = -1;
	if (s->p->ready_fd != UINT64_MAX)
		s->ready_fd = (int)s->p->ready_fd;
	status = parse_endpoints(s);
	if (status)
		return status;
	if (!serving_process_begin(s))
		return s->status;
	s->r = common_reactor_new(s->ctx, &err);
	if (!s->r)
		return out_fail(s->ctx, NULL, &err);
	status = serving_make_gate(s);
	if (!status)
		status = s->ops->build(s, &o);
	if (!status)
		status = listen_on_all(s, &o);
	if (!status)
		status = serving_process_settle(s);
	return status ? status : go(s);
}

/* ---- the end ---- */

void serving_close(struct serving *s)
{
	for (int i = 0; i < SERVING_SIGNALS && s->r; i++)
		twc_signal_stop(s->r, &s->signal[i]);
	live_stop(&s->live);
	twc_watchdog_stop(&s->watchdog);
	twc_server_close(s->server);
	s->server_is_done = false; /* nothing ends twice */
	if (s->r)
		twc_reactor_free(s->r); /* ends what is still open: only then may go what connections point to */
	if (s->built)
		twc_reactor_free(s->built);
	s->r = s->built = NULL;
	if (s->ops->closed)
		s->ops->closed(s);
}

void serving_end(struct serving *s)
{
	if (s->workers) {
		twc_workers_count(s->workers, &s->total, &s->bytes_in, &s->bytes_out);
		twc_workers_free(s->workers);
		serving_close(s);
	} else {
		serving_close(s); /* when the last connection has gone, all is counted */
		s->total = s->server ? twc_server_total(s->server) : 0;
		if (s->server)
			twc_server_bytes(s->server, &s->bytes_in, &s->bytes_out);
	}
	twc_server_free(s->server);
	s->server = NULL;
}

void serving_free(struct serving *s)
{
	serving_process_end(s);
	twc_gate_free(s->gate);
	twc_gate_share_free(s->share);
	for (int i = 0; i < s->n && s->endpoint; i++)
		twc_endpoint_free(s->endpoint[i]);
	twc_free(s->endpoint);
	twc_free(s->port);
}

int serving_status(const struct serving *s)
{
	if (s->err.code)
		return out_fail(s->ctx, serving_name(s), &s->err);
	if (s->is_cut && s->signo)
		out_die_by_signal(s->signo);
	if (s->command_status > 0)
		return out_child_exit(s->command_status);
	if (s->is_cut && s->command_status < 0)
		return out_error(s->ctx, TWC_ETIMEDOUT, "connections were still open when the drain ended");
	return 0;
}
