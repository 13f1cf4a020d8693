/* SPDX-License-Identifier: MIT */
/*
 * twc connect: reach an endpoint, or check that it can be reached.
 *
 *	dial A, then dial B or open standard input and output -> join -> status
 *
 * Signals keep their default, as nothing here needs undoing; only where a program is an end, which has a process group
 * of its own, they are passed on to it first. Standard input is opened when the other end is there, so a
 * failed dial has read nothing.
 */
#include "out.h"

#include <signal.h>
#include <twc/app.h>
#include <twc/parse.h>
#include <unistd.h>

#define STREAMS "Streams"
#define LIMITS "Limits"

enum { EXCL_WAY = 1 };

struct connect_params {
	const char *to;
	bool send, recv, check, stats;
	int eof; /* enum twc_join_eof */
	uint64_t idle, max_time, until_idle;
};

static const char *const eof_words[] = { "half", "close", "keep", NULL }; /* enum twc_join_eof */

#define AT(member) .offset = offsetof(struct connect_params, member)

static const struct twc_opt connect_opts[] = {
	{ .long_name = "to", .type = OPT_STRING, .hint = OPT_HINT_CONNECT, AT(to), .arg = "ENDPOINT", .group = STREAMS,
	  .help = "join with this endpoint instead of standard input and output" },
	{ .long_name = "send", .type = OPT_FLAG, .excl = EXCL_WAY, AT(send), .group = STREAMS,
	  .help = "standard input to the peer only; what it sends is thrown away" },
	{ .long_name = "recv", .type = OPT_FLAG, .excl = EXCL_WAY, AT(recv), .group = STREAMS,
	  .help = "the peer to standard output only; standard input is not read" },
	{ .long_name = "eof", .type = OPT_WORD, AT(eof), .arg = "MODE", .words = eof_words, .def = "half",
	  .group = STREAMS,
	  .help = "the end of one direction: is passed on (half), closes both (close), is kept back (keep)" },

	{ .long_name = "idle", .type = OPT_DURATION, AT(idle), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 75 when there was no traffic for so long" },
	{ .long_name = "until-idle", .type = OPT_DURATION, AT(until_idle), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 0 when there was no traffic for so long" },
	{ .long_name = "max-time", .type = OPT_DURATION, AT(max_time), .arg = "DURATION", .min = 1, .group = LIMITS,
	  .help = "end with status 75 when the whole, the dial included, takes longer" },

	{ .long_name = "check", .type = OPT_FLAG, AT(check), .group = "Checking",
	  .help = "only see whether every ENDPOINT can be reached; standard input is not read" },
	{ .long_name = "stats", .type = OPT_FLAG, AT(stats), .group = "Checking",
	  .help = "at the end, say how many bytes passed and how long it took" },
	{ 0 },
};

static int connect_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err)
{
	const struct connect_params *p = params;

	(void)ctx;
	if (p->check && (p->to || p->send || p->recv || p->stats || p->idle || p->until_idle || p->max_time || p->eof))
		return twc_err_set(err, TWC_EUSAGE, "--check joins nothing: it goes with endpoints alone");
	if (n == 2 && !strchr(operand[0], ':') && strspn(operand[1], "0123456789") == strlen(operand[1]))
		return twc_err_set(err, TWC_EUSAGE, "%s %s is no endpoint; did you mean tcp:%s:%s?", operand[0],
				   operand[1], operand[0], operand[1]);
	if (!p->check && n > 1)
		return twc_err_set(err, TWC_EUSAGE, "more than one ENDPOINT: join two with --to, or --check them");
	if (p->to && (p->send || p->recv))
		return twc_err_set(err, TWC_EUSAGE, "--%s is about standard input and output: it does not go with --to",
				   p->send ? "send" : "recv");
	return 0;
}

/* ---- a run ---- */

enum { N_SIGNALS = 3 };

struct connect {
	struct ctx *ctx;
	const struct connect_params *p;
	const char *name[2];		 /* as typed; name[1] NULL: standard input and output */
	struct twc_endpoint *endpoint[2]; /* owned; [1] NULL likewise */
	struct twc_reactor *r;		 /* owned */
	struct twc_census *census[2];	 /* owned: the lines of -v */
	struct twc_join *join;		 /* owned */
	struct twc_deferred *dial[2];	 /* our holds */
	struct twc_signal_watch signal[N_SIGNALS];
	uint64_t started_ns;
	struct twc_err err;
};

static void stop(void *arg)
{
	twc_reactor_stop(arg);
}

static void on_done(void *arg, struct twc_join *j, const struct twc_err *err)
{
	struct connect *c = arg;

	(void)j;
	c->err = *err;
	twc_reactor_call(c->r, stop, c->r); /* behind what the transports have queued */
}

static void on_expired(void *arg)
{
	struct connect *c = arg;

	for (int i = 0; i < 2; i++) {
		if (c->dial[i] && !twc_deferred_has_result(c->dial[i]))
			twc_deferred_cancel(c->dial[i]);
	}
}

static void connect_stdio(struct connect *c)
{
	int in = c->p->recv ? -1 : STDIN_FILENO, out = c->p->send ? -1 : STDOUT_FILENO;
	struct twc_protocol *p = twc_join_protocol(c->join, TWC_JOIN_B);
	struct twc_err err = { 0 };

	if (!twc_transport_from_stdio(c->r, in, out, true, "stdio", p, &err))
		twc_join_fail(c->join, TWC_JOIN_B, &err);
}

static void connect_dial(struct connect *c, enum twc_join_side side);

static void on_dialled_b(struct twc_result *res, void *arg)
{
	struct connect *c = arg;

	if (!res->err.code)
		return;
	twc_join_fail(c->join, TWC_JOIN_B, &res->err);
	twc_result_set(res, NULL, NULL);
}

static void on_dialled_a(struct twc_result *res, void *arg)
{
	struct connect *c = arg;

	if (res->err.code) {
		twc_join_fail(c->join, TWC_JOIN_A, &res->err);
		twc_result_set(res, NULL, NULL);
	} else if (c->endpoint[TWC_JOIN_B]) {
		connect_dial(c, TWC_JOIN_B);
	} else {
		connect_stdio(c);
	}
}

static void connect_dial(struct connect *c, enum twc_join_side side)
{
	c->census[side] = twc_census_new(c->r, twc_join_factory(c->join, side), NULL, NULL);
	c->dial[side] = twc_endpoint_connect(c->endpoint[side], c->r, twc_census_factory(c->census[side]));
	twc_deferred_add_both(c->dial[side], side == TWC_JOIN_A ? on_dialled_a : on_dialled_b, c);
}

static void connect_make_join(struct connect *c)
{
	const struct connect_params *p = c->p;
	bool is_stdio = !c->endpoint[TWC_JOIN_B];
	struct twc_join_opts o = {
		.eof = (enum twc_join_eof)p->eof,
		.b_is_stdio = is_stdio,
		.b_is_terminal = is_stdio && !p->recv && isatty(STDIN_FILENO),
		.no_a_to_b = p->send,
		.no_b_to_a = p->recv,
		.idle_ns = p->idle,
		.until_idle_ns = p->until_idle,
		.max_ns = p->max_time,
		.is_timed_from_start = true,
		.expired = on_expired,
		.done = on_done,
		.arg = c,
	};

	c->join = twc_join_new(c->r, &o);
}

/* ---- the end ---- */

static void connect_say_stats(const struct connect *c)
{
	uint64_t us = (twc_reactor_now(c->r) - c->started_ns) / TWC_NS_PER_US;
	struct twc_join_count a;

	twc_join_count(c->join, TWC_JOIN_A, &a);
	out_note(c->ctx, "%llu bytes received, %llu sent, %llu.%06llus", (unsigned long long)a.in,
		 (unsigned long long)a.out, (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
}

static bool is_program(const struct twc_endpoint *e)
{
	return e && (strcmp(twc_endpoint_type(e), "exec") == 0 || strcmp(twc_endpoint_type(e), "sh") == 0);
}

static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	struct connect *c = arg;

	(void)w;
	twc_join_signal(c->join, signo);
	out_die_by_signal(signo);
}

/* What is ignored from outside (nohup, a job of a script) stays so. */
static int connect_watch_signals(struct connect *c, struct twc_err *err)
{
	static const int signos[N_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	int rc = 0;

	if (!is_program(c->endpoint[0]) && !is_program(c->endpoint[1]))
		return 0;
	for (int i = 0; i < N_SIGNALS && !rc; i++) {
		struct sigaction now;

		if (sigaction(signos[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			continue;
		rc = twc_signal_start(c->r, &c->signal[i], signos[i], on_signal, c, err);
	}
	return rc;
}

/* The status of a child that decides: of the side that failed, or, all being well, the first that is not 0. */
static int connect_child_status(const struct connect *c)
{
	int culprit = twc_join_culprit(c->join), status = -1;

	for (int i = 0; i < 2; i++) {
		struct twc_join_count count;

		twc_join_count(c->join, (enum twc_join_side)i, &count);
		if (count.child_status < 0 || (c->err.code && culprit != i))
			continue;
		if (status <= 0)
			status = out_child_exit(count.child_status);
	}
	return status;
}

static int connect_status(const struct connect *c)
{
	int culprit = twc_join_culprit(c->join), child = connect_child_status(c);
	const char *name = c->name[culprit == TWC_JOIN_B && c->name[1]];

	if (child >= 0)
		return child;
	if (!c->err.code)
		return 0;
	if (c->err.code == TWC_ENOINPUT && culprit >= 0 && is_program(c->endpoint[culprit])) {
		out_fail(c->ctx, name, &c->err);
		return twc_command_exit(&c->err);
	}
	return out_fail(c->ctx, name, &c->err);
}

static void connect_free(struct connect *c)
{
	for (int i = 0; i < N_SIGNALS && c->r; i++)
		twc_signal_stop(c->r, &c->signal[i]);
	for (int i = 0; i < 2; i++) {
		if (!c->dial[i])
			continue;
		if (!twc_deferred_has_result(c->dial[i]))
			twc_deferred_cancel(c->dial[i]);
		twc_deferred_release(c->dial[i]);
	}
	if (c->r)
		twc_reactor_free(c->r);
	for (int i = 0; i < 2; i++) {
		twc_census_free(c->census[i]);
		if (c->endpoint[i])
			twc_endpoint_free(c->endpoint[i]);
	}
	twc_join_free(c->join);
}

static int connect_go(struct connect *c)
{
	struct twc_err err = { 0 };
	int status;

	c->started_ns = twc_reactor_now(c->r);
	connect_make_join(c);
	if (connect_watch_signals(c, &err) < 0)
		return out_fail(c->ctx, NULL, &err);
	connect_dial(c, TWC_JOIN_A);
	if (twc_reactor_run(c->r, &err) < 0)
		return out_fail(c->ctx, NULL, &err);
	if (c->p->stats)
		connect_say_stats(c);
	status = connect_status(c);
	return status;
}

static bool is_stdio(const struct twc_endpoint *e)
{
	return strcmp(twc_endpoint_type(e), "stdio") == 0;
}

/* Standard input and output is side B, whichever way it was written. */
static int connect_parse(struct connect *c)
{
	struct twc_err err = { 0 };

	for (int i = 0; i < 2 && c->name[i]; i++) {
		c->endpoint[i] = twc_endpoint_parse(c->name[i], TWC_CONNECT, &err);
		if (!c->endpoint[i])
			return out_fail_syntax(c->ctx, c->name[i], &err);
	}
	if (c->endpoint[1] && is_stdio(c->endpoint[0])) {
		struct twc_endpoint *e = c->endpoint[0];
		const char *name = c->name[0];

		c->endpoint[0] = c->endpoint[1];
		c->name[0] = c->name[1];
		c->endpoint[1] = e;
		c->name[1] = name;
	}
	if (is_stdio(c->endpoint[0]))
		return out_usage(c->ctx, "standard input and output cannot be joined with themselves");
	if (c->endpoint[1] && is_stdio(c->endpoint[1])) {
		twc_endpoint_free(c->endpoint[1]);
		c->endpoint[1] = NULL;
		c->name[1] = NULL;
	}
	return 0;
}

static int connect_join(struct ctx *ctx, const struct connect_params *p, const char *name)
{
	struct connect c = { .ctx = ctx, .p = p, .name = { name, p->to } };
	struct twc_err err = { 0 };
	int status = connect_parse(&c);

	if (!status) {
		c.r = common_reactor_new(ctx, &err);
		status = c.r ? connect_go(&c) : out_fail(ctx, NULL, &err);
	}
	connect_free(&c);
	return status;
}

/* ---- --check ---- */

struct check_run {
	struct ctx *ctx;
	struct twc_reactor *r;
	int status;
};

static void on_checked(void *arg, const struct twc_check_result *result, size_t n)
{
	struct check_run *run = arg;

	for (size_t i = 0; i < n; i++) {
		if (result[i].err.code)
			out_fail(run->ctx, twc_endpoint_text(result[i].endpoint), &result[i].err);
	}
	run->status = twc_err_exit(twc_check_code(result, n));
	twc_reactor_stop(run->r);
}

static int check_go(struct check_run *run, struct twc_endpoint **e, size_t n)
{
	struct twc_check *check;
	struct twc_err err = { 0 };

	run->r = common_reactor_new(run->ctx, &err);
	if (!run->r)
		return out_fail(run->ctx, NULL, &err);
	check = twc_check_new(run->r, e, n, 0, on_checked, run);
	if (twc_reactor_run(run->r, &err) < 0)
		run->status = out_fail(run->ctx, NULL, &err);
	twc_check_free(check);
	twc_reactor_free(run->r);
	return run->status;
}

static int connect_check_all(struct ctx *ctx, int n, char **operand)
{
	struct twc_endpoint **e = twc_calloc((size_t)n, sizeof(struct twc_endpoint *));
	struct check_run run = { .ctx = ctx };
	struct twc_err err = { 0 };

	for (int i = 0; i < n && !run.status; i++) {
		e[i] = twc_endpoint_parse(operand[i], TWC_CONNECT, &err);
		if (!e[i])
			run.status = out_fail_syntax(ctx, operand[i], &err);
	}
	if (!run.status)
		run.status = check_go(&run, e, (size_t)n);
	for (int i = 0; i < n; i++) {
		if (e[i])
			twc_endpoint_free(e[i]);
	}
	twc_free(e);
	return run.status;
}

static int connect_run(struct ctx *ctx, void *params, int n, char **operand)
{
	const struct connect_params *p = params;

	return p->check ? connect_check_all(ctx, n, operand) : connect_join(ctx, p, operand[0]);
}

const struct twc_cmd cmd_connect = {
	.name = "connect",
	.summary = "reach an endpoint, or check that it can be reached",
	.synopsis =
		(const char *const[]){
			"twc connect ENDPOINT [--to ENDPOINT]",
			"twc connect --check ENDPOINT...",
			NULL,
		},
	.description = "Joins ENDPOINT with standard input and output, or with a second endpoint. The end of standard "
		       "input is passed on, and reading goes on until the peer ends too. Status 0 means that every byte "
		       "read was accepted by the other side, and every byte received was written out.",
	.examples =
		(const struct cmd_example[]){
			{ "printf 'hi\\n' | twc connect tcp:7000", "say hi to port 7000 of this machine" },
			{ "twc connect tcp:host:9000 --send < file", "send a file; status 0 when it was delivered" },
			{ "twc connect --check tcp:db:5432:timeout=2", "can the database be reached?" },
			{ 0 },
		},
	.opts = connect_opts,
	.slips =
		(const struct opt_slip[]){
			{ "-l", "`twc serve` listens" },
			{ "-N", "the end of standard input is passed on as it is (--eof half)" },
			{ "-z", "that is --check" },
			{ "-w", "the time to connect is in the endpoint: tcp:HOST:PORT:timeout=2" },
			{ "-u", "UDP is the endpoint udp:HOST:PORT" },
			{ "-U", "a UNIX socket is the endpoint unix:PATH" },
			{ 0 },
		},
	.operands = { .name = "ENDPOINT", .hint = OPT_HINT_CONNECT, .min = 1, .help = "what to reach" },
	.params_size = sizeof(struct connect_params),
	.check = connect_check,
	.run = connect_run,
};
