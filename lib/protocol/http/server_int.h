/* SPDX-License-Identifier: MIT */
/*
 * A server and its connections of HTTP/1, shared by the files that make them up; of HTTP/2 the server knows no more than that a
 * connection is a struct twc__http_link (h2_server.h has the rest):
 *
 *	server.c       factory, options, clocks, stop; what the connections share
 *	server_conn.c  a connection: the loop over what has come, heads, keep-alive, the end
 *	server_body.c  bodies of requests
 *	server_write.c responses: the carrier of HTTP/1
 *	server_pace.c  how long and how fast
 *	server_upgrade.c a connection that speaks another protocol from now on, HTTP/2 among them
 *
 * No timer is started for a request. A connection is in one of two lists, idle or busy, and each list is looked through at
 * intervals of a sixteenth of its shortest limit: so a limit is kept to within a sixteenth, and costs a request nothing.
 */
#ifndef TWC_PROTOCOL_HTTP_SERVER_INT_H
#define TWC_PROTOCOL_HTTP_SERVER_INT_H

#include "base/list.h"
#include "protocol/http/exchange.h"
#include "protocol/http/response.h"

struct twc__h2_store;
void twc__h2_store_free(struct twc__h2_store *store); /* NULL is fine */

#define TWC__HTTP_SPARE 64		  /* exchanges that are kept for the next request */
#define TWC__HTTP_DISCARD_MAX (64 * 1024) /* of a body nobody wants; more is not read */
#define TWC__HTTP_INPUT_MAX (64 * 1024)	  /* bytes that wait until it is their turn; then reading stops */
#define TWC__HTTP_STEPS_MAX 1024	  /* in a callback: then it is somebody else's turn */
#define TWC__HTTP_WINDOW_NS (20 * UINT64_C(1000000000)) /* over which a rate is measured */

struct twc_http_server {
	struct twc_factory factory;
	struct twc_reactor *r; /* borrowed */
	struct twc_http_handler handler;
	struct twc_http_server_opts o; /* with the defaults in place */
	struct twc__http_limits limits;
	struct twc__http_stamp stamp;
	uint64_t stamp_until; /* reactor's clock: when the stamp is out of date */
	struct twc__list idle, busy; /* of struct twc__http_link */
	struct twc__list ready;	     /* of struct twc__http_link: to be run by `run` */
	struct twc__h2_store *h2;    /* owned; NULL until somebody speaks HTTP/2 */
	struct twc_timer idle_timer, busy_timer, run;
	struct twc_http_server_stats stats;
	struct twc_http_exchange *spare[TWC__HTTP_SPARE]; /* owned */
	unsigned n_spare;
	unsigned refs; /* the owner's, and each exchange's */
	bool is_stopping;
};

/* A connection, as the server sees it: embedded as the first member of each version's. */
struct twc__http_link;
struct twc__http_link_ops {
	void (*run)(struct twc__http_link *l); /* its turn has come */
	void (*look)(struct twc__http_link *l, uint64_t now);	   /* while busy: is it too slow? */
	void (*look_idle)(struct twc__http_link *l, uint64_t now); /* while idle: is it for too long? */
	void (*stop)(struct twc__http_link *l); /* the server ends */
};
struct twc__http_link {
	struct twc_protocol base;
	const struct twc__http_link_ops *ops;
	struct twc_http_server *s; /* borrowed */
	struct twc__list node;	   /* in s->idle or s->busy */
	struct twc__list ready;	   /* in s->ready, when its turn is still to come */
	uint64_t since;		   /* idle: since when */
	bool is_busy;		   /* in s->busy */
};

enum twc__http_reading {
	TWC__HTTP_READ_HEAD = 0, /* of the next request, or between requests */
	TWC__HTTP_READ_BODY,
	TWC__HTTP_READ_TRAILERS,
	TWC__HTTP_READ_WHOLE,	/* the request is; what comes after it waits for its answer */
	TWC__HTTP_READ_NOTHING, /* what comes is thrown away */
};

struct twc__http_conn {
	struct twc__http_link link;
	struct twc_http_exchange *x; /* from the first byte of a head on; NULL: between requests */
	struct twc_buf in;	/* what has come and could not be used yet */
	const uint8_t *at;	/* while running: what is left of the input, */
	size_t left;		/* so many bytes */
	struct twc_protocol *up; /* borrowed; whose the bytes are; NULL: ours */
	uint64_t number;	/* requests so far */
	/* The rates: what had come, or gone, when the window began. */
	uint64_t read_from, write_from;		/* reactor's clock; 0: nothing is awaited */
	uint64_t read_base, write_base;
	uint64_t write_seen, write_moved; /* bytes delivered at the last look; when they were seen to move */
	uint8_t reading;   /* enum twc__http_reading */
	bool is_running;   /* the loop is on the stack */
	bool is_paused;	   /* the transport is, by us */
	bool is_last;	   /* the response said, or is, the connection's last */
	bool has_eof;	   /* the client sends nothing more */
	bool is_seized;	   /* the handler has the transport */
	bool is_h2;	   /* what has come is the preface of HTTP/2 */
	bool is_undecided; /* too little has come to tell the version */
};

/* ---- server.c ---- */

void twc__http_server_unref(struct twc_http_server *s);
/* The stamp of this second. */
const struct twc__http_stamp *twc__http_server_stamp(struct twc_http_server *s);
void twc__http_link_init(struct twc__http_link *l, struct twc_http_server *s, const struct twc_protocol_ops *ops,
			 const struct twc__http_link_ops *link_ops);
void twc__http_link_made(struct twc__http_link *l); /* counted, and idle from now on */
void twc__http_link_move(struct twc__http_link *l, bool is_busy);
void twc__http_link_await(struct twc__http_link *l); /* its turn is to come */
/* Lost: bytes and connection are counted, it is in no list. The link's memory goes afterwards, then _left. */
void twc__http_link_lost(struct twc__http_link *l);
void twc__http_server_left(struct twc_http_server *s); /* a connection has */

/* ---- server_conn.c ---- */

struct twc_protocol *twc__http_conn_new(struct twc_http_server *s);
void twc__http_conn_settle(struct twc__http_conn *c); /* after what has changed: its list, its pause, what is awaited */
/* What came is no request: says so with `status`, or (0) nothing, and ends the connection. */
void twc__http_conn_refuse(struct twc__http_conn *c, int status, const struct twc_err *err);

/* ---- server_pace.c ---- */

void twc__http_conn_measure(struct twc__http_conn *c, bool is_refused);
void twc__http_conn_look(struct twc__http_link *l, uint64_t now); /* at a busy one */

/* ---- server_body.c: steps of the loop; false: nothing to do just now ---- */

bool twc__http_conn_read_body(struct twc__http_conn *c);
bool twc__http_conn_read_trailers(struct twc__http_conn *c);
/* What is here already of a chunked body, before any handler hears of the request: 0, or the status that refuses it. Uses nothing up. */
int twc__http_conn_look_ahead(const struct twc__http_conn *c, struct twc_err *err);
/* It ends before its end, or is none; the answer says so, if there is still one to be given. */
void twc__http_conn_break_body(struct twc__http_conn *c, int status, const struct twc_err *err);
/* Will the connection be able to go on after this request? What is left of its body must be read first. */
bool twc__http_conn_can_skip(const struct twc__http_conn *c);

/* ---- server_upgrade.c: with c->up, all that the transport tells is for another ---- */

bool twc__http_conn_upgrade(struct twc_http_exchange *x, struct twc_str name, struct twc_protocol *p);
/* What had come behind the head is the new protocol's, and heard from the loop. */
void twc__http_conn_hand_over(struct twc__http_conn *c);
void twc__http_conn_up_data(struct twc__http_conn *c, const uint8_t *data, size_t n);
void twc__http_conn_up_eof(struct twc__http_conn *c);
void twc__http_conn_up_drained(struct twc__http_conn *c);
/* Does the connection begin as one of HTTP/2 does (c->is_h2), or has too little come to tell (c->is_undecided)? */
bool twc__http_conn_may_be_h2(struct twc__http_conn *c);
/* With c->is_h2: another protocol has the transport now, and these bytes; c is gone. */
void twc__http_conn_to_h2(struct twc__http_conn *c, const uint8_t *p, size_t n);

/* ---- server_write.c ---- */

extern const struct twc__http_carrier twc__http_conn_carrier;
/* Is more input there than belongs to the request at hand? */
static inline bool twc__http_conn_has_input(const struct twc__http_conn *c)
{
	return c->is_running ? c->left > 0 : twc_buf_len(&c->in) > 0;
}

#endif
