/* SPDX-License-Identifier: MIT */
/*
 * twc serve: answer connections, with a service or with standard input and output.
 *
 *	endpoints -> gate -> server (census, limits) -> service | hub (many clients) | join (--once)
 *
 * The run ends when three things have: the server, the standard streams' use, and the COMMAND. Whatever was made
 * is unmade before the process exits or dies by a signal, so that no socket file stays behind.
 */
#include "live.h"
#include "out.h"
#include "serve.h"

#include <signal.h>
#include <twc/app.h>
#include <twc/net.h>
#include <twc/parse.h>
#include <twc/protocol.h>
#include <unistd.h>

/* ---- a run ---- */

enum { N_SIGNALS = 3 };

struct serve {
	struct ctx *ctx;
	const struct serve_params *p;
	int n;
	char **operand;
	struct twc_endpoint **endpoint; /* owned, as everything below */
	struct twc_reactor *r;
	struct twc_gate *gate;
	struct serve_service service; /* without a factory: standard input and output */
	struct twc_hub *hub;
	struct twc_join *join;
	struct wire wire; /* around the service */
	struct live live;
	uint64_t started_ns, ended_ns;
	struct twc_server *server;
	struct twc_command *command; /* the reactor's; NULL when it has ended */
	struct twc_signal_watch signal[N_SIGNALS];
	bool server_is_done, stdio_is_busy;
	int signo;	    /* the one that asked to stop, 0: none */
	bool is_cut;	    /* connections were still open at the end */
	int command_status; /* of waitpid; -1: there was none */
	struct twc_timer settle;
	uint64_t came;	    /* connections, when it was last looked */
	struct twc_err err; /* what failed; code 0: nothing */
};

static void stop(void *arg)
{
	twc_reactor_stop(arg);
}

/* Behind what the transports have queued. */
static void serve_end(struct serve *s)
{
	twc_reactor_call(s->r, stop, s->r);
}

static void serve_maybe_end(struct serve *s)
{
	if (s->server_is_done && !s->stdio_is_busy && !s->command && (s->is_cut || !serve_service_is_busy(&s->service)))
		serve_end(s);
}

static void serve_note(struct serve *s, const struct twc_err *err)
{
	if (err->code && !s->err.code && !s->is_cut) /* what is cut short fails for that alone */
		s->err = *err;
}

/* ---- what the parts report ---- */

static void on_stopping(void *arg)
{
	struct serve *s = arg;

	(void)twc_ready_notify("STOPPING=1", NULL);
	if (s->command && !s->signo)
		twc_command_signal(s->command, SIGTERM); /* a time limit: nobody else tells it */
	if (s->hub && s->stdio_is_busy)
		twc_hub_stop(s->hub);
	serve_service_stopping(&s->service);
}

static void on_stopped(void *arg, const struct twc_err *err)
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
	serve_service_stop(&s->service);
	serve_maybe_end(s);
}

static void on_service_idle(void *arg)
{
	serve_maybe_end(arg);
}

static void on_hub_ended(void *arg, const struct twc_err *err)
{
	struct serve *s = arg;

	s->stdio_is_busy = false;
	serve_note(s, err);
	if (err->code)
		serve_end(s);
	serve_maybe_end(s);
}

/* So much was received as was asked for. */
static void on_hub_through(void *arg)
{
	struct serve *s = arg;

	twc_server_stop(s->server);
}

static void on_join_done(void *arg, struct twc_join *j, const struct twc_err *err)
{
	struct serve *s = arg;

	(void)j;
	s->stdio_is_busy = false;
	serve_note(s, err);
	serve_maybe_end(s);
}

/* COMMAND has ended, but the connections it made may still wait to be accepted: stops when a turn brought none. */
static void on_settle(struct twc_timer *t, void *arg)
{
	struct serve *s = arg;
	uint64_t came = twc_server_total(s->server);

	if (s->server_is_done) {
		serve_maybe_end(s);
	} else if (came == s->came) {
		twc_server_stop(s->server);
	} else {
		s->came = came;
		twc_timer_start(s->r, t, TWC_NS_PER_MS, on_settle, s);
	}
}

static void on_command(void *arg, int status)
{
	struct serve *s = arg;

	s->command = NULL;
	s->command_status = status;
	s->came = UINT64_MAX;
	on_settle(&s->settle, s);
}

/* With a COMMAND the first signal is its own; when it ends, serving does. */
static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	struct serve *s = arg;
	bool is_first = s->signo == 0;

	(void)w;
	s->signo = signo;
	if (s->command)
		twc_command_signal(s->command, signo);
	if (s->command ? !is_first : signo == SIGHUP) {
		s->is_cut = true;
		serve_end(s);
	} else if (!s->command) {
		twc_server_stop(s->server);
	}
}

/* What was to be recorded cannot be. */
static void on_record_failed(void *arg, const struct twc_err *err)
{
	serve_note(arg, err);
	serve_end(arg);
}

/* ---- standard input and output ---- */

static bool serve_attach_stdio(struct serve *s, struct twc_protocol *p, struct twc_err *err)
{
	int in = s->p->recv ? -1 : STDIN_FILENO, out = s->p->send ? -1 : STDOUT_FILENO;

	s->stdio_is_busy = twc_transport_from_stdio(s->r, in, out, true, "stdio", p, err) != NULL;
	return s->stdio_is_busy;
}

static void on_opened(void *arg, struct twc_transport *t)
{
	struct serve *s = arg;
	struct twc_err err = { 0 };

	(void)t;
	if (!s->join || s->stdio_is_busy)
		return;
	if (!serve_attach_stdio(s, twc_join_protocol(s->join, TWC_JOIN_B), &err))
		twc_join_fail(s->join, TWC_JOIN_B, &err);
	s->stdio_is_busy = true;
}

static struct twc_factory *serve_make_join(struct serve *s)
{
	struct twc_join_opts o = {
		.b_is_stdio = true,
		.b_is_terminal = !s->p->recv && isatty(STDIN_FILENO),
		.no_a_to_b = s->p->send,
		.no_b_to_a = s->p->recv,
		.idle_ns = s->p->idle,
		.max_ns = s->p->max_time,
		.done = on_join_done,
		.arg = s,
	};

	for (int i = 0; i < s->n; i++) {
		if (twc_endpoint_is_datagram(s->endpoint[i]))
			o.idle_ns = 0; /* the session's own end, and a clean one */
	}
	(void)wire_filter(&s->p->wire, &o.filter);
	s->join = twc_join_new(s->r, &o);
	return twc_join_factory(s->join, TWC_JOIN_A);
}

static struct twc_factory *serve_make_hub(struct serve *s)
{
	struct twc_hub_opts o = {
		.in_is_terminal = !s->p->recv && isatty(STDIN_FILENO),
		.send_only = s->p->send,
		.recv_only = s->p->recv,
		.tag = s->p->tag,
		.ended = on_hub_ended,
		.through = on_hub_through,
		.arg = s,
	};

	(void)wire_filter(&s->p->wire, &o.filter);
	s->hub = twc_hub_new(&o);
	return twc_hub_factory(s->hub);
}

/* ---- building ---- */

static int serve_parse_endpoints(struct serve *s)
{
	struct twc_err err = { 0 };
	const char *arg;
	bool has_datagrams = false;

	s->endpoint = twc_calloc((size_t)s->n, sizeof(struct twc_endpoint *));
	for (int i = 0; i < s->n; i++) {
		s->endpoint[i] = twc_endpoint_parse(s->operand[i], TWC_LISTEN, &err);
		if (!s->endpoint[i])
			return out_fail_syntax(s->ctx, s->operand[i], &err);
		if (!serve_service(s->p, &arg) && strcmp(twc_endpoint_type(s->endpoint[i]), "stdio") == 0)
			return out_usage(s->ctx, "%s needs a service: it cannot be joined with itself", s->operand[i]);
		has_datagrams |= twc_endpoint_is_datagram(s->endpoint[i]);
	}
	if (wire_check_kinds(&s->p->wire, true, has_datagrams, &err) < 0)
		return out_usage(s->ctx, "%s", err.text);
	return 0;
}

static int serve_make_gate(struct serve *s)
{
	const struct serve_params *p = s->p;
	uint64_t max = p->max_clients ? p->max_clients : p->exec || p->sh ? SERVE_CHILDREN_MAX : 0;
	struct twc_err err = { 0 }, why = { 0 };

	if (!max && !p->max_per_ip && !p->rules.n)
		return 0; /* a gate that lets everybody in would cost each connection a ticket */
	s->gate = twc_gate_new(s->r, (unsigned)max, (unsigned)p->max_per_ip);
	for (size_t i = 0; i < p->rules.n; i++) {
		const struct opt_item *rule = &p->rules.item[i];

		if (!twc_gate_rule(s->gate, strcmp(rule->opt->long_name, "allow") == 0, twc_str_of(rule->value), &why))
			continue;
		twc_err_set(&err, why.code, "--%s: %s", rule->opt->long_name, why.text);
		return out_fail(s->ctx, NULL, &err);
	}
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
	return status;
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
		.stopping = on_stopping,
		.stopped = on_stopped,
		.opened = on_opened,
		.arg = s,
	};
	struct twc_err err = { 0 };

	s->server = twc_server_new(s->r, &o);
	for (int i = 0; i < s->n; i++) {
		if (twc_server_listen(s->server, s->endpoint[i], &err) < 0)
			return out_fail(s->ctx, s->operand[i], &err);
	}
	if (s->hub && !serve_attach_stdio(s, twc_hub_stdio(s->hub), &err))
		return out_fail(s->ctx, "stdio", &err);
	return 0;
}

/* SIGHUP, SIGINT and SIGTERM; one that is ignored from outside (nohup, a job of a script) stays so. */
static int serve_watch_signals(struct serve *s)
{
	static const int signos[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	struct twc_err err = { 0 };

	for (int i = 0; i < N_SIGNALS; i++) {
		struct sigaction now;

		if (sigaction(signos[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			continue;
		if (twc_signal_start(s->r, &s->signal[i], signos[i], on_signal, s, &err) < 0)
			return out_fail(s->ctx, NULL, &err);
	}
	return 0;
}

static int serve_announce(struct serve *s, struct twc_port *const *port)
{
	int fd = s->p->ready_fd == UINT64_MAX ? -1 : (int)s->p->ready_fd;
	struct twc_err err = { 0 };
	char text[TWC_ADDR_TEXT_MAX];

	if (s->p->port_file && twc_ready_file(s->p->port_file, port, (size_t)s->n, &err) < 0)
		return out_fail(s->ctx, s->p->port_file, &err);
	for (int i = 0; i < s->n; i++) {
		for (size_t k = 0; port[i] && k < twc_port_count(port[i]); k++) {
			if (out_ready(s->ctx, twc_port_text(port[i], k, text, sizeof(text)), fd, &err) < 0)
				return out_fail(s->ctx, NULL, &err);
		}
	}
	if (fd > STDERR_FILENO)
		close(fd);
	if (twc_ready_notify("READY=1", &err) < 0)
		return out_fail(s->ctx, NULL, &err);
	return 0;
}

static int serve_start_command(struct serve *s, struct twc_port *const *port)
{
	bool no_input = !s->service.factory && !s->p->recv;
	struct twc_err err = { 0 };
	char **env;

	if (!s->ctx->command)
		return 0;
	env = twc_ready_env(port, (size_t)s->n);
	s->command = twc_command_start(s->r, s->ctx->command, env, no_input, on_command, s, &err);
	twc_ready_env_free(env);
	if (s->command)
		return 0;
	out_fail(s->ctx, s->ctx->command[0], &err);
	return twc_command_exit(&err);
}

static int serve_go(struct serve *s)
{
	struct twc_port **port = twc_calloc((size_t)s->n, sizeof(struct twc_port *));
	struct twc_err err = { 0 };
	int status;

	for (int i = 0; i < s->n; i++)
		port[i] = twc_server_port(s->server, (size_t)i);
	status = serve_watch_signals(s);
	if (!status && live_start(&s->live, s->ctx, s->r, &err) < 0)
		status = out_fail(s->ctx, NULL, &err);
	if (!status)
		status = serve_announce(s, port);
	if (!status)
		status = serve_start_command(s, port);
	twc_free(port);
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

/* When the last connection has gone, the reactor too. */
static void serve_say_stats(const struct serve *s)
{
	uint64_t in, out, us = (s->ended_ns - s->started_ns) / TWC_NS_PER_US;

	twc_server_bytes(s->server, &in, &out);
	out_note(s->ctx, "%llu connections, %llu bytes received, %llu sent, %llu.%06llus",
		 (unsigned long long)twc_server_total(s->server), (unsigned long long)in, (unsigned long long)out,
		 (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
}

static void serve_free(struct serve *s)
{
	for (int i = 0; i < N_SIGNALS && s->r; i++)
		twc_signal_stop(s->r, &s->signal[i]);
	live_stop(&s->live);
	twc_server_close(s->server);
	s->server_is_done = false; /* nothing ends twice */
	if (s->r)
		twc_reactor_free(s->r); /* ends what is still open: only then may go what connections point to */
	if (s->started_ns && s->p->stats)
		serve_say_stats(s);
	twc_server_free(s->server);
	wire_free(&s->wire);
	twc_join_free(s->join);
	twc_hub_free(s->hub);
	serve_service_free(&s->service);
	twc_gate_free(s->gate);
	for (int i = 0; i < s->n && s->endpoint; i++)
		twc_endpoint_free(s->endpoint[i]);
	twc_free(s->endpoint);
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
	if (s->command_status >= 0)
		return out_child_exit(s->command_status);
	if (s->is_cut)
		return out_error(s->ctx, TWC_ETIMEDOUT, "connections were still open when the drain ended");
	return of_service >= 0 ? of_service : 0;
}

int serve_run(struct ctx *ctx, void *params, int n, char **operand)
{
	struct serve s = { .ctx = ctx, .p = params, .n = n, .operand = operand, .command_status = -1 };
	struct twc_err err = { 0 };
	struct twc_factory *f = NULL;
	int status = serve_parse_endpoints(&s), of_service = -1;

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
	if (!status)
		status = serve_listen(&s, f);
	if (!status)
		status = serve_go(&s);
	if (s.p->once)
		of_service = serve_service_status(&s.service, &s.err);
	serve_free(&s);
	return status ? status : serve_status(&s, of_service);
}
