/* SPDX-License-Identifier: MIT */
/*
 * A talk from within: what the files ws_talk*.c share.
 *
 *	ws_talk_way.c  getting there, and the handshake        ws_talk_io.c    standard input and output
 *	ws_talk.c      a connection, its end, the next one     ws_talk_json.c  messages as lines of JSON
 */
#ifndef TWC_APP_HTTP_WS_TALK_H
#define TWC_APP_HTTP_WS_TALK_H

#include "app/http/ws_lines.h"
#include "protocol/ws/handshake.h"

#include <twc/transport.h>

struct twc_ws_talk {
	struct twc_reactor *r;
	struct twc_http_session *s;
	struct twc_ws_talk_opts o;

	/* getting there */
	struct twc_http_fetch_opts way;
	struct twc_http_fields fields; /* of the request */
	struct twc_http_fetch *fetch;  /* NULL: there, or waiting */
	char key[TWC__WS_KEY_ROOM];    /* of the handshake at hand */
	enum twc_http_phase phase;
	int status;
	unsigned failures; /* in a row */
	uint64_t n_again;
	struct twc_timer wait;

	/* the connection */
	struct twc_ws_protocol ws;
	bool is_open;		 /* messages may be sent */
	bool has_wire;		 /* its lost() is still to come */
	bool is_wire_paused;
	bool has_closed;	 /* we have, not the peer */
	bool is_refused;	 /* the peer has, with more to send to it */
	struct twc_err blame;	 /* of the peer's Close; code 0: none has come, or all is well */
	uint64_t sent, received; /* messages, of all connections */
	struct twc_timer linger, max;
	uint64_t lingers_from;	 /* bytes in, when the wait began */

	/* is it there? asked by ourselves, not by the protocol */
	struct twc_timer beat, pong;
	uint64_t heard;		 /* bytes in, when it was asked */

	/* standard input and output */
	struct twc_protocol io;
	bool has_io;		 /* its lost() is still to come */
	bool is_io_paused;
	bool has_input_ended;
	struct twc__ws_lines lines;

	struct twc_err err;	 /* of the whole */
	bool is_ending;		 /* no further connection */
	bool is_over;
	struct twc_timer kick;
};

/* ---- ws_talk_way.c ---- */

void twc__ws_talk_go(struct twc_ws_talk *x);
void twc__ws_talk_stop_going(struct twc_ws_talk *x);

/* ---- ws_talk.c ---- */

/* The handshake is done, and the protocol is to be put on the connection. */
void twc__ws_talk_prepare(struct twc_ws_talk *x, const struct twc_ws_deflate *deflate);
/* It did not come so far. */
void twc__ws_talk_failed(struct twc_ws_talk *x, const struct twc_err *err);
/* Local trouble, or time: closes and ends with it. */
void twc__ws_talk_end(struct twc_ws_talk *x, const struct twc_err *err);
void twc__ws_talk_send(struct twc_ws_talk *x, enum twc_ws_type type, const void *p, size_t n);
void twc__ws_talk_input_ended(struct twc_ws_talk *x);
/* Both sides may be gone now. */
void twc__ws_talk_settle(struct twc_ws_talk *x);

/* ---- ws_talk_io.c ---- */

void twc__ws_talk_io_open(struct twc_ws_talk *x);
void twc__ws_talk_io_close(struct twc_ws_talk *x); /* what is to be written is written */
/* The input waits unless there is a connection with room. */
void twc__ws_talk_io_update(struct twc_ws_talk *x);
/* There is input that was not sent, and it is no terminal's. */
bool twc__ws_talk_io_has_more(const struct twc_ws_talk *x);
void twc__ws_talk_message(struct twc_ws_talk *x, enum twc_ws_type type, const uint8_t *p, size_t n);
void twc__ws_talk_write(struct twc_ws_talk *x, const struct iovec *iov, int n);

/* ---- ws_talk_json.c ---- */

/* opcode: of RFC 6455, 11.8; `rtt_ns` 0: it was not timed. Nothing without `json`. */
void twc__ws_talk_tell(struct twc_ws_talk *x, bool is_out, unsigned opcode, const void *p, size_t n, uint64_t rtt_ns);
void twc__ws_talk_tell_close(struct twc_ws_talk *x, bool is_out, unsigned code, struct twc_str reason);

#endif
