/* SPDX-License-Identifier: MIT */
/*
 * A connection's two directions (RFC 6455, 5) without any I/O: bytes become messages and what controls them, messages become
 * frames. <twc/ws.h>'s protocol and the filter of transports stand on it. Who uses it answers pings and says Close.
 *
 * Decoding: fed at any splits it gives the same. A message that is whole in what was fed is handed out from there; any other is
 * collected, and grows no further than the maximum, whatever a head announces or a compressed one inflates to. Text is checked
 * as it comes.
 */
#ifndef TWC_PROTOCOL_WS_CODEC_H
#define TWC_PROTOCOL_WS_CODEC_H

#include "protocol/ws/deflate.h"
#include "protocol/ws/frame.h"
#include "protocol/ws/utf8.h"

#include <sys/uio.h>

#define TWC__WS_KEYS 16 /* taken from the kernel at a time */

struct twc__ws_codec {
	/* set by init */
	bool is_client;
	size_t max; /* bytes of a message */
	/* decoding */
	struct twc__ws_frame frame; /* at hand, when in_frame */
	uint64_t left;		    /* of its payload */
	bool in_frame;
	bool in_message;	    /* of which this or the next data frame is a part */
	bool is_deflated, is_spent; /* the message; it was handed out */
	bool is_over;		    /* Close or a violation has come: the rest is nobody's */
	uint8_t type;		    /* of the message */
	uint8_t head_n, control_n;
	uint8_t head[TWC__WS_HEAD_MAX]; /* of a frame, as far as it has come */
	uint8_t control[TWC_WS_CONTROL_MAX];
	struct twc__ws_utf8 utf8;
	struct twc_buf msg;
	unsigned fault;
	/* both */
	struct twc__ws_zlib zlib;
	/* encoding */
	uint8_t *keys; /* owned; of a client */
	uint8_t keys_left;
};
void twc__ws_codec_init(struct twc__ws_codec *c, bool is_client, const struct twc_ws_deflate *deflate, size_t max_message);
void twc__ws_codec_fini(struct twc__ws_codec *c);

/* ---- from the wire ---- */

struct twc__ws_input {
	const uint8_t *p; /* what is left */
	size_t n;
	/* Where a message may be unmasked that is whole in it; `work` NULL: the bytes at `p` may be changed. */
	uint8_t *work;
	size_t room;
};

enum twc__ws_event {
	TWC__WS_MORE = 0,
	TWC__WS_MESSAGE,
	TWC__WS_HEARD_PING,
	TWC__WS_HEARD_PONG,
	TWC__WS_HEARD_CLOSE, /* nothing comes after it */
};
struct twc__ws_item {
	enum twc_ws_type type;
	const uint8_t *data; /* valid until the next call, or for as long as what was fed */
	size_t n;
	unsigned code; /* of Close; `data` is its reason */
};
/*
 * Takes from `in` up to the end of the next event. TWC__WS_MORE: all was taken. TWC_EPROTO, TWC_ETOOLONG, TWC_ENOMEM, and then
 * c->fault is the code to close with; what is fed later is taken and ignored.
 */
int twc__ws_decode(struct twc__ws_codec *c, struct twc__ws_input *in, struct twc__ws_item *item, struct twc_err *err);

/* ---- to the wire ---- */

/* Some bytes, in their order; valid during the call. */
typedef void (*twc__ws_sink_fn)(void *arg, const struct iovec *iov, int n);
/* A message in one frame. What is short, and what a server sends, is one call of `sink`. TWC_ENOMEM: nothing was given to it. */
int twc__ws_encode(struct twc__ws_codec *c, enum twc_ws_type type, const struct iovec *iov, int n, twc__ws_sink_fn sink,
		   void *arg, struct twc_err *err);
/* n up to TWC_WS_CONTROL_MAX. */
void twc__ws_encode_control(struct twc__ws_codec *c, enum twc__ws_opcode opcode, const void *data, size_t n,
			    twc__ws_sink_fn sink, void *arg);

#endif
