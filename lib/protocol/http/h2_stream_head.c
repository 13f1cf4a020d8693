/* SPDX-License-Identifier: MIT */
/*
 * From the fields of a stream to a request (RFC 9113, 8.3). nghttp2 has seen to it that pseudo-fields are there once and come first,
 * that names are in lower case and no field is one of the connection; what they say is judged here, by the rules of HTTP/1: target,
 * host, path, length. Who handles it finds a Host field, one Cookie field, and, of an extended CONNECT (RFC 8441), the method GET.
 */
#include "protocol/http/h2_server.h"

#include "protocol/http/fields.h"
#include "protocol/http/octet.h"
#include "protocol/http/target.h"
#include "base/banned.h"

#define FLOOD 8 /* times the limit of a head: then it is no mistake */

/* ---- fields as they come ---- */

static struct twc_str keep(struct twc__h2_stream *st, struct twc_str s)
{
	char *p = twc__http_exchange_alloc(st->x, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct twc_str){ p, s.n };
}

static void take_method(struct twc__h2_stream *st, struct twc_str value)
{
	struct twc_http_request *q = &st->x->request;

	q->method_id = twc_http_method_of(value);
	q->method = q->method_id == TWC_HTTP_GET ? TWC_STR("GET") : keep(st, value);
	if (value.n > TWC__HTTP_METHOD_MAX)
		st->refusal = 501;
}

static int add_field(struct twc__h2_stream *st, struct twc_http_fields *f, struct twc_str name, struct twc_str value)
{
	struct twc_err err = { 0 };
	int rc = twc__http_fields_put(f, name, value, &err);

	if (rc == TWC_ETOOLONG) {
		st->refusal = 431;
	} else if (rc) {
		twc__h2_stream_reset(st, NGHTTP2_PROTOCOL_ERROR, &err);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	return 0;
}

static bool is_scheme(struct twc_str s)
{
	return twc_str_eq_nocase(s, TWC_STR("http")) || twc_str_eq_nocase(s, TWC_STR("https"));
}

/* As there are no others in a request, their lengths tell them apart. */
static int pseudo(struct twc__h2_stream *st, struct twc_str name, struct twc_str value)
{
	switch (name.n) {
	case sizeof(":path") - 1:
		st->target = keep(st, value);
		if (value.n > st->c->link.s->o.max_target)
			st->refusal = 414;
		return 0;
	case sizeof(":method") - 1: /* or ":scheme" */
		if (name.p[1] == 'm')
			take_method(st, value);
		else
			st->has_odd_scheme = value.n && !is_scheme(value);
		return 0;
	case sizeof(":protocol") - 1:
		st->x->protocol = keep(st, value);
		return 0;
	case sizeof(":authority") - 1:
		st->has_authority = value.n;
		return value.n ? add_field(st, &st->x->request.fields, TWC_STR("host"), value) : 0;
	default:
		return 0;
	}
}

/* It comes before all fields, and so is the first of them. */
static struct twc_str authority_of(const struct twc__h2_stream *st)
{
	const struct twc_http_fields *f = &st->x->request.fields;

	return st->has_authority && twc_http_fields_count(f) ? twc_http_fields_at(f, 0).value : (struct twc_str){ NULL, 0 };
}

/* More than the limit is not kept; much more is meant to hurt. 0: it is within; 1: it is not. */
static int weigh(struct twc__h2_stream *st, struct twc_str name, struct twc_str value)
{
	const struct twc_http_server_opts *o = &st->c->link.s->o;

	st->head_size += name.n + value.n + TWC__H2_FIELD_COST;
	st->n_fields++;
	if (st->head_size > FLOOD * o->max_head || st->n_fields > FLOOD * o->max_fields)
		return twc__h2_calm(st->c, "a header block much longer than SETTINGS_MAX_HEADER_LIST_SIZE");
	if (st->head_size <= o->max_head && st->n_fields <= o->max_fields + 5)
		return 0;
	st->refusal = 431;
	return 1;
}

/* A Host beside :authority must say the same (RFC 9113, 8.3.1); then one of them is enough. */
static int host_field(struct twc__h2_stream *st, struct twc_str value)
{
	struct twc_err err = { 0 };

	if (!st->has_authority)
		return add_field(st, &st->x->request.fields, TWC_STR("host"), value);
	if (st->refusal || twc_str_eq_nocase(authority_of(st), value))
		return 0;
	twc_err_set(&err, TWC_EPROTO, "Host and :authority differ");
	twc__h2_stream_reset(st, NGHTTP2_PROTOCOL_ERROR, &err);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int twc__h2_stream_field(struct twc__h2_stream *st, struct twc_str name, struct twc_str value)
{
	struct twc_http_fields *f = &st->x->request.fields;
	int rc = weigh(st, name, value);

	if (rc)
		return rc < 0 ? rc : 0;
	if (name.n && name.p[0] == ':')
		return pseudo(st, name, value);
	if (name.n == 4 && memcmp(name.p, "host", 4) == 0)
		return host_field(st, value);
	if (name.n == 6 && memcmp(name.p, "cookie", 6) == 0 && twc_http_fields_get(f, "cookie", NULL))
		st->has_cookies = true;
	return add_field(st, f, name, value);
}

int twc__h2_stream_trailer(struct twc__h2_stream *st, struct twc_str name, struct twc_str value)
{
	struct twc_http_exchange *x = st->x;
	int rc = weigh(st, name, value);

	if (rc || !x || st->tunnel)
		return rc < 0 ? rc : 0;
	if (!twc__http_may_trail(name))
		return 0;
	x->has_trailers = true;
	return add_field(st, &x->request.trailers, name, value);
}

/* ---- a request ---- */

/* Crumbs are one field for whoever does not speak HTTP/2 (RFC 9113, 8.2.3). */
static int join_cookies(struct twc_http_fields *f, struct twc_err *err)
{
	struct twc_buf b;
	int rc = 0;

	twc_buf_init(&b, TWC_HTTP_FIELDS_BYTES);
	for (size_t i = twc_http_fields_find(f, "cookie", 0); i != SIZE_MAX && !rc; i = twc_http_fields_find(f, "cookie", i + 1)) {
		struct twc_str crumb = twc_http_fields_at(f, i).value;

		if (twc_buf_len(&b))
			rc = twc_buf_add(&b, "; ", 2);
		if (!rc && crumb.n)
			rc = twc_buf_add(&b, crumb.p, crumb.n);
	}
	if (!rc)
		rc = twc_http_fields_set(f, TWC_STR("cookie"), twc_buf_str(&b), err);
	twc_buf_fini(&b);
	return rc;
}

static int read_target(struct twc__h2_stream *st, struct twc__http_target *target, struct twc_err *err)
{
	struct twc_http_request *q = &st->x->request;
	bool is_connect = q->method_id == TWC_HTTP_CONNECT && !st->x->protocol.n;

	q->target = is_connect ? authority_of(st) : st->target;
	if (!is_connect && q->target.n && q->target.p[0] != '/' && !twc_str_is(q->target, "*"))
		return twc_err_set(err, TWC_EPROTO, ":path is no path");
	if (st->x->protocol.n) { /* handlers see what HTTP/1.1 would have sent */
		q->method = TWC_STR("GET");
		q->method_id = TWC_HTTP_GET;
	}
	return twc__http_target_parse(q->method_id, q->target, target, err);
}

static int read_path(struct twc__h2_stream *st, const struct twc__http_target *target, struct twc_err *err)
{
	struct twc_http_request *q = &st->x->request;
	char *out;
	ssize_t n;

	q->raw_path = q->path = target->path;
	q->query = target->query;
	if (target->form != TWC__HTTP_ORIGIN)
		return 0;
	out = twc__http_exchange_alloc(st->x, target->path.n + 1);
	n = twc__http_path_decode(target->path, out, err);
	if (n < 0)
		return (int)n;
	q->path = (struct twc_str){ out, (size_t)n };
	return 0;
}

/* How much body there will be. nghttp2 compares it with what comes. */
static int read_length(struct twc__h2_stream *st, struct twc_err *err)
{
	struct twc_http_exchange *x = st->x;
	struct twc_http_request *q = &x->request;
	struct twc_str text;
	uint64_t n;

	if (st->has_end && !twc_buf_len(&st->in))
		q->length = 0;
	else if (!twc_http_fields_get(&q->fields, "content-length", &text) || !twc__http_decimal(text, &n))
		q->length = TWC_HTTP_UNKNOWN;
	else
		q->length = n;
	x->is_body_whole = !q->length;
	x->framing.keeps_alive = true;
	x->framing.expects_continue = q->length && twc_http_fields_get(&q->fields, "expect", &text) &&
				      twc_str_eq_nocase(text, TWC_STR("100-continue"));
	if (x->protocol.n)
		q->length = 0; /* what comes is the protocol's, and none of GET */
	if (q->length == TWC_HTTP_UNKNOWN || q->length <= st->c->link.s->o.max_body)
		return 0;
	twc_err_set(err, TWC_ETOOLONG, "a body of %llu bytes is longer than %llu bytes", (unsigned long long)q->length,
		    (unsigned long long)st->c->link.s->o.max_body);
	return 413;
}

static int say_refusal(int status, struct twc_err *err)
{
	twc_err_set(err, TWC_ETOOLONG, "%s",
		    status == 414   ? "the request-target is too long" :
		    status == 501 ? "a method that is too long" :
				    "the header fields are too long, or too many");
	return status;
}

/* Target, host and path as the rules of HTTP/1 have them. */
static int read_where(struct twc__h2_stream *st, struct twc_err *err)
{
	struct twc_http_request *q = &st->x->request;
	const struct twc__http_start start = { .method = q->method, .method_id = q->method_id, .minor = 1 };
	struct twc__http_target target;
	int rc = read_target(st, &target, err);

	if (rc == 0)
		rc = twc__http_host_check(&start, &q->fields, &target, &q->authority, err);
	return rc < 0 ? rc : read_path(st, &target, err);
}

/* Was this host found good a moment ago? All requests of a connection mostly have the same. */
static bool is_known_host(struct twc__h2_conn *c, struct twc_str host)
{
	if (host.n == c->host_n && memcmp(host.p, c->host, host.n) == 0)
		return true;
	if (host.n > sizeof(c->host) || !twc__http_is_host(host))
		return false;
	memcpy(c->host, host.p, host.n);
	c->host_n = (uint8_t)host.n;
	return true;
}

/* What most requests have, and all of that at once: a path that means what it says, of a host in :authority. */
static bool is_plain(struct twc__h2_stream *st)
{
	struct twc_http_request *q = &st->x->request;

	if (!st->has_authority || q->method_id == TWC_HTTP_CONNECT || !twc__http_path_is_plain(st->target) ||
	    !is_known_host(st->c, authority_of(st)))
		return false;
	q->target = q->raw_path = q->path = st->target;
	q->authority = authority_of(st);
	return true;
}

int twc__h2_stream_read_request(struct twc__h2_stream *st, struct twc_err *err)
{
	struct twc_http_request *q = &st->x->request;

	if (!q->method.n)
		q->method = TWC_STR("-"); /* of a head that was not kept */
	if (st->refusal)
		return say_refusal(st->refusal, err);
	if (st->has_cookies && join_cookies(&q->fields, err))
		return 431;
	if (st->has_odd_scheme) {
		twc_err_set(err, TWC_EPROTO, ":scheme is neither http nor https");
		return 400;
	}
	if (!is_plain(st) && read_where(st, err) < 0)
		return 400;
	return read_length(st, err);
}
