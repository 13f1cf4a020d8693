/* SPDX-License-Identifier: MIT */
/*
 * --sse, --sse-json: a stream of events, printed one by one. When the server ends it we connect again, after
 * what its `retry:` said, and say which event was the last (WHATWG HTML, 9.2.3). 204 means that there is
 * nothing more; a first connection that fails is a failure.
 */
#include "http_run.h"
#include "out.h"
#include <twc/parse.h>

#define RETRY_NS (3 * TWC_NS_PER_S)
#define RETRY_MAX_NS (60 * TWC_NS_PER_S)
#define LINE_MAX_BYTES ((size_t)8 << 20) /* an event as JSON: a byte becomes six at most */

static const struct http_params *params(const struct http_transfer *t)
{
	return t->job.group->q.p;
}

static int on_event(void *arg, const struct twc_http_event *e, struct twc_err *err)
{
	struct http_transfer *t = arg;
	struct twc_buf line;
	int rc = 0;

	if (t->sse.is_over)
		return 0;
	twc_buf_init(&line, LINE_MAX_BYTES);
	if (params(t)->sse_json)
		rc = twc_http_event_json(e, &line);
	else
		rc = e->data.n > 0 ? twc_buf_add(&line, e->data.p, e->data.n) : 0;
	if (rc == 0)
		rc = twc_buf_add(&line, "\n", 1);
	if (rc == 0)
		http_output_data(t->output, t->fetch, (const uint8_t *)twc_buf_head(&line), twc_buf_len(&line));
	else
		twc_err_set(err, rc, "an event is too long");
	twc_buf_fini(&line);
	if (rc == 0 && ++t->sse.count == params(t)->count) {
		t->sse.is_over = true;
		twc_http_fetch_stop(t->fetch, &(struct twc_err){ 0 });
	}
	return rc;
}

static int set_field(struct http_transfer *t, const char *name, struct twc_str value, struct twc_err *err)
{
	if (http_request_has_field(&t->job.group->q, name))
		return 0;
	return twc_http_fields_set(&t->sse.fields, twc_str_of(name), value, err);
}

int http_sse_begin(struct http_transfer *t, struct twc_err *err)
{
	int rc = twc_http_fields_copy(&t->sse.fields, &t->job.group->q.fields, err);

	t->sse.events = twc_http_events_new(on_event, t);
	if (rc == 0)
		rc = set_field(t, "Accept", TWC_STR("text/event-stream"), err);
	if (rc == 0)
		rc = set_field(t, "Cache-Control", TWC_STR("no-store"), err);
	t->opts.fields = &t->sse.fields;
	t->opts.again = NULL;
	return rc;
}

static bool is_stream(const struct twc_http_response *res)
{
	struct twc_str type = { 0 }, essence;

	if (!twc_http_fields_get(&res->fields, "Content-Type", &type))
		return false;
	(void)twc_str_cut(&type, ';', &essence);
	return twc_str_eq_nocase(twc_str_trim(essence), TWC_STR("text/event-stream"));
}

void http_sse_head(struct http_transfer *t)
{
	const struct twc_http_response *res = twc_http_fetch_response(t->fetch);
	struct twc_err err = { 0 };

	if (res->status == 204) {
		t->sse.is_over = true;
		twc_http_fetch_stop(t->fetch, &err);
		return;
	}
	if (res->status != 200 || !is_stream(res)) {
		t->sse.is_over = true;
		twc_err_set(&err, TWC_EPROTO, res->status == 200 ? "the body is no stream of events (text/event-stream)"
								 : "no stream of events: the server answered %d",
			    res->status);
		twc_http_fetch_stop(t->fetch, &err);
		return;
	}
	if (!t->sse.has_begun)
		http_output_head(t->output, t->fetch, true);
	t->sse.has_begun = true;
}

void http_sse_data(struct http_transfer *t, const uint8_t *data, size_t n)
{
	struct twc_err err = { 0 };

	if (t->sse.is_over || twc_http_events_feed(t->sse.events, data, n, &err) == 0)
		return;
	t->sse.is_over = true;
	twc_http_fetch_stop(t->fetch, &err);
}

/* -m is for all of it, however often we connect. UINT64_MAX: no limit. */
static uint64_t left_ns(const struct http_transfer *t)
{
	uint64_t now = twc_reactor_now(t->run->r), until = t->began_ns + params(t)->max_time;

	return !params(t)->max_time ? UINT64_MAX : until > now ? until - now : 0;
}

static void give_up(struct http_transfer *t, const char *phase)
{
	struct twc_err err = { 0 };
	char text[32];

	twc_err_set(&err, TWC_ETIMEDOUT, "timed out after %s (%s)",
		    twc_format_duration(text, sizeof(text), params(t)->max_time), phase);
	http_transfer_end(t, &err);
}

static void on_time(struct twc_timer *timer, void *arg)
{
	struct http_transfer *t = arg;
	struct twc_str id = twc_http_events_last_id(t->sse.events);
	struct twc_err err = { 0 };

	(void)timer;
	if (left_ns(t) == 0) {
		give_up(t, "waiting to connect again");
		return;
	}
	if (params(t)->max_time)
		t->opts.max_ns = left_ns(t);
	if (id.n == 0 || twc_http_fields_set(&t->sse.fields, TWC_STR("Last-Event-ID"), id, &err) == 0) {
		if (http_transfer_fetch(t) == 0)
			return;
		err = t->failure.err;
	}
	http_transfer_end(t, &err);
}

static uint64_t pause_ns(const struct http_transfer *t)
{
	int64_t said = twc_http_events_retry_ms(t->sse.events);
	uint64_t ns = said >= 0 ? (uint64_t)said * TWC_NS_PER_MS : RETRY_NS;

	return ns < RETRY_MAX_NS ? ns : RETRY_MAX_NS;
}

/* What is ours, or will not change, is not tried again. */
static bool is_final(int code)
{
	return code == TWC_EUSAGE || code == TWC_EIO || code == TWC_EPIPEOUT || code == TWC_ENOMEM ||
	       code == TWC_EUNTRUSTED || code == TWC_ECANTCREAT;
}

void http_sse_done(struct http_transfer *t, const struct twc_err *err)
{
	uint64_t pause;

	if (t->sse.is_over || !t->sse.has_begun || is_final(err->code)) {
		http_transfer_end(t, err);
		return;
	}
	if (left_ns(t) == 0) {
		give_up(t, twc_http_phase_name(twc_http_fetch_phase(t->fetch)));
		return;
	}
	twc_http_events_reset(t->sse.events);
	pause = pause_ns(t);
	twc_timer_start(t->run->r, &t->sse.timer, pause < left_ns(t) ? pause : left_ns(t), on_time, t);
}

void http_sse_fini(struct http_transfer *t)
{
	twc_timer_stop(t->run->r, &t->sse.timer);
	twc_http_events_free(t->sse.events);
	twc_http_fields_fini(&t->sse.fields);
}
