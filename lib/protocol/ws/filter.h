/* SPDX-License-Identifier: MIT */
/*
 * A stream transport becomes one of messages, as start_tls makes it one of TLS: each data() is a message, each write is one; a
 * write_eof says Close when all before it is out, and the peer's Close is the end of its half. Everything else stays: lose,
 * abort, flow control, rates, taps, pipes. Made after the opening handshake, of either role, on TLS or plain.
 *
 *	protocol <- transport.c <- records.c <- filter.c <- codec <- the stream's own read
 */
#ifndef TWC_PROTOCOL_WS_FILTER_H
#define TWC_PROTOCOL_WS_FILTER_H

#include <twc/transport.h>
#include <twc/ws.h>

enum twc__ws_mode {
	TWC__WS_MODE_AUTO = 0, /* what is written inside data() is of the type of the message at hand, else text when it is UTF-8 */
	TWC__WS_MODE_TEXT,     /* what is not UTF-8 breaks the connection off with TWC_EDATA */
	TWC__WS_MODE_BINARY,
};

/* Zeroed members take the default. */
struct twc__ws_start {
	struct twc_ws_opts ws; /* ping_ns 0: never; pong_ns, close_ns as there */
	enum twc__ws_mode mode;
	bool answers_late; /* the peer's Close is answered when our half ends, or the peer has gone */
	bool is_patient;   /* and it may take its time to answer ours, unless the connection is lost */
	bool lines; /* as twc_transport_by_lines */
	bool keeps_lines_off; /* twc_transport_by_lines does nothing */
	const uint8_t *in; /* what has come behind the head already; copied */
	size_t n_in;
};
/*
 * `t` is a stream. What was written before goes out first, as it is. bytes_in and bytes_out count the payload. Its end: clean when
 * both have said Close, of which the peer's had no code, or 1000 or 1001; TWC_EPROTO: it had another ("closed with CODE (REASON)"),
 * or the peer broke the rules and was told so; TWC_ETOOLONG: a message over the maximum; TWC_ETRUNC: it ended without a Close;
 * TWC_EIDLE: no answer to a ping.
 */
void twc__ws_start(struct twc_transport *t, const struct twc__ws_start *how);

#endif
