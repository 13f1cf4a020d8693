/* SPDX-License-Identifier: MIT */
/* Requests told back to who sent them: as JSON, with their body or without, compressed, as they were, a number of times. */
#include "app/http/bin.h"

#include "protocol/http/coding.h"
#include "protocol/http/octet.h"
#include "base/banned.h"

/* ---- without a body ---- */

static struct twc_deferred *handle_get(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_reply r;

	(void)arg;
	twc__bin_reply_begin(&r, x);
	if (twc__bin_tell_request(&r))
		twc__bin_reply_send(&r, 200);
	else
		twc__bin_reply_fini(&r);
	return NULL;
}

static struct twc_deferred *handle_headers(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_values v;
	struct twc__bin_reply r;

	(void)arg;
	twc__bin_reply_begin(&r, x);
	twc__bin_values_init(&v);
	twc__bin_values_add_fields(&v, &twc_http_request(x)->fields);
	twc__bin_values_write(&v, &r.j, "headers");
	r.j.failed |= v.rc != 0;
	twc__bin_values_fini(&v);
	twc__bin_reply_send(&r, 200);
	return NULL;
}

static struct twc_deferred *handle_ip(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_reply r;

	(void)arg;
	twc__bin_reply_begin(&r, x);
	twc__bin_tell_origin(&r);
	twc__bin_reply_send(&r, 200);
	return NULL;
}

static struct twc_deferred *handle_user_agent(void *arg, struct twc_http_exchange *x)
{
	struct twc_str value = { "", 0 };
	struct twc__bin_reply r;

	(void)arg;
	twc_http_fields_get(&twc_http_request(x)->fields, "User-Agent", &value);
	twc__bin_reply_begin(&r, x);
	twc_json_str(&r.j, "user-agent", value);
	twc__bin_reply_send(&r, 200);
	return NULL;
}

/* ---- compressed ---- */

static int keep(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	int rc = twc_buf_add(arg, p, n);

	return rc < 0 ? twc_err_set(err, rc, "%s", twc_err_default_text(rc)) : 0;
}

static int encode(enum twc__http_encoding kind, struct twc_str s, struct twc_buf *out, struct twc_err *err)
{
	struct twc__http_encoder *e = twc__http_encoder_new(kind, 6, keep, out, err);
	int rc;

	if (!e)
		return TWC_ENOMEM;
	rc = twc__http_encoder_write(e, s.p, s.n, false, err);
	if (rc == 0)
		rc = twc__http_encoder_end(e, err);
	twc__http_encoder_free(e);
	return rc;
}

static void send_encoded(struct twc__bin_reply *r, enum twc__http_encoding kind, const char *coding)
{
	struct twc_err err = { 0 };
	struct twc_buf out;

	if (!twc__bin_reply_end(r))
		return;
	twc__bin_indent(&r->buf);
	twc_buf_init(&out, TWC__BIN_JSON_MAX);
	if (encode(kind, twc_buf_str(&r->buf), &out, &err) < 0) {
		twc_http_fail(r->x, &err);
	} else {
		twc_http_add_field(r->x, "Content-Encoding", coding);
		twc__bin_send(r->x, 200, "application/json; charset=utf-8", twc_buf_str(&out));
	}
	twc_buf_fini(&out);
}

static struct twc_deferred *answer_encoded(struct twc_http_exchange *x, enum twc__http_encoding kind, const char *coding,
					   const char *flag)
{
	struct twc__bin_reply r;

	twc__bin_reply_begin(&r, x);
	if (twc__bin_tell_request(&r)) {
		twc_json_bool(&r.j, flag, true);
		send_encoded(&r, kind, coding);
	}
	twc__bin_reply_fini(&r);
	return NULL;
}

static struct twc_deferred *handle_gzip(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return answer_encoded(x, TWC__HTTP_ENCODE_GZIP, "gzip", "gzipped");
}

static struct twc_deferred *handle_deflate(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return answer_encoded(x, TWC__HTTP_ENCODE_DEFLATE, "deflate", "deflated");
}

/* ---- with a body: an answer is made when it has come, and said in the end ---- */

enum told {
	TELL_BODY,
	TELL_LENGTH,
	TELL_TRAILERS,
};
struct echo {
	struct twc__bin_reply r;
	enum told told;
	uint64_t delay_ns;
};

static void on_body(struct twc_result *res, void *arg)
{
	struct echo *e = arg;
	struct twc_str body = twc_buf_str(res->value);
	struct twc__bin_reply *r = &e->r;

	if (!twc__bin_tell_request(r))
		return;
	if (e->told == TELL_LENGTH)
		twc_json_uint(&r->j, "bytes_received", body.n);
	else if (!twc__bin_tell_body(r, body))
		return;
	if (e->delay_ns)
		twc_result_wait(res, twc_deferred_later(twc_http_reactor(r->x), e->delay_ns));
}

static void send_trailers(struct twc_http_exchange *x, struct twc_str body)
{
	struct twc__bin_values v;

	twc__bin_values_init(&v);
	twc__bin_values_add_form(&v, twc_http_request(x)->query);
	twc_http_add_field(x, "Content-Type", "application/json; charset=utf-8");
	for (size_t i = 0; i < v.n; i++)
		twc_http_add_field_str(x, TWC_STR("Trailer"), twc__bin_values_name(&v, i));
	twc_http_begin(x, TWC_HTTP_UNKNOWN);
	twc_http_write(x, body.p, body.n);
	for (size_t i = 0; i < v.n; i++)
		twc_http_add_trailer(x, twc__bin_values_name(&v, i).p, twc__bin_values_value(&v, i).p);
	twc_http_end(x);
	twc__bin_values_fini(&v);
}

static void on_done(struct twc_result *res, void *arg)
{
	struct echo *e = arg;

	if (res->err.code || twc_http_has_ended(e->r.x)) {
		twc__bin_reply_fini(&e->r);
	} else if (e->told != TELL_TRAILERS) {
		twc__bin_reply_send(&e->r, 200);
	} else {
		if (twc__bin_reply_end(&e->r)) {
			twc__bin_indent(&e->r.buf);
			send_trailers(e->r.x, twc_buf_str(&e->r.buf));
		}
		twc__bin_reply_fini(&e->r);
	}
	twc_free(e);
}

static struct twc_deferred *echo(struct twc_http_exchange *x, enum told told, uint64_t delay_ns)
{
	struct twc_deferred *d = twc_http_collect(x, TWC__BIN_BODY_MAX);
	struct echo *e = twc_calloc(1, sizeof(*e));

	e->told = told;
	e->delay_ns = delay_ns;
	twc__bin_reply_begin(&e->r, x);
	twc_deferred_add(d, on_body, NULL, e);
	twc_deferred_add_both(d, on_done, e);
	return d;
}

struct twc_deferred *twc__bin_echo_after(struct twc_http_exchange *x, uint64_t delay_ns)
{
	return echo(x, TELL_BODY, delay_ns);
}

static struct twc_deferred *handle_body(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return echo(x, TELL_BODY, 0);
}

static struct twc_deferred *handle_upload(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	return echo(x, TELL_LENGTH, 0);
}

/* What must not come after the body (RFC 9110, 6.5.1). */
static bool may_be_trailer(struct twc_str name)
{
	static const char *const forbidden[] = {
		"Authorization", "Cache-Control", "Content-Encoding", "Content-Length", "Content-Range", "Content-Type",
		"Host",		 "Max-Forwards",  "Set-Cookie",	      "TE",		"Trailer",	 "Transfer-Encoding",
	};

	for (size_t i = 0; i < TWC_ARRAY_LEN(forbidden); i++)
		if (twc_str_eq_nocase(name, twc_str_of(forbidden[i])))
			return false;
	return twc_http_is_token(name);
}

static struct twc_deferred *handle_trailers(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_values v;
	bool is_fine = true;

	(void)arg;
	twc__bin_values_init(&v);
	twc__bin_values_add_form(&v, twc_http_request(x)->query);
	for (size_t i = 0; i < v.n; i++)
		is_fine &= may_be_trailer(twc__bin_values_name(&v, i)) &&
			   twc__http_all(twc__bin_values_value(&v, i), TWC__HTTP_VALUE);
	twc__bin_values_fini(&v);
	if (is_fine)
		return echo(x, TELL_TRAILERS, 0);
	twc__bin_fail(x, 400, "not fit for trailers");
	return NULL;
}

/* ---- as it was ---- */

static int dump_head(const struct twc_http_request *q, struct twc_buf *out)
{
	size_t n = twc_http_fields_count(&q->fields);
	int rc = twc_buf_addf(out, "%.*s %.*s %s\r\n", (int)q->method.n, q->method.p, (int)q->target.n, q->target.p,
			      twc_http_version_name(q->version));

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct twc_http_field f = twc_http_fields_at(&q->fields, i);

		rc = twc_buf_addf(out, "%.*s: %.*s\r\n", (int)f.name.n, f.name.p, (int)f.value.n, f.value.n ? f.value.p : "");
	}
	return rc == 0 ? twc_buf_add(out, "\r\n", 2) : rc;
}

static void on_dump_body(struct twc_result *res, void *arg)
{
	struct twc_http_exchange *x = arg;
	struct twc_str body = twc_buf_str(res->value);
	struct twc_buf out;
	int rc;

	twc_buf_init(&out, 2 * TWC__BIN_BODY_MAX);
	rc = dump_head(twc_http_request(x), &out);
	if (rc == 0)
		rc = twc_buf_add(&out, body.p, body.n);
	if (rc == 0)
		twc__bin_send(x, 200, "text/plain; charset=utf-8", twc_buf_str(&out));
	else
		twc__bin_fail(x, rc == TWC_ENOMEM ? 503 : 413, NULL);
	twc_buf_fini(&out);
}

static struct twc_deferred *handle_dump(void *arg, struct twc_http_exchange *x)
{
	struct twc_deferred *d = twc_http_collect(x, TWC__BIN_BODY_MAX);

	(void)arg;
	twc_deferred_add(d, on_dump_body, NULL, x);
	return d;
}

const struct twc__bin_route twc__bin_echo[] = {
	{ "GET", "/get", handle_get, "The request as JSON: arguments, headers, origin, URL." },
	{ "POST", "/post", handle_body, "The same with the body: data, form, files, JSON." },
	{ "PUT", "/put", handle_body, NULL },
	{ "PATCH", "/patch", handle_body, NULL },
	{ "DELETE", "/delete", handle_body, NULL },
	{ NULL, "/anything", handle_body, "The same for any method, and any path below." },
	{ NULL, "/anything/<path:p>", handle_body, NULL },
	{ NULL, "/headers", handle_headers, "The header fields of the request." },
	{ NULL, "/ip", handle_ip, "The address it came from." },
	{ NULL, "/user-agent", handle_user_agent, "The User-Agent." },
	{ NULL, "/gzip", handle_gzip, "As /get, compressed with gzip." },
	{ NULL, "/deflate", handle_deflate, "The same with deflate." },
	{ "POST", "/upload", handle_upload, "Takes a body and tells how long it was." },
	{ "PUT", "/upload", handle_upload, NULL },
	{ "PATCH", "/upload", handle_upload, NULL },
	{ NULL, "/trailers", handle_trailers, "Each argument becomes a trailer." },
	{ NULL, "/dump/request", handle_dump, "The request as it was sent." },
	{ .pattern = NULL },
};
