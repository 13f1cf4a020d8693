/* SPDX-License-Identifier: MIT */
/*
 * twc serve: answer connections, with a service or with standard input and output. Its life is that of every command that serves
 * (serving.h); here is what is answered:
 *
 *	gate -> server (census, limits) -> service | hub (many clients) | join (--once)
 */
#include "out.h"
#include "serve_run.h"

#include <twc/app.h>
#include <twc/parse.h>
#include <twc/protocol.h>

static struct serve *serve_of(const struct serving *v)
{
	return TWC_CONTAINER_OF((struct serving *)(uintptr_t)v, struct serve, serving);
}

/* ---- what the parts report ---- */

static bool is_busy(const struct serving *v)
{
	const struct serve *s = serve_of(v);

	return s->stdio_is_busy || (!v->is_cut && serve_service_is_busy(&s->service));
}

static void on_stopping(struct serving *v)
{
	struct serve *s = serve_of(v);

	if (s->hub && s->stdio_is_busy)
		twc_hub_stop(s->hub);
	serve_service_stopping(&s->service);
}

static void on_stopped(struct serving *v, const struct twc_err *err)
{
	struct serve *s = serve_of(v);

	if (v->is_cut)
		s->stdio_is_busy = false;
	else if (!s->join || twc_server_total(v->server) == 0)
		serving_note(v, err);
	if (s->hub && s->stdio_is_busy)
		twc_hub_stop(s->hub);
	if (!v->workers)
		serve_service_stop(&s->service);
}

static void on_opened(struct serving *v)
{
	serve_stdio_opened(serve_of(v));
}

/* --fail-on. With --once that is the server's own status. */
static void on_closed(void *arg, struct twc_transport *t, const struct twc_err *reason)
{
	struct serve *s = serve_of(arg);
	char peer[TWC_ADDR_TEXT_MAX];

	if (reason->code && s->n_failed++ == 0)
		twc_err_set(&s->client_err, reason->code, "#%llu %s: %s", (unsigned long long)twc_transport_id(t),
			    twc_transport_peer_text(t, peer, sizeof(peer)), reason->text);
}

static void on_service_idle(void *arg)
{
	serving_maybe_quit(arg);
}

/* What was to be recorded cannot be. */
static void on_record_failed(void *arg, const struct twc_err *err)
{
	serving_note(arg, err);
	serving_quit(arg);
}

/* ---- building ---- */

static int check(struct serving *v)
{
	const struct serve *s = serve_of(v);
	struct twc_err err = { 0 };
	const char *arg;
	bool has_datagrams = false, has_messages = false;

	for (int i = 0; i < v->n; i++) {
		if (!serve_service(s->p, &arg) && strcmp(twc_endpoint_type(v->endpoint[i]), "stdio") == 0)
			return out_usage(v->ctx, "%s needs a service: it cannot be joined with itself", v->operand[i]);
		has_datagrams |= twc_endpoint_is_datagram(v->endpoint[i]);
		has_messages |= twc_endpoint_has_messages(v->endpoint[i]);
	}
	if (has_datagrams && s->p->detach_children)
		return out_usage(v->ctx, "--detach-children is about connections: datagrams have none to hand over");
	if (has_messages && s->p->detach_children)
		return out_usage(v->ctx, "--detach-children is about sockets: WebSocket is none that a program could be given");
	if (wire_check_kinds(&s->p->wire, true, has_datagrams || has_messages, &err) < 0)
		return out_usage(v->ctx, "%s", err.text);
	if (s->p->exec || s->p->sh)
		v->clients_max = serve_service_clients_max(v->n);
	return 0;
}

static int make_factory(struct serve *s, struct twc_factory **f)
{
	struct serving *v = &s->serving;
	int status;

	s->service.idle = on_service_idle;
	s->service.arg = v;
	status = serve_service_make(v->ctx, s->p, v->r, &s->service);
	v->reads_stdin = !s->service.factory && !s->p->recv;
	*f = s->service.factory;
	if (!status && !*f)
		*f = s->p->once ? serve_make_join(s) : serve_make_hub(s);
	if (!status)
		status = serve_service_greet(v->ctx, s->p, &s->service, f);
	return status;
}

static void share_rate(struct serve *s, struct twc_factory **f)
{
	uint64_t rate, burst;

	if (!s->p->limit_rate_total)
		return;
	(void)wire_parse_rate(s->p->limit_rate_total, &rate, &burst, NULL); /* serve_check has seen it */
	s->rate_total = twc_rate_total_new(s->serving.r, rate, burst);
	*f = s->rate_policy = twc_policy_share_rate_new(*f, s->rate_total);
}

/* Where the client speaks first, and nobody would miss it: see serving_may_defer. */
static bool may_defer(const struct serve *s)
{
	const struct serve_params *p = s->p;

	return s->service.client_first && !p->once && !p->idle && !p->max_time && serving_may_defer(&s->serving);
}

static int build(struct serving *v, struct twc_server_opts *o)
{
	struct serve *s = serve_of(v);
	const struct serve_params *p = s->p;
	int status = make_factory(s, &o->factory);

	if (!status)
		status = wire_open(&s->wire, v->ctx, &p->wire, &o->factory, on_record_failed, v);
	if (status)
		return status;
	share_rate(s, &o->factory);
	o->client_first = may_defer(s);
	o->ends_by_itself = s->service.exec != NULL;
	o->once = p->once;
	o->idle_ns = s->join ? 0 : p->idle;
	o->max_ns = s->join ? 0 : p->max_time;
	o->session_idle_ns = p->idle;
	o->closed = p->fail_on >= 0 && !p->once ? on_closed : NULL;
	return 0;
}

static int on_listening(struct serving *v)
{
	struct serve *s = serve_of(v);
	struct twc_err err = { 0 };

	if (s->hub && !serve_attach_stdio(s, twc_hub_stdio(s->hub), &err))
		return out_fail(v->ctx, "stdio", &err);
	return 0;
}

static int settle(struct serving *v)
{
	const struct serve *s = serve_of(v);

	return serve_service_settle(v->ctx, s->p, &s->service);
}

/* ---- the end ---- */

static void say_stats(const struct serving *v)
{
	uint64_t us = (v->ended_ns - v->started_ns) / TWC_NS_PER_US;

	out_note(v->ctx, "%llu connections, %llu bytes received, %llu sent, %llu.%06llus", (unsigned long long)v->total,
		 (unsigned long long)v->bytes_in, (unsigned long long)v->bytes_out, (unsigned long long)(us / 1000000),
		 (unsigned long long)(us % 1000000));
}

static void serve_free(struct serve *s)
{
	serving_end(&s->serving);
	if (s->serving.started_ns && s->p->stats)
		say_stats(&s->serving);
	twc_policy_free(s->rate_policy);
	twc_rate_total_free(s->rate_total);
	wire_free(&s->wire);
	twc_join_free(s->join);
	twc_hub_free(s->hub);
	serve_service_free(&s->service);
	serving_free(&s->serving);
}

static int fail_for_clients(const struct serve *s)
{
	const struct serving *v = &s->serving;
	struct twc_err err = s->client_err;

	if (s->n_failed > 1)
		twc_err_set(&err, err.code, "%s; %llu clients failed", s->client_err.text, s->n_failed);
	return out_fail(v->ctx, v->n == 1 ? v->operand[0] : NULL, &err);
}

/* `of_service` is what the service says of its one connection, or -1. */
static int status_of(const struct serve *s, int of_service)
{
	int status = serving_status(&s->serving);

	if (s->serving.err.code)
		return of_service >= 0 ? of_service : status;
	if (status)
		return status;
	if (s->n_failed)
		return fail_for_clients(s);
	if (s->serving.command_status == 0)
		return 0;
	return of_service >= 0 ? of_service : 0;
}

int serve_run(struct ctx *ctx, void *params, int n, char **operand)
{
	static const struct serving_ops ops = {
		.check = check,
		.build = build,
		.listening = on_listening,
		.settle = settle,
		.opened = on_opened,
		.stopping = on_stopping,
		.stopped = on_stopped,
		.is_busy = is_busy,
	};
	const struct serve_params *p = params;
	struct serve s = {
		.serving = { .ops = &ops, .ctx = ctx, .p = &p->serving, .n = n, .operand = operand },
		.p = p,
	};
	int status = serving_run(&s.serving), of_service = -1;

	if (p->once)
		of_service = serve_service_status(&s.service, &s.serving.err);
	serve_free(&s);
	return status ? status : status_of(&s, of_service);
}
