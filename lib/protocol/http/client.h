/* SPDX-License-Identifier: MIT */
/*
 * The client's end of one connection: a protocol that takes turns - a request out, its response in - one after the other with
 * HTTP/1, many at a time with HTTP/2. Whoever runs it (a pool of connections) gives it a turn when it has room for one, and hears
 * when it has room again.
 */
#ifndef TWC_PROTOCOL_HTTP_CLIENT_H
#define TWC_PROTOCOL_HTTP_CLIENT_H

#include "protocol/http/chunked.h"
#include "protocol/http/framing.h"

#include <twc/http_client.h>
#include <twc/transport.h>

struct twc__http_client_conn;
struct twc__http_turn;

/* What becomes of a turn; each may end it (twc__http_turn_cancel), and so free what holds it. */
struct twc__http_turn_ops {
	void (*informed)(struct twc__http_turn *turn, int status, const struct twc_http_fields *fields); /* 1xx */
	/* The head of a response to `seen`, of each response, as it came. */
	void (*seen)(struct twc__http_turn *turn, struct twc_str head); /* with HTTP/2 as is_shown says */
	/* The final head; `fields` may be taken by swapping. Data comes after twc__http_turn_read. */
	void (*head)(struct twc__http_turn *turn, const struct twc__http_start *start, struct twc_http_fields *fields,
		     const struct twc__http_framing *framing);
	void (*data)(struct twc__http_turn *turn, const uint8_t *p, size_t n);
	/* Once, last: the turn is the caller's again. Trailers may be taken by swapping; NULL: none. Not after a cancel. */
	void (*end)(struct twc__http_turn *turn, struct twc_http_fields *trailers, const struct twc_err *err);
};

/* The body of a request on its way. */
struct twc_http_upload {
	struct twc__http_turn *turn;
	struct twc_http_fields trailers;
	uint64_t left;	/* of a length that was announced */
	uint64_t bytes; /* of the body, so far */
	bool is_waiting; /* for leave */
	bool is_open;	/* may be written to */
	bool is_whole;
};

struct twc__http_turn {
	/* in; strings are borrowed until the turn is over */
	const struct twc__http_turn_ops *ops;
	enum twc_http_method method;
	struct twc_str head; /* as it is to be sent */
	struct twc_http_source source;
	struct twc_str upgrade; /* the protocol that was asked for; n 0: none */
	struct twc_str scheme;	/* n 0: what the connection is: "https" or "http" */
	bool has_source, lenient, strict;
	bool is_shown;		/* heads that were none on the wire are written for `seen` */
	bool may_not_expect;	/* Expect is not the user's: HTTP/2, where one stream can be ended, does without */
	size_t max_head;	/* of the response, interim ones too */
	uint64_t expect_ns;	/* the body waits so long for leave; 0: it does not */
	uint64_t first_byte_ns; /* 0: no limit */
	/* out */
	struct twc_http_times times; /* from `sent` on */
	int version;	   /* of the response: 10, 11, 20; known in `head` */
	size_t request_bytes; /* of the head; with HTTP/2 as it is shown */
	size_t head_bytes;
	uint64_t body_bytes;
	/* The connection ended before anything of a response had come: the server may just have closed what it kept. */
	bool was_silent;
	/* The server says that it has done nothing about the request, and will not on this connection (RFC 9113, 8.7). */
	bool was_refused;
	/* private */
	struct twc__http_client_conn *conn; /* NULL: not under way */
	struct twc__http_stream *stream; /* with HTTP/2 */
	struct twc_http_upload upload;
};

struct twc__http_client_conn_ops {
	/* Ready for another turn: a response was read to the end, and the server keeps the connection; or the server allows more at
	 * once. The end of the last turn comes after this; the next may begin from there on. */
	void (*free)(void *arg, struct twc__http_client_conn *c);
	/* No more turns, from this moment on; the end of the last may come after this. The connection frees itself. Once, unless
	 * disowned. */
	void (*gone)(void *arg, struct twc__http_client_conn *c);
};
/* To be given to a transport, and ready for a turn from then on. `arg` stays until `gone`, or twc__http_client_conn_disown. */
/* `version`: as in struct twc_http_client_opts. */
struct twc__http_client_conn *twc__http_client_conn_new(struct twc_reactor *r, int version,
							const struct twc__http_client_conn_ops *ops, void *arg);
struct twc_protocol *twc__http_client_conn_protocol(struct twc__http_client_conn *c);
struct twc__http_client_conn *twc__http_client_conn_of(struct twc_protocol *p);
void twc__http_client_conn_disown(struct twc__http_client_conn *c); /* from now on its ops are not called */
bool twc__http_client_conn_is_free(const struct twc__http_client_conn *c); /* a turn may begin */
unsigned twc__http_client_conn_room(const struct twc__http_client_conn *c); /* so many may */
unsigned twc__http_client_conn_running(const struct twc__http_client_conn *c); /* turns, at the moment */
int twc__http_client_conn_version(const struct twc__http_client_conn *c); /* 11 or 20, from made() on */
/* Appends the head of a turn that is to begin, as this connection will send it. 0 or as twc_buf_add. */
int twc__http_client_conn_show(const struct twc__http_client_conn *c, const struct twc__http_turn *turn, struct twc_buf *out);
void *twc__http_client_conn_arg(const struct twc__http_client_conn *c); /* NULL once it is gone */
uint64_t twc__http_client_conn_turns(const struct twc__http_client_conn *c); /* begun on it */

/* Only on a connection with room. `turn` is zeroed but for its first part, and stays until end or cancel. */
void twc__http_turn_begin(struct twc__http_turn *turn, struct twc__http_client_conn *c);
/* Breaks the exchange off, and with HTTP/1 the connection unless all was over. No end is called. */
void twc__http_turn_cancel(struct twc__http_turn *turn);
/* The body may come, from inside this call on. */
void twc__http_turn_read(struct twc__http_turn *turn);
void twc__http_turn_pause(struct twc__http_turn *turn); /* counted */
void twc__http_turn_resume(struct twc__http_turn *turn);
/* Of a 101 to `upgrade`, from its head on: the connection is p's, and the turn over; see twc_http_response_upgrade. No end is
 * called. False: it has ended before. */
bool twc__http_turn_upgrade(struct twc__http_turn *turn, struct twc_protocol *p);
struct twc_transport *twc__http_turn_transport(const struct twc__http_turn *turn); /* NULL: it is over */

#endif
