/* SPDX-License-Identifier: MIT */
/*
 * Archives as the tools of browsers read them (HAR 1.2): one object, whose entries are written one by one as hops end. Times are
 * milliseconds; a phase that did not happen is -1. Bodies that are no UTF-8 are in base64. Pure.
 */
#include "app/http/mask.h"
#include "protocol/http/date.h"

#include <twc/http_report.h>
#include <twc/json.h>
#include <twc/parse.h>

#include "base/banned.h"

/* ---- the log ---- */

int twc_http_har_begin(struct twc_buf *b)
{
	return twc_buf_addf(b, "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"twc\",\"version\":\"%s\"},\"entries\":[\n",
			    TWC_VERSION);
}

int twc_http_har_end(struct twc_buf *b)
{
	return twc_buf_addf(b, "\n]}}\n");
}

/* ---- fields ---- */

static void put_pair(struct twc_json *j, struct twc_str name, struct twc_str value)
{
	twc_json_open(j, NULL, '{');
	twc_json_str(j, "name", name);
	twc_json_str(j, "value", value.p ? value : TWC_STR(""));
	twc_json_close(j, '}');
}

static void put_field(struct twc_json *j, struct twc_str name, struct twc_str value, bool show_secrets)
{
	struct twc_str shown;
	char *masked;

	if (show_secrets || !twc__http_is_secret(name, value, &shown)) {
		put_pair(j, name, value);
		return;
	}
	masked = twc_asprintf("%.*s***", (int)shown.n, shown.p);
	put_pair(j, name, twc_str_of(masked));
	twc_free(masked);
}

/* Of a head that we have made: a line each, and none of them folded. */
static void put_head_fields(struct twc_json *j, struct twc_str head, bool show_secrets)
{
	struct twc_str line, name;

	(void)twc_str_cut(&head, '\n', &line);
	twc_json_open(j, "headers", '[');
	while (twc_str_cut(&head, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n > 0 && twc_str_cut(&line, ':', &name))
			put_field(j, name, twc_str_trim(line), show_secrets);
	}
	twc_json_close(j, ']');
}

static void put_fields(struct twc_json *j, const struct twc_http_fields *fields, bool show_secrets)
{
	twc_json_open(j, "headers", '[');
	for (size_t i = 0; fields && i < twc_http_fields_count(fields); i++) {
		struct twc_http_field field = twc_http_fields_at(fields, i);

		put_field(j, field.name, field.value, show_secrets);
	}
	twc_json_close(j, ']');
}

static void put_empty_list(struct twc_json *j, const char *key)
{
	twc_json_open(j, key, '[');
	twc_json_close(j, ']');
}

/* ---- the request ---- */

static void put_query(struct twc_json *j, struct twc_str query)
{
	struct twc_str name, value;
	struct twc_buf n, v;

	twc_buf_init(&n, TWC_URL_MAX);
	twc_buf_init(&v, TWC_URL_MAX);
	twc_json_open(j, "queryString", '[');
	while (twc_form_next(&query, &name, &value)) {
		twc_buf_clear(&n);
		twc_buf_clear(&v);
		if (twc_form_decode(name, &n) == 0 && twc_form_decode(value, &v) == 0)
			put_pair(j, twc_buf_str(&n), twc_buf_str(&v));
	}
	twc_json_close(j, ']');
	twc_buf_fini(&n);
	twc_buf_fini(&v);
}

static struct twc_str head_value(struct twc_str head, const char *name)
{
	struct twc_str line, is;

	while (twc_str_cut(&head, '\n', &line))
		if (twc_str_cut(&line, ':', &is) && twc_str_eq_nocase(is, twc_str_of(name)) && line.p) {
			if (line.n > 0 && line.p[line.n - 1] == '\r')
				line.n--;
			return twc_str_trim(line);
		}
	return TWC_STR("");
}

static void put_request(struct twc_json *j, const struct twc_http_har_entry *e)
{
	const struct twc_http_facts *x = e->facts;
	const struct twc_url *url = x->url_effective ? x->url_effective : x->url;
	char *text = twc_url_text(url, e->show_secrets ? TWC_URL_NO_FRAGMENT : TWC_URL_NO_FRAGMENT | TWC_URL_MASK);
	struct twc_str head = e->request_head, line = { NULL, 0 };

	(void)twc_str_cut(&head, '\n', &line);
	twc_json_open(j, "request", '{');
	twc_json_str(j, "method", x->method);
	twc_json_text(j, "url", text);
	twc_json_text(j, "httpVersion", line.n > 9 && memmem(line.p, line.n, "HTTP/1.0", 8) ? "HTTP/1.0" : "HTTP/1.1");
	put_empty_list(j, "cookies");
	put_head_fields(j, e->request_head, e->show_secrets);
	put_query(j, url->query);
	if (e->request_body.p) {
		twc_json_open(j, "postData", '{');
		twc_json_str(j, "mimeType", head_value(e->request_head, "Content-Type"));
		twc_json_bytes(j, "text", "_base64", e->request_body);
		twc_json_close(j, '}');
	}
	twc_json_uint(j, "headersSize", e->request_head.n);
	twc_json_uint(j, "bodySize", x->totals.sent);
	twc_json_close(j, '}');
	twc_free(text);
}

/* ---- the response ---- */

static void put_content(struct twc_json *j, const struct twc_http_har_entry *e)
{
	struct twc_str type = TWC_STR("");

	if (e->facts->response)
		(void)twc_http_fields_get(&e->facts->response->fields, "Content-Type", &type);
	twc_json_open(j, "content", '{');
	twc_json_uint(j, "size", e->facts->totals.decoded);
	twc_json_str(j, "mimeType", type);
	if (e->body.p) {
		/* The same key both times: what it is says "encoding". */
		twc_json_bytes(j, "text", "text", e->body);
		if (!twc_is_utf8(e->body))
			twc_json_text(j, "encoding", "base64");
	}
	twc_json_close(j, '}');
}

static void put_response(struct twc_json *j, const struct twc_http_har_entry *e)
{
	const struct twc_http_facts *x = e->facts;
	const struct twc_http_response *res = x->response;
	struct twc_str location = TWC_STR("");

	if (res)
		(void)twc_http_fields_get(&res->fields, "Location", &location);
	twc_json_open(j, "response", '{');
	twc_json_int(j, "status", res ? res->status : 0);
	twc_json_str(j, "statusText", res && res->reason.p ? res->reason : TWC_STR(""));
	twc_json_text(j, "httpVersion", twc_http_version_name(res ? res->version : 11));
	put_empty_list(j, "cookies");
	put_fields(j, res ? &res->fields : NULL, e->show_secrets);
	put_content(j, e);
	twc_json_str(j, "redirectURL", location);
	twc_json_int(j, "headersSize", res ? (int64_t)res->head_bytes : -1);
	twc_json_int(j, "bodySize", res ? (int64_t)res->body_bytes : -1);
	if (x->err && x->err->code)
		twc_json_text(j, "_error", x->err->text[0] ? x->err->text : twc_err_default_text(x->err->code));
	twc_json_close(j, '}');
}

/* ---- times ---- */

static uint64_t between(uint64_t from, uint64_t to)
{
	return from > 0 && to > from ? to - from : 0;
}

static void put_ms(struct twc_json *j, const char *key, bool is_known, uint64_t ns)
{
	if (is_known)
		twc_json_ratio(j, key, ns, TWC_NS_PER_MS);
	else
		twc_json_int(j, key, -1);
}

static void put_timings(struct twc_json *j, const struct twc_http_times *t)
{
	uint64_t begun = t->dial ? t->dial : t->sent, up = t->uploaded ? t->uploaded : t->sent;
	uint64_t ready = t->secured ? t->secured : t->connected;

	twc_json_open(j, "timings", '{');
	put_ms(j, "blocked", begun > 0, between(t->queued, begun));
	put_ms(j, "dns", t->resolved > 0, between(t->dial, t->resolved));
	put_ms(j, "connect", t->connected > 0, between(t->resolved ? t->resolved : t->dial, ready)); /* TLS is part of it */
	put_ms(j, "ssl", t->secured > 0, between(t->connected, t->secured));
	put_ms(j, "send", true, between(t->sent, up));
	put_ms(j, "wait", true, between(up, t->first_byte));
	put_ms(j, "receive", true, between(t->first_byte, t->done));
	twc_json_close(j, '}');
}

int twc_http_har_add(struct twc_buf *b, const struct twc_http_har_entry *e, bool is_first)
{
	const struct twc_http_times *t = &e->facts->times;
	const struct twc_http_response *res = e->facts->response;
	char date[TWC__HTTP_ISO_MAX], text[TWC_ADDR_TEXT_MAX];
	struct twc_json j;
	size_t n;

	if (!is_first && twc_buf_add(b, ",\n", 2) < 0)
		return TWC_ETOOLONG;
	n = twc__http_iso_format(date, e->started_us / 1000000, (uint32_t)(e->started_us % 1000000), 3);
	twc_json_begin(&j, b);
	twc_json_str(&j, "startedDateTime", (struct twc_str){ date, n });
	twc_json_ratio(&j, "time", between(t->queued, t->done ? t->done : t->first_byte), TWC_NS_PER_MS);
	put_request(&j, e);
	put_response(&j, e);
	twc_json_open(&j, "cache", '{');
	twc_json_close(&j, '}');
	put_timings(&j, t);
	if (res && res->peer.kind == TWC_ADDR_TCP)
		twc_json_text(&j, "serverIPAddress", twc_addr_format_host(&res->peer, text, sizeof(text)));
	twc_json_end(&j);
	return j.failed ? TWC_ETOOLONG : 0;
}
