/* SPDX-License-Identifier: MIT */
/*
 * The body of a response. That of the last hop goes through the content codings to the receiver, who may pause in the middle of
 * what one read decodes to; of the others it is read and thrown away as long as it is short, so that the connection can be
 * used again.
 */
#include "app/http/fetch_int.h"

#include "base/banned.h"

#define DRAIN_MAX (64 * 1024)

/* Strong enough to go on with a part later (RFC 9110, 13.1.5). */
static void keep_validator(struct twc_http_fetch *f)
{
	struct twc_str value = { 0 };

	if (!twc_http_fields_get(&f->res->fields, "ETag", &value) || twc_str_starts(value, "W/"))
		twc_http_fields_get(&f->res->fields, "Last-Modified", &value);
	twc_free(f->validator);
	f->validator = value.n > 0 && !twc_str_starts(value, "W/") ? twc_str_dup(value) : NULL;
}

static int give(void *arg, const uint8_t *p, size_t n, struct twc_err *err)
{
	struct twc_http_fetch *f = arg;

	if (f->o.max_bytes > 0 && n > f->o.max_bytes - f->given)
		return twc_err_set(err, TWC_ETOOLONG, "the body is longer than the limit of %llu bytes",
				   (unsigned long long)f->o.max_bytes);
	f->given += n;
	f->totals.decoded += n;
	if (f->o.data && n > 0)
		f->o.data(f->o.arg, f, p, n);
	return f->pauses > 0 || twc__http_fetch_is_over(f) ? TWC__HTTP_CODING_PAUSE : 0;
}

static void settle_pause(struct twc_http_fetch *f)
{
	bool stop = f->pauses > 0 || twc_buf_len(&f->kept) > 0;

	if (!f->is_reading || stop == f->is_res_paused)
		return;
	f->is_res_paused = stop;
	if (stop)
		twc_http_response_pause(f->res);
	else
		twc_http_response_resume(f->res);
}

void twc__http_body_fail(struct twc_http_fetch *f, const struct twc_err *err)
{
	struct twc_err copy = *err;

	if (twc__http_fetch_is_over(f))
		return;
	twc__http_hop_break(f);
	twc__http_hop_fail(f, &copy);
}

/* The decoder may stop in the middle: what it has not taken is kept, and nothing more is read until it is. */
static void decode(struct twc_http_fetch *f, struct twc_str in)
{
	struct twc_err err = { 0 };
	int rc = twc__http_decoder_feed(f->decoder, &in, &err);

	if (rc == TWC__HTTP_CODING_PAUSE && !twc__http_fetch_is_over(f)) {
		f->is_decoding = true;
		rc = in.n > 0 ? twc_buf_add(&f->kept, in.p, in.n) : 0;
		if (rc < 0)
			twc_err_set(&err, rc, "out of memory");
	}
	if (rc < 0)
		twc__http_body_fail(f, &err);
}

static void take(struct twc_http_fetch *f, const uint8_t *p, size_t n)
{
	struct twc_err err = { 0 };

	f->totals.received += n;
	if (f->decoder)
		decode(f, (struct twc_str){ (const char *)p, n });
	else if (give(f, p, n, &err) < 0)
		twc__http_body_fail(f, &err);
}

void twc__http_body_go_on(struct twc_http_fetch *f)
{
	struct twc_buf kept = f->kept;

	if (!f->is_reading || f->pauses > 0)
		return;
	if (f->is_decoding) {
		f->is_decoding = false;
		twc_buf_init(&f->kept, TWC__HTTP_KEPT_MAX);
		decode(f, twc_buf_str(&kept));
		twc_buf_fini(&kept);
	}
	if (f->is_reading && !twc__http_fetch_is_over(f) && !f->is_decoding)
		settle_pause(f);
}

static void on_body(void *arg, const uint8_t *p, size_t n)
{
	struct twc_http_fetch *f = arg;

	twc__http_fetch_enter(f);
	if (f->next == TWC__HTTP_FINAL && !f->had_all) {
		take(f, p, n);
		if (!twc__http_fetch_is_over(f))
			settle_pause(f);
	} else {
		f->drained += n;
		if (f->drained > DRAIN_MAX) {
			twc__http_hop_break(f);
			twc__http_hop_next(f);
		}
	}
	twc__http_fetch_leave(f);
}

static void on_body_end(void *arg, const struct twc_err *reason)
{
	struct twc_http_fetch *f = arg;
	struct twc_err err = *reason;

	twc__http_fetch_enter(f);
	f->is_reading = false;
	f->times = f->res->times;
	if (f->next == TWC__HTTP_FINAL && !f->had_all && f->decoder && err.code == 0)
		twc__http_decoder_finish(f->decoder, &err);
	if (f->next != TWC__HTTP_FINAL)
		twc__http_hop_next(f);
	else if (err.code)
		twc__http_hop_fail(f, &err);
	else
		twc__http_hop_next(f);
	twc__http_fetch_leave(f);
}

static const struct twc_http_body_ops body_ops = { .data = on_body, .end = on_body_end };

int twc__http_body_prepare(struct twc_http_fetch *f, struct twc_err *err)
{
	struct twc__http_decoder_opts o = { .out = give, .arg = f };
	const struct twc_http_fields *fields = &f->res->fields;
	struct twc_buf all;
	int rc = 0;

	if (!f->o.decode || f->res->length == 0)
		return 0;
	twc_buf_init(&all, 4096);
	for (size_t i = twc_http_fields_find(fields, "Content-Encoding", 0); i != SIZE_MAX && rc == 0;
	     i = twc_http_fields_find(fields, "Content-Encoding", i + 1)) {
		struct twc_str value = twc_http_fields_at(fields, i).value;

		rc = twc_buf_addf(&all, "%s%.*s", twc_buf_len(&all) > 0 ? ", " : "", (int)value.n, value.p);
	}
	if (rc < 0) {
		twc_err_set(err, TWC_EPROTO, "Content-Encoding is too long");
	} else if (twc__http_decoder_is_needed(twc_buf_str(&all))) {
		f->decoder = twc__http_decoder_new(twc_buf_str(&all), &o, err);
		rc = f->decoder ? 0 : err->code;
	}
	twc_buf_fini(&all);
	return rc;
}

/* It ends with its connection: nothing can be had of waiting for that. */
static bool ends_with_connection(const struct twc_http_fetch *f)
{
	return f->res->version < 20 && f->res->length == TWC_HTTP_UNKNOWN && !twc_str_is(f->method, "HEAD") &&
	       !twc_http_fields_get(&f->res->fields, "Transfer-Encoding", NULL);
}

void twc__http_body_receive(struct twc_http_fetch *f)
{
	if (f->next == TWC__HTTP_FINAL) {
		keep_validator(f);
	} else if (ends_with_connection(f)) {
		twc__http_hop_break(f);
		twc__http_hop_next(f);
		return;
	}
	settle_pause(f);
	twc_http_response_receive(f->res, &body_ops, f);
}
