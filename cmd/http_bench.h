/* SPDX-License-Identifier: MIT */
/* What the files of twc http bench share. */
#ifndef CMD_HTTP_BENCH_H
#define CMD_HTTP_BENCH_H

#include "http_request.h"
#include <twc/http_bench.h>

struct http_bench_params {
	struct http_params http; /* must be first: its rows and functions are used */
	/* load */
	uint64_t requests, connections; /* -n -c */
	uint64_t duration, warmup, ramp; /* -z */
	uint64_t rate;			/* -q; 0: the closed model */
	uint64_t timeout, workers, streams; /* -m */
	bool keepalive;			/* true unless --no-keepalive */
	bool own_this;
	bool http11, http2, http2_prior;
	bool binary;
	const char *subprotocol;
	/* requests */
	const char *urls, *body_lines;	/* files */
	/* verdict and reports */
	struct opt_list expect;
	const char *report, *csv;
};

extern const struct twc_opt http_bench_opts[];
extern const struct opt_slip http_bench_slips[];
void http_bench_init(void *params);
void http_bench_fini(void *params);
int http_bench_check(const struct ctx *ctx, const void *params, int n, char **operand, struct twc_err *err);

/* http_bench_request.c: what is asked, made ready. Zeroed before, freed in any case; strings are borrowed from it. */
struct http_bench_request {
	struct http_request q;
	struct twc_http_fields fields;
	struct twc_url *url; /* owned: n_urls of them */
	size_t n_urls;
	bool is_ws; /* of WebSocket, and bodies are messages */
	struct twc_buf urls, lines, tls, keys; /* files, and keys of the endpoint */
	struct twc_str *body; /* owned: n_bodies of them */
	size_t n_bodies;
};
/* 0, or the status after a failure was printed. */
int http_bench_request_make(struct http_bench_request *q, struct ctx *ctx, const struct cmd_group *g);
void http_bench_request_fini(struct http_bench_request *q);

/* http_bench_text.c: the summary for people. `width` is that of the terminal. */
void http_bench_text(struct twc_buf *b, const struct twc_http_bench *bench, const struct http_bench_params *p, unsigned width,
		     bool is_utf8);
/* "1.23ms": three digits and a unit; returns `buf`. */
const char *http_bench_time(char *buf, size_t cap, double ns);
/* http_bench_json.c: for programs, an object on a line. */
void http_bench_json(struct twc_buf *b, const struct twc_http_bench *bench);

/* http_bench_csv.c: a line for each request. */
struct http_bench_csv {
	int fd; /* -1: none */
	bool is_open; /* the descriptor is ours to close */
	uint64_t start_ns;
	struct twc_buf b;
	int sys; /* the errno of the first failure */
};
int http_bench_csv_open(struct http_bench_csv *csv, const char *path, uint64_t start_ns, struct twc_err *err);
void http_bench_csv_add(struct http_bench_csv *csv, const struct twc_http_bench_sample *s);
void http_bench_csv_flush(struct http_bench_csv *csv);
int http_bench_csv_close(struct http_bench_csv *csv, struct twc_err *err); /* 0 or TWC_EIO */

#endif
