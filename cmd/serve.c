/* SPDX-License-Identifier: MIT */
/*
 * twc serve: answer connections, with a service or with standard input and output.
 *
 *	endpoints -> gate -> server (census, limits) -> service | hub (many clients) | join (--once)
 *
 * The run ends when three things have: the server, the standard streams' use, and the COMMAND. Whatever was made
 * is unmade before the process exits or dies by a signal, so that no socket file stays behind.
 */
#include "out.h"
#include "serve_run.h"

#include <signal.h>
#include <twc/app.h>
#include <twc/net.h>
#include <twc/parse.h>
#include <twc/protocol.h>
#include <unistd.h>

/* ---- a run ---- */

static void stop(void *arg)
{
	twc_reactor_stop(arg);
}

void serve_stop(struct serve *s)
{
	if (s->workers)
		twc_workers_stop(s->workers);
	else
		twc_server_stop(s->server);
}

void serve_cut(struct serve *s)
{
	if (s->workers) {
		twc_workers_cut(s->workers);
		return;
	}
	s->is_cut = true;
	serve_end(s);
}

void serve_end(struct serve *s)
{
	twc_reactor_call(s->r, stop, s->r);
}

void serve_maybe_end(struct serve *s)
{
	if (s->server_is_done && !s->stdio_is_busy && !s->command && (s->is_cut || !serve_service_is_busy(&s->service)))
		serve_end(s);
}

void serve_note(struct serve *s, const struct twc_err *err)
{
	if (err->code && !s->err.code && !s->is_cut) /* what is cut short fails for that alone */
		s->err = *err;
}

/* ---- what the parts report ---- */

void serve_stopping(void *arg)
{
	struct serve *s = arg;

	if (!s->worker)
		(void)twc_ready_notify("STOPPING=1", NULL);
	if (s->command && !s->signo)
		twc_command_signal(s->command, SIGTERM); /* a time limit: nobody else tells it */
	if (s->hub && s->stdio_is_busy)
		twc_hub_stop(s->hub);
	if (s->workers)
		twc_server_close(s->server); /* the parent's sockets: the workers close theirs */
	else
		serve_service_stopping(&s->service);
}

void serve_stopped(void *arg, const struct twc_err *err)
{
	struct serve *s = arg;

	s->server_is_done = true;
	s->is_cut = err->code == TWC_ECANCELLED;
	if (s->is_cut)
		s->stdio_is_busy = false;
	else if (!s->join || twc_server_total(s->server) == 0)
		serve_note(s, err);
	if (s->hub && s->stdio_is_busy)
		twc_hub_stop(s->hub);
	if (!s->workers)
		serve_service_stop(&s->service);
	serve_maybe_end(s);
}

static void on_opened(void *arg, struct twc_transport *t)
{
	struct serve *s = arg;

	(void)t;
	if (s->worker)
		twc_worker_opened(s->worker);
	serve_stdio_opened(s);
}

/* --fail-on. With --once that is the server's own status. */
static void on_closed(void *arg, struct twc_transport *t, const struct twc_err *reason)
{
	struct serve *s = arg;
	char peer[TWC_ADDR_TEXT_MAX];

	if (reason->code && s->n_failed++ == 0)
		twc_err_set(&s->client_err, reason->code, "#%llu %s: %s", (unsigned long long)twc_transport_id(t),
			    twc_transport_peer_text(t, peer, sizeof(peer)), reason->text);
}

static void on_service_idle(void *arg)
{
	serve_maybe_end(arg);
}

/* With a COMMAND the first signal is its own; when it ends, serving does. */
static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	struct serve *s = arg;
	bool is_first = s->signo == 0;

	(void)w;
	if (signo == SIGHUP && serve_can_reload(s)) {
		serve_reload(s);
		if (s->workers)
			twc_workers_reload(s->workers);
		return;
	}
	s->signo = signo;
	if (s->command)
		twc_command_signal(s->command, signo);
	if (s->command ? !is_first : signo == SIGHUP)
		serve_cut(s);
	else if (!s->command)
		serve_stop(s);
}

/* What was to be recorded cannot be. */
static void on_record_failed(void *arg, const struct twc_err *err)
{
	serve_note(arg, err);
	serve_end(arg);
}

/* ---- building ---- */

static int serve_parse_endpoints(struct serve *s)
{
	struct twc_err err = { 0 };
	const char *arg;
	bool has_datagrams = false;

	s->endpoint = twc_calloc((size_t)s->n, sizeof(struct twc_endpoint *));
	for (int i = 0; i < s->n; i++) {
		s->endpoint[i] = common_endpoint_parse(s->operand[i], TWC_LISTEN, s->p->ip_version, &err);
		if (!s->endpoint[i])
			return out_fail_syntax(s->ctx, s->operand[i], &err);
		if (!serve_service(s->p, &arg) && strcmp(twc_endpoint_type(s->endpoint[i]), "stdio") == 0)
			return out_usage(s->ctx, "%s needs a service: it cannot be joined with itself", s->operand[i]);
		has_datagrams |= twc_endpoint_is_datagram(s->endpoint[i]);
	}
	if (has_datagrams && s->p->detach_children)
		return out_usage(s->ctx, "--detach-children is about connections: datagrams have none to hand over");
	if (wire_check_kinds(&s->p->wire, true, has_datagrams, &err) < 0)
		return out_usage(s->ctx, "%s", err.text);
	return 0;
}

static int serve_make_factory(struct serve *s, struct twc_factory **f)
{
	int status;

	s->service.idle = on_service_idle;
	s->service.arg = s;
	status = serve_service_make(s->ctx, s->p, s->r, &s->service);
	*f = s->service.factory;
	if (!status && !*f)
		*f = s->p->once ? serve_make_join(s) : serve_make_hub(s);
	if (!status)
		status = serve_service_greet(s->ctx, s->p, &s->service, f);
	return status;
}

static void serve_share_rate(struct serve *s, struct twc_factory **f)
{
	uint64_t rate, burst;

	if (!s->p->limit_rate_total)
		return;
	(void)wire_parse_rate(s->p->limit_rate_total, &rate, &burst, NULL); /* serve_check has seen it */
	s->rate_total = twc_rate_total_new(s->r, rate, burst);
	*f = s->rate_policy = twc_policy_share_rate_new(*f, s->rate_total);
}

/*
 * Where the client speaks first the kernel may keep one that is silent for a second (TCP_DEFER_ACCEPT), which makes
 * short connections cheaper. Not where somebody counts clients, times them or wants to hear of them.
 */
static bool serve_may_defer(const struct serve *s)
{
	const struct serve_params *p = s->p;

	return s->service.client_first && !s->gate && !p->once && !p->idle && !p->max_time &&
	       !p->accept_timeout && !s->ctx->common.verbose && !s->ctx->common.trace;
}

static int serve_listen(struct serve *s, struct twc_factory *f)
{
	const struct serve_params *p = s->p;
	struct twc_server_opts o = {
		.factory = f,
		.gate = s->gate,
		.public = p->public,
		.client_first = serve_may_defer(s),
		.once = p->once,
		.idle_ns = s->join ? 0 : p->idle,
		.max_ns = s->join ? 0 : p->max_time,
		.session_idle_ns = p->idle,
		.accept_timeout_ns = p->accept_timeout,
		.for_ns = p->run_for,
		.drain_ns = p->drain,
		.shares = serve_workers(p),
		.stopping = serve_stopping,
		.stopped = serve_stopped,
		.opened = on_opened,
		.closed = p->fail_on >= 0 && !p->once ? on_closed : NULL,
		.arg = s,
	};
	struct twc_err err = { 0 };

	s->server = twc_server_new(s->r, &o);
	s->port = twc_calloc((size_t)s->n, sizeof(struct twc_port *));
	for (int i = 0; i < s->n; i++) {
		if (twc_server_listen(s->server, s->endpoint[i], &err) < 0)
			return out_fail(s->ctx, s->operand[i], &err);
		s->port[i] = twc_server_port(s->server, (size_t)i);
	}
	if (s->hub && !serve_attach_stdio(s, twc_hub_stdio(s->hub), &err))
		return out_fail(s->ctx, "stdio", &err);
	return 0;
}

/* SIGHUP, SIGINT and SIGTERM; one that is ignored from outside (nohup, a job of a script) stays so, unless it only has
 * files read again. */
int serve_watch_signals(struct serve *s)
{
	static const int signos[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	struct twc_err err = { 0 };

	for (int i = 0; i < N_SIGNALS; i++) {
		struct sigaction now;

		if (sigaction(signos[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN &&
		    !(signos[i] == SIGHUP && serve_can_reload(s)))
			continue;
		if (twc_signal_start(s->r, &s->signal[i], signos[i], on_signal, s, &err) < 0)
			return out_fail(s->ctx, NULL, &err);
	}
	return 0;
}

static int serve_go(struct serve *s)
{
	struct twc_err err = { 0 };
	int status;

	if (serve_workers(s->p))
		return serve_supervise(s);
	status = serve_watch_signals(s);
	if (!status && live_start(&s->live, s->ctx, s->r, &err) < 0)
		status = out_fail(s->ctx, NULL, &err);
	if (!status)
		status = serve_announce(s);
	if (!status)
		status = serve_start_command(s);
	if (status)
		return status;
	twc_server_start(s->server);
	s->started_ns = twc_reactor_now(s->r);
	if (twc_reactor_run(s->r, &err) < 0)
		serve_note(s, &err);
	s->ended_ns = twc_reactor_now(s->r);
	return 0;
}

/* ---- the end ---- */

static void serve_say_stats(const struct serve *s, uint64_t total, uint64_t in, uint64_t out)
{
	uint64_t us = (s->ended_ns - s->started_ns) / TWC_NS_PER_US;

	out_note(s->ctx, "%llu connections, %llu bytes received, %llu sent, %llu.%06llus", (unsigned long long)total,
		 (unsigned long long)in, (unsigned long long)out, (unsigned long long)(us / 1000000),
		 (unsigned long long)(us % 1000000));
}

void serve_close(struct serve *s)
{
	for (int i = 0; i < N_SIGNALS && s->r; i++)
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
}

static void serve_free(struct serve *s)
{
	uint64_t total, in, out;

	if (s->workers) {
		twc_workers_count(s->workers, &total, &in, &out);
		twc_workers_free(s->workers);
		serve_close(s);
	} else {
		serve_close(s); /* when the last connection has gone, all is counted */
		total = s->server ? twc_server_total(s->server) : 0;
		if (s->server)
			twc_server_bytes(s->server, &in, &out);
	}
	if (s->started_ns && s->p->stats)
		serve_say_stats(s, total, in, out);
	twc_server_free(s->server);
	twc_policy_free(s->rate_policy);
	twc_rate_total_free(s->rate_total);
	wire_free(&s->wire);
	twc_join_free(s->join);
	twc_hub_free(s->hub);
	serve_service_free(&s->service);
	serve_process_end(s);
	twc_gate_free(s->gate);
	twc_gate_share_free(s->share);
	for (int i = 0; i < s->n && s->endpoint; i++)
		twc_endpoint_free(s->endpoint[i]);
	twc_free(s->endpoint);
	twc_free(s->port);
}

static int serve_fail_for_clients(const struct serve *s)
{
	struct twc_err err = s->client_err;

	if (s->n_failed > 1)
		twc_err_set(&err, err.code, "%s; %llu clients failed", s->client_err.text, s->n_failed);
	return out_fail(s->ctx, s->n == 1 ? s->operand[0] : NULL, &err);
}

/* `of_service` is what the service says of its one connection, or -1. */
static int serve_status(const struct serve *s, int of_service)
{
	int status;

	if (s->err.code) {
		status = out_fail(s->ctx, s->n == 1 ? s->operand[0] : NULL, &s->err);
		return of_service >= 0 ? of_service : status;
	}
	if (s->is_cut && s->signo)
		out_die_by_signal(s->signo);
	if (s->command_status > 0)
		return out_child_exit(s->command_status);
	if (s->is_cut && s->command_status < 0)
		return out_error(s->ctx, TWC_ETIMEDOUT, "connections were still open when the drain ended");
	if (s->n_failed)
		return serve_fail_for_clients(s);
	if (s->command_status == 0)
		return 0;
	return of_service >= 0 ? of_service : 0;
}

int serve_run(struct ctx *ctx, void *params, int n, char **operand)
{
	struct serve s = { .ctx = ctx, .p = params, .n = n, .operand = operand, .command_status = -1, .ready_fd = -1, .daemon.fd = -1 };
	struct twc_err err = { 0 };
	struct twc_factory *f = NULL;
	int status = serve_parse_endpoints(&s), of_service = -1;

	if (s.p->ready_fd != UINT64_MAX)
		s.ready_fd = (int)s.p->ready_fd;
	if (!status && !serve_process_begin(&s)) {
		serve_free(&s);
		return s.status;
	}
	if (!status) {
		s.r = common_reactor_new(ctx, &err);
		if (!s.r)
			status = out_fail(ctx, NULL, &err);
	}
	if (!status)
		status = serve_make_gate(&s);
	if (!status)
		status = serve_make_factory(&s, &f);
	if (!status)
		status = wire_open(&s.wire, ctx, &s.p->wire, &f, on_record_failed, &s);
	if (!status) {
		serve_share_rate(&s, &f);
		status = serve_listen(&s, f);
	}
	if (!status)
		status = serve_process_settle(&s);
	if (!status)
		status = serve_go(&s);
	if (s.p->once)
		of_service = serve_service_status(&s.service, &s.err);
	serve_free(&s);
	return status ? status : serve_status(&s, of_service);
}
