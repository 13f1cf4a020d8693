/* SPDX-License-Identifier: MIT */
/* Private to client.c, client_read.c and client_upload.c: a connection, and what they ask of each other. */
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

struct twc__http_client_conn {
	struct twc_protocol base;
	struct twc_reactor *r;
	const struct twc__http_client_conn_ops *ops; /* NULL: nobody's any more */
	void *arg;
	struct twc__http_turn *turn; /* NULL: none is under way */
	struct twc_timer timer;	     /* for leave to send a body, then for the first byte */
	struct twc_timer kick;	     /* what is held, or has failed, is to be looked at */
	struct twc_err failure;	     /* of the body that is sent; code 0: none */
	struct twc__http_head head;
	struct twc_http_fields fields;
	struct twc__http_framing framing;
	struct twc__http_chunked chunked;
	struct twc_buf held;
	uint64_t left, turns;
	unsigned refs, pauses, interims;
	enum twc__http_client_state state;
	bool keeps_alive, is_wanted, is_pumping, is_stopped, has_trailers;
};

/* ---- client.c ---- */

void twc__http_client_conn_ref(struct twc__http_client_conn *c);
void twc__http_client_conn_unref(struct twc__http_client_conn *c);
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
void twc__http_upload_go_on(struct twc_http_upload *u); /* the transport has drained */
void twc__http_upload_stop(struct twc_http_upload *u);
bool twc__http_upload_was_waiting(const struct twc_http_upload *u);

#endif
