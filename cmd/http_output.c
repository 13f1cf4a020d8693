/* SPDX-License-Identifier: MIT */
/*
 * The output of one transfer: heads and numbers that are asked for, and the body, in the order they come, into one sink. What comes
 * before the sink takes anything (before the last head, that is) is held. A failure here stops the fetch.
 */
#include "http_show.h"
#include "out.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <twc/parse.h>
#include <unistd.h>

#define HELD_MAX (64U << 20)
#define KEPT_MAX (1U << 20) /* of a body, for an archive */
#define CONDITION_MAX 8192

enum { NONE_MATCH, MODIFIED_SINCE, UNMODIFIED_SINCE };

static bool prints(const struct http_output *o, char what)
{
	return strchr(o->print, what) != NULL;
}

static void output_fail(struct http_output *o, const struct twc_err *err)
{
	if (o->err.code)
		return;
	o->err = *err;
	if (o->fetch)
		twc_http_fetch_stop(o->fetch, err);
}

/* ---- life ---- */

static int make_sink(struct http_output *o, struct twc_err *err)
{
	const struct http_params *p = o->o.p;
	bool is_upload = p->upload.n > 0; /* -C is about that, then */
	struct twc_http_sink_opts so = {
		.path = o->o.output,
		.remote_name = o->o.remote_name,
		.header_name = p->remote_header_name,
		.nowhere = p->out_null,
		.dir = p->output_dir,
		.create_dirs = p->create_dirs,
		.no_clobber = !p->clobber,
		.skip_existing = p->skip_existing,
		.no_part = !p->part,
		.remove_on_error = p->remove_on_error,
		.remote_time = p->remote_time,
		.go_on = p->continue_at && !is_upload && strcmp(p->continue_at, "-") == 0,
		.decoded = p->compressed,
		.checksum = p->checksum,
	};

	if (p->continue_at && !so.go_on && !is_upload &&
	    twc_parse_uint(twc_str_of(p->continue_at), 0, INT64_MAX, &so.offset, err) < 0)
		return -1;
	o->sink = twc_http_sink_new(&so, o->o.url, err);
	return o->sink ? 0 : -1;
}

static const char *letters(const struct http_params *p)
{
	if (p->print)
		return p->print;
	return p->include || p->head ? "hb" : "b";
}

struct http_output *http_output_new(struct http_show *s, const struct http_output_opts *opts, struct twc_err *err)
{
	struct http_output *o = twc_calloc(1, sizeof(*o));

	o->show = s;
	o->o = *opts;
	o->print = letters(opts->p);
	o->is_bodyless = !prints(o, 'b');
	o->attempt = 1;
	o->keeps_bodies = s->har != NULL;
	twc_buf_init(&o->held, HELD_MAX);
	twc_buf_init(&o->sent_head, KEPT_MAX);
	twc_buf_init(&o->sent_body, KEPT_MAX);
	twc_buf_init(&o->body, KEPT_MAX);
	for (size_t i = 0; i < TWC_ARRAY_LEN(o->conditions); i++)
		twc_buf_init(&o->conditions[i], CONDITION_MAX);
	if (make_sink(o, err) == 0 && (!opts->p->write_out || http_tell_format(s, opts->p->write_out, err)))
		return o;
	http_output_free(o);
	return NULL;
}

void http_output_free(struct http_output *o)
{
	if (!o)
		return;
	http_tell_forget(o);
	twc_free(o->led);
	twc_free(o->passed);
	twc_json_pretty_free(o->pretty);
	twc_http_sink_free(o->sink);
	twc_buf_fini(&o->held);
	twc_buf_fini(&o->sent_head);
	twc_buf_fini(&o->sent_body);
	twc_buf_fini(&o->body);
	for (size_t i = 0; i < TWC_ARRAY_LEN(o->conditions); i++)
		twc_buf_fini(&o->conditions[i]);
	twc_free(o);
}

bool http_output_is_there(const struct http_output *o)
{
	return twc_http_sink_is_there(o->sink);
}

const char *http_output_file(const struct http_output *o)
{
	return twc_http_sink_name(o->sink);
}

/* ---- before the fetch ---- */

static int add_time_cond(struct http_output *o, struct twc_http_fetch_opts *fo, struct twc_err *err)
{
	const char *text = o->o.p->time_cond;
	struct twc_buf value;
	bool is_before;
	int rc;

	twc_buf_init(&value, CONDITION_MAX);
	rc = twc_http_time_cond(text, time(NULL), &is_before, &value);
	if (!rc && twc_buf_len(&value) == 0) {
		out_warn(o->show->ctx, "http: -z: %.160s is neither a date nor a file; without that condition", text);
	} else if (!rc) {
		struct twc_buf *b = &o->conditions[is_before ? UNMODIFIED_SINCE : MODIFIED_SINCE];

		rc = twc_buf_add(b, twc_buf_head(&value), twc_buf_len(&value));
		if (!rc)
			*(is_before ? &fo->if_unmodified_since : &fo->if_modified_since) = twc_buf_cstr(b);
	}
	twc_buf_fini(&value);
	return rc ? twc_err_set(err, rc, "out of memory") : 0;
}

int http_output_prepare(struct http_output *o, struct twc_http_fetch_opts *fo, struct twc_err *err)
{
	const struct http_params *p = o->o.p;
	struct twc_buf *tag = &o->conditions[NONE_MATCH];

	o->attempt_ns = twc_reactor_now(o->show->r); /* until the fetch tells */
	fo->resume_from = twc_http_sink_offset(o->sink);
	fo->if_range = twc_http_sink_if_range(o->sink);
	if (p->etag_compare) {
		if (twc_http_etag_load(p->etag_compare, tag, err) < 0)
			return err->code;
		fo->if_none_match = twc_buf_cstr(tag);
	}
	return p->time_cond ? add_time_cond(o, fo, err) : 0;
}

/* ---- what is put out ---- */

/* In its turn: now, or when the sink takes it. */
static void output_put(struct http_output *o, const void *p, size_t n)
{
	struct twc_err err = { 0 };
	int rc;

	if (o->has_begun)
		rc = twc_http_sink_write(o->sink, p, n, &err);
	else if ((rc = twc_buf_add(&o->held, p, n)) < 0)
		(void)twc_err_set(&err, rc, "what is to be printed before the body is more than %u bytes", HELD_MAX);
	if (rc < 0)
		output_fail(o, &err);
}

static bool is_coloured(const struct http_output *o)
{
	return twc_http_sink_is_stdout(o->sink) && http_show_wants_colour(o->show, STDOUT_FILENO);
}

static void put_head(struct http_output *o, struct twc_str head)
{
	struct twc_buf b;

	twc_buf_init(&b, HELD_MAX);
	if (http_show_add_head(&b, head, is_coloured(o)) == 0)
		output_put(o, twc_buf_head(&b), twc_buf_len(&b));
	twc_buf_fini(&b);
}

static void dump_head(struct http_output *o, struct twc_str head)
{
	const char *path = o->o.p->dump_header;
	struct twc_err err = { 0 };
	int fd = http_show_file(o->show, path, &err);

	if (fd >= 0 && out_write_fd(fd, head.p, head.n) == 0)
		return;
	if (fd == STDOUT_FILENO && errno == EPIPE)
		twc_err_set(&err, TWC_EPIPEOUT, "reader of standard output has gone");
	else if (fd >= 0)
		twc_err_sys(&err, TWC_EIO, errno, NULL, "cannot write %.160s: %s", path, strerror(errno));
	output_fail(o, &err);
}

/* ---- events: heads ---- */

/* Another request: where has it been led to? */
static void note_way(struct http_output *o, struct twc_http_fetch *f)
{
	struct twc_http_totals t;

	twc_http_fetch_totals(f, &t);
	if (t.started_ns != o->started_ns) { /* another fetch: what the one before has come to is past */
		o->started_ns = o->attempt_ns = t.started_ns;
		o->redirects = 0;
		o->attempt = 1;
		http_tell_forget(o);
		twc_buf_clear(&o->held);
	}
	if (t.redirects <= o->redirects)
		return;
	o->redirects = t.redirects;
	o->led = twc_realloc(o->led, (o->n_led + 1) * sizeof(*o->led));
	o->led[o->n_led++] = twc_url_text(twc_http_fetch_url(f), TWC_URL_MASK);
}

static void sent_head(struct http_output *o, struct twc_http_fetch *f, struct twc_str head)
{
	note_way(o, f);
	twc_buf_clear(&o->sent_head);
	twc_buf_clear(&o->sent_body);
	twc_buf_clear(&o->body);
	o->is_sent_cut = o->is_body_cut = false;
	if (o->keeps_bodies && twc_buf_add(&o->sent_head, head.p, head.n) < 0)
		twc_buf_clear(&o->sent_head);
	if (prints(o, 'H'))
		put_head(o, head);
}

void http_output_seen(struct http_output *o, struct twc_http_fetch *f, char dir, struct twc_str head)
{
	o->fetch = f;
	http_show_head(o->show, dir, head);
	http_trace_head(o->show, dir, head);
	if (dir == '>') {
		sent_head(o, f, head);
		return;
	}
	if (o->o.p->dump_header)
		dump_head(o, head);
	if (o->has_sent_body)
		output_put(o, "\n\n", 2);
	o->has_sent_body = false;
	if (prints(o, 'h'))
		put_head(o, head);
}

void http_output_note(struct http_output *o, struct twc_http_fetch *f, const char *text)
{
	o->fetch = f;
	http_show_note(o->show, text);
	http_trace_note(o->show, text);
}

static int pretty_out(void *arg, const char *p, size_t n, struct twc_err *err)
{
	struct http_output *o = arg;

	return twc_http_sink_write(o->sink, p, n, err);
}

/* application/json, application/problem+json; x=y */
static bool is_json(const struct twc_http_fields *fields)
{
	struct twc_str value, type;

	if (!twc_http_fields_get(fields, "Content-Type", &value) || !twc_str_cut(&value, ';', &type))
		return false;
	type = twc_str_trim(type);
	if (twc_str_eq_nocase(type, TWC_STR("application/json")) || twc_str_eq_nocase(type, TWC_STR("text/json")))
		return true;
	return type.n > 5 && twc_str_eq_nocase((struct twc_str){ type.p + type.n - 5, 5 }, TWC_STR("+json"));
}

static void make_pretty(struct http_output *o, const struct twc_http_fields *fields)
{
	struct twc_json_pretty_opts po = { .out = pretty_out, .arg = o };

	twc_json_pretty_free(o->pretty);
	o->pretty = NULL;
	if (!o->o.p->pretty || o->is_bodyless || !is_json(fields))
		return;
	po.is_coloured = is_coloured(o);
	o->pretty = twc_json_pretty_new(&po);
}

void http_output_head(struct http_output *o, struct twc_http_fetch *f, bool is_last)
{
	const struct twc_http_response *res = twc_http_fetch_response(f);
	struct twc_err err = { 0 };
	bool is_in_middle;

	o->fetch = f;
	if (!is_last && res)
		http_tell_passed(o, &res->fields);
	if (!is_last || !res || o->err.code)
		return;
	if (o->n_led > 0)
		twc_http_sink_redirected(o->sink, twc_http_fetch_url(f));
	if (twc_http_sink_begin(o->sink, res->status, &res->fields, &err) < 0) {
		output_fail(o, &err);
		return;
	}
	o->has_begun = true;
	is_in_middle = twc_http_fetch_offset(f) > 0 && !twc_http_sink_is_stdout(o->sink);
	make_pretty(o, &res->fields);
	http_progress_begin(o->show, res->length);
	if (twc_http_sink_is_stdout(o->sink) && isatty(STDOUT_FILENO))
		http_progress_stop(o->show); /* what comes shows how far it is, and would be mixed with it */
	/* Nobody wants a head in the middle of a file. */
	if (twc_buf_len(&o->held) > 0 && !is_in_middle)
		output_put(o, twc_buf_head(&o->held), twc_buf_len(&o->held));
	twc_buf_clear(&o->held);
}

/* ---- events: bodies ---- */

static void keep(struct twc_buf *b, bool *is_cut, const void *p, size_t n)
{
	if (*is_cut || twc_buf_add(b, p, n) == 0)
		return;
	*is_cut = true;
	twc_buf_clear(b);
}

void http_output_data(struct http_output *o, struct twc_http_fetch *f, const uint8_t *data, size_t n)
{
	struct twc_err err = { 0 };
	int rc = 0;

	o->fetch = f;
	http_trace_data(o->show, '<', data, n);
	http_show_bytes(o->show, '<', n);
	http_progress_move(o->show, n);
	if (o->keeps_bodies)
		keep(&o->body, &o->is_body_cut, data, n);
	if (o->is_bodyless || o->err.code || !o->has_begun)
		return;
	rc = o->pretty ? twc_json_pretty_feed(o->pretty, data, n, &err) : twc_http_sink_write(o->sink, data, n, &err);
	if (rc < 0)
		output_fail(o, &err);
}

void http_output_sent(struct http_output *o, const uint8_t *data, size_t n)
{
	http_trace_data(o->show, '>', data, n);
	http_show_bytes(o->show, '>', n);
	if (o->keeps_bodies)
		keep(&o->sent_body, &o->is_sent_cut, data, n);
	if (!prints(o, 'B'))
		return;
	output_put(o, data, n);
	o->has_sent_body = true;
}

/* ---- events: what comes between ---- */

void http_output_hop(struct http_output *o, struct twc_http_fetch *f, const struct twc_err *err)
{
	http_tell_hop(o, f, err);
}

/* "503 Service Unavailable", or the error. */
static void say_why(char *buf, size_t cap, const struct twc_err *why, int status)
{
	if (why && why->code)
		snprintf(buf, cap, "%s", why->text[0] ? why->text : twc_err_default_text(why->code));
	else
		snprintf(buf, cap, "%d %s", status, twc_http_reason(status));
}

void http_output_retrying(struct http_output *o, struct twc_http_fetch *f, unsigned n, uint64_t delay_ns,
			  const struct twc_err *why, int status)
{
	char cause[TWC_ERR_TEXT_MAX], delay[32];
	struct twc_http_totals t;

	http_tell_attempt(o, f, why);
	say_why(cause, sizeof(cause), why, status);
	if (!o->show->p->silent)
		out_note(o->show->ctx, "http %.300s: %s; again in %s (%u of %llu)", o->o.text, cause,
			 twc_format_duration(delay, sizeof(delay), delay_ns / TWC_NS_PER_MS * TWC_NS_PER_MS), n,
			 (unsigned long long)o->o.p->retry);
	http_tell_forget(o);
	twc_http_fetch_totals(f, &t);
	o->redirects = t.redirects;
	o->attempt_ns = twc_reactor_now(o->show->r) + delay_ns;
	o->attempt++;
}

int http_output_again(struct http_output *o, struct twc_http_fetch *f, uint64_t *resume_from)
{
	const struct twc_http_response *res = twc_http_fetch_response(f);
	bool from_start = !o->has_begun && res && res->status == 200;

	if (!twc_http_sink_again(o->sink, from_start, resume_from))
		return 0;
	o->has_begun = false;
	twc_json_pretty_free(o->pretty);
	o->pretty = NULL;
	return 1;
}

/* ---- the end ---- */

/* Trailers are of the head, though they come behind the body. */
static int put_trailers(struct http_output *o, const struct twc_http_fields *trailers, struct twc_err *err)
{
	size_t n = twc_http_fields_count(trailers);
	struct twc_buf b;
	int rc = 0;

	twc_buf_init(&b, HELD_MAX);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct twc_http_field field = twc_http_fields_at(trailers, i);

		rc = twc_buf_addf(&b, "%.*s: %.*s\r\n", (int)field.name.n, field.name.p, (int)field.value.n, field.value.p);
	}
	if (rc < 0)
		(void)twc_err_set(err, rc, "the trailers are too long");
	if (rc == 0 && n > 0 && o->o.p->dump_header)
		dump_head(o, twc_buf_str(&b));
	if (rc == 0 && n > 0 && prints(o, 'h'))
		rc = twc_http_sink_write(o->sink, twc_buf_head(&b), twc_buf_len(&b), err);
	twc_buf_fini(&b);
	return rc;
}

static int put_rest(struct http_output *o, struct twc_http_fetch *f, struct twc_err *err)
{
	const struct twc_http_response *res = twc_http_fetch_response(f);
	struct twc_buf b;
	int rc = o->pretty ? twc_json_pretty_finish(o->pretty, err) : 0;

	if (rc == 0 && res)
		rc = put_trailers(o, &res->trailers, err);
	if (rc || !prints(o, 'm'))
		return rc;
	twc_buf_init(&b, CONDITION_MAX);
	rc = http_tell_add_numbers(&b, f);
	if (!rc)
		rc = twc_http_sink_write(o->sink, twc_buf_head(&b), twc_buf_len(&b), err);
	twc_buf_fini(&b);
	return rc;
}

static int save_etag(const struct http_output *o, const struct twc_http_fetch *f, struct twc_err *err)
{
	const struct twc_http_response *res = twc_http_fetch_response(f);

	if (!o->o.p->etag_save || !res || res->status >= 400)
		return 0;
	return twc_http_etag_save(o->o.p->etag_save, &res->fields, err);
}

/* It failed before its body: heads that were asked for are shown all the same. */
static void put_held(struct http_output *o)
{
	struct twc_err err = { 0 };

	if (twc_buf_len(&o->held) > 0 && twc_http_sink_is_stdout(o->sink) &&
	    out_write(twc_buf_head(&o->held), twc_buf_len(&o->held), &err) == TWC_EPIPEOUT)
		out_fail(o->show->ctx, NULL, &err);
	twc_buf_clear(&o->held);
}

void http_output_done(struct http_output *o, struct twc_http_fetch *f, struct twc_err *err)
{
	o->fetch = f;
	if (!err->code && o->err.code)
		*err = o->err;
	if (!err->code && o->has_begun && put_rest(o, f, err) == 0 && twc_http_sink_finish(o->sink, err) == 0)
		(void)save_etag(o, f, err);
	if (err->code)
		twc_http_sink_fail(o->sink);
	put_held(o);
	http_progress_end(o, f, err);
}

int http_output_tell(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err, int exit_status)
{
	if (http_output_is_there(o))
		return 0;
	http_tell_attempt(o, f, err);
	return http_tell_format_out(o, f, err, exit_status);
}
