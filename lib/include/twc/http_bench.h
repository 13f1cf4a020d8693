/* SPDX-License-Identifier: MIT */
/*
 * A load on an HTTP or WebSocket server: requests on many connections, as fast as they are answered (closed model) or at times that are fixed
 * beforehand (open model), and what came of them.
 *
 * In the open model a latency counts from the moment a request was to be sent, whether or not a connection was free then, so a
 * server that stalls is charged for all who would have come meanwhile; what was measured from the sending is kept beside it, as
 * "uncorrected". In the closed model the two are the same.
 *
 * With URLs of ws and wss a request is a message on a connection that has shaken hands, and its answer the same message, which has
 * to come back; its status is 101.
 *
 *	new -> start -> (warm-up) -> measuring -> no new requests, those under way are waited for -> ended
 */
#ifndef TWC_HTTP_BENCH_H
#define TWC_HTTP_BENCH_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/http_message.h>
#include <twc/reactor.h>
#include <twc/transport.h>
#include <twc/url.h>
#include <twc/ws.h>

#pragma GCC visibility push(default)

#define TWC_HTTP_BENCH_CONNECTIONS_MAX 65536
#define TWC_HTTP_BENCH_STREAMS_MAX 1000
#define TWC_HTTP_BENCH_WORKERS_MAX 64
#define TWC_HTTP_BENCH_RATE_MAX 100000000

/* Why a request failed. */
enum twc_http_bench_failure {
	TWC_HTTP_BENCH_REFUSED = 0, /* or unreachable: no connection */
	TWC_HTTP_BENCH_RESET,
	TWC_HTTP_BENCH_CLOSED,	    /* ended before the response was whole */
	TWC_HTTP_BENCH_TIMEOUT,	    /* no connection, or no whole response, in time */
	TWC_HTTP_BENCH_PROTOCOL,    /* no HTTP, or no good one */
	TWC_HTTP_BENCH_TLS,	    /* no handshake, or a certificate that is not trusted */
	TWC_HTTP_BENCH_DNS,
	TWC_HTTP_BENCH_STATUS,	    /* answered with a status of 400 or above, or WebSocket's handshake with any but 101 */
	TWC_HTTP_BENCH_ECHO,	    /* WebSocket: another message came back */
	TWC_HTTP_BENCH_LOCAL,	    /* this side was out of something: descriptors, ports */
	TWC_HTTP_BENCH_OTHER,
	TWC_HTTP_BENCH_FAILURES,
};
const char *twc_http_bench_failure_name(enum twc_http_bench_failure f); /* "refused" */

/* One request that is over. Times are of the monotonic clock. */
struct twc_http_bench_sample {
	uint64_t intended_ns, sent_ns, first_byte_ns, done_ns; /* first_byte_ns 0: none came */
	uint64_t bytes;	     /* received, heads and framing too */
	int status;	     /* 0: not answered */
	bool has_failed;
	enum twc_http_bench_failure failure;
	uint64_t connection; /* its number in this process, from 1; 0: there was none */
};

/* Zeroed members take the default. Strings and lists are copied. */
struct twc_http_bench_opts {
	const struct twc_url *url; /* n_urls of them, asked for in turn; of one scheme, host and port */
	size_t n_urls;
	struct twc_str method;	   /* n 0: GET, or POST with bodies */
	const struct twc_http_fields *fields;
	const char *user, *password; /* Basic, unless the fields have an Authorization; NULL: those of the first URL */
	const char *bearer;	   /* instead */
	const struct twc_str *body; /* n_bodies of them, sent in turn; none: no body, and messages of 64 bytes */
	size_t n_bodies;
	enum twc_ws_type message_type; /* of WebSocket; 0: text */
	const char *subprotocols;   /* that it is asked for, separated by commas; NULL: none */
	int version;		    /* 11, or 20: HTTP/2, by ALPN or in the clear; 0 is 11 */
	const char *via;	    /* connect there in place of the URL's host and port: an endpoint string */
	const char *const *connect_to; /* NULL-terminated rules as curl has them, without `via`; NULL: none */
	const char *keys, *tls;	    /* of the endpoint: see struct twc_http_client_opts */
	unsigned ip_version;
	unsigned connections;	    /* 50, over all workers */
	unsigned streams;	    /* requests under way on each connection of HTTP/2 or WebSocket: 1 */
	unsigned workers;	    /* processes: 1, which is this one */
	uint64_t requests;	    /* end after so many; 0: by time alone */
	uint64_t duration_ns;	    /* begin none after so long; 0: 10 s, with `requests` 60 s */
	uint64_t warmup_ns;	    /* before all that; its requests are not counted */
	uint64_t ramp_ns;	    /* connections are opened one after another over this time, before all that */
	uint64_t rate;		    /* requests a second, over all workers: the open model; 0: the closed one */
	uint64_t timeout_ns;	    /* of a request, and of a dial: 10 s */
	bool no_keepalive;	    /* a connection for each request, whose time then counts from the dial */
	bool own_machine;	    /* TWC_EUSAGE when it turns out that the target is another */
	/* With workers: a reactor for each of them, made there. */
	struct twc_reactor *(*reactor_new)(void *arg, struct twc_err *err);
	void (*worker_ended)(void *arg); /* in a worker, before it ends; may be NULL */
	/* The first connection of all, to be asked alone; may be NULL. */
	void (*opened)(void *arg, const struct twc_transport *t);
	/* Each measured request, in the process it was made in; may be NULL. */
	void (*sample)(void *arg, const struct twc_http_bench_sample *s);
	/* Once, from the loop. An error: it could not be done, as opposed to requests that failed. */
	void (*ended)(void *arg, const struct twc_err *err);
	void *arg;
};

struct twc_http_bench;

/* NULL with *err: TWC_EUSAGE for what does not fit together, or is no endpoint; TWC_EDATA for a request that cannot be sent;
 * TWC_ENOMEM. */
struct twc_http_bench *twc_http_bench_new(struct twc_reactor *r, const struct twc_http_bench_opts *o, struct twc_err *err);
/* 0, or an error, and `ended` is not called. */
int twc_http_bench_start(struct twc_http_bench *b, struct twc_err *err);
/* Ends it now: what is under way is broken off and not counted. */
void twc_http_bench_stop(struct twc_http_bench *b);
void twc_http_bench_free(struct twc_http_bench *b); /* after the end, or before the start */

/* ---- what came of it: at any time after the start; of workers, what there was at the latest twc_http_bench_sum ---- */

enum twc_http_bench_time {
	TWC_HTTP_BENCH_LATENCY = 0, /* of those answered */
	TWC_HTTP_BENCH_UNCORRECTED,
	TWC_HTTP_BENCH_FIRST_BYTE,  /* of those answered, from the sending */
	TWC_HTTP_BENCH_CONNECT,	    /* of connections, warm-up and ramp included: until TCP stands */
	TWC_HTTP_BENCH_TLS_TIME,    /* the handshake alone */
	TWC_HTTP_BENCH_TIMES,
};
const char *twc_http_bench_time_name(enum twc_http_bench_time t); /* "latency" */

struct twc_http_bench_spread { /* nanoseconds */
	uint64_t n, min, max;
	double mean, deviation;
};
/* The percentiles that are told, in parts of a million, and their names: "50" … "99.99". */
#define TWC_HTTP_BENCH_PARTS 7
extern const uint32_t twc_http_bench_part[TWC_HTTP_BENCH_PARTS];
extern const char *const twc_http_bench_part_name[TWC_HTTP_BENCH_PARTS];

struct twc_http_bench_summary {
	uint64_t requests;	/* over: answered or failed */
	uint64_t answered;	/* with whatever status */
	uint64_t errors;	/* failed, be it by their status */
	uint64_t unsent;	/* open model: due, but no connection was free until the end */
	uint64_t bytes_in, bytes_out; /* of those requests */
	uint64_t connections;	/* made in all */
	uint64_t elapsed_ns;	/* of measuring, so far */
	double rate;		/* answered a second */
	uint64_t failure[TWC_HTTP_BENCH_FAILURES];
	uint64_t status[1000];
	const char *failure_text[TWC_HTTP_BENCH_FAILURES]; /* of the first of each kind, borrowed; NULL: none */
	bool is_warming;
};
void twc_http_bench_sum(const struct twc_http_bench *b, struct twc_http_bench_summary *out);
void twc_http_bench_spread(const struct twc_http_bench *b, enum twc_http_bench_time t, struct twc_http_bench_spread *out);
/* 0 without any. `ppm`: parts of a million. */
uint64_t twc_http_bench_percentile(const struct twc_http_bench *b, enum twc_http_bench_time t, uint32_t ppm);
/* How many took no longer than this. */
uint64_t twc_http_bench_up_to(const struct twc_http_bench *b, enum twc_http_bench_time t, uint64_t ns);

/* ---- thresholds ---- */

/*
 *	p50 p99 p99.9 … min max mean sd  OP DURATION	of the latency; first-byte.p99, connect.max, tls.mean, uncorrected.p99 of another time
 *	requests rps bytes unsent  OP N
 *	errors, the name of a failure (timeout), 2xx, 404  OP N or N%	of all requests
 *
 * OP is one of = (or ==) != < <= > >=. TWC_EUSAGE, with the column of the fault in `expr`.
 */
struct twc_http_bench_limit;
struct twc_http_bench_limit *twc_http_bench_limit_new(const char *expr, struct twc_err *err);
void twc_http_bench_limit_free(struct twc_http_bench_limit *l); /* NULL is fine */
const char *twc_http_bench_limit_text(const struct twc_http_bench_limit *l); /* as it was written */
/* If it does not hold, `got` (may be NULL) tells what there was: "214ms", "3", "99.2%", "nothing". */
bool twc_http_bench_limit_holds(const struct twc_http_bench_limit *l, const struct twc_http_bench *b, char *got, size_t cap);

#pragma GCC visibility pop
#endif
