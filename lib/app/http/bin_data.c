/* SPDX-License-Identifier: MIT */
/* Data that the path describes: base64, UUIDs; and answers that can be kept: with validators, with a time to live. */
#include "app/http/bin.h"

#include <stdio.h>
#include <time.h>

#include "app/http/files.h"
#include "base/base64.h"
#include "protocol/http/date.h"
#include "protocol/http/exchange.h"
#include "protocol/http/html.h"
#include "protocol/http/octet.h"
#include "protocol/http/precond.h"
#include "base/banned.h"

/* ---- base64 ---- */

static struct twc_str decode(struct twc_http_exchange *x, struct twc_str s)
{
	char *out = twc__http_exchange_alloc(x, TWC__BASE64_ROOM(s.n));
	size_t n;

	if (twc__base64url_decode(s, out, &n) || twc__base64_decode(s, out, &n))
		return (struct twc_str){ out, n };
	return (struct twc_str){ NULL, 0 };
}

/* With its padding, as go-httpbin has it. */
static struct twc_str encode(struct twc_http_exchange *x, struct twc_str s)
{
	char *out = twc__http_exchange_alloc(x, TWC__BASE64_LEN(s.n));
	size_t n = twc__base64url_encode(out, s.p, s.n);

	while (n % 4)
		out[n++] = '=';
	return (struct twc_str){ out, n };
}

/* As whatever the client likes, but not as markup that it brought. */
static void send_decoded(struct twc_http_exchange *x, struct twc_str data)
{
	struct twc_str type = twc_http_query(x, "content-type");
	struct twc_buf out;

	if (!type.n)
		type = TWC_STR("text/plain; charset=utf-8");
	if (!twc__http_all(type, TWC__HTTP_VALUE)) {
		twc__bin_fail(x, 400, "content-type: no value of a field");
		return;
	}
	twc_http_add_field(x, "X-Content-Type-Options", "nosniff");
	if (twc__bin_is_inert(type)) {
		twc__bin_send(x, 200, type.p, data);
		return;
	}
	twc_buf_init(&out, TWC__BIN_BODY_MAX);
	if (twc__http_add_html(&out, data) == 0)
		twc__bin_send(x, 200, type.p, twc_buf_str(&out));
	else
		twc__bin_fail(x, 413, NULL);
	twc_buf_fini(&out);
}

static struct twc_deferred *handle_decode(void *arg, struct twc_http_exchange *x)
{
	struct twc_str data = decode(x, twc_http_param(x, "data"));

	(void)arg;
	if (data.p)
		send_decoded(x, data);
	else
		twc__bin_fail(x, 400, "not base64");
	return NULL;
}

static struct twc_deferred *handle_encode(void *arg, struct twc_http_exchange *x)
{
	(void)arg;
	send_decoded(x, encode(x, twc_http_param(x, "data")));
	return NULL;
}

static struct twc_deferred *handle_uuid(void *arg, struct twc_http_exchange *x)
{
	struct twc__bin_reply r;
	uint8_t b[16];
	char h[32], text[37];

	(void)arg;
	twc__random(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* version 4, RFC 9562 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	twc__hex_encode(h, b, sizeof(b));
	snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
	twc__bin_reply_begin(&r, x);
	twc_json_text(&r.j, "uuid", text);
	twc__bin_reply_send(&r, 200);
	return NULL;
}

/* ---- what can be kept ---- */

static void tell(struct twc_http_exchange *x)
{
	struct twc__bin_reply r;

	twc__bin_reply_begin(&r, x);
	if (twc__bin_tell_request(&r))
		twc__bin_reply_send(&r, 200);
	else
		twc__bin_reply_fini(&r);
}

static void send_empty(struct twc_http_exchange *x, int status)
{
	twc_http_set_status(x, status);
	twc_http_send(x, NULL, 0);
}

/* Whoever asks whether it has changed hears that it has not. */
static struct twc_deferred *handle_cache(void *arg, struct twc_http_exchange *x)
{
	const struct twc_http_fields *f = &twc_http_request(x)->fields;
	char date[TWC__HTTP_DATE_LEN], tag[24];
	int64_t now = time(NULL);

	(void)arg;
	if (twc_http_fields_get(f, "If-Modified-Since", NULL) || twc_http_fields_get(f, "If-None-Match", NULL)) {
		send_empty(x, 304);
		return NULL;
	}
	twc__http_date_format(date, now);
	snprintf(tag, sizeof(tag), "\"%llx\"", (unsigned long long)now);
	twc_http_add_field_str(x, TWC_STR("Last-Modified"), (struct twc_str){ date, sizeof(date) });
	twc_http_add_field(x, "ETag", tag);
	tell(x);
	return NULL;
}

static struct twc_deferred *handle_cache_for(void *arg, struct twc_http_exchange *x)
{
	uint64_t seconds;
	char value[64];

	(void)arg;
	if (!twc__bin_param_uint(x, "seconds", 0, INT32_MAX, &seconds))
		return NULL;
	snprintf(value, sizeof(value), "public, max-age=%llu", (unsigned long long)seconds);
	twc_http_add_field(x, "Cache-Control", value);
	tell(x);
	return NULL;
}

/* The path's word between quotes; p NULL: it can be no entity tag. */
static struct twc_str make_etag(struct twc_http_exchange *x)
{
	struct twc_str word = twc_http_param(x, "etag");
	char *tag = twc__http_exchange_alloc(x, word.n + 2);
	struct twc_str s = { tag, word.n + 2 };
	struct twc__http_etag parsed;

	tag[0] = tag[word.n + 1] = '"';
	memcpy(tag + 1, word.p, word.n);
	return twc__http_etag_parse(s, &parsed) ? s : (struct twc_str){ NULL, 0 };
}

static struct twc_deferred *handle_etag(void *arg, struct twc_http_exchange *x)
{
	struct twc__http_validators v = { .exists = true, .etag = make_etag(x) };
	struct twc__http_conditions c = {
		.method = twc_http_request(x)->method,
		.if_match = twc__files_field(x, "If-Match"),
		.if_none_match = twc__files_field(x, "If-None-Match"),
	};
	enum twc__http_precond answer;

	(void)arg;
	if (!v.etag.p) {
		twc__bin_fail(x, 400, "etag: not fit for one");
		return NULL;
	}
	answer = twc__http_precond_check(&c, &v, time(NULL), NULL);
	twc_http_add_field_str(x, TWC_STR("ETag"), v.etag);
	if (answer == TWC__HTTP_PROCEED)
		tell(x);
	else
		send_empty(x, answer == TWC__HTTP_FAILED ? 412 : 304);
	return NULL;
}

const struct twc__bin_route twc__bin_data[] = {
	{ NULL, "/base64/<data>", handle_decode, "Decodes the path; ?content-type=." },
	{ NULL, "/base64/decode/<data>", handle_decode, NULL },
	{ NULL, "/base64/encode/<data>", handle_encode, "Encodes it, so that it is fit for a URL." },
	{ NULL, "/uuid", handle_uuid, "A random UUID." },
	{ NULL, "/cache", handle_cache, "304 for whoever asks whether it has changed." },
	{ NULL, "/cache/<seconds>", handle_cache_for, "May be kept for so long." },
	{ NULL, "/etag/<etag>", handle_etag, "Has this entity tag, and looks at If-Match and If-None-Match." },
	{ .pattern = NULL },
};
