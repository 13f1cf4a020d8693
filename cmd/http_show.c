/* SPDX-License-Identifier: MIT */
/*
 * The run's side of the output of twc http: files that are opened once for all transfers, and the lines of -v on standard error.
 * Bytes of peers are escaped there, and secrets are ***.
 */
#include "http_show.h"
#include "out.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <twc/log.h>
#include <unistd.h>

#define SHOWN_MAX (8U << 20) /* a head, escaped */

/* ---- life ---- */

/* What a connection does is said in curl's words: the log is for -vv and above. */
static void lower_log(const struct http_show *s)
{
	static const enum twc_log_level levels[] = { TWC_LOG_WARN, TWC_LOG_WARN, TWC_LOG_INFO };
	unsigned v = s->ctx->common.verbose;

	if (v > 0 && !s->ctx->common.trace)
		twc_log_set_level(twc_reactor_log(s->r), v < TWC_ARRAY_LEN(levels) ? levels[v] : TWC_LOG_DEBUG);
}

static int open_all(struct http_show *s, struct twc_err *err)
{
	if (s->p->trace_ascii) {
		s->trace_fd = http_show_file(s, s->p->trace_ascii, err);
		if (s->trace_fd < 0)
			return -1;
	}
	return http_tell_open(s, err);
}

struct http_show *http_show_new(struct ctx *ctx, struct twc_reactor *r, int *status)
{
	struct http_show *s = twc_calloc(1, sizeof(*s));
	struct twc_err err = { 0 };

	s->ctx = ctx;
	s->r = r;
	s->p = http_run_params(ctx);
	s->trace_fd = s->report_fd = -1;
	s->is_verbose = ctx->common.verbose > 0;
	s->is_coloured = http_show_wants_colour(s, STDERR_FILENO);
	lower_log(s);
	if (open_all(s, &err) < 0) {
		*status = out_fail(ctx, NULL, &err);
		http_show_free(s);
		return NULL;
	}
	http_progress_start(s);
	return s;
}

int http_show_end(struct http_show *s)
{
	struct twc_err err = { 0 };

	http_progress_stop(s);
	if (http_tell_close(s, &err) < 0)
		http_show_fail(s, "--har", &err);
	return s->has_failed ? twc_err_exit(TWC_EIO) : 0;
}

void http_show_free(struct http_show *s)
{
	http_progress_stop(s);
	twc_http_sink_free(s->har);
	while (s->files) {
		struct http_file *f = s->files;

		s->files = f->next;
		if (f->fd != STDOUT_FILENO)
			close(f->fd);
		twc_free(f->path);
		twc_free(f);
	}
	while (s->formats) {
		struct http_format *f = s->formats;

		s->formats = f->next;
		twc_buf_fini(&f->text);
		twc_free(f);
	}
	twc_free(s);
}

void http_show_expect(struct http_show *s, size_t transfers)
{
	s->progress.expected = transfers;
}

void http_show_fail(struct http_show *s, const char *what, const struct twc_err *err)
{
	if (!s->has_failed || err->code == TWC_EPIPEOUT)
		out_fail(s->ctx, what, err);
	s->has_failed = true;
}

/* ---- files ---- */

int http_show_file(struct http_show *s, const char *path, struct twc_err *err)
{
	struct http_file *f;
	int fd;

	if (strcmp(path, "-") == 0)
		return STDOUT_FILENO;
	for (f = s->files; f; f = f->next)
		if (strcmp(f->path, path) == 0)
			return f->fd;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return twc_err_sys(err, TWC_ECANTCREAT, errno, NULL, "cannot write %.160s: %s", path, strerror(errno));
	f = twc_calloc(1, sizeof(*f));
	f->path = twc_strdup(path);
	f->fd = fd;
	f->next = s->files;
	s->files = f;
	return fd;
}

/* ---- standard error ---- */

void http_show_err(const struct twc_buf *b)
{
	bool was_shown = status_hide();

	(void)out_write_fd(STDERR_FILENO, twc_buf_head(b), twc_buf_len(b));
	if (was_shown)
		status_show();
}

bool http_show_wants_colour(const struct http_show *s, int fd)
{
	const char *no = getenv("NO_COLOR");

	if (s->p->color != HTTP_COLOR_AUTO)
		return s->p->color == HTTP_COLOR_ALWAYS;
	return !(no && no[0]) && isatty(fd);
}

int http_show_add_time(const struct http_show *s, struct twc_buf *b)
{
	struct tm tm = { .tm_mday = 1 };
	struct timespec now;

	if (!s->p->trace_time)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	return twc_buf_addf(b, "%02d:%02d:%02d.%06ld ", tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000);
}

static int add_escaped(struct twc_buf *b, struct twc_str s)
{
	char *room;
	int rc = twc_buf_reserve(b, s.n * 4 + 1, &room);

	if (!rc)
		twc_buf_commit(b, twc_escape(room, s.n * 4 + 1, s));
	return rc;
}

/* "> Name: value", escaped: for a terminal or a log. */
static int add_line(const struct http_show *s, struct twc_buf *b, char mark, struct twc_str line)
{
	const char *colon = s->is_coloured && line.n ? memchr(line.p, ':', line.n) : NULL;
	struct twc_str name = { line.p, colon ? (size_t)(colon - line.p) : 0 };
	int rc = http_show_add_time(s, b);

	if (!rc)
		rc = twc_buf_addf(b, "%c %s", mark, name.n ? "\033[1m" : "");
	if (!rc && name.n)
		rc = add_escaped(b, name);
	if (!rc && name.n)
		rc = twc_buf_addf(b, "\033[0m");
	if (!rc)
		rc = add_escaped(b, (struct twc_str){ line.p + name.n, line.n - name.n });
	return rc ? rc : twc_buf_add(b, "\n", 1);
}

void http_show_head(struct http_show *s, char dir, struct twc_str head)
{
	struct twc_buf masked, b;
	struct twc_str rest, line;
	int rc;

	if (!s->is_verbose)
		return;
	twc_buf_init(&masked, SHOWN_MAX);
	twc_buf_init(&b, SHOWN_MAX);
	rc = s->p->show_secrets ? twc_buf_add(&masked, head.p, head.n) : twc_http_mask_head(head, &masked);
	rest = twc_buf_str(&masked);
	while (!rc && rest.n > 0 && twc_str_cut(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		rc = add_line(s, &b, dir, line);
	}
	http_show_err(&b);
	twc_buf_fini(&masked);
	twc_buf_fini(&b);
}

bool http_show_has_notes(const struct http_show *s)
{
	return s->is_verbose || s->trace_fd >= 0;
}

void http_show_note(struct http_show *s, const char *text)
{
	struct twc_buf b;

	if (!s->is_verbose)
		return;
	twc_buf_init(&b, SHOWN_MAX);
	if (http_show_add_time(s, &b) == 0 && twc_buf_addf(&b, "* %s\n", text) == 0)
		http_show_err(&b);
	twc_buf_fini(&b);
}

void http_show_bytes(struct http_show *s, char dir, size_t n)
{
	struct twc_buf b;

	if (s->ctx->common.verbose < 2)
		return;
	twc_buf_init(&b, 256);
	if (http_show_add_time(s, &b) == 0 && twc_buf_addf(&b, "%c [%zu bytes data]\n", dir == '>' ? '}' : '{', n) == 0)
		http_show_err(&b);
	twc_buf_fini(&b);
}

/* ---- heads that are output ---- */

static int add_coloured_line(struct twc_buf *b, struct twc_str line, bool is_first)
{
	const char *colon = memchr(line.p, ':', line.n);
	size_t bold = is_first ? 0 : colon ? (size_t)(colon - line.p) : 0;
	int rc = 0;

	if (bold > 0)
		rc = twc_buf_addf(b, "\033[1m%.*s\033[0m", (int)bold, line.p);
	return rc ? rc : twc_buf_add(b, line.p + bold, line.n - bold);
}

int http_show_add_head(struct twc_buf *b, struct twc_str head, bool is_coloured)
{
	bool is_first = true;
	int rc = 0;

	if (!is_coloured)
		return twc_buf_add(b, head.p, head.n);
	while (head.n > 0 && !rc) {
		const char *lf = memchr(head.p, '\n', head.n);
		struct twc_str line = { head.p, lf ? (size_t)(lf - head.p) + 1 : head.n };

		rc = add_coloured_line(b, line, is_first);
		is_first = false;
		head = (struct twc_str){ head.p + line.n, head.n - line.n };
	}
	return rc;
}
