/* SPDX-License-Identifier: MIT */
/*
 * Where the output of twc http goes. One http_show for the run: what is on standard error, traces, reports,
 * archives, progress; one http_output for a transfer: its body and heads. The events of a fetch are handed on
 * as they come; what fails here ends the fetch (twc_http_fetch_stop), and `done` gets the error as any other.
 *
 *	http_output_new    before the fetch; http_output_prepare puts what it has to ask for into the options
 *	_seen _note _head _data _retrying _hop _again _sent     events of the fetch, as in <twc/http_fetch.h>
 *	http_output_done   in `done`: files get their names
 *	http_output_tell   once the status is settled: -w, records
 */
#ifndef CMD_HTTP_OUTPUT_H
#define CMD_HTTP_OUTPUT_H

#include "http_opts.h"
#include <twc/http_fetch.h>
#include <twc/reactor.h>

struct http_show;
struct http_output;

/* ---- the run ---- */

/* Opens the files of the run. NULL: *status says so, after it was printed. */
struct http_show *http_show_new(struct ctx *ctx, struct twc_reactor *r, int *status);
/* After the last transfer: closes what was opened, and takes the progress away. 0, or a status after it was
 * printed. */
int http_show_end(struct http_show *s);
bool http_show_has_notes(const struct http_show *s); /* false: nobody would see them */
void http_show_free(struct http_show *s); /* after its transfers */
/* How many transfers there will be, for the progress; as soon as it is known. */
void http_show_expect(struct http_show *s, size_t transfers);

/* ---- a transfer ---- */

struct http_output_opts {
	const struct http_params *p; /* of its group; borrowed */
	const struct twc_url *url;   /* borrowed */
	const char *text;            /* the URL as typed; borrowed */
	const char *output;          /* the value of -o, #1 and the like replaced; NULL: none */
	bool remote_name;            /* -O is for this one */
	unsigned number;             /* in the run, from 0 */
};
/* NULL with *err. */
struct http_output *http_output_new(struct http_show *s, const struct http_output_opts *o,
				    struct twc_err *err);
void http_output_free(struct http_output *o);
/* --skip-existing, and the file is there: nothing is to be asked for. */
bool http_output_is_there(const struct http_output *o);
/* Sets resume_from, if_range, if_none_match, if_modified_since, if_unmodified_since of the fetch; what they
 * point to stays the output's. 0, or an error with *err. */
int http_output_prepare(struct http_output *o, struct twc_http_fetch_opts *fo, struct twc_err *err);

void http_output_seen(struct http_output *o, struct twc_http_fetch *f, char dir, struct twc_str head);
void http_output_note(struct http_output *o, struct twc_http_fetch *f, const char *text);
void http_output_head(struct http_output *o, struct twc_http_fetch *f, bool is_last);
void http_output_data(struct http_output *o, struct twc_http_fetch *f, const uint8_t *data, size_t n);
void http_output_hop(struct http_output *o, struct twc_http_fetch *f, const struct twc_err *err);
void http_output_retrying(struct http_output *o, struct twc_http_fetch *f, unsigned n, uint64_t delay_ns,
			  const struct twc_err *why, int status);
int http_output_again(struct http_output *o, struct twc_http_fetch *f, uint64_t *resume_from);
/* A piece of the request's body, when it is written: for --print=B, traces and archives. */
void http_output_sent(struct http_output *o, const uint8_t *data, size_t n);

/* The fetch is over, `err` is what it said: gives files their names, or leaves the part. When all was well so
 * far, *err may be set to what fails here (a checksum, a disk that is full). */
void http_output_done(struct http_output *o, struct twc_http_fetch *f, struct twc_err *err);
/* The status is settled. 0, or a status after the failure was printed. The fetch is there still; NULL: none
 * was begun. */
int http_output_tell(struct http_output *o, const struct twc_http_fetch *f, const struct twc_err *err,
		     int exit_status);

const char *http_output_file(const struct http_output *o); /* where the body went; NULL: to no file */

#endif
