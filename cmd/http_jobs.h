/* SPDX-License-Identifier: MIT */
/* One URL after the other, each with what belongs to it alone: globs are walked through, never written out. */
#ifndef CMD_HTTP_JOBS_H
#define CMD_HTTP_JOBS_H

#include "http_request.h"
#include <twc/http_fetch.h>
#include <twc/url.h>
#include <twc/url_glob.h>

struct http_group {
	struct http_request q;
	struct twc_http_session *session; /* borrowed */
};

struct http_job {
	const struct http_group *group;
	char *text;	     /* owned: the URL as typed */
	struct twc_url url;  /* owned; with what is added to its query */
	char *output;	     /* owned: of -o; NULL: none */
	bool remote_name;    /* -O */
	const char *upload;  /* of -T; NULL: none */
	unsigned number;     /* from 0 */
};

struct http_jobs {
	const struct http_group *group; /* borrowed */
	size_t n_groups;
	size_t at, url;	     /* where it stands: the URL that comes next, of this group */
	struct twc_url_glob *glob; /* of the URL before; NULL: none */
	unsigned number;
};

/* Sees whether all URLs can be: 0, or status 64 after the first that cannot was printed, with a caret. */
int http_jobs_check(const struct http_jobs *j, struct ctx *ctx);
/* How many there are in all. */
uint64_t http_jobs_count(const struct http_jobs *j);
/* 1: *job is filled, to be freed by http_job_fini; 0: none is left; -1: *status, after it was printed. */
int http_jobs_next(struct http_jobs *j, struct ctx *ctx, struct http_job *job, int *status);
void http_jobs_fini(struct http_jobs *j);
void http_job_fini(struct http_job *job);

#endif
