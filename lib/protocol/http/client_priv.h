/* SPDX-License-Identifier: MIT */
/* Private to client*.c and h2_client*.c: a connection, and what they ask of each other. */
#ifndef TWC_PROTOCOL_HTTP_CLIENT_PRIV_H
#define TWC_PROTOCOL_HTTP_CLIENT_PRIV_H

#include "protocol/http/client.h"

#include <twc/parse.h>

#define TWC__HTTP_HELD_MAX (1024 * 1024) /* a head, or one read of a body: both have smaller limits of their own */

enum twc__http_client_state {
	TWC__HTTP_IDLE = 0,
	TWC__HTTP_HEAD,
	TWC__HTTP_BODY,
	TWC__HTTP_TRAILERS,
	TWC__HTTP_SENDING, /* the response is whole, the request is not */
	TWC__HTTP_SWITCHED, /* somebody else's connection; what is held is given back to it */
	TWC__HTTP_DEAD,
};

/* What a version does. Turns given to it are under way. */
struct twc__http_client_kind {
	int version;
	const struct twc_protocol_ops *protocol;
	void (*begin)(struct twc__http_turn *turn);
	void (*cancel)(struct twc__http_turn *turn);
	void (*read)(struct twc__http_turn *turn);
	void (*pause)(struct twc__http_turn *turn);
	void (*resume)(struct twc__http_turn *turn);
	bool (*upgrade)(struct twc__http_turn *turn, struct twc_protocol *p); /* NULL: it has none */
	unsigned (*room)(const struct twc__http_client_conn *c);
	unsigned (*running)(const struct twc__http_client_conn *c);
	void (*leave)(struct twc__http_client_conn *c); /* nobody's any more: it ends */
	int (*show)(const struct twc__http_client_conn *c, const struct twc__http_turn *turn, struct twc_buf *out);
	/* the body of a request; `n` was found to be within its length */
	bool (*is_full)(const struct twc_http_upload *u);
	void (*write)(struct twc_http_upload *u, const void *p, size_t n);
	void (*file)(struct twc_http_upload *u, struct twc_file *f, uint64_t offset, uint64_t n);
	void (*end)(struct twc_http_upload *u);
	void (*fail)(struct twc_http_upload *u, const struct twc_err *err); /* not before it returns */
};
extern const struct twc__http_client_kind twc__http_client_h1, twc__http_client_h2;

struct twc__http_h2_client;

struct twc__http_client_conn {
	struct twc_protocol base;
	const struct twc__http_client_kind *kind;
	struct twc_reactor *r;
	const struct twc__http_client_conn_ops *ops; /* NULL: nobody's any more */
	void *arg;
	int version; /* that is wanted; 0: any */
	uint64_t turns;
	unsigned refs;
	struct twc__http_h2_client *h2; /* of HTTP/2; owned; NULL: none */
	/* of HTTP/1 */
	struct twc__http_turn *turn; /* NULL: none is under way */
	struct twc_timer timer;	     /* for leave to send a body, then for the first byte */
	struct twc_timer kick;	     /* what is held, or has failed, is to be looked at */
	struct twc_err failure;	     /* of the body that is sent; code 0: none */
	struct twc__http_head head;
	struct twc_http_fields fields;
	struct twc__http_framing framing;
	struct twc__http_chunked chunked;
	struct twc_buf held;
	uint64_t left;
	unsigned pauses, interims;
	enum twc__http_client_state state;
	bool keeps_alive, is_wanted, is_pumping, is_stopped, has_trailers;
};

/* ---- client.c ---- */

void twc__http_client_conn_ref(struct twc__http_client_conn *c);
void twc__http_client_conn_unref(struct twc__http_client_conn *c);
/* Whoever runs it hears at once that there will be no more turns. */
void twc__http_client_conn_say_gone(struct twc__http_client_conn *c);
void twc__http_turn_leave(struct twc__http_turn *turn); /* it has ended */

/* ---- client_h1.c ---- */

void twc__http_client_conn_close(struct twc__http_client_conn *c, bool reset);
void twc__http_client_conn_kick(struct twc__http_client_conn *c); /* from the loop: what is held, or has failed */
/* The request is out: the clock of the first byte runs. */
void twc__http_client_conn_await(struct twc__http_client_conn *c);
void twc__http_client_conn_await_leave(struct twc__http_client_conn *c); /* that of 100 Continue */
void twc__http_turn_fail(struct twc__http_turn *turn, const struct twc_err *err);
/* The response is whole; is_clean: nothing has come behind it. */
void twc__http_turn_finish(struct twc__http_client_conn *c, bool has_trailers, bool is_clean);

/* ---- client_read.c ---- */

void twc__http_client_conn_take(struct twc__http_client_conn *c, const uint8_t *data, size_t n); /* what has come */
void twc__http_client_conn_pump(struct twc__http_client_conn *c);   /* what is held */
/* The transport is read as long as nobody has to be waited for. */
void twc__http_client_conn_settle(struct twc__http_client_conn *c);

/* ---- client_upload.c ---- */

void twc__http_upload_begin(struct twc_http_upload *u); /* sends the head, and the body unless it needs leave */
void twc__http_upload_start(struct twc_http_upload *u); /* there is leave */
void twc__http_upload_go_on(struct twc_http_upload *u); /* there is room */
void twc__http_upload_stop(struct twc_http_upload *u);
bool twc__http_upload_was_waiting(const struct twc_http_upload *u);
/* A response before the request was whole: after an error, or without the leave that was asked for, the rest of the body is of no
 * use (RFC 9112, 9.5; RFC 9110, 10.1.1). */
void twc__http_upload_answered(struct twc_http_upload *u, int status);
bool twc__http_h1_is_full(const struct twc_http_upload *u);
void twc__http_h1_write(struct twc_http_upload *u, const void *p, size_t n);
void twc__http_h1_file(struct twc_http_upload *u, struct twc_file *f, uint64_t offset, uint64_t n);
void twc__http_h1_end(struct twc_http_upload *u);
void twc__http_h1_fail(struct twc_http_upload *u, const struct twc_err *err);

/* ---- h2_client.c ---- */

void twc__http_h2_client_free(struct twc__http_h2_client *h); /* NULL is fine */

#endif
