/* SPDX-License-Identifier: MIT */
/* The line of JSON that tells all of a request. Times are in microseconds, what is not known is null. */
#include "app/http/capture.h"

#include <stdio.h>

#include <twc/check.h>
#include <twc/url.h>

#include "base/banned.h"

static void write_tls(struct twc_json *j, const struct twc_transport *t)
{
	struct twc_tls_report *tls = twc_tls_report_new(t);

	if (!tls) {
		twc_json_null(j, "tls");
		return;
	}
	twc_json_open(j, "tls", '{');
	twc_json_text(j, "version", tls->version);
	twc_json_text(j, "cipher", tls->cipher);
	twc_json_text(j, "alpn", tls->alpn[0] ? tls->alpn : NULL);
	twc_json_text(j, "sni", tls->servername[0] ? tls->servername : NULL);
	twc_json_text(j, "subject", tls->verified && tls->n ? tls->cert[0].subject : NULL);
	twc_json_close(j, '}');
	twc_tls_report_free(tls);
}

static void write_fields(struct twc_json *j, const char *key, const struct twc_http_fields *fields)
{
	size_t n = twc_http_fields_count(fields);

	twc_json_open(j, key, '[');
	for (size_t i = 0; i < n; i++) {
		struct twc_http_field f = twc_http_fields_at(fields, i);

		twc_json_open(j, NULL, '[');
		twc_json_str(j, NULL, f.name);
		twc_json_str(j, NULL, f.value.p ? f.value : TWC_STR(""));
		twc_json_close(j, ']');
	}
	twc_json_close(j, ']');
}

static void write_head(struct twc_json *j, const struct twc_http_request *q)
{
	const char *version = twc_http_version_name(q->version) + 5;

	twc_json_str(j, "method", q->method);
	twc_json_str(j, "target", q->target);
	twc_json_str(j, "path", q->path);
	twc__http_caught_pairs(j, "query", q->query);
	twc_json_text(j, "http", version);
	write_fields(j, "headers", &q->fields);
	write_fields(j, "trailers", &q->trailers);
}

static void write_body(struct twc_json *j, const struct twc__http_caught *c)
{
	struct twc_str type = { NULL, 0 };
	bool is_truncated = c->size > c->body.n;

	(void)twc_http_fields_get(&twc_http_request(c->x)->fields, "Content-Type", &type);
	twc_json_bytes(j, "body", "body_base64", c->body.p ? c->body : TWC_STR(""));
	twc_json_bool(j, "truncated", is_truncated);
	twc_json_uint(j, "bytes", c->size);
	twc_json_text(j, "sha256", c->sha256);
	twc__http_caught_form(j, type, c->body, !is_truncated && !c->error);
	twc_json_text(j, "raw", c->raw);
}

bool twc__http_caught_write(const struct twc__http_caught *c, struct twc_buf *out)
{
	const struct twc_transport *t = twc_http_transport(c->x);
	char peer[TWC_ADDR_TEXT_MAX];
	struct twc_json j;

	twc_json_begin(&j, out);
	twc_json_int(&j, "time_us", c->time_us);
	twc_json_text(&j, "peer", twc_transport_peer_text(t, peer, sizeof(peer)));
	write_tls(&j, t);
	write_head(&j, twc_http_request(c->x));
	write_body(&j, c);
	twc_json_open(&j, "us", '{');
	twc_json_uint(&j, "head", c->head_us);
	twc_json_uint(&j, "body", c->body_us);
	twc_json_close(&j, '}');
	twc_json_text(&j, "error", c->error);
	twc_json_end(&j);
	return !j.failed;
}
