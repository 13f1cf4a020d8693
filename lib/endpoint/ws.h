/* SPDX-License-Identifier: MIT */
/*
 * WebSocket endpoints: what their keys ask for, the opening handshake, and the way through it. Private to lib/endpoint.
 *
 *	ws.c	    rows, faults, values		ws_url.c   the form that is a URL
 *	ws_ask.c    the client's request and its answer ws_answer.c the server's look at one, and its answer; both pure
 *	ws_open.c   a transport whose handshake is on	ws_dial.c  connecting. Coming in is entrance.c's
 */
#ifndef TWC_ENDPOINT_WS_H
#define TWC_ENDPOINT_WS_H

#include "endpoint/endpoint_int.h"
#include "protocol/http/head.h"
#include "protocol/ws/filter.h"
#include "protocol/ws/handshake.h"
#include <twc/buf.h>
#include <twc/ws.h>

#define TWC__WS_TARGET_MAX 8192
#define TWC__WS_PATH_MAX 256 /* of a listener, which is shown */
#define TWC__WS_SUBPROTOCOLS_MAX 16
#define TWC__WS_HEAD_BYTES (16 * 1024) /* of a request */
#define TWC__WS_REPLY_BYTES (64 * 1024) /* of the heads of all responses */
#define TWC__WS_NAME_MAX 64	       /* bytes of a subprotocol */

/* What the keys ask for; strings are borrowed from them. */
struct twc__ws_wishes {
	const char *path;	  /* to connect: with the query; to listen: NULL for any */
	const char *subprotocols; /* NULL: none */
	const char *origin;	  /* NULL: none; to listen: any */
	bool deflate;
	size_t max_message; /* 0: the default */
	uint64_t ping_ns;
	enum twc__ws_mode mode;
	int lines; /* -1: as the command likes */
};
bool twc__args_want_ws(const struct twc__args *a);
void twc__ws_wishes(const struct twc__args *a, struct twc__ws_wishes *w);

/* ---- ws_ask.c ---- */

/* The request, into `out`; the key that it names, into `key`. 0, or an error about a file of a password. */
int twc__ws_ask(const struct twc__args *a, struct twc_buf *out, char key[TWC__WS_KEY_ROOM], struct twc_err *err);
/* A whole response, of a final status or 101. 0, or why it is no yes. */
int twc__ws_ask_check(const struct twc__args *a, const char *key, const struct twc__http_head *head, struct twc__ws_accepted *out,
		      struct twc_err *err);

/* ---- ws_answer.c ---- */

/* To a whole request: the response, into `out`. 0: 101; else *err says why not, and the response says it to the client. */
int twc__ws_answer(const struct twc__ws_wishes *w, const struct twc__http_head *head, struct twc_buf *out,
		   struct twc__ws_accepted *agreed, struct twc_err *err);
/* The response of this status to what was no request. */
void twc__ws_refuse(int status, const char *detail, struct twc_buf *out);

/* ---- ws_open.c ---- */

struct twc__ws_open {
	const struct twc__args *args; /* borrowed until `ended`, or until its transport is aborted */
	uint64_t limit_ns;	      /* for the handshake */
	uint64_t shown_ns;	      /* of this limit, which says why it ended; 0: the same */
	struct twc_factory *factory;  /* borrowed until `ended` */
	bool (*wanted)(void *arg);    /* asked before the factory; NULL: yes */
	/* Once, from the loop: the protocol stands on the transport, made() was called; or `t` is NULL and *err says why not. */
	void (*ended)(void *arg, struct twc_transport *t, const struct twc_err *err);
	void *arg;
};
/* A protocol that says the handshake on whatever stream it is given, then steps aside. NULL with *err: what is to be said
 * cannot be; nothing was called. */
struct twc_protocol *twc__ws_opening(const struct twc__ws_open *how, const struct twc_addr *peer, struct twc_err *err);

/* ---- ws_dial.c ---- */

/* twc_endpoint_connect; the factory has been started and is stopped at the end. */
struct twc_deferred *twc__ws_connect(const struct twc_endpoint *e, struct twc_reactor *r, struct twc_factory *factory,
				     struct twc_dial_times *times);

#endif
