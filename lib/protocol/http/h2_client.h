/* SPDX-License-Identifier: MIT */
/*
 * Private to h2_client*.c: a client's connection of HTTP/2 (RFC 9113) and the streams on it, one for each turn.
 *
 *	h2_client.c       the connection: its session, what comes and goes, its end
 *	h2_client_turn.c  a stream, from the beginning of its turn to the end
 *	h2_client_recv.c  what nghttp2 tells of what has come
 *	h2_client_send.c  the body of a request
 *	h2_client_head.c  heads, from and to text
 */
#ifndef TWC_PROTOCOL_HTTP_H2_CLIENT_H
#define TWC_PROTOCOL_HTTP_H2_CLIENT_H

#include "base/list.h"
#include "protocol/http/client_priv.h"
#include "protocol/http/h2.h"

/* What may wait here of all bodies, and of one. Credit is given back for what was consumed. */
#define TWC__H2_CLIENT_CONN_WINDOW (32 * 1024 * 1024)
#define TWC__H2_CLIENT_WINDOW (4 * 1024 * 1024)
#define TWC__H2_CLIENT_STREAMS 100     /* at once, until the server says how many it allows */
#define TWC__H2_CLIENT_STREAMS_MAX 1000 /* whatever it says */
#define TWC__H2_CLIENT_INTERIM_MAX 100 /* 1xx in front of one response */

struct twc__h2_piece;

struct twc__http_stream {
	struct twc__list link; /* of those that have a turn */
	struct twc__http_client_conn *c;
	struct twc__http_turn *turn; /* NULL: it has ended */
	int32_t id;		     /* < 0: there is none */
	struct twc_timer timer;	     /* for leave to send a body, then for the first byte */
	struct twc_timer kick;	     /* what is held, or has failed, is to be looked at */
	struct twc_err failure;	     /* of the request; code 0: none */
	unsigned uses;		     /* calls on the stack that come back to it */
	unsigned pauses, interims;
	uint32_t code;		     /* why it was closed */
	bool is_wanted;		     /* the body */
	bool is_whole;		     /* the response */
	bool is_closed, is_reset;    /* for the session; by the server */
	bool is_unsent;		     /* the request never left */
	/* the response */
	struct twc_http_fields fields; /* of the head at hand */
	int status;
	size_t head_size;
	struct twc__http_framing framing;
	bool has_head, has_trailers, has_end; /* has_end: a frame that ends it has come, good or not */
	struct twc_buf held;
	uint64_t came;		     /* bytes of DATA, read or not */
	bool is_hidden;		     /* not those of the last frame: they were padded, and not given to us */
	/* the request */
	struct twc__h2_piece *pieces, **pieces_end;
	size_t waiting;		     /* bytes in them */
	bool is_full, is_idle;	     /* above the high mark; the session does not ask for more by itself */
	bool is_sent;		     /* all of it */
};

struct twc__http_h2_client {
	nghttp2_session *session;
	struct twc__h2_out out;
	struct twc__list streams;
	unsigned n_streams;
	unsigned n_full;   /* streams whose sources wait */
	unsigned depth;	   /* inside calls of the session's */
	unsigned useless;  /* frames that bring nothing, one after the other, */
	size_t useless_bytes; /* and how much has come since one that did */
	uint64_t useless_since;
	struct twc_err err; /* why it is no good any more; code 0: it is */
	char goodbye[160]; /* of the server's, when it goes for a reason or says one: code and text, for a terminal; "": none */
	bool has_settings, is_going, is_dead, has_read;
};

/* ---- h2_client.c ---- */

/* What is to be said is said, unless the session is at work: then it is when that returns. */
void twc__h2_client_flush(struct twc__http_client_conn *c);
/* No more turns; it ends with the last. */
void twc__h2_client_go(struct twc__http_client_conn *c);
/* What ended because the server goes: with the reason that it has given, if any. */
void twc__h2_client_say_goodbye(const struct twc__http_h2_client *h, struct twc_err *err);
bool twc__h2_client_has_room(const struct twc__http_client_conn *c);

/* ---- h2_client_turn.c ---- */

void twc__h2_turn_begin(struct twc__http_turn *turn);
void twc__h2_turn_cancel(struct twc__http_turn *turn);
void twc__h2_turn_read(struct twc__http_turn *turn);
void twc__h2_turn_pause(struct twc__http_turn *turn);
void twc__h2_turn_resume(struct twc__http_turn *turn);
/* Gives what may be given, and ends the turn when all is over. */
void twc__h2_stream_settle(struct twc__http_stream *s);
void twc__h2_stream_data(struct twc__http_stream *s, const uint8_t *p, size_t n);
/* Breaks it off; its turn hears of it now. */
void twc__h2_stream_fail(struct twc__http_stream *s, const struct twc_err *err);
void twc__h2_stream_kick(struct twc__http_stream *s);
void twc__h2_stream_await(struct twc__http_stream *s); /* the request is out: the clock of the first byte runs */
void twc__h2_stream_use(struct twc__http_stream *s); /* it stays until the next */
void twc__h2_stream_unuse(struct twc__http_stream *s);

/* ---- h2_client_recv.c ---- */

void twc__h2_client_callbacks(nghttp2_session_callbacks *cb);
/* False: what comes means nothing for too long, of which so many bytes; the error is set. */
bool twc__h2_client_is_calm(struct twc__http_client_conn *c, size_t bytes);

/* ---- h2_client_send.c ---- */

nghttp2_data_provider twc__h2_client_provider(struct twc__http_stream *s);
void twc__h2_client_send_callbacks(nghttp2_session_callbacks *cb);
bool twc__h2_upload_is_full(const struct twc_http_upload *u);
void twc__h2_upload_write(struct twc_http_upload *u, const void *p, size_t n);
void twc__h2_upload_file(struct twc_http_upload *u, struct twc_file *f, uint64_t offset, uint64_t n);
void twc__h2_upload_end(struct twc_http_upload *u);
void twc__h2_upload_fail(struct twc_http_upload *u, const struct twc_err *err);
/* Asks the sources that have room again. True: one was asked. */
bool twc__h2_client_produce(struct twc__http_client_conn *c);
void twc__h2_stream_drop_pieces(struct twc__http_stream *s);

/* ---- h2_client_head.c: pure ---- */

/*
 * From the head of a request as HTTP/1.1 has it, `n` bytes that are changed and stay as long as the list: pseudo-fields first, then
 * the others without those of a connection.
 */
void twc__h2_request_fields(char *head, size_t n, struct twc_str scheme, bool without_expect, struct twc__h2_nvs *nvs);
/* As -v shows it. 0 or as twc_buf_add; and how long that would be. */
int twc__h2_request_text(const struct twc__h2_nvs *nvs, struct twc_buf *out);
size_t twc__h2_request_size(const struct twc__h2_nvs *nvs);
int twc__h2_response_text(int status, const struct twc_http_fields *fields, struct twc_buf *out);

#endif
