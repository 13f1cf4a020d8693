/* SPDX-License-Identifier: MIT */
/*
 * One exchange through a proxy. It is asked of a target; what answers is passed on as it comes, and stops when the client takes no
 * more. A target that cannot be connected to has been told nothing, so the next one is asked; one that has begun and fails is never
 * followed by another.
 *
 *	choose -> ask -> (refused: choose) -> response: head, data …, end
 *
 * A response that breaks off behind is broken off in front, and never ended as if it were whole. When the client has gone the server
 * is told by the end of its connection.
 */
#include "app/http/proxy.h"

#include <stdio.h>

#include <twc/parse.h>

#include "protocol/http/exchange.h"
#include "transport/transport_int.h"
#include "base/banned.h"

#define EXPECT_NS TWC_NS_PER_S	     /* for leave to send a body, as curl has it */
#define SILENCE_NS (2 * TWC_NS_PER_S) /* of a server whose client sends nothing more: it has gone, most likely */

static void job_start(struct twc__proxy_job *job);

/* ---- faults ---- */

static void answer_error(struct twc__proxy_job *job, int status, const struct twc_err *err)
{
	char wait[16];

	if (twc_http_has_ended(job->x))
		return;
	twc__http_exchange_log(job->x, TWC_LOG_INFO, status, err);
	if (status == 503) {
		snprintf(wait, sizeof(wait), "%u", twc__proxy_wait_s(job->proxy));
		twc_http_set_field(job->x, "Retry-After", wait);
	}
	twc_http_send_error(job->x, status, err->text);
}

static int status_of(const struct twc_err *err)
{
	return err->code == TWC_ETIMEDOUT ? 504 : err->code == TWC_ECANCELLED ? 503 : err->code == TWC_EUSAGE ? 500 : 502;
}

/* With the name of the server in front, unless it is there. */
static void name_server(const struct twc__proxy_target *t, struct twc_err *err)
{
	char cause[TWC_ERR_TEXT_MAX];

	memcpy(cause, err->text, sizeof(cause));
	if (!strstr(cause, t->text))
		twc_err_set(err, err->code, "%s: %s", t->text, cause);
}

static void let_go_target(struct twc__proxy_job *job)
{
	if (job->target)
		job->target->active--;
	job->target = NULL;
}

/* ---- time ---- */

void twc__proxy_job_moved(struct twc__proxy_job *job)
{
	job->moved_ns = twc_reactor_now(job->proxy->r);
}

/* Is it the server that is waited for? A client that is slow is the business of the server in front. */
static bool waits_for_server(const struct twc__proxy_job *job)
{
	return (job->res && !job->is_paused) || (job->upload && job->is_body_paused);
}

static void on_idle(struct twc_timer *timer, void *arg)
{
	struct twc__proxy_job *job = arg;
	struct twc__proxy *p = job->proxy;
	uint64_t now = twc_reactor_now(p->r), since;
	struct twc_err err = { 0 };
	char limit[32];

	if (!waits_for_server(job))
		twc__proxy_job_moved(job);
	since = now - job->moved_ns;
	if (since < p->o.idle_ns) {
		twc_timer_start(p->r, timer, p->o.idle_ns - since, on_idle, job);
		return;
	}
	twc_format_duration(limit, sizeof(limit), p->o.idle_ns);
	twc_err_set(&err, TWC_ETIMEDOUT, "%s: nothing came or went for %s", job->target->text, limit);
	twc__proxy_failed(job->target, &err);
	twc__proxy_job_break(job);
	if (twc_http_has_begun(job->x))
		twc_http_fail(job->x, &err);
	else
		answer_error(job, 504, &err);
}

static void watch_idle(struct twc__proxy_job *job)
{
	struct twc__proxy *p = job->proxy;

	if (!p->o.idle_ns || twc_timer_is_active(&job->idle) || job->is_over)
		return;
	twc__proxy_job_moved(job);
	twc_timer_start(p->r, &job->idle, p->o.idle_ns, on_idle, job);
}

/* ---- the response ---- */

static void response_data(void *arg, const uint8_t *p, size_t n)
{
	struct twc__proxy_job *job = arg;

	job->has_eof = false;
	twc__proxy_job_moved(job);
	twc_http_write(job->x, p, n);
	if (!job->res || job->is_paused || !twc_http_is_full(job->x))
		return;
	job->is_paused = true;
	twc_http_response_pause(job->res);
}

static void response_end(void *arg, const struct twc_err *err)
{
	struct twc__proxy_job *job = arg;
	struct twc_http_response *res = job->res;
	struct twc_err why = *err;

	job->res = NULL;
	if (!err->code) {
		twc__proxy_trailers(job, &res->trailers);
		twc_http_end(job->x);
	} else {
		name_server(job->target, &why);
		twc_http_fail(job->x, &why);
	}
	twc_http_response_free(res);
}

static const struct twc_http_body_ops response_ops = { .data = response_data, .end = response_end };

static void pass_on(struct twc__proxy_job *job)
{
	struct twc_err err = { 0 };

	twc__proxy_body_answered(job);
	if (!twc__proxy_response_put(job, &err)) {
		name_server(job->target, &err);
		twc__proxy_job_break(job);
		answer_error(job, 502, &err);
		return;
	}
	twc_http_begin(job->x, twc__proxy_response_length(job));
	twc_http_response_receive(job->res, &response_ops, job);
	if (job->res)
		watch_idle(job);
}

/* ---- the answer ---- */

static void let_go_asked(struct twc__proxy_job *job)
{
	struct twc_deferred *d = job->asked;

	job->asked = NULL;
	twc_deferred_release(d);
}

static void on_response(struct twc_result *res, void *arg)
{
	struct twc__proxy_job *job = arg;

	job->res = twc_result_take(res);
	let_go_asked(job);
	twc__proxy_succeeded(job->target);
	if (twc_http_has_ended(job->x))
		twc__proxy_job_break(job);
	else if (job->res->status == 101)
		twc__proxy_tunnel(job);
	else
		pass_on(job);
}

static void on_failure(struct twc_result *res, void *arg)
{
	struct twc__proxy_job *job = arg;
	struct twc_err err = res->err;

	twc_result_set(res, NULL, NULL);
	let_go_asked(job);
	if (job->is_over || job->is_broken_off || twc_http_has_ended(job->x))
		return;
	if (err.code != TWC_ECANCELLED && !job->is_clients_fault)
		twc__proxy_failed(job->target, &err);
	name_server(job->target, &err);
	if (!job->was_connected && err.code != TWC_ECANCELLED && twc__proxy_choose(job->proxy, job->x, job->tried)) {
		twc_log(twc_reactor_log(job->proxy->r), http, INFO, "proxy: %s; the next one is asked", err.text);
		let_go_target(job);
		job_start(job);
		return;
	}
	answer_error(job, status_of(&err), &err);
}

static void on_began(void *arg, struct twc_transport *t, bool reused)
{
	(void)t;
	(void)reused;
	((struct twc__proxy_job *)arg)->was_connected = true;
}

static void on_informed(void *arg, int status, const struct twc_http_fields *fields)
{
	twc__proxy_interim(arg, status, fields);
}

/* ---- asking ---- */

/* A method that has a body says how long that is, also when it is empty (RFC 9110, 8.6). */
static bool tells_no_length(const struct twc_http_request *q)
{
	return q->method_id != TWC_HTTP_POST && q->method_id != TWC_HTTP_PUT && q->method_id != TWC_HTTP_PATCH &&
	       !twc_http_fields_get(&q->fields, "content-length", NULL);
}

static void ask(struct twc__proxy_job *job, struct twc_str target)
{
	const struct twc_http_request *q = twc_http_request(job->x);
	struct twc__proxy_target *t = job->target;
	struct twc_http_call call = {
		.method = q->method,
		.url = &t->url,
		.url_stays = true,
		.target = target,
		.fields = &job->proxy->fields,
		.via = t->via,
		.upgrade = job->upgrade,
		.informed = on_informed,
		.began = on_began,
		.arg = job,
	};

	if (job->source.produce)
		call.source = &job->source;
	else if (!tells_no_length(q))
		call.body = TWC_STR("");
	if (call.source && q->version > 10 && twc_http_fields_has(&q->fields, "expect", "100-continue"))
		call.expect_ns = EXPECT_NS;
	if (q->version == 20 && job->upgrade)
		call.method = TWC_STR("GET");
	job->asked = twc_http_ask(t->client, &call);
	twc_deferred_add(job->asked, on_response, on_failure, job);
}

static void job_start(struct twc__proxy_job *job)
{
	struct twc__proxy *p = job->proxy;
	struct twc_err err = { 0 };
	struct twc_str target;
	int status;

	job->target = p->is_over ? NULL : twc__proxy_choose(p, job->x, job->tried);
	if (!job->target) {
		twc_err_set(&err, TWC_ETEMPFAIL, p->n_targets > 1 ? "all servers are down" : "the server is down");
		answer_error(job, 503, &err);
		return;
	}
	job->target->active++;
	job->tried |= UINT64_C(1) << job->target->index;
	status = twc__proxy_request_make(job, &target, &err);
	if (status) {
		answer_error(job, status, &err);
		return;
	}
	ask(job, target);
	if (job->asked && job->source.produce)
		watch_idle(job);
}

/* ---- what the exchange says ---- */

static void on_drained(void *arg, struct twc_http_exchange *x)
{
	struct twc__proxy_job *job = arg;

	(void)x;
	twc__proxy_job_moved(job);
	if (!job->is_paused)
		return;
	job->is_paused = false;
	if (job->res)
		twc_http_response_resume(job->res);
}

static void on_silence(struct twc_timer *timer, void *arg)
{
	struct twc__proxy_job *job = arg;
	struct twc_err err = { 0 };

	(void)timer;
	if (job->is_paused || !job->has_eof)
		return; /* there is something to be sent, and that will tell */
	twc_err_set(&err, TWC_ETRUNC, "the client ended the connection, and the server says nothing");
	twc_transport_fail(twc_http_transport(job->x), &err);
}

static void on_eof(void *arg, struct twc_http_exchange *x)
{
	struct twc__proxy_job *job = arg;

	(void)x;
	job->has_eof = true;
	twc_timer_start(job->proxy->r, &job->silence, SILENCE_NS, on_silence, job);
}

void twc__proxy_job_break(struct twc__proxy_job *job)
{
	struct twc_http_response *res = job->res;

	job->is_broken_off = true;
	job->res = NULL;
	if (job->asked)
		twc_deferred_cancel(job->asked);
	if (res)
		twc_http_response_free(res);
}

static void on_ended(void *arg, struct twc_http_exchange *x, const struct twc_err *err)
{
	struct twc__proxy_job *job = arg;

	(void)x;
	(void)err;
	job->is_over = true;
	twc__proxy_job_break(job);
	twc_timer_stop(job->proxy->r, &job->idle);
	twc_timer_stop(job->proxy->r, &job->silence);
	twc_buf_fini(&job->kept);
	let_go_target(job);
}

/* What has an end of its own is waited for. */
static void on_stopping(void *arg, struct twc_http_exchange *x)
{
	struct twc__proxy_job *job = arg;

	(void)x;
	if (job->tunnel)
		twc__proxy_tunnel_stop(job->tunnel);
}

static const struct twc_http_exchange_ops exchange_ops = {
	.drained = on_drained,
	.eof = on_eof,
	.stopping = on_stopping,
	.ended = on_ended,
};

/* ---- a request ---- */

/* What no server behind is to hear: TRACE would show it what the route adds, and a tunnel is no request. */
static bool is_refused(struct twc_http_exchange *x)
{
	const struct twc_http_request *q = twc_http_request(x);
	struct twc_str left;

	if (q->method_id == TWC_HTTP_TRACE || (q->method_id == TWC_HTTP_CONNECT)) {
		twc_http_send_error(x, 405, "a proxied path has neither TRACE nor CONNECT");
		return true;
	}
	if (q->method_id == TWC_HTTP_OPTIONS && twc_http_fields_get(&q->fields, "max-forwards", &left) && twc_str_is(left, "0")) {
		twc_http_add_field(x, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
		twc_http_send(x, NULL, 0);
		return true;
	}
	return false;
}

struct twc_deferred *twc__proxy_handle(void *arg, struct twc_http_exchange *x)
{
	struct twc__proxy_job *job;

	if (is_refused(x))
		return NULL;
	job = twc__http_exchange_alloc(x, sizeof(*job));
	*job = (struct twc__proxy_job){ .proxy = arg, .x = x };
	twc__transport_keep_peer(twc_http_transport(x));
	twc__proxy_upgrade_init(job);
	if (!job->upgrade)
		(void)twc__proxy_body_init(job);
	twc_http_watch(x, &exchange_ops, job);
	job_start(job);
	return NULL;
}
