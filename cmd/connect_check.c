/* SPDX-License-Identifier: MIT */
/*
 * twc connect --check, --wait, -- COMMAND: can these be reached? The answer is lib/app/check.c's; here it is asked and
 * said. Standard input is not read.
 */
#include "connect.h"
#include "out.h"

#include <twc/app.h>
#include <twc/parse.h>
#include <unistd.h>

#define DAYS_MAX 36500

int connect_check_how(const struct connect_params *p, struct connect_how *how, struct twc_err *err)
{
	static const char *const words[] = { "no", "connect", "passive", "tls", NULL }; /* enum connect_check */
	struct twc_str rest = twc_str_of(p->check ? p->check : "no"), word;
	struct twc_err why = { 0 };
	uint64_t days = 0;

	*how = (struct connect_how){ 0 };
	(void)twc_str_cut(&rest, ':', &word);
	if (twc_parse_word(word, words, &how->check, &why))
		return twc_err_set(err, TWC_EUSAGE, "--check: %.200s", why.text);
	if (!rest.p)
		return 0;
	if (how->check != CONNECT_CHECK_TLS || !twc_str_starts(rest, "min-days="))
		return twc_err_set(err, TWC_EUSAGE, "--check: %.100s is not tls:min-days=N", p->check);
	rest = (struct twc_str){ rest.p + strlen("min-days="), rest.n - strlen("min-days=") };
	if (twc_parse_uint(rest, 1, DAYS_MAX, &days, &why))
		return twc_err_set(err, TWC_EUSAGE, "--check: min-days: %.200s", why.text);
	how->min_days = (unsigned)days;
	return 0;
}

static int check_kind(const struct connect_params *p)
{
	struct connect_how how;

	return connect_check_how(p, &how, NULL) ? CONNECT_CHECK_NONE : how.check;
}

bool connect_is_check(const struct ctx *ctx, const struct connect_params *p, int n)
{
	return check_kind(p) || p->until_closed || p->any || p->stable || ctx->command || (p->wait && n > 1);
}

int connect_check_fits(const struct connect_params *p, struct twc_err *err)
{
	struct wire_params wire = p->wire;

	if (p->send_lines.n)
		wire.crlf = false; /* it ends these lines */
	if (p->to || p->send || p->recv || p->stats || p->progress || p->escape || p->idle || p->until_idle ||
	    p->linger || p->eof != CONNECT_EOF_DEFAULT || wire_is_used(&wire))
		return twc_err_set(err, TWC_EUSAGE, "a check joins nothing: it goes with endpoints alone");
	if (p->retry || p->reconnect)
		return twc_err_set(err, TWC_EUSAGE, "--%s is about a connection; a check is repeated with --wait",
				   p->retry ? "retry" : "reconnect");
	if (p->max_time && !p->expect)
		return twc_err_set(err, TWC_EUSAGE, "--max-time in a check is about --expect; to connect, there is the "
						    "endpoint's timeout=, and --wait");
	if (p->until_closed && (p->expect || p->send_lines.n || p->preamble))
		return twc_err_set(err, TWC_EUSAGE, "--until-closed has nobody to talk to: it does not go with "
						    "--expect, --send-line and --preamble");
	if (p->until_closed && check_kind(p) == CONNECT_CHECK_TLS)
		return twc_err_set(err, TWC_EUSAGE, "--until-closed has nobody to shake hands with: it does not go with "
						    "--check=tls");
	if (check_kind(p) == CONNECT_CHECK_PASSIVE && (p->expect || p->send_lines.n || p->preamble || p->stable))
		return twc_err_set(err, TWC_EUSAGE, "--check=passive makes no connection: it does not go with --expect, "
						    "--send-line, --preamble and --stable");
	return 0;
}

struct check_run {
	struct ctx *ctx;
	struct twc_reactor *r;
	struct connect_traces traces;
	bool json;
	int status;
};

static void on_checked(void *arg, int code, const struct twc_check_result *result, size_t n)
{
	struct check_run *run = arg;

	for (size_t i = 0; i < n && code; i++) {
		if (result[i].err.code && result[i].err.code != TWC_ECANCELLED)
			out_fail(run->ctx, twc_endpoint_text(result[i].endpoint), &result[i].err);
	}
	run->status = twc_err_exit(code);
	for (size_t i = 0; i < n && run->json; i++) {
		int status = connect_say_json(run->ctx, &result[i]);

		if (!status)
			continue;
		run->status = status; /* whoever wanted to know does not */
		break;
	}
	twc_reactor_stop(run->r);
}

static void check_loop(struct check_run *run, struct twc_endpoint **e, size_t n, const struct twc_check_opts *o)
{
	struct twc_check *check = twc_check_new(run->r, e, n, o);
	struct twc_err err = { 0 };

	if (twc_reactor_run(run->r, &err) < 0)
		run->status = out_fail(run->ctx, NULL, &err);
	twc_check_free(check);
}

static int check_go(struct check_run *run, struct twc_endpoint **e, size_t n, struct twc_check_opts *o)
{
	struct twc_err err = { 0 };

	run->r = common_reactor_new(run->ctx, &err);
	if (!run->r)
		return out_fail(run->ctx, NULL, &err);
	o->done = on_checked;
	o->arg = run;
	for (size_t i = 0; i < n && !run->status; i++)
		run->status = connect_traces_watch(&run->traces, run->ctx, run->r, e[i]);
	if (!run->status)
		check_loop(run, e, n, o);
	connect_traces_unwatch(&run->traces);
	twc_reactor_free(run->r);
	return run->status;
}

static int check_talk(struct check_run *run, const struct connect_params *p, const struct connect_how *asked,
		      struct twc_endpoint **e, size_t n)
{
	struct twc_check_opts o = {
		.patience_ns = p->wait,
		.until_closed = p->until_closed,
		.any = p->any,
		.passive = asked->check == CONNECT_CHECK_PASSIVE,
		.min_days = asked->min_days,
		.stable_ns = p->stable,
		.answer_ns = p->max_time,
	};
	struct connect_talk talk = { 0 };
	struct twc_err err = { 0 };
	int status;

	if (connect_talk_open(&talk, p, &err) < 0)
		return out_fail(run->ctx, NULL, &err);
	o.send = twc_buf_str(&talk.words);
	o.expect = talk.expect;
	status = check_go(run, e, n, &o);
	connect_talk_free(&talk);
	return status;
}

/* With --check=tls: what cannot be as wished is told before anything is tried. */
static int check_endpoint(const struct ctx *ctx, const struct connect_how *asked, const struct twc_endpoint *e)
{
	const char *text = twc_endpoint_text(e), *type = twc_endpoint_type(e);

	if (asked->check != CONNECT_CHECK_TLS)
		return 0;
	if (!twc_endpoint_is_tls(e))
		return out_usage(ctx, "--check=tls: %s has no TLS%s", text,
				 strncmp(type, "tcp", 3) == 0 ? ": write tls: instead, or add starttls=" : "");
	if (twc_endpoint_is_unverified(e))
		return out_usage(ctx, "--check=tls: %s has verify=no, but its certificate is what is asked about; use pin= or ca=",
				 text);
	return 0;
}

static int check_parse(struct check_run *run, const struct connect_params *p, int n, char **operand)
{
	struct twc_endpoint **e = twc_calloc((size_t)n, sizeof(struct twc_endpoint *));
	struct connect_how asked;
	struct twc_err err = { 0 };
	int status = 0;

	(void)!connect_check_how(p, &asked, NULL); /* connect_check has refused what is none */
	for (int i = 0; i < n && !status; i++) {
		e[i] = common_endpoint_parse(operand[i], TWC_CONNECT, p->ip_version, &err);
		status = e[i] ? check_endpoint(run->ctx, &asked, e[i]) : out_fail_syntax(run->ctx, operand[i], &err);
	}
	for (int i = 0; i < n && !status; i++)
		connect_warn_unverified(run->ctx, e[i]);
	if (!status)
		status = check_talk(run, p, &asked, e, (size_t)n);
	for (int i = 0; i < n; i++) {
		if (e[i])
			twc_endpoint_free(e[i]);
	}
	twc_free(e);
	return status;
}

/* COMMAND takes our place, and finds the descriptors as we did. */
static int check_become(const struct ctx *ctx)
{
	for (int fd = 0; fd < 3; fd++) {
		if (ctx->closed_fds & 1U << fd)
			close(fd);
	}
	return out_exec(ctx, ctx->command);
}

int connect_check_all(struct ctx *ctx, const struct connect_params *p, int n, char **operand)
{
	struct check_run run = { .ctx = ctx, .json = p->json };
	int status = check_parse(&run, p, n, operand);

	connect_traces_end(&run.traces);
	return status == 0 && ctx->command ? check_become(ctx) : status;
}
