/* SPDX-License-Identifier: MIT */
/*
 * WebSocket (RFC 6455) with permessage-deflate (RFC 7692): a protocol of messages on any stream transport, of either role, from
 * the moment the opening handshake is done. The handshake is HTTP's business: <twc/http_server.h> and <twc/http_client.h> have
 * upgrades, and ws: and wss: endpoints do it by themselves.
 *
 *	open  (message | ping | pong)*  closing?  lost
 *
 * Pings are answered, Close is answered, text is checked to be UTF-8, and everything a peer sends has a maximum. Everything here
 * belongs to the loop's thread.
 */
#ifndef TWC_WS_H
#define TWC_WS_H

#include <twc/base.h>
#include <twc/err.h>
#include <twc/http_message.h>
#include <twc/transport.h>

#pragma GCC visibility push(default)

enum twc_ws_type { /* opcodes of RFC 6455, 11.8 */
	TWC_WS_TEXT = 1,
	TWC_WS_BINARY = 2,
};

/* Codes of a Close (RFC 6455, 7.4.1) that a program may want to know. */
enum {
	TWC_WS_NORMAL = 1000,
	TWC_WS_GOING_AWAY = 1001,
	TWC_WS_PROTOCOL_ERROR = 1002,
	TWC_WS_UNSUPPORTED = 1003,
	TWC_WS_NO_STATUS = 1005, /* a Close without a code; never sent */
	TWC_WS_ABNORMAL = 1006,	 /* no Close came; never sent */
	TWC_WS_BAD_DATA = 1007,
	TWC_WS_POLICY = 1008,
	TWC_WS_TOO_BIG = 1009,
	TWC_WS_INTERNAL = 1011,
};
bool twc_ws_code_is_valid(unsigned code); /* may be in a Close frame: 1000-1003, 1007-1014, 3000-4999 */

#define TWC_WS_CONTROL_MAX 125 /* payload of ping, pong; a reason may have 123 */
#define TWC_WS_MESSAGE_MAX (16 * 1024 * 1024)

/* ---- the opening handshake's part of it ---- */

/* What was agreed on for permessage-deflate (RFC 7692, 7.1). Zeroed: not used. */
struct twc_ws_deflate {
	bool is_on;
	bool no_takeover_out, no_takeover_in; /* each message is compressed by itself */
	uint8_t bits_out, bits_in;	      /* of the windows: 9 to 15; 0: 15 */
};

/* Zeroed members take the default. */
struct twc_ws_opts {
	/* The peer's Close is answered by twc_ws_close, when what is left to be said has been sent, and not at once (RFC 6455, 5.5.1):
	 * it is the end of one half. Messages may be sent until then. */
	bool answers_late;
	bool is_client;		   /* masks what it sends (RFC 6455, 5.3) */
	struct twc_ws_deflate deflate;
	size_t max_message;	   /* bytes, after inflating: TWC_WS_MESSAGE_MAX; longer: Close 1009 */
	uint64_t ping_ns;	   /* a ping when nothing has come for so long; 0: never */
	uint64_t pong_ns;	   /* and the connection is broken off when nothing comes for so long after it; 0: 10 s */
	uint64_t close_ns;	   /* for the peer's Close after ours, and for its end after that; 0: 2 s */
};

/* ---- a protocol of messages: embed, set ops ---- */

struct twc_ws_protocol;
struct twc_ws_protocol_ops {
	void (*open)(struct twc_ws_protocol *p); /* messages may be sent from here on; may be NULL */
	/* n >= 0 bytes, valid during the call. */
	void (*message)(struct twc_ws_protocol *p, enum twc_ws_type type, const uint8_t *data, size_t n);
	void (*ping)(struct twc_ws_protocol *p, const uint8_t *data, size_t n); /* it is answered; may be NULL */
	void (*pong)(struct twc_ws_protocol *p, const uint8_t *data, size_t n); /* may be NULL */
	/* The peer's Close, before it is answered, or the answer to ours: nothing more will come. `code` TWC_WS_NO_STATUS: it has
	 * none. May be NULL. */
	void (*closing)(struct twc_ws_protocol *p, unsigned code, struct twc_str reason);
	void (*drained)(struct twc_ws_protocol *p); /* may be NULL */
	/* Last; frees itself, after twc_ws_protocol_fini. err->code 0: both have said Close. TWC_EPROTO: the peer broke the rules, and
	 * was told so with 1002 or 1007; TWC_ETOOLONG: with 1009; TWC_ETRUNC: it ended without a Close; TWC_EIDLE: no pong;
	 * TWC_ETIMEDOUT: our Close was not answered, or what was sent last not taken. */
	void (*lost)(struct twc_ws_protocol *p, const struct twc_err *reason);
};
struct twc_ws_protocol {
	struct twc_protocol base; /* its transport may be asked; not written to, lost only to break it off */
	const struct twc_ws_protocol_ops *ws_ops;
	struct twc__ws *ws; /* private */
};
/* Before it is given to a transport: by made(), or by an upgrade, which calls open. */
void twc_ws_protocol_init(struct twc_ws_protocol *p, const struct twc_ws_protocol_ops *ops, const struct twc_ws_opts *o);
void twc_ws_protocol_fini(struct twc_ws_protocol *p);

/* A message, in one frame. Text must be UTF-8 (see twc_ws_is_utf8). After close() it does nothing. */
void twc_ws_send(struct twc_ws_protocol *p, enum twc_ws_type type, const void *data, size_t n);
void twc_ws_ping(struct twc_ws_protocol *p, const void *data, size_t n); /* n up to TWC_WS_CONTROL_MAX */
/* Sends Close after all that was sent before, waits for the peer's, and ends the connection; messages still come until then.
 * `code` TWC_WS_NO_STATUS: an empty Close. `reason` is cut to 123 bytes, between characters. Once; later calls do nothing. */
void twc_ws_close(struct twc_ws_protocol *p, unsigned code, struct twc_str reason);
bool twc_ws_is_closing(const struct twc_ws_protocol *p); /* a Close was sent or has come */
/* Counted: while paused nothing is heard, nor pings answered; what is here already comes after resume, from the loop. A pause of the
 * transport alone still lets the messages of one read through. */
void twc_ws_pause(struct twc_ws_protocol *p);
void twc_ws_resume(struct twc_ws_protocol *p);
bool twc_ws_is_utf8(const void *data, size_t n);

#pragma GCC visibility pop
#endif
