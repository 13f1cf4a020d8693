/* SPDX-License-Identifier: MIT */
/* Heads, framing, chunks and trailers, one step for each piece that comes. See http_reader.h. */
#include "support/http_reader.h"

#define MOST (64u << 20)

void http_reader_init(struct http_reader *r, enum twc__http_role role, const struct twc__http_limits *limits)
{
	*r = (struct http_reader){ .role = role, .method = TWC_HTTP_GET };
	twc_buf_init(&r->start, MOST);
	twc_buf_init(&r->body, MOST);
	twc_buf_init(&r->in, MOST);
	twc__http_head_init(&r->head, role, limits, &r->fields);
	twc__http_head_init(&r->tail, role, limits, &r->trailers);
}

void http_reader_fini(struct http_reader *r)
{
	twc_http_fields_fini(&r->fields);
	twc_http_fields_fini(&r->trailers);
	twc_buf_fini(&r->start);
	twc_buf_fini(&r->body);
	twc_buf_fini(&r->in);
}

static void add(struct twc_buf *b, const void *p, size_t n)
{
	TWC_ASSERT(twc_buf_add(b, p, n) == 0);
}

static int refuse(struct http_reader *r, int rc, enum twc__http_fault fault, size_t at, const struct twc_err *err)
{
	TWC_ASSERT(rc < 0 && err->code == rc && err->text[0]);
	r->status = twc__http_fault_status(fault);
	r->at = at;
	memcpy(r->text, err->text, sizeof(r->text));
	return rc;
}

static void take(struct http_reader *r, size_t n)
{
	twc_buf_consume(&r->in, n);
	r->taken += n;
}

static int judge_request(struct http_reader *r, struct twc_err *err)
{
	const struct twc__http_start *s = &r->head.start;
	enum twc__http_fault fault;
	struct twc_str host;
	int rc;

	TWC_ASSERT(twc_buf_addf(&r->start, "%.*s %.*s 1.%d", (int)s->method.n, s->method.p, (int)s->target.n, s->target.p,
				s->minor) == 0);
	if ((rc = twc__http_frame_request(s, &r->fields, &r->framing, &fault, err)))
		return refuse(r, rc, fault, 0, err);
	if ((rc = twc__http_target_parse(s->method_id, s->target, &r->target, err)) ||
	    (rc = twc__http_host_check(s, &r->fields, &r->target, &host, err)))
		return refuse(r, rc, TWC__HTTP_BAD, 0, err);
	return 0;
}

static int judge_response(struct http_reader *r, struct twc_err *err)
{
	const struct twc__http_start *s = &r->head.start;
	int rc;

	TWC_ASSERT(twc_buf_addf(&r->start, "%d 1.%d %.*s", s->status, s->minor, (int)s->reason.n, s->reason.p) == 0);
	rc = twc__http_frame_response(s, &r->fields, r->method, r->both, &r->framing, err);
	return rc ? refuse(r, rc, TWC__HTTP_BAD, 0, err) : 0;
}

static int read_head(struct http_reader *r, struct twc_err *err)
{
	int rc;

	r->head.lenient = r->tail.lenient = r->chunked.lenient = r->lenient;
	rc = twc__http_head_feed(&r->head, twc_buf_head(&r->in), twc_buf_len(&r->in), err);
	if (rc < 0)
		return refuse(r, rc, r->head.fault, r->head.fault_at, err);
	if (rc == 0) {
		TWC_ASSERT(twc_http_fields_count(&r->fields) == 0);
		return 0;
	}
	take(r, r->head.size);
	if ((rc = r->role == TWC__HTTP_REQUEST ? judge_request(r, err) : judge_response(r, err)))
		return rc;
	r->left = r->framing.length;
	switch (r->framing.body) {
	case TWC__HTTP_NONE:
	case TWC__HTTP_TUNNEL:
		return 1;
	case TWC__HTTP_LENGTH:
		r->phase = READ_LENGTH;
		return 2;
	case TWC__HTTP_CHUNKED:
		r->phase = READ_CHUNKS;
		return 2;
	case TWC__HTTP_UNTIL_CLOSE:
		r->phase = READ_REST;
		return 2;
	}
	return TWC_EBUG;
}

static int read_length(struct http_reader *r)
{
	size_t n = twc_buf_len(&r->in);

	n = r->left < n ? (size_t)r->left : n;
	add(&r->body, twc_buf_head(&r->in), n);
	take(r, n);
	r->left -= n;
	return r->left == 0;
}

static int read_chunks(struct http_reader *r, struct twc_err *err)
{
	struct twc_str data;
	size_t used;
	int rc = twc__http_chunked_feed(&r->chunked, (const uint8_t *)twc_buf_head(&r->in), twc_buf_len(&r->in), &used, &data, err);

	TWC_ASSERT(used <= twc_buf_len(&r->in));
	if (rc < 0)
		return refuse(r, rc, TWC__HTTP_BAD, r->taken + used, err);
	add(&r->body, data.p, data.n);
	r->chunks += rc == TWC__HTTP_CHUNK_DATA;
	take(r, used);
	if (rc == TWC__HTTP_CHUNK_LAST)
		r->phase = READ_TRAILERS;
	return rc == TWC__HTTP_CHUNK_MORE ? 0 : 2;
}

static int read_trailers(struct http_reader *r, struct twc_err *err)
{
	int rc = twc__http_trailers_feed(&r->tail, twc_buf_head(&r->in), twc_buf_len(&r->in), err);

	if (rc < 0)
		return refuse(r, rc, r->tail.fault, r->taken + r->tail.fault_at, err);
	if (rc == 1)
		take(r, r->tail.size);
	return rc;
}

/* 2: go on; else as r->rc. */
static int step(struct http_reader *r, struct twc_err *err)
{
	switch (r->phase) {
	case READ_HEAD: return read_head(r, err);
	case READ_LENGTH: return read_length(r);
	case READ_CHUNKS: return read_chunks(r, err);
	case READ_TRAILERS: return read_trailers(r, err);
	case READ_REST:
		add(&r->body, twc_buf_head(&r->in), twc_buf_len(&r->in));
		take(r, twc_buf_len(&r->in));
		return 0;
	}
	return TWC_EBUG;
}

void http_reader_feed(struct http_reader *r, const void *p, size_t n)
{
	struct twc_err err = { 0 };

	if (r->rc != 0)
		return;
	add(&r->in, p, n);
	do
		r->rc = step(r, &err);
	while (r->rc == 2);
	if (r->rc >= 0)
		r->at = r->taken;
}

bool http_fields_same(const struct twc_http_fields *a, const struct twc_http_fields *b)
{
	size_t n = twc_http_fields_count(a);

	if (n != twc_http_fields_count(b))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct twc_http_field fa = twc_http_fields_at(a, i), fb = twc_http_fields_at(b, i);

		if (!twc_str_eq(fa.name, fb.name) || !twc_str_eq(fa.value, fb.value))
			return false;
	}
	return true;
}

bool http_reader_same(const struct http_reader *a, const struct http_reader *b)
{
	return a->rc == b->rc && a->status == b->status && a->at == b->at && strcmp(a->text, b->text) == 0 &&
	       a->framing.body == b->framing.body && a->framing.length == b->framing.length &&
	       a->framing.keeps_alive == b->framing.keeps_alive &&
	       a->framing.expects_continue == b->framing.expects_continue &&
	       twc_str_eq(twc_buf_str(&a->start), twc_buf_str(&b->start)) &&
	       twc_str_eq(twc_buf_str(&a->body), twc_buf_str(&b->body)) && http_fields_same(&a->fields, &b->fields) &&
	       http_fields_same(&a->trailers, &b->trailers);
}
