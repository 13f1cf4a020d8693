/* SPDX-License-Identifier: MIT */
/*
 * One hop: a request, its response, and what that leads to: the end, another hop, or the same once more, now or later.
 */
#include "app/http/fetch_int.h"
#include "protocol/http/request.h"

#include <twc/parse.h>

#include "base/banned.h"

#define EXPECT_ABOVE (1024 * 1024)	/* shorter bodies do not ask for leave */
#define EXPECT_NS TWC_NS_PER_S
#define HEAD_MAX (1024 * 1024) /* of a request that is only shown */

void twc__http_hop_forget(struct twc_http_fetch *f)
{
	if (f->wire)
		twc_transport_unref(f->wire);
	f->wire = NULL;
	twc__http_decoder_free(f->decoder);
	f->decoder = NULL;
	twc_buf_fini(&f->kept);
	if (f->res)
		twc_http_response_free(f->res);
	f->res = NULL;
	f->is_reading = f->is_res_paused = false;
}

void twc__http_hop_break(struct twc_http_fetch *f)
{
	struct twc_deferred *asking = f->asking;

	f->is_breaking = true;
	f->asking = NULL;
	if (asking) {
		twc_deferred_cancel(asking);
		f->times = *twc_http_client_last_times(f->s->client);
		twc_deferred_release(asking);
	}
	f->is_breaking = false;
	if (f->res && f->is_reading) {
		f->times = f->res->times;
		f->is_reading = false;
		twc_http_response_break(f->res);
	}
}

/* ---- the body that is sent ---- */

static void on_produce(void *arg, struct twc_http_upload *u)
{
	struct twc_http_fetch *f = arg;

	f->has_source_begun = true;
	f->o.source->produce(f->o.source->arg, u);
}

static bool on_rewind(void *arg)
{
	struct twc_http_fetch *f = arg;

	return f->o.source->rewind && f->o.source->rewind(f->o.source->arg);
}

static void on_stop(void *arg)
{
	struct twc_http_fetch *f = arg;

	if (f->o.source->stop)
		f->o.source->stop(f->o.source->arg);
}

static bool is_chunked_by_user(const struct twc_http_fetch *f)
{
	return twc__http_fetch_has_own(f, "Transfer-Encoding") && twc_http_fields_has(f->o.fields, "Transfer-Encoding", "chunked");
}

/* A body of which some was sent has to begin again. */
static int source_prepare(struct twc_http_fetch *f, struct twc_http_source *source, struct twc_err *err)
{
	if (f->has_source_begun && !on_rewind(f))
		return twc_err_set(err, TWC_EDATA, "the request has to be made once more, and its body cannot be sent twice");
	f->has_source_begun = false;
	*source = (struct twc_http_source){ .length = f->o.source->length, .produce = on_produce, .rewind = on_rewind,
					    .stop = on_stop, .arg = f };
	if (is_chunked_by_user(f))
		source->length = TWC_HTTP_UNKNOWN;
	return 0;
}

/* A body that is long, or that could not be sent again after a challenge. */
static uint64_t expect_of(const struct twc_http_fetch *f, const struct twc_http_source *source)
{
	bool may_be_asked = (f->o.auth & (TWC_HTTP_AUTH_DIGEST | TWC_HTTP_AUTH_ANY)) && f->picked == 0;

	if (!f->has_body || f->no_expect || f->o.minor < 0 || f->o.expect_ns == UINT64_MAX ||
	    twc__http_fetch_removes(f, "Expect"))
		return 0;
	if (source->length <= EXPECT_ABOVE && !(may_be_asked && !f->o.source->rewind) && !twc__http_fetch_has_own(f, "Expect"))
		return 0;
	return f->o.expect_ns > 0 ? f->o.expect_ns : EXPECT_NS;
}

/* ---- what a response leads to ---- */

static void take_cookies(struct twc_http_fetch *f)
{
	struct twc__http_jar_site site = twc__http_fetch_site(f);
	const struct twc_http_fields *fields = &f->res->fields;
	struct twc_err err = { 0 };

	if (!f->s->jar)
		return;
	for (size_t i = twc_http_fields_find(fields, "Set-Cookie", 0); i != SIZE_MAX;
	     i = twc_http_fields_find(fields, "Set-Cookie", i + 1)) {
		if (twc__http_jar_set(f->s->jar, &site, twc_http_fields_at(fields, i).value, twc__http_now(), &err) < 0)
			twc__http_fetch_note(f, "a cookie is not kept: %s", err.text);
	}
}

/* All of a body came in place of its rest: what is there has to go, or the caller does not mind. */
static bool begins_again(struct twc_http_fetch *f, struct twc_err *err)
{
	uint64_t from = 0;

	if (f->resume_from == 0 || f->res->status != 200 || !f->o.again)
		return true;
	if (f->o.again(f->o.arg, f, &from) != 1) {
		twc_err_set(err, TWC_EPROTO, "the server sends all, not the rest from byte %llu on",
			    (unsigned long long)f->resume_from);
		return false;
	}
	f->resume_from = from;
	if (from > 0) {
		twc_err_set(err, TWC_EPROTO, "the server cannot resume");
		return false;
	}
	return true;
}

/* 0, or why the response is no good. */
static int decide(struct twc_http_fetch *f, struct twc_err *err)
{
	static const struct twc_err none;
	uint64_t delay;
	int rc;

	f->next = TWC__HTTP_FINAL;
	rc = twc__http_redirect_look(f, err);
	if (rc != 0) {
		f->next = TWC__HTTP_REDIRECT;
		return rc < 0 ? rc : 0;
	}
	if (f->res->status == 401 && twc__http_auth_can_answer(f))
		f->next = TWC__HTTP_LOGIN;
	else if (f->res->status == 417 && f->has_body && !f->no_expect)
		f->next = TWC__HTTP_PLAIN;
	else if (twc__http_retry_is_due(f, &none, &delay))
		f->next = TWC__HTTP_RETRY;
	return 0;
}

static int accept_final(struct twc_http_fetch *f, struct twc_err *err)
{
	int rc;

	if (!begins_again(f, err))
		return err->code;
	rc = twc__http_body_prepare(f, err);
	return rc < 0 ? rc : twc__http_check_head(f, err);
}

static void on_response(struct twc_http_fetch *f)
{
	struct twc_err err = { 0 };
	int rc;

	f->totals.heads_received += f->res->head_bytes;
	f->totals.heads_sent += f->res->request_bytes;
	f->totals.received = 0;
	take_cookies(f);
	twc__http_auth_learn(f);
	rc = decide(f, &err);
	if (rc == 0 && f->next == TWC__HTTP_FINAL)
		rc = accept_final(f, &err);
	f->is_reading = true;
	if (rc == 0 || f->next == TWC__HTTP_REDIRECT) {
		if (f->o.head)
			f->o.head(f->o.arg, f, rc == 0 && f->next == TWC__HTTP_FINAL);
		if (twc__http_fetch_is_over(f))
			return;
	}
	if (rc < 0) {
		twc__http_body_fail(f, &err);
		return;
	}
	twc__http_body_receive(f);
}

/* No connection came to stand: whose is it? */
static void name_proxy(struct twc_err *err)
{
	const struct twc_err cause = *err;

	(void)twc_err_set(err, cause.code, "the proxy: %s", cause.text);
	err->sys = cause.sys;
}

static void on_answer(struct twc_result *result, void *arg)
{
	struct twc_http_fetch *f = arg;
	struct twc_err err = result->err;
	struct twc_deferred *asking = f->asking;

	if (f->is_breaking) { /* who broke it off knows */
		twc_result_set(result, NULL, NULL);
		return;
	}
	twc__http_fetch_enter(f);
	f->asking = NULL;
	if (err.code) {
		f->times = *twc_http_client_last_times(f->s->client);
		twc_result_set(result, NULL, NULL);
		if (f->is_by_proxy && twc_http_fetch_phase(f) <= TWC_HTTP_PHASE_TLS)
			name_proxy(&err);
		twc__http_hop_fail(f, &err);
	} else {
		f->res = twc_result_take(result);
		on_response(f);
	}
	twc_deferred_release(asking);
	twc__http_fetch_leave(f);
}

/* ---- its end ---- */

static void tell_hop(struct twc_http_fetch *f, const struct twc_err *err)
{
	f->is_over = true;
	if (f->o.hop)
		f->o.hop(f->o.arg, f, err);
}

void twc__http_hop_next(struct twc_http_fetch *f)
{
	static const struct twc_err none;
	uint64_t delay = 0;

	tell_hop(f, &none);
	if (twc__http_fetch_is_over(f))
		return;
	switch (f->next) {
	case TWC__HTTP_FINAL:
		twc__http_fetch_finish(f, &none);
		return;
	case TWC__HTTP_REDIRECT:
		twc__http_redirect_follow(f);
		break;
	case TWC__HTTP_RETRY:
		if (twc__http_retry_is_due(f, &none, &delay))
			twc__http_retry_wait(f, &none, delay);
		else /* the time is over meanwhile: it is as it is, without its body */
			twc__http_fetch_finish(f, &none);
		return;
	case TWC__HTTP_PLAIN:
		f->no_expect = true;
		break;
	case TWC__HTTP_LOGIN:
		break;
	}
	if (!twc__http_fetch_is_over(f))
		twc__http_hop_begin(f);
}

void twc__http_hop_fail(struct twc_http_fetch *f, const struct twc_err *err)
{
	struct twc_err copy = *err;
	uint64_t delay, from = 0;

	tell_hop(f, &copy);
	if (twc__http_fetch_is_over(f))
		return;
	if (!twc__http_retry_is_due(f, &copy, &delay)) {
		twc__http_fetch_finish(f, &copy);
		return;
	}
	if (f->given > 0) {
		if (!f->o.again || f->o.again(f->o.arg, f, &from) != 1) {
			if (!twc__http_fetch_is_over(f))
				twc__http_fetch_finish(f, &copy);
			return;
		}
		if (twc__http_fetch_is_over(f))
			return;
		if (from > 0 && f->decoder) { /* how far it had come in what was sent, nobody knows */
			twc__http_fetch_finish(f, &copy);
			return;
		}
		f->resume_from = from;
	}
	twc__http_retry_wait(f, &copy, delay);
}

/* ---- its beginning ---- */

static void on_began(void *arg, struct twc_transport *t, bool reused)
{
	struct twc_http_fetch *f = arg;
	char peer[128];

	if (f->wire)
		twc_transport_unref(f->wire);
	f->wire = t;
	twc_transport_ref(t);
	f->wire_from = twc_transport_bytes_out(t) + twc_transport_queued(t);
	if (!reused)
		f->totals.connects++;
	if (f->o.rate > 0 || f->s->has_rates)
		twc_transport_limit_rate(t, f->o.rate, 0);
	f->s->has_rates |= f->o.rate > 0;
	twc__http_fetch_note(f, "%s %s", reused ? "uses the kept connection to" : "connected to",
			     twc_transport_peer_text(t, peer, sizeof(peer)));
	twc__http_fetch_watch(f);
}

static void on_seen(void *arg, char dir, struct twc_str head)
{
	struct twc_http_fetch *f = arg;

	if (dir == '>')
		f->wire_from += head.n;
	if (f->o.seen)
		f->o.seen(f->o.arg, f, dir, head);
}

/* What would be asked. */
static void show(struct twc_http_fetch *f, const struct twc_http_call *call)
{
	struct twc_err err = { 0 };
	struct twc_buf head;

	twc_buf_init(&head, HEAD_MAX);
	if (twc__http_request_write(call, &head, &err) == 0)
		on_seen(f, '>', twc_buf_str(&head));
	twc_buf_fini(&head);
	if (!twc__http_fetch_is_over(f))
		twc__http_fetch_finish(f, &err);
}

static void ask(struct twc_http_fetch *f, const struct twc__http_way *way, const struct twc_http_fields *fields,
		const struct twc_http_source *source)
{
	struct twc_http_call call = {
		.method = f->method,
		.url = &f->url,
		.target = f->totals.redirects == 0 ? f->o.target : (struct twc_str){ 0 },
		.absolute = way->absolute,
		.minor = f->o.minor,
		.fields = fields,
		.no_host = !f->is_foreign && twc__http_fetch_removes(f, "Host"), /* it was about the first origin */
		.source = f->has_body ? source : NULL,
		.via = way->via,
		.expect_ns = expect_of(f, source),
		.first_byte_ns = f->o.first_byte_ns,
		.anonymous = f->is_foreign,
		.fresh = f->o.fresh,
		.upgrade = f->o.upgrade,
		.seen = on_seen,
		.began = on_began,
		.arg = f,
	};

	if (f->o.offline) {
		show(f, &call);
		return;
	}
	f->no_expect = call.expect_ns == 0;
	f->is_by_proxy = way->absolute;
	twc__http_fetch_await(f);
	f->asking = twc_http_ask(f->s->client, &call);
	twc_deferred_add_both(f->asking, on_answer, f);
}

static int check_scheme(const struct twc_http_fetch *f, struct twc_err *err)
{
	struct twc_str scheme = f->url.scheme;

	if (twc_http_schemes_have(f->o.proto, scheme))
		return 0;
	return twc_err_set(err, TWC_EACCESS, "%.*s is not supported here: --proto leaves it out", (int)scheme.n, scheme.p);
}

void twc__http_hop_begin(struct twc_http_fetch *f)
{
	struct twc_http_fields fields = { 0 };
	struct twc_http_source source = { 0 };
	struct twc__http_way way = { 0 };
	struct twc_err err = { 0 };
	int rc;

	twc__http_hop_forget(f);
	twc_buf_init(&f->kept, TWC__HTTP_KEPT_MAX);
	f->times = (struct twc_http_times){ 0 };
	f->hop_began_ns = twc_reactor_now(f->r);
	f->totals.redirected_ns = f->hop_began_ns - f->totals.started_ns;
	f->drained = f->given = 0;
	f->is_over = f->is_decoding = false;
	rc = check_scheme(f, &err);
	if (rc == 0)
		rc = twc__http_way_find(f, &way, &err);
	if (rc == 0)
		rc = twc__http_auth_prepare(f, &err);
	if (rc == 0)
		rc = twc__http_request_fields(f, &way, &fields, &err);
	if (rc == 0 && f->has_body)
		rc = source_prepare(f, &source, &err);
	if (rc < 0) {
		tell_hop(f, &err);
		if (!twc__http_fetch_is_over(f))
			twc__http_fetch_finish(f, &err);
	} else {
		ask(f, &way, &fields, &source);
	}
	twc_http_fields_fini(&fields);
	twc__http_way_fini(&way);
}
