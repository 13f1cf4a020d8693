/* SPDX-License-Identifier: MIT */
/*
 * A connection of HTTP/2 on the server's side (RFC 9113), shared by the files that make it up:
 *
 *	h2_server.c        a connection: what the transport tells, turns, output, the end
 *	h2_server_hear.c   what nghttp2 tells: frames, fields, bodies, closed streams
 *	h2_server_guard.c  floods, and how long and how fast
 *	h2_server_skim.c   frames that nghttp2 does not tell of
 *	h2_stream.c        a stream: its life, its turn, its request's body
 *	h2_stream_head.c   from its fields to a request
 *	h2_stream_write.c  responses: the carrier of HTTP/2
 *	h2_stream_queue.c  what waits to be sent on it
 *	h2_stream_tunnel.c a stream that is another protocol's (RFC 8441)
 *
 * nghttp2 calls back while it is fed or asked for frames, and must not be called to do either from there. So a callback only notes:
 * the stream is put into a list, and handlers are called when nghttp2 has returned (c->is_calling). The one exception is a body whose
 * receiver waits: it gets its bytes at once, where they are.
 */
#ifndef TWC_PROTOCOL_HTTP_H2_SERVER_H
#define TWC_PROTOCOL_HTTP_H2_SERVER_H

#include "protocol/http/h2_known.h"
#include "protocol/http/h2_memory.h"
#include "protocol/http/h2_stream_queue.h"
#include "protocol/http/server_int.h"

#define TWC__H2_SPARE 256		     /* streams that are kept for the next request */
#define TWC__H2_HIGH (256 * 1024)	     /* a stream's marks */
#define TWC__H2_LOW (64 * 1024)
#define TWC__H2_BUSY (1024 * 1024)	     /* bytes of responses that wait: no request is begun meanwhile */
#define TWC__H2_TURN (1024 * 1024)	     /* bytes sent: then it is somebody else's turn */
#define TWC__H2_LEND (8 * 1024)		     /* a piece of a response that is sent from where it is */
#define TWC__H2_LAST_NS (TWC_NS_PER_S)	     /* between the two words of a graceful end, without an answer to a ping */

/* What the connections of a server share. */
struct twc__h2_store {
	nghttp2_session_callbacks *callbacks; /* owned */
	struct twc__h2_memory memory;
	struct twc__h2_out out;
	struct twc__h2_nvs nvs;
	struct twc__h2_known known;
	struct twc__h2_stream *spare[TWC__H2_SPARE]; /* owned */
	unsigned n_spare;
};
struct twc__h2_store *twc__h2_store_of(struct twc_http_server *s);

/* What a peer may do a little of: a level that falls with time, and what is above it. */
enum twc__h2_nuisance {
	TWC__H2_RESETS = 0, /* requests the client takes back */
	TWC__H2_CAUSED,	    /* streams that the client makes us reset */
	TWC__H2_CONTROL,    /* frames that ask for an answer, or for nothing */
	TWC__H2_CREDITS,    /* WINDOW_UPDATE, beyond what DATA called for */
	TWC__H2_NUISANCES,
};
struct twc__h2_guard {
	uint32_t level[TWC__H2_NUISANCES];
	uint64_t at; /* reactor's clock, of the last fall */
};

/* A rate over windows of the time in which it was awaited. */
struct twc__h2_pace {
	uint64_t from;	/* 0: nothing is awaited */
	uint64_t base;	/* what had moved then */
	uint64_t seen, moved; /* what had moved at the last look; when that was seen to change */
};

enum twc__h2_ending {
	TWC__H2_GOES_ON = 0,
	TWC__H2_NOTICED, /* GOAWAY was said, for the highest of streams, and a ping to hear when that has come */
	TWC__H2_LAST,	 /* and for the last one; the connection ends with its streams */
	TWC__H2_OVER,	 /* nghttp2 is not called any more */
};

/* Heads of frames, read beside nghttp2. */
struct twc__h2_skim {
	uint8_t head[TWC__H2_FRAME_HEAD + 4];
	uint8_t n;	/* bytes of it */
	uint32_t left;	/* of a payload, that are passed over */
	int32_t last;	/* the highest stream that HEADERS were seen of */
};

struct twc__h2_conn {
	struct twc__http_link link;
	nghttp2_session *session; /* owned */
	struct twc__h2_store *store; /* borrowed: the server's */
	struct twc__list streams; /* all of them, oldest first */
	struct twc__list fresh;	  /* their requests are to be begun */
	struct twc__list ready;	  /* something has happened to them */
	struct twc__h2_stream *last;	/* asked for; NULL: it has gone */
	struct twc__h2_stream *heading; /* whose header block has begun and not ended */
	unsigned n_streams, n_tunnels;
	int32_t last_id; /* of the requests; -1: none yet */
	uint64_t number;     /* requests so far */
	uint64_t heading_since, since; /* of the connection, or its last word */
	uint64_t queued;     /* bytes of responses that wait in memory here */
	uint64_t data_sent;  /* bytes of DATA, ever */
	struct twc__h2_guard guard;
	struct twc__h2_pace pace;
	struct twc__h2_skim skim;
	char host[64];	     /* the last that was found good */
	uint8_t host_n;
	struct twc_err err;  /* why it ends; for whom it takes with it */
	uint8_t ending;	     /* enum twc__h2_ending */
	bool is_calling;     /* nghttp2 is on the stack */
	bool is_running;     /* a turn is: what is noted is looked at in its end */
	bool is_acked;	     /* our SETTINGS are */
	bool is_stalled;     /* the kernel takes no more for now */
	bool is_paused;	     /* the transport is, by us */
	bool has_reset;	     /* a stream was broken off by us or by nghttp2 */
	bool has_gaps;	     /* identifiers were passed over */
	bool is_lost;
};

struct twc__h2_tunnel;

struct twc__h2_stream {
	struct twc__list node;	/* in c->streams */
	struct twc__list turn;	/* in c->fresh or c->ready */
	struct twc__h2_queue out; /* these two keep some memory */
	struct twc_buf in;	/* of the body: what nobody has taken yet */
	/* From here on all is zero at first. */
	struct twc__h2_conn *c;
	struct twc_http_exchange *x; /* NULL: over, and everybody told */
	struct twc__h2_tunnel *tunnel;
	int32_t id;
	uint32_t code;	      /* is_closed: how */
	size_t head_size;     /* as SETTINGS_MAX_HEADER_LIST_SIZE counts */
	unsigned n_fields;
	int refusal;	      /* status */
	struct twc_str target; /* of the exchange's memory */
	struct twc_err *err;  /* owned; why we broke it off */
	uint64_t discarded;   /* of a body nobody wants */
	uint64_t sent, counted; /* bytes of DATA; of c->queued, its part */
	struct twc__h2_pace in_pace, out_pace;
	uint64_t over_since;
	char status[4], length[20]; /* text of fields */
	bool is_fresh;	      /* its handler was not called */
	bool has_authority;   /* not an empty one: it is the first of the request's fields, as Host */
	bool has_odd_scheme;  /* neither http nor https */
	bool has_cookies;     /* more than one field of them */
	bool has_end;	      /* all of the body has come */
	bool is_head_out, has_data; /* HEADERS of the response were given to nghttp2; with DATA to follow */
	bool is_ended;	      /* no more is added to `out` */
	bool is_cut;	      /* when `out` is empty the stream is reset, instead of ended */
	bool is_full;
	bool is_deferred;     /* nghttp2 waits for more in `out` */
	bool is_sent;	      /* END_STREAM was */
	bool is_closed;	      /* nghttp2 does not know it any more */
	bool is_reset;	      /* by us, or to be */
};

static inline uint64_t twc__h2_now(const struct twc__h2_conn *c)
{
	return twc_reactor_now(c->link.s->r);
}

/* ---- h2_server.c ---- */

/* Takes the place of the transport's protocol, and these bytes. `since`: of the connection. */
void twc__h2_conn_take(struct twc_http_server *s, struct twc_transport *t, uint64_t since, const uint8_t *p, size_t n);
/* Something was given to nghttp2, or a stream is in a list: a turn follows. */
void twc__h2_conn_wake(struct twc__h2_conn *c);
/* Sends from within a call of a handler. Not with c->is_calling. */
void twc__h2_conn_pump(struct twc__h2_conn *c);
/* No more requests than those under way. */
void twc__h2_conn_wind_up(struct twc__h2_conn *c);
void twc__h2_conn_say_last(struct twc__h2_conn *c);
/* The connection ends at once, with GOAWAY. Not with c->is_calling. */
void twc__h2_conn_break(struct twc__h2_conn *c, uint32_t code, const struct twc_err *err);
void twc__h2_conn_tunnel_gone(struct twc__h2_conn *c);

/* ---- h2_server_hear.c ---- */

void twc__h2_set_callbacks(nghttp2_session_callbacks *cb);

/* ---- h2_server_guard.c ---- */

/* In a callback of nghttp2: 0, or what the callback returns when that was too much: c->err says so then. */
int twc__h2_charge(struct twc__h2_conn *c, enum twc__h2_nuisance what, uint32_t cost);
/* The client is in its rights with so much of it. */
void twc__h2_grant(struct twc__h2_conn *c, enum twc__h2_nuisance what, uint32_t n);
int twc__h2_calm(struct twc__h2_conn *c, const char *what);
void twc__h2_conn_look(struct twc__http_link *l, uint64_t now);
void twc__h2_conn_look_idle(struct twc__http_link *l, uint64_t now);

/* ---- h2_server_skim.c ---- */

void twc__h2_skim_init(struct twc__h2_skim *s);
/* Reads on: to behind the head of a frame that is to be looked at, which begins at *begin (or began before), or to the end: *begin NULL. */
const uint8_t *twc__h2_skim(struct twc__h2_skim *s, const uint8_t *p, const uint8_t *end, const uint8_t **begin);
/* That frame, when all before *begin was fed. 0, or the connection's error with *err. */
uint32_t twc__h2_skim_look(struct twc__h2_conn *c, struct twc_err *err);

/* ---- h2_stream.c ---- */

struct twc__h2_stream *twc__h2_stream_new(struct twc__h2_conn *c, int32_t id);
void twc__h2_stream_free(struct twc__h2_stream *st); /* everybody was told */
void twc__h2_stream_memory_free(struct twc__h2_stream *st);
void twc__h2_stream_note(struct twc__h2_stream *st); /* its turn is to come */
void twc__h2_stream_begin(struct twc__h2_stream *st); /* the request: calls the handler */
void twc__h2_stream_turn(struct twc__h2_stream *st);
/* Bytes of the body, in a callback of nghttp2. */
void twc__h2_stream_came(struct twc__h2_stream *st, const uint8_t *p, size_t n);
void twc__h2_stream_over(struct twc__h2_stream *st, const struct twc_err *err);
/* RST_STREAM; err: why the exchange ended so, NULL: nothing to say. */
void twc__h2_stream_reset(struct twc__h2_stream *st, uint32_t code, const struct twc_err *err);
bool twc__h2_stream_awaits_body(const struct twc__h2_stream *st);

/* ---- h2_stream_head.c ---- */

/* A field, in a callback of nghttp2, which it returns the result of. */
int twc__h2_stream_field(struct twc__h2_stream *st, struct twc_str name, struct twc_str value);
int twc__h2_stream_trailer(struct twc__h2_stream *st, struct twc_str name, struct twc_str value);
/* All of the head is there: 0, or the status it is refused with. */
int twc__h2_stream_read_request(struct twc__h2_stream *st, struct twc_err *err);

/* ---- h2_stream_write.c ---- */

extern const struct twc__http_carrier twc__h2_stream_carrier;
int twc__h2_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t n, nghttp2_data_source *source,
		      void *arg);
/* `out` may have become emptier. */
void twc__h2_stream_drain(struct twc__h2_stream *st);
void twc__h2_stream_add(struct twc__h2_stream *st, const void *p, size_t n);
void twc__h2_stream_end(struct twc__h2_stream *st);
void twc__h2_stream_count(struct twc__h2_stream *st); /* in c->queued */
/* HEADERS of the response with x's fields; `has_data`: DATA, or trailers, follow. */
void twc__h2_stream_put_head(struct twc__h2_stream *st, bool has_data);

/* ---- h2_stream_tunnel.c ---- */

bool twc__h2_stream_upgrade(struct twc_http_exchange *x, struct twc_str name, struct twc_protocol *p);
bool twc__h2_tunnel_wants(const struct twc__h2_stream *st);
void twc__h2_tunnel_data(struct twc__h2_stream *st, const uint8_t *p, size_t n);
void twc__h2_tunnel_eof(struct twc__h2_stream *st);
void twc__h2_tunnel_drained(struct twc__h2_stream *st);
void twc__h2_tunnel_sent(struct twc__h2_stream *st); /* END_STREAM was */
void twc__h2_tunnel_closed(struct twc__h2_stream *st, const struct twc_err *err); /* the stream is; err->code 0: in order */

#endif
