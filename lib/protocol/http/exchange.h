/* SPDX-License-Identifier: MIT */
/*
 * An exchange from within: what handlers see (twc/http_server.h), above whatever carries it. A version of the protocol fills
 * the request in, starts the handler, hands it the body, and says when all is over; what the handler answers comes to it through
 * struct twc__http_carrier.
 *
 *	new -> (carrier fills in request) -> start -> body* -> body_end -> (phase ENDED, all is sent) -> over -> unref
 *
 * An exchange is the carrier's until `over`, and a handler's deferred may hold it for longer; its memory is used again for the
 * next one. The handler is never called from inside a call it made: what it does is noted, and the carrier, which is woken, acts
 * on it when it has the word.
 */
#ifndef TWC_PROTOCOL_HTTP_EXCHANGE_H
#define TWC_PROTOCOL_HTTP_EXCHANGE_H

#include <twc/http_server.h>

#include "base/blob.h"
#include "protocol/http/chunked.h"
#include "protocol/http/framing.h"

/* How a response ends that does not end well. */
enum twc__http_break {
	TWC__HTTP_BREAK_CLOSE = 1, /* what was written leaves, and nothing follows */
	TWC__HTTP_BREAK_RESET,	   /* at once, with an error */
	TWC__HTTP_BREAK_SILENT,	   /* nothing more is said */
};

/* What the response needs of the version of HTTP below. Called before `over` only. */
struct twc__http_carrier {
	/* The head: status, x->fields, x->length. `is_whole`: `body` is all there will be, and the response has ended with it. */
	void (*head)(struct twc_http_exchange *x, const void *body, size_t n, bool is_whole);
	void (*inform)(struct twc_http_exchange *x, int status);
	void (*write)(struct twc_http_exchange *x, const void *p, size_t n); /* n > 0 */
	void (*write_file)(struct twc_http_exchange *x, struct twc_file *f, uint64_t offset, uint64_t n);
	void (*end)(struct twc_http_exchange *x); /* after a head that was not whole; x->trailers */
	void (*fail)(struct twc_http_exchange *x, const struct twc_err *err); /* the response has begun and stays a part */
	/* The handler asked for the body, goes on with it, or has ended the response: to be looked at later. */
	void (*wake)(struct twc_http_exchange *x);
	/* The response ends in a way that is none, on purpose: these bytes come past all framing, where there is room for such. */
	void (*break_off)(struct twc_http_exchange *x, enum twc__http_break how, const void *p, size_t n, const struct twc_err *err);
	struct twc_transport *(*seize)(struct twc_http_exchange *x);
	bool (*is_full)(const struct twc_http_exchange *x);
	/* The response is the switch to `p`; it has its transport when this returns. False: nobody is there any more. */
	bool (*upgrade)(struct twc_http_exchange *x, struct twc_str name, struct twc_protocol *p);
};

/* Stands between a response and its carrier, for what is done to it on purpose. In the exchange's memory, or longer. */
struct twc__http_filter {
	const struct twc__http_carrier *inner; /* what the filter calls in its turn */
	void (*over)(struct twc__http_filter *f, struct twc_http_exchange *x); /* the exchange is */
	/* The server stops; not to end anything from inside this call. NULL: does not matter. */
	void (*stopping)(struct twc__http_filter *f, struct twc_http_exchange *x);
};

enum twc__http_phase {
	TWC__HTTP_OPEN = 0, /* nothing of the final response was said */
	TWC__HTTP_BEGUN,
	TWC__HTTP_ENDED, /* all is written; the rest is the carrier's */
	TWC__HTTP_OVER,	 /* nobody hears anything any more */
};

/* What a router found. */
struct twc__http_variable {
	struct twc_str name, value; /* of the pattern; of the path */
};
struct twc__http_route {
	struct twc_str rest;
	struct twc__http_variable *param; /* of the exchange's memory */
	unsigned n;
	bool is_routed;
};

struct twc__http_piece;

struct twc_http_exchange {
	/* What stays for the next exchange: memory, emptied. */
	struct twc__http_piece *memory; /* of things that live as long as the exchange; owned */
	struct twc_buf fields, trailers; /* of the response: lines, each with its CR LF: "Name: value\r\n" */
	struct twc__http_head head;	 /* HTTP/1: of the request */
	struct twc_http_request request; /* its lists of fields stay */

	/* From here on all is zero at first. */
	const struct twc__http_carrier *carrier;
	struct twc__http_filter *filter; /* borrowed; NULL: none */
	void *conn;			 /* the carrier's */
	struct twc_http_server *server;	 /* counted */
	struct twc_transport *transport; /* borrowed */
	bool has_transport;		 /* it is counted: a deferred outlives the connection */
	unsigned refs;
	struct twc__http_route route;

	/* the response */
	enum twc__http_phase phase;
	int status;
	struct twc_str protocol; /* HTTP/2: of an extended CONNECT; n 0: it is none */
	uint64_t length;  /* announced, once begun */
	uint64_t sent;	  /* of the body */
	bool has_server;  /* a field of that name is among the fields */
	bool wants_close; /* by the handler */
	bool is_refusal;  /* the answer to what was no request: nobody is told */
	bool is_counted;  /* among the active ones */

	struct twc__blob *blob; /* what is sent may lie in it, and need not be copied; owned hold; NULL: in nothing that stays */

	/* who wants to know */
	const struct twc_http_exchange_ops *ops; /* borrowed; NULL: nobody */
	void *ops_arg;
	const struct twc_http_body_ops *body_ops; /* NULL: nobody, or it was told the end */
	void *body_arg;
	unsigned pauses;
	unsigned retargets; /* so far */
	bool has_receiver;		/* there was one, once */
	int body_fault;			/* the body broke: the status to say so with; 0: it did not */
	struct twc_deferred *deferred; /* of the handler, until its chain is done; owned hold */

	/* HTTP/1 */
	struct twc__http_framing framing;
	struct twc__http_chunked chunked;
	uint64_t body_left; /* with a length: bytes still to come */
	uint64_t body_seen; /* bytes of the body that came */
	bool is_body_whole; /* all of it was read */
	bool said_continue; /* or need not */
	bool is_chunked;    /* the response's body is */
	bool has_trailers;  /* of the request: `head` was used for them */
};

/* ---- for carriers ---- */

/* Empty, with one reference, the carrier's; from the server's store where that has one. */
struct twc_http_exchange *twc__http_exchange_new(struct twc_http_server *s, const struct twc__http_carrier *carrier, void *conn,
						 struct twc_transport *t);
void twc__http_exchange_unref(struct twc_http_exchange *x);
void twc__http_exchange_free(struct twc_http_exchange *x); /* the memory itself; for the store */
/* The request is complete but for its body: calls the handler. */
void twc__http_exchange_start(struct twc_http_exchange *x, struct twc_http_handler handler);
/* Does somebody wait for bytes of the body just now? */
static inline bool twc__http_wants_body(const struct twc_http_exchange *x)
{
	return x->body_ops && !x->pauses;
}
void twc__http_exchange_body(struct twc_http_exchange *x, const uint8_t *p, size_t n); /* with twc__http_wants_body */
/* The body is whole (err NULL), or broken: then `status` is what the answer says, unless the handler says something else. */
void twc__http_exchange_body_end(struct twc_http_exchange *x, int status, const struct twc_err *err);
/* The client is cut off, as with twc_http_fail in the midst of a response; with HTTP/2 its other requests go on. */
void twc__http_exchange_abort(struct twc_http_exchange *x, const struct twc_err *err);
/* The server stops: tells who may want to end by himself. */
void twc__http_exchange_stopping(struct twc_http_exchange *x);
/* Tells everybody that it is over: err NULL, or why it was broken off. The carrier gives its reference up afterwards. */
void twc__http_exchange_over(struct twc_http_exchange *x, const struct twc_err *err);

/* ---- for all ---- */

/* `n` bytes that live as long as the exchange. */
void *twc__http_exchange_alloc(struct twc_http_exchange *x, size_t n);
/* What is sent from now on lies in `b`, which the exchange holds until it is over. */
static inline void twc__http_exchange_hold(struct twc_http_exchange *x, struct twc__blob *b)
{
	if (x->blob)
		return;
	x->blob = twc__blob_ref(b);
}
/* Calls a handler in place of the one that has the exchange, now or later; nothing was answered yet. */
void twc__http_exchange_hand_on(struct twc_http_exchange *x, struct twc_http_handler handler);
/* The request is one for `target`, a path of this server, from now on, without a body, whoever is handed it next (RFC 3875, 6.2.2).
 * Nothing was answered yet. 0; TWC_EPROTO: this is no path, or the eleventh time; then nothing has changed. */
int twc__http_exchange_retarget(struct twc_http_exchange *x, const char *target, struct twc_err *err);
/* What is answered from now on goes to `carrier`, which calls f->inner; one at most. */
void twc__http_exchange_filter(struct twc_http_exchange *x, struct twc__http_filter *f, const struct twc__http_carrier *carrier);
/* Fields of the response that are lines already, each with its CR LF. */
void twc__http_add_lines(struct twc_http_exchange *x, struct twc_str lines);
/* Where the path leads with a slash behind it: 301, or 308 for what is not GET or HEAD. Never to "//host/": that is
 * another server. */
void twc__http_redirect_to_slash(struct twc_http_exchange *x);
/* May the response have no body? HEAD, 204, 304, and 2xx to CONNECT. */
static inline bool twc__http_is_bodiless(const struct twc_http_exchange *x)
{
	return x->request.method_id == TWC_HTTP_HEAD || x->status == 204 || x->status == 304 ||
	       (x->request.method_id == TWC_HTTP_CONNECT && x->status < 300);
}
/* A line about a request that went wrong: answered with `status`, or (0) broken off. */
void twc__http_exchange_log(const struct twc_http_exchange *x, enum twc_log_level level, int status, const struct twc_err *err);
/* Has the server been told to stop? A response that has no end by itself ends then. */
bool twc__http_is_stopping(const struct twc_http_exchange *x);

#endif
