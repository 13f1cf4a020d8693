/* SPDX-License-Identifier: MIT */
/*
 * A load from within. A *slot* is the place of one connection: it dials, hands the connection to a protocol of one of the kinds
 * below, gives it requests, and dials again when that ends. The load (bench.c) says when there is a request to be made.
 *
 *	COLD -> DIALLING -> READY -> COLD		`pending`: a request waits for the connection
 *	   `<- RESTING <-'  (something failed: a pause that grows)
 */
#ifndef TWC_APP_HTTP_BENCH_INT_H
#define TWC_APP_HTTP_BENCH_INT_H

#include "base/histogram.h"
#include "base/list.h"
#include "protocol/http/chunked.h"
#include "protocol/http/framing.h"
#include "protocol/ws/handshake.h"

#include <twc/buf.h>
#include <twc/deferred.h>
#include <twc/endpoint.h>
#include <twc/http_bench.h>
#include <twc/transport.h>

struct twc__bench_slot;
struct twc__h2_load_blocks;

/* ---- requests, made once: bench_request.c ---- */

/*
 * What is sent is head[i % n_heads] and behind it tail[i % n_tails], where the framing of the body is. Of WebSocket a head is an
 * opening handshake with the load's key, and a tail a message.
 */
struct twc__bench_requests {
	char *bytes; /* owned: all of them */
	struct twc_str *head, *tail; /* owned lists */
	size_t n_heads, n_tails;
	enum twc_http_method method;
	/* of HTTP/2: bench_h2.c */
	struct twc__h2_load_blocks *h2; /* owned; NULL: it is another version */
	struct twc_str *body; /* owned list: what of a tail is the body */
};
/* `key`: of WebSocket, to be filled; NULL: the requests are such of HTTP. */
int twc__bench_requests_make(struct twc__bench_requests *q, const struct twc_http_bench_opts *o, char *key, struct twc_err *err);
void twc__bench_requests_fini(struct twc__bench_requests *q);
/* The same for HTTP/2, from those. */
int twc__bench_h2_prepare(struct twc__bench_requests *q, bool is_tls, struct twc_err *err);
void twc__bench_h2_forget(struct twc__bench_requests *q);

/* ---- what came of it: bench_result.c ---- */

#define TWC__BENCH_TEXT_MAX 160

/* Without pointers: workers have it in memory that they share with the parent. */
struct twc__bench_result {
	uint64_t began_ns, ended_ns; /* of measuring; 0: not yet */
	uint64_t answered, errors, unanswered, unsent, bytes_in, bytes_out, connections;
	uint64_t failure[TWC_HTTP_BENCH_FAILURES];
	uint64_t status[1000];
	char text[TWC_HTTP_BENCH_FAILURES][TWC__BENCH_TEXT_MAX];
	struct twc__histogram time[TWC_HTTP_BENCH_TIMES];
	struct twc_err err; /* why it could not be done; code 0: it could */
};
void twc__bench_result_merge(struct twc__bench_result *to, const struct twc__bench_result *from);
/* `is_dial`: there is no connection yet, `is_tls`: it was to be one of TLS. */
enum twc_http_bench_failure twc__bench_classify(const struct twc_err *err, bool is_dial, bool is_tls);

/* ---- when requests are due: bench_schedule.c ---- */

/* The k-th request (from 0) of the index-th of n processes is due at begin + (k n + index) / rate. */
struct twc__bench_schedule {
	uint64_t begin_ns;
	uint64_t rate; /* 0: always now */
	unsigned n, index;
	uint64_t made; /* so many have been taken */
};
uint64_t twc__bench_schedule_next(const struct twc__bench_schedule *s); /* when; rate > 0 */
/* How many are due until then and have not been taken. */
uint64_t twc__bench_schedule_waiting(const struct twc__bench_schedule *s, uint64_t until_ns);

/* ---- one request under way ---- */

struct twc__bench_job {
	uint64_t intended_ns, sent_ns, first_byte_ns;
	uint64_t number; /* which request it is */
	int status; /* of what was answered, and has failed; 0: nothing */
	uint64_t bytes_in, bytes_out;
	bool is_measured;
};

/* ---- connections ---- */

/* A protocol on the connections of a load. */
struct twc__bench_kind {
	/* For a connection of `s`. */
	struct twc_protocol *(*build)(struct twc__bench_slot *s);
	bool is_multiplexed; /* several requests may be under way on a connection */
	/* It cannot be asked at once: begins what has to come before, and says twc__bench_slot_ready or _refused. NULL: it can. */
	void (*open)(struct twc__bench_slot *s);
	/* Sends a request; only when ready and with less than s->places under way. */
	void (*ask)(struct twc__bench_slot *s, const struct twc__bench_job *job);
	/* Those that were sent before `before_ns` have failed for want of time. */
	void (*expire)(struct twc__bench_slot *s, uint64_t before_ns);
	/* The connection is to end at once, and nothing of it is told any more. */
	void (*drop)(struct twc__bench_slot *s);
};
extern const struct twc__bench_kind twc__bench_h1, twc__bench_h2, twc__bench_ws;

enum twc__bench_state {
	TWC__BENCH_COLD = 0,
	TWC__BENCH_DIALLING,
	TWC__BENCH_READY,
	TWC__BENCH_RESTING,
};

struct twc__bench_slot {
	struct twc_factory factory;
	struct twc_http_bench *b;
	struct twc__list link; /* in the load's idle ones: could take a request */
	enum twc__bench_state state;
	void *conn;	       /* the kind's; NULL: none */
	unsigned busy, places; /* requests under way, and how many may be */
	unsigned failures;     /* in a row, without a response */
	uint64_t connection;   /* number of the latest */
	struct twc_deferred *dial; /* NULL: none under way */
	bool is_late, has_settled; /* the dial took too long; the first one has ended */
	uint64_t dial_ns;
	struct twc_dial_times times;
	bool has_pending;
	struct twc__bench_job pending;
	struct twc_timer again;
};

/* ---- bench_slot.c ---- */

/* From a kind. The end of a request is told by twc__bench_answered or twc__bench_failed, then comes the one or the other: */
void twc__bench_slot_feed(struct twc__bench_slot *s); /* there may be room for another */
void twc__bench_slot_over(struct twc__bench_slot *s); /* the connection is, with nothing under way; s->conn is forgotten */
/* Of a kind with `open`: it can be asked; or it came to nothing, answered with `status` (0: with none), and s->conn is forgotten. */
void twc__bench_slot_ready(struct twc__bench_slot *s);
void twc__bench_slot_refused(struct twc__bench_slot *s, const struct twc_err *err, int status);
/* From the load. */
void twc__bench_slot_init(struct twc__bench_slot *s, struct twc_http_bench *b, unsigned places);
void twc__bench_slot_dial(struct twc__bench_slot *s); /* of a cold one */
void twc__bench_slot_expire(struct twc__bench_slot *s, uint64_t before_ns); /* what began before that */
void twc__bench_slot_end(struct twc__bench_slot *s); /* nothing is told any more */

/* ---- the load ---- */

#define TWC__BENCH_KNOWN 16
#define TWC__BENCH_KNOWN_MAX 1024

/* A response's head that was read, and what it came to: bytes that are the same again mean the same. */
struct twc__bench_known {
	uint16_t len;
	int status;
	struct twc__http_framing framing;
	char bytes[TWC__BENCH_KNOWN_MAX];
};

struct twc__bench_team;

struct twc_http_bench {
	struct twc_reactor *r;
	struct twc_http_bench_opts o; /* numbers and callbacks alone */
	struct twc__bench_requests requests;
	const struct twc__bench_kind *kind;
	struct twc_endpoint *endpoint;
	bool is_tls, is_tunnelled;
	/* of WebSocket */
	enum twc_ws_type message_type;
	size_t message_max; /* that may come */
	char *subprotocols; /* owned; NULL: none */
	char key[TWC__WS_KEY_ROOM]; /* of the heads, where each connection puts its own */
	char *host; /* owned: of the URL, for messages */
	/* In place of the endpoint's dial, for tests; NULL: that. */
	struct twc_deferred *(*dial)(void *arg, struct twc_factory *f);
	void *dial_arg;
	struct twc__bench_result *result; /* owned, or that of the worker */
	struct twc__bench_team *team;	  /* NULL: all in this process */
	/* of this process */
	unsigned index, n_slots;
	struct twc__bench_slot *slot;
	struct twc__list idle;
	uint64_t left; /* measured requests to be begun */
	uint64_t measure_ns, end_ns; /* when measuring begins and nothing is begun any more; UINT64_MAX: not by time */
	struct twc__bench_schedule schedule;
	uint64_t under_way; /* requests that were taken and are not over */
	uint64_t last_ns; /* the last answer */
	struct twc__bench_job *back; /* owned: n_back that were given back; they are under way */
	size_t n_back, back_cap;
	unsigned opened, settled; /* slots that were told to begin; those whose first dial has ended */
	bool is_running, is_closing, is_over; /* requests are made; none is begun any more; nothing happens any more */
	bool has_stood; /* some connection could be asked */
	bool is_known; /* where it leads: to this machine, or nobody wants to know */
	struct twc_timer due, sweep, limit, opening, finish;
	struct twc__bench_known known[TWC__BENCH_KNOWN];
};

/* ---- bench.c ---- */

/* This process's part begins. */
void twc__bench_begin(struct twc_http_bench *b);
/* The next request, if one is to be made now. False: none is, and when that changes idle slots are asked. */
bool twc__bench_take(struct twc_http_bench *b, struct twc__bench_job *job);
/* The same for one that has failed already, whether or not it is due. */
bool twc__bench_take_anyway(struct twc_http_bench *b, struct twc__bench_job *job);
/* The end of a request that was taken; of one on a connection the slot has room again. */
void twc__bench_answered(struct twc__bench_slot *s, const struct twc__bench_job *job, int status, uint64_t now);
void twc__bench_failed(struct twc__bench_slot *s, const struct twc__bench_job *job, const struct twc_err *err);
/* It was not looked at: it is the next one again. */
void twc__bench_given_back(struct twc__bench_slot *s, const struct twc__bench_job *job);
/* `s` NULL: it is on no connection. */
void twc__bench_job_failed(struct twc_http_bench *b, struct twc__bench_slot *s, const struct twc__bench_job *job,
			   const struct twc_err *err, bool is_dial);
/* The first dial of a slot has ended; `err` NULL: there is a connection. Later ones change nothing. */
void twc__bench_settled(struct twc_http_bench *b, struct twc__bench_slot *s, const struct twc_err *err);
/* Is this connection one that may be asked? If not, the load has failed. */
bool twc__bench_may_ask(struct twc_http_bench *b, const struct twc_transport *t);

/* ---- several processes: bench_team.c ---- */

struct twc__bench_team *twc__bench_team_new(struct twc_http_bench *b, struct twc_err *err);
int twc__bench_team_start(struct twc__bench_team *t, struct twc_err *err);
void twc__bench_team_stop(struct twc__bench_team *t);
/* What all of them have so far. */
void twc__bench_team_merge(const struct twc__bench_team *t, struct twc__bench_result *out);
void twc__bench_team_free(struct twc__bench_team *t);

#endif
