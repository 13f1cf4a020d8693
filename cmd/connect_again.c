/* SPDX-License-Identifier: MIT */
/* twc connect --reconnect: one connection after another; lib/app/reconnect.c does it, here it is said. */
#include "connect.h"
#include "live.h"
#include "out.h"

#include <unistd.h>

struct again {
	struct ctx *ctx;
	const struct connect_params *p;
	const char *name; /* as typed */
	struct twc_reactor *r;		/* owned */
	struct twc_endpoint *endpoint;	/* owned */
	struct twc_reconnect *reconnect; /* owned */
	struct twc_census *census;	/* owned */
	struct wire wire;
	struct connect_talk talk;
	struct connect_traces traces;
	struct progress progress;
	uint64_t started_ns;
	struct twc_err err;
};

static void stop(void *arg)
{
	twc_reactor_stop(arg);
}

static void on_done(void *arg, const struct twc_err *err)
{
	struct again *a = arg;

	a->err = *err;
	progress_stop(&a->progress);
	twc_reactor_call(a->r, stop, a->r); /* behind what the transports have queued */
}

static void on_record_failed(void *arg, const struct twc_err *err)
{
	on_done(arg, err);
}

static void on_broken(void *arg, const struct twc_err *err, uint64_t received, uint64_t sent, size_t kept)
{
	struct again *a = arg;

	out_note(a->ctx, "connect %s: %s; %llu bytes received, %llu sent%s, %zu kept; connecting again", a->name,
		 err->code ? err->text : "closed by the peer", (unsigned long long)received, (unsigned long long)sent,
		 err->code && sent ? " (the last of them may not have arrived)" : "", kept);
}

static void again_count(const void *arg, uint64_t *in, uint64_t *out)
{
	const struct again *a = arg;

	twc_reconnect_count(a->reconnect, in, out);
}

static int again_end(struct again *a)
{
	uint64_t in, out;

	progress_stop(&a->progress);
	if (a->p->stats && !a->traces.signo) {
		again_count(a, &in, &out);
		connect_say_stats(a->ctx, a->r, a->started_ns, in, out);
	}
	return a->err.code ? out_fail(a->ctx, a->name, &a->err) : 0;
}

static int again_run(struct again *a)
{
	struct twc_reconnect_opts o = {
		.words = twc_buf_str(&a->talk.words),
		.in = a->p->recv ? -1 : STDIN_FILENO,
		.out = a->p->send ? -1 : STDOUT_FILENO,
		.crlf = a->p->wire.crlf,
		.max_ns = a->p->max_time,
		.broken = on_broken,
		.done = on_done,
		.arg = a,
	};
	struct twc_factory *f;
	struct twc_err err = { 0 };
	int status;

	connect_retry_opts(a->p, &o.retry);
	o.times = connect_retry_times(a->p);
	a->reconnect = twc_reconnect_new(a->r, &o);
	f = twc_reconnect_factory(a->reconnect);
	status = wire_open(&a->wire, a->ctx, &a->p->wire, &f, on_record_failed, a);
	if (!status)
		status = connect_traces_watch(&a->traces, a->ctx, a->r, a->endpoint);
	if (status)
		return status;
	a->census = twc_census_new(a->r, f, NULL, NULL);
	a->started_ns = twc_reactor_now(a->r);
	if (connect_has_progress(a->p, true))
		progress_start(&a->progress, a->r, again_count, a, o.in);
	twc_reconnect_start(a->reconnect, a->endpoint, twc_census_factory(a->census));
	if (twc_reactor_run(a->r, &err) < 0)
		return out_fail(a->ctx, NULL, &err);
	return again_end(a);
}

static int again_open(struct again *a)
{
	struct twc_err err = { 0 };

	a->endpoint = common_endpoint_parse(a->name, TWC_CONNECT, a->p->ip_version, &err);
	if (!a->endpoint)
		return out_fail_syntax(a->ctx, a->name, &err);
	if (twc_endpoint_is_datagram(a->endpoint) || strcmp(twc_endpoint_type(a->endpoint), "stdio") == 0)
		return out_usage(a->ctx, "--reconnect is for streams that can be made again");
	if (connect_talk_open(&a->talk, a->p, &err) < 0 || !(a->r = common_reactor_new(a->ctx, &err)))
		return out_fail(a->ctx, NULL, &err);
	connect_warn_unverified(a->ctx, a->endpoint);
	return 0;
}

int connect_again(struct ctx *ctx, const struct connect_params *p, const char *name)
{
	struct again a = { .ctx = ctx, .p = p, .name = name };
	int status = again_open(&a);

	if (!status)
		status = again_run(&a);
	if (a.reconnect)
		twc_reconnect_stop(a.reconnect);
	progress_stop(&a.progress);
	connect_traces_unwatch(&a.traces);
	if (a.r)
		twc_reactor_free(a.r);
	wire_free(&a.wire);
	twc_census_free(a.census);
	twc_reconnect_free(a.reconnect);
	if (a.endpoint)
		twc_endpoint_free(a.endpoint);
	connect_talk_free(&a.talk);
	connect_traces_end(&a.traces);
	return status;
}
