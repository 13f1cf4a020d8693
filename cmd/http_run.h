/* SPDX-License-Identifier: MIT */
/*
 * The run of twc http and its transfers.
 *
 *	http_run.c       groups, sessions, how many at a time, the status in the end
 *	http_transfer.c  one URL: a fetch, its output, what is expected of it
 *	http_wait.c      --wait: the same again until it is as expected
 *	http_sse.c       --sse: events, and connecting again
 *	http_offline.c   --offline: the bytes of a request, which is not made
 *	http_status.c    failures to statuses, ours and curl's
 */
#ifndef CMD_HTTP_RUN_H
#define CMD_HTTP_RUN_H

#include "http_jobs.h"
#include "http_output.h"
#include "http_session.h"
#include <twc/http_body.h>
#include <twc/http_events.h>
#include <twc/http_expect.h>
#include <twc/tls.h>

/* What the transfers of a run came to. */
struct http_tally {
	size_t n_ok, n_failed;
	int code;   /* TWC_E… of those that failed, the furthest; their status is the one they share */
	int status; /* that they share, or -1 */
	int first_curl, last_curl; /* curl's numbers: of the first failure, and of the last transfer */
};

struct http_run {
	struct ctx *ctx;
	const struct http_params *p; /* of the run */
	struct twc_reactor *r;
	struct http_show *show;
	struct http_group *group;
	size_t n_groups;
	struct http_sessions sessions;
	struct http_jobs jobs;
	struct http_transfer *transfers; /* those that go on */
	size_t n_active;
	bool is_over; /* nothing is begun any more */
	int status;   /* that ends the run whatever the transfers say; 0: none */
	struct http_tally tally;
	struct twc_timer next; /* --rate */
	uint64_t interval_ns, next_ns;
};

/* How a transfer has failed, as far as it takes more than an error to know. */
struct http_failure {
	struct twc_err err;
	enum twc_http_phase phase;
	bool is_redirect, is_range; /* too many; not the part that was asked for */
	bool is_size, is_checksum;
	bool is_proxy; /* it was not the host of the URL that was looked for */
};

struct http_wait {
	struct twc_timer timer;
	uint64_t until_ns, pause_ns;
	struct twc_buf held; /* a body of which is not known yet whether it is the one */
	bool is_active, is_released;
	struct twc_err last; /* why it was not */
};

struct http_sse {
	struct twc_http_events *events; /* owned; NULL: the body is no stream of events */
	struct twc_timer timer;
	struct twc_http_fields fields;	/* of the request, with Last-Event-ID */
	uint64_t count;
	bool has_begun; /* a head was there, and its output began */
	bool is_over;
};

struct http_transfer {
	struct http_run *run;
	struct http_transfer *prev, *next;
	struct http_job job;
	struct http_output *output;
	struct twc_http_body *body;
	struct twc_http_source source; /* of the body */
	char *content_range; /* owned: of the rest of a file (-C with -T); NULL: it is whole */
	struct twc_http_expect *expect; /* NULL: nothing is */
	struct twc_http_fetch_opts opts;
	struct twc_http_fetch *fetch;
	struct http_failure failure;
	uint64_t began_ns;
	struct twc_tls_cert *cert; /* owned: the server's; NULL: nobody asks, or there is none */
	bool is_refused; /* -f: what comes of the body is thrown away */
	char *shown; /* owned: the URL as lines have it */
	struct http_wait wait;
	struct http_sse sse;
};

/* http_run.c */
int http_run(struct ctx *ctx, void *params, int n, char **operand);
void http_run_over(struct http_run *run, struct http_transfer *t, int code,
		   int curl); /* frees it; code 0: well */
bool http_run_says_failures(const struct http_run *run);

/* http_transfer.c; the job is taken. NULL: it is over already, and *code and *curl tell how. */
struct http_transfer *http_transfer_start(struct http_run *run, struct http_job *job, int *code, int *curl);
void http_transfer_free(struct http_transfer *t);
int http_transfer_fetch(struct http_transfer *t); /* an attempt: 0 or an error in t->failure.err */
void http_transfer_end(struct http_transfer *t,
		       const struct twc_err *err); /* the fetch is over, and so is all */
/* Fails an assertion? `failed` as in <twc/http_expect.h>. */
size_t http_transfer_check(const struct http_transfer *t,
			   void (*failed)(void *arg, const char *expr, const char *got), void *arg);

/* http_offline.c: --offline. The head, then the body as it would be sent, to standard output. */
void http_offline_head(struct http_transfer *t, struct twc_str head);
void http_offline_done(struct http_transfer *t, const struct twc_err *err);

/* http_wait.c */
void http_wait_begin(struct http_transfer *t);
void http_wait_head(struct http_transfer *t);
void http_wait_data(struct http_transfer *t, const uint8_t *data, size_t n);
void http_wait_done(struct http_transfer *t, const struct twc_err *err);
void http_wait_fini(struct http_transfer *t);

/* http_sse.c */
int http_sse_begin(struct http_transfer *t, struct twc_err *err);
void http_sse_head(struct http_transfer *t);
void http_sse_data(struct http_transfer *t, const uint8_t *data, size_t n);
void http_sse_done(struct http_transfer *t, const struct twc_err *err);
void http_sse_fini(struct http_transfer *t);

/* http_status.c: curl's number for a failure; 0 for none. And for a status of ours, of what went wrong before the first
 * transfer. */
#define HTTP_CURL_BAD_URL 3
int http_status_curl(const struct http_failure *f);
int http_status_curl_of(int status);
int http_status_usage(const void *params); /* of arguments that are no good, as far as they were read */

#endif
