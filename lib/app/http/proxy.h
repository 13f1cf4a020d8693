/* SPDX-License-Identifier: MIT */
/*
 * A reverse proxy from within, shared by the files that make it up:
 *
 *	handle_proxy.c    the kind: options, and the handler of a route
 *	proxy_targets.c   where requests go: URLs and endpoints as they were written, each with its connections
 *	proxy_balance.c   whose turn it is, and who is out for having failed
 *	proxy_check.c     whether a target is well, asked at intervals
 *	proxy_request.c   a request as the server behind gets it
 *	proxy_response.c  a response as the client gets it
 *	proxy_job.c       one exchange: both bodies, with back-pressure, time limits, faults
 *	proxy_body.c      the body of its request on its way
 *	proxy_tunnel.c    what an upgrade has made of two connections
 *
 * Nothing of a message's framing is ever copied: both sides frame what they send themselves (RFC 9112, 6; RFC 9110, 7.6).
 */
#ifndef TWC_APP_HTTP_PROXY_H
#define TWC_APP_HTTP_PROXY_H

#include "app/http/site.h"
#include "base/hash.h"
#include "base/list.h"

#include <twc/app.h>
#include <twc/http_client.h>

#define TWC__PROXY_TARGETS_MAX 64 /* a word of bits tells them apart */
#define TWC__PROXY_KEPT_MAX (64 * 1024) /* of a body, to be sent once more */

struct twc__proxy;
struct twc__proxy_tunnel;

enum twc__proxy_balance {
	TWC__PROXY_ROUNDROBIN = 0,
	TWC__PROXY_LEASTCONN,
	TWC__PROXY_SOURCE,
	TWC__PROXY_RANDOM,
	TWC__PROXY_FIRST,
};

/* What is known of a target by asking it at intervals. */
struct twc__proxy_probe {
	struct twc_timer timer;
	struct twc_deferred *asked; /* held; NULL: it is not being asked */
	unsigned status; /* of the answer; 0: there is none yet */
	unsigned well, ill; /* in a row */
	bool is_down, is_known;
};

struct twc__proxy_target {
	struct twc__proxy *proxy;
	unsigned index;
	char *text;	    /* as it was written, without secrets: for messages */
	struct twc_url url; /* what is asked; its path only with has_path */
	char *host;	    /* the value of Host for it */
	char *origin;	    /* "http://h:9000" */
	char *via;	    /* endpoint in place of the URL's host and port; NULL: that */
	bool has_path;	    /* the URL has one, which stands for the route's */
	struct twc_http_client *client;
	unsigned active;    /* exchanges */
	unsigned failures;  /* in a row */
	uint64_t out_until; /* reactor's clock; 0: it is not out */
	struct twc__proxy_probe probe;
};

/* A field that is set or (p NULL) removed. */
struct twc__proxy_edit {
	struct twc_str name, value; /* of `text` */
	char *text; /* owned */
};
struct twc__proxy_edits {
	struct twc__proxy_edit *v; /* owned */
	unsigned n;
};

/* The options of a route. */
struct twc__proxy_opts {
	enum twc__proxy_balance balance;
	enum { TWC__PROXY_HOST_KEEP, TWC__PROXY_HOST_TARGET, TWC__PROXY_HOST_NAME } host;
	char *host_name; /* owned */
	bool strips;	 /* the path that the route has matched */
	struct twc_cidr *trusted; /* owned */
	unsigned n_trusted;
	struct twc__proxy_edits up, down;
	uint64_t connect_ns, first_byte_ns, idle_ns, tunnel_ns;
	unsigned fails; /* in a row, before a target is out */
	int version;	/* to be spoken behind: 11 or 20 */
	char *tls;	/* owned; keys for https: and tls: */
	/* active checks */
	char *check; /* owned: a target; NULL: none */
	uint64_t check_every_ns, check_timeout_ns;
	unsigned check_low, check_high; /* statuses that are well */
	unsigned rise, fall;
};

/* A route's; a part of the site. */
struct twc__proxy {
	struct twc_http_site *site;
	struct twc_reactor *r;
	struct twc__proxy_opts o;
	struct twc__proxy_target *target; /* owned */
	unsigned n_targets;
	unsigned next; /* whose turn it is */
	struct twc__hash_key key;
	struct twc_deferred *life; /* held; the reactor's: cancelled when that goes; NULL: it has gone */
	bool is_over; /* the clients have gone */
	struct twc_http_fields fields; /* of the request that is being made; kept for its memory */
	struct twc_buf path, text;
};

/* One exchange. In its memory, but for what is owned. */
struct twc__proxy_job {
	struct twc__proxy *proxy;
	struct twc_http_exchange *x;
	struct twc__proxy_target *target; /* NULL: none yet */
	uint64_t tried; /* bits of targets */
	struct twc_deferred *asked; /* held; NULL: there is an answer, or nobody was asked */
	struct twc_http_response *res; /* owned; NULL: not yet, or all of it has come */
	size_t matched; /* bytes of raw_path that the route has matched */
	bool was_connected; /* the request has gone out, or part of it */
	bool is_over; /* of the exchange nothing more is heard */
	bool is_broken_off; /* nothing more of the server, either */
	/* the body of the request */
	struct twc_http_source source;
	struct twc_http_upload *upload; /* NULL: takes nothing */
	struct twc_buf kept; /* what went out, to be sent once more */
	bool may_repeat; /* `kept` is all of it so far */
	bool is_receiving, is_body_paused, is_body_whole;
	bool is_clients_fault; /* the body broke */
	/* the body of the response */
	bool is_paused;
	bool has_eof; /* the client sends nothing more, and nothing was written to it since */
	uint64_t moved_ns; /* when anything last came or went */
	struct twc_timer idle, silence;
	/* an upgrade */
	char *upgrade; /* NULL: none. Of the exchange's memory */
	struct twc__proxy_tunnel *tunnel; /* NULL: there is none */
	char accept[32]; /* what Sec-WebSocket-Accept must be, of a key that is ours; "": the client's */
};

/* ---- proxy_targets.c ---- */

/* The argument of the handler: one target, or several in brackets. 0, or TWC_EUSAGE with err->column in `arg`. */
int twc__proxy_targets_parse(struct twc__proxy *p, struct twc_str arg, struct twc_err *err);
void twc__proxy_targets_fini(struct twc__proxy *p);
void twc__proxy_clients_free(struct twc__proxy *p); /* before the reactor */

/* ---- proxy_balance.c ---- */

/* One that is well and not among `tried`; NULL: there is none. */
struct twc__proxy_target *twc__proxy_choose(struct twc__proxy *p, const struct twc_http_exchange *x, uint64_t tried);
void twc__proxy_succeeded(struct twc__proxy_target *t);
void twc__proxy_failed(struct twc__proxy_target *t, const struct twc_err *err);
/* Seconds until one may be well again, at least 1. */
unsigned twc__proxy_wait_s(const struct twc__proxy *p);

/* ---- proxy_check.c ---- */

void twc__proxy_checks_start(struct twc__proxy *p);
void twc__proxy_checks_stop(struct twc__proxy *p);

/* ---- proxy_request.c ---- */

/* The fields and the target of the request for job->target, in p->fields and *target. 0, or the status that refuses it, with a
 * text in *err. */
int twc__proxy_request_make(struct twc__proxy_job *job, struct twc_str *target, struct twc_err *err);
/* May a field of this name come behind the body? What is not the client's to say is not believed there, either. */
bool twc__proxy_may_trail(struct twc_str name);
bool twc__proxy_is_trusted(const struct twc__proxy *p, const struct twc_http_exchange *x);

/* ---- proxy_response.c ---- */

/* Status and fields of job->res, to the exchange. False: they are none that could be passed on; *err says why. */
bool twc__proxy_response_put(struct twc__proxy_job *job, struct twc_err *err);
/* The length to announce. */
uint64_t twc__proxy_response_length(const struct twc__proxy_job *job);
void twc__proxy_interim(struct twc__proxy_job *job, int status, const struct twc_http_fields *fields);
void twc__proxy_trailers(struct twc__proxy_job *job, const struct twc_http_fields *trailers);
/* Does this field stay on one connection? `nominated`: Connection of the same message names others. */
bool twc__proxy_is_hop(struct twc_str name, const struct twc_http_fields *all, bool nominated);
bool twc__proxy_nominates(const struct twc_http_fields *fields);

/* ---- proxy_job.c ---- */

struct twc_deferred *twc__proxy_handle(void *arg, struct twc_http_exchange *x);
/* Nothing is to be heard of the server any more. */
void twc__proxy_job_break(struct twc__proxy_job *job);
void twc__proxy_job_moved(struct twc__proxy_job *job); /* something came or went */

/* ---- proxy_body.c ---- */

/* Does the request have a body, and how is it told? Fills job->source. */
bool twc__proxy_body_init(struct twc__proxy_job *job);
/* The response is there: what still comes of the body is thrown away once nobody takes it. */
void twc__proxy_body_answered(struct twc__proxy_job *job);

/* ---- proxy_tunnel.c ---- */

/* Does the client ask for another protocol that may be passed on? Then job->upgrade is set. */
void twc__proxy_upgrade_init(struct twc__proxy_job *job);
/* The fields of the handshake that the version of the client's HTTP does not have. */
int twc__proxy_upgrade_fields(struct twc__proxy_job *job, struct twc_http_fields *fields, struct twc_err *err);
/* A response of 101 has come: joins the two connections, or answers 502. */
void twc__proxy_tunnel(struct twc__proxy_job *job);
void twc__proxy_tunnel_stop(struct twc__proxy_tunnel *t); /* the server does: ends both halves */

#endif
