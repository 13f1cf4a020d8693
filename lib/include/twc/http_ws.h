/* SPDX-License-Identifier: MIT */
/*
 * A talk over WebSocket: standard input and output, or any two descriptors, on one side, a server that a fetch leads to on the
 * other. What is read becomes messages, messages that come are written, and nothing is cut or dropped in between: who is slow holds
 * up the other side.
 *
 *	getting there (<twc/http_fetch.h>) -> open -> … -> closed --+-- another may follow: wait, getting there …
 *	                                                            +-- over: what came is written out -> done
 */
#ifndef TWC_HTTP_WS_H
#define TWC_HTTP_WS_H

#include <twc/app.h>
#include <twc/base.h>
#include <twc/err.h>
#include <twc/http_fetch.h>
#include <twc/ws.h>

#pragma GCC visibility push(default)

/* How messages stand in a stream of bytes. */
enum twc_ws_framing {
	TWC_WS_LINES = 0, /* each is a line; what is read loses its LF, what is written gets one */
	TWC_WS_NUL,	  /* likewise with NUL */
	TWC_WS_LENGTH,	  /* behind its length, four bytes, the high one first */
	TWC_WS_WHOLE,	  /* all that is read is one message, unless it is empty; written as they are */
};

struct twc_ws_talk;

/* Everything is borrowed until the talk is over. Zeroed members take the default. */
struct twc_ws_talk_opts {
	/* How to get there. Its functions are not called: those below are; its fields are added to, and `upgrade` is set. */
	const struct twc_http_fetch_opts *fetch;
	const char *subprotocols; /* tokens, separated by commas; NULL: none is asked for, and none may be chosen */
	const char *origin;
	bool deflate;		  /* offer permessage-deflate */
	enum twc_ws_type type;	  /* of what is sent: text. Text has to be UTF-8, else it ends with TWC_EDATA */
	enum twc_ws_framing framing;
	size_t max_message;	  /* of what is sent and of what comes: TWC_WS_MESSAGE_MAX */
	const struct twc_str *first; /* messages that are sent once, before what is read */
	size_t n_first;
	struct twc_str preamble;  /* what is read first on each connection, as if it came from the input */
	/* keeping it alive */
	uint64_t ping_ns;	  /* ask so often whether the peer is there; 0: never */
	uint64_t pong_ns;	  /* and end with TWC_EIDLE when nothing has come for so long after it: 10 s */
	const char *ping_text;	  /* ask with a message of this text in place of a ping */
	bool times_pings;	  /* `rtt` is called */
	/* the end */
	bool stays;		  /* the end of the input closes nothing */
	uint64_t count;		  /* close when so many messages have come, and not before; 0: no limit */
	uint64_t linger_ns;	  /* after the end of the input, close when nothing has come for so long */
	unsigned close_code;	  /* to close with: 1000 */
	const char *close_reason;
	uint64_t max_ns;	  /* for all of it: TWC_ETIMEDOUT */
	/* another connection when one has ended, or could not be made */
	uint64_t reconnects;	  /* so often; 0: never */
	struct twc_backoff backoff;
	/* A line of JSON for each message of either direction in place of what comes: time, dir ("in", "out"), opcode ("text",
	 * "binary", "ping", "pong", "close"), size, text or base64; of a Close code and reason; of a pong that was timed rtt_us. */
	bool json;
	int in, out;		  /* not closed; as for twc_transport_from_stdio */
	/* what happens; all but `done` may be NULL */
	void (*seen)(void *arg, char dir, struct twc_str head); /* of HTTP, as they are on the wire */
	void (*note)(void *arg, const char *text);
	/* It stands. `t` may be asked, for what TLS came to. */
	void (*opened)(void *arg, const struct twc_transport *t);
	void (*rtt)(void *arg, uint64_t ns);
	void (*again)(void *arg, const struct twc_err *why, uint64_t delay_ns); /* another connection after so long */
	/*
	 * Once, last, from the loop: everything that came is written. err->code 0: closed by us, or by the peer with 1000, 1001 or
	 * without a code. TWC_EPROTO: with another code, which the text names; TWC_ETRUNC: without a Close. Before it stands: as a
	 * fetch, TWC_EACCESS for a status of 401, 403 and 407, TWC_EREJECTED for any other. Local: TWC_EDATA, TWC_EIO, TWC_EPIPEOUT.
	 */
	void (*done)(void *arg, const struct twc_err *err);
	void *arg;
};
struct twc_ws_talk *twc_ws_talk_start(struct twc_reactor *r, struct twc_http_session *s, const struct twc_ws_talk_opts *o);
void twc_ws_talk_free(struct twc_ws_talk *x); /* in or after `done`, or once the reactor does not run any more */

/* Known in `done`, too. */
enum twc_http_phase twc_ws_talk_phase(const struct twc_ws_talk *x); /* of getting there */
int twc_ws_talk_status(const struct twc_ws_talk *x); /* of the latest answer: 101 when it stood; 0: none */
void twc_ws_talk_count(const struct twc_ws_talk *x, uint64_t *sent, uint64_t *received); /* messages, of all connections */

/* Tokens, separated by commas, each once? 0 or TWC_EUSAGE. */
int twc_ws_subprotocols_check(const char *list, struct twc_err *err);

#pragma GCC visibility pop
#endif
