/* SPDX-License-Identifier: MIT */
/*
 * One transfer: the events of its fetch go to its output, and what is expected is held against it in the
 * end. It fails once, with one line; assertions have a line each.
 */
#include "http_hint.h"
#include "http_run.h"
#include "http_tls_info.h"
#include "out.h"
#include <time.h>
#include <twc/json.h>

#define DRAINED_MAX 65536 /* of a body that nobody wants */
#define EXPECT_ABOVE 1048576 /* shorter bodies ask for no leave, though they come in chunks */
#define NO_REDIRECTS "0" /* --max-redirs: none is followed, and one is a failure */

static const struct http_params *params(const struct http_transfer *t)
{
	return t->job.group->q.p;
}

static int status_of(const struct http_transfer *t)
{
	const struct twc_http_response *res = twc_http_fetch_response(t->fetch);

	return res ? res->status : 0;
}

/* ---- what is known ---- */

size_t http_transfer_check(const struct http_transfer *t,
			   void (*failed)(void *arg, const char *expr, const char *got), void *arg)
{
	const struct twc_http_response *res = t->fetch ? twc_http_fetch_response(t->fetch) : NULL;
	struct twc_http_expect_facts facts = { 0 };
	struct twc_http_totals totals;
	char *url;
	size_t n;

	if (!t->expect)
		return 0;
	if (!res)
		return twc_http_expect_check(t->expect, &facts, failed, arg);
	twc_http_fetch_totals(t->fetch, &totals);
	url = twc_url_text(twc_http_fetch_url(t->fetch), 0);
	facts.status = res->status;
	facts.version = res->version;
	facts.fields = &res->fields;
	facts.trailers = &res->trailers;
	facts.url = twc_str_of(url);
	facts.redirects = totals.redirects;
	facts.total_ns = (totals.ended_ns ? totals.ended_ns : twc_reactor_now(t->run->r)) - totals.started_ns;
	if (twc_http_fetch_times(t->fetch)->first_byte > totals.started_ns)
		facts.first_byte_ns = twc_http_fetch_times(t->fetch)->first_byte - totals.started_ns;
	facts.tls = res->has_tls ? res->tls.version : NULL;
	facts.cert = t->cert;
	facts.now_s = time(NULL);
	n = twc_http_expect_check(t->expect, &facts, failed, arg);
	twc_free(url);
	return n;
}

/* ---- events ---- */

static void on_seen(void *arg, struct twc_http_fetch *f, char dir, struct twc_str head)
{
	struct http_transfer *t = arg;

	t->fetch = f;
	if (t->opts.offline)
		http_offline_head(t, head);
	else
		http_output_seen(t->output, f, dir, head);
}

static void on_note(void *arg, struct twc_http_fetch *f, const char *text)
{
	http_output_note(((struct http_transfer *)arg)->output, f, text);
}

static void stop(struct http_transfer *t, int code, const char *text)
{
	struct twc_err err = { 0 };

	twc_err_set(&err, code, "%s", text);
	twc_http_fetch_stop(t->fetch, &err);
}

/* "the server answered 404 Not Found" */
static void set_refused(struct twc_err *err, const struct twc_http_response *res)
{
	char reason[80];

	twc_escape(reason, sizeof(reason), res->reason.n > 0 ? res->reason : twc_str_of(twc_http_reason(res->status)));
	twc_err_set(err, TWC_ENO, "the server answered %d%s%s", res->status, reason[0] ? " " : "", reason);
}

/* -f: nothing of the body gets out. A short one is let pass, so that the connection can be used again. */
static void refuse(struct http_transfer *t, const struct twc_http_response *res)
{
	struct twc_err err = { 0 };

	t->is_refused = true;
	if (res->length <= DRAINED_MAX)
		return;
	set_refused(&err, res);
	twc_http_fetch_stop(t->fetch, &err);
}

static void take_cert(struct http_transfer *t, const struct twc_transport *wire)
{
	if (!t->cert)
		t->cert = twc_malloc(sizeof(*t->cert));
	if (twc_tls_peer_cert(wire, 0, t->cert))
		return;
	twc_free(t->cert);
	t->cert = NULL;
}

/* What of TLS is wanted must be taken while the connection is there. */
static void look_at_tls(struct http_transfer *t, const struct twc_http_response *res)
{
	const struct twc_transport *wire = res->has_tls ? twc_http_response_transport(res) : NULL;

	if (!wire)
		return;
	if (t->expect)
		take_cert(t, wire);
	if (params(t)->tls_info)
		http_tls_info_say(t->shown, wire);
}

static void last_head(struct http_transfer *t)
{
	const struct http_params *p = params(t);
	const struct twc_http_response *res = twc_http_fetch_response(t->fetch);

	t->is_refused = false;
	look_at_tls(t, res);
	if (t->expect && twc_http_fetch_offset(t->fetch) == 0)
		twc_http_expect_begin(t->expect);
	if (p->max_redirs && strcmp(p->max_redirs, NO_REDIRECTS) == 0 && p->location &&
	    twc_http_fetch_redirect_url(t->fetch)) {
		t->failure.is_redirect = true;
		stop(t, TWC_EPROTO, "the server redirects, and --max-redirs is 0");
	} else if (p->fail == HTTP_FAIL_EMPTY && res->status >= 400) {
		refuse(t, res);
	} else if (t->wait.is_active) {
		http_wait_head(t);
	} else if (p->sse || p->sse_json) {
		http_sse_head(t);
	} else {
		http_output_head(t->output, t->fetch, true);
	}
}

static void on_head(void *arg, struct twc_http_fetch *f, bool is_last)
{
	struct http_transfer *t = arg;

	t->fetch = f;
	if (is_last)
		last_head(t);
	else
		http_output_head(t->output, f, false);
}

static void on_data(void *arg, struct twc_http_fetch *f, const uint8_t *data, size_t n)
{
	struct http_transfer *t = arg;

	if (t->expect)
		twc_http_expect_data(t->expect, data, n);
	if (t->is_refused)
		return;
	if (t->wait.is_active)
		http_wait_data(t, data, n);
	else if (t->sse.events)
		http_sse_data(t, data, n);
	else
		http_output_data(t->output, f, data, n);
}

static void on_hop(void *arg, struct twc_http_fetch *f, const struct twc_err *err)
{
	http_output_hop(((struct http_transfer *)arg)->output, f, err);
}

static void on_retrying(void *arg, struct twc_http_fetch *f, unsigned n, uint64_t delay_ns,
			const struct twc_err *why, int status)
{
	http_output_retrying(((struct http_transfer *)arg)->output, f, n, delay_ns, why, status);
}

static int on_again(void *arg, struct twc_http_fetch *f, uint64_t *resume_from)
{
	return http_output_again(((struct http_transfer *)arg)->output, f, resume_from);
}

static void on_done(void *arg, struct twc_http_fetch *f, const struct twc_err *err)
{
	struct http_transfer *t = arg;

	t->fetch = f;
	if (t->opts.offline)
		http_offline_done(t, err);
	else if (t->wait.is_active)
		http_wait_done(t, err);
	else if (params(t)->sse || params(t)->sse_json)
		http_sse_done(t, err);
	else
		http_transfer_end(t, err);
}

static void on_sent(void *arg, const uint8_t *data, size_t n)
{
	http_output_sent(((struct http_transfer *)arg)->output, data, n);
}

/* ---- the end ---- */

static void on_unmet(void *arg, const char *expr, const char *got)
{
	struct http_transfer *t = arg;
	struct twc_err err = { 0 };

	twc_err_set(&err, TWC_ENO, "expected %.100s, got %.100s", expr, got);
	if (http_run_says_failures(t->run))
		out_fail(t->run->ctx, t->shown, &err);
}

/* Does what was told name the host of the URL? */
static bool is_in_text(const struct http_transfer *t)
{
	char *host = twc_str_dup(twc_http_fetch_url(t->fetch)->host);
	bool is = strstr(t->failure.err.text, host) != NULL;

	twc_free(host);
	return is;
}

/* What kind of failure it was, where the error alone does not tell. */
static void classify(struct http_transfer *t)
{
	struct http_failure *f = &t->failure;
	int code = f->err.code, status = t->fetch ? status_of(t) : 0;

	f->phase = t->fetch ? twc_http_fetch_phase(t->fetch) : TWC_HTTP_PHASE_RESOLVE;
	f->is_size = code == TWC_ETOOLONG && params(t)->max_filesize;
	f->is_redirect |= code == TWC_EPROTO && status >= 300 && status < 400 && params(t)->location;
	f->is_range = code == TWC_EPROTO && (t->opts.resume_from > 0 || params(t)->range) && status >= 200 && status < 300;
	f->is_proxy = t->fetch && !params(t)->via && params(t)->connect_to.n == 0 && !is_in_text(t);
	f->is_checksum = code == TWC_EUNTRUSTED && params(t)->checksum && f->phase == TWC_HTTP_PHASE_DONE;
}

/* Of the output, when the transfer itself went well: the answer is no. */
static void hold_against(struct http_transfer *t)
{
	const struct twc_http_response *res = twc_http_fetch_response(t->fetch);
	struct twc_err *err = &t->failure.err;

	if (t->opts.offline) /* nobody has answered */
		return;
	if (http_transfer_check(t, on_unmet, t) > 0) {
		twc_err_set(err, TWC_ENO, "not as expected");
		return;
	}
	if (!params(t)->fail || !res || res->status < 400)
		return;
	set_refused(err, res);
	if (http_run_says_failures(t->run))
		out_fail(t->run->ctx, t->shown, err);
}

void http_transfer_end(struct http_transfer *t, const struct twc_err *why)
{
	struct twc_err *err = &t->failure.err;
	int curl, status, told;

	*err = *why;
	http_hint(params(t), err);
	if (!err->code && t->is_refused)
		set_refused(err, twc_http_fetch_response(t->fetch));
	http_output_done(t->output, t->fetch, err);
	if (!err->code)
		hold_against(t);
	else if (http_run_says_failures(t->run) || err->code == TWC_EPIPEOUT)
		out_fail(t->run->ctx, t->shown, err);
	classify(t);
	curl = http_status_curl(&t->failure);
	status = t->run->p->exit_style == HTTP_EXIT_TWC ? twc_err_exit(err->code) : curl;
	told = http_output_tell(t->output, t->fetch, err, status);
	if (told && !err->code)
		t->run->status = told;
	http_run_over(t->run, t, err->code, curl);
}

void http_transfer_free(struct http_transfer *t)
{
	http_wait_fini(t);
	http_sse_fini(t);
	if (t->fetch)
		twc_http_fetch_free(t->fetch);
	twc_http_body_free(t->body);
	if (t->output)
		http_output_free(t->output);
	twc_http_expect_free(t->expect);
	http_job_fini(&t->job);
	twc_free(t->content_range);
	twc_free(t->cert);
	twc_free(t->shown);
	twc_free(t);
}

/* ---- the start ---- */

/* The URL as typed, but for its password. */
static char *shown_text(const struct http_job *job)
{
	return job->url.has_password ? twc_url_text(&job->url, TWC_URL_MASK) : twc_strdup(job->text);
}

static int make_expect(struct http_transfer *t, struct twc_err *err)
{
	const struct opt_list *l = &params(t)->expect;
	int rc = 0;

	if (l->n == 0)
		return 0;
	t->expect = twc_http_expect_new();
	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = twc_http_expect_add(t->expect, l->item[i].value, err);
	return rc;
}

static bool shows_bodies(const struct http_transfer *t)
{
	const struct http_params *p = t->run->p;

	return (params(t)->print && strchr(params(t)->print, 'B')) || p->har || p->trace_ascii;
}

static int make_body(struct http_transfer *t, struct twc_err *err)
{
	const struct http_request *q = &t->job.group->q;
	int rc;

	twc_free(t->content_range);
	t->content_range = NULL;
	rc = http_request_body(q, t->job.upload, t->run->r, &t->body, &t->content_range, err);
	if (rc < 0 || !t->body)
		return rc;
	t->opts.content_range = t->content_range;
	if (shows_bodies(t))
		twc_http_body_watch(t->body, on_sent, t);
	t->source = *twc_http_body_source(t->body);
	if (q->is_chunked) {
		if (t->source.length <= EXPECT_ABOVE)
			t->opts.expect_ns = UINT64_MAX;
		t->source.length = TWC_HTTP_UNKNOWN;
	}
	t->opts.source = &t->source;
	t->opts.content_type = q->is_form && !http_request_has_field(q, "Content-Type")
				       ? twc_http_body_form_type(t->body)
				       : q->type;
	return 0;
}

static int make_output(struct http_transfer *t, struct twc_err *err)
{
	const struct http_output_opts o = {
		.p = params(t),
		.url = &t->job.url,
		.text = t->shown,
		.output = t->job.output,
		.remote_name = t->job.remote_name,
		.number = t->job.number,
	};

	t->output = http_output_new(t->run->show, &o, err);
	return t->output ? 0 : err->code;
}

static void fill(struct http_transfer *t)
{
	struct twc_http_fetch_opts *o = &t->opts;

	http_request_fill(&t->job.group->q, o);
	o->url = t->job.url;
	o->offline = t->run->p->offline;
	if (t->job.upload && o->method.n == 0)
		o->method = TWC_STR("PUT");
	if (params(t)->max_redirs && strcmp(params(t)->max_redirs, NO_REDIRECTS) == 0)
		o->follow = false;
	o->seen = on_seen;
	o->note = http_show_has_notes(t->run->show) ? on_note : NULL;
	o->head = on_head;
	o->data = on_data;
	o->hop = on_hop;
	o->retrying = on_retrying;
	o->again = on_again;
	o->done = on_done;
	o->arg = t;
}

int http_transfer_fetch(struct http_transfer *t)
{
	struct twc_err *err = &t->failure.err;
	int rc = 0;

	if (t->fetch) {
		twc_http_fetch_free(t->fetch);
		t->fetch = NULL;
	}
	twc_http_body_free(t->body);
	t->body = NULL;
	rc = make_body(t, err);
	if (rc == 0)
		t->fetch = twc_http_fetch_start(t->job.group->session, &t->opts);
	return rc;
}

static int prepare(struct http_transfer *t)
{
	struct twc_err *err = &t->failure.err;
	int rc = make_expect(t, err);

	if (rc == 0)
		rc = make_output(t, err);
	if (rc < 0 || http_output_is_there(t->output))
		return rc;
	fill(t);
	rc = http_output_prepare(t->output, &t->opts, err);
	if (rc == 0 && (params(t)->sse || params(t)->sse_json))
		rc = http_sse_begin(t, err);
	if (rc == 0 && t->run->p->wait && !t->opts.offline)
		http_wait_begin(t);
	return rc == 0 ? http_transfer_fetch(t) : rc;
}

struct http_transfer *http_transfer_start(struct http_run *run, struct http_job *job, int *code, int *curl)
{
	struct http_transfer *t = twc_calloc(1, sizeof(*t));

	t->run = run;
	t->job = *job;
	*job = (struct http_job){ 0 };
	t->shown = shown_text(&t->job);
	t->began_ns = twc_reactor_now(run->r);
	if (prepare(t) == 0 && t->fetch)
		return t;
	http_hint(params(t), &t->failure.err);
	*code = t->failure.err.code;
	*curl = http_status_curl(&t->failure);
	if (*code && http_run_says_failures(run))
		out_fail(run->ctx, t->shown, &t->failure.err);
	if (t->output)
		(void)http_output_tell(t->output, NULL, &t->failure.err, twc_err_exit(*code));
	http_transfer_free(t);
	return NULL;
}
