/* SPDX-License-Identifier: MIT */
/*
 * The requests of a load, made once: a head for each URL, and a tail with framing and body for each body. Those of WebSocket are an
 * opening handshake for each URL, and messages.
 */
#include "app/http/bench_int.h"
#include "protocol/http/credentials.h"
#include "protocol/http/octet.h"
#include "protocol/http/request.h"

#include "base/banned.h"

#define LOGIN_MAX 16384
#define BYTES_MAX ((size_t)1 << 30) /* of all requests */

static bool is_ws(const struct twc_http_bench_opts *o)
{
	return twc_str_starts(o->url[0].scheme, "ws");
}

static int login_value(struct twc_buf *b, const struct twc_http_bench_opts *o, struct twc_err *err)
{
	if (o->bearer)
		return twc__http_bearer_add(b, twc_str_of(o->bearer), err);
	if (o->user)
		return twc__http_basic_add(b, twc_str_of(o->user), twc_str_of(o->password), err);
	return o->url[0].has_userinfo ? twc__http_basic_add(b, o->url[0].user, o->url[0].password, err) : 0;
}

static int login_add(struct twc_http_fields *fields, const struct twc_http_bench_opts *o, struct twc_err *err)
{
	struct twc_buf b;
	int rc;

	if (o->fields && twc_http_fields_get(o->fields, "Authorization", NULL))
		return 0;
	twc_buf_init(&b, LOGIN_MAX);
	rc = login_value(&b, o, err);
	if (rc == 0 && twc_buf_len(&b) > 0)
		rc = twc_http_fields_add(fields, TWC_STR("Authorization"), twc_buf_str(&b), err);
	else if (rc < 0 && !err->code)
		twc_err_set(err, rc, "the login is too long");
	if (b.data)
		explicit_bzero(b.data, b.cap);
	twc_buf_fini(&b);
	return rc;
}

/* The fields of a request that are the same for all. */
static int fields_make(struct twc_http_fields *fields, const struct twc_http_bench_opts *o, struct twc_err *err)
{
	size_t n = o->fields ? twc_http_fields_count(o->fields) : 0;
	int rc = login_add(fields, o, err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct twc_http_field f = twc_http_fields_at(o->fields, i);

		rc = twc_http_fields_add(fields, f.name, f.value, err);
	}
	if (rc == 0 && o->no_keepalive && !is_ws(o) && !twc_http_fields_get(fields, "Connection", NULL))
		rc = twc_http_fields_add(fields, TWC_STR("Connection"), TWC_STR("close"), err);
	return rc;
}

/* A tail has the framing of a body. */
static bool has_framing(const struct twc_http_bench_opts *o)
{
	return o->n_bodies > 0 && !is_ws(o);
}

/* The end of what was written is noted; the bytes may still move. */
static int head_add(struct twc_buf *b, const struct twc_http_bench_opts *o, const struct twc_url *url,
		    const struct twc_http_fields *fields, struct twc_str *out, struct twc_err *err)
{
	const struct twc_http_call call = {
		.method = o->method, .url = url, .fields = fields, .upgrade = is_ws(o) ? "websocket" : NULL,
	};
	size_t before = twc_buf_len(b);
	int rc = twc__http_request_write(&call, b, err);

	if (rc < 0)
		return rc;
	out->n = twc_buf_len(b) - before - (has_framing(o) ? 2 : 0); /* the empty line is the tail's */
	return 0;
}

static int tail_add(struct twc_buf *b, struct twc_str body, struct twc_str *out, struct twc_err *err)
{
	char digits[20];
	size_t before = twc_buf_len(b), n = twc__http_put_decimal(digits, body.n);
	int rc = twc_buf_add(b, "Content-Length: ", 16);

	if (rc == 0)
		rc = twc_buf_add(b, digits, n);
	if (rc == 0)
		rc = twc_buf_add(b, "\r\n\r\n", 4);
	if (rc == 0)
		rc = twc_buf_add(b, body.p, body.n);
	out->n = twc_buf_len(b) - before;
	return rc < 0 ? twc_err_set(err, rc, "the requests do not fit into memory") : 0;
}

static int message_add(struct twc_buf *b, const struct twc_http_bench_opts *o, size_t i, struct twc_str *out, struct twc_err *err)
{
	static const char usual[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
	struct twc_str message = o->n_bodies > 0 ? o->body[i] : TWC_STR(usual);

	_Static_assert(sizeof(usual) == 64 + 1, "as many bytes as are promised");
	if (o->message_type != TWC_WS_BINARY && !twc_ws_is_utf8(message.p, message.n))
		return twc_err_set(err, TWC_EDATA, "message %zu is no UTF-8, as text has to be", i + 1);
	out->n = message.n;
	return twc_buf_add(b, message.p, message.n) < 0 ? twc_err_set(err, TWC_ENOMEM, "the messages do not fit into memory") : 0;
}

/* What a head wrote in excess lies between it and the next. */
static void place(struct twc__bench_requests *q, bool has_bodies)
{
	const char *p = q->bytes;

	for (size_t i = 0; i < q->n_heads; i++) {
		q->head[i].p = p;
		p += q->head[i].n + (has_bodies ? 2 : 0);
	}
	for (size_t i = 0; i < q->n_tails; i++) {
		q->tail[i].p = p;
		p += q->tail[i].n;
	}
}

static int write_all(struct twc__bench_requests *q, struct twc_buf *b, const struct twc_http_bench_opts *o, char *key,
		     struct twc_err *err)
{
	const struct twc__ws_offer offer = { .subprotocols = o->subprotocols };
	struct twc_http_bench_opts with = *o;
	struct twc_http_fields fields = { 0 };
	int rc = fields_make(&fields, o, err);

	if (rc == 0 && key)
		rc = twc__ws_offer_add(&offer, key, &fields, err);
	if (o->method.n == 0)
		with.method = has_framing(o) ? TWC_STR("POST") : TWC_STR("GET");
	q->method = twc_http_method_of(with.method);
	for (size_t i = 0; i < q->n_heads && rc == 0; i++)
		rc = head_add(b, &with, &o->url[i], &fields, &q->head[i], err);
	for (size_t i = 0; i < q->n_tails && rc == 0; i++)
		rc = key ? message_add(b, o, i, &q->tail[i], err) : tail_add(b, o->body[i], &q->tail[i], err);
	twc_http_fields_fini(&fields);
	return rc;
}

int twc__bench_requests_make(struct twc__bench_requests *q, const struct twc_http_bench_opts *o, char *key, struct twc_err *err)
{
	struct twc_buf b;
	int rc;

	q->n_heads = o->n_urls;
	q->n_tails = key && o->n_bodies == 0 ? 1 : o->n_bodies;
	q->head = twc_calloc(q->n_heads, sizeof(*q->head));
	q->tail = twc_calloc(q->n_tails ? q->n_tails : 1, sizeof(*q->tail));
	twc_buf_init(&b, BYTES_MAX);
	rc = write_all(q, &b, o, key, err);
	if (rc == 0) {
		q->bytes = twc_try_malloc(twc_buf_len(&b));
		if (!q->bytes)
			rc = twc_err_set(err, TWC_ENOMEM, "the requests do not fit into memory");
	}
	if (rc == 0) {
		memcpy(q->bytes, twc_buf_head(&b), twc_buf_len(&b));
		place(q, has_framing(o));
	}
	twc_buf_fini(&b);
	return rc;
}

void twc__bench_requests_fini(struct twc__bench_requests *q)
{
	twc__bench_h2_forget(q);
	twc_free(q->bytes);
	twc_free(q->head);
	twc_free(q->tail);
}
