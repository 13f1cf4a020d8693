/* SPDX-License-Identifier: MIT */
/* What is told of transfers: -w, a record for each attempt (--report), an entry for each hop (--har). */
#include "http_show.h"
#include "out.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <twc/parse.h>
#include <unistd.h>

#define FORMAT_MAX (1U << 20)
#define RECORD_MAX (4U << 20)
#define ENTRY_MAX (64U << 20)
#define READ_PIECE 4096

/* ---- the run ---- */

/* "json", "json:FILE", "json:fd:N" */
static int open_report(struct http_show *s, struct twc_err *err)
{
	const char *to = strchr(s->p->report, ':');
	uint64_t fd;

	if (!to) {
		s->report_fd = STDOUT_FILENO;
		return 0;
	}
	if (strncmp(++to, "fd:", 3) != 0) {
		s->report_fd = http_show_file(s, to, err);
		return s->report_fd < 0 ? -1 : 0;
	}
	if (twc_parse_uint(twc_str_of(to + 3), 0, INT32_MAX, &fd, err) < 0)
		return -1;
	if (fcntl((int)fd, F_GETFD) < 0)
		return twc_err_set(err, TWC_EUSAGE, "--report: descriptor %d is not open", (int)fd);
	s->report_fd = (int)fd;
	return 0;
}

static int har_put(struct http_show *s, struct twc_buf *b, int rc, struct twc_err *err)
{
	if (rc)
		rc = twc_err_set(err, rc, "an entry of the archive is too long");
	else
		rc = twc_http_sink_write(s->har, twc_buf_head(b), twc_buf_len(b), err);
	twc_buf_fini(b);
	return rc;
}

static int open_har(struct http_show *s, struct twc_err *err)
{
	const struct twc_http_sink_opts o = { .path = s->p->har };
	const struct twc_http_fields none = { 0 };
	struct twc_buf b;

	s->har = twc_http_sink_new(&o, NULL, err);
	if (!s->har || twc_http_sink_begin(s->har, 200, &none, err) < 0)
		return -1;
	twc_buf_init(&b, RECORD_MAX);
	return har_put(s, &b, twc_http_har_begin(&b), err);
}

int http_tell_open(struct http_show *s, struct twc_err *err)
{
	int rc = s->p->report ? open_report(s, err) : 0;

	return rc == 0 && s->p->har ? open_har(s, err) : rc;
}

int http_tell_close(struct http_show *s, struct twc_err *err)
{
	struct twc_buf b;
	int rc;

	if (!s->har)
		return 0;
	twc_buf_init(&b, RECORD_MAX);
	rc = har_put(s, &b, twc_http_har_end(&b), err);
	return rc ? rc : twc_http_sink_finish(s->har, err);
}

/* ---- facts ---- */

void http_tell_passed(struct http_output *o, const struct twc_http_fields *fields)
{
	struct twc_err err = { 0 };

	if (!o->o.p->write_out)
		return;
	o->passed = twc_realloc(o->passed, (o->n_passed + 1) * sizeof(*o->passed));
	o->passed[o->n_passed] = (struct twc_http_fields){ 0 };
	if (twc_http_fields_copy(&o->passed[o->n_passed], fields, &err) == 0)
		o->n_passed++;
	else
		twc_http_fields_fini(&o->passed[o->n_passed]);
}

void http_tell_forget(struct http_output *o)
{
	for (size_t i = 0; i < o->n_led; i++)
		twc_free(o->led[i]);
	for (size_t i = 0; i < o->n_passed; i++)
		twc_http_fields_fini(&o->passed[i]);
	o->n_led = o->n_passed = 0;
}

static void facts_of(struct twc_http_facts *x, const struct http_output *o, const struct twc_http_fetch *f,
		     const struct twc_err *err)
{
	*x = (struct twc_http_facts){
		.url = o->o.url,
		.url_text = o->o.text,
		.referer = f ? twc_http_fetch_referer(f) : NULL,
		.file = http_output_file(o),
		.number = o->o.number,
		.proxy_used = o->o.p->proxy && o->o.p->proxy[0],
		.redirects = (const char *const *)o->led,
		.n_redirects = o->n_led,
		.passed = o->passed,
		.n_passed = o->n_passed,
		.err = err,
	};
	if (f)
		twc_http_facts_of(x, f);
}

void http_tell_attempt(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err)
{
	struct http_show *s = o->show;
	struct twc_http_facts x;
	struct twc_err why = { 0 };
	struct twc_buf b;

	if (s->report_fd < 0)
		return;
	facts_of(&x, o, f, err);
	if (o->attempt_ns) {
		x.totals.started_ns = o->attempt_ns;
		x.totals.ended_ns = twc_reactor_now(s->r);
	}
	twc_buf_init(&b, RECORD_MAX);
	if (twc_http_record_write(&b, &x, o->attempt) == 0 &&
	    out_write_fd(s->report_fd, twc_buf_head(&b), twc_buf_len(&b)) < 0) {
		twc_err_sys(&why, errno == EPIPE && s->report_fd == STDOUT_FILENO ? TWC_EPIPEOUT : TWC_EIO, errno, NULL,
			    "cannot write a line: %s", strerror(errno));
		http_show_fail(s, "--report", &why);
	}
	twc_buf_fini(&b);
}

static struct twc_str kept(const struct twc_buf *b, bool is_cut)
{
	return is_cut || twc_buf_len(b) == 0 ? (struct twc_str){ NULL, 0 } : twc_buf_str(b);
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void http_tell_hop(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err)
{
	struct http_show *s = o->show;
	struct twc_http_facts x;
	struct twc_http_har_entry e = { .facts = &x, .show_secrets = s->p->show_secrets };
	struct twc_err why = { 0 };
	struct twc_buf b;

	if (!s->har || s->has_failed)
		return;
	facts_of(&x, o, f, err);
	e.request_head = twc_buf_str(&o->sent_head);
	e.request_body = kept(&o->sent_body, o->is_sent_cut);
	e.body = kept(&o->body, o->is_body_cut);
	e.started_us = now_us();
	if (x.times.queued)
		e.started_us -= (int64_t)((twc_reactor_now(s->r) - x.times.queued) / TWC_NS_PER_US);
	twc_buf_init(&b, ENTRY_MAX);
	if (har_put(s, &b, twc_http_har_add(&b, &e, !s->has_entries), &why) < 0)
		http_show_fail(s, "--har", &why);
	s->has_entries = true;
}

/* ---- -w ---- */

static int read_format(struct twc_buf *b, const char *path, struct twc_err *err)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc = 0;
	ssize_t n = fd < 0 ? -1 : 1;
	char *room;

	while (n > 0 && rc == 0) {
		rc = twc_buf_reserve(b, READ_PIECE, &room);
		n = rc ? 0 : read(fd, room, READ_PIECE);
		if (n > 0)
			twc_buf_commit(b, (size_t)n);
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		rc = twc_err_sys(err, TWC_ENOINPUT, errno, NULL, "-w: cannot read %.160s: %s", path, strerror(errno));
	else if (rc)
		(void)twc_err_set(err, rc, "-w: %.160s is too long", path);
	if (fd > STDIN_FILENO)
		close(fd);
	return rc;
}

const struct twc_buf *http_tell_format(struct http_show *s, const char *value, struct twc_err *err)
{
	struct http_format *f;
	int rc;

	for (f = s->formats; f; f = f->next)
		if (f->value == value)
			return &f->text;
	f = twc_calloc(1, sizeof(*f));
	f->value = value;
	twc_buf_init(&f->text, FORMAT_MAX);
	if (value[0] == '@')
		rc = read_format(&f->text, value + 1, err);
	else if ((rc = twc_buf_add(&f->text, value, strlen(value))) < 0)
		(void)twc_err_set(err, rc, "-w: the text is too long");
	f->next = s->formats;
	s->formats = f;
	return rc ? NULL : &f->text;
}

static int put_file(const char *path, bool is_more, struct twc_str text, struct twc_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (is_more ? O_APPEND : O_TRUNC), 0666), rc = 0;

	if (fd < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot write %.160s: %s", path, strerror(errno));
	if (out_write_fd(fd, text.p, text.n) < 0)
		rc = twc_err_sys(err, TWC_EIO, errno, NULL, "cannot write %.160s: %s", path, strerror(errno));
	close(fd);
	return rc;
}

static int put_text(void *arg, enum twc_http_writeout_to to, const char *file, struct twc_str text, struct twc_err *err)
{
	(void)arg;
	switch (to) {
	case TWC_HTTP_WRITEOUT_STDERR:
		(void)out_write_fd(STDERR_FILENO, text.p, text.n);
		return 0;
	case TWC_HTTP_WRITEOUT_FILE:
	case TWC_HTTP_WRITEOUT_APPEND:
		return put_file(file, to == TWC_HTTP_WRITEOUT_APPEND, text, err);
	default:
		return out_write(text.p, text.n, err);
	}
}

static void warn_unknown(void *arg, struct twc_str name)
{
	const struct http_output *o = arg;
	char text[80];

	twc_escape(text, sizeof(text), name);
	out_warn(o->show->ctx, "http: -w: there is no variable '%s'", text);
}

int http_tell_format_out(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err, int exit_status)
{
	const struct twc_http_writeout_ops ops = { .put = put_text, .unknown = warn_unknown, .arg = o };
	struct twc_err why = { 0 };
	const struct twc_buf *format;
	struct twc_http_facts x;

	if (!o->o.p->write_out)
		return 0;
	format = http_tell_format(o->show, o->o.p->write_out, &why);
	facts_of(&x, o, f, err);
	x.exit_status = exit_status;
	if (format && twc_http_writeout(twc_buf_str(format), &x, &ops, &why) == 0)
		return 0;
	return out_fail(o->show->ctx, "-w", &why);
}

/* ---- --print=m ---- */

int http_tell_add_numbers(struct twc_buf *b, const struct twc_http_fetch *f)
{
	const struct twc_http_response *res = twc_http_fetch_response(f);
	char peer[TWC_ADDR_TEXT_MAX];
	struct twc_http_totals t;
	uint64_t us;

	twc_http_fetch_totals(f, &t);
	us = t.ended_ns > t.started_ns ? (t.ended_ns - t.started_ns) / TWC_NS_PER_US : 0;
	return twc_buf_addf(b, "\nElapsed time: %" PRIu64 ".%06" PRIu64 "s\nReceived: %" PRIu64 "\nSent: %" PRIu64
			    "\nRemote: %s\n", us / 1000000, us % 1000000, t.received, t.sent,
			    res ? twc_addr_format(&res->peer, peer, sizeof(peer)) : "");
}
