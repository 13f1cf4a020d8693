/* SPDX-License-Identifier: MIT */
/*
 * The life of a fetch: it begins from the loop, makes attempts of hops (fetch_hop.c), watches the clock, and tells its end once. A
 * callback of the user's may do anything, the fetch's own end included: whoever calls one looks afterwards whether it
 * is over, and memory goes when the last call into the fetch has returned.
 */
#include "app/http/fetch_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <twc/parse.h>

#include "base/banned.h"

#define TICK_NS TWC_NS_PER_S

/* ---- calls into it ---- */

void twc__http_fetch_enter(struct twc_http_fetch *f)
{
	f->depth++;
}

void twc__http_fetch_stop_clocks(struct twc_http_fetch *f)
{
	struct twc_timer *all[] = { &f->kick, &f->wait, &f->limit, &f->connect, &f->tick };

	for (size_t i = 0; i < TWC_ARRAY_LEN(all); i++)
		twc_timer_stop(f->r, all[i]);
}

static void destroy(struct twc_http_fetch *f)
{
	twc__http_hop_forget(f);
	twc__http_auth_forget(f);
	twc_url_fini(&f->url);
	twc_url_fini(&f->redirect);
	twc_free(f->referer);
	twc_free(f->validator);
	twc_free(f);
}

void twc__http_fetch_leave(struct twc_http_fetch *f)
{
	if (f->depth == 1 && f->is_finished && !f->is_told && !f->is_freed) {
		f->is_told = true;
		if (f->o.done)
			f->o.done(f->o.arg, f, &f->err);
	}
	if (--f->depth == 0 && f->is_freed)
		destroy(f);
}

bool twc__http_fetch_is_over(const struct twc_http_fetch *f)
{
	return f->is_finished || f->is_freed;
}

void twc__http_fetch_finish(struct twc_http_fetch *f, const struct twc_err *err)
{
	if (twc__http_fetch_is_over(f))
		return;
	twc__http_fetch_stop_clocks(f);
	f->is_finished = true;
	f->err = *err;
	f->totals.ended_ns = twc_reactor_now(f->r);
}

void twc__http_fetch_note(struct twc_http_fetch *f, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (!f->o.note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->o.note(f->o.arg, f, text);
}

/* ---- clocks ---- */

static void time_out(struct twc_http_fetch *f, const char *what, const char *value)
{
	struct twc_err err = { 0 };

	twc__http_fetch_enter(f);
	twc__http_hop_break(f);
	twc_err_set(&err, TWC_ETIMEDOUT, "%s %s (%s)", what, value, twc_http_phase_name(twc_http_fetch_phase(f)));
	twc__http_hop_fail(f, &err);
	twc__http_fetch_leave(f);
}

static void on_limit(struct twc_timer *t, void *arg)
{
	struct twc_http_fetch *f = arg;
	char limit[32];

	(void)t;
	time_out(f, "timed out after", twc_format_duration(limit, sizeof(limit), f->o.max_ns));
}

static void on_connect_limit(struct twc_timer *t, void *arg)
{
	struct twc_http_fetch *f = arg;
	char limit[32];

	(void)t;
	time_out(f, "no connection within", twc_format_duration(limit, sizeof(limit), f->o.connect_ns));
}

static uint64_t sent(const struct twc_http_fetch *f)
{
	uint64_t out = f->wire ? twc_transport_bytes_out(f->wire) : 0;

	return out > f->wire_from ? out - f->wire_from : 0;
}

static void on_tick(struct twc_timer *t, void *arg)
{
	struct twc_http_fetch *f = arg;
	uint64_t now = (f->res ? f->res->body_bytes : 0) + sent(f);
	char rate[32], text[48];

	(void)t;
	if (f->pauses > 0 || now - f->tick_bytes >= f->o.min_rate)
		f->slow_ns = 0;
	else
		f->slow_ns += TICK_NS;
	f->tick_bytes = now;
	if (f->slow_ns == 0 || f->slow_ns < f->o.min_rate_ns)
		return;
	snprintf(text, sizeof(text), "%s bytes a second", twc_format_size(rate, sizeof(rate), f->o.min_rate));
	time_out(f, "too slow: less than", text);
}

void twc__http_fetch_await(struct twc_http_fetch *f)
{
	twc_timer_stop(f->r, &f->tick);
	if (f->o.connect_ns > 0)
		twc_timer_start(f->r, &f->connect, f->o.connect_ns, on_connect_limit, f);
}

void twc__http_fetch_watch(struct twc_http_fetch *f)
{
	twc_timer_stop(f->r, &f->connect);
	f->slow_ns = f->tick_bytes = 0;
	if (f->o.min_rate > 0)
		twc_timer_every(f->r, &f->tick, TICK_NS, on_tick, f);
}

/* ---- attempts ---- */

static struct twc_str first_method(const struct twc_http_fetch *f)
{
	if (f->o.method.n > 0)
		return f->o.method;
	return f->o.source ? TWC_STR("POST") : TWC_STR("GET");
}

void twc__http_fetch_attempt(struct twc_http_fetch *f)
{
	struct twc_err err = { 0 };

	twc__http_fetch_stop_clocks(f);
	twc_url_fini(&f->url);
	twc_url_fini(&f->redirect);
	twc__http_auth_forget(f);
	twc_free(f->referer);
	f->referer = NULL;
	f->method = first_method(f);
	f->has_body = f->o.source != NULL;
	f->drops_content = f->is_foreign = f->no_expect = false;
	f->totals.redirects = 0;
	f->totals.heads_received = f->totals.heads_sent = 0;
	f->totals.attempts++;
	if (twc_url_copy(&f->o.url, &f->url, &err) < 0) {
		twc__http_fetch_finish(f, &err);
		return;
	}
	if (f->o.max_ns > 0)
		twc_timer_start(f->r, &f->limit, f->o.max_ns, on_limit, f);
	twc__http_hop_begin(f);
}

static void on_kick(struct twc_timer *t, void *arg)
{
	struct twc_http_fetch *f = arg;

	(void)t;
	twc__http_fetch_enter(f);
	if (f->is_finished) {
		/* stopped from elsewhere: there is only the end to be told */
	} else if (f->totals.attempts == 0) {
		twc__http_fetch_attempt(f);
	} else {
		twc__http_body_go_on(f);
	}
	twc__http_fetch_leave(f);
}

struct twc_http_fetch *twc_http_fetch_start(struct twc_http_session *s, const struct twc_http_fetch_opts *o)
{
	struct twc_http_fetch *f = twc_calloc(1, sizeof(*f));

	f->s = s;
	f->r = s->r;
	f->o = *o;
	f->method = first_method(f);
	f->resume_from = o->resume_from;
	f->totals.started_ns = f->retry_began_ns = twc_reactor_now(f->r);
	twc_timer_start(f->r, &f->kick, 0, on_kick, f);
	return f;
}

void twc_http_fetch_free(struct twc_http_fetch *f)
{
	f->is_freed = true;
	twc__http_fetch_stop_clocks(f);
	f->depth++;
	twc__http_hop_break(f);
	if (--f->depth == 0)
		destroy(f);
}

void twc_http_fetch_pause(struct twc_http_fetch *f)
{
	f->pauses++;
	if (f->depth == 0 && f->is_reading && !f->is_res_paused) {
		f->is_res_paused = true;
		twc_http_response_pause(f->res);
	}
}

void twc_http_fetch_resume(struct twc_http_fetch *f)
{
	TWC_ASSERT(f->pauses > 0);
	if (--f->pauses == 0 && !f->is_finished)
		twc_timer_start(f->r, &f->kick, 0, on_kick, f);
}

void twc_http_fetch_stop(struct twc_http_fetch *f, const struct twc_err *err)
{
	if (twc__http_fetch_is_over(f))
		return;
	twc__http_fetch_enter(f);
	twc__http_hop_break(f);
	f->depth--;
	twc__http_fetch_finish(f, err);
	if (f->depth == 0)
		twc_timer_start(f->r, &f->kick, 0, on_kick, f);
}

bool twc_http_fetch_upgrade(struct twc_http_fetch *f, struct twc_protocol *p)
{
	return f->res && twc_http_response_upgrade(f->res, p);
}

/* ---- asking ---- */

const struct twc_http_response *twc_http_fetch_response(const struct twc_http_fetch *f)
{
	return f->res;
}

const struct twc_url *twc_http_fetch_url(const struct twc_http_fetch *f)
{
	return f->url.scheme.n > 0 ? &f->url : &f->o.url;
}

const struct twc_url *twc_http_fetch_redirect_url(const struct twc_http_fetch *f)
{
	return f->redirect.scheme.n > 0 ? &f->redirect : NULL;
}

const char *twc_http_fetch_referer(const struct twc_http_fetch *f)
{
	return f->referer ? f->referer : f->o.referer;
}

struct twc_str twc_http_fetch_method(const struct twc_http_fetch *f)
{
	return f->method;
}

uint64_t twc_http_fetch_offset(const struct twc_http_fetch *f)
{
	return f->offset;
}

bool twc_http_fetch_had_all(const struct twc_http_fetch *f)
{
	return f->had_all;
}

const struct twc_http_times *twc_http_fetch_times(const struct twc_http_fetch *f)
{
	return f->res ? &f->res->times : &f->times;
}

enum twc_http_phase twc_http_fetch_phase(const struct twc_http_fetch *f)
{
	const struct twc_http_times *t = twc_http_fetch_times(f);

	if (f->is_over && t->done && t->head && (!f->is_finished || f->err.code == 0))
		return TWC_HTTP_PHASE_DONE;
	if (t->first_byte)
		return t->head ? TWC_HTTP_PHASE_BODY : TWC_HTTP_PHASE_WAIT;
	if (t->sent || f->wire)
		return f->has_body && !t->uploaded ? TWC_HTTP_PHASE_SEND : TWC_HTTP_PHASE_WAIT;
	if (t->connected)
		return TWC_HTTP_PHASE_TLS;
	return t->resolved || !t->dial ? TWC_HTTP_PHASE_CONNECT : TWC_HTTP_PHASE_RESOLVE;
}

const char *twc_http_phase_name(enum twc_http_phase p)
{
	static const char *const names[] = {
		[TWC_HTTP_PHASE_RESOLVE] = "name lookup",
		[TWC_HTTP_PHASE_CONNECT] = "connecting",
		[TWC_HTTP_PHASE_TLS] = "TLS handshake",
		[TWC_HTTP_PHASE_SEND] = "sending the request",
		[TWC_HTTP_PHASE_WAIT] = "waiting for the response",
		[TWC_HTTP_PHASE_BODY] = "receiving the body",
		[TWC_HTTP_PHASE_DONE] = "done",
	};

	return p < TWC_ARRAY_LEN(names) ? names[p] : "?";
}

void twc_http_fetch_totals(const struct twc_http_fetch *f, struct twc_http_totals *t)
{
	*t = f->totals;
	t->sent = f->res && f->res->upload_bytes > 0 ? f->res->upload_bytes : f->has_body ? sent(f) : 0;
	t->received = f->res ? f->res->body_bytes : 0;
}
