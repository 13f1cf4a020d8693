/* SPDX-License-Identifier: MIT */
/* What all paths of the httpbin set need: to tell of a request, to say what is wrong with it, to answer in JSON. */
#include "app/http/bin.h"

#include <stdio.h>

#include <twc/tls.h>
#include <twc/url.h>

#include "protocol/http/exchange.h"
#include "base/banned.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define DETAIL_MAX 512

/* ---- answers ---- */

void twc__bin_send(struct twc_http_exchange *x, int status, const char *type, struct twc_str body)
{
	twc_http_set_status(x, status);
	twc_http_add_field(x, "Content-Type", type);
	twc_http_send(x, body.p, body.n);
}

/* Of a value with commas browsers take the last type. */
bool twc__bin_is_inert(struct twc_str type)
{
	static const char *const inert[] = { "text/plain", "application/json", "application/octet-stream" };
	struct twc_str rest = type, name;

	if (memchr(type.p, ',', type.n) || !twc_str_cut(&rest, ';', &name))
		return false;
	for (size_t i = 0; i < TWC_ARRAY_LEN(inert); i++)
		if (twc_str_eq_nocase(twc_str_trim(name), twc_str_of(inert[i])))
			return true;
	return false;
}

void twc__bin_reply_begin(struct twc__bin_reply *r, struct twc_http_exchange *x)
{
	r->x = x;
	twc_buf_init(&r->buf, TWC__BIN_JSON_MAX);
	twc_json_begin(&r->j, &r->buf);
}

void twc__bin_reply_fini(struct twc__bin_reply *r)
{
	twc_buf_fini(&r->buf);
}

bool twc__bin_reply_end(struct twc__bin_reply *r)
{
	twc_json_end(&r->j);
	if (r->j.failed)
		twc__bin_fail(r->x, 413, "the answer would be too long");
	return !r->j.failed;
}

static int keep(void *arg, const char *p, size_t n, struct twc_err *err)
{
	(void)err;
	return twc_buf_add(arg, p, n);
}

void twc__bin_indent(struct twc_buf *b)
{
	struct twc_buf out;
	struct twc_json_pretty_opts o = { .out = keep, .arg = &out };
	struct twc_json_pretty *p;
	int rc;

	twc_buf_init(&out, 2 * twc_buf_len(b) + 64 * 1024);
	p = twc_json_pretty_new(&o);
	rc = twc_json_pretty_feed(p, twc_buf_head(b), twc_buf_len(b), NULL);
	if (rc == 0)
		rc = twc_json_pretty_finish(p, NULL);
	twc_json_pretty_free(p);
	if (rc < 0) {
		twc_buf_fini(&out);
		return;
	}
	twc_buf_fini(b);
	*b = out;
}

void twc__bin_reply_send(struct twc__bin_reply *r, int status)
{
	if (twc__bin_reply_end(r)) {
		twc__bin_indent(&r->buf);
		twc__bin_send(r->x, status, JSON_TYPE, twc_buf_str(&r->buf));
	}
	twc__bin_reply_fini(r);
}

void twc__bin_fail(struct twc_http_exchange *x, int status, const char *detail)
{
	struct twc__bin_reply r;

	twc__bin_reply_begin(&r, x);
	twc_json_uint(&r.j, "status_code", (unsigned)status);
	twc_json_text(&r.j, "error", twc_http_reason(status));
	if (detail)
		twc_json_text(&r.j, "detail", detail);
	twc__bin_reply_send(&r, status);
}

void twc__bin_fail_err(struct twc_http_exchange *x, int status, const char *what, const struct twc_err *err)
{
	char detail[DETAIL_MAX];

	snprintf(detail, sizeof(detail), "%s: %s", what, err->text);
	twc__bin_fail(x, status, detail);
}

/* ---- parameters ---- */

bool twc__bin_param_uint(struct twc_http_exchange *x, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
	struct twc_err err = { 0 };

	if (twc_parse_uint(twc_http_param(x, name), min, max, out, &err) == 0)
		return true;
	twc__bin_fail_err(x, 400, name, &err);
	return false;
}

bool twc__bin_query_uint(struct twc_http_exchange *x, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
	struct twc_str s = twc_http_query(x, name);
	struct twc_err err = { 0 };

	if (!s.n || twc_parse_uint(s, min, max, out, &err) == 0)
		return true;
	twc__bin_fail_err(x, 400, name, &err);
	return false;
}

bool twc__bin_time(struct twc_http_exchange *x, const char *name, struct twc_str s, uint64_t *ns)
{
	struct twc_err err = { 0 };

	if (twc_parse_duration(s, ns, &err) == 0 && *ns > TWC__BIN_TIME_MAX)
		twc_err_set(&err, TWC_EUSAGE, "%.*s is longer than 10s", s.n > 64 ? 64 : (int)s.n, s.p);
	if (!err.code)
		return true;
	twc__bin_fail_err(x, 400, name, &err);
	return false;
}

bool twc__bin_query_time(struct twc_http_exchange *x, const char *name, uint64_t *ns)
{
	struct twc_str s = twc_http_query(x, name);

	return !s.n || twc__bin_time(x, name, s, ns);
}

/* ---- chance: splitmix64 ---- */

uint64_t twc__bin_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double twc__bin_random_part(uint64_t *state)
{
	return (double)(twc__bin_random(state) >> 11) * 0x1p-53;
}

bool twc__bin_query_seed(struct twc__bin *bin, struct twc_http_exchange *x, uint64_t *state)
{
	*state = twc__bin_random(&bin->chance);
	return twc__bin_query_uint(x, "seed", 0, UINT64_MAX, state);
}

/* ---- the request ---- */

bool twc__bin_is_secure(const struct twc_http_exchange *x)
{
	struct twc_tls_info info;
	struct twc_str proto;

	if (twc_http_fields_get(&twc_http_request(x)->fields, "X-Forwarded-Proto", &proto))
		return twc_str_eq_nocase(proto, TWC_STR("https"));
	return twc_tls_info(twc_http_transport(x), &info);
}

struct twc_str twc__bin_origin(struct twc_http_exchange *x)
{
	const char *scheme = twc__bin_is_secure(x) ? "https://" : "http://";
	struct twc_str host = twc_http_request(x)->authority;
	size_t n = strlen(scheme);
	char *p;

	if (!host.n)
		return (struct twc_str){ "", 0 };
	p = twc__http_exchange_alloc(x, n + host.n);
	memcpy(p, scheme, n);
	memcpy(p + n, host.p, host.n);
	return (struct twc_str){ p, n + host.n };
}

bool twc__bin_tell_args(struct twc__bin_reply *r)
{
	const struct twc_http_request *q = twc_http_request(r->x);
	struct twc__bin_values v;
	int rc;

	twc__bin_values_init(&v);
	twc__bin_values_add_form(&v, q->query);
	twc__bin_values_write(&v, &r->j, "args");
	rc = v.rc;
	twc__bin_values_fini(&v);
	twc__bin_values_init(&v);
	twc__bin_values_add_fields(&v, &q->fields);
	twc__bin_values_write(&v, &r->j, "headers");
	rc = rc ? rc : v.rc;
	twc__bin_values_fini(&v);
	if (rc)
		twc__bin_fail(r->x, rc == TWC_ENOMEM ? 503 : 413, "the request says too much");
	return rc == 0;
}

void twc__bin_tell_method(struct twc__bin_reply *r)
{
	twc_json_str(&r->j, "method", twc_http_request(r->x)->method);
}

/* Where the request came from first, as proxies say. */
void twc__bin_tell_origin(struct twc__bin_reply *r)
{
	char host[TWC_ADDR_TEXT_MAX];
	struct twc_str forwarded, first;
	struct twc_addr peer;

	if (twc_http_fields_get(&twc_http_request(r->x)->fields, "X-Forwarded-For", &forwarded) &&
	    twc_str_cut(&forwarded, ',', &first)) {
		twc_json_str(&r->j, "origin", twc_str_trim(first));
		return;
	}
	twc_transport_peer(twc_http_transport(r->x), &peer);
	twc_json_text(&r->j, "origin", twc_addr_format_host(&peer, host, sizeof(host)));
}

void twc__bin_tell_url(struct twc__bin_reply *r)
{
	const struct twc_http_request *q = twc_http_request(r->x);
	struct twc_str origin = twc__bin_origin(r->x);
	size_t n = origin.n + q->raw_path.n + 1 + q->query.n;
	char *url = twc__http_exchange_alloc(r->x, n), *p = url;

	p = (char *)mempcpy(p, origin.p, origin.n);
	p = (char *)mempcpy(p, q->raw_path.p, q->raw_path.n);
	if (q->query.p)
		*p++ = '?';
	if (q->query.n)
		p = (char *)mempcpy(p, q->query.p, q->query.n);
	twc_json_str(&r->j, "url", (struct twc_str){ url, (size_t)(p - url) });
}

bool twc__bin_tell_request(struct twc__bin_reply *r)
{
	if (!twc__bin_tell_args(r))
		return false;
	twc__bin_tell_method(r);
	twc__bin_tell_origin(r);
	twc__bin_tell_url(r);
	return true;
}
