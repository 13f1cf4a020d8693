/* SPDX-License-Identifier: MIT */
/*
 * twc connect: reach an endpoint. Options are in connect_opts.c, checking in connect_check.c.
 *
 *	dial A, then dial B or open standard input and output -> join -> status
 *
 * Signals keep their default, unless an endpoint needs undoing or is a program, which has a process group of its own:
 * connect_traces.c. Standard input is opened when the other end is there, so a
 * failed dial has read nothing.
 */
#include "connect.h"
#include "live.h"
#include "out.h"
#include "terminal.h"

#include <twc/app.h>
#include <twc/parse.h>
#include <unistd.h>

/* ---- a run ---- */

struct connect {
	struct ctx *ctx;
	const struct connect_params *p;
	const char *name[2];		 /* as typed; name[1] NULL: standard input and output */
	struct twc_endpoint *endpoint[2]; /* owned; [1] NULL likewise */
	struct twc_reactor *r;		 /* owned */
	struct twc_census *census[2];	 /* owned: the lines of -v */
	struct twc_join *join;		 /* owned */
	struct wire wire;		 /* around side A */
	struct connect_talk talk;	 /* with side A */
	struct connect_traces traces;
	bool is_raw;			 /* the terminal is to be */
	struct terminal_window window;	 /* with --telnet */
	struct live live;
	struct progress progress;
	struct twc_factory *factory[2];	 /* of the sides; borrowed */
	struct twc_deferred *dial[2];	 /* our holds */
	uint64_t started_ns;
	struct twc_err err;
	struct twc_err record_err; /* code 0: none */
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
	terminal_restore();
	progress_stop(&c->progress);
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

	if (c->is_raw && terminal_raw(&err) < 0)
		twc_join_fail(c->join, TWC_JOIN_B, &err);
	else if (!twc_transport_from_stdio(c->r, in, out, true, "stdio", p, &err))
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
	const struct twc_protocol *p = res->value;

	if (res->err.code) {
		twc_join_fail(c->join, TWC_JOIN_A, &res->err);
		twc_result_set(res, NULL, NULL);
		return;
	}
	if (twc_buf_len(&c->talk.words) > 0)
		twc_transport_write(p->transport, twc_buf_head(&c->talk.words), twc_buf_len(&c->talk.words));
	if (c->endpoint[TWC_JOIN_B])
		connect_dial(c, TWC_JOIN_B);
	else
		connect_stdio(c);
}

static void connect_dial(struct connect *c, enum twc_join_side side)
{
	struct twc_factory *f;
	struct twc_retry_opts o;

	c->census[side] = twc_census_new(c->r, c->factory[side], NULL, NULL);
	f = twc_census_factory(c->census[side]);
	if (connect_retry_opts(c->p, &o))
		c->dial[side] = twc_retry_connect(c->endpoint[side], c->r, f, &o);
	else
		c->dial[side] = twc_endpoint_connect(c->endpoint[side], c->r, f);
	twc_deferred_add_both(c->dial[side], side == TWC_JOIN_A ? on_dialled_a : on_dialled_b, c);
}

static void on_received(void *arg, const uint8_t *data, size_t n, bool is_whole)
{
	struct connect *c = arg;

	twc_watcher_feed(c->talk.watcher, data, n, is_whole);
}

/* The key that ends it is looked for where the terminal keeps none to itself. */
static void connect_set_escape(const struct connect *c, struct twc_filter_opts *o)
{
	int key;

	if (!c->is_raw || terminal_parse_key(c->p->escape ? c->p->escape : "^]", &key, NULL) < 0 || key < 0)
		return;
	o->has_escape = true;
	o->escape = (uint8_t)key;
}

static void connect_make_join(struct connect *c)
{
	const struct connect_params *p = c->p;
	bool is_stdio = !c->endpoint[TWC_JOIN_B];
	struct twc_join_opts o = {
		.eof = p->eof == CONNECT_EOF_DEFAULT ? TWC_JOIN_EOF_HALF : (enum twc_join_eof)p->eof,
		.holds_empty_end = p->eof == CONNECT_EOF_DEFAULT && twc_endpoint_is_tunnelled(c->endpoint[TWC_JOIN_A]),
		.b_is_stdio = is_stdio,
		.b_is_terminal = is_stdio && !p->recv && isatty(STDIN_FILENO),
		.no_a_to_b = p->send,
		.no_b_to_a = p->recv,
		.idle_ns = p->idle,
		.until_idle_ns = p->until_idle,
		.linger_ns = p->linger,
		.max_ns = p->max_time,
		.is_timed_from_start = true,
		.expired = on_expired,
		.received = c->talk.watcher ? on_received : NULL,
		.done = on_done,
		.arg = c,
	};

	(void)wire_filter(&p->wire, &o.filter);
	connect_set_escape(c, &o.filter);
	c->join = twc_join_new(c->r, &o);
	for (int i = 0; i < 2; i++)
		c->factory[i] = twc_join_factory(c->join, (enum twc_join_side)i);
}

/* What was to be recorded cannot be: the connection is cut off. */
static void on_record_failed(void *arg, const struct twc_err *err)
{
	struct connect *c = arg;

	c->record_err = *err;
	terminal_restore();
	progress_stop(&c->progress);
	twc_reactor_call(c->r, stop, c->r);
}

/* ---- the end ---- */

static void connect_count(const void *arg, uint64_t *in, uint64_t *out)
{
	const struct connect *c = arg;
	struct twc_join_count a;

	twc_join_count(c->join, TWC_JOIN_A, &a);
	*in = a.in;
	*out = a.out;
}

void connect_say_stats(const struct ctx *ctx, const struct twc_reactor *r, uint64_t started_ns, uint64_t in, uint64_t out)
{
	uint64_t us = (twc_reactor_now(r) - started_ns) / TWC_NS_PER_US;

	out_note(ctx, "%llu bytes received, %llu sent, %llu.%06llus", (unsigned long long)in, (unsigned long long)out,
		 (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
}

bool connect_is_program(const struct twc_endpoint *e)
{
	return e && (strcmp(twc_endpoint_type(e), "exec") == 0 || strcmp(twc_endpoint_type(e), "sh") == 0);
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

/* All went well: did what was expected come? */
static int connect_expectation(const struct connect *c)
{
	struct twc_watcher *w = c->talk.watcher;
	struct twc_err err = { 0 };

	if (!w || twc_watcher_is_met(w))
		return 0;
	if (!twc_endpoint_is_datagram(c->endpoint[TWC_JOIN_A]) && twc_watcher_feed(w, NULL, 0, true))
		return 0;
	twc_watcher_fail(w, &err);
	return out_fail(c->ctx, c->name[TWC_JOIN_A], &err);
}

static int connect_status(const struct connect *c)
{
	int culprit = twc_join_culprit(c->join), child = connect_child_status(c);
	const char *name = c->name[culprit == TWC_JOIN_B && c->name[1]];

	if (c->record_err.code)
		return out_fail(c->ctx, NULL, &c->record_err);
	if (child > 0)
		return child;
	if (child == 0 || !c->err.code)
		return connect_expectation(c);
	if (c->err.code == TWC_ENOINPUT && culprit >= 0 && connect_is_program(c->endpoint[culprit])) {
		out_fail(c->ctx, name, &c->err);
		return twc_command_exit(&c->err);
	}
	return out_fail(c->ctx, name, &c->err);
}

static void connect_free(struct connect *c)
{
	for (int i = 0; i < 2; i++) {
		if (!c->dial[i])
			continue;
		if (!twc_deferred_has_result(c->dial[i]))
			twc_deferred_cancel(c->dial[i]);
		twc_deferred_release(c->dial[i]);
	}
	connect_traces_unwatch(&c->traces);
	terminal_window_stop(&c->window);
	live_stop(&c->live);
	progress_stop(&c->progress);
	terminal_restore();
	if (c->r)
		twc_reactor_free(c->r);
	wire_free(&c->wire);
	for (int i = 0; i < 2; i++) {
		twc_census_free(c->census[i]);
		if (c->endpoint[i])
			twc_endpoint_free(c->endpoint[i]);
	}
	twc_join_free(c->join);
	connect_talk_free(&c->talk);
}

/* Bytes on the same terminal, and a line that is written over, would spoil each other. */
bool connect_has_progress(const struct connect_params *p, bool is_stdio)
{
	return p->progress && !wire_shows(&p->wire) && !(is_stdio && !p->send && isatty(STDOUT_FILENO));
}

static int connect_go(struct connect *c)
{
	struct twc_err err = { 0 };
	int status;

	c->started_ns = twc_reactor_now(c->r);
	if (connect_talk_open(&c->talk, c->p, &err) < 0)
		return out_fail(c->ctx, NULL, &err);
	connect_make_join(c);
	if (live_start(&c->live, c->ctx, c->r, &err) < 0)
		return out_fail(c->ctx, NULL, &err);
	if (c->p->wire.telnet && !c->endpoint[TWC_JOIN_B] && !c->p->recv &&
	    terminal_window_start(&c->window, c->r, c->join, &err) < 0)
		return out_fail(c->ctx, NULL, &err);
	if (connect_has_progress(c->p, !c->endpoint[TWC_JOIN_B]))
		progress_start(&c->progress, c->r, connect_count, c,
			       c->endpoint[TWC_JOIN_B] || c->p->recv ? -1 : STDIN_FILENO);
	status = wire_open(&c->wire, c->ctx, &c->p->wire, &c->factory[TWC_JOIN_A], on_record_failed, c);
	c->traces.join = c->join;
	for (int i = 0; i < 2 && !status; i++)
		status = connect_traces_watch(&c->traces, c->ctx, c->r, c->endpoint[i]);
	if (status)
		return status;
	connect_dial(c, TWC_JOIN_A);
	if (twc_reactor_run(c->r, &err) < 0)
		return out_fail(c->ctx, NULL, &err);
	if (c->traces.signo)
		return 0; /* not ours to say: it dies by it */
	if (c->p->stats) {
		uint64_t in, out;

		connect_count(c, &in, &out);
		connect_say_stats(c->ctx, c->r, c->started_ns, in, out);
	}
	status = connect_status(c);
	return status;
}

static bool is_stdio(const struct twc_endpoint *e)
{
	return strcmp(twc_endpoint_type(e), "stdio") == 0;
}

static bool has_boundaries(const struct twc_endpoint *e)
{
	return twc_endpoint_is_datagram(e) || twc_endpoint_has_messages(e);
}

/* What the options ask of the bytes must fit what is joined. */
static int connect_check_wire(const struct connect *c)
{
	bool a = has_boundaries(c->endpoint[0]), b = c->endpoint[1] && has_boundaries(c->endpoint[1]);
	struct twc_err err = { 0 };

	if (c->p->escape && !c->is_raw)
		return out_usage(c->ctx, "--escape is for a terminal in raw mode: --to stdio:raw=yes");
	if (c->p->wire.line_delay && (b || c->is_raw))
		return out_usage(c->ctx, "--line-delay is about lines of text: %s",
				 b ? "from datagrams there are none" : "a raw terminal sends keys");
	return wire_check_kinds(&c->p->wire, !a || !b, a || b, &err) < 0 ? out_usage(c->ctx, "%s", err.text) : 0;
}

/* Standard input and output is side B, whichever way it was written. */
static int connect_parse(struct connect *c)
{
	struct twc_err err = { 0 };

	for (int i = 0; i < 2 && c->name[i]; i++) {
		c->endpoint[i] = common_endpoint_parse(c->name[i], TWC_CONNECT, c->p->ip_version, &err);
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
		c->is_raw = twc_endpoint_wants_raw(c->endpoint[1]);
		twc_endpoint_free(c->endpoint[1]);
		c->endpoint[1] = NULL;
		c->name[1] = NULL;
	}
	return connect_check_wire(c);
}

void connect_warn_unverified(const struct ctx *ctx, const struct twc_endpoint *e)
{
	if (e && twc_endpoint_is_unverified(e))
		out_warn(ctx, "connect %s: verify=no: the peer is not verified, it could be anybody", twc_endpoint_text(e));
}

static int connect_join(struct ctx *ctx, const struct connect_params *p, const char *name)
{
	struct connect c = { .ctx = ctx, .p = p, .name = { name, p->to } };
	struct twc_err err = { 0 };
	int status = connect_parse(&c);

	for (int i = 0; i < 2 && !status; i++)
		connect_warn_unverified(ctx, c.endpoint[i]);
	if (!status) {
		c.r = common_reactor_new(ctx, &err);
		status = c.r ? connect_go(&c) : out_fail(ctx, NULL, &err);
	}
	connect_free(&c);
	connect_traces_end(&c.traces);
	return status;
}

static int connect_run(struct ctx *ctx, void *params, int n, char **operand)
{
	const struct connect_params *p = params;

	if (p->fdpass)
		return connect_fdpass(ctx, p, operand[0]);
	if (connect_is_check(ctx, p, n))
		return connect_check_all(ctx, p, n, operand);
	return p->reconnect ? connect_again(ctx, p, operand[0]) : connect_join(ctx, p, operand[0]);
}

const struct twc_cmd cmd_connect = {
	.name = "connect",
	.summary = "reach an endpoint, or check that it can be reached",
	.synopsis =
		(const char *const[]){
			"twc connect ENDPOINT [--to ENDPOINT]",
			"twc connect --check ENDPOINT...",
			"twc connect ENDPOINT... --wait DURATION [-- COMMAND...]",
			NULL,
		},
	.description = "Joins ENDPOINT with standard input and output, or with a second endpoint. The end of standard "
		       "input is passed on, and reading goes on until the peer ends too. Status 0 means that every byte "
		       "read was accepted by the other side, and every byte received was written out.",
	.examples =
		(const struct cmd_example[]){
			{ "printf 'hi\\n' | twc connect tcp:7000", "say hi to port 7000 of this machine" },
			{ "twc connect tcp:host:9000 --send < file", "send a file; status 0 when it was delivered" },
			{ "twc connect tcp:db:5432 --wait 60s -- ./migrate", "run it when the database can be reached" },
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
	.flags = CMD_COMMAND,
	.params_size = sizeof(struct connect_params),
	.init = connect_init,
	.fini = connect_fini,
	.check = connect_check,
	.run = connect_run,
};
