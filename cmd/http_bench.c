/* SPDX-License-Identifier: MIT */
/*
 * twc http bench: a load on an HTTP server. The load is the library's (<twc/http_bench.h>); here are its texts, what is shown while it
 * runs and in the end, and the status.
 */
#include "http_bench.h"
#include "http_hint.h"
#include "http_tls_info.h"
#include "out.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <twc/parse.h>
#include <unistd.h>

extern const struct twc_cmd cmd_http_bench;

#define TICK_NS (200 * TWC_NS_PER_MS)
#define TEXT_MAX (256 * 1024)
#define GOT_MAX 64

struct bench_run {
	struct ctx *ctx;
	const struct http_bench_params *p;
	struct twc_reactor *r;
	struct http_bench_request q;
	const char *typed; /* the first URL, its password hidden */
	struct twc_http_bench *bench;
	struct http_bench_csv csv;
	int report_fd;	   /* -1: no report */
	struct twc_timer tick;
	struct twc_signal_watch signal[2];
	int signo; /* that ended it; 0: none */
	struct twc_err err;
};

/* ---- while it runs ---- */

static void on_tick(struct twc_timer *t, void *arg)
{
	const struct bench_run *run = arg;
	struct twc_http_bench_summary s;
	char text[160], p50[16], p99[16];

	(void)t;
	twc_http_bench_sum(run->bench, &s);
	if (s.is_warming)
		snprintf(text, sizeof(text), "warming up");
	else
		snprintf(text, sizeof(text), "%.1fs: %llu requests, %.0f a second, half within %s, 99%% within %s, %llu failed",
			 (double)s.elapsed_ns / (double)TWC_NS_PER_S, (unsigned long long)s.requests, s.rate,
			 http_bench_time(p50, sizeof(p50),
					 (double)twc_http_bench_percentile(run->bench, TWC_HTTP_BENCH_LATENCY, 500000)),
			 http_bench_time(p99, sizeof(p99),
					 (double)twc_http_bench_percentile(run->bench, TWC_HTTP_BENCH_LATENCY, 990000)),
			 (unsigned long long)s.errors);
	status_set(text);
}

static void on_signal(struct twc_signal_watch *w, int signo, void *arg)
{
	struct bench_run *run = arg;

	(void)w;
	if (run->signo) /* it takes too long to stop */
		out_die_by_signal(signo);
	run->signo = signo;
	twc_http_bench_stop(run->bench);
}

static void on_opened(void *arg, const struct twc_transport *t)
{
	http_tls_info_say(((struct bench_run *)arg)->typed, t);
}

static void on_sample(void *arg, const struct twc_http_bench_sample *s)
{
	http_bench_csv_add(&((struct bench_run *)arg)->csv, s);
}

static struct twc_reactor *on_reactor(void *arg, struct twc_err *err)
{
	return common_reactor_new(((struct bench_run *)arg)->ctx, err);
}

static void on_worker_ended(void *arg)
{
	http_bench_csv_flush(&((struct bench_run *)arg)->csv);
}

static void on_ended(void *arg, const struct twc_err *err)
{
	struct bench_run *run = arg;

	run->err = *err;
	twc_reactor_stop(run->r);
}

/* ---- the end ---- */

/* The locale of the terminal, as its variables say it. */
static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v = NULL;

	for (size_t i = 0; i < TWC_ARRAY_LEN(names) && !(v && *v); i++)
		v = getenv(names[i]);
	return v && (strcasestr(v, "utf-8") || strcasestr(v, "utf8"));
}

static int put_report(struct bench_run *run)
{
	struct twc_err err = { 0 };
	struct twc_buf b;
	int status = 0;

	twc_buf_init(&b, TEXT_MAX);
	http_bench_json(&b, run->bench);
	if (twc_buf_add(&b, "\n", 1) == 0 && out_write_fd(run->report_fd, twc_buf_head(&b), twc_buf_len(&b)) < 0) {
		if (errno == EPIPE && run->report_fd == STDOUT_FILENO)
			twc_err_set(&err, TWC_EPIPEOUT, "reader of standard output has gone");
		else
			twc_err_sys(&err, TWC_EIO, errno, NULL, "--report: cannot write");
		status = out_fail(run->ctx, NULL, &err);
	}
	twc_buf_fini(&b);
	return status;
}

static int put_text(struct bench_run *run)
{
	struct twc_buf b;

	if (run->ctx->common.quiet || run->report_fd == STDOUT_FILENO || (run->p->csv && strcmp(run->p->csv, "-") == 0))
		return 0;
	twc_buf_init(&b, TEXT_MAX);
	http_bench_text(&b, run->bench, run->p, help_width(STDOUT_FILENO), is_utf8());
	return out_print(run->ctx, &b);
}

/* 0, or 1 after telling what did not hold. */
static int judge(struct bench_run *run)
{
	struct twc_http_bench_summary s;
	struct twc_err err = { 0 };
	char got[GOT_MAX];
	int status = 0;

	twc_http_bench_sum(run->bench, &s);
	if (run->p->expect.n == 0 && s.errors > 0)
		return out_error(run->ctx, TWC_ENO, "%s: %llu of %llu requests failed", run->typed, (unsigned long long)s.errors,
				 (unsigned long long)s.requests);
	for (size_t i = 0; i < run->p->expect.n; i++) {
		struct twc_http_bench_limit *l = twc_http_bench_limit_new(run->p->expect.item[i].value, &err);

		if (l && !twc_http_bench_limit_holds(l, run->bench, got, sizeof(got)))
			status = out_error(run->ctx, TWC_ENO, "%s: expected %s, got %s", run->typed, twc_http_bench_limit_text(l),
					   got);
		twc_http_bench_limit_free(l);
	}
	return status;
}

/* Not all that was asked for was done. */
static void warn_of_cap(struct bench_run *run)
{
	const struct http_bench_params *p = run->p;
	struct twc_http_bench_summary s;

	twc_http_bench_sum(run->bench, &s);
	if (p->requests && !p->duration && !run->signo && s.requests < p->requests && s.elapsed_ns >= TWC_NS_PER_S * 60)
		out_warn(run->ctx, "http bench: ended after 60s with %llu of %llu requests; -z has more time",
			 (unsigned long long)s.requests, (unsigned long long)p->requests);
}

static int finish(struct bench_run *run)
{
	struct twc_err err = { 0 };
	int status, closed;

	if (run->err.code) {
		http_hint(&run->p->http, &run->err);
		return out_fail(run->ctx, run->typed, &run->err);
	}
	warn_of_cap(run);
	status = put_text(run);
	if (run->report_fd >= 0 && status == 0)
		status = put_report(run);
	closed = http_bench_csv_close(&run->csv, &err) < 0 ? out_fail(run->ctx, NULL, &err) : 0;
	if (run->signo)
		out_die_by_signal(run->signo);
	if (status || closed)
		return status ? status : closed;
	return judge(run);
}

/* ---- the run ---- */

/* "json", "json:FILE", "json:fd:N" */
static int open_report(struct bench_run *run)
{
	const char *to = run->p->report ? strchr(run->p->report, ':') : NULL;
	struct twc_err err = { 0 };
	uint64_t fd;

	run->report_fd = run->p->report && !to ? STDOUT_FILENO : -1;
	if (!to)
		return 0;
	if (strncmp(++to, "fd:", 3) == 0) {
		if (twc_parse_uint(twc_str_of(to + 3), 0, INT32_MAX, &fd, &err) < 0 || fcntl((int)fd, F_GETFD) < 0)
			return out_usage(run->ctx, "--report: descriptor %.20s is not open", to + 3);
		run->report_fd = (int)fd;
		return 0;
	}
	run->report_fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (run->report_fd >= 0)
		return 0;
	twc_err_sys(&err, TWC_ECANTCREAT, errno, NULL, "--report: cannot write %s", to);
	return out_fail(run->ctx, NULL, &err);
}

static void fill(struct bench_run *run, struct twc_http_bench_opts *o)
{
	const struct http_bench_params *p = run->p;
	struct http_bench_request *q = &run->q;

	*o = (struct twc_http_bench_opts){
		.url = q->url,
		.n_urls = q->n_urls,
		.method = twc_str_of(q->q.method),
		.fields = &q->fields,
		.user = q->q.user,
		.password = q->q.password,
		.bearer = q->q.bearer,
		.body = q->body,
		.n_bodies = q->n_bodies,
		.message_type = p->binary ? TWC_WS_BINARY : TWC_WS_TEXT,
		.subprotocols = p->subprotocol,
		.via = q->q.via,
		.connect_to = (const char *const *)q->q.connect_to.name,
		.keys = twc_buf_cstr(&q->keys),
		.tls = twc_buf_len(&q->tls) > 0 ? twc_buf_cstr(&q->tls) : NULL,
		.ip_version = (unsigned)p->http.ip_version,
		.connections = (unsigned)p->connections,
		.streams = (unsigned)p->streams,
		.version = p->http2 || p->http2_prior ? 20 : 11,
		.workers = (unsigned)p->workers,
		.requests = p->requests,
		.duration_ns = p->duration,
		.warmup_ns = p->warmup,
		.ramp_ns = p->ramp,
		.rate = p->rate,
		.timeout_ns = p->timeout,
		.no_keepalive = !p->keepalive,
		.own_machine = !p->own_this,
		.reactor_new = on_reactor,
		.worker_ended = on_worker_ended,
		.opened = p->http.tls_info ? on_opened : NULL,
		.sample = p->csv ? on_sample : NULL,
		.ended = on_ended,
		.arg = run,
	};
}

/* What fits only some URLs. */
static int check_url(const struct bench_run *run)
{
	const struct http_bench_params *p = run->p;
	bool is_h2 = p->http2 || p->http2_prior;

	if (run->q.is_ws && is_h2)
		return out_usage(run->ctx, "%s: WebSocket is asked for with HTTP/1.1 here", p->http2 ? "--http2" : "--http2-prior-knowledge");
	if (p->http2 && !twc_url_is_secure(&run->q.url[0]))
		return out_usage(run->ctx, "--http2 is for https; in the clear it is --http2-prior-knowledge");
	if (p->streams > 1 && !is_h2 && !run->q.is_ws)
		return out_usage(run->ctx, "-m: HTTP/1.1 has one request at a time; --http2 or --http2-prior-knowledge have more");
	if (!run->q.is_ws && (p->binary || p->subprotocol))
		return out_usage(run->ctx, "%s is for URLs of ws and wss", p->binary ? "--binary" : "--subprotocol");
	return 0;
}

static int start(struct bench_run *run)
{
	static const int signos[] = { SIGINT, SIGTERM };
	struct twc_http_bench_opts o;
	struct twc_err err = { 0 };
	int rc = 0, status;

	status = check_url(run);
	if (status)
		return status;
	fill(run, &o);
	run->bench = twc_http_bench_new(run->r, &o, &err);
	if (!run->bench) {
		http_hint(&run->p->http, &err);
		return out_fail(run->ctx, run->typed, &err);
	}
	for (size_t i = 0; i < TWC_ARRAY_LEN(signos) && rc == 0; i++)
		rc = twc_signal_start(run->r, &run->signal[i], signos[i], on_signal, run, &err);
	(void)prctl(PR_SET_TIMERSLACK, 1); /* else what is due begins 50 us too late, which would be the server's fault */
	if (rc == 0)
		rc = twc_http_bench_start(run->bench, &err);
	if (rc < 0)
		return out_fail(run->ctx, NULL, &err);
	if (!run->ctx->common.quiet && !run->ctx->common.verbose && isatty(STDERR_FILENO))
		twc_timer_every(run->r, &run->tick, TICK_NS, on_tick, run);
	rc = twc_reactor_run(run->r, &err);
	twc_timer_stop(run->r, &run->tick);
	status_set(NULL);
	return rc < 0 ? out_fail(run->ctx, NULL, &err) : finish(run);
}

static int set_up(struct bench_run *run, const struct cmd_group *g)
{
	struct twc_err err = { 0 };
	int status = http_bench_request_make(&run->q, run->ctx, g);

	if (status)
		return status;
	run->typed = run->q.q.words.n_urls > 0 ? run->q.q.words.url[0] : run->p->urls;
	if (run->p->http.insecure && !run->p->http.pinned)
		out_warn(run->ctx, "http bench: -k: the server is not verified, it could be anybody");
	status = open_report(run);
	if (status)
		return status;
	if (run->p->csv && http_bench_csv_open(&run->csv, run->p->csv, run->ctx->start_ns, &err) < 0)
		return out_fail(run->ctx, "--csv", &err);
	run->r = common_reactor_new(run->ctx, &err);
	return run->r ? 0 : out_fail(run->ctx, NULL, &err);
}

static void tear_down(struct bench_run *run)
{
	struct twc_err err = { 0 };

	for (size_t i = 0; run->r && i < TWC_ARRAY_LEN(run->signal); i++)
		twc_signal_stop(run->r, &run->signal[i]);
	if (run->bench)
		twc_http_bench_free(run->bench);
	if (run->r)
		twc_reactor_free(run->r);
	(void)http_bench_csv_close(&run->csv, &err);
	if (run->report_fd > STDERR_FILENO)
		close(run->report_fd);
	http_bench_request_fini(&run->q);
}

static int http_bench_run(struct ctx *ctx, void *params, int n, char **operand)
{
	struct bench_run run = { .ctx = ctx, .p = params, .csv.fd = -1, .report_fd = -1 };
	int status;

	(void)n, (void)operand;
	status = set_up(&run, &ctx->group[0]);
	if (status == 0)
		status = start(&run);
	tear_down(&run);
	return status;
}

static const char *const http_bench_synopsis[] = { "twc http bench [METHOD] URL... [ITEM...]", NULL };

static const struct cmd_example http_bench_examples[] = {
	{ "twc http bench http://127.0.0.1:8080/", "ten seconds on 50 connections, as fast as answers come" },
	{ "twc http bench -q 1000 -z 30s --expect 'p99<20ms' --expect errors=0 :8080/",
	  "1000 requests a second; status 1 when the server is too slow" },
	{ "twc http bench -n 10000 --report json http://127.0.0.1:8080/ name=Ann", "10,000 requests with a body; the result as JSON" },
	{ NULL, NULL },
};

const struct twc_cmd cmd_http_bench = {
	.name = "http bench",
	.summary = "put a load on an HTTP or WebSocket server",
	.synopsis = http_bench_synopsis,
	.description =
		"Asks for the URLs in turn, on many connections, and tells how many were answered, how long that took, and what "
		"failed. Without --rate each connection asks again as soon as it is answered; with it requests are made at times that "
		"are fixed beforehand, and latencies count from those, so that a server which stalls cannot hide how many would have "
		"waited. With ws:// and wss:// a request is a message, which has to come back. A status of 400 or above is a failure, "
		"too, and any failure is status 1, unless --expect says what matters. Only servers on this machine are asked without "
		"--i-own-this.",
	.examples = http_bench_examples,
	.opts = http_bench_opts,
	.slips = http_bench_slips,
	.operands = { .name = "URL", .min = 1, .max = 0, .help = "what to ask for; METHOD before it, items of the request behind it" },
	.params_size = sizeof(struct http_bench_params),
	.init = http_bench_init,
	.fini = http_bench_fini,
	.check = http_bench_check,
	.run = http_bench_run,
};
