/* SPDX-License-Identifier: MIT */
/*
 * What the files of the output of twc http share.
 *
 *	http_output.c    a transfer: its sink, and what goes there besides the body
 *	http_show.c      the run: files that are opened once, lines on standard error
 *	http_trace.c     --trace-ascii
 *	http_tell.c      -w, --report, --har
 *	http_progress.c  the line on a terminal
 */
#ifndef CMD_HTTP_SHOW_H
#define CMD_HTTP_SHOW_H

#include "http_output.h"
#include <twc/http_report.h>
#include <twc/http_sink.h>
#include <twc/json.h>

/* A file that several transfers write to. */
struct http_file {
	char *path; /* owned */
	int fd;	    /* STDOUT_FILENO: not ours to close */
	struct http_file *next;
};

/* The text of -w. */
struct http_format {
	const char *value; /* of the option: what it is found by */
	struct twc_buf text;
	struct http_format *next;
};

struct http_progress {
	bool is_on;
	struct twc_timer timer;
	size_t expected, begun, over, failed;
	uint64_t bytes; /* of all bodies */
	uint64_t size;	/* of the one that goes on; 0: unknown, or several */
	unsigned asked; /* --wait: so often, in vain */
	uint64_t then_ns, then_bytes, rate;
};

struct http_show {
	struct ctx *ctx;
	struct twc_reactor *r;
	const struct http_params *p; /* of the run */
	bool is_verbose, is_coloured; /* the latter of standard error */
	struct http_file *files;
	struct http_format *formats;
	int trace_fd, report_fd; /* -1: none */
	struct twc_http_sink *har; /* NULL: none */
	bool has_entries;
	bool has_failed; /* and it was said */
	struct http_progress progress;
};

struct http_output {
	struct http_show *show;
	struct http_output_opts o;
	struct twc_http_sink *sink;
	struct twc_http_fetch *fetch; /* NULL: none yet */
	bool has_begun;	      /* the sink takes what comes */
	bool is_bodyless;     /* --print without b */
	bool has_sent_body;   /* --print=B: something is to be between it and what follows */
	const char *print;    /* letters; never NULL */
	struct twc_buf held;  /* what comes before the body: until the sink takes it */
	struct twc_json_pretty *pretty; /* NULL: the body goes as it is */
	struct twc_buf conditions[3]; /* values of fields of the request; see http_output_prepare */
	struct twc_err err;   /* what stopped the fetch */
	/* for reports */
	unsigned attempt;     /* from 1 */
	unsigned redirects;   /* of totals.redirects, that are in `led` or of earlier attempts */
	uint64_t started_ns;  /* of the fetch */
	uint64_t attempt_ns;  /* when it began */
	char **led;	      /* owned: where this attempt was led to */
	size_t n_led;
	struct twc_http_fields *passed; /* owned: of the responses before the last, for -w */
	size_t n_passed;
	bool keeps_bodies;    /* for an archive */
	struct twc_buf sent_head, sent_body, body; /* of the hop */
	bool is_sent_cut, is_body_cut;
};

/* ---- http_show.c ---- */

/* The descriptor of a file, opened anew the first time it is asked for; "-" is standard output. -1 with *err. */
int http_show_file(struct http_show *s, const char *path, struct twc_err *err);
/* A piece of standard error; the progress makes way. */
void http_show_err(const struct twc_buf *b);
/* Lines of -v for a head, a note, or so many bytes of a body. */
void http_show_head(struct http_show *s, char dir, struct twc_str head);
void http_show_note(struct http_show *s, const char *text);
void http_show_bytes(struct http_show *s, char dir, size_t n);
/* Appends a head; coloured if asked to. */
int http_show_add_head(struct twc_buf *b, struct twc_str head, bool is_coloured) TWC_MUST_CHECK;
/* Colour for what goes to `fd`? */
bool http_show_wants_colour(const struct http_show *s, int fd);
/* A failure of a file of the run: printed once. */
void http_show_fail(struct http_show *s, const char *what, const struct twc_err *err);
/* "15:36:58.714632 " with --trace-time, else nothing. */
int http_show_add_time(const struct http_show *s, struct twc_buf *b) TWC_MUST_CHECK;

/* ---- http_trace.c ---- */

void http_trace_head(struct http_show *s, char dir, struct twc_str head);
void http_trace_data(struct http_show *s, char dir, const void *p, size_t n);
void http_trace_note(struct http_show *s, const char *text);

/* ---- http_tell.c ---- */

int http_tell_open(struct http_show *s, struct twc_err *err); /* --report, --har */
int http_tell_close(struct http_show *s, struct twc_err *err);
/* The text of -w, read now if it is a file. NULL with *err. */
const struct twc_buf *http_tell_format(struct http_show *s, const char *value, struct twc_err *err);
/* A response that is not the last, and all of them and the redirects forgotten. */
void http_tell_passed(struct http_output *o, const struct twc_http_fields *fields);
void http_tell_forget(struct http_output *o);
void http_tell_attempt(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err);
void http_tell_hop(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err);
int http_tell_format_out(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err, int exit_status);
/* --print=m */
int http_tell_add_numbers(struct twc_buf *b, const struct twc_http_fetch *f) TWC_MUST_CHECK;

/* ---- http_progress.c ---- */

void http_progress_start(struct http_show *s);
void http_progress_stop(struct http_show *s);
void http_progress_begin(struct http_show *s, uint64_t size); /* of a body; TWC_HTTP_UNKNOWN */
void http_progress_move(struct http_show *s, size_t n);
void http_progress_wait(struct http_show *s); /* one more answer was not the one */
void http_progress_end(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err);

#endif
