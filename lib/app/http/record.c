/* SPDX-License-Identifier: MIT */
/* A line of --report json: what one attempt came to. Its keys are a contract; unknown values are null. Pure. */
#include <twc/http_report.h>
#include <twc/json.h>
#include <twc/parse.h>

#include "base/banned.h"

static const struct twc_str null_str;

static void put_url(struct twc_json *j, const char *key, const struct twc_url *url)
{
	char *text = url ? twc_url_text(url, TWC_URL_MASK | TWC_URL_NO_FRAGMENT) : NULL;

	twc_json_str(j, key, text ? twc_str_of(text) : null_str);
	twc_free(text);
}

static void put_addr(struct twc_json *j, const char *key, const struct twc_addr *a)
{
	char text[TWC_ADDR_TEXT_MAX];

	if (a && a->kind != TWC_ADDR_NONE)
		twc_json_text(j, key, twc_addr_format(a, text, sizeof(text)));
	else
		twc_json_null(j, key);
}

/* The length of a phase, if it came to its end. */
static void put_us(struct twc_json *j, const char *key, uint64_t from, uint64_t to)
{
	if (from > 0 && to >= from)
		twc_json_uint(j, key, (to - from) / TWC_NS_PER_US);
	else
		twc_json_null(j, key);
}

static void put_times(struct twc_json *j, const struct twc_http_facts *x)
{
	const struct twc_http_times *t = &x->times;

	twc_json_open(j, "us", '{');
	put_us(j, "dns", t->dial, t->resolved);
	put_us(j, "connect", t->resolved ? t->resolved : t->dial, t->connected);
	put_us(j, "tls", t->connected, t->secured);
	put_us(j, "first_byte", t->sent, t->first_byte);
	put_us(j, "total", x->totals.started_ns, x->totals.ended_ns);
	twc_json_close(j, '}');
}

static void put_tls(struct twc_json *j, const struct twc_http_response *res)
{
	if (!res || !res->has_tls) {
		twc_json_null(j, "tls");
		return;
	}
	twc_json_open(j, "tls", '{');
	twc_json_text(j, "version", res->tls.version);
	twc_json_text(j, "cipher", res->tls.cipher);
	twc_json_str(j, "alpn", res->tls.alpn[0] ? twc_str_of(res->tls.alpn) : null_str);
	twc_json_bool(j, "verified", res->tls.verified);
	twc_json_close(j, '}');
}

static void put_error(struct twc_json *j, const struct twc_err *err)
{
	if (!err || !err->code) {
		twc_json_null(j, "error");
		return;
	}
	twc_json_open(j, "error", '{');
	twc_json_text(j, "code", twc_err_name(err->code));
	twc_json_text(j, "text", err->text[0] ? err->text : twc_err_default_text(err->code));
	twc_json_close(j, '}');
}

static void put_bytes(struct twc_json *j, const struct twc_http_totals *t)
{
	twc_json_open(j, "bytes", '{');
	twc_json_uint(j, "up", t->sent);
	twc_json_uint(j, "down", t->received);
	twc_json_uint(j, "head", t->heads_received);
	twc_json_close(j, '}');
}

int twc_http_record_write(struct twc_buf *b, const struct twc_http_facts *x, unsigned attempt)
{
	const struct twc_http_response *res = x->response;
	struct twc_json j;

	twc_json_begin(&j, b);
	put_url(&j, "url", x->url);
	twc_json_str(&j, "method", x->method.n ? x->method : null_str);
	if (res)
		twc_json_int(&j, "status", res->status);
	else
		twc_json_null(&j, "status");
	twc_json_str(&j, "http", !res ? null_str : twc_str_of(twc_http_version_name(res->version) + 5));
	put_addr(&j, "remote", res ? &res->peer : NULL);
	put_addr(&j, "local", res ? &res->host : NULL);
	twc_json_uint(&j, "attempt", attempt);
	twc_json_open(&j, "redirects", '[');
	for (size_t i = 0; i < x->n_redirects; i++)
		twc_json_text(&j, NULL, x->redirects[i]);
	twc_json_close(&j, ']');
	put_bytes(&j, &x->totals);
	put_times(&j, x);
	put_tls(&j, res);
	put_error(&j, x->err);
	twc_json_end(&j);
	return j.failed ? TWC_ETOOLONG : twc_buf_add(b, "\n", 1);
}
